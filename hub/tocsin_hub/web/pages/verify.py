"""Checking a receipt, or a record by its id: tocsin_trust does it, its own words explain it.

The page is a convenience and says so: who does not trust this hub runs the same check at home. What is pasted is looked at, answered,
and forgotten.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from sqlalchemy.orm import Session

from tocsin_hub.catalogue import search, view
from tocsin_hub.errors import HubError
from tocsin_hub.web import render
from tocsin_hub.web.face import Made, Seen
from tocsin_trust import policy, receipt
from tocsin_trust.errors import TrustError

MAX_REF = 80


def page(seen: Seen) -> Made:
    """/verify and /verify?record=ID."""
    asked = dict(seen.pairs)
    if not set(asked) <= {"record"} or len(seen.pairs) > 1:
        raise HubError("unknown-filter-value")
    ref = asked.get("record", "").strip()
    if not ref:
        return _shown(seen)
    if len(ref) > MAX_REF:
        raise HubError("not-found")
    item = search.get(seen.session, seen.viewer, ref)
    if item is None:
        return _shown(
            seen, status=404, record=ref, refused=render.text(seen, "No record with this id is open to everybody.")
        )
    if isinstance(item, view.Tombstone):
        said = render.text(
            seen, "The words of this record are gone, so there is nothing left to check but its entries."
        )
        return _shown(seen, status=410, record=ref, refused=said)
    bundle = bundle_of(seen.session, seen, item)
    return _checked(
        seen, bundle, record=item.record_id, folder="responses" if item.kind == "mitigation" else "incidents"
    )


def pasted(seen: Seen) -> Made:
    """POST /verify: a receipt as text."""
    fields = dict(parse_qsl(seen.form.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=4))
    text = fields.get("receipt", "").strip()
    if not text:
        return _shown(
            seen,
            status=422,
            refused=render.text(
                seen, "Nothing was pasted. A receipt is the file that the client keeps for each report."
            ),
        )
    return _checked(seen, text.encode("utf-8", "replace"))


def bundle_of(session: Session, seen: Seen, item: view.RecordView) -> bytes:
    """The receipt of a record's newest version, made now."""
    parts = seen.face.parts
    placed = parts.publisher.find(session, bytes.fromhex(item.digest))
    if placed is None:
        raise HubError("unknown-digest")
    chain = parts.door.chains.of(session, item.author_key) if item.mode == "attributed" else ()
    return parts.publisher.receipt(session, placed, chain)


def _checked(seen: Seen, bundle: bytes, *, record: str = "", folder: str = "") -> Made:
    trusted = seen.face.parts.keyring.policy
    try:
        verified = receipt.verify(bundle, trusted)
    except TrustError as error:
        return _shown(seen, status=422, record=record, refused=receipt.explain(error, seen.lang))
    said = receipt.explain(verified, seen.lang).split("\n")
    known = search.get(seen.session, seen.viewer, verified.statement.digest.hex())
    return _shown(
        seen, record=record, holds=said, folder=folder, known=known, bundle="" if not record else bundle.decode()
    )


def _shown(
    seen: Seen,
    *,
    status: int = 200,
    record: str = "",
    refused: str = "",
    holds: list[str] | None = None,
    folder: str = "",
    known: view.RecordView | view.Tombstone | None = None,
    bundle: str = "",
) -> Made:
    return render.page(
        seen,
        "verify.html",
        here="verify",
        status=status,
        kept=not seen.form,
        record=record,
        refused=refused,
        holds=holds or [],
        folder=folder,
        known=known,
        bundle=bundle,
        fingerprint=policy.fingerprint_words(seen.face.parts.keyring.policy.root),
    )
