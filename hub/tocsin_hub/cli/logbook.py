"""How `serve` logs: one line of key=value on stderr for each event, libraries silent unless something is wrong.

    time=2026-11-24T12:00:00Z level=info logger=tocsin_hub.app event=open origin=hub.example.org/log

With TOCSIN_LOG_FORMAT=json the same as one JSON object. No line has an address, a token, a path or a word of a payload.
What a library says is free text; it stands in quotes as `message`. With --verbose libraries are heard as well.
"""

from __future__ import annotations

import json
import logging
import sys
import time

LIBRARIES = ("uvicorn", "alembic", "sqlalchemy", "httpx", "asyncio")


class KeyValue(logging.Formatter):
    """One event, one line; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as key=value, UTC, level in lower case."""
        said = record.getMessage()
        message = said if said.startswith("event=") else f"message={json.dumps(said, ensure_ascii=False)}"
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line = f"time={stamp} level={record.levelname.lower()} logger={record.name} {message}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Json(logging.Formatter):
    """One event, one JSON object; what follows the first line of a message stands in `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; numbers are numbers."""
        first, _, trace = record.getMessage().partition("\n")
        said: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if first.startswith("event="):
            pairs = (part.partition("=") for part in first.split(" "))
            said |= {key: int(value) if value.isascii() and value.isdigit() else value for key, _, value in pairs}
        else:
            said["message"] = first
        if record.exc_info:
            trace += self.formatException(record.exc_info)
        return json.dumps(said | {"trace": trace} if trace else said, ensure_ascii=False)


def begin(level: str, *, verbose: bool, form: str = "key-value") -> None:
    """Log to stderr from now on, in `form` (key-value or json).

    `level` is that of our own loggers; libraries start at WARNING unless `verbose`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if form == "json" else KeyValue())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)
