"""A further language is a file of phrases for what the pack knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import PackError
from bot.language.rules import read_yaml
from bot.language.text import fold
from bot.language.tongues import add_words, read_tongues
from bot.pack import find_pack
from tests.shipped import shipped_pack


def _add_to_shipped(folder: Path) -> None:
    words, file = shipped_pack().engine.lexicon, find_pack() / "intents/_words/specialties.yaml"
    for language, tongue in read_tongues(folder).items():
        add_words(words.tree, words.dangers.words, language, tongue, read_yaml(file, file.name))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("concepts: {DEDUCTIBEL: abc}", "concept: unknown 'DEDUCTIBEL' (did you mean DEDUCTIBLE?)"),
        ("specialties: {cardiologie: abc}", "specialties: unknown 'cardiologie' (did you mean cardiology?)"),
        ("danger: {CHESTS: abc}", "danger: unknown idea 'CHESTS' (did you mean CHEST?)"),
        ("conceptes: {DEDUCTIBLE: abc}", "file: Object contains unknown field `conceptes`"),
    ],
)
def test_what_a_file_names_has_to_be_known(tmp_path: Path, text: str, fault: str) -> None:
    """A phrase for nothing would be a word that no rule hears; what is refused adds nothing to the words that ship."""
    (tmp_path / "_words/tongues").mkdir(parents=True)
    (tmp_path / "_words/tongues/xx.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match=r"_words/tongues/xx\.yaml: ") as refused:
        _add_to_shipped(tmp_path)
    assert fault in str(refused.value)


def test_a_stroke_is_no_other_letter() -> None:
    """Unicode does not take "đ" apart, and who types without accents writes "d"."""
    assert fold("Đăng nhập")[0] == "dang nhap"
