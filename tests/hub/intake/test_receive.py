"""Claims about the conductor: callers may give up, the hub may not."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import text


def test_a_caller_that_gives_up_does_not_take_the_sequencer_with_it(world: Any) -> None:
    member = world.member()
    envelope = member.seal()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with world.hub.store.write("test") as session:
            session.execute(text("UPDATE log_state SET size = size"))  # what a writer of PostgreSQL waits for
            held.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)

    async def impatient() -> None:
        async with asyncio.timeout(0.3):
            await world.hub.door.receive(envelope)

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    release.set()
    holder.join()
    world.accept(member.seal())
    assert world.hub.sequencer.alive
    assert world.post(envelope).headers["tocsin-replayed"] == "true"  # it was placed, though nobody waited


def test_singles_pass_between_the_chunks_of_a_bulk_request(world: Any) -> None:
    member = world.member()
    lines = [member.seal() for _ in range(64)]
    single = member.seal()
    order: list[str] = []

    async def both() -> None:
        async def bulk() -> None:
            await world.hub.door.receive_many(lines)
            order.append("bulk")

        async def one() -> None:
            await world.hub.door.receive(single)
            order.append("single")

        await asyncio.gather(bulk(), one())

    asyncio.run(both())
    assert order == ["single", "bulk"]


def test_a_stopping_hub_answers_busy_and_stores_nothing(world: Any) -> None:
    member = world.member()
    before = world.size()
    world.hub.sequencer.stop()
    answer = world.post(member.seal())
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "2")
    assert world.size() == before
