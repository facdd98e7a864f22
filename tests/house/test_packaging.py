"""Claims about what is shipped: the wheel carries migrations and, if they were built, the docs; the docs load nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (
    "trust",
    "taxonomy",
    "client",
    "hub",
    "migrations",
    "pyproject.toml",
    "hatch_build.py",
    "README.md",
    "LICENSE",
)
# What makes a browser or a style sheet fetch something by itself. A plain link is followed by a reader only.
FETCHES = re.compile(
    r"<(?:script|img|iframe|source|video|audio|object|embed|link)\b[^>]*?\b(?:src|href|data|srcset)=[\"']?(?:https?:)?//[^\s>\"']+"
    r"|@import\s+[^;]{0,20}(?:https?:)?//[^;]+"
    r"|url\(\s*[\"']?(?:https?:)?//[^)]+",
    re.I,
)


def _without(*modules: str) -> list[str]:
    return [name for name in modules if importlib.util.find_spec(name) is None]


def _copy(target: Path) -> Path:
    """What a wheel is made from, and no more: no .git, no venv, no docs."""
    target.mkdir()
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    if (ROOT / ".gitignore").exists():
        shutil.copy(ROOT / ".gitignore", target)  # what git ignores, the builder leaves out too
    return target


def _build(source: Path, *options: str) -> list[str]:
    """Build with the builder of this environment, without a network; the names in the archive."""
    out = source / "dist"
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *options, "-d", str(out)],
        cwd=source,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    (made,) = out.iterdir()
    if made.suffix == ".whl":
        with zipfile.ZipFile(made) as archive:
            return archive.namelist()
    shutil.unpack_archive(made, source / "unpacked")
    return [str(path.relative_to(source / "unpacked")) for path in (source / "unpacked").rglob("*")]


def _with_docs(source: Path) -> Path:
    built = source / "docs/_build/html"
    (built / "_static").mkdir(parents=True)
    (built / "index.html").write_text("<h1>built</h1>", encoding="utf-8")
    (built / "_static/style.css").write_text("", encoding="utf-8")
    return source


@pytest.mark.slow
@pytest.mark.skipif(bool(_without("hatchling")), reason="hatchling is not in this environment")
def test_a_wheel_carries_the_migrations_and_needs_no_docs(tmp_path: Path) -> None:
    names = _build(_copy(tmp_path / "plain"), "-t", "wheel")
    assert "tocsin_hub/_migrations/env.py" in names
    assert any(re.fullmatch(r"tocsin_hub/_migrations/versions/0001_.*\.py", name) for name in names)
    assert not [name for name in names if name.startswith("tocsin_hub/_docs")]
    assert {name.split("/")[0] for name in names if not name.startswith("tocsin-")} == {
        "tocsin_trust",
        "tocsin_taxonomy",
        "tocsin_client",
        "tocsin_hub",
    }
    assert "tocsin_taxonomy/data/caict-2024/2024-12.yaml" in names


@pytest.mark.slow
@pytest.mark.skipif(bool(_without("hatchling")), reason="hatchling is not in this environment")
def test_a_wheel_carries_the_docs_if_they_were_built(tmp_path: Path) -> None:
    names = _build(_with_docs(_copy(tmp_path / "built")), "-t", "wheel")
    assert "tocsin_hub/_docs/index.html" in names
    assert "tocsin_hub/_docs/_static/style.css" in names
    assert "tocsin_hub/_migrations/env.py" in names


@pytest.mark.slow
@pytest.mark.skipif(bool(_without("hatchling")), reason="hatchling is not in this environment")
def test_an_sdist_carries_what_its_wheel_needs(tmp_path: Path) -> None:
    names = _build(_with_docs(_copy(tmp_path / "source")), "-t", "sdist")
    root = names[0].split("/")[0]
    assert f"{root}/docs/_build/html/index.html" in names
    assert f"{root}/hatch_build.py" in names
    assert f"{root}/migrations/env.py" in names


@pytest.mark.slow
@pytest.mark.skipif(bool(_without("hatchling")), reason="hatchling is not in this environment")
def test_an_editable_install_needs_no_docs_and_ignores_them(tmp_path: Path) -> None:
    code = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
    for source in (_copy(tmp_path / "plain"), _with_docs(_copy(tmp_path / "built"))):
        out = source / "dist"
        out.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", code, str(out)], cwd=source, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        with zipfile.ZipFile(next(out.iterdir())) as archive:
            assert not [name for name in archive.namelist() if "_docs" in name]


def test_the_image_copies_what_the_wheel_is_built_from() -> None:
    """The hook runs in every build, so a Dockerfile that copies pyproject.toml without it cannot build."""
    if (
        "hatch_build" not in (ROOT / "pyproject.toml").read_text()
        and "build.hooks" not in (ROOT / "pyproject.toml").read_text()
    ):
        pytest.skip("pyproject.toml names no build hook")
    assert "hatch_build.py" in (ROOT / "hub/Dockerfile").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(bool(_without("sphinx", "myst_parser", "furo")), reason="the docs extra is not installed")
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(tmp_path / "trees")]
    done = subprocess.run(
        [*words, str(ROOT / "docs"), str(tmp_path / "html")], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    pages = sorted(p for p in (tmp_path / "html").rglob("*") if p.suffix in {".html", ".css", ".js", ".svg"})
    assert sum(p.suffix == ".html" for p in pages) > 40
    found = {
        f"{page.relative_to(tmp_path)}: {hit}"
        for page in pages
        for hit in FETCHES.findall(page.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_the_check_for_foreign_assets_would_notice() -> None:
    for line in (
        '<script src="https://cdn.example/x.js">',
        '<link rel="stylesheet" href="//fonts.example/css">',
        "@import url(https://x.example/a.css);",
        "background: url('http://x.example/a.png')",
    ):
        assert FETCHES.search(line), line
    assert not FETCHES.search('<a href="https://example.org">')
    assert not FETCHES.search("url('data:image/svg+xml,<svg xmlns=\"http://www.w3.org/2000/svg\"/>')")
