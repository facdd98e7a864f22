"""What the page says, in English and Chinese: one table, so that neither language is forgotten.

What the gate says at a terminal too (readers, crowd, what the signed statement holds besides) comes from `messages`.
"""

from __future__ import annotations

# fmt: off
TABLE: dict[str, tuple[str, str]] = {
    # --- frame ---
    "brand": ("Tocsin, on this machine", "警钟（本机）"),
    "skip": ("Skip to the form", "跳到表单"),
    "other": ("中文", "English"),
    "steps": ("Steps", "步骤"),
    "local": ("This page is served by this machine to itself. Nothing leaves before you approve it in step 4.", "本页面由本机提供，仅供本机使用。在第 4 步批准之前，没有任何内容离开本机。"),
    "end": ("Close and end", "关闭并结束"),
    "ended": ("This page has ended", "页面已结束"),
    "ended.why": ("Nothing was lost: what you wrote is kept on this machine. Close this tab. To go on, start it again the way you did (tocsin ui).", "没有丢失任何内容：您所写的已保存在本机。请关闭此标签页；如需继续，请照原样重新启动（tocsin ui）。"),
    "spent": ("This address was used already", "此地址已被使用"),
    "spent.why": ("For your safety it works once, in one tab. Go back to that tab, or start it again (tocsin ui). If nobody here opened it, tell whoever looks after this machine.", "为安全起见，地址只能在一个标签页中使用一次。请回到那个标签页，或重新启动（tocsin ui）。若并非您本人打开，请告知负责本机的人员。"),
    "script": ("This page needs its own script; nothing of it comes from elsewhere.", "本页面需要运行其自带脚本；没有任何内容来自别处。"),
    "step.1": ("What happened", "发生了什么"), "step.2": ("Risks and severity", "风险与严重程度"),
    "step.3": ("What leaves", "哪些内容会离开"), "step.4": ("Approve and sign", "批准并签名"), "step.5": ("Receipt", "回执"),
    "yes": ("yes", "是"), "no": ("no", "否"),
    "back": ("Back", "上一步"), "next": ("Next", "下一步"), "working": ("Working…", "处理中……"),
    "choose": ("Choose…", "请选择……"), "optional": ("optional", "可选"),
    # --- the draft ---
    "draft": ("Draft file", "草稿文件"),
    "draft.why": ("What you write is kept on this machine after each step, until it is sent. You can also save it as a file, or go on with one.", "每一步之后，您所写的内容都会保存在本机，直到发送为止。也可以存为文件，或从文件继续。"),
    "draft.save": ("Save as a file", "存为文件"), "draft.load": ("Load a file (YAML or JSON)", "载入文件（YAML 或 JSON）"),
    "draft.new": ("Start anew", "重新开始"), "draft.new-ask": ("Delete what is written here and start anew?", "删除此处所写内容并重新开始？"),
    "draft.loaded": ("Loaded. Look through the steps.", "已载入。请逐步查看。"),
    "draft.large": ("A draft has at most 1 MB; this file is larger.", "草稿不超过 1 MB；该文件过大。"),
    "draft.beside": ("The draft also holds, and this form does not show: {names}. They are part of what you review in step 3.", "草稿中还有本表单未显示的内容：{names}。它们包含在第 3 步供您查看的内容中。"),
    "draft.other": ("This draft is a {kind}. This page has no form for it: change it in its file and load it again, or go on to the review.", "此草稿的类型是“{kind}”。本页面没有相应表单：请在文件中修改后重新载入，或直接继续查看。"),
    "mine": ("Records sent from this machine", "从本机发送的记录"),
    "mine.none": ("None yet.", "暂无。"),
    # --- step 1 ---
    "record_type": ("What kind of event", "事件的性质"),
    "record_type.why": ("A near miss teaches as much as an accident.", "未遂事件与事故同样有借鉴价值。"),
    "title": ("One line that says what happened", "用一句话说明发生了什么"),
    "title.why": ("At most 120 characters. No names of people, organisations or products.", "不超过 120 个字符。不写人名、机构名和产品名。"),
    "summary": ("What happened, and how", "经过：发生了什么、如何发生"),
    "summary.why": ("At most 600 characters: what others can learn from. Leave out who and where exactly.", "不超过 600 个字符：写他人可以借鉴的内容，不写是谁、具体在哪里。"),
    "language": ("Language of your text", "文字所用语言"),
    "when": ("When it happened", "发生时间"),
    "when.why": ("In a nameless report a month or a day becomes its quarter.", "化名报告中，月和日会改为所在季度。"),
    "year": ("Year", "年"), "part": ("More exactly", "更具体"), "part.whole": ("the year only", "仅年份"),
    "region": ("Where", "发生地区"),
    "region.why": ("In a nameless report a country becomes its sub-region.", "化名报告中，国家会改为所在次区域。"),
    "region.wide": ("Whole regions", "大区域"), "region.all": ("{name} (the whole sub-region)", "{name}（整个次区域）"),
    "sector": ("Sector", "行业"), "sector.why": ("Whose business it happened in. If few members share it, choose “Withheld”.", "事件发生在哪个行业。若该行业成员很少，请选“隐去”。"),
    "special": ("If it cannot be said", "无法说明时"),
    "system_class": ("Kind of AI system", "人工智能系统类别"), "system_class.why": ("The kind, never the product.", "写类别，不写产品。"),
    "ai_contribution": ("Did AI contribute?", "人工智能是否促成？"), "ai_role": ("The part AI played", "人工智能所起的作用"),
    "evidence_class": ("How you know", "如何得知"),
    "reference": ("Where it was published", "公开来源网址"), "reference.why": ("Needed for a public source: its web address. It leaves with the report.", "公开来源须填写网址；它会随报告一同发出。"),
    # --- step 2 ---
    "risk_tags": ("Which risks", "涉及哪些风险"),
    "risk_tags.why": ("Choose what fits best, one or several. The first layer is what can go wrong inside AI, the second what it does to people and society.", "选择最相符的一项或多项。第一层是人工智能自身的问题，第二层是对个人与社会的影响。"),
    "risk_tags.search": ("Search in either language", "用中文或英文搜索"), "risk_tags.chosen": ("{count} chosen", "已选 {count} 项"),
    "risk_tags.none": ("No risk fits these words.", "没有相符的风险。"), "risk_tags.whole": ("{name}, in general", "{name}（笼统）"),
    "primary_category": ("Counted in", "计入哪一类"), "primary_category.why": ("Your codes lie in several categories; statistics count the record in one.", "所选代码属于多个类别；统计时只计入其中一类。"),
    "severity": ("How severe", "严重程度"), "severity.why": ("What did happen, and the worst that could well have happened. The second is never below the first.", "实际后果，以及可能出现的最坏后果；后者不低于前者。"),
    "severity.examples": ("Examples of harm to", "举例：损害对象"),
    "actual": ("Happened", "实际"), "potential": ("Could have", "可能"), "severity.step": ("Step, with an example", "等级与示例"),
    "severity.none": ("Not assessed", "未评估"),
    # --- step 3 ---
    "review.why": ("Left is your text with every place that may identify somebody; beside it you decide. Below are the exact bytes that you would sign.", "左侧是您的文字，标出了可能识别出个人或机构之处；旁边逐一决定。下方是将要签名的字节，一字不差。"),
    "text": ("Your text", "您的文字"), "decide": ("To decide", "待决定"),
    "decide.none": ("Nothing was found that must be decided. No program finds a story that gives you away: read it once as a stranger, once as a colleague.", "没有发现需要决定之处。任何程序都识别不了会暴露您的情节：请以陌生人的眼光读一遍，再以同事的眼光读一遍。"),
    "decide.left": ("{count} to decide", "还有 {count} 处待决定"), "decide.done": ("All decided", "均已决定"),
    "decide.replace": ("Replace by {proposal}", "替换为 {proposal}"), "decide.drop": ("Leave out", "删去"), "decide.keep": ("Keep", "保留"),
    "decide.reason": ("Why may it stay? (kept on this machine only)", "为何可以保留？（仅保存在本机）"),
    "decide.rule": ("The hub refuses it, so it cannot be kept.", "中心会拒收，因此不能保留。"),
    "decide.blocked": ("A word of your own dictionary. It never leaves: go back and rewrite this place.", "命中您自己的词典，绝不外发：请返回改写此处。"),
    "coarsened": ("Made coarser", "已自动粗化"), "coarsened.none": ("Nothing was made coarser.", "没有内容需要粗化。"),
    "readers": ("Who will be able to read it", "谁可以阅读"), "reader": ("Reader", "读者"), "may": ("May read", "可否阅读"),
    "may.regulators": ("Regulators may read it, within their grant", "允许监管机构在其授权范围内阅读"),
    "may.public": ("Everybody may read it (TLP:CLEAR)", "允许所有人阅读（TLP:CLEAR）"),
    "unusual": ("How unusual it is", "有多特殊"),
    "unusual.named": ("A named report says who wrote it.", "署名报告本身即表明作者。"),
    "bytes": ("The exact bytes", "确切字节"), "bytes.count": ("{count} bytes, SHA-256", "{count} 字节，SHA-256"),
    "bytes.same": ("computed again by this page: the same", "本页面已重新计算：一致"), "bytes.differ": ("computed again by this page: NOT the same. Do not sign.", "本页面已重新计算：不一致，请勿签名。"),
    "codes": ("Facts and codes that leave as well", "一同发出的要素与代码"),
    # --- step 4 ---
    "mode": ("How to sign", "签名方式"), "mode.hides": ("Hides", "隐藏"), "mode.hides-not": ("Does not hide", "不隐藏"),
    "mode.pseudonymous": ("Without your name (pseudonymous)", "不署名（化名）"), "mode.attributed": ("With your organisation’s id (attributed)", "以机构标识署名"),
    "mode.pseudonymous.1": ("your organisation, from readers, members, regulators, other hubs and a thief of a backup", "您的机构（对读者、成员、监管机构、其他中心和备份窃取者）"),
    "mode.pseudonymous.2": ("the time to the second, the country, the day of the event", "精确到秒的时间、国家、事件的日期"),
    "mode.pseudonymous.-1": ("your organisation, from the operator of the hub or whoever can compel it", "您的机构（对中心运营方，或能强制运营方者）"),
    "mode.pseudonymous.-2": ("the day you send it, its order in the log, and what the story itself gives away", "发送日期、在日志中的次序，以及情节本身透露的内容"),
    "mode.attributed.1": ("your organisation’s name, unless you published it in the directory", "机构名称（除非您已在名录中公开）"),
    "mode.attributed.-1": ("your organisation’s id {org}: all your named records can be linked", "机构标识 {org}：您的所有署名记录可相互关联"),
    "mode.attributed.-2": ("the exact time of signing, and exact dates and places as you wrote them", "签名的确切时间，以及您所写的确切日期和地点"),
    "mode.fixed": ("A new version keeps the way in which the record was first signed.", "新版本沿用记录最初的签名方式。"),
    "mode.changed": ("In this mode other bytes would leave. Look at them again before you sign.", "在这种方式下发出的字节有所不同，请重新查看后再签名。"),
    "by": ("Your name or role", "您的姓名或角色"), "by.why": ("Says who approved it; kept on this machine only, it does not leave.", "记录由谁批准；仅保存在本机，不会发出。"),
    "passphrase": ("Passphrase of the keys", "密钥口令"), "passphrase.why": ("Asked once; kept in memory until this page ends, written nowhere.", "只问一次；保存在内存中直至页面结束，不写入任何地方。"),
    "passphrase.wrong": ("The keys did not open. Type the passphrase again.", "密钥未能打开，请重新输入口令。"),
    "agreed": ("I have read exactly these bytes and approve them", "我已阅读这些字节，批准原样发出"),
    "sign": ("Approve, sign and send", "批准、签名并发送"),
    "again": ("This record was sent before. Send it once more, as another record", "此前已发送过同一记录。作为另一条记录再次发送"),
    "amending": ("You are writing a new version of: {title}", "您正在撰写新版本：{title}"),
    # --- step 5 ---
    "receipt.ok": ("Signed, sent, and the receipt is verified", "已签名、已发送，回执核验通过"),
    "receipt.amend": ("The new version is in the log, and the receipt is verified", "新版本已写入日志，回执核验通过"),
    "receipt.withdraw": ("Withdrawn: the hub erases the text; the receipt is verified", "已撤回：中心将擦除文字，回执核验通过"),
    "receipt.wait": ("Not sent yet", "尚未发送"), "receipt.wait.why": ("The hub did not take it just now. What you approved is kept in the outbox on this machine and can be sent again; it is counted once.", "中心暂未接收。您批准的内容保存在本机发件箱，可以再次发送，只会计一次。"),
    "receipt.resend": ("Send now", "立即发送"),
    "receipt.index": ("Place in the log", "日志序号"), "receipt.index.of": ("{index} (the log had {size} entries)", "{index}（当时日志共 {size} 条）"),
    "receipt.origin": ("Hub", "中心"), "receipt.mode": ("Signed", "签名方式"), "receipt.digest": ("Digest", "摘要"), "receipt.path": ("Kept at", "保存位置"),
    "receipt.save": ("Save the receipt", "保存回执"), "receipt.says": ("What the receipt proves, and what not", "回执证明什么、不证明什么"),
    "receipt.next": ("Afterwards", "之后"), "receipt.next.why": ("The key of this record lies in your profile on this machine. It is the only way to change or withdraw the record: have the profile backed up.", "本记录的密钥保存在本机配置中，是修改或撤回该记录的唯一途径：请务必备份配置。"),
    "receipt.change": ("Write a new version", "撰写新版本"), "receipt.another": ("Report another event", "报告另一事件"),
    "withdraw": ("Withdraw", "撤回"), "withdraw.why": ("The hub erases the text for good; a tombstone and the log’s entries stay.", "中心将永久擦除文字；墓碑与日志条目保留。"),
    "withdraw.reason": ("Reason", "理由"), "withdraw.sure": ("Withdraw for good", "永久撤回"), "withdraw.not": ("Do not withdraw", "不撤回"),
    "state.accepted": ("in the log", "已写入日志"), "state.sent": ("waits in the outbox", "在发件箱中等待"), "state.refused": ("refused by the hub", "被中心拒绝"), "state.withdrawn": ("withdrawn", "已撤回"),
    # --- errors ---
    "errors": ("There is a problem", "存在问题"), "errors.hint": ("What to do", "处理办法"),
    "problem.missing": ("Choose or fill in: {field}", "请选择或填写：{field}"),
    "problem.file": ("The draft is not valid here: {field}", "草稿此处无效：{field}"),
    "problem.text-too-long": ("Too long: {field}", "过长：{field}"), "problem.date-precision": ("No such date: {field}", "日期无效：{field}"),
    "problem.severity-order": ("The worst outcome that could have happened is not below what happened", "可能的最坏后果不得低于实际后果"),
    "problem.tag-required": ("Choose at least one risk", "请至少选择一项风险"),
    "problem.primary": ("Choose the category it is counted in", "请选择计入统计的类别"),
    "problem.reference-required": ("A public source needs its web address", "公开来源须填写网址"),
    "problem.reference": ("Not a web address (https://…)", "不是有效网址（https://…）"),
    "problem.undecided": ("Decide on each marked place: {count} left", "请对每处标记作出决定：还剩 {count} 处"),
    "problem.by": ("Give your name or role", "请填写您的姓名或角色"), "problem.agreed": ("Tick that you have read and approve the bytes", "请勾选：已阅读并批准这些字节"),
    "problem.passphrase": ("Type the passphrase of the keys", "请输入密钥口令"),
    # --- paths and classes ---
    "path.title.text": ("Title", "标题"), "path.summary.text": ("Summary", "经过"), "path.region": ("Region", "地区"), "path.occurred": ("Date", "日期"), "path.discovered": ("Date found", "发现日期"),
    "path.severity.actual": ("Severity: happened", "严重程度：实际"), "path.severity.potential": ("Severity: could have", "严重程度：可能"), "path.marking.tlp": ("Marking (TLP)", "标记（TLP）"),
    "path.record_type": ("Kind of event", "事件的性质"), "path.sector": ("Sector", "行业"), "path.system_class": ("Kind of AI system", "系统类别"), "path.ai_contribution": ("Did AI contribute?", "人工智能是否促成"),
    "path.ai_role": ("The part AI played", "人工智能所起的作用"), "path.evidence_class": ("How you know", "如何得知"), "path.primary_category": ("Counted in", "计入类别"), "path.risk_tags": ("Risk", "风险"),
    "path.title.language": ("Language of the title", "标题语言"), "path.summary.language": ("Language of the summary", "经过语言"), "path.occurred.value": ("Date", "日期"), "path.occurred.precision": ("Precision of the date", "日期精度"),
    "path.occurred.basis": ("What the date is", "日期含义"), "path.marking.audience": ("May read", "可阅读者"),
    "class.own-dictionary": ("own dictionary", "自有词典"), "class.url": ("web address", "网址"), "class.host": ("host name", "主机名"), "class.phone": ("telephone number", "电话号码"),
    "class.number": ("long number", "长数字"), "class.secret": ("secret", "密钥或口令"), "class.path": ("file path", "文件路径"), "class.ip-address": ("IP address", "IP 地址"),
    "class.mac-address": ("MAC address", "MAC 地址"), "class.handle": ("user name", "用户名"), "class.e-mail": ("mail address", "电子邮箱"), "class.national-id": ("identity number", "身份证件号"),
    "class.organisation-id": ("organisation number", "机构代码"), "class.card": ("card number", "银行卡号"), "class.iban": ("bank account", "银行账号"), "class.private-key": ("private key", "私钥"),
    "class.token": ("access token", "访问令牌"), "class.bidi": ("direction mark", "双向控制符"), "class.invisible": ("invisible character", "不可见字符"), "class.control": ("control character", "控制字符"),
}
# fmt: on


def say(key: str, lang: str, /, **values: object) -> str:
    """The words of `key` in `lang` (zh or en), with its values filled in; KeyError for a key that is not there."""
    en, zh = TABLE[key]
    return (zh if lang == "zh" else en).format(**values)


def named(kind: str, value: str, lang: str) -> str:
    """The words of `kind.value`, or `value` itself where there are none (a path deep in a body)."""
    key = f"{kind}.{value}"
    return say(key, lang) if key in TABLE else value


def all_in(lang: str) -> dict[str, str]:
    """Every entry in one language, for the page's script, which fills in {values} itself."""
    return {key: pair[1 if lang == "zh" else 0] for key, pair in TABLE.items()}
