"""Pages that are mostly prose: accessibility, privacy, the member agreement, and how to report a problem with a record.

Each has a template per language (`privacy.en.html`, `privacy.zh.html`): long texts are written as texts, not as messages.
"""

from __future__ import annotations

from tocsin_hub.catalogue import search
from tocsin_hub.catalogue.view import RecordView
from tocsin_hub.errors import HubError
from tocsin_hub.web import render
from tocsin_hub.web.face import Made, Page, Seen

AGREEMENT = "2026-11"


def page(name: str) -> Page:
    """The page function of the prose called `name`."""

    def made(seen: Seen) -> Made:
        if seen.pairs:
            raise HubError("unknown-filter-value")
        settings = seen.face.parts.settings
        return render.page(
            seen,
            f"prose/{name}.{seen.lang}.html",
            here=name,
            version=AGREEMENT,
            certificate_days=settings.certificate_days,
            request_ttl_days=settings.request_ttl_days,
            erase_hours=max(1, settings.erase_interval_s // 3_600),
            token_hours=max(1, settings.token_ttl_s // 3_600),
        )

    return made


def report(seen: Seen) -> Made:
    """/report?record=ID: whom to tell, and what. This site takes no text."""
    asked = dict(seen.pairs)
    if not set(asked) <= {"record"} or len(asked) != len(seen.pairs):
        raise HubError("unknown-filter-value")
    item = search.get(seen.session, seen.viewer, asked["record"].strip()[:80]) if asked.get("record") else None
    return render.page(
        seen,
        "report.html",
        here="report",
        item=item if isinstance(item, RecordView) else None,
        record_id="" if item is None else item.record_id,
    )
