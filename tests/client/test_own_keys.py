"""A member's keys: added and revoked with receipts that verify, moved away, backed up, restored; tokens; leaving."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import Hub, backup, errors, files, membership, restore_backup
from tocsin_client.vault import Vault

STRONG = "violet anchor seven lanterns at dusk"


@pytest.fixture(autouse=True)
def _cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrypt at a cost for tests; `test_the_passphrase_is_made_dear_to_guess` holds the real one."""
    cheap = (1 << 10, 8, 1)
    monkeypatch.setattr(backup, "_COST", cheap)
    monkeypatch.setattr(backup, "_COSTS", (cheap,))


def current(hub: Hub) -> str:
    return next(str(one["key"]) for one in membership.listed(hub.vault, hub.enrolment()) if one["current"])


# --- rotation -----------------------------------------------------------------------------------------------------------


def test_a_key_is_added_by_the_root_and_signs_from_then_on(member: Hub, approved: Any, sim: Any) -> None:
    old = current(member)
    receipt = member.add_key()
    assert receipt.kind == "key-add"
    assert member.verify(receipt).index == receipt.index, "the receipt of a key event is verified like any other"
    assert member.vault.receipt(receipt.digest) == receipt.bundle
    new = current(member)
    assert new != old
    sent = member.submit(approved("attributed"))
    assert sent.author_key == new
    assert member.submit(approved("pseudonymous", title="Nameless")).author_key not in (old, new)
    listed = member.keys()
    rows = {one["key"]: one for one in listed}
    assert (rows[new]["addedIndex"], rows[new]["here"], rows[old]["here"]) == (receipt.index, True, True)
    assert [one["role"] for one in rows.values()].count("root") == 1


def test_a_revoked_key_is_refused_and_the_new_one_works(member: Hub, approved: Any, sim: Any) -> None:
    old = current(member)
    member.add_key()
    old_signer = member.vault.key(old)
    receipt = member.revoke_key(old[:8], "stolen")
    assert (receipt.kind, receipt.author_key) == ("key-revoke", current(member))
    listed = member.keys()
    assert next(one for one in listed if one["key"] == old)["revokedIndex"] == receipt.index
    from tocsin_client import sign

    approval = approved("attributed")
    envelope = sign.sign(approval, old_signer, member.vault.profile()["org"], aud=sim.origin, now_unix_s=sim.now)
    with pytest.raises(errors.RefusedError) as caught:
        member._sender().send(envelope, kind="incident", mode="attributed", thread=None)
    assert caught.value.code == "key-revoked"
    assert member.submit(approval).author_key == current(member)
    member.login()


def test_named_records_are_signed_by_the_key_that_began_them_while_it_is_good(
    member: Hub, approved: Any, sim: Any
) -> None:
    old = current(member)
    first, second = (member.submit(approved("attributed", title=f"Record {n}")) for n in range(2))
    member.add_key()
    assert member.withdraw(first).author_key == old
    member.revoke_key(old)
    assert member.withdraw(second).author_key == current(member), "what is left is tried; the hub decides"


def test_a_key_event_that_did_not_reach_the_hub_waits_and_settles_later(member: Hub, sim: Any) -> None:
    old = current(member)
    sim.lies = {"busy"}
    with pytest.raises(errors.UnreachableError):
        member.add_key()
    assert membership.enrolled(member.vault).key.hex == old
    assert [item.kind for item in member.outbox.waiting()] == ["key-add"]
    sim.lies = set()
    assert [receipt.kind for receipt in member.resend()] == ["key-add"]
    assert current(member) != old, "the key is used once its receipt is verified"
    assert member.vault.threads() == [], "a key event is no record"


def test_a_key_that_the_hub_refuses_is_forgotten(member: Hub, sim: Any) -> None:
    before = current(member)
    row = sim.keys[membership.enrolled(member.vault).root.hex]
    row["revokedIndex"] = 0
    with pytest.raises(errors.RefusedError):
        member.add_key()
    assert current(member) == before
    assert list((member.vault.path / "keys" / "members").iterdir()) == []


