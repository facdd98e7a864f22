"""What `tocsin doctor` looks at: this machine, this profile, the hub; one line each, and a way to fix what is wrong."""

from __future__ import annotations

import email.utils
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin_client import errors
from tocsin_client.cli.open_hub import open_hub
from tocsin_client.cli.voice import Voice

if TYPE_CHECKING:
    from tocsin_client.hub import Hub

MAX_SKEW_S = 300
MIN_FREE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One line: ✓ good, ! worth knowing, ✗ to fix."""

    name: str
    mark: str
    text: str
    fix: str = ""


def run(said: Voice) -> list[Check]:
    """All checks in order; those that need the hub are left out when it cannot be opened."""
    zh = said.lang == "zh"
    found = list(_machine(zh))
    try:
        hub = open_hub(said)
    except errors.ClientError as exc:
        return [*found, Check("profile", "✗", exc.message, exc.hint or "tocsin init URL")]
    with hub:
        if not hub.vault.exists:
            fix = "tocsin init URL"
            return [
                *found,
                Check("profile", "✗", "尚未加入任何中心" if zh else "no hub has been joined in this profile", fix),
            ]
        for look in (_files, _keys, _policy, _log, _enrolled, _clock, _login, _dictionary, _outbox):
            found += _guarded(look, hub, zh)
    return found


def _guarded(look: Callable[[Hub, bool], Iterator[Check]], hub: Hub, zh: bool) -> list[Check]:
    try:
        return list(look(hub, zh))
    except errors.ClientError as exc:
        return [Check(look.__name__.strip("_"), "✗", f"{exc.message} [{exc.code}]", exc.hint or "tocsin init URL")]


def _machine(zh: bool) -> Iterator[Check]:
    yield Check("python", "✓", f"Python {platform.python_version()}")
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    good = encoding == "utf8"
    yield Check("locale", "✓" if good else "!", f"stdout: {sys.stdout.encoding}", "" if good else "export PYTHONUTF8=1")


def _files(hub: Hub, zh: bool) -> Iterator[Check]:
    from tocsin_client import files

    for path in [hub.vault.path, *sorted(p for p in hub.vault.path.rglob("*") if p.suffix == ".pem" or p.is_dir())]:
        files.require_private(path)
    yield Check("files", "✓", f"{hub.vault.path}: " + ("仅本用户可读" if zh else "readable by you only"))
    free = shutil.disk_usage(hub.vault.path).free
    if free < MIN_FREE_BYTES:
        yield Check(
            "disk",
            "✗",
            "磁盘将满" if zh else "the disk is almost full",
            "请先腾出磁盘空间再发送。" if zh else "Free some space before you send.",
        )


def _keys(hub: Hub, zh: bool) -> Iterator[Check]:
    hub.vault.key("operational")
    protected = hub.vault.profile().get("key_protection") == "passphrase"
    if protected:
        yield Check("keys", "✓", "密钥已加密且可打开" if zh else "the keys are encrypted and open")
    else:
        text = "密钥未加密，仅靠文件权限保护" if zh else "the keys are not encrypted; file modes protect them"
        yield Check(
            "keys", "!", text, "请将该目录放在加密磁盘上。" if zh else "Keep this directory on an encrypted disk."
        )


def _policy(hub: Hub, zh: bool) -> Iterator[Check]:
    version = hub.refresh_policy()
    text = (
        f"信任策略第 {version} 版，由已固定的根签署" if zh else f"policy version {version}, signed by the pinned root"
    )
    yield Check("policy", "✓", text)


def _log(hub: Hub, zh: bool) -> Iterator[Check]:
    before, now = hub.check_log()
    if zh:
        text = f"日志 {now.size} 条" + (f"，已证明是先前 {before.size} 条的延续" if before.size else "，首次所见")
    else:
        text = f"the log has {now.size} entries" + (
            f" and continues the {before.size} seen before" if before.size else ""
        )
    yield Check("log", "✓", text)


def _enrolled(hub: Hub, zh: bool) -> Iterator[Check]:
    row = hub.enrolment()
    if row is None and not hub.request_waits():
        address = hub.vault.profile()["url"]
        yield Check(
            "enrolled",
            "✗",
            "没有待处理的注册请求：未送达、已被谢绝，或等待过久已失效"
            if zh
            else "no request waits at the hub: it never arrived, was declined, or waited too long",
            f"再次申请：tocsin init {address}" if zh else f"Ask again: tocsin init {address}",
        )
    elif row is None:
        text = "注册请求等待批准" if zh else "the enrolment request is still waiting"
        yield Check(
            "enrolled",
            "✗",
            text,
            "请联系该中心的注册机构，然后再次运行 tocsin doctor。"
            if zh
            else "Ask the hub's enrolment authority; then run `tocsin doctor` again.",
        )
    elif row.get("suspendedIndex") is not None:
        text = "本机构已被暂停" if zh else f"suspended at index {row['suspendedIndex']}"
        yield Check(
            "enrolled",
            "✗",
            text,
            "请联系该中心的注册机构；仍可撤回已有记录。"
            if zh
            else "Write to the hub's enrolment authority; withdrawing still works.",
        )
    else:
        index = row.get("enrolledIndex")
        yield Check("enrolled", "✓", f"已注册，序号 {index}" if zh else f"enrolled at index {index}")


def _clock(hub: Hub, zh: bool) -> Iterator[Check]:
    stated = hub.server_date()
    if stated is None:
        return
    skew = abs(int(email.utils.parsedate_to_datetime(stated).timestamp()) - hub.now())
    good = skew <= MAX_SKEW_S
    text = f"与中心时钟相差 {skew} 秒" if zh else f"{skew} s from the hub's clock"
    yield Check(
        "clock",
        "✓" if good else "✗",
        text,
        "" if good else ("校准时钟：timedatectl set-ntp true" if zh else "Set the clock: timedatectl set-ntp true"),
    )


def _login(hub: Hub, zh: bool) -> Iterator[Check]:
    if hub.enrolment() is not None:
        hub.login()
        yield Check("login", "✓", "可以登录" if zh else "logging in works")


def _dictionary(hub: Hub, zh: bool) -> Iterator[Check]:
    count = len(hub.dictionary().terms)
    path = hub.vault.path / "dictionary.txt"
    if count:
        yield Check("dictionary", "✓", f"自有词典 {count} 个词" if zh else f"{count} terms in your own dictionary")
    else:
        text = "自有词典为空" if zh else "your own dictionary is empty"
        yield Check(
            "dictionary",
            "!",
            text,
            f"请将贵机构名称、产品、人员逐行写入 {path}"
            if zh
            else f"Write your names, products, people, one a line, into {path}",
        )


def _outbox(hub: Hub, zh: bool) -> Iterator[Check]:
    count = len(hub.outbox.waiting())
    if count:
        text = f"发件箱有 {count} 项等待发送" if zh else f"{count} waiting in the outbox"
        yield Check("outbox", "!", text, "tocsin outbox --resend")
    if os.environ.get("TOCSIN_ALLOW_HTTP") == "1":
        yield Check(
            "transport",
            "!",
            "允许明文 http" if zh else "plain http is allowed by TOCSIN_ALLOW_HTTP",
            "请使用 https。" if zh else "Use https.",
        )
