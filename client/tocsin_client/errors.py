"""What can go wrong on the member's side: one tree, one exit code a branch, and the hub's codes put into it.

    ClientError                      code (stable kebab-case), hint (what to do next), where (a field path or None)
    ├── UsageError          exit 2   the call or the command was wrong
    ├── SetupError          exit 3   keys, policy, files or clock are not as they must be
    ├── RefusedError        exit 4   the hub says no: not enrolled, not allowed, not found for you
    │   └── TooOftenError   exit 4   not now: too many requests, or a quota; `retry_after_s` says when
    ├── InvalidError        exit 5   the record is not valid
    │   └── GateError       exit 5   the record may not leave: undecided, identifying, or a detector failed
    ├── UnreachableError    exit 6   the hub did not answer; what was to be sent is kept in the outbox
    ├── VerificationError   exit 7   what the hub said does not verify; never believed, kept as evidence
    ├── PartlyError         exit 8   some of many were refused
    └── ConflictError       exit 9   the hub holds something newer, or the same already

Messages name fields and codes, never what the fields hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of all errors of the client; `exit_code` is what the command line ends with."""

    exit_code = 1

    def __init__(
        self, code: str, message: str, *, hint: str = "", where: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.where = where
        self.retry_after_s = retry_after_s  # how long the hub asks to wait, if it does

    def as_dict(self) -> dict[str, Any]:
        """The error as the `--json` envelope shows it."""
        shown: dict[str, Any] = {"code": self.code, "message": self.message, "hint": self.hint}
        if self.where is not None:
            shown["where"] = self.where
        if self.retry_after_s is not None:
            shown["retryAfterS"] = round(self.retry_after_s)
        return shown


class UsageError(ClientError):
    """The call or the command was wrong."""

    exit_code = 2


class SetupError(ClientError):
    """Keys, policy, files or clock are not as they must be."""

    exit_code = 3


class RefusedError(ClientError):
    """The hub says no; the same request again gets the same answer."""

    exit_code = 4


class TooOftenError(RefusedError):
    """The hub asks to come back later, after `retry_after_s`; what was to be sent is kept in the outbox."""


class InvalidError(ClientError):
    """The record is not valid."""

    exit_code = 5


class GateError(InvalidError):
    """The record may not leave this machine as it is."""


class UnreachableError(ClientError):
    """The hub did not answer, or could not; the same bytes may be sent again."""

    exit_code = 6


class VerificationError(ClientError):
    """What the hub said does not verify against the pinned policy."""

    exit_code = 7


class PartlyError(ClientError):
    """Some of many were refused."""

    exit_code = 8


class ConflictError(ClientError):
    """The hub holds something newer, or the same already."""

    exit_code = 9


_BY_CODE: dict[str, type[ClientError]] = {
    "clock-skew": SetupError,
    "unsupported-version": SetupError,
    "wrong-audience": SetupError,
    "internal": UnreachableError,
    "busy": UnreachableError,
    "disk-full": UnreachableError,
    "deadline": UnreachableError,
    "body-timeout": UnreachableError,
    "login-required": RefusedError,
    "token-invalid": RefusedError,
    "not-found": RefusedError,
}
_BY_STATUS: dict[int, type[ClientError]] = {
    400: InvalidError,
    401: RefusedError,
    403: RefusedError,
    404: RefusedError,
    408: UnreachableError,
    409: ConflictError,
    413: InvalidError,
    415: InvalidError,
    422: InvalidError,
    429: TooOftenError,
}


def from_problem(status: int, problem: Mapping[str, Any]) -> ClientError:
    """The error for a refusal of the hub (RFC 9457 body, or the same keys in GraphQL `extensions`)."""
    code = str(problem.get("code") or f"http-{status}")
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status) or (UnreachableError if status >= 500 else RefusedError)
    if status == 429:
        kind = TooOftenError
    where = problem.get("where")
    said = {UnreachableError: "the hub could not answer", TooOftenError: "the hub asks to come back later"}
    return kind(
        code,
        f"{said.get(kind, 'the hub refused this')}: {code}",
        hint=str(problem.get("hint") or ""),
        where=str(where) if where else None,
    )
