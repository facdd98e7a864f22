"""The bodies of statements that are not records: withdraw, moderate, and (read by the trust wing) the identity kinds. Pure.

Forms, keys and who may be spoken of are the trust wing's rules; what the codes mean is checked here. Reasons are codes and not
sentences, because they stand in a public log for ever and are never erased.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin_hub.errors import HubError
from tocsin_taxonomy import schemes, vocab
from tocsin_trust import fields, identity, statement

ACTIONS = ("hide", "restore", "erase")
REASON_CODE = re.compile(r"[a-z][a-z-]{0,39}")
AGREEMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
ALL = "*"
UNCODED = ("multiple", "unknown")  # what an organisation may say instead of a sector or region
MAX_GRANT_CODES = 100


def check(said: statement.Statement) -> None:
    """Refuse a body that is not what its kind asks for. Raises HubError, TrustError or TaxonomyError."""
    CHECKS[said.kind](said)


def _withdraw(said: statement.Statement) -> None:
    _exact(said, ("reason",))
    _one_of(said, "reason", vocab.WITHDRAW_REASONS)


def _moderate(said: statement.Statement) -> None:
    _exact(said, ("thread", "action", "reason"))
    _fits(said, "thread", fields.HEX_DIGEST)
    _one_of(said, "action", ACTIONS)
    _one_of(said, "reason", vocab.MODERATE_REASONS)


def _suspend(said: statement.Statement) -> None:
    identity.read_suspend(said)
    _fits(said, "reason", REASON_CODE)


def _key_add(said: statement.Statement) -> None:
    identity.read_key_add(said)


def _key_revoke(said: statement.Statement) -> None:
    identity.read_key_revoke(said)
    _fits(said, "reason", REASON_CODE)


def _enrol(said: statement.Statement) -> None:
    enrolment = identity.read_enrol(said)
    asked, grant = enrolment.request, enrolment.grant
    _fits(said, "agreement", AGREEMENT)
    _code(asked.sector, "sector", "isic", UNCODED)
    _code(asked.region, "region", "un-m49", UNCODED)
    if (grant is None) != (asked.kind != "regulator"):  # a regulator without a grant reads nothing; nobody else has one
        raise _malformed("grant")
    for name, scheme in (("sectors", "isic"), ("regions", "un-m49")):
        codes: tuple[str, ...] = () if grant is None else getattr(grant, name)
        if len(codes) > MAX_GRANT_CODES:
            raise _malformed(f"grant.{name}")
        for i, code in enumerate(codes):
            _code(code, f"grant.{name}.{i}", scheme, (ALL,))


def _code(text: str, where: str, scheme: str, also: tuple[str, ...]) -> None:
    if text in also:
        return
    code = schemes.parse(text)
    if code.scheme != scheme:
        raise _malformed(where)
    schemes.require(code)


def _exact(said: statement.Statement, names: tuple[str, ...]) -> None:
    if said.body.keys() != set(names):  # the name of an unknown key is payload text: point at the body only
        raise HubError("malformed-statement", where="body")


def _one_of(said: statement.Statement, name: str, allowed: tuple[str, ...]) -> None:
    if said.body[name] not in allowed:
        raise _malformed(name)


def _fits(said: statement.Statement, name: str, form: re.Pattern[str]) -> None:
    value = said.body[name]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise _malformed(name)


def _malformed(name: str) -> HubError:
    return HubError("malformed-statement", where=f"body.{name}")


CHECKS: dict[str, Callable[[statement.Statement], None]] = {
    "withdraw": _withdraw,
    "moderate": _moderate,
    "suspend": _suspend,
    "key-add": _key_add,
    "key-revoke": _key_revoke,
    "enrol": _enrol,
}
