"""One statement for many records, and only for records whose every text comes from a named public source.

Attributed mode, TLP:CLEAR, references and provenance in each. The statement is bound to the digest of the whole batch and
stands in each body: provenance.batch_approval {digest, statement, by, at_day}.
"""

from __future__ import annotations

import copy
import datetime
import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from tocsin_client import errors
from tocsin_client.redact import approval, findings, gate
from tocsin_client.redact.dictionary import Dictionary
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import report
from tocsin_trust import jsonstrict

if TYPE_CHECKING:
    from tocsin_client.draft import Draft

MODE = "attributed"
_LEAF = b"tocsin-batch/v1\n"


def digest_of(bodies: Iterable[bytes]) -> str:
    """The digest that names a batch: SHA-256 over a header line and the SHA-256 of each body (without batch_approval)."""
    whole = hashlib.sha256(_LEAF)
    for body in bodies:
        whole.update(hashlib.sha256(body).digest())
    return whole.hexdigest()


def approve_public_batch(
    drafts: Iterable[Draft],
    statement: str,
    by: str,
    *,
    today: str | None = None,
    dictionary: Dictionary | None = None,
    progress: Callable[[int], None] | None = None,
) -> approval.ApprovedBatch:
    """Approve public-source drafts together; `statement` is what the person says about all of them, in their words.

    Raises GateError (with `where` = "<number from 0>.<path>") for the first draft that does not belong in a batch, holds
    text that the hub would refuse, or hits the own dictionary. `progress` is told how many are checked.
    """
    statement = statement.strip()
    if not 20 <= len(statement) <= 1000:
        raise errors.GateError(
            "statement-missing",
            "the statement must be 20 to 1,000 characters",
            hint="Say what the records are and why they may be published.",
        )
    own = dictionary or Dictionary()
    day = today or datetime.datetime.now(datetime.UTC).date().isoformat()
    checked: list[tuple[str, dict[str, Any]]] = []
    for number, draft in enumerate(drafts):
        try:
            checked.append(_checked(draft, own))
        except errors.InvalidError as exc:
            raise errors.GateError(
                exc.code,
                f"draft {number}: {exc.message}",
                where=f"{number}.{exc.where or ''}".rstrip("."),
                hint=exc.hint,
            ) from exc
        if progress is not None:
            progress(number + 1)
    digest = digest_of(jsonstrict.dumps(body) for _, body in checked)
    said = {"digest": digest, "statement": statement, "by": by, "at_day": day}
    if checked:
        _require_fitting(said, *checked[0])
    versions = (*findings.VERSIONS, own.version)
    items = []
    for kind, body in checked:
        body["provenance"] = {**body["provenance"], "batch_approval": said}
        raw = jsonstrict.dumps(body)
        items.append(
            approval.issue(kind=kind, mode=MODE, body_bytes=raw, by=by, at_day=day, decisions=(), versions=versions)
        )
    return approval.ApprovedBatch(tuple(items), digest, statement, by)


def _require_fitting(said: dict[str, str], kind: str, body: dict[str, Any]) -> None:
    """The schema has the last word on what may be said: for a name that is too long, or text that would identify."""
    try:
        report.parse(kind, {**body, "provenance": {**body["provenance"], "batch_approval": said}}, mode=MODE)
    except taxonomy_errors.TaxonomyError as exc:
        raise errors.GateError(
            "statement-missing", "the statement does not fit into a record", where=exc.where, hint="Say it shorter."
        ) from exc


def _checked(draft: Draft, own: Dictionary) -> tuple[str, dict[str, Any]]:
    completed = draft.completed()
    body = copy.deepcopy(completed.body)
    gate.require_public(completed.kind, body)
    gate.parse(completed.kind, body, MODE)
    blocking = findings.find(body, own, propose=False)
    if blocking:
        code = "own-dictionary" if blocking[0].blocks == "dictionary" else "identifying-text"
        raise errors.GateError(
            code, f"a {blocking[0].class_} in the text", where=blocking[0].path, hint="Leave this record out."
        )
    return completed.kind, body
