"""`AsyncHub`: the same names and parameters as `Hub`, to be awaited. No rule stands here: one worker thread runs the one engine.

    async with AsyncHub("https://hub.example") as hub:
        preview = await hub.preview(Draft.load("draft.yaml"))
        receipt = await hub.submit(preview.approve(by="compliance", decisions={"s1": "replace"}))

Calls of one AsyncHub run one after another, in the order they were made, so its keys, outbox and receipts have one writer;
the event loop never waits for the disk or the hub. Several hubs at once: several AsyncHubs.

Cancelling is safe. A call that has not begun is dropped and nothing was sent. One that has begun goes on to its end in the
thread: its envelope was in the outbox before it was sent and leaves it when its receipt is verified; only the answer is lost.
Callbacks that must answer (`confirm`, `ask_passphrase`) run in the worker thread, `progress` in the event loop.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tocsin_client import backup, joining, lineage, reading, sending
from tocsin_client.draft import Draft
from tocsin_client.hub import Hub, system_clock
from tocsin_client.outbox import Outbox
from tocsin_client.receipts import Receipt
from tocsin_client.redact.approval import Approved, ApprovedBatch
from tocsin_client.redact.dictionary import Dictionary
from tocsin_client.redact.preview import Preview
from tocsin_client.trends import Trends

if TYPE_CHECKING:
    import httpx

P = ParamSpec("P")
T = TypeVar("T")


class AsyncHub:
    """One hub and one profile, to be awaited; see `Hub` for what each call does. Use `async with`, or await `close`."""

    def __init__(
        self,
        url: str | None = None,
        *,
        profile: str = "default",
        home: Path | str | None = None,
        transport: httpx.BaseTransport | None = None,
        lang: str = "en",
        clock: Callable[[], int] = system_clock,
        ask_passphrase: Callable[[], str] | None = None,
        public: bool = False,
    ) -> None:
        self._hub = Hub(
            url,
            profile=profile,
            home=home,
            transport=transport,
            lang=lang,
            clock=clock,
            ask_passphrase=ask_passphrase,
            public=public,
        )
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tocsin-hub")
        self._closed = False

    async def __aenter__(self) -> AsyncHub:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let what has begun come to its end, then close all connections."""
        if self._closed:
            return
        self._closed = True
        try:
            await asyncio.shield(self._run(self._hub.close))
        finally:
            self._worker.shutdown(wait=False)

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call of the engine in the worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, functools.partial(call, *args, **kwargs))

    @property
    def outbox(self) -> Outbox:
        """What waits, and what was refused for good; files only, read when asked."""
        return self._hub.outbox

    # --- joining ------------------------------------------------------------------------------------------------------
    async def join(
        self,
        *,
        sector: str,
        region: str,
        fingerprint: str | None = None,
        confirm: joining.Confirm | None = None,
        kind: str = "member",
        agreement: str = joining.AGREEMENT,
        name: str | None = None,
        publish_name: bool = False,
        passphrase: joining.Passphrase = None,
        demo: bool = False,
    ) -> joining.Joined:
        """Pin the hub's root after its fingerprint was compared, make keys, ask to be enrolled. Safe to repeat."""
        return await self._run(
            self._hub.join,
            sector=sector,
            region=region,
            fingerprint=fingerprint,
            confirm=confirm,
            kind=kind,
            agreement=agreement,
            name=name,
            publish_name=publish_name,
            passphrase=passphrase,
            demo=demo,
        )

    async def enrolment(self) -> dict[str, Any] | None:
        """This organisation as the hub's directory shows it, or None while the request is pending."""
        return await self._run(self._hub.enrolment)

    async def request_waits(self) -> bool:
        """Whether the request to be enrolled still waits at the hub; one that was declined or dropped may be made again by `join`."""
        return await self._run(self._hub.request_waits)

    async def directory(self) -> list[dict[str, Any]]:
        """All enrolled organisations as anybody may see them."""
        return await self._run(self._hub.directory)

    async def refresh_policy(self) -> int:
        """Take the hub's newest policy if the pinned root signed it; returns its version."""
        return await self._run(self._hub.refresh_policy)

    async def check_log(self) -> tuple[lineage.Head, lineage.Head]:
        """Believe the hub's newest checkpoint if it continues the last one believed: (before, now). VerificationError if not."""
        return await self._run(self._hub.check_log)

    async def now(self) -> int:
        """This client's clock, in unix seconds."""
        return await self._run(self._hub.now)

    async def server_date(self) -> str | None:
        """The Date header of the hub, for comparing clocks."""
        return await self._run(self._hub.server_date)

    async def login(self) -> None:
        """Get a fresh reading token for this organisation."""
        await self._run(self._hub.login)

    async def logout(self) -> None:
        """Revoke the reading token of this organisation."""
        await self._run(self._hub.logout)

    # --- own keys, own tokens -----------------------------------------------------------------------------------------
    async def keys(self) -> list[dict[str, Any]]:
        """The keys of this organisation: key, role, addedIndex, revokedIndex, here (stored in this profile), current (signs)."""
        return await self._run(self._hub.keys)

    async def add_key(self, *, root: Path | None = None) -> Receipt:
        """Make a new member key, have the root add it (from the profile, or from the file `root`), and sign with it from then on."""
        return await self._run(self._hub.add_key, root=root)

    async def revoke_key(self, key: str, reason: str = "rotated", *, root: Path | None = None) -> Receipt:
        """End a key of this organisation for good (hex, or its first 8 characters), signed by the member key or by `root`."""
        return await self._run(self._hub.revoke_key, key, reason, root=root)

    async def move_root(self, path: Path) -> Path:
        """Move the root key out of this profile, to a file that is kept offline."""
        return await self._run(self._hub.move_root, path)

    async def backup(self, path: Path, passphrase: str) -> backup.Restored:
        """Write this profile, keys and all, to one encrypted file; `tocsin_client.restore_backup` makes a profile of it."""
        return await self._run(self._hub.backup, path, passphrase)

    async def leave(self, *, root: Path | None = None) -> Receipt:
        """Leave the hub for good: no new records, no way back under this id. Withdrawing still works; keep the keys for it."""
        return await self._run(self._hub.leave, root=root)

    async def tokens(self) -> list[dict[str, Any]]:
        """The reading tokens of this organisation that are good: id, label (None for a login's), createdUnixS, expiresUnixS."""
        return await self._run(self._hub.tokens)

    async def new_token(self, label: str, days: int = 90) -> dict[str, Any]:
        """A long-lived token for a program that reads; `token` in the answer is shown this once and not kept here."""
        return await self._run(self._hub.new_token, label, days)

    async def revoke_token(self, token_id: str) -> None:
        """End a token by its id."""
        await self._run(self._hub.revoke_token, token_id)

    # --- the gate -----------------------------------------------------------------------------------------------------
    async def dictionary(self) -> Dictionary:
        """The own dictionary of this profile (empty if there is none)."""
        return await self._run(self._hub.dictionary)

    async def preview(self, draft: Draft, mode: str = "pseudonymous") -> Preview:
        """What would leave. The draft stays here; only the whole public directory is fetched, to count who could have written it."""
        return await self._run(self._hub.preview, draft, mode)

    async def approve_public_batch(self, drafts: Iterable[Draft], statement: str, by: str) -> ApprovedBatch:
        """Approve public-source drafts by one statement, with this profile's own dictionary (see redact/batch.py)."""
        return await self._run(self._hub.approve_public_batch, drafts, statement, by)

    async def approval_from_file(self, data: bytes) -> Approved:
        """An approval made earlier, checked again with this profile's dictionary."""
        return await self._run(self._hub.approval_from_file, data)

    # --- sending ------------------------------------------------------------------------------------------------------
    async def submit(self, approved: Approved, *, again: bool = False) -> Receipt:
        """Sign, send, and return the verified receipt."""
        return await self._run(self._hub.submit, approved, again=again)

    async def submit_many(
        self, records: ApprovedBatch | Sequence[Approved], progress: sending.Progress | None = None
    ) -> sending.BulkResult:
        """Send an approved batch in bulk requests; `progress(done, total)` after each. Records already sent are left out."""
        return await self._run(self._hub.submit_many, records, _told_here(progress))

    async def amend(self, record: str | Receipt, approved: Approved) -> Receipt:
        """Replace the newest version of a thread of ours; `record` is a digest (or its first 8 characters), receipt, or record id."""
        return await self._run(self._hub.amend, record, approved)

    async def withdraw(self, record: str | Receipt, reason: str = "error") -> Receipt:
        """Take a record back: its text is erased at the hub, a tombstone and the log's leaves stay."""
        return await self._run(self._hub.withdraw, record, reason)

    async def resend(self) -> list[Receipt]:
        """Send what waits in the outbox, oldest first; stops with UnreachableError when the hub does not answer."""
        return await self._run(self._hub.resend)

    # --- reading ------------------------------------------------------------------------------------------------------
    async def status(self, record: str | Receipt | None = None) -> Any:
        """How a record of ours stands at the hub (a dict); without argument the list of own threads, from this disk."""
        return await self._run(self._hub.status, record)

    async def search(self, **filters: Any) -> reading.Page:
        """Records this reader may see, newest first: kinds, tags, sectors, regions, years, text, severity_min, first, after, …"""
        return await self._run(self._hub.search, **filters)

    async def show(self, record_id: str) -> dict[str, Any]:
        """One record by its id (TOC-I-2026-000007); RefusedError `not-found` if it is not there for this reader."""
        return await self._run(self._hub.show, record_id)

    async def trends(self, by: Sequence[str] = ("category",), **filters: Any) -> Trends:
        """Exact counts over the records this reader may see, by one or two dimensions."""
        return await self._run(self._hub.trends, by, **filters)

    async def verify(self, receipt: Receipt | bytes | str | Path) -> Receipt:
        """Check a receipt against the pinned policy, with no network. VerificationError if it does not hold."""
        return await self._run(self._hub.verify, receipt)

    async def thread(self, record: str | Receipt) -> dict[str, Any]:
        """What this profile keeps of a record of ours: thread, digests, mode, kind, title."""
        return await self._run(self._hub.thread, record)

    async def mode_of(self, record: str) -> str:
        """The mode of a record of ours, which its amendments keep."""
        return await self._run(self._hub.mode_of, record)


def _told_here(progress: sending.Progress | None) -> sending.Progress | None:
    """The callback as the worker thread may call it: it runs in the event loop that made the call."""
    if progress is None:
        return None
    loop = asyncio.get_running_loop()

    def told(done: int, total: int) -> None:
        loop.call_soon_threadsafe(progress, done, total)

    return told
