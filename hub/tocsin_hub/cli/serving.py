"""Serving: one process, uvicorn on uvloop and httptools, a graceful stop, and no public bind in plain HTTP by accident."""

from __future__ import annotations

import errno
import gc
import os
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from tocsin_hub import app as hub_app
from tocsin_hub.cli import logbook, patience
from tocsin_hub.cli.voice import SETUP, Stop, Voice
from tocsin_hub.errors import HubError
from tocsin_hub.settings import Settings, is_loopback

GRACE_S = 15
KEEP_ALIVE_S = 30
MAX_CONNECTIONS = 1_000
GC_THRESHOLDS = (50_000, 20, 50)
SWITCH_INTERVAL_S = 0.0005  # the event loop shares the interpreter with admit and sequencer; they lose at 5 ms


class Announcing(uvicorn.Server):
    """A server that says so once it serves: the hub is open and the port is bound."""

    announce: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn, and then `announce`."""
        await super().startup(sockets)
        if self.started:
            self.announce()


def run(settings: Settings, voice: Voice, *, verbose: bool = False) -> None:
    """Serve until interrupted. Raises Stop public-bind or port-taken, HubError if this hub must not run."""
    require_safe_bind(settings)
    logbook.begin(settings.log_level, verbose=verbose, form=settings.log_format)
    app = hub_app.create_app(with_processes(settings))
    hub: hub_app.Hub = app.state.hub
    try:
        hub.sequencer.recover()  # ask before the server starts, so that the operator gets one line and not a traceback
        listening = listen(settings.host, settings.port, voice)
    except (HubError, Stop):
        hub.close()
        raise
    server = server_of(app, settings)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{'https' if settings.tls_cert else 'http'}://{host}:{listening.getsockname()[1]}"
    server.announce = lambda: voice.tell(
        f"Tocsin hub at {address} (stop: Ctrl-C)", f"Tocsin 中心：{address}（Ctrl-C 停止）"
    )
    server.run([listening])
    if not server.started:
        refuse_start(app)


def listen(host: str, port: int, voice: Voice) -> socket.socket:
    """The bound port, before anything is said of it. Raises Stop port-taken or bind-refused."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Stop(
                SETUP,
                "port-taken",
                voice.pick(f"Port {port} on {host} is taken by another program.", f"{host} 的端口 {port} 已被占用。"),
                voice.pick("Stop that program, or name another with --port.", "请停止占用者，或用 --port 换一个端口。"),
            ) from None
        raise Stop(
            SETUP,
            "bind-refused",
            voice.pick(
                f"Cannot listen on {host}:{port}: {error.strerror}.", f"无法监听 {host}:{port}：{error.strerror}。"
            ),
            voice.pick("Give an address of this machine with --host.", "请用 --host 给出本机的地址。"),
        ) from None


def with_processes(settings: Settings) -> Settings:
    """The settings with an admit process, if nothing was said about it and there is a second core for it."""
    if settings.admit_processes is not None:
        return settings
    return settings.model_copy(update={"admit_processes": int((os.cpu_count() or 1) > 1)})


def tune() -> None:
    """Set this process up to serve: threads hand over quickly, and the collector lets alone what stays to the end."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.freeze()  # looking through all modules again and again cost a reader a quarter of its time
    gc.set_threshold(*GC_THRESHOLDS)


def server_of(app: FastAPI, settings: Settings) -> Announcing:
    """The server for `app`; client addresses are not logged."""
    tune()
    server = Announcing(
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
    server.announce = lambda: None
    return server


def refuse_start(app: FastAPI) -> None:
    """Raise why the hub did not open."""
    refusal = getattr(app.state, "refusal", None)
    if isinstance(refusal, HubError):
        raise refusal
    raise Stop(SETUP, "not-started", "The hub did not start; see the log above.", "tocsin-hub serve --verbose")


def require_safe_bind(settings: Settings) -> None:
    """Plain HTTP stays on this machine unless a proxy ends TLS. Raises Stop public-bind or tls-incomplete."""
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise Stop(SETUP, "tls-incomplete", "TLS needs --tls-cert and --tls-key.", "Give both, or neither.")
    if settings.tls_cert is not None or settings.behind_proxy or is_loopback(settings.host):
        return
    raise Stop(
        SETUP,
        "public-bind",
        f"{settings.host} is reachable by others, and this would be plain HTTP.",
        "Give --tls-cert and --tls-key, or --behind-proxy if a proxy in front ends TLS.",
    )
