"""restore: a backup becomes a hub again, under a new origin that names what it took over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin_hub.cli.setup import AnchorFile, Dir
from tocsin_hub.cli.voice import SETUP, AsJson, Lang, Stop, Voice, speaking

if TYPE_CHECKING:  # what makes --help quick: the rooms are imported when the command runs
    from tocsin_hub.members.restore import Restored


def add_to(app: typer.Typer) -> None:
    """Register the command of this file."""
    app.command()(restore)


def restore(
    backup: Annotated[Path, typer.Argument(help="The directory that `backup` made. 备份目录。")],
    origin: Annotated[str, typer.Option(help="A new name for the log, e.g. hub.example.org/log-2. 新的日志来源名。")],
    root_key: Annotated[Path, typer.Option(help="The root key made by init; signs the new policy. 根密钥文件。")],
    dir: Dir = None,
    anchor: AnchorFile = None,
    old_keys: Annotated[
        Path | None, typer.Option("--keys", help="The old keys directory or a copy; its tag.key is kept. 旧密钥目录。")
    ] = None,
    old_anchor: Annotated[
        Path | None, typer.Option(help="The old anchor file, if it is left: tells what was lost. 旧锚点文件。")
    ] = None,
    last_checkpoint: Annotated[
        Path | None, typer.Option(help="File with the newest checkpoint that anybody has. 最新检查点文件。")
    ] = None,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Make a hub of a backup, under a new origin; the old log's entries come along, the old hub must be gone. 由备份恢复。"""
    with speaking(as_json, lang) as voice:
        import time
        from dataclasses import asdict

        from tocsin_hub import settings as settings_room
        from tocsin_hub.cli import doorbell
        from tocsin_hub.members import restore as restoring

        made = restoring.restore(
            settings_room.load(dir=dir, anchor=anchor),
            backup,
            origin=origin,
            root_key=doorbell.read_key(root_key),
            now_unix_s=int(time.time()),
            old_keys=old_keys,
            old_anchor=old_anchor,
            last_checkpoint=None if last_checkpoint is None else _text(last_checkpoint),
        )
        said = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(made).items()}
        voice.done(said, _told(voice, made))


def _told(voice: Voice, made: Restored) -> str:
    """What a person is told; warnings go out at once."""
    if made.same_volume:
        voice.warn(
            "The anchor lies on the hub's volume: a restored snapshot of it would go unnoticed. Put it on another.",
            "锚点与中心位于同一卷，恢复快照将无法被发现，请改放到另一个卷。",
        )
    if not made.tags_kept:
        voice.warn(
            "Without the old tag.key nameless authors are no longer counted by member, nor barred with it.",
            "缺少旧的 tag.key，匿名作者不再按成员计数，也不再随成员暂停。",
        )
    lost = voice.pick("an unknown number", "数目不明") if made.lost is None else str(made.lost)
    return voice.pick(
        f"{made.entries} entries of {made.predecessor} are the beginning of {made.origin}; lost: {lost}.\n"
        "Tell your members: whoever has a receipt for a lost entry signs it again, withdrawals first.\n"
        f"Next: tocsin-hub fsck --dir {made.dir}, then tocsin-hub serve --dir {made.dir}",
        f"{made.predecessor} 的 {made.entries} 条日志已成为 {made.origin} 的开头；丢失：{lost}。\n"
        "请告知成员：持有丢失条目回执者请重新签署，撤回优先。\n"
        f"下一步：tocsin-hub fsck --dir {made.dir}，然后 tocsin-hub serve --dir {made.dir}",
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Stop(SETUP, "file-missing", f"Cannot read {path}.", "Name a file with a checkpoint.") from None
