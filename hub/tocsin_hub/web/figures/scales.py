"""Where axes end and where shades begin: round numbers, the same for the page and the file."""

from __future__ import annotations

import math

_TOPS = (2, 4, 6, 8, 10)  # halves are whole numbers or .0 of the next decade
_LADDER = (1, 2, 5)


def top(most: int) -> int:
    """The round number at or above `most` at which an axis of counts ends; its half is a whole number too."""
    if most <= 2:
        return 2
    decade = 10 ** (len(str(most)) - 1)
    if decade == 10 and most <= 10:
        return 10
    steps = _TOPS if decade == 1 else (1, *_TOPS)
    found: int = next(step * decade for step in steps if step * decade >= most)
    return found


def share_top(most: float) -> int:
    """The per cent at which an axis of shares ends: the next multiple of 20 at or above `most` (0 to 1)."""
    return max(20, math.ceil(min(most, 1.0) * 5 - 1e-9) * 20)


def shades(most: int) -> tuple[int, ...]:
    """Where each shade of a table begins, lowest first, at most five: 1 and the four greatest of 2, 5, 10, 20, 50 ... up to `most`."""
    ladder = [step * 10**power for power in range(9) for step in _LADDER]
    steps = [step for step in ladder if 1 < step <= most]
    return (1, *steps[-4:])


def shade(value: int, starts: tuple[int, ...]) -> str:
    """`q1` to `q5`; `q0` for nothing."""
    return f"q{sum(value >= start for start in starts)}" if value else "q0"


def spans(starts: tuple[int, ...], most: int) -> list[str]:
    """What each shade covers, as words: `1–4`, `5–9`, `10+`."""
    ends = [*(start - 1 for start in starts[1:]), most]
    last = len(starts) - 1
    return [
        f"{start:,}+" if at == last and at else f"{start:,}" if start == end else f"{start:,}–{end:,}"
        for at, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson interval of a share, as two numbers from 0 to 1; (0, 1) if there is nothing."""
    if not n:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)
