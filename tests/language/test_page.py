"""The page that teaches how to add a question, followed to the letter."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from bot.cli.cli import main
from bot.language import rules
from bot.language.licences import WordClass
from bot.language.phrases import expand
from bot.language.weights import _LONGEST, _SHORTEST, INTENTS, WEIGHTS, load_weights
from bot.pack import load_pack
from tests.answers.asking import Resource, answered
from tests.language.fit import REPORT, heard
from tests.language.fitting import weights_of
from tests.language.sentences import examples, sentences
from tests.language.weights_file import written
from tests.shipped import shipped_pack, thinned, words_kept

PAGE = Path(__file__).parents[2] / "docs" / "intents.md"
_SHOWN = re.compile(r"^`((?:intents|templates)/\S+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NEW = "coverage.card_dates"
_DAY = date(2026, 5, 20)
# Of so many sentences of other writers one is counted beside the page's.
_ONE_IN = 100
# As the page says it, and as it does not.
_ASKED = (
    ("when does my card expire?", "en"),
    ("on what date does my insurance card expire", "en"),
    ("¿cuándo vence mi tarjeta?", "es"),
    ("¿hasta qué día sirve mi tarjeta?", "es"),
)
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
    """A thin copy of the pack with the files that the page shows, and weights that have counted them."""
    words_kept(monkeypatch)
    thinned(tmp_path)
    for name, text in _SHOWN.findall(PAGE.read_text(encoding="utf-8")):
        _add(tmp_path / name, text)
    _count(tmp_path / "intents")
    return tmp_path


def _count(folder: Path) -> None:
    """As `make weights` does, but of few sentences beside the examples: all of them take minutes."""
    shipped = load_weights(folder / WEIGHTS)
    before = shipped[INTENTS].header
    rows = [*examples(rules.load_rules(folder)), *list(sentences(folder, without=REPORT))[::_ONE_IN]]
    counted = weights_of(heard(rows, folder), before.slope, before.sure)
    (folder / WEIGHTS).write_bytes(written({**shipped, INTENTS: counted}))


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
    for said, language in _ASKED:
        reading = pack.engine.understand(said, today=_DAY)
        assert (reading.intent, reading.unclear, reading.language) == (_NEW, False, language)
        text = (await answered(_NEW, _COVERAGE, language=language)).text
        assert "Silver S1" in text
        assert "2026" in text
    own = pack.intents[_NEW]
    assert {pack.engine.understand(said, today=_DAY).intent for said in _all(own.examples)} == {_NEW}
    assert _NEW not in {pack.engine.understand(said, today=_DAY).intent for said in _all(own.counterexamples)}


def _all(said: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [text for texts in said.values() for text in texts]


def _block_behind(sentence: str) -> dict[str, Any]:
    """What the YAML block behind a sentence of the page holds, as the loader of packs reads it."""
    text = PAGE.read_text(encoding="utf-8")
    assert sentence in text
    block = text.partition(sentence)[2].partition("```yaml\n")[2].partition("```")[0]
    held: dict[str, Any] = yaml.load(block, rules._loader())  # noqa: S506 -- a safe loader
    return held


def test_the_page_shows_every_key_of_a_rule_file() -> None:
    """The loader takes the block, and has no key that the block lacks."""
    shown = _block_behind("The same file with every key that it may have:")
    read = msgspec.convert(shown, rules.IntentFile)
    assert set(shown) == set(read.__struct_fields__)
    assert set(shown["rules"][0]) == set(read.rules[0].__struct_fields__)
    assert set(shown["instead"]) == set(rules.Instead.__struct_fields__)


def test_the_phrases_of_the_page_mean_their_concept() -> None:
    """The concept that the page writes down is one of the pack's, and each of its phrases names it."""
    shown = _block_behind("`intents/_words/concepts/*.yaml` holds the concepts:")
    tree = shipped_pack().engine.lexicon.tree
    for name, said in shown.items():
        forms = [form for text in said.values() for phrase in text.split(",") for form in expand(phrase.strip())]
        assert [form for form in forms if name not in {one.value for one in tree.meanings_of(form)}] == []


def test_the_class_of_the_page_is_one_of_the_pack() -> None:
    """It has every key that a class may have, and no word or name that the pack's own lacks."""
    shown = _block_behind("`intents/_words/classes.yaml` holds the classes.")
    classes = shipped_pack().engine.licences.classes
    assert {key for one in shown.values() for key in one} == set(WordClass.__struct_fields__)
    for name, one in shown.items():
        assert set(one["names"]) <= set(classes[name].names)
        assert set(one["words"].split()) <= set(classes[name].words.split())


def test_how_sure_the_page_says_is_how_sure_the_weights_have_to_be() -> None:
    """The thresholds of the shipped weights, and the pieces of words that are counted."""
    text, sure = PAGE.read_text(encoding="utf-8"), shipped_pack().engine.weights.header.sure
    said = dict(re.findall(r"^\|.*\(`needs: (\w+)`\) \| ([\d.]+) \|$", text, re.MULTILINE))
    assert {needs: float(one) for needs, one in said.items()} == sure
    assert re.findall(r"pieces of words of (\d) to (\d) letters", " ".join(text.split())) == [
        (str(_SHORTEST), str(_LONGEST))
    ]


def test_what_the_page_tells_to_type_is_there() -> None:
    """The commands behind the four files: targets of `make` and commands of the program."""
    told = re.search(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert told
    made = re.findall(r"^make ([a-z-]+)", told[1], re.MULTILINE)
    run = re.findall(r"uv run bcbst-bot ([a-z]+)", told[1])
    assert (made, run) == (["words", "weights"], ["check", "check", "understand"])
    makefile = (PAGE.parents[1] / "Makefile").read_text(encoding="utf-8")
    assert [target for target in made if f"\n{target}: setup\n" not in makefile] == []
    assert set(run) <= main.commands.keys()
