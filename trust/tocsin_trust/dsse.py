"""The envelope: DSSE v1.0.2 narrowed to exactly one Ed25519 signature; seal and unseal, bytes to Opened.

An envelope is `{"payload":b64,"payloadType":text,"signatures":[{"keyid":hex key,"sig":b64}]}` and nothing more.
The signature is over PAE(payloadType, payload), so the type is signed too and no canonical JSON is needed: the
bytes that were signed are the bytes that are kept. The signature is checked before the payload is looked at.
What identifies a statement is `digest`, SHA-256 of the PAE, and never the text of the envelope around it.
Source: github.com/secure-systems-lab/dsse, protocol.md and envelope.md; our page is docs/spec/dsse.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tocsin_trust import jsonstrict, keys, kinds
from tocsin_trust.errors import EnvelopeError, TrustError
from tocsin_trust.fields import Fields, b64

MAX_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope whose signature has been checked; `payload` is still unparsed bytes."""

    payload_type: str
    payload: bytes
    key: keys.PublicKey
    signature: bytes
    digest: bytes
    envelope: bytes


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding of type and payload."""
    kind = payload_type.encode("utf-8", "surrogatepass")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def digest(payload_type: str, payload: bytes) -> bytes:
    """SHA-256 of the PAE: the 32-byte identity of a statement."""
    return hashlib.sha256(pae(payload_type, payload)).digest()


def seal(payload_type: str, payload: bytes, key: keys.SigningKey) -> bytes:
    """The envelope of `payload` signed by `key`; EnvelopeError if the type is not one of ours."""
    if payload_type not in kinds.PAYLOAD_TYPES:
        raise _unknown_type()
    signature = key.sign(pae(payload_type, payload))
    return jsonstrict.dumps(
        {
            "payload": b64(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": key.public.hex, "sig": b64(signature)}],
        }
    )


def unseal(envelope: bytes, *, max_bytes: int = MAX_BYTES) -> Opened:
    """The payload and its signer, once the signature has held.

    Raises EnvelopeError (`malformed-envelope`, `unknown-payload-type`, `oversize`), JsonError, KeyRefusedError or
    SignatureInvalidError.
    """
    if len(envelope) > max_bytes:
        raise EnvelopeError("oversize", f"more than {max_bytes} bytes")
    outer = Fields(
        jsonstrict.loads(envelope, max_bytes=max_bytes, max_depth=3),
        ("payload", "payloadType", "signatures"),
        _malformed,
        whole="envelope",
    )
    payload_type = outer.raw("payloadType")
    if type(payload_type) is not str or payload_type not in kinds.PAYLOAD_TYPES:
        raise _unknown_type()
    signatures = outer.items("signatures")
    if len(signatures) != 1:
        raise _malformed("exactly one signature is wanted", "signatures")
    inner = Fields(signatures[0], ("keyid", "sig"), _malformed, path="signatures.0")
    key = inner.key("keyid")
    signature = inner.data("sig", least=keys.SIGNATURE_BYTES, most=keys.SIGNATURE_BYTES)
    payload = outer.data("payload", most=max_bytes)
    message = pae(payload_type, payload)
    keys.verify(key, signature, message)
    return Opened(payload_type, payload, key, signature, hashlib.sha256(message).digest(), envelope)


def _malformed(rule: str, where: str) -> TrustError:
    return EnvelopeError("malformed-envelope", rule, where=where)


def _unknown_type() -> TrustError:
    return EnvelopeError(
        "unknown-payload-type", "the type is not on the list of docs/spec/dsse.md", where="payloadType"
    )
