"""`python -m tocsin_trust verify BUNDLE --policy FILE`: check a receipt with no network; needs only `cryptography`.

The wing's one file that reads files. Exit status: 0 it holds, 7 it does not or no policy was given, 2 wrong usage.
It has no clock, so it shows when the policy ends instead of judging it.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tocsin_trust import keys, policy, receipt
from tocsin_trust.errors import TrustError

HOLDS, USAGE, REFUSED = 0, 2, 7

_NO_POLICY = (
    "No policy was given, so there is nobody to believe. Get the hub's policy file, compare its root fingerprint with "
    "one from another source, and give it with --policy.",
    "未给出信任策略，因此无从判断可信与否。请取得中心的信任策略文件，用另一来源核对其根指纹，再以 --policy 指定。",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    asked = _parser().parse_args(arguments)
    column = 1 if asked.lang == "zh" else 0
    if asked.policy is None:
        return _refuse(asked, "policy-missing", _NO_POLICY[column])
    try:
        bundle, policy_file = _read(asked.bundle), _read(asked.policy)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return USAGE
    try:
        root = None if asked.root is None else keys.parse_public(asked.root)
        believed = policy.read(policy_file, pinned_root=root)
        found = receipt.verify(bundle, believed)
    except TrustError as error:
        return _refuse(asked, error.code, receipt.explain(error, asked.lang), error)
    words = policy.fingerprint_words(believed.root)
    if asked.json:
        _print_json(_answer(found, believed, words, asked.lang))
        return HOLDS
    print(receipt.explain(found, asked.lang))
    print(policy.explain(believed, asked.lang))
    return HOLDS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tocsin_trust", description="Check a receipt with no network.")
    verbs = parser.add_subparsers(required=True, metavar="verify")
    verify = verbs.add_parser("verify", help="check a receipt bundle")
    verify.add_argument("bundle", metavar="BUNDLE", help="the receipt file")
    verify.add_argument("--policy", metavar="FILE", help="the policy of the hub, which you have reason to believe")
    verify.add_argument("--root", metavar="HEX", help="the root key that must have signed the policy")
    verify.add_argument("--json", action="store_true", help="answer with one JSON object")
    verify.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the sentences")
    return parser


def _read(name: str) -> bytes:
    path = Path(name)
    with path.open("rb") as file:
        return file.read(receipt.MAX_BYTES + 1)  # one more than allowed, so that a longer file is refused, not cut


def _refuse(asked: argparse.Namespace, code: str, message: str, error: TrustError | None = None) -> int:
    if asked.json:
        where, rule = (error.where, error.rule) if error else (None, "")
        _print_json({"ok": False, "code": code, "where": where, "rule": rule, "message": message})
    else:
        detail = f" [{error.code}]" if error else ""
        print(f"{message}{detail}", file=sys.stderr)
    return REFUSED


def _answer(found: receipt.Verified, believed: policy.Policy, words: str, lang: str) -> dict[str, object]:
    said = found.statement
    return {
        "ok": True,
        "digest": said.digest.hex(),
        "kind": said.kind,
        "mode": said.mode,
        "authorKey": said.kid,
        "iatUnixS": said.iat_unix_s,
        "origin": found.origin,
        "index": found.index,
        "treeSize": found.tree_size,
        "acceptedBy": found.accepted_by,
        "keyIndex": found.key_index,
        "witnessedBy": list(found.witnessed_by),
        "policyVersion": believed.version,
        "policyExpiresUnixS": believed.expires_unix_s,
        "rootFingerprint": words,
        "message": receipt.explain(found, lang),
    }


def _print_json(answer: dict[str, object]) -> None:
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
