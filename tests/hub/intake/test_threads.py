"""Claims about threads: what may follow what, and what a withdrawal or a desk takes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from tocsin_hub.app import INLINES, derived
from tocsin_hub.ledger import check
from tocsin_hub.store import tables
from tocsin_trust import identity, keys


@pytest.fixture
def member(world: Any) -> Any:
    return world.member()


@pytest.fixture
def short(template: Any, simulators: Any, tmp_path: Path) -> Iterator[Any]:
    """A hub that allows two amendments."""
    with simulators.World(template, tmp_path, thread_amends_max=2) as running:
        yield running


def kept(world: Any) -> dict[str, bool]:
    """Digest -> whether its payload is still there."""
    row = tables.BlobRow
    with world.hub.store.read() as session:
        found = session.execute(select(col(row.digest), col(row.envelope).is_not(None)))
        return {digest.hex(): bool(there) for digest, there in found}


def head(world: Any, thread: str) -> Any:
    with world.hub.store.read() as session:
        return session.get(tables.HeadRow, bytes.fromhex(thread))


def follows_from_the_log(world: Any) -> bool:
    """Heads, versions, organisations, keys, catalogue and trends equal a replay of the log."""
    world.settle()
    found = check.fsck(
        world.hub.store,
        origin=world.policy.origin,
        anchor=world.settings.anchor,
        inlines=INLINES,
        readers=derived(world.hub.keyring.prefix),
    )
    return found == []


def test_an_amendment_becomes_the_newest_version(world: Any, member: Any, simulators: Any) -> None:
    first = world.accept(member.seal())
    body = simulators.incident(record_type="incident")
    second = world.accept(member.seal("amend", body, prev=first))
    stands = head(world, first)
    assert (stands.digest.hex(), stands.amends, stands.state, stands.kind) == (second, 1, "published", "incident")
    assert follows_from_the_log(world)


def test_a_chain_of_versions_may_come_in_one_request(world: Any, member: Any) -> None:
    first = member.seal()
    digest = world.accept(first)
    one = member.seal("amend", prev=digest)
    *said, last = world.bulk([one])
    two = member.seal("amend", prev=said[0]["digest"])
    three = member.seal("withdraw", {"reason": "duplicate"}, prev=_digest(two))
    late = member.seal("amend", prev=_digest(two))
    *answers, last = world.bulk([two, three, late])
    assert [answer["status"] for answer in answers] == [201, 201, 409]
    assert answers[2]["code"] == "thread-withdrawn"
    assert (last["accepted"], last["refused"]) == (2, 1)
    assert head(world, digest).state == "withdrawn"
    assert follows_from_the_log(world)


def _digest(envelope: bytes) -> str:
    from tocsin_trust import dsse

    return dsse.unseal(envelope).digest.hex()


def test_a_first_version_and_what_follows_it_may_come_in_one_request(world: Any, member: Any) -> None:
    first = member.seal()
    second = member.seal("amend", prev=_digest(first))
    twin = member.seal("amend", prev=_digest(first))
    *answers, _ = world.bulk([first, second, twin])
    assert [answer["status"] for answer in answers] == [201, 201, 409]
    assert answers[2]["code"] == "stale-prev"
    assert follows_from_the_log(world)


def test_a_thread_keeps_its_kind(world: Any, member: Any, simulators: Any) -> None:
    first = world.accept(member.seal())
    assert world.refuse(member.seal("amend", simulators.MITIGATION, prev=first)) == (409, "kind-changed")


def test_a_thread_has_a_last_amendment(short: Any) -> None:
    member = short.member()
    newest = first = short.accept(member.seal())
    for _ in range(2):
        newest = short.accept(member.seal("amend", prev=newest))
    assert short.refuse(member.seal("amend", prev=newest)) == (409, "too-many-amends")
    short.accept(member.seal("withdraw", {"reason": "error"}, prev=newest))
    assert head(short, first).amends == 2


def test_a_withdrawal_takes_the_payload_of_the_whole_thread_and_nothing_else(world: Any, member: Any) -> None:
    bystander = world.accept(member.seal())
    first = world.accept(member.seal())
    second = world.accept(member.seal("amend", prev=first))
    third = world.accept(member.seal("amend", prev=second))
    gone = world.accept(member.seal("withdraw", {"reason": "privacy"}, prev=third))
    there = kept(world)
    assert not any(there[digest] for digest in (first, second, third))
    assert there[gone]
    assert there[bystander]
    assert (head(world, first).state, head(world, first).reason) == ("withdrawn", "privacy")
    assert follows_from_the_log(world)


def test_a_member_that_leaves_says_so_by_its_root(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    body = {"org": member.org, "reason": "left"}
    assert world.refuse(member.seal("suspend", body)) == (403, "wrong-role")
    world.accept(member.seal("suspend", body, key=member.root))
    assert world.http.get(f"/v1/directory/{member.org}").json()["suspendedIndex"] == 2
    assert world.refuse(member.seal()) == (403, "org-suspended")
    world.accept(member.seal("withdraw", {"reason": "other"}, prev=first))


def test_a_member_changes_its_key_and_goes_on(world: Any, member: Any) -> None:
    fresh = keys.SigningKey.generate()
    added = identity.key_add_body(world.policy.origin, member.org, fresh)
    stolen = {**added, "key": keys.SigningKey.generate().public.hex}
    assert world.refuse(member.seal("key-add", stolen, key=member.root)) == (422, "malformed-statement")
    world.accept(member.seal("key-add", added, key=member.root))
    world.accept(
        member.seal("key-revoke", {"org": member.org, "key": member.kid, "reason": "rotation"}, key=member.root)
    )
    assert world.refuse(member.seal()) == (403, "key-revoked")
    world.accept(member.seal(key=fresh))


def test_a_record_of_a_revoked_key_is_its_organisation_s_still(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    fresh = keys.SigningKey.generate()
    added = identity.key_add_body(world.policy.origin, member.org, fresh)
    world.accept(member.seal("key-add", added, key=member.root))
    world.accept(member.seal("key-revoke", {"org": member.org, "key": member.kid, "reason": "lost"}, key=member.root))
    assert world.refuse(member.seal("amend", prev=first)) == (403, "key-revoked")
    other = world.member()
    assert world.refuse(other.seal("withdraw", {"reason": "error"}, prev=first)) == (403, "not-thread-author")
    second = world.accept(member.seal("amend", prev=first, key=fresh))
    world.accept(member.seal("withdraw", {"reason": "privacy"}, prev=second, key=fresh))
    assert follows_from_the_log(world)


def test_a_certificate_may_have_run_out_but_must_be_one(world: Any, member: Any, simulators: Any) -> None:
    """A receipt shows the credential of every statement: what would not verify is not taken."""
    envelope, author = member.nameless()
    first = world.accept(envelope)
    body = simulators.incident(record_type="incident")
    for cred in (member.pseudonym()[1], "AAAA"):  # another key's, and none
        amended = member.seal("amend", body, mode="pseudonymous", key=author, cred=cred, prev=first)
        assert world.refuse(amended) == (403, "certificate-invalid")
        withdrawn = member.seal("withdraw", {"reason": "error"}, mode="pseudonymous", key=author, cred=cred, prev=first)
        assert world.refuse(withdrawn) == (403, "certificate-invalid")
    world.clock.now_unix_s += 400 * 86_400
    second = world.accept(member.seal("amend", body, mode="pseudonymous", key=author, prev=first))
    world.accept(member.seal("withdraw", {"reason": "error"}, mode="pseudonymous", key=author, prev=second))


def test_a_suspended_member_withdraws_but_says_nothing_new(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    world.accept(world.by_authority("suspend", {"org": member.org, "reason": "left"}))
    assert world.refuse(member.seal()) == (403, "org-suspended")
    assert world.refuse(member.seal("amend", prev=first)) == (403, "org-suspended")
    world.accept(member.seal("withdraw", {"reason": "legal"}, prev=first))
    assert follows_from_the_log(world)


def test_a_statement_that_must_follow_something_does_and_others_do_not(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    with pytest.raises(Exception, match="malformed-statement"):
        member.seal("amend")
    with pytest.raises(Exception, match="malformed-statement"):
        member.seal(prev=first)


def moderation(desk: Any, thread: str, action: str, reason: str = "slander") -> bytes:
    sealed: bytes = desk.seal("moderate", {"thread": thread, "action": action, "reason": reason})
    return sealed


def test_a_desk_hides_and_shows_again(world: Any, member: Any) -> None:
    desk = world.member("desk")
    first = world.accept(member.seal())
    world.settle()
    assert world.blob(first).status_code == 200
    world.accept(moderation(desk, first, "hide"))
    world.settle()
    assert (head(world, first).state, head(world, first).reason) == ("hidden", "slander")
    assert world.blob(first).status_code == 404
    assert world.blob(first, **member.login()).status_code == 200  # its author still reads it
    assert world.refuse(moderation(desk, first, "hide")) == (409, "moderation-state")
    second = world.accept(member.seal("amend", prev=first))  # and may mend it
    world.accept(moderation(desk, first, "restore"))
    world.settle()
    assert (head(world, first).state, head(world, first).reason) == ("published", None)
    assert world.blob(second).status_code == 200
    assert follows_from_the_log(world)


def test_a_desk_erases_for_good(world: Any, member: Any) -> None:
    desk = world.member("desk")
    first = world.accept(member.seal())
    second = world.accept(member.seal("amend", prev=first))
    act = world.accept(moderation(desk, first, "erase", "identifying"))
    there = kept(world)
    assert not there[first]
    assert not there[second]
    assert there[act]
    for envelope in (
        member.seal("amend", prev=second),
        member.seal("withdraw", {"reason": "error"}, prev=second),
        moderation(desk, first, "restore"),
    ):
        assert world.refuse(envelope) == (409, "thread-erased")
    assert follows_from_the_log(world)


def test_only_a_desk_moderates_and_a_desk_does_not_report(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    assert world.refuse(moderation(member, first, "hide")) == (403, "desk-required")
    desk = world.member("desk")
    assert world.refuse(desk.seal()) == (403, "wrong-role")
    assert world.refuse(moderation(desk, "0" * 64, "hide")) == (404, "thread-unknown")
    second = world.accept(member.seal("amend", prev=first))
    assert world.refuse(moderation(desk, second, "hide")) == (404, "thread-unknown")  # a thread is named by its first
    assert world.refuse(moderation(desk, first, "delete")) == (422, "malformed-statement")
    world.accept(moderation(desk, first, "hide"))


def test_a_desk_may_be_enrolled_and_act_in_one_request(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    desk = world.stranger("desk")
    *answers, _ = world.bulk([world.enrolment(desk), moderation(desk, first, "hide")])
    assert [answer["status"] for answer in answers] == [201, 201]


def test_people_never_become_threads(world: Any, member: Any) -> None:
    with world.hub.store.read() as session:
        assert session.execute(select(tables.HeadRow)).all() == []
        assert session.execute(select(tables.VersionRow)).all() == []
