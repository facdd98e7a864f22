"""Submissions over real HTTP to a real hub process (SQLite, synchronous=FULL, readers on), signed beforehand.

The load generator shares the machine with the hub. Each figure is a median of rounds, each round beside bare verifies.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from rig import figures, hubs, queries, wire

ROUNDS = 5
BULK, BESIDE_LIST, LINES, CONNECTIONS = 2_000, 1_000, 100, 4
BACKLOG, SINGLES_PER_S = 12_000, 250
RATE_PER_S, WINDOW_S, P99_MS = 400, 4.0, 50
LINES_OF_ONE_BATCH = 500


@pytest.fixture(scope="module")
def envelopes(young: hubs.HubDir) -> Iterator[bytes]:
    """Signed records for the young hub, half attributed, half pseudonymous, each used once."""
    needed = ROUNDS * (BULK + BESIDE_LIST) + int(RATE_PER_S * WINDOW_S * ROUNDS) + SINGLES_PER_S * 30
    return iter(_signed(young, needed))


def _signed(home: hubs.HubDir, count: int) -> list[bytes]:
    """Signed in as many processes as there are cores."""
    seeds = range(int(time.time()), int(time.time()) + -(-count // LINES_OF_ONE_BATCH))
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return list(
            itertools.chain.from_iterable(pool.map(home.signer.records, seeds, [LINES_OF_ONE_BATCH] * len(seeds)))
        )


def _some(envelopes: Iterator[bytes], count: int) -> list[bytes]:
    return list(itertools.islice(envelopes, count))


async def _caught_up(port: int) -> None:
    """Wait until the readers have read everything, so that no round pays for the one before."""
    async with wire.Wire(port) as face:
        while (hub := (await face.ask(queries.PROGRESS))["hub"])["asOf"] < hub["logSize"]:
            await asyncio.sleep(0.05)


async def _bulk(hub: hubs.Serving, sent: list[bytes]) -> float:
    """Records per second."""
    return len(sent) / await wire.bulk(hub.port, sent, connections=CONNECTIONS, lines=LINES)


def test_bulk_submissions_reach_their_share_of_bare_verifies(young: hubs.HubDir, envelopes: Iterator[bytes]) -> None:
    async def run(hub: hubs.Serving) -> tuple[list[float], list[float], float]:
        alone, listed, asked = [], [], 0.0
        await _bulk(hub, _some(envelopes, 200))
        for _ in range(ROUNDS):
            await _caught_up(hub.port)
            beside.tick()
            alone.append(await _bulk(hub, _some(envelopes, BULK)) * beside.wall[-1])
            await _caught_up(hub.port)
            client = wire.Looping(hub.port, [queries.LIST_100])
            asking = asyncio.create_task(client.run())
            began = time.perf_counter()
            listed.append(await _bulk(hub, _some(envelopes, BESIDE_LIST)) * beside.wall[-1])
            asked += client.answered / (time.perf_counter() - began) / ROUNDS
            client.stop = True
            await asking
        return alone, listed, asked

    beside = figures.Beside()
    with hubs.Serving(young) as hub:
        alone, listed, asked = asyncio.run(run(hub))
    share, beside_list = figures.median(alone), figures.median(listed)
    verifies = 1 / beside.verify_wall_s
    against = f"bare Ed25519 verifies of one core ({verifies:.0f}/s)"
    figures.note(
        f"bulk rounds {[round(x, 3) for x in alone]}, beside {asked:.0f} lists/s {[round(x, 3) for x in listed]}; goal 0.25"
    )
    figures.at_least(
        "bulk submissions", share * verifies, "records/s", ratio=share, against=against, floor=0.15, beside=beside
    )
    figures.at_least(
        "bulk submissions while one client loops a list of 100",
        beside_list * verifies,
        "records/s",
        ratio=beside_list,
        against=against,
        floor=0.12,
        beside=beside,
    )


def test_bulk_submissions_to_a_full_log(filled: hubs.HubDir) -> None:
    """The same at the far end, where every append touches more pages; said, because no bar speaks of it."""

    async def run(hub: hubs.Serving) -> list[float]:
        rounds = []
        await _bulk(hub, sent[:200])
        for start in range(200, len(sent), BULK):
            await _caught_up(hub.port)
            beside.tick()
            rounds.append(await _bulk(hub, sent[start : start + BULK]) * beside.wall[-1])
        return rounds

    sent = _signed(filled, 200 + 3 * BULK)[: 200 + 3 * BULK]
    beside = figures.Beside()
    with hubs.Serving(filled) as hub:
        share = figures.median(asyncio.run(run(hub)))
    figures.say(
        f"bulk submissions at {filled.records} records",
        share / beside.verify_wall_s,
        "records/s",
        ratio=share,
        against="bare Ed25519 verifies of one core",
        bar="none",
        met=True,
    )


def test_readers_catch_up_beside_singles(young: hubs.HubDir, envelopes: Iterator[bytes]) -> None:
    young.fill(BACKLOG, seed=int(time.time()) % 100_000 + 500_000, read=False)

    async def run(hub: hubs.Serving) -> float:
        singles = wire.OpenLoop(hub.port, envelopes, SINGLES_PER_S)
        async with wire.Wire(hub.port) as face:
            first, began = (await face.ask(queries.PROGRESS))["hub"]["asOf"], time.perf_counter()
            sending = asyncio.create_task(singles.run(25))
            while True:
                await asyncio.sleep(0.1)
                state = (await face.ask(queries.PROGRESS))["hub"]
                if state["logSize"] - state["asOf"] < 200:
                    break
            seconds = time.perf_counter() - began
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        figures.note(f"{len(singles.late_s) / seconds:.0f} singles/s answered beside it")
        return float(state["asOf"] - first) / seconds

    beside = figures.Beside()
    for _ in range(3):
        beside.tick()
    with hubs.Serving(young) as hub:
        rate = asyncio.run(run(hub))
    for _ in range(3):
        beside.tick()
    figures.at_least(
        f"readers in a backlog beside {SINGLES_PER_S} singles/s",
        rate,
        "records/s",
        ratio=rate * beside.verify_wall_s,
        against="bare Ed25519 verifies of one core",
        floor=3_000 / figures.REFERENCE_VERIFIES_PER_S,
        beside=beside,
    )


def test_single_submissions_are_answered_in_time(young: hubs.HubDir, envelopes: Iterator[bytes]) -> None:
    async def run(hub: hubs.Serving) -> list[list[float]]:
        windows = []
        for _ in range(ROUNDS):
            await _caught_up(hub.port)
            beside.tick()
            load = wire.OpenLoop(hub.port, envelopes, RATE_PER_S)
            await load.run(WINDOW_S)
            windows.append(load.late_s)
        return windows

    beside = figures.Beside()
    with hubs.Serving(young) as hub:
        windows = asyncio.run(run(hub))
    p50, p99 = (figures.median([figures.percentile(w, share) for w in windows]) for share in (0.5, 0.99))
    figures.note(f"receipt included; p50 {p50 * 1e3:.1f} ms, slowest {max(map(max, windows)) * 1e3:.0f} ms")
    figures.at_most(
        f"single submissions at {RATE_PER_S}/s, open loop, p99",
        p99 * 1e3,
        "ms",
        ratio=p99 / beside.verify_wall_s,
        against="one Ed25519 verify",
        ceiling=figures.verifies_in(P99_MS),
        beside=beside,
    )
