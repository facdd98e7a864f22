"""The directory: which organisations are enrolled, which keys are theirs, and the guard that asks it.

Rows are a fold of the log (enrol, key-add, key-revoke, suspend), moved in the append transaction, so key status is a
function of the log index and never of anybody's clock: a key revoked between the door and the sequencer is refused here.
Inside one batch later items see what earlier ones did (`_Board`).

Who may do what:
- enrol                   an authority of the policy (the door proved the signature; the guard asks again)
- suspend                 an authority; or the organisation's own root, because it leaves (for good: nothing undoes it)
- key-add                 the organisation's root, not while suspended
- key-revoke              root or operational key of the organisation, also while suspended; or an authority
- a first statement       attributed: an operational key, organisation not suspended, and not a desk's;
                          pseudonymous: a key with a certificate (proved at the door) that is no member's key
- amend, moderate         attributed: an operational key, organisation not suspended
- withdraw                attributed: an operational key, also while suspended
- amend, withdraw         pseudonymous: nothing here; the thread's own key suffices (intake.threads)

Long because the guard, the rows it asks and the inline that writes them are one rule and want to be read together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import readers
from tocsin_hub.ledger.entries import Admitted, Entry, Guard
from tocsin_hub.store.tables import (
    EnrolmentRequestRow,
    EntryRow,
    HeadRow,
    MemberKeyRow,
    OrgNameRow,
    OrgRow,
    PseudonymRow,
    TokenRow,
)
from tocsin_trust import jsonstrict, keys, statement

AUTHORITY = "authority:"
OPERATIONAL, ROOT = "operational", "root"
_OPENING = frozenset(statement.CONTENT_KINDS)
_WHILE_SUSPENDED = frozenset({"withdraw", "key-revoke"})
_BY_ROOT = frozenset({"key-add", "suspend"})
MAX_LISTED = 10_000


@dataclass(slots=True)
class _Key:
    org: str
    role: str
    good: bool


@dataclass(slots=True)
class _Org:
    kind: str
    suspended: bool


# Built once and run past the ORM: for a batch of one, building these cost more than all the rest of the guards.
_KEY, _ORG = (readers.table_of(model) for model in (MemberKeyRow, OrgRow))
_ASKED: BindParameter[list[str]] = bindparam("asked", expanding=True)
_KEYS = select(_KEY.c.key, _KEY.c.org, _KEY.c.role, _KEY.c.revoked_idx).where(_KEY.c.key.in_(_ASKED))
_ORGS = select(_ORG.c.org, _ORG.c.kind, _ORG.c.suspended_idx).where(_ORG.c.org.in_(_ASKED))


class _Board:
    """The keys and organisations that a batch names: read once, then moved in memory by each accepted item."""

    def __init__(self, session: Session, items: Sequence[Admitted]) -> None:
        said = [item.statement for item in items]
        added = {key for s in said for key in _added(s)}
        key_ids = {s.kid for s in said} | added | {s.body["key"] for s in said if s.kind == "key-revoke"}
        orgs = {s.cred for s in said if s.mode == "attributed"}
        orgs |= {s.body["org"] for s in said if s.kind in statement.IDENTITY_KINDS}
        connection = session.connection()
        self.keys = {
            row.key: _Key(row.org, row.role, row.revoked_idx is None)
            for row in connection.execute(_KEYS, {"asked": list(key_ids)})
        }
        self.orgs = {
            row.org: _Org(row.kind, row.suspended_idx is not None)
            for row in (connection.execute(_ORGS, {"asked": list(orgs)}) if orgs else ())
        }
        # A nameless author's key must never become an organisation's: that would name the author.
        self.nameless = _nameless(session, added) if added else set()


def _added(said: statement.Statement) -> tuple[str, ...]:
    if said.kind == "enrol":
        return said.body["key"], said.body["root"]
    return (said.body["key"],) if said.kind == "key-add" else ()


def _nameless(session: Session, among: set[str]) -> set[str]:
    certified = select(col(PseudonymRow.author_key)).where(col(PseudonymRow.author_key).in_(among))
    used = select(col(HeadRow.author_key)).where(col(HeadRow.author_key).in_(among), col(HeadRow.mode) != "attributed")
    return set(session.execute(certified).scalars()) | set(session.execute(used).scalars())


def guard(authorities: Mapping[str, keys.PublicKey]) -> Guard:
    """The guard for a policy's `authorities` (id -> key). See `require_good`."""

    def require(session: Session, items: Sequence[Admitted]) -> list[HubError | None]:
        return require_good(session, items, authorities)

    return require


def require_good(
    session: Session, items: Sequence[Admitted], authorities: Mapping[str, keys.PublicKey]
) -> list[HubError | None]:
    """Refuse items whose key or organisation is not good at this place in the log. Two or three queries for the batch."""
    board = _Board(session, items)
    return [_judge(board, item.statement, authorities) for item in items]


