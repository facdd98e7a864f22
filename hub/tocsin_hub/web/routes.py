"""Every address of the pages, and which page answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tocsin_hub.errors import HubError
from tocsin_hub.web import assets, docs, face, words
from tocsin_hub.web.face import Face, Page
from tocsin_hub.web.pages import explorer, home, lists, log, prose, queue, record, taxonomy, trends, verify

Endpoint = Callable[[Request], Awaitable[Response]]
IMMUTABLE = "public, max-age=31536000, immutable"

PAGES: dict[str, Page] = {
    "/": home.page,
    "/trends": trends.page,
    "/trends.csv": trends.csv,
    "/trends.json": trends.json,
    "/trends/{kind}.csv": trends.figure_csv,
    "/trends/{kind}.json": trends.figure_json,
    "/trends/{kind}.svg": trends.figure_svg,
    "/trends/{kind}.png": trends.figure_png,
    "/trends/{kind}": trends.one,
    "/incidents": lists.incidents,
    "/incidents.csv": lists.csv("incidents"),
    "/incidents.json": lists.json("incidents"),
    "/incidents.atom": lists.atom("incidents"),
    "/incidents/{ref}.stix.json": record.stix("incidents"),
    "/incidents/{ref}.json": record.json("incidents"),
    "/incidents/{ref}": record.incident,
    "/responses": lists.responses,
    "/responses.csv": lists.csv("responses"),
    "/responses.json": lists.json("responses"),
    "/responses.atom": lists.atom("responses"),
    "/responses/{ref}.stix.json": record.stix("responses"),
    "/responses/{ref}.json": record.json("responses"),
    "/responses/{ref}": record.response,
    "/taxonomy": taxonomy.tree,
    "/taxonomy/crosswalk": taxonomy.crosswalks,
    "/taxonomy/editions": taxonomy.editions,
    "/taxonomy/{slug}": taxonomy.one,
    "/verify": verify.page,
    "/log": log.page,
    "/queue": queue.page,
    "/api": explorer.page,
    "/accessibility": prose.page("accessibility"),
    "/privacy": prose.page("privacy"),
    "/agreement": prose.page("agreement"),
    "/report": prose.report,
}


@dataclass(frozen=True, slots=True)
class Template:
    """What the edge writes into its log and its metrics instead of the address, which would say whose record is read."""

    path: str


def routes(hub: Face) -> APIRouter:
    """The routes, closed over what the app handed in."""
    router = APIRouter()

    def add(path: str, endpoint: Endpoint, method: str = "GET") -> None:
        async def named(request: Request) -> Response:
            request.scope["route"] = Template(path)
            return await endpoint(request)

        router.add_route(path, named, methods=[method])

    for lang in words.LANGS:
        for path, page in PAGES.items():
            add(f"/{lang}{path}", _endpoint(hub, lang, page))
        add(f"/{lang}/verify", _verify(hub, lang), "POST")
        add(f"/{lang}", _to(f"/{lang}/"))
    add("/", _begin)
    add(assets.FOLDER + "{name}", _static)
    add("/docs", _to("/docs/"))
    add("/docs/{path:path}", docs.endpoint(hub))
    return router


def _endpoint(hub: Face, lang: str, page: Page) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await face.answer(hub, request, lang, page)

    return endpoint


def _verify(hub: Face, lang: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise HubError("unsupported-media-type")
        return await face.answer(hub, request, lang, verify.pasted, await request.body())

    return endpoint


def _to(path: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return RedirectResponse(path, 308, headers=face.HEADERS)

    return endpoint


async def _begin(request: Request) -> Response:
    lang = words.preferred(request.headers.get("accept-language"))
    headers = {**face.HEADERS, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    return RedirectResponse(f"/{lang}/", 302, headers=headers)


async def _static(request: Request) -> Response:
    asset = assets.by_hashed_name().get(request.path_params["name"])
    if asset is None:
        raise HubError("not-found")
    packed = "gzip" in request.headers.get("accept-encoding", "").lower()
    headers = {**face.HEADERS, "Cache-Control": IMMUTABLE} | ({"Content-Encoding": "gzip"} if packed else {})
    return Response(asset.packed if packed else asset.data, headers=headers, media_type=asset.media_type)
