"""A running hub with a little of everything that pages show: incidents in two languages, a response, a tombstone, hostile text."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{7*7}}{% raw %}"
FORMULA = '=HYPERLINK("http://evil.example","x")'
LONG = "W" * 118


@dataclass
class Site:
    """The hub, its client that takes HTML, and the ids of what lies in it."""

    world: Any
    member: Any
    ids: dict[str, str]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET as a browser would."""
        found: httpx.Response = self.world.http.get(path, headers={"Accept": "text/html,*/*;q=0.8", **headers})
        return found

    def page(self, path: str, status: int = 200) -> str:
        answer = self.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:400])
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return answer.text


def text(words: str, language: str = "en") -> dict[str, str]:
    return {"text": words, "language": language}


def tagged(*codes: str) -> list[dict[str, str]]:
    return [
        {"scheme": "caict-2024", "edition": "2024-12", "code": code, "confidence": "known", "assigned_by": "reporter"}
        for code in codes
    ]


def build(world: Any, simulators: Any) -> Site:
    """Submit what the pages shall show."""
    member = world.member()
    cause, harm = "endogenous.model.adversarial-attack", "derived.individual-organisation.criminal-use"
    caict = "caict-2024@2024-12:"
    bodies = {
        "plain": simulators.incident(),
        "chain": simulators.incident(
            title=text("提示注入使客服助手泄露订单", "zh"),
            summary=text("攻击者在网页中埋入指令，助手随后读出他人订单。", "zh"),
            occurred={"value": "2025-Q2", "precision": "quarter", "basis": "occurred"},
            risk_tags=tagged(cause, harm),
            primary_category=f"{caict}endogenous.model",
            chain=[{"from": caict + cause, "to": caict + harm, "relation": "extends-to"}],
            record_type="incident",
            security={
                "attack_steps": [{"tactic": "mitre-atlas@5.6.0:AML.TA0004", "technique": "mitre-atlas@5.6.0:AML.T0051"}]
            },
        ),
        "script": simulators.incident(title=text(SCRIPT[:100]), summary=text(SCRIPT)),
        "formula": simulators.incident(title=text(FORMULA), summary=text("+1+1")),
        "long": simulators.incident(title=text(LONG), summary=text("x" * 600)),
        "public": simulators.incident(
            evidence_class="public-source",
            references=[{"url": "https://example.org/a?b=1&c=%22"}, {"source": "S", "external_id": "<b>1</b>"}],
            provenance={"source": "A repository", "licence": "CC-BY-SA-4.0", "attribution": "A <repository>"},
        ),
    }
    digests = {name: world.accept(member.seal(body=body)) for name, body in bodies.items()}
    digests["response"] = world.accept(member.seal("mitigation", copy.deepcopy(simulators.MITIGATION)))
    digests["members only"] = world.accept(member.seal(body=simulators.incident(marking={"tlp": "green"})))
    gone = digests["gone"] = world.accept(member.seal(body=simulators.incident()))
    world.accept(member.seal("withdraw", {"reason": "privacy"}, prev=gone))
    amended = world.accept(
        member.seal("amend", simulators.incident(title=text("Cloned voice, second version")), prev=digests["plain"])
    )
    digests["plain"] = amended
    world.settle()
    token = member.login()
    ids = {
        name: world.http.get(f"/v1/submissions/{digest}", headers=token).json()["recordId"]
        for name, digest in digests.items()
    }
    return Site(world, member, ids)


@pytest.fixture(scope="module")
def site(template: Any, simulators: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One hub for the tests of a module, which only read."""
    with simulators.World(template, tmp_path_factory.mktemp("site"), contact="desk@hub.example") as world:
        yield build(world, simulators)
