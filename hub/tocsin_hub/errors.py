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
    "malformed-leaf": CodeInfo(422, "The text is not a log entry. Fetch it from the hub again.", "该文本不是日志条目，请重新从中心获取。"),
    "malformed-proof": CodeInfo(422, "The proof is not of the C2SP tlog-proof form. Fetch it from the hub again.", "证明不符合 C2SP tlog-proof 格式，请重新从中心获取。"),
    "proof-invalid": CodeInfo(422, "The proof does not lead to the signed root. Keep it as evidence and tell the operator.", "证明无法通向已签名的根，请保留证据并告知运营方。"),
    "malformed-note": CodeInfo(422, "The signed note is not of the C2SP form. Fetch it from the hub again.", "签名文本不符合 C2SP 格式，请重新从中心获取。"),
    "note-unverified": CodeInfo(422, "No known key signed the note. Check that the policy is the one you pinned.", "该文本没有已知密钥的签名，请核对所固定的策略。"),
    "wrong-origin": CodeInfo(422, "The checkpoint is of another log. Check the address of the hub.", "检查点属于另一个日志，请核对中心地址。"),
    "malformed-policy": CodeInfo(422, "The policy file is not of its form. Fetch it from the hub again.", "策略文件格式有误，请重新从中心获取。"),
    "policy-root-mismatch": CodeInfo(403, "The policy is signed by another root than the one you pinned. Do not go on; ask the operator.", "策略由另一个根密钥签署，请勿继续并联系运营方。"),
    "policy-rolled-back": CodeInfo(403, "The policy is older than one already seen. Do not go on; ask the operator.", "策略版本低于已见版本，请勿继续并联系运营方。"),
    "policy-expired": CodeInfo(403, "The policy has run out. Ask the operator for a new one.", "策略已过期，请向运营方索取新策略。"),
    "key-state-invalid": CodeInfo(500, "The key events of the log contradict each other. Run tocsin-hub fsck.", "日志中的密钥事件互相矛盾，请运行 tocsin-hub fsck。"),
    "malformed-receipt": CodeInfo(422, "The receipt bundle is not of its form. Send the same bytes again to get a fresh one.", "回执格式有误，重发相同内容即可取得新的回执。"),
    "quorum-missing": CodeInfo(422, "Too few witnesses signed the checkpoint. Ask for the receipt again later.", "见证签名不足，请稍后重新获取回执。"),
    "author-not-proven": CodeInfo(422, "The receipt does not prove that the author was enrolled. Send the same bytes again to get a fresh one.", "回执未能证明作者已注册，重发相同内容即可取得新的回执。"),
    "unknown-scheme": CodeInfo(422, "Use a scheme that is allowed in this field (tocsin taxonomy lists them).", "请使用该字段允许的分类体系（tocsin taxonomy 可列出）。"),
    "unknown-edition": CodeInfo(422, "The scheme is known but not this edition. Use an edition that tocsin taxonomy lists.", "分类体系已知但版本未知，请使用 tocsin taxonomy 列出的版本。"),
    "unknown-code": CodeInfo(422, "The scheme has no such code, or it may not be chosen. Look it up with tocsin taxonomy.", "该分类体系没有此代码或不可选用，请用 tocsin taxonomy 查询。"),
    "bare-code": CodeInfo(422, "Write a code with its scheme and edition: scheme@edition:code.", "代码须带体系与版本：scheme@edition:code。"),
    "malformed-record": CodeInfo(422, "A field of the record is missing, unknown or has the wrong form. tocsin validate shows which.", "记录的字段缺失、未知或格式有误，可用 tocsin validate 查看。"),
    "text-too-long": CodeInfo(422, "Shorten the text to the limit of its field.", "请将文本缩短到该字段的上限以内。"),
    "date-precision": CodeInfo(422, "Make the form of the date agree with its precision, e.g. 2024-Q1 with quarter.", "日期格式须与精度一致，例如 2024-Q1 对应 quarter。"),
    "unknown-tlp": CodeInfo(422, "Use clear, green, amber, amber+strict or red (TLP 2.0).", "请使用 clear、green、amber、amber+strict 或 red（TLP 2.0）。"),
    "audience-too-wide": CodeInfo(422, "The TLP level does not reach that group. Narrow the audience or choose a wider level.", "该 TLP 级别不及此受众，请缩小受众或选择更宽的级别。"),
    "severity-order": CodeInfo(422, "Potential severity is at least the actual one and each dimension. Raise it or lower those.", "潜在严重度不得低于实际严重度及各维度，请调整。"),
    "acceptability-refused": CodeInfo(422, "Where people or rights are hurt, acceptability 5 is not possible. Choose a lower value.", "涉及人身或权利损害时可接受度不能为 5，请选择更低的值。"),
    "tag-required": CodeInfo(422, "Give at least one risk tag of caict or tocsin-ext, and a primary category that one of them supports.", "请至少给出一个 caict 或 tocsin-ext 风险标签，并使主类别与之相符。"),
    "reference-required": CodeInfo(422, "Evidence from a public source needs at least one reference.", "公开来源的证据至少需要一条引用。"),
    "chain-invalid": CodeInfo(422, "A chain leads from an endogenous to a derived code, both among the record's tags.", "链条须由内生风险代码指向衍生风险代码，且均为该记录的标签。"),
    "public-source-rule": CodeInfo(422, "Long texts are for attributed public-source records only. Shorten them, or state the source.", "长文本仅限署名的公开来源记录，请缩短或注明来源。"),
    "nameless-too-precise": CodeInfo(422, "In nameless modes give a quarter or year and a sub-region or coarser. The SDK does it for you.", "匿名模式下日期取季度或年份，地区取次区域或更粗，SDK 可自动处理。"),
    "identifying-text": CodeInfo(422, "The text at that place identifies somebody or hides characters. Take it out and approve again.", "该处文本含可识别信息或隐藏字符，请删除后重新确认。"),
    "crowd-too-small": CodeInfo(422, "Too few members share this sector and region. Generalise them and approve again.", "拥有该行业与地区的成员过少，请泛化后重新确认。"),
    "unsupported-kind": CodeInfo(422, "This hub does not take this kind of statement yet. See docs/reference/http.md for the kinds it takes.", "本中心尚不接收此类声明，可接收的种类见 docs/reference/http.md。"),
    "authority-required": CodeInfo(403, "Only an enrolment authority may sign this. Send your enrolment request and wait for the operator.", "此声明须由注册机构签署，请提交注册申请并等待运营方处理。"),
    "authority-not-allowed": CodeInfo(403, "An enrolment authority signs enrolments, suspensions and key revocations only.", "注册机构只能签署注册、暂停与密钥吊销声明。"),
    "authority-unknown": CodeInfo(403, "The policy of this hub does not name this authority with this key. Use the authority key made at init.", "本中心的策略未列出该机构及其密钥，请使用初始化时生成的机构密钥。"),
    "certificate-invalid": CodeInfo(403, "The certificate does not fit this hub and this author key. Ask for a new one and sign again.", "证书与本中心或该作者密钥不符，请重新申请证书后再签名。"),
    "certificate-expired": CodeInfo(403, "The certificate has run out. Ask for a new one for a fresh author key and sign again.", "证书已过期，请为新的作者密钥申请证书后重新签名。"),
    "malformed-document": CodeInfo(422, "The signed document lacks a field, has one too many, or was made for another purpose. Use the SDK of this version.", "签名文档字段有误或用途不符，请使用对应版本的 SDK。"),
    "desk-required": CodeInfo(403, "Only an enrolled desk may moderate. Ask the operator to enrol one.", "只有已注册的处置席位可以执行此操作，请联系运营方注册。"),
    "moderation-state": CodeInfo(409, "The thread is not in a state for this act: hide what is published, restore what is hidden.", "该记录当前状态不允许此操作：已发布者可隐藏，已隐藏者可恢复。"),
    "thread-unknown": CodeInfo(404, "This hub has no thread with that version. Send its first statement before its amendments.", "本中心没有该版本所属的记录，请先提交首次声明。"),
    "thread-withdrawn": CodeInfo(409, "The thread was withdrawn and stays so. Begin a new one if there is something to say.", "该记录已撤回且不可恢复，如需要请提交新的记录。"),
    "thread-erased": CodeInfo(409, "The thread was erased by a desk. Nothing can be added to it.", "该记录已被处置席位清除，不能再追加内容。"),
    "not-thread-author": CodeInfo(403, "Only the key that began the thread may amend or withdraw it.", "只有发起该记录的密钥可以修改或撤回。"),
    "stale-prev": CodeInfo(409, "The thread has a newer version. Read its status, then sign again from its newest digest.", "该记录已有更新版本，请查询状态后基于最新摘要重新签名。"),
    "mode-changed": CodeInfo(409, "A thread keeps its mode. Withdraw it and begin a new one to change the mode.", "记录的模式不可更改；如需更改请撤回后重新提交。"),
    "kind-changed": CodeInfo(409, "A thread keeps its kind: an incident stays an incident. Withdraw it and begin a new one.", "记录的种类不可更改；如需更改请撤回后重新提交。"),
    "too-many-amends": CodeInfo(409, "The thread has the most amendments there may be. Withdraw it and begin a new one.", "该记录已达修改次数上限，请撤回后重新提交。"),
    "login-required": CodeInfo(401, "Log in (tocsin login) and send the token as Authorization: Bearer.", "请先登录（tocsin login），并以 Authorization: Bearer 发送令牌。"),
    "token-invalid": CodeInfo(401, "The token is unknown, expired or revoked. Log in again.", "令牌未知、已过期或已吊销，请重新登录。"),
    "token-reads-only": CodeInfo(403, "A long-lived token reads and does nothing else. Log in with the organisation's key for this.", "长期令牌只能读取，请用机构密钥登录后再执行此操作。"),
    "too-many-tokens": CodeInfo(409, "The organisation has the most tokens it may have. End one that is not needed any more.", "机构的有效令牌已达上限，请先停用不再需要的令牌。"),
    "rate-limited": CodeInfo(429, "Too many requests in a short time. Wait as Retry-After says, then go on.", "短时间内请求过多，请按 Retry-After 等待后继续。"),
    "member-quota": CodeInfo(429, "The organisation has sent more than its share. Wait as Retry-After says and send the same bytes again.", "机构的提交超过配额，请按 Retry-After 等待后重发相同内容。"),
    "certificate-quota": CodeInfo(429, "The organisation has had its certificates for this week. Use one that it has, or ask again after Retry-After.", "机构本周的证书已用完，请使用已有证书，或在 Retry-After 之后再申请。"),
    "not-found": CodeInfo(404, "There is nothing here for this reader. Check the address, or log in as its author.", "当前读者在此没有可读内容，请核对地址或以作者身份登录。"),
    "method-not-allowed": CodeInfo(405, "This address does not take this method. See docs/reference/http.md.", "该地址不支持此方法，见 docs/reference/http.md。"),
    "malformed-request": CodeInfo(422, "The request lacks a part or has a wrong one. See docs/reference/http.md.", "请求缺少内容或格式有误，见 docs/reference/http.md。"),
    "encoding-refused": CodeInfo(415, "Send the body without Content-Encoding.", "请不要对请求正文使用 Content-Encoding。"),
    "unsupported-media-type": CodeInfo(415, "Send application/vnd.dsse+json for one envelope or application/x-ndjson for many.", "单个信封请用 application/vnd.dsse+json，批量请用 application/x-ndjson。"),
    "body-timeout": CodeInfo(408, "The body did not arrive in time. Send it again over a steadier connection.", "请求正文未能按时到达，请在稳定的网络下重试。"),
    "internal": CodeInfo(500, "This is a fault of the hub. Send the same bytes again later and tell the operator the request id.", "这是中心的故障，请稍后重发相同内容，并将请求编号告知运营方。"),
    # --- store and ledger ---
    "busy": CodeInfo(503, "The hub is busy. Send the same bytes again in a moment; nothing is counted twice.", "中心繁忙，请稍后重发相同内容，不会重复计数。"),
    "disk-full": CodeInfo(503, "The hub's disk is full and nothing was stored. Tell the operator, then send the same bytes again.", "中心磁盘已满，内容未保存。请告知运营方，之后重发相同内容。"),
    "storage-failed": CodeInfo(503, "The hub's database did not answer. Send the same bytes again; if they were stored you get the first receipt.", "中心数据库无应答，请重发相同内容；若已保存，您会得到原回执。"),
    "database-damaged": CodeInfo(500, "The database file is damaged. Stop the hub, keep the file, and restore from a backup with `tocsin-hub restore`.", "数据库文件已损坏。请停止中心、保留该文件，并用 `tocsin-hub restore` 由备份恢复。"),
    "size-out-of-range": CodeInfo(400, "Ask for sizes with 0 < old <= new <= the size of the newest checkpoint.", "请使用 0 < old <= new <= 最新检查点大小的数值。"),
    "unknown-digest": CodeInfo(404, "No entry with this digest is in the log. Check the digest, or submit the envelope.", "日志中没有该摘要的条目，请核对摘要或提交信封。"),
    "erased": CodeInfo(410, "The payload was erased; only its leaf remains in the log.", "内容已被擦除，日志中仅保留其叶条目。"),
    "log-corrupt": CodeInfo(500, "The log does not fit its own hashes. Stop the hub and run `tocsin-hub fsck`.", "日志与其哈希不符。请停止中心并运行 `tocsin-hub fsck`。"),
    "anchor-missing": CodeInfo(500, "The log is filled but its anchor file is missing. Mount the anchor's volume; never make a new one for an old log.", "日志非空但锚文件缺失。请挂载锚所在的卷，切勿为旧日志新建锚。"),
    "anchor-ahead": CodeInfo(500, "The anchor knows entries that the database lacks: this is a restored backup. Go on under a new origin with `tocsin-hub restore`.", "锚记录的条目多于数据库：这是恢复的备份。请用 `tocsin-hub restore` 以新的日志源继续。"),
    "anchor-mismatch": CodeInfo(500, "The database is not a continuation of the anchored log. Check that both belong to this hub.", "数据库不是锚定日志的延续，请确认二者属于同一中心。"),
    "anchor-corrupt": CodeInfo(500, "Neither slot of the anchor file can be read. Restore the volume it lies on, not a copy of the file.", "锚文件两个槽均不可读。请修复其所在的卷，而非复制旧文件。"),
    "anchor-locked": CodeInfo(500, "Another process holds this hub's anchor. Only one hub process may run on it.", "另一进程正持有该锚文件，同一中心只能运行一个进程。"),
    "schema-behind": CodeInfo(500, "The database is of another version. With the hub stopped, run `tocsin-hub migrate`.", "数据库版本不符。请停止中心后运行 `tocsin-hub migrate`。"),
    # --- members ---
    "hub-exists": CodeInfo(409, "This directory holds a hub already. Name an empty one.", "该目录已有中心，请指定空目录。"),
    "backup-unusable": CodeInfo(500, "This is no backup of a hub, or one of another engine. Name the directory that `tocsin-hub backup` made.", "这不是中心的备份，或数据库引擎不同。请指定 `tocsin-hub backup` 生成的目录。"),
    "origin-used": CodeInfo(409, "A restored log needs a name that no earlier log of this hub had.", "恢复后的日志须使用该中心此前从未用过的名称。"),
    "hub-missing": CodeInfo(500, "No hub in this directory. Make one with `tocsin-hub init`.", "该目录没有中心，请先运行 `tocsin-hub init`。"),
    "file-exists": CodeInfo(409, "A key or anchor file is there already and is never overwritten. Name another path.", "密钥或锚文件已存在且不会被覆盖，请换一个路径。"),
    "key-file-open": CodeInfo(500, "A key file can be read by others. Set its mode to 0600 and its directory's to 0700.", "密钥文件可被他人读取，请将文件权限设为 0600、目录设为 0700。"),
    "key-unreadable": CodeInfo(500, "A key or policy file cannot be read: it is damaged, of another hub, or the passphrase is wrong.", "密钥或策略文件无法读取：已损坏、属于其他中心，或口令错误。"),
    "not-enrolled": CodeInfo(403, "This key belongs to no enrolled organisation. Run `tocsin doctor`.", "该密钥不属于任何已注册机构，请运行 `tocsin doctor`。"),
    "wrong-organisation": CodeInfo(403, "This key belongs to another organisation than the statement names.", "该密钥所属机构与声明中的机构不一致。"),
    "wrong-role": CodeInfo(403, "This key or organisation may not do that. Use an operational key of the right kind of organisation.", "该密钥或机构无权执行此操作，请使用相应类型机构的操作密钥。"),
    "key-revoked": CodeInfo(403, "This key was revoked. Sign with a key of the organisation that is good.", "该密钥已吊销，请改用机构的有效密钥签名。"),
    "org-suspended": CodeInfo(403, "The organisation is suspended: it may still read and withdraw its own records. Ask the authority.", "该机构已被暂停：仍可读取和撤回自己的记录。请联系注册机构。"),
    "org-taken": CodeInfo(409, "This organisation id is enrolled or waiting already. Make a new request.", "该机构编号已注册或正在等待，请重新生成请求。"),
    "org-unknown": CodeInfo(404, "No such organisation is enrolled here.", "此处没有该注册机构。"),
    "key-taken": CodeInfo(409, "This key is in use already. Make a fresh one.", "该密钥已被使用，请生成新密钥。"),
    "request-unknown": CodeInfo(404, "No such enrolment request is waiting. List them with `tocsin-hub enrolments`.", "没有该待处理的注册请求，可用 `tocsin-hub enrolments` 查看。"),
    "record-unknown": CodeInfo(404, "No record here has this id or digest. Give an id such as TOC-I-2026-000123, or all 64 characters of a digest.", "此处没有该编号或摘要的记录。请给出形如 TOC-I-2026-000123 的编号，或完整的 64 位摘要。"),
    "challenge-invalid": CodeInfo(403, "The login challenge is not ours, was used, or is older than two minutes. Ask for a new one.", "登录质询无效、已使用或超过两分钟，请重新获取。"),
    "unexpected-kind": CodeInfo(422, "This mutation takes another kind of statement; `submit` takes every kind.", "该操作不接受此类声明；submit 接受所有类型。"),
    "bad-cursor": CodeInfo(400, "This cursor belongs to another query or reader, or is broken. Start again without `after`.", "该游标属于另一查询或另一读者，或已损坏，请去掉 after 重新开始。"),
    "first-out-of-range": CodeInfo(400, "Ask for between 1 and 100 items with `first`.", "first 须在 1 至 100 之间。"),
    "search-too-long": CodeInfo(400, "Search for at most 200 characters and 16 words.", "检索内容最多 200 个字符、16 个词。"),
    "figure-not-drawn": CodeInfo(503, "The picture could not be drawn on this server; take the CSV, or the SVG instead of the PNG.", "本服务器未能绘制该图，请改用 CSV，或以 SVG 代替 PNG。"),
    "unknown-dimension": CodeInfo(400, "Group by one or two different dimensions of the list in docs/reference/schema.graphql.", "请按一个或两个不同的维度分组，可用维度见 docs/reference/schema.graphql。"),
    "unknown-filter-value": CodeInfo(400, "This filter does not know that value; docs/reference/schema.graphql lists the values.", "该筛选项不接受此值，可用值见 docs/reference/schema.graphql。"),
    "query-invalid": CodeInfo(400, "The GraphQL document is not valid for this schema; see docs/reference/schema.graphql.", "GraphQL 文档与本中心的模式不符，见 docs/reference/schema.graphql。"),
    "variables-invalid": CodeInfo(400, "A variable is missing or has the wrong type; see docs/reference/schema.graphql.", "变量缺失或类型不符，见 docs/reference/schema.graphql。"),
    "query-too-costly": CodeInfo(400, "The query may return more than its budget of nodes. Lower `first` or ask in several queries.", "该查询可能返回的节点超出上限，请减小 first 或拆成多个查询。"),
    "query-too-deep": CodeInfo(400, "The query nests too deep; see extensions.limit.", "查询嵌套过深，上限见 extensions.limit。"),
    "query-too-large": CodeInfo(400, "The query has too many tokens or aliases; see extensions.limit.", "查询的记号或别名过多，上限见 extensions.limit。"),
    "query-timeout": CodeInfo(503, "The query took too long and was given up. Narrow the filter and ask again.", "查询超时已中止，请缩小筛选范围后重试。"),
}
# fmt: on


class HubError(Exception):
    """A refusal with a stable code; `hint` says what to do next, `retry_after_s` when. Never carries payload text."""

    def __init__(
        self, code: str, *, where: str | None = None, detail: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(code if where is None else f"{code} at {where}")
        info = CODES[code]  # an unknown code is a bug and raises KeyError
        self.code = code
        self.status = info.status
        self.where = where
        self.detail = detail
        self.retry_after_s = retry_after_s

    def hint(self, lang: str = "en") -> str:
        """What to do next, in `lang` (en or zh)."""
        info = CODES[self.code]
        return info.zh if lang.startswith("zh") else info.en
