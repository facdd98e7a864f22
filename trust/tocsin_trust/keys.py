"""Ed25519 keys (RFC 8032): parse, sign, verify; no key that could lie to us gets past its constructor.

The library below accepts public keys of small order, with which anybody can make a signature that fits almost any
message. `PublicKey` therefore refuses the eight points of small order and every encoding that is not canonical;
as there is no other way to hold a key in this project, the check stands at every place where keys are read.

A key is named by its 64 lower-case hex digits. There are no other key ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin_trust.errors import KeyRefusedError, SignatureInvalidError

KEY_BYTES = 32
SIGNATURE_BYTES = 64
_P = 2**255 - 19
_SIGN_BIT = 1 << 255
# The y coordinates of the points whose order divides 8; x is fixed up to its sign, so these five cover all eight.
_ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303021405
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})
_HEX_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key fit for use: 32 bytes, canonical, not of small order (else KeyRefusedError)."""

    raw: bytes

    def __post_init__(self) -> None:
        if type(self.raw) is not bytes or len(self.raw) != KEY_BYTES:
            raise KeyRefusedError("key-refused", "a public key has 32 bytes")
        y = int.from_bytes(self.raw, "little") & (_SIGN_BIT - 1)
        if y >= _P:
            raise KeyRefusedError("key-refused", "the encoding is not canonical")
        if y in _SMALL_ORDER_Y:
            raise KeyRefusedError("key-refused", "the point has small order")

    @property
    def hex(self) -> str:
        """The 64 lower-case hex digits by which the key is named everywhere."""
        return self.raw.hex()


def parse_public(hex_text: str) -> PublicKey:
    """The key that 64 lower-case hex digits name; KeyRefusedError for any other text and for a bad point."""
    if type(hex_text) is not str or not _HEX_KEY.fullmatch(hex_text):
        raise KeyRefusedError("key-refused", "a key is written as 64 lower-case hex digits")
    return PublicKey(bytes.fromhex(hex_text))


class SigningKey:
    """A private key; it never shows itself, and leaves only through `to_pkcs8`."""

    __slots__ = ("_private", "_public")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._public = PublicKey(private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey(public={self._public.hex})"

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key from the randomness of the operating system."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key of a 32-byte seed (RFC 8032 section 5.1.5)."""
        if type(seed) is not bytes or len(seed) != KEY_BYTES:
            raise KeyRefusedError("key-unreadable", "a seed has 32 bytes")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pkcs8(cls, pem: bytes, passphrase: str | bytes | None = None) -> SigningKey:
        """The key of a PKCS #8 PEM file; KeyRefusedError `key-unreadable` if passphrase, form or algorithm is wrong."""
        try:
            private = serialization.load_pem_private_key(pem, _passphrase_bytes(passphrase))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyRefusedError("key-unreadable", "not a readable PKCS #8 file, or the passphrase is wrong") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyRefusedError("key-unreadable", "the file holds another kind of key than Ed25519")
        return cls(private)

    def to_pkcs8(self, passphrase: str | bytes | None) -> bytes:
        """The key as PKCS #8 PEM, encrypted unless `passphrase` is None; the caller guards the bytes."""
        secret = _passphrase_bytes(passphrase)
        if secret == b"":
            raise KeyRefusedError("key-unreadable", "the passphrase is empty; give None for a key in clear")
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption() if secret is None else serialization.BestAvailableEncryption(secret),
        )

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`; deterministic."""
        return self._private.sign(message)


def verify(public: PublicKey, signature: bytes, message: bytes) -> None:
    """Return if `signature` is by `public` over `message`, else raise SignatureInvalidError."""
    try:
        Ed25519PublicKey.from_public_bytes(public.raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise SignatureInvalidError("signature-invalid", "the signature does not fit key and message") from None


def _passphrase_bytes(passphrase: str | bytes | None) -> bytes | None:
    return passphrase.encode("utf-8", "surrogatepass") if isinstance(passphrase, str) else passphrase
