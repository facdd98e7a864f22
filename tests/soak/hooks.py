"""Loaded by schemathesis itself (SCHEMATHESIS_HOOKS): what a fault is, and how our GraphQL scalars look.

Its own check calls every GraphQL error a server error; ours refuses with codes, and only `internal` is a fault.
"""

from __future__ import annotations

import base64

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

text = st.text(max_size=40)


@schemathesis.check
def no_fault(ctx: object, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """No 5xx but `busy`, no GraphQL error without one of our codes, none that is `internal`."""
    assert response.status_code < 500 or b'"busy"' in response.content, f"status {response.status_code}"
    if case.path.endswith("/graphql") and response.headers.get("content-type", [""])[0].startswith("application/json"):
        codes = {error.get("extensions", {}).get("code") for error in response.json().get("errors") or []}
        assert not codes & {None, "internal"}, f"a fault behind {sorted(map(str, codes))}"


schemathesis.graphql.scalar(
    "Base64", st.binary(max_size=200).map(lambda raw: nodes.String(base64.b64encode(raw).decode()))
)
