"""GET /metrics: how the hub does, for Prometheus.

Counts of entries by kind and mode are public anyway: the leaves of the log say them. What only the operator's eye should see
(times, queue, size) is why the route is off on a public bind unless it is asked for.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import append
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.parts import Parts
from tocsin_hub.store.session import size_bytes

PLAIN = "text/plain; version=0.0.4; charset=utf-8"


def routes(parts: Parts) -> APIRouter:
    """The route, closed over the hub's parts."""
    router = APIRouter()

    @router.get("/metrics")
    async def metrics() -> Response:
        if not parts.settings.metrics_on():
            raise HubError("not-found")
        return Response(await face.read(parts, _text, parts), headers={"Content-Type": PLAIN})

    return router


def _text(session: Session, parts: Parts) -> bytes:
    size = append.size(session)[0]
    return parts.meters.text(
        size=size,
        lag=size - parts.readers.as_of(session),
        queue=parts.sequencer.waiting,
        database_bytes=size_bytes(session),
    )
