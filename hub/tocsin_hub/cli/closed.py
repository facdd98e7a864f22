"""Holding a hub's directory for a command that must not run beside `serve`: the anchor's lock is the hub's lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tocsin_hub.cli.voice import CONFLICT, Stop
from tocsin_hub.errors import HubError
from tocsin_hub.ledger.anchor import Anchor
from tocsin_hub.members import keyring
from tocsin_hub.settings import Settings


@contextmanager
def closed_hub(settings: Settings) -> Iterator[keyring.Identity]:
    """The hub in `settings.dir`, down and held until the block ends. Raises Stop hub-running if it runs."""
    known = keyring.identity(settings)
    try:
        anchor = Anchor(known.anchor, known.origin)
    except HubError as error:
        if error.code != "anchor-locked":
            raise
        raise Stop(CONFLICT, "hub-running", "The hub runs, or another command holds it.", "Stop it first.") from None
    try:
        yield known
    finally:
        anchor.close()
