"""What people wrote, made harmless for a page: escaped, its hidden characters shown as flags, its addresses only if they are http.

Bidirectional overrides, zero-width and control characters can make a text say something else than it shows; here each is a
visible flag with its code point. Nothing is rendered as Markdown, ever.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def flagged(text: str) -> Markup:
    """The text, escaped; every hidden character is a `<span class="flag">U+202E</span>`."""
    if HIDDEN.search(text) is None:
        return escape(text)
    shown = Markup("")
    end = 0
    for found in HIDDEN.finditer(text):
        shown += escape(text[end : found.start()]) + Markup('<span class="flag">U+{}</span>').format(_point(found[0]))
        end = found.end()
    return shown + escape(text[end:])


def _point(char: str) -> str:
    return f"{ord(char):04X}"


def plain(text: str) -> str:
    """The text for a file or a feed: hidden characters as `[U+202E]`."""
    return HIDDEN.sub(lambda found: f"[U+{_point(found[0])}]", text)


def clipped(text: str, most: int = 240) -> str:
    """The text, or its beginning up to a word's end and an ellipsis."""
    if len(text) <= most:
        return text
    start = text[:most]
    cut = start.rfind(" ", most - 40)
    return (start if cut < 0 else start[:cut]).rstrip() + "…"


def paragraphs(text: str) -> list[str]:
    """The parts between blank lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def address(url: str | None) -> str | None:
    """The address if a browser may be sent there: http or https, a host, nothing hidden; else None."""
    if url is None or HIDDEN.search(url) is not None or any(char.isspace() for char in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host else None


def host(url: str) -> str:
    """The host of an address that `address` let pass, in ASCII, so that look-alike letters show."""
    found = urlsplit(url).hostname or ""
    try:
        return found.encode("idna").decode() if not found.isascii() else found
    except UnicodeError:
        return found.encode("ascii", "backslashreplace").decode()
