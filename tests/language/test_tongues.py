"""A further language is a file of phrases for what the pack knows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.errors import PackError
from bot.language.engine import Engine
from bot.language.text import fold
from bot.pack import find_pack


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A copy of the rules and words that ship."""
    shutil.copytree(find_pack() / "intents", tmp_path / "intents")
    return tmp_path / "intents"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("concepts: {DEDUCTIBEL: abc}", "concept: unknown 'DEDUCTIBEL' (did you mean DEDUCTIBLE?)"),
        ("specialties: {cardiologie: abc}", "specialties: unknown 'cardiologie' (did you mean cardiology?)"),
        ("danger: {CHESTS: abc}", "danger: unknown idea 'CHESTS' (did you mean CHEST?)"),
        ("conceptes: {DEDUCTIBLE: abc}", "file: Object contains unknown field `conceptes`"),
    ],
)
def test_what_a_file_names_has_to_be_known(words: Path, text: str, fault: str) -> None:
    """A phrase for nothing would be a word that no rule hears."""
    (words / "_words/tongues/xx.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"_words/tongues/xx\.yaml: ") as refused:
        Engine.load(words)
    assert fault in str(refused.value)


def test_a_stroke_is_no_other_letter() -> None:
    """Unicode does not take "đ" apart, and who types without accents writes "d"."""
    assert fold("Đăng nhập")[0] == "dang nhap"
