"""Claims about long-lived read tokens: they read as their organisation does, manage nothing, and end when they should."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tocsin_trust import documents, keys

DAY_S = 86_400


@pytest.fixture
def member(world: Any) -> Any:
    return world.member()


def make(world: Any, session: dict[str, str], label: Any = "dashboard", days: Any = 90, **more: Any) -> Any:
    return world.http.post("/v1/tokens", json={"label": label, "days": days, **more}, headers=session)


def bearer(answer: Any) -> dict[str, str]:
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def amber(world: Any, member: Any, simulators: Any) -> str:
    digest = world.accept(member.seal(body=simulators.incident(marking={"tlp": "amber"})))
    world.settle()
    return str(digest)


def test_a_long_lived_token_reads_what_its_organisation_reads(world: Any, member: Any, simulators: Any) -> None:
    digest = amber(world, world.member(), simulators)
    made = make(world, member.login())
    said = made.json()
    assert said["token"].startswith("tok-")
    assert (said["label"], said["expiresUnixS"] - said["createdUnixS"]) == ("dashboard", 90 * DAY_S)
    assert world.blob(digest).status_code == 404
    world.clock.now_unix_s += 90 * DAY_S - 1
    assert world.blob(digest, **bearer(made)).status_code == 200
    world.clock.now_unix_s += 1
    assert world.blob(digest, **bearer(made)).json()["code"] == "token-invalid"


def test_tokens_are_listed_and_ended_by_their_organisation_only(world: Any, member: Any) -> None:
    session, other = member.login(), world.member().login()
    world.clock.now_unix_s += 5
    first = make(world, session, "first").json()
    world.clock.now_unix_s += 5
    second = make(world, session, "second").json()
    listed = world.http.get("/v1/tokens", headers=session).json()["tokens"]
    assert [row["label"] for row in listed] == ["second", "first", None]
    assert set(listed[0]) == {"id", "label", "createdUnixS", "expiresUnixS"}
    assert first["token"] not in str(listed)
    assert [row["label"] for row in world.http.get("/v1/tokens", headers=other).json()["tokens"]] == [None]
    assert world.http.delete(f"/v1/tokens/{first['id']}", headers=other).json()["code"] == "not-found"
    assert world.http.delete(f"/v1/tokens/{first['id']}", headers=session).status_code == 204
    assert world.http.delete(f"/v1/tokens/{first['id']}", headers=session).json()["code"] == "not-found"
    gone = {"Authorization": f"Bearer {first['token']}"}
    assert world.blob("0" * 64, **gone).json()["code"] == "token-invalid"
    assert world.blob("0" * 64, Authorization=f"Bearer {second['token']}").json()["code"] == "not-found"


def test_a_stolen_long_lived_token_manages_nothing(world: Any, member: Any) -> None:
    session = member.login()
    stolen = bearer(make(world, session))
    id = world.http.get("/v1/tokens", headers=session).json()["tokens"][0]["id"]
    answers = [
        make(world, stolen),
        world.http.get("/v1/tokens", headers=stolen),
        world.http.delete(f"/v1/tokens/{id}", headers=stolen),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "token-reads-only")] * 3


def test_only_an_organisation_that_has_logged_in_makes_tokens(world: Any, member: Any) -> None:
    author, _ = member.pseudonym()
    assert make(world, {}).json()["code"] == "login-required"
    assert make(world, {"Authorization": "Bearer tok-nonsense"}).json()["code"] == "token-invalid"
    assert make(world, member.login(author)).json()["code"] == "wrong-role"
    world.accept(world.by_authority("suspend", {"org": member.org, "reason": "other"}))
    assert make(world, member.login()).json()["code"] == "org-suspended"


@pytest.mark.parametrize(
    ("label", "days", "more"),
    [("", 1, {}), ("x" * 81, 1, {}), ("a\nb", 1, {}), (7, 1, {}), ("x", 0, {}), ("x", 366, {}), ("x", True, {}), ("x", "9", {}), ("x", 1, {"org": "x"})],
    ids=str,
)  # fmt: skip
def test_a_malformed_wish_is_refused(world: Any, member: Any, label: Any, days: Any, more: Any) -> None:
    assert make(world, member.login(), label, days, **more).json()["code"] == "malformed-request"


def test_tokens_do_not_pile_up(world: Any, member: Any) -> None:
    session = member.login()
    for _ in range(50):
        assert make(world, session, days=1).status_code == 201
    assert make(world, session).json()["code"] == "too-many-tokens"
    world.clock.now_unix_s += DAY_S
    assert make(world, member.login()).status_code == 201


@pytest.mark.parametrize("event", ["suspension", "revocation", "leaving"])
def test_long_lived_tokens_end_with_a_key_or_a_membership(world: Any, member: Any, event: str) -> None:
    token = bearer(make(world, member.login()))
    if event == "suspension":
        world.accept(world.by_authority("suspend", {"org": member.org, "reason": "other"}))
    elif event == "leaving":
        world.accept(member.seal("suspend", {"org": member.org, "reason": "left"}, key=member.root))
    else:
        body = {"org": member.org, "key": member.kid, "reason": "lost"}
        world.accept(member.seal("key-revoke", body, key=member.root))
    assert world.blob("0" * 64, **token).json()["code"] == "token-invalid"


def test_an_authority_ends_all_tokens_of_an_organisation_and_nobody_else_does(world: Any, member: Any) -> None:
    session, other = member.login(), world.member()
    token, spared = bearer(make(world, session)), bearer(make(world, other.login()))

    def revoke(key: keys.SigningKey, org: str) -> Any:
        nonce = world.http.post("/v1/login/challenge").json()["nonce"]
        signed = documents.login(aud=world.policy.origin, nonce=nonce, iat_unix_s=world.clock(), key=key)
        return world.post(signed, f"/v1/tokens/revoke/{org}")

    for key in (other.key, member.key, member.root):
        assert revoke(key, member.org).json()["code"] == "authority-required"
    assert revoke(world.authority, world.stranger().org).json()["code"] == "org-unknown"
    assert revoke(world.authority, member.org).json() == {"revoked": 2}
    for headers in (token, session):
        assert world.blob("0" * 64, **headers).json()["code"] == "token-invalid"
    assert world.blob("0" * 64, **spared).json()["code"] == "not-found"


def test_the_database_keeps_no_token_and_no_use_of_it(world: Any, member: Any) -> None:
    made = make(world, member.login())
    before = rows(world)
    world.blob("0" * 64, **bearer(made))
    assert rows(world) == before
    assert made.json()["token"] not in str(before)


def rows(world: Any) -> list[Any]:
    with world.hub.store.read() as session:
        return [tuple(row) for row in session.execute(text("SELECT * FROM token"))]
