"""Who may read a record: TLP 2.0 and audience, as the author wrote them, turned into a set of reader groups.

An author may narrow what the level gives, and for the two amber levels add regulators. What cannot be understood is read
by the author alone. The embargo is kept apart, because this wing has no clock.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from tocsin_taxonomy import vocab

_DEFAULT_READERS: dict[str, frozenset[str]] = {
    "clear": frozenset(vocab.AUDIENCE),
    "green": frozenset({"members", "industry-bodies", "regulators", "peers"}),
    "amber": frozenset({"members", "industry-bodies"}),
    "amber+strict": frozenset({"members"}),
    "red": frozenset(),
}
_MAY_ADD: dict[str, frozenset[str]] = {"amber": frozenset({"regulators"}), "amber+strict": frozenset({"regulators"})}
_GROUP = re.compile(r"group:[a-z0-9][a-z0-9-]{0,62}")
_RECIPIENT = re.compile(r"org-[a-z2-7]{26}|group:[a-z0-9][a-z0-9-]{0,62}")
_EMBARGO = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d))?")


def _tlp(value: str) -> str:
    if value not in _DEFAULT_READERS:
        raise PydanticCustomError("unknown-tlp", "one of: {known}", {"known": ", ".join(vocab.TLP)})
    return value


def _audience(value: str) -> str:
    if value not in vocab.AUDIENCE and not _GROUP.fullmatch(value):
        raise PydanticCustomError(
            "malformed-record", "one of: {known}", {"known": ", ".join((*vocab.AUDIENCE, "group:ID"))}
        )
    return value


def _recipient(value: str) -> str:
    if not _RECIPIENT.fullmatch(value):
        raise PydanticCustomError("malformed-record", "an organisation id or group:ID")
    return value


def _embargo(value: str) -> str:
    if _EMBARGO.fullmatch(value):
        try:
            _unix_s(value)
        except ValueError:
            pass
        else:
            return value
    raise PydanticCustomError("date-precision", "a date, or a date and time with its offset (RFC 3339)")


def _unix_s(value: str) -> int:
    moment = datetime.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp())


class Marking(BaseModel):
    """The handling rules of one record; without any it is TLP:AMBER."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    tlp: Annotated[str, AfterValidator(_tlp)] = "amber"
    audience: (
        Annotated[tuple[Annotated[str, AfterValidator(_audience)], ...], Field(strict=False, max_length=32)] | None
    ) = None
    recipients: Annotated[
        tuple[Annotated[str, AfterValidator(_recipient)], ...], Field(strict=False, max_length=64)
    ] = ()
    embargo_until: Annotated[str, AfterValidator(_embargo)] | None = None
    pap: vocab.Pap | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Marking:
        if self.audience:
            allowed = _DEFAULT_READERS[self.tlp] | _MAY_ADD.get(self.tlp, frozenset())
            if any(group in vocab.AUDIENCE and group not in allowed for group in self.audience):
                raise PydanticCustomError(
                    "audience-too-wide", "at most: {allowed}", {"allowed": ", ".join(sorted(allowed))}
                )
        if self.recipients and self.tlp != "red":
            raise PydanticCustomError("malformed-record", "recipients belong to TLP:RED")
        return self

    @property
    def embargo_unix_s(self) -> int | None:
        """The end of the embargo in seconds since 1970 UTC (a bare date ends at its 00:00 UTC); None if there is none."""
        return None if self.embargo_until is None else _unix_s(self.embargo_until)


def default_readers(tlp: str) -> frozenset[str]:
    """Who reads at a level when the author says nothing more; empty for what is no level."""
    return _DEFAULT_READERS.get(tlp, frozenset())


def readers(marking: Marking) -> frozenset[str]:
    """The reader groups of a record (public, members, industry-bodies, regulators, peers); empty = author or recipients.

    Groups of the form `group:ID` are named in the audience but give nothing until a hub knows them.
    """
    default = _DEFAULT_READERS.get(marking.tlp, frozenset())
    if marking.audience is None:
        return default
    if any(group not in vocab.AUDIENCE and not group.startswith("group:") for group in marking.audience):
        return frozenset()
    return frozenset(marking.audience) & (default | _MAY_ADD.get(marking.tlp, frozenset()))
