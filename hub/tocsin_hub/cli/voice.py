"""How a command speaks: data to stdout, talk to stderr, one JSON envelope, fixed exit codes.

    0 done · 1 bug · 2 usage · 3 set-up · 4 refused · 5 invalid · 6 hub unreachable · 7 verification failed
    8 partly done · 9 conflict or duplicate · 130 interrupted

`--json` prints one object {"v":1,"ok":true,"data":…,"warnings":[]}; a failure is flat, as that of `tocsin`:
{"v":1,"ok":false,"code","message","hint","where","docs","warnings"}, with "data" beside it where something was done.
Control characters never reach the terminal.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, NoReturn

import typer

DONE, BUG, USAGE, SETUP, REFUSED, INVALID, UNREACHABLE, UNVERIFIED, PARTLY, CONFLICT, INTERRUPTED = (*range(10), 130)
DOCS = "docs/reference/error-codes.md"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout instead of text. 输出单个 JSON 对象。")]
Lang = Annotated[str, typer.Option("--lang", envvar="TOCSIN_LANG", help="en or zh. 语言。")]


class Stop(Exception):  # noqa: N818  not an error of the program: a command that ends with a code and a hint
    """A command that cannot go on: exit code, stable code, one sentence, what to do next, and where if that is known."""

    def __init__(
        self, exit_code: int, code: str, message: str, hint: str = "", data: Any = None, where: str | None = None
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code
        self.message = message
        self.hint = hint
        self.data = data
        self.where = where


def plain(text: str) -> str:
    """`text` without control, zero-width and direction-changing characters."""
    return CONTROL.sub("", text)


def exit_code_of(status: int) -> int:
    """The exit code for a refusal with this HTTP status."""
    if status in (401, 403, 429):
        return REFUSED
    if status in (503, 504):
        return UNREACHABLE
    return {409: CONFLICT, 404: CONFLICT, 500: BUG}.get(status, INVALID)


@dataclass(slots=True)
class Voice:
    """One command's way of speaking."""

    as_json: bool = False
    lang: str = "en"
    warnings: list[str] = field(default_factory=list)

    def pick(self, en: str, zh: str) -> str:
        """The text in the reader's language."""
        return zh if self.lang.startswith("zh") else en

    def tell(self, en: str, zh: str | None = None) -> None:
        """Talk on stderr; silent under --json."""
        if not self.as_json:
            print(plain(self.pick(en, zh or en)), file=sys.stderr, flush=True)

    def warn(self, en: str, zh: str | None = None) -> None:
        """A warning: on stderr, and in the envelope."""
        text = self.pick(en, zh or en)
        self.warnings.append(text)
        self.tell(f"! {en}", f"! {zh or en}")

    def done(self, data: Any, text: str = "") -> None:
        """The result: the envelope under --json, else `text` (may be empty)."""
        if self.as_json:
            _print({"v": 1, "ok": True, "data": data, "warnings": self.warnings})
        elif text:
            print("\n".join(plain(line) for line in text.splitlines()), flush=True)

    def done_flat(self, data: dict[str, Any]) -> None:
        """The result of the demo: its figures at the top level, for short scripts; silent without --json."""
        if self.as_json:
            _print({"v": 1, "ok": True, **data, "warnings": self.warnings})

    def fail(self, stop: Stop) -> NoReturn:
        """End the command the way `stop` says."""
        raise typer.Exit(self.failed(stop))

    def failed(self, stop: Stop) -> int:
        """Say what went wrong; the exit code it has."""
        if self.as_json:
            said = {"v": 1, "ok": False, "code": stop.code, "message": stop.message, "hint": stop.hint}
            said |= {} if stop.where is None else {"where": stop.where}
            said |= {"docs": DOCS, "warnings": self.warnings}
            _print(said if stop.data is None else {**said, "data": stop.data})
        else:
            print(plain(f"✗ {stop.message}"), file=sys.stderr)
            if stop.hint:
                print(plain(f"  {stop.hint}"), file=sys.stderr)
        return stop.exit_code


def _print(obj: dict[str, Any]) -> None:
    print(json.dumps(obj, ensure_ascii=False), flush=True)


@contextmanager
def speaking(as_json: bool, lang: str) -> Iterator[Voice]:
    """The frame of every command: what it raises becomes an exit code, a code and a hint."""
    voice = Voice(as_json, lang)
    try:
        yield voice
    except Stop as stop:
        voice.fail(stop)
    except Exception as error:  # noqa: BLE001  the edge of a command: refusals get their code, faults stay visible
        voice.fail(_stop_for(error, lang))


def _stop_for(error: Exception, lang: str) -> Stop:
    from pydantic import ValidationError

    from tocsin_hub.errors import CODES, HubError
    from tocsin_trust.errors import TrustError

    if isinstance(error, HubError):
        exit_code = SETUP if error.status == 500 else exit_code_of(error.status)
        return Stop(exit_code, error.code, str(error), error.hint(lang), where=error.where)
    if isinstance(error, TrustError):
        info = CODES.get(error.code)
        hint = "" if info is None else (info.zh if lang.startswith("zh") else info.en)
        return Stop(INVALID, error.code, str(error), hint, where=error.where)
    if isinstance(error, ValidationError):
        wrong = ", ".join(str(fault["loc"][0]) for fault in error.errors(include_input=False) if fault["loc"])
        return Stop(USAGE, "bad-setting", f"A setting is not usable: {wrong}", "See tocsin-hub settings.")
    raise error
