"""The way into the gate: a draft becomes a Preview, and an approval from a file is believed only after the same checks."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tocsin_client import coarsen, errors
from tocsin_client.redact import approval, findings, spans
from tocsin_client.redact.dictionary import Dictionary
from tocsin_client.redact.preview import Preview
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import report, templates
from tocsin_trust import errors as trust_errors
from tocsin_trust import jsonstrict

if TYPE_CHECKING:
    from tocsin_client.draft import Draft

MODES = ("attributed", "pseudonymous")


def require_mode(mode: str) -> None:
    """Raise UsageError unless this version can send in `mode`."""
    if mode not in MODES:
        raise errors.UsageError(
            "unknown-mode", f"mode must be one of {', '.join(MODES)}", hint="Use pseudonymous, the default."
        )


def check(
    draft: Draft,
    mode: str = "pseudonymous",
    *,
    dictionary: Dictionary | None = None,
    directory: Sequence[Mapping[str, Any]] | None = None,
    today: str,
) -> Preview:
    """Put a draft through coarsening, schema and detectors. `today` is the UTC day, YYYY-MM-DD.

    Raises InvalidError if the draft is not a valid record in this mode, GateError if a detector fails. Opens no socket.
    """
    require_mode(mode)
    completed = draft.completed()
    source = copy.deepcopy(completed.body)
    source.setdefault("marking", {"tlp": "amber"})
    _require_filled(source)
    changed = coarsen.apply(source, mode)
    parse(completed.kind, source, mode)
    own = dictionary or Dictionary()
    return Preview(
        kind=completed.kind,
        mode=mode,
        written=copy.deepcopy(completed.body),
        source=source,
        spans=findings.find(source, own),
        dictionary=own,
        at_day=today,
        coarsened=changed,
        directory=None if directory is None else tuple(directory),
        notes=dict(draft.notes),
    )


def _require_filled(body: dict[str, Any]) -> None:
    """Raise GateError while a text still asks to be replaced, as `tocsin new` writes it."""
    left = [path for path, text in spans.texts(body) if templates.PLACEHOLDER in text]
    if left:
        raise errors.GateError(
            "placeholder-left",
            "the draft still has the template's words",
            where=left[0],
            hint="Write your own text there.",
        )


def parse(kind: str, body: dict[str, Any], mode: str) -> Any:
    """The typed record of a body, or InvalidError with the taxonomy's code and path."""
    try:
        return report.parse(kind, body, mode=mode)
    except taxonomy_errors.TaxonomyError as exc:
        raise errors.InvalidError(
            exc.code, f"not a valid {kind}: {exc.code}", where=exc.where, hint="Run `tocsin validate` on the draft."
        ) from exc


def require_public(kind: str, body: dict[str, Any]) -> None:
    """Raise GateError `public-source-rule` with the path of what keeps this body out of a batch."""
    provenance = body.get("provenance") or {}
    wanted = [
        ("evidence_class", body.get("evidence_class") == "public-source"),
        ("marking.tlp", (body.get("marking") or {}).get("tlp") == "clear"),
        ("marking.audience", not (body.get("marking") or {}).get("audience")),
        ("provenance.source", bool(provenance.get("source"))),
        ("provenance.licence", bool(provenance.get("licence"))),
        ("references", kind == "mitigation" or bool(body.get("references"))),
    ]
    for where, holds in wanted:
        if not holds:
            raise errors.GateError(
                "public-source-rule",
                "a batch takes only TLP:CLEAR records of named public sources",
                where=where,
                hint="Approve this record alone.",
            )


def approval_from_file(data: bytes, *, dictionary: Dictionary | None = None) -> approval.Approved:
    """An approval that `Approved.to_file` wrote, checked again: digest, schema, and every finding kept with a reason.

    The dictionary of this machine is applied, so a file made elsewhere cannot carry out what this member blocks.
    """
    try:
        raw = json.loads(data)
        if raw["type"] != "tocsin-approval" or raw["v"] != approval.FILE_VERSION:
            raise KeyError("type")
        body_bytes = str(raw["body"]).encode("utf-8")
        kind, mode, by, at_day = (str(raw[name]) for name in ("kind", "mode", "by", "at_day"))
        decisions = tuple(approval.Decision(*(str(v) for v in row)) for row in raw["decisions"])
        versions = tuple(str(v) for v in raw["versions"])
        stated = str(raw["sha256"])
    except (ValueError, KeyError, TypeError, UnicodeError) as exc:
        raise errors.GateError(
            "approval-void", "this is not an approval file", hint="Make one with --approve-only."
        ) from exc
    require_mode(mode)
    if hashlib.sha256(body_bytes).hexdigest() != stated:
        raise errors.GateError(
            "approval-void", "the approved bytes were changed", hint="Preview and approve the draft again."
        )
    try:
        body = jsonstrict.loads(body_bytes)
    except trust_errors.TrustError as exc:
        raise errors.GateError("approval-void", "the approved bytes are not a body") from exc
    if jsonstrict.dumps(body) != body_bytes:
        raise errors.GateError("approval-void", "the approved bytes are not in the form that is signed")
    own = dictionary or Dictionary()
    kept = {(d.path, d.class_) for d in decisions if d.action == "keep" and d.reason}
    public = bool((body.get("provenance") or {}).get("batch_approval"))
    if public:
        require_public(kind, body)
    left = [s for s in findings.find(body, own, propose=not public) if s.blocks or (s.path, s.class_) not in kept]
    if left:
        raise errors.GateError("undecided", f"a {left[0].class_} was not decided on", where=left[0].path)
    parse(kind, body, mode)
    return approval.issue(
        kind=kind, mode=mode, body_bytes=body_bytes, by=by, at_day=at_day, decisions=decisions, versions=versions
    )
