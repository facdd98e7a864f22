"""Open the hub that a command is about: its profile, its language, and a passphrase only if a key is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tocsin_client.cli.voice import Voice

if TYPE_CHECKING:
    from tocsin_client.hub import Hub


def open_hub(said: Voice, *, url: str | None = None, public: bool = False) -> Hub:
    """The Hub of this run's profile (or of --hub)."""
    from tocsin_client.hub import Hub

    prompt = "密钥口令" if said.lang == "zh" else "Passphrase of the keys"
    return Hub(
        url or said.hub_url,
        profile=said.profile,
        lang=said.lang,
        public=public,
        ask_passphrase=lambda: said.secret(prompt),
    )
