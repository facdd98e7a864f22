"""From what the catalogue answers to the values that GraphQL shows, and the opaque ids of records."""

import base64
from typing import Any

import strawberry

from tocsin_hub.catalogue import content, view
from tocsin_hub.graphql import coded, records
from tocsin_hub.graphql.coded import coded as code

_RECORD_ID = "rec_"
AnyRecord = records.Incident | records.Finding | records.Mitigation
KINDS: dict[str, type[AnyRecord]] = {
    "incident": records.Incident,
    "finding": records.Finding,
    "mitigation": records.Mitigation,
}
_RECORD = (
    "record_id",
    "kind",
    "state",
    "digest",
    "thread",
    "mode",
    "tlp",
    "author_key",
    "evidence_class",
    "demo",
    "amends",
)
_INCIDENT = ("ai_contribution", "ai_role", "likelihood", "confidence", "acceptability")
_MITIGATION = ("strategy", "control_layer", "status", "cost_band", "time_to_deploy_band")


def node_id(thread: str) -> strawberry.ID:
    """The opaque id of a record: of its thread, not of its number, so that ids cannot be counted through."""
    return strawberry.ID(_RECORD_ID + base64.urlsafe_b64encode(bytes.fromhex(thread)).decode().rstrip("="))


def thread_of(given: str) -> bytes:
    """The thread of an id; one that fits no record if the id is not one of ours, so that both answer alike."""
    try:
        raw = base64.b64decode(given.removeprefix(_RECORD_ID).encode() + b"=", altchars=b"-_", validate=True)
    except ValueError:  # also binascii.Error and UnicodeEncodeError
        return b""
    return raw if given.startswith(_RECORD_ID) and len(raw) == 32 else b""


def of_view(item: view.RecordView | view.Tombstone, as_of: int) -> AnyRecord | records.Tombstone:
    """The value of a record or a tombstone."""
    shared: dict[str, Any] = {
        "id": node_id(item.thread),
        "accepted_at": records.moment(item.accepted_unix_s),
        "log_index": item.rec,
        "head_index": item.head_idx,
        "as_of": as_of,
    }
    if isinstance(item, view.Tombstone):
        return records.Tombstone(
            record_id=item.record_id, kind=item.kind, state=item.state, reason=item.reason, **shared
        )
    said = item.content
    return KINDS[item.kind](
        **shared,
        **{name: getattr(item, name) for name in _RECORD},
        org=item.author_org,
        title=coded.Text(text=said.title.text, language=said.title.language),
        summary=coded.text_of(said.summary),
        tags=[coded.tag_of(tag) for tag in said.tags],
        references=[
            records.Reference(title=r.title, url=r.url, source=r.source, external_id=r.external_id)
            for r in said.references
        ],
        provenance=_provenance(said),
        body=item.body,
        **(_mitigation(said) if item.kind == "mitigation" else _reported(item)),
    )


def _provenance(said: content.Content) -> records.Provenance | None:
    found = said.provenance
    if found is None:
        return None
    return records.Provenance(
        source=found.source,
        licence=found.licence,
        attribution=found.attribution,
        url=next((reference.url for reference in said.references if reference.url), None),
        retrieved=found.retrieved,
        row_id=found.row_id,
    )


def _reported(item: view.RecordView) -> dict[str, Any]:
    said = item.content
    shared = {
        "occurred": said.occurred
        and records.PartialDate(
            value=said.occurred.value, precision=said.occurred.precision, basis=said.occurred.basis
        ),
        "primary_category": code(item.primary_category),
        "sector": code(item.sector),
        "region": code(item.region),
        "system_class": code(item.system_class),
        "severity": _severity(said.severity),
        "priority": item.priority,
        "chain": said.chain
        and [
            records.ChainLink(source=coded.Code(value=c.source), target=coded.Code(value=c.target), relation=c.relation)
            for c in said.chain
        ],
        "lifecycle_stage": said.lifecycle_stages[0] if said.lifecycle_stages else None,
        "discovery_method": said.discovery_method,
    }
    if item.kind == "finding":
        metrics = [
            records.Metric(name=m.name, value=m.value, n=m.n, unit=m.unit, better=m.better) for m in said.metrics
        ]
        return shared | {"tool_name": said.tool_name, "tool_version": said.tool_version, "metrics": metrics}
    used = said.mitigations_used
    return (
        shared
        | {name: getattr(said, name) for name in _INCIDENT}
        | {
            "record_type": item.record_type,
            "mitigations_used": used and [records.UsedMitigation(record_id=u.record_id, helped=u.helped) for u in used],
        }
    )


def _severity(said: content.Severity | None) -> records.Severity | None:
    if said is None:
        return None
    return records.Severity(
        actual=said.actual,
        potential=said.potential,
        barrier=said.barrier,
        dimensions=None
        if said.dimensions is None
        else [records.SeverityDimension(name=name, value=value) for name, value in said.dimensions],
        source=[records.SourceSeverity(scheme=s.scheme, edition=s.edition, value=s.value) for s in said.source],
    )


def _mitigation(said: content.Content) -> dict[str, Any]:
    return {name: getattr(said, name) for name in _MITIGATION} | {
        "lifecycle_stages": list(said.lifecycle_stages or ()),
        "applies_to_system_classes": [coded.Code(value=value) for value in said.for_system_classes],
        "applies_to_sectors": [coded.Code(value=value) for value in said.for_sectors],
        "preconditions": coded.texts_of(said.preconditions),
        "techniques_mitigated": said.techniques
        and [
            records.TechniqueMitigated(
                code=coded.Code(value=t.code), how=coded.Text(text=t.how.text, language=t.how.language)
            )
            for t in said.techniques
        ],
        "statement": _statement(said.statement),
        "side_effects": coded.text_of(said.side_effects),
        "known_bypass": coded.text_of(said.known_bypass),
        "responds_to": said.responds_to and list(said.responds_to),
    }


def _statement(said: content.Statement | None) -> records.MitigationStatement | None:
    if said is None:
        return None
    return records.MitigationStatement(
        failure=coded.text_of(said.failure),
        required_outcome=coded.text_of(said.required_outcome),
        minimum_control=coded.text_of(said.minimum_control),
        alternatives=coded.texts_of(said.alternatives),
        verification_method=coded.text_of(said.verification_method),
        evidence_to_keep=coded.text_of(said.evidence_to_keep),
        owner_role=coded.text_of(said.owner_role),
    )
