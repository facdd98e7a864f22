"""What `tocsin-hub settings` shows: each setting with its value in force, its default and where the value came from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from tocsin_hub import settings as settings_room


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
