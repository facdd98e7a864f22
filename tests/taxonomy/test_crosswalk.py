"""Claims about the crosswalks: every code exists, every row is reasoned, what follows by rule is honest about how sure it is."""

from __future__ import annotations

import pytest

from tocsin_taxonomy import crosswalk, schemes

TABLES = crosswalk.tables()
ROWS = [(name, row) for name, rows in TABLES.items() for row in rows]


def _all(name: str) -> list[str]:
    scheme, edition = name.split("@")
    return [f"{name}:{code}" for code in schemes.load(scheme, edition).codes]


def _subjects(table: str) -> set[str]:
    return {row.subject for row in TABLES[table]}


def test_every_table_is_there() -> None:
    assert set(TABLES) == {
        "genai-incidents-vector-to-caict",
        "mit-domain-to-caict",
        "mitre-atlas-to-caict",
        "nist-ai-600-1-to-caict",
        "owasp-llm-2023-to-caict",
        "owasp-llm-2025-to-2026",
        "owasp-llm-2025-to-caict",
        "owasp-llm-2026-to-caict",
    }


def test_every_row_names_codes_that_exist_a_known_predicate_an_author_a_day_and_a_reason() -> None:
    for name, row in ROWS:
        schemes.resolve(row.subject)
        assert row.predicate in (*crosswalk.STRENGTH, crosswalk.NO_MAPPING), name
        if row.predicate == crosswalk.NO_MAPPING:
            assert row.object == crosswalk.NO_TERM
        else:
            assert schemes.require(schemes.resolve(row.object)).selectable
        assert row.author
        assert row.date >= "2026-11-24"
        assert row.reason.endswith(".")
        assert len(row.reason) > 5


def test_no_pair_is_judged_twice() -> None:
    pairs = [(row.subject, row.object) for _, row in ROWS]
    assert len(pairs) == len(set(pairs))


def test_nobody_maps_severity_region_or_sector() -> None:
    for _, row in ROWS:
        for code in (row.subject, row.object):
            if code != crosswalk.NO_TERM:
                parsed = schemes.parse(code)
                assert schemes.load(parsed.scheme, parsed.edition).use == "risk"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("mit-domain-to-caict", "mit-ai-risk-domain@2025"),
        ("owasp-llm-2023-to-caict", "owasp-llm@2023"),
        ("owasp-llm-2025-to-caict", "owasp-llm@2025"),
        ("owasp-llm-2026-to-caict", "owasp-llm@2026"),
        ("owasp-llm-2025-to-2026", "owasp-llm@2025"),
        ("nist-ai-600-1-to-caict", "nist-ai-600-1@2024"),
        ("genai-incidents-vector-to-caict", "genai-incidents-vector@2.13"),
    ],
)
def test_a_small_scheme_is_judged_whole(table: str, name: str) -> None:
    assert _subjects(table) == set(_all(name))


def test_every_atlas_tactic_is_judged() -> None:
    tactics = {code for code in _all("mitre-atlas@5.6.0") if schemes.require(schemes.parse(code)).layer == "tactic"}
    assert len(tactics) == 16
    assert tactics <= _subjects("mitre-atlas-to-caict")


def test_mit_domains_go_to_categories_only() -> None:
    for row in TABLES["mit-domain-to-caict"]:
        if "." not in row.subject.split(":")[1]:
            assert schemes.parse(row.object) in schemes.categories()


def test_every_mit_domain_gives_one_tag_and_one_category() -> None:
    for domain in "1234567":
        tags = crosswalk.derive([f"mit-ai-risk-domain@2025:{domain}"])
        assert len(tags) == 1
        assert crosswalk.primary_category(tags) is not None


def test_the_same_owasp_string_leads_elsewhere_in_each_edition() -> None:
    leaves = {
        edition: {tag["code"] for tag in crosswalk.derive([f"owasp-llm@{edition}:LLM03"])}
        for edition in ("2023", "2025", "2026")
    }
    assert leaves == {
        "2023": {"endogenous.data.toxic-or-poisoned"},
        "2025": {"endogenous.software.supply-chain"},
        "2026": {"endogenous.model.loss-of-control-or-wrong-decision"},
    }


def test_owasp_2025_and_2026_are_one_to_one_both_ways() -> None:
    forth = {code: [m.object for m in crosswalk.translate(code, "owasp-llm@2026")] for code in _all("owasp-llm@2025")}
    assert {len(found) for found in forth.values()} == {1}
    assert {found[0] for found in forth.values()} == set(_all("owasp-llm@2026"))
    assert forth["owasp-llm@2025:LLM06"] == ["owasp-llm@2026:LLM03"]
    back = crosswalk.translate("owasp-llm@2026:LLM08", "owasp-llm@2025")
    assert [(m.predicate, m.object) for m in back] == [("skos:narrowMatch", "owasp-llm@2025:LLM07")]


def test_a_derived_tag_keeps_predicate_and_source_and_a_weak_match_is_only_potential() -> None:
    sure = crosswalk.derive(["mit-ai-risk-domain@2025:7.4"])
    assert sure == [
        {
            "scheme": "caict-2024",
            "edition": "2024-12",
            "code": "endogenous.model.inexplicability",
            "confidence": "known",
            "assigned_by": "rule",
            "predicate": "skos:exactMatch",
            "via": "mit-ai-risk-domain@2025:7.4",
        }
    ]
    weak = crosswalk.derive(["mit-ai-risk-domain@2025:2.2"])
    assert [(tag["confidence"], tag["predicate"]) for tag in weak] == [("potential", "skos:narrowMatch")]


def test_what_somebody_looked_for_and_did_not_find_derives_nothing_but_says_why() -> None:
    code = "mit-ai-risk-domain@2025:7.5"
    assert crosswalk.derive([code]) == []
    assert [row.predicate for row in crosswalk.translate(code, "caict-2024")] == [crosswalk.NO_MAPPING]


def test_a_sub_technique_inherits_weakened_and_its_own_rows_come_first() -> None:
    inherited = crosswalk.translate("mitre-atlas@5.6.0:AML.T0034.000", "caict-2024")
    assert [(m.predicate, m.subject) for m in inherited] == [("skos:broadMatch", "mitre-atlas@5.6.0:AML.T0034.000")]
    own = crosswalk.translate("mitre-atlas@5.6.0:AML.T0043.004", "caict-2024")
    assert [m.object for m in own] == ["caict-2024@2024-12:endogenous.model.backdoor"]


def test_our_own_codes_are_left_alone() -> None:
    assert crosswalk.derive(["caict-2024@2024-12:derived.humanity"]) == []


def test_a_crosswalk_reads_backwards() -> None:
    back = crosswalk.translate("caict-2024@2024-12:endogenous.model.adversarial-attack", "owasp-llm@2025")
    assert [(m.object, m.predicate) for m in back] == [("owasp-llm@2025:LLM01", "skos:narrowMatch")]


def test_people_decide_the_primary_category_before_rules_do() -> None:
    mine = {"scheme": "caict-2024", "edition": "2024-12", "code": "derived.humanity.loss-of-control"}
    mine |= {"confidence": "known", "assigned_by": "reporter"}
    by_rule = crosswalk.derive(["mit-ai-risk-domain@2025:7.4"])
    assert crosswalk.primary_category([*by_rule, mine]) == "caict-2024@2024-12:derived.humanity"
    other = {**mine, "code": "endogenous.data"}
    assert crosswalk.primary_category([mine, other]) is None
    assert (
        crosswalk.primary_category([mine, {**other, "confidence": "potential"}])
        == "caict-2024@2024-12:derived.humanity"
    )
    assert crosswalk.primary_category([]) is None
