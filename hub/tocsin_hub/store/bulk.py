"""Many rows in few statements.

The driver gives the interpreter up and asks for it again at every step of SQLite, and with executemany every row is a step:
beside a thread that computes, a batch of 100 waited for it 400 times. One INSERT of many rows is one step. PostgreSQL's
driver sends executemany in one go already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import TableClause, insert
from sqlalchemy.orm import Session

SIZES = (64, 16, 4, 1)
"""Rows per statement, largest first: few different texts, so that the driver finds each prepared."""


def insert_rows(session: Session, table: TableClause, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all have the same columns, in order. Values go to SQLite as they are: no type of ours converts."""
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), list(rows))
        return
    columns = tuple(rows[0])
    at = 0
    for size in SIZES:
        while len(rows) - at >= size:
            values = [row[name] for row in rows[at : at + size] for name in columns]
            connection.exec_driver_sql(_text(table.name, columns, size), tuple(values))
            at += size


@lru_cache(maxsize=256)
def _text(table: str, columns: tuple[str, ...], size: int) -> str:
    one = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * size)}"  # noqa: S608  names of our own
