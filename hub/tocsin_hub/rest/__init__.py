"""The REST face: bytes in, bytes out. No SQL and no rule lives here; the shapes are in docs/reference/http.md."""

from __future__ import annotations

from fastapi import FastAPI

from tocsin_hub.rest import desk, edge, health, joining, log, metrics, problems, sessions, submissions
from tocsin_hub.rest.parts import Parts


def mount(app: FastAPI, parts: Parts) -> None:
    """Put the routes, the problem documents and the edge onto `app`."""
    for room in (submissions, sessions, joining, desk, log, health, metrics):
        app.include_router(room.routes(parts))
    problems.install(app)
    limits = edge.Limits(parts.settings.max_body_bytes, parts.settings.bulk_max_bytes)
    turnstile = edge.Turnstile(parts.rates.addresses, behind_proxy=parts.settings.behind_proxy)
    app.add_middleware(edge.Edge, limits=limits, turnstile=turnstile, observe=parts.meters.request)
