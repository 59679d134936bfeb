"""A pack that contradicts itself is refused at the start: by file, key and the nearest known name."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from bot.errors import PackError
from bot.language.checker import faults
from bot.language.engine import Engine
from bot.pack import load_pack
from tests.shipped import thinned, words_kept

CONTRADICTIONS = {
    "two rows that ask for the same": (
        "help.yaml",
        "rules:\n",
        "rules:\n  - name: castilian\n    all: [SPANISH_PLEASE]\n",
        "help.yaml:* rule 'spanish' contradicts 'castilian': both ask for the same",
    ),
    "a look-up that needs no word": (
        "claim/list.yaml",
        "licence: [claim, care, money, drug, news time]\n",
        "",
        "claim/list.yaml:* licence: missing; it looks things up (member)",
    ),
    "a licence of an unknown class": (
        "claim/why.yaml",
        "licence: [money,",
        "licence: [mony,",
        "claim/why.yaml:* licence: unknown class 'mony' (did you mean money?)",
    ),
    "a name in a class that is nothing": (
        "_words/classes.yaml",
        "names: [STATUS]",
        "names: [STATIS]",
        "_words/classes.yaml:* status: names: 'STATIS' is no concept and no slot type (did you mean STATUS?)",
    ),
    "a row after an unknown intent": (
        "claim/denial.yaml",
        "after: [claim.denial,",
        "after: [claim.denail,",
        "claim/denial.yaml:* after an unknown intent 'claim.denail' (did you mean claim.denial?)",
    ),
    "a slot that could never be taken over": (
        "provider/find.yaml",
        "never: [provider_name,",
        "never: [telehealth, provider_name,",
        "provider/find.yaml:* never: 'telehealth' is no slot of its subjects",
    ),
    "a word that is nothing in what makes a question whole": (
        "plan/networks.yaml",
        "EVERY_ONE, PLAN_WORD]",
        "EVERY_ONE, PLAN_WARD]",
        "plan/networks.yaml:* whole: 'PLAN_WARD' is no concept and no slot type (did you mean PLAN?)",
    ),
    "a subject of which it holds nothing": (
        "coverage/dependents.yaml",
        "licence:",
        "subject: [drug]\nlicence:",
        "coverage/dependents.yaml:* subject: it holds no slot of 'drug'",
    ),
    "a ring of detours": (
        "facility/find.yaml",
        "rules:\n",
        "instead: {intent: provider.find, has: specialty, lacks: facility_type}\nrules:\n",
        "facility/find.yaml:* instead: 'facility.find' leads back here",
    ),
    "a detour that forbids what it asks for": (
        "provider/find.yaml",
        "has: facility_type, lacks: specialty",
        "has: specialty, lacks: specialty",
        "provider/find.yaml:* instead: has and lacks 'specialty'",
    ),
    "a concept without words in a language": (
        "_words/concepts/talk.yaml",
        "NEXT_STEP:\n  en:",
        "LONELY:\n  en: lonesome words\nNEXT_STEP:\n  en:",
        "_words/concepts/talk.yaml:* LONELY: no phrases in 'es'",
    ),
    "a name in a cell that is nothing": (
        "_words/cells.yaml",
        " MY HER ",
        " MY OWN_RECRD HER ",
        "_words/cells.yaml:* owner: 'OWN_RECRD' is no concept and no slot type (did you mean OWN_RECORD?)",
    ),
    "a cell that is not there": (
        "_words/cells.yaml",
        "\nact: >-",
        "\nactt: >-",
        "_words/cells.yaml:* actt: no such cell (did you mean act?)",
    ),
    "a field of a form that is no option": (
        "provider/find.yaml",
        "[specialty, near, radius,",
        "[specialtee, near, radius,",
        "provider/find.yaml:* form: 'specialtee' is no option that it takes (did you mean specialty?)",
    ),
    "a term whose button leads nowhere": (
        "_words/glossary.yaml",
        "intent: coverage.dependents",
        "intent: coverage.dependants",
        "_words/glossary.yaml:* term 'dependent': yours: unknown intent *(did you mean coverage.dependents?)",
    ),
    "a prompt that speaks one language": (
        "help.yaml",
        '  says: {en: "What can you do?", es: "¿Qué puede hacer?"}',
        '  says: {en: "What can you do?"}',
        "help.yaml:* prompt: no title or no words in 'es'",
    ),
    "a rule of an unknown concept": (
        "thanks.yaml",
        "rules:\n",
        "rules:\n  - name: odd\n    all: [THENK]\n",
        "thanks.yaml:* rule 'odd': unknown concept or slot type 'THENK' (did you mean THANK?)",
    ),
    "a slot without a type": (
        "claim/list.yaml",
        "claim_type: claim_type",
        "claim_type: claim_kind",
        "claim/list.yaml:* slot 'claim_type' has no known type 'claim_kind'*",
    ),
}
# The first three are told together, each other one by itself.
UNREADABLE = {
    "a command with its slash": (
        "help.yaml",
        "command: help",
        "command: /bcbst-help",
        "help.yaml: command: Expected `str` matching regex*",
    ),
    "a key that is not there": (
        "thanks.yaml",
        "all: [LATER_TALK], ",
        "all: [LATER_TALK], sets: {}, ",
        "thanks.yaml: rules* unknown field `sets` (did you mean set?)",
    ),
    "a key that stands twice": (
        "greeting.yaml",
        "examples:\n",
        "needs: nothing\nexamples:\n",
        "greeting.yaml: line *('needs' stands twice)",
    ),
    "a subject that is not there": (
        "provider/detail.yaml",
        "subject: [provider]",
        "subject: [provder]",
        "provider/detail.yaml: subject: 'provder' is not in _words/subjects.yaml (did you mean provider?)",
    ),
    "a name in two cells": (
        "_words/cells.yaml",
        " MY HER ",
        " MY CLAIM HER ",
        "_words/cells.yaml: owner: 'CLAIM' is in cell 'object' already",
    ),
    "a slot that is none": (
        "provider/find.yaml",
        "asks: [location]",
        "asks: [locaton]",
        "provider/find.yaml: asks: 'locaton' is not among its slots (did you mean location?)",
    ),
}


@pytest.fixture(scope="module")
def contradicting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with all the contradictions at once."""
    folder = tmp_path_factory.mktemp("pack")
    thinned(folder)
    for file, old, new, _ in CONTRADICTIONS.values():
        _change(folder / "intents" / file, old, new)
    return folder


