"""The policy: who signs it, when it is too old, and what it must not say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin_trust import dsse, errors, jsonstrict, keys, kinds, note, policy


def test_a_policy_is_read_back(world: Any) -> None:
    found = world.policy(quorum=1, max_checkpoint_age_s=60)
    assert (found.origin, found.version, found.root) == (world.origin, 1, world.root.public)
    assert found.authorities == {"board": world.authority.public}
    assert found.certificate_keys == (world.issuer.public,)
    assert [verifier.name for verifier in found.witnesses] == ["witness.example"]
    assert (found.quorum, found.max_checkpoint_age_s) == (1, 60)
    assert policy.read(found.raw, pinned_root=world.root.public, newer_than=1, now_unix_s=found.issued_unix_s) == found


def refused(data: bytes, **how: Any) -> str:
    with pytest.raises(errors.TrustError) as caught:
        policy.read(data, **how)
    return caught.value.code


def test_a_policy_of_another_root_is_refused(world: Any) -> None:
    other = keys.SigningKey.generate()
    assert refused(world.policy_file(), pinned_root=other.public) == "policy-root-mismatch"


def test_a_policy_not_signed_by_the_root_it_names_is_refused(world: Any) -> None:
    payload = dsse.unseal(world.policy_file()).payload
    other = keys.SigningKey.generate()
    forged = dsse.seal(kinds.payload_type("policy"), payload, other)
    assert refused(forged) == "policy-root-mismatch"
    with pytest.raises(errors.PolicyError):
        policy.sign(payload, other)


def test_an_older_policy_is_refused_and_the_same_one_is_not(world: Any) -> None:
    data = world.policy_file(version=3)
    assert policy.read(data, newer_than=3).version == 3
    assert refused(data, newer_than=4) == "policy-rolled-back"


def test_an_expired_policy_is_refused_to_those_who_have_a_clock(world: Any) -> None:
    data = world.policy_file()
    end = policy.read(data).expires_unix_s
    assert policy.read(data, now_unix_s=end - 1).version == 1
    assert refused(data, now_unix_s=end) == "policy-expired"


def test_a_document_of_another_type_is_no_policy(world: Any) -> None:
    assert refused(world.envelopes[0]) == "malformed-policy"


EARLIER = {"origin": "old.example", "size": 3, "root": "00" * 32}
CHANGES: list[dict[str, Any]] = [
    {"v": 2},
    {"v": True},
    {"version": 0},
    {"version": "1"},
    {"origin": "two words"},
    {"origin": "other.example"},
    {"expires": 0},
    {"log_keys": []},
    {"log_keys": ["nonsense"]},
    {"certificate_keys": ["00" * 32]},
    {"authorities": [{"id": "a"}]},
    {"authorities": [{"id": "UPPER", "key": "aa" * 32}]},
    {"authorities": {}},
    {"witnesses": None},
    {"quorum": 2},
    {"quorum": -1},
    {"quorum": False},
    {"max_checkpoint_age_s": 0},
    {"extra": 1},
    {"predecessors": None},
    {"predecessors": [EARLIER | {"size": -1}]},
    {"predecessors": [EARLIER | {"root": "00"}]},
    {"predecessors": [EARLIER | {"origin": "hub.example/tocsin"}]},
    {"predecessors": [EARLIER, EARLIER]},
    {"predecessors": [EARLIER, EARLIER | {"origin": "older.example", "size": 2}]},
]


@pytest.mark.parametrize("change", CHANGES, ids=json.dumps)
def test_a_policy_that_says_something_else_is_refused(world: Any, change: dict[str, Any]) -> None:
    members = jsonstrict.loads(dsse.unseal(world.policy_file()).payload) | change
    forged = dsse.seal(kinds.payload_type("policy"), jsonstrict.dumps(members), world.root)
    assert refused(forged) in ("malformed-policy", "key-refused")


def test_no_key_has_two_parts(world: Any) -> None:
    """A log that is its own witness, or one witness behind two names, would make a quorum worthless."""
    own = note.vkey("witness.example", world.log.public, note.COSIGNATURE)
    twice = [note.vkey(name, world.witness.public, note.COSIGNATURE) for name in ("a.example", "b.example")]
    for changes in (
        {"witnesses": [own]},
        {"witnesses": twice},
        {"authorities": {"a": world.log.public, "b": world.log.public}},
    ):
        with pytest.raises(errors.PolicyError):
            world.policy_file(**changes)
    with pytest.raises(errors.PolicyError):
        world.policy_file(log_keys=[own])


def test_a_fingerprint_is_the_same_in_hex_and_in_words(world: Any) -> None:
    words = policy.fingerprint_words(world.root.public).split("-")
    assert len(words) == 8
    data = bytes.fromhex(policy.fingerprint_hex(world.root.public))
    for word, pair in zip(words, (data[i : i + 2] for i in range(0, 16, 2)), strict=True):
        value = 0
        for letter, alphabet in zip(word, ("bdfghjklmnprstvz", "aiou") * 2 + ("bdfghjklmnprstvz",), strict=True):
            value = value * len(alphabet) + alphabet.index(letter)
        assert value == int.from_bytes(pair, "big")


def test_words_are_those_of_the_proquint_paper() -> None:
    assert policy._proquint(0x7F00) + "-" + policy._proquint(0x0001) == "lusab-babad"  # 127.0.0.1
