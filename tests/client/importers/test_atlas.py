"""The importer of the ATLAS mitigations: everything it does not get from the source comes from a reviewed table, or not at all."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tocsin_client.draft import Draft
from tocsin_client.importers import REGISTRY, atlas, load, rows
from tocsin_client.importers.rows import Refused
from tocsin_taxonomy import report, schemes

JUDGED = (
    "strategy",
    "control_layer",
    "lifecycle_stage",
    "status",
    "addresses",
    "system_classes",
    "sectors",
    "preconditions",
    "evidence_class",
    "why",
)
ENTRY: dict[str, Any] = {
    "value": "User Training",
    "description": "Educate developers.\u200b\n\nAgain.",
    "meta": {"external_id": "AML.M0018", "refs": ["https://atlas.mitre.org/mitigations/AML.M0018"]},
    "related": [
        {"dest-uuid": "u1", "type": "mitigates"},
        {"dest-uuid": "u2", "type": "mitigates"},
        {"dest-uuid": "u3", "type": "similar"},
        {"dest-uuid": "gone", "type": "mitigates"},
    ],
}
TECHNIQUES = [
    {"uuid": "u1", "value": "Unsafe ML Artifacts", "meta": {"external_id": "AML.T0011.000"}},
    {"uuid": "u2", "value": "Inject Payload", "meta": {"external_id": "AML.T0018.001"}},
    {"uuid": "u3", "value": "User Execution", "meta": {"external_id": "AML.T0011"}},
]


def _read(tmp_path: Path, *entries: Any) -> tuple[list[Draft], list[Refused]]:
    (tmp_path / "mitre-atlas-course-of-action.json").write_text(json.dumps({"values": list(entries)}), "utf-8")
    (tmp_path / "mitre-atlas-attack-pattern.json").write_text(json.dumps({"values": TECHNIQUES}), "utf-8")
    refused: list[Refused] = []
    return list(atlas.read(tmp_path, refused=refused)), refused


@pytest.fixture(scope="module")
def installed() -> tuple[list[Draft], list[Refused]]:
    pytest.importorskip("pymispgalaxies")
    refused: list[Refused] = []
    return list(atlas.read(refused=refused)), refused


def test_all_26_mitigations_come_in_valid_and_none_is_refused(installed: tuple[list[Draft], list[Refused]]) -> None:
    drafts, refused = installed
    assert (len(drafts), refused) == (26, [])
    for draft in drafts:
        report.parse("mitigation", draft.body, mode="attributed")


def test_nearly_all_techniques_of_the_galaxy_are_linked(installed: tuple[list[Draft], list[Refused]]) -> None:
    links = [link["tag"] for draft in installed[0] for link in draft.body["techniques_mitigated"]]
    assert 90 <= len(links) <= 110
    assert all(schemes.resolve(code) for code in links)


def test_licence_and_attribution_are_kept(installed: tuple[list[Draft], list[Refused]]) -> None:
    for draft in installed[0]:
        assert draft.body["provenance"]["licence"] == "Apache-2.0"
        assert "The MITRE Corporation" in draft.body["provenance"]["attribution"]
        assert draft.body["evidence_class"] == "public-source"


def test_every_judgement_is_written_down_for_every_mitigation() -> None:
    table = rows.mapping("atlas_mitigations")["mitigations"]
    assert len(table) == 26
    for judged in table.values():
        assert set(judged) == {"name", *JUDGED}
        assert judged["addresses"]
        assert len(judged["why"]) > 30


def test_the_table_is_no_stamp() -> None:
    table = rows.mapping("atlas_mitigations")["mitigations"].values()
    assert {judged["status"] for judged in table} == {"proposed", "in-use"}
    assert {judged["strategy"] for judged in table} == {"avoid", "mitigate"}
    assert {judged["control_layer"] for judged in table} == {"technical", "application", "management"}


def test_an_id_whose_meaning_changed_makes_no_tag(tmp_path: Path) -> None:
    drafts, _ = _read(tmp_path, ENTRY)
    assert [link["tag"] for link in drafts[0].body["techniques_mitigated"]] == ["mitre-atlas@5.6.0:AML.T0011.000"]


def test_a_mitigation_that_nobody_judged_or_that_is_another_now_is_refused(tmp_path: Path) -> None:
    unknown, renamed, empty = copy.deepcopy(ENTRY), copy.deepcopy(ENTRY), copy.deepcopy(ENTRY)
    unknown["meta"]["external_id"] = "AML.M0099"
    renamed["value"] = "Deepfake Training"
    empty["description"] = " "
    drafts, refused = _read(tmp_path, unknown, renamed, empty, {"value": "x"}, 3, None, ENTRY)
    assert len(drafts) == 1
    assert [one.reason for one in refused] == [
        "not-reviewed",
        "name-changed",
        "description-missing",
        "malformed-row",
        "malformed-row",
        "malformed-row",
    ]


def test_the_registry_loads_what_it_names() -> None:
    for name in REGISTRY:
        assert callable(load(name).read)
    with pytest.raises(KeyError):
        load("nobody")
