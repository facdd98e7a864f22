"""All detectors over all text of a body: one list of spans, none overlapping; a detector that fails refuses the record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tocsin_client import errors
from tocsin_client.redact import detectors, spans
from tocsin_client.redact.dictionary import Dictionary
from tocsin_taxonomy import redact as shared_rules

VERSIONS = (detectors.VERSION,)
# Whatever breaks a detector refuses the record; what is not listed here (MemoryError, Ctrl-C) ends the call as well.
_FAULTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, re.error)
_RANK = {"dictionary": 0, "rule": 1, "": 2}


def _run(name: str, call: Any, text: str, path: str) -> list[spans.Found]:
    try:
        return list(call(text))
    except _FAULTS as exc:
        raise errors.GateError(
            "detector-failed",
            f"the detector {name} failed, so nothing leaves ({type(exc).__name__})",
            where=path,
            hint="Shorten or simplify this text, and report the fault without the text.",
        ) from exc


def _rules(text: str) -> list[spans.Found]:
    return [spans.Found(hit.class_, hit.start, hit.end) for hit in shared_rules.findings(text)]


def _in_text(
    path: str, text: str, dictionary: Dictionary, *, free: bool, propose: bool
) -> Iterable[tuple[spans.Found, str]]:
    if len(text) > detectors.MAX_TEXT_CHARS:
        raise errors.GateError(
            "text-too-long", f"a text is over {detectors.MAX_TEXT_CHARS} characters", where=path, hint="Shorten it."
        )
    for found in _run("own-dictionary", dictionary.find, text, path):
        yield found, "dictionary"
    if not free:
        return
    for found in _run("shared-rules", _rules, text, path):
        yield found, "rule"
    if not propose:
        return
    seen = spans.view(text)
    for name, detect in detectors.DETECTORS:
        for found in _run(name, detect, seen.text, path):
            start, end = seen.original(found.start, found.end)
            yield spans.Found(found.class_, start, end), ""


def _without_overlap(found: Iterable[tuple[spans.Found, str]]) -> list[tuple[spans.Found, str]]:
    """Stretches that overlap become one, decided once: what blocks names it, else the detector that is asked first."""
    ranked = list(enumerate(found))
    clusters: list[tuple[int, int, list[tuple[int, tuple[spans.Found, str]]]]] = []
    for entry in sorted(ranked, key=lambda pair: (pair[1][0].start, pair[1][0].end)):
        item = entry[1][0]
        if clusters and item.start < clusters[-1][1]:
            start, end, members = clusters[-1]
            clusters[-1] = (start, max(end, item.end), [*members, entry])
        else:
            clusters.append((item.start, item.end, [entry]))
    merged: list[tuple[spans.Found, str]] = []
    for start, end, members in clusters:
        _, (first, blocks) = min(members, key=lambda pair: (_RANK[pair[1][1]], pair[0]))
        merged.append((spans.Found(first.class_, start, end), blocks))
    return merged


def find(body: dict[str, Any], dictionary: Dictionary, *, propose: bool = True) -> tuple[spans.Span, ...]:
    """All spans of a body in order of path and place, numbered s1, s2, …; raises GateError if any detector fails.

    `propose=False` runs only what blocks (own dictionary, the rules shared with the hub), for text of public sources.
    """
    free = {path for path, _ in spans.texts(body)}
    result: list[spans.Span] = []
    counters: dict[str, dict[str, int]] = {}
    for path, text in spans.texts(body, coded=True):
        for found, blocks in _without_overlap(_in_text(path, text, dictionary, free=path in free, propose=propose)):
            piece = text[found.start : found.end]
            numbers = counters.setdefault(found.class_, {})
            number = numbers.setdefault(piece, len(numbers) + 1)
            result.append(
                spans.Span(
                    id=f"s{len(result) + 1}",
                    path=path,
                    class_=found.class_,
                    start=found.start,
                    end=found.end,
                    text=piece,
                    proposal=f"<{found.class_.upper()}-{number}>",
                    blocks=blocks,
                )
            )
    return tuple(result)
