"""From an approval to a verified receipt: seal, keep in the outbox, send, verify, keep; in this order, so nothing is lost.

If we die before the outbox write, nothing was sent and the draft is untouched. After it, the envelope is sent again by
`tocsin outbox --resend`; the hub answers the same bytes with the same index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin_client import errors, lineage, membership, receipts, sign, threads
from tocsin_client.outbox import Outbox
from tocsin_client.receipts import Receipt
from tocsin_client.redact.approval import Approved
from tocsin_client.transport import Transport
from tocsin_client.vault import Vault
from tocsin_trust import certificate, documents, dsse, keys, policy, statement
from tocsin_trust import errors as trust_errors

ENVELOPE_TYPE = "application/vnd.dsse+json"
BULK_TYPE = "application/x-ndjson"
BULK_LINES = 100
BULK_BYTES = 8_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One line of a bulk send: its number in the batch (from 0), and either a receipt or the hub's refusal."""

    number: int
    digest: str
    receipt: Receipt | None = field(default=None, repr=False)
    error: errors.ClientError | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of a batch."""

    items: tuple[BulkItem, ...] = field(repr=False)

    @property
    def accepted(self) -> tuple[BulkItem, ...]:
        """Lines whose receipt was verified."""
        return tuple(i for i in self.items if i.receipt is not None)

    @property
    def refused(self) -> tuple[BulkItem, ...]:
        """Lines that the hub refused."""
        return tuple(i for i in self.items if i.error is not None)


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs; `named` and `nameless` never share a connection."""

    vault: Vault
    outbox: Outbox
    pinned: policy.Policy
    named: Transport
    nameless: Transport
    clock: Callable[[], int]
    newer_policy: Callable[[], policy.Policy | None]
    day_size: Callable[[], int | None]  # the log size at the last UTC midnight, which nameless statements name

    def route(self, mode: str) -> Transport:
        """The connection for a mode."""
        return self.nameless if mode in sign.NAMELESS else self.named

    # --- sealing ----------------------------------------------------------------------------------------------------
    def credential(self, mode: str) -> tuple[keys.SigningKey, str]:
        """Author key and credential for a new record: the member's own, or a fresh key with a certificate of the hub."""
        org = str(self.vault.profile()["org"])
        member = self.vault.key("operational")
        if mode not in sign.NAMELESS:
            return member, org
        author = self.vault.make_author_key()
        asked = documents.pseudonym_request(
            aud=self.pinned.origin, org=org, author_key=author, iat_unix_s=self.clock(), key=member
        )
        answer = self.named.request("POST", "/v1/pseudonyms", content=asked, content_type="application/json").json()
        cred = str(answer.get("certificate", ""))
        self._check_certificate(cred, author.public)
        return author, cred

    def _check_certificate(self, cred: str, author: keys.PublicKey) -> None:
        """Raise VerificationError unless a key of the policy, or of a newer one, certified this author key for this hub."""
        issuers = list(self.pinned.certificate_keys)
        try:
            try:
                certificate.read(cred, issuers=issuers, aud=self.pinned.origin, author_key=author.hex)
            except trust_errors.TrustError:
                fresh = self.newer_policy()
                if fresh is None:
                    raise
                certificate.read(cred, issuers=fresh.certificate_keys, aud=fresh.origin, author_key=author.hex)
        except trust_errors.TrustError as exc:
            self.vault.keep_evidence(exc.code, cred.encode())
            raise errors.VerificationError(
                exc.code, "the hub's certificate does not verify", hint="Do not use it; tell the hub's operator."
            ) from exc

    def seal(self, approved: Approved) -> tuple[bytes, dict[str, Any]]:
        """Envelope and thread of a new record; its author key and local notes are durable on return."""
        author, cred = self.credential(approved.mode)
        day_size = self.day_size() if approved.mode in sign.NAMELESS else None
        envelope = sign.sign(
            approved, author, cred, aud=self.pinned.origin, now_unix_s=self.clock(), log_size_at_day=day_size
        )
        thread = threads.begun_by(envelope, at_unix_s=self.clock())
        self.vault.keep_notes(thread["thread"], threads.local_notes(approved))
        return envelope, thread

    # --- one --------------------------------------------------------------------------------------------------------
    def submit(self, approved: Approved) -> Receipt:
        """Seal and send a new record. UnreachableError, TooOftenError: it waits in the outbox."""
        try:
            envelope, thread = self.seal(approved)
        except (errors.UnreachableError, errors.TooOftenError):
            self.outbox.put_approval(
                sha256=approved.sha256,
                approval=approved.to_file(),
                kind=approved.kind,
                mode=approved.mode,
                at_unix_s=self.clock(),
            )
            raise
        receipt = self.send(envelope, kind=approved.kind, mode=approved.mode, thread=thread)
        self.outbox.forget_approval(approved.sha256)  # it may have waited there since an earlier try
        return receipt

    def send(self, envelope: bytes, *, kind: str, mode: str, thread: dict[str, Any] | None) -> Receipt:
        """Keep an envelope in the outbox, send it, believe the receipt only when verified, then forget the envelope."""
        digest = dsse.unseal(envelope).digest.hex()
        item = self.outbox.put(digest=digest, envelope=envelope, kind=kind, mode=mode, at_unix_s=self.clock())
        if thread is not None:
            self.vault.keep_thread(thread)
        seen_before = lineage.seen(self.vault)
        try:
            answer = self.route(mode).request("POST", "/v1/submissions", content=envelope, content_type=ENVELOPE_TYPE)
        except (errors.UnreachableError, errors.SetupError, errors.TooOftenError):
            raise
        except errors.ClientError as exc:
            if exc.code.startswith("http-"):
                raise  # not the hub's own word on these bytes, but a proxy's: keep them
            self.outbox.refuse(item, exc)
            if thread is not None and thread["thread"] == digest:
                self.vault.keep_thread({**thread, "state": "refused"})
            raise
        got = receipts.believe(
            answer.body, digest=digest, pinned=self.pinned, vault=self.vault, seen_before=seen_before, ask=lineage.asking(self.named),
            thread=thread["thread"] if thread else None, replayed=answer.headers.get("tocsin-replayed") == "true", newer_policy=self.newer_policy,
        )  # fmt: skip
        lineage.remember(self.vault, got.head)
        self.vault.keep_receipt(got.digest, got.bundle)
        if thread is not None:
            self._advance(thread, got)
        membership.settle(self.vault, envelope, got)
        self.outbox.remove(item)
        return got

    def resend(self, believe_approval: Callable[[bytes], Approved]) -> list[Receipt]:
        """Send all that waits, oldest first. What the hub refuses is put aside; UnreachableError, TooOftenError stop the round."""
        got: list[Receipt] = []
        for item in self.outbox.waiting():
            try:
                if item.approval is not None:
                    approved = believe_approval(item.approval)
                    envelope, thread = self.seal(approved)
                    self.outbox.put(
                        digest=thread["thread"],
                        envelope=envelope,
                        kind=item.kind,
                        mode=item.mode,
                        at_unix_s=item.at_unix_s,
                    )
                    self.outbox.remove(item.id)
                    got.append(self.send(envelope, kind=item.kind, mode=item.mode, thread=thread))
                elif len(item.envelopes) == 1:
                    envelope = item.envelopes[0]
                    got.append(self.send(envelope, kind=item.kind, mode=item.mode, thread=self._known_thread(envelope)))
                else:
                    got += [line.receipt for line in self.send_lines(item.envelopes) if line.receipt is not None]
            except errors.TooOftenError:
                raise
            except (errors.RefusedError, errors.InvalidError, errors.ConflictError):
                continue  # put aside under refused/ with its reason
        return got

    def _known_thread(self, envelope: bytes) -> dict[str, Any] | None:
        """The thread that an envelope of ours begins or continues; None for what is about keys and no record."""
        said = receipts.read_envelope(envelope)
        if said.kind in statement.IDENTITY_KINDS:
            return None
        try:
            return self.vault.thread_of(said.prev or said.digest.hex())
        except errors.SetupError:
            return threads.begun_by(envelope, at_unix_s=self.clock())  # we died before the thread was written

    def _advance(self, thread: dict[str, Any], got: Receipt) -> None:
        digests = thread["digests"] if got.digest in thread["digests"] else [*thread["digests"], got.digest]
        state = "withdrawn" if got.kind == "withdraw" else "accepted"
        self.vault.keep_thread({**thread, "digests": digests, "state": state, "index": thread.get("index", got.index)})

    # --- many -------------------------------------------------------------------------------------------------------
    def submit_many(self, batch: Sequence[Approved], progress: Progress | None) -> BulkResult:
        """Seal and send attributed records in requests of at most 100 lines and 8 MB."""
        author, org = self.credential("attributed")
        done: list[BulkItem] = []
        chunk: list[bytes] = []
        size = 0
        for number, approved in enumerate(batch):
            envelope = sign.sign(approved, author, org, aud=self.pinned.origin, now_unix_s=self.clock())
            if chunk and (len(chunk) == BULK_LINES or size + len(envelope) > BULK_BYTES):
                done += self.send_lines(chunk, len(done))
                if progress is not None:
                    progress(len(done), len(batch))
                chunk, size = [], 0
            chunk.append(envelope)
            size += len(envelope) + 1
            if number == len(batch) - 1:
                done += self.send_lines(chunk, len(done))
        if progress is not None:
            progress(len(done), len(batch))
        return BulkResult(tuple(done))

    def send_lines(self, lines: Sequence[bytes], offset: int = 0) -> list[BulkItem]:
        """Send up to 100 envelopes in one request; each accepted line's receipt is verified before any is believed."""
        begun = [threads.begun_by(envelope, at_unix_s=self.clock()) for envelope in lines]
        item = self.outbox.put_batch(envelopes=lines, mode="attributed", at_unix_s=self.clock())
        seen_before, ask = lineage.seen(self.vault), lineage.asking(self.named)
        answer = self.named.request(
            "POST",
            "/v1/submissions?proof=1",
            content=b"\n".join(lines) + b"\n",
            content_type=BULK_TYPE,
            accept=BULK_TYPE,
        )
        rows = _rows(answer.body, len(lines))
        shown = receipts.memo(self.pinned)
        result: list[BulkItem] = []
        for number, (row, thread) in enumerate(zip(rows, begun, strict=True)):
            if row.get("status") in (200, 201):
                got = receipts.believe(
                    json.dumps(row.get("receipt"), ensure_ascii=False).encode(), digest=thread["thread"], pinned=self.pinned,
                    vault=self.vault, seen_before=seen_before, ask=ask, thread=thread["thread"], replayed=bool(row.get("replayed")), newer_policy=self.newer_policy, shown=shown,
                )  # fmt: skip
                result.append(BulkItem(offset + number, got.digest, got))
            else:
                status = row.get("status")
                failure = errors.from_problem(status if isinstance(status, int) else 500, row)
                result.append(BulkItem(offset + number, thread["thread"], None, failure))
        self._keep_lines(item, lines, begun, result)
        return result

    def _keep_lines(
        self, item: str, lines: Sequence[bytes], begun: Sequence[dict[str, Any]], result: Sequence[BulkItem]
    ) -> None:
        accepted = [line.receipt for line in result if line.receipt is not None]
        kept = [
            {**t, "state": "accepted", "index": r.receipt.index}
            if r.receipt
            else {**t, "state": threads.state_after(r.error)}
            for t, r in zip(begun, result, strict=True)
        ]
        self.vault.keep_batch(item, kept, {got.digest: got.bundle for got in accepted})
        if accepted:
            newest = max(accepted, key=lambda got: got.tree_size)
            lineage.remember(self.vault, newest.head)
        for envelope, thread, line in zip(lines, begun, result, strict=True):
            if line.error is not None:
                single = self.outbox.put(
                    digest=line.digest,
                    envelope=envelope,
                    kind=thread["kind"],
                    mode=thread["mode"],
                    at_unix_s=self.clock(),
                )
                if not isinstance(line.error, errors.UnreachableError | errors.TooOftenError):
                    self.outbox.refuse(single, line.error)
        self.outbox.remove(item)


def _rows(body: bytes, wanted: int) -> list[dict[str, Any]]:
    """The lines of a bulk answer in order; UnreachableError if the hub answered fewer than were sent (all stay kept)."""
    try:
        rows = [json.loads(line) for line in body.splitlines() if line.strip()]
        found = {int(row["line"]): row for row in rows if "line" in row}
        return [found[number] for number in range(1, wanted + 1)]
    except (ValueError, KeyError, TypeError) as exc:
        raise errors.UnreachableError(
            "hub-fault", "the hub did not answer for every line; all are kept", hint="tocsin outbox --resend"
        ) from exc
