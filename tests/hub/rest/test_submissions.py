"""Claims about the door over HTTP: single, bulk, and the author's status."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tocsin_trust import jsonstrict, note, receipt


@pytest.fixture
def member(world: Any) -> Any:
    return world.member()


def test_an_accepted_envelope_gets_a_receipt_that_verifies(world: Any, member: Any) -> None:
    world.accept(member.seal())
    envelope, _ = member.nameless()
    world.accept(envelope)


def test_a_receipt_survives_the_erasure_of_its_payload(world: Any, member: Any) -> None:
    envelope = member.seal()
    first = world.accept(envelope)
    world.accept(member.seal("withdraw", {"reason": "error"}, prev=first))
    assert world.accept(envelope) == first  # the sender's own bytes stand in for the erased ones


def test_a_receipt_holds_after_a_restart(world: Any, member: Any) -> None:
    envelope = member.seal()
    before = world.post(envelope)
    world.restart()
    after = world.post(envelope)
    assert after.status_code == 200
    assert after.headers["tocsin-index"] == before.headers["tocsin-index"]
    receipt.verify(after.content, world.policy)
    receipt.verify(before.content, world.policy)


def test_every_accepted_kind_of_record_goes_through_the_same_door(world: Any, member: Any, simulators: Any) -> None:
    world.accept(member.seal("mitigation", simulators.MITIGATION))
    world.accept(member.seal("incident"))


def test_a_broken_line_in_the_middle_leaves_the_others_accepted(world: Any, member: Any) -> None:
    good = [member.seal() for _ in range(3)]
    *answers, last = world.bulk([good[0], b"{broken", good[1], b"", good[2]])
    assert [(answer["line"], answer["status"]) for answer in answers] == [(1, 201), (2, 422), (3, 201), (5, 201)]
    assert answers[1]["code"] == "malformed-json"
    assert answers[1]["hint"]
    assert answers[1]["digest"] is None
    assert [answers[i]["index"] for i in (0, 2, 3)] == [1, 2, 3]
    assert (last["accepted"], last["refused"]) == (3, 1)
    verifier = world.policy.log_verifiers[0]
    assert note.open_checkpoint(last["checkpoint"], verifier).size == 4
    assert "receipt" not in answers[0]


def test_bulk_lines_get_receipts_if_asked_for(world: Any, member: Any) -> None:
    nameless, _ = member.nameless()
    *answers, _ = world.bulk([member.seal(), nameless, b"{}"], "?proof=1")
    for answer in answers[:2]:
        assert receipt.verify(jsonstrict.dumps(answer["receipt"]), world.policy).index == answer["index"]
    assert "receipt" not in answers[2]


def test_the_same_line_twice_in_a_request_is_one_entry(world: Any, member: Any) -> None:
    envelope = member.seal()
    *answers, last = world.bulk([envelope, envelope, envelope])
    assert [(answer["status"], answer["replayed"]) for answer in answers] == [(201, False), (200, True), (200, True)]
    assert len({answer["index"] for answer in answers}) == 1
    assert (last["accepted"], world.size()) == (3, 2)


def test_a_bulk_request_has_at_most_a_hundred_lines(world: Any, member: Any, simulators: Any) -> None:
    before = world.size()
    headers = {"Content-Type": simulators.NDJSON}
    answer = world.http.post("/v1/submissions", content=b"\n".join([b"{}"] * 101), headers=headers)
    assert (answer.status_code, answer.json()["code"], world.size()) == (413, "oversize", before)
    assert world.http.post("/v1/submissions", content=b"\n\n", headers=headers).json()["code"] == "malformed-request"
    *answers, last = world.bulk([b"{}"] * 100)
    assert last["refused"] == len(answers) == 100


def test_a_full_bulk_request_is_one_batch_in_order(world: Any, member: Any) -> None:
    *answers, last = world.bulk([member.seal() for _ in range(100)])
    assert [answer["index"] for answer in answers] == list(range(1, 101))
    assert last["accepted"] == 100


def test_a_line_over_the_limit_is_refused_alone(world: Any, member: Any) -> None:
    *answers, _ = world.bulk([member.seal(), b'{"x":"' + b"y" * 270_000 + b'"}'])
    assert [answer["status"] for answer in answers] == [201, 413]


def test_an_unknown_content_type_is_refused(world: Any, member: Any) -> None:
    answer = world.http.post("/v1/submissions", content=member.seal(), headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


# --- status -----------------------------------------------------------------------------------------------------------


def _same(a: Any, b: Any) -> bool:
    """Whether two refusals differ in nothing but the request id."""
    return {**a.json(), "requestId": ""} == {**b.json(), "requestId": ""} and a.status_code == b.status_code


def status(world: Any, digest: str, headers: dict[str, str]) -> Any:
    return world.http.get(f"/v1/submissions/{digest}", headers=headers)


def test_an_author_sees_how_its_thread_stands_as_organisation(world: Any, member: Any) -> None:
    first = world.accept(member.seal())
    second = world.accept(member.seal("amend", prev=first))
    world.settle()
    token = member.login()
    said = status(world, first, token).json()
    assert said["thread"] == first
    assert (said["headDigest"], said["amends"], said["state"], said["mode"]) == (second, 1, "published", "attributed")
    assert said["recordId"].startswith("TOC-I-")
    assert said["asOf"] == world.size()
    assert status(world, second, token).json()["index"] == said["headIndex"]
    world.accept(member.seal("withdraw", {"reason": "duplicate"}, prev=second))
    said = status(world, first, token).json()
    assert (said["state"], said["reason"]) == ("withdrawn", "duplicate")


def test_a_nameless_author_sees_it_by_its_key_and_its_organisation_does_not(world: Any, member: Any) -> None:
    envelope, author = member.nameless()
    digest = world.accept(envelope)
    world.settle()
    assert status(world, digest, member.login(author)).json()["mode"] == "pseudonymous"
    assert status(world, digest, member.login()).status_code == 404


def test_a_status_does_not_tell_unknown_from_somebody_elses(world: Any, member: Any) -> None:
    theirs = world.accept(member.seal())
    token = world.member().login()
    unknown = status(world, secrets.token_hex(32), token)
    assert unknown.status_code == 404
    assert _same(unknown, status(world, theirs, token))
    assert _same(unknown, status(world, "not-a-digest", token))
    for digest in (theirs, secrets.token_hex(32)):
        assert status(world, digest, {}).json()["code"] == "login-required"


def test_hints_are_in_the_readers_language(world: Any, member: Any, simulators: Any) -> None:
    english = world.post(b"{}").json()
    chinese = world.post(b"{}", **{"Accept-Language": "zh-CN,zh;q=0.9"}).json()
    assert english["code"] == chinese["code"]
    assert english["hint"].isascii()
    assert not chinese["hint"].isascii()
    headers = {"Content-Type": simulators.NDJSON, "Accept-Language": "zh"}
    line = json.loads(world.http.post("/v1/submissions", content=b"{}", headers=headers).text.splitlines()[0])
    assert not line["hint"].isascii()
