"""Claims about admission: pure, total, and refusing by name."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin_hub.errors import HubError
from tocsin_hub.intake import admit as door
from tocsin_trust import dsse, keys


@pytest.fixture
def member(world: Any) -> Any:
    return world.member()


def refused(world: Any, envelope: bytes) -> tuple[str, str | None]:
    with pytest.raises(HubError) as caught:
        door.admit(envelope, world.hub.door.anchors, world.clock())
    return caught.value.code, caught.value.where


def test_the_worker_of_admission_imports_no_server() -> None:
    probe = "import sys, tocsin_hub.intake.admit; print([m for m in sys.modules if m.split('.')[0] in {names}])"
    names = {"fastapi", "starlette", "uvicorn", "strawberry", "httpx", "alembic"}
    ran = subprocess.run([sys.executable, "-c", probe.format(names=names)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_an_admitted_record_keeps_the_very_bytes(world: Any, member: Any) -> None:
    envelope = member.seal()
    admitted = door.admit(envelope, world.hub.door.anchors, world.clock())
    assert admitted.envelope == envelope
    assert admitted.record is not None
    assert admitted.statement.kid == member.kid
    assert door.kind_of(admitted) == "incident"


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ({"record_type": "accident"}, "malformed-record", "body.record_type"),
        ({"sector": "finance"}, "bare-code", "body.sector"),
        ({"sector": "isic@4:ZZ"}, "unknown-code", "body.sector"),
        ({"risk_tags": []}, None, "body.risk_tags"),
        ({"marking": {"tlp": "orange"}}, "unknown-tlp", "body.marking.tlp"),
        ({"title": {"text": "x" * 121, "language": "en"}}, "text-too-long", None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_meaning_is_checked_and_the_path_is_named(
    world: Any, member: Any, simulators: Any, changes: dict[str, Any], code: str | None, where: str | None
) -> None:
    found, at = refused(world, member.seal(body=simulators.incident(**changes)))
    assert code is None or found == code
    assert where is None or at == where
    assert at is None or at.startswith("body")


def test_what_identifies_somebody_is_refused_and_not_repeated(world: Any, member: Any, simulators: Any) -> None:
    secret = "wang.xiaoming@firm-post.cn"
    body = simulators.incident(summary={"text": f"Write to {secret} about it.", "language": "en"})
    answer = world.post(member.seal(body=body))
    assert (answer.status_code, answer.json()["code"]) == (422, "identifying-text")
    assert secret not in answer.text
    assert answer.json()["where"].startswith("body.summary")


def test_nameless_reports_are_coarse_from_the_first_day(world: Any, member: Any, simulators: Any) -> None:
    author, _ = member.pseudonym()
    for changes in (
        {"occurred": {"value": "2024-02", "precision": "month", "basis": "occurred"}},
        {"region": "un-m49@2024:156"},
    ):
        envelope = member.seal(body=simulators.incident(**changes), mode="pseudonymous", key=author)
        assert refused(world, envelope)[0] == "nameless-too-precise"
        door.admit(member.seal(body=simulators.incident(**changes)), world.hub.door.anchors, world.clock())


@pytest.mark.parametrize("kind", ["outcome", "sighting", "opinion"])
def test_kinds_without_a_reader_are_not_taken(world: Any, member: Any, kind: str) -> None:
    assert refused(world, member.seal(kind, {})) == ("unsupported-kind", "kind")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("withdraw", {}),
        ("withdraw", {"reason": "because I say so"}),
        ("withdraw", {"reason": "error", "note": "x"}),
        ("withdraw", {"reason": ["error"]}),
        ("moderate", {"thread": "00", "action": "hide", "reason": "spam"}),
        ("key-revoke", {"org": "org-" + "a" * 26, "key": "11" * 32, "reason": "lost"}),
        ("key-revoke", {"org": None, "key": "11" * 32, "reason": "A whole sentence."}),
    ],
    ids=str,
)
def test_bodies_that_are_no_records_are_exact(world: Any, member: Any, kind: str, body: dict[str, Any]) -> None:
    if body.get("org", "") is None:
        body = {**body, "org": member.org, "key": keys.SigningKey.generate().public.hex}
    envelope = member.seal(kind, body, prev="0" * 64 if kind == "withdraw" else None)
    code, where = refused(world, envelope)
    assert code in ("malformed-statement", "key-refused")
    assert where is None or where.startswith("body") or code == "key-refused"


def test_a_grant_is_for_regulators_and_only_for_them(world: Any) -> None:
    everything = {"sectors": ["*"], "regions": ["*"]}
    assert refused(world, world.enrolment(world.stranger("regulator")))[1] == "body.grant"
    assert refused(world, world.enrolment(world.stranger("member"), everything))[0] == "malformed-statement"
    unknown = {"sectors": ["isic@4:ZZ"], "regions": ["*"]}
    assert refused(world, world.enrolment(world.stranger("regulator"), unknown))[0] == "unknown-code"
    door.admit(world.enrolment(world.stranger("regulator"), everything), world.hub.door.anchors, world.clock())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_bytes_come_nothing_but_a_refusal_leaves_admission(world: Any, data: st.DataObject) -> None:
    person = world.stranger()
    envelope = json.loads(person.seal())
    payload = bytearray(base64.b64decode(envelope["payload"]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    mutated = dsse.seal(envelope["payloadType"], bytes(payload), person.key)
    with contextlib.suppress(HubError):
        door.admit(mutated, world.hub.door.anchors, world.clock())
