"""What the hub's tests stand on: databases of both engines, a clock that does not run, members who sign, a log to write to.

store           a migrated database, once per engine; this and all other databases: tests/simulators/engines.py
clock           a settable clock at NOW
cast            makes members, authorities, statements and admitted items; see `Cast`
log             a sequencer over `store` with the directory's guard and inline, an anchor and a publisher; see `Log`
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor, entries, nodes, publish, seal, sequencer
from tocsin_hub.members import directory
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_trust import documents, dsse, identity, keys, leaf, merkle, statement

NOW = 1_790_000_000
ORIGIN = "hub.example.org/log"


# --- time and people ---------------------------------------------------------------------------------------------------


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now_unix_s: int = NOW

    def __call__(self) -> int:
        return self.now_unix_s


@pytest.fixture
def clock() -> Clock:
    """A settable clock."""
    return Clock()


@dataclass
class Member:
    """An organisation with its keys."""

    org: str
    kind: str
    key: keys.SigningKey
    root: keys.SigningKey

    @property
    def kid(self) -> str:
        """Its operational key in hex."""
        return self.key.public.hex


def new_org() -> str:
    """A fresh organisation id."""
    return "org-" + base64.b32encode(secrets.token_bytes(16)).decode().lower().rstrip("=")[:26]


@dataclass
class Cast:
    """Everybody who signs in a test. Statements are well-formed; their bodies are what the caller says."""

    clock: Clock
    origin: str = ORIGIN
    authority_id: str = "authority-1"
    authority: keys.SigningKey = field(default_factory=keys.SigningKey.generate)

    @property
    def authorities(self) -> dict[str, keys.PublicKey]:
        """What a policy would name."""
        return {self.authority_id: self.authority.public}

    def member(self, kind: str = "member") -> Member:
        """A new organisation, not yet enrolled."""
        return Member(new_org(), kind, keys.SigningKey.generate(), keys.SigningKey.generate())

    def request(self, member: Member) -> bytes:
        """Its enrolment request."""
        return documents.enrolment_request(
            aud=self.origin,
            org=member.org,
            kind=member.kind,
            sector="isic@4:K",
            region="un-m49@2024:156",
            agreement="2026-11",
            key=member.key,
            root=member.root,
        )

    def sealed(
        self,
        kind: str,
        body: dict[str, Any],
        key: keys.SigningKey,
        cred: str,
        *,
        mode: str = "attributed",
        prev: bytes | None = None,
    ) -> bytes:
        """The envelope of a statement."""
        now = self.clock()
        payload = statement.build(
            kind=kind,
            aud=self.origin,
            mode=mode,
            kid=key.public.hex,
            cred=cred,
            iat_unix_s=now if mode == "attributed" else statement.round_day(now),
            prev=None if prev is None else prev.hex(),
            dir=None,
            body=body,
        )
        return dsse.seal(statement.payload_type(kind), payload, key)

    def admitted(self, envelope: bytes) -> entries.Admitted:
        """What the door would make of an envelope, without the checks of meaning."""
        opened = dsse.unseal(envelope)
        said = statement.read(opened)
        line = leaf.text(opened, said)
        return entries.Admitted(opened.digest, envelope, line, merkle.leaf_hash(line), said, None)

    def enrol(self, member: Member, grant: identity.Grant | None = None) -> entries.Admitted:
        """The authority enrols a member."""
        request = documents.read_enrolment_request(self.request(member), self.origin)
        return self.by_authority("enrol", identity.enrol_body(request, grant))

    def by_authority(self, kind: str, body: dict[str, Any]) -> entries.Admitted:
        """A statement of the authority."""
        return self.admitted(self.sealed(kind, body, self.authority, f"authority:{self.authority_id}"))

    def suspend(self, member: Member) -> entries.Admitted:
        """The authority suspends a member."""
        return self.by_authority("suspend", {"org": member.org, "reason": "other"})

    def add_key(self, member: Member, key: keys.SigningKey) -> entries.Admitted:
        """The member's root adds a key."""
        body = identity.key_add_body(self.origin, member.org, key)
        return self.admitted(self.sealed("key-add", body, member.root, member.org))

    def leave(self, member: Member, by: keys.SigningKey | None = None) -> entries.Admitted:
        """The member's root (or `by`) says that the member leaves."""
        body = {"org": member.org, "reason": "left"}
        return self.admitted(self.sealed("suspend", body, by or member.root, member.org))

    def revoke_key(self, member: Member, key: keys.SigningKey, by: keys.SigningKey | None = None) -> entries.Admitted:
        """The member's root (or `by`) revokes a key."""
        body = {"org": member.org, "key": key.public.hex, "reason": "lost"}
        return self.admitted(self.sealed("key-revoke", body, by or member.root, member.org))

    def incident(self, member: Member, key: keys.SigningKey | None = None) -> entries.Admitted:
        """An attributed first statement with a body of its own."""
        body = {"note": secrets.token_hex(8)}
        return self.admitted(self.sealed("incident", body, key or member.key, member.org))

    def follow(self, kind: str, member: Member, prev: bytes) -> entries.Admitted:
        """An attributed amend or withdraw."""
        body = {"reason": "error"} if kind == "withdraw" else {"note": secrets.token_hex(8)}
        return self.admitted(self.sealed(kind, body, member.key, member.org, prev=prev))

    def nameless(self, key: keys.SigningKey | None = None, *, pad: int = 0) -> entries.Admitted:
        """A pseudonymous first statement; its certificate is never looked at by the ledger."""
        body = {"note": secrets.token_hex(8), "pad": "x" * pad}
        return self.admitted(
            self.sealed("incident", body, key or keys.SigningKey.generate(), "AAAA", mode="pseudonymous")
        )


