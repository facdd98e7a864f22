"""What may identify somebody: patterns that propose, each with bounded repetition and ASCII look-arounds.

`\\b` and `\\w` count Chinese characters as word characters, so an address glued to Chinese text would be missed; hence the
look-arounds. Every quantifier is bounded: 20 KB of the worst input stays under a second (tested). Detectors propose and a
person decides; what the hub itself refuses (check digits, key blocks, mail) comes from tocsin_taxonomy.redact.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterator

from tocsin_client.redact.spans import Found

VERSION = "patterns-1"
MAX_TEXT_CHARS = 16_384

Detector = Callable[[str], Iterator[Found]]

_L, _R = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_URL = re.compile(r"(?i)(?<![a-z0-9])(?:https?|ftp|sftp|ssh|wss?|git|s3)://[^\s<>\"'，。；、（）“”]{1,400}")
# Full-width marks reach the detectors as narrow ones; one that a Chinese character follows ends an address in a sentence.
_URL_ENDS = re.compile(r"[)\],;:!}]+(?=[\u2e80-\uffff])")
_TLDS = (
    "com|cn|org|net|io|ai|dev|gov|edu|eu|uk|de|fr|jp|kr|info|app|cloud|biz|co|us|ca|au|in|sg|hk|tw|ru|ch|nl|se|es|it|"
    "internal|local|corp|lan|intra|home"
)
_HOST = re.compile(rf"(?i)(?<![a-z0-9@._-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,5}}(?:{_TLDS})(?![a-z0-9_-]|\.[a-z0-9])")
_IPV4 = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f:]{3,39}(?![0-9A-Za-z:])")
_MAC = re.compile(rf"{_L}(?:[0-9A-Fa-f]{{2}}[:-]){{5}}[0-9A-Fa-f]{{2}}{_R}")
_UNIX_PATH = re.compile(r"(?<![A-Za-z0-9/:.])(?:~|\.{1,2})?/[A-Za-z0-9._@+-]{1,64}(?:/[A-Za-z0-9._@+-]{1,64}){1,20}/?")
_HOME_PATH = re.compile(r"(?<![A-Za-z0-9/~])~[A-Za-z0-9._-]{0,32}/[A-Za-z0-9._@+/-]{1,200}")
_WINDOWS_PATH = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]:\\|\\\\[A-Za-z0-9._-]{1,64}\\)[^\s<>\"'|?*，。；]{1,200}")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\+|\()?[0-9](?:[ ()./-]{0,2}[0-9]){5,19}(?![0-9A-Za-z])")
_SECRET = re.compile(
    r"(?i)(?:api[ _-]?key|access[ _-]?key|secret|token|password|passwd|pwd|bearer|密码|口令|密钥|令牌)"
    r"\s{0,3}(?:[:=：]|is|为|是)\s{0,3}[\"']?(?!<)(?P<value>[^\s\"',，。；]{6,200})"
)
_TOKEN = re.compile(r"(?<![A-Za-z0-9_+/=-])[A-Za-z0-9_+/=-]{20,256}(?![A-Za-z0-9_+/=-])")
_HANDLE = re.compile(r"(?<![A-Za-z0-9@._/-])@[A-Za-z0-9_]{2,39}(?![A-Za-z0-9_])")

# Shapes that are public by nature; a number inside them identifies nobody.
_PUBLIC = re.compile(
    r"(?:CVE|CWE|CAPEC|CNVD|CNNVD|GHSA|AVID|AIID|TOC|AML)[-.][A-Za-z0-9.:-]{1,40}"
    r"|(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])(?:[-/.][0-3]?[0-9])?(?![0-9])"
    r"|(?:19|20)[0-9]{2}\s?[-–/]\s?(?:19|20)[0-9]{2}(?![0-9])"
    r"|[a-z][a-z0-9-]{1,40}@[0-9.-]{1,12}:[A-Za-z0-9.-]{1,80}"
)


def _public_stretches(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _PUBLIC.finditer(text)]


def _plain(pattern: re.Pattern[str], class_: str) -> Detector:
    def detect(text: str) -> Iterator[Found]:
        for match in pattern.finditer(text):
            yield Found(class_, *match.span())

    return detect


def _urls(text: str) -> Iterator[Found]:
    for match in _URL.finditer(text):
        found = _URL_ENDS.split(match.group()[len("s3://") :], maxsplit=1)[0]
        found = match.group()[: len("s3://")] + found
        yield Found("url", match.start(), match.start() + len(found.rstrip(".,;:!?)]}")))


def _hosts(text: str) -> Iterator[Found]:
    for match in _HOST.finditer(text):
        yield Found("host", *match.span())


def _addresses(text: str) -> Iterator[Found]:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            candidate = match.group()
            if pattern is _IPV6 and candidate.count(":") < 2:
                continue
            try:
                ipaddress.ip_address(candidate)
            except ValueError:
                continue
            yield Found("ip-address", *match.span())


def _numbers(text: str) -> Iterator[Found]:
    public = _public_stretches(text)
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if any(a <= start and end <= b for a, b in public):
            continue
        digits = sum(c.isdigit() for c in match.group())
        phone_like = (
            match.group()[0] in "+(" or digits != len(match.group()) or re.fullmatch(r"1[3-9][0-9]{9}", match.group())
        )
        yield Found("phone" if phone_like and digits >= 7 else "number", start, end)


def _entropy(text: str) -> float:
    return -sum(p * math.log2(p) for p in (text.count(c) / len(text) for c in set(text)))


def _secrets(text: str) -> Iterator[Found]:
    for match in _SECRET.finditer(text):
        yield Found("secret", *match.span("value"))
    for match in _TOKEN.finditer(text):
        word = match.group()
        kinds = sum((any(c.isdigit() for c in word), any(c.islower() for c in word), any(c.isupper() for c in word)))
        if kinds >= 2 and any(c.isdigit() for c in word) and _entropy(word) >= 3.0 and not _PUBLIC.match(word):
            yield Found("secret", *match.span())


# Order matters where two find the same stretch: the first in this list names it.
DETECTORS: tuple[tuple[str, Detector], ...] = (
    ("url", _urls),
    ("secret", _secrets),
    ("path", _plain(_WINDOWS_PATH, "path")),
    ("path", _plain(_HOME_PATH, "path")),
    ("path", _plain(_UNIX_PATH, "path")),
    ("mac-address", _plain(_MAC, "mac-address")),
    ("ip-address", _addresses),
    ("host", _hosts),
    ("handle", _plain(_HANDLE, "handle")),
    ("number", _numbers),
)
