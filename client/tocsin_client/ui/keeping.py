"""What the page keeps on this machine: the draft under way, and the list of one's own records."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from tocsin_client import errors, files
from tocsin_client.draft import KINDS, Draft
from tocsin_client.ui.words import say
from tocsin_client.vault import Vault
from tocsin_taxonomy import vocab

FILE = "ui-draft.yaml"


def require_own(profile: Path) -> None:
    """Raise SetupError if the profile is another user's: what this process writes there, its owner could not read."""
    if hasattr(os, "geteuid") and profile.stat().st_uid != os.geteuid():
        raise errors.SetupError("not-yours", "this profile belongs to another user", hint="Run it as that user.")


class Kept:
    """The draft under way, in the profile (0600), so that closing a tab or an idle end loses nothing."""

    def __init__(self, profile: Path) -> None:
        self._path = profile / FILE

    def read(self) -> Draft | None:
        """The draft kept, or None; a broken one is left where it is and not used."""
        if not self._path.exists():
            return None
        files.require_private(self._path)
        try:
            return Draft.load(self._path)
        except errors.InvalidError:
            return None

    def write(self, draft: Draft) -> None:
        """Keep a draft; one that holds nothing is not kept."""
        if draft.body:
            files.write(self._path, draft.as_yaml().encode("utf-8"))

    def remove(self) -> None:
        """Delete the draft: it was sent, or the person began anew."""
        if self._path.exists():
            files.remove(self._path)


def mine(vault: Vault, lang: str) -> list[dict[str, str]]:
    """One's own records, newest first, as this disk knows them."""
    rows = []
    for thread in reversed(vault.threads()):
        kind, state = str(thread.get("kind", "")), str(thread.get("state", ""))
        if kind in KINDS:
            day = datetime.datetime.fromtimestamp(int(thread.get("at_unix_s", 0)), datetime.UTC).date()
            known = state in ("accepted", "sent", "refused", "withdrawn")
            rows.append({
                "record": str(thread["thread"]), "title": str(thread.get("title", "")), "day": day.isoformat(),
                "kind": vocab.label("kinds", kind, lang), "state": state, "stateName": say(f"state.{state}", lang) if known else state,
            })  # fmt: skip
    return rows