def _judge(board: _Board, said: statement.Statement, authorities: Mapping[str, keys.PublicKey]) -> HubError | None:
    if said.mode != "attributed":
        # Its certificate or its thread speaks for it; only an organisation's key has no business here.
        return HubError("wrong-role", where="kid") if said.kid in board.keys else None
    if said.cred.startswith(AUTHORITY):
        if authorities.get(said.cred.removeprefix(AUTHORITY)) != said.key:
            return HubError("authority-unknown", where="cred")
    elif refusal := _member(board, said):
        return refusal
    step = _STEPS.get(said.kind)
    return step(board, said) if step else None


def _member(board: _Board, said: statement.Statement) -> HubError | None:
    key, org = board.keys.get(said.kid), board.orgs.get(said.cred)
    if key is None or org is None:
        return HubError("not-enrolled", where="kid")
    if key.org != said.cred:
        return HubError("wrong-organisation", where="cred")
    if not key.good:
        return HubError("key-revoked", where="kid")
    if org.suspended and said.kind not in _WHILE_SUSPENDED:
        return HubError("org-suspended", where="cred")
    if said.kind == "key-revoke":
        return None
    if key.role != (ROOT if said.kind in _BY_ROOT else OPERATIONAL):
        return HubError("wrong-role", where="kid")
    if org.kind == "desk" and said.kind in _OPENING:
        return HubError("wrong-role", where="cred")
    return None


def _enrol(board: _Board, said: statement.Statement) -> HubError | None:
    body = said.body
    if body["org"] in board.orgs:
        return HubError("org-taken", where="body.org")
    for name in ("key", "root"):
        if body[name] in board.keys or body[name] in board.nameless:
            return HubError("key-taken", where=f"body.{name}")
    board.orgs[body["org"]] = _Org(body["kind"], suspended=False)
    board.keys[body["key"]] = _Key(body["org"], OPERATIONAL, good=True)
    board.keys[body["root"]] = _Key(body["org"], ROOT, good=True)
    return None


def _suspend(board: _Board, said: statement.Statement) -> HubError | None:
    if not said.cred.startswith(AUTHORITY) and said.body["org"] != said.cred:
        return HubError("wrong-organisation", where="body.org")
    org = board.orgs.get(said.body["org"])
    if org is None:
        return HubError("org-unknown", where="body.org")
    if org.suspended:
        return HubError("org-suspended", where="body.org")
    org.suspended = True
    return None


def _key_add(board: _Board, said: statement.Statement) -> HubError | None:
    body = said.body
    if body["org"] != said.cred:
        return HubError("wrong-organisation", where="body.org")
    if body["key"] in board.keys or body["key"] in board.nameless:
        return HubError("key-taken", where="body.key")
    board.keys[body["key"]] = _Key(body["org"], body["role"], good=True)
    return None


def _key_revoke(board: _Board, said: statement.Statement) -> HubError | None:
    body = said.body
    key = board.keys.get(body["key"])
    if key is None or key.org != body["org"]:
        return HubError("not-enrolled", where="body.key")
    if not said.cred.startswith(AUTHORITY) and key.org != said.cred:
        return HubError("wrong-organisation", where="body.org")
    if not key.good:
        return HubError("key-revoked", where="body.key")
    key.good = False
    return None


_STEPS = {"enrol": _enrol, "suspend": _suspend, "key-add": _key_add, "key-revoke": _key_revoke}


# --- the inline -------------------------------------------------------------------------------------------------------


def apply(session: Session, entries: Sequence[Entry]) -> None:
    """Inline: move org and member_key rows, in the append transaction.

    What must not wait goes with it: the reading tokens of a suspended organisation, or of one that revoked a key, end;
    a request that was granted stops waiting.
    """
    for entry in [entry for entry in entries if entry.leaf.kind in _MOVES]:
        if entry.statement is None:
            raise HubError("log-corrupt", detail="an identity statement has no payload; they are never erased")
        _MOVES[entry.leaf.kind](session, entry.idx, entry.statement)
        session.flush()


def _put_enrol(session: Session, idx: int, said: statement.Statement) -> None:
    body = said.body
    grant = body["grant"]
    session.add(
        OrgRow(
            org=body["org"],
            kind=body["kind"],
            sector=body["sector"],
            region=body["region"],
            agreement=body["agreement"],
            grant_json=None if grant is None else jsonstrict.dumps(grant).decode(),
            demo=body["demo"],
            enrolled_idx=idx,
        )
    )
    session.add(MemberKeyRow(key=body["key"], org=body["org"], role=OPERATIONAL, added_idx=idx))
    session.add(MemberKeyRow(key=body["root"], org=body["org"], role=ROOT, added_idx=idx))
    waiting = session.execute(
        select(EnrolmentRequestRow).where(col(EnrolmentRequestRow.org) == body["org"])
    ).scalar_one_or_none()
    if waiting is not None:
        if waiting.publish_name and waiting.name:
            session.merge(OrgNameRow(org=body["org"], name=waiting.name))
        session.execute(delete(EnrolmentRequestRow).where(col(EnrolmentRequestRow.org) == body["org"]))


