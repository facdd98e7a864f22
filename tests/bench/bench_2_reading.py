"""Reading at 100,000 records: the GraphQL list of 100, and search by rare, common and Chinese words."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

import pytest
import strawberry
from rig import bodies, figures, hubs, queries, wire
from sqlalchemy import text
from sqlalchemy.orm import Session

from tocsin_hub.catalogue import filters, search, tokens
from tocsin_hub.members import access

ROUNDS, LISTS = 7, 20
CURSOR_KEY = bytes(32)
RARE = ("Tromsø", "Dissanayake", "NarxCare", "Minivan", "Watsonville", "Cherelle", "Gladstone", "pensioner", "Redis")
COMMON = (
    "ai",
    "deepfake",
    "generated",
    "reportedly",
    "of",
    "the",
    "as reported",
    "videos",
    "诈骗",
    "视频",
    "人工智能",
    "伪造",
)
NOW = int(time.time())
VIEWERS = {
    "public": access.PUBLIC(NOW),
    "member": access.Viewer("member", hubs.org_id(3), None, None, NOW),
}


# --- lists -------------------------------------------------------------------------------------------------------------


@strawberry.type
class PlainText:
    text: str
    language: str


@strawberry.type
class PlainTag:
    scheme: str
    edition: str
    code: str


def _plain_record() -> Any:
    """The peer's type: the same fields as LIST_100 asks for, no resolver of ours."""
    words = (
        "recordId kind state digest thread mode tlp authorKey org evidenceClass acceptedAt recordType aiRole priority"
    )
    fields: dict[str, Any] = dict.fromkeys(words.split(), str | None)
    fields |= dict.fromkeys(("logIndex", "headIndex", "amends"), int)
    fields |= {"demo": bool, "title": PlainText, "summary": PlainText | None, "tags": list[PlainTag]}
    return strawberry.type(type("PlainRecord", (), {"__annotations__": fields}))


PlainRecord = _plain_record()


def _stock(nodes: list[dict[str, Any]]) -> strawberry.Schema:
    """Stock strawberry over ready objects: no database, no extension, no cache."""

    def made(node: dict[str, Any]) -> Any:
        summary = node["summary"]
        parts = {"title": PlainText(**node["title"]), "summary": PlainText(**summary) if summary else None}
        return PlainRecord(**{**node, **parts, "tags": [PlainTag(**tag) for tag in node["tags"]]})

    ready = [made(node) for node in nodes]

    class Query:
        @strawberry.field
        def nodes(self) -> list[PlainRecord]:  # type: ignore[valid-type]
            return ready

    return strawberry.Schema(
        query=strawberry.type(Query), config=strawberry.schema.config.StrawberryConfig(auto_camel_case=False)
    )


def test_a_list_of_100_with_its_tags(filled: hubs.HubDir) -> None:
    inner = queries.LIST_100.split("nodes", 1)[1].rsplit("}", 2)[0]

    async def lists(face: wire.Wire, hub: hubs.Serving, query: str) -> float:
        began = hub.cpu_s()
        for _ in range(LISTS):
            await face.ask(query)
        return (hub.cpu_s() - began) / LISTS

    async def run(hub: hubs.Serving) -> None:
        async with wire.Wire(hub.port) as face:
            nodes = (await face.ask(queries.LIST_100))["incidents"]["nodes"]
            assert len(nodes) == 100
            schema = _stock(nodes)
            query = "{ nodes " + inner + "}"
            answer = schema.execute_sync(query)
            assert answer.errors is None, answer.errors
            assert answer.data is not None
            assert json.dumps(answer.data["nodes"]) == json.dumps(nodes)  # the peer says the same
            await lists(face, hub, queries.LIST_100)
            for _ in range(ROUNDS):
                beside.tick(200)
                ours.append(await lists(face, hub, queries.LIST_100))
                labelled.append(await lists(face, hub, queries.LIST_100_LABELS))
                stock.append(figures.cpu_s(lambda: [schema.execute_sync(query) for _ in range(5)]) / 5)

    beside, ours, labelled, stock = figures.Beside(), list[float](), list[float](), list[float]()
    with hubs.Serving(filled) as hub:
        asyncio.run(run(hub))
    own, peer = figures.median(ours), figures.median(stock)
    figures.note(f"with the name of every tag {figures.median(labelled) * 1e3:.1f} ms")
    figures.note(
        "stock strawberry answers from objects in memory; ours also reads the database, checks rights and speaks HTTP"
    )
    figures.say(
        "GraphQL list of 100 with tags",
        own * 1e3,
        "ms CPU",
        ratio=own / peer,
        against=f"stock strawberry ({peer * 1e3:.1f} ms)",
        bar="none",
        met=True,
    )
    figures.at_most(
        "GraphQL list of 100 with tags",
        own * 1e3,
        "ms CPU",
        ratio=own / beside.verify_s,
        against="one Ed25519 verify",
        ceiling=figures.verifies_in(30),
        beside=beside,
    )


