"""How many of the records chosen each response reaches: those that name a specific risk which it addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from tocsin_hub.members import access
from tocsin_hub.trends import query
from tocsin_hub.trends.columns import Columns, level_of
from tocsin_hub.web.figures.figure import Response


@dataclass(frozen=True, slots=True)
class Remedy:
    """A mitigation that the viewer may read: its title, in its own language, and the compact codes of what it addresses."""

    record_id: str
    title: str
    lang: str
    addresses: tuple[str, ...]


def responses(
    session: Session, columns: Columns, viewer: access.Viewer, asked: query.TrendQuery, remedies: Sequence[Remedy]
) -> list[Response]:
    """The hits of each remedy among the records that `asked` chooses and `viewer` may read; equal sets of codes are asked once.

    Only leaves are matched: who addresses a category as a whole is not credited with every record below it. A filter by tags narrows
    by |tags| + |codes| - |tags or codes|, because the tags of one question are alternatives.
    """
    known: dict[tuple[str, ...], int] = {}
    base = asked.tags and _total(session, columns, viewer, asked, asked.tags)
    found = []
    for remedy in remedies:
        codes = tuple(sorted({code for code in remedy.addresses if level_of(code) == "leaf"}))
        if codes and codes not in known:
            hits = _total(session, columns, viewer, asked, codes)
            if asked.tags:
                hits += int(base or 0) - _total(session, columns, viewer, asked, (*asked.tags, *codes))
            known[codes] = hits
        found.append(Response(remedy.record_id, remedy.title, remedy.lang, known.get(codes, 0)))
    return found


def _total(
    session: Session, columns: Columns, viewer: access.Viewer, asked: query.TrendQuery, tags: tuple[str, ...]
) -> int:
    return query.table(session, columns, viewer, replace(asked, by=("record_type",), tags=tags)).total
