"""init, fingerprint, migrate, serve, settings, version: make a hub, keep its database current, run it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin_hub.cli.voice import AsJson, Lang, speaking

Dir = Annotated[Path | None, typer.Option("--dir", help="The hub's directory (TOCSIN_DIR). 中心目录。")]
AnchorFile = Annotated[
    Path | None, typer.Option("--anchor", help="The anchor file; best on another volume. 锚点文件，宜置于另一个卷。")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (init, fingerprint, migrate, serve, settings, version):
        app.command()(command)


def init(
    origin: Annotated[
        str, typer.Option(help="The log's name for ever, e.g. hub.example.org/log. 日志来源名，永久不变。")
    ],
    root_key: Annotated[
        Path, typer.Option(help="Where to write the root key; then move it offline. 根密钥路径，请离线保存。")
    ],
    authority_key: Annotated[
        Path, typer.Option(help="Where to write the enrolment authority's key. 注册机构密钥路径。")
    ],
    dir: Dir = None,
    anchor: AnchorFile = None,
    prefix: Annotated[str, typer.Option(help="What record ids begin with. 记录编号前缀。")] = "TOC",
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Make a hub: keys, policy, anchor, database. TOCSIN_KEY_PASSPHRASE encrypts root and authority key. 初始化中心。"""
    with speaking(as_json, lang) as voice:
        import time

        from tocsin_hub import settings as settings_room
        from tocsin_hub.cli import shown
        from tocsin_hub.cli.doorbell import PASSPHRASE_VARIABLE
        from tocsin_hub.members import keyring

        chosen = settings_room.load(dir=dir, anchor=anchor)
        made = keyring.init(
            chosen,
            origin=origin,
            root_key=root_key,
            authority_key=authority_key,
            now_unix_s=int(time.time()),
            prefix=prefix,
            passphrase=os.environ.get(PASSPHRASE_VARIABLE) or None,
        )
        if made.same_volume:
            voice.warn(
                "The anchor lies on the hub's volume: a restored snapshot of it would go unnoticed. Put it on another.",
                "锚点与中心位于同一卷，恢复快照将无法被发现，请改放到另一个卷。",
            )
        voice.done(*shown.made(made, voice))


def fingerprint(dir: Dir = None, as_json: AsJson = False, lang: Lang = "en") -> None:
    """The hub's fingerprint again, in words and hex: what members compare at first contact. 再次显示根密钥指纹。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import shown

        voice.done(*shown.fingerprint(dir, voice))


def migrate(dir: Dir = None, anchor: AnchorFile = None, as_json: AsJson = False, lang: Lang = "en") -> None:
    """Bring the database to this version's tables; the hub must be down. 升级数据库（须先停止中心）。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub import settings as settings_room
        from tocsin_hub.cli.closed import closed_hub
        from tocsin_hub.store import migrate as migrations

        chosen = settings_room.load(dir=dir, anchor=anchor)
        with closed_hub(chosen):
            revision = migrations.upgrade(chosen.url())
        voice.done(
            {"revision": revision}, voice.pick(f"The database is at {revision}.", f"数据库已升级至 {revision}。")
        )


def serve(
    dir: Dir = None,
    anchor: AnchorFile = None,
    host: Annotated[str | None, typer.Option(help="Address to bind. 监听地址。")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port. 端口。")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy in front ends TLS. 前置代理负责 TLS。")
    ] = False,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM chain. 证书链。")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM key. 私钥。")] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Libraries' log lines as well. 同时显示库的日志。")
    ] = False,
    lang: Lang = "en",
) -> None:
    """Run the hub until interrupted. 运行中心。"""
    with speaking(False, lang) as voice:
        from tocsin_hub import settings as settings_room
        from tocsin_hub.cli import serving

        chosen = settings_room.load(
            dir=dir,
            anchor=anchor,
            host=host,
            port=port,
            behind_proxy=behind_proxy or None,
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
        serving.run(chosen, voice, verbose=verbose)


def settings(dir: Dir = None, as_json: AsJson = False, lang: Lang = "en") -> None:
    """Every setting: value, where it comes from, what it is for. 列出所有设置。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import shown

        rows = shown.settings(dir)
        lines = [f"{r['name']:<22} {r['value']!s:<28} {r['origin']:<8} {r['variable']:<30} {r['reason']}" for r in rows]
        voice.done({"settings": rows}, "\n".join(lines))


def version(as_json: AsJson = False, lang: Lang = "en") -> None:
    """The version. 版本。"""
    with speaking(as_json, lang) as voice:
        from importlib import metadata

        found = metadata.version("tocsin")
        voice.done({"version": found}, f"tocsin-hub {found}")
