"""Trend tables by plain SQL: the peer, and the truth that ours must equal cell by cell.

SQLite counts over the catalogue's own rows (`record`, `record_tag`), which another reader writes; DuckDB over the same rows
in columns of its own. Both apply the visibility that members.access states in SQL. Only additions that count are there: an
amended record is its newest version and a withdrawn one is gone, so retractions are part of the comparison.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from tocsin_hub.members import access
from tocsin_hub.store import tables
from tocsin_hub.trends import columns, query
from tocsin_taxonomy import regions

Cells = dict[tuple[str, ...], tuple[int, int]]
_RECORD = tables.RecordRow.__table__  # type: ignore[attr-defined]
KEYS = {
    "leaf": "t.tag",
    "category": "t.tag",
    "sector": "r.sector",
    "region": "r.region",
    "year": "CAST(r.occurred_year AS TEXT)",
    "quarter": "CAST(r.occurred_year AS TEXT) || '-Q' || CAST(r.occurred_quarter AS TEXT)",
    "severity": "CAST(r.severity_potential AS TEXT)",
}


def levels(session: Session) -> list[tuple[str, str]]:
    """(tag, category or leaf) for every tag in use that trends group by."""
    used = session.execute(text("SELECT DISTINCT tag FROM record_tag")).scalars()
    return [(tag, level) for tag in used if (level := columns.level_of(tag)) is not None]


def lay_levels(session: Session) -> None:
    """Keep `levels` in a temporary table of this connection, for the SQL below."""
    session.execute(text("CREATE TEMP TABLE IF NOT EXISTS level (tag TEXT PRIMARY KEY, level TEXT) WITHOUT ROWID"))
    session.execute(text("DELETE FROM level"))
    session.execute(
        text("INSERT INTO level VALUES (:tag, :level)"), [{"tag": t, "level": v} for t, v in levels(session)]
    )


def visible_sql(viewer: access.Viewer) -> str:
    """The visibility of `viewer` over `record` as SQL text with its values in it."""
    compiled = access.visible(viewer).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    return str(compiled)


def statement(viewer: access.Viewer, asked: query.TrendQuery) -> str:
    """The table of `asked` in SQL that SQLite and DuckDB both read. `level` holds the levels of tags."""
    where = [f"({visible_sql(viewer).replace('record.', 'r.')})", "r.state = 'published'", "r.kind = 'incident'"]
    where.append("r.record_type IS DISTINCT FROM 'exercise'")
    joins, keys = [], []
    for dim in asked.by:
        if dim in query.TAG_DIMS:
            joins.append("JOIN record_tag t ON t.rec = r.rec")
            joins.append(f"JOIN level l ON l.tag = t.tag AND l.level = '{dim}'")
        keys.append(KEYS[dim])
        where.append(f"{KEYS[dim]} IS NOT NULL")
    if asked.tags:
        where.append(f"r.rec IN (SELECT rec FROM record_tag WHERE tag IN ({_listed(asked.tags)}))")
    if asked.regions:
        inside = [c for c in regions.intersecting(asked.regions) if any(regions.covers(a, c) for a in asked.regions)]
        where.append(f"r.region IN ({_listed(sorted({*inside, *asked.regions}))})")
    for column, values in (("sector", asked.sectors), ("occurred_year", asked.years)):
        if values:
            where.append(f"r.{column} IN ({_listed(values)})")
    if asked.severity_min is not None:
        where.append(f"r.severity_potential >= {asked.severity_min}")
    spread = ", ".join(keys)
    count = "count(DISTINCT r.rec), count(DISTINCT coalesce(r.author_org, r.author_key))"
    return f"SELECT {spread}, {count} FROM record r {' '.join(joins)} WHERE {' AND '.join(where)} GROUP BY {spread}"


def _listed(values: Any) -> str:
    return ", ".join(str(v) if isinstance(v, int) else f"'{v}'" for v in values)


def cells_of(rows: Any, dims: int) -> Cells:
    """Rows of `statement` as cells."""
    return {tuple(row[:dims]): (row[dims], row[dims + 1]) for row in rows}


def duck(session: Session) -> Any:
    """A DuckDB connection with the same tables in memory; ImportError if it is not installed."""
    import duckdb

    held = duckdb.connect()
    names = [
        "rec",
        "kind",
        "state",
        "record_type",
        "tlp",
        "readers",
        "embargo_until_unix_s",
        "author_org",
        "author_key",
        "sector",
        "region",
    ]
    names += ["occurred_year", "occurred_quarter", "severity_potential"]
    rows = session.execute(select(*(_RECORD.c[name] for name in names))).all()
    integers = ("rec", "readers", "embargo_until_unix_s", "occurred_year", "occurred_quarter", "severity_potential")
    _load(held, "record", [(name, "BIGINT" if name in integers else "VARCHAR") for name in names], rows)
    tags = session.execute(text("SELECT tag, rec FROM record_tag")).all()
    _load(held, "record_tag", [("tag", "VARCHAR"), ("rec", "BIGINT")], tags)
    _load(held, "record_recipient", [("rec", "BIGINT"), ("org", "VARCHAR")], [])
    _load(held, "level", [("tag", "VARCHAR"), ("level", "VARCHAR")], levels(session))
    return held


def _load(held: Any, name: str, shape: list[tuple[str, str]], rows: Any) -> None:
    import numpy as np

    held.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in shape)})")
    if not rows:
        return
    laid = {}
    for at, (column, kind) in enumerate(shape):
        values = [row[at] for row in rows]
        if kind == "BIGINT":
            laid[column] = np.ma.array(
                [0 if v is None else v for v in values], mask=[v is None for v in values], dtype=np.int64
            )
        else:
            laid[column] = np.array(values, dtype=object)
    held.register("laid", laid)
    held.execute(f"INSERT INTO {name} SELECT {', '.join(column for column, _ in shape)} FROM laid")
    held.unregister("laid")
