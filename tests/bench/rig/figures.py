"""How a figure is said and held: one JSON line, a ratio to a peer of the same run, a median of interleaved rounds.

Seconds do not travel between machines, and on a busy one the same code was measured at half its rate. So whatever is timed
here is timed beside bare Ed25519 verifies of one core (or another peer), in turns, and the bar is on the ratio. A bar that
was set in milliseconds is carried over in verifies: the machine on which it was set did REFERENCE_VERIFIES_PER_S, so 20 ms
are 173 verifies anywhere (`verifies_in`).
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tocsin_trust import keys

REFERENCE_VERIFIES_PER_S = 8_667
BUSY = 1.15  # above this, wall times are said and not held against the code
_KEY = keys.SigningKey.from_seed(bytes(32))
_MESSAGE = bytes(3_000)
_SIGNATURE = _KEY.sign(_MESSAGE)


@dataclass
class Beside:
    """Bare Ed25519 verifies of one core, taken again and again beside what is measured: `tick` in every round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def tick(self, count: int = 400) -> None:
        """Take one more sample (about 50 ms)."""
        wall, cpu = time.perf_counter(), time.thread_time()
        for _ in range(count):
            keys.verify(_KEY.public, _SIGNATURE, _MESSAGE)
        self.wall.append((time.perf_counter() - wall) / count)
        self.cpu.append((time.thread_time() - cpu) / count)

    @property
    def verify_s(self) -> float:
        """CPU seconds of one verify, median of the samples."""
        return statistics.median(self.cpu)

    @property
    def verify_wall_s(self) -> float:
        """Wall seconds of one verify, median of the samples."""
        return statistics.median(self.wall)

    @property
    def busy(self) -> float:
        """How much longer a verify took than its own CPU time; 1 on an idle machine."""
        return statistics.median(w / c for w, c in zip(self.wall, self.cpu, strict=True))


def say(name: str, value: float, unit: str, *, ratio: float, against: str, bar: str, met: bool) -> None:
    """Print the line of one figure."""
    line = {
        "name": name,
        "value": float(f"{value:.4g}"),
        "unit": unit,
        "ratio": float(f"{ratio:.4g}"),
        "against": against,
        "bar": bar,
        "met": met,
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)


def at_least(
    name: str, value: float, unit: str, *, ratio: float, against: str, floor: float, beside: Beside | None = None
) -> None:
    """Say a figure and fail if its ratio is below the floor. Wall times give `beside`: a busy machine then fails nothing."""
    _held(name, value, unit, ratio, against, f">= {floor:.4g}", ratio >= floor, beside)


def at_most(
    name: str, value: float, unit: str, *, ratio: float, against: str, ceiling: float, beside: Beside | None = None
) -> None:
    """Say a figure and fail if its ratio is above the ceiling. `beside` as for `at_least`."""
    _held(name, value, unit, ratio, against, f"<= {ceiling:.4g}", ratio <= ceiling, beside)


def _held(
    name: str, value: float, unit: str, ratio: float, against: str, bar: str, met: bool, beside: Beside | None
) -> None:
    say(name, value, unit, ratio=ratio, against=against, bar=bar, met=met)
    if not met and beside is not None and beside.busy > BUSY:
        note(f"not held to it: others used this machine (a verify took {beside.busy:.2f} times its CPU time)")
        return
    assert met, f"{name}: {ratio:.4g} of {against}, wanted {bar}"


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this thread in `work`."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def wall_s(work: Callable[[], object]) -> float:
    """Wall seconds of `work`."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def verifies_in(ms: float) -> float:
    """A bar in milliseconds, as a number of verifies."""
    return ms / 1_000 * REFERENCE_VERIFIES_PER_S


def note(text: str) -> None:
    """A line for people, beside the figures."""
    print(f"# {text}", file=sys.stderr, flush=True)
