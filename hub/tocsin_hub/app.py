"""The only place that knows every room: builds the parts of a hub, registers guards, inlines and readers, makes the app.

    settings -> build() -> Hub (frozen: all parts, nothing runs) -> hub.open() ... hub.close() -> create_app() serves it

The order of the guards is the order of the questions: is this key good, is its holder in good standing, is it a desk, has
it had its share, does it follow its thread. The thread guard is last, because what it lets pass moves its overlay.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata

from fastapi import FastAPI

from tocsin_hub import rest, web
from tocsin_hub.catalogue import fulltext, project
from tocsin_hub.errors import HubError
from tocsin_hub.graphql import context, endpoint
from tocsin_hub.intake import moderate, standing, threads
from tocsin_hub.intake.admit import Anchors
from tocsin_hub.intake.receive import Chains, Door
from tocsin_hub.intake.workers import Workers
from tocsin_hub.ledger import erase, nodes
from tocsin_hub.ledger.anchor import Anchor
from tocsin_hub.ledger.entries import Guard, Inline, Reader
from tocsin_hub.ledger.publish import Publisher
from tocsin_hub.ledger.readers import Readers
from tocsin_hub.ledger.seal import Sealer
from tocsin_hub.ledger.sequencer import Sequencer
from tocsin_hub.members import directory, enrol, keyring, login
from tocsin_hub.members.keyring import Keyring
from tocsin_hub.members.login import Login
from tocsin_hub.members.pseudonyms import Pseudonyms
from tocsin_hub.members.rates import Rates
from tocsin_hub.rest.meters import Meters
from tocsin_hub.settings import Settings
from tocsin_hub.store import migrate
from tocsin_hub.store.checkpoints import Checkpoints
from tocsin_hub.store.session import Store
from tocsin_hub.trends.columns import Columns
from tocsin_hub.trends.count import TrendReader

log = logging.getLogger("tocsin_hub.app")
Clock = Callable[[], int]


INLINES: tuple[Inline, ...] = (directory.apply, threads.record)
"""What moves with the log in the append transaction; keys first, because threads ask whose they are."""


def wall_clock() -> int:
    """Unix seconds."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Hub:
    """All parts of a hub, and nothing else. Built by `build`; runs between `open` and `close`."""

    settings: Settings
    clock: Clock
    keyring: Keyring
    store: Store
    anchor: Anchor
    publisher: Publisher
    sequencer: Sequencer
    reader_list: tuple[Reader, ...]
    readers: Readers
    columns: Columns
    login: Login
    pseudonyms: Pseudonyms
    rates: Rates
    meters: Meters
    door: Door
    erase_job: erase.EraseJob
    checkpoints: Checkpoints
    admit_pool: ThreadPoolExecutor
    read_pool: ThreadPoolExecutor

    def open(self) -> None:
        """Check the log against its root and the anchor, then run. Raises HubError if this hub must not run."""
        self.sequencer.start()
        self.readers.start()
        self.checkpoints.start()
        self.erase_job.start()

    def close(self) -> None:
        """Finish what was begun, stop every thread, give up the database and the anchor's lock."""
        self.admit_pool.shutdown(wait=True)
        if self.door.workers is not None:
            self.door.workers.stop()
        self.sequencer.stop()
        self.readers.stop()
        self.erase_job.stop()
        self.checkpoints.stop()
        self.read_pool.shutdown(wait=True)
        self.store.dispose()
        self.anchor.close()


def build(settings: Settings, clock: Clock = wall_clock) -> Hub:
    """Put a hub together from its directory and hold its anchor; nothing runs yet.

    Raises HubError hub-missing, key-file-open, anchor-locked (another process is this hub), schema-behind.
    """
    ring = keyring.load(settings)
    anchor = Anchor(ring.identity.anchor, ring.origin)
    try:
        return _assemble(settings, clock, ring, anchor)
    except BaseException:
        anchor.close()
        raise


