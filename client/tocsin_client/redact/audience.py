"""Who will be able to read a record, said per group before anything is signed, and how a person widens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin_client import errors
from tocsin_taxonomy import marking as markings

GROUPS = ("public", "members", "industry-bodies", "regulators", "peers")


@dataclass(frozen=True, slots=True)
class Reader:
    """One line of the audience table: a group, whether it may read, and under which condition (message key)."""

    group: str
    may_read: bool
    condition: str = ""


def table(body: dict[str, Any]) -> tuple[Reader, ...]:
    """The audience of a body by its marking. Everything unknown reads as nobody."""
    marking = markings.Marking.model_validate(body.get("marking") or {})
    allowed = markings.readers(marking)
    lines = []
    for group in GROUPS:
        may = group in allowed
        condition = ""
        if may and marking.embargo_until:
            condition = "after-embargo"
        elif may and group == "regulators" and marking.tlp not in ("clear", "green"):
            condition = "within-grant"
        lines.append(Reader(group, may, condition))
    if marking.recipients:
        lines.append(Reader("recipients", True, "named"))
    lines.append(Reader("author", True))
    lines.append(Reader("operator", False, "no-reading-role"))
    return tuple(lines)


def widened(marking: dict[str, Any] | None, *, regulators: bool, everybody: bool) -> dict[str, Any]:
    """The marking after the one explicit question: may regulators within their grant read it? may everybody?

    Two times no leaves it as it is. RED is for the recipients named, so widening it raises GateError.
    """
    marked = dict(marking or {"tlp": "amber"})
    if not regulators and not everybody:
        return marked
    if marked.get("tlp") == "red":
        raise errors.GateError(
            "marking-red",
            "a RED record is for its named recipients only",
            where="marking.tlp",
            hint="Change the draft's marking.",
        )
    if everybody:
        marked["tlp"] = "clear"
        marked.pop("audience", None)
        return marked
    allowed = set(markings.readers(markings.Marking.model_validate(marked)))
    if "regulators" not in allowed:
        marked["audience"] = [group for group in GROUPS if group in allowed | {"regulators"}]
    return marked
