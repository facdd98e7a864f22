"""The fixed GraphQL documents of the client: variables carry all that varies, so the hub parses each once."""

from __future__ import annotations

SEARCH = """\
query Search($first: Int!, $after: String, $filter: RecordFilter) {
  records(first: $first, after: $after, filter: $filter) {
    asOf
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      kind recordId digest thread state mode tlp org demo acceptedAt evidenceClass
      title { text language }
      tags { value assignedBy }
      ... on Reported {
        occurred { value precision }
        primaryCategory { value }
        sector { value }
        region { value }
        systemClass { value }
        severity { actual potential }
        priority
      }
      ... on Incident { recordType }
      ... on Mitigation { strategy controlLayer status }
    }
  }
}
"""

SHOW = """\
query Show($recordId: String!) {
  record(recordId: $recordId) {
    __typename
    ... on Record {
      recordId kind state digest thread mode tlp authorKey org demo acceptedAt logIndex headIndex amends asOf body
      versions(first: 20) { kind digest logIndex acceptedAt }
    }
    ... on Tombstone { recordId kind state reason acceptedAt logIndex headIndex asOf }
  }
}
"""

TRENDS = """\
query Trends($by: [TrendDimension!]!, $filter: TrendFilter, $lang: Lang!) {
  trends(by: $by, filter: $filter) {
    asOf total authorKeys truncated
    cells { keys { value label(lang: $lang) } count authorKeys }
    coverage { dimension records }
    notes { code text(lang: $lang) }
  }
}
"""

ALL = {"Search": SEARCH, "Show": SHOW, "Trends": TRENDS}
