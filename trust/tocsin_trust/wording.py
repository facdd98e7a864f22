"""What a verification says to a person, in English and Chinese: the refusals, what was shown, and what was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

_LAST_DATE_UNIX_S = 253_402_300_799  # the end of the year 9999

REFUSALS: dict[str, tuple[str, str]] = {
    "malformed-json": ("The bytes are not strict JSON.", "内容不是严格的 JSON。"),
    "oversize": ("The file is larger than allowed.", "文件超过允许的大小。"),
    "key-refused": (
        "A key is malformed or of a kind that proves nothing.",
        "某个密钥格式有误，或属于不能证明任何事的密钥。",
    ),
    "key-unreadable": ("The key file cannot be read.", "无法读取密钥文件。"),
    "signature-invalid": (
        "The signature does not fit: the content was changed, or another key signed it.",
        "签名不符：内容被改动过，或由其他密钥签署。",
    ),
    "malformed-envelope": ("This is not a signed envelope of the Tocsin form.", "这不是 Tocsin 格式的签名信封。"),
    "unknown-payload-type": ("The envelope carries something unknown.", "信封所载的内容类型未知。"),
    "malformed-statement": ("The signed statement is not of its form.", "已签名的声明格式不符。"),
    "unsupported-version": ("The statement is of a newer version than this program.", "声明的版本比本程序更新。"),
    "unknown-mode": ("The statement has an unknown mode of authorship.", "声明的署名模式未知。"),
    "kid-mismatch": (
        "The key named in the statement is not the one that signed it.",
        "声明中所写的密钥不是实际签名的密钥。",
    ),
    "iat-not-rounded": ("A nameless statement gives away its exact time.", "匿名声明泄露了确切时间。"),
    "wrong-audience": ("The statement was made for another hub.", "该声明是为另一个中心签署的。"),
    "clock-skew": ("The statement is too old, or dated in the future.", "声明过旧，或日期在未来。"),
    "certificate-invalid": (
        "The certificate does not vouch for the author key.",
        "证书不能证明该作者密钥属于成员。",
    ),
    "certificate-expired": ("The certificate had run out when the statement was made.", "签署声明时证书已过期。"),
    "malformed-document": ("The signed document is not of its form.", "已签名的文件格式不符。"),
    "malformed-leaf": ("The log entry is not of its form.", "日志条目格式不符。"),
    "malformed-proof": ("The proof of inclusion is not of its form.", "收录证明格式不符。"),
    "proof-invalid": (
        "The proof does not lead to the signed tree head: this is not what the log holds.",
        "证明与已签名的日志树根不符：日志中收录的不是这份内容。",
    ),
    "malformed-note": ("The checkpoint is not of its form.", "检查点格式不符。"),
    "note-unverified": (
        "The checkpoint was not signed by a log key of your policy.",
        "检查点不是由你的信任策略中的日志密钥签署。",
    ),
    "wrong-origin": ("The checkpoint belongs to another log.", "检查点属于另一个日志。"),
    "malformed-policy": ("The policy file is not of its form.", "信任策略文件格式不符。"),
    "policy-root-mismatch": (
        "The policy is not signed by the root key you rely on.",
        "信任策略不是由你所信任的根密钥签署。",
    ),
    "policy-rolled-back": ("You have seen a newer policy than this one.", "你已见过比这更新的信任策略。"),
    "policy-expired": ("The policy has expired; fetch the current one.", "信任策略已过期，请获取最新的。"),
    "key-state-invalid": ("The statements about keys contradict each other.", "关于密钥的声明互相矛盾。"),
    "malformed-receipt": ("The file is not a receipt of the Tocsin form.", "该文件不是 Tocsin 格式的回执。"),
    "quorum-missing": (
        "Fewer witnesses have signed the checkpoint than your policy asks for.",
        "为检查点联署的见证方少于你的信任策略所要求的数目。",
    ),
    "author-not-proven": (
        "The receipt does not show that the author key belonged to a member at that point of the log.",
        "回执未能证明作者密钥在日志的该位置属于某个成员。",
    ),
}

_HOLDS = ("The receipt holds.", "回执有效。")
_PLACE = (
    "The statement ({kind}, {mode}) is entry {index} of the log {origin}, under a checkpoint of {tree_size} entries.",
    "该声明（{kind}，{mode}）是日志 {origin} 的第 {index} 号条目，检查点共 {tree_size} 条。",
)
_SIGNED = (
    "It was signed by the key {key} and not a byte has changed since; its author dates it {day}.",
    "它由密钥 {key} 签署，自此一字未改；作者所称日期为 {day}。",
)
_AUTHOR = {
    "organisation": (
        "Its author is the organisation {cred}, enrolled by {accepted_by}; its key was added by entry {key_index}.",
        "作者是机构 {cred}，由 {accepted_by} 登记；其密钥由条目 {key_index} 加入。",
    ),
    "authority": (
        "Its author is the enrolment authority {accepted_by} of the policy.",
        "作者是信任策略中的登记机构 {accepted_by}。",
    ),
    "pseudonym": (
        "Its author is a member that is not named: the author key has a certificate of the hub.",
        "作者是某个未具名的成员：作者密钥持有中心签发的证书。",
    ),
}
_NAMES_ZH = {
    "incident": "事件", "finding": "测评发现", "mitigation": "应对措施", "outcome": "成效", "sighting": "目击", "opinion": "意见",
    "amend": "修改", "withdraw": "撤回", "enrol": "登记", "suspend": "暂停", "key-add": "增加密钥", "key-revoke": "吊销密钥",
    "root-rotate": "更换根密钥", "recover": "恢复", "moderate": "处置", "attributed": "署名", "pseudonymous": "化名", "unlinkable": "不可关联",
}  # fmt: skip
_WITNESSED = ("The checkpoint is cosigned by: {names}.", "检查点由见证方联署：{names}。")
_UNWITNESSED = (
    "No witness has cosigned the checkpoint: that all see the same log rests on the operator's word.",
    "没有见证方联署检查点：是否人人看到同一份日志，只有运营方担保。",
)
_NOT_SHOWN = (
    "Not shown: that the statement is still the newest version, or has not been withdrawn since.\n"
    "Not shown: that the keys involved have not been revoked since.\n"
    "Not shown: that what the statement says is true, or written at the time its author gives.\n"
    "For the first two, ask the hub for its current state, or replay the log.",
    "未证明：该声明仍是最新版本，或此后未被撤回。\n"
    "未证明：所涉密钥此后未被吊销。\n"
    "未证明：声明内容属实，或确实写于作者所称的时间。\n"
    "前两项请向中心查询当前状态，或重放日志。",
)


_POLICY = (
    "Checked against policy {version} of {origin}, valid until {end}, signed by the root {words}. "
    "Compare these words with ones you have from another source.",
    "依据 {origin} 的信任策略第 {version} 版（有效至 {end}），由根密钥 {words} 签署。请用另一来源核对这些词。",
)


def checked_against(lang: str, *, version: int, origin: str, expires_unix_s: int, words: str) -> str:
    """On whose word a verification rests: the policy, and the fingerprint of the root that signed it."""
    end = date(expires_unix_s)
    return _POLICY[_column(lang)].format(version=version, origin=origin, end=end, words=words)


def refusal(code: str, lang: str) -> str:
    """Why something was refused, by its code."""
    return REFUSALS[code][_column(lang)]


def holds(
    lang: str,
    *,
    kind: str,
    mode: str,
    key: str,
    cred: str,
    iat_unix_s: int,
    index: int,
    tree_size: int,
    origin: str,
    accepted_by: str,
    key_index: int | None,
    witnessed_by: Sequence[str],
) -> str:
    """What a receipt that holds has shown, and what it has not; one sentence a line."""
    author = "pseudonym" if mode != "attributed" else "authority" if key_index is None else "organisation"
    templates = (_HOLDS, _PLACE, _SIGNED, _AUTHOR[author], _WITNESSED if witnessed_by else _UNWITNESSED, _NOT_SHOWN)
    values = {
        "kind": _NAMES_ZH.get(kind, kind) if _column(lang) else kind,
        "mode": _NAMES_ZH.get(mode, mode) if _column(lang) else mode,
        "index": index,
        "origin": origin,
        "tree_size": tree_size,
        "key": key,
        "day": date(iat_unix_s),
        "cred": cred,
        "accepted_by": accepted_by,
        "key_index": key_index,
        "names": ", ".join(witnessed_by),
    }
    return "\n".join(template[_column(lang)].format(**values) for template in templates)


def date(unix_s: int) -> str:
    """The UTC day that holds `unix_s`; beyond the calendar, the seconds themselves."""
    if not 0 <= unix_s <= _LAST_DATE_UNIX_S:
        return f"{unix_s} s"
    return datetime.fromtimestamp(unix_s, UTC).date().isoformat()


def _column(lang: str) -> int:
    return 1 if lang.startswith("zh") else 0
