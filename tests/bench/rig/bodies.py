"""Record bodies for the benches: real rows of genai_incidents resampled, with what the rows lack made up and seeded.

Real: title, summary, category, the source's own tags, references and provenance of AIAAIC and AI Incident Database rows.
30 % are Chinese: translated titles and summaries of such rows (translated.json), joined anew. Made up, Zipf-like: sector,
region, date, severity, three or four further risk tags, marking (40 % CLEAR, 20 % GREEN, 40 % AMBER with regulators added),
so that the public reads 40 %, a member of another house 80 % and a regulator with a grant for everything all of it.
"""

from __future__ import annotations

import copy
import json
import random
from functools import lru_cache
from pathlib import Path
from typing import Any

from tocsin_client import importers
from tocsin_taxonomy import schemes

Body = dict[str, Any]
CHINESE_SHARE = 0.3
TRANSLATED = json.loads((Path(__file__).parent / "translated.json").read_text("utf-8"))["records"]
SECTORS = [f"isic@4:{letter}" for letter in "KQJOPGHCRSMNDFIABELTU"]
PLACES = {
    "country": [
        f"un-m49@2024:{code}" for code in ("156", "840", "826", "276", "392", "356", "076", "410", "250", "036")
    ],
    "sub-region": [f"un-m49@2024:{code}" for code in ("030", "021", "154", "155", "034", "035", "039", "005", "053")],
}
RECORD_TYPES = ("incident", "incident", "incident", "near-miss", "hazard", "exercise")
_MIT = "mit-ai-risk-domain@2025"


@lru_cache(maxsize=1)
def rows() -> list[Body]:
    """The bodies that the client's importer makes of the public corpus."""
    return [draft.body for draft in importers.load("genai-incidents").read()]


@lru_cache(maxsize=1)
def _leaves() -> list[dict[str, Any]]:
    found = []
    for name in ("caict-2024@2024-12", _MIT, "owasp-llm@2025"):
        scheme = schemes.load(*name.split("@"))
        codes = [code for code, entry in scheme.codes.items() if entry.selectable]
        found += [{"scheme": scheme.scheme, "edition": scheme.edition, "code": code} for code in codes]
    random.Random(7).shuffle(found)
    return found


def _zipf(chance: random.Random, values: list[Any]) -> Any:
    """A value of the list, the n-th about 1/n as often as the first."""
    return values[int(len(values) ** chance.random()) - 1]


class Bodies:
    """An endless, seeded supply."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def next(self, *, nameless: bool) -> Body:
        """A body that the hub accepts; a nameless one is first-hand, coarse in place and date and names no source."""
        chance = self._chance
        body = copy.deepcopy(chance.choice(rows()))
        body["record_type"] = chance.choice(RECORD_TYPES)
        body["sector"] = _zipf(chance, SECTORS)
        body["region"] = _zipf(chance, PLACES["sub-region" if nameless or chance.random() < 0.5 else "country"])
        body["occurred"] = self._date(nameless)
        actual = None if body["record_type"] in ("hazard", "exercise") else chance.choice((None, 0, 1, 2))
        body["severity"] |= {
            "actual": actual,
            "potential": chance.choice((None, 2, 3, 4, 5) if actual is None else (2, 3, 4, 5)),
        }
        self._tag(body)
        level = chance.random()
        body["marking"] = (
            {"tlp": "clear"}
            if level < 0.4
            else {"tlp": "green"}
            if level < 0.6
            else {"tlp": "amber", "audience": ["regulators", *(["members"] if level < 0.8 else [])]}
        )
        if chance.random() < CHINESE_SHARE:
            _translate(chance, body)
        if nameless or body["marking"]["tlp"] != "clear":
            body["evidence_class"] = "first-hand"
            for name in ("references", "provenance"):
                body.pop(name, None)
            body["title"]["text"] = body["title"]["text"][:110]
            if body["summary"] == "unknown":
                body["summary"] = {"text": f"As reported to us: {body['title']['text']}.", "language": "en"}
            body["summary"]["text"] = body["summary"]["text"][:300]
        return body

    def _date(self, nameless: bool) -> dict[str, Any]:
        chance = self._chance
        year = 2026 - int(10 * chance.random() ** 2)
        kind = chance.choice(("year", "quarter", "quarter", "quarter") if nameless else ("year", "quarter", "month"))
        value = {
            "year": f"{year}",
            "quarter": f"{year}-Q{chance.randint(1, 4)}",
            "month": f"{year}-{chance.randint(1, 12):02d}",
        }[kind]
        return {"value": value, "precision": kind, "basis": "occurred"}

    def _tag(self, body: Body) -> None:
        chance = self._chance
        known = {(tag["scheme"], tag["edition"], tag["code"]) for tag in body["risk_tags"]}
        for _ in range(chance.randint(3, 5)):
            code = _zipf(chance, _leaves())
            if tuple(code.values()) not in known:
                known.add(tuple(code.values()))
                body["risk_tags"].append({**code, "confidence": "potential", "assigned_by": "reporter"})


def _translate(chance: random.Random, body: Body) -> None:
    title, first, second = chance.choice(TRANSLATED), chance.choice(TRANSLATED), chance.choice(TRANSLATED)
    body["title"] = {"text": title["title"], "language": "zh"}
    body["summary"] = {"text": first["summary"] + second["summary"], "language": "zh"}
