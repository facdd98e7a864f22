"""The operator's walk: back up, lose the disk, restore under a new name, check, go on. And the old name stays closed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tocsin_hub import cli


def run(*words: str) -> tuple[int, dict[str, Any]]:
    """A command under --json: exit code and the object it prints."""
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("TOCSIN_")}
    result = CliRunner().invoke(cli.app, [*words, "--json"], env=clean)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def lived(template: Any, simulators: Any, tmp_path: Path) -> Any:
    """A hub on SQLite that took in three entries, was backed up, took in one more, and stopped; its backup."""
    with simulators.World(template, tmp_path) as world:
        member = world.member()
        for _ in range(2):
            world.accept(member.seal())
        world.settle()
        code, _ = run("backup", str(tmp_path / "copy"), "--dir", str(world.dir), "--anchor", str(world.settings.anchor))
        assert code == 0
        world.accept(member.seal())
        (tmp_path / "last").write_text(world.http.get("/v1/log/checkpoint").text)
        shutil.copytree(world.dir / "keys", tmp_path / "keys")
    return world


def test_backup_damage_restore_fsck(lived: Any, template: Any, tmp_path: Path) -> None:
    here = ("--dir", str(lived.dir), "--anchor", str(lived.settings.anchor))
    root = ("--root-key", str(template.path / "root.key"))
    database = lived.dir / "hub.db"
    database.write_bytes(database.read_bytes()[:20_000])  # the disk has lost most of it
    for leftover in lived.dir.glob("hub.db-*"):
        leftover.unlink()
    assert run("fsck", *here)[0] != 0
    # Putting the copy in its place is refused: the anchor knows more.
    shutil.copy(tmp_path / "copy" / "hub.db", database)
    code, said = run("fsck", *here)
    assert (code, said["data"]["findings"][0]["what"]) == (7, "anchor-ahead")
    # So it goes on under a new name.
    new = ("--dir", str(tmp_path / "new"), "--anchor", str(tmp_path / "new-anchor"))
    taken = run("restore", str(tmp_path / "copy"), "--origin", lived.policy.origin, *root, *new)
    assert (taken[0], "origin-used" in json.dumps(taken[1])) == (9, True)
    more = ("--keys", str(tmp_path / "keys"), "--last-checkpoint", str(tmp_path / "last"))
    code, said = run("restore", str(tmp_path / "copy"), "--origin", "hub.example.org/log-2", *root, *new, *more)
    assert code == 0, said
    assert (said["data"]["entries"], said["data"]["lost"], said["data"]["predecessor"]) == (3, 1, lived.policy.origin)
    assert run("fsck", *new)[0] == 0
    assert run("rebuild", *new)[1]["data"]["reached"] == 3
    assert run("fsck", *new)[0] == 0
