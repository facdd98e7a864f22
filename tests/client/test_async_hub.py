"""AsyncHub: the same names and parameters, one engine, nothing lost when a call is cancelled, a loop that never waits."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import AsyncHub, Draft, Hub, errors

PUBLIC = {name for name, member in vars(Hub).items() if not name.startswith("_") and callable(member)}
DUNDER = {"__enter__": "__aenter__", "__exit__": "__aexit__", "__init__": "__init__"}


@pytest.fixture
def make_async(sim: Any, home: Path) -> Callable[..., AsyncHub]:
    def make(profile: str = "default") -> AsyncHub:
        hub = AsyncHub(
            "http://testserver", profile=profile, home=home, transport=sim.transport(), clock=lambda: sim.now
        )
        hub._hub._named._sleep = hub._hub._nameless._sleep = lambda _s: None
        return hub

    return make


def test_names_are_the_same() -> None:
    assert {name for name in vars(AsyncHub) if not name.startswith("_")} == {
        n for n in vars(Hub) if not n.startswith("_")
    }
    assert isinstance(inspect.getattr_static(AsyncHub, "outbox"), property)


@pytest.mark.parametrize("name", sorted(PUBLIC | {"__init__"}))
def test_parameters_are_the_same(name: str) -> None:
    sync, awaited = (inspect.signature(getattr(owner, DUNDER.get(name, name))) for owner in (Hub, AsyncHub))
    assert [(p.name, p.kind, p.default, str(p.annotation)) for p in sync.parameters.values()] == [
        (p.name, p.kind, p.default, str(p.annotation)) for p in awaited.parameters.values()
    ]
    assert sync.return_annotation == awaited.return_annotation
    if name != "__init__":
        assert inspect.iscoroutinefunction(getattr(AsyncHub, name))


def test_a_member_joins_reports_verifies_amends_and_withdraws(
    sim: Any, draft: Callable[..., Draft], make_async: Callable[..., AsyncHub]
) -> None:
    async def journey() -> None:
        async with make_async() as hub:
            await hub.join(sector="isic@4:K", region="un-m49@2024:156", fingerprint=sim.fingerprint)
            sim.enrol_all()
            approved = (await hub.preview(draft())).approve(by="a tester")
            receipt = await hub.submit(approved)
            assert (await hub.verify(receipt)).index == receipt.index == 1
            with pytest.raises(errors.ConflictError):
                await hub.submit(approved)
            better = (await hub.preview(draft(title="Better"), mode=await hub.mode_of(receipt.digest))).approve(
                by="a tester"
            )
            await hub.amend(receipt, better)
            await hub.withdraw(receipt, reason="other")
            assert (await hub.status(receipt))["state"] == "withdrawn"
            assert [t["state"] for t in await hub.status()] == ["withdrawn"]
            assert hub.outbox.waiting() == []

    asyncio.run(journey())


def test_fifty_calls_at_once_have_one_writer_and_each_its_own_entry(
    sim: Any, member: Hub, draft: Callable[..., Draft], make_async: Callable[..., AsyncHub]
) -> None:
    threads: set[int] = set()
    handle = sim.handle

    def seen(request: Any) -> Any:
        threads.add(threading.get_ident())
        return handle(request)

    sim.handle = seen

    async def all_at_once() -> list[Any]:
        async with make_async() as hub:
            approvals = [member.preview(draft(title=f"Record {n}")).approve(by="a tester") for n in range(50)]
            threads.clear()
            return await asyncio.gather(*(hub.submit(approval) for approval in approvals))

    receipts = asyncio.run(all_at_once())
    assert [receipt.index for receipt in receipts] == list(range(1, 51)), "in the order the calls were made"
    assert len({receipt.author_key for receipt in receipts}) == 50
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert len(member.status()) == 50
    assert member.outbox.waiting() == []


def test_a_cancelled_call_loses_nothing(
    sim: Any, member: Hub, draft: Callable[..., Draft], make_async: Callable[..., AsyncHub]
) -> None:
    at_the_hub, go_on = threading.Event(), threading.Event()
    handle = sim.handle

    def slow(request: Any) -> Any:
        if request.url.path == "/v1/submissions":
            at_the_hub.set()
            assert go_on.wait(10)
        return handle(request)

    sim.handle = slow

    async def give_up() -> None:
        first, second = (member.preview(draft(title=f"Record {n}")).approve(by="a tester") for n in range(2))
        async with make_async() as hub:
            running = asyncio.create_task(hub.submit(first))
            queued = asyncio.create_task(hub.submit(second))
            while not at_the_hub.is_set():
                await asyncio.sleep(0.005)
            assert len(hub.outbox.waiting()) == 1, "in the outbox before it is sent"
            for task in (running, queued):
                task.cancel()
            done = await asyncio.gather(running, queued, return_exceptions=True)
            assert [type(one) for one in done] == [asyncio.CancelledError, asyncio.CancelledError]
            go_on.set()

    asyncio.run(give_up())
    assert len(sim.envelopes) == 2, "what had begun went on to its end, what had not was dropped"
    assert [thread["state"] for thread in member.status()] == ["accepted"]
    assert member.outbox.waiting() == []


def test_what_a_cancelled_call_could_not_send_is_sent_later(
    sim: Any, member: Hub, draft: Callable[..., Draft], make_async: Callable[..., AsyncHub]
) -> None:
    sim.lies = {"busy"}

    async def give_up() -> None:
        async with make_async() as hub:
            task = asyncio.create_task(hub.submit(member.preview(draft(), mode="attributed").approve(by="a tester")))
            await asyncio.sleep(0)
            with pytest.raises((errors.UnreachableError, asyncio.CancelledError)):
                await asyncio.wait_for(task, 5)

    asyncio.run(give_up())
    sim.lies = set()
    assert [receipt.kind for receipt in member.resend()] == ["incident"]


def test_the_loop_goes_on_while_the_hub_is_slow(sim: Any, member: Hub, make_async: Callable[..., AsyncHub]) -> None:
    handle = sim.handle

    def slow(request: Any) -> Any:
        time.sleep(0.2)
        return handle(request)

    sim.handle = slow

    async def ticks() -> int:
        async with make_async() as hub:
            task = asyncio.create_task(hub.directory())
            count = 0
            while not task.done():
                await asyncio.sleep(0.005)
                count += 1
            assert await task
            return count

    assert asyncio.run(ticks()) > 5


def test_progress_is_told_in_the_loop(
    sim: Any, member: Hub, draft: Callable[..., Draft], make_async: Callable[..., AsyncHub]
) -> None:
    told: list[tuple[int, int, int]] = []

    async def send() -> None:
        drafts = [
            draft(title=f"Published {n}", evidence_class="public-source", tlp="clear", references=[{"url": "https://news.example.org/1"}],
                  provenance={"source": "News", "licence": "CC-BY-4.0"})
            for n in range(3)
        ]  # fmt: skip
        async with make_async() as hub:
            batch = await hub.approve_public_batch(drafts, "Every text was published by the named source.", "a curator")
            result = await hub.submit_many(batch, lambda done, total: told.append((done, total, threading.get_ident())))
            assert len(result.accepted) == 3
            await asyncio.sleep(0)

    asyncio.run(send())
    assert told[-1][:2] == (3, 3)
    assert {thread for _, _, thread in told} == {threading.get_ident()}


def test_closing_twice_is_nothing_and_after_it_no_call_is_taken(make_async: Callable[..., AsyncHub]) -> None:
    async def twice() -> None:
        hub = make_async()
        await hub.close()
        await hub.close()
        with pytest.raises(RuntimeError):
            await hub.directory()

    asyncio.run(twice())
