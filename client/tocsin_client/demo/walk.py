"""The walk-through in order: join, import, report, verify, amend, withdraw, and the trends that move with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tocsin_client import errors, files
from tocsin_client.demo import corpus, drafts, figures, fraud, organisations
from tocsin_client.demo.events import Voice
from tocsin_client.demo.organisations import Organisation
from tocsin_client.hub import Hub
from tocsin_client.receipts import Receipt

REPORTER = "member-10"  # Tin Kettle Engineering, invented: one of five of its sector in eastern Asia


def run(url: str, home: Path, voice: Voice, lang: str) -> dict[str, Any]:
    """Walk through everything against the hub at `url`, keys and receipts under `home`; returns the figures.

    Raises ClientError of whatever step does not hold: a receipt that does not verify stops the walk.
    """
    began = time.perf_counter()
    files.make_private_dir(home)
    members = [org for org in organisations.listed() if org.kind == "member"]
    with organisations.opened(url, home, lang) as hubs:
        _join(hubs, voice, lang)
        imported, receipts = _fill(hubs, members, voice, lang)
        hub = hubs[REPORTER]
        newest = max([imported.newest_index, *(receipt.index for receipt in receipts)])
        data = _report(hub, home, newest, voice, lang)
    coverage = imported.coverage
    return {
        "records": imported.records,
        "mitigations": imported.mitigations,
        "drafts": len(receipts),
        "organisations": len(hubs),
        "refused_rows": imported.refused_rows,
        **data,
        "coverage": coverage,
        "import_seconds": round(imported.seconds, 2),
        "records_per_second": round(imported.per_second, 1),
        "seconds": round(time.perf_counter() - began, 2),
    }


def _join(hubs: dict[str, Hub], voice: Voice, lang: str) -> None:
    count = len(hubs)
    voice.step(
        f"{count - 2} invented organisations, an industry body and a regulator make their keys and ask to join.",
        f"{count - 2} 家虚构组织、一家产业组织和一家监管机构各自生成密钥，申请加入。",
    )
    words = organisations.join_all(hubs, voice, lang)
    voice.step(
        f"Each has pinned the hub's root key. Its fingerprint in words: {words}",
        f"各家已锁定中心的根公钥，其指纹读作：{words}",
    )
    voice.enrolments_ready(count)
    organisations.wait_enrolled(hubs)
    voice.step(
        "The enrolment authority has enrolled all of them; every enrolment is an entry of the public log.",
        "注册机构已全部登记；每一次登记都是公开日志里的一条。",
    )


def _fill(
    hubs: dict[str, Hub], members: Sequence[Organisation], voice: Voice, lang: str
) -> tuple[corpus.Imported, list[Receipt]]:
    voice.step(
        f'They approve public records in batches, each with this statement: "{corpus.STATEMENTS["en"]}"',
        f"各家成批批准公开记录，并各自声明：“{corpus.STATEMENTS['zh']}”",
    )
    imported = corpus.send_all(hubs, members, voice, lang)
    voice.step(
        f"{imported.records} real incidents and {imported.mitigations} mitigations are signed, logged and receipted: "
        f"{imported.per_second:.0f} records a second, every receipt verified here. {imported.refused_rows} rows were refused with a reason.",
        f"{imported.records} 起真实事件、{imported.mitigations} 项应对措施已签名、入册并取得回执：每秒 {imported.per_second:.0f} 条，"
        f"每张回执都在本机验过。另有 {imported.refused_rows} 行数据因故未收，均记明原因。",
    )
    receipts = drafts.send_all(hubs, members, voice)
    voice.step(
        f"{len(receipts)} first-person reports follow, in Chinese and English, one by one through the gate (invented, marked demo).",
        f"随后是 {len(receipts)} 份一手报告，中英文各半，逐份过审后提交（内容虚构，标为演示）。",
    )
    return imported, receipts


def _report(hub: Hub, home: Path, newest: int, voice: Voice, lang: str) -> dict[str, Any]:
    """The one report that everything is about, and what it does to the trends."""
    hub.login()
    before = figures.take(hub, newest)
    figures.show(voice, before, "Trends before the report", "报告之前的趋势", lang)
    whole = before["category x year"]
    voice.step(
        f"What these figures rest on: {whole.coverage_line('en')}",
        f"这些数字的依据：{whole.coverage_line('zh')}",
    )
    voice.step(
        "One member was deceived in a deepfake video conference, early in 2024. It reports it without its name.",
        "一家成员在 2024 年初被深度伪造视频会议所骗，现在不具名地上报。",
    )
    receipt = fraud.submit(hub, lang, voice)
    voice.step(
        f"Receipt: entry {receipt.index} of the log, digest {receipt.digest[:16]}…",
        f"回执：日志第 {receipt.index} 条，摘要 {receipt.digest[:16]}…",
    )
    verdicts = _verify(hub, home, receipt, voice, lang)
    after = figures.take(hub, receipt.index)
    figures.show(voice, after, "Trends after the report", "报告之后的趋势", lang, before=before)
    moved = figures.moved(before, after)
    for cell in moved:
        voice.step(
            f"Moved: {figures.named(cell['keys'], 'en')}: {cell['before']} -> {cell['after']}",
            f"变化：{figures.named(cell['keys'], 'zh')}：{cell['before']} → {cell['after']}",
        )
    indices = _take_back(hub, receipt, voice, lang)
    gone = figures.take(hub, indices["withdrawn_index"])
    figures.show(voice, gone, "Trends after the withdrawal", "撤回之后的趋势", lang, before=before)
    if not moved or figures.cells(gone) != figures.cells(before):
        raise errors.VerificationError("trend-wrong", "the trends did not follow the report and its withdrawal")
    voice.step("The trends are again what they were before the report.", "趋势恢复到报告之前的样子。")
    return {
        **verdicts,
        **indices,
        "trend_before": figures.cells(before),
        "trend_after": figures.cells(after),
        "trend_withdrawn": figures.cells(gone),
        "trend_moved": moved,
        "trend_notes": {name: trends.coverage_line(lang) for name, trends in before.items()},
    }


def _take_back(hub: Hub, receipt: Receipt, voice: Voice, lang: str) -> dict[str, int]:
    """Amend, then withdraw; the log indices of all three statements."""
    amended = fraud.amend(hub, receipt, lang)
    voice.step(
        f"Some days later it adds a line: the amendment is entry {amended.index}, the earlier version stays provable.",
        f"几天后补充一句：修订是日志第 {amended.index} 条，原版本依然可证。",
    )
    withdrawn = hub.withdraw(receipt, "other")
    voice.step(
        f"Then it takes the report back: entry {withdrawn.index}. The text is erased, a tombstone stays.",
        f"之后撤回报告：日志第 {withdrawn.index} 条。正文已抹去，只留墓碑。",
    )
    return {
        "receipt_index": receipt.index,
        "amended_index": amended.index,
        "withdrawn_index": withdrawn.index,
    }


def _verify(hub: Hub, home: Path, receipt: Receipt, voice: Voice, lang: str) -> dict[str, bool]:
    bundle, forged = home / "receipt.json", home / "receipt-tampered.json"
    policy = hub.vault.path / "policy.json"
    receipt.save(bundle)
    files.write(forged, fraud.tampered(receipt.bundle))
    good, bad = fraud.verify(bundle, policy, lang), fraud.verify(forged, policy, lang)
    voice.step(
        f"A separate process, with the pinned policy and no network, checks the receipt: {good.said}",
        f"另一个进程只凭锁定的政策文件、不联网，验证回执：{good.said}",
    )
    voice.step(
        f"A copy in which the severity was played down is refused (exit {bad.exit_code}): {bad.said}",
        f"把严重程度改小的副本被拒（退出码 {bad.exit_code}）：{bad.said}",
    )
    if good.exit_code != 0:
        raise errors.VerificationError("receipt-not-verified", "the separate verifier does not accept the receipt")
    if bad.exit_code != 7:
        raise errors.VerificationError("tampering-unnoticed", "the separate verifier did not refuse the tampered copy")
    return {"receipt_verified": True, "tampered_refused": True}
