"""Sealing, key rings and the key file (T35, T36, T37)."""

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.stores.sealed import Vault, add_key, is_exposed, new_key, parse_keys
from tests.accounts.conftest import make_settings, vault_beside

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.mark.threat("T35")
@given(value=st.binary(), about=st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_opens_about_the_same_thing_only(value: bytes, about: str) -> None:
    """Any value, any row."""
    vault = Vault([NEW])
    sealed = vault.seal(value, about)
    assert vault.unseal(sealed, about) == value
    assert vault.unseal(sealed, about + "x") is None
    assert vault.seal(value, about) != sealed


@given(place=st.integers(min_value=0, max_value=32), bit=st.integers(min_value=0, max_value=7))
def test_a_changed_bit_spoils_the_value(place: int, bit: int) -> None:
    """Version, key id, nonce, ciphertext and tag are all guarded."""
    vault = Vault([NEW, OLD])
    sealed = bytearray(vault.seal(b"", "row"))
    sealed[place] ^= 1 << bit
    assert vault.unseal(bytes(sealed), "row") is None


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x01abcd", b"plain text that was never sealed at all"])
def test_what_was_never_sealed_is_none(garbage: bytes) -> None:
    """Short and foreign values are no errors."""
    assert Vault([NEW]).unseal(garbage, "row") is None


def test_a_ring_seals_with_the_newest_and_opens_with_all() -> None:
    """Rotation: old rows stay readable until their key is taken out (T36)."""
    sealed = Vault([OLD]).seal(b"v", "row")
    both = Vault([NEW, OLD])
    assert both.unseal(sealed, "row") == b"v"
    assert Vault([NEW]).unseal(both.seal(b"v", "row"), "row") == b"v"
    assert Vault([NEW]).unseal(sealed, "row") is None


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """Mode 600 beside the store, whole, and the same at the next start."""
    store = tmp_path / "bot.db"
    sealed = vault_beside(store).seal(b"v", "row")
    (made,) = tmp_path.iterdir()
    assert (made.name, stat.S_IMODE(made.stat().st_mode)) == ("bot.db.keys", 0o600)
    assert vault_beside(store).unseal(sealed, "row") == b"v"


def test_two_processes_that_start_together_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that comes second finds a whole file and takes it."""
    store = tmp_path / "bot.db"
    link, others = os.link, []

    def overtaken(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        others.append(vault_beside(store))
        link(source, target)

    monkeypatch.setattr(os, "link", overtaken)
    ours = vault_beside(store)
    assert ours.unseal(others[0].seal(b"v", "row"), "row") == b"v"
    assert [path.name for path in tmp_path.iterdir()] == ["bot.db.keys"]


def test_configured_keys_need_no_file(tmp_path: Path) -> None:
    """The setting wins, newest first, in either alphabet of base64."""
    old = base64.b64encode(b"\xfb" * 32).decode()
    vault = vault_beside(tmp_path / "bot.db", bot_encryption_keys=f"{new_key()}, {old}")
    assert vault.unseal(Vault([b"\xfb" * 32]).seal(b"v", "row"), "row") == b"v"
    assert parse_keys(old.replace("+", "-").replace("/", "_")) == [b"\xfb" * 32]
    assert list(tmp_path.iterdir()) == []


WELL_FORMED = base64.b64encode(b"\xfb" * 32).decode()


@pytest.mark.fault("F60")
@pytest.mark.threat("T37")
@pytest.mark.parametrize("text", ["", ",", "short", "cGxhbnRlZA==", f"{WELL_FORMED},", "ü" * 44, WELL_FORMED + "x"])
def test_malformed_keys_stop_the_start_by_name(text: str) -> None:
    """One line that names the setting and repeats nothing of its value."""
    with pytest.raises(ConfigError, match=r"^BOT_ENCRYPTION_KEYS: must be comma-separated") as caught:
        Vault.from_settings(make_settings(bot_encryption_keys=text))
    assert len(text) < 4 or text not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe"])
def test_a_spoilt_key_file_is_told_and_kept(tmp_path: Path, content: bytes) -> None:
    """It is never replaced: what it sealed would be lost."""
    path = tmp_path / "bot.db.keys"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^bot\.db\.keys: must hold keys as BOT_ENCRYPTION_KEYS does$"):
        vault_beside(tmp_path / "bot.db")
    assert path.read_bytes() == content


def test_a_key_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """One line, naming the setting that would help."""
    with pytest.raises(ConfigError, match=r"^BOT_KEYS_FILE: the folder /.*/nowhere does not exist; make it$"):
        vault_beside(tmp_path / "nowhere" / "bot.db")


@pytest.mark.fault("F60")
def test_without_a_store_file_keys_are_required() -> None:
    """PostgreSQL has no place beside it."""
    with pytest.raises(ConfigError, match=r"^BOT_ENCRYPTION_KEYS: required"):
        Vault.from_settings(make_settings(bot_store_url="postgresql://bot@db/bot"))


@pytest.mark.parametrize("keys", [[], [b"short"], [b"n" * 32, b"o" * 16]])
def test_keys_have_one_length(keys: list[bytes]) -> None:
    """AES-256 and nothing shorter."""
    with pytest.raises(ConfigError):
        Vault(keys)


@pytest.mark.threat("T36")
def test_a_key_that_another_process_added_is_read_from_the_file(tmp_path: Path) -> None:
    """A running process opens what was sealed under a newer key, and seals under it from then on (T36)."""
    store = tmp_path / "bot.db"
    running = vault_beside(store)
    old = running.seal(b"value", "k/1")
    add_key(store.with_name("bot.db.keys"))
    other = vault_beside(store)
    assert other.unseal(old, "k/1") == b"value"
    assert other.stale(old)
    new = other.seal(b"value", "k/1")
    assert not other.stale(new)
    assert running.unseal(new, "k/1") == b"value"
    assert not other.stale(running.seal(b"value", "k/2"))
    assert stat.S_IMODE(store.with_name("bot.db.keys").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["bot.db.keys"]


def test_a_key_file_may_lie_apart(tmp_path: Path) -> None:
    """BOT_KEYS_FILE is made where it says, for its owner only, and nothing lies beside the store."""
    (tmp_path / "apart").mkdir()
    file = tmp_path / "apart" / "keys"
    vault = vault_beside(tmp_path / "bot.db", bot_keys_file=file)
    other = vault_beside(tmp_path / "other.db", bot_keys_file=file)
    assert other.unseal(vault.seal(b"v", "row"), "row") == b"v"
    assert [path.name for path in tmp_path.iterdir()] == ["apart"]
    assert not is_exposed(file)


@pytest.mark.attack("a key file that others can read")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_readable_key_file_is_known(tmp_path: Path, mode: int) -> None:
    """By any right of a group or of others."""
    vault_beside(tmp_path / "bot.db")
    (tmp_path / "bot.db.keys").chmod(mode)
    assert is_exposed(tmp_path / "bot.db.keys")
