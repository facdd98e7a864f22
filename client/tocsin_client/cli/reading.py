"""status, search, show, trends: how one's own records stand, and what others learned."""

from typing import Annotated, Any

import typer

from tocsin_client.cli.open_hub import open_hub
from tocsin_client.cli.voice import Voice, columns, table

_Public = Annotated[bool, typer.Option("--public", help="Read as the public does, without logging in.")]
_Kinds = Annotated[list[str] | None, typer.Option("--kind", help="incident, finding, mitigation; may be repeated.")]
_Tags = Annotated[list[str] | None, typer.Option("--tag", help="A code, scheme@edition:code; finds all below it.")]
_Sectors = Annotated[list[str] | None, typer.Option("--sector", help="A code of ISIC, isic@4:K.")]
_Regions = Annotated[list[str] | None, typer.Option("--region", help="A code of UN M49, un-m49@2024:150.")]
_Years = Annotated[list[int] | None, typer.Option("--year", help="The year it occurred.")]
_Severity = Annotated[int | None, typer.Option("--severity-min", help="Potential severity, at least (0-5).")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    for command in (status, search, show, trends):
        app.command()(command)


def status(
    ctx: typer.Context,
    record: Annotated[
        str | None, typer.Argument(help="A digest (8 characters or more) or id; none: list all yours")
    ] = None,
) -> None:
    """How your submissions stand; without argument the list of your own."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        if record is not None:
            found: dict[str, Any] = hub.status(record)
            said.data(found, table([(name, str(value)) for name, value in found.items()]))
            return
        rows = hub.status()
    shown = [{k: r.get(k) for k in ("thread", "kind", "mode", "state", "index", "title")} for r in rows]
    said.listing(shown, table([tuple(str(r[k])[: 16 if k == "thread" else 60] for k in r) for r in shown]))
    if not rows:
        said.note("status.none")


def search(
    ctx: typer.Context,
    text: Annotated[str | None, typer.Argument(help="Words to find, in any language")] = None,
    kind: _Kinds = None,
    tag: _Tags = None,
    sector: _Sectors = None,
    region: _Regions = None,
    year: _Years = None,
    severity_min: _Severity = None,
    first: Annotated[int, typer.Option(help="How many, 1 to 100.")] = 20,
    after: Annotated[str | None, typer.Option(help="Go on after this cursor.")] = None,
    public: _Public = False,
) -> None:
    """Find records you may read, newest first."""
    said: Voice = ctx.obj
    with open_hub(said, public=public) as hub:
        page = hub.search(
            text=text, kinds=kind, tags=tag, sectors=sector, regions=region, years=year, severity_min=severity_min, first=first, after=after,
        )  # fmt: skip
    rows = [
        (
            str(r.get("recordId")),
            str((r.get("occurred") or {}).get("value") or ""),
            str((r.get("severity") or {}).get("potential") or "-"),
            str((r.get("title") or {}).get("text") or r.get("state"))[:90],
        )
        for r in page
    ]
    said.listing(page.records, table(rows), total=page.total, asOf=page.as_of, next=page.after)
    said.note("search.foot" if rows else "search.none", shown=len(rows), total=page.total, as_of=page.as_of)
    if page.after:
        said.note("search.more", after=page.after)


def show(
    ctx: typer.Context,
    record: Annotated[str, typer.Argument(help="A record id, such as TOC-I-2026-000007")],
    public: _Public = False,
) -> None:
    """One record, as a person reads it; with --json as the hub sent it."""
    said: Voice = ctx.obj
    with open_hub(said, public=public) as hub:
        found = hub.show(record)
    if "body" in found:
        said.data(found, [] if said.json else _whole(said, found))
        return
    state = str(found.get("state"))
    # Of a state that is unknown here it is not said that the text is gone.
    known = state if state in ("withdrawn", "erased") else "hidden"
    said.data(
        found, said.text(f"show.{known}", record_id=record, reason=_reason(said, state, str(found.get("reason"))))
    )


def _reason(said: Voice, state: str, reason: str) -> str:
    """The reason code by its name; as the hub sent it if no list has it."""
    from tocsin_taxonomy import vocab

    names = vocab.labels("withdraw_reasons" if state == "withdrawn" else "moderate_reasons", said.lang)
    return names.get(reason, reason)


def _whole(said: Voice, found: dict[str, Any]) -> list[str]:
    from tocsin_client.cli import record

    return record.lines(said, found, columns())


def trends(
    ctx: typer.Context,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="category, leaf, sector, region, year, quarter, severity, …; one or two."),
    ] = None,
    kind: _Kinds = None,
    tag: _Tags = None,
    sector: _Sectors = None,
    region: _Regions = None,
    year: _Years = None,
    severity_min: _Severity = None,
    include_exercise: Annotated[bool, typer.Option("--include-exercise", help="Count exercises too.")] = False,
    long: Annotated[bool, typer.Option("--long", help="One line a cell, also by two dimensions.")] = False,
    public: _Public = False,
) -> None:
    """Exact counts over the records you may read."""
    said: Voice = ctx.obj
    dims = [part for value in by or ["category"] for part in value.split(",") if part]
    with open_hub(said, public=public) as hub:
        found = hub.trends(
            by=dims, kinds=kind, tags=tag, sectors=sector, regions=region, years=year, severity_min=severity_min,
            include_exercise=include_exercise or None,
        )  # fmt: skip
    items = [
        {"keys": row.keys, "labels": [found.label(key, said.lang) for key in row.keys], "count": row.count, "authorKeys": row.author_keys}
        for row in found
    ]  # fmt: skip
    said.listing(
        items, [] if said.json else found.table(said.lang, long=long, width=columns()).splitlines(), by=found.by, total=found.total,
        authorKeys=found.author_keys, asOf=found.as_of, coverage=dict(found.coverage), notes=found.notes, truncated=found.truncated, next=None,
    )  # fmt: skip
