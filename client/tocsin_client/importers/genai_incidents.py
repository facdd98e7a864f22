"""Importer of the public corpus `genai_incidents`: two sources whose rows carry enough to be counted honestly.

Taken are AIAAIC rows with a sector, a jurisdiction and a meaningful attack vector, and AI Incident Database (AIID) landmark rows
with an MIT risk domain. Left alone is everything else, above all any row whose text comes from OECD AIM (rights unclear).
The corpus's own OWASP, ATLAS and NIST codes are machine noise: they are kept as source values and never become tags.
What a source does not say is `unknown`; the reviewed tables are the YAML files beside this one.
"""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tocsin_client import errors
from tocsin_client.draft import Draft
from tocsin_client.importers import genai_source, rows
from tocsin_client.importers.rows import Refused, RowRefusedError
from tocsin_taxonomy import crosswalk, schemes
from tocsin_taxonomy.errors import TaxonomyError

Row = Mapping[str, Any]

_VECTOR = ("genai-incidents-vector", "2.13")
_MIT = ("mit-ai-risk-domain", "2025")
_TITLE_MAX, _SUMMARY_MAX = 300, 4000


def read(path: Path | None = None, *, refused: list[Refused] | None = None) -> Iterator[Draft]:
    """Incident drafts from `incidents.min.json` at `path`, or from the installed package; refusals go into the list.

    Raises OSError, ValueError or InvalidError if the file itself cannot be read; a bad row never does.
    """
    corpus = _corpus(path)
    version, retrieved = str(corpus["version"]), str(corpus["generated"])
    for row in corpus["incidents"]:
        row_id = str(row.get("id", "?")) if isinstance(row, dict) else "?"
        try:
            source = genai_source.of(row)
            if source is not None:
                yield Draft("incident", body(row, source, version=version, retrieved=retrieved))
        except RowRefusedError as error:
            _note(refused, Refused(row_id, error.reason, error.where))
        except TaxonomyError as error:
            _note(refused, Refused(row_id, error.code, error.where))
        except (KeyError, TypeError, AttributeError):
            _note(refused, Refused(row_id, "malformed-row"))


def _corpus(path: Path | None) -> dict[str, Any]:
    if path is not None:
        loaded = json.loads(path.read_bytes())
    else:
        found = importlib.resources.files("genai_incidents").joinpath("data", "incidents.min.json")
        loaded = json.loads(found.read_bytes())
    if not isinstance(loaded, dict) or not isinstance(loaded.get("incidents"), list):
        raise errors.InvalidError("malformed-corpus", "this is not an incidents.min.json of genai_incidents")
    return loaded


def _note(refused: list[Refused] | None, one: Refused) -> None:
    if refused is not None:
        refused.append(one)


def body(row: Row, source: str, *, version: str, retrieved: str) -> dict[str, Any]:
    """The incident body of one selected row; RowRefusedError or TaxonomyError if it cannot be one."""
    vector = genai_source.vector(row, source)
    tags, primary = _tags(row, source, vector)
    role, contribution = genai_source.role(row, vector)
    return {
        "record_type": "incident",
        "title": {"text": _title(row), "language": "en"},
        "summary": _summary(row),
        "occurred": genai_source.occurred(row, source),
        "ai_contribution": contribution,
        "ai_role": role,
        "system_class": genai_source.system_class(row, vector),
        "sector": genai_source.sector(row),
        "region": genai_source.region(row),
        "risk_tags": tags,
        "primary_category": primary,
        "severity": {
            "scheme": "tocsin-sev",
            "edition": "1",
            "actual": None,
            "potential": None,
            "source": [{"scheme": "genai-incidents", "edition": version, "value": rows.plain(str(row["severity"]))}],
        },
        "evidence_class": "public-source",
        "references": [{"url": genai_source.reference(row)}, *genai_source.values(row, version=version)],
        "provenance": genai_source.provenance(row, source, version=version, retrieved=retrieved),
        "marking": {"tlp": "clear"},
    }


def _title(row: Row) -> str:
    title = rows.plain(str(row.get("title", "")))
    if not title:
        raise RowRefusedError("title-missing", "title")
    if len(title) > _TITLE_MAX:
        raise RowRefusedError("text-too-long", "title")
    return title


def _summary(row: Row) -> dict[str, str] | str:
    """The description, or `unknown` where the corpus wrote its template sentence, which says nothing that the fields do not."""
    text = rows.plain_paragraphs(str(row.get("description", "")))
    if not text or genai_source.is_template(text):
        return "unknown"
    if len(text) > _SUMMARY_MAX:
        raise RowRefusedError("text-too-long", "description")
    return {"text": text, "language": "en"}


def _tags(row: Row, source: str, vector: str | None) -> tuple[list[dict[str, Any]], str]:
    """Risk tags: the source's own code, then our category by the crosswalk; and the primary category.

    The primary category comes from what the source's editors assigned: the MIT domain for AIID, the vector for AIAAIC.
    """
    codes: list[schemes.Code] = []
    if source == "aiid":
        codes += [schemes.Code(*_MIT, domain) for domain in genai_source.mit_domains(row)]
    if vector is not None and vector != "other":
        codes.append(schemes.Code(*_VECTOR, vector))
    if not codes:
        raise RowRefusedError("no-usable-code", "tags")
    own: list[dict[str, Any]] = [
        {"scheme": c.scheme, "edition": c.edition, "code": c.code, "confidence": "known", "assigned_by": "importer"}
        for c in codes
        if schemes.require(c)
    ]
    derived = crosswalk.derive([str(c) for c in codes])
    first = crosswalk.derive([str(codes[0])])
    if not first:
        raise RowRefusedError("no-category", "tags")
    category = schemes.category(schemes.Code(first[0]["scheme"], first[0]["edition"], first[0]["code"]))
    return own + derived, str(category)
