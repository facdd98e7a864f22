"""Reading through GraphQL: search, one record, trends. Only fixed documents; answers become plain values of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin_client import errors, queries
from tocsin_client.transport import Transport
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
    problems = answer.get("errors")
    if problems:
        first = problems[0] if isinstance(problems, list) and isinstance(problems[0], dict) else {}
        extensions = first.get("extensions")
        known = extensions if isinstance(extensions, dict) else {}
        status = known.get("status")
        raise errors.from_problem(status if isinstance(status, int) else 400, known)
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
    record: dict[str, Any] = dict(found)
    body = record.get("body")
    if isinstance(body, str):
        record["body"] = json.loads(body)
    return record


def trends(ask: Ask, by: Sequence[str], **filters: Any) -> Trends:
    """A table by one or two dimensions over the records that this reader may see."""
    dims = (by,) if isinstance(by, str) else tuple(by)
    if not 1 <= len(dims) <= 2 or any(d not in DIMENSIONS for d in dims):
        raise errors.UsageError("unknown-dimension", f"by takes one or two of {', '.join(DIMENSIONS)}")
    found = ask(queries.TRENDS, {"by": [d.upper() for d in dims], "filter": wire_filter(filters)})["trends"]
    return Trends(
        by=dims,
        rows=tuple(
            TrendRow(tuple(str(k) for k in r["keys"]), int(r["count"]), int(r["authorKeys"])) for r in found["rows"]
        ),
        total=int(found["total"]),
        author_keys=int(found["authorKeys"]),
        as_of=int(found["asOf"]),
        coverage=dict(found.get("coverage") or {}),
        notes=tuple(found.get("notes") or ()),
    )


def wire_filter(filters: Mapping[str, Any]) -> dict[str, Any] | None:
    """Python names to the schema's; single values where the schema has lists are taken as lists of one."""
    wire: dict[str, Any] = {}
    for name, value in filters.items():
        if value is None:
            continue
        head, *rest = name.split("_")
        wire[head + "".join(part.title() for part in rest)] = list(value) if isinstance(value, tuple | set) else value
    return wire or None
