"""The twelve first-person drafts of the walk-through, in Chinese and English: each passes the gate alone and is sent by its author."""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence
from importlib.resources.abc import Traversable

from tocsin_client import errors
from tocsin_client.demo.events import Voice
from tocsin_client.demo.organisations import Organisation
from tocsin_client.draft import Draft
from tocsin_client.hub import Hub
from tocsin_client.receipts import Receipt

APPROVED_BY = "risk officer (demo)"


def folder(name: str) -> Traversable:
    """A folder of draft files inside this package: `drafts` or `report`."""
    return importlib.resources.files(__package__).joinpath(name)


def listed() -> list[Draft]:
    """The drafts in order of their file names; `notes` say who sends it (rank) and in which mode."""
    files = sorted((f for f in folder("drafts").iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return [Draft.parse(f.read_bytes()) for f in files]


def send_all(hubs: dict[str, Hub], members: Sequence[Organisation], voice: Voice) -> list[Receipt]:
    """Check, approve and send each draft; GateError if one of them holds anything that needs a decision."""
    found = []
    every = listed()
    for number, draft in enumerate(every, start=1):
        author = next(org for org in members if org.rank == draft.notes["author"])
        hub = hubs[author.profile]
        preview = hub.preview(draft, mode=str(draft.notes["mode"]))
        if preview.open:
            raise errors.GateError(
                "undecided", f"demo draft {number} holds a span that nobody decided on", where=preview.open[0].path
            )
        found.append(hub.submit(preview.approve(by=APPROVED_BY)))
        voice.progress("first-person reports", "一手报告", number, len(every))
    return found