def _put_suspend(session: Session, idx: int, said: statement.Statement) -> None:
    org = said.body["org"]
    session.execute(update(OrgRow).where(col(OrgRow.org) == org).values(suspended_idx=idx))
    _end_tokens(session, org)


def _put_key_add(session: Session, idx: int, said: statement.Statement) -> None:
    body = said.body
    session.add(MemberKeyRow(key=body["key"], org=body["org"], role=body["role"], added_idx=idx))


def _put_key_revoke(session: Session, idx: int, said: statement.Statement) -> None:
    body = said.body
    session.execute(update(MemberKeyRow).where(col(MemberKeyRow.key) == body["key"]).values(revoked_idx=idx))
    _end_tokens(session, body["org"])


def _end_tokens(session: Session, org: str) -> None:
    # A token does not say which key logged in, so all of the organisation's end; whoever holds a good key logs in again.
    session.execute(
        update(TokenRow).where(col(TokenRow.subject_kind) == "org", col(TokenRow.subject) == org).values(revoked=True)
    )


_MOVES: dict[str, Callable[[Session, int, statement.Statement], None]] = {
    "enrol": _put_enrol,
    "suspend": _put_suspend,
    "key-add": _put_key_add,
    "key-revoke": _put_key_revoke,
}


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation as the public directory shows it; `name` only if it wished to be named."""

    org: str
    kind: str
    sector: str
    region: str
    agreement: str
    demo: bool
    enrolled_idx: int
    suspended_idx: int | None
    name: str | None


def find_org(session: Session, org: str) -> OrgRow:
    """The row of an organisation. Raises HubError org-unknown."""
    row = session.get(OrgRow, org)
    if row is None:
        raise HubError("org-unknown")
    return row


def org_of_key(session: Session, key: str) -> MemberKeyRow:
    """The row of a key (hex): its organisation, role and life, revoked or not. Raises HubError not-enrolled."""
    row = session.get(MemberKeyRow, key)
    if row is None:
        raise HubError("not-enrolled")
    return row


def good_operational(session: Session, key: str) -> OrgRow:
    """The organisation for which `key` may act now, suspended or not.

    Raises HubError not-enrolled, key-revoked or wrong-role (a root stays offline).
    """
    row = org_of_key(session, key)
    if row.revoked_idx is not None:
        raise HubError("key-revoked")
    if row.role != OPERATIONAL:
        raise HubError("wrong-role")
    return find_org(session, row.org)


def keys_of(session: Session, org: str) -> list[MemberKeyRow]:
    """All keys that an organisation ever had, oldest first."""
    order = (col(MemberKeyRow.added_idx), col(MemberKeyRow.role), col(MemberKeyRow.key))
    return list(session.execute(select(MemberKeyRow).where(col(MemberKeyRow.org) == org).order_by(*order)).scalars())


def public_directory(session: Session, *, limit: int = MAX_LISTED) -> list[Listed]:
    """The enrolled organisations in the order of their enrolment, at most `limit`."""
    rows = session.execute(
        select(OrgRow, col(OrgNameRow.name))
        .join(OrgNameRow, col(OrgNameRow.org) == col(OrgRow.org), isouter=True)
        .order_by(col(OrgRow.enrolled_idx))
        .limit(min(limit, MAX_LISTED))
    )
    return [listed(row, name) for row, name in rows]


def listed(row: OrgRow, name: str | None) -> Listed:
    """The public view of a row."""
    return Listed(
        row.org, row.kind, row.sector, row.region, row.agreement, row.demo, row.enrolled_idx, row.suspended_idx, name
    )


def grant_of(row: OrgRow) -> tuple[list[str], list[str]] | None:
    """(sectors, regions) of a regulator's grant as enrolled, or None if it has none."""
    if row.grant_json is None:
        return None
    found = json.loads(row.grant_json)
    return found["sectors"], found["regions"]


def proof_chain(session: Session, kid: str) -> list[bytes]:
    """The digests of the statements that gave `kid` to its organisation, in log order; empty if it is no member's key."""
    row = session.get(MemberKeyRow, kid)
    if row is None:
        return []
    wanted = sorted({find_org(session, row.org).enrolled_idx, row.added_idx})
    found = session.execute(
        select(col(EntryRow.digest)).where(col(EntryRow.idx).in_(wanted)).order_by(col(EntryRow.idx))
    )
    return list(found.scalars())
