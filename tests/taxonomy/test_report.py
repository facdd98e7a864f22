"""Claims about bodies: what passes, what is refused, with which code and path, and that nothing sent is ever shown."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin_taxonomy import errors, report

KINDS = ("incident", "finding", "mitigation")


def refusal(kind: str, body: dict[str, Any], mode: str = "attributed") -> errors.TaxonomyError:
    with pytest.raises(errors.TaxonomyError) as caught:
        report.parse(kind, body, mode=mode)
    return caught.value


def put(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set a value at a dotted path; numbers are places of a list."""
    at: Any = body
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step)] if step.isdigit() else at[step]
    at[int(last) if last.isdigit() else last] = value
    return body


@pytest.mark.parametrize("mode", ["attributed", "pseudonymous", "unlinkable"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_minimal_body_passes_in_every_mode(kind: str, mode: str, bodies: SimpleNamespace) -> None:
    record = report.parse(kind, bodies.of[kind](), mode=mode)
    assert record.kind == kind == report.kind_of(bodies.of[kind]())
    assert record.marking.tlp == "amber"
    assert record.language == "en"


def test_an_incident_asks_for_twelve_fields_and_its_category_and_a_mitigation_for_nine() -> None:
    asked = set(report.required_fields("incident"))
    assert asked - {"primary_category"} == {
        "record_type", "title", "summary", "occurred", "ai_contribution", "ai_role", "system_class", "sector", "region",
        "risk_tags", "severity", "evidence_class",
    }  # fmt: skip
    assert len(asked) == 13
    assert set(report.required_fields("mitigation")) == {
        "title", "description", "strategy", "control_layer", "lifecycle_stage", "addresses", "applicability", "status",
        "evidence_class",
    }  # fmt: skip
    assert set(report.required_fields("finding")) == {
        "title", "summary", "discovered", "discovery_method", "tool", "system_class", "risk_tags", "metrics", "severity",
        "primary_category",
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_required_field_is_missed_by_name(kind: str, bodies: SimpleNamespace) -> None:
    for field in report.required_fields(kind):
        body = bodies.of[kind]()
        del body[field]
        error = refusal(kind, body)
        assert (error.code, error.where) == ("malformed-record", field)


@pytest.mark.parametrize("kind", KINDS)
def test_a_parsed_record_survives_json(kind: str, bodies: SimpleNamespace) -> None:
    record = report.parse(kind, bodies.of[kind](), mode="attributed")
    again = report.parse(kind, json.loads(record.model_dump_json()), mode="attributed")
    assert again == record


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("record_type", "accident", "malformed-record", "record_type"),
        ("ai_contribution", True, "malformed-record", "ai_contribution"),
        ("sector", "K", "bare-code", "sector"),
        ("sector", "isic@3:K", "unknown-edition", "sector"),
        ("sector", "isic@4:Z", "unknown-code", "sector"),
        ("sector", "un-m49@2024:030", "unknown-scheme", "sector"),
        ("region", "un-m49@2024:999", "unknown-code", "region"),
        ("system_class", "nace@2:A", "unknown-scheme", "system_class"),
        ("risk_tags.0.scheme", "caict", "unknown-scheme", "risk_tags.0"),
        ("risk_tags.0.edition", "2023", "unknown-edition", "risk_tags.0"),
        ("risk_tags.0.code", "derived.nothing", "unknown-code", "risk_tags.0"),
        ("risk_tags.0.code", "derived", "unknown-code", "risk_tags.0"),
        ("risk_tags", [], "malformed-record", "risk_tags"),
        ("primary_category", "caict-2024@2024-12:derived.humanity", "tag-required", "primary_category"),
        ("primary_category", "caict-2024@2024-12:derived", "unknown-code", "primary_category"),
        ("severity.actual", 5, "severity-order", "severity"),
        ("severity.actual", 3.0, "malformed-record", "severity.actual"),
        ("severity.potential", 6, "malformed-record", "severity.potential"),
        ("severity.dimensions", {"people": 5}, "severity-order", "severity"),
        ("severity.barrier", 0, "malformed-record", "severity.barrier"),
        ("occurred.value", "2024-02", "date-precision", "occurred"),
        ("title.text", "x" * 121, "text-too-long", "title.text"),
        ("title.text", "x" * 301, "text-too-long", "title.text"),
        ("title.text", "", "malformed-record", "title.text"),
        ("title.language", "English", "malformed-record", "title.language"),
        ("summary.text", "x" * 601, "text-too-long", "summary.text"),
        ("summary", "unknown", "public-source-rule", "summary"),
        ("evidence_class", "public-source", "reference-required", "references"),
        ("priority", "high", "malformed-record", None),
        ("marking", {"tlp": "white"}, "unknown-tlp", "marking.tlp"),
        ("marking", {"tlp": "amber", "audience": ["public"]}, "audience-too-wide", "marking"),
        ("acceptability", 6, "malformed-record", "acceptability"),
        ("mitigations_used", [{"record_id": "TOC-I-2026-000001", "helped": "yes"}], "malformed-record", "mitigations_used.0.record_id"),
    ],
)  # fmt: skip
def test_an_incident_is_refused_with_code_and_path(
    path: str, value: Any, code: str, where: str | None, bodies: SimpleNamespace
) -> None:
    error = refusal("incident", put(bodies.incident(), path, value))
    assert (error.code, error.where) == (code, where)


def test_nothing_the_sender_wrote_is_shown_in_a_refusal(bodies: SimpleNamespace) -> None:
    secret = "Zebra Holdings"
    for path in (
        "record_type",
        "sector",
        "risk_tags.0.code",
        "title",
        "summary",
        "occurred.value",
        "severity",
        "primary_category",
        "marking",
    ):
        for value in (secret, {secret: secret}, [secret]):
            for error in report.problems("incident", put(bodies.incident(), path, value), mode="attributed"):
                assert "zebra" not in f"{error} {error.detail} {error.where} {error.args}".lower()
                assert error.__cause__ is None
    error = refusal("incident", bodies.incident(**{secret: 1}))
    assert "zebra" not in f"{error} {error.detail}".lower()
    assert error.__context__ is None or error.__suppress_context__


def test_a_mistyped_field_is_answered_with_the_name_that_was_meant(bodies: SimpleNamespace) -> None:
    assert (
        refusal("incident", bodies.incident(lifecycle_stag="design")).detail
        == "unknown field; did you mean lifecycle_stage?"
    )


def test_problems_lists_every_refusal_at_once(bodies: SimpleNamespace) -> None:
    body = put(put(bodies.incident(), "sector", "K"), "ai_role", "villain")
    assert {(p.code, p.where) for p in report.problems("incident", body, mode="attributed")} == {
        ("bare-code", "sector"),
        ("malformed-record", "ai_role"),
    }
    body = put(put(bodies.incident(), "title.text", "x" * 121), "summary", "unknown")
    assert [p.code for p in report.problems("incident", body, mode="attributed")] == [
        "text-too-long",
        "public-source-rule",
    ]


@pytest.mark.parametrize(
    ("value", "precision", "quarter"),
    [
        ("2024", "year", None),
        ("2024-Q4", "quarter", "2024-Q4"),
        ("2024-02", "month", "2024-Q1"),
        ("2024-12-31", "day", "2024-Q4"),
    ],
)
def test_year_and_quarter_follow_from_any_precision(
    value: str, precision: str, quarter: str | None, bodies: SimpleNamespace
) -> None:
    body = bodies.incident(occurred={"value": value, "precision": precision, "basis": "reported"})
    record = report.parse("incident", body, mode="attributed")
    assert (record.occurred_year, record.occurred_quarter) == (2024, quarter)


@pytest.mark.parametrize(
    ("value", "precision"),
    [
        ("2024-Q5", "quarter"),
        ("2024-13", "month"),
        ("2023-02-29", "day"),
        ("24", "year"),
        ("1949", "year"),
        ("２０２４", "year"),
        ("2024-Q1", "year"),
    ],
)
def test_a_date_must_look_like_its_precision(value: str, precision: str, bodies: SimpleNamespace) -> None:
    body = bodies.incident(occurred={"value": value, "precision": precision, "basis": "occurred"})
    assert refusal("incident", body).code == "date-precision"


@pytest.mark.parametrize("mode", ["pseudonymous", "unlinkable"])
@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("occurred", {"value": "2024-02", "precision": "month", "basis": "occurred"}, "occurred"),
        ("occurred", {"value": "2024-02-03", "precision": "day", "basis": "occurred"}, "occurred"),
        ("region", "un-m49@2024:344", "region"),
        ("dates", {"contained": {"value": "2024-02-03", "precision": "day"}}, "dates.contained"),
    ],
)
def test_a_nameless_mode_takes_nothing_finer_than_quarter_and_sub_region(
    mode: str, path: str, value: Any, where: str, bodies: SimpleNamespace
) -> None:
    body = put(bodies.incident(), path, value)
    assert report.parse("incident", body, mode="attributed").kind == "incident"
    error = refusal("incident", body, mode)
    assert (error.code, error.where) == ("nameless-too-precise", where)


