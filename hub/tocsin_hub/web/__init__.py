"""The public pages: what goes wrong with AI and what helps, for people, in Chinese and English."""

from __future__ import annotations

from fastapi import FastAPI

from tocsin_hub.web import docs, face, refusals, routes
from tocsin_hub.web.figures.gallery import Gallery


def mount(app: FastAPI, parts: face.Parts, *, cursor_key: bytes, version: str) -> None:
    """Put the pages onto `app`; after the REST face, whose refusals become pages here."""
    hub = face.Face(
        parts=parts,
        cursor_key=cursor_key,
        version=version,
        docs=docs.built(),
        shelf=face.Shelf(),
        gallery=Gallery(hub=parts.keyring.origin),
    )
    app.include_router(routes.routes(hub))
    app.add_middleware(refusals.Refusals, contact=parts.settings.contact)
