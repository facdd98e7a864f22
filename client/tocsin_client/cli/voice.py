"""How the command line speaks: data to stdout, people's text to stderr or a terminal, one JSON envelope, nothing unclean.

Every string that came from a hub or a file passes `clean` before it reaches a terminal: no escape sequence, no control
character, no bidi or zero-width character can act on the reader's screen.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin_client import errors, messages

DOCS = "docs/reference/error-codes.md"
_UNCLEAN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_STYLES = {"out": "\x1b[31m", "in": "\x1b[32m", "bold": "\x1b[1m", "dim": "\x1b[2m"}


def clean(text: str) -> str:
    """The text without anything that acts on a terminal; tabs become spaces."""
    return _UNCLEAN.sub("", text.replace("\t", " "))


def escaped_json(value: Any) -> str:
    """JSON in one line whose unclean characters are escaped, so it is safe on a terminal and says the same."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNCLEAN.sub(lambda m: f"\\u{ord(m.group()):04x}", text)


@dataclass(slots=True)
class Voice:
    """Settings of one run and everything that prints."""

    json: bool = False
    lang: str = "en"
    quiet: bool = False
    color: bool = False
    profile: str = "default"
    hub_url: str | None = None
    warnings: list[str] = field(default_factory=list)
    spoken: bool = False  # whether the one JSON object was printed

    # --- for people -------------------------------------------------------------------------------------------------
    def text(self, key: str, /, **values: object) -> str:
        """A message of the catalogue in this run's language; values are cleaned."""
        return messages.text(key, self.lang, **{k: clean(v) if isinstance(v, str) else v for k, v in values.items()})

    def named(self, kind: str, mode: str) -> tuple[str, str]:
        """Kind and mode as a sentence of this run's language has them: the codes in English, their names in Chinese."""
        if self.lang != "zh":
            return kind, mode
        from tocsin_taxonomy import vocab

        return vocab.label("kinds", kind, "zh"), vocab.label("modes", mode, "zh").split("：")[0]

    def note(self, key: str, /, **values: object) -> None:
        """A message for people, on stderr; silent with --quiet."""
        if not self.quiet:
            print(self.text(key, **values), file=sys.stderr)

    def show(self, text: str = "", *, style: str = "") -> None:
        """A line for people on stderr, cleaned and styled."""
        print(self.styled(clean(text), style), file=sys.stderr)

    def warn(self, text: str) -> None:
        """A warning: part of the JSON envelope, or a line on stderr."""
        self.warnings.append(clean(text))
        if not self.json:
            print(f"{self.text('warning')}: {clean(text)}", file=sys.stderr)

    def styled(self, text: str, style: str) -> str:
        """The text in a style if colour is on; `text` must be clean."""
        return f"{_STYLES[style]}{text}\x1b[0m" if self.color and style else text

    # --- data ---------------------------------------------------------------------------------------------------------
    def data(self, value: Any, human: str | Sequence[str]) -> None:
        """The result: one JSON envelope with --json, else text on stdout."""
        if self.json:
            self.spoken = True
            print(escaped_json({"v": 1, "ok": True, "data": value, "warnings": self.warnings}))
            return
        for line in [human] if isinstance(human, str) else human:
            print(clean(line))

    def listing(self, items: Iterable[Any], human: Iterable[str], **more: Any) -> None:
        """A finite list: one envelope whose data holds `items` and what else is known of them, else text on stdout."""
        self.data({"items": list(items), **more}, list(human))

    def progress(self, **values: Any) -> None:
        """With --json what is under way as NDJSON on stderr, one object a line, so that stdout stays one envelope."""
        if self.json and not self.quiet:
            print(escaped_json({"v": 1, "event": "progress", **values}), file=sys.stderr)

    def fail(self, exc: errors.ClientError) -> int:
        """Say an error in the form of this run; returns its exit code."""
        if not exc.hint and isinstance(exc, errors.UsageError):
            exc.hint = "tocsin --help"
        message = messages.of_error(exc.code, exc.message, self.lang)
        if self.json and not self.spoken:
            print(
                escaped_json(
                    {"v": 1, "ok": False, **exc.as_dict(), "message": message, "docs": DOCS, "warnings": self.warnings}
                )
            )
        else:
            place = f" ({clean(exc.where)})" if exc.where else ""
            print(f"{self.text('error')}: {clean(message)}{place} [{clean(exc.code)}]", file=sys.stderr)
            if isinstance(exc, errors.TooOftenError) and exc.retry_after_s is not None:
                at = time.strftime("%H:%M:%S", time.localtime(time.time() + exc.retry_after_s))
                print(self.text("retry.after", seconds=round(exc.retry_after_s), at=at), file=sys.stderr)
            if exc.hint:
                print(f"{self.text('hint')}: {clean(exc.hint)}", file=sys.stderr)
        return exc.exit_code

    # --- asking -------------------------------------------------------------------------------------------------------
    def ask(self, prompt: str, default: str = "") -> str:
        """One line from a person at a terminal. UsageError if there is none: a pipe must not approve anything."""
        self.need_person()
        print(f"{clean(prompt)}: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        return line.strip() or default

    def secret(self, prompt: str) -> str:
        """A line that is not echoed."""
        import getpass

        self.need_person()
        return getpass.getpass(f"{clean(prompt)}: ", stream=sys.stderr)

    def yes(self, prompt: str) -> bool:
        """Whether a person answered y or yes."""
        return self.ask(prompt).casefold() in ("y", "yes", "是")

    def need_person(self) -> None:
        """Raise UsageError unless a person sits at the terminal."""
        if not sys.stdin.isatty():
            raise errors.UsageError(
                "terminal-needed",
                self.text("terminal-needed"),
                hint="Use a terminal, or give the answers as options; approvals: --approve-only first, then --approved FILE.",
            )


def columns() -> int:
    """How wide a line for people may be: the terminal, within reason; 100 where there is none."""
    import shutil

    return min(max(shutil.get_terminal_size((100, 24)).columns, 40), 160)


def wants_color() -> bool:
    """Colour only on a terminal, and not with NO_COLOR or TERM=dumb."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def language(named: str | None) -> str:
    """The flag, else TOCSIN_LANG, else the locale; zh or en."""
    for value in (
        named,
        os.environ.get("TOCSIN_LANG"),
        *(os.environ.get(n) for n in ("LC_ALL", "LC_MESSAGES", "LANG")),
    ):
        if value:
            return "zh" if value.casefold().startswith("zh") else "en"
    return "en"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in aligned columns, one line each whatever the cells hold; Chinese characters count two."""
    from tocsin_client import tables

    return tables.aligned([[clean(cell).replace("\n", " ") for cell in row] for row in rows])
