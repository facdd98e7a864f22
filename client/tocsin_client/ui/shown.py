"""What the page is told of a preview, a receipt and one's own records: plain data, no mark-up, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tocsin_client import messages
from tocsin_client.redact import spans as marks
from tocsin_client.redact.preview import Preview
from tocsin_client.ui.words import named, say
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import schemes, vocab

_FORMAL = re.compile(
    r"(risk_tags|addresses)\.[0-9]+\.(scheme|edition|code)|severity\.(scheme|edition)|(occurred|discovered)\.value"
)
_PLACE = re.compile(r"\.[0-9]+$")
_LISTS = {
    "record_type": "record_types", "ai_contribution": "ai_contribution", "ai_role": "ai_role", "evidence_class": "evidence",
    "precision": "precision", "basis": "basis", "confidence": "tag_confidence", "assigned_by": "assigned_by",
}  # fmt: skip


def preview(seen: Preview, lang: str) -> dict[str, Any]:
    """A preview: text with its spans, what was coarsened, readers, crowd, exact bytes."""
    raw = seen.body_bytes
    made = {d.span: d for d in seen.decisions}
    return {
        "kind": seen.kind, "mode": seen.mode, "sha256": seen.sha256, "count": len(raw), "bytes": raw.decode("utf-8"),
        "open": len(seen.open), "blocked": len(seen.blocked), "texts": _texts(seen, lang), "facts": _facts(seen.body, lang),
        "spans": [
            {
                "id": s.id, "where": named("path", s.path, lang), "class": named("class", s.class_, lang), "text": s.text,
                "proposal": s.proposal, "blocks": s.blocks,
                "action": made[s.id].action if s.id in made else "", "reason": made[s.id].reason if s.id in made else "",
            }
            for s in seen.spans
        ],
        "coarsened": [
            {"where": named("path", c.path, lang), "before": name_of(c.before, lang), "after": name_of(c.after, lang)}
            for c in seen.coarsened
        ],
        "readers": [
            {
                "group": one.group, "who": messages.text(f"reader.{one.group}", lang), "may": one.may_read,
                "condition": messages.text(f"condition.{one.condition}", lang) if one.condition else "",
            }
            for one in seen.audience
        ],
        "askable": askable(seen), "crowd": _crowd(seen, lang), "beside": _beside(seen, lang),
    }  # fmt: skip


def _texts(seen: Preview, lang: str) -> list[dict[str, Any]]:
    """Every text a person wrote, cut at its spans: pieces are texts, or span ids as {"span": "s1"}."""
    paths = dict.fromkeys([*_written(seen.source), *(s.path for s in seen.spans)])
    shown = []
    for path in paths:
        text, at, pieces = str(marks.at(seen.source, path)), 0, list[Any]()
        for span in (s for s in seen.spans if s.path == path):
            pieces += [text[at : span.start], {"span": span.id}]
            at = span.end
        shown.append({"where": named("path", path, lang), "pieces": [p for p in [*pieces, text[at:]] if p]})
    return shown


def _written(body: Mapping[str, Any]) -> list[str]:
    """The paths of what a person wrote: what the detectors look at, without dates and names of schemes."""
    return [path for path, _ in marks.texts(body) if not _FORMAL.fullmatch(path)]


def _facts(body: Mapping[str, Any], lang: str) -> list[list[str]]:
    """The coded fields by name: [name of the field, words]; what a person wrote is shown elsewhere."""
    written = _written(body)
    rows = []
    for path, value in _leaves(body):
        if path not in written:
            key = path.rsplit(".", 1)[-1]
            listed = _LISTS.get(key)
            known = listed is not None and value in vocab.LISTS[listed]
            rows.append(
                [
                    named("path", _PLACE.sub("", path), lang),
                    vocab.label(listed, value, lang) if listed and known else name_of(str(value), lang),
                ]
            )
    return rows


def _leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        if {"scheme", "edition", "code"} <= set(value):
            return [(path, f"{value['scheme']}@{value['edition']}:{value['code']}")]
        return [leaf for key, each in value.items() for leaf in _leaves(each, f"{path}.{key}" if path else str(key))]
    if isinstance(value, list):
        return [leaf for at, each in enumerate(value) for leaf in _leaves(each, f"{path}.{at}")]
    return [(path, "null" if value is None else value)]


def name_of(text: str, lang: str) -> str:
    """A compact code with its name; any other text as it is."""
    try:
        return f"{schemes.label(schemes.resolve(text), lang)} [{text}]"
    except taxonomy_errors.TaxonomyError:
        return text


def askable(seen: Preview) -> bool:
    """Whether the readers may be widened here: RED is for the recipients named, and who reads CLEAR is everybody."""
    marking = seen.source.get("marking") or {}
    return marking.get("tlp") != "red"


def _crowd(seen: Preview, lang: str) -> dict[str, Any]:
    if seen.mode == "attributed":
        return {"small": False, "text": [say("unusual.named", lang)]}
    found = seen.unusual
    if found.fitting is None:
        return {"small": True, "text": [messages.text("gate.crowd-unknown", lang)]}
    said = [messages.text("gate.crowd", lang, fitting=found.fitting, total=found.total)]
    return {"small": found.small, "text": [*said, *([messages.text("gate.crowd-small", lang)] if found.small else [])]}


def _beside(seen: Preview, lang: str) -> str:
    """What the signed statement holds besides the body."""
    fresh = seen.mode != "attributed"
    key = messages.text("gate.key-fresh" if fresh else "gate.key-own", lang)
    time = messages.text("gate.time-day" if fresh else "gate.time-second", lang)
    return messages.text("gate.header", lang, key=key, time=time)


def problem(name: str, code: str, place: str, lang: str) -> dict[str, str]:
    """One thing that is wrong, for the summary and for beside its field."""
    if not name:
        return {"field": "", "text": say("problem.file", lang, field=f"{place} [{code}]")}
    label = say({"actual": "severity", "year": "when"}.get(name, name), lang)
    special = {"primary_category": "problem.primary", "reference": "problem.reference"}
    if code in ("text-too-long", "date-precision", "severity-order", "tag-required", "reference-required"):
        key = f"problem.{code}"
    else:
        key = special.get(name, "problem.missing")
    return {"field": name, "text": say(key, lang, field=label)}
