"""`parse`, the one way from a signed body to a checked record, and everything it may answer instead.

parse(kind, body, mode=...)  ->  Incident | Finding | Mitigation, or TaxonomyError (code and path, never content)
problems(kind, body, mode=...) -> all refusals at once, for people who edit drafts
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tocsin_taxonomy import rules, vocab
from tocsin_taxonomy.errors import CODES, TaxonomyError
from tocsin_taxonomy.incident import Finding as Finding
from tocsin_taxonomy.incident import Incident as Incident
from tocsin_taxonomy.practice import Mitigation as Mitigation
from tocsin_taxonomy.rules import AnyRecord as AnyRecord
from tocsin_taxonomy.templates import template as template  # the same room for callers that hold only `report`

MODELS: Mapping[str, type[Incident] | type[Finding] | type[Mitigation]] = {
    "incident": Incident,
    "finding": Finding,
    "mitigation": Mitigation,
}
_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {kind: TypeAdapter(model) for kind, model in MODELS.items()}
# A key that only one kind has and always has; an amendment carries no kind of its own.
_TELLING = {"record_type": "incident", "metrics": "finding", "applicability": "mitigation"}


def kind_of(body: Mapping[str, Any]) -> str:
    """Which kind a body is, told by the required key no other kind has; `malformed-record` if none or several fit."""
    found = [kind for key, kind in _TELLING.items() if key in body]
    if len(found) != 1:
        raise TaxonomyError("malformed-record", detail="one of record_type, metrics, applicability must be there")
    return found[0]


def required_fields(kind: str) -> tuple[str, ...]:
    """The keys a body of this kind must have, in the order of the model; KeyError for an unknown kind."""
    return tuple(info.alias or name for name, info in MODELS[kind].model_fields.items() if info.is_required())


def parse(kind: str, body: Mapping[str, Any], *, mode: str) -> AnyRecord:
    """The checked record of a body, or the first refusal as TaxonomyError."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None or mode not in vocab.MODES:
        raise TaxonomyError("malformed-record", "kind" if adapter is None else "mode")
    try:
        record: AnyRecord = adapter.validate_python(body)
    except ValidationError as error:
        raise _converted(kind, error)[0] from None
    for refusal in rules.refusals(record, mode):
        raise refusal
    return record


def problems(kind: str, body: Mapping[str, Any], *, mode: str) -> list[TaxonomyError]:
    """Every refusal of a body; rules between fields are only asked once each field is well formed."""
    try:
        record: AnyRecord = _ADAPTERS[kind].validate_python(body)
    except ValidationError as error:
        return _converted(kind, error)
    return list(rules.refusals(record, mode))


def _converted(kind: str, error: ValidationError) -> list[TaxonomyError]:
    found = []
    items = error.errors(include_input=False, include_url=False)
    broken = {item["loc"][:-1] for item in items}
    for item in items:
        if item["type"] == "too_short" and any(loc[: len(item["loc"])] == item["loc"] for loc in broken):
            continue  # the list is only short because its members were refused
        path = [str(step) for step in item["loc"] if not str(step).startswith("~")]
        reason = item["type"]
        detail = reason.replace("_", " ")
        code = "malformed-record"
        if reason in CODES:
            code, detail = reason, item["msg"]
        elif reason == "extra_forbidden":
            detail = _near(kind, path.pop())  # the key is the sender's word: never shown
        elif reason == "literal_error":
            detail = "one of: " + str(item.get("ctx", {}).get("expected"))
        elif reason == "string_too_long":
            code, detail = "text-too-long", f"at most {item.get('ctx', {}).get('max_length')} characters"
        found.append(TaxonomyError(code, ".".join(path) or None, detail=detail))
    return found


def _near(kind: str, key: str) -> str:
    near = difflib.get_close_matches(key, list(MODELS[kind].model_fields), n=1, cutoff=0.75)
    return f"unknown field; did you mean {near[0]}?" if near else "unknown field"
