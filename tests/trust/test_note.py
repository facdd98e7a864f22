"""Notes and checkpoints: whose signature counts, and what is no note."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin_trust import errors, keys, merkle, note

ORIGIN = "hub.example/tocsin"
ROOT = bytes(range(32))
KEY = keys.SigningKey.from_seed(b"1" * 32)
OTHER = keys.SigningKey.from_seed(b"2" * 32)
VERIFIER = note.parse_vkey(note.vkey(ORIGIN, KEY.public))
OTHER_VERIFIER = note.parse_vkey(note.vkey(ORIGIN, OTHER.public))
WITNESS = note.parse_vkey(note.vkey("witness.example", OTHER.public, note.COSIGNATURE))
TEXT = note.sign_checkpoint(ORIGIN, 7, ROOT, KEY)


def refused(text: Any, *verifiers: note.Verifier) -> str:
    with pytest.raises(errors.NoteError) as caught:
        note.open_checkpoint(text, *(verifiers or (VERIFIER,)))
    return caught.value.code


def line(key: keys.SigningKey, body: str, name: str = ORIGIN) -> str:
    return note.sign(body, name, key).rpartition("\n\n")[2]


def test_a_checkpoint_is_read_back() -> None:
    assert note.open_checkpoint(TEXT, VERIFIER) == note.Checkpoint(ORIGIN, 7, ROOT)
    assert note.open_checkpoint(TEXT, OTHER_VERIFIER, VERIFIER).size == 7
    empty = note.sign_checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT, KEY)
    assert note.open_checkpoint(empty, VERIFIER).size == 0


def test_a_stranger_s_signature_neither_helps_nor_harms() -> None:
    body = TEXT.partition("\n\n")[0] + "\n"
    assert note.open_checkpoint(TEXT + line(OTHER, body), VERIFIER).size == 7
    assert refused(TEXT, OTHER_VERIFIER) == "note-unverified"


def test_during_a_rotation_either_log_key_will_do() -> None:
    body = TEXT.partition("\n\n")[0] + "\n"
    both = TEXT + line(OTHER, body)
    assert note.open_checkpoint(both, VERIFIER, OTHER_VERIFIER) == note.open_checkpoint(both, OTHER_VERIFIER)


def test_one_false_signature_of_a_known_key_spoils_the_note() -> None:
    forged = TEXT + line(OTHER, "something else\n")
    assert note.open_checkpoint(forged, VERIFIER).size == 7
    assert refused(forged, VERIFIER, OTHER_VERIFIER) == "note-unverified"


def test_a_checkpoint_of_another_log_is_refused_though_signed_by_its_key() -> None:
    body = "other.example\n7\n" + TEXT.split("\n")[2] + "\n"
    assert refused(note.sign(body, ORIGIN, KEY)) == "wrong-origin"


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n07\n{{root}}\n",
        f"{ORIGIN}\n-7\n{{root}}\n",
        f"{ORIGIN}\n\uff17\n{{root}}\n",
        f"{ORIGIN}\n9223372036854775808\n{{root}}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{{root}}\n",
        f"{ORIGIN}\n7\n{{root}}\nextension\n",
        f"{ORIGIN}\n7\n\n{{root}}\n",
        f"{ORIGIN}\n7\nAAAA\n",
        f"{ORIGIN}\n7\n{'A' * 43}\n",
        f"{ORIGIN}\n7\n",
        "\n7\n{root}\n",
        "hub example\n7\n{root}\n",
        "hub+example\n7\n{root}\n",
    ],
)
def test_a_body_that_is_no_checkpoint_is_refused(body: str) -> None:
    assert refused(note.sign(body.replace("{root}", TEXT.split("\n")[2]), ORIGIN, KEY)) == "malformed-note"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        TEXT[:-1],
        TEXT + "\n",
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("7", "7\x00"),
        TEXT.replace("7", "7\t"),
        TEXT.replace("7", "7\ud800"),
        TEXT.replace("— ", "- "),
        TEXT.replace("— ", "—  "),
        TEXT.replace("— ", "—\u00a0"),
        TEXT.rstrip("=\n") + "\n",
        TEXT + "— hub.example AAAA\n",
        TEXT + "— two words AAAAAAAA\n",
        TEXT + "— plus+name AAAAAAAA\n",
        TEXT + "no signature\n",
        TEXT + "— a.example AAAAAAAA\n" * 64,
        TEXT + "x" * 70_000,
        7,
        None,
    ],
    ids=repr,
)
def test_a_text_that_is_no_note_is_refused(text: Any) -> None:
    assert refused(text) == "malformed-note"


def test_sixty_four_signatures_are_still_read() -> None:
    assert note.open_checkpoint(TEXT + "— a.example AAAAAAAA\n" * 63, VERIFIER).size == 7


def test_a_cosignature_is_dated_and_counts_once() -> None:
    stamp = note.cosign(TEXT, "witness.example", OTHER, 1_700_000_000)
    found = note.cosignatures(TEXT + stamp + stamp, [WITNESS])
    assert found == (note.Signature(WITNESS, 1_700_000_000),)
    assert note.cosignatures(TEXT, [WITNESS]) == ()
    assert note.open_checkpoint(TEXT + stamp, VERIFIER).size == 7


def test_a_cosignature_is_no_log_signature_and_the_reverse() -> None:
    stamp = note.cosign(TEXT, ORIGIN, OTHER, 1)
    body = TEXT.partition("\n\n")[0] + "\n"
    assert refused(f"{body}\n{stamp}", OTHER_VERIFIER) == "note-unverified"
    plain = f"{body}\n{line(OTHER, body, 'witness.example')}"
    assert note.cosignatures(plain, [WITNESS]) == ()


def test_a_false_cosignature_is_refused() -> None:
    stamp = note.cosign(TEXT, "witness.example", OTHER, 1)
    bigger = note.sign_checkpoint(ORIGIN, 8, ROOT, KEY)
    with pytest.raises(errors.NoteError, match="note-unverified"):
        note.cosignatures(bigger + stamp, [WITNESS])


@pytest.mark.parametrize(
    ("name", "time_unix_s"), [("two words", 1), ("a+b", 1), ("", 1), ("w.example", -1), ("w.example", 2**63)]
)
def test_a_cosignature_with_a_bad_name_or_time_is_not_made(name: str, time_unix_s: int) -> None:
    with pytest.raises(errors.NoteError):
        note.cosign(TEXT, name, OTHER, time_unix_s)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("two words", 1, ROOT), ("a+b", 1, ROOT), ("a\nb", 1, ROOT), ("a", -1, ROOT), ("a", 2**63, ROOT), ("a", 1, b"")],
)
def test_what_no_reader_accepts_is_not_signed(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(errors.NoteError):
        note.sign_checkpoint(origin, size, root, KEY)


def test_a_verifier_key_of_small_order_is_refused() -> None:
    class Weak:
        raw = bytes([1]) + bytes(31)

    with pytest.raises(errors.KeyRefusedError):
        note.parse_vkey(note.vkey("log.example", Weak()))  # type: ignore[arg-type]
