"""How long the server waits for a client: so long for a head to come, so long for an answer to be taken, and no longer.

uvicorn ends a connection that idles between two requests, but not one that never finishes its first head or never reads
its answer; a thousand of those, from one laptop, would be all that the hub has. Bodies have a deadline of their own
(rest/edge.py).
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 20.0
TAKE_S = 60.0


class Patient(HttpToolsProtocol):
    """uvicorn's protocol with the two deadlines it lacks."""

    head_s = HEAD_S
    take_s = TAKE_S
    _head: asyncio.TimerHandle | None = None
    _take: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The head must come from now on."""
        super().connection_made(transport)
        self._head = self.loop.call_later(self.head_s, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._have_head()
        self._have_taken()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request; its head must come from now on."""
        if self._head is None:
            self._head = self.loop.call_later(self.head_s, self._give_up)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is here."""
        self._have_head()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client does not take what we send."""
        super().pause_writing()
        if self._take is None:
            self._take = self.loop.call_later(self.take_s, self._give_up)

    def resume_writing(self) -> None:
        """It does again."""
        self._have_taken()
        super().resume_writing()

    def _give_up(self) -> None:
        # abort, not close: close would first wait until the client has taken what is buffered for it.
        self.transport.abort()

    def _have_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _have_taken(self) -> None:
        if self._take is not None:
            self._take.cancel()
            self._take = None
