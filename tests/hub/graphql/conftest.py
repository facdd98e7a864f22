"""The GraphQL face over a House, without a socket."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tocsin_hub.graphql import endpoint
from tocsin_hub.graphql.context import Face, Limits
from tocsin_hub.members import access, login


class Client:
    """A synchronous client of an ASGI app, without a socket."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def _send(self, method: str, *args: Any, **kwargs: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, *args, **kwargs)

        return asyncio.run(send())

    def get(self, *args: Any, **kwargs: Any) -> httpx.Response:
        return self._send("GET", *args, **kwargs)

    def post(self, *args: Any, **kwargs: Any) -> httpx.Response:
        return self._send("POST", *args, **kwargs)


class Served:
    """The hub behind POST /graphql, asked as whoever `as_kind` says."""

    def __init__(self, house: Any, h: ModuleType) -> None:
        self.house = house
        self.kind: str | None = None
        self._viewers = house.viewers("f" * 64)
        self._pool = ThreadPoolExecutor(2)
        self._face = Face(
            store=house.store,
            columns=house.columns,
            read_pool=self._pool,
            clock=lambda: h.NOW,
            viewer=self._viewer,
            receive=self._no_door,
            cursor_key=h.CURSOR_KEY,
            origin=h.AUD,
            prefix="TOC",
            version="0",
        )
        self._serve()

    def _serve(self) -> None:
        app = FastAPI()
        app.include_router(endpoint.router(self._face))
        self.client = Client(app)

    async def _no_door(self, envelope: bytes, /) -> Any:
        raise AssertionError("nothing is handed in here")

    def _viewer(self, session: Any, token: str | None, now_unix_s: int) -> access.Viewer:
        if token is not None or self.kind is None:
            return login.viewer(session, token, now_unix_s)
        return self._viewers[{"industry": "industry body"}.get(self.kind, self.kind)]

    def as_kind(self, kind: str) -> None:
        self.kind = kind

    def limit(self, **limits: Any) -> None:
        self._face = dataclasses.replace(self._face, limits=Limits(**limits))
        self._serve()

    def door(self, receive: Any) -> None:
        self._face = dataclasses.replace(self._face, receive=receive)
        self._serve()

    def raw(self, query: str, variables: dict[str, Any] | None = None) -> str:
        return self.client.post("/graphql", json={"query": query, "variables": variables}).text

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self.client.post("/graphql", json={"query": query, "variables": variables}).json()
        return found

    def code(self, query: str, variables: dict[str, Any] | None = None) -> str:
        return str(self.ask(query, variables)["errors"][0]["extensions"]["code"])

    def close(self) -> None:
        self._pool.shutdown()


@pytest.fixture
def served(house: Any, h: ModuleType) -> Iterator[Served]:
    """The hub over HTTP."""
    found = Served(house, h)
    yield found
    found.close()
