"""keys, tokens, leave: the member's own keys, a backup against the lost laptop, tokens for programs, and the way out."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin_client.cli.open_hub import open_hub
from tocsin_client.cli.voice import Voice, table

if TYPE_CHECKING:
    from tocsin_client.backup import Restored
    from tocsin_client.hub import Hub
    from tocsin_client.receipts import Receipt

_Root = Annotated[Path | None, typer.Option("--root", help="The file of the root key, if it was moved away.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

keys = typer.Typer(help="Your keys: list, add, revoke, back up, restore.", no_args_is_help=True, rich_markup_mode=None)
tokens = typer.Typer(help="Reading tokens for programs.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(keys, name="keys")
    app.add_typer(tokens, name="tokens")
    app.command()(leave)


# --- keys ---------------------------------------------------------------------------------------------------------------


@keys.command("list")
def list_keys(ctx: typer.Context) -> None:
    """The keys of your organisation, and which of them are here."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        rows = hub.keys()
        authors = len(list((hub.vault.path / "keys" / "authors").glob("*.pem")))
    shown = [
        (
            r["key"][:16],
            said.text(f"keys.{r['role']}"),
            said.text("keys.current" if r["current"] else "keys.here" if r["here"] else "keys.elsewhere"),
            "" if r["revokedIndex"] is None else said.text("keys.revoked-at", index=r["revokedIndex"]),
        )
        for r in rows
    ]
    said.listing(rows, table(shown), authorKeys=authors)
    said.note("keys.authors", count=authors)


@keys.command()
def add(ctx: typer.Context, root: _Root = None) -> None:
    """Make a new member key; your root adds it, and it signs from then on."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        before = _current(hub)
        receipt = hub.add_key(root=root)
        key = _current(hub)
    said.note("keys.added", key=key, index=receipt.index)
    said.note("keys.still", key=before[:16])
    _receipt(said, receipt, key, key=key, before=before)


def _current(hub: "Hub") -> str:
    """The member key that signs."""
    rows = hub.keys()
    return str(next((row["key"] for row in rows if row["current"]), ""))


@keys.command()
def revoke(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="A key of your organisation, or its first 8 characters")],
    reason: Annotated[
        str, typer.Option(help="rotated, lost, stolen, unused or other; it stands in the public log.")
    ] = "rotated",
    root: _Root = None,
    yes: _Yes = False,
) -> None:
    """End a key for good; all reading tokens end with it."""
    from tocsin_client import errors, membership

    said: Voice = ctx.obj
    with open_hub(said) as hub:
        ended = membership.named(hub.keys(), key)
        if ended["current"]:
            said.warn(said.text("keys.is-current"))
        if not yes and not said.yes(said.text("keys.revoke-ask", key=ended["key"][:16])):
            raise errors.UsageError("not-confirmed", said.text("keys.not"))
        receipt = hub.revoke_key(ended["key"], reason, root=root)
    said.note("keys.revoked", key=ended["key"][:16], index=receipt.index)
    _receipt(said, receipt, ended["key"], key=ended["key"])


@keys.command("move-root")
def move_root(
    ctx: typer.Context, path: Annotated[Path, typer.Argument(help="A new file on a medium that you keep offline")]
) -> None:
    """Move the root key out of the profile, to be kept offline."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        plain = hub.vault.profile().get("key_protection") != "passphrase"
        moved = hub.move_root(path)
    if plain:
        said.warn(said.text("keys.root-plain"))
    said.note("keys.root-moved", path=str(moved))
    said.data({"path": str(moved)}, str(moved))


@keys.command()
def backup(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="A new file; keep it on another machine")]
) -> None:
    """Write keys, receipts and the pinned policy to one encrypted file."""
    said: Voice = ctx.obj
    with open_hub(said) as hub:
        found = hub.backup(file, _passphrase(said, twice=True))
    said.note("keys.backed-up", path=str(file), **_counts(found))
    said.note("keys.meaning")
    said.data({"path": str(file), **_held(found)}, str(file))


@keys.command()
def restore(ctx: typer.Context, file: Annotated[Path, typer.Argument(help="A backup of `tocsin keys backup`")]) -> None:
    """Make an empty profile from a backup: the lost laptop."""
    from tocsin_client import backup as backups
    from tocsin_client import vault

    said: Voice = ctx.obj
    place = vault.Vault(vault.default_home(), said.profile)
    found = backups.restore(file, _passphrase(said), place)
    said.note("keys.restored", path=str(place.path), **_counts(found))
    said.note("keys.stolen")
    said.note("keys.meaning")
    said.data({"path": str(place.path), **_held(found)}, str(place.path))


