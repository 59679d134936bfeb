"""docs/settings.md, .env.example and the README's ten settings, held against the settings themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config import Settings
from tests.settings_page import EXAMPLE, PAGE, ROOT, default_of, example, meanings, page

FIRST = {
    *("BOT_PUBLIC_URL", "BOT_STORE_URL", "BOT_ENCRYPTION_KEYS", "PAYER_CLIENT_ID", "PAYER_CLIENT_SECRET"),
    *("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "TEAMS_APP_ID", "TEAMS_APP_PASSWORD", "TEAMS_TENANT_ID"),
}


def test_every_setting_says_what_it_means() -> None:
    """A setting without a meaning cannot be set by somebody who has not read the code."""
    assert [name for name, meaning in meanings().items() if not meaning.endswith((".", "…"))] == []
    assert meanings().keys() == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(("file", "made"), [(PAGE, page), (EXAMPLE, example)], ids=["page", "example"])
def test_what_is_written_is_what_the_settings_say(file: Path, made: object) -> None:
    """`make settings` writes both anew."""
    assert callable(made)
    assert file.read_text(encoding="utf-8") == made()


def test_the_example_as_it_is_changes_nothing(tmp_path: Path) -> None:
    """Copied to .env it sets nothing; with every default's # taken away it sets what would be anyway."""
    text = EXAMPLE.read_text(encoding="utf-8")
    (tmp_path / "copied").write_text(text, encoding="utf-8")
    (tmp_path / "opened").write_text(re.sub(r"^# (?=[A-Z_]+=.)", "", text, flags=re.MULTILINE), encoding="utf-8")
    copied, opened = (Settings(_env_file=tmp_path / name) for name in ("copied", "opened"))  # type: ignore[call-arg]
    assert copied.model_fields_set == set()
    assert opened.model_fields_set == {name.lower() for name in meanings() if default_of(name)}
    assert opened == Settings(_env_file=None)  # type: ignore[call-arg]


def test_the_readme_has_the_ten_of_a_first_deployment() -> None:
    """Every other setting is on the settings' page alone."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^ *\| (`[A-Z_`, ]+) \|", readme, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"[A-Z_]{4,}", row)} == FIRST
