"""import: a named public corpus becomes drafts, one person's statement approves them as a batch, and they travel in bulk."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_client.cli.open_hub import open_hub
from tocsin_client.cli.voice import Voice, escaped_json

if TYPE_CHECKING:
    from tocsin_client.draft import Draft
    from tocsin_client.redact.approval import ApprovedBatch
    from tocsin_client.sending import BulkResult


def import_(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="genai-incidents or atlas")],
    path: Annotated[Path | None, typer.Option(help="The corpus on disk; else the installed data package.")] = None,
    drafts: Annotated[Path | None, typer.Option(help="Write drafts into this folder and send nothing.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many.")] = None,
    statement: Annotated[str | None, typer.Option(help="What you say about all of them, signed into each.")] = None,
    by: Annotated[str | None, typer.Option(help="Your name or role; signed into each.")] = None,
    refused: Annotated[Path | None, typer.Option(help="Where refused rows go (NDJSON).")] = None,
) -> None:
    """Import records of public sources and send them, attributed and TLP:CLEAR, after one approval."""
    from tocsin_client import errors

    said: Voice = ctx.obj
    found, rejected = _read(source, path, limit)
    said.note("import.read", count=len(found), source=source, skipped=len(rejected))
    if drafts is not None:
        drafts.mkdir(parents=True, exist_ok=True)
        for number, draft in enumerate(found):
            draft.save(drafts / f"{number:05d}.yaml")
        _write(refused, rejected)
        said.note("import.written", count=len(found), path=str(drafts))
        said.data({"drafts": len(found), "skipped": len(rejected), "path": str(drafts)}, [])
        return
    with open_hub(said) as hub:
        said.need_person()
        said.show(said.text("import.each", org=str(hub.vault.profile()["org"])), style="bold")
        words = statement or said.ask(said.text("import.statement"))
        who = by or said.ask(said.text("gate.by"))
        batch = hub.approve_public_batch(found, words, who)
        if not said.yes(said.text("import.approve", digest=batch.digest[:16], count=len(batch))):
            raise errors.GateError("not-approved", said.text("gate.not"))
        result = _send(said, hub.submit_many, batch)
    rejected += [{"row": i.number, **i.error.as_dict()} for i in result.refused if i.error is not None]
    _write(refused, rejected)
    said.note("import.done", accepted=len(result.accepted), refused=len(result.refused))
    if refused is not None and rejected:
        said.note("import.refused-file", path=str(refused))
    said.data(
        {
            "accepted": len(result.accepted),
            "refused": len(result.refused),
            "skipped": len(rejected),
            "batch": batch.digest,
        },
        [],
    )
    if result.refused:
        raise typer.Exit(8)


def _read(source: str, path: Path | None, limit: int | None) -> "tuple[list[Draft], list[dict[str, object]]]":
    """The drafts of a corpus and what it held that is not fit for a batch."""
    from tocsin_client import errors, importers
    from tocsin_client.importers.rows import Refused

    names = [name for name in importers.REGISTRY if name == source or name.startswith(f"{source}-")]
    if len(names) != 1:
        raise errors.UsageError("unknown-importer", f"known sources: {', '.join(importers.REGISTRY)}")
    rejected: list[Refused] = []
    found: list[Draft] = []
    try:
        for draft in importers.load(names[0]).read(path, refused=rejected):
            if limit is not None and len(found) == limit:
                break
            found.append(draft)
    except ModuleNotFoundError as exc:
        raise errors.SetupError(
            "data-missing",
            f"the data package {exc.name} is not installed",
            hint="pip install 'tocsin[demo]', or give --path.",
        ) from exc
    except (OSError, ValueError, KeyError) as exc:
        raise errors.InvalidError("malformed-corpus", "this corpus cannot be read", hint="Check --path.") from exc
    return found, [{"row": r.row_id, "code": r.reason, "where": r.where} for r in rejected]


def _send(said: Voice, submit_many: object, batch: "ApprovedBatch") -> "BulkResult":
    from rich.console import Console
    from rich.progress import Progress

    assert callable(submit_many)
    with Progress(console=Console(stderr=True), disable=said.quiet or said.json or not said.color) as bar:
        task = bar.add_task(said.text("import.progress"), total=len(batch))

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            said.progress(done=done, total=total)

        result: BulkResult = submit_many(batch, advance)
        return result


def _write(path: Path | None, rows: "list[dict[str, object]]") -> None:
    if path is not None and rows:
        path.write_text("".join(f"{escaped_json(json.loads(json.dumps(row)))}\n" for row in rows), encoding="utf-8")
