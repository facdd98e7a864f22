"""`Hub`, a hub as its user sees it: join, preview, submit, amend, withdraw, status, search, trends, verify.

    with Hub("https://hub.example") as hub:
        preview = hub.preview(Draft.load("draft.yaml"))
        receipt = hub.submit(preview.approve(by="compliance", decisions={"s1": "replace"}))

Nothing leaves without an approval; no receipt is returned before it is verified; what cannot be sent waits in the outbox.
Long because this is the whole face of the SDK, and its user reads it in one place; the work is done in the files it names.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from tocsin_client import backup, errors, joining, lineage, membership, reading, receipts, sending, sign
from tocsin_client.draft import Draft
from tocsin_client.outbox import Outbox
from tocsin_client.receipts import Receipt
from tocsin_client.redact import batch, gate
from tocsin_client.redact.approval import Approved, ApprovedBatch
from tocsin_client.redact.dictionary import HEADER, Dictionary
from tocsin_client.redact.preview import Preview
from tocsin_client.tokens import Tokens
from tocsin_client.transport import Answer, Transport
from tocsin_client.trends import Trends
from tocsin_client.vault import Vault, default_home
from tocsin_taxonomy import vocab
from tocsin_trust import policy

if TYPE_CHECKING:
    import httpx

R = TypeVar("R", reading.Page, Trends)


def system_clock() -> int:
    """This machine's clock, in unix seconds."""
    return int(time.time())


