"""Attacks on envelopes, statements, keys and receipts that need no hub; numbered as in trust/README.md."""

from __future__ import annotations

import base64
import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tocsin_trust import (
    certificate,
    documents,
    dsse,
    errors,
    keys,
    keystate,
    leaf,
    merkle,
    note,
    policy,
    receipt,
    statement,
)

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tocsin_vectors_make", VECTORS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = _load()
NOW_UNIX_S = make.NOON_UNIX_S


@pytest.fixture
def world() -> Any:
    return make.filled()


def refused(call: Callable[..., object], *arguments: Any, **named: Any) -> str:
    """The code by which a call is refused."""
    with pytest.raises(errors.TrustError) as caught:
        call(*arguments, **named)
    return caught.value.code


def opened(envelope: bytes) -> str:
    """The code by which an envelope and the statement in it are refused."""
    return refused(lambda: statement.read(dsse.unseal(envelope)))


def altered(envelope: bytes, **changes: Any) -> bytes:
    return json.dumps(json.loads(envelope) | changes).encode()


def resealed(envelope: bytes, signer: keys.SigningKey, change: Callable[[str], str]) -> bytes:
    """The same payload after a change of its text, signed properly: what an attacker with a key of its own can do."""
    found = dsse.unseal(envelope)
    return dsse.seal(found.payload_type, change(found.payload.decode()).encode("utf-8", "surrogatepass"), signer)


def test_attack_01_replay_in_another_wrapping_is_the_same_statement(world: Any) -> None:
    envelope = world.envelopes[1]
    rewrapped = json.dumps(json.loads(envelope), indent=2, sort_keys=False).encode()
    assert rewrapped != envelope
    assert dsse.unseal(rewrapped).digest == dsse.unseal(envelope).digest
    assert leaf.text(dsse.unseal(rewrapped), statement.read(dsse.unseal(rewrapped))) == world.leaves[1]


def test_attack_02_no_signature(world: Any) -> None:
    assert opened(altered(world.envelopes[1], signatures=[])) == "malformed-envelope"


def test_attack_03_two_signatures(world: Any) -> None:
    signatures = json.loads(world.envelopes[1])["signatures"]
    assert opened(altered(world.envelopes[1], signatures=signatures * 2)) == "malformed-envelope"


def test_attack_04_payload_type_swapped(world: Any) -> None:
    assert opened(altered(world.envelopes[1], payloadType=statement.payload_type("finding"))) == "signature-invalid"
    assert opened(altered(world.envelopes[1], payloadType="application/json")) == "unknown-payload-type"
    resigned = dsse.seal(statement.payload_type("finding"), dsse.unseal(world.envelopes[1]).payload, world.member)
    assert opened(resigned) == "malformed-statement"


def test_attack_05_an_extra_member_of_the_envelope(world: Any) -> None:
    assert opened(altered(world.envelopes[1], note="x")) == "malformed-envelope"
    signature = json.loads(world.envelopes[1])["signatures"][0] | {"cert": "x"}
    assert opened(altered(world.envelopes[1], signatures=[signature])) == "malformed-envelope"


def test_attack_06_every_bit_of_the_payload_is_signed(world: Any) -> None:
    payload = dsse.unseal(world.envelopes[1]).payload
    for place in range(0, len(payload), 7):
        flipped = payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1 :]
        assert opened(altered(world.envelopes[1], payload=base64.b64encode(flipped).decode())) == "signature-invalid"


def test_attack_07_a_member_key_claims_another_organisation(world: Any) -> None:
    lie = world.append(world.said("incident", world.member, cred=make.DESK))
    assert refused(receipt.verify, world.receipt(lie, 0), world.policy()) == "author-not-proven"


def test_attack_08_keyid_swapped(world: Any) -> None:
    signature = json.loads(world.envelopes[1])["signatures"][0] | {"keyid": world.second.public.hex}
    assert opened(altered(world.envelopes[1], signatures=[signature])) == "signature-invalid"


def test_attack_09_kid_differs_from_the_signer(world: Any) -> None:
    assert opened(resealed(world.envelopes[1], world.second, str)) == "kid-mismatch"


def test_attack_10_a_duplicate_name_in_the_payload(world: Any) -> None:
    assert (
        opened(resealed(world.envelopes[1], world.member, lambda text: text.replace('{"aud"', '{"aud":"x","aud"', 1)))
        == "malformed-json"
    )


def test_attack_11_a_duplicate_name_in_the_envelope(world: Any) -> None:
    assert opened(world.envelopes[1].replace(b'{"payload":', b'{"payload":"","payload":', 1)) == "malformed-json"


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_attack_12_numbers_that_are_none(world: Any, number: str) -> None:
    assert (
        opened(resealed(world.envelopes[1], world.member, lambda text: text.replace('"dir":null', f'"dir":{number}')))
        == "malformed-json"
    )


