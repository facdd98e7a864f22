"""What a member keeps: private files, locked keys, an outbox that survives, tokens, a pin that does not move."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import Hub, errors, files, joining, lineage
from tocsin_client.outbox import Outbox
from tocsin_client.vault import Vault
from tocsin_trust import documents, keys

JOIN = {"sector": "isic@4:K", "region": "un-m49@2024:156"}


# --- files --------------------------------------------------------------------------------------------------------------


def test_everything_the_client_writes_is_private(member: Hub, approved: Any, home: Path) -> None:
    member.submit(approved())
    for path in [home, *home.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, f"{path} {mode:04o}"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused_also_for_root(member: Hub, home: Path, mode: int) -> None:
    path = member.vault.path / "keys" / "operational.pem"
    path.chmod(mode)
    fresh = Vault(home, "default")
    with pytest.raises(errors.SetupError) as caught:
        fresh.key("operational")
    assert caught.value.code == "readable-by-others"
    assert f"chmod 600 {path}" in caught.value.hint


def test_a_profile_that_others_may_enter_is_refused(member: Hub, home: Path) -> None:
    member.vault.path.chmod(0o750)
    with pytest.raises(errors.SetupError):
        Vault(home, "default")


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    files.write(path, b"old")

    def fail(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 65])
def test_a_profile_name_cannot_leave_its_place(home: Path, name: str) -> None:
    with pytest.raises(errors.UsageError):
        Vault(home, name)


# --- keys ---------------------------------------------------------------------------------------------------------------


def test_with_a_passphrase_every_key_is_encrypted_and_asked_for_once(
    sim: Any, make_hub: Callable[..., Hub], approved: Any, monkeypatch: pytest.MonkeyPatch, draft: Any
) -> None:
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "correct horse"

    with make_hub("locked") as first:
        first.join(**JOIN, fingerprint=sim.fingerprint, passphrase="correct horse")
    sim.enrol_all()
    hub = make_hub("locked", ask_passphrase=ask)
    receipt = hub.submit(hub.preview(draft()).approve(by="a tester"))
    hub.withdraw(receipt)
    assert asked == [1]
    pems = list((hub.vault.path / "keys").rglob("*.pem"))
    assert len(pems) == 3
    assert all(b"ENCRYPTED" in p.read_bytes() for p in pems)
    wrong = make_hub("locked", ask_passphrase=lambda: "wrong")
    with pytest.raises(errors.SetupError) as caught:
        wrong.login()
    assert caught.value.code == "key-locked"
    nobody = make_hub("locked")
    with pytest.raises(errors.SetupError) as caught:
        nobody.login()
    assert caught.value.code == "passphrase-needed"
    monkeypatch.setenv("TOCSIN_PASSPHRASE", "correct horse")
    make_hub("locked").login()


# --- joining ------------------------------------------------------------------------------------------------------------


def test_nothing_is_written_before_the_fingerprint_is_confirmed(make_hub: Callable[..., Hub], home: Path) -> None:
    hub = make_hub()
    for how in ({}, {"confirm": lambda _seen: False}):
        with pytest.raises(errors.SetupError):
            hub.join(**JOIN, **how)
    with pytest.raises(errors.VerificationError):
        hub.join(**JOIN, fingerprint="00" * 16)
    assert not home.exists()


def test_joining_twice_asks_for_the_same_membership(make_hub: Callable[..., Hub], sim: Any) -> None:
    shown: list[joining.FirstContact] = []

    def confirm(seen: joining.FirstContact) -> bool:
        shown.append(seen)
        return True

    first = make_hub().join(**JOIN, confirm=confirm)
    again = make_hub().join(**JOIN)
    assert (first.org, first.key) == (again.org, again.key)
    assert [s.words for s in shown] == [sim.fingerprint]
    assert len(sim.pending) == 1
    asked = documents.read_enrolment_request(first.request_path.read_bytes(), sim.origin)
    assert (asked.org, asked.kind, asked.sector) == (first.org, "member", "isic@4:K")
    assert len(first.org) == 30


def test_a_hub_that_goes_down_during_joining_can_be_joined_later(make_hub: Callable[..., Hub], sim: Any) -> None:
    hub = make_hub()
    original = sim._enrolments

    def down(body: bytes, token: str) -> Any:
        import httpx

        raise httpx.ConnectError("down")

    sim._enrolments = down
    with pytest.raises(errors.UnreachableError):
        hub.join(**JOIN, fingerprint=sim.fingerprint)
    org = hub.vault.profile()["org"]
    sim._enrolments = original
    assert hub.join(**JOIN).org == org


def test_a_later_policy_must_be_signed_by_the_pinned_root_and_go_forward(member: Hub, sim: Any) -> None:
    sim.policy = sim.make_policy(version=2)
    assert member.refresh_policy() == 2
    for bad, code in (
        (sim.make_policy(version=1), "policy-rolled-back"),
        (sim.make_policy(version=3, root=keys.SigningKey.generate()), "policy-root-mismatch"),
        (sim.make_policy(version=2, expires=sim.now + 99), "policy-forked"),
        (sim.make_policy(version=3, expires=sim.now - 1), "policy-expired"),
        (b"{}", "malformed-envelope"),
    ):
        sim.policy = bad
        with pytest.raises(errors.VerificationError) as caught:
            member.refresh_policy()
        assert caught.value.code == code
    assert joining.pinned_policy(member.vault).version == 2


def test_one_profile_is_for_one_hub(member: Hub, home: Path) -> None:
    with pytest.raises(errors.SetupError) as caught:
        Hub("http://localhost:1", home=home)
    assert caught.value.code == "other-hub"


def test_the_name_goes_to_the_operator_only_and_into_no_envelope(make_hub: Callable[..., Hub], sim: Any) -> None:
    hub = make_hub()
    joined = hub.join(**JOIN, fingerprint=sim.fingerprint, name="Star River Bank")
    assert b"Star River" not in joined.request_path.read_bytes()


# --- tokens -------------------------------------------------------------------------------------------------------------


def test_a_token_is_kept_and_fetched_anew_when_the_hub_forgets_it(
    member: Hub, sim: Any, make_hub: Callable[..., Hub]
) -> None:
    sim.answers["Search"] = lambda _v: {
        "records": {"asOf": 0, "totalCount": 0, "pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
    }
    logins = lambda: sum(path == "/v1/login" for _, path, _ in sim.requests)  # noqa: E731
    member.search()
    member.search()
    make_hub().search()
    assert logins() == 1, "the token lies in the vault"
    sim.tokens.clear()
    member.search()
    assert logins() == 2
    sim.now += 43_200
    member.search()
    assert logins() == 3, "an expired token is not even tried"
    member.logout()
    assert not sim.tokens or member.vault.read("tokens.json", {}) == {}


def test_who_is_not_enrolled_yet_is_refused_and_not_shown_the_public_view(
    make_hub: Callable[..., Hub], sim: Any
) -> None:
    hub = make_hub()
    hub.join(**JOIN, fingerprint=sim.fingerprint)
    with pytest.raises(errors.RefusedError):
        hub.search()
    assert hub.enrolment() is None


# --- outbox and evidence ------------------------------------------------------------------------------------------------


def test_the_envelope_is_on_disk_before_the_first_byte_is_sent(member: Hub, approved: Any) -> None:
    seen: list[int] = []
    original = member._nameless.request

    def look(method: str, path: str, **kwargs: Any) -> Any:
        seen.append(len(list((member.vault.path / "outbox").iterdir())))
        return original(method, path, **kwargs)

    member._nameless.request = look  # type: ignore[method-assign]
    member.submit(approved())
    assert seen == [1]


def test_a_death_between_sending_and_keeping_is_repaired_by_resending(
    member: Hub, approved: Any, monkeypatch: pytest.MonkeyPatch, sim: Any
) -> None:
    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "keep_receipt", die)
        with pytest.raises(KeyboardInterrupt):
            member.submit(approved())
    assert len(member.outbox.waiting()) == 1
    (receipt,) = member.resend()
    assert receipt.replayed
    assert len(sim.envelopes) == 2


def test_an_item_can_be_dropped_by_its_id_only(member: Hub, approved: Any, sim: Any) -> None:
    sim.lies = {"busy"}
    with pytest.raises(errors.UnreachableError):
        member.submit(approved("attributed"))
    (item,) = member.outbox.waiting()
    for bad in ("../profile", "", "0" * 64):
        with pytest.raises(errors.UsageError):
            member.outbox.drop(bad)
    member.outbox.drop(item.id)
    assert member.outbox.waiting() == []


def test_one_refusal_does_not_keep_the_others_in_the_outbox(member: Hub, approved: Any, sim: Any) -> None:
    sim.lies = {"busy"}
    for title in ("One", "Two"):
        with pytest.raises(errors.UnreachableError):
            member.submit(approved("attributed", title=title))
    sim.lies = set()
    first = member.outbox.waiting()[0]
    original = sim._admit

    def refuse_first(said: Any) -> None:
        if said.digest.hex() == first.id:
            from tocsin_taxonomy.errors import TaxonomyError

            raise TaxonomyError("malformed-record", "body")
        original(said)

    sim._admit = refuse_first
    assert len(member.resend()) == 1
    assert member.outbox.waiting() == []
    assert [i.id for i in member.outbox.refused()] == [first.id]


def test_a_bulk_answer_that_is_short_keeps_every_line(member: Hub, draft: Any, sim: Any) -> None:
    drafts = [
        draft(title=f"Published {n}", evidence_class="public-source", tlp="clear", references=[{"url": "https://news.example.org/1"}],
              provenance={"source": "News", "licence": "CC-BY-4.0"})
        for n in range(3)
    ]  # fmt: skip
    batch = member.approve_public_batch(drafts, "Every text was published by the named source.", "a curator")
    sim.lies = {"short-bulk"}
    with pytest.raises(errors.UnreachableError):
        member.submit_many(batch)
    (item,) = member.outbox.waiting()
    assert len(item.envelopes) == 3
    sim.lies = set()
    assert len(member.resend()) == 3
    assert len(sim.envelopes) == 4
    assert {t["state"] for t in member.status()} == {"accepted"}
    assert len(member.submit_many(batch).items) == 0


def test_a_line_that_the_hub_refuses_does_not_stop_the_others(member: Hub, draft: Any, sim: Any) -> None:
    drafts = [
        draft(title=f"Published {n}", evidence_class="public-source", tlp="clear", references=[{"url": "https://news.example.org/1"}],
              provenance={"source": "News", "licence": "CC-BY-4.0"})
        for n in range(3)
    ]  # fmt: skip
    batch = member.approve_public_batch(drafts, "Every text was published by the named source.", "a curator")
    original = sim._admit

    def refuse(said: Any) -> None:
        if said.body.get("title", {}).get("text") == "Published 1":
            from tocsin_taxonomy.errors import TaxonomyError

            raise TaxonomyError("identifying-text", "summary")
        original(said)

    sim._admit = refuse
    result = member.submit_many(batch)
    assert [(i.number, i.error.code) for i in result.refused if i.error] == [(1, "identifying-text")]
    assert len(result.accepted) == 2
    assert len(member.outbox.refused()) == 1
    assert member.outbox.waiting() == []


def test_a_bulk_receipt_that_lies_is_believed_for_no_line(member: Hub, draft: Any, sim: Any) -> None:
    drafts = [
        draft(title="Published", evidence_class="public-source", tlp="clear", references=[{"url": "https://news.example.org/1"}],
              provenance={"source": "News", "licence": "CC-BY-4.0"})
    ]  # fmt: skip
    batch = member.approve_public_batch(drafts, "Every text was published by the named source.", "a curator")
    sim.lies = {"wrong-root"}
    with pytest.raises(errors.VerificationError):
        member.submit_many(batch)
    assert len(member.outbox.waiting()) == 1
    assert lineage.seen(member.vault).size == 0


def test_the_outbox_reads_what_it_wrote(tmp_path: Path) -> None:
    for name in ("outbox", "refused"):
        (tmp_path / name).mkdir()
    box = Outbox(tmp_path)
    box.put(digest="a" * 64, envelope=b"{}", kind="incident", mode="attributed", at_unix_s=2)
    box.put_approval(
        sha256="b" * 64,
        approval=json.dumps({"x": "张"}, ensure_ascii=False).encode(),
        kind="incident",
        mode="pseudonymous",
        at_unix_s=1,
    )
    assert [(i.id[:8], i.envelopes, i.approval is not None) for i in box.waiting()] == [
        ("waiting-", (), True),
        ("a" * 8, (b"{}",), False),
    ]


def test_keys_that_the_hub_changed_are_believed_once_the_root_says_so(member: Hub, approved: Any, sim: Any) -> None:
    sim.log, sim.certifier = keys.SigningKey.generate(), keys.SigningKey.generate()
    with pytest.raises(errors.VerificationError):
        member.submit(approved())
    assert len(list((member.vault.path / "evidence").iterdir())) == 1
    sim.policy = sim.make_policy(version=2)
    receipt = member.submit(approved())
    assert member.verify(receipt).index == receipt.index
    assert joining.pinned_policy(member.vault).version == 2


def test_a_policy_that_has_run_out_is_renewed_before_anything_is_sent(member: Hub, approved: Any, sim: Any) -> None:
    approval = approved("attributed")
    sim.now += 366 * 86_400
    with pytest.raises(errors.VerificationError) as caught:
        member.submit(approval)
    assert caught.value.code == "policy-expired"
    assert len(sim.envelopes) == 1
    sim.policy = sim.make_policy(version=2)
    assert member.submit(approval).index == 1


def test_a_record_that_waited_for_its_certificate_is_sent_once_however_it_is_retried(
    member: Hub, approved: Any, sim: Any
) -> None:
    approval = approved()
    sim.lies = {"busy"}
    for _ in range(2):
        with pytest.raises(errors.UnreachableError):
            member.submit(approval)
    assert len(member.outbox.waiting()) == 1
    sim.lies = set()
    member.submit(approval)
    assert member.resend() == []
    assert len(sim.envelopes) == 2
