"""One member reports a deepfake video-call fraud without being named: gate, receipt, verification by a stranger, amend, withdraw."""

from __future__ import annotations

import base64
import copy
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tocsin_client import errors
from tocsin_client.demo import drafts
from tocsin_client.demo.events import Voice
from tocsin_client.draft import Draft
from tocsin_client.hub import Hub
from tocsin_client.receipts import Receipt
from tocsin_client.redact.preview import Preview

VERIFY_TIMEOUT_S = 60
APPROVED_BY = "head of compliance (demo)"
LATER = {
    "zh": "补充：内部复盘确认，当日有两名同事曾对异常的付款要求存疑，但没有可用的上报渠道；现已设立。",
    "en": "Added later: two colleagues had doubts that day and knew no channel for them; there is one now.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a separate verifier process said: its exit code (0 = holds, 7 = does not) and its words."""

    exit_code: int
    said: str


def draft(lang: str) -> Draft:
    """The draft of docs/examples, as it lies in this package."""
    name = f"deepfake-fraud.{'zh' if lang == 'zh' else 'en'}.yaml"
    return Draft.parse(drafts.folder("report").joinpath(name).read_bytes())


def decided(preview: Preview, voice: Voice, lang: str) -> Preview:
    """Every span decided, one by one: addresses of the meeting are replaced. Nothing is approved by itself."""
    voice.table(
        "What the gate asks about", "出门前须逐一决定之处", ["处", "字段", "类别", "决定"] if lang == "zh" else ["span", "field", "class", "decision"],
        [[s.id, s.path, s.class_, "替换" if lang == "zh" else "replace"] for s in preview.spans],
    )  # fmt: skip
    return preview.decide({span.id: "replace" for span in preview.spans})


def submit(hub: Hub, lang: str, voice: Voice) -> Receipt:
    """From draft to verified receipt, pseudonymously."""
    preview = hub.preview(draft(lang), mode="pseudonymous")
    approved = decided(preview, voice, lang).approve(by=APPROVED_BY)
    voice.step(
        f"Approved: {len(approved.body_bytes)} bytes, SHA-256 {approved.sha256[:16]}…; exactly these bytes leave, under a fresh key.",
        f"已批准：{len(approved.body_bytes)} 字节，SHA-256 {approved.sha256[:16]}…；离开本机的就是这些字节，用一次性密钥签名。",
    )
    return hub.submit(approved)


def amend(hub: Hub, receipt: Receipt, lang: str) -> Receipt:
    """A later version of the same record: a line more in what was done."""
    later = copy.deepcopy(draft(lang))
    actions = later.body["response"]["actions_taken"]
    actions["text"] = f"{actions['text']}{'' if lang == 'zh' else ' '}{LATER['zh' if lang == 'zh' else 'en']}"
    preview = hub.preview(later, mode="pseudonymous")
    approved = preview.decide({span.id: "replace" for span in preview.spans}).approve(by=APPROVED_BY)
    return hub.amend(receipt, approved)


def verify(bundle: Path, policy: Path, lang: str) -> Verdict:
    """Let `python -m tocsin_trust verify` judge a receipt in a process of its own, with the pinned policy and no network."""
    command = [sys.executable, "-m", "tocsin_trust", "verify", str(bundle), "--policy", str(policy)]
    if lang == "zh":
        command += ["--lang", "zh"]
    done = subprocess.run(  # noqa: S603 - our own interpreter and paths, no shell
        command, capture_output=True, text=True, encoding="utf-8", timeout=VERIFY_TIMEOUT_S, check=False
    )
    lines = (done.stdout + done.stderr).strip().splitlines()
    return Verdict(done.returncode, lines[0] if lines else "")


def tampered(bundle: bytes) -> bytes:
    """The same receipt with one word of the report changed, as somebody might who wants it to say something else."""
    receipt = json.loads(bundle)
    envelope = json.loads(base64.b64decode(receipt["envelope"]))
    payload = json.loads(base64.b64decode(envelope["payload"]))
    if payload["body"]["severity"]["actual"] == 0:
        raise errors.UsageError("nothing-to-tamper", "the record has no severity to play down")
    payload["body"]["severity"]["actual"] = 0
    changed = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")
    envelope["payload"] = base64.b64encode(changed).decode()
    receipt["envelope"] = base64.b64encode(
        json.dumps(envelope, separators=(",", ":"), sort_keys=True).encode()
    ).decode()
    return json.dumps(receipt, separators=(",", ":"), sort_keys=True).encode()
