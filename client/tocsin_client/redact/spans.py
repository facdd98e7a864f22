"""Where in a body something was found: walking its text, the NFKC view with offsets, and the span a person decides on."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Keys whose values are codes, bands, dates or digests: the schema holds them to closed forms, so they need no person's
# eye. Everything else that is text is looked at; a new field is looked at until it is listed here (fail closed).
CODED_KEYS = frozenset(
    {
        "language", "code", "confidence", "assigned_by", "predicate", "via", "record_type",
        "precision", "basis", "ai_contribution", "ai_role", "system_class", "system_classes", "sector", "sectors", "region",
        "evidence_class", "primary_category", "from", "to", "relation", "lifecycle_stage", "discovery_method", "tlp",
        "audience", "recipients", "embargo_until", "pap", "strategy", "control_layer", "status", "digest", "licence",
        "at_day", "retrieved", "cost_band", "time_to_deploy_band", "likelihood", "better", "loss_types", "evidence_digest", "record_id", "tag",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that a detector found.

    `id` is what decisions refer to ("s1"…); `path` is dotted; `start` and `end` count characters of the field as written.
    `blocks` says why it may not be kept: "" (a person may), "rule" (the hub refuses it too) or "dictionary" (edit the draft).
    """

    id: str
    path: str
    class_: str
    start: int
    end: int
    text: str
    proposal: str
    blocks: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector returns: class and offsets into the text it was given."""

    class_: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class View:
    """A text in NFKC form, with the offset in the original of each of its characters (and one past the end)."""

    text: str
    offsets: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the original of view characters [start, end)."""
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[start]


def view(text: str) -> View:
    """The NFKC view of `text`: full-width digits and letters become plain ones, so that detectors see them."""
    parts: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        plain = unicodedata.normalize("NFKC", char)
        parts.append(plain)
        offsets.extend([index] * len(plain))
    offsets.append(len(text))
    return View("".join(parts), tuple(offsets))


def texts(body: Any, path: str = "", *, coded: bool = False) -> Iterator[tuple[str, str]]:
    """All strings of a body with their dotted paths; fields of closed form only if `coded`."""
    if isinstance(body, str):
        yield path, body
    elif isinstance(body, dict):
        for key, value in body.items():
            # A coded field that grew into an object is looked at.
            if coded or key not in CODED_KEYS or isinstance(value, dict):
                yield from texts(value, f"{path}.{key}" if path else str(key), coded=coded)
    elif isinstance(body, list | tuple):
        for index, value in enumerate(body):
            yield from texts(value, f"{path}.{index}", coded=coded)


def at(body: Any, path: str) -> Any:
    """The value at a dotted path; KeyError or IndexError if there is none."""
    for step in path.split("."):
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


def put(body: Any, path: str, value: Any) -> None:
    """Replace the value at a dotted path, in place."""
    *way, last = path.split(".")
    target = at(body, ".".join(way)) if way else body
    if isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
