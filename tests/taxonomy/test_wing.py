"""Claims about the wing: pure, quick, complete vocabulary, templates that pass as they stand."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

import tocsin_taxonomy
from tocsin_taxonomy import errors, redact, report, templates, vocab

WING = Path(tocsin_taxonomy.__file__).parent
CLOCK = {"now", "today", "utcnow"}
OPENERS = {
    "asyncio", "ftplib", "http", "httpx", "io", "logging", "os", "pathlib", "random", "requests", "secrets", "shutil",
    "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(WING.glob("*.py")), ids=lambda path: path.name)
def test_the_wing_opens_nothing_and_has_no_clock(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call):
            assert not (isinstance(node.func, ast.Name) and node.func.id == "open")
            assert not (isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK)
        assert not {name.split(".")[0] for name in names} & OPENERS, path.name


def test_nothing_inside_the_wing_imports_through_the_front_door() -> None:
    for path in WING.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "tocsin_taxonomy":
                for alias in node.names:
                    assert (WING / f"{alias.name}.py").exists() or path.name == "__init__.py", (path.name, alias.name)


def test_the_front_door_shows_every_public_name_and_loads_nothing_before_it_is_asked() -> None:
    assert {getattr(tocsin_taxonomy, name) is not None for name in tocsin_taxonomy.__all__} == {True}
    with pytest.raises(AttributeError):
        _ = tocsin_taxonomy.nothing
    code = "import sys, tocsin_taxonomy.vocab; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_every_value_of_every_list_has_a_name_in_both_languages() -> None:
    assert len(vocab.LISTS) > 40
    for name, values in vocab.LISTS.items():
        assert len(values) == len(set(values))
        for value in values:
            assert vocab.label(name, value, "en").strip()
            assert vocab.label(name.upper(), value, "zh").strip()
        assert list(vocab.labels(name)) == list(values)
    assert {name: set(rows) for name, rows in vocab._labels().items()} == {
        name: set(values) for name, values in vocab.LISTS.items()
    }


def test_every_code_of_error_has_a_meaning_and_no_other_can_be_raised() -> None:
    for code in errors.CODES:
        assert errors.TaxonomyError(code, "a.b").meaning
    with pytest.raises(KeyError):
        errors.TaxonomyError("made-up")
    assert errors.TaxonomyError("bare-code", "b").at("a").where == "a.b"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", vocab.KINDS)
def test_a_template_passes_as_it_stands_and_holds_every_required_field(kind: str, lang: str) -> None:
    text = templates.template(kind, lang)
    body = yaml.safe_load(text)
    record = report.parse(kind, body, mode="pseudonymous")
    redact.check(record)
    assert record.language == lang
    assert set(report.required_fields(kind)) <= set(body)
    assert templates.PLACEHOLDER in text
    assert text.count("\n# ") >= len(report.required_fields(kind))
    assert report.template is templates.template


def test_parsing_a_typical_incident_takes_tens_of_microseconds(bodies: SimpleNamespace) -> None:
    """Measured 25 us on two cores; the bar leaves room for a busy machine."""
    body = bodies.incident(risk_tags=[bodies.tag(bodies.criminal), bodies.tag(bodies.attack)])
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(50):
            report.parse("incident", body, mode="pseudonymous")
        best = min(best, (time.perf_counter() - start) / 50)
    assert best < 150e-6


def test_only_one_room_knows_the_stix_library() -> None:
    assert [path.name for path in sorted(WING.glob("*.py")) if "import stix2" in path.read_text()] == ["stix.py"]
    code = "import sys, tocsin_taxonomy.report, tocsin_taxonomy.redact, tocsin_taxonomy.crosswalk; print('stix2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
