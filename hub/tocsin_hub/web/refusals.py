"""Refusals as pages: whatever this hub refuses at an address of the pages, a person reads in their language what to do next.

Plain ASGI, outside everything: routes, framework and edge answer problem+json (rest/problems.py); here that becomes a page if the
reader takes HTML. Programs keep the document: whoever asks for a file (.json, .csv, .atom) or does not accept HTML.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from tocsin_hub.errors import CODES, HubError
from tocsin_hub.web import face, render, words

PROBLEM = "application/problem+json"
FILES = (".json", ".csv", ".atom", ".svg", ".png")
MAX_PROBLEM_BYTES = 65_536
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refusals:
    """Middleware: `Refusals(app, contact)` is an ASGI app."""

    def __init__(self, app: App, contact: str | None) -> None:
        self.app = app
        self.contact = contact

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lang = _lang(scope) if scope["type"] == "http" else None
        if lang is None:
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def watched(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if Headers(raw=message["headers"]).get("content-type") != PROBLEM:
                    await send(message)
                    return
                start = message
                return
            if start is None:
                await send(message)
                return
            if len(body) < MAX_PROBLEM_BYTES:
                body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._page(scope, lang, start, bytes(body), send)

        await self.app(scope, receive, watched)

    async def _page(self, scope: Scope, lang: str, start: Message, problem: bytes, send: Send) -> None:
        told = json.loads(problem)
        code = told["code"] if told["code"] in CODES else "internal"
        text = render.html(
            lang,
            "refusal.html",
            **render.frame(lang, scope["path"], (), contact=self.contact, here=""),
            status=start["status"],
            code=code,
            where=told.get("where"),
            hint=HubError(code).hint(lang),
            request_id=told.get("requestId", ""),
        )
        content = text.encode("utf-8", "replace")
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-type"] = face.HTML
        headers["content-length"] = str(len(content))
        headers["cache-control"] = "no-store"
        for name, value in face.HEADERS.items():
            headers[name] = value
        await send({**start, "headers": headers.raw})
        head = scope["method"] == "HEAD"
        await send({"type": "http.response.body", "body": b"" if head else content})


def _lang(scope: Scope) -> str | None:
    """The reader's language, or None if this is no page or its reader wants a document."""
    path: str = scope["path"]
    if path.endswith(FILES):
        return None
    headers = Headers(scope=scope)
    accept = headers.get("accept", "")
    if accept and "text/html" not in accept and "*/*" not in accept:
        return None
    for lang in words.LANGS:
        if path == f"/{lang}" or path.startswith(f"/{lang}/"):
            return lang
    if path == "/" or path == "/docs" or path.startswith("/docs/"):
        return words.preferred(headers.get("accept-language"))
    return None
