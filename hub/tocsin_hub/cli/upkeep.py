"""fsck, rebuild, backup, erase: look after a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tocsin_hub.cli.setup import AnchorFile, Dir
from tocsin_hub.cli.voice import SETUP, UNVERIFIED, AsJson, Lang, Stop, Voice, speaking


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    for command in (fsck, rebuild, backup, erase):
        app.command()(command)


def fsck(
    dir: Dir = None,
    anchor: AnchorFile = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Log and tree only, not the derived rows. 只查日志与树。")
    ] = False,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Derive everything again from the log and say where the database disagrees; exit 7 if it does. 校验数据库。"""
    with speaking(as_json, lang) as voice:
        from dataclasses import asdict

        from tocsin_hub import app as hub_app
        from tocsin_hub import settings as settings_room
        from tocsin_hub.ledger import check
        from tocsin_hub.members import keyring
        from tocsin_hub.store.session import Store

        chosen = settings_room.load(dir=dir, anchor=anchor)
        known = keyring.identity(chosen)
        store = Store(chosen.url(), busy_timeout_ms=chosen.busy_timeout_ms)
        try:
            found = check.fsck(
                store,
                origin=known.origin,
                anchor=known.anchor,
                inlines=hub_app.INLINES,
                readers=hub_app.derived(known.prefix, known.gaps),
                quick=quick,
            )
        finally:
            store.dispose()
        findings = [asdict(finding) for finding in found]
        if findings:
            for finding in findings:
                voice.tell(f"✗ {finding['what']}  {finding['where']}")
            raise _unsound(voice, findings)
        voice.done(
            {"findings": []}, voice.pick("Sound: everything follows from the log.", "完好：一切均可由日志推得。")
        )


def _unsound(voice: Voice, findings: list[dict[str, str]]) -> Stop:
    """What to do about what fsck found: a restored backup, rows that can be derived anew, or a log that is damaged."""
    from tocsin_hub.errors import CODES

    found = {finding["what"] for finding in findings}
    message = voice.pick(f"{len(findings)} disagreements.", f"发现 {len(findings)} 处不一致。")
    anchored = sorted(what for what in found if what.startswith("anchor-"))
    if anchored:  # the database may be sound as far as it goes; the hint says what its anchor wants
        info = CODES[anchored[0]]
        return Stop(UNVERIFIED, anchored[0], message, voice.pick(info.en, info.zh), {"findings": findings})
    if found <= {"rows-differ", "reader-behind"}:
        hint = voice.pick(
            "The log is sound, only derived rows differ. Stop the hub, then: tocsin-hub rebuild",
            "日志完好，仅派生数据不一致。请停止中心后运行 tocsin-hub rebuild",
        )
        return Stop(UNVERIFIED, "rows-differ", message, hint, {"findings": findings})
    hint = voice.pick(
        "The log itself is damaged. Keep the files as they are, and go back to a backup: tocsin-hub restore",
        "日志本身已损坏。请保留现有文件，并由备份恢复：tocsin-hub restore",
    )
    return Stop(UNVERIFIED, "log-corrupt", message, hint, {"findings": findings})


def rebuild(dir: Dir = None, anchor: AnchorFile = None, as_json: AsJson = False, lang: Lang = "en") -> None:
    """Drop what the readers derived and derive it again; the hub must be down. 重建派生数据（须先停止中心）。"""
    with speaking(as_json, lang) as voice:
        import time

        from tocsin_hub import app as hub_app
        from tocsin_hub import settings as settings_room
        from tocsin_hub.cli.closed import closed_hub
        from tocsin_hub.ledger import readers
        from tocsin_hub.store import migrate
        from tocsin_hub.store.session import Store

        chosen = settings_room.load(dir=dir, anchor=anchor)
        with closed_hub(chosen) as known:
            store = Store(chosen.url(), busy_timeout_ms=chosen.busy_timeout_ms)
            try:
                migrate.require_current(store)
                reached = readers.rebuild(store, hub_app.derived(known.prefix, known.gaps), lambda: int(time.time()))
            finally:
                store.dispose()
        voice.done({"reached": reached}, voice.pick(f"Rebuilt from {reached} entries.", f"已由 {reached} 条日志重建。"))


def backup(
    to: Annotated[Path, typer.Argument(help="A directory that does not exist yet. 尚不存在的目录。")],
    dir: Dir = None,
    anchor: AnchorFile = None,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Copy database, identity and policy, also beside a running hub; says what it does not hold. 备份。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub import settings as settings_room
        from tocsin_hub.cli import copying

        chosen = settings_room.load(dir=dir, anchor=anchor)
        if chosen.database_url is not None and not chosen.database_url.startswith("sqlite"):
            raise Stop(
                SETUP, "not-sqlite", "PostgreSQL is backed up by its own means.", "Use pg_basebackup or pg_dump."
            )
        said = copying.backup(chosen, to)
        lines = [
            voice.pick(f"{said['entries']} entries are in {to}.", f"{said['entries']} 条日志已备份至 {to}。"),
            voice.pick("Not in it, back up apart and under lock:", "备份不含以下内容，请另行妥善保管："),
            *(f"  {path}" for path in said["keys_apart"]),
            voice.pick(
                "Never restore the anchor: it is how a restored backup is noticed.",
                "切勿恢复锚点文件：正是它使恢复的备份得以被发现。",
            ),
        ]
        voice.done(said, "\n".join(lines))


def erase(dir: Dir = None, anchor: AnchorFile = None, as_json: AsJson = False, lang: Lang = "en") -> None:
    """Run the daily erase job now; the hub must be down (a running one does it itself). 立即执行清除任务。"""
    with speaking(as_json, lang) as voice:
        import time

        from tocsin_hub import app as hub_app
        from tocsin_hub import settings as settings_room
        from tocsin_hub.cli.closed import closed_hub
        from tocsin_hub.ledger import erase as erasing
        from tocsin_hub.store.session import Store

        chosen = settings_room.load(dir=dir, anchor=anchor)
        with closed_hub(chosen):
            store = Store(chosen.url(), busy_timeout_ms=chosen.busy_timeout_ms)
            try:
                done = erasing.sweep(store, hub_app.chores(chosen), int(time.time()))
            finally:
                store.dispose()
        if not done:
            raise Stop(
                SETUP, "busy", "Something else reads the database; its log could not be truncated.", "Try again."
            )
        voice.done(
            {"erased": True},
            voice.pick(
                "What was withdrawn is in no file of the database any more. Backups still hold it.",
                "已撤回的内容不再存于数据库文件中；备份中仍有。",
            ),
        )
