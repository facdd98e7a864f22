"""The receipt: what a third party needs to check one entry with no network, made and verified.

A bundle holds the envelope, its inclusion proof under a signed checkpoint (C2SP tlog-proof text), and the same for
the statements that gave the author key to its organisation. `verify` follows the whole chain up to the policy; what
it cannot show (not revoked since, not replaced since) stands in docs/spec/receipt.md and in what `explain` says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tocsin_trust import certificate, dsse, identity, jsonstrict, keystate, leaf, merkle, note, statement, wording
from tocsin_trust.errors import CertificateError, ReceiptError, TrustError
from tocsin_trust.fields import Fields, b64
from tocsin_trust.policy import Policy
from tocsin_trust.statement import Statement
from tocsin_trust.tlogproof import Proof, parse_proof, proof_text

__all__ = ["MAX_BYTES", "Memo", "Proof", "Verified", "explain", "make", "parse_proof", "proof_text", "verify"]

MAX_BYTES = 2_097_152
MAX_KEY_PROOFS = 16
TYPE = "tocsin-receipt"
_ROOT_KINDS = ("key-add", "root-rotate", "recover", "suspend")
_AUTHORITY_KINDS = ("enrol", "suspend", "key-revoke", "recover")
_PREFIX = "authority:"
_OWN: Mapping[str, Callable[[Statement], object]] = {
    "key-add": identity.read_key_add,
    "key-revoke": identity.read_key_revoke,
    "suspend": identity.read_suspend,
}


@dataclass(frozen=True, slots=True)
class Verified:
    """What a receipt has shown; `accepted_by` vouches for the author key, by the entry `key_index` if there is one."""

    statement: Statement
    index: int
    tree_size: int
    origin: str
    accepted_by: str
    checkpoint_text: str
    key_index: int | None
    witnessed_by: tuple[str, ...]
    root: bytes
    envelope: bytes


class Memo:
    """What one policy has shown already, for whoever verifies many receipts of one hub: checkpoints and key statements.

    A bulk answer stands under one checkpoint, and a member's receipts lean on the same enrolment. Only what verified
    is kept, by its exact bytes; at `limit` entries the memo starts anew, so it cannot grow. Not shared by threads.
    """

    def __init__(self, policy: Policy, limit: int = 1_024) -> None:
        self.policy = policy
        self._limit = limit
        self._heads: dict[str, note.Checkpoint] = {}
        self._links: dict[tuple[str, str], _Entry] = {}
        self._events: dict[tuple[int, bytes], tuple[keystate.KeyEvent, ...]] = {}

    def head(self, checkpoint_text: str) -> note.Checkpoint:
        """The checkpoint of a note by a log key of the policy."""
        found = self._heads.get(checkpoint_text)
        if found is None:
            found = note.open_checkpoint(checkpoint_text, *self.policy.log_verifiers)
            self._make_room(self._heads)
            self._heads[checkpoint_text] = found
        return found

    def link(self, item: Any, path: str) -> _Entry:
        """The key statement of one member of `keyProofs`."""
        fields = Fields(item, ("envelope", "proof"), _malformed, path=path)
        envelope, proof = fields.raw("envelope"), fields.raw("proof")
        known = type(envelope) is str and type(proof) is str and self._links.get((envelope, proof))
        if known:
            return known
        found = _entry(fields, self)
        self._make_room(self._links)
        self._links[(envelope, proof)] = found
        return found

    def events(self, link: _Entry) -> tuple[keystate.KeyEvent, ...]:
        """What a key statement brings about; an enrolment's two signatures of the organisation are checked once."""
        key = (link.index, link.statement.digest)
        found = self._events.get(key)
        if found is None:
            found = keystate.events_of(link.index, link.statement)
            self._make_room(self._events)
            self._events[key] = found
        return found

    def _make_room(self, kept: dict[Any, Any]) -> None:
        if len(kept) >= self._limit:
            kept.clear()