# --- search ------------------------------------------------------------------------------------------------------------


def _page(session: Session, viewer: access.Viewer, words: str, *, total: bool = False) -> search.Page:
    asked = filters.RecordQuery(text=words)
    return search.page(session, viewer, asked, 20, cursor_key=CURSOR_KEY, with_total=total)


@pytest.mark.parametrize(("kind", "words", "bar_ms"), [("rare", RARE, 20), ("common", COMMON, 30)])
def test_a_search_takes_milliseconds(filled: hubs.HubDir, kind: str, words: tuple[str, ...], bar_ms: int) -> None:
    beside, ours, plain, counted = figures.Beside(), list[float](), list[float](), list[float]()
    with filled.opened() as hub, hub.store.read() as session:
        hits = {word: _hits(session, word) for word in words}
        for number, (word, viewer) in enumerate(itertools.product(words * 4, VIEWERS.values())):
            if number % 8 == 0:
                beside.tick(100)
            ours.append(figures.wall_s(lambda: _page(session, viewer, word)))  # noqa: B023
            plain.append(figures.wall_s(lambda: _match(session, word)))  # noqa: B023
            counted.append(figures.wall_s(lambda: _page(session, viewer, word, total=True)))  # noqa: B023
    p95, bare = figures.percentile(ours, 0.95), figures.percentile(plain, 0.95)
    figures.note(f"{kind} words, records that hold them: {hits}")
    figures.note(f"with the count of all hits p95 {figures.percentile(counted, 0.95) * 1e3:.1f} ms")
    figures.say(
        f"search, {kind} words, p95",
        p95 * 1e3,
        "ms",
        ratio=p95 / bare,
        against=f"bare FTS5 MATCH of 20 rowids ({bare * 1e3:.2f} ms)",
        bar="none",
        met=True,
    )
    figures.at_most(
        f"search, {kind} words, p95",
        p95 * 1e3,
        "ms",
        ratio=p95 / beside.verify_wall_s,
        against="one Ed25519 verify",
        ceiling=figures.verifies_in(bar_ms),
        beside=beside,
    )


def _match(session: Session, words: str) -> list[Any]:
    asked = " AND ".join(f'"{token}"' for token in tokens.of_query(words))
    found = text("SELECT rowid FROM record_fts WHERE record_fts MATCH :asked ORDER BY rowid DESC LIMIT 20")
    return list(session.execute(found, {"asked": asked}))


def _hits(session: Session, words: str) -> int:
    asked = " AND ".join(f'"{token}"' for token in tokens.of_query(words))
    found = text("SELECT count(*) FROM record_fts WHERE record_fts MATCH :asked")
    return int(session.execute(found, {"asked": asked}).scalar_one())


def test_chinese_queries_find_every_record_that_holds_them(filled: hubs.HubDir) -> None:
    """Truth is a scan of all bodies for the words as written; the queries are of translated real records."""
    asked = [record["query"] for record in bodies.TRANSLATED]
    recall, precision = [], []
    scan_s = find_s = 0.0
    with filled.opened() as hub, hub.store.read() as session:
        chinese = session.execute(text('SELECT rec, body FROM record_body WHERE body LIKE \'%"language":"zh"%\'')).all()
        for words in asked:
            began = time.perf_counter()
            truth = {rec for rec, body in chinese if words in body}
            scan_s += time.perf_counter() - began
            began = time.perf_counter()
            found = set(_all(session, words))
            find_s += time.perf_counter() - began
            assert truth
            recall.append(len(truth & found) / len(truth))
            precision.append(len(truth & found) / len(found))
    figures.note(f"{len(asked)} queries over {len(chinese)} Chinese records; least precision {min(precision):.3f}")
    assert len(asked) >= 20
    figures.at_least(
        "Chinese recall, least of all queries",
        min(recall),
        "share",
        ratio=min(recall),
        against="a scan of every text",
        floor=1.0,
    )


def _all(session: Session, words: str) -> list[int]:
    asked = " AND ".join(f'"{token}"' for token in tokens.of_query(words))
    found = text("SELECT rowid FROM record_fts WHERE record_fts MATCH :asked")
    return list(session.execute(found, {"asked": asked}).scalars())
