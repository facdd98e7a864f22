"""init, doctor, login, logout, version: becoming a member and finding out what is amiss."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_client.cli.open_hub import open_hub
from tocsin_client.cli.voice import Voice

if TYPE_CHECKING:
    from tocsin_client.joining import Confirm, FirstContact


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(init)
    app.command()(doctor)
    app.command()(login)
    app.command()(logout)
    app.command()(version)


def init(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="The hub's address, for example https://hub.example")],
    fingerprint: Annotated[
        str | None, typer.Option(help="The root's fingerprint, as words or hex, instead of asking.")
    ] = None,
    sector: Annotated[str | None, typer.Option(help="ISIC section A to U, or multiple.")] = None,
    region: Annotated[str | None, typer.Option(help="UN M49 number, for example 156.")] = None,
    kind: Annotated[str, typer.Option(help="member, industry-body, regulator or desk.")] = "member",
    name: Annotated[str | None, typer.Option(help="Your name, for the operator who enrols you; in no log.")] = None,
    publish_name: Annotated[
        bool, typer.Option("--publish-name", help="Show the name in the public directory.")
    ] = False,
    no_passphrase: Annotated[bool, typer.Option("--no-passphrase", help="Keep keys unencrypted (0600).")] = False,
    demo: Annotated[bool, typer.Option("--demo", hidden=True)] = False,
) -> None:
    """Join a hub: compare its fingerprint, make keys, ask to be enrolled."""
    said: Voice = ctx.obj
    with open_hub(said, url=url) as hub:
        known = hub.vault.profile() if hub.vault.exists else {}  # joining again asks for the same membership
        where = sector or known.get("sector") or said.ask(said.text("join.sector"))
        place = region or known.get("region") or said.ask(said.text("join.region"))
        joined = hub.join(
            sector=_compact(where.upper() if len(where) == 1 else where, "isic@4"),
            region=_compact(place, "un-m49@2024"),
            fingerprint=fingerprint,
            confirm=_comparing(said),
            kind=kind,
            name=name,
            publish_name=publish_name,
            passphrase=lambda: _passphrase(said, no_passphrase=no_passphrase),
            demo=demo,
        )
    said.note("join.done", org=joined.org, origin=joined.origin)
    said.note("join.file", path=str(joined.request_path))
    said.data(
        {
            "origin": joined.origin,
            "org": joined.org,
            "key": joined.key,
            "request": str(joined.request_path),
            "state": joined.state,
        },
        joined.org,
    )


def _comparing(said: Voice) -> "Confirm":
    """Show origin and fingerprint, and ask whether it is the same as the one published elsewhere."""

    def confirm(seen: "FirstContact") -> bool:
        said.show(said.text("join.look", origin=seen.origin))
        said.show(said.text("join.words", words=seen.words), style="bold")
        said.show(said.text("join.hex", fingerprint=seen.fingerprint))
        return said.yes(said.text("join.confirm"))

    return confirm


def _compact(value: str, scheme: str) -> str:
    return value if "@" in value or value in ("multiple", "unknown") else f"{scheme}:{value}"


def _passphrase(said: Voice, *, no_passphrase: bool) -> str | None:
    from tocsin_client import errors, vault

    if no_passphrase:
        return None
    if os.environ.get(vault.PASSPHRASE_ENV):
        return os.environ[vault.PASSPHRASE_ENV]
    first = said.secret(said.text("join.passphrase"))
    if first and said.secret(said.text("join.again")) != first:
        raise errors.UsageError("passphrase-differs", said.text("join.differ"))
    return first or None


def doctor(ctx: typer.Context) -> None:
    """Check everything a member needs; for each fault a way to fix it."""
    from tocsin_client.cli import checks

    said: Voice = ctx.obj
    found = checks.run(said)
    bad = [one for one in found if one.mark == "✗"]
    lines = [f"{one.mark} {one.text}" + (f"\n    {one.fix}" if one.fix else "") for one in found]
    said.listing(
        (
            {"check": one.name, "ok": one.mark != "✗", "mark": one.mark, "text": one.text, "fix": one.fix}
            for one in found
        ),
        lines,
    )
    said.note("doctor.bad" if bad else "doctor.good", count=len(bad))
    if bad:
        raise typer.Exit(3)


def login(ctx: typer.Context) -> None:
    """Get a fresh reading token."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        hub.login()
    said.note("login.done")
    said.data({"loggedIn": True}, [])


def logout(ctx: typer.Context) -> None:
    """Revoke the reading token."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        hub.logout()
    said.note("login.gone")
    said.data({"loggedIn": False}, [])


def version(ctx: typer.Context) -> None:
    """Print the version."""
    from importlib import metadata

    said: Voice = ctx.obj
    said.data({"tocsin": metadata.version("tocsin")}, metadata.version("tocsin"))
