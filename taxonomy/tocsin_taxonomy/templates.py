"""Drafts to begin with: commented YAML, filled with an example that passes, in English or Chinese.

The words of the example say that they are to be replaced; the comments list what each field may hold.
"""

from __future__ import annotations

from tocsin_taxonomy import vocab

PLACEHOLDER = "REPLACE"

_TAG = """  - scheme: caict-2024
    edition: "2024-12"
    code: {code}
    confidence: known
    assigned_by: reporter
"""
_SEVERITY = """severity:
  scheme: tocsin-sev
  edition: "1"
  actual: {actual}
  potential: 3
"""
# (yaml, English comment, Chinese comment, list whose values the comment shows); {title} and {text} are replaced.
_Row = tuple[str, str, str, str | None]
_TITLE: _Row = (
    "title:\n  text: {title}\n  language: {lang}\n",
    "At most 120 characters; no names.",
    "不超过 120 个字符；不写名称。",
    None,
)
_SUMMARY: _Row = (
    "summary:\n  text: {text}\n  language: {lang}\n",
    "What happened and how, at most 600 characters.",
    "发生了什么、如何发生，不超过 600 个字符。",
    None,
)
_SYSTEM: _Row = (
    "system_class: tocsin-system-class@2026-11:llm-assistant\n",
    "Kind of system, never the product; list: tocsin taxonomy tocsin-system-class",
    "系统类别，不写产品名；列表：tocsin taxonomy tocsin-system-class",
    None,
)
_CATEGORY: _Row = (
    "primary_category: caict-2024@2024-12:{category}\n",
    "The one of the seven categories it is counted in; a tag must lie in it.",
    "计入统计的类别（七类之一），须有标签属于该类。",
    None,
)
_MARKING: _Row = (
    "marking:\n  tlp: amber\n  audience: [members, industry-bodies, regulators]\n",
    "Who may read it (optional; amber if absent).",
    "谁可以阅读（可选；缺省为 amber）。",
    "tlp",
)
_REGION: _Row = (
    "region: un-m49@2024:030\n",
    "UN M49 sub-region or coarser (a country only when attributed), or unknown.",
    "联合国 M49 次区域或更粗（署名时才可写国家），或 unknown。",
    None,
)
_SECTOR: _Row = (
    "sector: isic@4:K\n",
    "ISIC section A to U, or multiple, unknown, withheld.",
    "国际标准行业分类门类 A 至 U，或 multiple、unknown、withheld。",
    None,
)


def _tags(name: str, code: str) -> _Row:
    return (
        f"{name}:\n" + _TAG.format(code=code),
        "Risks; at least one code of caict-2024; list: tocsin taxonomy caict-2024",
        "风险；至少一个 caict-2024 代码；列表：tocsin taxonomy caict-2024",
        None,
    )


