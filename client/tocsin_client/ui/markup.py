"""HTML made of escaped parts: a text becomes mark-up only through `el`, so nothing can be forgotten to be escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

VOID = frozenset({"input", "link", "meta", "br", "hr"})


class Markup(str):
    """Text that is mark-up already."""

    __slots__ = ()


def escaped(part: object) -> Markup:
    """A part as mark-up: text escaped, several joined."""
    if isinstance(part, Markup):
        return part
    if isinstance(part, str):
        return Markup(html.escape(part))
    if isinstance(part, Iterable):
        return Markup("".join(escaped(each) for each in part))
    raise TypeError("a part is text, mark-up, or several of them")


def el(tag: str, /, *parts: object, **attributes: str | bool) -> Markup:
    """An element; attribute names with a trailing underscore lose it, inner ones become hyphens, True stands alone."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{html.escape(str(value))}"')
        for key, value in attributes.items()
        if value is not False
    )
    if tag in VOID:
        return Markup(f"<{tag}{said}>")
    return Markup(f"<{tag}{said}>{''.join(escaped(part) for part in parts)}</{tag}>")
