"""A body as a person reads it before approving it: every field there is, in reading order, with its name; nothing left out.

What stands here is what the exact bytes say, laid out: labels and names of codes are added, and no value is left out, shortened
or turned into another. A field that has no label here is shown under its own key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin_client import tables
from tocsin_client.cli.voice import clean
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import schemes, vocab

# Reading order and labels (English, Chinese) of the top level; what is not here follows at the end.
# fmt: off
FIELDS: Mapping[str, tuple[str, str]] = {
    "record_type": ("Type", "类型"), "title": ("Title", "标题"), "summary": ("What happened", "经过"), "description": ("What to do", "做法"),
    "occurred": ("When", "发生时间"), "discovered": ("Found", "发现时间"), "dates": ("Dates", "其他日期"),
    "region": ("Region", "地区"), "sector": ("Sector", "行业"), "system_class": ("System", "系统类别"),
    "ai_contribution": ("Did AI contribute", "AI 是否起作用"), "ai_role": ("Part of AI", "AI 的作用"),
    "tool": ("Tool", "工具"), "metrics": ("Measured", "测量值"), "dataset_id": ("Data set", "数据集"),
    "strategy": ("Strategy", "策略"), "control_layer": ("Layer of control", "控制层"), "status": ("Status", "状态"),
    "risk_tags": ("Risks", "风险标签"), "addresses": ("Risks it addresses", "针对的风险"), "primary_category": ("Main category", "主类别"),
    "severity": ("Severity", "严重程度"), "likelihood": ("Likelihood", "可能性"), "confidence": ("Confidence", "置信度"),
    "acceptability": ("Acceptability", "可接受度"), "chain": ("Chain of risks", "风险链"), "harm": ("Harm", "损害"),
    "affected": ("Who is affected", "受影响者"), "loss_types": ("Kinds of loss", "损失类型"), "impact_scope": ("Reach", "影响范围"),
    "causes": ("Causes", "原因"), "security": ("Security", "安全细节"), "response": ("Response", "处置"),
    "statement": ("Statement", "表述"), "techniques_mitigated": ("Techniques it counters", "应对的技术"),
    "category_tags": ("Categories", "类别标签"), "cost_band": ("Cost", "成本区间"), "time_to_deploy_band": ("Time to deploy", "部署所需时间"),
    "side_effects": ("Side effects", "副作用"), "known_bypass": ("Known bypass", "已知绕过方式"), "playbook": ("Playbook", "操作手册"),
    "responds_to": ("Answers", "所回应的记录"),
    "mitigations_used": ("Mitigations used", "已用措施"), "lifecycle_stage": ("Stage of life", "生命周期阶段"),
    "discovery_method": ("How it was found", "发现方式"), "applicability": ("Applies to", "适用于"),
    "evidence_class": ("Evidence", "证据类别"), "evidence_digest": ("Digest of the evidence", "证据摘要"),
    "references": ("References", "参考"), "provenance": ("Source", "来源"), "links": ("Links", "关联"),
    "marking": ("Who may read", "谁可阅读"), "demo": ("Made for a demonstration", "演示用"),
}
# fmt: on


# Which closed list the values of a key are of: their names stand behind them.
LISTS: Mapping[str, str] = {
    "record_type": "record_types", "precision": "precision", "basis": "basis", "ai_contribution": "ai_contribution", "ai_role": "ai_role",
    "evidence_class": "evidence", "lifecycle_stage": "stages", "discovery_method": "discovery", "strategy": "strategy",
    "control_layer": "layer", "control_layer_failed": "layer", "status": "mitigation_status", "likelihood": "likelihood",
    "confidence": "confidence", "subject": "harm_subjects", "count_band": "count_bands", "money_band": "money_bands",
    "loss_types": "loss_types", "stakeholder_kinds": "stakeholder_kinds", "vulnerable_groups": "yes_no", "misuse": "yes_no",
    "entity": "causal_entity", "intent": "causal_intent", "timing": "causal_timing", "reversibility": "reversibility",
    "cost_band": "cost_bands", "time_to_deploy_band": "time_bands", "tlp": "tlp", "audience": "audience", "sector": "special", "region": "special",
}  # fmt: skip


def lines(body: Mapping[str, Any], lang: str, width: int) -> list[str]:
    """The body in lines of at most `width` columns (a word that is longer stands alone)."""
    zh = lang.startswith("zh")
    found: list[str] = []
    for key in [*(k for k in FIELDS if k in body), *(k for k in body if k not in FIELDS)]:
        found += _field(key, FIELDS[key][zh] if key in FIELDS else key, body[key], lang)
    return [piece for line in found for piece in _wrapped(line, width)]


def _field(key: str, label: str, value: Any, lang: str, depth: int = 0) -> Iterator[str]:
    indent, colon = "  " * depth, "：" if lang.startswith("zh") else ": "
    if _is_text(value):
        yield f"{indent}{label} [{value['language']}]{colon}{value['text']}"
    elif isinstance(value, Mapping) and value:
        yield f"{indent}{label}{colon}".rstrip()
        for name, part in value.items():
            yield from _field(name, name, part, lang, depth + 1)
    elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        yield f"{indent}{label}{colon}".rstrip()
        for part in value:
            yield f"{indent}  - {_short(part, lang)}"
    else:
        yield f"{indent}{label}{colon}{_short(value, lang, key)}"


def _short(value: Any, lang: str, key: str = "") -> str:
    """A value in one line: a tag by its code, a list by its parts, a map by its members."""
    if _is_text(value):
        return f"[{value['language']}] {value['text']}"
    if isinstance(value, Mapping):
        rest = dict(value)
        parts = []
        if {"scheme", "edition", "code"} <= rest.keys():
            code = f"{rest.pop('scheme')}@{rest.pop('edition')}:{rest.pop('code')}"
            parts.append(_scalar(code, lang))
        parts += [f"{name}: {_short(part, lang, name)}" for name, part in rest.items()]
        return "; ".join(parts)
    if isinstance(value, list):
        return ", ".join(_short(part, lang, key) for part in value) or "[]"
    return _scalar(value, lang, key)


def _scalar(value: Any, lang: str, key: str = "") -> str:
    """The value as JSON has it; behind a code, or a value of a list, its name where that says more."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    if key in LISTS and text in vocab.LISTS[LISTS[key]]:
        name = vocab.label(LISTS[key], text, lang)
        return text if name.casefold() == text.replace("-", " ") else f"{text} ({name})"
    if "@" not in text or ":" not in text or " " in text:
        return text
    try:
        return f"{text} ({schemes.label(schemes.parse(text), lang)})"
    except (taxonomy_errors.TaxonomyError, KeyError):
        return text


def _is_text(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {"text", "language"}


def _wrapped(line: str, width: int) -> list[str]:
    indent = len(line) - len(line.lstrip())
    return tables.wrapped(clean(line[indent:]), width, first=" " * indent, rest=" " * (indent + 4))
