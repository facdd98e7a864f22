"""A whole hub for tests: the real app behind real HTTP over real SQLite, an authority, and people who sign.

Nothing here is faked but the clock. `Template` makes the hub's directory once; each `World` runs on a copy.
"""

from __future__ import annotations

import base64
import copy
import json
import secrets
import shutil
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from tocsin_hub import app as hub_app
from tocsin_hub.members import enrol, keyring
from tocsin_hub.settings import Settings
from tocsin_trust import documents, dsse, keys, policy, receipt, statement

NOW = 1_795_000_000
ORIGIN = "hub.example.org/log"
DSSE = "application/vnd.dsse+json"
NDJSON = "application/x-ndjson"
SECTOR, REGION = "isic@4:K", "un-m49@2024:030"

INCIDENT: dict[str, Any] = {
    "record_type": "near-miss",
    "title": {"text": "Cloned voice asked a clerk for a transfer", "language": "en"},
    "summary": {
        "text": "A caller with a cloned voice asked for an urgent transfer; a call back stopped it.",
        "language": "en",
    },
    "occurred": {"value": "2024-Q1", "precision": "quarter", "basis": "occurred"},
    "ai_contribution": "yes",
    "ai_role": "tool-of-harm",
    "system_class": "tocsin-system-class@2026-11:speech-or-audio",
    "sector": SECTOR,
    "region": REGION,
    "risk_tags": [
        {
            "scheme": "caict-2024",
            "edition": "2024-12",
            "code": "derived.individual-organisation.criminal-use",
            "confidence": "known",
            "assigned_by": "reporter",
        }
    ],
    "primary_category": "caict-2024@2024-12:derived.individual-organisation",
    "severity": {
        "scheme": "tocsin-sev",
        "edition": "1",
        "actual": 0,
        "potential": 4,
        "dimensions": None,
        "barrier": 2,
        "source": [],
    },
    "evidence_class": "first-hand",
    "marking": {"tlp": "clear"},
}

MITIGATION: dict[str, Any] = {
    "title": {"text": "Call back on a known number", "language": "en"},
    "description": {"text": "Urgent transfers wait for a call back on a number already on file.", "language": "en"},
    "strategy": "mitigate",
    "control_layer": "management",
    "lifecycle_stage": ["operation"],
    "addresses": copy.deepcopy(INCIDENT["risk_tags"]),
    "applicability": {"system_classes": [], "sectors": [], "preconditions": []},
    "status": "in-use",
    "evidence_class": "first-hand",
    "marking": {"tlp": "clear"},
}


def incident(**changes: Any) -> dict[str, Any]:
    """The body of a valid incident (TLP:CLEAR), with members replaced."""
    return {**copy.deepcopy(INCIDENT), **changes}


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now_unix_s: int = NOW

    def __call__(self) -> int:
        return self.now_unix_s


@dataclass
class Template:
    """A hub's directory, made once and copied for each test."""

    path: Path
    made: keyring.Made = field(init=False)

    def __post_init__(self) -> None:
        settings = Settings(dir=self.path / "hub", anchor=self.path / "anchor")
        self.made = keyring.init(
            settings,
            origin=ORIGIN,
            root_key=self.path / "root.key",
            authority_key=self.path / "authority.key",
            now_unix_s=NOW - 86_400,
        )


