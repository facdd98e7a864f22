"""Long-lived read tokens: made, listed and ended by the organisation that logged in; an authority may end them all.

They lie beside the tokens of a login and open the same reading view (`login.viewer`), but manage nothing: whoever steals
one can neither make another nor end its owner's. Kept: hash, label, beginning, end. Not kept: when one was used.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.members import directory, login
from tocsin_hub.store.tables import TokenRow

DAY_S = 86_400
MAX_DAYS = 365
MAX_LABEL_CHARACTERS = 80
MAX_GOOD = 50
ID_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Listed:
    """A token as its owner sees it again; `label` is None for one that a login gave."""

    id: str
    label: str | None
    created_unix_s: int | None
    expires_unix_s: int


def owner(session: Session, token: str | None, now_unix_s: int) -> str:
    """The organisation that a login's token speaks for.

    Raises HubError login-required without one, token-invalid, wrong-role (an author key has no long-lived tokens), or
    token-reads-only (a long-lived token manages nothing).
    """
    if token is None:
        raise HubError("login-required")
    row = login.good(session, token, now_unix_s)
    if row.subject_kind != "org":
        raise HubError("wrong-role")
    if row.label is not None:
        raise HubError("token-reads-only")
    return row.subject


def make(session: Session, org: str, label: str, days: int, now_unix_s: int) -> tuple[str, Listed]:
    """A fresh token of `org` for `days`; its text is nowhere else. Durable when the caller's transaction is.

    Raises HubError org-suspended or too-many-tokens.
    """
    if directory.find_org(session, org).suspended_idx is not None:
        raise HubError("org-suspended")
    good = select(func.count()).select_from(TokenRow).where(*_good(org, now_unix_s), col(TokenRow.label).is_not(None))
    if session.execute(good).scalar_one() >= MAX_GOOD:
        raise HubError("too-many-tokens")
    text = "tok-" + secrets.token_urlsafe(32)
    row = TokenRow(
        hash=login.hash_of(text),
        subject_kind="org",
        subject=org,
        expires_unix_s=now_unix_s + days * DAY_S,
        revoked=False,
        label=label,
        created_unix_s=now_unix_s,
    )
    session.add(row)
    session.flush()
    return text, _listed(row)


def list_good(session: Session, org: str, now_unix_s: int) -> list[Listed]:
    """The tokens of `org` that are good now, newest first."""
    order = (col(TokenRow.created_unix_s).desc(), col(TokenRow.hash))
    rows = session.execute(select(TokenRow).where(*_good(org, now_unix_s)).order_by(*order)).scalars()
    return [_listed(row) for row in rows]


def revoke(session: Session, org: str, id: str, now_unix_s: int) -> None:
    """End the token of `org` with this id. Raises HubError not-found."""
    rows = session.execute(select(TokenRow).where(*_good(org, now_unix_s))).scalars()
    found = [row for row in rows if _id(row) == id]
    if not found:
        raise HubError("not-found")
    for row in found:
        row.revoked = True
    session.flush()


def revoke_all(session: Session, org: str, now_unix_s: int) -> int:
    """End every token of `org`, of logins too; how many were good."""
    directory.find_org(session, org)
    ended: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(TokenRow).where(*_good(org, now_unix_s)).values(revoked=True)
    )
    return int(ended.rowcount)


def _good(org: str, now_unix_s: int) -> tuple[Any, ...]:
    return (
        col(TokenRow.subject_kind) == "org",
        col(TokenRow.subject) == org,
        col(TokenRow.revoked).is_(False),
        col(TokenRow.expires_unix_s) > now_unix_s,
    )


def _id(row: TokenRow) -> str:
    return row.hash.hex()[:ID_CHARACTERS]


def _listed(row: TokenRow) -> Listed:
    return Listed(_id(row), row.label, row.created_unix_s, row.expires_unix_s)
