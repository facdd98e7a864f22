"""What the hub says when it refuses: one class, one table of stable codes with status and hint.

    HubError
    └── code (stable kebab-case), status (HTTP), hint (what to do next, en and zh), where (a field path or None)

Errors of the pure wings (TrustError, TaxonomyError) carry a code of their own; `from_code` gives it its status and hint,
so the same fault has the same code over REST and GraphQL. Nothing here ever holds text from the payload.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """Status and hints of one code."""

    status: int
    en: str
    zh: str


# One code a line: the table is read more often than it is written.
# fmt: off
CODES: dict[str, CodeInfo] = {
    "malformed-json": CodeInfo(422, "Send one JSON object in UTF-8 without duplicate keys, NaN or numbers beyond 2^53.", "请发送一个 UTF-8 JSON 对象，不含重复键、NaN 或超过 2^53 的数。"),
    "malformed-envelope": CodeInfo(422, "Seal the statement with the SDK: a DSSE envelope with exactly one Ed25519 signature.", "请用 SDK 封装：只含一个 Ed25519 签名的 DSSE 信封。"),
    "unknown-payload-type": CodeInfo(422, "Use a payloadType of the list in docs/spec/dsse.md.", "请使用 docs/spec/dsse.md 所列的 payloadType。"),
    "signature-invalid": CodeInfo(403, "The signature does not fit the bytes and the key. Sign again with the key named in keyid.", "签名与内容或密钥不符，请用 keyid 所指的密钥重新签名。"),
    "key-refused": CodeInfo(403, "This is not a usable Ed25519 key (small order or not canonical). Make a new key.", "该 Ed25519 公钥不可用（小阶或非规范编码），请生成新密钥。"),
    "malformed-statement": CodeInfo(422, "The signed statement lacks a field or has one too many; see docs/spec/statement.md.", "签名声明的字段缺失或多余，见 docs/spec/statement.md。"),
    "unsupported-version": CodeInfo(400, "This hub speaks statement version 1. Upgrade the client or the hub.", "本中心只支持声明版本 1，请升级客户端或中心。"),
    "unknown-mode": CodeInfo(400, "Use the mode attributed or pseudonymous.", "请使用 attributed 或 pseudonymous 模式。"),
    "kid-mismatch": CodeInfo(403, "The key inside the statement is not the key that signed it.", "声明中的密钥与签名密钥不一致。"),
    "iat-not-rounded": CodeInfo(422, "In nameless modes iat must be 00:00 UTC of its day, so that the second tells nobody.", "匿名模式下 iat 必须取当日 UTC 零点。"),
    "wrong-audience": CodeInfo(403, "The statement was made for another hub. Seal it again for this one.", "该声明是为另一个中心签署的，请为本中心重新封装。"),
    "clock-skew": CodeInfo(400, "iat must lie between 7 days ago and 5 minutes ahead. Check the clock and seal again.", "iat 须在 7 天前至 5 分钟后之间，请检查时钟后重新封装。"),
    "oversize": CodeInfo(413, "The body is over the limit. Shorten the record, or split the bulk request.", "内容超过上限，请缩短记录或拆分批量请求。"),
}
# fmt: on


class HubError(Exception):
    """A refusal with a stable code; `hint` says what to do next. Never carries payload text."""

    def __init__(self, code: str, *, where: str | None = None, detail: str | None = None) -> None:
        super().__init__(code if where is None else f"{code} at {where}")
        info = CODES[code]  # an unknown code is a bug and raises KeyError
        self.code = code
        self.status = info.status
        self.where = where
        self.detail = detail

    def hint(self, lang: str = "en") -> str:
        """What to do next, in `lang` (en or zh)."""
        info = CODES[self.code]
        return info.zh if lang.startswith("zh") else info.en
