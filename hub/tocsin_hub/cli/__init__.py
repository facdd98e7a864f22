"""`tocsin-hub`: the operator's commands. Each imports what it needs inside, so that --help is quick.

init · migrate · serve · demo            make one, keep it current, run it, show it
enrolments · enrol · decline · members · suspend · tokens · desk · moderate     people; signed with an authority or desk key and sent through the one door
fsck · rebuild · backup · restore · erase          look after it; the hub must be down for rebuild and gone for restore
settings · version
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from tocsin_hub.cli import demo, desks, people, restoring, roster, setup, upkeep

app = typer.Typer(
    name="tocsin-hub",
    help="Run a Tocsin hub. 运行 Tocsin 中心。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for room in (setup, people, desks, roster, upkeep, restoring, demo):
    room.add_to(app)


def main() -> None:
    """The entry point: exit codes of cli/voice.py, 130 when interrupted; a wrong command line is said like any error."""
    from tocsin_hub.cli import voice

    usage: Any = typer.BadParameter.__mro__[1]  # click's UsageError, wherever typer keeps its click
    words = sys.argv[1:]
    try:
        ended = app(words, standalone_mode=False, prog_name="tocsin-hub")
        sys.exit(ended if isinstance(ended, int) else 0)
    except usage as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # a group alone: its help, and nothing went wrong but that
            print(error.format_message(), file=sys.stderr)
            sys.exit(voice.USAGE)
        hint = f"{'tocsin-hub' if error.ctx is None else error.ctx.command_path} --help"
        said = voice.Voice(as_json="--json" in words, lang=os.environ.get("TOCSIN_LANG", "en"))
        sys.exit(said.failed(voice.Stop(voice.USAGE, "usage", error.format_message(), hint)))
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
