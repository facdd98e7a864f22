"""POST /graphql: one JSON object in, one out. No GET, no batch, no multipart, no websocket, because none of it is here.

Errors at the top carry `extensions.code`; their message is the hint in the reader's language. What the query itself got
wrong may be said in graphql-core's words, which name fields and types; nothing ever repeats a value. Anything unexpected
is `internal`, logged by its type and place.
"""

import asyncio
import json
import logging
import traceback
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from tocsin_hub.errors import CODES, HubError
from tocsin_hub.graphql.context import Context, Face, in_thread
from tocsin_hub.graphql.schema import schema
from tocsin_hub.members import access
from tocsin_taxonomy.errors import TaxonomyError

log = logging.getLogger("tocsin_hub.graphql")
# How graphql-core begins what it says about a document; all of these name only fields, types and arguments of the query.
_SPEAKABLE = (
    "Cannot query field ",
    "Unknown ",
    "Field ",
    "Fragment ",
    "Cannot spread fragment ",
    "Syntax Error",
    "Maximum ",
)
_MAX_SPOKEN = 300


def router(face: Face) -> APIRouter:
    """The one route, closed over what the app handed in."""
    found = APIRouter()

    @found.post("/graphql")
    async def post(request: Request) -> Response:
        lang = "zh" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"
        request_id = str(getattr(request.state, "request_id", ""))
        try:
            asked = _asked(await _body(request, face.limits.max_body_bytes))
            if (
                len(asked[0]) > face.limits.max_query_chars
            ):  # parsed queries are kept; what is long belongs in a variable
                raise HubError("query-too-large", where="query")
            viewer = await in_thread(face, _viewer, face, _bearer(request))
            context = Context(face, viewer, lang=lang, request_id=request_id)
            async with asyncio.timeout(face.limits.deadline_s):
                return await _run(context, *asked)
        except TimeoutError:
            return _refused(HubError("query-timeout"), lang, request_id)
        except HubError as error:
            return _refused(error, lang, request_id)

    return found


async def _body(request: Request, max_bytes: int) -> bytes:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() not in (
        "application/json",
        "application/graphql+json",
    ):
        raise HubError("unsupported-media-type")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise HubError("oversize")
        parts.append(part)
    return b"".join(parts)


def _asked(body: bytes) -> tuple[str, dict[str, Any], str | None]:
    """(query, variables, operation name) of the body. Raises HubError malformed-request, also for a batch."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise HubError("malformed-request") from None
    if not isinstance(found, dict):
        raise HubError("malformed-request")
    query, variables, name = found.get("query"), found.get("variables"), found.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise HubError("malformed-request")
    return query, variables or {}, name


def _bearer(request: Request) -> str | None:
    shown = request.headers.get("authorization")
    if shown is None:
        return None
    scheme, _, token = shown.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise HubError("token-invalid")
    return token.strip()


def _viewer(face: Face, token: str | None) -> access.Viewer:
    with face.store.read() as session:
        return face.viewer(session, token, face.clock())


async def _run(context: Context, query: str, variables: dict[str, Any], name: str | None) -> Response:
    try:
        result = await schema.execute(query, variable_values=variables, context_value=context, operation_name=name)
    except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError):
        raise HubError("query-invalid") from None
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer = {"errors": [_spoken(error, context) for error in result.errors]} | answer
    answer["extensions"] = {"cost": context.cost}
    return Response(orjson.dumps(answer), media_type="application/json")


def _spoken(error: GraphQLError, context: Context) -> dict[str, Any]:
    """One error as the reader gets it."""
    fault = error.original_error
    while isinstance(fault, GraphQLError):
        fault = fault.original_error
    message = None
    where = None
    if isinstance(fault, HubError):
        code, where = fault.code, fault.where
    elif isinstance(fault, TaxonomyError):
        code, where = fault.code if fault.code in CODES else "malformed-request", fault.where
    elif fault is not None:
        code = "internal"
        place = "".join(traceback.format_tb(fault.__traceback__)[-4:])
        log.error("fault request=%s type=%s\n%s", context.request_id, type(fault).__name__, place)
    elif isinstance(error, GraphQLSyntaxError) and "tokens" in error.message:
        code, where = "query-too-large", "tokens"
    elif error.message.startswith("Variable "):
        code = "variables-invalid"
    else:
        code = "query-invalid"
        message = error.message[:_MAX_SPOKEN] if error.message.startswith(_SPEAKABLE) else None
    said: dict[str, Any] = {
        "message": message or HubError(code).hint(context.lang),
        "extensions": {"code": code, "where": where, "requestId": context.request_id},
    }
    if error.path is not None:
        said["path"] = error.path
    if error.locations and code == "query-invalid":
        said["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    return said


def _refused(error: HubError, lang: str, request_id: str) -> Response:
    """A refusal before or instead of an answer."""
    headers = {"WWW-Authenticate": 'Bearer realm="tocsin"'} if error.status == 401 else {}
    said = {
        "message": error.hint(lang),
        "extensions": {"code": error.code, "where": error.where, "requestId": request_id},
    }
    content = orjson.dumps({"errors": [said]})
    return Response(content, status_code=error.status, media_type="application/json", headers=headers)
