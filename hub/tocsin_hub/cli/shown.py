"""What `init` and `settings` show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from tocsin_hub import settings as settings_room
from tocsin_hub.cli.voice import Voice
from tocsin_hub.members import keyring
from tocsin_trust import policy


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
        f"  {new.fingerprint_hex}\n"
        "(tocsin-hub fingerprint prints it again.) Now move two files away from here:\n"
        f"  root key       {new.root_key}   to a medium that is offline, two copies; it signs the policy\n"
        f"  authority key  {new.authority_key}   to whoever decides on membership; it enrols and suspends\n"
        "and leave one where it is:\n"
        f"  anchor         {new.anchor}   on another volume than the database; never restore it from a backup\n"
        f"Next: tocsin-hub serve --dir {new.dir}",
        f"中心已建于 {new.dir}。请通过其他渠道把指纹告知成员：\n"
        f"  {new.fingerprint_words}\n"
        f"  {new.fingerprint_hex}\n"
        "（tocsin-hub fingerprint 可再次显示。）请移走两个文件：\n"
        f"  根密钥        {new.root_key}   移至离线介质，保存两份；用于签署信任策略\n"
        f"  注册机构密钥  {new.authority_key}   交由决定成员资格者保管；用于注册与暂停\n"
        "另一个文件留在原处：\n"
        f"  锚点          {new.anchor}   须与数据库分处不同的卷；切勿由备份恢复\n"
        f"下一步：tocsin-hub serve --dir {new.dir}",
    )
    return said, text


def fingerprint(dir: Path | None, voice: Voice) -> tuple[dict[str, str], str]:
    """What members compare at first contact, from the policy in the hub's directory. Raises HubError hub-missing."""
    chosen = settings_room.load(dir=dir)
    origin, root = keyring.identity(chosen).origin, policy.read((chosen.dir / "policy.json").read_bytes()).root
    words, hexed = policy.fingerprint_words(root), policy.fingerprint_hex(root)
    text = voice.pick(
        f"origin  {origin}\nwords   {words}\nhex     {hexed}",
        f"来源      {origin}\n词语      {words}\n十六进制  {hexed}",
    )
    return {"origin": origin, "fingerprint": words, "fingerprint_hex": hexed}, text
