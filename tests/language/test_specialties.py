"""The lay words for doctors and the NUCC codes behind them."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from bot.language.engine import Engine

_CODE = re.compile(r"\d{2}[0-9A-Z]{7}X")


@pytest.fixture(scope="module")
def listed(intents_folder: Path) -> dict[str, dict[str, object]]:
    """The pack's specialties as they are written."""
    read: dict[str, dict[str, object]] = yaml.safe_load(
        (intents_folder / "_words/specialties.yaml").read_text(encoding="utf-8")
    )
    return read


def test_specialties_are_many_and_in_both_languages(listed: dict[str, dict[str, object]]) -> None:
    """At least 150, each with lay words in English and Spanish and with codes of the right form, each once."""
    assert len(listed) >= 150
    assert [name for name, one in listed.items() if not (one.get("of") or (one.get("en") and one.get("es")))] == []
    for name, one in listed.items():
        codes = one["codes"]
        assert isinstance(codes, list)
        assert all(_CODE.fullmatch(code) for code in codes), name
        assert len(set(codes)) == len(codes), name


def test_a_lay_word_means_one_kind_of_doctor(engine: Engine, listed: dict[str, dict[str, object]]) -> None:
    """No plain word of one specialty is also a plain word of another."""
    said = Counter(
        word.strip()
        for one in listed.values()
        for language in ("en", "es")
        for word in {part.strip() for part in str(one.get(language, "")).split(",") if "(" not in part}
        if word.strip()
    )
    doubled = [word for word, times in said.items() if times > 1 and len(_kinds(engine, word)) > 1]
    assert doubled == []


@pytest.mark.parametrize(
    ("said", "code"),
    [("peds dentist", "1223P0221X"), ("child psych", "2084P0804X"), ("alergista infantil", "2080P0201X")],
)
def test_two_kinds_that_make_one_are_that_one(engine: Engine, said: str, code: str) -> None:
    """Every name of the one kind beside every word of the other names the kind that is made of both."""
    assert _kinds(engine, said) == {(code,)}


def _kinds(engine: Engine, word: str) -> set[object]:
    return {meaning.value for meaning in engine.lexicon.tree.meanings_of(word) if meaning.kind == "specialty"}
