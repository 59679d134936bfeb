"""The page that teaches how to add a question, followed to the letter."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.pack import find_pack, load_pack
from tests.answers.asking import Resource, answered
from tests.shipped import words_kept

PAGE = Path(__file__).parents[2] / "docs" / "intents.md"
_SHOWN = re.compile(r"^`((?:intents|templates)/\S+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COVERAGE: Resource = {
    "resourceType": "Coverage",
    "id": "c1",
    "status": "active",
    "beneficiary": {"reference": "Patient/p1"},
    "payor": [{"reference": "Organization/o1"}],
    "period": {"start": "2026-01-01", "end": "2026-12-31"},
    "class": [{"type": {"coding": [{"code": "plan"}]}, "value": "S1", "name": "Silver S1"}],
}


@pytest.fixture
def taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pack with the files that the page shows."""
    words_kept(monkeypatch)
    for room in ("intents", "templates"):
        shutil.copytree(find_pack() / room, tmp_path / room)
    for name, text in _SHOWN.findall(PAGE.read_text(encoding="utf-8")):
        _add(tmp_path / name, text)
    return tmp_path


def _add(file: Path, text: str) -> None:
    """A new file, or an entry in a catalogue that is there."""
    assert file.exists() == (file.suffix == ".po")
    with file.open("a", encoding="utf-8") as end:
        end.write(f"\n{text}")


def test_the_page_shows_rules_an_answer_and_words_in_two_languages() -> None:
    """Three files of one intent and its words in a catalogue, no more."""
    names = [name for name, _ in _SHOWN.findall(PAGE.read_text(encoding="utf-8"))]
    assert [Path(name).name for name in names] == [
        "card_dates.yaml",
        "card_dates.py",
        "card_dates.md.j2",
        "es.po",
    ]


@pytest.mark.parametrize(
    ("said", "language", "words"),
    [
        ("when does my card expire?", "en", ("Silver S1", "2026")),
        ("¿cuándo vence mi tarjeta?", "es", ("Silver S1", "2026")),
    ],
)
async def test_the_question_of_the_page_is_understood_and_answered(
    taught: Path, monkeypatch: pytest.MonkeyPatch, said: str, language: str, words: tuple[str, ...]
) -> None:
    """What the page shows is enough: the question reaches its intent, and the answer has the facts of the member."""
    pack = load_pack(taught)
    reading = pack.engine.understand(said, today=date(2026, 5, 20))
    assert (reading.intent, reading.language) == ("coverage.card_dates", language)
    monkeypatch.setattr("tests.answers.asking.pack", lambda: pack)
    text = (await answered("coverage.card_dates", _COVERAGE, language=language)).text
    assert all(word in text for word in words)
