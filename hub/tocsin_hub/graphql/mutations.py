"""The mutations: signed envelopes through the one door, with refusals as values. The same codes as over REST."""

import base64
import binascii
import json
from typing import Annotated, NewType

import strawberry

from tocsin_hub.errors import HubError
from tocsin_hub.graphql import described
from tocsin_hub.graphql.records import Info

Base64 = NewType("Base64", str)
_KIND = {"amend": "application/vnd.tocsin.amend+json", "withdraw": "application/vnd.tocsin.withdraw+json"}


@strawberry.input
class SubmitInput:
    envelope: Base64 = strawberry.field(description="The DSSE envelope, its JSON bytes in base64.")


@strawberry.type(
    description="In the log, durable; the receipt proves it to anybody. The same envelope again is accepted again."
)
class SubmitAccepted:
    digest: str
    index: int
    receipt: str = strawberry.field(description="The receipt bundle as JSON text; keep it.")
    replayed: bool


@strawberry.type(description="Refused; nothing was stored.")
class SubmitProblem:
    code: str = strawberry.field(description="Stable; listed in docs/reference/errors.md.")
    status: int = strawberry.field(description="What REST would have answered.")
    hint: str = strawberry.field(description="What to do next, in the language of Accept-Language.")
    where: str | None


SubmitResult = Annotated[SubmitAccepted | SubmitProblem, strawberry.union("SubmitResult")]


@strawberry.type
class Mutation:
    @described.mutation("Hand in any signed statement.")
    async def submit(self, info: Info, input: SubmitInput) -> SubmitResult:
        return await _receive(info, input.envelope, None)

    @described.mutation("Hand in an amendment of a thread of yours.")
    async def amend(self, info: Info, input: SubmitInput) -> SubmitResult:
        return await _receive(info, input.envelope, _KIND["amend"])

    @described.mutation("Withdraw a thread of yours; its payloads are erased.")
    async def withdraw(self, info: Info, input: SubmitInput) -> SubmitResult:
        return await _receive(info, input.envelope, _KIND["withdraw"])


async def _receive(info: Info, given: str, only: str | None) -> SubmitAccepted | SubmitProblem:
    try:
        envelope = _decoded(given)
        if only is not None and _payload_type(envelope) not in (only, None):
            raise HubError("unexpected-kind", where="input.envelope")
        answer = await info.context.face.receive(envelope)
    except HubError as error:
        return SubmitProblem(
            code=error.code, status=error.status, hint=error.hint(info.context.lang), where=error.where
        )
    assert answer.receipt is not None  # a single envelope is always answered with its receipt
    return SubmitAccepted(
        digest=answer.placed.digest.hex(),
        index=answer.placed.idx,
        receipt=answer.receipt.decode(),
        replayed=answer.placed.replayed,
    )


def _decoded(given: str) -> bytes:
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raise HubError("malformed-envelope", where="input.envelope") from None


def _payload_type(envelope: bytes) -> str | None:
    """What the envelope says it holds; None if it is no envelope, which the door will say better."""
    try:
        outer = json.loads(envelope)
    except (ValueError, RecursionError):
        return None
    found = outer.get("payloadType") if isinstance(outer, dict) else None
    return found if isinstance(found, str) else None
