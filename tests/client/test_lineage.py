"""One log that only grows, what a nameless statement says of its day, and hubs that ask to come back later."""

from __future__ import annotations

import base64
import email.utils
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tocsin_client import Hub, errors, lineage
from tocsin_trust import errors as trust_errors
from tocsin_trust import merkle, note

DAY_S = 86_400


def evidence(hub: Hub) -> list[dict[str, Any]]:
    found = [json.loads(path.read_bytes()) for path in (hub.vault.path / "evidence").iterdir()]
    return [one for one in found if one.get("type") == "tocsin-fork-evidence"]


def said(envelope: bytes) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    return loaded


# --- growing ------------------------------------------------------------------------------------------------------------


def test_each_receipt_is_shown_to_continue_the_log_seen_before(member: Hub, approved: Any, sim: Any) -> None:
    sizes = []
    for number in range(4):
        member.submit(approved(title=f"Record {number}"))
        sizes.append(lineage.seen(member.vault).size)
    assert sizes == [2, 3, 4, 5]
    asked = [path for _, path, _ in sim.requests if path == "/v1/log/consistency"]
    assert len(asked) == 3, "nothing was seen before the first"
    kept = lineage.seen(member.vault)
    assert note.open_checkpoint(kept.checkpoint, note.parse_vkey(note.vkey(sim.origin, sim.log.public))).size == 5


@pytest.mark.parametrize("mode", ["pseudonymous", "attributed"])
def test_a_log_that_changed_an_entry_as_it_grew_is_a_fork_and_both_heads_are_kept(
    member: Hub, approved: Any, sim: Any, mode: str
) -> None:
    member.submit(approved())
    before = lineage.seen(member.vault)
    sim.lies = {"rewritten"}
    with pytest.raises(errors.VerificationError) as caught:
        member.submit(approved(mode, title="Another"))
    assert caught.value.code == "log-forked"
    assert "evidence" in caught.value.hint
    assert lineage.seen(member.vault) == before, "what does not continue is not remembered"
    assert len(member.outbox.waiting()) == 1, "the envelope stays"
    (kept,) = evidence(member)
    verifier = note.parse_vkey(note.vkey(sim.origin, sim.log.public))
    heads = [note.open_checkpoint(kept[name]["checkpoint"], verifier) for name in ("before", "now")]
    assert [head.size for head in heads] == [2, 3], "both heads are signed by the hub: enough for a third party"
    hashes = [bytes.fromhex(each) for each in kept["hashes"]]
    with pytest.raises(trust_errors.ProofError, match="both roots"):
        merkle.verify_consistency(2, 3, heads[0].root, heads[1].root, hashes)
    sim.lies = set()
    assert len(member.resend()) == 1, "an honest log is believed again"


@pytest.mark.parametrize(
    ("lie", "code"), [("no-consistency", "consistency-missing"), ("bad-consistency", "log-forked")]
)
def test_a_hub_that_cannot_show_that_its_log_goes_on_is_not_believed(
    member: Hub, approved: Any, sim: Any, lie: str, code: str
) -> None:
    member.submit(approved())
    sim.lies = {lie}
    with pytest.raises(errors.VerificationError) as caught:
        member.submit(approved(title="Another"))
    assert caught.value.code == code
    assert len(evidence(member)) == 1


def test_a_bulk_answer_is_held_against_the_log_seen_before(member: Hub, approved: Any, draft: Any, sim: Any) -> None:
    member.submit(approved())
    drafts = [
        draft(title=f"Published {n}", evidence_class="public-source", tlp="clear", references=[{"url": "https://news.example.org/1"}],
              provenance={"source": "News", "licence": "CC-BY-4.0"})
        for n in range(3)
    ]  # fmt: skip
    batch = member.approve_public_batch(drafts, "Every text was published by the named source.", "a curator")
    sim.lies = {"rewritten"}
    with pytest.raises(errors.VerificationError):
        member.submit_many(batch)
    sim.lies = set()
    asked = len([path for _, path, _ in sim.requests if path == "/v1/log/consistency"])
    assert len(member.resend()) == 3
    now = len([path for _, path, _ in sim.requests if path == "/v1/log/consistency"])
    assert now == asked + 1, "one proof for all lines under one checkpoint"


def test_the_newest_checkpoint_can_be_checked_at_any_time(
    member: Hub, approved: Any, sim: Any, make_hub: Callable[..., Hub]
) -> None:
    before, now = member.check_log()
    assert (before.size, now.size) == (0, 1)
    make_hub("other").join(sector="isic@4:K", region="un-m49@2024:156", fingerprint=sim.fingerprint)
    sim.enrol_all()
    member.submit(approved())
    assert [head.size for head in member.check_log()] == [3, 3]
    sim.lies = {"other-hub"}
    with pytest.raises(errors.VerificationError):
        member.check_log()
    sim.lies = set()
    del sim.leaves[-1]
    with pytest.raises(errors.VerificationError) as caught:
        member.check_log()
    assert caught.value.code == "log-rolled-back"


def test_doctor_says_that_the_log_goes_on(run: Callable[..., Any], sim: Any, joined: str) -> None:
    assert "the log has 1 entries" in run("doctor").out
    again = run("doctor", "--lang", "zh")
    assert "延续" in again.out
    sim.leaves[0] = b"another"
    done = run("doctor")
    assert done.code == 3
    assert "log-forked" in done.out


