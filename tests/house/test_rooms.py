"""Claims about the house itself: floors, sizes, names, the one commit, and what no file may hold."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WINGS = [ROOT / "trust", ROOT / "taxonomy", ROOT / "client", ROOT / "hub"]
SOURCES = sorted(p for wing in WINGS for p in wing.rglob("*.py"))
LONGEST_FILE = 500
LONG_FILE = 300
LONG_FUNCTION = 50
REASON = re.compile(r"\blong because\b", re.IGNORECASE)


def _rel(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    exe = Path(sys.executable).with_name("lint-imports")
    env = {"PYTHONPATH": ":".join(str(root / w.name) for w in WINGS), "PATH": "/usr/bin:/bin", "HOME": str(root)}
    return subprocess.run([str(exe), "--no-cache"], cwd=root, env=env, capture_output=True, text=True, timeout=120)


def test_every_import_goes_down_the_stairs() -> None:
    result = _lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "line", "contract"),
    [
        ("hub/tocsin_hub/errors.py", "import tocsin_client", "Wings"),
        ("trust/tocsin_trust/errors.py", "import tocsin_taxonomy.errors", "Wings"),
        ("hub/tocsin_hub/ledger/entries.py", "import tocsin_hub.intake.admit", "Floors"),
        ("hub/tocsin_hub/members/access.py", "import tocsin_hub.catalogue.search", "Floors"),
        ("trust/tocsin_trust/merkle.py", "import socket", "pure"),
        ("hub/tocsin_hub/intake/admit.py", "import httpx", "sockets"),
    ],
)
def test_a_planted_import_upstairs_is_caught(tmp_path: Path, where: str, line: str, contract: str) -> None:
    for wing in WINGS:
        shutil.copytree(wing, tmp_path / wing.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / where
    target.write_text(target.read_text() + f"\n{line}  # planted\n")
    result = _lint_imports(tmp_path)
    assert result.returncode != 0
    broken = [text for text in result.stdout.splitlines() if "BROKEN" in text]
    assert any(contract.lower() in text.lower() for text in broken), result.stdout


@pytest.mark.slow
def test_a_room_without_a_floor_is_caught(tmp_path: Path) -> None:
    for wing in WINGS:
        shutil.copytree(wing, tmp_path / wing.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    room = tmp_path / "hub/tocsin_hub/attic"
    room.mkdir()
    (room / "__init__.py").write_text('"""A room nobody gave a floor."""\n')
    assert _lint_imports(tmp_path).returncode != 0


def test_only_the_store_commits() -> None:
    found = [
        (_rel(p), n)
        for p in SOURCES
        if _rel(p).startswith("hub/")
        for n in [len(re.findall(r"\.commit\(", p.read_text()))]
        if n
    ]
    assert found == [("hub/tocsin_hub/store/session.py", 1)]


@pytest.mark.parametrize("path", SOURCES, ids=_rel)
def test_the_first_line_of_a_file_says_what_the_room_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, f"{_rel(path)} has no docstring"
    first = docstring.splitlines()[0]
    assert 20 <= len(first) <= 140, first


@pytest.mark.parametrize("path", SOURCES, ids=_rel)
def test_no_file_and_no_function_grows_without_a_reason(path: Path) -> None:
    text = path.read_text()
    lines = text.count("\n")
    assert lines <= LONGEST_FILE, f"{_rel(path)} has {lines} lines: it wants to be two rooms"
    tree = ast.parse(text)
    docstring = ast.get_docstring(tree) or ""
    assert lines <= LONG_FILE or REASON.search(docstring), f"{_rel(path)} has {lines} lines and gives no reason"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            reason = REASON.search(ast.get_docstring(node) or "")
            assert length <= LONG_FUNCTION or reason, (
                f"{_rel(path)}: {node.name} has {length} lines and gives no reason"
            )


def test_no_room_is_called_after_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "misc"}
    assert [_rel(p) for p in SOURCES if p.stem in empty or p.parent.name in empty] == []


def _broad(handler: ast.ExceptHandler) -> bool:
    names = [handler.type] if not isinstance(handler.type, ast.Tuple) else handler.type.elts
    return handler.type is None or any(
        isinstance(n, ast.Name) and n.id in {"Exception", "BaseException"} for n in names
    )


def test_errors_are_caught_broadly_only_at_the_edges() -> None:
    """A request, a command and a worker may catch everything, and say `edge` beside it; elsewhere a handler re-raises."""
    found = []
    for path in SOURCES:
        text = path.read_text()
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler) and _broad(node):
                last = node.body[-1]
                passes_on = isinstance(last, ast.Raise) and last.exc is None
                if not passes_on and "edge" not in lines[node.lineno - 1]:
                    found.append(f"{_rel(path)}:{node.lineno}")
    assert found == []


def test_importing_the_client_brings_no_server_package() -> None:
    code = (
        "import pkgutil, importlib, sys, tocsin_client\n"
        "for m in pkgutil.walk_packages(tocsin_client.__path__, 'tocsin_client.'):\n"
        "    if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
        "bad = {'fastapi','starlette','sqlmodel','sqlalchemy','strawberry','alembic','uvicorn','stix2','numpy','tocsin_hub'}\n"
        "print(sorted(bad & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def _committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_project_speaks_of_itself_only() -> None:
    """No path of a builder's machine, no registry host: what is committed must mean something to any reader."""
    forbidden = re.compile(
        r"/work/|\.\./shared|pypi\.org|pythonhosted|deb\.debian|registry\.npmjs|index-url\s*=|--index-url", re.I
    )
    allowed = {"tests/shared_data.py", "tests/house/test_rooms.py"}
    found = []
    for path in _committed():
        if _rel(path) in allowed or path.suffix in {".png", ".gz"}:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{_rel(path)}: {m.group(0)}" for m in forbidden.finditer(text)]
    assert found == []


_SECRET = re.compile(r"(?i)(password|passphrase|secret|token)$")


def _named_constants(tree: ast.AST) -> list[tuple[str, ast.expr]]:
    """Every (name, value) that a source gives by assignment, keyword or default."""
    found: list[tuple[str, ast.expr]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            found += [(ast.unparse(target), node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            found.append((ast.unparse(node.target), node.value))
        elif isinstance(node, ast.keyword) and node.arg is not None:
            found.append((node.arg, node.value))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            positional = [*arguments.posonlyargs, *arguments.args]
            found += [(a.arg, d) for a, d in zip(positional[::-1], arguments.defaults[::-1], strict=False)]
            found += [
                (a.arg, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None
            ]
    return found


def test_no_secret_has_a_default() -> None:
    """Passwords and keys come from files or the environment; no source, compose file or Dockerfile carries one."""
    found = [
        f"{_rel(path)}: {name}"
        for path in SOURCES
        for name, value in _named_constants(ast.parse(path.read_text()))
        if _SECRET.search(name)
        and isinstance(value, ast.Constant)
        and isinstance(value.value, str | bytes)
        and value.value
    ]
    for path in [ROOT / "docker-compose.yml", ROOT / "hub/Dockerfile"]:
        for line in path.read_text().splitlines():
            given = re.search(
                r"(?i)(?:password|passphrase|secret|token)\w*\s*[:=]\s*(\S+)",
                re.sub(r"\$\{[^}]*\}", "${}", line.split("#")[0]),
            )
            if given and not given.group(1).startswith("${}"):
                found.append(f"{_rel(path)}: {line.strip()[:60]}")
    assert found == []
