"""Claims about the door over HTTP."""

from __future__ import annotations

from typing import Any


def test_an_accepted_envelope_gets_a_receipt_that_verifies(world: Any) -> None:
    member = world.member()
    world.accept(member.seal())
    envelope, _ = member.nameless()
    world.accept(envelope)
