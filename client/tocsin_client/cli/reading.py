"""status, search, show, trends, verify, taxonomy: what others learned, and what can be checked without any network."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin_client.cli.open_hub import open_hub
from tocsin_client.cli.voice import Voice, table

if TYPE_CHECKING:
    from tocsin_trust.policy import Policy

_Public = Annotated[bool, typer.Option("--public", help="Read as the public does, without logging in.")]
_Kinds = Annotated[list[str] | None, typer.Option("--kind", help="incident, finding, mitigation; may be repeated.")]
_Tags = Annotated[list[str] | None, typer.Option("--tag", help="A code, scheme@edition:code; finds all below it.")]
_Sectors = Annotated[list[str] | None, typer.Option("--sector", help="A code of ISIC, isic@4:K.")]
_Regions = Annotated[list[str] | None, typer.Option("--region", help="A code of UN M49, un-m49@2024:150.")]
_Years = Annotated[list[int] | None, typer.Option("--year", help="The year it occurred.")]
_Severity = Annotated[int | None, typer.Option("--severity-min", help="Potential severity, at least (0-5).")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    for command in (status, search, show, trends, verify, taxonomy):
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
    said.stream(shown, table([tuple(str(r[k])[: 16 if k == "thread" else 60] for k in r) for r in shown]))
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
    said.stream(page.records, table(rows))
    said.note("search.foot" if rows else "search.none", shown=len(rows), total=page.total, as_of=page.as_of)
    if page.after:
        said.note("search.more", after=page.after)


def show(
    ctx: typer.Context,
    record: Annotated[str, typer.Argument(help="A record id, such as TOC-I-2026-000007")],
    public: _Public = False,
) -> None:
    """One record, whole."""
    said: Voice = ctx.obj
    with open_hub(said, public=public) as hub:
        found = hub.show(record)
    if "body" not in found:
        lines = [
            said.text(
                "show.tombstone", record_id=record, state=str(found.get("state")), reason=str(found.get("reason"))
            )
        ]
    else:
        head = [
            (k, str(v)) for k, v in found.items() if k != "body" and v is not None and not isinstance(v, dict | list)
        ]
        lines = [*table(head), "", *json.dumps(found["body"], ensure_ascii=False, indent=2).splitlines()]
    said.data(found, lines)


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
    said.data(
        {
            "by": found.by, "rows": found.to_rows(said.lang), "total": found.total, "author_keys": found.author_keys,
            "as_of": found.as_of, "coverage": dict(found.coverage), "notes": found.notes,
        },
        found.table(said.lang).splitlines(),
    )  # fmt: skip


def verify(
    ctx: typer.Context,
    receipt: Annotated[Path, typer.Argument(help="A receipt bundle")],
    policy: Annotated[
        Path | None, typer.Option(help="Check against this policy file instead of the pinned one.")
    ] = None,
) -> None:
    """Check a receipt with no network."""
    from tocsin_client import errors
    from tocsin_trust import errors as trust_errors
    from tocsin_trust import receipt as receipts

    said: Voice = ctx.obj
    try:
        bundle = receipt.read_bytes()
    except OSError as exc:
        raise errors.UsageError("unreadable-file", f"cannot read {receipt}") from exc
    pinned = _policy(said, policy)
    try:
        found = receipts.verify(bundle, pinned)
    except trust_errors.TrustError as exc:
        said.note("verify.bad")
        raise errors.VerificationError(exc.code, receipts.explain(exc, said.lang), where=exc.where) from exc
    said.data(
        {
            "verified": True, "digest": found.statement.digest.hex(), "kind": found.statement.kind, "mode": found.statement.mode,
            "author_key": found.statement.kid, "index": found.index, "tree_size": found.tree_size, "origin": found.origin,
            "accepted_by": found.accepted_by,
        },
        [said.text("verify.ok"), *receipts.explain(found, said.lang).splitlines()],
    )  # fmt: skip


def _policy(said: Voice, path: Path | None) -> "Policy":
    """The policy to believe; without any the answer is exit 7, because nothing was verified."""
    from tocsin_client import errors, joining, vault
    from tocsin_trust import errors as trust_errors
    from tocsin_trust import policy

    try:
        if path is not None:
            return policy.read(path.read_bytes())
        return joining.pinned_policy(vault.Vault(vault.default_home(), said.profile))
    except (OSError, trust_errors.TrustError, errors.SetupError) as exc:
        raise errors.VerificationError(
            "no-policy",
            "there is no policy to verify against",
            hint="tocsin init URL, or --policy FILE you have from a place you trust.",
        ) from exc


def taxonomy(
    ctx: typer.Context,
    code: Annotated[str | None, typer.Argument(help="scheme, scheme@edition, or scheme@edition:code")] = None,
) -> None:
    """Schemes and codes with their names; needs no network."""
    from tocsin_client import errors
    from tocsin_taxonomy import errors as taxonomy_errors
    from tocsin_taxonomy import schemes

    said: Voice = ctx.obj
    try:
        if code is None:
            listed = [schemes.load(*name.split("@")) for name in schemes.all_schemes()]
            said.note("taxonomy.schemes")
            said.stream(
                [{"scheme": str(s), "use": s.use, "labels": dict(s.labels), "codes": len(s.codes)} for s in listed],
                table([(str(s), s.use, str(s.labels[said.lang]), str(len(s.codes))) for s in listed]),
            )
        elif ":" in code:
            _one_code(said, schemes.resolve(code))
        else:
            name, _, edition = code.partition("@")
            scheme = schemes.load(name, edition or schemes.editions(name)[-1])
            entries = [(f"{scheme}:{e.code}", e) for e in scheme.codes.values()]
            said.stream(
                [
                    {
                        "code": c,
                        "labels": dict(e.labels),
                        "parent": e.parent,
                        "layer": e.layer,
                        "selectable": e.selectable,
                    }
                    for c, e in entries
                ],
                table([(c, e.labels[said.lang]) for c, e in entries if e.selectable]),
            )
    except taxonomy_errors.TaxonomyError as exc:
        raise errors.UsageError(exc.code, exc.meaning, hint=exc.detail or "tocsin taxonomy") from exc


def _one_code(said: Voice, code: Any) -> None:
    from tocsin_taxonomy import crosswalk, schemes

    entry = schemes.require(code)
    above = [(str(c), schemes.label(c, said.lang)) for c in schemes.ancestors(code)]
    below = [(str(c), schemes.label(c, said.lang)) for c in schemes.children(code)]
    related = [
        (m.predicate, m.object)
        for name in schemes.all_schemes()
        for m in _mapped(crosswalk, str(code), name.split("@")[0])
    ]
    value = {
        "code": str(code), "labels": dict(entry.labels), "layer": entry.layer, "note": entry.note, "selectable": entry.selectable,
        "ancestors": [c for c, _ in above], "children": [c for c, _ in below],
        "crosswalk": [{"predicate": p, "object": o} for p, o in dict.fromkeys(related)],
    }  # fmt: skip
    lines = [f"{code}  {entry.labels[said.lang]}", *([entry.note] if entry.note else [])]
    for mark, rows in (("^", above), ("v", below), ("~", list(dict.fromkeys(related)))):
        lines += [f"  {mark} {a}  {b}" for a, b in rows]
    said.data(value, lines)


def _mapped(crosswalk: Any, code: str, scheme: str) -> list[Any]:
    return [] if code.startswith(f"{scheme}@") else list(crosswalk.translate(code, scheme))
