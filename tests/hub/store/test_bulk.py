"""Many rows in few statements, on both engines: every row, every column, whatever their number."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from tocsin_hub.store import bulk
from tocsin_hub.store.session import Store
from tocsin_hub.store.tables import HeadRow, RecordTagRow

_TAG = RecordTagRow.__table__  # type: ignore[attr-defined]


def _rows(count: int) -> list[dict[str, object]]:
    return [{"tag": f"scheme@1:{n}", "rec": n, "own": n % 2 == 0} for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 17, 64, 100, 256])
def test_every_row_arrives_as_it_was_given(store: Store, count: int) -> None:
    with store.write("test") as session:
        bulk.insert_rows(session, _TAG, _rows(count))
    with store.read() as session:
        found = session.execute(select(_TAG).order_by(_TAG.c.rec)).all()
    assert [dict(row._mapping) for row in found] == _rows(count)


def test_bytes_and_nulls_arrive_too(store: Store) -> None:
    head = HeadRow.__table__  # type: ignore[attr-defined]
    empty = {column.name: None for column in head.columns}
    row = {**empty, "thread": b"\0\xff", "digest": b"d", "author_key": "k", "kind": "incident", "mode": "attributed"}
    row |= {"first_idx": 2**40, "head_idx": 1, "amends": 0, "state": "published"}
    with store.write("test") as session:
        bulk.insert_rows(session, head, [row])
    with store.read() as session:
        found = session.execute(select(head)).one()._mapping
    assert {**found, "thread": bytes(found["thread"]), "digest": bytes(found["digest"])} == row


def test_a_hundred_rows_are_a_handful_of_statements(sqlite_store: Store) -> None:
    said: list[str] = []
    event.listen(sqlite_store.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    with sqlite_store.write("test") as session:
        bulk.insert_rows(session, _TAG, _rows(100))
    assert sum(text.startswith("INSERT") for text in said) == 4  # 64 + 16 + 16 + 4


def test_one_bad_row_refuses_all(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write("test") as session:
        bulk.insert_rows(session, _TAG, [*_rows(20), *_rows(1)])
    with store.read() as session:
        assert session.execute(select(_TAG)).all() == []
