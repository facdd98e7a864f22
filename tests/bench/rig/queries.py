"""The GraphQL questions that benches ask, as a client would."""

from __future__ import annotations

LIST_100 = """{ incidents(first: 100) { asOf pageInfo { hasNextPage endCursor } nodes {
  recordId kind state digest thread mode tlp authorKey org evidenceClass demo acceptedAt logIndex headIndex amends
  recordType aiRole priority title { text language } summary { text language }
  tags { scheme edition code } } } }"""
LIST_100_LABELS = LIST_100.replace("edition code }", "edition code label }")
PROGRESS = "{ hub { logSize asOf } }"
TRENDS = "{ trends(by: [CATEGORY, QUARTER]) { asOf total cells { keys { value } count authorKeys } } }"
SEARCH = '{ records(first: 20, filter: {text: "%s"}) { totalCount nodes { recordId title { text } } } }'
