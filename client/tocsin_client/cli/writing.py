"""new, validate: drafts on this machine; nothing here talks to a hub."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin_client.cli.voice import Voice


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(new)
    app.command()(validate)


def new(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(help="incident, finding or mitigation")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write here instead of stdout.")] = None,
) -> None:
    """Write a commented draft to fill in."""
    from tocsin_client import draft, errors
    from tocsin_taxonomy import templates

    said: Voice = ctx.obj
    if kind not in draft.KINDS:
        raise errors.UsageError("unknown-kind", f"kind is one of {', '.join(draft.KINDS)}")
    text = f"kind: {kind}\n\n" + templates.template(kind, said.lang)
    if output is None:
        said.data({"kind": kind, "draft": text}, text.splitlines())
        return
    if output.exists():
        raise errors.UsageError("file-exists", said.text("new.exists", path=str(output)))
    output.write_text(text, encoding="utf-8")
    said.note("new.done", path=str(output))
    said.data({"kind": kind, "path": str(output)}, [])


def validate(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A draft, YAML or JSON")],
    mode: Annotated[str, typer.Option(help="attributed or pseudonymous")] = "pseudonymous",
) -> None:
    """Check a draft against the schema; every problem with its place."""
    from tocsin_client import draft, errors
    from tocsin_client.redact import gate, spans
    from tocsin_taxonomy import templates

    said: Voice = ctx.obj
    gate.require_mode(mode)
    found = draft.Draft.load(file)
    problems = found.problems(mode)
    if problems:
        rows = [f"{p.where or '-'}: {p.code}  {p.hint}" for p in problems]
        if said.json:
            raise errors.InvalidError(
                problems[0].code,
                said.text("validate.bad", path=str(file), count=len(problems)),
                hint="; ".join(rows),
                where=problems[0].where,
            )
        said.data([], rows)
        said.note("validate.bad", path=str(file), count=len(problems))
        raise typer.Exit(5)
    if any(templates.PLACEHOLDER in text for _, text in spans.texts(found.body)):
        said.warn(said.text("validate.placeholder"))
    kind_name, mode_name = said.named(found.kind, mode)
    said.note("validate.good", path=str(file), kind=kind_name, mode=mode_name)
    said.data({"valid": True, "kind": found.kind, "mode": mode}, [])
