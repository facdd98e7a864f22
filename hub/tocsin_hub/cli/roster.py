"""members, tokens revoke: who is enrolled here, and ending every token of an organisation at once."""

from __future__ import annotations

from typing import Annotated

import typer

from tocsin_hub.cli.people import DEFAULT_HUB, AuthorityKey, HubUrl
from tocsin_hub.cli.voice import AsJson, Lang, speaking


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command()(members)
    group = typer.Typer(help="Reading tokens of organisations. 机构的读取令牌。", no_args_is_help=True)
    group.command()(revoke)
    group.callback()(lambda: None)  # keeps `tokens` a group while it has one command
    app.add_typer(group, name="tokens")


def members(hub: HubUrl = DEFAULT_HUB, as_json: AsJson = False, lang: Lang = "en") -> None:
    """List the organisations that are enrolled, as the public directory shows them. 列出已注册机构。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell

        with doorbell.Doorbell(hub, lang) as bell:
            listed = bell.get("/v1/directory").json()["members"]
        rows = []
        for row in listed:
            ended = row["suspendedIndex"]
            state = voice.pick("good", "正常") if ended is None else voice.pick(f"ended at {ended}", f"止于 {ended}")
            rows.append(
                f"{row['org']}  {row['kind']:<13} {row['sector']}  {row['region']}  {state}  {row['name'] or ''}".rstrip()
            )
        voice.done({"members": listed}, "\n".join(rows) or voice.pick("Nobody is enrolled.", "尚无注册机构。"))


def revoke(
    org: Annotated[str, typer.Option("--org", help="Organisation id. 机构编号。")],
    authority_key: AuthorityKey,
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """End every reading token of an organisation; whoever holds its key can log in again. 停用机构的全部令牌。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell

        with doorbell.Doorbell(hub, lang) as bell:
            signed = bell.login_document(bell.policy().origin, doorbell.read_key(authority_key))
            said = bell.post(f"/v1/tokens/revoke/{org}", signed).json()
        voice.done(said, voice.pick(f"{said['revoked']} tokens ended.", f"已停用 {said['revoked']} 个令牌。"))
