"""How `serve` logs: one line of key=value on stderr for each event, libraries silent unless something is wrong.

    time=2026-11-24T12:00:00Z level=info logger=tocsin_hub.app event=open origin=hub.example.org/log

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


def begin(level: str, *, verbose: bool) -> None:
    """Log to stderr from now on. `level` is that of our own loggers; libraries start at WARNING unless `verbose`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KeyValue())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)
