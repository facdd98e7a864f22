"""Signed documents that are no log entries: the request to be enrolled, to log in, and to get a pseudonym.

Each is a DSSE envelope of its own type with an exact set of members, made for one hub (`aud`). Where a second key is
spoken for, that key signs a short text of its own: nobody can enrol a root or certify an author key that is not
theirs. Our page is docs/spec/documents.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin_trust import dsse, jsonstrict, keys, kinds
from tocsin_trust.errors import DocumentError, SignatureInvalidError
from tocsin_trust.fields import LINE, ORG_ID, ORIGIN, Fields, b64

ORG_KINDS = ("member", "industry-body", "regulator", "desk")
_ROOT_CONTEXT = "tocsin-root-proof/v1"
_AUTHOR_CONTEXT = "tocsin-author-proof/v1"
_NONCE = re.compile(r"[A-Za-z0-9_.=+/-]{16,512}")
CODE = re.compile(r"[!-~]{1,128}")
_ENROLMENT = ("v", "aud", "org", "kind", "key", "root", "root_proof", "sector", "region", "agreement", "demo")
_LOGIN = ("v", "aud", "key", "nonce", "iat")
_PSEUDONYM = ("v", "aud", "org", "key", "author_key", "iat", "proof")


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """An organisation asks to be enrolled; both its keys have shown that they are held. No name is inside."""

    aud: str
    org: str
    kind: str
    key: keys.PublicKey
    root: keys.PublicKey
    sector: str
    region: str
    agreement: str
    demo: bool
    digest: bytes
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Login:
    """The holder of `key` answers the challenge `nonce`."""

    aud: str
    key: keys.PublicKey
    nonce: str
    iat_unix_s: int


@dataclass(frozen=True, slots=True)
class PseudonymRequest:
    """A member asks for a certificate on `author_key`, which has shown that it is held."""

    aud: str
    org: str
    key: keys.PublicKey
    author_key: keys.PublicKey
    iat_unix_s: int


def enrolment_request(
    *,
    aud: str,
    org: str,
    kind: str,
    sector: str,
    region: str,
    agreement: str,
    key: keys.SigningKey,
    root: keys.SigningKey,
    demo: bool = False,
) -> bytes:
    """The envelope by which `org` asks hub `aud` to enrol its operational `key` and its `root`."""
    proof = root.sign(possession(_ROOT_CONTEXT, aud, org, key.public))
    members: dict[str, object] = {
        "v": 1,
        "aud": aud,
        "org": org,
        "kind": kind,
        "key": key.public.hex,
        "root": root.public.hex,
        "root_proof": b64(proof),
        "sector": sector,
        "region": region,
        "agreement": agreement,
        "demo": demo,
    }
    return _seal("enrolment-request", members, key, aud)


def read_enrolment_request(envelope: bytes, aud: str) -> EnrolmentRequest:
    """The request, once both keys have been shown to be held; DocumentError `malformed-document` or `wrong-audience`."""
    opened, fields = _open(envelope, "enrolment-request", _ENROLMENT, aud)
    org = fields.text("org", ORG_ID)
    kind = fields.one_of("kind", ORG_KINDS)
    root = fields.key("root")
    if root == opened.key:
        raise fields.error("root", "root and operational key are the same")
    require_possession(fields, "root_proof", root, possession(_ROOT_CONTEXT, aud, org, opened.key))
    sector, region = fields.text("sector", CODE), fields.text("region", CODE)
    agreement, demo = fields.text("agreement", LINE), fields.flag("demo")
    return EnrolmentRequest(aud, org, kind, opened.key, root, sector, region, agreement, demo, opened.digest, envelope)


def login(*, aud: str, nonce: str, iat_unix_s: int, key: keys.SigningKey) -> bytes:
    """The envelope that answers a login challenge of hub `aud`."""
    members: dict[str, object] = {"v": 1, "aud": aud, "key": key.public.hex, "nonce": nonce, "iat": iat_unix_s}
    return _seal("login", members, key, aud)


def read_login(envelope: bytes, aud: str) -> Login:
    """Who answers which challenge; whether the nonce is one of ours and still fresh is for the hub."""
    opened, fields = _open(envelope, "login", _LOGIN, aud)
    return Login(aud, opened.key, fields.text("nonce", _NONCE), fields.whole("iat"))


def pseudonym_request(
    *, aud: str, org: str, author_key: keys.SigningKey, iat_unix_s: int, key: keys.SigningKey
) -> bytes:
    """The envelope by which the member key `key` of `org` asks for a certificate on `author_key`."""
    proof = author_key.sign(possession(_AUTHOR_CONTEXT, aud, org, author_key.public))
    members: dict[str, object] = {
        "v": 1,
        "aud": aud,
        "org": org,
        "key": key.public.hex,
        "author_key": author_key.public.hex,
        "iat": iat_unix_s,
        "proof": b64(proof),
    }
    return _seal("pseudonym-request", members, key, aud)


def read_pseudonym_request(envelope: bytes, aud: str) -> PseudonymRequest:
    """The request, once the author key has been shown to be held; that `key` belongs to `org` is for the hub."""
    opened, fields = _open(envelope, "pseudonym-request", _PSEUDONYM, aud)
    org = fields.text("org", ORG_ID)
    author_key = fields.key("author_key")
    if author_key == opened.key:
        raise fields.error("author_key", "a member key is no pseudonym")
    require_possession(fields, "proof", author_key, possession(_AUTHOR_CONTEXT, aud, org, author_key))
    return PseudonymRequest(aud, org, opened.key, author_key, fields.whole("iat"))


def possession(context: str, aud: str, org: str, key: keys.PublicKey) -> bytes:
    """What a key signs to show that it is held: the context, the hub, the organisation and the key spoken for."""
    return f"{context}\n{aud}\n{org}\n{key.hex}\n".encode("utf-8", "surrogatepass")


def require_possession(fields: Fields, name: str, key: keys.PublicKey, message: bytes) -> None:
    """Refuse, as `fields` does, unless the member `name` is the signature of `key` over `message`."""
    signature = fields.data(name, least=keys.SIGNATURE_BYTES, most=keys.SIGNATURE_BYTES)
    try:
        keys.verify(key, signature, message)
    except SignatureInvalidError as error:
        raise fields.error(name, "the proof of possession does not hold") from error


def _seal(kind: str, members: dict[str, object], key: keys.SigningKey, aud: str) -> bytes:
    envelope = dsse.seal(kinds.payload_type(kind), jsonstrict.dumps(members), key)
    _READERS[kind](envelope, aud)  # nothing leaves that its reader would refuse
    return envelope


def _open(envelope: bytes, kind: str, names: tuple[str, ...], aud: str) -> tuple[dsse.Opened, Fields]:
    opened = dsse.unseal(envelope)
    if opened.payload_type != kinds.payload_type(kind):
        raise _malformed("the document is of another type", "payloadType")
    fields = Fields(jsonstrict.loads(opened.payload), names, _malformed)
    fields.whole("v", least=1, most=1)
    if fields.text("aud", ORIGIN) != aud:
        raise DocumentError("wrong-audience", "the document was made for another hub", where="aud")
    if fields.key("key") != opened.key:
        raise fields.error("key", "key is not the key that signed")
    return opened, fields


def _malformed(rule: str, where: str) -> DocumentError:
    return DocumentError("malformed-document", rule, where=where)


_READERS = {
    "enrolment-request": read_enrolment_request,
    "login": read_login,
    "pseudonym-request": read_pseudonym_request,
}
