"""One record: what happened, from cause to harm, the steps, what helps, the codes, the proof, the history."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin_hub.catalogue import content, search
from tocsin_hub.catalogue.filters import RecordQuery
from tocsin_hub.catalogue.view import RecordView, Tombstone
from tocsin_hub.errors import HubError
from tocsin_hub.web import exports, render, words
from tocsin_hub.web.face import Made, Seen
from tocsin_hub.web.query import View, encoded
from tocsin_taxonomy import schemes
from tocsin_taxonomy.errors import TaxonomyError

STIX = "application/stix+json;version=2.1"
HELPS = 8
LOOKED_AT = 60
KINDS = {"incidents": ("incident", "finding"), "responses": ("mitigation",)}


@dataclass(frozen=True, slots=True)
class Help:
    """A response and the codes that it shares with an incident."""

    item: RecordView
    shared: tuple[str, ...]


def incident(seen: Seen) -> Made:
    """/incidents/ID."""
    return _page(seen, "incidents")


def response(seen: Seen) -> Made:
    """/responses/ID."""
    return _page(seen, "responses")


def _page(seen: Seen, folder: str) -> Made:
    item = find(seen, folder)
    if isinstance(item, Tombstone):
        return render.page(seen, "tombstone.html", here=folder, status=410, folder=folder, item=item)
    codes = known_codes(item.content.tags)
    shared: dict[str, Any] = {
        "item": item,
        "folder": folder,
        "crumbs": _crumbs(item.primary_category),
        "codes": codes,
        "similar": "?" + encoded([("tag", item.primary_category)]) if item.primary_category else "",
        "versions": search.history(seen.session, seen.viewer, item.record_id) or [],
    }
    feed = f"/{seen.lang}/{folder}.atom{shared['similar']}"
    if folder == "responses":
        return render.page(
            seen,
            "response.html",
            here=folder,
            feed=feed,
            **shared,
            risks=_risks(seen, codes),
            used=_used_in(seen, item),
        )
    body = orjson.loads(item.body)
    return render.page(
        seen,
        "incident.html",
        here=folder,
        feed=feed,
        **shared,
        steps=_steps(body),
        helps=_helps(seen, codes),
        body=body,
    )


def json(folder: str) -> Any:
    """The page function of a record as JSON."""

    def made(seen: Seen) -> Made:
        item = find(seen, folder)
        if isinstance(item, Tombstone):
            raise HubError("erased" if item.state == "erased" else "not-found")
        return exports.document(
            {"v": 1, "asOf": seen.as_of, "checkpoint": seen.checkpoint_size} | exports.record(seen, item)
        )

    return made


def stix(folder: str) -> Any:
    """The page function of a record as a STIX 2.1 bundle. Findings have no STIX form yet and are not-found."""

    def made(seen: Seen) -> Made:
        # Imported here: the library takes memory that a hub whose readers never ask for STIX need not spend.
        from tocsin_taxonomy import report
        from tocsin_taxonomy import stix as written

        item = find(seen, folder)
        if isinstance(item, Tombstone) or item.kind == "finding":
            raise HubError("not-found")
        versions = search.history(seen.session, seen.viewer, item.record_id) or []
        accepted = versions[-1].accepted_unix_s if versions else item.accepted_unix_s
        record = report.parse(item.kind, orjson.loads(item.body), mode=item.mode)
        origin = seen.face.parts.keyring.origin
        objects = written.to_objects(item.record_id, record, origin=origin, accepted_unix_s=accepted)
        bundle = {
            "type": "bundle",
            "id": f"bundle--{uuid.uuid5(uuid.NAMESPACE_URL, f'{origin}/{item.digest}')}",
            "objects": [orjson.Fragment(each.serialize()) for each in objects],
        }
        return exports.attachment(orjson.dumps(bundle), STIX, f"{item.record_id}.stix.json")

    return made


def find(seen: Seen, folder: str) -> RecordView | Tombstone:
    """The record that the address names. Raises HubError not-found, also for a record of the other list."""
    item = search.get(seen.session, seen.viewer, seen.args["ref"])
    if item is None or item.kind not in KINDS[folder]:
        raise HubError("not-found")
    return item


def known_codes(tags: tuple[content.Tag, ...]) -> tuple[str, ...]:
    """The codes of the tags that this hub knows, each once."""
    found: dict[str, None] = {}
    for tag in tags:
        try:
            schemes.resolve(tag.compact)
        except TaxonomyError:
            continue
        found[tag.compact] = None
    return tuple(found)


def _crumbs(category: str | None) -> tuple[str, ...]:
    if category is None or not words.layer(category):
        return ()
    return (f"{schemes.CAICT}:{words.layer(category)}", category)


def _steps(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The attack steps, as the record has them: {tactic, technique}."""
    found: list[dict[str, Any]] = (body.get("security") or {}).get("attack_steps") or []
    return found


def _helps(seen: Seen, codes: tuple[str, ...]) -> list[Help]:
    """The responses that address a code of this record, those that share most first."""
    if not codes:
        return []
    found = search.page(
        seen.session,
        seen.viewer,
        RecordQuery(kinds=("mitigation",), tags=codes[:20]),
        LOOKED_AT,
        cursor_key=seen.face.cursor_key,
    )
    helps = [Help(item, tuple(code for code in codes if _covers(code, item))) for item in found.items]
    return sorted(helps, key=lambda help: (-len(help.shared), -help.item.rec))[:HELPS]


def _covers(code: str, item: RecordView) -> bool:
    """Whether a response addresses a code, or one that lies below it."""
    own = schemes.parse(code)
    return any(tag == code or own in schemes.ancestors(schemes.parse(tag)) for tag in known_codes(item.content.tags))


def _risks(seen: Seen, codes: tuple[str, ...]) -> list[tuple[str, int, str]]:
    """(code, incidents that name it, address of their list) of each risk that a response addresses."""
    found = []
    for code in codes:
        view = View(RecordQuery(kinds=("incident",), tags=(code,)), (("tag", code),))
        total = search.page(
            seen.session, seen.viewer, view.query, 1, cursor_key=seen.face.cursor_key, with_total=True
        ).total
        found.append((code, total or 0, view.address(f"/{seen.lang}/incidents")))
    return sorted(found, key=lambda risk: -risk[1])


def _used_in(seen: Seen, item: RecordView) -> list[RecordView]:
    """Newest incidents that name a risk which this response addresses."""
    codes = known_codes(item.content.tags)
    if not codes:
        return []
    query = RecordQuery(kinds=("incident",), tags=codes[:20])
    return search.page(seen.session, seen.viewer, query, 5, cursor_key=seen.face.cursor_key).items
