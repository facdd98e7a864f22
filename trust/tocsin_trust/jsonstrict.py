"""Strict JSON: bytes become one I-JSON object (RFC 7493) or an error; there is no third way.

Refused beyond what RFC 8259 refuses: duplicate names, NaN and infinities (also by overflow, `1e999`), integers
beyond 2^53-1, lone surrogates, U+0000, noncharacters, a byte order mark, any encoding but UTF-8, deep nesting,
long bodies, and a top level that is not an object. Python's json module accepts most of these silently.

Reading is on the path of every submission, so the common case costs one C pass of the decoder: strings are looked
at one by one only if an escape or a suspicious byte is present, and depth is counted by replacing brackets in C.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from tocsin_trust.errors import JsonError

MAX_INTEGER = 2**53 - 1
_INTEGER_DIGITS = len(str(MAX_INTEGER)) + 1  # one more for the sign
_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_REFUSED_CHARACTER = re.compile(
    "[\x00\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(p << 16 | 0xFFFE)}{chr(p << 16 | 0xFFFF)}" for p in range(17))
    + "]"
)
# A body without one of these byte pairs and without \u cannot hold a refused character: the UTF-8 of each
# noncharacter ends in BF BE or BF BF, or begins with EF B7; the decoder itself refuses raw U+0000 and surrogates.
_SUSPICIOUS = (b"\\u", b"\xbf\xbe", b"\xbf\xbf", b"\xef\xb7")


def loads(data: bytes, *, max_bytes: int = 262_144, max_depth: int = 32) -> dict[str, Any]:
    """The object that `data` holds, or JsonError `malformed-json` (`oversize` above `max_bytes`)."""
    if len(data) > max_bytes:
        raise JsonError("oversize", f"more than {max_bytes} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("not UTF-8") from None
    if _nests_deeper(data, max_depth):
        raise _malformed(f"brackets unbalanced or more than {max_depth} deep")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError:
        raise _malformed("not JSON") from None  # the decoder's message would repeat the input
    if type(value) is not dict:
        raise _malformed("the top level is not an object")
    if any(mark in data for mark in _SUSPICIOUS):
        _refuse_characters(value)
    return value


def dumps(obj: object) -> bytes:
    """`obj` as compact UTF-8 JSON with sorted names and no ASCII escaping; JsonError if JSON cannot hold it."""
    try:
        text = json.dumps(obj, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError):  # UnicodeEncodeError is a ValueError
        raise _malformed("this value has no strict JSON form") from None


def _malformed(rule: str) -> JsonError:
    return JsonError("malformed-json", rule)


def _nests_deeper(data: bytes, max_depth: int) -> bool:
    """Whether brackets outside strings nest deeper than `max_depth`, or do not pair up.

    Reading from the left, this sees the same strings as the decoder up to the first fault, so no malformed tail
    can hide a deep beginning. Each round strips every innermost pair: the rounds needed are the depth.
    """
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(data.translate(_ONE_BRACKET, _ALL_BUT_BRACKETS).split(b'"')[::2])
    if b"[" * (max_depth + 1) in outside:
        return True  # the cheap attack, refused at the price of one search
    for _ in range(max_depth):
        if not outside:
            return False
        outside = outside.replace(b"[]", b"")
    return bool(outside)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _malformed("a name occurs twice in one object")
    return found


def _integer(digits: str) -> int:
    # The length first: int() of thousands of digits is slow, and beyond 4,300 it raises by itself.
    if len(digits) > _INTEGER_DIGITS or abs(number := int(digits)) > MAX_INTEGER:
        raise _malformed("an integer is beyond 2^53-1")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _malformed("a number overflows")
    return number


def _constant(_: str) -> NoReturn:
    raise _malformed("NaN and Infinity are not JSON")


def _refuse_characters(value: object) -> None:
    if type(value) is str:
        if _REFUSED_CHARACTER.search(value):
            raise _malformed("a string holds a surrogate, U+0000 or a noncharacter")
    elif type(value) is dict:
        for name, member in value.items():
            _refuse_characters(name)
            _refuse_characters(member)
    elif type(value) is list:
        for member in value:
            _refuse_characters(member)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
