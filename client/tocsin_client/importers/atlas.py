"""Importer of the MITRE ATLAS mitigations, with the techniques they act on, from the MISP galaxy in `pymispgalaxies`.

The galaxy is stuck at ATLAS 2024.10 (26 mitigations, 91 techniques) while our code list is 5.6.0: a technique becomes a tag only
if its id exists there and still means the same. What ATLAS does not say about a mitigation stands in `atlas_mitigations.yaml`,
judged one by one; a mitigation that was not judged is refused.
"""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from tocsin_client import errors
from tocsin_client.draft import Draft
from tocsin_client.importers import rows
from tocsin_client.importers.rows import Refused, RowRefusedError
from tocsin_taxonomy import schemes
from tocsin_taxonomy.errors import TaxonomyError

_MITIGATIONS = "mitre-atlas-course-of-action.json"
_TECHNIQUES = "mitre-atlas-attack-pattern.json"
_ATLAS = ("mitre-atlas", "5.6.0")
_TITLE_MAX, _DESCRIPTION_MAX = 300, 4000  # what an attributed public-source record may hold
_HOW = "Listed by MITRE ATLAS as mitigating this technique; the galaxy does not carry ATLAS's words on how."


def read(path: Path | None = None, *, refused: list[Refused] | None = None) -> Iterator[Draft]:
    """Mitigation drafts from the two cluster files in the folder `path`, or from the installed package.

    Raises OSError, ValueError or InvalidError if a file itself cannot be read; a bad entry goes into `refused` and never stops the rest.
    """
    folder: Traversable = (
        path
        if path is not None
        else importlib.resources.files("pymispgalaxies").joinpath("data", "misp-galaxy", "clusters")
    )
    mitigations = _values(folder, _MITIGATIONS)
    techniques = {str(t.get("uuid")): t for t in _values(folder, _TECHNIQUES)}
    for entry in mitigations:
        row_id = str(_meta(entry).get("external_id", "?"))
        try:
            yield Draft("mitigation", body(entry, techniques))
        except RowRefusedError as error:
            _note(refused, Refused(row_id, error.reason, error.where))
        except TaxonomyError as error:
            _note(refused, Refused(row_id, error.code, error.where))
        except (KeyError, TypeError, AttributeError):
            _note(refused, Refused(row_id, "malformed-row"))


def body(entry: Mapping[str, Any], techniques: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The mitigation body of one galaxy entry; RowRefusedError if it was not reviewed or holds too little."""
    table = rows.mapping("atlas_mitigations")
    row_id = str(_meta(entry)["external_id"])
    judged = table["mitigations"].get(row_id)
    if judged is None:
        raise RowRefusedError("not-reviewed", "meta.external_id")
    title = rows.plain(str(entry["value"]))
    if title != judged["name"]:
        raise RowRefusedError("name-changed", "value")
    description = rows.plain_paragraphs(str(entry.get("description", "")))
    if not description:
        raise RowRefusedError("description-missing", "description")
    if len(title) > _TITLE_MAX or len(description) > _DESCRIPTION_MAX:
        raise RowRefusedError("text-too-long", "description")
    system = f"{table['system_scheme']}@{table['system_edition']}"
    source = table["source"]
    return {
        "title": {"text": title, "language": "en"},
        "description": {"text": description, "language": "en"},
        "strategy": judged["strategy"],
        "control_layer": judged["control_layer"],
        "lifecycle_stage": judged["lifecycle_stage"],
        "addresses": [_tag(table["scheme"], str(table["edition"]), code) for code in judged["addresses"]],
        "applicability": {
            "system_classes": [f"{system}:{name}" for name in judged["system_classes"]],
            "sectors": list(judged["sectors"]),
            "preconditions": [{"text": text, "language": "en"} for text in judged["preconditions"]],
        },
        "status": judged["status"],
        "evidence_class": judged["evidence_class"],
        "techniques_mitigated": _techniques(entry, techniques, table["techniques_changed"]),
        "references": [{"url": str(_meta(entry)["refs"][0])}],
        "provenance": {
            "source": source["name"],
            "licence": source["licence"],
            "attribution": source["attribution"],
            "retrieved": str(source["retrieved"]),
            "row_id": row_id,
        },
        "marking": {"tlp": "clear"},
    }


def _techniques(
    entry: Mapping[str, Any], techniques: Mapping[str, Mapping[str, Any]], changed: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Techniques of the entry's `mitigates` links, as codes of mitre-atlas@5.6.0 where id and meaning still hold, in order of id."""
    known = schemes.load(*_ATLAS).codes
    found: set[str] = set()
    for link in entry.get("related", ()):
        technique = techniques.get(str(link.get("dest-uuid"))) if link.get("type") == "mitigates" else None
        code = str(_meta(technique).get("external_id")) if technique else ""
        if code in known and code not in changed:
            found.add(code)
    return [
        {"tag": str(schemes.Code(*_ATLAS, code)), "how": {"text": _HOW, "language": "en"}} for code in sorted(found)
    ]


def _tag(scheme: str, edition: str, code: str) -> dict[str, str]:
    return {"scheme": scheme, "edition": edition, "code": code, "confidence": "known", "assigned_by": "importer"}


def _values(folder: Traversable, name: str) -> list[Mapping[str, Any]]:
    loaded = json.loads(folder.joinpath(name).read_bytes())
    if not isinstance(loaded, dict) or not isinstance(loaded.get("values"), list):
        raise errors.InvalidError("malformed-corpus", f"{name} is not a MISP galaxy cluster")
    return list(loaded["values"])


def _meta(entry: Mapping[str, Any] | None) -> Mapping[str, Any]:
    meta = entry.get("meta") if isinstance(entry, Mapping) else None
    return meta if isinstance(meta, Mapping) else {}


def _note(refused: list[Refused] | None, one: Refused) -> None:
    if refused is not None:
        refused.append(one)
