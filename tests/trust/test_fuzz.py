"""Nothing but TrustError leaves this wing, whatever it is given: arbitrary bytes, spoilt originals, signed nonsense."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin_trust import (
    certificate,
    documents,
    dsse,
    fields,
    identity,
    jsonstrict,
    keys,
    keystate,
    kinds,
    leaf,
    merkle,
    note,
    policy,
    receipt,
    statement,
    tiles,
)  # fmt: skip
from tocsin_trust.errors import TrustError

QUICK = settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["aa" * 32, "AAAA", "org-" + "a" * 26, "incident"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEY = keys.SigningKey.from_seed(b"f" * 32)
AUD = "hub.example/tocsin"


def quietly(call: Callable[..., object], *arguments: Any) -> None:
    with contextlib.suppress(TrustError):
        call(*arguments)


def readers(trusted: policy.Policy) -> list[Callable[[bytes], object]]:
    """Everything that reads bytes from outside, as functions of the bytes alone."""
    verifiers = trusted.log_verifiers

    def text(data: bytes) -> str:
        return data.decode("utf-8", "surrogateescape")

    return [
        jsonstrict.loads,
        dsse.unseal,
        lambda data: statement.read(dsse.unseal(data)),
        lambda data: keystate.events_of(1, statement.read(dsse.unseal(data))),
        leaf.parse,
        policy.read,
        lambda data: receipt.verify(data, trusted),
        lambda data: documents.read_enrolment_request(data, AUD),
        lambda data: documents.read_login(data, AUD),
        lambda data: documents.read_pseudonym_request(data, AUD),
        lambda data: certificate.read(text(data), issuers=trusted.certificate_keys, aud=AUD, author_key="aa" * 32),
        lambda data: note.open(text(data), verifiers),
        lambda data: note.open_checkpoint(text(data), *verifiers),
        lambda data: note.cosignatures(text(data), trusted.witnesses),
        lambda data: note.cosign(text(data), "witness.example", KEY, 1),
        lambda data: note.parse_vkey(text(data)),
        lambda data: note.sign(text(data), "a", KEY),
        lambda data: note.sign("a\n", text(data), KEY),
        lambda data: note.vkey(text(data), KEY.public),
        lambda data: receipt.parse_proof(text(data)),
        lambda data: keys.parse_public(text(data)),
        keys.PublicKey,
        keys.SigningKey.from_seed,
        lambda data: keys.SigningKey.from_pkcs8(data, text(data)),
        lambda data: keys.verify(KEY.public, data, data),
        lambda data: fields.unb64(text(data)),
        lambda data: dsse.seal(text(data), data, KEY),
        lambda data: dsse.digest(text(data), data),
        lambda data: merkle.verify_inclusion(0, 2, data, [data], data),
        lambda data: tiles.node_of(data, 0, 2),
    ]


@pytest.fixture(scope="session")
def originals(make: ModuleType) -> tuple[policy.Policy, list[bytes]]:
    world = make.filled()
    checkpoint = world.checkpoint(witnesses=(world.witness,))
    found = [
        *world.envelopes,
        *world.leaves,
        world.policy_file(),
        world.receipt(1, 0),
        world.receipt(2),
        checkpoint.encode(),
    ]
    found += [
        world.proof(1).encode(),
        world.certificate().encode(),
        world.request().envelope,
        note.vkey(AUD, KEY.public).encode(),
    ]
    return world.policy(), [*found, KEY.to_pkcs8(None)]


@QUICK
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes(originals: Any, data: bytes) -> None:
    for read in readers(originals[0]):
        quietly(read, data)


@QUICK
@given(
    choice=st.integers(0, 10**6), place=st.integers(0, 10**6), length=st.integers(0, 40), filling=st.binary(max_size=20)
)
def test_spoilt_originals(originals: Any, choice: int, place: int, length: int, filling: bytes) -> None:
    trusted, found = originals
    original = found[choice % len(found)]
    place %= len(original) + 1
    spoilt = original[:place] + filling + original[place + length :]
    for read in readers(trusted):
        quietly(read, spoilt)


@QUICK
@given(
    kind=st.sampled_from(kinds.KINDS + kinds.DOCUMENT_KINDS),
    payload=st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_signed_nonsense(originals: Any, kind: str, payload: bytes) -> None:
    envelope = dsse.seal(kinds.payload_type(kind), payload, KEY)
    for read in readers(originals[0]):
        quietly(read, envelope)


@QUICK
@given(choice=st.integers(0, 10**6), name=st.integers(0, 20), value=JSON)
def test_signed_originals_with_one_member_changed(originals: Any, choice: int, name: int, value: object) -> None:
    trusted, found = originals
    envelopes = [data for data in found if data.startswith(b'{"payload"')]
    opened = dsse.unseal(envelopes[choice % len(envelopes)])
    members = json.loads(opened.payload)
    members |= {"kid": KEY.public.hex} if "kid" in members else {"key": KEY.public.hex} if "key" in members else {}
    members[sorted(members)[name % len(members)]] = value
    if isinstance(members.get("body"), dict) and members["body"]:
        members["body"][sorted(members["body"])[name % len(members["body"])]] = copy.deepcopy(value)
    envelope = dsse.seal(opened.payload_type, json.dumps(members).encode(), KEY)
    for read in readers(trusted):
        quietly(read, envelope)


@QUICK
@given(value=JSON, field=st.sampled_from(["kind", "aud", "mode", "kid", "cred", "iat_unix_s", "prev", "dir", "body"]))
def test_a_statement_of_nonsense_is_not_built(value: Any, field: str) -> None:
    members: dict[str, Any] = {
        "kind": "incident", "aud": AUD, "mode": "attributed", "kid": KEY.public.hex, "cred": "org-" + "a" * 26,
        "iat_unix_s": 1, "prev": None, "dir": None, "body": {},
    }  # fmt: skip
    quietly(lambda: statement.build(**(members | {field: value})))


@QUICK
@given(
    bundle=st.fixed_dictionaries(
        {
            "v": st.just(1),
            "type": st.just("tocsin-receipt"),
            "envelope": JSON,
            "proof": JSON,
            "keyProofs": JSON | st.lists(st.fixed_dictionaries({"envelope": JSON, "proof": JSON}), max_size=2),
        }
    )
)
def test_a_bundle_of_nonsense(originals: Any, bundle: Any) -> None:
    quietly(receipt.verify, json.dumps(bundle).encode(), originals[0])


@QUICK
@given(
    numbers=st.lists(st.integers(-(2**70), 2**70), min_size=2, max_size=2),
    hashes=st.lists(st.binary(min_size=32, max_size=32), max_size=70),
)
def test_proofs_of_any_size(numbers: list[int], hashes: list[bytes]) -> None:
    first, second = numbers
    quietly(merkle.verify_inclusion, first, second, bytes(32), hashes, bytes(32))
    quietly(merkle.verify_consistency, first, second, bytes(32), bytes(32), hashes)
    quietly(tiles.grow, first, [hashes], hashes)


@QUICK
@given(
    events=st.lists(
        st.builds(
            keystate.KeyEvent,
            st.integers(0, 9),
            st.sampled_from([*keystate.EVENT_KINDS, "x"]),
            st.sampled_from("ab"),
            st.sampled_from("kl"),
            st.sampled_from(["root", "operational", ""]),
        ),
        max_size=6,
    )
)
def test_any_sequence_of_events(events: list[keystate.KeyEvent]) -> None:
    quietly(lambda: keystate.fold(events).org_of("k"))


def test_the_control_would_notice() -> None:
    """Were an ordinary ValueError to escape, `quietly` would let it through."""
    with pytest.raises(ValueError, match="control"):
        quietly(lambda: (_ for _ in ()).throw(ValueError("control")))
    assert identity.ROLES
