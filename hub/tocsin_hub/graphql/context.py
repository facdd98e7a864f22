"""What a GraphQL request carries: who asks, how to read, how to hand in; and what the app gives this face once."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy.orm import Session
from strawberry.dataloader import DataLoader

from tocsin_hub.catalogue import search
from tocsin_hub.members import access
from tocsin_hub.store.session import Store
from tocsin_hub.trends.columns import Columns

P = ParamSpec("P")
T = TypeVar("T")


class Placed(Protocol):
    """Where an accepted envelope stands in the log."""

    @property
    def idx(self) -> int: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def replayed(self) -> bool: ...


class Answer(Protocol):
    """What the door answers: the place, and the receipt bundle (JSON bytes)."""

    @property
    def placed(self) -> Placed: ...
    @property
    def receipt(self) -> bytes | None: ...


class Receive(Protocol):
    """The one door: raises HubError, and then nothing was stored; on return the entry is durable and provable."""

    async def __call__(self, envelope: bytes, /) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for; see limits.py."""

    max_cost: int = 2_000
    max_depth: int = 8
    max_aliases: int = 15
    max_tokens: int = 1_000
    max_query_chars: int = 20_000
    max_body_bytes: int = 512 * 1024
    deadline_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Face:
    """What the app hands to this face: stores, threads, a clock, the door, and what the hub is.

    `viewer(session, token, now_unix_s)` raises HubError token-invalid; `cursor_key` is 32 secret bytes that stay the same
    over restarts, or cursors break.
    """

    store: Store
    columns: Columns
    read_pool: Executor
    clock: Callable[[], int]
    viewer: Callable[[Session, str | None, int], access.Viewer]
    receive: Receive
    cursor_key: bytes
    origin: str
    prefix: str
    version: str
    limits: Limits = field(default_factory=Limits)


class Context:
    """The context of one request. Resolvers reach the database only through `read`, which never runs on the event loop."""

    def __init__(self, face: Face, viewer: access.Viewer, *, lang: str, request_id: str) -> None:
        self.face = face
        self.viewer = viewer
        self.lang = lang
        self.request_id = request_id
        self.cost = 0
        self.histories: DataLoader[bytes, list[search.Version]] = DataLoader(load_fn=self._histories)

    async def read(
        self, fn: Callable[Concatenate[Session, access.Viewer, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`fn(session, viewer, …)` over one snapshot, in the read pool."""

        def work() -> T:
            with self.face.store.read() as session:
                return fn(session, self.viewer, *args, **kwargs)

        return await in_thread(self.face, work)

    async def _histories(self, threads: list[bytes]) -> list[list[search.Version]]:
        return await self.read(search.histories, threads)


async def in_thread(face: Face, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run sync work in the read pool."""
    work = functools.partial(fn, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(face.read_pool, work)
