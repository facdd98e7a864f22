"""The built documentation under /docs, from the wheel or the checkout, with a policy as strict as that of the pages.

The theme of the documentation carries a few inline scripts and styles. They are not allowed as such: the policy of each document
names the SHA-256 of those that the file on this machine holds, so whatever was put in on the way does not run.
"""

from __future__ import annotations

import base64
import hashlib
import html
import mimetypes
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path

from fastapi import Request, Response

from tocsin_hub.errors import HubError
from tocsin_hub.web import face, render, words

_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(r"<[a-z][^>]*?\sstyle=\"([^\"]*)\"", re.IGNORECASE)
_HANDLER = re.compile(r"<[a-z][^>]*?\son[a-z]+=\"([^\"]*)\"", re.IGNORECASE)
_TYPES = {
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".inv": "application/octet-stream",
    ".map": "application/json",
}


def built() -> Path | None:
    """Where the built pages are: in the wheel, else in the checkout; None if nobody has built them."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_docs", package.parents[1] / "docs" / "_build" / "html"):
        if (folder / "index.html").is_file():
            return folder
    return None


def endpoint(hub: face.Face) -> Callable[[Request], Awaitable[Response]]:
    """The route of every file below /docs/."""

    async def serve(request: Request) -> Response:
        lang = words.preferred(request.headers.get("accept-language"))
        if hub.docs is None:
            return _not_built(hub, lang)
        found = _file(hub.docs, request.path_params["path"])
        data, kind, headers = _whole(found, found.stat().st_mtime_ns)
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(data, headers=headers, media_type=kind)

    return serve


def _file(folder: Path, path: str) -> Path:
    """The file of an address, inside the folder. Raises HubError not-found."""
    if "\x00" in path or "\\" in path or len(path) > 1_000:
        raise HubError("not-found")
    found = (folder / path).resolve()
    if found.is_dir():
        found = found / "index.html"
    if not found.is_relative_to(folder.resolve()) or not found.is_file():
        raise HubError("not-found")
    return found


@lru_cache(maxsize=64)
def _whole(path: Path, mtime_ns: int) -> tuple[bytes, str, dict[str, str]]:
    data = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {**face.HEADERS, "Cache-Control": "no-cache", "ETag": f'"{hashlib.sha256(data).hexdigest()[:16]}"'}
    if path.suffix == ".html":
        headers["Content-Security-Policy"] = policy(data.decode("utf-8", "replace"))
    return data, kind, headers


def policy(page: str) -> str:
    """The policy under which this document works and nothing else does."""
    scripts = {_hash(text) for text in _SCRIPT.findall(page)}
    handlers = {_hash(html.unescape(text)) for text in _HANDLER.findall(page)}
    styles = {_hash(text) for text in _STYLE.findall(page)}
    attributes = {_hash(html.unescape(text)) for text in _ATTRIBUTE.findall(page)}
    script = " ".join(["'self'", *(["'unsafe-hashes'"] if handlers else []), *sorted(scripts | handlers)])
    style = " ".join(["'self'", *(["'unsafe-hashes'"] if attributes else []), *sorted(styles | attributes)])
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _not_built(hub: face.Face, lang: str) -> Response:
    frame = render.frame(lang, f"/{lang}/", (), contact=hub.parts.settings.contact, here="docs")
    text = render.html(lang, "nodocs.html", **frame)
    return Response(text, 404, {**face.HEADERS, "Cache-Control": "no-store"}, media_type=face.HTML)
