"""A small hub for the tests of reading: real signed envelopes, real log rows, real readers, a clock that stands still.

Only the sequencer is left out: entries are written here, one transaction per call of `append`, with the real inline of threads.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, delete, insert, select, text
from sqlmodel import SQLModel, col

from tocsin_hub.catalogue import project, search
from tocsin_hub.catalogue.filters import RecordQuery
from tocsin_hub.intake import threads
from tocsin_hub.ledger import entries, packing, reading
from tocsin_hub.members import access
from tocsin_hub.store import tables
from tocsin_hub.store.session import Store
from tocsin_hub.trends.columns import Columns
from tocsin_hub.trends.count import TrendReader
from tocsin_trust import dsse, keys, leaf, merkle, statement

NOW = 1_790_000_000  # 2026-09-21
AUD = "hub.example"
CURSOR_KEY = b"k" * 32
CAT = "caict-2024@2024-12"
PEOPLE = "derived.individual-organisation"


def org_id(letter: str) -> str:
    return "org-" + letter * 26


def text_of(words: str, language: str = "en") -> dict[str, str]:
    return {"text": words, "language": language}


def tag(code: str, scheme: str = "caict-2024", edition: str = "2024-12") -> dict[str, str]:
    return {"scheme": scheme, "edition": edition, "code": code, "confidence": "known", "assigned_by": "reporter"}


def incident(title: str = "A chatbot lied", **over: Any) -> dict[str, Any]:
    codes = over.pop("codes", ["endogenous.data.toxic-or-poisoned"])
    tlp = over.pop("tlp", None)
    severity = over.pop("potential", 3)
    body: dict[str, Any] = {
        "record_type": "incident",
        "title": text_of(title),
        "summary": text_of("It was said and it was wrong."),
        "occurred": {"value": "2024-Q1", "precision": "quarter", "basis": "occurred"},
        "ai_contribution": "yes",
        "ai_role": "direct-cause",
        "system_class": "tocsin-system-class@2026-11:llm-assistant",
        "sector": "isic@4:K",
        "region": "un-m49@2024:150",
        "risk_tags": [tag(code) for code in codes],
        "primary_category": CAT + ":" + ".".join(codes[0].split(".")[:2]),
        "severity": {"scheme": "tocsin-sev", "edition": "1", "actual": None, "potential": severity},
        "evidence_class": "first-hand",
    }
    if tlp is not None:
        body["marking"] = {"tlp": tlp}
    return body | over


def finding(title: str = "The model leaks its prompt", **over: Any) -> dict[str, Any]:
    codes = over.pop("codes", ["endogenous.model.insufficient-robustness"])
    body: dict[str, Any] = {
        "title": text_of(title),
        "summary": text_of("Forty of a hundred tries."),
        "discovered": {"value": "2025-Q2", "precision": "quarter"},
        "discovery_method": "red-team",
        "tool": {"name": "probe", "version": "1"},
        "system_class": "tocsin-system-class@2026-11:llm-agent",
        "risk_tags": [tag(code) for code in codes],
        "primary_category": CAT + ":" + ".".join(codes[0].split(".")[:2]),
        "metrics": [{"name": "leak rate", "value": 0.4, "n": 100, "better": "lower"}],
        "severity": {"scheme": "tocsin-sev", "edition": "1", "actual": None, "potential": 2},
    }
    return body | over


def mitigation(title: str = "Check every answer twice", **over: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "title": text_of(title),
        "description": text_of("A second model reads what the first one wrote."),
        "strategy": "mitigate",
        "control_layer": "technical",
        "lifecycle_stage": ["operation"],
        "addresses": [tag("endogenous.data.toxic-or-poisoned")],
        "applicability": {"system_classes": [], "sectors": [], "preconditions": []},
        "status": "in-use",
        "evidence_class": "first-hand",
        "marking": {"tlp": "clear"},
    }
    return body | over


class House:
    """The hub under test. Organisations a to e are there: members a, b; industry body c; regulator d (finance, Europe); desk e."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = Store(url)
        self.readers = (project.CatalogueReader("TOC"), TrendReader())
        self.columns = Columns()
        self.size = 0
        self.keys: dict[str, keys.SigningKey] = {}
        with self.store.write("test") as session:
            for letter, kind in zip("abcde", ("member", "member", "industry-body", "regulator", "desk"), strict=True):
                self._enrol(session, letter, kind)

    def _enrol(self, session: Any, letter: str, kind: str) -> None:
        org = org_id(letter)
        key = self.keys[org] = keys.SigningKey.generate()
        grant = '{"regions":["un-m49@2024:150"],"sectors":["isic@4:K"]}' if kind == "regulator" else None
        session.add(
            tables.OrgRow(
                org=org,
                kind=kind,
                sector="isic@4:K",
                region="un-m49@2024:150",
                agreement="1",
                grant_json=grant,
                enrolled_idx=0,
            )
        )
        session.add(tables.MemberKeyRow(key=key.public.hex, org=org, role="operational", added_idx=0))

    def viewers(self, author_key: str | None = None) -> dict[str, access.Viewer]:
        """One of each kind of reader, by name."""
        covering = access.grant(["isic@4:K"], ["un-m49@2024:150"])
        elsewhere = access.grant(["isic@4:A"], ["un-m49@2024:009"])
        return {
            "public": access.PUBLIC(NOW),
            "member": access.Viewer("member", org_id("a"), None, None, NOW),
            "other member": access.Viewer("member", org_id("b"), None, None, NOW),
            "industry body": access.Viewer("industry-body", org_id("c"), None, None, NOW),
            "regulator": access.Viewer("regulator", org_id("d"), None, covering, NOW),
            "regulator elsewhere": access.Viewer("regulator", org_id("d"), None, elsewhere, NOW),
            "desk": access.Viewer("desk", org_id("e"), None, None, NOW),
            "author": access.Viewer("author", None, author_key or "0" * 64, None, NOW),
        }

    # --- writing -----------------------------------------------------------------------------------------------------

    def seal(
        self, kind: str, body: dict[str, Any], *, by: str | keys.SigningKey, prev: bytes | None = None
    ) -> entries.Admitted:
        """A signed statement: `by` an organisation (attributed) or a key of one's own (pseudonymous)."""
        key = self.keys[by] if isinstance(by, str) else by
        payload = statement.build(
            kind=kind,
            aud=AUD,
            mode="attributed" if isinstance(by, str) else "pseudonymous",
            kid=key.public.hex,
            cred=by if isinstance(by, str) else base64.b64encode(b"a certificate").decode(),
            iat_unix_s=statement.round_day(NOW),
            prev=None if prev is None else prev.hex(),
            dir=None,
            body=body,
        )
        envelope = dsse.seal(statement.payload_type(kind), payload, key)
        opened = dsse.unseal(envelope)
        said = statement.read(opened)
        line = leaf.text(opened, said)
        return entries.Admitted(opened.digest, envelope, line, merkle.leaf_hash(line), said, None)

    def append(self, *items: entries.Admitted, accepted_unix_s: int = NOW) -> list[bytes]:
        """Put the statements into the log; readers have not seen them yet."""
        placed = [
            entries.Placed(self.size + at, item.digest, item.leaf_hash, accepted_unix_s, False)
            for at, item in enumerate(items)
        ]
        with self.store.write("test") as session:
            rows = [
                {
                    "idx": where.idx,
                    "leaf_hash": item.leaf_hash,
                    "digest": item.digest,
                    "data": item.leaf,
                    "accepted_unix_s": accepted_unix_s,
                }
                for where, item in zip(placed, items, strict=True)
            ]
            session.execute(insert(tables.EntryRow), rows)
            blobs = [
                {"digest": item.digest, "envelope": packing.pack(item.envelope), "erased_unix_s": None}
                for item in items
            ]
            session.execute(insert(tables.BlobRow), blobs)
            threads.record(session, [entries.entry_of(item, where) for item, where in zip(items, placed, strict=True)])
        self.size += len(items)
        return [item.digest for item in items]

    def add(self, kind: str, body: dict[str, Any], *, by: str | keys.SigningKey, prev: bytes | None = None) -> bytes:
        """Seal and append one statement; returns its digest."""
        return self.append(self.seal(kind, body, by=by, prev=prev))[0]

    def moderate(self, thread: bytes, action: str, reason: str = "identifying") -> bytes:
        return self.add("moderate", {"thread": thread.hex(), "action": action, "reason": reason}, by=org_id("e"))

    # --- reading -----------------------------------------------------------------------------------------------------

    def catch_up(self, batch: int = 256) -> None:
        """Let every reader read to the end, `batch` entries at a time, each batch in a transaction of its own."""
        cursor = tables.CursorRow
        for reader in self.readers:
            while True:
                with self.store.write("test") as session:
                    row = session.get(cursor, reader.name)
                    if row is None:
                        row = cursor(name=reader.name, next_idx=0)
                        session.add(row)
                    todo = reading.load(session, row.next_idx, batch)
                    if not todo:
                        break
                    reader.apply(session, todo)
                    row.next_idx = todo[-1].idx + 1

    def rebuild(self, batch: int = 256) -> None:
        """Empty every derived table and read the log again from its beginning."""
        with self.store.write("test") as session:
            for reader in self.readers:
                for table in reader.tables:
                    if not isinstance(table, str):
                        session.execute(delete(table))
                    elif table == ("record_fts" if self.store.is_sqlite else "record_search"):
                        session.execute(text(f"DELETE FROM {table}"))
            session.execute(delete(tables.CursorRow))
        self.columns.reset()
        self.catch_up(batch)

    def derived(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every derived row, table by table, in a fixed order."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        with self.store.read() as session:
            for reader in self.readers:
                for model in reader.tables:
                    if isinstance(model, str):
                        continue
                    table: Table = model.__table__  # type: ignore[attr-defined]
                    found[table.name] = [
                        tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
                    ]
            words = "SELECT rowid, tokens FROM record_fts ORDER BY rowid"
            if not self.store.is_sqlite:
                words = "SELECT rec, tokens::text FROM record_search ORDER BY rec"
            found["tokens"] = [tuple(row) for row in session.execute(text(words))]
        return found

    def ids(self, viewer: access.Viewer, **filters: Any) -> list[str]:
        """The ids of all records that fit, newest first."""
        return [item.record_id for item in self.page(viewer, first=100, **filters).items]

    def page(self, viewer: access.Viewer, first: int = 100, after: str | None = None, **filters: Any) -> search.Page:
        with self.store.read() as session:
            return search.page(
                session, viewer, RecordQuery(**filters), first, after, cursor_key=CURSOR_KEY, with_total=True
            )

    def get(self, viewer: access.Viewer, ref: str) -> Any:
        with self.store.read() as session:
            return search.get(session, viewer, ref)

    def close(self) -> None:
        self.store.dispose()


def count(model: type[SQLModel], house: House, **equal: Any) -> int:
    with house.store.read() as session:
        query = select(model)
        for name, value in equal.items():
            query = query.where(col(getattr(model, name)) == value)
        return len(session.execute(query).all())


def titles(items: Iterable[Any]) -> Sequence[str]:
    return [item.content.title.text for item in items]
