"""Vectors that others published, and ours: what this wing computes is what everybody computes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tocsin_trust import dsse, errors, keys, merkle, note, receipt

SPEC = Path(__file__).resolve().parents[2] / "docs" / "spec"
PAGES = sorted(path.stem for path in SPEC.glob("*.md") if path.stem not in ("README", "index"))


def test_rfc8032_keys_sign_as_published(published: Any) -> None:
    for case in published("rfc8032.json"):
        key = keys.SigningKey.from_seed(bytes.fromhex(case["seed"]))
        message = bytes.fromhex(case["message"])
        assert key.public.hex == case["public"]
        assert key.sign(message).hex() == case["signature"]
        keys.verify(keys.parse_public(case["public"]), bytes.fromhex(case["signature"]), message)


def test_rfc6962_roots_and_proofs_are_as_published(published: Any) -> None:
    vectors = published("rfc6962.json")
    hashes = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in vectors["leaves"]]
    roots = [bytes.fromhex(root) for root in vectors["roots"]]

    def node(level: int, index: int) -> bytes:
        return merkle.root_of(hashes[index << level : (index + 1) << level])

    assert merkle.EMPTY_ROOT.hex() == vectors["empty root"] == merkle.root(0, node).hex()
    for size, root in enumerate(roots, 1):
        assert merkle.root_of(hashes[:size]) == root == merkle.root(size, node)
    for case in vectors["inclusion"]:
        proof = [bytes.fromhex(step) for step in case["proof"]]
        assert merkle.inclusion_proof(case["index"], case["size"], node) == proof
        merkle.verify_inclusion(case["index"], case["size"], hashes[case["index"]], proof, roots[case["size"] - 1])
    for case in vectors["consistency"]:
        proof = [bytes.fromhex(step) for step in case["proof"]]
        assert merkle.consistency_proof(case["old"], case["new"], node) == proof
        merkle.verify_consistency(case["old"], case["new"], roots[case["old"] - 1], roots[case["new"] - 1], proof)


def test_signed_notes_of_others_open(published: Any) -> None:
    vectors = published("signed-note.json")
    for case in vectors["notes"]:
        verifiers = [note.parse_vkey(text) for text in case["vkeys"]]
        opened = note.open(case["note"], verifiers)
        assert opened.body == case["body"]
        assert [signature.verifier for signature in opened.signatures] == verifiers
        for verifier, text in zip(verifiers, case["vkeys"], strict=True):
            assert note.vkey(verifier.name, verifier.public) == text
        with pytest.raises(errors.NoteError):
            note.open(case["note"].replace("i", "j", 1), verifiers)
    for case in vectors["vkeys"]:
        verifier = note.parse_vkey(case["vkey"])
        assert verifier.type == case["type"]
        assert note.vkey(verifier.name, verifier.public, verifier.type) == case["vkey"]
    for text in vectors["refused vkeys"]:
        with pytest.raises(errors.TrustError):
            note.parse_vkey(text)


def test_our_note_is_that_of_the_go_library(published: Any) -> None:
    case = published("signed-note.json")["signing"]
    key = keys.SigningKey.from_seed(bytes.fromhex(case["seed"]))
    assert note.vkey(case["name"], key.public) == case["vkey"]
    assert note.sign(case["body"], case["name"], key) == case["note"]


def test_a_note_by_strangers_is_read_but_not_believed(published: Any) -> None:
    stranger = keys.SigningKey.from_seed(bytes(32)).public
    for case in published("signed-note.json")["unkeyed"]:
        for name in case["names"]:
            for kind in (note.ED25519, note.COSIGNATURE):
                verifier = note.parse_vkey(note.vkey(name, stranger, kind))
                with pytest.raises(errors.NoteError, match="note-unverified: no known key"):
                    note.open(case["note"], [verifier])


def test_dsse_pae_and_signatures_are_as_published(published: Any) -> None:
    for case in published("dsse.json")["pae"]:
        pae = dsse.pae(case["type"], bytes.fromhex(case["payload"]))
        assert pae.hex() == case["pae"], case["source"]
        if "seed" in case:
            signature = keys.SigningKey.from_seed(bytes.fromhex(case["seed"])).sign(pae)
            assert signature == base64.b64decode(case["signature"])


def test_our_vectors_are_what_their_script_makes(make: Any, published: Any) -> None:
    assert published("tocsin.json") == make.vectors()


def test_every_format_has_a_page_and_every_page_a_vector(published: Any) -> None:
    assert set(published("tocsin.json")) == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_all_its_vectors(page: str, make: Any, published: Any) -> None:
    text = (SPEC / f"{page}.md").read_text(encoding="utf-8")
    values = published("tocsin.json")[page]
    assert make.written(text, values) == text
    assert [name for name in values if f"<!-- vector: {name} -->" not in text] == []


def test_our_receipt_vector_verifies(published: Any) -> None:
    from tocsin_trust import policy

    vector = published("tocsin.json")["receipt"]
    found = receipt.verify(vector["bundle"].encode(), policy.read(vector["policy"].encode()))
    assert (found.index, found.tree_size, found.key_index) == (1, 6, 0)
