"""How a command talks to a running hub: over HTTP, through the one door, like everybody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tocsin_hub.cli.voice import SETUP, UNREACHABLE, UNVERIFIED, Stop, exit_code_of
from tocsin_trust import documents, dsse, keys, policy, statement

TIMEOUT_S = 30.0
PASSPHRASE_VARIABLE = "TOCSIN_KEY_PASSPHRASE"  # noqa: S105  the name of a variable


class Doorbell:
    """A hub at `url`. Answers are JSON objects; a refusal becomes a Stop with the hub's code and hint."""

    def __init__(self, url: str, lang: str = "en") -> None:
        self.url = url.rstrip("/")
        self.lang = lang
        headers = {"Accept-Language": lang}
        self._policy: policy.Policy | None = None
        self._http = httpx.Client(base_url=self.url, timeout=TIMEOUT_S, headers=headers, trust_env=False)

    def __enter__(self) -> Doorbell:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, token: str | None = None) -> httpx.Response:
        """GET, with a reading token if one is given, raising Stop for anything but 2xx."""
        return self._send("GET", path, None, token)

    def post(self, path: str, envelope: bytes) -> httpx.Response:
        """POST one envelope, raising Stop for anything but 2xx."""
        return self._send("POST", path, envelope)

    def policy(self) -> policy.Policy:
        """The hub's policy, asked for once. An operator's command pins no root: it acts on the operator's own hub."""
        if self._policy is None:
            self._policy = policy.read(self.get("/.well-known/tocsin/policy.json").content)
        return self._policy

    def login_document(self, origin: str, key: keys.SigningKey) -> bytes:
        """A fresh challenge of this hub, answered with `key`."""
        challenge = self._send("POST", "/v1/login/challenge", b"").json()
        issued = int(challenge["expiresUnixS"]) - 60
        return documents.login(aud=origin, nonce=challenge["nonce"], iat_unix_s=issued, key=key)

    @contextmanager
    def logged_in(self, key: keys.SigningKey) -> Iterator[str]:
        """A reading token for `key`, given back when the block ends."""
        token = str(self.post("/v1/login", self.login_document(self.policy().origin, key)).json()["token"])
        try:
            yield token
        finally:
            self._send("DELETE", "/v1/login", None, token)

    def submit(self, envelope: bytes) -> dict[str, Any]:
        """Send through the door, and say where it stands: index, digest, replayed."""
        answer = self.post("/v1/submissions", envelope)
        return {
            "index": int(answer.headers["tocsin-index"]),
            "digest": answer.headers["tocsin-digest"],
            "replayed": answer.headers["tocsin-replayed"] == "true",
        }

    def _send(self, method: str, path: str, content: bytes | None, token: str | None = None) -> httpx.Response:
        headers = {} if content is None else {"Content-Type": "application/vnd.dsse+json"}
        headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            answer = self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise Stop(
                UNREACHABLE,
                "hub-unreachable",
                f"No hub answers at {self.url} ({type(error).__name__}).",
                "Start it with: tocsin-hub serve; or name it with --hub URL.",
            ) from None
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
            raise Stop(
                exit_code_of(answer.status_code), str(problem["code"]), str(problem["code"]), str(problem["hint"])
            )
        except (ValueError, KeyError, TypeError):
            raise Stop(
                UNVERIFIED, "not-a-hub", f"What answers at {self.url} is no hub.", "Check the address."
            ) from None


def attributed(key: keys.SigningKey, kind: str, cred: str, origin: str, now_unix_s: int, body: dict[str, Any]) -> bytes:
    """A sealed attributed statement that opens no thread."""
    payload = statement.build(
        kind=kind,
        aud=origin,
        mode="attributed",
        kid=key.public.hex,
        cred=cred,
        iat_unix_s=now_unix_s,
        prev=None,
        dir=None,
        body=body,
    )
    return dsse.seal(statement.payload_type(kind), payload, key)


def read_key(path: Path) -> keys.SigningKey:
    """The signing key in a PKCS #8 file that nobody else can read; TOCSIN_KEY_PASSPHRASE opens it. Raises Stop."""
    try:
        mode = path.stat().st_mode
        pem = path.read_bytes()
    except OSError as error:
        raise Stop(SETUP, "key-file-missing", f"Cannot read {path}: {error.strerror}", "Name the key file.") from None
    if mode & 0o077:
        raise Stop(SETUP, "key-file-open", f"Others can read {path}.", f"chmod 600 {path}")
    return keys.SigningKey.from_pkcs8(pem, os.environ.get(PASSPHRASE_VARIABLE))
