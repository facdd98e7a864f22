"""The member's side of Tocsin: redact, approve, sign, submit, verify the receipt, read what others learned.

Names are loaded when they are first used, so `import tocsin_client` costs nothing and the command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin_client.async_hub import AsyncHub
    from tocsin_client.backup import restore as restore_backup
    from tocsin_client.draft import Draft, Problem
    from tocsin_client.errors import (
        ClientError,
        ConflictError,
        GateError,
        InvalidError,
        PartlyError,
        RefusedError,
        SetupError,
        TooOftenError,
        UnreachableError,
        VerificationError,
    )
    from tocsin_client.hub import Hub
    from tocsin_client.receipts import Receipt
    from tocsin_client.redact.approval import Approved, ApprovedBatch
    from tocsin_client.redact.batch import approve_public_batch
    from tocsin_client.redact.preview import Preview
    from tocsin_client.trends import Trends

_HOMES = {
    "Approved": "redact.approval",
    "ApprovedBatch": "redact.approval",
    "AsyncHub": "async_hub",
    "ClientError": "errors",
    "ConflictError": "errors",
    "Draft": "draft",
    "GateError": "errors",
    "Hub": "hub",
    "InvalidError": "errors",
    "PartlyError": "errors",
    "Preview": "redact.preview",
    "Problem": "draft",
    "Receipt": "receipts",
    "RefusedError": "errors",
    "SetupError": "errors",
    "TooOftenError": "errors",
    "Trends": "trends",
    "UnreachableError": "errors",
    "VerificationError": "errors",
    "approve_public_batch": "redact.batch",
    "restore_backup": "backup",
}
_RENAMED = {"restore_backup": "restore"}
__all__ = [
    "Approved",
    "ApprovedBatch",
    "AsyncHub",
    "ClientError",
    "ConflictError",
    "Draft",
    "GateError",
    "Hub",
    "InvalidError",
    "PartlyError",
    "Preview",
    "Problem",
    "Receipt",
    "RefusedError",
    "SetupError",
    "TooOftenError",
    "Trends",
    "UnreachableError",
    "VerificationError",
    "approve_public_batch",
    "restore_backup",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), _RENAMED.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)
