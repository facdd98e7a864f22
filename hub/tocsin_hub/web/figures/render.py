"""The child that draws, started by `studio`: JSON jobs on stdin, one JSON object on stdout, then it ends.

    stdin   [{"id": "...", "form": "page", "plan": {...}, "theme": "light"}, {"id": "...", "form": "svg" | "png", "sheet": {...}, ...}]
    stdout  {"<id>": "<svg ...>" | base64 of a PNG | null where a font is missing}

It reads no file, opens no socket and sees no record: plans hold counts and labels only.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import vl_convert

from tocsin_hub.web.figures import palette, sheetcraft, sketch, tidy

PNG_SCALE = 2
_PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-size="14" font-family="{font}">{text}</text></svg>'


def draw(job: dict[str, Any]) -> str | None:
    """One job's answer."""
    colours = palette.THEMES[job["theme"]]
    if job["form"] == "page":
        return tidy.small(_svg(sketch.panel_spec(job["plan"], colours)), colours)
    sheet = job["sheet"]
    drawn = sheetcraft.framed(sheet, colours, palette.ON_SHADE[job["theme"]])
    spec = sketch.spec(drawn) | {"background": colours["paper"], "padding": 24}
    svg = tidy.whole(_svg(spec), sheet["headline"], sheet["measure"])
    if job["form"] == "svg":
        return svg
    if not has_glyphs(sheet["lang"]):
        return None
    return base64.b64encode(vl_convert.svg_to_png(svg, scale=PNG_SCALE)).decode()


def _svg(spec: dict[str, Any]) -> str:
    made: str = vl_convert.vegalite_to_svg(spec)
    return made


def has_glyphs(lang: str) -> bool:
    """Whether this machine has a font for `lang`: two different characters drawn must differ, else both are the same box."""
    pair = ("中", "国") if lang == "zh" else ("a", "b")
    drawn = {bytes(vl_convert.svg_to_png(_PROBE.format(font=palette.FONT, text=text))) for text in pair}
    blank = bytes(vl_convert.svg_to_png(_PROBE.format(font=palette.FONT, text=" ")))
    return len(drawn - {blank}) == 2


def main() -> None:
    jobs = json.load(sys.stdin)
    json.dump({job["id"]: draw(job) for job in jobs}, sys.stdout, ensure_ascii=True)
