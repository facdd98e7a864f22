"""What would leave, before it leaves: open spans, exact bytes, who will read it, how unusual it is; then `approve`.

A Preview never changes. `decide` and `widen` give a new one with new bytes; `approve` raises while anything is open.
"""

from __future__ import annotations

import copy
import dataclasses
import difflib
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from tocsin_client import coarsen, errors
from tocsin_client.redact import approval, audience, findings, unusual
from tocsin_client.redact import spans as marks
from tocsin_client.redact.dictionary import Dictionary
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import report
from tocsin_trust import jsonstrict

_WORD = re.compile(r"\s+|[A-Za-z0-9_'’-]+|.", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """The state of a draft in the gate. `source` is the draft's body as coarsened and marked, before decisions."""

    kind: str
    mode: str
    written: dict[str, Any] = dataclasses.field(repr=False)  # as the person wrote it
    source: dict[str, Any] = dataclasses.field(repr=False)
    spans: tuple[marks.Span, ...]
    dictionary: Dictionary = dataclasses.field(repr=False)
    at_day: str
    coarsened: tuple[coarsen.Change, ...] = ()
    decisions: tuple[approval.Decision, ...] = ()
    directory: tuple[Mapping[str, Any], ...] | None = dataclasses.field(default=None, repr=False)
    notes: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)

    # --- what a person looks at -------------------------------------------------------------------------------------
    @property
    def open(self) -> tuple[marks.Span, ...]:
        """Spans that still need a decision."""
        decided = {d.span for d in self.decisions}
        return tuple(s for s in self.spans if s.id not in decided)

    @property
    def blocked(self) -> tuple[marks.Span, ...]:
        """Hits of the own dictionary: no decision helps, the draft itself must change."""
        return tuple(s for s in self.spans if s.blocks == "dictionary")

    @property
    def body(self) -> dict[str, Any]:
        """The body with all decisions so far applied."""
        body = copy.deepcopy(self.source)
        chosen = {d.span: d.action for d in self.decisions}
        by_path: dict[str, list[marks.Span]] = {}
        for span in self.spans:
            by_path.setdefault(span.path, []).append(span)
        for path, found in by_path.items():
            text = str(marks.at(body, path))
            for span in reversed(found):
                action = chosen.get(span.id, "keep")
                if action == "replace":
                    text = text[: span.start] + span.proposal + text[span.end :]
                elif action == "drop":
                    text = _without(text, span.start, span.end)
            marks.put(body, path, text)
        return body

    @property
    def body_bytes(self) -> bytes:
        """Exactly the body bytes that will stand inside the signed statement."""
        return jsonstrict.dumps(self.body)

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of `body_bytes`; what an approval is bound to."""
        return hashlib.sha256(self.body_bytes).hexdigest()

    @property
    def audience(self) -> tuple[audience.Reader, ...]:
        """Who will be able to read it."""
        return audience.table(self.source)

    @property
    def unusual(self) -> unusual.Unusual:
        """How many members could have written it."""
        return unusual.measure(self.source, self.directory)

    def diff(self) -> list[tuple[str, str, str]]:
        """Word diff per text field: (path, "same" | "out" | "in", text) in reading order; unchanged and coarsened fields left out."""
        before: dict[str, str] = dict(marks.texts(self.written))
        after: dict[str, str] = dict(marks.texts(self.body))
        lines: list[tuple[str, str, str]] = []
        for path in before:
            if before[path] == after.get(path, "") or path.split(".")[0] in coarsen.FIELDS:
                continue
            old, new = _WORD.findall(before[path]), _WORD.findall(after.get(path, ""))
            for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
                if tag == "equal":
                    lines.append((path, "same", "".join(old[a:b])))
                    continue
                if b > a:
                    lines.append((path, "out", "".join(old[a:b])))
                if d > c:
                    lines.append((path, "in", "".join(new[c:d])))
        return lines

    # --- what a person decides --------------------------------------------------------------------------------------
    def decide(self, decisions: Mapping[str, str], reasons: Mapping[str, str] | None = None) -> Preview:
        """A new Preview with these spans decided: "keep", "replace" or "drop" by span id.

        Keep needs a reason, in `reasons` or as "keep: because…"; it is recorded locally. GateError for an unknown span, an
        own-dictionary hit, and for keeping what the hub would refuse.
        """
        known = {s.id: s for s in self.spans}
        made = {d.span: d for d in self.decisions}
        for span_id, choice in decisions.items():
            action, _, inline = choice.partition(":")
            action = action.strip()
            reason = ((reasons or {}).get(span_id) or inline).strip()
            if span_id not in known or action not in approval.ACTIONS:
                raise errors.GateError(
                    "unknown-decision",
                    f"no such span or decision: {span_id!r}",
                    hint="Decide keep, replace or drop per span id.",
                )
            made[span_id] = _decision(known[span_id], action, reason)
        return dataclasses.replace(self, decisions=tuple(made[s.id] for s in self.spans if s.id in made))

    def widen(self, *, regulators: bool, everybody: bool) -> Preview:
        """A new Preview after the one question: may regulators within their grant read it? may everybody?"""
        source = copy.deepcopy(self.source)
        source["marking"] = audience.widened(source.get("marking"), regulators=regulators, everybody=everybody)
        return dataclasses.replace(self, source=source)

    def approve(
        self, *, by: str, decisions: Mapping[str, str] | None = None, reasons: Mapping[str, str] | None = None
    ) -> approval.Approved:
        """Approve the exact bytes. Raises GateError while a span is open or the text would still identify somebody."""
        if decisions:
            return self.decide(decisions, reasons).approve(by=by)
        if self.blocked:
            raise errors.GateError(
                "own-dictionary",
                f"{len(self.blocked)} hit(s) of your own dictionary",
                where=self.blocked[0].path,
                hint="Rewrite this text in the draft; a term of the dictionary never leaves.",
            )
        if self.open:
            raise errors.GateError(
                "undecided",
                f"{len(self.open)} span(s) undecided: {', '.join(s.id for s in self.open)}",
                where=self.open[0].path,
                hint="Decide keep (with a reason), replace or drop for each.",
            )
        body = self.body
        self._recheck(body)
        return approval.issue(
            kind=self.kind,
            mode=self.mode,
            body_bytes=jsonstrict.dumps(body),
            by=by,
            at_day=self.at_day,
            decisions=self.decisions,
            versions=(*findings.VERSIONS, self.dictionary.version),
            notes=self.notes,
        )

    def _recheck(self, body: dict[str, Any]) -> None:
        """Detectors and schema once more on the final bytes: cutting text can join what was apart."""
        kept = {(d.path, s.text) for d in self.decisions for s in self.spans if d.span == s.id and d.action == "keep"}
        left = [s for s in findings.find(body, self.dictionary) if (s.path, s.text) not in kept]
        if left:
            raise errors.GateError(
                "still-identifying",
                f"after your decisions a {left[0].class_} is left",
                where=left[0].path,
                hint="Rewrite this text in the draft.",
            )
        try:
            report.parse(self.kind, body, mode=self.mode)
        except taxonomy_errors.TaxonomyError as exc:
            raise errors.GateError(exc.code, f"not a valid {self.kind}: {exc.code}", where=exc.where) from exc


def _decision(span: marks.Span, action: str, reason: str) -> approval.Decision:
    if span.blocks == "dictionary":
        raise errors.GateError(
            "own-dictionary", "a hit of your own dictionary", where=span.path, hint="Rewrite this text in the draft."
        )
    if action == "keep" and span.blocks:
        raise errors.GateError(
            "identifying-text",
            f"a {span.class_} cannot be kept: the hub refuses it too",
            where=span.path,
            hint="Replace or drop it.",
        )
    if action == "keep" and not reason:
        raise errors.GateError(
            "reason-required",
            f"keeping {span.id} needs a reason",
            where=span.path,
            hint="Give reasons={…}; it stays here.",
        )
    return approval.Decision(span.id, span.path, span.class_, action, reason)


def _without(text: str, start: int, end: int) -> str:
    """Cut a stretch; one of two spaces that meet goes with it."""
    head, tail = text[:start], text[end:]
    if head.endswith(" ") and tail[:1] in ("", " ", ",", ".", ";", ":", ")"):
        head = head[:-1]
    return (head + tail).strip()
