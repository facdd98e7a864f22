"""One log that only grows: every checkpoint believed is kept, and the next must be shown to continue it.

A receipt shows that an entry is in *a* log of this hub's key. That it is the log which this profile saw before takes a
consistency proof from the old size to the new one (RFC 9162). A hub that went back, or keeps two logs, cannot give it;
then nothing is believed, and both signed checkpoints are kept as evidence, which is all that a third party needs.

The proof is asked for on the connection that bears our name, also after a nameless record: the sizes tell the operator
no more than the request for the certificate did.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from tocsin_client import errors
from tocsin_client.transport import Transport
from tocsin_client.vault import Vault
from tocsin_trust import errors as trust_errors
from tocsin_trust import merkle, note, policy

SEEN_FILE = "seen.json"
MAX_HASHES = 130

Ask = Callable[[int, int], list[bytes]]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a log: `root` in hex, `checkpoint` the signed text that said so (empty if nothing was seen yet)."""

    size: int
    root: str
    checkpoint: str = field(default="", repr=False)


def seen(vault: Vault) -> Head:
    """The largest head that this profile has believed."""
    known = vault.read(SEEN_FILE, {"size": 0, "root": ""})
    return Head(int(known["size"]), str(known["root"]), str(known.get("checkpoint", "")))


def remember(vault: Vault, head: Head) -> None:
    """Keep a head that was believed, if it is larger than the one known."""
    if head.size > seen(vault).size:
        vault.keep(SEEN_FILE, asdict(head))


def asking(transport: Transport) -> Ask:
    """The hub's consistency proofs, fetched once for each pair of sizes."""
    known: dict[tuple[int, int], list[bytes]] = {}

    def ask(old: int, new: int) -> list[bytes]:
        if (old, new) not in known:
            known[old, new] = _fetch(transport, old, new)
        return known[old, new]

    return ask


def _fetch(transport: Transport, old: int, new: int) -> list[bytes]:
    try:
        answer = transport.request("GET", f"/v1/log/consistency?old={old}&new={new}").json()
        hashes = answer["hashes"]
        if len(hashes) > MAX_HASHES:
            raise ValueError
        return [bytes.fromhex(text) for text in hashes]
    except (errors.UnreachableError, errors.TooOftenError):
        raise
    except (errors.ClientError, KeyError, TypeError, ValueError) as exc:
        raise errors.VerificationError(
            "consistency-missing",
            f"the hub gives no proof that its log of {new} entries continues the {old} that were seen",
            hint="A hub that keeps one log can always give it. Ask the operator over another channel.",
        ) from exc


def require_follows(vault: Vault, before: Head, now: Head, ask: Ask) -> None:
    """Raise VerificationError, with both heads kept as evidence, unless the log under `now` continues the one under `before`."""
    hashes: list[bytes] = []
    try:
        _require_forward(before, now)
        if 0 < before.size < now.size:
            hashes = ask(before.size, now.size)
            _require_consistent(before, now, hashes)
    except errors.VerificationError as exc:
        proof = {"v": 1, "type": "tocsin-fork-evidence", "before": asdict(before), "now": asdict(now)}
        kept = vault.keep_evidence(
            exc.code, json.dumps({**proof, "hashes": [each.hex() for each in hashes]}, indent=1).encode()
        )
        exc.hint = f"{exc.hint} Both checkpoints are kept at {kept}.".strip()
        raise


def _require_forward(before: Head, now: Head) -> None:
    if now.size < before.size:
        raise errors.VerificationError(
            "log-rolled-back",
            f"the hub shows a log of {now.size} entries after it showed {before.size}",
            hint="The hub went back.",
        )
    if now.size == before.size and now.size and now.root != before.root:
        raise errors.VerificationError(
            "log-forked", f"the hub shows two different logs of {now.size} entries", hint="The hub keeps two logs."
        )


def _require_consistent(before: Head, now: Head, hashes: list[bytes]) -> None:
    try:
        merkle.verify_consistency(before.size, now.size, bytes.fromhex(before.root), bytes.fromhex(now.root), hashes)
    except trust_errors.TrustError as exc:
        raise errors.VerificationError(
            "log-forked",
            f"the hub's log of {now.size} entries does not begin with the {before.size} that it showed before",
            hint="The hub keeps two logs, or has changed an entry.",
        ) from exc


def check(vault: Vault, transport: Transport, pinned: policy.Policy) -> tuple[Head, Head]:
    """Fetch the newest checkpoint and believe it if it continues what was seen; (what was seen, what is now)."""
    before = seen(vault)
    text = transport.request("GET", "/v1/log/checkpoint", accept="text/plain").body.decode("utf-8", "replace")
    try:
        found = note.open_checkpoint(text, *pinned.log_verifiers)
    except trust_errors.TrustError as exc:
        vault.keep_evidence(exc.code, text.encode())
        raise errors.VerificationError(exc.code, f"the checkpoint does not verify: {exc.code}") from exc
    now = Head(found.size, found.root.hex(), text)
    require_follows(vault, before, now, asking(transport))
    remember(vault, now)
    return before, now
