"""The API explorer: a query box, variables, worked examples, and the answer of this hub's own /graphql. Ours from end to end.

The explorers that come with GraphQL libraries load their programs from other hosts; this page loads nothing from anywhere.
"""

from __future__ import annotations

from tocsin_hub.errors import HubError
from tocsin_hub.web import examples, render
from tocsin_hub.web.face import Made, Seen


def page(seen: Seen) -> Made:
    """/api and /api?example=KEY."""
    asked = dict(seen.pairs)
    known = {example.key: example for example in examples.EXAMPLES}
    if not set(asked) <= {"example"} or len(asked) != len(seen.pairs):
        raise HubError("unknown-filter-value")
    chosen = known.get(asked.get("example", "newest"))
    if chosen is None:
        raise HubError("unknown-filter-value", where="example")
    return render.page(
        seen,
        "api.html",
        here="api",
        examples=examples.EXAMPLES,
        chosen=chosen,
        code=chosen.code(seen.base),
        base=seen.base,
    )
