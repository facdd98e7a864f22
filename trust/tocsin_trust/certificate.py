"""Pseudonym certificates: the hub says that some member in good standing holds this author key, not which one.

A certificate is a DSSE document of type certificate, `{v, aud, key, not_after}`, signed by a certificate key of the
policy and carried as base64 in the `cred` of pseudonymous statements. `not_after` is a day, so that it does not
give away the second at which it was asked for. Our page is docs/spec/certificate.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tocsin_trust import dsse, jsonstrict, keys, kinds
from tocsin_trust.errors import CertificateError, TrustError
from tocsin_trust.fields import ORIGIN, Fields, b64, unb64

MAX_BYTES = 2_048
_DAY_S = 86_400
_TYPE = kinds.payload_type("certificate")
_NAMES = ("v", "aud", "key", "not_after")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that vouches for the author key it was read for."""

    not_after_unix_s: int
    issuer: keys.PublicKey


def issue(*, aud: str, author_key: str, not_after_unix_s: int, key: keys.SigningKey) -> str:
    """The certificate text (base64) for `author_key` (hex) at hub `aud`; `not_after_unix_s` is a UTC midnight."""
    members = {"v": 1, "aud": aud, "key": author_key, "not_after": not_after_unix_s}
    _check(members)
    return b64(dsse.seal(_TYPE, jsonstrict.dumps(members), key))


def read(
    cred: str, *, issuers: Collection[keys.PublicKey], aud: str, author_key: str, also: Collection[str] = ()
) -> Certificate:
    """What `cred` vouches for; CertificateError `certificate-invalid` unless signed by one of `issuers` for this hub and key.

    `also` are earlier logs of the hub whose certificates do: for what follows in a thread that began there.
    Whether it has expired is for the caller: it matters at a thread's first statement and not later.
    """
    envelope = unb64(cred)
    if envelope is None:
        raise _invalid("not canonical base64", "cred")
    try:
        opened = dsse.unseal(envelope, max_bytes=MAX_BYTES)
        fields = _check(jsonstrict.loads(opened.payload))
    except CertificateError:
        raise
    except TrustError as error:
        raise _invalid(f"the envelope does not hold ({error.code})", "cred") from error
    if opened.payload_type != _TYPE:
        raise _invalid("the document is not a certificate", "cred")
    if opened.key not in issuers:
        raise _invalid("the issuer is not in the policy", "cred")
    if fields.raw("aud") not in (aud, *also) or fields.raw("key") != author_key:
        raise _invalid("it is for another hub or another key", "cred")
    return Certificate(fields.raw("not_after"), opened.key)


def _check(members: dict[str, object]) -> Fields:
    fields = Fields(members, _NAMES, _invalid)
    fields.whole("v", least=1, most=1)
    fields.text("aud", ORIGIN)
    fields.key("key")
    if fields.whole("not_after") % _DAY_S:
        raise fields.error("not_after", "the end is not a UTC midnight")
    return fields


def _invalid(rule: str, where: str) -> CertificateError:
    return CertificateError("certificate-invalid", rule, where=where)
