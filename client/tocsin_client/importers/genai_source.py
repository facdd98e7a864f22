"""What one row of `genai_incidents` says, read through the reviewed tables: source, vector, date, sector, region, system, terms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin_client.importers import rows
from tocsin_client.importers.rows import RowRefusedError

Row = Mapping[str, Any]

_TEMPLATES = ("AI Incident Database (AIID) entry #", "AIAAIC-tracked incident. ")
_MACHINE = ("owasp_llm", "owasp_asi", "nist_ai_rmf", "mitre_atlas")
_TECHNOLOGY = re.compile(r"Technology: (.*?)(?:\. (?:Sector|Jurisdiction)|\.?$)")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def of(row: Row) -> str | None:
    """`aiaaic` or `aiid` if the row is one that we take, else None. Retracted and disputed rows are not taken."""
    tags = [str(tag) for tag in row.get("tags", ())]
    if "oecd-aim" in tags or row.get("status") or "oecd.ai" in str(row.get("primary_reference", "")):
        return None
    if "aiaaic" in tags:
        located = _values(row, "sector-") and _values(row, "juris-")
        return "aiaaic" if located and row.get("attack_vector") != "other" else None
    landmark = row.get("tier") == "landmark" and "aiid" in tags
    return "aiid" if landmark and _values(row, "mit-risk-domain:") else None


def is_template(text: str) -> bool:
    """True for the sentence that the corpus writes where it has no text of its own."""
    return text.startswith(_TEMPLATES)


def vector(row: Row, source: str) -> str | None:
    """The attack vector, or None where the reviewed table knows it as noise; an AIAAIC row has nothing else and is refused.

    A row that its own source marks as a duplicate is refused too.
    """
    if any(str(tag).startswith("aiid-duplicate-of:") for tag in row["tags"]):
        raise RowRefusedError("duplicate-in-source", "tags")
    table = rows.mapping("genai_systems")
    found = str(row["attack_vector"])
    if found in table["noise"][source]:
        if source == "aiaaic":
            raise RowRefusedError("vector-is-noise", "attack_vector")
        return None
    if found not in table["vectors"]:
        raise RowRefusedError("unmapped-vector", "attack_vector")
    return found


def role(row: Row, vector: str | None) -> tuple[str, str]:
    """`ai_role` and `ai_contribution`: from the vector's definition, weakened by the source's own words of doubt."""
    table = rows.mapping("genai_systems")
    found = str(table["vectors"][vector]["ai_role"]) if vector else "unknown"
    if found == "unknown":
        return found, "unknown"
    return found, "possibly" if _words(row) & set(table["hedges"]) else "yes"


def occurred(row: Row, source: str) -> dict[str, str]:
    """The date with the precision that the source really has."""
    table = rows.mapping("genai_systems")
    found = _DATE.fullmatch(str(row.get("date", "")))
    if found is None:
        raise RowRefusedError("date-precision", "date")
    year, month, day = found.groups()
    if source == "aiid" and day in table["placeholder_days"]:
        day = None
    value = "-".join(part for part in (year, month, day) if part)
    precision = "day" if day else "month" if month else "year"
    return {"value": value, "precision": precision, "basis": str(table["sources"][source]["date_basis"])}


def sector(row: Row) -> str:
    """ISIC section as compact code, `multiple`, or `unknown` (AIID rows have no sector)."""
    table = rows.mapping("genai_sectors")
    found: set[str] = set()
    for part in _parts(row, "sector-"):
        if part not in table["values"]:
            raise RowRefusedError("unmapped-sector", "tags")
        to = table["values"][part]["to"]
        found |= set(to) if isinstance(to, list) else {to}
    return _one(found, f"{table['scheme']}@{table['edition']}")


def region(row: Row) -> str:
    """UN M49 code as compact code, `multiple`, or `unknown` (AIID rows have no jurisdiction)."""
    table = rows.mapping("genai_regions")
    values = _values(row, "juris-")
    cut = bool(values) and len(values[0]) >= table["cut_after_characters"]
    parts = _parts(row, "juris-")
    found: set[str] = set()
    for place, part in enumerate(parts):
        if part in table["values"]:
            found.add(str(table["values"][part]))
        elif cut or (part == "" and place > 0):
            found.add("multiple")
        elif len(parts) > 1:
            found.add("multiple")  # a further country that never stands alone in this edition
        else:
            raise RowRefusedError("unmapped-region", "tags")
    return _one(found, f"{table['scheme']}@{table['edition']}")


def system_class(row: Row, vector: str | None) -> str:
    """Class of the AI system as compact code, `multiple`, or `unknown`: technology values, tags, and what was generated."""
    table = rows.mapping("genai_systems")
    found = {table["technologies"][name] for name in technologies(row) if name in table["technologies"]}
    found |= {table["tags"][tag] for tag in row["tags"] if tag in table["tags"]}
    generated = table["generated"]
    if not found and vector in generated["vectors"]:
        words = _words(row)
        for kind in ("image-or-video-generation", "speech-or-audio"):
            if words & set(generated[kind]):
                found = {kind}
                break
    return _one(found, f"{table['scheme']}@{table['edition']}")


def technologies(row: Row) -> list[str]:
    """The technology values in AIAAIC's template sentence, as written there."""
    match = (
        _TECHNOLOGY.search(str(row.get("description", ""))) if is_template(str(row.get("description", ""))) else None
    )
    return [rows.plain(name) for name in match.group(1).split(";") if name.strip()] if match else []