@pytest.fixture
def cast(clock: Clock) -> Cast:
    """Members and an authority who sign."""
    return Cast(clock)


# --- a log -------------------------------------------------------------------------------------------------------------


@dataclass
class Log:
    """A sequencer and what it stands on; `run` sequences a batch in this thread."""

    store: Store
    cast: Cast
    anchor_path: Path
    log_key: keys.SigningKey
    settings: Settings
    guards: Sequence[entries.Guard] = ()
    inlines: Sequence[entries.Inline] = ()
    anchor: anchor.Anchor = field(init=False)
    memo: nodes.Memo = field(init=False)
    publisher: publish.Publisher = field(init=False)
    sequencer: sequencer.Sequencer = field(init=False)
    woken: int = 0

    def open(self) -> Log:
        """(Re)open: a new process would do the same."""
        self.memo = nodes.Memo()
        self.anchor = anchor.Anchor(self.anchor_path, self.cast.origin)
        self.publisher = publish.Publisher(self.memo)
        sealer = seal.Sealer(self.anchor, self.publisher, self.cast.origin, self.log_key)
        self.sequencer = sequencer.Sequencer(
            self.store,
            self.guards,
            self.inlines,
            sealer,
            self.cast.clock,
            self.settings,
            memo=self.memo,
            on_commit=self._wake,
        )
        try:
            self.sequencer.recover()
        except HubError:
            self.anchor.close()
            raise
        return self

    def reopen(self) -> Log:
        """What a restart does."""
        self.anchor.close()
        return self.open()

    def run(self, *items: entries.Admitted) -> list[entries.Placed | HubError]:
        """Sequence a batch."""
        return self.sequencer.run_batch(items)

    def place(self, *items: entries.Admitted) -> list[entries.Placed]:
        """Sequence a batch of which nothing may be refused."""
        answers = self.run(*items)
        assert all(isinstance(answer, entries.Placed) for answer in answers), answers
        return [answer for answer in answers if isinstance(answer, entries.Placed)]

    def submit(self, *items: entries.Admitted) -> Future[list[entries.Placed | HubError]]:
        """Queue a batch for the thread."""
        return self.sequencer.submit(items)

    def _wake(self, _appended: Sequence[entries.Entry]) -> None:
        self.woken += 1


OpenLog = Callable[..., Log]


@pytest.fixture
def open_log(tmp_path: Path, cast: Cast) -> Iterator[OpenLog]:
    """Makes a log over a store: `open_log(store, guards=…, inlines=…)`; without them, the directory's."""
    opened: list[Log] = []

    def make(store: Store, **parts: Any) -> Log:
        path = tmp_path / f"anchor-{len(opened)}" / "anchor"
        anchor.create(path, cast.origin)
        parts.setdefault("guards", (directory.guard(cast.authorities),))
        parts.setdefault("inlines", (directory.apply,))
        log = Log(store, cast, path, keys.SigningKey.generate(), Settings(batch_wait_ms=0), **parts).open()
        opened.append(log)
        return log

    yield make
    for log in opened:
        log.sequencer.stop()
        log.anchor.close()


@pytest.fixture
def log(open_log: OpenLog, store: Store) -> Log:
    """A log on each engine with the directory's guard and inline."""
    return open_log(store)
