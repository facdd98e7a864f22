"""The importer of genai_incidents: what it takes, what it refuses, and that it never says more than its source.

A little over 300 lines: one importer, one file of its claims, each a few lines.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import errors
from tocsin_client.draft import Draft
from tocsin_client.importers import genai_incidents, genai_source, rows
from tocsin_client.importers.rows import Refused
from tocsin_taxonomy import report, schemes

AIAAIC: dict[str, Any] = {
    "id": "INC-1",
    "title": "Voice clone scam",
    "date": "2024",
    "severity": "High",
    "attack_vector": "deepfake",
    "owasp_llm": ["LLM02"],
    "owasp_asi": [],
    "nist_ai_rmf": ["MAP-3.5"],
    "mitre_atlas": ["AML.T0048"],
    "primary_reference": "https://www.aiaaic.org/x",
    "description": "AIAAIC-tracked incident. System: X. Technology: Text-to-speech. Sector: Politics. Jurisdiction: USA.",
    "tags": ["aiaaic", "sector-politics", "juris-usa"],
    "tier": "feed",
    "content_license": {
        "license": "CC-BY-SA-4.0",
        "license_url": "https://creativecommons.org/licenses/by-sa/4.0/",
        "attribution": "AIAAIC Repository",
        "attribution_url": "https://www.aiaaic.org/aiaaic-repository",
        "obligations": ["attribution", "share-alike"],
    },
}
AIID: dict[str, Any] = {
    "id": "INC-2",
    "title": "Robot injures worker",
    "date": "2018-12-05",
    "severity": "High",
    "attack_vector": "other",
    "primary_reference": "https://incidentdatabase.ai/cite/2/",
    "description": "AI Incident Database (AIID) entry #2: Robot injures worker.",
    "tags": ["aiid", "mit-risk-domain:7-ai-system-safety-failures-and-limitations"],
    "tier": "landmark",
}


def _row(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(base), **changes}


def _read(tmp_path: Path, *given: Any) -> tuple[list[Draft], list[Refused]]:
    path = tmp_path / "incidents.min.json"
    path.write_text(json.dumps({"version": "2.13.0", "generated": "2026-10-09", "incidents": list(given)}), "utf-8")
    refused: list[Refused] = []
    return list(genai_incidents.read(path, refused=refused)), refused


def _body(tmp_path: Path, base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    drafts, refused = _read(tmp_path, _row(base, **changes))
    assert refused == []
    return drafts[0].body


def _labels(body: dict[str, Any]) -> str:
    return " ".join(ref["external_id"] for ref in body["references"] if ref.get("source", "").endswith("labels"))


@pytest.fixture(scope="module")
def corpus() -> tuple[list[Draft], list[Refused]]:
    pytest.importorskip("genai_incidents")
    refused: list[Refused] = []
    return list(genai_incidents.read(refused=refused)), refused


# --- the real corpus ---------------------------------------------------------------------------------------------------
def test_about_1900_real_incidents_come_in(corpus: tuple[list[Draft], list[Refused]]) -> None:
    sources = Counter(draft.body["provenance"]["source"].split(",")[0] for draft in corpus[0])
    assert len(corpus[0]) >= 1600
    assert sources == {"AIAAIC Repository": 623, "AI Incident Database": 1269}


def test_only_known_noise_and_a_duplicate_are_refused(corpus: tuple[list[Draft], list[Refused]]) -> None:
    assert Counter(one.reason for one in corpus[1]) == {"vector-is-noise": 5, "duplicate-in-source": 1}


def test_every_record_is_valid_as_an_attributed_one(corpus: tuple[list[Draft], list[Refused]]) -> None:
    for draft in corpus[0]:
        report.parse("incident", draft.body, mode="attributed")


def test_nothing_of_oecd_aim_comes_in(corpus: tuple[list[Draft], list[Refused]]) -> None:
    whole = json.dumps([draft.body for draft in corpus[0]])
    assert "oecd.ai" not in whole
    assert "OECD-AIM" not in whole


def test_machine_codes_of_the_corpus_are_never_tags(corpus: tuple[list[Draft], list[Refused]]) -> None:
    schemes_used = {tag["scheme"] for draft in corpus[0] for tag in draft.body["risk_tags"]}
    assert schemes_used <= {"caict-2024", "tocsin-ext", "mit-ai-risk-domain", "genai-incidents-vector"}


def test_each_derived_tag_says_by_which_predicate_and_from_what(corpus: tuple[list[Draft], list[Refused]]) -> None:
    for draft in corpus[0]:
        derived = [tag for tag in draft.body["risk_tags"] if tag["scheme"] in schemes.OWN_RISK_SCHEMES]
        assert derived
        assert all(tag["assigned_by"] == "rule" and tag["predicate"] and tag["via"] for tag in derived)


def test_share_alike_rows_keep_their_licence_and_say_so(corpus: tuple[list[Draft], list[Refused]]) -> None:
    for draft in corpus[0]:
        provenance = draft.body["provenance"]
        if provenance["source"].startswith("AIAAIC"):
            assert provenance["licence"] == "CC-BY-SA-4.0"
            assert "AIAAIC Repository" in provenance["attribution"]
            assert "share-alike" in provenance["attribution"]
        else:
            assert provenance["licence"] == "CC-BY-4.0"


def test_template_sentences_are_dropped_and_written_texts_kept(corpus: tuple[list[Draft], list[Refused]]) -> None:
    written = [draft.body["summary"] for draft in corpus[0] if draft.body["summary"] != "unknown"]
    assert 50 <= len(written) <= 70
    assert not any(genai_source.is_template(text["text"]) for text in written)


def test_the_refused_rows_hold_no_text_of_the_rows(corpus: tuple[list[Draft], list[Refused]]) -> None:
    assert all(one.row_id.startswith("INC-") and " " not in one.reason for one in corpus[1])


# --- the tables --------------------------------------------------------------------------------------------------------
def test_every_target_of_the_tables_exists() -> None:
    sectors, regions, systems = (rows.mapping(f"genai_{name}") for name in ("sectors", "regions", "systems"))
    letters = {
        x for row in sectors["values"].values() for x in (row["to"] if isinstance(row["to"], list) else [row["to"]])
    }
    numbers = set(regions["values"].values())
    classes = {*systems["technologies"].values(), *systems["tags"].values()}
    for scheme, edition, codes in (
        ("isic", "4", letters - {"multiple", "unknown"}),
        ("un-m49", "2024", numbers - {"multiple", "unknown"}),
        ("tocsin-system-class", "2026-11", classes),
    ):
        for code in codes:
            schemes.require(schemes.Code(scheme, edition, code))


def test_a_list_of_sections_has_a_reason() -> None:
    table = rows.mapping("genai_sectors")["values"]
    assert all(row.get("why") for row in table.values() if isinstance(row["to"], list))


# --- single rows -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("politics", "isic@4:S"),
        ("media/entertainment/sports/arts", "multiple"),
        ("health;-politics", "multiple"),
        ("govt---police;-govt---security", "isic@4:O"),
        ("uk;-usa", "unknown"),
    ],
)
def test_a_sector_is_one_section_or_multiple(tmp_path: Path, value: str, expected: str) -> None:
    body = _body(tmp_path, AIAAIC, tags=["aiaaic", f"sector-{value}", "juris-usa"])
    assert body["sector"] == expected
    assert f"sector={value}" in _labels(body)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("usa", "un-m49@2024:840"),
        ("california", "un-m49@2024:840"),
        ("england;-scotland", "un-m49@2024:826"),
        ("usa;-multiple", "multiple"),
        ("australia;-bulgaria;-can", "multiple"),
        ("hong-kong", "un-m49@2024:344"),
        ("global", "un-m49@2024:001"),
        ("eu", "multiple"),
    ],
)
def test_a_jurisdiction_is_one_place_or_multiple(tmp_path: Path, value: str, expected: str) -> None:
    assert _body(tmp_path, AIAAIC, tags=["aiaaic", "sector-politics", f"juris-{value}"])["region"] == expected


@pytest.mark.parametrize(
    ("base", "date", "value", "precision"),
    [
        (AIAAIC, "2024", "2024", "year"),
        (AIAAIC, "2024-05", "2024-05", "month"),
        (AIID, "2018-12-05", "2018-12-05", "day"),
        (AIID, "2018-12-01", "2018-12", "month"),
        (AIID, "2018-12-15", "2018-12", "month"),
    ],
)
def test_a_date_keeps_its_true_precision(
    tmp_path: Path, base: dict[str, Any], date: str, value: str, precision: str
) -> None:
    occurred = _body(tmp_path, base, date=date)["occurred"]
    assert (occurred["value"], occurred["precision"]) == (value, precision)


def test_severity_of_the_source_is_kept_and_never_converted(tmp_path: Path) -> None:
    severity = _body(tmp_path, AIAAIC)["severity"]
    assert severity["actual"] is None
    assert severity["potential"] is None
    assert severity["source"] == [{"scheme": "genai-incidents", "edition": "2.13.0", "value": "High"}]


def test_what_the_source_does_not_say_is_unknown(tmp_path: Path) -> None:
    body = _body(tmp_path, AIID)
    assert [body[name] for name in ("ai_role", "ai_contribution", "system_class", "sector", "region", "summary")] == [
        "unknown"
    ] * 6


def test_machine_codes_are_kept_as_what_the_source_said(tmp_path: Path) -> None:
    kept = [
        ref for ref in _body(tmp_path, AIAAIC)["references"] if "machine codes, not counted" in ref.get("source", "")
    ]
    assert [ref["external_id"] for ref in kept] == ["LLM02 MAP-3.5 AML.T0048"]


def test_words_of_doubt_in_a_title_weaken_the_contribution(tmp_path: Path) -> None:
    assert _body(tmp_path, AIAAIC)["ai_contribution"] == "yes"
    assert _body(tmp_path, AIAAIC, title="Purported voice clone scam")["ai_contribution"] == "possibly"


def test_technology_and_title_say_what_was_generated(tmp_path: Path) -> None:
    assert _body(tmp_path, AIAAIC)["system_class"].endswith(":speech-or-audio")
    plain = {"description": "AIAAIC-tracked incident. Technology: Deepfake. Sector: Politics."}
    assert _body(tmp_path, AIAAIC, title="A deepfake video", **plain)["system_class"].endswith(
        ":image-or-video-generation"
    )
    assert _body(tmp_path, AIAAIC, title="A deepfake", **plain)["system_class"] == "unknown"


def test_html_like_text_stays_text_and_invisible_characters_go(tmp_path: Path) -> None:
    body = _body(tmp_path, AIAAIC, title="<b>A\u200b</b>\u202e title\x07", description="Some <script>text</script> of…")
    assert body["title"]["text"] == "<b>A</b> title"
    assert body["summary"]["text"] == "Some <script>text</script> of…"


def test_noise_vectors_are_refused_alone_and_ignored_beside_an_mit_domain(tmp_path: Path) -> None:
    drafts, refused = _read(tmp_path, _row(AIAAIC, attack_vector="rce"), _row(AIID, attack_vector="rce"))
    assert [one.reason for one in refused] == ["vector-is-noise"]
    assert {tag["scheme"] for tag in drafts[0].body["risk_tags"]} == {"mit-ai-risk-domain", "caict-2024"}
    assert "attack_vector=rce" in _labels(drafts[0].body)


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": ["aiid", "oecd-aim", AIID["tags"][1]]},
        {"primary_reference": "https://oecd.ai/en/incidents/1"},
        {"status": "retracted"},
        {"status": "disputed"},
        {"tier": "feed"},
        {"tags": ["aiid"]},
    ],
)
def test_rows_that_are_not_ours_to_take_are_left_alone(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert _read(tmp_path, _row(AIID, **changes)) == ([], [])


def test_bad_rows_never_stop_the_good_ones(tmp_path: Path) -> None:
    bad = [
        _row(AIAAIC, title=""),
        _row(AIAAIC, title="x" * 301),
        _row(AIAAIC, description="x" * 4001),
        _row(AIAAIC, date="May 2024"),
        _row(AIAAIC, primary_reference="javascript:alert(1)"),
        _row(AIAAIC, attack_vector="telepathy"),
        _row(AIAAIC, tags=["aiaaic", "sector-astrology", "juris-usa"]),
        _row(AIAAIC, tags=["aiaaic", "sector-politics", "juris-atlantis"]),
        _row(AIAAIC, content_license=None),
        _row(AIID, tags=["aiid", "mit-risk-domain:9-unheard-of"]),
        _row(AIID, tags=[*AIID["tags"], "aiid-duplicate-of:1"]),
        {"tags": ["aiid", "mit-risk-domain:7-x"], "tier": "landmark"},
        {"tags": 7},
        "not a row",
        None,
    ]
    drafts, refused = _read(tmp_path, *bad, AIID)
    assert len(drafts) == 1
    assert len(refused) == len(bad)
    assert {one.reason for one in refused} >= {
        "title-missing",
        "text-too-long",
        "date-precision",
        "unmapped-sector",
        "malformed-row",
    }


def test_a_file_that_is_no_corpus_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[]", "utf-8")
    with pytest.raises(errors.InvalidError, match="genai_incidents"):
        list(genai_incidents.read(path))