def make(envelope: bytes, proof: str, key_proofs: Sequence[tuple[bytes, str]] = ()) -> bytes:
    """The bundle of one entry; `key_proofs` are (envelope, proof) of its key's enrol or enrol and key-add, in log order."""
    return jsonstrict.dumps(
        {
            "v": 1,
            "type": TYPE,
            "envelope": b64(envelope),
            "proof": proof,
            "keyProofs": [{"envelope": b64(of_key), "proof": its_proof} for of_key, its_proof in key_proofs],
        }
    )


def verify(bundle: bytes, policy: Policy, *, memo: Memo | None = None) -> Verified:
    """What `bundle` shows to somebody who believes `policy`; a TrustError if any link of the chain is missing.

    Every entry of the bundle must be proven under one and the same tree head, so that their order is certain. A `memo`
    of the same policy saves repeating what earlier receipts have shown; one of another policy is not looked at.
    """
    if memo is None or memo.policy is not policy:
        memo = Memo(policy)
    fields = Fields(
        jsonstrict.loads(bundle, max_bytes=MAX_BYTES),
        ("v", "type", "envelope", "proof", "keyProofs"),
        _malformed,
        whole="bundle",
    )
    fields.whole("v", least=1, most=1)
    fields.one_of("type", (TYPE,))
    chain = [
        memo.link(item, f"keyProofs.{number}")
        for number, item in enumerate(fields.items("keyProofs", most=MAX_KEY_PROOFS))
    ]
    last = _entry(fields, memo)
    if any((link.head.size, link.head.root) != (last.head.size, last.head.root) for link in chain):
        raise fields.error("keyProofs", "the entries are proven under different tree heads")
    if any(earlier.index >= later.index for earlier, later in pairwise([*chain, last])):
        raise fields.error("keyProofs", "the entries are not in log order")
    accepted_by, key_index = _author(last, chain, memo)
    return Verified(
        statement=last.statement,
        index=last.index,
        tree_size=last.head.size,
        origin=last.head.origin,
        accepted_by=accepted_by,
        checkpoint_text=last.checkpoint_text,
        key_index=key_index,
        witnessed_by=_witnesses(last.checkpoint_text, policy),
        root=last.head.root,
        envelope=last.envelope,
    )


