"""What the checker finds in a pack that is spoilt in many places at once; `test_pack` looks at the one that ships."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from bot.language import checker
from bot.language.checker import check
from tests.shipped import thinned, words_kept

TALK = "_words/concepts/talk.yaml"
NEW = "needs: nothing\nexamples:\n  en: [what a day]\n  es: [qué día]\n"
RULES = """rules:
  - name: never
    all: [THANK, VITAL]
    set: {reason: later}
  - name: unknown
    all: [THENK, MY]
"""
LONELY = "LONELY:\n  en: lonesome words\n  es: palabras solitarias\nNEXT_STEP:\n  en:"
SPOILT = (
    ("thanks.yaml", "rules:\n", RULES),
    ("greeting.yaml", " howdy,", " show my claims,"),
    ("greeting.yaml", "counterexamples:\n  en: [", "counterexamples:\n  en: [howdy, "),
    ("greeting.yaml", "  es:\n    [hola,", "  fr:\n    [hola,"),
    ("_words/cells.yaml", " MY HER ", " MY LONELY HER "),
    ("_words/cells.yaml", " LATER_TALK ", " "),
    ("_words/classes.yaml", "status:\n", "spare:\n  en: spare words\nstatus:\n"),
    ("system/status.yaml", "licence: [system]", "licence: [card]"),
    ("provider/affiliations.yaml", "en: [what hospital is she with]", "en: [what a lovely day]"),
    ("provider/affiliations.yaml", "es: [en qué hospital trabaja]", "es: [qué lindo día]"),
    (TALK, "NEXT_STEP:\n  en:", LONELY),
    ("claim/list.yaml", "title: {en: My claims, es: Mis reclamaciones, vi: Các đơn bồi thường}\n", ""),
    ("coverage/dependents.yaml", "covered: coverage.summary", "covered: coverage.sumary"),
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All findings. Nothing here is about time: how long hostile messages take the check of the whole pack looks at."""
    folder = tmp_path_factory.mktemp("spoilt")
    with pytest.MonkeyPatch.context() as patch:
        words_kept(patch)
        patch.setattr(checker, "_HOSTILE", ())
        thinned(folder)
        for file, old, new in SPOILT:
            _change(folder / "intents" / file, old, new)
        (folder / "intents" / "weather.yaml").write_text(NEW, encoding="utf-8")
        return [str(finding) for finding in check(folder / "intents")]


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


CASES = {
    "an unknown concept is named with the nearest known": (
        "thanks.yaml:*rule 'unknown': unknown concept or slot type 'THENK' (did you mean THANK?)"
    ),
    "an example that goes elsewhere": "greeting.yaml:*example goes to claim.list: 'show my claims'",
    "a counterexample that is taken": "greeting.yaml:*counterexample is taken: 'howdy'",
    "a language without examples": "greeting.yaml:*no examples in 'es'",
    "a concept in no cell": "*'LATER_TALK' is in no cell of _words/cells.yaml",
    "an example that could not be answered": (
        "system/status.yaml:*example holds nothing of its licence: 'is the system down'"
    ),
    "a class that no licence names": "_words/classes.yaml:*spare: no licence names it",
    "an intent without weights": "weather.yaml:*no sentence was counted for it: run `make weights`",
    "a rule that no example reaches": "thanks.yaml:*'never': no sentence of `examples` reaches it",
    "a sentence that comes after no answer": (
        "provider/affiliations.yaml:*afterwards: comes here after no answer: 'what a lovely day'"
    ),
    "a rule after an answer that no such sentence reaches": (
        "provider/affiliations.yaml:*'her': no sentence of `afterwards` reaches it"
    ),
    "an answer without a title": "claim/list.yaml:*title: missing in 'en'",
    "an unknown intent for who is covered": "coverage/dependents.yaml:*covered: unknown intent 'coverage.sumary'*",
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_found_by_file(case: str, found: list[str]) -> None:
    """A slip of the pen would cost a question its answer in silence."""
    assert [line for line in found if fnmatchcase(line, CASES[case].replace("[", "[[]"))] != []


def test_a_pack_that_cannot_be_read_is_one_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named by its file, and nothing else is said."""
    words_kept(monkeypatch)
    thinned(tmp_path)
    _change(tmp_path / "intents" / "thanks.yaml", "rules:", "rules: [")
    (finding,) = check(tmp_path / "intents")
    assert str(finding).startswith("thanks.yaml:")