@pytest.mark.parametrize("number", ["9007199254740992", "1" * 5000])
def test_attack_13_integers_too_large(world: Any, number: str) -> None:
    assert (
        opened(resealed(world.envelopes[1], world.member, lambda text: text.replace('"dir":null', f'"dir":{number}')))
        == "malformed-json"
    )


def test_attack_14_five_thousand_deep(world: Any) -> None:
    nested = "[" * 5000 + "]" * 5000
    began = time.perf_counter()
    assert (
        opened(resealed(world.envelopes[1], world.member, lambda text: text.replace('"dir":null', f'"dir":{nested}')))
        == "malformed-json"
    )
    assert opened(b"[" * 262_000) == "malformed-json"
    assert time.perf_counter() - began < 0.25


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "\x00"])
def test_attack_15_characters_that_are_none(world: Any, text: str) -> None:
    assert (
        opened(resealed(world.envelopes[1], world.member, lambda payload: payload.replace("alarm", text)))
        == "malformed-json"
    )


@pytest.mark.parametrize(
    "encode",
    [lambda data: b"\xef\xbb\xbf" + data, lambda data: data.decode().encode("utf-16"), lambda data: data + b"\xff"],
)
def test_attack_15_encodings_that_are_not_utf8(world: Any, encode: Callable[[bytes], bytes]) -> None:
    assert opened(encode(world.envelopes[1])) == "malformed-json"
    payload = dsse.unseal(world.envelopes[1]).payload
    assert opened(dsse.seal(statement.payload_type("incident"), encode(payload), world.member)) == "malformed-json"


def test_attack_16_base64_that_says_the_same_otherwise(world: Any) -> None:
    outer = json.loads(world.envelopes[1])
    signature = outer["signatures"][0]["sig"]
    spare = {"A": "B", "Q": "R", "g": "h", "w": "x"}[
        signature[-3]
    ]  # two bytes are left over: four bits have no meaning
    loose = [
        signature[:-3] + spare + "==",
        signature.rstrip("="),
        signature + "=",
        signature[:4] + "\n" + signature[4:],
        " " + signature,
    ]
    for text in [*loose, signature.replace("+", "-").replace("/", "_") + "-"]:
        changed = [outer["signatures"][0] | {"sig": text}]
        assert opened(altered(world.envelopes[1], signatures=changed)) == "malformed-envelope"
    assert opened(altered(world.envelopes[1], payload=outer["payload"] + "\n")) == "malformed-envelope"


def test_attack_17_a_body_too_long(world: Any) -> None:
    assert opened(world.envelopes[1] + b" " * 300_000) == "oversize"


def test_attack_18_made_for_another_hub(world: Any) -> None:
    abroad = world.append(world.said("incident", world.member, aud="other.example"))
    assert refused(receipt.verify, world.receipt(abroad, 0), world.policy()) == "malformed-receipt"
    assert refused(documents.read_enrolment_request, world.request().envelope, "other.example") == "wrong-audience"
    vouched = world.certificate(aud="other.example")
    expected: dict[str, Any] = {"issuers": [world.issuer.public], "author_key": world.author.public.hex}
    assert refused(certificate.read, vouched, aud=make.ORIGIN, **expected) == "certificate-invalid"


@pytest.mark.parametrize(
    ("iat_unix_s", "welcome"),
    [
        (NOW_UNIX_S + 300, True),
        (NOW_UNIX_S + 600, False),
        (NOW_UNIX_S - 7 * 86_400, True),
        (NOW_UNIX_S - 8 * 86_400, False),
    ],
)
def test_attack_19_dated_ahead_or_long_ago(world: Any, iat_unix_s: int, welcome: bool) -> None:
    said = statement.read(dsse.unseal(world.said("incident", world.member, iat_unix_s=iat_unix_s)))
    if welcome:
        statement.check_time(said, NOW_UNIX_S)
    else:
        assert refused(statement.check_time, said, NOW_UNIX_S) == "clock-skew"


@pytest.mark.parametrize("iat", ['"1782043200"', "true", "null", "1782043200.0", "-1"])
def test_attack_19_dated_by_something_that_is_no_number(world: Any, iat: str) -> None:
    assert (
        opened(
            resealed(world.envelopes[1], world.member, lambda text: text.replace(f'"iat":{NOW_UNIX_S}', f'"iat":{iat}'))
        )
        == "malformed-statement"
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"v":1', '"v":0', "unsupported-version"),
        ('"v":1', '"v":2,"later":[]', "unsupported-version"),
        ('"v":1', '"v":true', "malformed-statement"),
        ('"v":1', '"v":"1"', "malformed-statement"),
        ("attributed", "signed-by-nobody", "unknown-mode"),
        ('"attributed"', "null", "unknown-mode"),
    ],
)
def test_attack_20_downgrade(world: Any, old: str, new: str, code: str) -> None:
    assert opened(resealed(world.envelopes[1], world.member, lambda text: text.replace(old, new))) == code


