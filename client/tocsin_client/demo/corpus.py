"""The public records of the walk-through: read, shared out in uneven shares, approved per organisation, signed, sent in bulk."""

from __future__ import annotations

import concurrent.futures
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin_client import errors, importers, sending
from tocsin_client.demo.events import Voice
from tocsin_client.demo.organisations import Organisation
from tocsin_client.draft import Draft
from tocsin_client.hub import Hub
from tocsin_client.importers.rows import Refused
from tocsin_client.redact.batch import approve_public_batch

SEND_THREADS = 3  # while one request is answered by the hub, the next organisation's records are signed
STATEMENTS = {
    "en": "Demo: every text of these records was published by AIAAIC, the AI Incident Database or MITRE ATLAS, "
    "and each record names its source and licence.",
    "zh": "演示：这些记录的每一段文字都已由 AIAAIC、AI Incident Database 或 MITRE ATLAS 公开发布，每条记录都注明出处与许可。",
}
APPROVED_BY = "records curator (demo)"
MITIGATIONS_FROM_RANK = 8


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in: counts, time in seconds from opening the corpus to the last verified receipt, the newest log index."""

    records: int
    mitigations: int
    refused_rows: int
    seconds: float
    newest_index: int
    coverage: dict[str, dict[str, int]]

    @property
    def per_second(self) -> float:
        """Incidents and mitigations per second, end to end."""
        return (self.records + self.mitigations) / self.seconds if self.seconds else 0.0


def read_all() -> tuple[list[Draft], list[Draft], list[Refused]]:
    """Incident drafts, mitigation drafts, and the rows that were refused; every draft marked demo."""
    refused: list[Refused] = []
    incidents = list(importers.load("genai-incidents").read(refused=refused))
    mitigations = list(importers.load("atlas-mitigations").read(refused=refused))
    for draft in (*incidents, *mitigations):
        draft.body["demo"] = True
    return incidents, mitigations, refused


def shares(total: int, parts: int) -> list[int]:
    """`total` split into `parts` by 1 / rank (Zipf), each at least one, by largest remainder; same input, same split."""
    if total < parts:
        return [1] * total + [0] * (parts - total)
    weights = [1 / rank for rank in range(1, parts + 1)]
    exact = [1 + (total - parts) * weight / sum(weights) for weight in weights]
    split = [int(share) for share in exact]
    by_remainder = sorted(range(parts), key=lambda i: (split[i] - exact[i], i))
    for i in by_remainder[: total - sum(split)]:
        split[i] += 1
    return split


def shared_out(drafts: Sequence[Draft], parts: int) -> list[list[Draft]]:
    """The drafts in an order that is fixed but says nothing (digest of the row id), cut into Zipf shares."""
    mixed = sorted(drafts, key=lambda d: hashlib.sha256(str(d.body["provenance"]["row_id"]).encode()).digest())
    found, start = [], 0
    for share in shares(len(mixed), parts):
        found.append(mixed[start : start + share])
        start += share
    return found


def coverage(drafts: Sequence[Draft]) -> dict[str, dict[str, int]]:
    """For each field how many records say it, by source; what every figure over these records must state."""
    total: dict[str, dict[str, int]] = {}
    for draft in drafts:
        body = draft.body
        line = total.setdefault(
            str(body["provenance"]["source"]).split(",")[0],
            {"records": 0, "sector": 0, "region": 0, "system_class": 0, "summary": 0, "finer_than_year": 0},
        )
        line["records"] += 1
        line["sector"] += body["sector"] not in ("unknown", "multiple")
        line["region"] += body["region"] not in ("unknown", "multiple")
        line["system_class"] += body["system_class"] not in ("unknown", "multiple")
        line["summary"] += body["summary"] != "unknown"
        line["finer_than_year"] += body["occurred"]["precision"] != "year"
    return total


def send_all(hubs: dict[str, Hub], members: Sequence[Organisation], voice: Voice, lang: str) -> Imported:
    """Read, share out, approve, sign and send everything; raises PartlyError if the hub refused a line."""
    began = time.perf_counter()
    incidents, mitigations, refused = read_all()
    piles = shared_out(incidents, len(members))
    piles[MITIGATIONS_FROM_RANK - 1] = [*piles[MITIGATIONS_FROM_RANK - 1], *mitigations]
    total, done, newest = len(incidents) + len(mitigations), 0, 0
    with concurrent.futures.ThreadPoolExecutor(SEND_THREADS) as pool:
        waiting = []
        for org, pile in zip(members, piles, strict=True):
            if pile:
                batch = approve_public_batch(pile, STATEMENTS[lang], APPROVED_BY)
                waiting.append(pool.submit(hubs[org.profile].submit_many, batch))
            ready = [future for future in waiting if future.done()]
            waiting = [future for future in waiting if future not in ready]
            for future in ready:
                done, newest = _counted(future.result(), done, newest)
                voice.progress("public records signed and logged", "公开记录签名入册", done, total)
        for future in concurrent.futures.as_completed(waiting):
            done, newest = _counted(future.result(), done, newest)
            voice.progress("public records signed and logged", "公开记录签名入册", done, total)
    return Imported(
        records=len(incidents),
        mitigations=len(mitigations),
        refused_rows=len(refused),
        seconds=time.perf_counter() - began,
        newest_index=newest,
        coverage=coverage(incidents),
    )


def _counted(result: sending.BulkResult, done: int, newest: int) -> tuple[int, int]:
    if result.refused:
        first = result.refused[0].error
        assert first is not None
        raise errors.PartlyError(
            first.code,
            f"the hub refused {len(result.refused)} of the public records",
            hint=first.hint,
            where=first.where,
        )
    indices = [item.receipt.index for item in result.accepted if item.receipt is not None]
    return done + len(result.items), max([newest, *indices])
