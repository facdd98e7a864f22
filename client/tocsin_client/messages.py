"""What the client says to people, in English and Chinese: one catalogue, so that neither language is forgotten.

`text(key, lang, **values)`. Keys never change with the language; a missing key is a bug and raises KeyError.
"""

from __future__ import annotations

LANGS = ("en", "zh")

# fmt: off
_CATALOGUE: dict[str, tuple[str, str]] = {
    # --- joining ---
    "join.look": ("This hub calls itself {origin}. Compare its root fingerprint with the one it published elsewhere:", "该中心自称 {origin}。请与其在别处公布的根密钥指纹核对："),
    "join.words": ("  words  {words}", "  词语  {words}"),
    "join.hex": ("  hex    {fingerprint}", "  十六进制  {fingerprint}"),
    "join.confirm": ("Is it the same? Type yes to pin it", "是否一致？输入 yes 以固定信任"),
    "join.sector": ("Your sector (ISIC section A to U, or multiple)", "贵机构所属行业（ISIC 门类 A 至 U，或 multiple）"),
    "join.region": ("Your region (UN M49 number, for example 156)", "贵机构所在地区（联合国 M49 编号，例如 156）"),
    "join.passphrase": ("Passphrase for the keys (empty: keys lie unencrypted, readable by you only)", "密钥口令（留空则密钥不加密，仅本用户可读）"),
    "join.again": ("The same once more", "再输入一次"),
    "join.differ": ("The two passphrases differ.", "两次输入的口令不同。"),
    "join.done": ("The request of {org} waits at {origin}. An enrolment authority of the hub must accept it; then `tocsin doctor` shows your log index.", "{org} 的注册请求已送达 {origin}，等待该中心的注册机构批准；之后 `tocsin doctor` 会显示您的日志序号。"),
    "join.file": ("The same request is kept in {path}. Back up the whole directory: its keys are the only way to amend or withdraw.", "该请求同时保存在 {path}。请备份整个目录：其中的密钥是修改或撤回记录的唯一途径。"),
    "login.done": ("Logged in. The token is kept in this profile and runs out after a few hours.", "已登录。令牌保存在本配置中，数小时后失效。"),
    "login.gone": ("Logged out: the token is revoked.", "已退出登录，令牌已撤销。"),
    # --- drafts ---
    "new.done": ("{path} is written. Fill it in, then: tocsin validate {path}", "已写入 {path}。填写后运行：tocsin validate {path}"),
    "new.exists": ("{path} is already there; nothing was written.", "{path} 已存在，未写入任何内容。"),
    "validate.good": ("{path} is a valid {kind} in {mode} mode.", "{path} 格式有效：{kind}，{mode}模式。"),
    "validate.bad": ("{path} is not yet valid: {count} problem(s).", "{path} 尚不有效，共 {count} 个问题。"),
    "validate.placeholder": ("The template's words are still in it; `submit` refuses them.", "其中仍有模板文字；`submit` 会拒绝。"),
    # --- the gate ---
    "gate.head": ("Checking {path}: {kind}, {mode}", "检查 {path}：{kind}，{mode}"),
    "gate.nameless": ("Pseudonymous hides you from every reader, every peer hub and a thief of a backup, not from the operator who runs this hub. The day of your report and its order are public.", "化名模式对所有读者、对等中心和备份窃取者隐藏您的身份，但不对运营本中心的运营方隐藏。提交的日期和先后次序是公开的。"),
    "gate.coarsened": ("Made coarser so that it fits more members:", "已自动粗化，以便与更多成员相符："),
    "gate.coarse-date": ("date {before} -> {after}", "日期 {before} -> {after}"),
    "gate.coarse-region": ("region {before} -> {after}", "地区 {before} -> {after}"),
    "gate.blocked": ("Your own dictionary has {count} hit(s). Rewrite these places in the draft; nothing else helps:", "命中您自己的词典 {count} 处。请改写草稿中的这些位置，别无他法："),
    "gate.span": ("{id}  {where}: {class_}  {text}", "{id}  {where}：{class_}  {text}"),
    "gate.decide": ("[r]eplace by {proposal}, [d]rop, or [k]eep?", "替换为 {proposal} [r]、删除 [d]，还是保留 [k]？"),
    "gate.decide-rule": ("[r]eplace by {proposal}, or [d]rop? (The hub refuses it, so it cannot be kept.)", "替换为 {proposal} [r]，还是删除 [d]？（中心会拒收，不能保留。）"),
    "gate.reason": ("Why may it stay? (Kept on this machine only)", "为何可以保留？（仅保存在本机）"),
    "gate.diff": ("What changes (- out, + in):", "改动如下（- 删去，+ 加入）："),
    "gate.same": ("Your text leaves as you wrote it.", "文字将按您所写原样发出。"),
    "gate.content": ("What leaves, every field of it:", "将要发出的全部内容："),
    "gate.bytes-hint": ("They are signed as {count} bytes; --bytes shows these and their SHA-256.", "以上内容以 {count} 字节签署；加 --bytes 可查看确切字节及其 SHA-256。"),
    "gate.bytes": ("Exactly these {count} bytes will be signed (SHA-256 {sha256}):", "将签署以下 {count} 字节，一字不差（SHA-256 {sha256}）："),
    "gate.header": ("Besides them the signed statement holds: kind, hub, mode, a {key} key, its credential, {time}, a random salt.", "此外，签名声明还包含：类型、中心、模式、{key}密钥、其凭证、{time}和随机盐。"),
    "gate.key-fresh": ("fresh", "全新"), "gate.key-own": ("member", "成员"),
    "gate.time-day": ("the day", "日期"), "gate.time-second": ("the time to the second", "精确到秒的时间"),
    "gate.readers": ("Who will be able to read it:", "谁可以阅读："),
    "gate.crowd": ("{fitting} of {total} enrolled members could have written this by sector and region.", "按行业与地区，{total} 个注册成员中有 {fitting} 个可能写出此记录。"),
    "gate.crowd-small": ("That is fewer than 5: sector and region alone may give you away. Consider a wider region or sector.", "不足 5 个：仅凭行业和地区就可能暴露您。请考虑使用更宽的地区或行业。"),
    "gate.crowd-unknown": ("How many members could have written this is not known: the directory could not be read.", "无法得知有多少成员可能写出此记录：未能读取名录。"),
    "gate.regulators": ("May regulators read it, within their grant? [y/N]", "是否允许监管机构在其授权范围内阅读？[y/N]"),
    "gate.everybody": ("May everybody read it (TLP:CLEAR)? [y/N]", "是否允许所有人阅读（TLP:CLEAR）？[y/N]"),
    "gate.by": ("Your name or role (kept on this machine only)", "您的姓名或角色（仅保存在本机）"),
    "gate.approve": ("Do you approve exactly this? Type yes", "您是否批准原样发出以上内容？输入 yes"),
    "gate.not": ("Not approved; nothing left this machine.", "未批准；没有任何内容离开本机。"),
    "gate.dry": ("Dry run: nothing was approved and nothing left this machine.", "试运行：未批准任何内容，也没有任何内容离开本机。"),
    "gate.kept": ("The approval is in {path}. Send it with: tocsin submit --approved {path}", "批准已保存在 {path}。发送：tocsin submit --approved {path}"),
    # --- readers ---
    "reader.public": ("everybody", "所有人"), "reader.members": ("members", "成员"),
    "reader.industry-bodies": ("industry bodies", "产业组织"), "reader.regulators": ("regulators", "监管机构"),
    "reader.peers": ("peer hubs", "对等中心"), "reader.recipients": ("the recipients you named", "您指定的接收方"),
    "reader.author": ("you", "您自己"), "reader.operator": ("the operator, as a reader", "运营方（作为读者）"),
    "reader.yes": ("yes", "是"), "reader.no": ("no", "否"),
    "condition.within-grant": ("within their grant", "限授权范围"), "condition.after-embargo": ("after the embargo", "解禁之后"),
    "condition.named": ("by organisation", "按机构"), "condition.no-reading-role": ("has the database, no reading role", "持有数据库，但无阅读角色"),
    # --- sending ---
    "sent": ("In the log at index {index}. The receipt was verified and is kept: {path}", "已写入日志，序号 {index}。回执已核验并保存：{path}"),
    "sent.digest": ("Its digest, by which you amend, withdraw or ask: {digest}", "其摘要（用于修改、撤回或查询）：{digest}"),
    "sent.replayed": ("The hub had it already; the index is the same.", "中心先前已收到，序号不变。"),
    "withdrawn": ("Withdrawn at index {index}. The text is erased at the hub; tombstone and log leaves stay.", "已撤回，序号 {index}。中心已擦除文字；墓碑与日志叶保留。"),
    "amended": ("Amended at index {index}. Readers now see the new version.", "已修改，序号 {index}。读者现在看到新版本。"),
    "withdraw.ask": ("Withdraw {title!r} ({digest})? Its text is erased for good. Type yes", "撤回“{title}”（{digest}）？其文字将被永久擦除。输入 yes"),
    "withdraw.not": ("Nothing was withdrawn.", "未撤回任何内容。"),
    "outbox.empty": ("The outbox is empty.", "发件箱为空。"),
    "outbox.sent": ("{count} sent and verified.", "已发送并核验 {count} 项。"),
    "outbox.waits": ("waits", "等待发送"), "outbox.refused": ("refused", "被拒绝"),
    "outbox.hint": ("Send what waits: tocsin outbox --resend. Delete one: tocsin outbox --drop ID.", "发送等待项：tocsin outbox --resend。删除一项：tocsin outbox --drop ID。"),
    "outbox.dropped": ("{id} is deleted.", "已删除 {id}。"),
    # --- import ---
    "import.read": ("{count} records from {source}, {skipped} left out (not fit for a batch).", "来自 {source} 的 {count} 条记录，略去 {skipped} 条（不适合批量）。"),
    "import.each": ("Attributed to {org}, TLP:CLEAR: everybody will read them.", "以 {org} 的名义署名，TLP:CLEAR：所有人均可阅读。"),
    "import.statement": ("Your statement about all of them (20 characters or more; it is signed into each)", "您对全部记录的声明（至少 20 个字符；将签入每条记录）"),
    "import.approve": ("Batch {digest}: do you approve all {count}? Type yes", "批次 {digest}：是否批准全部 {count} 条？输入 yes"),
    "import.progress": ("sending", "发送中"),
    "import.done": ("{accepted} accepted and verified, {refused} refused.", "已接受并核验 {accepted} 条，拒绝 {refused} 条。"),
    "import.written": ("{count} drafts are in {path}.", "已在 {path} 写入 {count} 份草稿。"),
    "import.refused-file": ("What was refused, and why, is in {path}.", "被拒绝的记录及原因见 {path}。"),
    # --- reading ---
    "status.none": ("This profile has sent nothing yet.", "本配置尚未发送过任何记录。"),
    "search.none": ("No record that you may read fits.", "没有您可阅读的相符记录。"),
    "search.more": ("More: --after {after}", "更多：--after {after}"),
    "search.foot": ("{shown} of {total} records that you may read, as of log entry {as_of}.", "您可阅读的 {total} 条记录中的 {shown} 条，截至日志第 {as_of} 条。"),
    "show.withdrawn": ("{record_id}: withdrawn by its author ({reason}). Its text is gone from the hub.", "{record_id}：已由作者撤回（{reason}）。文字已从中心删除。"),
    "show.erased": ("{record_id}: erased by a moderation desk ({reason}). Its text is gone from the hub and does not come back.", "{record_id}：已被处置席位清除（{reason}）。文字已从中心删除，不可恢复。"),
    "show.hidden": ("{record_id}: hidden by a moderation desk ({reason}). Its text is kept and may be shown again; until then only its author reads it.", "{record_id}：已被处置席位隐藏（{reason}）。文字仍保留，可能恢复显示；在此之前只有作者可以阅读。"),
    "show.unknown-form": ("This record does not fit the schema that this client knows; it is shown as the hub sent it.", "该记录不符合本客户端已知的格式，按中心所发原样显示。"),
    "show.kind": ("Kind", "类型"), "show.summary": ("What happened", "经过"), "show.description": ("What to do", "做法"),
    "show.when": ("When", "时间"), "show.where": ("Where", "地点与行业"), "show.system": ("System", "系统"), "show.ai": ("Part of AI", "AI 的作用"),
    "show.tool": ("Tool", "工具"), "show.metrics": ("Measured", "测量值"), "show.severity": ("Severity", "严重程度"),
    "show.potential": ("potential {step}", "潜在 {step}"), "show.actual": ("actual    {step}", "实际 {step}"),
    "show.priority": ("Priority", "优先级"), "show.not-assessed": ("not assessed", "未评估"), "show.chain": ("Chain", "风险链"),
    "show.used": ("Mitigations used", "已用措施"), "show.strategy": ("Strategy", "策略"), "show.status": ("Status", "状态"),
    "show.stage": ("Stage", "生命周期阶段"), "show.applies": ("Applies to", "适用于"), "show.check": ("How to check", "核查方法"),
    "show.side-effects": ("Side effects", "副作用"), "show.bypass": ("Known bypass", "已知绕过方式"), "show.codes": ("Codes", "代码"),
    "show.readers": ("Who may read", "谁可阅读"), "show.embargo": (" (not before {until})", "（{until} 之前不公开）"),
    "show.source": ("Source", "来源"), "show.licence": ("Licence", "许可"), "show.references": ("References", "参考"),
    "show.approval": ("Batch approval", "批量批准"), "show.author": ("Author", "作者"), "show.nameless": ("author key {key}…", "作者密钥 {key}…"),
    "show.log": ("Log", "日志"), "show.entry": ("entry {index}, newest version {head}, {amends} amendment(s), accepted {at}", "第 {index} 条，最新版本第 {head} 条，修改 {amends} 次，接受于 {at}"),
    "show.digest": ("Digest", "摘要"), "show.demo": ("made for a demonstration", "演示用"),
    "taxonomy.schemes": ("Schemes; show one with: tocsin taxonomy SCHEME@EDITION", "分类体系；查看其一：tocsin taxonomy SCHEME@EDITION"),
    # --- own keys and tokens ---
    "keys.operational": ("member key", "成员密钥"), "keys.root": ("root key", "根密钥"),
    "keys.current": ("here, signs", "在本机，当前签名用"), "keys.here": ("here", "在本机"), "keys.elsewhere": ("not here", "不在本机"),
    "keys.revoked-at": ("revoked at index {index}", "已于序号 {index} 吊销"),
    "keys.authors": ("Besides them {count} author key(s) of nameless records are here; each is the only way to amend or withdraw its record.", "此外本机存有 {count} 个匿名记录的作者密钥；每个都是修改或撤回相应记录的唯一途径。"),
    "keys.added": ("The key {key} was added at index {index} and signs from now on.", "密钥 {key} 已于序号 {index} 加入，从现在起用它签名。"),
    "keys.still": ("The key before is still good. End it with: tocsin keys revoke {key}", "先前的密钥仍然有效。吊销它：tocsin keys revoke {key}"),
    "keys.is-current": ("This is the key that signs here. Add another first (tocsin keys add), or this profile can send nothing.", "这是本机当前签名用的密钥。请先加入新密钥（tocsin keys add），否则本配置无法发送任何内容。"),
    "keys.revoke-ask": ("Revoke {key} for good? All reading tokens end too. Type yes", "永久吊销 {key}？所有阅读令牌也随之失效。输入 yes"),
    "keys.not": ("Nothing was revoked.", "未吊销任何密钥。"),
    "keys.revoked": ("{key} is revoked at index {index}. What it signed before stays proven.", "{key} 已于序号 {index} 吊销。此前由其签署的内容仍可证明。"),
    "keys.root-moved": ("The root key is now in {path} and no longer here. Keep that medium offline; key changes and leaving need it (--root).", "根密钥现在 {path}，本机不再保存。请离线保管该介质；更换密钥和退出时需要它（--root）。"),
    "keys.root-plain": ("That file is not encrypted: whoever reads it can act for your organisation.", "该文件未加密：任何读到它的人都能代表贵机构行事。"),
    "keys.passphrase": ("Passphrase of the backup", "备份口令"),
    "keys.backed-up": ("{path} holds this profile, encrypted: {authors} author key(s), {receipts} receipt(s), {threads} record(s). No reading tokens.", "{path} 已加密保存本配置：作者密钥 {authors} 个，回执 {receipts} 份，记录 {threads} 条；不含阅读令牌。"),
    "keys.restored": ("{path} is made anew: {authors} author key(s), {receipts} receipt(s), {threads} record(s). Now: tocsin doctor", "已在 {path} 恢复：作者密钥 {authors} 个，回执 {receipts} 份，记录 {threads} 条。接着运行：tocsin doctor"),
    "keys.stolen": ("If the old machine may be in other hands: tocsin keys add, then tocsin keys revoke OLD --reason stolen. The old machine's other keys stay with whoever has it.", "若旧机器可能落入他人之手：先 tocsin keys add，再 tocsin keys revoke OLD --reason stolen。旧机器上的其他密钥仍在持有者手中。"),
    "keys.meaning": ("Author keys are the only way to amend or withdraw nameless records. Without them or this backup nobody can do it for you, not the hub's operator either.", "作者密钥是修改或撤回匿名记录的唯一途径。若密钥和备份都丢失，任何人（包括中心运营方）都无法代办。"),
    "leave.meaning": ("Leaving is for good: no new records, no way back under this id, and all reading tokens end. {count} record(s) of yours stay public until you withdraw them; you still can, with the keys of this profile.", "退出不可撤销：不能再提交新记录，不能以此标识重新加入，所有阅读令牌失效。您的 {count} 条记录会保留，直至您撤回；凭本配置中的密钥仍可撤回。"),
    "leave.ask": ("Type the id of your organisation to leave ({org})", "输入贵机构的标识以确认退出（{org}）"),
    "leave.not": ("Nothing was changed; you are still a member.", "未作任何更改；您仍是成员。"),
    "leave.done": ("You have left, at index {index} of the log.", "您已退出，日志序号 {index}。"),
    "tokens.login": ("(a login)", "（登录）"),
    "tokens.once": ("Token {id}, good until {until}. It reads what your organisation reads; it is shown this once and not kept here.", "令牌 {id}，有效期至 {until}。可阅读贵机构可读的内容；仅显示这一次，本机不保存。"),
    "tokens.revoked": ("Token {id} is revoked.", "令牌 {id} 已吊销。"),
    # --- the page ---
    "ui.opened": ("Your browser shows the page. It ends by itself when it is not used; Ctrl-C ends it now.", "页面已在浏览器中打开；长时间不用会自动结束，按 Ctrl-C 立即结束。"),
    "ui.open": ("Open this address in a browser on this machine. It works once. Ctrl-C ends the page.", "请在本机浏览器中打开此地址，仅一次有效。按 Ctrl-C 结束页面。"),
    "ui.ended": ("The page has ended. An unsent draft is kept in the profile.", "页面已结束。未发送的草稿保存在配置中。"),
    # --- general ---
    "terminal-needed": ("A person must decide this at a terminal.", "此事须由人在终端上决定。"),
    "error": ("error", "错误"), "hint": ("what to do", "处理办法"), "warning": ("note", "注意"),
    "bug": ("This is a bug of ours: {name}. Please report it with the command you typed, without your text.", "这是本程序的缺陷：{name}。请附上所用命令报告，不要附上您的文字。"),
    "retry.after": ("The hub asks to wait {seconds} s: not before {at}. What was to be sent is kept in the outbox.", "中心要求等待 {seconds} 秒：请于 {at} 之后再试。待发内容已保存在发件箱。"),
    "interrupted": ("Interrupted.", "已中断。"),
    "doctor.good": ("Everything a member needs is in place.", "成员所需的一切均已就绪。"),
    "doctor.bad": ("{count} thing(s) to fix, with the way to do it above.", "有 {count} 项需要修复，办法见上。"),
}
# fmt: on


