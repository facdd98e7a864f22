"""Migrations: bring a database of either engine to the newest schema, and refuse to run on any other.

The scripts lie in migrations/ at the top of the source tree and, in an installed hub, inside the package. The Alembic
configuration is made here, so there is no ini file to find. All steps run in one transaction on both engines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import autogenerate, command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tocsin_hub.errors import HubError
from tocsin_hub.store.session import Store
from tocsin_hub.store.tables import metadata

# Made by a migration but not tables of ours: the full-text index of either engine and what FTS5 keeps beside it.
FULLTEXT_PREFIXES = ("record_fts", "record_search")


def location() -> Path:
    """Where the scripts lie. Raises FileNotFoundError if this installation has none."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_migrations", package.parent.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise FileNotFoundError("the migrations are not installed")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(location()))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(database_url: str, to: str = "head") -> str:
    """Bring the database to revision `to`, by default the newest, and return the newest. Durable on return, or nothing
    was changed.

    Run it with the hub stopped. Raises HubError busy, disk-full or storage-failed, or what the
    engine says of a script that does not fit what it finds.
    """
    store = Store(database_url)
    try:
        config = _config()
        with store.write("migrate") as session:
            config.attributes["connection"] = session.connection()
            command.upgrade(config, to)
    finally:
        store.dispose()
    return head()


def head() -> str:
    """The revision that this version of the hub works with."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    if found is None:
        raise FileNotFoundError("the migrations are not installed")
    return found


def current(store: Store) -> str | None:
    """The revision of the database, or None for an empty one."""
    with store.read() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def require_current(store: Store) -> None:
    """Raise HubError schema-behind unless the database is at `head()`."""
    if current(store) != head():
        raise HubError("schema-behind")


def differences(store: Store) -> list[Any]:
    """What Alembic would still have to do to make the database fit `store.tables`; empty if a migration forgot nothing."""
    with store.read() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": True, "include_name": include_name}
        )
        return list(autogenerate.compare_metadata(context, metadata))


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    """Whether Alembic looks at a database object: not at the full-text index, which is outside of the metadata."""
    return not (type_ == "table" and name is not None and name.startswith(FULLTEXT_PREFIXES))
