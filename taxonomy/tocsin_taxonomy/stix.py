"""Incidents and mitigations as STIX 2.1 objects; the only room that knows the stix2 library.

    incident      -> incident, with vulnerability (risk), identity (system class, sector) and a report round them
    mitigation    -> course-of-action, which mitigates the risks it addresses

Ids are UUIDv5 of the hub's origin, the type and the record id (or the code, for shared concepts): never of the content or
the submitter. Names start with the record id, because readers merge objects of one name. What plain STIX has no place for
goes into one property extension, and what matters most is repeated in labels, because most readers drop extensions.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import stix2

from tocsin_taxonomy import schemes, vocab
from tocsin_taxonomy.errors import TaxonomyError
from tocsin_taxonomy.incident import Incident
from tocsin_taxonomy.practice import Mitigation
from tocsin_taxonomy.record import Record

EXTENSION = "extension-definition--dddd7ccc-0963-560b-81fb-05781a01bb1d"
OASIS_INCIDENT = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
TLP2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
TLP2_MARKINGS = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_TLP2_SINCE = "2022-10-01T00:00:00.000Z"
# Said elsewhere in the object, or never sent on.
_ELSEWHERE = {"title", "summary", "description", "marking", "references", "provenance", "demo"}
_DETERMINATION = {"incident": "successful-attempt", "near-miss": "failed-attempt"}


def to_objects(record_id: str, record: Record, *, origin: str, accepted_unix_s: int) -> list[Any]:
    """Every STIX object of one record, the report last; the bundle is complete in itself.

    `origin` is the hub's log origin, `accepted_unix_s` when the hub accepted the version shown. Findings are not written
    yet (`malformed-record`).
    """
    if not isinstance(record, Incident | Mitigation):
        raise TaxonomyError("malformed-record", "kind", detail="only incidents and mitigations")
    made = _Maker(record_id, record, origin, accepted_unix_s)
    made.concepts()
    if isinstance(record, Incident):
        made.incident(record)
    else:
        made.course_of_action(record)
    made.report()
    return made.objects


def tlp_marking(tlp: str) -> Any:
    """The TLP 2.0 marking object of a level, with the ids that OASIS published."""
    return stix2.MarkingDefinition(
        id=TLP2_MARKINGS[tlp],
        created=_TLP2_SINCE,
        name=f"TLP:{tlp.upper()}",
        extensions={TLP2: {"extension_type": "property-extension", "tlp_2_0": tlp}},
    )


class _Maker:
    """Collects the objects of one record; everything shares creator, time and marking."""

    def __init__(self, record_id: str, record: Incident | Mitigation, origin: str, accepted_unix_s: int) -> None:
        self.record_id = record_id
        self.record = record
        self.origin = origin
        self.space = uuid.uuid5(uuid.NAMESPACE_DNS, origin)
        self.at = datetime.datetime.fromtimestamp(accepted_unix_s, tz=datetime.UTC)
        self.hub = self.id_of("identity", "hub")
        self.risks: list[Any] = []
        self.others: list[Any] = []
        self.objects: list[Any] = [
            stix2.Identity(id=self.hub, created=self.at, modified=self.at, name=origin, identity_class="system"),
            stix2.ExtensionDefinition(
                id=EXTENSION, created=_TLP2_SINCE, modified=_TLP2_SINCE, created_by_ref=self.hub, name="Tocsin record",
                schema="urn:tocsin:record:1", version="1.0.0", extension_types=["property-extension"],
            ),
            tlp_marking(record.marking.tlp),
        ]  # fmt: skip
        self.common: dict[str, Any] = {
            "created": self.at,
            "modified": self.at,
            "created_by_ref": self.hub,
            "object_marking_refs": [TLP2_MARKINGS[record.marking.tlp]],
        }
        self.name = f"{record_id} {record.title.text}"
        self.labels = [f'tocsin:kind="{record.kind}"', *(tag.compact for tag in record.tags)]

    def id_of(self, kind: str, key: str) -> str:
        return f"{kind}--{uuid.uuid5(self.space, f'{kind} {key}')}"

    def extension(self, **more: Any) -> dict[str, Any]:
        return {EXTENSION: {"extension_type": "property-extension", **more}}

    def concepts(self) -> None:
        """Risks, system class and sector: shared by all records, so readers may merge them by name."""
        for tag in self.record.tags:
            self.risks.append(
                stix2.Vulnerability(
                    **self.common,
                    id=self.id_of("vulnerability", tag.compact),
                    name=f"{tag.compact} {schemes.label(schemes.parse(tag.compact))}",
                    external_references=[{"source_name": f"{tag.scheme}@{tag.edition}", "external_id": tag.code}],
                    extensions=self.extension(record_kind="risk"),
                )
            )
        coded = [(self.record.system_class_code, "system"), (self.record.sector_code, "class")]
        if isinstance(self.record, Mitigation):
            coded = [(code, "system") for code in self.record.applicability.system_classes]
            coded += [(code, "class") for code in self.record.applicability.sectors]
        for code, identity_class in coded:
            if code is not None and code not in vocab.SPECIAL:
                self.others.append(
                    stix2.Identity(
                        **self.common,
                        id=self.id_of("identity", code),
                        name=schemes.label(schemes.parse(code)),
                        identity_class=identity_class,
                        external_references=[{"source_name": code.split(":")[0], "external_id": code.split(":")[1]}],
                    )
                )
        self.objects += self.risks + self.others

    def about(self, description: str | None) -> dict[str, Any]:
        sources = [{"source_name": self.origin, "external_id": self.record_id}]
        for reference in self.record.references:
            source = {
                "source_name": reference.source or "reference",
                "url": reference.url,
                "external_id": reference.external_id,
            }
            sources.append({key: value for key, value in source.items() if value is not None})
        language = "-".join(
            part for part in self.record.language.split("-") if len(part) != 4
        )  # some readers refuse scripts
        found: dict[str, Any] = {
            "name": self.name,
            "lang": language,
            "labels": self.labels,
            "external_references": sources,
        }
        return found if description is None else {**found, "description": description}

    def body(self) -> dict[str, Any]:
        raw = self.record.model_dump(mode="json", exclude_none=True, exclude=_ELSEWHERE)
        return {"record_kind": self.record.kind, **_stixable(raw)}

    def incident(self, record: Incident) -> None:
        extensions = self.extension(**self.body())
        if record.security is not None or record.ai_role in ("target-of-attack", "tool-of-harm"):
            oasis: dict[str, Any] = {
                "extension_type": "property-extension",
                "determination": _DETERMINATION.get(record.record_type, "suspected"),
                "investigation_status": "open",
            }
            if record.severity_potential is not None:
                oasis["scores"] = [{"name": "tocsin-sev-1-potential", "value": record.severity_potential}]
            extensions[OASIS_INCIDENT] = oasis
        summary = None if isinstance(record.summary, str) else record.summary.text
        made = stix2.Incident(
            **self.common, **self.about(summary), id=self.id_of("incident", self.record_id), extensions=extensions
        )
        self.objects.append(made)
        for other in (*self.risks, *self.others):
            self.relate(made, "related-to", other)

    def course_of_action(self, record: Mitigation) -> None:
        made = stix2.CourseOfAction(
            **self.common,
            **self.about(record.description.text),
            id=self.id_of("course-of-action", self.record_id),
            extensions=self.extension(**self.body()),
        )
        self.objects.append(made)
        for risk in self.risks:
            self.relate(made, "mitigates", risk)
        for other in self.others:
            self.relate(made, "related-to", other)

    def relate(self, source: Any, kind: str, target: Any) -> None:
        key = f"{source.id} {kind} {target.id}"
        self.objects.append(
            stix2.Relationship(
                **self.common,
                id=self.id_of("relationship", key),
                relationship_type=kind,
                source_ref=source.id,
                target_ref=target.id,
            )
        )

    def report(self) -> None:
        """Readers that lose the incident itself keep a report, so it repeats name, description and labels."""
        refs = [made.id for made in self.objects if made.type not in ("extension-definition", "marking-definition")]
        main = next(made for made in self.objects if made.type in ("incident", "course-of-action"))
        self.objects.append(
            stix2.Report(
                **self.common,
                **self.about(main.get("description")),
                id=self.id_of("report", self.record_id),
                published=self.at,
                object_refs=refs,
            )
        )


def _stixable(value: Any) -> Any:
    """Without null and empty members, which STIX forbids, and with keys of letters, digits and underscores."""
    if isinstance(value, dict):
        cleaned = {key.replace("-", "_"): _stixable(member) for key, member in value.items()}
        return {key: member for key, member in cleaned.items() if member not in (None, [], {})}
    return [_stixable(member) for member in value] if isinstance(value, list) else value
