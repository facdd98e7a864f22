"""desk, moderate: a moderation desk with keys of its own, and what it does to a record: hide, restore, erase.

An act names a record by its id or by any digest. The hub is asked which thread that is and how it stands, and the command says
what it is about to do before it does it; erasing, which nothing undoes, wants a yes.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tocsin_hub.cli.people import DEFAULT_HUB, AuthorityKey, HubUrl, enrol_each, report
from tocsin_hub.cli.voice import SETUP, USAGE, AsJson, Lang, Stop, Voice, plain, speaking

if TYPE_CHECKING:
    from tocsin_hub.cli.doorbell import Doorbell

ACTIONS = {"hide": ("hide", "隐藏"), "restore": ("restore", "恢复"), "erase": ("erase", "清除")}
OUTCOMES = {
    "hide": (
        "It leaves lists, search and trends; readers see a tombstone. The text is kept, and `restore` shows it again.",
        "该记录将从列表、检索与趋势中移除，读者只见墓碑；文字予以保留，可用 restore 恢复。",
    ),
    "restore": ("Its readers read it again, and trends count it.", "原有读者可再次阅读，趋势重新计入。"),
    "erase": (
        "The text of every version is taken out of the database. This cannot be undone.",
        "所有版本的文字将从数据库中清除，不可恢复。",
    ),
}


def add_to(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command()(desk)
    app.command()(moderate)


def desk(
    key_dir: Annotated[
        Path, typer.Option("--key-dir", help="New directory for the desk's keys. 存放席位密钥的新目录。")
    ],
    authority_key: AuthorityKey,
    sector: Annotated[str, typer.Option(help="Sector code, multiple or unknown. 行业代码。")] = "multiple",
    region: Annotated[str, typer.Option(help="Region code. 地区代码。")] = "un-m49@2024:001",
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Make a moderation desk: fresh keys, enrolled at once. 新建处置席位。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell
        from tocsin_trust import documents, keys

        signer = doorbell.read_key(authority_key)
        root, operational = keys.SigningKey.generate(), keys.SigningKey.generate()
        org = "org-" + base64.b32encode(os.urandom(16)).decode().rstrip("=").lower()
        with doorbell.Doorbell(hub, lang) as bell:
            asked = documents.enrolment_request(
                aud=bell.policy().origin,
                org=org,
                kind="desk",
                sector=sector,
                region=region,
                agreement="desk-1",
                key=operational,
                root=root,
            )
            _write_keys(key_dir, {"root.key": root, "operational.key": operational}, org)
            said = enrol_each(bell, signer, [asked], None)
        report(voice, said)


def moderate(
    record: Annotated[
        str, typer.Argument(help="Record id, or any digest of the record. 记录编号，或该记录的任一摘要。")
    ],
    action: Annotated[str, typer.Option(help="hide, restore or erase. 隐藏、恢复或清除。")],
    reason: Annotated[str, typer.Option(help="identifying, unlawful, slander, spam, duplicate, other. 原因。")],
    desk_dir: Annotated[Path, typer.Option("--desk", help="The directory that `desk` made. 席位密钥目录。")],
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking. 清除时不再询问。")] = False,
    hub: HubUrl = DEFAULT_HUB,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    """Hide, restore or erase a record, as a desk; says what it is about to do. 隐藏、恢复或清除记录。"""
    with speaking(as_json, lang) as voice:
        from tocsin_hub.cli import doorbell

        if action not in ACTIONS:
            raise Stop(
                USAGE,
                "usage",
                voice.pick(f"There is no action {plain(action)}.", f"没有 {plain(action)} 这一操作。"),
                "--action hide | restore | erase",
            )
        key = doorbell.read_key(desk_dir / "operational.key")
        org = _org_of(desk_dir, voice)
        with doorbell.Doorbell(hub, lang) as bell:
            found = _standing(bell, key, record)
            _announce(voice, found, action, reason)
            if action == "erase" and not yes:
                _ask(voice)
            body = {"thread": found["thread"], "action": action, "reason": reason}
            said = bell.submit(doorbell.attributed(key, "moderate", org, bell.policy().origin, int(time.time()), body))
        said |= {"thread": found["thread"], "recordId": found["recordId"], "action": action, "reason": reason}
        voice.done(said, voice.pick(f"Done at index {said['index']}.", f"已在序号 {said['index']} 处生效。"))


def _standing(bell: Doorbell, key: Any, record: str) -> dict[str, Any]:
    """Which thread that is and how it stands, asked with a token that is given back at once."""
    with bell.logged_in(key) as token:
        found: dict[str, Any] = bell.get(f"/v1/moderation/{record.strip()}", token).json()
    return found


def _announce(voice: Voice, found: dict[str, Any], action: str, reason: str) -> None:
    en, zh = ACTIONS[action]
    name = found["recordId"] or found["thread"][:16]
    title = f"  {found['title']}" if found["title"] else ""
    voice.tell(
        f"{name}  {found['kind']}, {found['mode']}, {found['state']}{title}",
        f"{name}  {found['kind']}，{found['mode']}，{found['state']}{title}",
    )
    voice.tell(f"About to {en} it (reason: {reason}).", f"即将{zh}该记录（原因：{reason}）。")
    voice.tell(*OUTCOMES[action])


def _ask(voice: Voice) -> None:
    if voice.as_json or not sys.stdin.isatty():
        raise Stop(
            USAGE,
            "not-confirmed",
            voice.pick("Erasing wants a yes, and nobody is here to give it.", "清除须经确认，而此处无人可确认。"),
            voice.pick("Run it at a terminal, or add --yes.", "请在终端运行，或加上 --yes。"),
        )
    print(voice.pick("Type yes to erase it: ", "输入 yes 以清除："), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise Stop(USAGE, "not-confirmed", voice.pick("Nothing was erased.", "未清除任何内容。"))


def _org_of(desk_dir: Path, voice: Voice) -> str:
    try:
        return (desk_dir / "org").read_text(encoding="ascii").strip()
    except OSError as error:
        raise Stop(
            SETUP,
            "desk-missing",
            voice.pick(f"Cannot read {desk_dir / 'org'}: {error.strerror}", f"无法读取 {desk_dir / 'org'}"),
            voice.pick("Name the directory that `tocsin-hub desk` made.", "请指定 `tocsin-hub desk` 建立的目录。"),
        ) from None


def _write_keys(key_dir: Path, signing: dict[str, Any], org: str) -> None:
    try:
        key_dir.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise Stop(SETUP, "file-exists", f"{key_dir} exists.", "Name a new directory.") from None
    for name, key in signing.items():
        descriptor = os.open(key_dir / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.to_pkcs8(None))
    (key_dir / "org").write_text(org + "\n", encoding="ascii")
