"""How the members of a signed object are read: exact names, exact forms, canonical base64, no coercion.

Each wire format names its own refusal; `Fields` asks for it, so one reader serves them all and every error carries
the code of the format and the path of the field.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tocsin_trust import jsonstrict, keys
from tocsin_trust.errors import TrustError

Refuse = Callable[[str, str], TrustError]
"""(rule, where) -> the error to raise."""

HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
ORG_ID = re.compile(r"org-[a-z2-7]{26}")
AUTHORITY_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
# A log origin is also a note's key name: no spaces, no plus (C2SP signed-note); printable ASCII is our narrowing.
ORIGIN = re.compile(r"[!-*,-~]{1,255}")
# Something a person may read: one line without control characters.
LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,255}")


def b64(data: bytes) -> str:
    """`data` in standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: object) -> bytes | None:
    """The bytes of canonical base64, or None: only the one text that `b64` would write is accepted.

    The strict mode of the standard library still reads `aGl=` and `aGk=` as the same bytes.
    """
    if type(text) is not str:
        return None
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (ValueError, UnicodeEncodeError):
        return None
    return data if b64(data) == text else None


class Fields:
    """One object whose members are exactly `names`; each accessor returns a value of its form or raises `refuse`.

    `path` leads to the object; an outermost one has none and is called `whole` in errors.
    """

    __slots__ = ("_members", "_path", "_refuse")

    def __init__(
        self, members: object, names: Collection[str], refuse: Refuse, *, path: str = "", whole: str = "payload"
    ) -> None:
        self._refuse = refuse
        self._path = path
        if not isinstance(members, Mapping):
            raise refuse("an object is wanted here", path or whole)
        if members.keys() != set(names):
            raise refuse("the members are not exactly those of the format", path or whole)
        self._members: Mapping[str, Any] = members

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def error(self, name: str, rule: str) -> TrustError:
        """The refusal for member `name`, for rules that span several members."""
        return self._refuse(rule, self._at(name))

    def raw(self, name: str) -> Any:
        """The member as parsed."""
        return self._members[name]

    def text(self, name: str, form: re.Pattern[str]) -> str:
        """A string that matches `form` as a whole."""
        value = self._members[name]
        if type(value) is not str or not form.fullmatch(value):
            raise self.error(name, "not of the required form")
        return value

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """A string of a closed list."""
        value = self._members[name]
        if type(value) is not str or value not in allowed:
            raise self.error(name, "not one of the listed values")
        return value

    def whole(self, name: str, *, least: int = 0, most: int = jsonstrict.MAX_INTEGER) -> int:
        """A whole number in `least`..`most`; true is not 1."""
        value = self._members[name]
        if type(value) is not int or not least <= value <= most:
            raise self.error(name, "not a whole number in range")
        return value

    def flag(self, name: str) -> bool:
        """true or false."""
        value = self._members[name]
        if type(value) is not bool:
            raise self.error(name, "neither true nor false")
        return value

    def data(self, name: str, *, least: int = 1, most: int = 262_144) -> bytes:
        """Canonical base64 of `least`..`most` bytes."""
        value = unb64(self._members[name])
        if value is None or not least <= len(value) <= most:
            raise self.error(name, "not canonical base64 of the required length")
        return value

    def key(self, name: str) -> keys.PublicKey:
        """A public key in hex; KeyRefusedError if it is one we do not use."""
        return keys.parse_public(self._members[name])

    def items(self, name: str, *, most: int = 64) -> list[Any]:
        """A list of at most `most` members."""
        value = self._members[name]
        if type(value) is not list or len(value) > most:
            raise self.error(name, "not a list of the allowed length")
        return value