_ROWS: dict[str, tuple[_Row, ...]] = {
    "incident": (
        ("record_type: near-miss\n", "What kind of event.", "事件的性质。", "record_types"),
        _TITLE,
        _SUMMARY,
        (
            'occurred:\n  value: "2026-Q3"\n  precision: quarter\n  basis: occurred\n',
            "When: year or quarter in a nameless mode; month or day only when attributed.",
            "时间：匿名模式只写年或季度；署名时才可写月或日。",
            "basis",
        ),
        (
            'ai_contribution: "yes"\n',
            "Did AI contribute? Keep the quotes.",
            "人工智能是否促成？保留引号。",
            "ai_contribution",
        ),
        ("ai_role: contributing\n", "The part AI played.", "人工智能所起的作用。", "ai_role"),
        _SYSTEM,
        _SECTOR,
        _REGION,
        _tags("risk_tags", "endogenous.model.adversarial-attack"),
        _CATEGORY,
        (
            _SEVERITY.format(actual=0),
            "0 to 5 or null: what happened, and the worst likely outcome (not below it).",
            "0 至 5 或 null：实际后果，以及可能的最坏后果（不低于前者）。",
            None,
        ),
        ("evidence_class: first-hand\n", "How you know.", "如何得知。", "evidence"),
        ("discovery_method: red-team\n", "Optional: how it was found.", "可选：如何发现。", "discovery"),
        ("lifecycle_stage: operation\n", "Optional: at which stage.", "可选：所处阶段。", "stages"),
        _MARKING,
    ),
    "finding": (
        _TITLE,
        _SUMMARY,
        ('discovered:\n  value: "2026-Q3"\n  precision: quarter\n', "When it was found.", "发现时间。", None),
        ("discovery_method: evaluation\n", "How it was found.", "如何发现。", "discovery"),
        ('tool:\n  name: {tool}\n  version: "1.0"\n', "What measured it.", "测量工具。", None),
        _SYSTEM,
        _tags("risk_tags", "endogenous.model.adversarial-attack"),
        _CATEGORY,
        (
            "metrics:\n  - name: attack-success-rate\n    value: 0.31\n    n: 120\n    unit: share\n    better: lower\n",
            "What was measured ([] if nothing was).",
            "测得的指标（没有则写 []）。",
            "better",
        ),
        (
            _SEVERITY.format(actual="null"),
            "Potential severity 0 to 5 or null; actual stays null.",
            "潜在严重程度 0 至 5 或 null；actual 保持 null。",
            None,
        ),
        _MARKING,
    ),
    "mitigation": (
        _TITLE,
        (
            "description:\n  text: {text}\n  language: {lang}\n",
            "What to do, so that a stranger can do it; at most 1,200 characters.",
            "做什么，写到他人可以照做；不超过 1200 个字符。",
            None,
        ),
        ("strategy: mitigate\n", "What it does with the risk.", "对风险采取的策略。", "strategy"),
        ("control_layer: application\n", "Where it acts.", "作用层面。", "layer"),
        ("lifecycle_stage: [deployment, operation]\n", "At which stages.", "适用阶段。", "stages"),
        _tags("addresses", "endogenous.model.adversarial-attack"),
        (
            "applicability:\n  system_classes: [tocsin-system-class@2026-11:rag-application]\n  sectors: []\n  preconditions: []\n",
            "Where it may be used; [] = anywhere.",
            "适用范围；[] 表示不限。",
            None,
        ),
        ("status: in-use\n", "How far it is.", "状态。", "mitigation_status"),
        ("evidence_class: first-hand\n", "How you know.", "如何得知。", "evidence"),
        ("cost_band: S\n", "Optional: effort.", "可选：成本。", "cost_bands"),
        _MARKING,
    ),
}
_WORDS = {
    "en": {
        "title": f"{PLACEHOLDER} with one line that says what happened or what to do",
        "text": f"{PLACEHOLDER} with what others can learn from; leave out who, where exactly and which product.",
        "tool": f"{PLACEHOLDER} with the name of the tool",
        "head": "Draft of a record: {kind}. Fill it in; lines after # are help and are not sent.",
        "allowed": "Allowed",
    },
    "zh": {
        "title": f"{PLACEHOLDER}：一句话说明发生了什么或应当怎么做",
        "text": f"{PLACEHOLDER}：写他人可以借鉴的内容；不写是谁、具体地点和产品。",
        "tool": f"{PLACEHOLDER}：工具名称",
        "head": "记录草稿：{kind}。请填写；# 之后的文字是说明，不会发送。",
        "allowed": "可选值",
    },
}


def template(kind: str, lang: str = "en") -> str:
    """A commented YAML draft of one kind (incident, finding, mitigation) that passes as it stands; KeyError otherwise."""
    tongue = "zh" if lang.startswith("zh") else "en"
    words = _WORDS[tongue]
    lines = ["# " + words["head"].format(kind=vocab.label("kinds", kind, tongue)), ""]
    category = "endogenous.model"
    for yaml_text, english, chinese, list_name in _ROWS[kind]:
        lines.append("# " + (chinese if tongue == "zh" else english))
        if list_name is not None:
            values = ", ".join(f"{value} ({name})" for value, name in vocab.labels(list_name, tongue).items())
            lines.append(f"# {words['allowed']}: {values}")
        filled = yaml_text.replace("{title}", _quoted(words["title"])).replace("{text}", _quoted(words["text"]))
        filled = (
            filled.replace("{tool}", _quoted(words["tool"])).replace("{lang}", tongue).replace("{category}", category)
        )
        lines.append(filled)
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text + '"'
