"""Refusals as RFC 9457 problem+json: stable code, hint in the reader's language, path, request id. Never payload text."""

from __future__ import annotations

import http
import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from tocsin_hub.errors import HubError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = {"busy": 2, "disk-full": 60}
CLOSING = frozenset(
    {"oversize", "body-timeout", "encoding-refused", "unsupported-media-type"}
)  # the body is not read to its end


def language(accept_language: str | None) -> str:
    """zh if the reader's first language is Chinese, else en."""
    return "zh" if (accept_language or "").strip().lower().startswith("zh") else "en"


def body_of(error: HubError, *, request_id: str, lang: str) -> dict[str, Any]:
    """The members of the problem document."""
    return {
        "type": f"urn:tocsin:error:{error.code}",
        "title": http.HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "hint": error.hint(lang),
        "where": error.where,
        "requestId": request_id,
    }


def response(error: HubError, *, request_id: str, lang: str) -> Response:
    """The whole answer, with Retry-After or WWW-Authenticate where the status asks for it."""
    headers = {}
    retry_after_s = error.retry_after_s or RETRY_AFTER_S.get(error.code)
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tocsin"'
    if error.code in CLOSING:
        headers["Connection"] = "close"
    content = json.dumps(body_of(error, request_id=request_id, lang=lang), ensure_ascii=False).encode()
    return Response(content, status_code=error.status, media_type=MEDIA_TYPE, headers=headers)


def of(request: Request, error: HubError) -> Response:
    """The answer to `request`, in its language and with its id."""
    lang = language(request.headers.get("accept-language"))
    return response(error, request_id=getattr(request.state, "request_id", ""), lang=lang)


def install(app: FastAPI) -> None:
    """Make every refusal of the framework and of ours a problem document."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HubError)
        return of(request, error)

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        codes = {404: "not-found", 405: "method-not-allowed", 401: "login-required"}
        if error.status_code >= 500:
            return of(request, HubError("internal"))
        return of(request, HubError(codes.get(error.status_code, "malformed-request")))

    async def malformed(request: Request, error: Exception) -> Response:
        return of(request, HubError("malformed-request"))

    app.add_exception_handler(HubError, refused)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, malformed)
