"""Atom (RFC 4287): the newest records of a view, so that a view can be watched without an account."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from tocsin_hub.catalogue import search
from tocsin_hub.catalogue.view import RecordView
from tocsin_hub.web import exports, facets, render, shown, words
from tocsin_hub.web.face import Made, Seen
from tocsin_hub.web.query import View

ATOM = "http://www.w3.org/2005/Atom"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ROOT = uuid.UUID("6f8cf5c2-63a1-5b6b-9d67-3f6b4f2f8a11")


def records(seen: Seen, view: View, items: Sequence[RecordView], folder: str) -> Made:
    """The feed of a view. An entry's id stays the same for the record; its date is that of its newest version."""
    path = f"/{seen.lang}/{folder}"
    changed = _changed(seen, items)
    feed = Element("feed", {"xmlns": ATOM, _XML_LANG: words.HTML_LANG[seen.lang]})
    _text(feed, "id", _urn(seen, view.address(f"/{folder}")))
    said = [value for _, value, _ in facets.chips(seen, view, path)]
    heading = render.text(seen, "Incidents" if folder == "incidents" else "Responses")
    _text(feed, "title", " · ".join([render.text(seen, "Tocsin"), heading, *map(shown.plain, said)]))
    _text(feed, "updated", words.stamp(max(changed.values(), default=0)))
    SubElement(feed, "link", {"rel": "self", "href": seen.base + view.address(f"{path}.atom")})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": seen.base + view.address(path)})
    _text(SubElement(feed, "author"), "name", seen.face.parts.keyring.origin)
    for item in items:
        _entry(seen, feed, item, changed[item.thread])
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="utf-8")
    return Made(body, "application/atom+xml; charset=utf-8")


def _entry(seen: Seen, feed: Element, item: RecordView, changed_unix_s: int) -> None:
    said = item.content
    entry = SubElement(feed, "entry", {_XML_LANG: render.language(said.title.language)})
    _text(entry, "id", _urn(seen, item.record_id))
    _text(entry, "title", f"{item.record_id} {shown.plain(said.title.text)}")
    _text(entry, "updated", words.stamp(changed_unix_s))
    _text(entry, "published", words.stamp(item.accepted_unix_s))
    where = exports.address(seen, item.record_id, item.kind)
    SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": where})
    if said.summary is not None:
        _text(entry, "summary", shown.plain(shown.clipped(said.summary.text, 600)))
    if said.provenance is not None:
        _text(entry, "rights", shown.plain(f"{said.provenance.licence}. {said.provenance.attribution or ''}".strip()))
    for tag in said.tags[:20]:
        label = words.name(tag.compact, seen.lang)
        SubElement(entry, "category", {"term": tag.compact, "label": label})


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _urn(seen: Seen, what: str) -> str:
    return uuid.uuid5(_ROOT, f"{seen.face.parts.keyring.origin}\n{what}").urn


def _changed(seen: Seen, items: Sequence[RecordView]) -> dict[str, int]:
    """When each record got its newest version."""
    amended = [bytes.fromhex(item.thread) for item in items if item.amends]
    newest = {item.thread: item.accepted_unix_s for item in items}
    for thread, versions in zip(amended, search.histories(seen.session, seen.viewer, amended), strict=True):
        newest[thread.hex()] = max((version.accepted_unix_s for version in versions), default=newest[thread.hex()])
    return newest
