"""Claims about the directory: who may do what, at which place in the log, also inside one batch."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, text

from tocsin_hub.errors import HubError
from tocsin_hub.members import directory, enrol, login
from tocsin_hub.store.tables import HeadRow, TokenRow
from tocsin_trust import identity, keys


def _code(log: Any, *items: Any) -> list[str | int]:
    """Per item: its index, or the code it was refused with."""
    return [answer.code if isinstance(answer, HubError) else answer.idx for answer in log.run(*items)]


@pytest.fixture
def member(log: Any) -> Any:
    found = log.cast.member()
    log.place(log.cast.enrol(found))
    return found


def test_an_enrolled_member_may_submit_amend_and_withdraw(log: Any, member: Any) -> None:
    first = log.cast.incident(member)
    assert _code(
        log, first, log.cast.follow("amend", member, first.digest), log.cast.follow("withdraw", member, first.digest)
    ) == [1, 2, 3]


def test_enrol_and_first_submission_fit_one_batch(log: Any) -> None:
    member = log.cast.member()
    assert _code(log, log.cast.incident(member), log.cast.enrol(member), log.cast.incident(member)) == [
        "not-enrolled",
        0,
        1,
    ]


def test_a_key_revoked_between_door_and_sequencer_is_refused(log: Any, member: Any) -> None:
    """Attack 35: the door let it through, the log says that the key was revoked before it."""
    late = log.cast.incident(member)
    log.place(log.cast.revoke_key(member, member.key))
    assert _code(log, late) == ["key-revoked"]


def test_a_key_revoked_earlier_in_the_same_batch_is_refused(log: Any, member: Any) -> None:
    early, late = log.cast.incident(member), log.cast.incident(member)
    assert _code(log, early, log.cast.revoke_key(member, member.key), late) == [1, 2, "key-revoked"]


def test_a_replay_of_a_pre_revocation_entry_still_answers(log: Any, member: Any) -> None:
    """Attack 36."""
    item = log.cast.incident(member)
    log.place(item)
    log.place(log.cast.revoke_key(member, member.key))
    assert _code(log, item) == [1]


def test_a_key_added_by_the_root_works_from_then_on(log: Any, member: Any) -> None:
    fresh = keys.SigningKey.generate()
    items = [log.cast.incident(member, fresh), log.cast.add_key(member, fresh), log.cast.incident(member, fresh)]
    assert _code(log, *items) == ["not-enrolled", 1, 2]
    with log.store.read() as session:
        assert len(directory.proof_chain(session, fresh.public.hex)) == 2
        assert len(directory.proof_chain(session, member.kid)) == 1
        assert directory.proof_chain(session, keys.SigningKey.generate().public.hex) == []


def test_one_members_key_cannot_speak_for_another(log: Any, member: Any) -> None:
    """Attack 7."""
    other = log.cast.member()
    log.place(log.cast.enrol(other))
    forged = log.cast.admitted(log.cast.sealed("incident", {}, member.key, other.org))
    assert _code(log, forged) == ["wrong-organisation"]


@pytest.mark.parametrize("kind", ["incident", "amend", "withdraw", "key-revoke"])
def test_a_root_key_speaks_about_keys_only(log: Any, member: Any, kind: str) -> None:
    spare = keys.SigningKey.generate()
    log.place(log.cast.add_key(member, spare))
    if kind == "key-revoke":
        assert _code(log, log.cast.revoke_key(member, spare)) == [2]
        return
    item = log.cast.admitted(
        log.cast.sealed(kind, {}, member.root, member.org, prev=None if kind == "incident" else bytes(32))
    )
    assert _code(log, item) == ["wrong-role"]


def test_an_operational_key_may_revoke_but_not_add(log: Any, member: Any) -> None:
    add = identity.key_add_body(log.cast.origin, member.org, keys.SigningKey.generate())
    assert _code(log, log.cast.admitted(log.cast.sealed("key-add", add, member.key, member.org))) == ["wrong-role"]
    assert _code(log, log.cast.revoke_key(member, member.key, by=member.key)) == [1]
    assert _code(log, log.cast.revoke_key(member, member.key)) == ["key-revoked"]


def test_an_authority_may_revoke_any_key_and_a_member_only_its_own(log: Any, member: Any) -> None:
    other = log.cast.member()
    log.place(log.cast.enrol(other))
    body = {"org": other.org, "key": other.kid, "reason": "lost"}
    assert _code(log, log.cast.admitted(log.cast.sealed("key-revoke", body, member.root, member.org))) == [
        "wrong-organisation"
    ]
    wrong = {"org": member.org, "key": other.kid, "reason": "lost"}
    assert _code(log, log.cast.by_authority("key-revoke", wrong)) == ["not-enrolled"]
    assert _code(log, log.cast.by_authority("key-revoke", body)) == [2]


def test_a_suspended_organisation_withdraws_and_revokes_and_does_nothing_else(log: Any, member: Any) -> None:
    first, spare = log.cast.incident(member), keys.SigningKey.generate()
    log.place(first, log.cast.add_key(member, spare), log.cast.suspend(member))
    refused = [
        log.cast.incident(member),
        log.cast.follow("amend", member, first.digest),
        log.cast.add_key(member, keys.SigningKey.generate()),
    ]
    assert _code(log, *refused) == ["org-suspended"] * 3
    assert _code(log, log.cast.follow("withdraw", member, first.digest), log.cast.revoke_key(member, spare)) == [4, 5]


def test_an_organisation_leaves_by_its_root_once_and_for_itself_only(log: Any, member: Any) -> None:
    other = log.cast.member()
    log.place(log.cast.enrol(other))
    assert _code(log, log.cast.leave(member, by=member.key)) == ["wrong-role"]
    spite = log.cast.sealed("suspend", {"org": other.org, "reason": "left"}, member.root, member.org)
    assert _code(log, log.cast.admitted(spite)) == ["wrong-organisation"]
    first = log.cast.incident(member)
    assert _code(log, first, log.cast.leave(member), log.cast.incident(member), log.cast.leave(member)) == [
        2, 3, "org-suspended", "org-suspended",
    ]  # fmt: skip
    assert _code(log, log.cast.follow("withdraw", member, first.digest), log.cast.incident(other)) == [4, 5]


def test_suspension_counts_from_its_place_in_a_batch(log: Any, member: Any) -> None:
    items = [log.cast.incident(member), log.cast.suspend(member), log.cast.incident(member), log.cast.suspend(member)]
    assert _code(log, *items) == [1, 2, "org-suspended", "org-suspended"]


def test_only_an_authority_of_the_policy_enrols_and_suspends(log: Any, member: Any) -> None:
    impostor = type(log.cast)(log.cast.clock)  # the same id, another key
    assert _code(log, impostor.enrol(log.cast.member()), impostor.suspend(member)) == ["authority-unknown"] * 2
    assert _code(log, log.cast.suspend(log.cast.member())) == ["org-unknown"]


def test_ids_and_keys_are_enrolled_once(log: Any, member: Any) -> None:
    twin = log.cast.member()
    twin.org = member.org
    assert _code(log, log.cast.enrol(twin)) == ["org-taken"]
    for name in ("key", "root"):
        thief = log.cast.member()
        setattr(thief, name, getattr(member, name))
        assert _code(log, log.cast.enrol(thief)) == ["key-taken"]
    assert _code(log, log.cast.add_key(member, member.key)) == ["key-taken"]
    again = log.cast.member()
    other = log.cast.member()
    other.key = again.key
    assert _code(log, log.cast.enrol(again), log.cast.enrol(other)) == [1, "key-taken"]


def test_a_revoked_key_does_not_come_back(log: Any, member: Any) -> None:
    log.place(log.cast.revoke_key(member, member.key))
    assert _code(log, log.cast.add_key(member, member.key)) == ["key-taken"]


def test_a_nameless_authors_key_never_becomes_a_members(log: Any, member: Any) -> None:
    author = keys.SigningKey.generate()
    placed = log.place(log.cast.nameless(author))[0]
    with log.store.write("test") as session:  # what intake.threads would write
        session.execute(
            insert(HeadRow).values(
                thread=placed.digest, digest=placed.digest, author_key=author.public.hex, author_org=None, kind="incident",
                mode="pseudonymous", first_idx=placed.idx, head_idx=placed.idx, amends=0, state="published", reason=None,
            )
        )  # fmt: skip
    assert _code(log, log.cast.add_key(member, author)) == ["key-taken"]


def test_a_members_key_never_signs_without_a_name(log: Any, member: Any) -> None:
    assert _code(log, log.cast.nameless(member.key), log.cast.nameless(member.root)) == ["wrong-role", "wrong-role"]


def test_a_desk_moderates_and_reports_nothing(log: Any) -> None:
    desk = log.cast.member("desk")
    log.place(log.cast.enrol(desk))
    body = {"thread": "0" * 64, "action": "hide", "reason": "spam"}
    assert _code(log, log.cast.incident(desk)) == ["wrong-role"]
    assert _code(log, log.cast.admitted(log.cast.sealed("moderate", body, desk.key, desk.org))) == [1]


def test_the_rows_say_what_the_log_says(log: Any, member: Any) -> None:
    regulator = log.cast.member("regulator")
    spare = keys.SigningKey.generate()
    grant = identity.Grant(("*",), ("un-m49@2024:156",))
    log.place(log.cast.enrol(regulator, grant), log.cast.add_key(member, spare), log.cast.revoke_key(member, spare))
    log.place(log.cast.suspend(regulator))
    with log.store.read() as session:
        listed = directory.public_directory(session)
        assert [(each.org, each.kind, each.enrolled_idx, each.suspended_idx) for each in listed] == [
            (member.org, "member", 0, None),
            (regulator.org, "regulator", 1, 4),
        ]
        assert directory.grant_of(directory.find_org(session, regulator.org)) == (["*"], ["un-m49@2024:156"])
        found = [(row.key, row.role, row.added_idx, row.revoked_idx) for row in directory.keys_of(session, member.org)]
        assert found == [
            (member.kid, "operational", 0, None),
            (member.root.public.hex, "root", 0, None),
            (spare.public.hex, "operational", 2, 3),
        ]
        with pytest.raises(HubError, match="key-revoked"):
            directory.good_operational(session, spare.public.hex)
        with pytest.raises(HubError, match="wrong-role"):
            directory.good_operational(session, member.root.public.hex)
        with pytest.raises(HubError, match="org-unknown"):
            directory.find_org(session, "org-nobody")
        assert directory.org_of_key(session, member.kid).org == member.org


def test_the_name_is_shown_only_if_wished_and_the_request_stops_waiting(log: Any) -> None:
    shy, proud = log.cast.member(), log.cast.member()
    with log.store.write("test") as session:
        for each, publish in ((shy, False), (proud, True)):
            envelope = log.cast.request(each)
            enrol.add(session, envelope, log.cast.origin, 1, name="Some Ltd", publish_name=publish)
    for each in (shy, proud):
        log.place(log.cast.enrol(each))
    with log.store.read() as session:
        assert [each.name for each in directory.public_directory(session)] == [None, "Some Ltd"]
        assert enrol.list_waiting(session, log.cast.origin) == []


@pytest.mark.parametrize("event", ["suspend", "revoke"])
def test_suspension_and_revocation_end_the_reading_tokens(log: Any, member: Any, event: str) -> None:
    with log.store.write("test") as session:
        for hash_, kind, subject in (
            (b"1", "org", member.org),
            (b"2", "org", "org-other"),
            (b"3", "author", member.org),
        ):
            session.add(TokenRow(hash=hash_, subject_kind=kind, subject=subject, expires_unix_s=2**40))
    log.place(log.cast.suspend(member) if event == "suspend" else log.cast.revoke_key(member, member.key))
    with log.store.read() as session:
        ended = session.execute(text("SELECT hash FROM token WHERE revoked")).scalars().all()
        assert ended == [b"1"]
        viewer = login.viewer_of_org(directory.find_org(session, member.org), 0)
        assert (viewer.kind, viewer.org) == ("public" if event == "suspend" else "member", member.org)


def test_a_batch_asks_the_database_a_few_times_and_not_per_item(log: Any, member: Any) -> None:
    """Per item it would be four times as slow. Inserts may come in a few pieces."""
    from sqlalchemy import event

    asked: list[str] = []
    event.listen(log.store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    counts = []
    for size in (1, 50):
        asked.clear()
        log.place(*(log.cast.incident(member) for _ in range(size)))
        counts.append(len(asked))
    assert counts[0] <= 10
    assert counts[1] <= 20