def _passphrase(said: Voice, *, twice: bool = False) -> str:
    """The passphrase of a backup, from TOCSIN_BACKUP_PASSPHRASE or a person."""
    from tocsin_client import backup as backups
    from tocsin_client import errors

    given = os.environ.get(backups.PASSPHRASE_ENV)
    if given:
        return given
    first = said.secret(said.text("keys.passphrase"))
    if twice:
        backups.require_strong(first)
        if said.secret(said.text("join.again")) != first:
            raise errors.UsageError("passphrase-differs", said.text("join.differ"))
    return first


def _counts(found: "Restored") -> dict[str, Any]:
    return {"authors": found.author_keys, "receipts": found.receipts, "threads": found.threads}


def _held(found: "Restored") -> dict[str, Any]:
    return {
        "origin": found.origin, "org": found.org, "authorKeys": found.author_keys, "memberKeys": found.member_keys,
        "root": found.root, "receipts": found.receipts, "threads": found.threads,
    }  # fmt: skip


# --- leaving ------------------------------------------------------------------------------------------------------------


def leave(
    ctx: typer.Context,
    root: _Root = None,
    confirm: Annotated[str | None, typer.Option(help="Your organisation's id, instead of typing it.")] = None,
) -> None:
    """Leave the hub for good: nothing undoes it."""
    from tocsin_client import errors

    said: Voice = ctx.obj
    with open_hub(said) as hub:
        org = str(hub.vault.profile()["org"])
        said.note("leave.meaning", count=sum(t["state"] == "accepted" for t in hub.status()))
        typed = confirm if confirm is not None else said.ask(said.text("leave.ask", org=org))
        if typed.strip() != org:
            raise errors.UsageError("not-confirmed", said.text("leave.not"))
        receipt = hub.leave(root=root)
    said.note("leave.done", index=receipt.index)
    _receipt(said, receipt, str(receipt.index), org=org)


def _receipt(said: Voice, receipt: "Receipt", human: str, **more: Any) -> None:
    said.data({**more, "digest": receipt.digest, "index": receipt.index, "treeSize": receipt.tree_size}, human)


# --- tokens -------------------------------------------------------------------------------------------------------------


@tokens.command("list")
def list_tokens(ctx: typer.Context) -> None:
    """The tokens of your organisation that are good."""
    said: Voice = ctx.obj
    rows = _with_hub(said, lambda hub: hub.tokens())
    lines = [
        (str(r.get("id")), _day(r.get("expiresUnixS")), str(r.get("label") or said.text("tokens.login"))) for r in rows
    ]
    said.listing(rows, table(lines))


@tokens.command("new")
def new_token(
    ctx: typer.Context,
    label: Annotated[str, typer.Argument(help="What it is for: one line of at most 80 characters")],
    days: Annotated[int, typer.Option(help="How long it is good, 1 to 365 days.")] = 90,
) -> None:
    """Make a token for a program that reads; it is shown this once."""
    said: Voice = ctx.obj
    made = _with_hub(said, lambda hub: hub.new_token(label, days))
    said.note("tokens.once", id=str(made.get("id")), until=_day(made.get("expiresUnixS")))
    said.data(made, str(made.get("token")))


@tokens.command("revoke")
def revoke_token(
    ctx: typer.Context, token: Annotated[str, typer.Argument(metavar="ID", help="The id of a token")]
) -> None:
    """End a token."""
    said: Voice = ctx.obj
    _with_hub(said, lambda hub: hub.revoke_token(token))
    said.note("tokens.revoked", id=token)
    said.data({"id": token, "revoked": True}, [])


def _with_hub(said: Voice, ask: "Callable[[Hub], Any]") -> Any:
    with open_hub(said) as hub:
        return ask(hub)


def _day(unix_s: Any) -> str:
    """A day in UTC, for a time that the hub said."""
    return (
        datetime.fromtimestamp(unix_s, UTC).date().isoformat()
        if isinstance(unix_s, int) and 0 <= unix_s < 1 << 33
        else "?"
    )
