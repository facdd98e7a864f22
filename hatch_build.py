"""Puts the built documentation into the wheel (tocsin_hub/_docs) if somebody has built it, and is silent if nobody has.

A static force-include would break `pip install .` in a clean checkout, where docs/_build does not exist.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # type: ignore[import-not-found, unused-ignore]

BUILT = Path("docs", "_build", "html")
IN_WHEEL = "tocsin_hub/_docs"


class DocsHook(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]
    """Runs at the start of every build. An editable install is left alone: it finds the pages in the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages to a wheel, and to an sdist at their own place, so that a wheel made from it has them too."""
        built = Path(self.root) / BUILT
        if version == "editable" or not (built / "index.html").is_file():
            return
        target = IN_WHEEL if self.target_name == "wheel" else BUILT.as_posix()
        build_data["force_include"][str(built)] = target
