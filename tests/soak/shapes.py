"""What a fuzzer should know of the REST face: which bodies and parameters its routes read, with real ones as examples.

The framework's own document names the routes only, because bodies are read as bytes. The routes come from it, so a new one
is fuzzed without being named here; what stands here makes the fuzzer's inputs come near enough to be interesting.
"""

from __future__ import annotations

import json
from typing import Any

DSSE, NDJSON, JSON = "application/vnd.dsse+json", "application/x-ndjson", "application/json"
ENVELOPE = {
    "type": "object",
    "required": ["payloadType", "payload", "signatures"],
    "properties": {
        "payloadType": {"type": "string"},
        "payload": {"type": "string", "format": "byte"},
        "signatures": {
            "type": "array",
            "items": {"type": "object", "properties": {"keyid": {"type": "string"}, "sig": {"type": "string"}}},
        },
    },
}
KNOCK = {
    "type": "object",
    "required": ["envelope", "name", "publishName"],
    "properties": {
        "envelope": {"type": "string", "format": "byte"},
        "name": {"type": ["string", "null"]},
        "publishName": {"type": "boolean"},
    },
}
QUERY = {
    "type": "object",
    "required": ["query"],
    "properties": {
        "query": {"type": "string"},
        "variables": {"type": ["object", "null"]},
        "operationName": {"type": ["string", "null"]},
    },
}
PARAMETERS = {
    "/v1/submissions": ["proof"],
    "/v1/log/proof": ["digest"],
    "/v1/log/consistency": ["old", "new"],
    "/v1/directory": ["first", "after"],
}
_SECURE = {"token": {"type": "http", "scheme": "bearer"}}


def described(
    document: dict[str, Any], *, envelope: bytes, knock: dict[str, Any], digest: str, org: str
) -> dict[str, Any]:
    """The framework's document with bodies, parameters and examples."""
    known: dict[str, Any] = {"digest": digest, "org": org, "old": 1, "new": 2, "first": 2, "proof": 1}
    sealed = json.loads(envelope)
    document["components"] = {**document.get("components", {}), "securitySchemes": _SECURE}
    document["security"] = [{}, {"token": []}]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in known:
                    parameter["example"] = known[parameter["name"]]
            operation.setdefault("parameters", []).extend(
                {
                    "name": name,
                    "in": "query",
                    "schema": {"type": ["string", "integer"]},
                    "example": known.get(name, "x"),
                }
                for name in PARAMETERS.get(path, [])
            )
            if method == "post" and path != "/v1/login/challenge":
                operation["requestBody"] = {"required": True, "content": _body(path, sealed, knock)}
            operation["responses"] = {"default": {"description": "anything but a fault"}}
    return document


def _body(path: str, sealed: Any, knock: Any) -> dict[str, Any]:
    if path == "/v1/enrolments":
        return {JSON: {"schema": KNOCK, "example": knock}}
    if path == "/graphql":
        return {JSON: {"schema": QUERY, "example": {"query": "{ hub { asOf } }"}}}
    content: dict[str, Any] = {kind: {"schema": ENVELOPE, "example": sealed} for kind in (DSSE, JSON)}
    if path == "/v1/submissions":
        content[NDJSON] = {"schema": {"type": "string"}}
    return content
