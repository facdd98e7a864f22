"""Attacks by size, shape and number against a real hub: proofs, compressed bodies, look-alike names, batches, GraphQL."""

from __future__ import annotations

import base64
import gzip
import json
import time
import unicodedata
from typing import Any

import pytest

from tocsin_trust import errors as trust_errors
from tocsin_trust import merkle, receipt


@pytest.fixture
def world(sqlite_world: Any) -> Any:
    """What is attacked here is the door and not the engine."""
    return sqlite_world


# --- 56: proofs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (0, 3),
        (3, 0),
        (4, 3),
        (3, 4),
        (3, 2**63 - 1),
        (2**63, 3),
        (-1, 3),
        ("", 3),
        ("3", "³"),
        ("9" * 400, 3),
        ("1e0", 3),
    ],
    ids=str,
)
def test_56_a_proof_between_sizes_that_are_none_is_refused(world: Any, old: Any, new: Any) -> None:
    member = world.member()
    world.accept(member.seal())
    world.accept(member.seal())
    answer = world.http.get("/v1/log/consistency", params={"old": old, "new": new})
    assert (answer.status_code, answer.json()["code"]) == (400, "size-out-of-range")
    assert world.http.get("/v1/log/consistency", params={"old": 2, "new": 3}).status_code == 200  # the control


def test_56_a_receipt_whose_proof_has_another_length_index_or_size_does_not_verify(world: Any) -> None:
    member = world.member()
    world.accept(member.seal())
    bundle = json.loads(world.post(member.seal()).content)
    assert receipt.verify(json.dumps(bundle).encode(), world.policy).index == 2  # the control
    honest = receipt.parse_proof(bundle["proof"])
    forged = [
        receipt.proof_text(index, hashes, honest.checkpoint_text)
        for index, hashes in [
            (honest.index, honest.hashes[:-1]),
            (honest.index, [*honest.hashes, bytes(32)]),
            (honest.index, [bytes(32)] * 64),
            (3, honest.hashes),
            (2**62, honest.hashes),
        ]
    ]
    forged += [bundle["proof"].replace("index 2", f"index {odd}") for odd in (2**63, 2**64, -2, "02", "2.0")]
    for proof in forged:
        with pytest.raises(trust_errors.TrustError):
            receipt.verify(json.dumps({**bundle, "proof": proof}).encode(), world.policy)


@pytest.mark.parametrize("size", [0, 1, 2**63 - 1, 2**63, 2**64])
def test_56_no_size_makes_a_verifier_slow_or_wrong(size: int) -> None:
    start = time.process_time()
    for index in (0, size - 1, size, 2**63):
        for length in (0, 1, 62, 63, 64, 1_000):
            if (size, index, length) == (1, 0, 0):
                continue
            with pytest.raises(trust_errors.TrustError):
                merkle.verify_inclusion(index, size, bytes(32), [bytes(32)] * length, b"r" * 32)
    assert time.process_time() - start < 0.2


# --- 57: bodies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/submissions", "/graphql", "/v1/enrolments", "/v1/login"])
def test_57_a_compressed_bomb_is_refused_by_every_door_that_takes_a_body(world: Any, path: str) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))  # 64 KB that would be 64 MB
    answer = world.http.post(
        path, content=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "encoding-refused")
    transfer = world.http.post(path, content=bomb, headers={"Content-Type": "application/json"})
    assert transfer.status_code in (413, 415, 422)  # undeclared, it is only a body that is no JSON


# --- 58: names ----------------------------------------------------------------------------------------------------------

NAME = "Bank of Zürich"
HIDDEN = [
    "Bank\u202eknab",
    "Ba\u200bnk",
    "Bank\ufeff",
    "Bank\u2066of\u2069",
    "Ba\u00adnk",
    "Bank\u0000",
    "Bank\u2028x",
    "\u3164",
]


