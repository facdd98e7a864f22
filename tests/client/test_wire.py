"""The wire: one file opens sockets, what is retried, what is refused, and queries that fit the printed schema."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tocsin_client import Draft, Trends, errors, queries, reading, tables, transport, trends
from tocsin_client.transport import Transport

ROOT = Path(__file__).resolve().parents[2]


def _answering(*answers: httpx.Response | Exception, seen: list[httpx.Request] | None = None) -> Transport:
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Transport("http://localhost:1", transport=httpx.MockTransport(handle), sleep=lambda _s: None)


def test_only_one_file_speaks_to_the_network() -> None:
    found = set()
    for path in (ROOT / "client/tocsin_client").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if {n.split(".")[0] for n in names} & {"httpx", "socket", "urllib3", "requests", "http"}:
                found.add(path.name)
    named = {"hub.py", "async_hub.py"}  # httpx, only for a type
    listens = {"server.py"}  # the page of `tocsin ui`, on the loopback address
    assert found - named - listens == {"transport.py"}


def test_the_client_brings_no_server_package_and_starts_light() -> None:
    code = (
        "import importlib, pkgutil, sys\n"
        "import tocsin_client\n"
        "light = sorted({'httpx','pydantic','rich','yaml','typer','cryptography'} & set(sys.modules))\n"
        "for m in pkgutil.walk_packages(tocsin_client.__path__, 'tocsin_client.'):\n"
        "    if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
        "for name in tocsin_client.__all__: getattr(tocsin_client, name)\n"
        "bad = {'fastapi','starlette','sqlmodel','sqlalchemy','strawberry','alembic','stix2','uvicorn','numpy','tocsin_hub'}\n"
        "print(light, sorted(bad & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[] []", done.stdout + done.stderr


@pytest.mark.parametrize(
    "url", ["hub.example", "ftp://hub.example", "https://user:pw@hub.example", "https://hub.example/?a=1", ""]
)
def test_a_strange_address_is_refused(url: str) -> None:
    with pytest.raises(errors.UsageError):
        transport.checked_url(url)


def test_plain_http_leaves_this_machine_only_if_somebody_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert transport.checked_url("http://127.0.0.1:8400/") == "http://127.0.0.1:8400"
    with pytest.raises(errors.SetupError):
        transport.checked_url("http://hub.example")
    monkeypatch.setenv("TOCSIN_ALLOW_HTTP", "1")
    assert transport.checked_url("http://hub.example") == "http://hub.example"


def test_no_answer_is_tried_again_and_a_refusal_is_not() -> None:
    seen: list[httpx.Request] = []
    wire = _answering(
        httpx.ConnectError("x"),
        httpx.Response(503, headers={"retry-after": "1"}),
        httpx.Response(200, json={}),
        seen=seen,
    )
    assert wire.request("GET", "/x").status == 200
    assert len(seen) == 3
    seen.clear()
    wire = _answering(
        httpx.Response(422, json={"code": "unknown-code"}, headers={"content-type": "application/problem+json"}),
        seen=seen,
    )
    with pytest.raises(errors.InvalidError):
        wire.request("GET", "/x")
    assert len(seen) == 1


def test_a_long_wait_is_told_and_not_slept() -> None:
    wire = _answering(httpx.Response(503, headers={"retry-after": "600"}))
    with pytest.raises(errors.UnreachableError) as caught:
        wire.request("GET", "/x")
    assert caught.value.retry_after_s == 600


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "login-required", errors.RefusedError), (403, "key-refused", errors.RefusedError), (404, "not-found", errors.RefusedError),
        (409, "stale-prev", errors.ConflictError), (413, "oversize", errors.InvalidError), (422, "unknown-code", errors.InvalidError),
        (400, "clock-skew", errors.SetupError), (500, "internal", errors.UnreachableError), (418, "teapot", errors.RefusedError),
    ],
)  # fmt: skip
def test_the_code_of_a_problem_becomes_a_class_with_its_exit_code(
    status: int, code: str, kind: type[errors.ClientError]
) -> None:
    found = errors.from_problem(status, {"code": code, "hint": "do this", "where": "body.x"})
    assert type(found) is kind
    assert (found.code, found.hint, found.where) == (code, "do this", "body.x")


def test_each_branch_of_the_tree_has_its_own_exit_code() -> None:
    codes = {k.__name__: k.exit_code for k in errors.ClientError.__subclasses__()}
    assert sorted(codes.values()) == [2, 3, 4, 5, 6, 7, 8, 9]
    documented = (ROOT / "docs/reference/exit-codes.md").read_text()
    for name, code in codes.items():
        assert f"| {code} |" in documented
        assert name in documented


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 1000)
    with pytest.raises(errors.UnreachableError):
        _answering(httpx.Response(200, content=b"x" * 2000)).request("GET", "/x")


def test_a_redirect_is_not_followed() -> None:
    seen: list[httpx.Request] = []
    with pytest.raises(errors.ClientError):
        _answering(httpx.Response(302, headers={"location": "https://elsewhere.example"}), seen=seen).request(
            "GET", "/x", token="t"
        )
    assert len(seen) == 1


@pytest.mark.parametrize("name", sorted(queries.ALL))
def test_every_fixed_query_fits_the_schema(name: str) -> None:
    graphql = pytest.importorskip("graphql")
    path = ROOT / "docs/reference/schema.graphql"
    if not path.exists():
        pytest.skip("the schema is not printed yet")
    schema = graphql.build_schema(path.read_text())
    assert graphql.validate(schema, graphql.parse(queries.ALL[name])) == []
    assert f"query {name}(" in queries.ALL[name]


def test_every_dimension_and_filter_of_the_client_is_in_the_schema() -> None:
    graphql = pytest.importorskip("graphql")
    schema = graphql.build_schema((ROOT / "docs/reference/schema.graphql").read_text())
    assert {d.upper() for d in trends.DIMENSIONS} == set(schema.type_map["TrendDimension"].values)
    wire = reading.wire_filter(
        {
            "kinds": ("incident",),
            "tags": [],
            "severity_min": 1,
            "record_types": [],
            "system_classes": [],
            "evidence_classes": [],
            "include_exercise": True,
        }
    )
    assert wire is not None
    assert set(wire) <= set(schema.type_map["TrendFilter"].fields)
    assert set(wire) - {"includeExercise"} <= set(schema.type_map["RecordFilter"].fields)


def test_graphql_errors_carry_their_code() -> None:
    answer = {
        "data": None,
        "errors": [{"message": "选一个维度", "extensions": {"code": "unknown-dimension", "where": "by"}}],
    }
    with pytest.raises(errors.InvalidError) as caught:
        reading.post(_answering(httpx.Response(200, json=answer)), None, "query X { x }", {})
    assert (caught.value.code, caught.value.hint, caught.value.where) == ("unknown-dimension", "选一个维度", "by")
    refused = httpx.Response(401, json={"errors": [{"message": "log in", "extensions": {"code": "token-invalid"}}]})
    with pytest.raises(errors.RefusedError) as refusal:
        reading.post(_answering(refused), "t", "query X { x }", {})
    assert refusal.value.code == "token-invalid"


TABLE = Trends(
    by=("category", "year"),
    rows=(
        trends.TrendRow(("caict-2024@2024-12:derived.humanity", "2024"), 3, 2),
        trends.TrendRow(("unknown", "2023"), 12, 5),
    ),
    total=15,
    author_keys=6,
    as_of=99,
    coverage={"category": 14, "year": 15},
    notes=("Exercises are left out.",),
    labels={"unknown": "not stated"},
)


def test_a_trend_table_has_labels_numbers_and_its_coverage() -> None:
    english = str(TABLE)
    assert "records" in english
    assert "not stated" in english
    assert "category stated by 14" in english
    assert "- Exercises are left out." in english
    assert "as of log entry 99" in english
    chinese = TABLE.table("zh")
    assert "人类" in chinese
    assert "作者密钥" in chinese
    assert TABLE.to_rows()[0] == {
        "category": "caict-2024@2024-12:derived.humanity",
        "year": "2024",
        "count": 3,
        "author_keys": 2,
    }
    assert TABLE.to_rows("zh")[0]["category_label"]
    assert len({tables.width(line) for line in chinese.splitlines()[:3]}) == 1, "Chinese columns are aligned"


def test_asking_for_too_much_or_too_little_is_a_usage_error() -> None:
    for by in ([], ["category", "year", "sector"], ["colour"]):
        with pytest.raises(errors.UsageError):
            reading.trends(lambda _q, _v: {}, by)
    with pytest.raises(errors.UsageError):
        reading.search(lambda _q, _v: {}, first=101)


# --- drafts -------------------------------------------------------------------------------------------------------------


def test_short_forms_are_written_out(draft: Callable[..., Draft]) -> None:
    body = draft(language="zh", title="克隆声音", occurred=2024, severity=2).body
    assert body["title"] == {"text": "克隆声音", "language": "zh"}
    assert body["occurred"] == {"value": "2024", "precision": "year", "basis": "occurred"}
    assert (body["severity"]["actual"], body["severity"]["potential"]) == (2, 2)
    assert body["risk_tags"][0]["assigned_by"] == "reporter"


def test_category_and_home_tags_follow_by_rule_and_nothing_is_guessed(draft: Callable[..., Draft]) -> None:
    one = draft(risk_tags=["owasp-llm@2025:LLM01"]).completed().body
    assert any(t["scheme"] == "caict-2024" and t["assigned_by"] == "rule" and t["via"] for t in one["risk_tags"])
    two = draft(risk_tags=["caict-2024@2024-12:derived.humanity", "caict-2024@2024-12:endogenous.data"])
    assert "primary_category" not in two.completed().body
    assert [p.where for p in two.problems()] == ["primary_category"]
    assert draft().problems() == []


def test_a_draft_file_round_trips_in_yaml_and_json(draft: Callable[..., Draft], tmp_path: Path) -> None:
    made = draft(occurred="2024-02-03", notes={"ticket": 7})
    for name in ("d.yaml", "d.json"):
        made.save(tmp_path / name)
        again = Draft.load(tmp_path / name)
        assert (again.kind, again.body, again.notes) == (made.kind, made.body, made.notes)


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "kind: poem\ntitle: x",
        "kind: incident\nbody: {}\ntitle: x",
        "{",
        "a: &x [*x]",
        "kind: [incident]",
        "\x00",
        "!!python/object:os.system {}",
    ],
)
def test_what_is_no_draft_is_said_so(text: str) -> None:
    with pytest.raises(errors.InvalidError):
        Draft.parse(text.encode())


def test_an_unquoted_date_in_yaml_is_the_text_that_was_written() -> None:
    made = Draft.parse(b"kind: incident\noccurred: 2024-02-03\ntitle: x\n")
    assert made.body["occurred"]["value"] == "2024-02-03"


def test_problems_name_places_never_content(draft: Callable[..., Draft]) -> None:
    bad: Any = draft(title="x" * 200, sector="secret-sector", risk_tags=["bare"])
    found = bad.problems()
    assert {p.where for p in found} >= {"sector"}
    assert "secret" not in repr(found)
