"""The page that teaches how to add a question, followed to the letter."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from bot.language import rules, score
from bot.language.phrases import expand
from bot.pack import find_pack, load_pack
from tests.answers.asking import Resource, answered
from tests.shipped import shipped_pack, words_kept

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


async def test_the_question_of_the_page_is_understood_and_answered(
    taught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page shows is enough: the question reaches its intent, and the answer has the facts of the member."""
    pack = load_pack(taught)
    monkeypatch.setattr("tests.answers.asking.pack", lambda: pack)
    for said, language in (("when does my card expire?", "en"), ("¿cuándo vence mi tarjeta?", "es")):
        reading = pack.engine.understand(said, today=date(2026, 5, 20))
        assert (reading.intent, reading.language) == ("coverage.card_dates", language)
        text = (await answered("coverage.card_dates", _COVERAGE, language=language)).text
        assert "Silver S1" in text
        assert "2026" in text


def _block_behind(sentence: str) -> dict[str, Any]:
    """What the YAML block behind a sentence of the page holds, as the loader of packs reads it."""
    text = PAGE.read_text(encoding="utf-8")
    assert sentence in text
    block = text.partition(sentence)[2].partition("```yaml\n")[2].partition("```")[0]
    held: dict[str, Any] = yaml.load(block, rules._Loader)  # noqa: S506 -- a safe loader
    return held


def test_the_page_shows_every_key_of_a_rule_file() -> None:
    """The loader takes the block, and has no key that the block lacks."""
    shown = _block_behind("The same file with every key that it may have:")
    read = msgspec.convert(shown, rules._IntentFile)
    assert set(shown) == set(read.__struct_fields__)
    assert set(shown["rules"][0]) == set(read.rules[0].__struct_fields__)
    assert set(shown["carries"][0]) == set(read.carries[0].__struct_fields__)
    assert set(shown["instead"]) == set(rules._InsteadFile.__struct_fields__)


def test_the_phrases_of_the_page_mean_their_concept() -> None:
    """The concept that the page writes down is one of the pack's, and each of its phrases names it."""
    shown = _block_behind("`intents/_words/concepts/*.yaml` holds the concepts:")
    tree = shipped_pack().engine.lexicon.tree
    for name, said in shown.items():
        forms = [form for text in said.values() for phrase in text.split(",") for form in expand(phrase.strip())]
        assert [form for form in forms if name not in {one.value for one in tree.meanings_of(form)}] == []


def test_the_points_of_the_page_are_those_of_the_code() -> None:
    """What a rule gains and loses, as the page says it."""
    points = " ".join(PAGE.read_text(encoding="utf-8").partition("**Points.**")[2].partition("###")[0].split())
    said = {
        r"([\d.]+) for each of `any`": score.ANY_WORTH,
        r"([\d.]+) for each of `boost`": score.BOOST_WORTH,
        r"It loses ([\d.]+) for each word": score.UNTAKEN_COSTS,
        r"A follow-up loses ([\d.]+) for each word": score.FOLLOW_COSTS,
        r"([\d.]+) more when one of them states a condition": score.STRANGE_COSTS,
        r"([\d.]+) when the message asks for an act": score.DEED_COSTS,
    }
    assert {words: [float(one) for one in re.findall(words, points)] for words in said} == {
        words: [cost] for words, cost in said.items()
    }
