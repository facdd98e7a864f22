"""What a hub with 100,000 records takes: time to start, memory, disk."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from rig import figures, hubs, queries, wire

ROUNDS = 5
STACK = "import fastapi, numpy, sqlmodel, strawberry, uvicorn"


def _import_s() -> float:
    return figures.wall_s(lambda: subprocess.run([sys.executable, "-c", STACK], check=True))


def test_a_cold_start_takes_two_seconds(filled: hubs.HubDir) -> None:
    beside, starts, imports = figures.Beside(), [], []
    for _ in range(ROUNDS):
        beside.tick()
        imports.append(_import_s())
        with hubs.Serving(filled) as hub:
            starts.append(hub.start_s)
    start, stack = figures.median(starts), figures.median(imports)
    figures.note(f"importing the stack alone (fastapi, strawberry, sqlmodel, numpy, uvicorn) takes {stack:.2f} s")
    figures.at_most(
        "cold start to the first answer",
        start,
        "s",
        ratio=start / beside.verify_wall_s,
        against="one Ed25519 verify",
        ceiling=figures.verifies_in(2_000),
        beside=beside,
    )


def test_memory_stays_below_220_mb_with_every_kind_of_question_asked(filled: hubs.HubDir) -> None:
    async def ask(port: int) -> None:
        async with wire.Wire(port) as face:
            for _ in range(3):
                await face.ask(queries.LIST_100)
                await face.ask(queries.TRENDS)
                for word in ("deepfake", "诈骗", "voice"):
                    await face.ask(queries.SEARCH % word)

    with hubs.Serving(filled) as hub:
        idle = hub.memory_mb()
        asyncio.run(ask(hub.port))
        now = hub.memory_mb()
    figures.note(f"resident at start {idle.hub:.0f} MB, peak {now.peak:.0f} MB, admit process {now.children:.0f} MB")
    figures.at_most(
        "memory of the hub process",
        now.hub,
        "MB",
        ratio=now.hub / idle.hub,
        against="itself at start",
        ceiling=220 / idle.hub,
    )


def test_a_record_takes_8_kb_of_disk(filled: hubs.HubDir) -> None:
    sent = filled.signer.records(1, 200)
    envelope = sum(map(len, sent)) / len(sent)
    each = filled.disk_bytes() / filled.records
    figures.at_most(
        "disk per record",
        each / 1_000,
        "KB",
        ratio=each / envelope,
        against="its envelope as sent",
        ceiling=8_000 / envelope,
    )
