"""What shipped weights were fitted on is told from everything that another fit would make other weights of."""

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from bot.language.hearing import Hearer
from bot.language.rules import WORDS
from bot.language.weights import WEIGHTS
from tests.language.cases import of_file
from tests.language.stamp import CODE, changed, write
from tests.shipped import changed as put
from tests.shipped import lexicon_of

SAID = {
    "_sentences/a.tsv": "claim.list\ten\ta\t\tshow me the tuesday bills\nthanks\ten\ta\t\tso kind of you\n",
    "_sentences/b.tsv": "claim.list\ten\tb\t\tany bills from Erlanger\nthanks\ten\tb\t\tthat was quick\n",
    "_sentences/t01.tsv": "thanks\ten\tt\t\tnever fitted on\n",
    "_talks/en-c.tsv": "claim.list\tmy claims\n=\tand in march then\nthanks\tfine\n",
}
RULES = ("thanks.yaml", "account/unlink.yaml", "claim/list.yaml", "followup/refine.yaml", "followup/date_shift.yaml")
CHANGES = {
    "a sentence": ("_sentences/a.tsv", "tuesday", "monday", "sentences and labels"),
    "a label": ("_sentences/b.tsv", "claim.list", "thanks", "sentences and labels"),
    "an aspect": ("_sentences/b.tsv", "claim.list", "claim.list/list.price.none", "sentences and labels"),
    "a turn": ("_talks/en-c.tsv", "=\t", "claim.list\t", "sentences and labels"),
    "an example": ("thanks.yaml", "[thanks, appreciate it,", "[thanks,", "sentences and labels"),
    "a pin": ("account/unlink.yaml", "weight: -4", "weight: -3", "rules"),
    "how sure it has to be": ("thanks.yaml", "needs: nothing", "needs: directory", "rules"),
    "a feature": (f"{WORDS}/concepts/talk.yaml", "THANK:\n  en: ", "THANK:\n  en: quick, ", "evidence"),
    "a feature after an answer": ("claim/list.yaml", "ordinal, more, date", "ordinal, date", "turns"),
    "a sentence of a writer for the report": ("_sentences/t01.tsv", "never", "not", ""),
    "what no evidence is made of": ("claim/list.yaml", "place: 2", "place: 3", ""),
}


def _world(folder: Path, intents: Path) -> Path:
    for room in ("_words", "_grammar"):
        shutil.copytree(intents / room, folder / room)
    for file in RULES:
        (folder / file).parent.mkdir(exist_ok=True)
        shutil.copy(intents / file, folder / file)
    for file, said in SAID.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(said, encoding="utf-8")
    (folder / WEIGHTS).write_bytes(b"weights")
    return folder


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Most of these packs have the same words, and what hears by them takes a while to make.

    Of the sentences that tell of danger, or of none, a few are heard: there are 596.
    """
    made: dict[int, Hearer] = {}

    def hearer_of(folder: Path) -> Hearer:
        words = lexicon_of(folder)
        if id(words) not in made:
            made[id(words)] = Hearer(words)
        return made[id(words)]

    with pytest.MonkeyPatch.context() as patch:
        for module in ("fit", "stamp"):
            patch.setattr(f"tests.language.{module}.hearer_of", hearer_of)
        patch.setattr("tests.language.fit.of_file", lambda name: islice(of_file(name), None, None, 50))
        yield


@pytest.fixture(scope="module")
def stamp(intents_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stamp of a small pack."""
    file = tmp_path_factory.mktemp("stamp") / "fitted.json"
    write(file, _world(tmp_path_factory.mktemp("world"), intents_folder))
    return file


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_the_weights_is_told(stamp: Path, intents_folder: Path, tmp_path: Path, change: str) -> None:
    """And what changes nothing is not: a fit takes a quarter of an hour."""
    file, old, new, what = CHANGES[change]
    folder = _world(tmp_path, intents_folder)
    put(folder / file, old, new)
    assert changed(stamp, folder) == what


def test_other_weights_are_told(stamp: Path, intents_folder: Path, tmp_path: Path) -> None:
    """One bit is enough."""
    folder = _world(tmp_path, intents_folder)
    (folder / WEIGHTS).write_bytes(b"weightr")
    assert changed(stamp, folder) == "the weights"


@pytest.mark.parametrize(
    "change",
    [
        ("fitting.py", "_STRENGTH = 255, 4, 2, 1.0", "_STRENGTH = 255, 4, 2, 0.5", "the code of the fit"),
        ("fit_turns.py", "_SHARE, _MOST", "_MOST, _SHARE", "the code of the fit"),
        ("fit_language.py", "abs(one) >= ", "abs(one) > ", "the code of the fit"),
        ("fit.py", "without=REPORT", "without=()", "the code of the fit"),
        ("fit.py", '"""Fit the pack\'s', '"""Count the pack\'s', ""),
        ("fitting.py", "# How many folds", "# So many folds", ""),
    ],
)
def test_another_fit_is_told(
    stamp: Path, intents_folder: Path, tmp_path: Path, change: tuple[str, str, str, str]
) -> None:
    """A parameter, a rule, a comparison; words about the code are none of it."""
    file, old, new, what = change
    code = [Path(shutil.copy(one, tmp_path)) for one in CODE]
    put(tmp_path / file, old, new)
    folder = tmp_path / "world"
    folder.mkdir()
    assert changed(stamp, _world(folder, intents_folder), code) == what


def test_a_stamp_that_lacks_a_part_is_none(intents_folder: Path, tmp_path: Path) -> None:
    """Nothing passes because nobody wrote it down."""
    (tmp_path / "empty.json").write_bytes(b"{}")
    assert changed(tmp_path / "empty.json", _world(tmp_path, intents_folder)) == "the weights"