@pytest.mark.parametrize(
    "region", ["un-m49@2024:030", "un-m49@2024:142", "un-m49@2024:001", "unknown", "withheld", "multiple"]
)
def test_a_nameless_mode_takes_a_sub_region_or_coarser(region: str, bodies: SimpleNamespace) -> None:
    assert report.parse("incident", bodies.incident(region=region), mode="pseudonymous").region_code == region


def public(bodies: SimpleNamespace, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = bodies.incident(
        evidence_class="public-source", references=[{"url": "https://example.org/a"}], **more
    )
    return body


def test_only_an_attributed_public_source_record_may_be_longer_or_leave_its_summary_unknown(
    bodies: SimpleNamespace,
) -> None:
    long = {"title": bodies.text("t" * 300), "summary": bodies.text("s" * 4000)}
    assert len(report.parse("incident", public(bodies, **long), mode="attributed").main_title.text) == 300
    assert report.parse("incident", public(bodies, summary="unknown"), mode="attributed").searchable_text()
    assert refusal("incident", public(bodies, **long), "pseudonymous").code == "text-too-long"
    assert refusal("incident", public(bodies, summary="unknown"), "pseudonymous").code == "public-source-rule"
    assert refusal("incident", public(bodies, title=bodies.text("t" * 301))).code == "text-too-long"


def test_a_record_needs_a_risk_tag_of_our_own_schemes(bodies: SimpleNamespace) -> None:
    other = bodies.tag("owasp-llm@2025:LLM01")
    assert refusal("mitigation", bodies.mitigation(addresses=[other])).code == "tag-required"
    assert {p.where for p in report.problems("incident", bodies.incident(risk_tags=[other]), mode="attributed")} == {
        "risk_tags",
        "primary_category",
    }


def test_a_category_may_be_a_tag_and_an_extension_leaf_counts_in_its_category(bodies: SimpleNamespace) -> None:
    category = "caict-2024@2024-12:derived.individual-organisation"
    for code in (category, "tocsin-ext@2026-11:derived.individual-organisation.personal-safety"):
        record = report.parse("incident", bodies.incident(risk_tags=[bodies.tag(code)]), mode="attributed")
        assert record.primary_code == category


def test_a_chain_leads_from_endogenous_to_derived_codes_of_the_record(bodies: SimpleNamespace) -> None:
    link = {"from": bodies.attack, "to": bodies.criminal, "relation": "extends-to"}
    body = bodies.incident(risk_tags=[bodies.tag(bodies.criminal), bodies.tag(bodies.attack)], chain=[link])
    assert report.parse("incident", body, mode="attributed").chain[0].from_ == bodies.attack
    back = {"from": bodies.criminal, "to": bodies.attack, "relation": "extends-to"}
    error = refusal("incident", {**body, "chain": [back]})
    assert (error.code, error.where) == ("chain-invalid", "chain.0.from")
    assert refusal("incident", bodies.incident(chain=[link])).where == "chain.0.from"


def test_null_severity_means_not_assessed_and_is_valid(bodies: SimpleNamespace) -> None:
    source = [{"scheme": "vendor scale", "edition": "2", "value": "Medium/High"}]
    record = report.parse(
        "incident", bodies.incident(severity=bodies.severity(None, None, source=source)), mode="attributed"
    )
    assert (record.severity_actual, record.severity_potential) == (None, None)


def test_a_finding_has_not_happened(bodies: SimpleNamespace) -> None:
    assert refusal("finding", bodies.finding(severity=bodies.severity(1, 3))).where == "severity.actual"


def test_acceptability_five_is_refused_where_people_or_rights_are_hurt(bodies: SimpleNamespace) -> None:
    for dimension in ("people", "rights"):
        body = bodies.incident(severity=bodies.severity(3, 4, dimensions={dimension: 1}), acceptability=5)
        error = refusal("incident", body)
        assert (error.code, error.where) == ("acceptability-refused", "acceptability")
    body = bodies.incident(
        severity=bodies.severity(3, 4, dimensions={"people": 0, "money-property": 4}), acceptability=5
    )
    assert report.parse("incident", body, mode="attributed")


def test_empty_and_absent_are_two_answers(bodies: SimpleNamespace) -> None:
    absent = report.parse("incident", bodies.incident(), mode="attributed")
    empty = report.parse("incident", bodies.incident(loss_types=[]), mode="attributed")
    assert (absent.loss_types, empty.loss_types) == (None, ())


def test_a_body_of_no_kind_or_of_two_is_refused(bodies: SimpleNamespace) -> None:
    for body in ({}, bodies.incident(metrics=[])):
        with pytest.raises(errors.TaxonomyError) as caught:
            report.kind_of(body)
        assert caught.value.code == "malformed-record"


def test_a_record_cannot_be_changed(bodies: SimpleNamespace) -> None:
    record = report.parse("incident", bodies.incident(), mode="attributed")
    with pytest.raises(ValueError, match="frozen"):
        record.sector = "unknown"  # type: ignore[misc, union-attr]


def test_the_bare_word_unknown_and_the_code_unknown_are_counted_as_one_system_class(bodies: SimpleNamespace) -> None:
    records = [
        report.parse("incident", bodies.incident(system_class=value), mode="attributed")
        for value in ("unknown", "tocsin-system-class@2026-11:unknown")
    ]
    assert len({record.system_class_code for record in records}) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.3", True])
def test_a_metric_is_a_finite_number(value: Any, bodies: SimpleNamespace) -> None:
    metric = {"name": "accuracy", "value": value, "better": "higher"}
    assert refusal("finding", bodies.finding(metrics=[metric])).where == "metrics.0.value"


def test_a_list_whose_members_were_refused_is_not_called_too_short(bodies: SimpleNamespace) -> None:
    found = report.problems("incident", bodies.incident(risk_tags=["derived.humanity"]), mode="attributed")
    assert [p.where for p in found] == ["risk_tags.0"]


def test_a_batch_approval_is_an_object_with_its_digest_statement_person_and_day(bodies: SimpleNamespace) -> None:
    said = {"digest": "0" * 64, "statement": "Every text was published by its source.", "by": "a curator", "at_day": "2026-11-18"}  # fmt: skip
    body = bodies.of["incident"](provenance={"source": "News", "licence": "CC-BY-4.0", "batch_approval": said})
    record = report.parse("incident", body, mode="attributed")
    assert record.provenance is not None
    assert record.provenance.batch_approval is not None
    assert record.provenance.batch_approval.statement == said["statement"]
    assert said["statement"] in record.searchable_text()
    path = "provenance.batch_approval"
    for edit in ("I said so", {}, {**said, "digest": "x"}, {**said, "statement": "ok"}, {**said, "more": 1}):
        refused = refusal("incident", put(json.loads(json.dumps(body)), path, edit))
        assert refused.code == "malformed-record"
        assert str(refused.where).startswith(path)
