"""The bodies of statements that are not records: withdraw, enrol, suspend, key-add, key-revoke, moderate. Pure.

Every key set is exact: one key more or less is malformed-body with its path. Keys are parsed here, so that a small-order
key cannot be enrolled. Lists of reasons are closed (records.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tocsin_taxonomy import schemes, vocab
from tocsin_trust import documents, fields, keys, statement

from tocsin_hub.errors import HubError

ROLES = ("operational",)
ACTIONS = ("hide", "restore", "erase")
IDENTITY_REASON = re.compile(r"[a-z][a-z-]{0,39}")  # a code, not a sentence: reasons stand in a public log for ever
AGREEMENT = re.compile(r"[A-Za-z0-9._-]{1,40}")
ANY_SECTOR_OR_REGION = "*"
MAX_GRANT_CODES = 100

Body = dict[str, Any]


def check(said: statement.Statement, origin: str) -> None:
    """Refuse a body that is not exactly what its kind asks for. Raises HubError, TrustError or TaxonomyError."""
    CHECKS[said.kind](said, origin)


def _exact(body: Body, names: frozenset[str]) -> None:
    missing, extra = names - body.keys(), body.keys() - names
    if missing:
        raise HubError("malformed-body", where=f"body.{min(missing)}")
    if extra:  # the name of an unknown key is payload text: point at the body only
        raise HubError("malformed-body", where="body")


def _text(body: Body, name: str, fits: Callable[[str], object]) -> str:
    value = body[name]
    if not isinstance(value, str) or not fits(value):
        raise HubError("malformed-body", where=f"body.{name}")
    return value


def _withdraw(said: statement.Statement, origin: str) -> None:
    _exact(said.body, frozenset({"reason"}))
    _text(said.body, "reason", vocab.WITHDRAW_REASONS.__contains__)


def _moderate(said: statement.Statement, origin: str) -> None:
    _exact(said.body, frozenset({"thread", "action", "reason"}))
    _text(said.body, "thread", fields.HEX_DIGEST.fullmatch)
    _text(said.body, "action", ACTIONS.__contains__)
    _text(said.body, "reason", vocab.MODERATE_REASONS.__contains__)


def _suspend(said: statement.Statement, origin: str) -> None:
    _exact(said.body, frozenset({"org", "reason"}))
    _text(said.body, "org", fields.ORG_ID.fullmatch)
    _text(said.body, "reason", IDENTITY_REASON.fullmatch)


def _key_add(said: statement.Statement, origin: str) -> None:
    _exact(said.body, frozenset({"org", "key", "role"}))
    if _text(said.body, "org", fields.ORG_ID.fullmatch) != said.cred:
        raise HubError("malformed-body", where="body.org")
    _text(said.body, "role", ROLES.__contains__)
    keys.parse_public(_text(said.body, "key", fields.HEX_DIGEST.fullmatch))


def _key_revoke(said: statement.Statement, origin: str) -> None:
    _exact(said.body, frozenset({"org", "key", "reason"}))
    org = _text(said.body, "org", fields.ORG_ID.fullmatch)
    if not said.cred.startswith("authority:") and org != said.cred:
        raise HubError("malformed-body", where="body.org")
    _text(said.body, "reason", IDENTITY_REASON.fullmatch)
    keys.parse_public(_text(said.body, "key", fields.HEX_DIGEST.fullmatch))


ENROL_FIELDS = frozenset(
    {"org", "kind", "key", "root", "sector", "region", "agreement", "demo", "grant", "request"},
)


def _enrol(said: statement.Statement, origin: str) -> None:
    body = said.body
    _exact(body, ENROL_FIELDS)
    asked = documents.read_enrolment_request(_b64(body, "request"), origin)
    for name in ("org", "kind", "key", "root", "sector", "region", "agreement"):
        if _text(body, name, bool) != _plain(getattr(asked, name)):
            raise HubError("enrolment-mismatch", where=f"body.{name}")
    if body["demo"] is not asked.demo:
        raise HubError("enrolment-mismatch", where="body.demo")
    _text(body, "org", fields.ORG_ID.fullmatch)
    _text(body, "kind", documents.ORG_KINDS.__contains__)
    _text(body, "agreement", AGREEMENT.fullmatch)
    _code(body["sector"], "body.sector", scheme="isic")
    _code(body["region"], "body.region", scheme="un-m49")
    _grant(body)


def _plain(value: object) -> object:
    return value.hex if isinstance(value, keys.PublicKey) else value


def _b64(body: Body, name: str) -> bytes:
    data = fields.unb64(body[name])
    if data is None:
        raise HubError("malformed-body", where=f"body.{name}")
    return data


def _code(value: object, where: str, *, scheme: str, also: tuple[str, ...] = ("multiple", "unknown")) -> None:
    if isinstance(value, str) and value in also:
        return
    if not isinstance(value, str):
        raise HubError("malformed-body", where=where)
    code = schemes.parse(value)
    if code.scheme != scheme:
        raise HubError("malformed-body", where=where)
    schemes.require(code)


def _grant(body: Body) -> None:
    grant = body["grant"]
    if (grant is None) == (body["kind"] == "regulator"):  # a regulator without a grant reads nothing; nobody else has one
        raise HubError("malformed-body", where="body.grant")
    if grant is None:
        return
    if not isinstance(grant, dict) or grant.keys() != {"sectors", "regions"}:
        raise HubError("malformed-body", where="body.grant")
    for name, scheme in (("sectors", "isic"), ("regions", "un-m49")):
        codes = grant[name]
        if not isinstance(codes, list) or not 1 <= len(codes) <= MAX_GRANT_CODES:
            raise HubError("malformed-body", where=f"body.grant.{name}")
        for i, code in enumerate(codes):
            _code(code, f"body.grant.{name}.{i}", scheme=scheme, also=(ANY_SECTOR_OR_REGION,))


CHECKS: dict[str, Callable[[statement.Statement, str], None]] = {
    "withdraw": _withdraw,
    "moderate": _moderate,
    "suspend": _suspend,
    "key-add": _key_add,
    "key-revoke": _key_revoke,
    "enrol": _enrol,
}
