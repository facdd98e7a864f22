"""Which key belonged to whom, when: a fold of key events over log indices, not over anybody's clock.

A key is good at index i if it was added before i and not revoked before i. What a revoked key signed earlier stays
signed: the log shows that it came first. Whether an event was said by somebody entitled to say it is checked before
it comes here. Our page is docs/spec/keystate.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tocsin_trust import identity
from tocsin_trust.errors import KeyStateError
from tocsin_trust.statement import Statement

EVENT_KINDS = ("enrol", "key-add", "key-revoke", "suspend")


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """One event about one key (hex); a suspension concerns no key, so its `key` and `role` are empty."""

    index: int
    kind: str
    org: str
    key: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class KeyLife:
    """Whose key it is, for what, and from which index to which (`revoked` None = still good)."""

    org: str
    role: str
    added: int
    revoked: int | None = None


@dataclass(frozen=True, slots=True)
class KeyState:
    """What a sequence of key events amounts to."""

    keys: dict[str, KeyLife] = field(default_factory=dict)
    suspended: dict[str, int] = field(default_factory=dict)

    def life_of(self, key: str) -> KeyLife:
        """The life of `key` (hex), or KeyStateError if no event has added it."""
        try:
            return self.keys[key]
        except KeyError:
            raise _invalid("the key was never added") from None

    def org_of(self, key: str) -> str:
        """The organisation whose key this is or was, or KeyStateError if no event has added it."""
        return self.life_of(key).org

    def good_at(self, key: str, index: int) -> bool:
        """Whether `key` was added before `index` and not revoked before it."""
        life = self.keys.get(key)
        return life is not None and life.added < index and (life.revoked is None or life.revoked >= index)

    def suspended_at(self, org: str, index: int) -> bool:
        """Whether `org` was suspended before `index`."""
        return self.suspended.get(org, index) < index


def events_of(index: int, statement: Statement) -> tuple[KeyEvent, ...]:
    """The key events that an identity statement at `index` brings about; an enrolment brings two keys."""
    if statement.kind == "enrol":
        request = identity.read_enrol(statement).request
        return (
            KeyEvent(index, "enrol", request.org, request.key.hex, "operational"),
            KeyEvent(index, "enrol", request.org, request.root.hex, "root"),
        )
    if statement.kind == "key-add":
        added = identity.read_key_add(statement)
        return (KeyEvent(index, "key-add", added.org, added.key.hex, added.role),)
    if statement.kind == "key-revoke":
        revoked = identity.read_key_revoke(statement)
        return (KeyEvent(index, "key-revoke", revoked.org, revoked.key.hex),)
    if statement.kind == "suspend":
        return (KeyEvent(index, "suspend", identity.read_suspend(statement).org),)
    raise _invalid("the statement is about no key")


def fold(events: Iterable[KeyEvent]) -> KeyState:
    """The state after `events`, given in log order; KeyStateError if they contradict each other.

    A key is added once in its life and for one organisation; an organisation begins with its enrolment.
    """
    state = KeyState()
    last_index = 0
    enrolled: dict[str, int] = {}
    for event in events:
        if event.index < last_index:
            raise _invalid("the events are not in log order")
        last_index = event.index
        if event.kind == "enrol":
            if enrolled.setdefault(event.org, event.index) != event.index:
                raise _invalid("the organisation is already enrolled")
        elif event.org not in enrolled:
            raise _invalid("the organisation is not enrolled")
        _apply(state, event)
    return state


def _apply(state: KeyState, event: KeyEvent) -> None:
    if event.kind in ("enrol", "key-add"):
        if event.key in state.keys:
            raise _invalid("the key was added before")
        if event.role not in identity.ROLES:
            raise _invalid("the role is not listed")
        state.keys[event.key] = KeyLife(event.org, event.role, event.index)
    elif event.kind == "key-revoke":
        life = state.life_of(event.key)
        if life.org != event.org:
            raise _invalid("the key belongs to another organisation")
        if life.revoked is not None:
            raise _invalid("the key was revoked before")
        state.keys[event.key] = KeyLife(life.org, life.role, life.added, event.index)
    elif event.kind == "suspend":
        state.suspended.setdefault(event.org, event.index)
    else:
        raise _invalid("the kind of event is not listed")


def _invalid(rule: str) -> KeyStateError:
    return KeyStateError("key-state-invalid", rule)
