"""What a framed file says, as plain words and numbers for the child."""

from __future__ import annotations

from typing import Any

from tocsin_hub.web.figures import names
from tocsin_hub.web.figures.figure import Figure
from tocsin_hub.web.figures.words import say

SHOWN_CHECKPOINT = 80  # letters; a whole checkpoint note would be several lines


def of(fig: Figure) -> dict[str, Any]:
    """The sheet of a figure: all that the file shows, in the order in which it stands there."""
    lang = fig.lang
    proof = [fig.permalink]
    if fig.checkpoint:
        proof.insert(0, say("frame.checkpoint", lang, checkpoint=fig.checkpoint[:SHOWN_CHECKPOINT]))
    return {
        "kind": fig.kind,
        "lang": lang,
        "title": fig.title,
        "headline": fig.headline,
        "measure": f"{fig.measure} {say('frame.n', lang, n=fig.n)}",
        "legend": [list(entry) for entry in fig.legend],
        "notes": [fig.coverage, fig.method],
        "source": fig.source,
        "proof": proof,
        "ticks": list(fig.ticks),
        "columns": [column.label for column in fig.columns],
        "rows": [
            {"label": row.label, "cells": [[cell.css, cell.text] for cell in row.cells]}
            for row in (fig.rows if fig.kind in ("heat", "matrix") else ())
        ],
        "panels": [
            {
                "label": names.plain(panel.label),
                "layer_label": say(panel.layer, lang) if panel.layer else "",
                "text": panel.text,
                "note": panel.note,
                "plan": panel.plan,
            }
            for panel in fig.panels
        ],
    }
