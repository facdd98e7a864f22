"""Drawings, made by one short-lived child process and kept by what they show.

The hub process never imports Altair or vl-convert (190 MB that it would never give back). A drawing is kept under the digest of its
plan, so a new entry in the log redraws nothing whose numbers stayed the same. One child at a time: who comes second finds the
drawings of the first. A child that fails or takes too long costs the pictures, never the page.
"""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TIMEOUT_S = 30.0
KEEP_BYTES = 16 * 1024 * 1024
# The pages' packages as bare folders: their own __init__ would bring the whole web side into the child, 80 MB and a second.
_START = """
import sys, types
for name, folders in {bare!r}.items():
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = folders
from tocsin_hub.web.figures import render
render.main()
""".format(
    bare={"tocsin_hub.web": [str(Path(__file__).parents[1])], "tocsin_hub.web.figures": [str(Path(__file__).parent)]}
)
_LOG = logging.getLogger(__name__)


class Studio:
    """Safe to use from many threads."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S, keep_bytes: int = KEEP_BYTES) -> None:
        self._timeout_s, self._keep_bytes = timeout_s, keep_bytes
        self._kept: OrderedDict[str, str | None] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self.children = 0

    def draw(self, jobs: Sequence[dict[str, Any]]) -> list[str | None]:
        """What each job draws, in order: SVG text or PNG in base64; None if that could not be done (see the log)."""
        wanted = [_digest(job) for job in jobs]
        found = self._find(wanted)
        if len(found) < len(set(wanted)):
            with self._drawing:
                found = self._find(wanted)
                missing = {name: job for name, job in zip(wanted, jobs, strict=True) if name not in found}
                if missing:
                    made = self._child([{**job, "id": name} for name, job in missing.items()])
                    self._keep(made)
                    found |= made
        return [found.get(name) for name in wanted]

    def _find(self, names: Sequence[str]) -> dict[str, str | None]:
        with self._lock:
            found = {name: self._kept[name] for name in names if name in self._kept}
            for name in found:
                self._kept.move_to_end(name)
            return found

    def _keep(self, made: dict[str, str | None]) -> None:
        with self._lock:
            for name, drawn in made.items():
                self._kept[name] = drawn
                self._size += len(drawn or "")
            while self._size > self._keep_bytes and len(self._kept) > 1:
                _, drawn = self._kept.popitem(last=False)
                self._size -= len(drawn or "")

    def _child(self, jobs: list[dict[str, Any]]) -> dict[str, str | None]:
        self.children += 1
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, our own code, no shell
                [sys.executable, "-P", "-c", _START],
                input=json.dumps(jobs).encode(),
                capture_output=True,
                timeout=self._timeout_s,
                check=True,
            )
            made: dict[str, str | None] = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            _LOG.warning("figures: the child took more than %s s", self._timeout_s)
        except subprocess.CalledProcessError as failed:
            _LOG.warning(
                "figures: the child ended with %s: %s", failed.returncode, failed.stderr[-400:].decode(errors="replace")
            )
        except OSError as failed:
            _LOG.warning("figures: no child could be started (%s)", failed.errno)
        else:
            return made
        return {}


def _digest(job: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()
