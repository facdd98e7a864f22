"""Claims about the tutorials: every command and every Python block runs against a real hub and says what the page says.

A block is run if the line before it says so, in a comment that no reader sees:

    <!-- run -->                       run it; it must end with 0
    <!-- run: exit 7 -->               it must end with 7
    <!-- run: answer PROMPT => TEXT; answer ... -->    at a terminal of its own; TEXT is typed when PROMPT is asked
    <!-- run: background until TEXT -->                kept running until the page ends or says `stop`
    <!-- run: stop -->                 what runs in the background is interrupted first
    <!-- not run: WHY -->              shown only

The commands of the other guides change too much to be run here; that they exist, with the options shown, is held below.

In a console block the lines after `$ command` must come in its output, in their order; `…` and runs of blanks stand for anything.
All blocks of a page share one folder, one shell environment and one free port in the place of 8400.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted(p for folder in ("how-to", "explanation", "tutorials") for p in (ROOT / "docs" / folder).glob("*.md"))
TUTORIALS = sorted(p for p in (ROOT / "docs/tutorials").glob("*.md") if p.name != "index.md")
BLOCK = re.compile(
    r"(?:<!-- *(?P<mark>(?:not )?run(?:(?!-->).)*?) *-->\n)?```(?P<lang>bash|console|python)\n(?P<code>.*?)```", re.S
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")
LIMIT_S = 120
# A child that gives `sys.argv[1:]` a terminal of its own and joins it to our pipes.
TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"


@dataclass(frozen=True, slots=True)
class Block:
    """One code block of a page and what its mark says."""

    lang: str
    code: str
    line: int
    run: bool
    marked: bool
    exit_code: int = 0
    until: str | None = None
    stop: bool = False
    answers: dict[str, str] = field(default_factory=dict)


def _blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [_block(text, found) for found in BLOCK.finditer(text)]


def _block(text: str, found: re.Match[str]) -> Block:
    mark = found["mark"]
    line = text.count("\n", 0, found.start("code"))
    if mark is None or mark.startswith("not run"):
        return Block(found["lang"], found["code"], line, run=False, marked=bool(mark and mark[7:].strip(": ")))
    block = {"exit_code": 0, "until": None, "stop": False, "answers": {}}
    for part in mark.removeprefix("run").removeprefix(":").split(";"):
        word, _, rest = part.strip().partition(" ")
        if word == "exit":
            block["exit_code"] = int(rest)
        elif word == "background":
            block["until"] = rest.removeprefix("until").strip()
        elif word == "stop":
            block["stop"] = True
        elif word == "answer":
            prompt, _, answer = rest.partition("=>")
            block["answers"][prompt.strip()] = answer.strip()
        else:
            assert not word, f"unknown mark: {part}"
    return Block(found["lang"], found["code"], line, run=True, marked=True, **block)  # type: ignore[arg-type]


class Session:
    """One page's folder, shell environment and background processes."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.state = folder / ".environment"
        self.background: list[subprocess.Popen[bytes]] = []
        (folder / "docs").symlink_to(ROOT / "docs")
        (folder / ".venv").symlink_to(Path(sys.prefix))
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        self.env = {**kept, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONUTF8": "1", "TERM": "dumb", "CI": "true"}

    def script(self, code: str) -> str:
        """`code` after what earlier blocks exported; what it exports is kept for the next."""
        code = re.sub(r"\b8400\b", str(self.port), code)
        return (
            f"if [ -f {self.state} ]; then . {self.state}; fi\nset -e -o pipefail\n{code}\nexport -p > {self.state}\n"
        )

    def run(self, block: Block) -> None:
        if block.stop:
            self.end()
        if block.lang == "python":
            code = re.sub(r"\b8400\b", str(self.port), block.code)
            (self.folder / ".block.py").write_text(code, encoding="utf-8")
            self.expect(block, "python .block.py", [])
        elif block.until is not None:
            self.start(block)
        elif block.lang == "bash":
            self.expect(block, block.code, [])
        else:
            for command, lines in _commands(block.code):
                self.expect(block, command, lines)

    def expect(self, block: Block, code: str, lines: list[str]) -> None:
        """Run `code`; it must end as the mark says and its output must hold `lines`, in order."""
        # A variable that a console command sets is there for the next one, as in a reader's shell.
        script = self.script(f"set -a\n{code}\nset +a" if block.lang == "console" and block.exit_code == 0 else code)
        words = ["bash", "-c", script]
        if block.answers:
            words = [sys.executable, "-c", TERMINAL, *words]
        ended, said = self._talk(words, block.answers)
        where = f"line {block.line}: {code.strip()}\n--- said:\n{said}"
        assert ended == block.exit_code, f"ended with {ended}, {where}"
        rest = said
        for line in lines:
            parts = [re.escape(part) for part in re.split(r"…|\s+", line.strip())]
            found = re.search(r"[^\n]*?".join(parts), rest)
            assert found, f"does not say {line!r}, {where}"
            rest = rest[found.end() :]

    def _talk(self, words: list[str], answers: dict[str, str]) -> tuple[int, str]:
        process = subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.PIPE if answers else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None
        said, answered, end = b"", 0, time.monotonic() + LIMIT_S
        with process.stdout, selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while chunk := self._more(selector, process, end):
                said += chunk
                question = said[answered:].decode("utf-8", "replace").rpartition("\n")[2]
                for prompt, answer in answers.items():
                    if prompt in question and question.endswith(": ") and process.stdin is not None:
                        process.stdin.write(answer.encode() + b"\n")
                        process.stdin.flush()
                        answered = len(said)
        if process.stdin is not None:
            process.stdin.close()
        return process.wait(10), ANSI.sub("", said.decode("utf-8", "replace")).replace("\r", "")

    def _more(self, selector: selectors.BaseSelector, process: subprocess.Popen[bytes], end: float) -> bytes:
        if not selector.select(timeout=max(0.0, end - time.monotonic())):
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"no answer within {LIMIT_S} s")
        assert process.stdout is not None
        return os.read(process.stdout.fileno(), 65_536)

    def start(self, block: Block) -> None:
        """Run `block` in the background until its output says what the mark waits for."""
        assert block.until is not None
        log = self.folder / f".background-{len(self.background)}"
        # exec, so that the interrupt at the end reaches the last command itself, as Ctrl-C in a terminal does.
        *before, last = block.code.strip().splitlines()
        script = self.script("\n".join(before)) + "exec " + re.sub(r"\b8400\b", str(self.port), last)
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.background.append(process)
        end = time.monotonic() + LIMIT_S
        while block.until not in log.read_text(encoding="utf-8", errors="replace"):
            said = log.read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None, f"line {block.line} ended with {process.returncode}\n{said}"
            assert time.monotonic() < end, f"line {block.line} never said {block.until!r}\n{said}"
            time.sleep(0.1)

    def end(self) -> None:
        """Interrupt what runs in the background, as Ctrl-C does; it must end by itself."""
        for process in self.background:
            process.send_signal(signal.SIGINT)
        for process in self.background:
            process.wait(30)
        self.background.clear()


