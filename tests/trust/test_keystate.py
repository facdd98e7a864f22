"""Whose key, from when to when: the fold over log indices and its contradictions."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin_trust import dsse, errors, identity, keystate, statement
from tocsin_trust.keystate import KeyEvent

A, B = "org-" + "a" * 26, "org-" + "b" * 26
ENROL_A = [KeyEvent(3, "enrol", A, "key-a", "operational"), KeyEvent(3, "enrol", A, "root-a", "root")]


def test_a_key_is_good_after_its_addition_and_up_to_its_revocation() -> None:
    state = keystate.fold(
        [*ENROL_A, KeyEvent(5, "key-add", A, "second", "operational"), KeyEvent(9, "key-revoke", A, "second")]
    )
    assert [index for index in range(12) if state.good_at("second", index)] == [6, 7, 8, 9]
    assert [index for index in range(6) if state.good_at("key-a", index)] == [4, 5]
    assert not state.good_at("unknown", 100)
    assert state.org_of("second") == A
    assert state.life_of("second") == keystate.KeyLife(A, "operational", 5, 9)
    with pytest.raises(errors.KeyStateError):
        state.org_of("unknown")


def test_a_suspension_holds_from_the_next_index() -> None:
    state = keystate.fold([*ENROL_A, KeyEvent(7, "suspend", A), KeyEvent(8, "suspend", A)])
    assert [state.suspended_at(A, index) for index in (6, 7, 8, 99)] == [False, False, True, True]
    assert not state.suspended_at(B, 99)


@pytest.mark.parametrize(
    "events",
    [
        [KeyEvent(4, "key-add", B, "key", "operational")],
        [KeyEvent(4, "suspend", B)],
        [KeyEvent(4, "enrol", A, "again", "operational")],
        [KeyEvent(4, "enrol", B, "key-a", "operational")],
        [KeyEvent(4, "key-add", A, "key-a", "operational")],
        [KeyEvent(4, "key-add", A, "key", "owner")],
        [KeyEvent(4, "key-revoke", A, "unknown")],
        [KeyEvent(4, "enrol", B, "key-b", "operational"), KeyEvent(5, "key-revoke", B, "key-a")],
        [KeyEvent(4, "key-revoke", A, "key-a"), KeyEvent(5, "key-revoke", A, "key-a")],
        [KeyEvent(4, "key-revoke", A, "key-a"), KeyEvent(5, "key-add", A, "key-a", "operational")],
        [KeyEvent(2, "key-add", A, "key", "operational")],
        [KeyEvent(4, "incident", A)],
    ],
)
def test_events_that_contradict_each_other_are_refused(events: list[KeyEvent]) -> None:
    with pytest.raises(errors.KeyStateError):
        keystate.fold([*ENROL_A, *events])


def test_statements_bring_about_their_events(world: Any, make: Any) -> None:
    def events(envelope: bytes) -> tuple[KeyEvent, ...]:
        return keystate.events_of(7, statement.read(dsse.unseal(envelope)))

    operational, root = events(world.envelopes[0])
    assert (operational.key, operational.role) == (world.member.public.hex, "operational")
    assert (root.key, root.role, root.org) == (world.org_root.public.hex, "root", make.ORG)
    assert events(world.envelopes[4]) == (KeyEvent(7, "key-add", make.ORG, world.second.public.hex, "operational"),)
    body = {"org": make.ORG, "reason": "left"}
    assert events(world.said("suspend", world.authority, cred=make.AUTHORITY, body=body)) == (
        KeyEvent(7, "suspend", make.ORG),
    )
    lost = body | {"key": world.second.public.hex}
    assert events(world.said("key-revoke", world.org_root, body=lost))[0].kind == "key-revoke"
    with pytest.raises(errors.KeyStateError):
        events(world.envelopes[1])


def test_identity_bodies_have_exact_members(world: Any, make: Any) -> None:
    key = world.second.public.hex
    good = identity.key_add_body(make.ORIGIN, make.ORG, world.second)
    for kind, body in [
        ("key-add", {"org": make.ORG, "key": key, "role": "operational"}),
        ("key-add", good | {"role": "owner"}),
        ("key-add", good | {"org": "org-1"}),
        ("key-add", good | {"key": "01" + "00" * 31}),
        ("key-add", good | {"until": 1}),
        ("key-revoke", {"org": make.ORG, "key": key, "reason": "a\nb"}),
        ("suspend", {"org": make.ORG, "reason": "x", "until": 1}),
        ("enrol", {}),
    ]:
        said = statement.read(dsse.unseal(world.said(kind, world.authority, cred=make.AUTHORITY, body=body)))
        with pytest.raises(errors.TrustError):
            keystate.events_of(1, said)


def test_a_key_is_added_only_by_showing_that_it_is_held_here(world: Any, make: Any) -> None:
    good = identity.key_add_body(make.ORIGIN, make.ORG, world.second, "root")

    def added(body: dict[str, Any]) -> identity.KeyAddition:
        return identity.read_key_add(statement.read(dsse.unseal(world.said("key-add", world.org_root, body=body))))

    assert added(good) == identity.KeyAddition(make.ORG, world.second.public, "root")
    for other in (
        identity.key_add_body("other.example", make.ORG, world.second),
        identity.key_add_body(make.ORIGIN, make.DESK, world.second),
        identity.key_add_body(make.ORIGIN, make.ORG, world.author),
    ):
        with pytest.raises(errors.StatementError, match="proof"):
            added(good | {"proof": other["proof"]})
    with pytest.raises(errors.StatementError, match="org"):
        added(identity.key_add_body(make.ORIGIN, make.DESK, world.second))  # a root speaks for its own organisation


def test_only_a_regulator_has_a_grant_and_it_is_a_list_of_codes(world: Any, make: Any) -> None:
    grant = identity.Grant(("*",), ("un-m49@2024:001",))
    request = world.request(make.DESK, "regulator")
    said = statement.read(dsse.unseal(world.enrol(request, body=identity.enrol_body(request, grant))))
    assert identity.read_enrol(said).grant == grant
    for wrong in [
        identity.enrol_body(world.request(), grant),
        identity.enrol_body(request) | {"grant": {"sectors": [], "regions": ["x"]}},
    ]:
        with pytest.raises(errors.StatementError):
            identity.read_enrol(statement.read(dsse.unseal(world.enrol(request, body=wrong))))
