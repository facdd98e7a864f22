"""A member's trip through both faces: REST and GraphQL are one door, with the same codes, indexes and receipts."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tocsin_trust import receipt

QUERY = """mutation($e: Base64!) { %s(input: {envelope: $e}) { __typename
  ... on SubmitAccepted { digest index receipt replayed }
  ... on SubmitProblem { code status hint where } } }"""


@pytest.fixture
def world(either_world: Any) -> Any:
    """Quick on both engines."""
    return either_world


def graphql(world: Any, envelope: bytes, field: str = "submit", **headers: str) -> dict[str, Any]:
    body = {"query": QUERY % field, "variables": {"e": base64.b64encode(envelope).decode()}}
    answer = world.http.post("/graphql", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"][field]
    return found


FAULTS: dict[str, Callable[[Any, Any], bytes]] = {
    "not json": lambda world, member: b"{broken",
    "not an envelope": lambda world, member: b"{}",
    "another hub": lambda world, member: member.seal(aud="other.example/log"),
    "a wrong clock": lambda world, member: member.seal(iat=world.clock() + 3_600),
    "a stranger": lambda world, member: world.stranger().seal(),
    "another organisation": lambda world, member: member.seal(cred=world.member().org),
    "no meaning": lambda world, member: member.seal(body={"record_type": "incident"}),
    "no thread": lambda world, member: member.seal("withdraw", {"reason": "error"}, prev="0" * 64),
    "too big": lambda world, member: member.seal()[:-1] + b" " * 262_144 + b"}",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_both_faces_refuse_with_the_same_code(world: Any, fault: str) -> None:
    member = world.member()
    envelope = FAULTS[fault](world, member)
    over_rest = world.post(envelope, **{"Accept-Language": "zh"}).json()
    over_graphql = graphql(world, envelope, **{"Accept-Language": "zh"})
    assert over_graphql["__typename"] == "SubmitProblem"
    assert {name: over_rest[name] for name in ("code", "hint", "where")} == {
        name: over_graphql[name] for name in ("code", "hint", "where")
    }


def test_what_came_in_by_one_face_is_a_replay_at_the_other(world: Any) -> None:
    member = world.member()
    first, second = member.seal(), member.seal()
    placed = world.post(first)
    again = graphql(world, first)
    assert (again["digest"], again["index"], again["replayed"]) == (
        placed.headers["tocsin-digest"],
        int(placed.headers["tocsin-index"]),
        True,
    )
    fresh = graphql(world, second)
    assert fresh["replayed"] is False
    assert receipt.verify(fresh["receipt"].encode(), world.policy).index == fresh["index"]
    assert world.post(second).status_code == 200


def test_a_record_appears_is_amended_and_vanishes_for_whoever_may_read_it(world: Any, simulators: Any) -> None:
    member, other = world.member(), world.member()
    ask = "{ records(first: 10) { asOf edges { node { __typename recordId } } } }"

    def seen(headers: dict[str, str] | None = None) -> int:
        world.settle()
        answer = world.http.post("/graphql", json={"query": ask}, headers=headers or {}).json()
        assert answer["data"]["records"]["asOf"] == world.size()
        return len(answer["data"]["records"]["edges"])

    token = other.login()
    thread = world.accept(member.seal(body=simulators.incident(marking={"tlp": "amber"})))
    assert (seen(), seen(token)) == (0, 1)
    newest = world.accept(member.seal("amend", prev=thread))  # loosened to TLP:CLEAR by its author
    assert (seen(), seen(token)) == (1, 1)
    world.accept(member.seal("withdraw", {"reason": "duplicate"}, prev=newest))
    assert (seen(), seen(token)) == (0, 0)