@pytest.mark.parametrize("name", [*HIDDEN, unicodedata.normalize("NFD", NAME)], ids=ascii)
def test_58_a_name_that_shows_other_than_it_is_joins_no_directory(world: Any, name: str) -> None:
    asked = base64.b64encode(world.request(world.stranger())).decode()
    body = {"envelope": asked, "name": name, "publishName": True}
    answer = world.http.post("/v1/enrolments", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("malformed-request", "malformed-json")
    assert world.http.post("/v1/enrolments", json={**body, "name": NAME}).status_code == 202  # the control


def test_58_both_spellings_of_a_word_are_found_and_served_as_they_were_signed(world: Any, simulators: Any) -> None:
    member = world.member()
    seen = []
    for form in ("NFC", "NFD"):
        title = {"text": unicodedata.normalize(form, "Zürich désordre"), "language": "en"}
        seen.append(world.accept(member.seal(body=simulators.incident(title=title))))
    world.settle()
    for form in ("NFC", "NFD"):
        ask = "query($t: String!) { records(first: 5, filter: {text: $t}) { nodes { ... on Reported { title { text } } } } }"
        variables = {"t": unicodedata.normalize(form, "zürich désordre")}
        answer = world.http.post("/graphql", json={"query": ask, "variables": variables}).json()
        titles = {node["title"]["text"] for node in answer["data"]["records"]["nodes"]}
        assert titles == {unicodedata.normalize(each, "Zürich désordre") for each in ("NFC", "NFD")}
    assert len(set(seen)) == 2


@pytest.mark.parametrize("odd", ["\u202e", "\u2067", "\u200b", "\u00ad", "\x1b[2J"], ids=ascii)
def test_58_a_record_that_shows_other_than_it_is_is_refused(world: Any, simulators: Any, odd: str) -> None:
    member = world.member()
    body = simulators.incident(title={"text": f"paid{odd}unpaid", "language": "en"})
    assert world.refuse(member.seal(body=body)) == (422, "identifying-text")


# --- 59: batches --------------------------------------------------------------------------------------------------------


def test_59_one_bad_line_of_a_hundred_costs_only_itself(world: Any) -> None:
    member = world.member()
    lines = [member.seal() for _ in range(100)]
    lines[41] = lines[41].replace(b'"payload":"e', b'"payload":"f', 1)
    *answers, last = world.bulk(lines)
    assert [answer["line"] for answer in answers] == list(range(1, 101))
    assert [n for n, answer in enumerate(answers) if answer["status"] != 201] == [41]
    assert answers[41]["code"] == "signature-invalid"
    assert (last["accepted"], last["refused"], world.size()) == (99, 1, 100)


def test_59_more_lines_than_a_batch_takes_are_refused_whole_and_unread(world: Any) -> None:
    member = world.member()
    before = world.size()
    answer = world.post(b"\n".join([member.seal()] * 101), **{"Content-Type": "application/x-ndjson"})
    assert (answer.status_code, answer.json()["code"], answer.json()["where"]) == (413, "oversize", "lines")
    assert world.size() == before


def test_59_a_hundred_lines_that_are_nothing_are_a_hundred_refusals(world: Any) -> None:
    *answers, last = world.bulk([b"{}" * 10] * 50 + [b"[" * 5_000] * 49 + [b"\xff"])
    assert {answer["status"] for answer in answers} == {422}
    assert (last["accepted"], last["refused"]) == (0, 100)


# --- 60: GraphQL --------------------------------------------------------------------------------------------------------

CYCLE = "fragment a on Hub { ...b } fragment b on Hub { ...a }"
SPREAD = " ".join(f"fragment f{n} on Query {{ a{n}: hub {{ asOf }} b{n}: hub {{ asOf }} }}" for n in range(30))
TYPES = "fields { type { " * 6 + "name" + " } }" * 6
QUERIES = {
    "aliases": "{" + " ".join(f"a{n}: hub {{ asOf }}" for n in range(100)) + "}",
    "aliases through fragments": "{" + " ".join(f"...f{n}" for n in range(30)) + "} " + SPREAD,
    "depth": "{ __type(name: Hub) { fields { type " + "{ ofType " * 20 + "{ name }" + " }" * 20 + " } } }",
    "a cycle of fragments": "{ hub { ...a } } " + CYCLE,
    "amplified introspection": "{ __schema { types { " + TYPES + " } } }",
    "three hundred repeated fields": "{ hub { " + "asOf " * 2_000 + "} }",
    "a flood of directives": "{ hub { asOf " + "@skip(if: false) " * 700 + "} }",
    "a hundred and fifty operations": " ".join(f"query q{n} {{ hub {{ asOf }} }}" for n in range(150)),
    "a product of firsts": "{ records(first: 100) { nodes { versions(first: 100) { kind } } } }",
    "a million": "{ records(first: 1000000) { asOf } }",
    "a million by variable": "query($n: Int = 1000000) { records(first: $n) { asOf } }",
    "a long list of ids": "{ nodes(ids: [" + "1 " * 500 + "]) { id } }",
}


@pytest.mark.parametrize("attack", QUERIES)
def test_60_a_query_that_asks_for_too_much_is_refused_before_it_runs(world: Any, attack: str) -> None:
    start = time.process_time()
    answer = world.http.post("/graphql", json={"query": QUERIES[attack]})
    assert time.process_time() - start < 0.5
    assert answer.status_code < 500
    codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
    assert codes <= {"query-too-large", "query-too-deep", "query-too-costly", "query-invalid", "first-out-of-range"}
    assert not answer.json().get("data")
    assert world.http.post("/graphql", json={"query": "{ hub { asOf } }"}).json()["data"]["hub"]["asOf"] == 0  # control


def test_60_only_one_posted_json_query_is_a_request(world: Any) -> None:
    mutation = 'mutation { submit(input: {envelope: "e30="}) { __typename } }'
    one = {"query": "{ hub { asOf } }"}
    assert world.http.get("/graphql", params={"query": mutation}).status_code == 405
    assert world.http.get("/graphql", params=one).status_code == 405
    assert world.http.post("/graphql", json=[one] * 50).status_code == 422
    multipart = {"operations": (None, json.dumps(one)), "map": (None, '{"0": ["variables.file"]}'), "0": ("x", b"x")}
    assert world.http.post("/graphql", files=multipart).status_code == 415
    assert (
        world.http.post("/graphql", content=mutation, headers={"Content-Type": "application/graphql"}).status_code
        == 415
    )
    form = world.http.post("/graphql", data=one)  # what a form on another site could send
    assert form.status_code == 415
