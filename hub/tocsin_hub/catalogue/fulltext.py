"""Full text on both engines: finished tokens in, an exact AND of tokens out; no engine splits, ranks or interprets.

SQLite: `record_fts(tokens)`, FTS5, rowid = rec. PostgreSQL: `record_search(rec, tokens tsvector)` with a GIN index.
There is no score: ranking by bm25 tells a reader how often a word stands in records it may not read (its idf is global).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, TableClause, cast, column, delete, literal, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from tocsin_hub.store import bulk

_FTS = table("record_fts", column("rowid"), column("tokens"))
_SEARCH = table("record_search", column("rec"), column("tokens"))


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def write(session: Session, tokens_by_rec: Mapping[int, Sequence[str]], gone: Sequence[int]) -> None:
    """Replace the tokens of the records given and remove those of `gone`."""
    touched = [*tokens_by_rec, *gone]
    if not touched:
        return
    if not _is_postgres(session):
        session.execute(delete(_FTS).where(_FTS.c.rowid.in_(touched)))
        bulk.insert_rows(session, _FTS, [{"rowid": rec, "tokens": " ".join(w)} for rec, w in tokens_by_rec.items()])
        return
    session.execute(delete(_SEARCH).where(_SEARCH.c.rec.in_(touched)))
    if tokens_by_rec:
        insert = "INSERT INTO record_search (rec, tokens) VALUES (:rec, array_to_tsvector(CAST(:tokens AS text[])))"
        session.execute(text(insert), [{"rec": rec, "tokens": list(words)} for rec, words in tokens_by_rec.items()])


def clear(session: Session) -> None:
    """Forget every token; for a rebuild, which writes them again."""
    session.execute(text("DELETE FROM record_search" if _is_postgres(session) else "DELETE FROM record_fts"))


def optimise(session: Session) -> None:
    """Merge the FTS5 segments, so that the words of erased records leave the file (SQLite keeps them until then)."""
    if not _is_postgres(session):
        session.execute(text("INSERT INTO record_fts (record_fts) VALUES ('optimize')"))


def matching(session: Session, words: Sequence[str]) -> tuple[TableClause, ColumnElement[int], ColumnElement[bool]]:
    """(table, its record column, condition) to join records that hold every one of `words` (from `tokens.of_query`)."""
    if _is_postgres(session):
        asked: ColumnElement[Any] = cast(literal(" & ".join(_quote(session, w) for w in words)), TSQUERY)
        return _SEARCH, _SEARCH.c.rec, _SEARCH.c.tokens.op("@@", is_comparison=True)(asked)
    asked = literal(" AND ".join(_quote(session, w) for w in words))
    return _FTS, _FTS.c.rowid, literal_column("record_fts").op("MATCH", is_comparison=True)(asked)


def _quote(session: Session, word: str) -> str:
    """A token holds only letters and digits (tokens.py), so quoting it is belt and braces."""
    mark = "'" if _is_postgres(session) else '"'
    return f"{mark}{word.replace(mark, mark * 2)}{mark}"


def tokens_of(session: Session, rec: int) -> str | None:
    """What the index holds for one record, as text; None if nothing. For tests and fsck."""
    source = select(text("tokens")).select_from(_SEARCH if _is_postgres(session) else _FTS)
    key = _SEARCH.c.rec if _is_postgres(session) else _FTS.c.rowid
    found = session.execute(source.where(key == rec)).scalar()
    return None if found is None else str(found)
