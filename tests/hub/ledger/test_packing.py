"""The stored form of an envelope gives back every byte, and says so when it cannot."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_hub.ledger import packing
from tocsin_trust import dsse, keys

ENVELOPE = dsse.seal(
    "application/vnd.tocsin.incident+json",
    '{"body":{"marking":{"tlp":"clear"},"occurred":{"basis":"occurred","precision":"quarter","value":"2024-Q1"},'
    '"record_type":"near-miss","title":{"language":"zh","text":"语音克隆"}},"kind":"incident","prev":null}'.encode(),
    keys.SigningKey.from_seed(bytes(32)),
)


@given(st.binary(max_size=500))
def test_any_bytes_come_back_as_they_were(sent: bytes) -> None:
    for envelope in (sent, b'{"payload":"' + sent, b'{"payload":"' + sent + b'"}', ENVELOPE + sent):
        assert packing.unpack(packing.pack(envelope)) == envelope


def test_an_envelope_takes_less_than_half_its_size() -> None:
    stored = packing.pack(ENVELOPE)
    assert stored[:1] == b"\x01"
    assert len(stored) < len(ENVELOPE) / 2
    assert packing.unpack(stored) == ENVELOPE


def test_what_an_earlier_hub_stored_is_still_read() -> None:
    assert packing.unpack(zlib.compress(ENVELOPE, 1)) == ENVELOPE


@pytest.mark.parametrize("damage", [lambda s: s[:-1], lambda s: s + b"\0", lambda s: s[:20], lambda s: b"\x02" + s[1:]])
def test_damage_is_an_error_and_not_other_bytes(damage: object) -> None:
    with pytest.raises(zlib.error):
        packing.unpack(damage(packing.pack(ENVELOPE)))  # type: ignore[operator]


def test_the_dictionary_is_part_of_the_format_and_never_changes() -> None:
    held = hashlib.sha256(packing._DICTIONARY).hexdigest()
    assert held == "9307ebf8f4c67f3fe16916de4c8e8fd52fdc259f709f2edf558a9d627f379fc1"