class Hub:
    """One hub and one profile. Use it as a context manager, or call `close`.

    `url` may be None if the profile has joined. `public=True` reads as the public does and needs no profile.
    `transport` replaces the network (httpx), `clock` the time; `ask_passphrase` is called at most once.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        profile: str = "default",
        home: Path | str | None = None,
        transport: httpx.BaseTransport | None = None,
        lang: str = "en",
        clock: Callable[[], int] = system_clock,
        ask_passphrase: Callable[[], str] | None = None,
        public: bool = False,
    ) -> None:
        self.vault = Vault(home or default_home(), profile, ask_passphrase=ask_passphrase)
        if url is None:
            url = str(self.vault.profile()["url"])
        elif self.vault.exists and not public and self.vault.profile()["url"] != url.rstrip("/"):
            raise errors.SetupError(
                "other-hub",
                "this profile has joined another hub",
                hint="Choose another profile, or leave the address out.",
            )
        self.lang = lang
        self.public = public
        self._clock = clock
        self._named = Transport(url, lang=lang, transport=transport)
        self._nameless = Transport(url, lang=lang, transport=transport)
        self._tokens: Tokens | None = None
        self._last_index = -1  # of what this Hub has sent
        self._day_size: tuple[str, int | None] = ("", None)  # a day, and the log size at its beginning

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._named.close()
        self._nameless.close()

    # --- joining ----------------------------------------------------------------------------------------------------
    def join(
        self,
        *,
        sector: str,
        region: str,
        fingerprint: str | None = None,
        confirm: joining.Confirm | None = None,
        kind: str = "member",
        agreement: str = joining.AGREEMENT,
        name: str | None = None,
        publish_name: bool = False,
        passphrase: joining.Passphrase = None,
        demo: bool = False,
    ) -> joining.Joined:
        """Pin the hub's root after its fingerprint was compared, make keys, ask to be enrolled. Safe to repeat.

        Give `fingerprint` (words or hex) or `confirm`, which is shown origin and fingerprint and answers True. `name` goes
        to the hub's operator only, unless `publish_name`. Without `passphrase` (or a function that asks for one, once the root
        is pinned) the keys lie unencrypted, 0600.
        """
        pinned = joining.pin(self.vault, self._named, fingerprint=fingerprint, confirm=confirm, now=self._clock())
        envelope = joining.request(
            self.vault, pinned, url=self._named.url, kind=kind, sector=sector, region=region, agreement=agreement,
            passphrase=passphrase, lang=self.lang, demo=demo,
        )  # fmt: skip
        path = self.vault.path / "dictionary.txt"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(HEADER, encoding="utf-8")
        return joining.post_request(self.vault, self._named, envelope, name=name, publish_name=publish_name)

    def enrolment(self) -> dict[str, Any] | None:
        """This organisation as the hub's directory shows it, or None while the request is pending."""
        org = self.vault.profile()["org"]
        try:
            return self._named.request("GET", f"/v1/directory/{org}").json()
        except errors.RefusedError as exc:
            if exc.code != "not-found":
                raise
            return None

    def request_waits(self) -> bool:
        """Whether the request to be enrolled still waits at the hub; one that was declined or dropped may be made again by `join`."""
        return joining.request_waits(self.vault, self._named)

    def directory(self) -> list[dict[str, Any]]:
        """All enrolled organisations as anybody may see them."""
        answer = self._named.request("GET", "/v1/directory").json()
        size, members = answer.get("daySize"), answer.get("members")
        known = type(size) is int and 0 <= size < 2**53
        self._day_size = (_day(self._clock()), size if known else None)
        return [m for m in members if isinstance(m, dict)] if isinstance(members, list) else []

    def refresh_policy(self) -> int:
        """Take the hub's newest policy if the pinned root signed it; returns its version."""
        return joining.refresh_policy(self.vault, self._named, now=self._clock()).version

    def check_log(self) -> tuple[lineage.Head, lineage.Head]:
        """Believe the hub's newest checkpoint if it continues the last one believed: (before, now). VerificationError if not."""
        return lineage.check(self.vault, self._named, self._pinned())

    def now(self) -> int:
        """This client's clock, in unix seconds."""
        return self._clock()

    def server_date(self) -> str | None:
        """The Date header of the hub, for comparing clocks."""
        return self._named.request("GET", "/healthz").headers.get("date")

    def login(self) -> None:
        """Get a fresh reading token for this organisation."""
        self._session().get(self._named, "org", fresh=True)

    def logout(self) -> None:
        """Revoke the reading token of this organisation."""
        self._session().logout(self._named, "org")

    # --- own keys, own tokens ----------------------------------------------------------------------------------------
    def keys(self) -> list[dict[str, Any]]:
        """The keys of this organisation: key, role, addedIndex, revokedIndex, here (stored in this profile), current (signs)."""
        return membership.listed(self.vault, self.enrolment())

    def add_key(self, *, root: Path | None = None) -> Receipt:
        """Make a new member key, have the root add it (from the profile, or from the file `root`), and sign with it from then on."""
        sender, signer = self._sender(), membership.root_key(self.vault, root)
        fresh = self.vault.make_member_key()
        envelope = membership.addition(self.vault, sender.pinned, fresh, signer, now=self._clock())
        try:
            return self._seen(sender.send(envelope, kind="key-add", mode="attributed", thread=None))
        except errors.TooOftenError:
            raise
        except (errors.RefusedError, errors.InvalidError, errors.ConflictError):
            self.vault.forget_member_key(fresh.public.hex)
            raise

    def revoke_key(self, key: str, reason: str = "rotated", *, root: Path | None = None) -> Receipt:
        """End a key of this organisation for good (hex, or its first 8 characters), signed by the member key or by `root`.

        All reading tokens of the organisation end too. A key revoked can no longer amend or withdraw what it signed.
        """
        sender, ended = self._sender(), membership.named(self.keys(), key)
        signer = self.vault.key("operational") if root is None else membership.root_key(self.vault, root)
        envelope = membership.revocation(self.vault, sender.pinned, ended["key"], reason, signer, now=self._clock())
        return self._seen(sender.send(envelope, kind="key-revoke", mode="attributed", thread=None))

    def move_root(self, path: Path) -> Path:
        """Move the root key out of this profile, to a file that is kept offline."""
        return membership.move_root(self.vault, path)

    def backup(self, path: Path, passphrase: str) -> backup.Restored:
        """Write this profile, keys and all, to one encrypted file; `tocsin_client.restore_backup` makes a profile of it."""
        return backup.write(self.vault, path, passphrase)

    def leave(self, *, root: Path | None = None) -> Receipt:
        """Leave the hub for good: no new records, no way back under this id. Withdrawing still works; keep the keys for it."""
        sender, signer = self._sender(), membership.root_key(self.vault, root)
        envelope = membership.leaving(self.vault, sender.pinned, signer, now=self._clock())
        return self._seen(sender.send(envelope, kind="suspend", mode="attributed", thread=None))

    def tokens(self) -> list[dict[str, Any]]:
        """The reading tokens of this organisation that are good: id, label (None for a login's), createdUnixS, expiresUnixS."""
        found = self._as_org("GET", "/v1/tokens").json().get("tokens")
        return [t for t in found if isinstance(t, dict)] if isinstance(found, list) else []

    def new_token(self, label: str, days: int = 90) -> dict[str, Any]:
        """A long-lived token for a program that reads; `token` in the answer is shown this once and not kept here."""
        return self._as_org("POST", "/v1/tokens", {"label": label, "days": days}).json()

    def revoke_token(self, token_id: str) -> None:
        """End a token by its id."""
        if not token_id.isalnum():
            raise errors.UsageError("bad-token-id", "a token is named by its id", hint="tocsin tokens list")
        self._as_org("DELETE", f"/v1/tokens/{token_id}")

    # --- the gate ---------------------------------------------------------------------------------------------------
    def dictionary(self) -> Dictionary:
        """The own dictionary of this profile (empty if there is none)."""
        path = self.vault.path / "dictionary.txt"
        return Dictionary.load(path) if path.exists() else Dictionary()

    def preview(self, draft: Draft, mode: str = "pseudonymous") -> Preview:
        """What would leave. The draft stays here; only the whole public directory is fetched, to count who could have written it."""
        try:
            members: Sequence[Mapping[str, Any]] | None = self.directory()
        except errors.ClientError:
            members = None  # shown to the person as "not known"
        return gate.check(draft, mode, dictionary=self.dictionary(), directory=members, today=_day(self._clock()))

    def approve_public_batch(self, drafts: Iterable[Draft], statement: str, by: str) -> ApprovedBatch:
        """Approve public-source drafts by one statement, with this profile's own dictionary (see redact/batch.py)."""
        return batch.approve_public_batch(
            drafts, statement, by, today=_day(self._clock()), dictionary=self.dictionary()
        )

    def approval_from_file(self, data: bytes) -> Approved:
        """An approval made earlier, checked again with this profile's dictionary."""
        return gate.approval_from_file(data, dictionary=self.dictionary())

    # --- sending ----------------------------------------------------------------------------------------------------
    def submit(self, approved: Approved, *, again: bool = False) -> Receipt:
        """Sign, send, and return the verified receipt.

        UnreachableError: kept in the outbox. VerificationError: the hub's answer is kept as evidence. ConflictError
        `already-sent`: this profile has the same body in the log or under way; `again=True` sends it as another record.
        """
        _require_approved(approved)
        if not again:
            known = [
                t
                for t in self.vault.threads()
                if t.get("body_sha256") == approved.sha256 and t["state"] in ("sent", "accepted")
            ]
            if known:
                raise errors.ConflictError(
                    "already-sent",
                    "this profile has sent the same record before",
                    where=known[0]["thread"],
                    hint="tocsin status",
                )
        return self._seen(self._sender().submit(approved))

    def submit_many(
        self, records: ApprovedBatch | Sequence[Approved], progress: sending.Progress | None = None
    ) -> sending.BulkResult:
        """Send an approved batch in bulk requests; `progress(done, total)` after each. Records already sent are left out.

        Refused lines do not stop the others; look at `.refused`. UnreachableError: what was under way is in the outbox.
        """
        items = list(records)
        for approved in items:
            _require_approved(approved)
            if approved.mode in sign.NAMELESS:
                raise errors.UsageError(
                    "bulk-attributed-only", "bulk requests are for attributed records", hint="Use submit."
                )
        known = {t.get("body_sha256") for t in self.vault.threads() if t["state"] == "accepted"}
        result = self._sender().submit_many([a for a in items if a.sha256 not in known], progress)
        for item in result.accepted:
            if item.receipt is not None:
                self._seen(item.receipt)
        return result

    def amend(self, record: str | Receipt, approved: Approved) -> Receipt:
        """Replace the newest version of a thread of ours; `record` is a digest (or its first 8 characters), receipt, or record id."""
        _require_approved(approved)
        thread = self.thread(record)
        if (approved.kind, approved.mode) != (thread["kind"], thread["mode"]):
            raise errors.ConflictError(
                "kind-changed", "a thread keeps its kind and mode", hint="Withdraw it and submit a new record."
            )
        envelope = sign.sign(
            approved, membership.signing_key(self.vault, thread), thread["cred"], aud=self._pinned().origin,
            now_unix_s=self._clock(), prev=thread["digests"][-1],
            log_size_at_day=self._size_at_day() if thread["mode"] in sign.NAMELESS else None,
        )  # fmt: skip
        return self._seen(self._sender().send(envelope, kind="amend", mode=thread["mode"], thread=thread))

    def withdraw(self, record: str | Receipt, reason: str = "error") -> Receipt:
        """Take a record back: its text is erased at the hub, a tombstone and the log's leaves stay."""
        if reason not in vocab.WITHDRAW_REASONS:
            raise errors.UsageError("unknown-reason", f"reason must be one of {', '.join(vocab.WITHDRAW_REASONS)}")
        thread = self.thread(record)
        envelope = sign.sign_withdrawal(
            reason, membership.signing_key(self.vault, thread), thread["cred"], aud=self._pinned().origin, mode=thread["mode"],
            now_unix_s=self._clock(), prev=thread["digests"][-1],
        )  # fmt: skip
        return self._seen(self._sender().send(envelope, kind="withdraw", mode=thread["mode"], thread=thread))

    def resend(self) -> list[Receipt]:
        """Send what waits in the outbox, oldest first; stops with UnreachableError when the hub does not answer."""
        return [self._seen(receipt) for receipt in self._sender().resend(self.approval_from_file)]

    @property
    def outbox(self) -> Outbox:
        """What waits, and what was refused for good."""
        return Outbox(self.vault.path)

    # --- reading ----------------------------------------------------------------------------------------------------
    def status(self, record: str | Receipt | None = None) -> Any:
        """How a record of ours stands at the hub (a dict); without argument the list of own threads, from this disk."""
        if record is None:
            return self.vault.threads()
        thread = self.thread(record)
        nameless = thread["mode"] in sign.NAMELESS
        route, subject = (self._nameless, thread["author_key"]) if nameless else (self._named, "org")
        return self._session().with_token(
            route,
            subject,
            lambda token: route.request("GET", f"/v1/submissions/{thread['thread']}", token=token).json(),
        )

    def search(self, **filters: Any) -> reading.Page:
        """Records this reader may see, newest first: kinds, tags, sectors, regions, years, text, severity_min, first, after, …"""
        return self._caught_up(lambda: reading.search(self._graphql, **filters))

    def show(self, record_id: str) -> dict[str, Any]:
        """One record by its id (TOC-I-2026-000007); RefusedError `not-found` if it is not there for this reader."""
        return reading.show(self._graphql, record_id)

    def trends(self, by: Sequence[str] = ("category",), **filters: Any) -> Trends:
        """Exact counts over the records this reader may see, by one or two dimensions."""
        return self._caught_up(lambda: reading.trends(self._graphql, by, lang=self.lang, **filters))

    def verify(self, receipt: Receipt | bytes | str | Path) -> Receipt:
        """Check a receipt against the pinned policy, with no network. VerificationError if it does not hold."""
        if isinstance(receipt, Receipt):
            bundle = receipt.bundle
        else:
            bundle = receipt if isinstance(receipt, bytes) else Path(receipt).read_bytes()
        return receipts.verified(bundle, self._pinned())

    def _caught_up(self, read: Callable[[], R]) -> R:
        """Read until the answer reflects what this Hub has sent, so that one sees one's own record; at most two seconds."""
        for _ in range(40):
            found = read()
            if found.as_of > self._last_index:
                return found
            time.sleep(0.05)
        return read()

    # --- parts ------------------------------------------------------------------------------------------------------
    def _seen(self, receipt: Receipt) -> Receipt:
        self._last_index = max(self._last_index, receipt.index)
        return receipt

    def _pinned(self) -> policy.Policy:
        return joining.pinned_policy(self.vault)

    def _session(self) -> Tokens:
        if self._tokens is None:
            self._tokens = Tokens(self.vault, self._pinned().origin, self._clock)
        return self._tokens

    def _sender(self) -> sending.Sender:
        now = self._clock()
        pinned = joining.policy_for_sending(self.vault, self._named, now=now)
        return sending.Sender(
            self.vault, self.outbox, pinned, self._named, self._nameless, self._clock,
            lambda: joining.newer_policy(self.vault, self._named, than=pinned.version, now=now), self._size_at_day,
        )  # fmt: skip

    def _size_at_day(self) -> int | None:
        """The size of the log at the last UTC midnight, the same for every member all day: a nameless statement names it."""
        if self._day_size[0] != _day(self._clock()):
            self.directory()
        return self._day_size[1]

    def _as_org(self, method: str, path: str, value: Any = None) -> Answer:
        """A request with the token of this organisation."""
        content = None if value is None else json.dumps(value, ensure_ascii=False).encode("utf-8")
        kind = None if value is None else "application/json"
        return self._session().with_token(
            self._named, "org",
            lambda token: self._named.request(method, path, content=content, content_type=kind, token=token),
        )  # fmt: skip

    def _graphql(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        if self.public or not self.vault.has_key("operational"):
            return reading.post(self._named, None, query, variables)
        return self._session().with_token(
            self._named, "org", lambda token: reading.post(self._named, token, query, variables)
        )

    def thread(self, record: str | Receipt) -> dict[str, Any]:
        """What this profile keeps of a record of ours: thread, digests, mode, kind, title."""
        if isinstance(record, Receipt):
            return self.vault.thread_of(record.digest)
        if record.count("-") >= 3:
            digest = self.show(record).get("digest")
            if digest is None:
                raise errors.ConflictError("thread-withdrawn", "this record is a tombstone", hint="Begin a new record.")
            return self.vault.thread_of(str(digest))
        return self.vault.thread_of(record)

    def mode_of(self, record: str) -> str:
        """The mode of a record of ours, which its amendments keep."""
        return str(self.thread(record)["mode"])


def _require_approved(approved: object) -> None:
    if type(approved) is not Approved:
        raise errors.GateError(
            "not-approved", "only an Approved can be sent", hint="Use hub.preview(draft).approve(by=…)."
        )


def _day(now_unix_s: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(now_unix_s))
