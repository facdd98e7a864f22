"""Strict JSON: what is refused, what is not, and that looking for it is not slow."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin_trust import errors, jsonstrict

REFUSED = {
    "a duplicate name": b'{"a":1,"a":1}',
    "a duplicate name, escaped": b'{"a":1,"\\u0061":1}',
    "a duplicate name, nested": b'{"x":[{"a":1,"a":1}]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "-Infinity": b'{"a":-Infinity}',
    "an overflow": b'{"a":1e999}',
    "a negative overflow": b'{"a":-1e999}',
    "2^53": b'{"a":9007199254740992}',
    "-2^53": b'{"a":-9007199254740992}',
    "5,000 digits": b'{"a":' + b"1" * 5000 + b"}",
    "a lone high surrogate": b'{"a":"\\ud800"}',
    "a lone low surrogate in a name": b'{"\\udc00":1}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "U+0000 escaped": b'{"a":"\\u0000"}',
    "U+0000 raw": b'{"a":"\x00"}',
    "a raw control character": b'{"a":"\x1f"}',
    "a noncharacter": '{"a":"\ufffe"}'.encode(),
    "a noncharacter of the Arabic block": '{"a":"\ufdd0"}'.encode(),
    "a noncharacter of plane 16": '{"a":"\U0010ffff"}'.encode(),
    "a noncharacter, escaped": b'{"a":"\\uffff"}',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a":1}'.encode("utf-16-le"),
    "invalid UTF-8": b'{"a":"\xff"}',
    "an overlong form": b'{"a":"\xc0\x80"}',
    "an array on top": b"[]",
    "a string on top": b'"a"',
    "null": b"null",
    "nothing": b"",
    "two values": b"{}{}",
    "a trailing comma": b'{"a":1,}',
    "a comment": b"{}//",
    "single quotes": b"{'a':1}",
    "33 deep": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "33 deep, mixed": b'{"a":' * 33 + b"1" + b"}" * 33,
    "unbalanced": b'{"a":[}',
}
ACCEPTED = {
    "32 deep": b'{"a":' + b"[" * 31 + b"]" * 31 + b"}",
    "brackets in a string": b'{"a":"' + b"[{" * 50 + b'"}',
    "brackets behind an escaped quote": b'{"a":"\\"' + b"[" * 50 + b'"}',
    "brackets behind an escaped backslash": b'{"a":"\\\\","b":"' + b"[" * 50 + b'"}',
    "the largest integers": b'{"a":[9007199254740991,-9007199254740991]}',
    "a surrogate pair": b'{"a":"\\ud83d\\ude00"}',
    "an escaped letter": b'{"a":"\\u00e9"}',
    "a character that ends as noncharacters do": '{"a":"\u1ffe\u0fff"}'.encode(),
    "an ordinary fraction": b'{"a":[1.5,1e3,-0.0]}',
    "white space around": b' {"a" : 1 } \n',
    "many siblings": b'{"a":[' + b"[]," * 999 + b"[]]}",
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name: str) -> None:
    with pytest.raises(errors.JsonError) as caught:
        jsonstrict.loads(REFUSED[name])
    assert caught.value.code == "malformed-json"


@pytest.mark.parametrize("name", ACCEPTED)
def test_is_read_as_json_reads_it(name: str) -> None:
    assert jsonstrict.loads(ACCEPTED[name]) == json.loads(ACCEPTED[name])


def test_a_long_body_is_refused_unread() -> None:
    with pytest.raises(errors.JsonError) as caught:
        jsonstrict.loads(b'{"a":"' + b"x" * 262_144 + b'"}')
    assert caught.value.code == "oversize"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 131_072 + b"]" * 131_072,
        b"{" * 262_144,
        b'{"a":' * 40_000,
        b'{"a":[' + b"[]," * 80_000 + b"[]]}",
        b'{"a":"' + b"\\\\" * 130_000 + b'"}',
        b'{"a":"' + b"\\u0061" * 43_000 + b'"}',
        b'{"a":[' + b'"",' * 80_000 + b'""]}',
        b'{"a":[' + b"[[[[[[],[]],[]],[]],[]],[]]," * 9_000 + b"[]]}",
    ],
    ids=lambda body: body[:12].decode(),
)
def test_no_quarter_megabyte_costs_seconds(body: bytes) -> None:
    began = time.process_time()
    try:
        jsonstrict.loads(body)
    except errors.JsonError:
        pass
    assert time.process_time() - began < 2.0


PLAIN_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\x00"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT, inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_dumped_is_read_back(value: object) -> None:
    assert jsonstrict.loads(jsonstrict.dumps({"v": value})) == {"v": value}


@given(st.text(alphabet='{}[]",:\\ae1\u00e9', max_size=60))
def test_the_depth_scan_never_disagrees_with_the_decoder(text: str) -> None:
    data = b'{"a":' + text.encode() + b"}"
    try:
        expected = json.loads(data)
    except ValueError:
        with pytest.raises(errors.JsonError):
            jsonstrict.loads(data)
        return
    try:
        assert jsonstrict.loads(data) == expected
    except errors.JsonError as error:
        assert "twice" in error.rule or "deep" in error.rule  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, {"a": b"b"}, "\ud800", object()])
def test_what_json_cannot_hold_is_not_dumped(value: object) -> None:
    with pytest.raises(errors.JsonError):
        jsonstrict.dumps({"a": value})


def test_dumps_is_compact_sorted_and_plain() -> None:
    assert jsonstrict.dumps({"b": 1, "a": "告警"}) == '{"a":"告警","b":1}'.encode()


def test_an_error_repeats_nothing_of_what_was_read() -> None:
    for body in (b'{"a":secret}', b'{"secret":1,"secret":2}', b'["secret"]'):
        with pytest.raises(errors.JsonError) as caught:
            jsonstrict.loads(body)
        assert "secret" not in str(caught.value)
