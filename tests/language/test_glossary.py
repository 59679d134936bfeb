"""Every term is explained in both languages, briefly, under each of its words; no question with "my" is general."""

from datetime import date
from pathlib import Path

import pytest

from bot.errors import PackError
from bot.language.engine import Engine
from bot.language.glossary import MOST_WORDS, load_glossary
from bot.language.phrases import PhraseLists, with_name
from bot.language.rules import read_yaml
from bot.language.weights import WORKINGS
from tests.language.cases import sentences
from tests.language.conftest import INTENTS

GENERAL = "glossary.term"
RAW = read_yaml(INTENTS / "_words" / "glossary.yaml", "glossary.yaml")["terms"]
WORDS = [
    (language, key, phrase)
    for key, term in RAW.items()
    for language, phrase in with_name(PhraseLists(**term.get("words", {})), PhraseLists(**term["name"])).phrases(
        "glossary.yaml", key
    )
]
# What the card itself, or the state's office, tells better than an explanation.
TOLD_ELSEWHERE = {"group id", "medicaid and tenncare"}
ASKED = {"en": "what is {}", "es": "¿qué es {}?"}
TERM = "  {key}:\n    name: {{en: A {key}, es: B {key}}}\n    words: {{en: {word}}}\n    en: One.\n    es: Uno.\n"


def test_the_glossary_is_large_and_says_all_in_both_languages_briefly(engine: Engine) -> None:
    """At least 80 terms, each with a name and at most sixty words of its own."""
    glossary = engine.lexicon.glossary
    assert len(glossary.terms["en"]) >= 80
    assert glossary.terms["en"].keys() == glossary.terms["es"].keys()
    long = [
        (language, key)
        for language, terms in glossary.terms.items()
        for key, term in terms.items()
        if not term.name or not 8 <= len(term.says.split()) <= MOST_WORDS
    ]
    assert long == []
    assert [key for key, term in glossary.terms["en"].items() if term.says == glossary.terms["es"][key].says] == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_word_of_a_term_leads_to_it(engine: Engine, today: date, language: str) -> None:
    """Asked what it is, with each of its words: that term, and nobody's data."""
    lost = []
    for spoken, key, phrase in WORDS:
        if spoken == language and phrase not in TOLD_ELSEWHERE:
            reading = engine.understand(ASKED[language].format(phrase), today=today)
            term = reading.slots.get("term")
            if reading.intent != "glossary.term" or term is None or term.value != key:
                lost.append((phrase, key, reading.intent, term and term.value))
    assert lost == []


def test_general_questions_are_no_look_ups_and_figures_are_not_explained(engine: Engine, today: date) -> None:
    """The sets that the words were learned from; in doubt the meaning is a button."""
    read = [(case, engine.understand(case.said, today=today)) for case in sentences("general")]
    of_rule = [(case, one) for case, one in read if WORKINGS not in one.slots]  # a rule of all plans is no look-up
    meant = [case.said for case, one in of_rule if case.intent == GENERAL and GENERAL not in {one.intent, *one.offers}]
    assert meant == []
    assert [case.said for case, one in read if case.intent != GENERAL and one.intent == GENERAL] == []


@pytest.mark.parametrize(
    ("terms", "what"),
    [
        (
            TERM.format(key="one", word="copay") + TERM.format(key="two", word="copay"),
            "'copay' is a word of 'one' already",
        ),
        (TERM.format(key="one", word="(a|b"), "brackets do not match"),
        (TERM.format(key="one", word="copay").replace("    es: Uno.\n", ""), "missing required field `es`"),
        (TERM.format(key="one", word="copay") + "    mine: theirs\n", "Expected `object | null`, got `str`"),
    ],
)
def test_a_faulty_glossary_is_refused_in_one_line(tmp_path: Path, terms: str, what: str) -> None:
    """Words of two terms, brackets, a language that is missing, an unknown choice: by file and key."""
    (tmp_path / "_words").mkdir()
    (tmp_path / "_words" / "glossary.yaml").write_text("terms:\n" + terms, encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load_glossary(tmp_path)
    assert str(refused.value).startswith("_words/glossary.yaml: terms")
    assert what in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_pack_without_a_glossary_has_none(tmp_path: Path) -> None:
    """Nothing is explained, and nothing breaks."""
    assert load_glossary(tmp_path).terms == {}
