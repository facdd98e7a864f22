"""A report before it is fit to share: easy to write, checked against the schema, and it never leaves by itself.

Short forms are taken where they are unambiguous: a text for `{"text", "language"}`, "2024-Q1" for a date, a compact code
for a tag, a number or a pair for the severity. `notes` are private: they are kept with the draft and go nowhere.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tocsin_client import coarsen, errors
from tocsin_taxonomy import crosswalk, report, schemes
from tocsin_taxonomy import errors as taxonomy_errors

KINDS = ("incident", "finding", "mitigation")
MAX_FILE_BYTES = 1_000_000
MAX_VALUES = 100_000
_HOME_SCHEMES = schemes.OWN_RISK_SCHEMES
_TEXT_FIELDS = ("title", "summary", "description")
_NOTE_FIELDS = ("side_effects", "known_bypass")
_NOTE_PARTS = (
    "failure", "required_outcome", "minimum_control", "alternatives", "verification_method", "evidence_to_keep", "owner_role",
    "preconditions",
)  # fmt: skip
_DATE_FIELDS = ("occurred", "discovered")
_TAG_FIELDS = ("risk_tags", "addresses")
_PRECISIONS = (
    (re.compile(r"[0-9]{4}"), "year"),
    (re.compile(r"[0-9]{4}-Q[1-4]"), "quarter"),
    (re.compile(r"[0-9]{4}-[0-9]{2}"), "month"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "day"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a draft is not yet valid: a code, the dotted path, and what to do."""

    code: str
    where: str | None
    hint: str = ""


@dataclass(slots=True)
class Draft:
    """A record in the making: `kind`, `body` as it will be signed, `notes` that stay here."""

    kind: str
    body: dict[str, Any]
    notes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise errors.UsageError("unknown-kind", f"kind must be one of {', '.join(KINDS)}")

    @classmethod
    def incident(cls, *, language: str = "en", notes: dict[str, Any] | None = None, **fields: Any) -> Draft:
        """An incident, near miss, hazard or exercise from keyword fields (records, section 2)."""
        fields.setdefault("record_type", "incident")
        fields.setdefault("evidence_class", "first-hand")
        return cls("incident", _expanded(fields, language), notes or {})

    @classmethod
    def finding(cls, *, language: str = "en", notes: dict[str, Any] | None = None, **fields: Any) -> Draft:
        """A result of an evaluation or red-team run."""
        return cls("finding", _expanded(fields, language), notes or {})

    @classmethod
    def mitigation(cls, *, language: str = "en", notes: dict[str, Any] | None = None, **fields: Any) -> Draft:
        """A best-practice response."""
        return cls("mitigation", _expanded(fields, language), notes or {})

    @classmethod
    def load(cls, path: str | Path) -> Draft:
        """Read a draft file (YAML or JSON): `kind`, optional `notes`, and the body's fields, at the top or under `body`."""
        try:
            raw = Path(path).read_bytes()
        except OSError as exc:
            raise errors.UsageError("unreadable-file", f"cannot read {path}") from exc
        if len(raw) > MAX_FILE_BYTES:
            raise errors.InvalidError("oversize", f"{path} is over {MAX_FILE_BYTES} bytes")
        return cls.parse(raw, language="en")

    @classmethod
    def parse(cls, raw: bytes, *, language: str = "en") -> Draft:
        """The draft in the bytes of a file. InvalidError if it is not one."""
        import yaml

        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            loaded = json.loads(raw) if raw.lstrip()[:1] == b"{" else yaml.load(raw, Loader=loader)  # noqa: S506 - safe
        except (ValueError, RecursionError, yaml.YAMLError) as exc:
            raise errors.InvalidError("malformed-draft", "this file is neither YAML nor JSON") from exc
        if not isinstance(loaded, dict):
            raise errors.InvalidError("malformed-draft", "a draft is one mapping of fields")
        kind = loaded.pop("kind", None)
        notes = loaded.pop("notes", None) or {}
        body = loaded.pop("body", None)
        if body is None:
            body = loaded
        elif loaded:
            raise errors.InvalidError("malformed-draft", "fields stand both at the top and under body")
        if kind is None and isinstance(body, dict):
            kind = _told_by(body)
        if kind not in KINDS or not isinstance(body, dict) or not isinstance(notes, dict):
            raise errors.InvalidError(
                "malformed-draft",
                f"kind must be one of {', '.join(KINDS)}",
                where="kind",
                hint="Start from `tocsin new`.",
            )
        try:
            return cls(kind, _expanded(_plain(body, [MAX_VALUES]), language), notes)
        except (TypeError, ValueError, RecursionError) as exc:
            raise errors.InvalidError("malformed-draft", "a field has a form that no draft has") from exc

    def save(self, path: str | Path) -> None:
        """Write the draft as YAML or (by suffix .json) as JSON."""
        if Path(path).suffix == ".json":
            text = json.dumps(self._whole(), ensure_ascii=False, indent=2) + "\n"
        else:
            text = self.as_yaml()
        Path(path).write_text(text, encoding="utf-8")

    def as_yaml(self) -> str:
        """The draft as the text of a YAML file that `parse` reads."""
        import yaml

        return str(yaml.safe_dump(self._whole(), allow_unicode=True, sort_keys=False, width=110))

    def _whole(self) -> dict[str, Any]:
        return {"kind": self.kind, **({"notes": self.notes} if self.notes else {}), **self.body}

    def completed(self) -> Draft:
        """A copy with what follows by rule: tags of the home scheme by crosswalk, and the primary category if only one fits.

        The draft itself is not changed. Nothing is guessed: where two categories fit, the field stays empty.
        """
        body = copy.deepcopy(self.body)
        name = "addresses" if self.kind == "mitigation" else "risk_tags"
        tags = body.get(name)
        if isinstance(tags, list) and all(isinstance(tag, dict) for tag in tags):
            try:
                body[name] = tags = _with_home_tags(tags)
                if self.kind != "mitigation" and not body.get("primary_category"):
                    found = _categories(tags)
                    if len(found) == 1:
                        body["primary_category"] = found[0]
            except (taxonomy_errors.TaxonomyError, KeyError, TypeError):
                pass  # unknown codes are named, with their path, by the schema
        return Draft(self.kind, body, copy.deepcopy(self.notes))

    def problems(self, mode: str = "pseudonymous") -> list[Problem]:
        """What keeps this draft from being valid in `mode`; an empty list means it may go through the gate."""
        body = self.completed().body
        coarsen.apply(body, mode)  # the gate makes it coarser too, and shows it
        return [Problem(p.code, p.where, p.detail or p.meaning) for p in report.problems(self.kind, body, mode=mode)]