@dataclass
class Person:
    """An organisation of a test, or one of its nameless authors."""

    world: World
    org: str
    kind: str
    key: keys.SigningKey
    root: keys.SigningKey
    certificates: dict[str, str] = field(default_factory=dict)

    @property
    def kid(self) -> str:
        return self.key.public.hex

    def seal(
        self,
        kind: str = "incident",
        body: dict[str, Any] | None = None,
        *,
        mode: str = "attributed",
        key: keys.SigningKey | None = None,
        cred: str | None = None,
        prev: str | None = None,
        iat: int | None = None,
        aud: str = ORIGIN,
    ) -> bytes:
        """A signed statement; by default an attributed incident of this organisation."""
        signer = key or self.key
        now = self.world.clock()
        rounded = now if mode == "attributed" else statement.round_day(now)
        payload = statement.build(
            kind=kind,
            aud=aud,
            mode=mode,
            kid=signer.public.hex,
            cred=self.certificates.get(signer.public.hex, self.org) if cred is None else cred,
            iat_unix_s=rounded if iat is None else iat,
            prev=prev,
            dir=None,
            body=incident() if body is None else body,
        )
        return dsse.seal(statement.payload_type(kind), payload, signer)

    def pseudonym(self) -> tuple[keys.SigningKey, str]:
        """A fresh author key and its certificate."""
        author = keys.SigningKey.generate()
        asked = documents.pseudonym_request(
            aud=ORIGIN, org=self.org, author_key=author, iat_unix_s=self.world.clock(), key=self.key
        )
        answer = self.world.post(asked, "/v1/pseudonyms")
        assert answer.status_code == 201, answer.text
        self.certificates[author.public.hex] = answer.json()["certificate"]
        return author, answer.json()["certificate"]

    def nameless(self, body: dict[str, Any] | None = None) -> tuple[bytes, keys.SigningKey]:
        """A pseudonymous incident and its author key."""
        author, _ = self.pseudonym()
        return self.seal(body=body, mode="pseudonymous", key=author), author

    def login(self, key: keys.SigningKey | None = None) -> dict[str, str]:
        """Headers with a fresh reading token."""
        nonce = self.world.http.post("/v1/login/challenge").json()["nonce"]
        signed = documents.login(aud=ORIGIN, nonce=nonce, iat_unix_s=self.world.clock(), key=key or self.key)
        answer = self.world.post(signed, "/v1/login")
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}


class World:
    """A running hub and everybody around it. Use as a context manager; `restart` does what a new process does."""

    def __init__(self, template: Template, path: Path, **settings: Any) -> None:
        self.clock = Clock()
        self.dir = path / "hub"
        shutil.copytree(template.path / "hub", self.dir)
        shutil.copy(template.path / "anchor", path / "anchor")
        if settings.get("database_url"):  # the template was made for SQLite; the directory is the same but for one word
            known = json.loads((self.dir / "hub.json").read_text())
            (self.dir / "hub.json").write_text(json.dumps({**known, "engine": "postgresql"}))
        self.settings = Settings(
            dir=self.dir, anchor=path / "anchor", batch_wait_ms=0, reader_coalesce_ms=0, **settings
        )
        self.authority_file = template.path / "authority.key"
        self.authority = keyring.read_signing_key(self.authority_file)
        self.policy = policy.read((self.dir / "policy.json").read_bytes())
        self.port = 0
        self.http: httpx.Client
        self.hub: hub_app.Hub
        self._server: uvicorn.Server
        self._thread: threading.Thread

    def __enter__(self) -> World:
        app = hub_app.create_app(self.settings, self.clock)
        self.hub = app.state.hub
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(app, http="httptools", loop="uvloop", log_config=None, lifespan="on")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listening],), daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the hub did not start"
            time.sleep(0.005)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the hub did not stop"

    def restart(self) -> None:
        """Stop and start, as an operator would."""
        self.__exit__()
        self.__enter__()

    # --- people -----------------------------------------------------------------------------------------------------

    def stranger(self, kind: str = "member") -> Person:
        """An organisation that is not enrolled."""
        org = "org-" + base64.b32encode(secrets.token_bytes(16)).decode().lower().rstrip("=")[:26]
        return Person(self, org, kind, keys.SigningKey.generate(), keys.SigningKey.generate())

    def request(self, person: Person) -> bytes:
        """Its enrolment request."""
        return documents.enrolment_request(
            aud=ORIGIN,
            org=person.org,
            kind=person.kind,
            sector=SECTOR,
            region=REGION,
            agreement="2026-11",
            key=person.key,
            root=person.root,
        )

    def member(self, kind: str = "member", grant: dict[str, list[str]] | None = None) -> Person:
        """An enrolled organisation."""
        person = self.stranger(kind)
        self.accept(self.enrolment(person, grant))
        return person

    def enrolment(self, person: Person, grant: dict[str, list[str]] | None = None) -> bytes:
        """The authority's statement that enrols a person."""
        return enrol.seal(
            self.request(person),
            origin=ORIGIN,
            authority_id=keyring.AUTHORITY_ID,
            authority_key=self.authority,
            now_unix_s=self.clock(),
            grant=grant,
        )

    def by_authority(self, kind: str, body: dict[str, Any]) -> bytes:
        """A statement of the authority."""
        return enrol.by_authority(kind, body, ORIGIN, keyring.AUTHORITY_ID, self.authority, self.clock())

    # --- the door ---------------------------------------------------------------------------------------------------

    def post(self, envelope: bytes, path: str = "/v1/submissions", **headers: str) -> Any:
        """POST one envelope."""
        return self.http.post(path, content=envelope, headers={"Content-Type": DSSE, **headers})

    def bulk(self, lines: list[bytes], query: str = "") -> list[dict[str, Any]]:
        """POST lines; the answers with the last object at the end."""
        answer = self.http.post(f"/v1/submissions{query}", content=b"\n".join(lines), headers={"Content-Type": NDJSON})
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def accept(self, envelope: bytes) -> str:
        """Submit what must be accepted, check the receipt as a third party would; the digest."""
        answer = self.post(envelope)
        assert answer.status_code in (200, 201), answer.text
        verified = receipt.verify(answer.content, self.policy)
        assert verified.index == int(answer.headers["tocsin-index"])
        return str(answer.headers["tocsin-digest"])

    def refuse(self, envelope: bytes) -> tuple[int, str]:
        """Submit what must be refused; status and code. The log must not have grown."""
        before = self.size()
        answer = self.post(envelope)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert self.size() == before
        return answer.status_code, answer.json()["code"]

    def size(self) -> int:
        """The size that the newest checkpoint tells."""
        return int(self.http.get("/v1/log/checkpoint").text.splitlines()[1])

    def settle(self) -> None:
        """Wait until every reader has seen the whole log."""
        assert self.size() == 0 or self.hub.readers.wait_for(self.size() - 1, 10)

    def blob(self, digest: str, **headers: str) -> Any:
        """GET an envelope."""
        return self.http.get(f"/v1/blobs/{digest}", headers=headers)


