"""What the pages need of a hub, and the walk of one request: snapshot, stamp, page, answer.

    request -> [read pool] one snapshot -> stamp -> 304, or a page kept for this stamp, or a page made now
            -> [draw pool] pictures, for the pages that have some -> gzip -> answer

A page shows the public view and nothing else, so it may be kept by anybody; its ETag is the stamp: how far the log and the
readers have come, the version of the hub, and the five minutes (an embargo ends by the clock, not by an entry).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request, Response
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.intake.receive import Door
from tocsin_hub.ledger.publish import Publisher
from tocsin_hub.ledger.readers import Readers
from tocsin_hub.members import access
from tocsin_hub.members.keyring import Keyring
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_hub.trends.columns import Columns
from tocsin_hub.web import assets
from tocsin_hub.web.figures.gallery import Gallery

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HTML = "text/html; charset=utf-8"
HEADERS = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Encoding",
}
BUCKET_S = 300
MAX_DRAWING = 16  # pages that may wait for their pictures; beyond it the hub answers busy
KEPT_BYTES = 16 * 1024 * 1024
MIN_PACKED_BYTES = 1_024


class Parts(Protocol):
    """The parts of `app.Hub` that pages may touch."""

    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def columns(self) -> Columns: ...
    @property
    def publisher(self) -> Publisher: ...
    @property
    def readers(self) -> Readers: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def door(self) -> Door: ...
    @property
    def clock(self) -> Callable[[], int]: ...
    @property
    def read_pool(self) -> Executor: ...


@dataclass(frozen=True, slots=True)
class Made:
    """An answer before it is sent. `kept` False: it depends on more than the stamp, so nobody keeps it."""

    body: bytes
    media_type: str = HTML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page is made from: one snapshot, one reader (the public), one language."""

    face: Face
    session: Session
    lang: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    args: dict[str, str]
    base: str
    now_unix_s: int
    as_of: int
    form: bytes = b""

    @property
    def viewer(self) -> access.Viewer:
        """The public: pages show what everybody may read."""
        return access.PUBLIC(self.now_unix_s)

    @property
    def checkpoint_size(self) -> int:
        """Entries under the newest checkpoint."""
        return size_of(self.face.parts.publisher.checkpoint())


Later = Callable[[], Made]
Page = Callable[[Seen], Made | Later]
"""A page; what takes long and needs no database (drawing) it hands back as a function, called when the snapshot is given up."""


@dataclass(frozen=True, slots=True)
class Face:
    """What this face holds: the hub's parts, the key of its cursors, the version it says, where the built docs are."""

    parts: Parts
    cursor_key: bytes
    version: str
    docs: Path | None
    shelf: Shelf
    gallery: Gallery
    draw_pool: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="draw"))
    drawing: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MAX_DRAWING))

    def stamp(self, as_of: int) -> str:
        """What a page of now depends on, as 16 hex."""
        now = self.parts.clock()
        told = (
            f"{size_of(self.parts.publisher.checkpoint())}\n{as_of}\n{now // BUCKET_S}\n{self.version}\n{self.docs}\n"
        )
        return hashlib.sha256(told.encode() + assets.digest()).hexdigest()[:16]


class Shelf:
    """Pages made for the present stamp, up to a number of bytes; all are dropped when the stamp moves, so nothing outlives it."""

    def __init__(self, max_bytes: int = KEPT_BYTES) -> None:
        self._lock = threading.Lock()
        self._max_bytes = max_bytes
        self._stamp = ""
        self._bytes = 0
        self._kept: dict[tuple[str, bool], Made] = {}

    def get(self, stamp: str, key: tuple[str, bool]) -> Made | None:
        """The page kept under `key`, if it was made for this stamp."""
        with self._lock:
            return self._kept.get(key) if stamp == self._stamp else None

    def put(self, stamp: str, key: tuple[str, bool], made: Made) -> None:
        """Keep a page; one of another stamp empties the shelf first."""
        with self._lock:
            if stamp != self._stamp:
                self._stamp, self._bytes, self._kept = stamp, 0, {}
            if self._bytes + len(made.body) <= self._max_bytes and key not in self._kept:
                self._bytes += len(made.body)
                self._kept[key] = made


def size_of(checkpoint: str) -> int:
    """The tree size that a checkpoint states in its second line."""
    return int(checkpoint.split("\n", 2)[1])


async def answer(face: Face, request: Request, lang: str, page: Page, form: bytes = b"") -> Response:
    """The whole walk. Raises HubError, which becomes a page in the reader's language further out (refusals.py)."""
    loop = asyncio.get_running_loop()
    made = await loop.run_in_executor(face.parts.read_pool, _answer, face, request, lang, page, form)
    if isinstance(made, Response):
        return made
    # Drawing takes long: it has a thread of its own, so that those who read wait for nobody's picture.
    if not face.drawing.acquire(blocking=False):
        raise HubError("busy")
    try:
        return await loop.run_in_executor(face.draw_pool, made)
    finally:
        face.drawing.release()


def _answer(face: Face, request: Request, lang: str, page: Page, form: bytes) -> Response | Callable[[], Response]:
    packed = "gzip" in request.headers.get("accept-encoding", "").lower()
    key = (f"{request.url.netloc}{request.url.path}?{request.url.query}", packed)
    with face.parts.store.read() as session:
        as_of = face.parts.readers.as_of(session)
        stamp = face.stamp(as_of)
        etag = f'W/"{stamp}"'
        if not form and etag in _tags(request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers={**HEADERS, "ETag": etag, "Cache-Control": "no-cache"})
        kept = None if form else face.shelf.get(stamp, key)
        if kept is not None:
            return sent(kept, etag)
        made = page(_seen(face, session, request, lang, as_of, form))

    def finished(whole: Made) -> Response:
        answered = pack(whole, packed)
        keep = answered.kept and not form and answered.status == 200
        if keep:
            face.shelf.put(stamp, key, answered)
        return sent(answered, etag if keep else None)

    return finished(made) if isinstance(made, Made) else lambda: finished(made())


def _seen(face: Face, session: Session, request: Request, lang: str, as_of: int, form: bytes) -> Seen:
    return Seen(
        face=face,
        session=session,
        lang=lang,
        path=request.url.path,
        pairs=tuple(request.query_params.multi_items()),
        args={name: str(value) for name, value in request.path_params.items()},
        base=f"{request.url.scheme}://{request.url.netloc}",
        now_unix_s=face.parts.clock(),
        as_of=as_of,
        form=form,
    )


def _tags(shown: str) -> Sequence[str]:
    return [tag.strip() for tag in shown[:1_000].split(",")]


def pack(made: Made, packed: bool) -> Made:
    """The answer, compressed if the reader takes that and it pays. Pages hold no secret that their length could tell."""
    if not packed or len(made.body) < MIN_PACKED_BYTES or "Content-Encoding" in made.headers:
        return made
    if made.media_type.startswith("image/png"):
        return made
    body = gzip.compress(made.body, 5, mtime=0)
    return Made(body, made.media_type, made.status, {**made.headers, "Content-Encoding": "gzip"}, made.kept)


def sent(made: Made, etag: str | None) -> Response:
    """The response of an answer."""
    headers: dict[str, Any] = {**HEADERS, **made.headers}
    if etag is not None:
        headers |= {"ETag": etag, "Cache-Control": "no-cache"}
    return Response(made.body, made.status, headers, media_type=made.media_type)
