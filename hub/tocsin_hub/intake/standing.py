"""A guard for nameless authors: a certificate ends with the good standing of whoever asked for it.

The mathematics of a certificate cannot know that its holder was suspended yesterday. The hub keeps, for counting, a sealed
tag of who asked; while any organisation is suspended, the tags of new threads are compared with theirs. Nobody but the
sender learns of it, and amending or withdrawing what was said before stays possible.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.intake.admit import RECORD_KINDS
from tocsin_hub.ledger import entries, readers
from tocsin_hub.members.pseudonyms import Pseudonyms
from tocsin_hub.store import tables

_ORG = readers.table_of(tables.OrgRow)
_SUSPENDED = select(_ORG.c.org).where(_ORG.c.suspended_idx.is_not(None))


def guard(pseudonyms: Pseudonyms) -> entries.Guard:
    """The guard over the tags that `pseudonyms` sealed."""

    def require(session: Session, items: Sequence[entries.Admitted]) -> list[HubError | None]:
        said = [item.statement for item in items]
        nameless = {s.kid for s in said if _opens(s.mode, s.kind)}
        if not nameless:
            return [None] * len(items)
        suspended = set(session.connection().execute(_SUSPENDED).scalars())
        suspended |= {s.body["org"] for s in said if s.kind == "suspend"}
        barred = _barred(session, pseudonyms, nameless, suspended) if suspended else set()
        return [
            HubError("org-suspended", where="cred") if _opens(s.mode, s.kind) and s.kid in barred else None
            for s in said
        ]

    return require


def _opens(mode: str, kind: str) -> bool:
    return mode != "attributed" and kind in RECORD_KINDS


def _barred(session: Session, pseudonyms: Pseudonyms, kids: set[str], suspended: set[str]) -> set[str]:
    tags = {pseudonyms.contributor(org) for org in suspended}
    row = tables.PseudonymRow
    held = session.execute(select(row).where(col(row.author_key).in_(kids))).scalars()
    return {each.author_key for each in held if pseudonyms.tag_of(each) in tags}
