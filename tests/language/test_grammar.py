"""The patterns of `intents/_grammar/`: what they match, what is refused, and a language that is added."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import astuple

from bot.errors import PackError
from bot.language.checker import check
from bot.language.dates import date_tags
from bot.language.grammar import FOLDER, load_grammar
from bot.language.lexicon import OPERATIONS
from bot.language.matcher import Grammar, Lexed, Matcher
from bot.language.text import read
from tests.shipped import shipped_pack, thinned

INTENTS = Path(__file__).parents[2] / "intents"
CODE = Path(__file__).parents[2] / "bot" / "language"
TODAY = date(2024, 11, 24)
HEAD = "words:\n  colour: {1: red, 2: blue}\n  size: big small\nshapes:\n  figure: (\\d+)\n"


class Things:
    """Operations of a made-up area."""

    def pair(self, first: int, second: int) -> tuple[int, int]:
        """Two colours."""
        return first, second

    def spot(self, colour: int, span: tuple[int, int]) -> tuple[int, tuple[int, int]] | None:
        """A colour and where it stands; there is no spot of the second."""
        return (colour, span) if colour == 1 else None


def _made(folder: Path, text: str, name: str = "things.yaml") -> Grammar:
    file = folder / FOLDER / "en" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return load_grammar(folder, {"things": Things})


@pytest.mark.parametrize(
    ("patterns", "said", "found"),
    [
        ("is: <colour>", "a red", [(1, 2, 1)]),
        ("is: (very|so)? <size>* <colour>", "so big small red", [(0, 4, 1)]),
        ("pair: <colour:first> and <colour:second>", "red and blue", [(0, 3, (1, 2))]),
        ("spot: the <colour>", "the blue the red", [(2, 4, (1, (2, 4)))]),
        ("is: ~the <colour>", "red the red", [(2, 3, 1)]),
        ("is: !~the <colour>", "red the red", [(0, 1, 1)]),
        ("is: <colour> &car", "red blue car", [(1, 2, 2)]),
        ("is: <colour> !car", "red blue car", [(0, 1, 1)]),
        ("is: ^ . <colour> $", "my red", [(0, 2, 1)]),
        ("is: <figure> <size>", "10 big", [(0, 2, 10)]),
    ],
)
def test_a_pattern_matches(tmp_path: Path, patterns: str, said: str, found: list[tuple[object, ...]]) -> None:
    """Words, classes with values, alternatives, optional and repeated parts, and what is beside the words."""
    grammar = _made(tmp_path, f"{HEAD}rules:\n  thing:\n    {patterns.replace(': ', ': |' + chr(10) + '      ', 1)}\n")
    assert [astuple(one) for one in Matcher(Lexed(grammar, said.split()), Things()).find("things.thing")] == found


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("is: (<colour>", "brackets do not match"),
        ("is: <colour>)", "brackets do not match"),
        ("is: <color>", "unknown class 'things.color' (did you mean things.colour?)"),
        ("is: '{thingy}'", "unknown rule 'things.thingy' (did you mean things.thing?)"),
        ("is: <colour> <figure>", "'is' takes one value"),
        ("pear: <colour:first>", "unknown operation 'pear' (did you mean pair?)"),
        ("pair: <colour:first>", "pair takes first, second"),
        ("is: <colour> Él", "'Él' is written in small letters without accents: 'el'"),
        ("is: <colour> %", "'%' is no part of a pattern"),
        ("is: '* <colour>'", "'*' is no part of a pattern"),
        ("is: (<colour> a)*", "only words and classes can be repeated"),
        ("is: (a|b)? (a|b)? (a|b)? (a|b)? (a|b)? (a|b)? <colour>", "729 forms, at most 300"),
    ],
)
def test_a_malformed_pattern_is_refused_by_file_and_line(tmp_path: Path, pattern: str, what: str) -> None:
    """With the nearest known name."""
    with pytest.raises(PackError) as refused:
        _made(tmp_path, f"{HEAD}rules:\n  thing:\n    {pattern}\n")
    assert str(refused.value).startswith(f"{FOLDER}/en/things.yaml: line 8: ")
    assert str(refused.value).endswith(what)


def test_a_rule_cannot_begin_with_itself(tmp_path: Path) -> None:
    """It would never end."""
    with pytest.raises(PackError, match=r"things\.thing begins with itself"):
        _made(tmp_path, HEAD + 'rules:\n  thing:\n    is: "{thing} a"\n')


def test_a_class_in_capitals_or_with_accents_is_refused(tmp_path: Path) -> None:
    """Words are compared folded."""
    with pytest.raises(PackError, match=r"things\.yaml: colour: 'Rojó' is written 'rojo' here"):
        _made(tmp_path, "words:\n  colour: Rojó\n")


def test_check_reports_it_by_file_and_line(tmp_path: Path) -> None:
    """As it does for every other file of a pack."""
    thinned(tmp_path)
    file = tmp_path / "intents" / FOLDER / "dates.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("<month> the? {day}", "<month> the? {dy}"), "utf-8")
    line = next(at for at, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if "{dy}" in text)
    (found,) = check(tmp_path / "intents")
    assert (found.file, found.line) == (f"{FOLDER}/dates.yaml", line)
    assert "unknown rule 'dates.dy' (did you mean dates.day?)" in found.what


PORTUGUESE = """
words:
  month: {1: janeiro, 3: marco}
  unit: {week: semana, month: mes}
  units: {week: semanas, month: meses}
  number: {2: dois duas, 3: tres}
  past: passado passada
rules:
  period:
    unit_ago: "{any_unit:unit} <past> | ha {some:count} {any_unit:unit}"
  range:
    since: desde (o|a)? {period}
"""


def test_a_third_language_is_files_of_words(tmp_path: Path) -> None:
    """Portuguese dates by one file, beside the other two."""
    shutil.copytree(INTENTS / FOLDER, tmp_path / FOLDER)
    (tmp_path / FOLDER / "pt").mkdir()
    (tmp_path / FOLDER / "pt" / "dates.yaml").write_text(PORTUGUESE, encoding="utf-8")
    grammar = load_grammar(tmp_path, OPERATIONS)
    said = {"o mês passado": "2024-10-01", "há duas semanas": "2024-11-04", "desde janeiro": "2024-01-01"}
    for text, start in said.items():
        (tag,) = date_tags(Lexed(grammar, read(text).words), read(text), TODAY)
        assert isinstance(tag.value, dict)
        assert tag.value["start"] == start, text
    (tag,) = date_tags(Lexed(grammar, ["last", "month"]), read("last month"), TODAY)
    assert tag.value == {"start": "2024-10-01", "end": "2024-10-31"}


def test_every_class_of_the_shipped_grammar_is_used() -> None:
    """By a pattern of its own, by the program under its name, or as what a phrase says."""
    code = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in (CODE, CODE.parent / "kit", INTENTS)
        for file in folder.rglob("*.py")
    )
    files = "\n".join(file.read_text(encoding="utf-8") for file in (INTENTS / FOLDER).rglob("*.yaml"))
    grammar = shipped_pack().engine.lexicon.grammar
    names = {name.partition(".")[2] for name in (*grammar.classes, *grammar.rules)}
    said = {str(value) for phrases in grammar.listed.values() for value in phrases.values()}
    used = {*re.findall(r"[<{](?:\w+\.)?(\w+)[:>}]", files), *re.findall(r'[."](\w+)', code)}
    assert names - said - used == set()
