"""Claims about buckets: what fits passes, what does not waits, nobody pays for another, and memory has an end."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import entries
from tocsin_hub.members import directory, rates
from tocsin_hub.settings import Settings


class Time:
    """Seconds that pass when told."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


def test_a_burst_passes_and_what_comes_after_waits_for_its_refill(time: Time) -> None:
    buckets = rates.Buckets(2.0, 3, time)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0  # another key has its own
    time.now_s += 0.5
    assert (buckets.take("a"), buckets.take("a")) == (0, 0.5)
    time.now_s += 1_000
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]  # full is full


def test_what_waits_pays_nothing(time: Time) -> None:
    buckets = rates.Buckets(1.0, 2, time)
    assert buckets.take("a", 2) == 0
    assert [buckets.take("a", 2) for _ in range(3)] == [2, 2, 2]
    time.now_s += 2
    assert buckets.take("a", 50) == 0  # more than the bucket holds costs the bucket


def test_asking_how_long_takes_nothing(time: Time) -> None:
    buckets = rates.Buckets(1.0, 1, time)
    assert [buckets.wait_s("a") for _ in range(3)] == [0, 0, 0]
    assert (buckets.take("a"), buckets.wait_s("a")) == (0, 1)


def test_no_rate_is_no_limit(time: Time) -> None:
    buckets = rates.Buckets(0, 1, time)
    assert {buckets.take("a") for _ in range(1_000)} == {0.0}
    assert buckets.wait_s("a") == 0


def test_a_crowd_of_keys_does_not_grow_the_memory(time: Time) -> None:
    buckets = rates.Buckets(1.0, 1, time)
    for number in range(rates.MAX_KEYS + 500):
        buckets.take(str(number))
    assert len(buckets._kept) == rates.MAX_KEYS


@pytest.mark.parametrize(
    ("host", "behind_proxy", "key"),
    [
        ("127.0.0.1", False, None),
        ("::1", False, None),
        ("", False, None),  # a UNIX socket
        ("127.0.0.1", True, "127.0.0.1"),  # a proxy that forwards no address: everybody is one
        ("192.0.2.7", False, "192.0.2.7"),
        ("::ffff:192.0.2.7", True, "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", True, "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1%eth0", True, "2001:db8:1:2::/64"),
    ],
)
def test_an_address_is_counted_by_who_has_it(host: str, behind_proxy: bool, key: str | None) -> None:
    assert rates.address_key(host, behind_proxy=behind_proxy) == key


@pytest.fixture
def guarded(open_log: Any, store: Any, cast: Any, time: Time) -> Any:
    """A log where a member may add two statements and then one every ten seconds."""
    unlimited = rates.Rates.of(Settings())
    held = rates.Rates(unlimited.addresses, unlimited.readers, rates.Buckets(0.1, 2, time))
    return open_log(store, guards=(directory.guard(cast.authorities), held.guard))


def _code(log: Any, *items: entries.Admitted) -> list[Any]:
    return [answer.code if isinstance(answer, HubError) else answer.idx for answer in log.run(*items)]


def test_a_member_beyond_its_quota_waits_and_takes_back_all_the_same(guarded: Any, time: Time) -> None:
    cast, one, other = guarded.cast, guarded.cast.member(), guarded.cast.member()
    guarded.place(cast.enrol(one), cast.enrol(other))
    first = cast.incident(one)
    assert _code(guarded, first, cast.incident(one), cast.incident(one)) == [2, 3, "member-quota"]
    refused = guarded.run(cast.incident(one))[0]
    assert refused.retry_after_s == 10
    assert _code(guarded, first) == [2]  # accepted bytes are a replay, over quota or not
    assert _code(guarded, cast.incident(other), cast.nameless(), cast.follow("withdraw", one, first.digest)) == [
        4,
        5,
        6,
    ]
    time.now_s += 10
    assert _code(guarded, cast.incident(one), cast.incident(one)) == [7, "member-quota"]


def test_nobody_uses_up_the_quota_of_another(guarded: Any) -> None:
    cast, victim, thief = guarded.cast, guarded.cast.member(), guarded.cast.member()
    guarded.place(cast.enrol(victim), cast.enrol(thief))
    forged = [cast.incident(victim, key=thief.key) for _ in range(5)]
    assert _code(guarded, *forged) == ["wrong-organisation"] * 5
    assert _code(guarded, cast.incident(victim), cast.incident(victim)) == [2, 3]
