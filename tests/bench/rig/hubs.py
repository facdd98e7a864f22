"""A real hub in a directory, filled through the real sequencer and readers, and the process that serves it.

What is skipped in filling is only the second signature check at the door: the records are signed (in two processes), the
sequencer runs its guards, the readers write every derived row. 2 % are amended, 1 % withdrawn, so retractions are there.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from rig import bodies
from sqlalchemy import text

from tocsin_hub import app
from tocsin_hub.ledger import entries, packing
from tocsin_hub.members import keyring
from tocsin_hub.settings import Settings
from tocsin_trust import certificate, documents, dsse, identity, keys, leaf, merkle, statement

ORIGIN = "bench.example.org/log"
ORGS = 200
AMENDED, WITHDRAWN = 50, 100  # every 50th record is amended, every 100th withdrawn
SIGN_CHUNK = 500
DAY_S = 86_400


def org_key(number: int) -> keys.SigningKey:
    """The operational key of the n-th organisation."""
    return keys.SigningKey.from_seed(b"org" + number.to_bytes(29, "big"))


def org_id(number: int) -> str:
    """The id of the n-th organisation."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    tail = "".join(letters[number >> 5 * at & 31] for at in range(4))
    return "org-" + "a" * 22 + tail


@dataclass(frozen=True)
class Signer:
    """Signs what benches send. Picklable, so that two processes can share the work."""

    certificate_seed: bytes
    now_unix_s: int

    def seal(
        self, kind: str, body: dict[str, object], author: int | keys.SigningKey, prev: bytes | None = None
    ) -> bytes:
        """The envelope of a statement by an organisation (attributed) or a key of its own (pseudonymous)."""
        named = isinstance(author, int)
        key = org_key(author) if isinstance(author, int) else author
        payload = statement.build(
            kind=kind,
            aud=ORIGIN,
            mode="attributed" if named else "pseudonymous",
            kid=key.public.hex,
            cred=org_id(author) if isinstance(author, int) else self._certificate(key),
            iat_unix_s=self.now_unix_s if named else statement.round_day(self.now_unix_s),
            prev=None if prev is None else prev.hex(),
            dir=None,
            body=body,
        )
        return dsse.seal(statement.payload_type(kind), payload, key)

    def _certificate(self, key: keys.SigningKey) -> str:
        not_after = statement.round_day(self.now_unix_s) + 90 * DAY_S
        issuer = keys.SigningKey.from_seed(self.certificate_seed)
        return certificate.issue(aud=ORIGIN, author_key=key.public.hex, not_after_unix_s=not_after, key=issuer)

    def records(self, seed: int, count: int, *, modes: str = "both") -> list[bytes]:
        """Envelopes of `count` new records, by turns attributed and pseudonymous, or all of one mode."""
        supply, found = bodies.Bodies(seed), []
        for number in range(count):
            nameless = modes == "pseudonymous" or (modes == "both" and number % 2 == 1)
            author = keys.SigningKey.generate() if nameless else (seed * 7 + number) % ORGS
            found.append(self.seal("incident", supply.next(nameless=nameless), author))
        return found

    def threads(self, seed: int, count: int) -> list[bytes]:
        """Like `records`, some amended and some withdrawn right after."""
        supply, found = bodies.Bodies(seed), []
        for number in range(count):
            nameless = number % 2 == 1
            author = keys.SigningKey.generate() if nameless else (seed * 7 + number) % ORGS
            found.append(self.seal("incident", supply.next(nameless=nameless), author))
            if number % AMENDED == 0:
                found.append(self.seal("amend", supply.next(nameless=nameless), author, dsse.unseal(found[-1]).digest))
            if number % WITHDRAWN == 0:
                found.append(self.seal("withdraw", {"reason": "error"}, author, dsse.unseal(found[-1]).digest))
        return found


def admitted(envelope: bytes) -> entries.Admitted:
    """What the door makes of an envelope, without the checks of meaning."""
    opened = dsse.unseal(envelope)
    said = statement.read(opened)
    line = leaf.text(opened, said)
    return entries.Admitted(
        opened.digest, envelope, line, merkle.leaf_hash(line), said, None, packing.pack(envelope, opened.payload)
    )


def _admitted_threads(signer: Signer, seed: int, count: int) -> list[entries.Admitted]:
    return [admitted(envelope) for envelope in signer.threads(seed, count)]


