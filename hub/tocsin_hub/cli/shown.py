"""What `init` and `settings` show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from tocsin_hub import settings as settings_room
from tocsin_hub.cli.voice import Voice
from tocsin_hub.members import keyring


def settings(dir: Path | None = None) -> list[dict[str, Any]]:
    """One row per setting. A password in the database URL is not shown."""
    in_force = settings_room.load(dir=dir)
    rows = []
    for name, info in settings_room.Settings.model_fields.items():
        variable = settings_room.PREFIX + name.upper()
        value = getattr(in_force, name)
        if name == "database_url" and value is not None:
            value = make_url(value).render_as_string(hide_password=True)
        origin = "option" if name == "dir" and dir is not None else "env" if os.environ.get(variable) else "default"
        rows.append(
            {
                "name": name,
                "value": value if isinstance(value, int | float | str) or value is None else str(value),
                "default": info.default
                if isinstance(info.default, int | float | str) or info.default is None
                else str(info.default),
                "origin": origin,
                "variable": variable,
                "reason": info.description,
            }
        )
    return rows


MADE = ("dir", "origin", "prefix", "root_key", "authority_key", "anchor")


def made(new: keyring.Made, voice: Voice) -> tuple[dict[str, str], str]:
    """What `init` made: for a program and for a person. Nothing of it is secret."""
    said = {name: str(getattr(new, name)) for name in MADE}
    said |= {
        "authority": new.authority_id,
        "fingerprint": new.fingerprint_words,
        "fingerprint_hex": new.fingerprint_hex,
    }
    text = voice.pick(
        f"A hub is in {new.dir}. Tell your members its fingerprint by another way than this hub:\n"
        f"  {new.fingerprint_words}\n"
        f"Move {new.root_key} to a place that is offline. Next: tocsin-hub serve --dir {new.dir}",
        f"中心已建于 {new.dir}。请通过其他渠道把指纹告知成员：\n"
        f"  {new.fingerprint_words}\n"
        f"请将 {new.root_key} 移至离线处。下一步：tocsin-hub serve --dir {new.dir}",
    )
    return said, text
