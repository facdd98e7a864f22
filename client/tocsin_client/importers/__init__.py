"""Importers turn a named public corpus into drafts, one reviewed mapping file at a time; each is a module with `read`.

`read(path, refused=…)` yields drafts and puts every row that it selected but could not use into `refused` with a reason;
it never stops at a bad row. Modules are loaded on first use, since each may need a data package of `tocsin[demo]`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from tocsin_client.draft import Draft
    from tocsin_client.importers.rows import Refused

REGISTRY: dict[str, str] = {
    "genai-incidents": "tocsin_client.importers.genai_incidents",
    "atlas-mitigations": "tocsin_client.importers.atlas",
}


class Importer(Protocol):
    """What every module of the registry offers."""

    def read(self, path: Path | None = None, *, refused: list[Refused] | None = None) -> Iterator[Draft]:
        """Drafts of the corpus at `path`, or of the installed data package; refusals go into the list."""
        ...


def load(name: str) -> Importer:
    """The importer of that name; KeyError for a name that is not in `REGISTRY`."""
    return cast("Importer", importlib.import_module(REGISTRY[name]))
