"""The documentation site: Sphinx reads the Markdown of this folder; the pages it writes load nothing from another host."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

project = "Tocsin"
author = "The Tocsin contributors"
project_copyright = "The Tocsin contributors, Apache-2.0"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "examples"]
language = "en"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# Text in code fences without a language is shown as it is; nothing guesses.
highlight_language = "text"

# A JSON sample with … in it is meant for people; that it does not lex is no fault of the page.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = "Tocsin 警钟"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
# The same sources give the same pages: no date of the build stands in them.
html_last_updated_fmt = None

_HERE = Path(__file__).resolve().parent
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s:]+)(?:#[^)]*)?\)")


def _name_what_lies_outside(app: Any, page: str, source: list[str]) -> None:
    """A link that leaves this folder works in the checkout and would lead nowhere on the site: name the file instead."""
    folder = (_HERE / page).parent

    def named(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve()
        if target.is_relative_to(_HERE):
            return found[0]
        return f"{found[1]} (`{target.relative_to(_HERE.parent)}`)"

    source[0] = _LINK.sub(named, source[0])


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _name_what_lies_outside)
    return {"parallel_read_safe": True}
