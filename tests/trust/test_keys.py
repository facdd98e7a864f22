"""Keys: which are refused, which are not, and how they are kept."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin_trust import errors, keys


def test_every_key_of_small_order_and_every_other_encoding_is_refused(published: Any) -> None:
    listed = published("ed25519-refused.json")
    assert (len(listed["small order"]), len(listed["not canonical"])) == (8, 40)
    for case in listed["small order"] + listed["not canonical"]:
        with pytest.raises(errors.KeyRefusedError) as caught:
            keys.parse_public(case["key"])
        assert caught.value.code == "key-refused"
        with pytest.raises(errors.KeyRefusedError):
            keys.PublicKey(bytes.fromhex(case["key"]))


def test_the_library_below_accepts_what_we_refuse() -> None:
    """The reason for the list. If this fails the library has grown stricter, which is no harm."""
    identity = bytes([1]) + bytes(31)
    signature = identity + bytes(32)
    Ed25519PublicKey.from_public_bytes(identity).verify(signature, b"anything at all")


@pytest.mark.parametrize(
    "text", ["", "00", "g" * 64, "A" * 64, "a" * 63, "a" * 65, " " + "a" * 63, "a" * 64 + "\n", "０" * 64]
)
def test_a_key_is_written_in_one_way_only(text: str) -> None:
    with pytest.raises(errors.KeyRefusedError):
        keys.parse_public(text)


def test_a_signature_holds_for_its_key_and_message_only() -> None:
    key, other = keys.SigningKey.generate(), keys.SigningKey.generate()
    signature = key.sign(b"message")
    keys.verify(key.public, signature, b"message")
    scalar = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    malleable = signature[:32] + scalar.to_bytes(32, "little")
    for public, changed, message in [
        (other.public, signature, b"message"),
        (key.public, signature, b"massage"),
        (key.public, malleable, b"message"),
        (key.public, signature[:63], b"message"),
        (key.public, b"", b"message"),
        (key.public, bytes(64), b"message"),
    ]:
        with pytest.raises(errors.SignatureInvalidError):
            keys.verify(public, changed, message)


@pytest.mark.parametrize("passphrase", [None, "密码 phrase", b"phrase"])
def test_a_key_comes_back_from_its_file(passphrase: str | bytes | None) -> None:
    key = keys.SigningKey.generate()
    assert keys.SigningKey.from_pkcs8(key.to_pkcs8(passphrase), passphrase).public == key.public


def test_a_key_file_that_cannot_be_read_says_so_and_no_more() -> None:
    sealed = keys.SigningKey.generate().to_pkcs8("right")
    other_kind = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    clear = keys.SigningKey.generate().to_pkcs8(None)
    for pem, passphrase in [
        (sealed, "wrong"),
        (sealed, None),
        (clear, "needless"),
        (b"", None),
        (other_kind, None),
        (sealed[:80], "right"),
    ]:
        with pytest.raises(errors.KeyRefusedError) as caught:
            keys.SigningKey.from_pkcs8(pem, passphrase)
        assert caught.value.code == "key-unreadable"
    with pytest.raises(errors.KeyRefusedError):
        keys.SigningKey.generate().to_pkcs8("")


def test_a_signing_key_does_not_show_itself() -> None:
    key = keys.SigningKey.from_seed(b"s" * 32)
    assert repr(key) == f"SigningKey(public={key.public.hex})"
    assert (b"s" * 32).hex() not in repr(vars(type(key)))
