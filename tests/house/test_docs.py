"""Claims about the documents: what they say of the code is what the code says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from tocsin_hub import errors
from tocsin_hub.settings import Settings
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_trust import errors as trust_errors

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(p for p in ROOT.rglob("*.md") if not {".venv", "node_modules"} & set(p.parts))

_spec = importlib.util.spec_from_file_location("reference", Path(__file__).with_name("reference.py"))
assert _spec is not None
assert _spec.loader is not None
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs/reference" / name).read_text(encoding="utf-8") == reference.PAGES[name](), (
        "run: make reference"
    )


def test_every_refusal_of_the_pure_wings_has_a_status_and_a_hint_at_the_hub() -> None:
    assert sorted((trust_errors.CODES | taxonomy_errors.CODES) - set(errors.CODES)) == []


def test_every_code_hints_in_both_languages() -> None:
    for code, info in errors.CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert info.en.endswith("."), code
        assert re.search(r"[\u4e00-\u9fff]", info.zh), code
        assert 400 <= info.status <= 599, code


def test_every_code_that_the_hub_raises_is_in_the_table() -> None:
    raised = set()
    for path in (ROOT / "hub").rglob("*.py"):
        raised |= set(re.findall(r"HubError\(\s*\"([a-z0-9-]+)\"", path.read_text()))
    assert raised
    assert sorted(raised - set(errors.CODES)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_shows_the_quickstart_that_is_run() -> None:
    shown = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)
    assert shown is not None
    run = (ROOT / "docs/examples/quickstart.py").read_text(encoding="utf-8")
    assert shown.group(1).strip() in run
    assert len([line for line in shown.group(1).strip().splitlines() if line.strip()]) <= 15


def test_the_compose_file_names_only_settings_that_exist_and_waits_for_health() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services = compose["services"]
    known = {f"TOCSIN_{name.upper()}" for name in Settings.model_fields}
    dockerfile = (ROOT / "hub/Dockerfile").read_text(encoding="utf-8")
    used = set(services["hub"]["environment"]) | set(re.findall(r"(TOCSIN_[A-Z_]+)=", dockerfile))
    assert sorted(used - known) == []
    assert services["postgres"]["image"] == "postgres:16"
    assert all("healthcheck" in service for service in services.values())
    assert services["hub"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    mounted = {str(v).split(":")[0] for service in services.values() for v in service["volumes"]}
    assert mounted == set(compose["volumes"])


def test_the_compose_file_refuses_to_start_without_a_password() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    uses = re.findall(r"\$\{TOCSIN_DB_PASSWORD[^}]*\}", text)
    assert uses
    assert all(use.startswith("${TOCSIN_DB_PASSWORD:?") for use in uses)


def test_the_settings_of_the_image_are_values_the_hub_accepts() -> None:
    dockerfile = (ROOT / "hub/Dockerfile").read_text(encoding="utf-8")
    pairs = dict(re.findall(r"(TOCSIN_[A-Z_]+)=(\S+)", dockerfile))
    values = {name.removeprefix("TOCSIN_").lower(): value for name, value in pairs.items()}
    assert Settings.model_validate(values, strict=False).host == "0.0.0.0"
