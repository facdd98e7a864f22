"""The tree of commands, the options all share, and the edge where every error becomes a message and an exit code."""

import sys
from typing import Annotated, Any

import typer

from tocsin_client import errors, messages
from tocsin_client.cli import joining, offline, own, page, reading, sending, voice, writing

_SHARED_FLAGS = ("--json", "--quiet", "--no-color")
_SHARED_OPTIONS = ("--lang", "--profile", "--hub")

app = typer.Typer(
    name="tocsin",
    help="Report AI incidents without being named, verify every receipt, learn what others learned.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _shared(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    lang: Annotated[str | None, typer.Option(help="zh or en; else TOCSIN_LANG, else the locale.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no notes.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colour (also NO_COLOR).")] = False,
    profile: Annotated[str, typer.Option(envvar="TOCSIN_PROFILE", help="Which hub and keys to use.")] = "default",
    hub: Annotated[
        str | None, typer.Option(envvar="TOCSIN_HUB_URL", help="The hub's address; else the profile's.")
    ] = None,
) -> None:
    said = ctx.find_object(voice.Voice)
    assert said is not None
    said.json, said.quiet, said.profile, said.hub_url = json, quiet, profile, hub
    said.lang = voice.language(lang)
    said.color = voice.wants_color() and not no_color


for room in (joining, writing, sending, page, reading, offline, own):
    room.register(app)


def hoisted(argv: list[str]) -> list[str]:
    """The shared options moved to the front, so that they may stand anywhere: `tocsin status --json`."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in _SHARED_FLAGS:
            front.append(word)
        elif word in _SHARED_OPTIONS:
            front += [word, *[value for value in [next(words, None)] if value is not None]]
        elif word.startswith(tuple(f"{name}=" for name in _SHARED_OPTIONS)):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def run(argv: list[str] | None = None) -> int:
    """Parse, run, and turn every outcome into an exit code; nothing but this function decides exit codes."""
    words = hoisted(sys.argv[1:] if argv is None else argv)
    said = voice.Voice(json="--json" in words, lang=voice.language(None))
    usage: Any = typer.BadParameter.__mro__[1]  # click's UsageError, wherever typer keeps its click
    try:
        ended = app(words, standalone_mode=False, prog_name="tocsin", obj=said)
        return ended if isinstance(ended, int) else 0
    except errors.ClientError as exc:
        return said.fail(exc)
    except typer.Exit as exc:
        return exc.exit_code
    except usage as exc:
        if type(exc).__name__ == "NoArgsIsHelpError":  # nothing was asked: the help, and no complaint
            print(exc.format_message(), file=sys.stderr)
            return errors.UsageError.exit_code
        hint = "tocsin --help" if exc.ctx is None else f"{exc.ctx.command_path} --help"
        return said.fail(errors.UsageError("usage", exc.format_message(), hint=hint))
    except (KeyboardInterrupt, typer.Abort):
        print(messages.text("interrupted", said.lang), file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing is wrong
        return 0
    except Exception as exc:  # noqa: BLE001 - edge: a bug of ours, said without any text of the user
        where = exc.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{where.tb_lineno}" if where else "?"
        return said.fail(errors.ClientError("bug", said.text("bug", name=f"{type(exc).__name__} in {place}")))
