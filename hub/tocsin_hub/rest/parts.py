"""What the REST face needs of a hub, and the few things all its routes do: hop to a thread, read a body, know the reader."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from fastapi import Request
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.intake.receive import Door
from tocsin_hub.ledger.publish import Publisher
from tocsin_hub.ledger.readers import Readers
from tocsin_hub.ledger.sequencer import Sequencer
from tocsin_hub.members import access
from tocsin_hub.members.keyring import Keyring
from tocsin_hub.members.login import Login
from tocsin_hub.members.pseudonyms import Pseudonyms
from tocsin_hub.members.rates import Rates
from tocsin_hub.rest.meters import Meters
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store

P = ParamSpec("P")
T = TypeVar("T")
ENVELOPE_TYPES = ("application/vnd.dsse+json", "application/json")


class Parts(Protocol):
    """The parts of `app.Hub` that routes may touch."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def door(self) -> Door: ...
    @property
    def publisher(self) -> Publisher: ...
    @property
    def sequencer(self) -> Sequencer: ...
    @property
    def readers(self) -> Readers: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def login(self) -> Login: ...
    @property
    def pseudonyms(self) -> Pseudonyms: ...
    @property
    def meters(self) -> Meters: ...
    @property
    def rates(self) -> Rates: ...
    @property
    def clock(self) -> Callable[[], int]: ...
    @property
    def read_pool(self) -> Executor: ...


async def in_thread(parts: Parts, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run sync work in the read pool."""
    work = functools.partial(fn, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(parts.read_pool, work)


async def read(parts: Parts, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`fn(session, …)` over one snapshot, in the read pool."""

    def work() -> T:
        with parts.store.read() as session:
            return fn(session, *args, **kwargs)

    return await in_thread(parts, work)


async def write(parts: Parts, fn: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`fn(session, …)` in one write transaction of the face, in the read pool; for private rows only, never the log."""

    def work() -> T:
        with parts.store.write("rest") as session:
            return fn(session, *args, **kwargs)

    return await in_thread(parts, work)


async def body(request: Request, *allowed: str) -> bytes:
    """The body as sent; the edge counts its bytes and its seconds. Raises unsupported-media-type."""
    require_type(request, *allowed)
    return b"".join([chunk async for chunk in request.stream()])


def media_type(request: Request) -> str:
    """The Content-Type without parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def require_type(request: Request, *allowed: str) -> None:
    """Refuse any other Content-Type than these."""
    if media_type(request) not in allowed:
        raise HubError("unsupported-media-type")


def bearer(request: Request) -> str | None:
    """The token of the request, or None if it shows none. Raises token-invalid for another scheme."""
    shown = request.headers.get("authorization")
    if shown is None:
        return None
    scheme, _, token = shown.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise HubError("token-invalid")
    return token.strip()


def viewer_of(session: Session, parts: Parts, token: str | None) -> access.Viewer:
    """Who asks, counted: the public without a token, never silently the public with a bad one."""
    return parts.rates.viewer(session, token, parts.clock())


def require_authority(parts: Parts, envelope: bytes) -> None:
    """Refuse unless `envelope` is a login document by which an enrolment authority answers a fresh challenge.

    Raises HubError authority-required, or what `Login.answered` raises.
    """
    key = parts.login.answered(envelope, parts.clock())
    if key not in {authority.hex for authority in parts.keyring.policy.authorities.values()}:
        raise HubError("authority-required")


def digest_of(text: str) -> bytes:
    """The digest in a path or query. Anything that is no digest cannot be here: not-found."""
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise HubError("not-found")
    return bytes.fromhex(text)
