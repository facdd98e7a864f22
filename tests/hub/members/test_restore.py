"""Claims about restoring: backup, damage, a new origin; what is kept, what is lost, and that nobody signs a second history."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tocsin_hub import app as hub_app
from tocsin_hub.cli import copying
from tocsin_hub.errors import HubError
from tocsin_hub.ledger import check, publish
from tocsin_hub.members import hubfile, keyring, restore
from tocsin_trust import dsse, errors, merkle, note, policy, receipt, statement

NEW = "hub.example.org/log-2"


@pytest.fixture
def old(template: Any, simulators: Any, tmp_path: Path) -> Iterator[Any]:
    """A hub on SQLite with a history, about to be lost."""
    home = tmp_path / "old"
    home.mkdir()
    with simulators.World(template, home) as running:
        yield running


class After:
    """What is left after the fire, and the hub made of it."""

    def __init__(self, old: Any, template: Any, simulators: Any, path: Path) -> None:
        self.old, self.template, self.simulators, self.path = old, template, simulators, path
        self.backup = path / "backup"

    def save(self) -> None:
        copying.backup(self.old.settings, self.backup)

    def settings(self) -> Any:
        return self.old.settings.model_copy(update={"dir": self.path / "new", "anchor": self.path / "new-anchor"})

    def restore(self, **more: Any) -> restore.Restored:
        said = {
            "origin": NEW,
            "root_key": keyring.read_signing_key(self.template.path / "root.key"),
            "now_unix_s": self.old.clock(),
            "old_keys": self.old.dir / "keys",
        }
        return restore.restore(self.settings(), self.backup, **(said | more))

    def world(self) -> Any:
        """The restored hub, to be entered, with the people of the old one."""
        world = self.simulators.World(self.template, self.path / "unused-copy")
        world.settings, world.dir, world.clock = self.settings(), self.settings().dir, self.old.clock
        world.policy = policy.read((world.dir / "policy.json").read_bytes())
        return world


@pytest.fixture
def after(old: Any, template: Any, simulators: Any, tmp_path: Path) -> After:
    (tmp_path / "unused-copy").mkdir()
    return After(old, template, simulators, tmp_path)


def moved(person: Any, world: Any) -> Any:
    """The same organisation, speaking to the restored hub."""
    person.world = world
    return person


def sound(world: Any) -> bool:
    world.settle()
    known = world.hub.keyring.identity
    readers = hub_app.derived(known.prefix, known.gaps)
    return (
        check.fsck(world.hub.store, origin=known.origin, anchor=known.anchor, inlines=hub_app.INLINES, readers=readers)
        == []
    )


def test_backup_damage_restore_and_everybody_goes_on(old: Any, after: After) -> None:
    member, old_policy = old.member(), old.policy
    first = old.accept(member.seal())
    envelope, author = member.nameless()
    nameless, cred = old.accept(envelope), member.certificates[author.public.hex]
    old.settle()
    token = member.login()
    ids = record_ids(old)
    after.save()
    kept_receipt = old.post(member.seal()).content  # accepted after the backup: lost
    lost = receipt.verify(kept_receipt, old_policy)
    last = old.http.get("/v1/log/checkpoint").text
    saved_keys = shutil.copytree(old.dir / "keys", after.path / "saved-keys")
    old.__exit__()
    shutil.rmtree(old.dir)  # the disk is gone
    made = after.restore(last_checkpoint=last, old_keys=saved_keys)
    assert (made.entries, made.lost, made.predecessor, made.tags_kept) == (3, 1, old_policy.origin, True)

    with after.world() as new:
        assert new.policy.origin == NEW
        assert (new.policy.root, new.policy.version) == (old_policy.root, 2)
        assert sound(new)
        # Everybody can read what was taken over, under the ids it had.
        assert record_ids(new) == ids
        assert new.blob(first).content == old_bytes(new, first)
        # Old receipts verify against the old policy, and the new hub tells which that was and what is lost.
        assert receipt.verify(kept_receipt, old_policy).index == lost.index == 3
        (told,) = new.http.get("/v1/log/predecessors").json()["predecessors"]
        assert (told["origin"], told["size"], told["lastSize"], told["lastCheckpoint"]) == (
            old_policy.origin,
            3,
            4,
            last,
        )
        assert told["policy"] == envelope_of_policy(old_policy)
        # The new log begins as the old one did: a holder of an old checkpoint checks the proof.
        head = note.open_checkpoint(new.http.get("/v1/log/checkpoint").text, new.policy.log_verifiers[0])
        (taken,) = new.policy.predecessors
        assert (head.size, head.root) == (taken.size, taken.root)
        # Members go on without joining again; their receipts verify against the new policy.
        moved(member, new)
        amended = new.accept(member.seal("amend", prev=first, aud=NEW))
        new.accept(member.seal("withdraw", {"reason": "error"}, prev=amended, aud=NEW))
        # So do nameless authors, with the certificate that they have.
        said = member.seal("amend", mode="pseudonymous", key=author, cred=cred, prev=nameless, aud=NEW)
        new.accept(said)
        # What was lost is signed again.
        assert new.refuse(dsse_of(kept_receipt)) == (403, "wrong-audience")
        new.accept(member.seal(aud=NEW))
        # Bytes that were taken over are known still.
        again = new.post(envelope)
        assert (again.status_code, receipt.verify(again.content, new.policy).index) == (200, 2)
        # Tokens are not carried over.
        assert new.blob(first, **token).json()["code"] == "token-invalid"
        assert sound(new)


def record_ids(world: Any) -> list[str]:
    world.settle()
    with world.hub.store.read() as session:
        return list(session.execute(text("SELECT record_id FROM record ORDER BY rec")).scalars())


def old_bytes(world: Any, digest: str) -> bytes:
    with world.hub.store.read() as session:
        return publish.envelope(session, bytes.fromhex(digest))


def envelope_of_policy(trusted: policy.Policy) -> Any:
    return json.loads(trusted.raw)


def dsse_of(bundle: bytes) -> bytes:
    return base64.b64decode(json.loads(bundle)["envelope"])


def test_the_id_of_a_lost_record_never_comes_to_mean_another(old: Any, after: After) -> None:
    member = old.member()
    old.accept(member.seal())
    after.save()
    for _ in range(3):
        old.accept(member.seal())
    lost = record_ids(old)[1:]
    old.__exit__()
    assert after.restore(old_anchor=old.settings.anchor).lost == 3
    with after.world() as new:
        moved(member, new)
        new.accept(member.seal(aud=NEW))
        ids = record_ids(new)
        assert ids[1].endswith("000005")
        assert not set(ids) & set(lost)
        assert sound(new)  # a rebuild gives the same


def test_without_any_word_of_the_old_log_the_loss_is_unknown_and_the_gap_wide(old: Any, after: After) -> None:
    member = old.member()
    old.accept(member.seal())
    early = old.http.get("/v1/log/checkpoint").text
    after.save()
    old.accept(member.seal())
    old.__exit__()
    assert (
        after.restore(last_checkpoint=early).lost == 0
    )  # as far as anybody can tell: it is the backup's own checkpoint
    shutil.rmtree(after.settings().dir)
    after.settings().anchor.unlink()
    assert after.restore().lost is None
    (told,) = hubfile.read(after.settings().dir).earlier
    assert (told.last_size, told.gap) == (None, restore.GAP_UNKNOWN)


def test_a_stranger_s_certificate_of_the_old_log_opens_nothing_new(old: Any, after: After) -> None:
    member = old.member()
    author, cred = member.pseudonym()
    after.save()
    old.__exit__()
    after.restore()
    with after.world() as new:
        moved(member, new)
        said = member.seal(mode="pseudonymous", key=author, cred=cred, aud=NEW)
        assert new.refuse(said) == (403, "certificate-invalid")


def test_without_the_tag_key_the_tags_go_and_authors_can_still_amend(old: Any, after: After) -> None:
    member = old.member()
    envelope, author = member.nameless()
    first, cred = old.accept(envelope), member.certificates[author.public.hex]
    after.save()
    old.__exit__()
    assert after.restore(old_keys=None).tags_kept is False
    with after.world() as new:
        moved(member, new)
        with new.hub.store.read() as session:
            assert session.execute(text("SELECT count(*) FROM pseudonym")).scalar_one() == 0
        new.accept(member.seal("amend", mode="pseudonymous", key=author, cred=cred, prev=first, aud=NEW))


def test_a_hub_is_restored_twice_and_knows_both_its_fathers(old: Any, after: After, tmp_path: Path) -> None:
    member = old.member()
    first = old.accept(member.seal())
    after.save()
    old.__exit__()
    after.restore(old_anchor=old.settings.anchor)
    with after.world() as new:
        moved(member, new)
        second = new.accept(member.seal(aud=NEW))
        new.settle()
        copying.backup(new.settings, tmp_path / "second-backup")
        middle = new.settings
    again = After(new, after.template, after.simulators, tmp_path / "third")
    again.path.mkdir()
    (again.path / "unused-copy").mkdir()
    again.backup = tmp_path / "second-backup"
    with pytest.raises(HubError, match="origin-used"):
        again.restore(origin=old.policy.origin)
    again.restore(origin="hub.example.org/log-3", old_anchor=middle.anchor)
    with again.world() as last:
        assert [(one.origin, one.size) for one in last.policy.predecessors] == [(old.policy.origin, 2), (NEW, 3)]
        for digest in (first, second):
            found = receipt.parse_proof(last.http.get("/v1/log/proof", params={"digest": digest}).text)
            opened = dsse.unseal(old_bytes(last, digest))
            assert statement.read(opened).aud == last.policy.audience_at(found.index)
        moved(member, last)
        last.accept(member.seal("amend", prev=second, aud="hub.example.org/log-3"))
        assert sound(last)


# --- what is refused ----------------------------------------------------------------------------------------------------


def test_the_old_origin_is_never_used_again(old: Any, after: After) -> None:
    old.member()
    after.save()
    with pytest.raises(HubError, match="origin-used"):
        after.restore(origin=old.policy.origin)
    assert not (after.settings().dir / "hub.json").exists()


def test_only_the_holder_of_the_root_restores(old: Any, after: After) -> None:
    after.save()
    with pytest.raises(HubError, match="policy-root-mismatch"):
        after.restore(root_key=old.authority)


def test_a_directory_that_holds_a_hub_is_not_overwritten(old: Any, after: After) -> None:
    after.save()
    after.restore()
    with pytest.raises(HubError, match="hub-exists"):
        after.restore(origin="third.example")


def test_a_backup_that_was_altered_is_refused(old: Any, after: After) -> None:
    member = old.member()
    old.accept(member.seal())
    after.save()
    database = sqlite3.connect(after.backup / "hub.db")
    database.execute("UPDATE entry SET data = CAST(replace(data, 'incident', 'sighting') AS BLOB) WHERE idx = 1")
    database.commit()
    database.close()
    with pytest.raises(HubError, match="log-corrupt"):
        after.restore()


def test_a_backup_of_another_log_than_the_checkpoint_tells_is_refused(old: Any, after: After, template: Any) -> None:
    member = old.member()
    old.accept(member.seal())
    after.save()
    log_key = old.hub.keyring.log_key
    forged = note.sign_checkpoint(old.policy.origin, 1, merkle.leaf_hash(b"another"), log_key)
    with pytest.raises(HubError, match="log-corrupt"):
        after.restore(last_checkpoint=forged)
    shutil.rmtree(after.settings().dir)
    stranger = note.sign_checkpoint(old.policy.origin, 9, bytes(32), old.authority)
    with pytest.raises(HubError, match="note-unverified"):
        after.restore(last_checkpoint=stranger)


@pytest.mark.parametrize("missing", ["hub.json", "policy.json", "hub.db"])
def test_what_is_no_backup_is_refused(old: Any, after: After, missing: str) -> None:
    after.save()
    (after.backup / missing).unlink()
    with pytest.raises(HubError, match="backup-unusable"):
        after.restore()


def test_an_old_receipt_does_not_verify_as_one_of_the_new_log(old: Any, after: After) -> None:
    member = old.member()
    bundle = old.post(member.seal()).content
    after.save()
    old.__exit__()
    after.restore()
    with after.world() as new, pytest.raises(errors.TrustError):
        receipt.verify(bundle, new.policy)


@pytest.mark.postgres
def test_a_postgresql_dump_that_was_put_back_is_restored_too(
    template: Any, simulators: Any, tmp_path: Path, migrated_postgres_url: str
) -> None:
    home, saved = tmp_path / "old", tmp_path / "backup"
    home.mkdir()
    saved.mkdir()
    with simulators.World(template, home, database_url=migrated_postgres_url) as old:
        member = old.member()
        first = old.accept(member.seal())
        old.settle()
        for name in ("hub.json", "policy.json"):
            shutil.copy(old.dir / name, saved / name)
    after = After(old, template, simulators, tmp_path)
    after.backup = saved
    (tmp_path / "unused-copy").mkdir()
    assert after.restore(old_anchor=old.settings.anchor).entries == 2
    with after.world() as new:
        moved(member, new)
        new.accept(member.seal("amend", prev=first, aud=NEW))
        assert sound(new)


def test_a_member_s_client_follows_the_root_it_pinned_and_no_other(old: Any, after: After, tmp_path: Path) -> None:
    """The client takes the new policy by itself: the old origin is named in it, and the pinned root has signed it."""
    from tocsin_client import errors as client_errors
    from tocsin_client import joining

    after.save()
    after.restore()
    raw = (after.settings().dir / "policy.json").read_bytes()
    taken = policy.read(raw)

    class Kept:
        policy = old.policy.raw

        def keep_policy(self, fresh: bytes) -> None:
            self.policy = fresh

    def refresh(kept: Kept, served: bytes) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(joining, "pinned_policy", lambda vault: policy.read(vault.policy))
            patch.setattr(joining, "fetch_policy", lambda _, **how: policy.read(served, pinned_root=how["pinned_root"]))
            return joining.refresh_policy(kept, None, now=old.clock())  # type: ignore[arg-type]

    kept = Kept()
    assert refresh(kept, raw).origin == NEW
    assert kept.policy == raw
    root = keyring.read_signing_key(after.template.path / "root.key")
    foreign = policy.build(
        origin="foreign.example", version=9, root=root.public, issued_unix_s=1, expires_unix_s=2**31,
        log_keys=[note.vkey("foreign.example", root.public)], certificate_keys=taken.certificate_keys,
        authorities=taken.authorities,
    )  # fmt: skip
    with pytest.raises(client_errors.VerificationError):
        refresh(kept, policy.sign(foreign, root))
