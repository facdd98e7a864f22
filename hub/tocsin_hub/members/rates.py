"""How much one may ask in a time: token buckets by address, by reader and by organisation, in the memory of the process.

    address   every request that shows no good token; IPv6 by its /64, because one customer has that many
    reader    requests with a token, by organisation or author key
    member    attributed statements, by organisation, counted once the log knows that the key is theirs

Nothing of this is written to the database or to a log line. A nameless submission is counted by its address only: counted
by anything else, it would have a name. What a member says nameless is bounded by how many certificates it gets.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import entries
from tocsin_hub.members import access, directory, login
from tocsin_hub.settings import Settings

MAX_KEYS = 10_000
# What takes something back must never wait for a quota.
UNCOUNTED = frozenset({"withdraw", "key-revoke", "suspend"})


class Buckets:
    """A bucket per key that fills with `per_s` tokens a second up to `burst`; `per_s` 0 = no limit. Thread-safe.

    At most MAX_KEYS are kept, the longest unused is forgotten first. `now` gives seconds and never goes back.
    """

    def __init__(self, per_s: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, cost: float = 1.0) -> float:
        """Take `cost` tokens and return 0, or take nothing and return the seconds after which they would be there."""
        if not self._per_s:
            return 0.0
        with self._lock:
            now = self._now()
            held = self._held(key, now)
            wait_s = max(0.0, (min(cost, self._burst) - held) / self._per_s)
            if not wait_s:
                held -= min(cost, self._burst)
            self._kept[key] = (held, now)
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEYS:
                self._kept.popitem(last=False)
            return wait_s

    def wait_s(self, key: str) -> float:
        """The seconds until one token is there; takes nothing."""
        if not self._per_s:
            return 0.0
        with self._lock:
            return max(0.0, (1.0 - self._held(key, self._now())) / self._per_s)

    def _held(self, key: str, now: float) -> float:
        held, since = self._kept.get(key, (self._burst, now))
        return min(self._burst, held + (now - since) * self._per_s)


@dataclass(frozen=True, slots=True)
class Rates:
    """The buckets of a hub."""

    addresses: Buckets
    readers: Buckets
    members: Buckets

    @classmethod
    def of(cls, settings: Settings) -> Rates:
        """The buckets that the settings ask for."""
        return cls(
            Buckets(settings.address_rate_per_s, settings.address_burst),
            Buckets(settings.reader_rate_per_s, settings.reader_burst),
            Buckets(settings.member_rate_per_s, settings.member_burst),
        )

    def viewer(self, session: Session, token: str | None, now_unix_s: int) -> access.Viewer:
        """Who asks, as `login.viewer` says, counted if it shows a token. Raises HubError token-invalid, rate-limited."""
        found = login.viewer(session, token, now_unix_s)
        if token is not None:
            require(self.readers.take(found.org or found.author_key or ""), "rate-limited")
        return found

    def guard(self, session: Session, items: Sequence[entries.Admitted]) -> list[HubError | None]:
        """Guard: attributed statements beyond a member's quota wait. Asked after the directory, before the thread."""
        return [self._over(item.statement.cred) if _counted(item) else None for item in items]

    def _over(self, org: str) -> HubError | None:
        wait_s = self.members.take(org)
        return HubError("member-quota", retry_after_s=math.ceil(wait_s)) if wait_s else None


def require(wait_s: float, code: str) -> None:
    """Refuse with `code` if there is something to wait for."""
    if wait_s:
        raise HubError(code, retry_after_s=math.ceil(wait_s))


def address_key(host: str, *, behind_proxy: bool) -> str | None:
    """What an address is counted by, or None if it is not: this machine itself, unless it stands for a proxy.

    Behind a proxy the server has put the forwarded address in; a proxy that forwards none is one address for everybody,
    and is limited as one, so that the mistake is seen.
    """
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return host if behind_proxy else None  # a UNIX socket
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    if address.is_loopback and not behind_proxy:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _counted(item: entries.Admitted) -> bool:
    said = item.statement
    named = said.mode == "attributed" and not said.cred.startswith(directory.AUTHORITY)
    return named and said.kind not in UNCOUNTED
