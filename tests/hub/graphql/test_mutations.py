"""Mutations hand envelopes to the one door and say what it said."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from tocsin_hub.errors import HubError

ASK = "mutation($e: Base64!) { %s(input: {envelope: $e}) { __typename ... on SubmitAccepted { digest index receipt replayed } ... on SubmitProblem { code status hint where } } }"


@dataclass
class _Placed:
    idx: int
    digest: bytes
    replayed: bool


@dataclass
class _Answer:
    placed: _Placed
    receipt: bytes | None


class _Door:
    """A door that keeps what it was given and answers or refuses as told."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.refuses: HubError | None = None

    async def __call__(self, envelope: bytes, /) -> _Answer:
        self.got.append(envelope)
        if self.refuses is not None:
            raise self.refuses
        return _Answer(_Placed(41, b"\x07" * 32, False), b'{"v":1}')


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_an_envelope_reaches_the_door_byte_for_byte(served: Any) -> None:
    door = _Door()
    served.door(door)
    envelope = b'{"payloadType":"application/vnd.tocsin.incident+json"}  \n'
    found = served.ask(ASK % "submit", {"e": _b64(envelope)})["data"]["submit"]
    assert door.got == [envelope]
    assert found == {
        "__typename": "SubmitAccepted",
        "digest": "07" * 32,
        "index": 41,
        "receipt": '{"v":1}',
        "replayed": False,
    }


def test_a_refusal_is_a_value_with_the_code_of_rest(served: Any) -> None:
    door = _Door()
    door.refuses = HubError("stale-prev", where="prev")
    served.door(door)
    found = served.ask(ASK % "submit", {"e": _b64(b"{}")})["data"]["submit"]
    assert (found["code"], found["status"], found["where"]) == ("stale-prev", 409, "prev")
    assert found["hint"]


def test_amend_and_withdraw_take_their_own_kind_only(served: Any) -> None:
    door = _Door()
    served.door(door)
    kinds = {
        kind: json.dumps({"payloadType": f"application/vnd.tocsin.{kind}+json"}).encode()
        for kind in ("incident", "amend", "withdraw")
    }
    for verb in ("amend", "withdraw"):
        for kind, envelope in kinds.items():
            found = served.ask(ASK % verb, {"e": _b64(envelope)})["data"][verb]
            assert found.get("code") == (None if kind == verb else "unexpected-kind"), (verb, kind)
    assert len(door.got) == 2
    for broken in (b"", b"[]", b"nonsense", b"[" * 100_000):  # what is no envelope at all, the door says better
        served.ask(ASK % "amend", {"e": _b64(broken)})
    assert len(door.got) == 6


def test_what_is_no_base64_is_no_envelope(served: Any) -> None:
    door = _Door()
    served.door(door)
    for given in ("*", "AAA", "é", "AAAA AAAA"):
        assert served.ask(ASK % "submit", {"e": given})["data"]["submit"]["code"] == "malformed-envelope", given
    assert door.got == []
