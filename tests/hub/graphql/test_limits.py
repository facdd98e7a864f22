"""One query cannot starve the rest: every way to ask for too much is refused before it runs."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from graphql import parse

from tocsin_hub.errors import CODES
from tocsin_hub.graphql import limits


def _bomb(levels: int, leaf: str = "asOf") -> str:
    """Fragments that each spread the next one twice: small to send, endless to follow."""
    chain = " ".join(f"fragment f{n} on RecordConnection {{ ...f{n + 1} ...f{n + 1} }}" for n in range(levels))
    return f"{{ records(first: 1) {{ ...f0 }} }} {chain} fragment f{levels} on RecordConnection {{ {leaf} }}"


DEEP = "{ records(first: 1) { edges { node { ... on Reported { severity { source { scheme } } } } } } }"
TOO_DEEP = "{ __typename a { a { a { a { a { a { a { a { a } } } } } } } } }"
LOOP = "{ records(first: 1) { ...a } } fragment a on RecordConnection { ...b } fragment b on RecordConnection { ...a }"
FIELDS = "fields { type { " * 8 + "name" + " } }" * 8


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ records { asOf } }", "query-invalid"),
        ("{ records(first: 0) { asOf } }", "first-out-of-range"),
        ("{ records(first: 101) { asOf } }", "first-out-of-range"),
        ("{ records(first: -5) { asOf } }", "first-out-of-range"),
        ("{ records(first: 1000000) { asOf } }", "first-out-of-range"),
        ("{ records(first: 100) { nodes { versions(first: 100) { kind } } } }", "query-too-costly"),
        ("{ records(first: 100) { edges { node { ...v } } } } fragment v on Record { versions(first: 20) { kind } }", "query-too-costly"),
        ("{" + " ".join(f"a{n}: trends(by: [YEAR]) {{ total }}" for n in range(15)) + " records(first: 100) { asOf }"
         + " incidents(first: 100) { asOf } findings(first: 100) { asOf } mitigations(first: 100) { asOf }"
         + " directory(first: 100) { asOf } schemes { edition } codes(scheme: \"isic\", edition: \"4\") { code } }", "query-too-costly"),
        ("{" + " ".join(f"a{n}: hub {{ asOf }}" for n in range(16)) + "}", "query-too-large"),
        (_bomb(5).replace("asOf", "x: asOf"), "query-too-large"),
        (_bomb(60), None),
        (_bomb(60, "x: asOf"), "query-too-large"),
        (TOO_DEEP, "query-too-deep"),
        (LOOP, "query-invalid"),
        ("{ hub { " + "asOf " * 1001 + "} }", "query-too-large"),
        ("{" * 400, "query-invalid"),
        ("{ a" * 330, "query-invalid"),
        ("#" * 20_001, "query-too-large"),
        ("{ __schema { types { " + FIELDS + " } } }", "query-invalid"),
        ("{ nothing }", "query-invalid"),
        ("{ hub { asOf ", "query-invalid"),
        ("", "query-invalid"),
        ("fragment x on Query { hub { asOf } }", "query-invalid"),
        ("subscription { hub { asOf } }", "query-invalid"),
        ("{ hub { asOf @a @b @c } }", "query-invalid"),
        (DEEP, None),
    ],
)  # fmt: skip
def test_what_asks_for_too_much_is_refused_at_once(served: Any, query: str, code: str | None) -> None:
    start = time.process_time()
    answer = served.ask(query)
    assert time.process_time() - start < 1.0
    assert [error["extensions"]["code"] for error in answer.get("errors", [])][:1] == ([] if code is None else [code])


def test_the_cost_of_a_query_is_the_nodes_it_may_return(served: Any) -> None:
    query = "query($n: Int!) { records(first: $n) { nodes { versions(first: 3) { kind } } } hub { asOf } }"
    assert served.ask(query, {"n": 7})["extensions"]["cost"] == 7 + 7 * 3
    assert limits.measure(parse("{ nodes(ids: [1, 2, 3]) { id } }"), None, {}).cost == 3
    assert limits.measure(parse("query($i: [ID!]!) { nodes(ids: $i) { id } }"), None, {"i": ["a"] * 9}).cost == 9


def test_a_variable_cannot_smuggle_a_great_first(served: Any) -> None:
    query = "query($n: Int!) { records(first: $n) { asOf } }"
    for given in (0, 101, 10**9, True, "7", None, [5], 2.5):
        assert served.code(query, {"n": given}) in ("first-out-of-range", "variables-invalid"), given
    assert served.code("query($n: Int! = 5000) { records(first: $n) { asOf } }") == "first-out-of-range"
    assert served.code("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["x"] * 101}) == "query-too-costly"


def test_only_one_posted_json_object_is_a_request(served: Any) -> None:
    post = served.client.post
    assert served.client.get("/graphql", params={"query": "{ hub { asOf } }"}).status_code == 405
    assert (
        served.client.get(
            "/graphql", params={"query": 'mutation { submit(input: {envelope: ""}) { __typename } }'}
        ).status_code
        == 405
    )
    one = {"query": "{ hub { asOf } }"}
    assert post("/graphql", json=one).status_code == 200
    assert post("/graphql", json=[one, one]).status_code == 422
    assert post("/graphql", data={"operations": json.dumps(one), "map": "{}"}).status_code == 415
    assert post("/graphql", files={"operations": (None, json.dumps(one)), "map": (None, "{}")}).status_code == 415
    assert (
        post("/graphql", content=b"{ hub { asOf } }", headers={"content-type": "application/graphql"}).status_code
        == 415
    )
    for body in (
        b"",
        b"nonsense",
        b'"x"',
        b"{}",
        b'{"query": 5}',
        b'{"query": "{hub{asOf}}", "variables": []}',
        b"[" * 100_000,
        b"\xff",
    ):
        assert post("/graphql", content=body, headers={"content-type": "application/json"}).status_code == 422, body[
            :20
        ]
    big = json.dumps({"query": "{ hub { asOf } }", "variables": {"x": "a" * 600_000}})
    assert post("/graphql", content=big, headers={"content-type": "application/json"}).status_code == 413


def test_an_error_never_repeats_what_was_sent(served: Any) -> None:
    word = "XYZZY-SECRET"
    for query, variables in [
        ("query($f: RecordFilter) { records(first: 5, filter: $f) { asOf } }", {"f": {"kinds": [word]}}),
        ("query($f: RecordFilter) { records(first: 5, filter: $f) { asOf } }", {"f": {"years": word}}),
        ("query($f: RecordFilter) { records(first: 5, filter: $f) { asOf } }", {"f": {word: 1}}),
        ("query($f: RecordFilter) { records(first: 5, filter: $f) { asOf } }", {"f": {"tags": [word]}}),
        ("query($f: RecordFilter) { records(first: 5, filter: $f) { asOf } }", {"f": {"since": word}}),
        ("query($n: Int!) { records(first: $n) { asOf } }", {"n": word}),
        (f'{{ records(first: 5, after: "{word}") {{ asOf }} }}', {}),
        (f'{{ records(first: "{word}") {{ asOf }} }}', {}),
        (f'{{ records(first: 5, filter: {{years: ["{word}"]}}) {{ asOf }} }}', {}),
        (f'{{ trends(by: [YEAR], filter: {{severityMin: "{word}"}}) {{ total }} }}', {}),
        (
            f'mutation {{ submit(input: {{envelope: "{word}"}}) {{ __typename ... on SubmitProblem {{ code hint }} }} }}',
            {},
        ),
    ]:
        assert word not in served.raw(query, variables), (query, variables)


def test_an_unexpected_fault_is_masked_and_logged_without_its_words(
    served: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise RuntimeError("-".join(["XYZZY", "SECRET"]))  # the line itself is logged, its value must not be

    monkeypatch.setattr("tocsin_hub.graphql.people.progress", fail)
    answer = served.ask("{ hub { asOf } }")
    assert answer["errors"][0]["extensions"]["code"] == "internal"
    assert "XYZZY" not in json.dumps(answer)
    assert "RuntimeError" in caplog.text
    assert "XYZZY-SECRET" not in caplog.text


def test_a_query_that_takes_too_long_is_given_up(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(*_args: Any) -> None:
        await asyncio.sleep(5)

    monkeypatch.setattr("tocsin_hub.graphql.context.Context.read", sleep)
    served.limit(deadline_s=0.05)
    answer = served.client.post("/graphql", json={"query": "{ hub { asOf } }"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "query-timeout")


def test_a_bad_token_is_never_silently_the_public(served: Any) -> None:
    for shown in ("Bearer nonsense", "Bearer ", "Basic abc", "nonsense", ""):
        answer = served.client.post("/graphql", json={"query": "{ me { kind } }"}, headers={"authorization": shown})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "token-invalid"), shown
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_hints_come_in_the_readers_language(served: Any) -> None:
    answer = served.client.post(
        "/graphql", json={"query": "{ records(first: 0) { asOf } }"}, headers={"accept-language": "zh-CN,zh;q=0.9"}
    )
    assert answer.json()["errors"][0]["message"] == CODES["first-out-of-range"].zh