def _assemble(settings: Settings, clock: Clock, ring: Keyring, anchor: Anchor) -> Hub:
    """Every part, once. Long because it is the one list of what a hub consists of."""
    store = Store(settings.url(), busy_timeout_ms=settings.busy_timeout_ms, read_connections=settings.read_threads + 4)
    migrate.require_current(store)
    memo = nodes.Memo()
    publisher = Publisher(memo)
    pseudonyms = Pseudonyms(
        ring.certificate_key,
        ring.tag_key,
        ring.origin,
        certificate_days=settings.certificate_days,
        per_week=settings.certificates_per_week,
    )
    rates, meters = Rates.of(settings), Meters()
    reader_list = derived(ring.prefix, ring.identity.gaps)
    readers = Readers(store, reader_list, clock, settings)
    sealer = Sealer(anchor, publisher, ring.origin, ring.log_key)
    sequencer = Sequencer(
        store,
        guards(ring, pseudonyms, rates, settings),
        (*INLINES, meters.batch),
        sealer,
        clock,
        settings,
        memo=memo,
        on_commit=readers.wake,
    )
    anchors = Anchors.of(ring.policy)
    processes = settings.admit_processes or 0
    workers = Workers(processes, anchors, settings.max_body_bytes) if processes else None
    admit_pool = ThreadPoolExecutor(1 + processes, thread_name_prefix="admit")
    read_pool = ThreadPoolExecutor(settings.read_threads, thread_name_prefix="read")
    door = Door(
        anchors=anchors,
        workers=workers,
        observe=meters.submission,
        clock=clock,
        store=store,
        sequencer=sequencer,
        publisher=publisher,
        admit_pool=admit_pool,
        read_pool=read_pool,
        max_body_bytes=settings.max_body_bytes,
        chains=Chains(publisher),
    )
    return Hub(
        settings=settings,
        clock=clock,
        keyring=ring,
        store=store,
        anchor=anchor,
        publisher=publisher,
        sequencer=sequencer,
        reader_list=reader_list,
        readers=readers,
        columns=Columns(),
        login=Login(
            ring.login_key,
            ring.origin,
            challenge_ttl_s=settings.challenge_ttl_s,
            token_ttl_s=settings.token_ttl_s,
        ),
        pseudonyms=pseudonyms,
        rates=rates,
        meters=meters,
        door=door,
        checkpoints=Checkpoints(store),
        erase_job=erase.EraseJob(store, chores(settings), clock, settings.erase_interval_s),
        admit_pool=admit_pool,
        read_pool=read_pool,
    )


def guards(ring: Keyring, pseudonyms: Pseudonyms, rates: Rates, settings: Settings) -> tuple[Guard, ...]:
    """The questions that only the database can answer, in the order they are asked."""
    return (
        directory.guard(ring.policy.authorities),
        standing.guard(pseudonyms),
        moderate.require_desk,
        rates.guard,
        threads.guard(settings.thread_amends_max),
    )


def derived(prefix: str, gaps: Sequence[tuple[int, int]] = ()) -> tuple[Reader, ...]:
    """The readers of a hub whose record ids begin with `prefix`: what `rebuild` makes anew and `fsck` compares.

    `gaps` are those of a restored hub's identity.
    """
    return (project.CatalogueReader(prefix, gaps), TrendReader())


def chores(settings: Settings) -> tuple[erase.Chore, ...]:
    """What the erase job does before it truncates the write-ahead log."""
    return (
        login.expire,
        partial(enrol.expire, ttl_days=settings.request_ttl_days),
        lambda session, _now_unix_s: fulltext.optimise(session),
    )


def create_app(settings: Settings, clock: Clock = wall_clock) -> FastAPI:
    """The ASGI app of the hub in `settings.dir`; it opens with the server's lifespan and closes with it."""
    hub = build(settings, clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            hub.open()
        except HubError as refusal:
            app.state.refusal = refusal  # for whoever serves: the server only says that it did not start
            hub.close()
            raise
        log.info("event=open origin=%s", hub.keyring.origin)
        try:
            yield
        finally:
            hub.close()
            log.info("event=closed")

    # The framework's own pages load scripts from another host; none of them is served.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.hub = hub
    rest.mount(app, hub)
    app.include_router(endpoint.router(_graphql_face(hub)))
    web.mount(app, hub, cursor_key=_cursor_key(hub), version=metadata.version("tocsin"))
    return app


def _cursor_key(hub: Hub) -> bytes:
    """The key of cursors, the same for every face: one cursor walks the same list everywhere."""
    return hmac.digest(hub.keyring.login_key, b"tocsin-cursor/v1", "sha256")


def _graphql_face(hub: Hub) -> context.Face:
    """What the GraphQL face gets. Cursors are sealed under a key of their own, derived from one that outlives restarts."""
    settings = hub.settings
    return context.Face(
        store=hub.store,
        columns=hub.columns,
        read_pool=hub.read_pool,
        clock=hub.clock,
        viewer=hub.rates.viewer,
        receive=hub.door.receive,
        cursor_key=_cursor_key(hub),
        origin=hub.keyring.origin,
        prefix=hub.keyring.prefix,
        version=metadata.version("tocsin"),
        limits=context.Limits(
            max_cost=settings.graphql_max_cost,
            max_depth=settings.graphql_max_depth,
            max_aliases=settings.graphql_max_aliases,
            max_tokens=settings.graphql_max_tokens,
            deadline_s=settings.graphql_deadline_ms / 1_000,
        ),
    )
