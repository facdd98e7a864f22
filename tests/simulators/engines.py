"""Fixtures that every wing's tests may ask for: databases of both engines, and whole hubs on them.

sqlite_url, sqlite_store        a migrated SQLite database, copied from a template
migrated_postgres_url           the same on PostgreSQL: CREATE DATABASE ... TEMPLATE, about 20 ms where /dev/shm is there
postgres_url                    a new, empty PostgreSQL database
store                           a migrated store, once per engine
world, sqlite_world             a running hub with nobody in it (tests/simulators/world.py): on each engine, or SQLite only
house, any_house                a small hub for the tests of reading (tests/hub/catalogue/harness.py)

One PostgreSQL server per session, of our own, or TOCSIN_TEST_POSTGRES_URL. Tests on it are marked `postgres`. Those that
only repeat on it what SQLite has shown (`world`, `house`) are `slow` too; `store`, `any_house` and `either_world` are not.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tocsin_hub.store import migrate
from tocsin_hub.store.session import Store

TESTS = Path(__file__).resolve().parents[1]
QUICK = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
THOROUGH = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])]


def load(path: str) -> ModuleType:
    """The module at tests/`path`: tests are no package, so it is loaded by its path, once."""
    name = "tocsin_tests_" + path.removesuffix(".py").replace("/", "_")
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, TESTS / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


# --- databases ---------------------------------------------------------------------------------------------------------


def _as_postgres(*command: str) -> list[str]:
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


def _no_postgres(reason: str) -> None:
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _room() -> str:
    """Where the server's files go: memory if there is enough, for it takes the tests from 200 ms to 20. A short path
    either way: a UNIX socket's name has at most 107 bytes."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        return str(memory)
    return "/tmp"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database: TOCSIN_TEST_POSTGRES_URL, or a server of our own."""
    given = os.environ.get("TOCSIN_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        _no_postgres("PostgreSQL is not on this machine (no initdb under /usr/lib/postgresql)")
    binaries = found[-1].parent
    home = Path(tempfile.mkdtemp(prefix="tocsin-pg-", dir=_room()))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = home / "data"
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "cwd": "/"}
    subprocess.run(
        _as_postgres(
            str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C"
        ),
        **quiet,
    )
    options = f"-k {home} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=60"
    control = str(binaries / "pg_ctl")
    subprocess.run(
        _as_postgres(control, "-D", str(data), "-l", str(home / "log"), "-o", options, "-w", "start"), **quiet
    )
    # The server ends when this pipe does: also if the tests are killed, which no `finally` would see.
    stop = " ".join(_as_postgres(control, "-D", str(data), "-m", "immediate", "-w", "stop"))
    warden = subprocess.Popen(
        ["/bin/sh", "-c", f"read _; {stop}; rm -rf {home}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    finally:
        assert warden.stdin is not None
        warden.stdin.close()
        warden.wait(30)


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: str) -> str:
    name = f"tocsin_template_{secrets.token_hex(4)}"
    _administer(postgres_server, f'CREATE DATABASE "{name}"')
    migrate.upgrade(_named(postgres_server, name))
    return name


def _named(server: str, name: str) -> str:
    head, _, query = server.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{name}" + (f"?{query}" if query else "")


def _administer(server: str, command: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database."""
    name = f"tocsin_{secrets.token_hex(6)}"
    _administer(postgres_server, f'CREATE DATABASE "{name}" STRATEGY FILE_COPY')
    yield _named(postgres_server, name)
    _administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def migrated_postgres_url(postgres_server: str, _postgres_template: str) -> Iterator[str]:
    """The URL of a new PostgreSQL database at the newest revision."""
    name = f"tocsin_{secrets.token_hex(6)}"
    _administer(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{_postgres_template}" STRATEGY FILE_COPY')
    yield _named(postgres_server, name)
    _administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hub.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """The URL of a new SQLite database at the newest revision."""
    path = tmp_path / "hub.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A migrated SQLite store."""
    store = Store(sqlite_url, busy_timeout_ms=5_000)
    yield store
    store.dispose()


def _url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"))


@pytest.fixture(params=QUICK)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A migrated store, once per engine."""
    store = Store(_url(request), busy_timeout_ms=5_000)
    yield store
    store.dispose()


# --- hubs --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def simulators() -> ModuleType:
    """The module tests/simulators/world.py."""
    return load("simulators/world.py")


@pytest.fixture(scope="session")
def siege() -> ModuleType:
    """The module tests/simulators/siege.py."""
    return load("simulators/siege.py")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, simulators: Any) -> Any:
    """A hub's directory to copy."""
    return simulators.Template(tmp_path_factory.mktemp("hub-template"))


@pytest.fixture
def sqlite_world(template: Any, simulators: Any, tmp_path: Path) -> Iterator[Any]:
    """A running hub on SQLite, for tests that look into its files."""
    with simulators.World(template, tmp_path) as running:
        yield running


def _running(request: pytest.FixtureRequest) -> Iterator[Any]:
    template, tmp_path = request.getfixturevalue("template"), request.getfixturevalue("tmp_path")
    url = None if request.param == "sqlite" else request.getfixturevalue("migrated_postgres_url")
    with load("simulators/world.py").World(template, tmp_path, database_url=url) as running:
        yield running


@pytest.fixture(params=THOROUGH)
def world(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A running hub with nobody in it, once per engine; PostgreSQL with the slow tests."""
    yield from _running(request)


@pytest.fixture(params=QUICK)
def either_world(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A running hub with nobody in it, once per engine; PostgreSQL with the quick tests too."""
    yield from _running(request)


@pytest.fixture(scope="session")
def h() -> ModuleType:
    """The harness of the tests of reading: bodies, viewers, the House."""
    return load("hub/catalogue/harness.py")


def _housed(request: pytest.FixtureRequest) -> Iterator[Any]:
    found = load("hub/catalogue/harness.py").House(_url(request))
    yield found
    found.close()


@pytest.fixture(params=THOROUGH)
def house(request: pytest.FixtureRequest) -> Iterator[Any]:
    """An empty House, once per engine; PostgreSQL with the slow tests."""
    yield from _housed(request)


@pytest.fixture(params=QUICK)
def any_house(request: pytest.FixtureRequest) -> Iterator[Any]:
    """An empty House, once per engine; PostgreSQL with the quick tests too."""
    yield from _housed(request)