def mit_domains(row: Row) -> list[str]:
    """Numbers of the MIT domains that the source assigned, `1` to `7`."""
    return [value.split("-", 1)[0] for value in _values(row, "mit-risk-domain:")]


def reference(row: Row) -> str:
    """The page of the source; only http(s) links are taken."""
    url = rows.plain(str(row.get("primary_reference", "")))
    if not re.fullmatch(r"https?://[^\s<>\"]{4,500}", url):
        raise RowRefusedError("reference-required", "primary_reference")
    return url


def _values(row: Row, prefix: str) -> list[str]:
    return [str(tag)[len(prefix) :] for tag in row.get("tags", ()) if str(tag).startswith(prefix)]


def _parts(row: Row, prefix: str) -> list[str]:
    return [part.lstrip("-") for value in _values(row, prefix) for part in re.split(r"[;,]", value)]


def _one(found: set[str], scheme: str) -> str:
    if not found:
        return "unknown"
    if len(found) > 1:
        return "multiple"
    value = next(iter(found))
    return value if value in ("multiple", "unknown") else f"{scheme}:{value}"


def _words(row: Row) -> set[str]:
    return set(re.findall(r"[\w-]+", str(row.get("title", "")).casefold()))


def provenance(row: Row, source: str, *, version: str, retrieved: str) -> dict[str, Any]:
    """Who says it, under which terms, and the source's own values; the row's `content_license` stands above the table."""
    table = rows.mapping("genai_systems")["sources"][source]
    own = row.get("content_license") or {}
    licence = own.get("license") or table.get("licence")
    if not licence:
        raise RowRefusedError("licence-missing", "content_license")
    return {
        "source": table["name"],
        "licence": str(licence),
        "attribution": _attribution(own) if own else str(table["attribution"]),
        "retrieved": retrieved,
        "row_id": str(row["id"]),
    }


def _attribution(own: Mapping[str, Any]) -> str:
    """The row's licence marker in words: whom to name, where, under which licence, and what it asks of whoever passes it on."""
    asked = ", ".join(str(one) for one in own.get("obligations", ())) or "none stated"
    named = [str(own.get("attribution", "")), str(own.get("attribution_url", "")), str(own.get("license_url", ""))]
    return "; ".join(
        [*(part for part in named if part), f"obligations: {asked}", "through genai_incidents (CC BY 4.0)"]
    )


def values(row: Row, *, version: str) -> list[dict[str, str]]:
    """The source's own values beside what we made of them, as references whose `source` says what they are.

    Labels are what editors or the corpus assigned and we mapped. Machine codes (OWASP, ATLAS, NIST, set by rules upstream) are
    kept as what the source said: never a tag, never counted.
    """
    labels = {
        "attack_vector": [str(row["attack_vector"])],
        "sector": _values(row, "sector-"),
        "jurisdiction": _values(row, "juris-"),
        "technology": technologies(row),
        "mit-risk-domain": _values(row, "mit-risk-domain:"),
    }
    said = [f"{name}={'; '.join(found)}" for name, found in labels.items() if found]
    codes = [str(code) for name in _MACHINE for code in row.get(name, ())]
    return [
        {"source": f"genai-incidents {version}, {what}", "external_id": chunk}
        for what, texts in (("labels", said), ("machine codes, not counted", codes))
        for chunk in _chunks(texts)
    ]


def _chunks(said: list[str], most: int = 120) -> Iterator[str]:
    """The values joined by blanks, in as many texts of at most `most` characters as it takes; a longer value is cut."""
    line = ""
    for value in (rows.plain(v)[:most] for v in said):
        if line and len(line) + 1 + len(value) > most:
            yield line
            line = ""
        line = f"{line} {value}".strip()
    if line:
        yield line
