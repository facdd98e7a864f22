"""Submitting: the receipt is believed only when verified, nothing is lost, nothing is sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tocsin_client import Hub, errors
from tocsin_client.redact.approval import Approved
from tocsin_trust import dsse, statement

Make = Callable[..., Approved]


@pytest.mark.parametrize("mode", ["pseudonymous", "attributed"])
def test_a_submission_gets_a_receipt_that_verifies(member: Hub, approved: Make, mode: str) -> None:
    receipt = member.submit(approved(mode))
    assert (receipt.kind, receipt.mode, receipt.index) == ("incident", mode, 1)
    assert member.verify(receipt).digest == receipt.digest
    assert member.vault.receipt(receipt.digest) == receipt.bundle
    assert member.outbox.waiting() == []


def test_the_signed_statement_carries_exactly_the_approved_bytes(member: Hub, approved: Make, sim: Any) -> None:
    approval = approved()
    member.submit(approval)
    payload = dsse.unseal(sim.envelopes[-1]).payload
    assert approval.body_bytes in payload


def test_a_pseudonymous_statement_names_no_organisation_and_no_second(member: Hub, approved: Make, sim: Any) -> None:
    sim.now += 4321
    member.submit(approved())
    said = statement.read(dsse.unseal(sim.envelopes[-1]))
    assert said.iat_unix_s % 86_400 == 0
    assert member.vault.profile()["org"].encode() not in sim.envelopes[-1]
    assert said.kid != member.vault.key("operational").public.hex


def test_each_pseudonymous_record_has_its_own_author_key(member: Hub, approved: Make, sim: Any) -> None:
    member.submit(approved())
    member.submit(approved(title="Another cloned voice"))
    kids = {statement.read(dsse.unseal(e)).kid for e in sim.envelopes[1:]}
    assert len(kids) == 2


def test_nameless_submissions_go_over_a_connection_that_never_carried_a_name(
    member: Hub, approved: Make, sim: Any
) -> None:
    assert member._named is not member._nameless
    seen: list[str] = []
    original = member._nameless.request

    def spy(method: str, path: str, **kwargs: Any) -> Any:
        seen.append(path)
        return original(method, path, **kwargs)

    member._nameless.request = spy  # type: ignore[method-assign]
    receipt = member.submit(approved())
    member.status(receipt)
    assert seen == ["/v1/submissions", "/v1/login/challenge", "/v1/login", f"/v1/submissions/{receipt.digest}"]


@pytest.mark.parametrize("lie", ["wrong-root", "wrong-leaf", "other-hub", "swapped-receipt"])
@pytest.mark.parametrize("mode", ["pseudonymous", "attributed"])
def test_a_lying_hub_is_not_believed_and_its_answer_is_kept(
    member: Hub, approved: Make, sim: Any, lie: str, mode: str
) -> None:
    approval = approved(mode)
    sim.lies = {lie}
    with pytest.raises(errors.VerificationError) as caught:
        member.submit(approval)
    assert caught.value.exit_code == 7
    kept = list((member.vault.path / "evidence").iterdir())
    assert len(kept) == 1
    assert json.loads(kept[0].read_bytes())["type"] == "tocsin-receipt"
    assert len(member.outbox.waiting()) == 1, "what is not proven stays in the outbox"
    assert not list((member.vault.path / "receipts").iterdir())


def test_a_hub_that_goes_back_to_an_old_log_is_caught(member: Hub, approved: Make, sim: Any) -> None:
    for title in ("One voice", "Two voices", "Three voices"):
        member.submit(approved(title=title))
    sim.lies = {"old-checkpoint"}
    with pytest.raises(errors.VerificationError) as caught:
        member.submit(approved(title="Four voices"))
    assert caught.value.code == "log-rolled-back"


def test_a_hub_that_shows_another_log_of_the_same_size_is_caught(member: Hub, approved: Make, sim: Any) -> None:
    member.submit(approved(title="One voice"))
    receipt = member.submit(approved(title="Two voices"))
    envelope = sim.envelopes[receipt.index]
    sim.lies = {"fork"}
    with pytest.raises(errors.VerificationError) as caught:
        member._sender().send(envelope, kind="incident", mode="pseudonymous", thread=None)
    assert caught.value.code == "log-forked"


def test_a_certificate_of_a_stranger_is_refused_before_anything_is_sent(member: Hub, approved: Make, sim: Any) -> None:
    approval = approved()
    sim.lies = {"bad-certificate"}
    with pytest.raises(errors.VerificationError):
        member.submit(approval)
    assert len(sim.envelopes) == 1


@pytest.mark.parametrize("lie", ["cut", "slow", "error-500", "busy", "html"])
@pytest.mark.parametrize("mode", ["pseudonymous", "attributed"])
def test_a_hub_that_is_down_loses_nothing(member: Hub, approved: Make, sim: Any, lie: str, mode: str) -> None:
    approval = approved(mode)
    sim.lies = {lie}
    expected = errors.VerificationError if (lie, mode) == ("html", "attributed") else errors.UnreachableError
    with pytest.raises(expected):
        member.submit(approval)
    assert len(member.outbox.waiting()) == 1
    sim.lies = set()
    (receipt,) = member.resend()
    assert receipt.mode == mode
    assert member.outbox.waiting() == []
    assert len(sim.envelopes) == 2
    assert member.status()[-1]["state"] == "accepted"


def test_an_answer_lost_on_the_way_is_asked_again_and_counted_once(member: Hub, approved: Make, sim: Any) -> None:
    original = sim._single
    calls: list[int] = []

    def lose_the_first(envelope: bytes) -> Any:
        answer = original(envelope)
        calls.append(answer.status_code)
        if len(calls) == 1:
            import httpx

            raise httpx.ReadError("cut after the hub had stored it")
        return answer

    sim._single = lose_the_first
    receipt = member.submit(approved())
    assert calls == [201, 200]
    assert receipt.replayed
    assert len(sim.envelopes) == 2


def test_the_same_record_is_not_sent_twice_by_accident(member: Hub, approved: Make, sim: Any) -> None:
    member.submit(approved())
    with pytest.raises(errors.ConflictError) as caught:
        member.submit(approved())
    assert caught.value.exit_code == 9
    member.submit(approved(), again=True)
    assert len(sim.envelopes) == 3


def test_what_the_hub_refuses_is_put_aside_with_its_reason(member: Hub, approved: Make, sim: Any) -> None:
    approval = approved("attributed")
    sim.orgs.clear()
    with pytest.raises(errors.RefusedError) as caught:
        member.submit(approval)
    assert (caught.value.code, caught.value.exit_code) == ("author-unknown", 4)
    assert member.outbox.waiting() == []
    (item,) = member.outbox.refused()
    assert item.error is not None
    assert item.error["code"] == "author-unknown"


def test_only_an_approved_is_sent(member: Hub, draft: Any) -> None:
    for impostor in (draft(), {"body": 1}, b"{}", None):
        with pytest.raises(errors.GateError):
            member.submit(impostor)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["pseudonymous", "attributed"])
def test_amend_and_withdraw_find_their_key_by_any_digest(
    member: Hub, approved: Make, draft: Any, sim: Any, mode: str
) -> None:
    receipt = member.submit(approved(mode))
    better = member.preview(draft(title="Cloned voice of a director"), mode=mode).approve(by="a tester")
    amended = member.amend(receipt.digest[:8], better)
    assert (amended.kind, amended.thread) == ("amend", receipt.digest)
    assert amended.author_key == receipt.author_key
    gone = member.withdraw(amended, reason="privacy")
    assert gone.kind == "withdraw"
    assert member.status(receipt)["state"] == "withdrawn"
    assert member.status()[-1]["state"] == "withdrawn"
    assert [statement.read(dsse.unseal(e)).kind for e in sim.envelopes[1:]] == ["incident", "amend", "withdraw"]


def test_amending_an_outdated_version_is_a_conflict(member: Hub, approved: Make, draft: Any, sim: Any) -> None:
    receipt = member.submit(approved("attributed"))
    for known in list(sim.heads):
        sim.heads[known] = "f" * 64
    with pytest.raises(errors.ConflictError):
        member.withdraw(receipt)


def test_a_withdrawal_made_while_the_hub_is_down_is_sent_later(member: Hub, approved: Make, sim: Any) -> None:
    receipt = member.submit(approved())
    sim.lies = {"cut"}
    with pytest.raises(errors.UnreachableError):
        member.withdraw(receipt)
    sim.lies = set()
    (gone,) = member.resend()
    assert gone.kind == "withdraw"
    assert member.status()[-1]["state"] == "withdrawn"
    assert member.status()[-1]["digests"] == [receipt.digest, gone.digest]


def test_a_stranger_has_no_thread_to_withdraw(member: Hub) -> None:
    with pytest.raises(errors.SetupError) as caught:
        member.withdraw("0" * 64)
    assert caught.value.code == "not-mine"


def test_private_notes_and_reasons_stay_on_this_machine(member: Hub, draft: Any, sim: Any) -> None:
    noted = draft(summary="Seen on build 20240917 only.", notes={"ticket": "SEC-4711"})
    preview = member.preview(noted)
    receipt = member.submit(
        preview.approve(by="Ada", decisions={"s1": "keep"}, reasons={"s1": "a public build number"})
    )
    sent = sim.envelopes[-1]
    assert b"SEC-4711" not in sent
    assert b"public build" not in sent
    assert b"Ada" not in dsse.unseal(sent).payload
    kept = member.vault.read(f"notes/{receipt.digest}.json")
    assert kept["notes"] == {"ticket": "SEC-4711"}
    assert kept["decisions"][0][4] == "a public build number"
