"""The documentation is served from this machine alone, and its policy names exactly the inline parts that it has."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tocsin_hub.errors import HubError
from tocsin_hub.web import docs


def sha(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_of_a_document_names_its_own_inline_parts_and_no_others() -> None:
    page = '<style>a{}</style><script src="x.js"></script><script>one()</script><p style="width:1%" onclick="two()">'
    policy = docs.policy(page)
    for part in ("a{}", "one()", "width:1%", "two()"):
        assert sha(part) in policy
    assert "'unsafe-inline'" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in docs.policy("<p>plain</p>")


@pytest.mark.parametrize(
    "path", ["../secret", "../../etc/passwd", "/etc/passwd", "a\x00b", "..\\secret", "x" * 2_000, "no.html"]
)
def test_nothing_outside_the_folder_is_served(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    inside = tmp_path / "docs"
    inside.mkdir()
    (inside / "index.html").write_text("<p>docs</p>")
    with pytest.raises(HubError):
        docs._file(inside, path)
    assert docs._file(inside, "").name == "index.html"


def test_a_hub_without_built_docs_says_so(site: Any) -> None:
    if docs.built() is not None:
        answer = site.get("/docs/")
        assert answer.status_code == 200
        assert "sha256-" in answer.headers["content-security-policy"]
        return
    answer = site.get("/docs/", **{"Accept-Language": "zh"})
    assert answer.status_code == 404
    assert "make docs" in answer.text
    assert 'lang="zh-Hans"' in answer.text
