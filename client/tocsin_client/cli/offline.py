"""verify, taxonomy: what can be checked and looked up without any network."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin_client.cli.voice import Voice, table

if TYPE_CHECKING:
    from tocsin_trust.policy import Policy


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(verify)
    app.command()(taxonomy)


def verify(
    ctx: typer.Context,
    receipt: Annotated[Path, typer.Argument(help="A receipt bundle")],
    policy: Annotated[
        Path | None, typer.Option(help="Check against this policy file instead of the pinned one.")
    ] = None,
) -> None:
    """Check a receipt with no network; says the same as `python -m tocsin_trust verify`."""
    from tocsin_client import errors
    from tocsin_trust import errors as trust_errors
    from tocsin_trust import policy as policies
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
        raise errors.VerificationError(exc.code, receipts.explain(exc, said.lang), where=exc.where) from exc
    said.data(
        {
            "verified": True, "digest": found.statement.digest.hex(), "kind": found.statement.kind, "mode": found.statement.mode,
            "authorKey": found.statement.kid, "index": found.index, "treeSize": found.tree_size, "origin": found.origin,
            "acceptedBy": found.accepted_by,
        },
        [*receipts.explain(found, said.lang).splitlines(), policies.explain(pinned, said.lang)],
    )  # fmt: skip


def _policy(said: Voice, path: Path | None) -> "Policy":
    """The policy to believe; without any the answer is exit 7, because nothing was verified."""
    from tocsin_client import errors, joining, vault
    from tocsin_trust import errors as trust_errors
    from tocsin_trust import policy, receipt

    if path is not None:
        try:
            return policy.read(path.read_bytes())
        except OSError as exc:
            raise errors.UsageError("unreadable-file", f"cannot read {path}") from exc
        except trust_errors.TrustError as exc:
            raise errors.VerificationError(exc.code, receipt.explain(exc, said.lang), where=exc.where) from exc
    try:
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
            said.listing(
                [{"scheme": str(s), "use": s.use, "labels": dict(s.labels), "codes": len(s.codes)} for s in listed],
                table([(str(s), s.use, str(s.labels[said.lang]), str(len(s.codes))) for s in listed]),
            )
        elif ":" in code:
            _one_code(said, schemes.resolve(code))
        else:
            name, _, edition = code.partition("@")
            scheme = schemes.load(name, edition or schemes.editions(name)[-1])
            entries = [(f"{scheme}:{e.code}", e) for e in scheme.codes.values()]
            said.listing(
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