def explain(outcome: TrustError | Verified, lang: str = "en") -> str:
    """What a receipt has shown and what not, or why it was refused, in plain sentences (`en` or `zh`)."""
    if isinstance(outcome, TrustError):
        return wording.refusal(outcome.code, lang)
    said = outcome.statement
    return wording.holds(
        lang,
        kind=said.kind,
        mode=said.mode,
        key=said.kid,
        cred=said.cred,
        iat_unix_s=said.iat_unix_s,
        index=outcome.index,
        tree_size=outcome.tree_size,
        origin=outcome.origin,
        accepted_by=outcome.accepted_by,
        key_index=outcome.key_index,
        witnessed_by=outcome.witnessed_by,
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One statement whose place in the log has been checked."""

    statement: Statement
    index: int
    head: note.Checkpoint
    checkpoint_text: str
    envelope: bytes


def _entry(fields: Fields, memo: Memo) -> _Entry:
    opened = dsse.unseal(fields.data("envelope"))
    said = statement.read(opened)
    text: Any = fields.raw("proof")
    if type(text) is not str:
        raise fields.error("proof", "a text is wanted here")
    proof = parse_proof(text)
    if said.aud != memo.policy.audience_at(proof.index):
        raise fields.error("envelope", "the statement was made for another hub")
    head = memo.head(proof.checkpoint_text)
    leaf_hash = merkle.leaf_hash(leaf.text(opened, said))
    merkle.verify_inclusion(proof.index, head.size, leaf_hash, proof.hashes, head.root)
    return _Entry(said, proof.index, head, proof.checkpoint_text, opened.envelope)


def _witnesses(checkpoint_text: str, policy: Policy) -> tuple[str, ...]:
    found = note.cosignatures(checkpoint_text, policy.witnesses)
    if len(found) < policy.quorum:
        raise ReceiptError("quorum-missing", "fewer witnesses have signed than the policy asks for", where="proof")
    return tuple(signature.verifier.name for signature in found)


def _author(last: _Entry, chain: Sequence[_Entry], memo: Memo) -> tuple[str, int | None]:
    """Who vouches for the author key, and by which entry."""
    said, policy = last.statement, memo.policy
    if said.mode == "attributed" and not said.cred.startswith(_PREFIX):
        return _member(last, chain, memo)
    if chain:
        raise _not_proven("no key proofs belong to this credential")
    if said.mode == "attributed":
        _require_authority(said, policy)
        return said.cred, None
    if said.mode != "pseudonymous":
        raise _not_proven("this mode has no credential that can be checked yet")
    earlier = [one.origin for one in policy.predecessors] if said.kind in statement.THREAD_KINDS else []
    found = certificate.read(
        said.cred, issuers=policy.certificate_keys, aud=said.aud, author_key=said.kid, also=earlier
    )
    if said.kind in statement.CONTENT_KINDS and said.iat_unix_s > found.not_after_unix_s:
        raise CertificateError("certificate-expired", "the certificate had run out", where="cred")
    return f"certificate:{found.issuer.hex}", None


def _member(last: _Entry, chain: Sequence[_Entry], memo: Memo) -> tuple[str, int | None]:
    """Fold the key statements of one organisation, each said by somebody entitled to, up to the author key."""
    said = last.statement
    if not chain or chain[0].statement.kind != "enrol":
        raise _not_proven("the enrolment of the organisation is missing")
    state = keystate.KeyState()
    events: list[keystate.KeyEvent] = []
    for link in chain:
        _require_entitled(link, state, memo.policy)
        events += memo.events(link)
        state = keystate.fold(events)
    if any(event.org != said.cred for event in events):
        raise _not_proven("the key proofs are of another organisation")
    _require_good(last, state)
    enrolment = chain[0].statement
    if said.kind == "moderate" and enrolment.body["kind"] != "desk":
        raise _not_proven("only a desk moderates")
    return enrolment.cred, state.life_of(said.kid).added


def _require_entitled(link: _Entry, state: keystate.KeyState, policy: Policy) -> None:
    if link.statement.cred.startswith(_PREFIX):
        _require_authority(link.statement, policy)
    else:
        _require_good(link, state)


def _require_authority(said: Statement, policy: Policy) -> None:
    if said.kind not in _AUTHORITY_KINDS:
        raise _not_proven("an authority does not make statements of this kind")
    if policy.authorities.get(said.cred.removeprefix(_PREFIX)) != said.key:
        raise _not_proven("the authority is not in the policy, or this is not its key")


def _require_good(entry: _Entry, state: keystate.KeyState) -> None:
    """A root speaks about keys, and leaves; an operational key says all else, and may revoke a key too."""
    said = entry.statement
    if not state.good_at(said.kid, entry.index) or state.org_of(said.kid) != said.cred:
        raise _not_proven("the author key was not a good key of the organisation at this index")
    role = state.life_of(said.kid).role
    wanted = (role,) if said.kind == "key-revoke" else ("root",) if said.kind in _ROOT_KINDS else ("operational",)
    if said.kind == "enrol" or role not in wanted:
        raise _not_proven("a key of this role does not make statements of this kind")
    if said.kind in _OWN:
        _OWN[said.kind](said)  # about its own organisation, in the form that the kind asks for


def _not_proven(rule: str) -> ReceiptError:
    return ReceiptError("author-not-proven", rule)


def _malformed(rule: str, where: str) -> ReceiptError:
    return ReceiptError("malformed-receipt", rule, where=where)
