"""Claims about the sequencer: places, replays, batches, refusals, receipts, and a restart."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import append, entries, publish, reading
from tocsin_hub.members import directory
from tocsin_hub.store.session import Store
from tocsin_trust import keys, merkle, note, policy, receipt


def _policy(log: Any) -> policy.Policy:
    root = keys.SigningKey.generate()
    payload = policy.build(
        origin=log.cast.origin,
        version=1,
        root=root.public,
        issued_unix_s=log.cast.clock(),
        expires_unix_s=log.cast.clock() + 1,
        log_keys=[note.vkey(log.cast.origin, log.log_key.public)],
        certificate_keys=[keys.SigningKey.generate().public],
        authorities=log.cast.authorities,
    )
    return policy.read(policy.sign(payload, root))


def test_entries_get_their_places_in_order(log: Any) -> None:
    placed = log.place(*(log.cast.nameless() for _ in range(5)))
    assert [place.idx for place in placed] == [0, 1, 2, 3, 4]
    assert log.place(log.cast.nameless())[0].idx == 5
    assert log.woken == 2


def test_a_replayed_envelope_gets_the_same_place(log: Any) -> None:
    item = log.cast.nameless()
    first = log.place(item)[0]
    log.cast.clock.now_unix_s += 3600
    again = log.place(item)[0]
    assert again == entries.Placed(first.idx, first.digest, first.leaf_hash, first.accepted_unix_s, replayed=True)
    assert log.woken == 1


def test_the_same_bytes_twice_in_one_batch_have_one_place(log: Any) -> None:
    item, other = log.cast.nameless(), log.cast.nameless()
    answers = log.place(item, other, item)
    assert [answer.idx for answer in answers] == [0, 1, 0]
    assert [answer.replayed for answer in answers] == [False, False, True]


def test_one_bad_item_does_not_touch_its_neighbours(log: Any) -> None:
    stranger = log.cast.member()
    good, bad, also_good = log.run(log.cast.nameless(), log.cast.incident(stranger), log.cast.nameless())
    assert isinstance(bad, HubError)
    assert bad.code == "not-enrolled"
    assert (good.idx, also_good.idx) == (0, 1)


def _chain(log: Any, session: Any, member: Any) -> list[tuple[bytes, int]]:
    """(envelope, index) of the statements that gave the member its key."""
    found = [log.publisher.find(session, digest) for digest in directory.proof_chain(session, member.kid)]
    return [(publish.envelope(session, each.digest), each.idx) for each in found]


@pytest.mark.parametrize("sizes", [(1, 1), (255, 1, 1), (256,), (300, 213), (256, 256, 1)])
def test_receipts_verify_offline_across_tile_borders(log: Any, sizes: Sequence[int]) -> None:
    member = log.cast.member()
    log.place(log.cast.enrol(member))
    for size in sizes:
        log.place(*(log.cast.incident(member) for _ in range(size)))
    last = log.place(log.cast.incident(member))[0]
    trusted = _policy(log)
    with log.store.read() as session:
        chain = _chain(log, session, member)
        bundle = log.publisher.receipt(session, last, chain)
        for idx in {0, 1, sum(sizes) // 2, sum(sizes)}:
            proof = receipt.parse_proof(log.publisher.proof(session, idx))
            assert proof.index == idx
    verified = receipt.verify(bundle, trusted)
    assert (verified.index, verified.tree_size) == (last.idx, last.idx + 1)
    assert verified.accepted_by == "authority:authority-1"


def test_a_receipt_verifies_after_a_restart_with_cold_memory(log: Any) -> None:
    member = log.cast.member()
    log.place(log.cast.enrol(member), *(log.cast.incident(member) for _ in range(100)))
    placed = log.place(*(log.cast.incident(member) for _ in range(200)))
    before = log.publisher.checkpoint()
    log.reopen()
    assert log.publisher.checkpoint() == before
    with log.store.read() as session:
        chain = _chain(log, session, member)
        bundle = log.publisher.receipt(session, placed[100], chain)
    assert receipt.verify(bundle, _policy(log)).index == placed[100].idx


def test_a_session_older_than_the_checkpoint_still_gets_a_proof(log: Any) -> None:
    log.place(*(log.cast.nameless() for _ in range(3)))
    with log.store.read() as old:
        assert append.size(old)[0] == 3
        log.place(*(log.cast.nameless() for _ in range(3)))
        proof = receipt.parse_proof(log.publisher.proof(old, 1))
        assert "\n3\n" in proof.checkpoint_text
        with pytest.raises(HubError, match="unknown-digest"):
            log.publisher.proof(old, 4)


def test_a_receipt_over_the_senders_own_bytes_verifies_after_erasure(log: Any) -> None:
    member = log.cast.member()
    item = log.cast.incident(member)
    log.place(log.cast.enrol(member), item)
    with log.store.write("test") as session:
        session.execute(text("UPDATE blob SET envelope = NULL WHERE digest = :d"), {"d": item.digest})
    with log.store.read() as session:
        chain = _chain(log, session, member)
        placed = log.publisher.find(session, item.digest)
        bundle = log.publisher.receipt(session, placed, chain, own=item.envelope)
        other = log.cast.sealed("incident", {"note": "other"}, member.key, member.org)
        with pytest.raises(HubError, match="erased"):
            log.publisher.receipt(session, placed, chain, own=other)
    assert receipt.verify(bundle, _policy(log)).index == 1


def test_a_checkpoint_that_comes_between_two_proofs_does_not_split_a_receipt(log: Any) -> None:
    """The session may see an append before its checkpoint is shown: all proofs of a bundle are under the older one."""
    member = log.cast.member()
    log.place(log.cast.enrol(member))
    (placed,) = log.place(log.cast.incident(member))
    early = log.publisher.checkpoint()
    log.place(log.cast.incident(member))

    class Between(publish.Publisher):
        shown = 0

        def _newest(self, at_most: int | None) -> tuple[int, str]:
            self.shown += 1
            return (2, early) if self.shown == 1 else super()._newest(at_most)

    split = Between(log.memo)
    split.publish(3, log.publisher.checkpoint())
    with log.store.read() as session:
        bundle = split.receipt(session, placed, _chain(log, session, member))
    assert receipt.verify(bundle, _policy(log)).tree_size == 2


def test_an_erased_payload_has_a_proof_and_no_receipt(log: Any) -> None:
    placed = log.place(log.cast.nameless())[0]
    with log.store.write("test") as session:
        session.execute(text("UPDATE blob SET envelope = NULL, erased_unix_s = 1"))
    with log.store.read() as session:
        assert log.publisher.proof(session, placed.idx)
        with pytest.raises(HubError, match="erased"):
            log.publisher.receipt(session, placed, [])
        assert reading.load(session, 0, 10)[0].statement is None


def test_many_threads_get_distinct_places_from_the_thread(log: Any) -> None:
    log.sequencer.start()
    found: list[int] = []
    lock = threading.Lock()

    def send() -> None:
        for _ in range(10):
            answers = log.submit(log.cast.nameless(), log.cast.nameless()).result(timeout=20)
            with lock:
                found.extend(answer.idx for answer in answers)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(80))


def test_a_stopped_sequencer_answers_what_waited_and_refuses_the_rest(log: Any) -> None:
    log.sequencer.start()
    waiting = log.submit(log.cast.nameless())
    log.sequencer.stop()
    assert waiting.result(timeout=5)[0].idx == 0
    assert log.submit(log.cast.nameless()).result(timeout=1)[0].code == "busy"
    assert not log.sequencer.alive


def test_a_client_that_hangs_up_does_not_end_the_sequencer(log: Any) -> None:
    """Its future is cancelled while it waits; answering it then would raise in the one thread that must not die."""
    gone, stays = log.submit(log.cast.nameless()), log.submit(log.cast.nameless())
    assert gone.cancel()
    log.sequencer.start()
    assert stays.result(timeout=5)[0].idx == 0
    taken = log.submit(log.cast.nameless())
    assert taken.result(timeout=5)[0].idx == 1
    assert log.sequencer.alive


def test_a_full_queue_is_busy_and_not_longer(log: Any) -> None:
    log.sequencer._settings = log.settings.model_copy(update={"queue_max": 2})
    first, second = log.submit(log.cast.nameless()), log.submit(log.cast.nameless(), log.cast.nameless())
    assert [answer.code for answer in second.result(timeout=1)] == ["busy", "busy"]
    assert not first.done()


def test_a_second_writer_is_refused_and_no_fork_grows(open_log: Any, store: Store) -> None:
    """Attack 41: two writers on one database, each sure that it knows where the log stands."""
    one, two = open_log(store), open_log(store)
    a = one.place(one.cast.nameless())[0]
    refused = two.run(two.cast.nameless())
    assert [answer.code for answer in refused] == ["busy"]
    b = two.place(two.cast.nameless())[0]
    assert (a.idx, b.idx) == (0, 1)
    assert one.run(one.cast.nameless())[0].code == "busy"
    assert one.place(one.cast.nameless())[0].idx == 2
    with store.read() as session:
        assert session.execute(text("SELECT size FROM log_state")).scalar_one() == 3
    two.reopen()
    assert "\n3\n" in two.publisher.checkpoint()


def test_entries_come_back_as_they_were_placed(log: Any) -> None:
    items = [log.cast.nameless() for _ in range(3)]
    log.place(*items)
    with log.store.read() as session:
        loaded = reading.load(session, 1, 10)
    assert [entry.idx for entry in loaded] == [1, 2]
    assert [entry.envelope for entry in loaded] == [item.envelope for item in items[1:]]
    assert [entry.statement for entry in loaded] == [item.statement for item in items[1:]]


@pytest.mark.slow
def test_proofs_verify_over_a_full_tile_of_tiles(open_log: Any, sqlite_store: Store) -> None:
    """65,536 entries fill a tile of level 1; proofs on both sides of it, from memory and after a restart."""
    log = open_log(sqlite_store)
    model = log.cast.nameless()

    def like(model: entries.Admitted) -> entries.Admitted:
        digest = secrets.token_bytes(32)
        line = model.leaf.replace(model.digest.hex().encode(), digest.hex().encode())
        return replace(model, digest=digest, leaf=line, leaf_hash=merkle.leaf_hash(line))

    hashes: list[bytes] = []
    while len(hashes) < 66_000:
        hashes += [place.leaf_hash for place in log.place(*(like(model) for _ in range(5_000)))]
    verifier = note.parse_vkey(note.vkey(log.cast.origin, log.log_key.public))
    for _ in range(2):
        head = note.open_checkpoint(log.publisher.checkpoint(), verifier)
        with log.store.read() as session:
            for idx in (0, 255, 256, 65_279, 65_280, 65_535, 65_536, head.size - 1):
                proof = receipt.parse_proof(log.publisher.proof(session, idx))
                merkle.verify_inclusion(idx, head.size, hashes[idx], proof.hashes, head.root)
        log.reopen()
