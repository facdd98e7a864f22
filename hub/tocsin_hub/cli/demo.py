"""demo: a hub in a temporary directory, a walk-through by invented members, and then a hub to play with.

The members are another program (`python -m tocsin_client.demo`), started as a child: the two meet over HTTP and by one
JSON object a line, as docs/reference/http.md tells. The part of the operator (init, serve, enrol) is played here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin_hub.cli.voice import AsJson, Lang, speaking


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the walk-through. 演示完即结束。")] = False,
    dir: Annotated[
        Path | None, typer.Option("--dir", help="Keep everything in this new directory. 保留在该目录中。")
    ] = None,
    port: Annotated[int | None, typer.Option(help="TCP port; default 8400, or a free one. 端口。")] = None,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Real AI incidents, a signed report, a receipt anyone can check, the trend before and after. 演示。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import rehearsal

        rehearsal.run(voice, once=once, keep=dir, port=port)
