"""A load generator that costs little of the two cores it shares with the hub: HTTP/1.1 by hand over asyncio streams.

httpx takes more than a millisecond per request, as much as the hub does for a submission; this takes a tenth of that.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

ENVELOPE, LINES, JSON = "application/vnd.dsse+json", "application/x-ndjson", "application/json"


class Wire:
    """One kept-alive connection; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Wire:
        self._in, self._out = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._out.close()
        await asyncio.gather(self._out.wait_closed(), return_exceptions=True)

    async def post(self, path: str, body: bytes, media: str) -> tuple[int, bytes]:
        """(status, body) of one POST."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._out.write(head.encode() + body)
        answer = await self._in.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return int(answer[9:12]), await self._in.readexactly(length)

    async def ask(self, query: str) -> dict[str, Any]:
        """The data of a GraphQL query."""
        status, body = await self.post("/graphql", json.dumps({"query": query}).encode(), JSON)
        answer = json.loads(body)
        assert status == 200, answer
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data


async def bulk(port: int, envelopes: Sequence[bytes], *, connections: int, lines: int) -> float:
    """Send all in requests of `lines` over `connections`; seconds taken. Every line must be accepted."""
    requests = iter([b"\n".join(envelopes[at : at + lines]) for at in range(0, len(envelopes), lines)])

    async def sender() -> None:
        async with Wire(port) as wire:
            for request in requests:
                status, body = await wire.post("/v1/submissions", request, LINES)
                last = json.loads(body.rstrip().rsplit(b"\n", 1)[-1])
                assert status == 200, body[:500]
                assert last["refused"] == 0, body[:500]

    began = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(connections)))
    return time.perf_counter() - began


@dataclass
class OpenLoop:
    """Singles at a fixed rate, whether the hub keeps up or not: latency counts from the moment each was due."""

    port: int
    envelopes: Iterator[bytes]
    per_s: float
    connections: int = 24
    late_s: list[float] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Send for `seconds`, then wait for the answers."""
        loop = asyncio.get_running_loop()
        free: asyncio.Queue[Wire] = asyncio.Queue()
        wires = [await Wire(self.port).__aenter__() for _ in range(self.connections)]
        for wire in wires:
            free.put_nowait(wire)
        begin, tasks = loop.time(), list[asyncio.Task[None]]()
        try:
            for number in range(int(seconds * self.per_s)):
                due = begin + number / self.per_s
                await asyncio.sleep(max(0.0, due - loop.time()))
                tasks.append(asyncio.create_task(self._one(free, next(self.envelopes), due)))
            await asyncio.gather(*tasks)
        finally:  # also when told to stop before the end
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for wire in wires:
                await wire.__aexit__()

    async def _one(self, free: asyncio.Queue[Wire], envelope: bytes, due: float) -> None:
        wire = await free.get()
        status, body = await wire.post("/v1/submissions", envelope, ENVELOPE)
        self.late_s.append(asyncio.get_running_loop().time() - due)
        assert status == 201, body
        free.put_nowait(wire)


@dataclass
class Looping:
    """Clients that ask one query again and again until told to stop."""

    port: int
    queries: Sequence[str]
    answered: int = 0
    stop: bool = False

    async def run(self) -> None:
        """Ask until `stop`."""
        async with Wire(self.port) as wire:
            for query in cycle(self.queries):
                if self.stop:
                    return
                await wire.ask(query)
                self.answered += 1
