"""How the REST face writes JSON."""

from __future__ import annotations

import json

from fastapi import Response


def json_response(content: object, status: int = 200) -> Response:
    """A JSON answer; text stays as it is, keys keep their order."""
    return Response(dumps(content), status_code=status, media_type="application/json")


def dumps(content: object) -> bytes:
    """One line of JSON in UTF-8."""
    return json.dumps(content, ensure_ascii=False).encode()
