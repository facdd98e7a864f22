"""Claims about upgrading a hub that has been used: from every earlier revision, on both engines, no row is lost or changed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import MetaData, insert, select, text
from sqlalchemy.orm import Session

from tocsin_hub.app import INLINES, derived
from tocsin_hub.ledger import anchor, check, readers
from tocsin_hub.store import migrate
from tocsin_hub.store.session import Store

REVISIONS = sorted(path.name[:4] for path in (migrate.location() / "versions").glob("0*.py"))
FIRST_WHOLE = "0005"
"""From this revision on every table that is kept in the append transaction is there; nobody ever ran an earlier one."""

_spec = importlib.util.spec_from_file_location("tocsin_fill", Path(__file__).with_name("fill.py"))
assert _spec is not None
assert _spec.loader is not None
fill: ModuleType = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fill)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="module")
def led(template: Any, simulators: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A dump of the newest revision, made by leading the life now."""
    with simulators.World(template, tmp_path_factory.mktemp("life")) as world:
        fill.lead(world, simulators)
        return fill.dump(world)


def _schema(session: Session, names: Any) -> MetaData:
    schema = MetaData()
    schema.reflect(session.connection(), only=lambda name, _: name in names)
    return schema


def _lay(store: Store, dump: Any) -> dict[str, list[str]]:
    """Put the rows of a dump into a database whose schema may be older; the columns that were laid, by table."""
    laid: dict[str, list[str]] = {}
    with store.write("test") as session:
        for table in _schema(session, dump["tables"]).sorted_tables:
            laid[table.name] = [column.name for column in table.c]
            session.execute(table.delete())
            rows = [{name: fill.value_of(row[name]) for name in laid[table.name]} for row in dump["tables"][table.name]]
            if rows:
                session.execute(insert(table), rows)
    return laid


def _changed(store: Store, dump: Any, laid: dict[str, list[str]]) -> list[str]:
    """Tables whose rows are not, in the columns that are still there, what was laid."""
    with store.read() as session:
        schema = _schema(session, dump["tables"])
        found = []
        for name, columns in laid.items():
            kept = [column for column in columns if column in schema.tables[name].c]
            before = [tuple(fill.value_of(row[column]) for column in kept) for row in dump["tables"][name]]
            after = [tuple(row) for row in session.execute(select(*(schema.tables[name].c[c] for c in kept)))]
            if sorted(map(repr, before)) != sorted(map(repr, after)):
                found.append(name)
    return found


def _anchored(dump: Any, path: Path) -> Path:
    anchor.create(path, dump["origin"])
    held = anchor.Anchor(path, dump["origin"])
    held.advance(0, dump["size"], bytes.fromhex(dump["root"]))
    held.close()
    return path


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_filled_hub_of_every_revision_comes_through_an_upgrade(
    empty_url: str, revision: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    dump = fill.stored(revision) or request.getfixturevalue("led")
    migrate.upgrade(empty_url, revision)
    store = Store(empty_url)
    assert migrate.current(store) == revision
    laid = _lay(store, dump)
    store.dispose()
    migrate.upgrade(empty_url)
    store = Store(empty_url)
    assert migrate.current(store) == migrate.head()
    assert migrate.differences(store) == []
    assert _changed(store, dump, laid) == []
    whole = revision >= FIRST_WHOLE
    rooms = derived(dump["prefix"]) if whole else ()
    assert not whole or readers.rebuild(store, rooms, lambda: 0) == dump["size"]
    found = check.fsck(
        store,
        origin=dump["origin"],
        anchor=_anchored(dump, tmp_path / "anchor"),
        inlines=INLINES if whole else (),
        readers=rooms,
        quick=not whole,
    )
    assert found == []
    store.dispose()


def test_a_life_leaves_rows_in_every_table(led: Any) -> None:
    """A table that stays empty would pass any migration. `tile` needs 256 entries; fsck looks after it elsewhere."""
    assert {name for name, rows in led["tables"].items() if not rows} == {"tile"}


@pytest.mark.parametrize("harm", ["DELETE FROM entry WHERE idx = 3", "UPDATE head SET amends = amends + 1"])
def test_a_migration_that_loses_or_changes_rows_would_be_seen(empty_url: str, harm: str) -> None:
    """The negative control."""
    dump = fill.stored(REVISIONS[0])
    migrate.upgrade(empty_url)
    store = Store(empty_url)
    laid = _lay(store, dump)
    assert _changed(store, dump, laid) == []
    with store.write("test") as session:
        session.execute(text(harm))
    assert _changed(store, dump, laid) == [harm.split()[2 if "FROM" in harm else 1]]
    store.dispose()
