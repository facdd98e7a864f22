"""A receipt that was verified: nothing here believes a hub, and what does not verify is kept as evidence against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tocsin_client import errors, files, lineage
from tocsin_client.vault import Vault
from tocsin_trust import dsse, policy, receipt, statement
from tocsin_trust import errors as trust_errors


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a hub signed about one statement, after it was verified against the pinned policy."""

    digest: str
    index: int
    tree_size: int
    root: str
    origin: str
    kind: str
    mode: str
    author_key: str
    thread: str
    bundle: bytes = field(repr=False)
    replayed: bool = False
    checkpoint: str = field(default="", repr=False)

    @property
    def head(self) -> lineage.Head:
        """The head of the log under which the receipt was made."""
        return lineage.Head(self.tree_size, self.root, self.checkpoint)

    def save(self, path: str | Path) -> None:
        """Write the bundle: anyone can check it with `tocsin verify` or `python -m tocsin_trust verify`."""
        files.write(Path(path), self.bundle)


def memo(pinned: policy.Policy) -> receipt.Memo:
    """What the receipts of one bulk answer share, so that it is verified once."""
    return receipt.Memo(pinned)


def verified(
    bundle: bytes,
    pinned: policy.Policy,
    *,
    thread: str | None = None,
    replayed: bool = False,
    shown: receipt.Memo | None = None,
) -> Receipt:
    """The receipt of a bundle, or VerificationError. Opens no socket. `shown`: what earlier receipts have shown."""
    try:
        found = receipt.verify(bundle, pinned, memo=shown)
    except trust_errors.TrustError as exc:
        raise errors.VerificationError(
            exc.code,
            f"the receipt does not verify: {exc.code}",
            where=exc.where,
            hint="Do not believe this receipt. Keep it, and tell the hub's operator and your peers.",
        ) from exc
    said = found.statement
    digest = said.digest.hex()
    return Receipt(
        digest=digest,
        index=found.index,
        tree_size=found.tree_size,
        root=found.root.hex(),
        origin=found.origin,
        kind=said.kind,
        mode=said.mode,
        author_key=said.kid,
        thread=thread or digest,
        bundle=bundle,
        replayed=replayed,
        checkpoint=found.checkpoint_text,
    )


def believe(
    bundle: bytes,
    *,
    digest: str,
    pinned: policy.Policy,
    vault: Vault,
    seen_before: lineage.Head,
    ask: lineage.Ask,
    thread: str | None,
    replayed: bool,
    newer_policy: Callable[[], policy.Policy | None],
    shown: receipt.Memo | None = None,
) -> Receipt:
    """The receipt for the statement of ours that has `digest` (hex), or VerificationError with the hub's answer kept as evidence.

    `seen_before` is the largest head known when the request was sent; the receipt's must be shown to continue it, by a
    consistency proof from `ask`. `newer_policy` is asked once if the receipt does not hold: the hub may have changed its
    keys, which only a policy signed by the pinned root can say.
    """
    try:
        try:
            got = verified(bundle, pinned, thread=thread, replayed=replayed, shown=shown)
        except errors.VerificationError:
            fresh = newer_policy()
            if fresh is None:
                raise
            got = verified(bundle, fresh, thread=thread, replayed=replayed)
        if got.digest != digest:
            raise errors.VerificationError(
                "wrong-receipt", "the receipt is for another statement", hint="Keep it as evidence."
            )
        lineage.require_follows(vault, seen_before, got.head, ask)
    except errors.VerificationError as exc:
        kept = vault.keep_evidence(exc.code, bundle)
        raise errors.VerificationError(
            exc.code, exc.message, where=exc.where, hint=f"{exc.hint} It is kept at {kept}.".strip()
        ) from exc
    return got


def read_envelope(envelope: bytes) -> statement.Statement:
    """The statement of an envelope of our own; VerificationError if it does not open."""
    try:
        return statement.read(dsse.unseal(envelope))
    except trust_errors.TrustError as exc:
        raise errors.VerificationError(exc.code, f"the envelope does not open: {exc.code}") from exc
