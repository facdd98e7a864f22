"""Claims about the log over HTTP: proofs, checkpoints, envelopes for those who may read them, health."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tocsin_trust import dsse, leaf, merkle, note, receipt, statement
from tocsin_trust import errors as trust_errors


@pytest.fixture
def member(world: Any) -> Any:
    return world.member()


def _same(a: Any, b: Any) -> bool:
    return (a.status_code, {**a.json(), "requestId": ""}) == (b.status_code, {**b.json(), "requestId": ""})


def test_a_proof_leads_from_the_envelope_to_the_signed_checkpoint(world: Any, member: Any) -> None:
    envelopes = [member.seal() for _ in range(5)]
    for envelope in envelopes:
        world.accept(envelope)
    opened = dsse.unseal(envelopes[2])
    proof = receipt.parse_proof(world.http.get("/v1/log/proof", params={"digest": opened.digest.hex()}).text)
    checkpoint = note.open_checkpoint(world.http.get("/v1/log/checkpoint").text, world.policy.log_verifiers[0])
    line = leaf.text(opened, statement.read(opened))
    merkle.verify_inclusion(proof.index, checkpoint.size, merkle.leaf_hash(line), proof.hashes, checkpoint.root)


def test_a_consistency_proof_leads_from_one_checkpoint_to_a_later_one(world: Any, member: Any) -> None:
    key = world.policy.log_verifiers[0]
    world.accept(member.seal())
    early = note.open_checkpoint(world.http.get("/v1/log/checkpoint").text, key)
    for _ in range(5):
        world.accept(member.seal())
    late = note.open_checkpoint(world.http.get("/v1/log/checkpoint").text, key)
    said = world.http.get("/v1/log/consistency", params={"old": early.size, "new": late.size}).json()
    assert (said["old"], said["new"]) == (early.size, late.size) == (2, 7)
    proof = [bytes.fromhex(each) for each in said["hashes"]]
    merkle.verify_consistency(early.size, late.size, early.root, late.root, proof)
    with pytest.raises(trust_errors.ProofError):
        merkle.verify_consistency(early.size, late.size, late.root, late.root, proof)


@pytest.mark.parametrize(
    "sizes",
    [{}, {"old": "1"}, {"old": "0", "new": "1"}, {"old": "2", "new": "1"}, {"old": "1", "new": "3"}, {"old": "-1", "new": "1"},
     {"old": "1", "new": "1e3"}, {"old": "1", "new": "9" * 18}, {"old": "1", "new": "9" * 40}, {"old": "¹", "new": "²"}],
    ids=str,
)  # fmt: skip
def test_sizes_without_a_proof_are_refused(world: Any, member: Any, sizes: dict[str, str]) -> None:
    world.accept(member.seal())
    answer = world.http.get("/v1/log/consistency", params=sizes)
    assert (answer.status_code, answer.json()["code"]) == (400, "size-out-of-range")


def test_the_size_of_the_day_is_the_same_all_day(world: Any, member: Any) -> None:
    def day_size() -> int:
        return int(world.http.get("/v1/directory").json()["daySize"])

    assert day_size() == 0
    world.accept(member.seal())
    assert day_size() == 0
    world.clock.now_unix_s += 86_400
    assert day_size() == 2
    world.accept(member.seal())
    world.restart()
    assert day_size() == 2


def test_the_policy_is_served_as_it_was_signed(world: Any) -> None:
    answer = world.http.get("/.well-known/tocsin/policy.json")
    assert answer.content == world.policy.raw


def test_an_envelope_is_served_byte_for_byte(world: Any, member: Any) -> None:
    envelope = member.seal()
    digest = world.accept(envelope)
    world.settle()
    answer = world.blob(digest)
    assert answer.content == envelope
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("digest", ["0" * 64, "0" * 63, "G" * 64, "A" * 64])
def test_an_unknown_digest_has_no_proof_and_no_envelope(world: Any, digest: str) -> None:
    assert world.http.get("/v1/log/proof", params={"digest": digest}).json()["code"] == "not-found"
    assert world.blob(digest).json()["code"] == "not-found"


def test_unknown_unreadable_hidden_and_erased_are_one_answer(world: Any, member: Any, simulators: Any) -> None:
    desk = world.member("desk")
    amber = world.accept(member.seal(body=simulators.incident(marking={"tlp": "amber"})))
    hidden, erased = world.accept(member.seal()), world.accept(member.seal())
    world.accept(desk.seal("moderate", {"thread": hidden, "action": "hide", "reason": "spam"}))
    world.accept(member.seal("withdraw", {"reason": "error"}, prev=erased))
    world.settle()
    unknown = world.blob(secrets.token_hex(32))
    for digest in (amber, hidden, erased):
        assert _same(world.blob(digest), unknown)
        assert _same(world.blob(digest, **desk.login()), unknown)  # a desk reads what the public reads
    other = world.member().login()
    assert world.blob(amber, **other).status_code == 200
    for digest in (hidden, erased):
        assert _same(world.blob(digest, **other), unknown)
    assert world.blob(hidden, **member.login()).status_code == 200


def test_old_versions_are_readable_to_who_may_read_the_newest(world: Any, member: Any, simulators: Any) -> None:
    first = world.accept(member.seal())
    world.settle()
    assert world.blob(first).status_code == 200
    second = world.accept(member.seal("amend", simulators.incident(marking={"tlp": "amber"}), prev=first))
    world.settle()
    other = world.member().login()
    for digest in (first, second):
        assert world.blob(digest).status_code == 404
        assert world.blob(digest, **other).status_code == 200


def test_a_nameless_author_reads_its_own_by_key_and_its_organisation_does_not(
    world: Any, member: Any, simulators: Any
) -> None:
    org = world.member().org
    body = simulators.incident(marking={"tlp": "red", "recipients": [org]})
    envelope, author = member.nameless(body)
    digest = world.accept(envelope)
    world.settle()
    assert world.blob(digest, **member.login(author)).status_code == 200
    assert world.blob(digest, **member.login()).status_code == 404


def test_a_hub_is_ready_once_its_readers_follow(world: Any, member: Any) -> None:
    world.accept(member.seal())
    world.settle()
    said = world.http.get("/readyz").json()
    assert said == {"ok": True, "logSize": 2, "asOf": 2, "lag": 0, "migrations": "current"}
    world.hub.readers.stop()
    answer = world.http.get("/readyz")
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
    assert world.http.get("/healthz").json() == {"ok": True}


def test_a_second_hub_on_the_same_directory_is_refused(world: Any) -> None:
    from tocsin_hub import app as hub_app
    from tocsin_hub.errors import HubError

    with pytest.raises(HubError, match="anchor-locked"):
        hub_app.build(world.settings)
