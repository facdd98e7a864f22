"""A receipt that was verified: nothing here believes a hub, and what does not verify is kept as evidence against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tocsin_client import errors, files
from tocsin_client.vault import Vault
from tocsin_trust import dsse, note, policy, receipt, statement
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

    def save(self, path: str | Path) -> None:
        """Write the bundle: anyone can check it with `tocsin verify` or `python -m tocsin_trust verify`."""
        files.write(Path(path), self.bundle)


def verified(bundle: bytes, pinned: policy.Policy, *, thread: str | None = None, replayed: bool = False) -> Receipt:
    """The receipt of a bundle, or VerificationError. Opens no socket."""
    try:
        found = receipt.verify(bundle, pinned)
        checkpoint = note.open_checkpoint(found.checkpoint_text, *pinned.log_verifiers)
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
        root=checkpoint.root.hex(),
        origin=found.origin,
        kind=said.kind,
        mode=said.mode,
        author_key=said.kid,
        thread=thread or digest,
        bundle=bundle,
        replayed=replayed,
    )


def believe(
    bundle: bytes,
    *,
    envelope: bytes,
    pinned: policy.Policy,
    vault: Vault,
    seen_before: tuple[int, str],
    thread: str | None,
    replayed: bool,
    newer_policy: Callable[[], policy.Policy | None],
) -> Receipt:
    """The receipt for an envelope that we sent, or VerificationError with the hub's answer kept as evidence.

    `seen_before` is (size, root) of the largest checkpoint known when the request was sent: a hub that later shows a
    smaller log, or another root for the same size, has rolled back or forked. `newer_policy` is asked once if the receipt
    does not hold: the hub may have changed its keys, which only a policy signed by the pinned root can say.
    """
    try:
        try:
            got = verified(bundle, pinned, thread=thread, replayed=replayed)
        except errors.VerificationError:
            fresh = newer_policy()
            if fresh is None:
                raise
            got = verified(bundle, fresh, thread=thread, replayed=replayed)
        if got.digest != dsse.unseal(envelope).digest.hex():
            raise errors.VerificationError(
                "wrong-receipt", "the receipt is for another statement", hint="Keep it as evidence."
            )
        require_forward(seen_before, got.tree_size, got.root)
    except errors.VerificationError as exc:
        kept = vault.keep_evidence(exc.code, bundle)
        raise errors.VerificationError(
            exc.code, exc.message, where=exc.where, hint=f"{exc.hint} It is kept at {kept}.".strip()
        ) from exc
    return got


def require_forward(seen: tuple[int, str], size: int, root: str) -> None:
    """Raise VerificationError if a checkpoint is older than, or contradicts, one seen before."""
    known_size, known_root = seen
    if size < known_size:
        raise errors.VerificationError(
            "log-rolled-back",
            f"the hub shows a log of {size} entries after it showed {known_size}",
            hint="The hub went back.",
        )
    if size == known_size and size and root != known_root:
        raise errors.VerificationError(
            "log-forked", f"the hub shows two different logs of {size} entries", hint="The hub keeps two logs."
        )


def seen(vault: Vault) -> tuple[int, str]:
    """The largest checkpoint that this profile has verified, as (size, root hex)."""
    known = vault.read("seen.json", {"size": 0, "root": ""})
    return int(known["size"]), str(known["root"])


def remember(vault: Vault, size: int, root: str) -> None:
    """Keep a verified checkpoint if it is larger than the one known."""
    if size > seen(vault)[0]:
        vault.keep("seen.json", {"size": size, "root": root})


def read_envelope(envelope: bytes) -> statement.Statement:
    """The statement of an envelope of our own; VerificationError if it does not open."""
    try:
        return statement.read(dsse.unseal(envelope))
    except trust_errors.TrustError as exc:
        raise errors.VerificationError(exc.code, f"the envelope does not open: {exc.code}") from exc
