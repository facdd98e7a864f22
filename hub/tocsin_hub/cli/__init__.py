"""`tocsin-hub`: the operator's commands. Each imports what it needs inside, so that --help is quick.

init · migrate · serve · demo            make one, keep it current, run it, show it
enrolments · enrol · members · suspend · tokens · desk · moderate     people; signed with an authority or desk key and sent through the one door
fsck · rebuild · backup · erase          look after it; the hub must be down for rebuild
settings · version
"""

from __future__ import annotations

import sys

import typer

from tocsin_hub.cli import demo, people, roster, setup, upkeep

app = typer.Typer(
    name="tocsin-hub",
    help="Run a Tocsin hub. 运行 Tocsin 中心。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for room in (setup, people, roster, upkeep, demo):
    room.add_to(app)


def main() -> None:
    """The entry point: exit codes of cli/voice.py, 130 when interrupted."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