def test_attack_21_the_mode_rewritten_with_the_same_key(world: Any) -> None:
    """A member may say the same thing twice in two modes; neither statement can stand in for the other."""
    nameless = resealed(world.envelopes[1], world.member, lambda text: text.replace("attributed", "pseudonymous"))
    assert opened(nameless) in ("malformed-statement", "iat-not-rounded")
    named = resealed(world.envelopes[2], world.author, lambda text: text.replace("pseudonymous", "attributed"))
    assert opened(named) == "malformed-statement"
    vouched = world.said("incident", world.author, cred=make.ORG)
    index = world.append(vouched)
    assert refused(receipt.verify, world.receipt(index, 0), world.policy()) == "author-not-proven"


def test_attack_22_a_key_of_small_order_signs_anything(world: Any) -> None:
    listed = json.loads((VECTORS / "ed25519-refused.json").read_text())
    weak = [case["key"] for group in listed.values() for case in group]
    forged = base64.b64encode(bytes([1]) + bytes(63)).decode()  # R = identity, S = 0
    for key in weak:
        signatures = [{"keyid": key, "sig": forged}]
        assert opened(altered(world.envelopes[1], signatures=signatures)) == "key-refused"
        payload = dsse.unseal(world.envelopes[1]).payload.replace(world.member.public.hex.encode(), key.encode())
        said = dsse.seal(statement.payload_type("incident"), payload, world.member)
        assert opened(said) == "key-refused"
        data = json.loads(dsse.unseal(world.request().envelope).payload) | {"root": key, "root_proof": forged}
        asked = dsse.seal(statement.payload_type("enrolment-request"), json.dumps(data).encode(), world.member)
        assert refused(documents.read_enrolment_request, asked, make.ORIGIN) == "key-refused"
        body = {"org": make.ORG, "key": key, "role": "operational", "proof": forged}
        added = statement.read(dsse.unseal(world.said("key-add", world.org_root, body=body)))
        assert refused(keystate.events_of, 0, added) == "key-refused"
        assert (
            refused(certificate.issue, aud=make.ORIGIN, author_key=key, not_after_unix_s=0, key=world.issuer)
            == "key-refused"
        )


def test_attack_34_a_self_made_certificate(world: Any) -> None:
    own = world.append(world.nameless(cred=world.certificate(key=world.author)))
    stolen = world.append(world.nameless(cred=world.certificate(author_key=world.second.public.hex)))
    for index in (own, stolen):
        assert refused(receipt.verify, world.receipt(index), world.policy()) == "certificate-invalid"


def test_attack_38_a_receipt_for_an_altered_mode(world: Any) -> None:
    receipt.verify(world.receipt(1, 0), world.policy())
    honest = json.loads(world.receipt(1, 0))
    other = world.said(
        "incident", world.member, mode="pseudonymous", cred=world.certificate(), iat_unix_s=make.MIDNIGHT_UNIX_S
    )
    honest["envelope"] = base64.b64encode(other).decode()
    assert refused(receipt.verify, json.dumps(honest).encode(), world.policy()) == "proof-invalid"


def test_attack_55_odd_lines_in_a_note(world: Any) -> None:
    verifiers = world.policy().log_verifiers
    text = world.checkpoint()
    assert note.open_checkpoint(text + "— unknown.example AAAAAAAA\n", *verifiers).size == 6
    assert note.open_checkpoint(text + text.rpartition("\n\n")[2], *verifiers).size == 6
    for odd in (
        text + "— unknown.example AAAAAAAA\n" * 64,
        text.replace("6\n", "6\x1b[2J\n", 1),
        text.replace("hub.example", "hub example"),
    ):
        assert refused(note.open_checkpoint, odd, *verifiers) == "malformed-note"


def test_attack_56_proofs_of_impossible_shape(world: Any) -> None:
    leaf_hash, root = merkle.leaf_hash(world.leaves[1]), world.head()
    proof = merkle.inclusion_proof(1, 6, world.node)
    for index, size, path in [
        (1, 6, proof[:-1]),
        (1, 6, [*proof, root]),
        (6, 6, proof),
        (0, 0, []),
        (1, 2**63, proof),
        (2**63, 2**63 - 1, proof),
        (1, -6, proof),
    ]:
        assert refused(merkle.verify_inclusion, index, size, leaf_hash, path, root) in (
            "malformed-proof",
            "proof-invalid",
        )


def test_attack_63_an_old_policy(world: Any) -> None:
    old = world.policy_file(version=1)
    assert refused(policy.read, old, pinned_root=world.root.public, newer_than=2) == "policy-rolled-back"
    late = policy.read(old).expires_unix_s
    assert refused(policy.read, old, now_unix_s=late) == "policy-expired"