def test_a_lying_receipt_for_a_key_changes_nothing_here(member: Hub, sim: Any) -> None:
    before = current(member)
    sim.lies = {"wrong-root"}
    with pytest.raises(errors.VerificationError):
        member.add_key()
    sim.lies = set()
    assert current(member) == before


@pytest.mark.parametrize("key", ["", "abc", "f" * 64, "../../etc"])
def test_only_a_key_of_ours_can_be_revoked(member: Hub, key: str) -> None:
    with pytest.raises(errors.UsageError):
        member.revoke_key(key)
    with pytest.raises(errors.UsageError):
        member.revoke_key(current(member), "because of Bob")


# --- the root elsewhere -------------------------------------------------------------------------------------------------


def test_the_root_is_moved_away_and_named_when_it_is_needed(member: Hub, sim: Any, tmp_path: Path) -> None:
    away = tmp_path / "stick" / "root.pem"
    with pytest.raises(errors.UsageError):
        member.move_root(away)
    away.parent.mkdir()
    assert member.vault.has_key("root")
    assert member.move_root(away) == away
    assert not member.vault.has_key("root")
    assert away.stat().st_mode & 0o077 == 0
    for call in (member.add_key, member.leave, lambda: member.move_root(tmp_path / "again.pem")):
        with pytest.raises(errors.SetupError) as caught:
            call()
        assert caught.value.code == "root-elsewhere"
    assert member.add_key(root=away).kind == "key-add"
    wrong = tmp_path / "wrong.pem"
    files.write(wrong, member.vault.key("operational").to_pkcs8(None))
    with pytest.raises(errors.SetupError) as other:
        member.add_key(root=wrong)
    assert other.value.code == "wrong-root"
    wrong.chmod(0o644)
    with pytest.raises(errors.SetupError) as shown:
        member.add_key(root=wrong)
    assert shown.value.code == "readable-by-others"


def test_moving_the_root_overwrites_nothing(member: Hub, tmp_path: Path) -> None:
    there = tmp_path / "there.pem"
    there.write_text("mine")
    with pytest.raises(errors.UsageError):
        member.move_root(there)
    assert there.read_text() == "mine"
    assert member.vault.has_key("root")


# --- the lost laptop ----------------------------------------------------------------------------------------------------


def test_a_lost_laptop_is_made_good_from_one_file(
    member: Hub, approved: Any, sim: Any, tmp_path: Path, make_hub: Callable[..., Hub]
) -> None:
    nameless, named = member.submit(approved()), member.submit(approved("attributed", title="Named"))
    member.login()
    file = tmp_path / "backup.tocsin"
    told = member.backup(file, STRONG)
    assert (told.author_keys, told.member_keys, told.root, told.receipts, told.threads) == (1, 1, True, 2, 2)
    raw = file.read_bytes()
    for secret in (b"PRIVATE", named.digest.encode(), str(told.org).encode(), b"Cloned voice"):
        assert secret not in raw
    assert file.stat().st_mode & 0o077 == 0
    home = tmp_path / "new laptop"
    assert restore_backup(file, STRONG, Vault(home, "default")) == told
    again = Hub(home=home, transport=sim.transport(), clock=lambda: sim.now)
    assert not (again.vault.path / "tokens.json").exists(), "reading tokens are not in a backup"
    assert again.verify(again.vault.receipt(nameless.digest) or b"").index == nameless.index
    assert again.withdraw(nameless.digest).author_key == nameless.author_key
    old = current(again)
    again.add_key()
    again.revoke_key(old, "stolen")
    with pytest.raises(errors.RefusedError) as caught:
        member.login()
    assert caught.value.code == "key-revoked", "whoever has the old laptop reads nothing more"
    assert again.submit(approved("attributed", title="From the new one")).index
    for path in [again.vault.path, *again.vault.path.rglob("*")]:
        files.require_private(path)
    again.close()


