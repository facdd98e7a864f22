"""The pages about the client say what is true: every command and option is named, and the README's lines are the example's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer.main

from tocsin_client.cli import app

ROOT = Path(__file__).resolve().parents[2]
CLI = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
HIDDEN = {"--help", "--demo", "--install-completion", "--show-completion"}


def _commands(group: Any = None, before: str = "") -> dict[str, Any]:
    """Every command by its words: `keys list` is one."""
    found: dict[str, Any] = {}
    tree: Any = group or typer.main.get_command(app.app)
    for name, command in tree.commands.items():
        whole = f"{before}{name}"
        found |= _commands(command, f"{whole} ") if hasattr(command, "commands") else {whole: command}
    return found


def test_every_command_is_on_the_page_and_nothing_else_is() -> None:
    for name in _commands():
        assert re.search(rf"`tocsin {name}\b", CLI), name
    firsts = {name.split()[0] for name in _commands()}
    assert set(re.findall(r"`tocsin ([a-z]+)", CLI)) <= firsts
    for first in ("keys", "tokens"):
        named = set(re.findall(rf"`tocsin {first} ([a-z-]+)", CLI))
        assert {f"{first} {word}" for word in named} <= set(_commands())


def test_every_option_is_on_the_page() -> None:
    for name, command in _commands().items():
        options = {o for p in command.params for o in p.opts if o.startswith("--")} - HIDDEN
        for option in options:
            assert option in CLI, f"{name} {option}"


def test_every_option_on_the_page_exists() -> None:
    group: Any = typer.main.get_command(app.app)
    known = {o for c in [group, *_commands().values()] for p in c.params for o in p.opts} | HIDDEN
    assert set(re.findall(r"`(?:tocsin [^`]*?)?(--[a-z-]+)", CLI)) <= known


def test_the_readme_shows_the_example_that_is_run() -> None:
    example = (ROOT / "docs/examples/quickstart.py").read_text(encoding="utf-8").split('"""\n\n', 1)[1]
    readme = (ROOT / "client/README.md").read_text(encoding="utf-8")
    assert f"```python\n{example}```" in readme
    assert len(example.strip().splitlines()) <= 18


def test_every_method_on_the_readme_exists() -> None:
    from tocsin_client import Draft, Hub, Preview, Receipt

    readme = (ROOT / "client/README.md").read_text(encoding="utf-8")
    for owner, kind in (("hub", Hub), ("Draft", Draft), ("draft", Draft), ("preview", Preview), ("receipt", Receipt)):
        for name in re.findall(rf"\b{owner}\.([a-z_]+)\(", readme):
            assert hasattr(kind, name), f"{owner}.{name}"
