"""The invented organisations of the walk-through: their list, how they join, and how we wait until all are enrolled."""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib.resources
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tocsin_client import errors
from tocsin_client.demo.events import Voice
from tocsin_client.hub import Hub
from tocsin_client.joining import FirstContact

JOIN_THREADS = 8  # joining is mostly waiting for the disk: each key is durable before it is used
ENROL_TIMEOUT_S = 180
_POLL_S = 0.25


@dataclass(frozen=True, slots=True)
class Organisation:
    """One invented organisation. `profile` is its name on disk, `rank` its place in the list (0 for the two bodies)."""

    profile: str
    rank: int
    kind: str
    en: str
    zh: str
    sector: str
    region: str


def listed() -> list[Organisation]:
    """All of them: 60 members in order of rank, the industry body, the regulator."""
    source = importlib.resources.files(__package__).joinpath("organisations.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(source)
    members = [
        Organisation(f"member-{rank:02d}", rank, "member", row["en"], row["zh"], row["sector"], row["region"])
        for rank, row in enumerate(table["members"], start=1)
    ]
    bodies = [
        Organisation(kind, 0, kind, row["en"], row["zh"], row["sector"], row["region"])
        for kind, row in (("industry-body", table["industry_body"]), ("regulator", table["regulator"]))
    ]
    return members + bodies


@contextlib.contextmanager
def opened(url: str, home: Path, lang: str) -> Iterator[dict[str, Hub]]:
    """One `Hub` per organisation, by profile, each with its own vault and connections; all closed at the end."""
    with contextlib.ExitStack() as stack:
        yield {
            org.profile: stack.enter_context(Hub(url, profile=org.profile, home=home, lang=lang)) for org in listed()
        }


def join_all(hubs: dict[str, Hub], voice: Voice, lang: str) -> str:
    """Everybody pins the hub's root, makes keys and asks to be enrolled. Returns the fingerprint's words.

    The first one looks at the fingerprint; the others compare with what it saw. In life each compares with what the hub
    published elsewhere.
    """
    everybody = listed()
    seen: list[FirstContact] = []

    def look(contact: FirstContact) -> bool:
        seen.append(contact)
        return True

    first, *others = everybody
    _join(hubs[first.profile], first, lang, confirm=look)
    words = seen[0].words if seen else ""
    done = 1
    with concurrent.futures.ThreadPoolExecutor(JOIN_THREADS) as pool:
        waiting = [pool.submit(_join, hubs[o.profile], o, lang, fingerprint=words or None) for o in others]
        for future in concurrent.futures.as_completed(waiting):
            future.result()
            done += 1
            voice.progress("organisations ask to join", "各组织申请加入", done, len(everybody))
    return words


def _join(hub: Hub, org: Organisation, lang: str, **how: Any) -> None:
    name = org.zh if lang.startswith("zh") else org.en
    hub.join(sector=org.sector, region=org.region, kind=org.kind, name=name, publish_name=True, demo=True, **how)


def wait_enrolled(hubs: dict[str, Hub], timeout_s: float = ENROL_TIMEOUT_S) -> None:
    """Return when the public directory shows every one of them; RefusedError `enrolment-pending` after `timeout_s`."""
    wanted = {str(hub.vault.profile()["org"]) for hub in hubs.values()}
    anyone = next(iter(hubs.values()))
    give_up = time.monotonic() + timeout_s
    while True:
        missing = wanted - {str(row.get("org")) for row in anyone.directory()}
        if not missing:
            return
        if time.monotonic() > give_up:
            raise errors.RefusedError(
                "enrolment-pending",
                f"{len(missing)} of {len(wanted)} organisations are not enrolled",
                hint="The operator enrols them: tocsin-hub enrolments, tocsin-hub enrol.",
            )
        time.sleep(_POLL_S)
