"""Where pages get figures from: tables asked for, figure built, drawings made by the child, all kept while nothing changes."""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.members import access
from tocsin_hub.trends import query
from tocsin_hub.trends.columns import Columns
from tocsin_hub.web.figures import building, frames
from tocsin_hub.web.figures.figure import Figure, Kind, Lang, Response, Setting, Theme
from tocsin_hub.web.figures.studio import Studio

KEEP_FIGURES = 256
FRESH_S = 60  # an embargo may end, and a year begin, between two entries of the log


class Gallery:
    """One per hub process. Safe to use from many threads. `hub` is the name that files give as their source."""

    def __init__(self, *, hub: str, studio: Studio | None = None) -> None:
        self.hub = hub
        self.studio = studio or Studio()
        self._kept: OrderedDict[tuple[object, ...], Figure] = OrderedDict()
        self._lock = threading.Lock()

    def show(
        self,
        session: Session,
        columns: Columns,
        viewer: access.Viewer,
        asked: query.TrendQuery,
        *,
        kind: Kind,
        lang: Lang,
        permalink: str,
        checkpoint: str = "",
        responses: Callable[[], Sequence[Response]] | None = None,
    ) -> Figure:
        """The figure over the records that `asked` chooses and `viewer` may read, without drawings: `hang` adds them.

        Only what the public reads is kept; `responses` is called only if the figure is not.
        """
        as_of = columns.catch_up(session)
        now = viewer.now_unix_s
        key = (as_of, now // FRESH_S, asked, kind, lang, permalink, checkpoint)
        public = viewer.kind == "public" and viewer.org is None and viewer.author_key is None
        if public and (kept := self._find(key)):
            return kept
        tables = [query.table(session, columns, viewer, one) for one in building.needs(kind, asked)]
        setting = Setting(lang, self.hub, permalink, checkpoint, now)
        fig = building.build(kind, tables, asked, setting, responses() if responses else ())
        if public:
            with self._lock:
                self._kept[key] = fig
                while len(self._kept) > KEEP_FIGURES:
                    self._kept.popitem(last=False)
        return fig

    def _find(self, key: tuple[object, ...]) -> Figure | None:
        with self._lock:
            return self._kept.get(key)

    def hang(self, figures: Sequence[Figure]) -> list[Figure]:
        """The same figures with their drawings; all that are missing are drawn by one child. Needs no database."""
        jobs = [{"form": "page", "theme": "light", "plan": panel.plan} for fig in figures for panel in fig.panels]
        drawn = iter(self.studio.draw(jobs) if jobs else [])
        return [
            replace(fig, panels=tuple(replace(panel, svg=next(drawn) or "") for panel in fig.panels)) for fig in figures
        ]

    def file(self, fig: Figure, *, form: Literal["svg", "png"], theme: Theme = "light") -> bytes:
        """The figure as a file that stands alone: headline, legend, method, source, as-of and checkpoint inside the frame.

        Raises HubError figure-not-drawn: the child failed, or this machine has no font for a PNG in this language.
        """
        [drawn] = self.studio.draw([{"form": form, "theme": theme, "sheet": frames.of(fig)}])
        if drawn is None:
            raise HubError("figure-not-drawn")
        return drawn.encode() if form == "svg" else base64.b64decode(drawn)