class Crowd:
    """Members of a hub that runs in another process, on the real clock."""

    def __init__(self, made: keyring.Made, trusted: policy.Policy) -> None:
        self.policy = trusted
        self.authority = keyring.read_signing_key(made.authority_key)
        self.people: list[tuple[str, keys.SigningKey]] = []

    def enrol(self, url: str, count: int) -> None:
        """Enrol `count` new members over HTTP."""
        for _ in range(count):
            org = "org-" + base64.b32encode(secrets.token_bytes(16)).decode().lower().rstrip("=")[:26]
            key = keys.SigningKey.generate()
            asked = documents.enrolment_request(
                aud=self.policy.origin,
                org=org,
                kind="member",
                sector=SECTOR,
                region=REGION,
                agreement="2026-11",
                key=key,
                root=keys.SigningKey.generate(),
            )
            sealed = enrol.seal(
                asked,
                origin=self.policy.origin,
                authority_id=keyring.AUTHORITY_ID,
                authority_key=self.authority,
                now_unix_s=int(time.time()),
            )
            answer = httpx.post(
                f"{url}/v1/submissions", content=sealed, headers={"Content-Type": DSSE}, trust_env=False
            )
            assert answer.status_code == 201, answer.text
            self.people.append((org, key))

    def envelopes(self, member: int, count: int) -> list[bytes]:
        """Fresh attributed incidents of one member."""
        org, key = self.people[member]
        made = []
        for _ in range(count):
            payload = statement.build(
                kind="incident",
                aud=self.policy.origin,
                mode="attributed",
                kid=key.public.hex,
                cred=org,
                iat_unix_s=int(time.time()),
                prev=None,
                dir=None,
                body=incident(),
            )
            made.append(dsse.seal(statement.payload_type("incident"), payload, key))
        return made