def _told_by(body: Mapping[str, Any]) -> str | None:
    """The kind by the key that only one kind has, for files that do not say it."""
    try:
        return report.kind_of(body)
    except taxonomy_errors.TaxonomyError:
        return None


def _plain(value: Any, left: list[int]) -> Any:
    """YAML dates and times back to the text that was written; everything else as it is.

    `left` counts down the values: YAML's aliases can make a small file stand for more of them than memory holds.
    """
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too many values")
    if isinstance(value, dict):
        return {str(k): _plain(v, left) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v, left) for v in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def _expanded(fields: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Short forms written out; long forms pass as they are."""
    body = {str(k): copy.deepcopy(v) for k, v in fields.items() if v is not None}
    for name in _TEXT_FIELDS:
        if isinstance(body.get(name), str) and not (name == "summary" and body[name] == "unknown"):
            body[name] = {"text": body[name].strip(), "language": language}
    for name in _DATE_FIELDS:
        if isinstance(body.get(name), str | int):
            body[name] = _date(str(body[name]), name)
    for name in _TAG_FIELDS:
        if isinstance(body.get(name), list):
            body[name] = [_tag(tag) for tag in body[name]]
    for name in _NOTE_FIELDS:
        if name in body:
            body[name] = _note(body[name], language)
    for name in ("statement", "applicability"):
        if isinstance(body.get(name), dict):
            inner = {k: _note(v, language) if k in _NOTE_PARTS else v for k, v in body[name].items()}
            body[name] = inner
    severity = body.get("severity")
    if isinstance(severity, int):
        severity = (severity, severity)
    if isinstance(severity, tuple | list):
        actual, potential = severity
        body["severity"] = {"scheme": "tocsin-sev", "edition": "1", "actual": actual, "potential": potential}
    if "tlp" in body:
        body["marking"] = {**(body.get("marking") or {}), "tlp": str(body.pop("tlp")).lower()}
    return body


def _date(value: str, name: str) -> dict[str, str]:
    fitting = [precision for form, precision in _PRECISIONS if form.fullmatch(value)]
    date = {
        "value": value,
        "precision": fitting[0] if fitting else "unknown",
    }  # unknown: the schema refuses and says where
    return {**date, "basis": "occurred"} if name == "occurred" else date


def _note(value: Any, language: str) -> Any:
    """A text of an optional field, or a list of such, from plain strings."""
    if isinstance(value, list):
        return [_note(item, language) for item in value]
    return {"text": value.strip(), "language": language} if isinstance(value, str) else value


def _tag(tag: Any) -> Any:
    """A compact code becomes a tag; a bare code stays text, and the schema refuses it."""
    if not isinstance(tag, str):
        return tag
    try:
        code = schemes.parse(tag)
    except taxonomy_errors.TaxonomyError:
        return tag
    return {
        "scheme": code.scheme,
        "edition": code.edition,
        "code": code.code,
        "confidence": "known",
        "assigned_by": "reporter",
    }


def _compact(tag: Mapping[str, Any]) -> str:
    return f"{tag['scheme']}@{tag['edition']}:{tag['code']}"


def _with_home_tags(tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if any(tag["scheme"] in _HOME_SCHEMES for tag in tags):
        return tags
    known = {_compact(tag) for tag in tags}
    derived = [dict(tag) for tag in crosswalk.derive(sorted(known))]
    return tags + [tag for tag in derived if _compact(tag) not in known]


def _categories(tags: list[dict[str, Any]]) -> list[str]:
    """The distinct categories of the home tags."""
    found = {str(schemes.category(schemes.parse(_compact(tag)))) for tag in tags if tag["scheme"] in _HOME_SCHEMES}
    return sorted(found - {"None"})
