"""GraphQL over HTTP: what is asked comes back, as the reader may see it, with names in both languages."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query, parse, validate

from tocsin_hub.graphql.figures import TrendDimension
from tocsin_hub.graphql.schema import schema, sdl
from tocsin_hub.trends import query as trend_query
from tocsin_trust import keys

ROOT = Path(__file__).resolve().parents[3]
EVERYTHING = """
query($first: Int!, $after: String, $filter: RecordFilter) {
  records(first: $first, after: $after, filter: $filter) {
    totalCount asOf
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node {
      __typename id recordId kind state digest mode tlp authorKey org
      title { text language } summary { text } evidenceClass demo acceptedAt logIndex headIndex amends asOf
      tags { value scheme edition code label en: label(lang: EN) zh: label(lang: ZH) confidence assignedBy }
      references { title url source externalId } provenance { source licence attribution url }
      ... on Reported {
        occurred { value precision basis } severity { actual potential dimensions { name value } source { value } }
        sector { value label(lang: ZH) } region { value label } systemClass { code label } primaryCategory { value label }
        priority chain { from { value } to { value } relation }
      }
      ... on Incident { recordType aiRole mitigationsUsed { recordId helped } }
      ... on Finding { toolName metrics { name value n better } }
      ... on Mitigation { strategy controlLayer lifecycleStages statement { failure { text } } techniquesMitigated { code { value } } }
    } }
  }
}"""


def test_every_field_of_every_kind_comes_back(served: Any, h: Any) -> None:
    a = h.org_id("a")
    rich = h.incident(
        "A rich one",
        tlp="clear",
        codes=["endogenous.data.sensitive-leak", "derived.individual-organisation.privacy-leak"],
        chain=[{"from": f"{h.CAT}:endogenous.data.sensitive-leak", "to": f"{h.CAT}:derived.individual-organisation.privacy-leak", "relation": "extends-to"}],
        severity={"scheme": "tocsin-sev", "edition": "1", "actual": 2, "potential": 4, "dimensions": {"people": 1, "money-property": None}, "source": [{"scheme": "AIID", "edition": "1", "value": "high"}]},
        references=[{"title": "A page", "url": "https://example.org/a"}],
        provenance={"source": "AIID", "licence": "CC-BY-4.0", "attribution": "them"},
        mitigations_used=[{"record_id": "TOC-M-2026-000001", "helped": "partly"}],
        demo=True,
    )  # fmt: skip
    served.house.add("incident", rich, by=a)
    served.house.add("finding", h.finding(marking={"tlp": "clear"}), by=a)
    failure = {"failure": h.text_of("It leaks")}
    served.house.add(
        "mitigation", h.mitigation(statement=failure, techniques_mitigated=[]), by=keys.SigningKey.generate()
    )
    served.house.catch_up()
    found = served.ask(EVERYTHING, {"first": 10})["data"]["records"]
    assert (found["totalCount"], found["asOf"], found["pageInfo"]["hasNextPage"]) == (3, 3, False)
    mitigation, finding, incident = (edge["node"] for edge in found["edges"])
    assert (mitigation["__typename"], mitigation["org"], mitigation["mode"]) == ("Mitigation", None, "pseudonymous")
    assert mitigation["statement"] == {"failure": {"text": "It leaks"}}
    assert finding["metrics"] == [{"name": "leak rate", "value": 0.4, "n": 100, "better": "lower"}]
    assert (incident["recordId"], incident["org"], incident["demo"]) == ("TOC-I-2026-000001", a, True)
    assert incident["severity"] == {
        "actual": 2,
        "potential": 4,
        "dimensions": [{"name": "money-property", "value": None}, {"name": "people", "value": 1}],
        "source": [{"value": "high"}],
    }
    assert incident["tags"][0]["zh"] != incident["tags"][0]["en"] == incident["tags"][0]["label"]
    assert incident["sector"]["label"] not in ("", "K", "isic@4:K")
    assert incident["provenance"] == {
        "source": "AIID",
        "licence": "CC-BY-4.0",
        "attribution": "them",
        "url": "https://example.org/a",
    }
    assert incident["chain"][0]["relation"] == "extends-to"
    assert incident["mitigationsUsed"] == [{"recordId": "TOC-M-2026-000001", "helped": "partly"}]
    assert incident["acceptedAt"] == "2026-09-21T14:13:20+00:00"


def test_one_kind_has_its_own_list_and_pages_go_on(served: Any, h: Any) -> None:
    for at in range(5):
        served.house.add("incident", h.incident(f"n{at}", tlp="clear"), by=h.org_id("a"))
    served.house.add("finding", h.finding(marking={"tlp": "clear"}), by=h.org_id("a"))
    served.house.catch_up()
    query = "query($after: String) { incidents(first: 2, after: $after) { nodes { title { text } } pageInfo { endCursor hasNextPage } } }"
    seen, after = [], None
    while True:
        page = served.ask(query, {"after": after})["data"]["incidents"]
        seen += [node["title"]["text"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["n4", "n3", "n2", "n1", "n0"]
    assert len(served.ask("{ findings(first: 9) { nodes { toolName } } }")["data"]["findings"]["nodes"]) == 1
    assert served.code('{ incidents(first: 2, after: "x") { asOf } }') == "bad-cursor"


def test_filters_reach_the_catalogue(served: Any, h: Any) -> None:
    served.house.add("incident", h.incident("深度伪造诈骗", tlp="clear", sector="isic@4:A"), by=h.org_id("a"))
    served.house.add("incident", h.incident("other", tlp="clear"), by=h.org_id("a"))
    served.house.catch_up()
    query = "query($f: RecordFilter) { records(first: 9, filter: $f) { totalCount } }"
    for given, count in [
        ({"text": "诈骗"}, 1), ({"sectors": ["isic@4:A"]}, 1), ({"kinds": ["mitigation"]}, 0), ({"tags": [f"{h.CAT}:endogenous.data"]}, 2),
        ({"since": "2026-09-21T00:00:00Z"}, 2), ({"until": "2026-09-21T00:00:00Z"}, 0), ({"years": [2024], "severityMin": 3}, 2),
    ]:  # fmt: skip
        assert served.ask(query, {"f": given})["data"]["records"]["totalCount"] == count, given
    for given, code in [
        ({"tags": ["x"]}, "bare-code"),
        ({"kinds": ["x"]}, "unknown-filter-value"),
        ({"tags": ["abc@1:b"]}, "unknown-scheme"),
    ]:
        assert served.code(query, {"f": given}) == code


def test_unknown_and_unreadable_answer_the_same_bytes(served: Any, h: Any) -> None:
    key = keys.SigningKey.generate()
    thread = served.house.add("incident", h.incident("secret", tlp="amber"), by=key)
    served.house.catch_up()
    node = "rec_" + base64.urlsafe_b64encode(thread).decode().rstrip("=")
    nobody = "rec_" + base64.urlsafe_b64encode(b"?" * 32).decode().rstrip("=")
    query = "query($r: String!, $n: ID!, $d: String!) { record(recordId: $r) { __typename } node(id: $n) { id } nodes(ids: [$n]) { id } submissionStatus(digest: $d) { state } }"
    alike = [
        ("TOC-I-2026-000001", node, thread.hex()),
        ("TOC-I-2026-999999", nobody, "0" * 64),
        ("", "rec_", "zz"),
        (thread.hex(), "é", "x"),
        ("0" * 64, "Tocsin", "1" * 64),
    ]
    for viewer in ("industry", "desk", "author"):
        served.as_kind(viewer)
        answers = {served.raw(query, {"r": r, "n": n, "d": d}) for r, n, d in alike}
        if viewer == "industry":  # may read AMBER, so only the status must be alike
            assert {json.loads(answer)["data"]["submissionStatus"] for answer in answers} == {None}
        else:
            assert len(answers) == 1, viewer
    served.as_kind("member")
    found = served.ask(query, {"r": "TOC-I-2026-000001", "n": node, "d": thread.hex()})["data"]
    assert found["record"] == {"__typename": "Incident"}
    assert found["node"] == {"id": node} == found["nodes"][0]


def test_a_withdrawn_record_answers_its_tombstone(served: Any, h: Any) -> None:
    first = served.house.add("incident", h.incident(tlp="clear"), by=h.org_id("a"))
    served.house.add("withdraw", {"reason": "error"}, by=h.org_id("a"), prev=first)
    served.house.catch_up()
    query = '{ record(recordId: "TOC-I-2026-000001") { __typename ... on Tombstone { id recordId state reason kind logIndex asOf } } }'
    found = served.ask(query)["data"]["record"]
    assert (found["__typename"], found["state"], found["reason"], found["logIndex"], found["asOf"]) == (
        "Tombstone",
        "withdrawn",
        "error",
        0,
        2,
    )
    assert served.ask("query($i: ID!) { node(id: $i) { __typename } }", {"i": found["id"]})["data"]["node"] == {
        "__typename": "Tombstone"
    }


def test_versions_and_status_follow_a_thread(served: Any, h: Any) -> None:
    a = h.org_id("a")
    first = served.house.add("incident", h.incident("1", tlp="clear"), by=a)
    second = served.house.add("amend", h.incident("2", tlp="clear"), by=a, prev=first)
    served.house.catch_up()
    found = served.ask("{ records(first: 5) { nodes { versions(first: 5) { logIndex kind digest } } } }")["data"][
        "records"
    ]["nodes"]
    assert [v["digest"] for v in found[0]["versions"]] == [first.hex(), second.hex()]
    query = "query($d: String!) { submissionStatus(digest: $d) { state recordId headDigest amends asOf } }"
    assert served.code(query, {"d": first.hex()}) == "login-required"
    served.as_kind("member")
    assert served.ask(query, {"d": first.hex()})["data"]["submissionStatus"] == {
        "state": "published", "recordId": "TOC-I-2026-000001", "headDigest": second.hex(), "amends": 1, "asOf": 2,
    }  # fmt: skip


def test_trends_come_with_their_coverage_and_notes(served: Any, h: Any) -> None:
    for sector in ("isic@4:K", "isic@4:K", "unknown"):
        served.house.add("incident", h.incident(tlp="clear", sector=sector), by=h.org_id("a"))
    served.house.add("incident", h.incident(tlp="amber"), by=h.org_id("b"))
    served.house.catch_up()
    query = """{ trends(by: [CATEGORY, YEAR]) { total authorKeys asOf dimensions truncated
      cells { count authorKeys keys { dimension value label(lang: ZH) } } coverage { dimension records } notes { code text(lang: ZH) } } }"""
    found = served.ask(query)["data"]["trends"]
    assert (found["total"], found["authorKeys"], found["asOf"]) == (3, 1, 4)
    assert [(c["count"], c["authorKeys"], c["keys"][1]["value"]) for c in found["cells"]] == [(3, 1, "2024")]
    assert {c["dimension"]: c["records"] for c in found["coverage"]}["sector"] == 2
    assert all(note["text"] for note in found["notes"])
    served.as_kind("member")
    assert served.ask("{ trends(by: [SECTOR]) { total authorKeys } }")["data"]["trends"] == {
        "total": 4,
        "authorKeys": 2,
    }
    assert served.code("{ trends(by: []) { total } }") == "unknown-dimension"


def test_the_taxonomy_speaks_both_languages(served: Any) -> None:
    found = served.ask(
        '{ schemes { scheme edition use label label_zh: label(lang: ZH) } codes(scheme: "caict-2024", edition: "2024-12") '
        '{ value parent selectable label label_zh: label(lang: ZH) } vocabulary(list: "record_types") { value label(lang: ZH) } }'
    )["data"]
    assert any(s["scheme"] == "caict-2024" and s["label"] != s["label_zh"] for s in found["schemes"])
    assert len([c for c in found["codes"] if c["selectable"]]) == 46
    assert [w["value"] for w in found["vocabulary"]][:1] == ["incident"]
    assert served.code('{ codes(scheme: "x", edition: "1") { code } }') == "unknown-scheme"
    assert served.code('{ vocabulary(list: "no") { value } }') == "unknown-filter-value"


def test_the_hub_the_reader_and_the_directory_say_who_they_are(served: Any, h: Any) -> None:
    query = "{ hub { origin prefix version logSize asOf } me { kind org authorKey grant { world sectors { value } } } directory(first: 2) { nodes { org kind sector { value } } pageInfo { hasNextPage endCursor } } }"
    found = served.ask(query)["data"]
    assert found["hub"]["origin"] == h.AUD
    assert found["me"] == {"kind": "public", "org": None, "authorKey": None, "grant": None}
    assert found["directory"]["pageInfo"]["hasNextPage"]
    served.as_kind("regulator")
    assert served.ask("{ me { kind grant { world sectors { value } } } }")["data"]["me"] == {
        "kind": "regulator",
        "grant": {"world": False, "sectors": [{"value": "isic@4:K"}]},
    }


def test_the_printed_schema_is_the_schema() -> None:
    assert (ROOT / "docs/reference/schema.graphql").read_text(encoding="utf-8") == sdl()


def test_every_trend_dimension_can_be_asked_for() -> None:
    assert {dim.value for dim in TrendDimension} == set(trend_query.DIMS)


def test_the_usual_introspection_is_answered(served: Any) -> None:
    query = get_introspection_query(descriptions=True)
    assert validate(schema._schema, parse(query)) == []
    assert served.ask(query)["data"]["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize(
    "name", ["Query", "Incident", "Finding", "Mitigation", "Tombstone", "SubmitAccepted", "SubmitProblem"]
)
def test_the_schema_has_the_types_that_clients_know(name: str) -> None:
    assert schema.get_type_by_name(name) is not None
