"""Between the page's fields and a draft's body: what the form shows is replaced, what it does not show stays as it was.

A form is a flat mapping of texts and one list of risk codes. The gate never sees it; it sees the draft made from it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from tocsin_client import errors
from tocsin_client.draft import Draft
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import fields, schemes

MAX_FIELD_CHARS = 20_000
MAX_RISK_TAGS = 64
STEP_1 = (
    "record_type", "title", "summary", "language", "year", "part", "region", "sector", "system_class", "ai_contribution",
    "ai_role", "evidence_class", "reference",
)  # fmt: skip
STEP_2 = ("risk_tags", "primary_category", "actual", "potential")
_PLAIN = ("record_type", "region", "sector", "system_class", "ai_contribution", "ai_role", "evidence_class")
_SHOWN = frozenset(
    (*_PLAIN, "title", "summary", "occurred", "risk_tags", "primary_category", "severity", "marking", "references")
)
_FIELD_OF = {"occurred": "year", "severity": "actual", "references": "reference"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_PARTS = ((re.compile(r""), "year"), (re.compile(r"Q[1-4]"), "quarter"), (re.compile(r"[0-9]{2}"), "month"))

Form = dict[str, Any]


def empty(lang: str) -> Form:
    """The form before anybody wrote in it; only what nearly everybody would choose is chosen."""
    form: Form = dict.fromkeys((*STEP_1, *STEP_2), "")
    return {**form, "language": lang, "evidence_class": "first-hand", "risk_tags": []}


def read(given: Any, lang: str) -> Form:
    """The form that the page sent; UsageError for any other shape."""
    form = empty(lang)
    if not isinstance(given, Mapping) or set(given) - set(form):
        raise errors.UsageError("malformed-form", "the page sent another form")
    for name, value in given.items():
        if name == "risk_tags":
            good = isinstance(value, list) and len(value) <= MAX_RISK_TAGS and all(_is_text(item) for item in value)
        else:
            good = _is_text(value)
        if not good:
            raise errors.UsageError("malformed-form", "the page sent another form", where=str(name)[:40])
        form[name] = value
    return form


def _is_text(value: Any) -> bool:
    """A text of bearable length that UTF-8 can write: JSON may hold half a character."""
    return isinstance(value, str) and len(value) <= MAX_FIELD_CHARS and not _SURROGATE.search(value)


# --- form to draft ----------------------------------------------------------------------------------------------------
def to_draft(form: Form, base: Draft | None) -> Draft:
    """The draft of a form: an incident, on top of what `base` holds and the form does not show."""
    if base is not None and base.kind != "incident":
        return base
    body = copy.deepcopy(base.body) if base else {}
    for name in _PLAIN:
        _put(body, name, form[name])
    language = form["language"] if _LANGUAGE.fullmatch(form["language"]) else "en"
    for name in ("title", "summary"):
        text = form[name].strip()
        if text or body.get(name) != "unknown":
            _put(body, name, {"text": text, "language": language} if text else None)
    _put(body, "occurred", _occurred(form, body.get("occurred")))
    _put(body, "risk_tags", _tags(form["risk_tags"], body.get("risk_tags")))
    _put(body, "primary_category", form["primary_category"] if form["primary_category"] in _within(form) else None)
    _put(body, "severity", _severity(form, body.get("severity")))
    _put(body, "references", _references(form["reference"].strip(), body.get("references")))
    return Draft("incident", body, copy.deepcopy(base.notes) if base else {})


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    if value:
        body[name] = value
    else:
        body.pop(name, None)


def _occurred(form: Form, before: Any) -> dict[str, str] | None:
    year, part = form["year"].strip(), form["part"]
    if not year:
        return None
    precision = next((name for pattern, name in _PARTS if pattern.fullmatch(part)), "day")
    basis = before.get("basis") if isinstance(before, dict) else None
    return {"value": f"{year}-{part}" if part else year, "precision": precision, "basis": str(basis or "occurred")}


def _tags(chosen: list[str], before: Any) -> list[Any]:
    """Codes of other schemes stay, and so does what was said of a code that is still chosen."""
    kept = [tag for tag in before if _is_tag(tag)] if isinstance(before, list) else []
    known = {_compact(tag): tag for tag in kept}
    tags = [tag for tag in kept if tag["scheme"] not in schemes.OWN_RISK_SCHEMES]
    for text in dict.fromkeys(chosen):
        try:
            code = schemes.parse(text)
        except taxonomy_errors.TaxonomyError as exc:
            raise errors.UsageError("malformed-form", "the page sent another form", where="risk_tags") from exc
        fresh = {"scheme": code.scheme, "edition": code.edition, "code": code.code}
        tags.append(known.get(text) or {**fresh, "confidence": "known", "assigned_by": "reporter"})
    return tags


def _is_tag(tag: Any) -> bool:
    return isinstance(tag, dict) and {"scheme", "edition", "code"} <= set(tag)


def _compact(tag: Mapping[str, Any]) -> str:
    return f"{tag['scheme']}@{tag['edition']}:{tag['code']}"


def _within(form: Form) -> set[str]:
    """The categories in which the chosen codes lie."""
    found = set()
    for text in form["risk_tags"]:
        try:
            found.add(str(schemes.category(schemes.resolve(text))))
        except taxonomy_errors.TaxonomyError:
            continue  # the schema names it, with its path
    return found - {"None"}


def _severity(form: Form, before: Any) -> dict[str, Any] | None:
    """Both steps, or nothing: a step that was not chosen is not the same as one not assessed."""
    steps = {name: form[name] for name in ("actual", "potential")}
    if any(value not in ("none", "0", "1", "2", "3", "4", "5") for value in steps.values()):
        return None
    kept = before if isinstance(before, dict) else {"scheme": "tocsin-sev", "edition": "1"}
    return {**kept, **{name: None if value == "none" else int(value) for name, value in steps.items()}}


def _references(url: str, before: Any) -> list[Any]:
    rest = list(before) if isinstance(before, list) else []
    if rest and isinstance(rest[0], dict) and rest[0].get("url"):
        return [{**rest[0], "url": url}, *rest[1:]] if url else rest[1:]
    return [{"url": url}, *rest] if url else rest


# --- draft to form ----------------------------------------------------------------------------------------------------
def from_draft(draft: Draft, lang: str) -> Form:
    """What the form shows of an incident; an empty form for other kinds."""
    form = empty(lang)
    if draft.kind != "incident":
        return form
    body = draft.body
    form.update({name: str(body.get(name) or "") for name in _PLAIN})
    for name in ("summary", "title"):
        if isinstance(body.get(name), dict):
            form[name] = str(body[name].get("text") or "")
            form["language"] = str(body[name].get("language") or lang)
    when = body.get("occurred")
    if isinstance(when, dict):
        form["year"], _, form["part"] = str(when.get("value") or "").partition("-")
    tags = body.get("risk_tags")
    own = [_compact(t) for t in tags if _is_tag(t) and t["scheme"] in schemes.OWN_RISK_SCHEMES] if isinstance(tags, list) else []  # fmt: skip
    form["risk_tags"] = own[:MAX_RISK_TAGS]
    form["primary_category"] = str(body.get("primary_category") or "")
    severity = body.get("severity")
    if isinstance(severity, dict):
        form.update({n: "none" if severity[n] is None else str(severity[n]) for n in ("actual", "potential") if n in severity})  # fmt: skip
    references = body.get("references")
    if isinstance(references, list) and references and isinstance(references[0], dict):
        form["reference"] = str(references[0].get("url") or "")
    return form


def beside(draft: Draft) -> list[str]:
    """Names of what a draft holds and the form does not show; it is part of what leaves, and of the review."""
    return [] if draft.kind != "incident" else sorted(set(draft.body) - _SHOWN)


# --- what is wrong ----------------------------------------------------------------------------------------------------
def problems(draft: Draft, mode: str) -> list[tuple[str, str, str]]:
    """What keeps a draft from being valid: (field of the form or "", code, path and detail), one a field."""
    found: dict[str, tuple[str, str, str]] = {}
    asked = [(p.where, p.code, p.hint) for p in draft.problems(mode)]
    for path, code, hint in [*_too_long(draft), *asked]:
        top = (path or "").split(".")[0]
        name = _FIELD_OF.get(top, top) if draft.kind == "incident" else ""
        name = name if name in (*STEP_1, *STEP_2) else ""
        if name == "primary_category" and "risk_tags" in found:
            continue  # it follows from the codes
        place = ": ".join(part for part in (path, hint) if part)
        found.setdefault(name or place, (name, code, place))
    order = (*STEP_1, *STEP_2, "")
    return sorted(found.values(), key=lambda each: order.index(each[0]))


def _too_long(draft: Draft) -> list[tuple[str | None, str, str]]:
    """Lengths, which the schema asks only once every field is there."""
    if draft.kind != "incident" or draft.body.get("evidence_class") == "public-source":
        return []
    limits = {"title": fields.MAX_TITLE, "summary": fields.MAX_SUMMARY}
    texts = {name: draft.body.get(name) for name in limits}
    return [
        (f"{name}.text", "text-too-long", f"{limits[name]}")
        for name, value in texts.items()
        if isinstance(value, dict) and len(str(value.get("text"))) > limits[name]
    ]
