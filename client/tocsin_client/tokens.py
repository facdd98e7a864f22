"""Reading tokens: a signed challenge gives one per subject, cached until it expires and asked anew when the hub refuses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tocsin_client import errors
from tocsin_client.transport import Transport
from tocsin_client.vault import Vault
from tocsin_trust import documents, keys

_EARLY_S = 60

T = TypeVar("T")


class Tokens:
    """The tokens of one profile. A subject is "org" or an author key (64 hex); each has its own token."""

    def __init__(self, vault: Vault, origin: str, clock: Callable[[], int]) -> None:
        self._vault = vault
        self._origin = origin
        self._clock = clock
        self._known: dict[str, tuple[str, int]] = {}

    def get(self, transport: Transport, subject: str, *, fresh: bool = False) -> str:
        """A valid token for `subject`, from memory, from the vault, or by logging in."""
        if not fresh:
            token, expires = self._known.get(subject) or self._stored(subject)
            if token and expires > self._clock() + _EARLY_S:
                return token
        return self.login(transport, subject)

    def login(self, transport: Transport, subject: str) -> str:
        """Sign the hub's challenge and keep the token."""
        key = self._key(subject)
        challenge = transport.request("POST", "/v1/login/challenge", content=b"").json()
        document = documents.login(
            aud=self._origin, nonce=str(challenge.get("nonce", "")), iat_unix_s=self._clock(), key=key
        )
        answer = transport.request("POST", "/v1/login", content=document, content_type="application/json").json()
        token, expires = str(answer["token"]), int(answer["expiresUnixS"])
        self._known[subject] = (token, expires)
        stored = self._vault.read("tokens.json", {})
        live = {name: row for name, row in stored.items() if int(row["expires_unix_s"]) > self._clock()}
        live[subject] = {"token": token, "expires_unix_s": expires}
        self._vault.keep("tokens.json", live)
        return token

    def logout(self, transport: Transport, subject: str) -> None:
        """Revoke the token at the hub and forget it here."""
        token = (self._known.pop(subject, None) or self._stored(subject))[0]
        stored = self._vault.read("tokens.json", {})
        if stored.pop(subject, None) is not None:
            self._vault.keep("tokens.json", stored)
        if token:
            transport.request("DELETE", "/v1/login", token=token)

    def with_token(self, transport: Transport, subject: str, send: Callable[[str], T]) -> T:
        """Send with a token; if the hub no longer knows it, log in once more and send again."""
        try:
            return send(self.get(transport, subject))
        except errors.RefusedError as exc:
            if exc.code not in ("token-invalid", "login-required"):
                raise
        return send(self.get(transport, subject, fresh=True))

    def _stored(self, subject: str) -> tuple[str, int]:
        row = self._vault.read("tokens.json", {}).get(subject)
        return (str(row["token"]), int(row["expires_unix_s"])) if row else ("", 0)

    def _key(self, subject: str) -> keys.SigningKey:
        return self._vault.key("operational" if subject == "org" else subject)
