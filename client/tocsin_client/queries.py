"""The fixed GraphQL documents of the client: variables carry all that varies, so the hub parses each once."""

from __future__ import annotations

SEARCH = """\
query Search($first: Int!, $after: String, $filter: RecordFilter) {
  records(first: $first, after: $after, filter: $filter) {
    asOf
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      __typename recordId digest kind state title { text language } recordType primaryCategory { scheme edition code }
      sector region systemClass occurred { value precision } severity { actual potential } evidenceClass mode tlp
    }
  }
}
"""

SHOW = """\
query Show($recordId: String!) {
  record(recordId: $recordId) { __typename }
}
"""

TRENDS = """\
query Trends($by: [TrendDimension!]!, $filter: TrendFilter) {
  trends(by: $by, filter: $filter) { asOf }
}
"""

ALL = {"Search": SEARCH, "Show": SHOW, "Trends": TRENDS}
