"""Serving: one process, uvicorn on uvloop and httptools, a graceful stop, and no public bind in plain HTTP by accident."""

from __future__ import annotations

import gc
import ipaddress
import logging
import os
import sys

import uvicorn
from fastapi import FastAPI

from tocsin_hub import app as hub_app
from tocsin_hub.cli import patience
from tocsin_hub.cli.voice import SETUP, Stop, Voice
from tocsin_hub.errors import HubError
from tocsin_hub.settings import Settings

GRACE_S = 15
KEEP_ALIVE_S = 30
MAX_CONNECTIONS = 1_000
GC_THRESHOLDS = (50_000, 20, 50)
SWITCH_INTERVAL_S = 0.0005  # the event loop shares the interpreter with admit and sequencer; they lose at 5 ms


def run(settings: Settings, voice: Voice) -> None:
    """Serve until interrupted. Raises Stop public-bind, HubError if this hub must not run."""
    require_safe_bind(settings)
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    app = hub_app.create_app(with_processes(settings))
    hub: hub_app.Hub = app.state.hub
    try:
        hub.sequencer.recover()  # ask before the server starts, so that the operator gets one line and not a traceback
    except HubError:
        hub.close()
        raise
    server = server_of(app, settings)
    scheme = "https" if settings.tls_cert else "http"
    voice.tell(
        f"Tocsin hub at {scheme}://{settings.host}:{settings.port} (stop: Ctrl-C)",
        f"Tocsin 中心：{scheme}://{settings.host}:{settings.port}（Ctrl-C 停止）",
    )
    server.run()
    if not server.started:
        refuse_start(app)


def with_processes(settings: Settings) -> Settings:
    """The settings with an admit process, if nothing was said about it and there is a second core for it."""
    if settings.admit_processes is not None:
        return settings
    return settings.model_copy(update={"admit_processes": int((os.cpu_count() or 1) > 1)})


def server_of(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """The server for `app`; client addresses are not logged."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # What was made up to here stays to the end; looking through it again and again cost a reader a quarter of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http=patience.Patient,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=settings.behind_proxy,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
            limit_concurrency=MAX_CONNECTIONS,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
    )


def refuse_start(app: FastAPI) -> None:
    """Raise why the hub did not open."""
    refusal = getattr(app.state, "refusal", None)
    if isinstance(refusal, HubError):
        raise refusal
    raise Stop(SETUP, "not-started", "The hub did not start; see the log above.", "Is the port free?")


def require_safe_bind(settings: Settings) -> None:
    """Plain HTTP stays on this machine unless a proxy ends TLS. Raises Stop public-bind or tls-incomplete."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise Stop(SETUP, "tls-incomplete", "TLS needs --tls-cert and --tls-key.", "Give both, or neither.")
    if settings.tls_cert is not None or settings.behind_proxy or _is_loopback(settings.host):
        return
    raise Stop(
        SETUP,
        "public-bind",
        f"{settings.host} is reachable by others, and this would be plain HTTP.",
        "Give --tls-cert and --tls-key, or --behind-proxy if a proxy in front ends TLS.",
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
