"""Drawings come from a child process, obey the pages' policy, stand alone as files, and their loss costs nothing else."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tocsin_hub.errors import HubError
from tocsin_hub.web import figures
from tocsin_hub.web.figures import frames, gallery, studio

STYLES = Path(figures.__file__).with_name("figures.css").read_text()


@pytest.fixture(scope="module")
def shown() -> gallery.Gallery:
    """One gallery for all: its child starts once for what is asked once."""
    return gallery.Gallery(hub="Hub of the tests")


def test_the_hub_process_never_loads_the_drawing_libraries() -> None:
    ask = "import sys, tocsin_hub.web.figures.gallery; print([m for m in ('altair', 'vl_convert') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_page_is_drawn_by_one_child_and_then_by_none(shown: gallery.Gallery, made: Any) -> None:
    before = shown.studio.children
    first = shown.hang(made.every("en"))
    assert shown.hang(made.every("en")) == first
    assert shown.studio.children == before + 1
    assert all(panel.svg for fig in first for panel in fig.panels)


def test_drawings_need_no_inline_style_and_every_class_is_themed(shown: gallery.Gallery, made: Any) -> None:
    svgs = [panel.svg for fig in shown.hang(made.every("en")) for panel in fig.panels]
    for svg in svgs:
        root = ElementTree.fromstring(svg)
        assert root.attrib["aria-hidden"] == "true"
        for node in root.iter():
            assert not {"style", "onload", "href"} & set(node.attrib)
            assert node.tag.rpartition("}")[2] in {"svg", "g", "path", "line", "rect", "text", "tspan"}
            for name in node.attrib.get("class", "").split():
                assert f".{name}{{" in STYLES or f"svg.{name}{{" in STYLES, name
    assert len(gzip.compress("".join(svgs).encode())) < 6_000


def test_a_file_says_what_it_shows_and_where_it_comes_from(shown: gallery.Gallery, made: Any) -> None:
    figures_ = made.every("zh")
    shown.studio.draw([{"form": "svg", "theme": "dark", "sheet": frames.of(fig)} for fig in figures_])  # by one child
    for fig in figures_:
        root = ElementTree.fromstring(shown.file(fig, form="svg", theme="dark"))
        said = "".join(root.itertext()).replace(" ", "")
        for text in (fig.title, fig.headline, fig.measure, fig.coverage, fig.method, fig.source, made.checkpoint, made.permalink, *(entry[1] for entry in fig.legend)):  # fmt: skip
            assert text.replace(" ", "") in said, (fig.kind, text)
        assert root.attrib["role"] == "img"
        assert not re.search(r"\bstyle=|<script|<image", ElementTree.tostring(root, encoding="unicode"))


def test_a_png_is_a_picture(shown: gallery.Gallery, made: Any) -> None:
    drawn = shown.file(made.every("en")[0], form="png")
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(drawn) > 20_000


def test_a_hostile_title_stays_text(shown: gallery.Gallery, made: Any) -> None:
    hostile = "</text><script>alert(1)</script>\x00\x1b[31m\u202eevil\u202c\ud800 " + "w" * 10_000
    fig = next(fig for fig in made.every("en", title=hostile) if fig.kind == "responses")
    drawn = shown.file(fig, form="svg").decode()
    assert "<script" not in drawn
    assert not set("\x00\x1b\u202e\ud800") & set(drawn)
    assert len(drawn) < 40_000
    assert len(fig.headline) < 200


def test_a_failing_child_costs_only_the_pictures(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "_START", "raise SystemExit(3)")
    poor = gallery.Gallery(hub="Hub")
    figures_ = poor.hang(made.every("en"))
    assert all(fig.headline and fig.coverage for fig in figures_)
    assert not any(panel.svg for fig in figures_ for panel in fig.panels)
    with pytest.raises(HubError) as failed:
        poor.file(figures_[0], form="png")
    assert failed.value.code == "figure-not-drawn"


def test_a_hanging_child_is_ended(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "_START", "import time; time.sleep(60)")
    hasty = studio.Studio(timeout_s=0.3)
    assert hasty.draw([{"form": "page", "theme": "light", "plan": {}}]) == [None]


def test_drawings_kept_are_bounded() -> None:
    small = studio.Studio(keep_bytes=100)
    small._keep({str(at): "x" * 40 for at in range(10)})
    assert len(small._find([str(at) for at in range(10)])) == 2