class HubDir:
    """A hub's directory with its organisations enrolled."""

    def __init__(self, path: Path) -> None:
        now = int(time.time())
        self._find(path)
        made = keyring.init(
            self.settings,
            origin=ORIGIN,
            root_key=path / "root.key",
            authority_key=path / "authority.key",
            now_unix_s=now - DAY_S,
        )
        self.signer = Signer(_seed(self.settings), now)
        authority = keyring.read_signing_key(path / "authority.key")
        with self.opened() as hub:
            self.append(hub, [admitted(self._enrolment(n, authority, made.authority_id)) for n in range(ORGS)])

    @classmethod
    def reopened(cls, path: Path) -> HubDir:
        """A directory that an earlier run made and filled (to try a bench again without filling)."""
        found = cls.__new__(cls)
        found._find(path)
        found.signer = Signer(_seed(found.settings), int(time.time()))
        with found.opened() as hub, hub.store.read() as session:
            found.records = session.execute(text("SELECT count(*) FROM record")).scalar_one()
        return found

    def _find(self, path: Path) -> None:
        self.records = 0
        self.settings = Settings(dir=path / "hub", anchor=path / "anchor", batch_wait_ms=0)

    def _enrolment(self, number: int, authority: keys.SigningKey, authority_id: str) -> bytes:
        request = documents.enrolment_request(
            aud=ORIGIN,
            org=org_id(number),
            kind="regulator" if number == ORGS - 1 else "member",
            sector="isic@4:K",
            region="un-m49@2024:156",
            agreement="2026-11",
            key=org_key(number),
            root=keys.SigningKey.from_seed(b"root" + number.to_bytes(28, "big")),
        )
        asked = documents.read_enrolment_request(request, ORIGIN)
        grant = identity.Grant(("*",), ("un-m49@2024:001",)) if number == ORGS - 1 else None
        payload = statement.build(
            kind="enrol",
            aud=ORIGIN,
            mode="attributed",
            kid=authority.public.hex,
            cred=f"authority:{authority_id}",
            iat_unix_s=self.signer.now_unix_s,
            prev=None,
            dir=None,
            body=identity.enrol_body(asked, grant),
        )
        return dsse.seal(statement.payload_type("enrol"), payload, authority)

    def opened(self) -> Opened:
        """The hub's parts in this process, no thread running."""
        return Opened(self.settings)

    @staticmethod
    def append(hub: app.Hub, items: Sequence[entries.Admitted]) -> None:
        """Sequence `items` in full batches; every one must be accepted."""
        for start in range(0, len(items), 256):
            for answer in hub.sequencer.run_batch(items[start : start + 256]):
                assert isinstance(answer, entries.Placed), answer

    def fill(self, records: int, *, seed: int = 1000, read: bool = True) -> None:
        """Append `records` and, if `read`, let the readers read them."""
        chunks = -(-records // SIGN_CHUNK)
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool, self.opened() as hub:
            work = pool.map(
                _admitted_threads, [self.signer] * chunks, range(seed, seed + chunks), [SIGN_CHUNK] * chunks
            )
            for batch in work:
                self.append(hub, batch)
            if read:
                hub.readers.catch_up()
            hub.store.truncate_wal()
        self.records += chunks * SIGN_CHUNK

    def disk_bytes(self) -> int:
        """Database and write-ahead log."""
        return sum(file.stat().st_size for file in self.settings.dir.glob("hub.db*"))


def _seed(settings: Settings) -> bytes:
    return keyring.load(settings).certificate_key._private.private_bytes_raw()


class Opened:
    """`with` a hub's parts in this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> app.Hub:
        self.hub = app.build(self._settings)
        self.hub.sequencer.recover()
        return self.hub

    def __exit__(self, *_: object) -> None:
        self.hub.close()


class Serving:
    """`tocsin-hub serve` of a directory as a child process, as an operator would run it."""

    def __init__(self, hub: HubDir, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "tocsin_hub", "serve", "--dir", str(hub.settings.dir)]
        self._command += ["--anchor", str(hub.settings.anchor), "--port", str(self.port)]
        self._environment = {**os.environ, "TOCSIN_LOG_LEVEL": "WARNING", **environment}
        self.start_s = 0.0

    def __enter__(self) -> Serving:
        began = time.perf_counter()
        self._child = subprocess.Popen(self._command, env=self._environment, stdout=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).read()
                break
            except (urllib.error.URLError, ConnectionError):
                assert self._child.poll() is None, "the hub did not start"
                assert time.perf_counter() - began < 60
                time.sleep(0.01)
        self.start_s = time.perf_counter() - began
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        assert self._child.wait(30) is not None

    def cpu_s(self) -> float:
        """CPU seconds of the hub process so far, all threads, to the nanosecond."""
        return sum(int(task.read_text().split()[0]) for task in self._tasks("schedstat")) / 1e9

    def _tasks(self, name: str) -> Iterator[Path]:
        return Path(f"/proc/{self._child.pid}/task").glob(f"*/{name}")

    def memory_mb(self) -> Memory:
        """Resident memory of the hub process now and at its peak, and of its admit processes."""
        children = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children").read_text().split()
        own = _status(str(self._child.pid))
        return Memory(own["VmRSS"], own["VmHWM"], sum(_status(pid)["VmRSS"] for pid in children))


@dataclass(frozen=True)
class Memory:
    """In MB."""

    hub: float
    peak: float
    children: float


def _status(pid: str) -> dict[str, float]:
    said = (line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(value.split()[0]) / 1_000 for name, value in said if name in ("VmRSS", "VmHWM")}
