"""What every importer stands on: a refusal with its reason, text made harmless, and the reviewed mapping files."""

from __future__ import annotations

import functools
import importlib.resources
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Refused:
    """One row that was selected but cannot become a record; `reason` is a stable kebab-case word, never the row's text."""

    row_id: str
    reason: str
    where: str | None = None


class RowRefusedError(Exception):
    """Raised inside an importer for one row; the loop turns it into a `Refused` and goes on."""

    def __init__(self, reason: str, where: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where


def plain(text: str) -> str:
    """The text without control, zero-width and direction-changing characters, white space made single.

    HTML-like text stays as it is: it is text, and every reader of a record must escape it anyway.
    """
    spaced = re.sub(r"\s+", " ", text)
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip()


def plain_paragraphs(text: str) -> str:
    """Like `plain`, but paragraphs stay apart (one blank line between two)."""
    return "\n\n".join(p for p in (plain(part) for part in re.split(r"\n\s*\n", text)) if p)


@functools.cache
def mapping(name: str) -> dict[str, Any]:
    """One reviewed mapping file of this package, by its name without `.yaml`; read once."""
    source = importlib.resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    loaded = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (safe loader)
    if not isinstance(loaded, dict):
        raise TypeError(f"{name}.yaml is not a mapping")
    return loaded
