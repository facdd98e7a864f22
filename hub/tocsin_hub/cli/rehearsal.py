"""The demo behind its command: make a hub, serve it from a thread, start the members, enrol them, relay what they say."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from tocsin_hub import app as hub_app
from tocsin_hub.cli import doorbell, people, serving
from tocsin_hub.cli.stage import Stage
from tocsin_hub.cli.voice import BUG, PARTLY, SETUP, Stop, Voice
from tocsin_hub.members import keyring
from tocsin_hub.settings import Settings, load

ORIGIN = "demo.tocsin.example/log"
DEFAULT_PORT = 8400
START_TIMEOUT_S = 30.0
GRANT_ALL = {"sectors": ["*"], "regions": ["*"]}


def run(voice: Voice, *, once: bool, keep: Path | None, port: int | None) -> None:
    """The whole demo. Ends after the walk-through if `once`, else serves until interrupted."""
    began = time.monotonic()
    with _home(keep) as home:
        settings = load({}, dir=home / "hub", anchor=home / "anchor", port=port or 0)
        with Stage(voice) as stage, _serving(stage, settings, home, port) as url:
            data = _walk(stage, url, home, voice.lang)
            data |= {"url": url, "seconds": round(time.monotonic() - began, 2)}
            voice.done_flat(data)
            if not once:
                stage.rest()
                _stay(voice, url, home)


@contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    """Where everything of the demo lies: the new directory `keep`, or one that is removed at the end."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise Stop(SETUP, "file-exists", f"{keep} is not empty.", "Name a new directory.")
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield keep.resolve()
        return
    home = Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _serving(stage: Stage, settings: Settings, home: Path, port: int | None) -> Iterator[str]:
    """A hub made and running in a thread; its address."""
    stage.step(
        "A new hub: log key, certificate key, policy signed by its root, an anchor beside the log, an empty database.",
        "新建中心：日志密钥、证书密钥、由根密钥签署的策略、日志旁的锚点和空数据库。",
    )
    keyring.init(
        settings,
        origin=ORIGIN,
        root_key=home / "root.key",
        authority_key=home / "authority.key",
        now_unix_s=int(time.time()),
        prefix="DEMO",
    )
    app = hub_app.create_app(serving.with_processes(settings))
    listening = _listen(port)
    server = serving.server_of(app, settings)
    thread = threading.Thread(target=server.run, args=([listening],), name="serve", daemon=True)
    thread.start()
    try:
        _wait_started(server, thread, app)
        yield f"http://localhost:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(serving.GRACE_S + 5)


def _listen(port: int | None) -> socket.socket:
    """The port asked for; without one, the usual port or, if somebody has it, a free one."""
    for wanted in (port,) if port is not None else (DEFAULT_PORT, 0):
        try:
            return socket.create_server(("127.0.0.1", wanted))
        except OSError:
            continue
    raise Stop(SETUP, "port-taken", f"Port {port} is taken.", "Name another with --port.")


def _wait_started(server: uvicorn.Server, thread: threading.Thread, app: Any) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            serving.refuse_start(app)
        time.sleep(0.01)


def _walk(stage: Stage, url: str, home: Path, lang: str) -> dict[str, Any]:
    """Start the members and relay what they say; the figures of their result."""
    command = [
        sys.executable,
        "-m",
        "tocsin_client.demo",
        "--hub",
        url,
        "--dir",
        str(home),
        "--json-lines",
        "--lang",
        lang,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    # Its own process group, so that Ctrl-C reaches it by us and not twice. Its stderr is ours: a traceback must be seen.
    child = subprocess.Popen(  # noqa: S603  our own module under our own interpreter
        command, stdout=subprocess.PIPE, env=environment, start_new_session=True, text=True, encoding="utf-8"
    )
    result: dict[str, Any] = {}
    stopped: dict[str, Any] | None = None
    try:
        assert child.stdout is not None
        for line in child.stdout:
            event = _event(line)
            if event.get("event") == "enrolments-ready":
                _enrol_all(stage, url, home)
            elif event.get("event") == "result":
                result = dict(event.get("data") or {})
            elif event.get("event") == "error":
                stopped = event
            else:
                stage.show(event)
        code = child.wait()
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(10)
    if stopped is not None:
        raise Stop(BUG, str(stopped.get("code")), str(stopped.get("message")), str(stopped.get("hint", "")))
    if code != 0 or not result:
        raise Stop(BUG, "walk-through-failed", f"The walk-through ended with {code}.", "See its messages above.")
    return result


def _event(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _enrol_all(stage: Stage, url: str, home: Path) -> None:
    """The operator's part: everybody who waits is enrolled with the authority key, over HTTP like everything else."""
    with doorbell.Doorbell(url) as bell:
        key = doorbell.read_key(home / "authority.key")
        waiting = people.pending(bell, key)
        asked = [people.envelope_of(request) for request in waiting]
        outcomes = people.enrol_each(bell, key, asked, GRANT_ALL)
    refused = [said for said in outcomes if "code" in said]
    if refused:
        raise Stop(PARTLY, str(refused[0]["code"]), f"{len(refused)} enrolments were refused.", str(refused[0]["hint"]))
    stage.step(
        f"The operator reads {len(outcomes)} requests and signs each enrolment with the authority's key.",
        f"运营方审阅 {len(outcomes)} 份申请，并用注册机构密钥逐一签署。",
    )


def _beside(name: str) -> str:
    """How to call a command of this installation from a shell here."""
    path = Path(sys.executable).with_name(name)
    if shutil.which(name) == str(path) or not path.exists():
        return name
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _stay(voice: Voice, url: str, home: Path) -> None:
    """Tell what to try next, and serve until Ctrl-C."""
    members = f"TOCSIN_HOME={home / 'members'} {_beside('tocsin')} --profile member-10"
    voice.tell(
        f"\nThe hub stays at {url} until Ctrl-C. In another terminal:\n"
        f"  {members} search deepfake\n"
        f"  {members} trends --by category\n"
        f"  {members} status",
        f"\n中心在 {url} 继续运行，按 Ctrl-C 结束。可在另一个终端中尝试：\n"
        f"  {members} search 深度伪造\n"
        f"  {members} trends --by category\n"
        f"  {members} status",
    )
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        voice.tell("Stopped.", "已停止。")