def test_the_passphrase_is_made_dear_to_guess(member: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(member.vault, "_passphrase", None)
    assert backup._COST == (131072, 8, 1)
    member.backup(tmp_path / "b", STRONG)
    assert json.loads((tmp_path / "b").read_bytes().splitlines()[1])["n"] == 131072
    restore_backup(tmp_path / "b", STRONG, Vault(tmp_path / "new", "default"))


def test_a_rotated_profile_survives_its_backup(member: Hub, approved: Any, sim: Any, tmp_path: Path) -> None:
    member.add_key()
    told = member.backup(tmp_path / "b", STRONG)
    assert told.member_keys == 2
    restore_backup(tmp_path / "b", STRONG, Vault(tmp_path / "home2", "x"))
    again = Hub(home=tmp_path / "home2", profile="x", transport=sim.transport(), clock=lambda: sim.now)
    assert current(again) == current(member)
    assert again.submit(approved("attributed")).author_key == current(member)
    again.close()


def test_a_backup_opens_for_its_passphrase_only_and_notices_one_changed_byte(member: Hub, tmp_path: Path) -> None:
    file = tmp_path / "b"
    member.backup(file, STRONG)
    raw = file.read_bytes()
    place = Vault(tmp_path / "new", "default")
    with pytest.raises(errors.SetupError) as caught:
        restore_backup(file, STRONG + "x", place)
    assert caught.value.code == "backup-locked"
    edits = [raw[:-1] + bytes([raw[-1] ^ 1]), raw.replace(b'"p": 1', b'"p": 2', 1), raw.replace(b"1024", b"1073741824", 1),
             raw[:40], b"", b"tocsin-backup/v1\n{}\nx", raw.replace(b"/v1", b"/v9", 1)]  # fmt: skip
    for edit in edits:
        file.write_bytes(edit)
        with pytest.raises(errors.SetupError):
            restore_backup(file, STRONG, place)
    assert not place.path.exists(), "nothing is left of a restore that failed"
    assert list((tmp_path / "new" / "profiles").iterdir() if (tmp_path / "new" / "profiles").exists() else []) == []


def test_a_backup_cannot_write_outside_its_profile(
    member: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = {"../../evil": "eA==", "keys/../../evil": "eA==", "/etc/evil": "eA==", "tokens.json": "e30=", "keys/x/y.pem": "eA=="}  # fmt: skip
    real = json.dumps
    for name, data in evil.items():
        file = tmp_path / f"b{len(name)}"

        def with_evil(value: Any, name: str = name, data: str = data, **kw: Any) -> str:
            return real({**value, name: data} if isinstance(value, dict) and "profile.json" in value else value, **kw)

        with monkeypatch.context() as patched:
            patched.setattr(json, "dumps", with_evil)
            member.backup(file, STRONG)
        with pytest.raises(errors.SetupError) as caught:
            restore_backup(file, STRONG, Vault(tmp_path / "new", "default"))
        assert caught.value.code == "backup-broken"
    assert not (tmp_path / "evil").exists()


def test_a_restore_never_overwrites_a_profile(member: Hub, tmp_path: Path) -> None:
    member.backup(tmp_path / "b", STRONG)
    with pytest.raises(errors.SetupError) as caught:
        restore_backup(tmp_path / "b", STRONG, member.vault)
    assert caught.value.code == "profile-exists"
    with pytest.raises(errors.UsageError):
        member.backup(tmp_path / "b", STRONG)


@pytest.mark.parametrize(
    "weak",
    ["", "short", "aaaaaaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnopqrstuvwxyz", "1234567890123456", "password1234", "abababababababab", "20241118",
     "qwertyqwertyqwertyqwerty", "一二三四"],
)  # fmt: skip
def test_a_weak_passphrase_is_refused(member: Hub, tmp_path: Path, weak: str) -> None:
    with pytest.raises(errors.UsageError) as caught:
        member.backup(tmp_path / "b", weak)
    assert caught.value.code == "weak-passphrase"
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("strong", [STRONG, "kT7#pq9!Lm2$vX", "紫色的锚在黄昏点亮七盏灯笼"])
def test_a_passphrase_of_words_or_mixed_characters_will_do(strong: str) -> None:
    backup.require_strong(strong)


# --- tokens and leaving -------------------------------------------------------------------------------------------------


def test_tokens_are_made_listed_and_revoked(member: Hub) -> None:
    made = member.new_token("weekly report", 30)
    assert made["token"].startswith("tok-")
    assert [one["label"] for one in member.tokens()] == ["weekly report"]
    assert made["token"] not in "".join(p.read_text() for p in member.vault.path.glob("*.json")), "it is not kept here"
    member.revoke_token(made["id"])
    assert member.tokens() == []
    with pytest.raises(errors.RefusedError):
        member.revoke_token(made["id"])
    with pytest.raises(errors.UsageError):
        member.revoke_token("../directory")


def test_who_has_left_sends_nothing_new_and_may_still_withdraw(member: Hub, approved: Any, sim: Any) -> None:
    nameless, named = member.submit(approved()), member.submit(approved("attributed", title="Named"))
    receipt = member.leave()
    assert (receipt.kind, member.verify(receipt).index) == ("suspend", receipt.index)
    row = member.enrolment()
    assert row is not None
    assert row["suspendedIndex"] == receipt.index
    for mode in ("attributed", "pseudonymous"):
        with pytest.raises(errors.RefusedError):
            member.submit(approved(mode, title="New"))
    assert member.withdraw(nameless).kind == member.withdraw(named).kind == "withdraw"


# --- the command line ---------------------------------------------------------------------------------------------------


def test_keys_at_the_command_line(run: Callable[..., Any], joined: str, home: Path, tmp_path: Path) -> None:
    listed = run("keys", "list")
    assert listed.code == 0, listed.err
    assert "here, signs" in listed.out
    added = run("keys", "add", "--json")
    assert added.code == 0, added.err
    old, new = added.data["data"]["before"], added.data["data"]["key"]
    assert run("keys", "revoke", old[:8], answers=["no"]).code == 2
    done = run("keys", "revoke", old[:8], "--reason", "rotated", answers=["yes"])
    assert done.code == 0, done.err
    assert "revoked at index" in run("keys", "list").out
    assert "已于序号" in run("keys", "list", "--lang", "zh").out
    risky = run("keys", "revoke", new[:8], answers=["no"])
    assert "Add another first" in risky.err
    moved = run("keys", "move-root", str(tmp_path / "root.pem"))
    assert moved.code == 0, moved.err
    assert "not encrypted" in moved.err
    assert run("keys", "add").code == 3
    assert run("keys", "add", "--root", str(tmp_path / "root.pem")).code == 0


def test_backup_and_restore_at_the_command_line(
    run: Callable[..., Any], joined: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup"
    assert run("keys", "backup", str(file)).code == 2, "a passphrase needs a person or the environment"
    monkeypatch.setenv("TOCSIN_BACKUP_PASSPHRASE", "weak")
    assert run("keys", "backup", str(file)).code == 2
    monkeypatch.setenv("TOCSIN_BACKUP_PASSPHRASE", STRONG)
    done = run("keys", "backup", str(file))
    assert done.code == 0, done.err
    assert "only way to amend or withdraw" in done.err
    assert run("keys", "restore", str(file)).code == 3, "the profile is not empty"
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "new laptop"))
    again = run("keys", "restore", str(file), "--json")
    assert again.code == 0, again.err
    assert again.data["data"]["memberKeys"] == 1
    assert run("doctor").code == 0
    assert "任何人" in run("keys", "restore", str(file), "--lang", "zh", "--profile", "two").err


def test_leaving_asks_for_the_id_of_the_organisation(run: Callable[..., Any], sim: Any, joined: str) -> None:
    org = next(iter(sim.orgs))
    assert run("leave").code == 2, "nobody is there to type it"
    for typed in ("yes", "", org[:-1]):
        no = run("leave", answers=[typed])
        assert no.code == 2
        assert "for good" in no.err
    assert sim.orgs[org]["suspendedIndex"] is None
    assert run("leave", answers=[org]).code == 0
    assert sim.orgs[org]["suspendedIndex"] == 1
    assert "suspended" in run("doctor").out


def test_tokens_at_the_command_line(run: Callable[..., Any], joined: str) -> None:
    made = run("tokens", "new", "weekly report", "--days", "7")
    assert made.code == 0, made.err
    assert made.out.startswith("tok-")
    assert "this once" in made.err
    listed = run("tokens", "list")
    assert "weekly report" in listed.out
    token_id = listed.out.split()[0]
    assert run("tokens", "revoke", token_id).code == 0
    assert run("tokens", "list").out.strip() == ""
    assert run("tokens", "revoke", token_id).code == 4
