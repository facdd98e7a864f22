"""Reading through GraphQL: search, one record, trends. Only fixed documents; answers become plain values of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin_client import errors, queries
from tocsin_client.transport import Transport, graphql_problem
from tocsin_client.trends import DIMENSIONS, TrendRow, Trends

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
DEFAULT_PAGE = 20
MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """One page of records, newest first; `after` (if any) asks for the next."""

    records: tuple[dict[str, Any], ...] = field(repr=False)
    total: int | None
    as_of: int
    after: str | None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


def post(transport: Transport, token: str | None, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Send a document and return its `data`; the first error becomes a ClientError with the hub's code."""
    answer = transport.post_json("/graphql", {"query": query, "variables": variables}, token=token)
    if answer.get("errors"):
        raise errors.from_problem(400, graphql_problem(answer))
    data = answer.get("data")
    if not isinstance(data, dict):
        raise errors.UnreachableError("hub-fault", "the hub's answer is not what its interface promises")
    return data


def search(ask: Ask, *, first: int = DEFAULT_PAGE, after: str | None = None, **filters: Any) -> Page:
    """A page of the records that this reader may see and that fit all filters."""
    if not 1 <= first <= MAX_PAGE:
        raise errors.UsageError("bad-page", f"first must be 1 to {MAX_PAGE}")
    found = ask(queries.SEARCH, {"first": first, "after": after, "filter": wire_filter(filters)})["records"]
    info = found["pageInfo"]
    return Page(
        records=tuple(found["nodes"]),
        total=found.get("totalCount"),
        as_of=int(found["asOf"]),
        after=info["endCursor"] if info["hasNextPage"] else None,
    )


def show(ask: Ask, record_id: str) -> dict[str, Any]:
    """One record or its tombstone."""
    found = ask(queries.SHOW, {"recordId": record_id}).get("record")
    if found is None:
        raise errors.RefusedError(
            "not-found", "there is no such record for this reader", hint="tocsin login, or check the id."
        )
    record: dict[str, Any] = {name: value for name, value in found.items() if not name.startswith("__")}
    body = record.get("body")
    if isinstance(body, str):
        record["body"] = json.loads(body)
    return record


def trends(ask: Ask, by: Sequence[str], *, lang: str = "en", **filters: Any) -> Trends:
    """A table by one or two dimensions over the records that this reader may see."""
    dims = (by,) if isinstance(by, str) else tuple(by)
    if not 1 <= len(dims) <= 2 or any(d not in DIMENSIONS for d in dims):
        raise errors.UsageError("unknown-dimension", f"by takes one or two of {', '.join(DIMENSIONS)}")
    variables = {
        "by": [d.upper() for d in dims],
        "filter": wire_filter(filters),
        "lang": "ZH" if lang.startswith("zh") else "EN",
    }
    found = ask(queries.TRENDS, variables)["trends"]
    return Trends(
        by=dims,
        rows=tuple(
            TrendRow(tuple(str(key["value"]) for key in cell["keys"]), int(cell["count"]), int(cell["authorKeys"]))
            for cell in found["cells"]
        ),
        total=int(found["total"]),
        author_keys=int(found["authorKeys"]),
        as_of=int(found["asOf"]),
        coverage={str(row["dimension"]): int(row["records"]) for row in found["coverage"]},
        notes=tuple(str(note["text"]) for note in found["notes"]),
        labels={str(key["value"]): str(key["label"]) for cell in found["cells"] for key in cell["keys"]},
        truncated=bool(found["truncated"]),
    ).in_order()


def wire_filter(filters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Python names to the schema's; single values where the schema has lists are taken as lists of one."""
    wire: dict[str, Any] = {}
    for name, value in filters.items():
        if value is None:
            continue
        head, *rest = name.split("_")
        wire[head + "".join(part.title() for part in rest)] = list(value) if isinstance(value, tuple | set) else value
    return wire or None
