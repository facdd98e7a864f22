"""Claims about tokens, enrolment requests and pseudonyms: what opens, what does not, and what is kept."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import text

from tocsin_hub.errors import HubError
from tocsin_hub.members import access, enrol, login, pseudonyms
from tocsin_hub.store.tables import PseudonymRow
from tocsin_trust import certificate, documents, identity, keys, statement

KEY = bytes(range(32))


@pytest.fixture
def gate(cast: Any) -> login.Login:
    return login.Login(KEY, cast.origin)


@pytest.fixture
def member(log: Any) -> Any:
    found = log.cast.member()
    log.place(log.cast.enrol(found))
    return found


def _answer(
    cast: Any, gate: login.Login, key: keys.SigningKey, *, nonce: str | None = None, aud: str | None = None
) -> bytes:
    given = nonce or gate.challenge(cast.clock()).nonce
    return documents.login(aud=aud or cast.origin, nonce=given, iat_unix_s=cast.clock(), key=key)


def _login(log: Any, gate: login.Login, envelope: bytes) -> login.Token:
    with log.store.write("test") as session:
        return gate.login(session, envelope, log.cast.clock())


def _viewer(log: Any, token: str | None) -> access.Viewer:
    with log.store.read() as session:
        return login.viewer(session, token, log.cast.clock())


def test_a_member_logs_in_as_its_organisation(log: Any, gate: login.Login, member: Any) -> None:
    token = _login(log, gate, _answer(log.cast, gate, member.key))
    assert (token.subject_kind, token.subject) == ("org", member.org)
    assert _viewer(log, token.text) == access.Viewer("member", member.org, None, None, log.cast.clock())
    with log.store.read() as session:
        kept = session.execute(text("SELECT hash, subject FROM token")).one()
    assert token.text.encode() not in kept[0]


def test_without_a_token_one_is_the_public_and_with_a_bad_one_nobody(log: Any) -> None:
    assert _viewer(log, None).kind == "public"
    with pytest.raises(HubError, match="token-invalid"):
        _viewer(log, "tok-nonsense")


def test_a_token_ends_when_it_says_and_when_it_is_given_back(log: Any, gate: login.Login, member: Any) -> None:
    first, second = (_login(log, gate, _answer(log.cast, gate, member.key)) for _ in range(2))
    with log.store.write("test") as session:
        login.revoke(session, first.text)
        login.revoke(session, "tok-unknown")
    with pytest.raises(HubError, match="token-invalid"):
        _viewer(log, first.text)
    log.cast.clock.now_unix_s += 43_199
    assert _viewer(log, second.text).org == member.org
    log.cast.clock.now_unix_s += 1
    with pytest.raises(HubError, match="token-invalid"):
        _viewer(log, second.text)
    with log.store.write("test") as session:
        login.expire(session, log.cast.clock())
        assert session.execute(text("SELECT count(*) FROM token")).scalar_one() == 0


def test_a_challenge_is_answered_once_in_time_and_must_be_ours(log: Any, gate: login.Login, member: Any) -> None:
    used = _answer(log.cast, gate, member.key)
    _login(log, gate, used)
    late = _answer(log.cast, gate, member.key)
    foreign = _answer(log.cast, login.Login(bytes(32), log.cast.origin), member.key)
    invented = _answer(log.cast, gate, member.key, nonce=base64.urlsafe_b64encode(bytes(56)).decode())
    short = _answer(log.cast, gate, member.key, nonce="A" * 16)
    for envelope in (used, foreign, invented, short):
        with pytest.raises(HubError, match="challenge-invalid"):
            _login(log, gate, envelope)
    log.cast.clock.now_unix_s += 120
    with pytest.raises(HubError, match="challenge-invalid"):
        _login(log, gate, late)


def test_an_answer_made_for_another_hub_or_by_nobody_is_refused(log: Any, gate: login.Login, member: Any) -> None:
    with pytest.raises(HubError, match="wrong-audience"):
        _login(log, gate, _answer(log.cast, gate, member.key, aud="other.example.org/log"))
    with pytest.raises(HubError, match="not-enrolled"):
        _login(log, gate, _answer(log.cast, gate, keys.SigningKey.generate()))
    with pytest.raises(HubError, match="wrong-role"):
        _login(log, gate, _answer(log.cast, gate, member.root))
    log.place(log.cast.revoke_key(member, member.key))
    with pytest.raises(HubError, match="key-revoked"):
        _login(log, gate, _answer(log.cast, gate, member.key))


def test_an_author_key_logs_in_as_that_author(log: Any, gate: login.Login, member: Any) -> None:
    author = keys.SigningKey.generate()
    _certify(log, member, author)
    token = _login(log, gate, _answer(log.cast, gate, author))
    assert (token.subject_kind, token.subject) == ("author", author.public.hex)
    assert _viewer(log, token.text) == access.Viewer("author", None, author.public.hex, None, log.cast.clock())


def test_a_regulator_comes_with_its_grant_and_loses_it_when_suspended(log: Any, gate: login.Login) -> None:
    regulator = log.cast.member("regulator")
    log.place(log.cast.enrol(regulator, identity.Grant(("*",), ("un-m49@2024:156",))))
    viewer = _viewer(log, _login(log, gate, _answer(log.cast, gate, regulator.key)).text)
    assert viewer.kind == "regulator"
    assert viewer.grant == access.grant(["*"], ["un-m49@2024:156"])
    log.place(log.cast.suspend(regulator))
    again = _viewer(log, _login(log, gate, _answer(log.cast, gate, regulator.key)).text)
    assert again == access.Viewer("public", regulator.org, None, None, log.cast.clock())


# --- pseudonyms ----------------------------------------------------------------------------------------------------------


ISSUER = keys.SigningKey.from_seed(bytes(range(1, 33)))


def _desk(log: Any) -> pseudonyms.Pseudonyms:
    return pseudonyms.Pseudonyms(ISSUER, KEY, log.cast.origin)


def _ask(log: Any, org: str, key: keys.SigningKey, author: keys.SigningKey, *, at: int | None = None) -> bytes:
    now = log.cast.clock() if at is None else at
    return documents.pseudonym_request(aud=log.cast.origin, org=org, author_key=author, iat_unix_s=now, key=key)


def _certify(log: Any, member: Any, author: keys.SigningKey, **said: Any) -> pseudonyms.Certified:
    envelope = _ask(log, said.pop("org", member.org), said.pop("key", member.key), author, **said)
    with log.store.write("test") as session:
        return _desk(log).certify(session, envelope, log.cast.clock())


def test_a_certificate_fits_the_author_key_and_ends_on_a_day(log: Any, member: Any) -> None:
    author = keys.SigningKey.generate()
    given = _certify(log, member, author)
    read = certificate.read(given.text, issuers=[ISSUER.public], aud=log.cast.origin, author_key=author.public.hex)
    assert read.not_after_unix_s == given.not_after_unix_s == statement.round_day(log.cast.clock() + 90 * 86_400)


def test_what_is_kept_names_nobody_and_counts_organisations(log: Any, member: Any) -> None:
    other = log.cast.member()
    log.place(log.cast.enrol(other))
    authors = [keys.SigningKey.generate() for _ in range(3)]
    for who, author in zip((member, member, other), authors, strict=True):
        _certify(log, who, author)
    with log.store.read() as session:
        rows = [session.get(PseudonymRow, author.public.hex) for author in authors]
        sealed = [row.sealed_tag for row in rows]
        tags = [_desk(log).tag_of(row) for row in rows]
    assert len(set(sealed)) == 3
    assert tags[0] == tags[1] == _desk(log).contributor(member.org) != tags[2]
    for blob in sealed:
        assert all(tag not in blob for tag in tags)
        assert member.org.encode() not in blob
    thief = pseudonyms.Pseudonyms(ISSUER, bytes(32), log.cast.origin)
    with pytest.raises(HubError):
        thief.tag_of(rows[0])


def test_a_sealed_tag_does_not_open_under_another_authors_key(log: Any, member: Any) -> None:
    one, two = keys.SigningKey.generate(), keys.SigningKey.generate()
    _certify(log, member, one)
    with log.store.read() as session:
        sealed = session.get(PseudonymRow, one.public.hex).sealed_tag
    with pytest.raises(HubError):
        _desk(log).tag_of(PseudonymRow(author_key=two.public.hex, sealed_tag=sealed, not_after_unix_s=0))


def test_asking_again_renews_and_another_organisation_cannot_take_the_key(log: Any, member: Any) -> None:
    author, other = keys.SigningKey.generate(), log.cast.member()
    log.place(log.cast.enrol(other))
    _certify(log, member, author)
    log.cast.clock.now_unix_s += 30 * 86_400
    assert _certify(log, member, author).not_after_unix_s > log.cast.clock() + 88 * 86_400
    with pytest.raises(HubError, match="key-taken"):
        _certify(log, other, author)


def test_who_may_not_have_a_certificate(log: Any, member: Any) -> None:
    author, desk, other = keys.SigningKey.generate(), log.cast.member("desk"), log.cast.member()
    log.place(log.cast.enrol(desk), log.cast.enrol(other))
    now = log.cast.clock()
    cases: list[tuple[str, dict[str, Any]]] = [
        ("not-enrolled", {"key": keys.SigningKey.generate()}),
        ("wrong-role", {"key": member.root}),
        ("wrong-role", {"key": desk.key, "org": desk.org}),
        ("wrong-organisation", {"org": other.org}),
        ("clock-skew", {"at": now - 601}),
        ("clock-skew", {"at": now + 301}),
    ]
    for code, said in cases:
        with pytest.raises(HubError, match=code):
            _certify(log, member, author, **said)
    with pytest.raises(HubError, match="key-taken"):
        _certify(log, member, other.key)
    log.place(log.cast.suspend(member))
    with pytest.raises(HubError, match="org-suspended"):
        _certify(log, member, author)


def test_a_certificate_for_a_key_one_does_not_hold_is_refused(log: Any, member: Any) -> None:
    victim = keys.SigningKey.generate()
    envelope = _ask(log, member.org, member.key, victim)
    broken = envelope.replace(b'"payload":"', b'"payload":"A', 1)
    with log.store.write("test") as session, pytest.raises(HubError):
        _desk(log).certify(session, broken, log.cast.clock())


# --- enrolment requests --------------------------------------------------------------------------------------------------


def test_a_request_waits_once_and_the_authoritys_statement_enrols_it(log: Any) -> None:
    member = log.cast.member()
    envelope = log.cast.request(member)
    with log.store.write("test") as session:
        kept, fresh = enrol.add(session, envelope, log.cast.origin, 100, name="A Ltd")
        again, still_fresh = enrol.add(session, envelope, log.cast.origin, 200, name="B Ltd")
    assert (fresh, still_fresh) == (True, False)
    assert (kept.name, again.name, again.received_unix_s) == ("A Ltd", "A Ltd", 100)
    with log.store.read() as session:
        assert [each.org for each in enrol.list_waiting(session, log.cast.origin)] == [member.org]
        found = enrol.find(session, kept.digest, log.cast.origin)
    sealed = enrol.seal(
        found.request.envelope,
        origin=log.cast.origin,
        authority_id=log.cast.authority_id,
        authority_key=log.cast.authority,
        now_unix_s=log.cast.clock(),
    )
    assert b"A Ltd" not in base64.b64decode(sealed.split(b'"payload":"')[1].split(b'"')[0])
    log.place(log.cast.admitted(sealed), log.cast.incident(member))


def test_ids_and_keys_that_are_taken_do_not_wait(log: Any, member: Any) -> None:
    twin, thief, rival = log.cast.member(), log.cast.member(), log.cast.member()
    twin.org, thief.key = member.org, member.key
    waiting = log.cast.member()
    rival.org = waiting.org
    with log.store.write("test") as session:
        enrol.add(session, log.cast.request(waiting), log.cast.origin, 1)
        for who, code in ((twin, "org-taken"), (thief, "key-taken"), (rival, "org-taken")):
            with pytest.raises(HubError, match=code):
                enrol.add(session, log.cast.request(who), log.cast.origin, 1)
        with pytest.raises(HubError, match="wrong-audience"):
            enrol.add(session, log.cast.request(log.cast.member()), "other.example.org/log", 1)


def test_a_request_can_be_declined_and_runs_out(log: Any) -> None:
    old, young = log.cast.member(), log.cast.member()
    with log.store.write("test") as session:
        first, _ = enrol.add(session, log.cast.request(old), log.cast.origin, 0)
        second, _ = enrol.add(session, log.cast.request(young), log.cast.origin, 10 * 86_400)
        enrol.expire(session, 31 * 86_400)
        assert [each.org for each in enrol.list_waiting(session, log.cast.origin)] == [young.org]
        enrol.remove(session, second.digest)
        for digest in (first.digest, second.digest):
            with pytest.raises(HubError, match="request-unknown"):
                enrol.remove(session, digest)
            with pytest.raises(HubError, match="request-unknown"):
                enrol.find(session, digest, log.cast.origin)
