"""Claims about a hub's keys and settings: made once, closed to others, and never taken for another hub's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tocsin_hub import settings
from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor
from tocsin_hub.members import keyring
from tocsin_hub.store import migrate
from tocsin_hub.store.session import Store
from tocsin_trust import keys, policy

NOW = 1_790_000_000
ORIGIN = "hub.example.org/log"


def _init(tmp_path: Path, **said: Any) -> tuple[settings.Settings, keyring.Made]:
    chosen = settings.load({}, dir=tmp_path / "hub", anchor=said.pop("anchor", tmp_path / "volume" / "anchor"))
    paths = {"root_key": tmp_path / "away" / "root.key", "authority_key": tmp_path / "away" / "authority.key", **said}
    return chosen, keyring.init(chosen, origin=ORIGIN, now_unix_s=NOW, **paths)


def test_init_makes_a_hub_that_loads(tmp_path: Path) -> None:
    chosen, made = _init(tmp_path, prefix="ABC")
    ring = keyring.load(chosen)
    assert (ring.origin, ring.prefix, ring.identity.anchor) == (ORIGIN, "ABC", made.anchor)
    assert ring.policy == policy.read(ring.policy.raw, now_unix_s=NOW)
    root = keyring.read_signing_key(made.root_key)
    assert policy.fingerprint_words(root.public) == made.fingerprint_words
    authority = keyring.read_signing_key(made.authority_key)
    assert ring.policy.authorities == {made.authority_id: authority.public}
    assert anchor.read(made.anchor).size == 0
    store = Store(chosen.url())
    migrate.require_current(store)
    store.dispose()
    assert made.same_volume


def test_every_secret_is_closed_to_others(tmp_path: Path) -> None:
    chosen, made = _init(tmp_path)
    secrets = [*(chosen.dir / "keys").iterdir(), made.root_key, made.authority_key]
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}
    assert {path.name for path in secrets} >= {"log.key", "certificate.key", "tag.key", "login.key"}
    assert {path.stat().st_mode & 0o777 for path in (chosen.dir, chosen.dir / "keys")} == {0o700}


@pytest.mark.parametrize("name", ["log.key", "certificate.key", "tag.key", "login.key", "."])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, name: str) -> None:
    chosen, _ = _init(tmp_path)
    path = chosen.dir / "keys" / name
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(HubError, match="key-file-open"):
        keyring.load(chosen)


def test_init_refuses_a_directory_that_holds_a_hub_and_overwrites_nothing(tmp_path: Path) -> None:
    chosen, made = _init(tmp_path)
    before = {path: path.read_bytes() for path in (chosen.dir / "keys").iterdir()}
    with pytest.raises(HubError, match="hub-exists"):
        _init(tmp_path)
    assert {path: path.read_bytes() for path in (chosen.dir / "keys").iterdir()} == before
    for taken in ("root_key", "authority_key", "anchor"):
        elsewhere = tmp_path / taken
        elsewhere.mkdir()
        with pytest.raises(HubError, match="file-exists"):
            _init(elsewhere, **{taken: made.root_key})
        assert list(elsewhere.iterdir()) == []


def test_init_refuses_a_database_that_holds_a_log(tmp_path: Path) -> None:
    """A second origin over the first one's entries: two histories in one log."""
    chosen, _ = _init(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(HubError, match="hub-exists"):
        keyring.init(
            settings.load({}, dir=elsewhere / "hub", database_url=chosen.url(), anchor=elsewhere / "anchor"),
            origin="other.example.org/log",
            root_key=elsewhere / "root.key",
            authority_key=elsewhere / "authority.key",
            now_unix_s=NOW,
        )
    assert not elsewhere.exists()


@pytest.mark.postgres
def test_a_hub_on_postgresql_is_made_once(tmp_path: Path, postgres_url: str) -> None:
    chosen = settings.load({}, dir=tmp_path / "hub", database_url=postgres_url, anchor=tmp_path / "anchor")
    paths = {"root_key": tmp_path / "root.key", "authority_key": tmp_path / "authority.key"}
    keyring.init(chosen, origin=ORIGIN, now_unix_s=NOW, **paths)
    assert keyring.load(chosen).identity.engine == "postgresql"
    assert postgres_url not in (chosen.dir / "hub.json").read_text()
    again = settings.load({}, dir=tmp_path / "again", database_url=postgres_url, anchor=tmp_path / "anchor-2")
    with pytest.raises(HubError, match="hub-exists"):
        keyring.init(again, origin=ORIGIN, now_unix_s=NOW, root_key=tmp_path / "r", authority_key=tmp_path / "a")


def test_the_root_and_authority_keys_can_be_encrypted(tmp_path: Path) -> None:
    _, made = _init(tmp_path, passphrase="open sesame")
    with pytest.raises(HubError, match="key-unreadable"):
        keyring.read_signing_key(made.root_key)
    assert keyring.read_signing_key(made.root_key, "open sesame")


@pytest.mark.parametrize("missing", ["hub.json", "policy.json", "keys/log.key", "keys/tag.key"])
def test_a_directory_with_a_part_missing_is_no_hub(tmp_path: Path, missing: str) -> None:
    chosen, _ = _init(tmp_path)
    (chosen.dir / missing).unlink()
    with pytest.raises(HubError, match="hub-missing"):
        keyring.load(chosen)


def test_parts_of_different_hubs_do_not_mix(tmp_path: Path) -> None:
    one, _ = _init(tmp_path)
    two, _ = _init(tmp_path / "other")
    (one.dir / "policy.json").write_bytes((two.dir / "policy.json").read_bytes())
    with pytest.raises(HubError, match="key-unreadable"):
        keyring.load(one)


def test_damaged_keys_are_refused(tmp_path: Path) -> None:
    chosen, _ = _init(tmp_path)
    for name, content in (("tag.key", b"zz"), ("login.key", b"00"), ("log.key", b"-----BEGIN")):
        path = chosen.dir / "keys" / name
        kept = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(HubError, match="key-unreadable"):
            keyring.load(chosen)
        path.write_bytes(kept)
    keyring.load(chosen)


def test_a_hub_made_for_one_engine_does_not_start_on_the_other(tmp_path: Path) -> None:
    chosen, _ = _init(tmp_path)
    other = chosen.model_copy(update={"database_url": "postgresql+psycopg://localhost/hub"})
    with pytest.raises(HubError, match="hub-missing"):
        keyring.load(other)
    said = json.loads((chosen.dir / "hub.json").read_text())
    assert set(said) == {"v", "origin", "prefix", "anchor", "engine", "earlier"}


def test_the_anchor_setting_overrides_what_init_wrote(tmp_path: Path) -> None:
    chosen, _ = _init(tmp_path)
    moved = settings.load({"TOCSIN_DIR": str(chosen.dir), "TOCSIN_ANCHOR": str(tmp_path / "moved")})
    assert keyring.identity(moved).anchor == tmp_path / "moved"


def test_a_keyring_shows_no_key(tmp_path: Path) -> None:
    chosen, _ = _init(tmp_path)
    ring = keyring.load(chosen)
    assert ring.tag_key.hex() not in repr(ring)
    assert "policy" not in repr(ring)
    assert isinstance(ring.log_key, keys.SigningKey)


# --- settings ------------------------------------------------------------------------------------------------------------


def test_settings_come_from_the_environment_and_options_override() -> None:
    env = {"TOCSIN_PORT": "9000", "TOCSIN_BEHIND_PROXY": "true", "TOCSIN_UNKNOWN": "x", "PORT": "1", "TOCSIN_HOST": ""}
    found = settings.load(env, port=9001, host=None)
    assert (found.port, found.behind_proxy, found.host) == (9001, True, "127.0.0.1")


def test_bad_settings_are_named_and_their_values_are_not_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        settings.load({"TOCSIN_PORT": "hunter2"})
    assert "port" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValidationError):
        settings.load({}, no_such_setting=1)
    with pytest.raises(ValidationError, match="batch_max"):
        settings.load({}, bulk_max_lines=100, batch_max=50)


def test_every_setting_says_why() -> None:
    for name, field in settings.Settings.model_fields.items():
        assert field.description, name
        assert len(field.description) > 15, name
