"""Admission in processes of its own: the mathematics of a signature on another core than the server's.

Threads do not help here (the interpreter lock is handed over at each signature), so `admit` runs in child processes that
hold the pure wings and nothing else: no database, no server, 45 MB. A child gets envelopes on its standard input and answers
leaf and stored form, or a refusal; from these the parent makes what its own `admit` would have made. It ends when its input
ends, so it cannot outlive the hub. If one dies, the asking thread admits by itself and a new child is started.

    frame = length in 4 bytes, pickle; first the anchors, then (envelopes, now) -> [(leaf, stored) | (code, where)]
"""

from __future__ import annotations

import logging
import pickle
import queue
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

from tocsin_hub.errors import HubError
from tocsin_hub.intake.admit import Anchors, judge
from tocsin_hub.ledger import entries
from tocsin_trust import leaf, merkle

log = logging.getLogger("tocsin_hub.intake")
Judged = entries.Admitted | HubError
_STOP_S = 5.0


class Workers:
    """`count` processes; `judge` may be called from as many threads and blocks while none is free."""

    def __init__(self, count: int, anchors: Anchors, max_bytes: int) -> None:
        self._anchors, self._max_bytes = anchors, max_bytes
        self._all = [self._start() for _ in range(count)]
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        for child in self._all:
            self._idle.put(child)

    def judge(self, envelopes: Sequence[bytes], now_unix_s: int) -> list[Judged]:
        """What `admit` says of each, in order. Never raises for an envelope, nor for a child that died."""
        child = self._idle.get()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            _send(child.stdin, (list(envelopes), now_unix_s))
            answers = _receive(child.stdout)
        except (OSError, EOFError):
            self._all.remove(child)
            log.error("event=admit-process-died exit=%s", _bury(child))
            child = self._start()
            self._all.append(child)
            return [judge(envelope, self._anchors, now_unix_s, max_bytes=self._max_bytes) for envelope in envelopes]
        finally:
            self._idle.put(child)
        return [_admitted(envelope, *answer) for envelope, answer in zip(envelopes, answers, strict=True)]

    def stop(self) -> None:
        """End all children; call when no thread judges any more."""
        for child in self._all:
            assert child.stdin is not None
            child.stdin.close()
        for child in self._all:
            try:
                child.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                log.error("event=admit-process-stuck")
            _bury(child)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", __name__]
        # A session of its own: Ctrl-C on a terminal is for the hub, which then ends its children.
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603  our own module
        assert child.stdin is not None
        _send(child.stdin, (self._anchors, self._max_bytes))
        return child


def _bury(child: subprocess.Popen[bytes]) -> int:
    """End a child for good, whatever it does; its exit status."""
    child.kill()
    for stream in (child.stdin, child.stdout):
        assert stream is not None
        try:
            stream.close()
        except BrokenPipeError:
            pass  # what was not sent is of no use to anybody now
    return child.wait()


def _admitted(envelope: bytes, first: bytes | str, second: bytes | str | None) -> Judged:
    if isinstance(first, str):
        assert not isinstance(second, bytes)
        return HubError(first, where=second)
    assert isinstance(second, bytes)
    line = leaf.parse(first)
    said = entries.reopen(envelope, line)
    return entries.Admitted(line.digest, envelope, first, merkle.leaf_hash(first), said, None, second)


def _send(stream: IO[bytes], said: Any) -> None:
    data = pickle.dumps(said, protocol=5)
    stream.write(len(data).to_bytes(4, "big") + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    """The next frame; EOFError when the other side is gone."""
    head = stream.read(4)
    data = stream.read(int.from_bytes(head, "big")) if len(head) == 4 else b""
    if len(head) < 4 or len(data) < int.from_bytes(head, "big"):
        raise EOFError
    return pickle.loads(data)  # noqa: S301  both ends of the pipe are this file


def _work(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The child: judge what comes until nothing comes."""
    try:
        anchors, max_bytes = _receive(requests)
        while True:
            envelopes, now_unix_s = _receive(requests)
            judged = [judge(envelope, anchors, now_unix_s, max_bytes=max_bytes) for envelope in envelopes]
            _send(answers, [(j.code, j.where) if isinstance(j, HubError) else (j.leaf, j.stored) for j in judged])
    except (EOFError, BrokenPipeError):
        return


if __name__ == "__main__":
    _work(sys.stdin.buffer, sys.stdout.buffer)
