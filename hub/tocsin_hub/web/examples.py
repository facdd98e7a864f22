"""The worked examples of the API page: a question, its GraphQL document with variables, and the same in the SDK.

A test runs every document against a hub and compiles every piece of SDK code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

FIN = "isic@4:K"
MODEL = "caict-2024@2024-12:endogenous.model"
LEAK = "caict-2024@2024-12:endogenous.data.sensitive-leak"


@dataclass(frozen=True, slots=True)
class Example:
    """One question. `sdk` is what follows `with Hub(url) as hub:`."""

    key: str
    title: dict[str, str]
    query: str
    sdk: str
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def variables_text(self) -> str:
        return json.dumps(self.variables, ensure_ascii=False, indent=2)

    def code(self, url: str) -> str:
        """The whole program."""
        body = "\n".join(f"    {line}" if line else "" for line in self.sdk.splitlines())
        return f'from tocsin_client import Hub\n\nwith Hub("{url}") as hub:\n{body}\n'


_LIST = """query Newest($first: Int!, $filter: RecordFilter) {
  incidents(first: $first, filter: $filter) {
    totalCount
    asOf
    nodes { recordId title { text language } sector { label } occurred { value precision } }
    pageInfo { hasNextPage endCursor }
  }
}"""
_PRINT = "for record in page:\n    print(record['recordId'], record['title']['text'])"

EXAMPLES = (
    Example(
        "newest",
        {"en": "The newest incidents", "zh": "最新的事件"},
        _LIST,
        f"page = hub.search(kinds=['incident'], first=10)\n{_PRINT}",
        {"first": 10},
    ),
    Example(
        "sector",
        {"en": "Incidents in finance since 2024", "zh": "2024 年以来金融业的事件"},
        _LIST,
        f"page = hub.search(kinds=['incident'], sectors=['{FIN}'], years=[2024, 2025, 2026])\n{_PRINT}",
        {"first": 10, "filter": {"sectors": [FIN], "years": [2024, 2025, 2026]}},
    ),
    Example(
        "text",
        {"en": "Full-text search, in either language", "zh": "全文检索（中英文均可）"},
        _LIST,
        f"page = hub.search(kinds=['incident'], text='deepfake')\n{_PRINT}",
        {"first": 10, "filter": {"text": "deepfake"}},
    ),
    Example(
        "category",
        {"en": "Incidents of one category and all that lies below it", "zh": "某一类别及其下级的事件"},
        _LIST,
        f"page = hub.search(kinds=['incident'], tags=['{MODEL}'])\n{_PRINT}",
        {"first": 10, "filter": {"tags": [MODEL]}},
    ),
    Example(
        "severe",
        {"en": "Severe near misses", "zh": "严重的未遂事件"},
        _LIST,
        f"page = hub.search(kinds=['incident'], record_types=['near-miss'], severity_min=4)\n{_PRINT}",
        {"first": 10, "filter": {"recordTypes": ["near-miss"], "severityMin": 4}},
    ),
    Example(
        "responses",
        {"en": "Responses that address a risk", "zh": "针对某一风险的应对措施"},
        """query Responses($tag: String!) {
  mitigations(first: 10, filter: {tags: [$tag]}) {
    nodes { recordId title { text } strategy controlLayer status tags { label } }
  }
}""",
        f"page = hub.search(kinds=['mitigation'], tags=['{LEAK}'])\n{_PRINT}",
        {"tag": LEAK},
    ),
    Example(
        "by-category",
        {"en": "How many incidents per category", "zh": "各类别的事件数"},
        """query {
  trends(by: [CATEGORY]) {
    total
    authorKeys
    asOf
    cells { count authorKeys keys { value label } }
    notes { text }
  }
}""",
        "table = hub.trends(by=['category'])\nfor row in table:\n    print(row.keys, row.count)",
    ),
    Example(
        "by-category-zh",
        {"en": "The same, named in Chinese", "zh": "同上，以中文显示"},
        """query {
  trends(by: [CATEGORY]) {
    cells { count keys { label(lang: ZH) } }
  }
}""",
        "table = hub.trends(by=['category'])\nprint(table.labels)",
    ),
    Example(
        "quarters",
        {"en": "One category by quarter", "zh": "某一类别按季度统计"},
        """query Quarters($tags: [String!]) {
  trends(by: [QUARTER], filter: {tags: $tags}) {
    cells { count keys { value } }
  }
}""",
        f"table = hub.trends(by=['quarter'], tags=['{MODEL}'])\nfor row in table:\n    print(row.keys[0], row.count)",
        {"tags": [MODEL]},
    ),
    Example(
        "cross",
        {"en": "Category by sector", "zh": "类别与行业交叉表"},
        """query {
  trends(by: [CATEGORY, SECTOR]) {
    coverage { dimension records }
    cells { count keys { label } }
  }
}""",
        "table = hub.trends(by=['category', 'sector'])\nprint(table)",
    ),
    Example(
        "record",
        {"en": "One record with its proof material", "zh": "单条记录及其证明材料"},
        """query One($id: String!) {
  record(recordId: $id) {
    ... on Incident {
      recordId digest logIndex headIndex tlp authorKey
      title { text } summary { text language }
      chain { from { label } to { label } }
      provenance { source licence attribution }
      versions(first: 10) { logIndex digest kind acceptedAt }
    }
    ... on Tombstone { recordId state reason }
  }
}""",
        "record = hub.show('TOC-I-2026-000001')\nprint(record)",
        {"id": "TOC-I-2026-000001"},
    ),
    Example(
        "pages",
        {"en": "All records, page by page", "zh": "逐页读取全部记录"},
        """query Pages($after: String) {
  records(first: 100, after: $after) {
    nodes { __typename recordId }
    pageInfo { hasNextPage endCursor }
  }
}""",
        "after = None\nwhile True:\n    page = hub.search(first=100, after=after)\n    print(len(page))\n    after = page.after\n"
        "    if after is None:\n        break",
    ),
    Example(
        "schemes",
        {"en": "Every scheme and edition", "zh": "全部分类体系与版本"},
        """query {
  schemes { scheme edition use label licence }
}""",
        "for scheme in hub.taxonomy():\n    print(scheme)",
    ),
    Example(
        "codes",
        {"en": "The codes of the base scheme, in Chinese and English", "zh": "基础分类的代码（中英对照）"},
        """query {
  codes(scheme: "caict-2024", edition: "2024-12") {
    value parent en: label zh: label(lang: ZH)
  }
}""",
        "from tocsin_taxonomy import schemes\nscheme = schemes.load('caict-2024', '2024-12')\n"
        "for entry in scheme.codes.values():\n    print(entry.code, entry.labels['zh'], entry.labels['en'])",
    ),
    Example(
        "hub",
        {"en": "What this hub is, and how far its log has come", "zh": "本中心的身份与日志进度"},
        """query {
  hub { origin prefix version logSize asOf }
  me { __typename }
}""",
        "print(hub.refresh_policy())",
    ),
    Example(
        "directory",
        {"en": "The enrolled organisations", "zh": "已登记的机构"},
        """query {
  directory(first: 20) {
    nodes { __typename }
    pageInfo { hasNextPage }
  }
}""",
        "for member in hub.directory():\n    print(member['org'], member['kind'])",
    ),
)