def text(key: str, lang: str = "en", /, **values: object) -> str:
    """The message of `key` in `lang` (zh or en) with its values filled in."""
    en, zh = _CATALOGUE[key]
    return (zh if lang.startswith("zh") else en).format(**values)


# What goes wrong on the main journey, in Chinese; in English the error's own message stands.
# fmt: off
_ERRORS_ZH: dict[str, str] = {
    "already-sent": "本配置已发送过同一记录。",
    "approval-void": "这些字节已不是当初批准的内容，请重新预览并批准。",
    "backup-broken": "该文件不是配置备份。",
    "backup-locked": "备份无法打开：口令不对，或文件被改动。",
    "certificate-quota": "本周的化名证书已用完。",
    "clock-skew": "本机时钟与中心相差过大。",
    "consistency-missing": "中心不能证明其日志是先前日志的延续。",
    "detector-failed": "某个检测器出错，因此没有任何内容离开本机。",
    "dictionary-unreadable": "无法读取自有词典。",
    "fingerprint-mismatch": "该中心的根密钥指纹与您给出的不一致：这可能是另一个中心，或有人居中。",
    "hub-fault": "中心的答复不符合其接口约定。",
    "hub-timeout": "中心未在时限内答复；待发内容已保存在发件箱。",
    "hub-unreachable": "无法连接中心；待发内容已保存在发件箱。",
    "identifying-text": "文字中含有能识别个人或机构的内容。",
    "key-locked": "密钥无法打开，口令是否正确？",
    "log-forked": "中心出示的日志与先前所见的不是同一份。",
    "log-rolled-back": "中心出示的日志比之前更短。",
    "member-quota": "本机构的提交配额暂已用完。",
    "profile-exists": "该配置不是空的。",
    "root-elsewhere": "根密钥不在本配置中，请用 --root 指定其文件。",
    "rate-limited": "请求过于频繁。",
    "malformed-draft": "该文件不是草稿。请用 tocsin new 生成模板。",
    "malformed-record": "记录有字段缺失、多余或格式不符。",
    "no-policy": "没有可用于核验的信任策略。",
    "not-confirmed": "未确认指纹，因此没有固定任何信任。",
    "not-found": "对本读者而言不存在该内容。",
    "not-joined": "本配置尚未加入任何中心。",
    "not-mine": "本配置中没有此摘要的记录。",
    "other-hub": "本配置已加入另一个中心。",
    "own-dictionary": "命中您自己的词典，请改写草稿。",
    "passphrase-needed": "密钥已加密，需要口令。",
    "placeholder-left": "草稿中仍有模板文字，请改写为您自己的内容。",
    "plain-http": "明文 http 会泄露您的令牌。",
    "readable-by-others": "密钥文件或目录对其他用户开放。",
    "stale-prev": "该记录已有更新版本。",
    "undecided": "仍有片段未作决定。",
    "usage": "命令或参数有误。",
    "weak-passphrase": "口令太容易被猜到。",
    "wrong-root": "这不是贵机构注册时的根密钥。",
    "wrong-receipt": "该回执属于另一声明。",
}
# fmt: on


def of_error(code: str, message: str, lang: str) -> str:
    """What an error says in `lang`: a Chinese sentence where there is one, else its own message."""
    return _ERRORS_ZH.get(code, message) if lang.startswith("zh") else message


def keys() -> frozenset[str]:
    """All keys, for the test that holds both languages complete."""
    return frozenset(_CATALOGUE)
