"""Claims about migrations: from empty to what the tables say, on both engines, twice without harm, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import ProgrammingError

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import append
from tocsin_hub.store import migrate
from tocsin_hub.store.session import Store
from tocsin_trust import merkle


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("postgres_url"))


def test_migrations_make_what_the_tables_say(empty_url: str) -> None:
    assert migrate.upgrade(empty_url) == migrate.head()
    store = Store(empty_url)
    assert migrate.differences(store) == []
    migrate.require_current(store)
    with store.read() as session:
        assert append.size(session) == (0, merkle.EMPTY_ROOT)
    store.dispose()


def test_the_comparison_would_see_a_forgotten_column_and_index(empty_url: str) -> None:
    """The negative control of the test above."""
    migrate.upgrade(empty_url)
    store = Store(empty_url)
    with store.write("test") as session:
        session.execute(text("ALTER TABLE org_name DROP COLUMN name"))
        session.execute(text("DROP INDEX ix_head_author_key"))
    assert {difference[0] for difference in migrate.differences(store)} == {"add_column", "add_index"}
    store.dispose()


def test_a_second_run_changes_nothing(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    store = Store(empty_url)
    with store.write("test") as session:
        session.execute(text("INSERT INTO org_name (org, name) VALUES ('a', 'b')"))
    migrate.upgrade(empty_url)
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM org_name")).scalar_one() == 1
    store.dispose()


def test_a_hub_refuses_a_database_that_was_not_migrated(empty_url: str) -> None:
    store = Store(empty_url)
    with pytest.raises(HubError, match="schema-behind"):
        migrate.require_current(store)
    store.dispose()


def test_a_migration_that_fails_half_way_leaves_nothing(empty_url: str) -> None:
    store = Store(empty_url)
    with store.write("test") as session:
        session.execute(text("CREATE TABLE trend_row (x INTEGER)"))  # in the way of the last script
    with pytest.raises((HubError, ProgrammingError)):
        migrate.upgrade(empty_url)
    with store.read() as session:
        assert set(inspect(session.connection()).get_table_names()) == {"trend_row"}
    store.dispose()


def test_every_revision_follows_the_one_before() -> None:
    names = sorted(path.name[:4] for path in (migrate.location() / "versions").glob("*.py"))
    assert names == [f"{n:04d}" for n in range(1, len(names) + 1)]
    assert names[-1] == migrate.head()


def test_the_full_text_table_holds_tokens_as_they_come(sqlite_store: Store) -> None:
    with sqlite_store.write("test") as session:
        session.execute(text("INSERT INTO record_fts (rowid, tokens) VALUES (7, 'gpt 4o 诈 诈骗 naïve')"))
    with sqlite_store.read() as session:
        for word, hits in (("诈骗", [7]), ("诈", [7]), ("naïve", [7]), ("naive", []), ("骗", [])):
            found = session.execute(text("SELECT rowid FROM record_fts WHERE record_fts MATCH :w"), {"w": f'"{word}"'})
            assert list(found.scalars()) == hits, word
