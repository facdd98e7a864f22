"""The reference page says what the data say, and the examples in the README are true."""

from __future__ import annotations

import re
from pathlib import Path

from tocsin_taxonomy import page, schemes

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_page_is_the_one_the_data_make() -> None:
    written = (ROOT / "docs/reference/taxonomy.md").read_text(encoding="utf-8")
    assert written == page.render(), "run: python -m tocsin_taxonomy > docs/reference/taxonomy.md"


def test_every_code_named_in_the_readme_exists() -> None:
    text = (ROOT / "taxonomy/README.md").read_text(encoding="utf-8")
    codes = [code for code in re.findall(r"`([a-z0-9-]+@[0-9A-Za-z.-]+:[^`\s]+)`", text) if "2027" not in code]
    assert len(codes) >= 3
    for code in codes:
        schemes.resolve(code)
