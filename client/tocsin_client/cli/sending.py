"""submit, amend, withdraw, import, outbox: what leaves this machine, after a person approved it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin_client.cli.open_hub import open_hub
from tocsin_client.cli.voice import Voice, table

if TYPE_CHECKING:
    from tocsin_client.hub import Hub
    from tocsin_client.receipts import Receipt
    from tocsin_client.redact.preview import Preview

_File = Annotated[Path | None, typer.Argument(help="The draft, YAML or JSON")]
_Mode = Annotated[str, typer.Option(help="pseudonymous (a fresh key, no name) or attributed (your organisation's id)")]
_Bytes = Annotated[bool, typer.Option("--bytes", help="Show the exact bytes and their SHA-256 as well.")]
_By = Annotated[str | None, typer.Option(help="Your name or role, kept on this machine.")]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    from tocsin_client.cli import bulk

    app.command()(submit)
    app.command()(amend)
    app.command()(withdraw)
    app.command(name="import")(bulk.import_)
    app.command()(outbox)


def submit(
    ctx: typer.Context,
    file: _File = None,
    mode: _Mode = "pseudonymous",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would leave, and stop.")] = False,
    approve_only: Annotated[
        bool, typer.Option("--approve-only", help="Approve and keep the approval; send nothing.")
    ] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where --approve-only writes.")] = None,
    approved: Annotated[Path | None, typer.Option("--approved", help="Send an approval made earlier.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Send although the same record was sent before.")] = False,
    raw: _Bytes = False,
    by: _By = None,
) -> None:
    """Check, show, approve, sign, send; the receipt is verified before you see it."""
    from tocsin_client import errors, files

    said: Voice = ctx.obj
    if (
        (file is None) == (approved is None)
        or (approve_only and output is None)
        or (approved and (dry_run or approve_only))
    ):
        raise errors.UsageError(
            "usage", "give a draft, or --approved FILE; --approve-only needs -o FILE", hint="tocsin submit --help"
        )
    with open_hub(said) as hub:
        if approved is not None:
            approval = hub.approval_from_file(_read(approved))
        else:
            assert file is not None
            from tocsin_client.cli import review
            from tocsin_client.draft import Draft

            preview = hub.preview(Draft.load(file), mode=mode)
            if dry_run:
                _dry(said, preview, file, raw)
                return
            approval = review.walk(said, preview, str(file), by, raw=raw)
        if approve_only:
            assert output is not None
            files.write(output, approval.to_file())
            said.note("gate.kept", path=str(output))
            said.data({"approved": str(output), "sha256": approval.sha256}, [])
            return
        _sent(said, hub, hub.submit(approval, again=again), "sent")


def amend(
    ctx: typer.Context,
    record: Annotated[str, typer.Argument(help="A digest of the record (8 characters or more), or its id")],
    file: Annotated[Path | None, typer.Argument(help="The whole new version, YAML or JSON")] = None,
    approved: Annotated[Path | None, typer.Option("--approved", help="Send an approval made earlier.")] = None,
    raw: _Bytes = False,
    by: _By = None,
) -> None:
    """Replace a record of yours by a new version, through the same gate."""
    from tocsin_client import errors
    from tocsin_client.cli import review
    from tocsin_client.draft import Draft

    said: Voice = ctx.obj
    if (file is None) == (approved is None):
        raise errors.UsageError("usage", "give the new version, or --approved FILE", hint="tocsin amend --help")
    with open_hub(said) as hub:
        if approved is not None:
            approval = hub.approval_from_file(_read(approved))
        else:
            assert file is not None
            approval = review.walk(
                said, hub.preview(Draft.load(file), mode=hub.mode_of(record)), str(file), by, raw=raw
            )
        _sent(said, hub, hub.amend(record, approval), "amended")


def withdraw(
    ctx: typer.Context,
    record: Annotated[str, typer.Argument(help="A digest of the record (8 characters or more), or its id")],
    reason: Annotated[str, typer.Option(help="error, privacy, legal, duplicate or other")] = "error",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; nothing new leaves with a withdrawal.")] = False,
) -> None:
    """Take a record of yours back: its text is erased at the hub."""
    from tocsin_client import errors

    said: Voice = ctx.obj
    with open_hub(said) as hub:
        thread = hub.thread(record)
        shown = said.text("withdraw.ask", title=thread.get("title", ""), digest=thread["thread"][:16])
        if not yes and not said.yes(shown):
            raise errors.UsageError("not-confirmed", said.text("withdraw.not"))
        _sent(said, hub, hub.withdraw(thread["thread"], reason), "withdrawn")


def outbox(
    ctx: typer.Context,
    resend: Annotated[bool, typer.Option("--resend", help="Send what waits.")] = False,
    drop: Annotated[str | None, typer.Option(help="Delete one item by its id.")] = None,
) -> None:
    """What waits to be sent, and what the hub refused."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        if drop is not None:
            hub.outbox.drop(drop)
            said.note("outbox.dropped", id=drop)
        if resend:
            got = hub.resend()
            said.note("outbox.sent", count=len(got))
        waiting, refused = hub.outbox.waiting(), hub.outbox.refused()
    rows: list[dict[str, Any]] = [
        {
            "id": i.id,
            "kind": i.kind,
            "mode": i.mode,
            "state": state,
            "count": max(1, len(i.envelopes)),
            "error": i.error,
        }
        for state, items in (("waits", waiting), ("refused", refused))
        for i in items
    ]
    lines = table([
        (str(r["id"])[:24], str(r["kind"]), said.text(f"outbox.{r['state']}"), str((r["error"] or {}).get("code", "")))
        for r in rows
    ])  # fmt: skip
    said.listing(rows, lines)
    said.note("outbox.hint" if rows else "outbox.empty")


def _read(path: Path) -> bytes:
    from tocsin_client import errors

    try:
        return path.read_bytes()
    except OSError as exc:
        raise errors.UsageError("unreadable-file", f"cannot read {path}") from exc


def _dry(said: Voice, preview: "Preview", file: Path, raw: bool) -> None:
    from tocsin_client.cli import review

    review.head(said, preview, str(file))
    review.stop_if_blocked(said, preview)
    for span in preview.open:
        said.show(review.line(said, preview, span))
    review.leaves(said, preview, raw=raw)
    said.note("gate.dry")
    said.data(
        {
            "body": preview.body_bytes.decode("utf-8"),
            "sha256": preview.sha256,
            "open": [
                {"id": s.id, "path": s.path, "class": s.class_, "start": s.start, "end": s.end} for s in preview.open
            ],
            "coarsened": [{"path": c.path, "before": c.before, "after": c.after} for c in preview.coarsened],
            "readers": [one.group for one in preview.audience if one.may_read],
        },
        [],
    )


def _sent(said: Voice, hub: "Hub", receipt: "Receipt", key: str) -> None:
    path = hub.vault.path / "receipts" / f"{receipt.digest}.json"
    said.note(key, index=receipt.index, path=str(path))
    if receipt.replayed:
        said.note("sent.replayed")
    if key != "withdrawn":  # that of a withdrawal is good for nothing more; the record keeps its own
        said.note("sent.digest", digest=receipt.digest)
    said.data(
        {"digest": receipt.digest, "thread": receipt.thread, "index": receipt.index, "treeSize": receipt.tree_size,
         "origin": receipt.origin, "kind": receipt.kind, "mode": receipt.mode, "replayed": receipt.replayed, "receipt": str(path)},
        receipt.digest,
    )  # fmt: skip
