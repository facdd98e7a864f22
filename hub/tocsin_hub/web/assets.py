"""Static files: read once from the package, named by their content, so that a browser may keep them for ever.

`chev.svg` is served as `/static/chev.0a1b2c3d4e5f.svg`; addresses inside the stylesheet are rewritten to the hashed names.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
FOLDER = "/static/"
_URL = re.compile(rb'url\("([a-z-]+\.svg)"\)')


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served; `packed` is gzip."""

    name: str
    data: bytes
    packed: bytes
    media_type: str


@lru_cache(maxsize=1)
def all_files() -> dict[str, Asset]:
    """Every file by its plain name (`app.css`)."""
    raw = {item.name: item.read_bytes() for item in resources.files("tocsin_hub.web").joinpath("static").iterdir()}
    found = {name: _asset(name, data) for name, data in raw.items() if name.endswith(".svg")}

    def hashed(match: re.Match[bytes]) -> bytes:
        return b'url("%s")' % found[match[1].decode()].name.encode()

    for name, data in raw.items():
        if not name.endswith(".svg"):
            found[name] = _asset(name, _URL.sub(hashed, data) if name.endswith(".css") else data)
    return found


def _asset(name: str, data: bytes) -> Asset:
    stem, _, ending = name.rpartition(".")
    digest = hashlib.sha256(data).hexdigest()[:12]
    return Asset(f"{stem}.{digest}.{ending}", data, gzip.compress(data, 9, mtime=0), TYPES[ending])


@lru_cache(maxsize=1)
def by_hashed_name() -> dict[str, Asset]:
    """Every file by the name it is served under."""
    return {asset.name: asset for asset in all_files().values()}


def path(name: str) -> str:
    """Where the file `name` is served; KeyError if there is none, which is a bug of a template."""
    return FOLDER + all_files()[name].name


@lru_cache(maxsize=1)
def digest() -> bytes:
    """Changes with any of the files."""
    return hashlib.sha256("".join(sorted(by_hashed_name())).encode()).digest()
