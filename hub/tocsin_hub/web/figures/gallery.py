"""Where pages get figures from: tables asked for, figure built, drawings made by the child, all kept while nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy.orm import Session

from tocsin_hub.members import access
from tocsin_hub.trends import query
from tocsin_hub.trends.columns import Columns
from tocsin_hub.web.figures.figure import Figure, Kind, Lang, Response, Theme


class Gallery:
    """One per hub process. Safe to use from many threads."""

    def __init__(self, *, hub: str) -> None:
        self.hub = hub

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
        responses: Sequence[Response] = (),
    ) -> Figure:
        """The figure with its drawings, over the records that `asked` chooses and `viewer` may read."""
        raise NotImplementedError

    def file(self, fig: Figure, *, form: Literal["svg", "png"], theme: Theme = "light") -> bytes:
        """The figure as a file that stands alone: headline, legend, method, source, as-of and checkpoint inside the frame."""
        raise NotImplementedError
