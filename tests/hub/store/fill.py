"""A database that people have used, kept as text: every table's rows after a small life through the real door.

    python tests/hub/store/fill.py          writes filled/<newest revision>.json

Run it at each release. A test lays the oldest dump that knows a revision's columns into a database at that revision and
migrates it; a revision newer than every dump is tried on a life led on the spot. Dumps are never edited.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tocsin_hub.store import migrate
from tocsin_hub.store.tables import metadata

FOLDER = Path(__file__).with_name("filled")
Dump = dict[str, Any]


def lead(world: Any, simulators: Any) -> None:
    """Everything that leaves a row: members, threads of each kind and state, moderation, tokens, a request that waits."""
    member, other, desk = world.member(), world.member("industry-body"), world.member("desk")
    regulator = world.member("regulator", {"sectors": ["isic@4:K"], "regions": ["un-m49@2024:001"]})
    first = world.accept(member.seal())
    world.accept(member.seal("amend", prev=first))
    world.accept(member.seal("mitigation", simulators.MITIGATION))
    named = {"tlp": "red", "recipients": [other.org]}
    world.accept(other.seal(body=simulators.incident(marking=named)))
    hidden, erased, ended = (world.accept(member.seal()) for _ in range(3))
    world.accept(desk.seal("moderate", {"thread": hidden, "action": "hide", "reason": "spam"}))
    world.accept(desk.seal("moderate", {"thread": erased, "action": "erase", "reason": "unlawful"}))
    world.accept(member.seal("withdraw", {"reason": "privacy"}, prev=ended))
    nameless, author = member.nameless()
    world.accept(nameless)
    world.accept(world.by_authority("suspend", {"org": other.org, "reason": "left"}))
    for key in (regulator.key, author):
        regulator.login(key)
    joined, waiting = world.stranger(), world.stranger()
    for person in (joined, waiting):
        asked = base64.b64encode(world.request(person)).decode()
        answer = world.http.post("/v1/enrolments", json={"envelope": asked, "name": "A name", "publishName": True})
        assert answer.status_code == 202, answer.text
    world.accept(world.enrolment(joined))
    world.settle()


def dump(world: Any) -> Dump:
    """Every row of every table, and what the anchor says."""
    tables: dict[str, list[dict[str, Any]]] = {}
    with world.hub.store.read() as session:
        for table in metadata.sorted_tables:
            rows = session.execute(select(table)).mappings()
            tables[table.name] = [{name: _plain(value) for name, value in row.items()} for row in rows]
    mark = world.hub.anchor.mark
    return {
        "revision": migrate.head(),
        "origin": mark.origin,
        "prefix": world.hub.keyring.prefix,
        "size": mark.size,
        "root": mark.root.hex(),
        "tables": tables,
    }


def _plain(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def value_of(plain: Any) -> Any:
    """What `dump` wrote down."""
    return bytes.fromhex(plain["hex"]) if isinstance(plain, dict) else plain


def stored(revision: str) -> Dump | None:
    """The oldest dump that knows all columns of `revision`, or None if every dump is older than it."""
    for path in sorted(FOLDER.glob("*.json")):
        if path.stem >= revision:
            return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    return None


def main() -> None:
    """Write the dump of the newest revision."""
    path = Path(__file__).resolve().parents[2] / "simulators" / "world.py"
    spec = importlib.util.spec_from_file_location("tocsin_world", path)
    assert spec is not None
    assert spec.loader is not None
    simulators = importlib.util.module_from_spec(spec)
    sys.modules["tocsin_world"] = simulators
    spec.loader.exec_module(simulators)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "run").mkdir()
        template = simulators.Template(Path(folder))
        with simulators.World(template, Path(folder) / "run") as world:
            lead(world, simulators)
            found = dump(world)
    to = FOLDER / f"{found['revision']}.json"
    to.write_text(json.dumps(found, indent=None, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")
    print(to, to.stat().st_size)


if __name__ == "__main__":
    main()