def _commands(code: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines it must say."""
    found: list[tuple[str, list[str]]] = []
    for line in code.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip("… \t"):
            found[-1][1].append(line)
    return found


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    opened = Session(tmp_path, port)
    yield opened
    for process in opened.background:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait(10)


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda p: p.stem)
def test_a_tutorial_does_what_it_says(page: Path, session: Session) -> None:
    if "tocsin-hub demo" in page.read_text(encoding="utf-8"):
        pytest.importorskip("genai_incidents")
        pytest.importorskip("pymispgalaxies")
    for block in _blocks(page):
        if block.run:
            session.run(block)
    session.end()


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda p: p.stem)
def test_every_command_of_a_tutorial_is_run_or_says_why_not(page: Path) -> None:
    blocks = _blocks(page)
    assert [b.line for b in blocks if not b.marked] == []
    assert sum(b.run for b in blocks) > 5


def test_a_page_that_says_what_does_not_come_is_caught(session: Session) -> None:
    lie = Block("console", "$ echo one two three\none … three\ntwo\n", 1, run=True, marked=True)
    with pytest.raises(AssertionError, match="does not say 'two'"):
        session.run(lie)
    with pytest.raises(AssertionError, match="ended with 1"):
        session.run(Block("bash", "false\ntrue\n", 1, run=True, marked=True))


def test_a_question_at_a_terminal_is_answered(session: Session) -> None:
    code = "$ read -p 'Name: ' name; test -t 0; echo hello $name\nhello you\n"
    session.run(Block("console", code, 1, run=True, marked=True, answers={"Name": "you"}))


def _options(program: str) -> dict[str, set[str]]:
    """Every command of a program with its options, and those that all its commands take."""
    import typer

    from tocsin_client.cli import app as member
    from tocsin_hub import cli as operator

    group = typer.main.get_command(member.app if program == "tocsin" else operator.app)
    everywhere = {word for param in group.params for word in param.opts if word.startswith("--")} | {"--help"}
    found = {"": everywhere}
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        below = [command, *getattr(command, "commands", {}).values()]  # `tocsin keys add` counts as `keys`
        found[name] = everywhere | {
            w for one in below for param in one.params for w in (*param.opts, *param.secondary_opts)
        }
    return found


def _misspelt(text: str) -> list[str]:
    """What a page shows of our two programs that they do not have."""
    known = {program: _options(program) for program in ("tocsin", "tocsin-hub")}
    shown = [
        line
        for block in re.findall(r"```(?:bash|console)\n(.*?)```", text, re.S)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    shown += re.findall(r"`((?:tocsin|tocsin-hub) [a-z-][^`]*)`", text)
    wrong = []
    for line in shown:
        for program, rest in re.findall(r"(?:^|[\s(])(tocsin|tocsin-hub) +([^|;#)]*)", line):
            words = rest.split()
            if not words or words[0] == "COMMAND" or not re.match(r"[a-z-]", words[0]):
                continue
            names = [word for word in words if word in known[program]]
            command = names[0] if names else ""
            options = {word.split("=")[0] for word in words if word.startswith("-")}
            if (not names and not options) or options - known[program][command]:
                wrong.append(line)
    return wrong


@pytest.mark.parametrize("page", GUIDES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_command_in_a_guide_exists_with_its_options(page: Path) -> None:
    assert _misspelt(page.read_text(encoding="utf-8")) == []


def test_a_command_that_does_not_exist_is_seen() -> None:
    page = "```bash\ntocsin submit x --yes-to-all\ntocsin-hub serve\ntocsin fly\n```\nand `tocsin-hub enrol --every` and `tocsin status`"
    assert _misspelt(page) == ["tocsin submit x --yes-to-all", "tocsin fly", "tocsin-hub enrol --every"]
