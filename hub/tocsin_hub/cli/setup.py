"""init, migrate, serve, settings, version: make a hub, keep its database current, run it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin_hub.cli.voice import SETUP, AsJson, Lang, Stop, Voice, speaking

Dir = Annotated[Path | None, typer.Option("--dir", help="The hub's directory (TOCSIN_DIR). 中心目录。")]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (init, migrate, serve, settings, version):
        app.command()(command)


def init(
    origin: Annotated[
        str, typer.Option(help="The log's name for ever, e.g. hub.example.org/tocsin. 日志来源名，永久不变。")
    ],
    root_key: Annotated[
        Path, typer.Option(help="Where to write the root key; move it offline. 根密钥路径，请离线保存。")
    ],
    authority_key: Annotated[
        Path, typer.Option(help="Where to write the enrolment authority's key. 注册机构密钥路径。")
    ],
    anchor: Annotated[
        Path, typer.Option(help="The anchor file, on another volume than the database. 锚点文件，应在另一个卷上。")
    ],
    dir: Dir = None,
    prefix: Annotated[str, typer.Option(help="Prefix of record ids. 记录编号前缀。")] = "TOC",
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Make a hub: keys, policy, anchor, database. Refuses a directory that holds one. 初始化中心。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub import settings as settings_room
        from tocsin_hub.members import keyring

        settings = settings_room.load(dir=dir, anchor=anchor)
        made = keyring.init(settings, origin=origin, prefix=prefix, root_key=root_key, authority_key=authority_key)
        if _same_volume(settings.dir, anchor):
            voice.warn(
                "The anchor lies on the volume of the hub: a restored snapshot would go unnoticed. Put it elsewhere.",
                "锚点与中心位于同一卷：恢复快照将无法被发现，请放到其他卷。",
            )
        voice.done(made, "")


def _same_volume(a: Path, b: Path) -> bool:
    return a.resolve().stat().st_dev == b.resolve().parent.stat().st_dev