# --- the day ------------------------------------------------------------------------------------------------------------


def test_a_nameless_statement_names_the_log_size_of_its_day_and_a_named_one_does_not(
    member: Hub, approved: Any, sim: Any
) -> None:
    sim.day_size = 17
    first = member.submit(approved("pseudonymous"))
    assert said(sim.envelopes[-1])["dir"] == 17
    member.submit(approved("attributed", title="Named"))
    assert said(sim.envelopes[-1])["dir"] is None
    sim.now += DAY_S
    sim.day_size = 23
    member.amend(first, approved("pseudonymous", title="Amended"))
    assert said(sim.envelopes[-1])["dir"] == 23, "asked anew each day"
    member.withdraw(first)
    assert said(sim.envelopes[-1])["dir"] is None, "a withdrawal says nothing of sector and region"


@pytest.mark.parametrize("size", [None, -1, "7", 1.5, True, 2**60])
def test_a_day_size_that_is_none_is_left_out(member: Hub, approved: Any, sim: Any, size: Any) -> None:
    sim.day_size = size
    member.submit(approved())
    assert said(sim.envelopes[-1])["dir"] is None


# --- come back later ----------------------------------------------------------------------------------------------------


@pytest.fixture
def slept(member: Hub) -> list[float]:
    waits: list[float] = []
    member._named._sleep = member._nameless._sleep = waits.append
    return waits


def test_a_short_wait_that_the_hub_asks_for_is_kept(member: Hub, approved: Any, sim: Any, slept: list[float]) -> None:
    approval = approved("attributed")
    sim.limits = ["2", "3"]
    assert member.submit(approval).index == 1
    assert [int(wait) for wait in slept] == [2, 3]
    assert all(wait >= asked for wait, asked in zip(slept, (2, 3), strict=True)), "never sooner than asked"


@pytest.mark.parametrize("mode", ["attributed", "pseudonymous"])
def test_a_long_wait_is_told_and_what_was_to_be_sent_is_kept(
    member: Hub, approved: Any, sim: Any, slept: list[float], mode: str
) -> None:
    approval = approved(mode)
    sim.limits = ["120"]
    with pytest.raises(errors.TooOftenError) as caught:
        member.submit(approval)
    assert slept == [], "nobody waits two minutes unasked"
    assert (caught.value.exit_code, caught.value.code, caught.value.retry_after_s) == (4, "rate-limited", 120)
    assert len(member.outbox.waiting()) == 1
    assert member.outbox.refused() == []
    sim.limits = ["120"]
    with pytest.raises(errors.TooOftenError):
        member.resend()
    assert len(member.outbox.waiting()) == 1, "the round stops, nothing is put aside"
    assert len(member.resend()) == 1


def test_a_wait_may_be_said_as_a_date(member: Hub, sim: Any, slept: list[float]) -> None:
    sim.limits = [email.utils.formatdate(time.time() + 300, usegmt=True)]
    with pytest.raises(errors.TooOftenError) as caught:
        member.directory()
    assert 290 <= (caught.value.retry_after_s or 0) <= 300
    sim.limits = ["soon", "-5"]
    assert member.directory()
    assert all(0 < wait < 2 for wait in slept), "nonsense gets our own back-off"


def test_a_hub_that_never_stops_asking_is_given_up(member: Hub, sim: Any, slept: list[float]) -> None:
    sim.limits = ["1"] * 10
    with pytest.raises(errors.TooOftenError):
        member.directory()
    assert len(slept) == 2
    assert len(sim.limits) == 7


def test_a_line_beyond_the_quota_waits_and_is_not_refused(member: Hub, draft: Any, sim: Any) -> None:
    drafts = [
        draft(title=f"Published {n}", evidence_class="public-source", tlp="clear", references=[{"url": "https://news.example.org/1"}],
              provenance={"source": "News", "licence": "CC-BY-4.0"})
        for n in range(2)
    ]  # fmt: skip
    batch = member.approve_public_batch(drafts, "Every text was published by the named source.", "a curator")
    original, sim_error = sim.append, __import__("sys").modules["tocsin_simulators_hub"].RefusalError

    def limited(envelope: bytes) -> Any:
        if b"Published 1" in base64.b64decode(json.loads(envelope)["payload"]):
            raise sim_error(429, "member-quota")
        return original(envelope)

    sim.append = limited
    result = member.submit_many(batch)
    assert [i.error.code for i in result.refused if i.error] == ["member-quota"]
    assert len(member.outbox.waiting()) == 1
    assert member.outbox.refused() == []
    sim.append = original
    assert len(member.resend()) == 1


def test_the_command_line_says_when_to_come_back(run: Callable[..., Any], sim: Any, joined: str) -> None:
    sim.limits = ["90"]
    done = run("login")
    assert done.code == 4
    assert "90 s" in done.err
    assert "not before" in done.err
    sim.limits = ["90"]
    assert run("login", "--json").data["retryAfterS"] == 90
    sim.limits = ["90"]
    assert "请于" in run("login", "--lang", "zh").err
