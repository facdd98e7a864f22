"""Claims about the STIX objects: a strict reader takes every one, ids tell nothing, nothing is null or empty."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin_taxonomy import errors, report, vocab

stix2 = pytest.importorskip("stix2")
from tocsin_taxonomy import stix  # noqa: E402 - only where the library is

ORIGIN = "hub.example"
AT = 1767225600


def _made(kind: str, record_id: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    record = report.parse(kind, body, mode="attributed")
    return [
        json.loads(made.serialize()) for made in stix.to_objects(record_id, record, origin=ORIGIN, accepted_unix_s=AT)
    ]


def _incident(bodies: SimpleNamespace, **more: Any) -> list[dict[str, Any]]:
    body = bodies.incident(
        risk_tags=[bodies.tag(bodies.criminal), bodies.tag(bodies.attack)],
        chain=[{"from": bodies.attack, "to": bodies.criminal, "relation": "extends-to"}],
        severity=bodies.severity(3, 4, dimensions={"money-property": 4}, source=[]),
        references=[{"url": "https://example.org/a"}],
        loss_types=[],
        **more,
    )
    return _made("incident", "TOC-I-2026-000042", body)


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.values(), *(m for v in value.values() for m in _members(v))]
    return [*value, *(m for v in value for m in _members(v))] if isinstance(value, list) else []


def test_a_strict_reader_takes_every_object_and_every_reference_resolves(bodies: SimpleNamespace) -> None:
    for objects in (_incident(bodies), _made("mitigation", "TOC-M-2026-000007", bodies.mitigation())):
        parsed = stix2.parse(
            {"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": objects},
            allow_custom=False,
        )
        assert len(parsed.objects) == len(objects) == len({made["id"] for made in objects})
        known = {made["id"] for made in objects}
        for made in objects:
            for key, value in made.items():
                if key.endswith("_ref"):
                    assert value in known
                if key.endswith("_refs"):
                    assert set(value) <= known
            assert not [member for member in _members(made) if member is None or member in ([], {}, "")]


def test_an_incident_carries_its_tags_severity_and_tlp(bodies: SimpleNamespace) -> None:
    objects = _incident(bodies, marking={"tlp": "green"})
    incident = next(made for made in objects if made["type"] == "incident")
    assert incident["name"].startswith("TOC-I-2026-000042 ")
    assert bodies.criminal in incident["labels"]
    own = incident["extensions"][stix.EXTENSION]
    assert own["severity"]["potential"] == 4
    assert own["severity"]["dimensions"] == {"money_property": 4}
    assert own["chain"][0]["from"] == bodies.attack
    assert incident["object_marking_refs"] == [stix.TLP2_MARKINGS["green"]]
    assert incident["extensions"][stix.OASIS_INCIDENT]["determination"] == "successful-attempt"
    assert [made["type"] for made in objects].count("vulnerability") == 2
    assert objects[-1]["type"] == "report"


def test_a_mitigation_mitigates_the_risks_it_addresses(bodies: SimpleNamespace) -> None:
    objects = _made("mitigation", "TOC-M-2026-000007", bodies.mitigation())
    related = [
        (made["relationship_type"], made["target_ref"].split("--")[0])
        for made in objects
        if made["type"] == "relationship"
    ]
    assert related == [("mitigates", "vulnerability")]


def test_ids_come_from_the_record_id_and_not_from_what_it_says(bodies: SimpleNamespace) -> None:
    one, two = (_incident(bodies, title=bodies.text(words)) for words in ("This", "That"))
    assert [made["id"] for made in one] == [made["id"] for made in two]
    other = _made("incident", "TOC-I-2026-000043", bodies.incident())
    assert {m["id"] for m in one if m["type"] == "incident"} & {m["id"] for m in other} == set()


def test_every_level_of_tlp_has_its_published_object() -> None:
    assert set(stix.TLP2_MARKINGS) == set(vocab.TLP)
    for tlp in vocab.TLP:
        made = json.loads(stix.tlp_marking(tlp).serialize())
        assert made["extensions"][stix.TLP2]["tlp_2_0"] == tlp
        assert stix2.parse(made, allow_custom=False).id == stix.TLP2_MARKINGS[tlp]


def test_a_script_subtag_is_dropped_from_the_language(bodies: SimpleNamespace) -> None:
    objects = _incident(bodies, title=bodies.text("标题", "zh-Hans-CN"))
    assert next(made for made in objects if made["type"] == "incident")["lang"] == "zh-CN"


def test_a_finding_is_not_written_yet(bodies: SimpleNamespace) -> None:
    with pytest.raises(errors.TaxonomyError):
        _made("finding", "TOC-F-2026-000001", bodies.finding())
