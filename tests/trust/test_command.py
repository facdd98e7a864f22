"""The offline verifier: its exit status, its sentences, and that it needs nothing but `cryptography`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tocsin_trust import __main__ as command
from tocsin_trust import keys, policy

BLOCK = (
    "import sys, runpy\n"
    "class Block:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        if name.split('.')[0] in {'pydantic','httpx','yaml','rich','typer','tocsin_taxonomy','tocsin_client','tocsin_hub','numpy'}:\n"
    "            raise ImportError(name)\n"
    "sys.meta_path.insert(0, Block())\n"
    "sys.argv[0] = 'tocsin_trust'\n"
    "runpy.run_module('tocsin_trust', run_name='__main__')\n"
)


@pytest.fixture
def files(world: Any, tmp_path: Path) -> tuple[str, str]:
    bundle, trusted = tmp_path / "receipt.json", tmp_path / "policy.json"
    bundle.write_bytes(world.receipt(1, 0))
    trusted.write_bytes(world.policy_file())
    return str(bundle), str(trusted)


def test_it_runs_with_nothing_but_cryptography(files: tuple[str, str]) -> None:
    bundle, trusted = files
    run = [sys.executable, "-c", BLOCK, "verify", bundle, "--policy", trusted]
    done = subprocess.run(run, capture_output=True, text=True, timeout=30, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The receipt holds." in done.stdout
    assert "revoked since" in done.stdout
    control = subprocess.run(
        [sys.executable, "-c", BLOCK.replace("'tocsin_trust', run", "'pydantic', run")], capture_output=True
    )
    assert control.returncode != 0


def test_a_receipt_that_holds_exits_0(files: tuple[str, str], world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, trusted = files
    assert command.main(["verify", bundle, "--policy", trusted]) == 0
    out = capsys.readouterr().out
    assert policy.fingerprint_words(world.root.public) in out
    assert "valid until 2027-06-21" in out
    assert command.main(["verify", bundle, "--policy", trusted, "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert "回执有效" in said
    assert "该声明（事件，" in said


def test_json_is_one_object(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    bundle, trusted = files
    assert command.main(["verify", bundle, "--policy", trusted, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["index"], answer["kind"], answer["keyIndex"]) == (True, 1, "incident", 0)
    assert command.main(["verify", bundle, "--json"]) == 7
    assert json.loads(capsys.readouterr().out)["code"] == "policy-missing"


def test_without_a_policy_nothing_is_believed(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["verify", files[0]]) == 7
    assert "nobody to believe" in capsys.readouterr().err


def test_a_receipt_that_does_not_hold_exits_7(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, trusted = files
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_bytes(Path(bundle).read_bytes().replace(b"index 1", b"index 2"))
    assert command.main(["verify", str(spoilt), "--policy", trusted]) == 7
    assert "proof-invalid" in capsys.readouterr().err
    assert command.main(["verify", str(spoilt), "--policy", trusted, "--json", "--lang", "zh"]) == 7
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["code"]) == (False, "proof-invalid")
    assert command.main(["verify", bundle, "--policy", bundle]) == 7


def test_a_root_can_be_pinned(files: tuple[str, str], world: Any) -> None:
    bundle, trusted = files
    assert command.main(["verify", bundle, "--policy", trusted, "--root", world.root.public.hex]) == 0
    assert command.main(["verify", bundle, "--policy", trusted, "--root", keys.SigningKey.generate().public.hex]) == 7
    assert command.main(["verify", bundle, "--policy", trusted, "--root", "00"]) == 7


def test_wrong_usage_exits_2(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["verify", str(tmp_path / "absent"), "--policy", files[1]]) == 2
    assert "absent" in capsys.readouterr().err
    for arguments in ([], ["verify"], ["sign", files[0]], ["verify", files[0], "--lang", "fr"]):
        with pytest.raises(SystemExit) as caught:
            command.main(arguments)
        assert caught.value.code == 2


def test_a_file_of_any_length_is_refused_not_cut(files: tuple[str, str], tmp_path: Path) -> None:
    long = tmp_path / "long.json"
    long.write_bytes(Path(files[0]).read_bytes() + b" " * 3_000_000)
    assert command.main(["verify", str(long), "--policy", files[1]]) == 7