@pytest.fixture(scope="module")
def told(contradicting: Path) -> list[str]:
    """What is found in it, each of which keeps a pack from being loaded."""
    with pytest.MonkeyPatch.context() as patch:
        words_kept(patch)
        folder = contradicting / "intents"
        return [str(finding) for finding in faults(folder, Engine.load(folder))]


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_it_is_told_by_file_and_key(case: str, told: list[str]) -> None:
    """One line says where to look, and what was probably meant."""
    *_, wanted = CONTRADICTIONS[case]
    assert [line for line in told if fnmatchcase(line, wanted)] != []


def test_a_pack_that_contradicts_itself_is_not_loaded(
    contradicting: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start stops with all of them."""
    words_kept(monkeypatch)
    with pytest.raises(PackError) as refused:
        load_pack(contradicting)
    assert str(refused.value).splitlines()[: len(told)] == [f"intents/{one}" for one in told]


@pytest.mark.parametrize("cases", [[*UNREADABLE][:3], *([one] for one in [*UNREADABLE][3:])], ids=", ".join)
def test_it_is_refused_by_file_and_key(cases: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read at all is all that is told."""
    words_kept(monkeypatch)
    thinned(tmp_path)
    for file, old, new, _ in map(UNREADABLE.__getitem__, cases):
        _change(tmp_path / "intents" / file, old, new)
    with pytest.raises(PackError) as refused:
        load_pack(tmp_path)
    told = sorted(str(refused.value).splitlines())
    wanted = sorted(UNREADABLE[case][-1] for case in cases)
    assert len(told) == len(wanted)
    assert all(fnmatchcase(line.removeprefix("intents/"), one) for line, one in zip(told, wanted, strict=True))
