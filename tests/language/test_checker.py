from pathlib import Path

import pytest

from bot.language import checker
from bot.language.checker import check
from tests.shipped import thinned, words_kept


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here is about time: how long hostile messages take is looked at with the rest of the pack's check."""
    words_kept(monkeypatch)
    monkeypatch.setattr(checker, "_HOSTILE", ())


def _changed(tmp_path: Path, file: str, old: str, new: str) -> list[str]:
    thinned(tmp_path)
    copy = tmp_path / "intents"
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(finding) for finding in check(copy)]


def test_the_shipped_pack_is_in_order(intents_folder: Path) -> None:
    """Every example reaches its own intent alone, no counterexample is taken, no phrase is shared without a reason."""
    assert [str(finding) for finding in check(intents_folder)] == []


def test_an_unknown_concept_is_named_with_the_nearest_known(tmp_path: Path) -> None:
    """A slip in a rule is found by file and line."""
    found = _changed(tmp_path, "thanks.yaml", "all: [THANK]", "all: [THANKS]")
    assert any(line.startswith("thanks.yaml:") and "'THANKS'" in line and "THANK?" in line for line in found)


def test_an_example_that_goes_elsewhere_is_found(tmp_path: Path) -> None:
    """A sentence of another intent is no example."""
    found = _changed(tmp_path, "greeting.yaml", "- howdy", "- show my claims")
    assert any("example goes to claim.list" in line for line in found)


def test_a_counterexample_that_is_taken_is_found(tmp_path: Path) -> None:
    """A sentence that must go elsewhere may not come here."""
    found = _changed(tmp_path, "greeting.yaml", "counterexamples:\n  en:", "counterexamples:\n  en:\n    - howdy")
    assert any("counterexample is taken" in line for line in found)


def test_a_missing_language_is_found(tmp_path: Path) -> None:
    """Spanish is whole."""
    found = _changed(tmp_path, "greeting.yaml", "  es:\n    - hola\n", "  fr:\n    - hola\n")
    assert any("no examples in 'es'" in line for line in found)


def test_a_name_in_two_cells_is_found(tmp_path: Path) -> None:
    """A concept fills one part of a question."""
    found = _changed(tmp_path, "_words/cells.yaml", " MY HER ", " MY CLAIM HER ")
    assert any("'CLAIM' is in cell 'object' already" in line for line in found)


def test_a_concept_in_no_cell_is_found(tmp_path: Path) -> None:
    """Whatever a rule speaks of is part of a question."""
    found = _changed(tmp_path, "_words/cells.yaml", " MY HER ", " HER ")
    assert any("'MY' is in no cell" in line for line in found)


def test_a_veto_is_refused(tmp_path: Path) -> None:
    """Rules say what they take; what competes with them is no business of theirs."""
    found = _changed(tmp_path, "thanks.yaml", "    all: [THANK]\n", "    all: [THANK]\n    none: [HELP]\n")
    assert any("none" in line for line in found)


def test_a_rule_that_another_always_overtakes_is_found(tmp_path: Path) -> None:
    """It asks for more and is worth no more, so it never decides anything."""
    weaker = "rules:\n  - name: weaker\n    all: [THANK, MY]\n    weight: -9\n"
    found = _changed(tmp_path, "thanks.yaml", "rules:\n", weaker)
    assert any("'weaker' never decides" in line and line.startswith("thanks.yaml:") for line in found)


def test_a_rule_that_no_example_reaches_is_found(tmp_path: Path) -> None:
    """Without a sentence nothing would tell when it stops working; one that needs an answer before has `afterwards`."""
    never = "rules:\n  - name: never\n    all: [THANK, VITAL, ENDPOINT]\n"
    found = _changed(tmp_path, "thanks.yaml", "rules:\n", never)
    assert any(
        line.startswith("thanks.yaml:") and "'never': no sentence of `examples` reaches it" in line for line in found
    )


def test_a_rule_after_an_answer_wants_a_sentence_that_comes_after_it(tmp_path: Path) -> None:
    """Its own key, since the sentence means nothing alone."""
    found = _changed(tmp_path, "provider/affiliations.yaml", "- what hospital is she with", "- what a lovely day")
    assert any("afterwards: comes here after no answer: 'what a lovely day'" in line for line in found)
    assert any("'her': no sentence of `afterwards` reaches it" in line for line in found)


def test_a_name_that_no_rule_takes_is_found(tmp_path: Path) -> None:
    """People would say it, and nothing would come of it."""
    file = "_words/concepts/talk.yaml"
    words = "LONELY:\n  en: lonesome words\n  es: palabras solitarias\nNEXT_STEP:\n  en:"
    thinned(tmp_path)
    cells = tmp_path / "intents" / "_words" / "cells.yaml"
    cells.write_text(cells.read_text(encoding="utf-8").replace(" MY HER ", " MY LONELY HER "), encoding="utf-8")
    talk = tmp_path / "intents" / file
    talk.write_text(talk.read_text(encoding="utf-8").replace("NEXT_STEP:\n  en:", words), encoding="utf-8")
    assert any("owner: no rule takes 'LONELY'" in str(one) for one in check(tmp_path / "intents"))


def test_an_unknown_intent_before_a_rule_is_named_with_the_nearest_known(tmp_path: Path) -> None:
    """A slip in `after` would make the rule dead in silence."""
    found = _changed(tmp_path, "claim/denial.yaml", "after: [claim.denial,", "after: [claim.denail,")
    assert any("after an unknown intent 'claim.denail' (did you mean claim.denial?)" in line for line in found)


def test_a_concept_without_a_language_is_found(tmp_path: Path) -> None:
    """Spanish is whole: no concept is English alone."""
    file = "_words/concepts/talk.yaml"
    found = _changed(tmp_path, file, "NEXT_STEP:\n  en:", "LONELY:\n  en: lonesome words\nNEXT_STEP:\n  en:")
    assert any(line.startswith(f"{file}:") and line.endswith("LONELY: no phrases in 'es'") for line in found)


def test_a_phrase_of_two_concepts_wants_a_reason(tmp_path: Path) -> None:
    """The same words cannot mean two things by accident."""
    file = "_words/concepts/claims.yaml"
    found = _changed(tmp_path, file, "    claims,\n", "    claims,\n    menu,\n")
    assert any("'menu' (en) is in CLAIM and HELP" in line for line in found)


def test_a_phrase_in_two_cells_wants_a_reason(tmp_path: Path) -> None:
    """A concept and a slot type do not have the same words by accident."""
    file = "_words/concepts/claims.yaml"
    found = _changed(tmp_path, file, "    claims,\n", "    claims,\n    vietnamese,\n")
    what = "'vietnamese' is in CLAIM (object) and language (condition) without a reason"
    shared = [line for line in found if "without a reason" in line]
    assert [line.partition(": ")[2] for line in shared] == [what]
    assert shared[0].startswith(f"{file}:")


def test_two_slot_types_of_different_cells_want_a_reason(tmp_path: Path) -> None:
    """The finding stands at the file of one of them."""
    found = _changed(tmp_path, "_words/facilities.yaml", "hospital, hospitals,", "hospital, hospitals, vietnamese,")
    what = "'vietnamese' is in facility_type (object) and language (condition) without a reason"
    assert [line.partition(": ")[2] for line in found if "without a reason" in line] == [what]


def test_a_reason_that_nothing_needs_is_found(tmp_path: Path) -> None:
    """What no longer shares a phrase would let the next accident pass."""
    found = _changed(tmp_path, "_words/shared.yaml", "[accepting_new, ACCEPTS]", "[accepting_new, ACCEPTS, MYY]")
    needless = [line for line in found if line.startswith("_words/shared.yaml:")]
    assert [line.partition(": ")[2] for line in needless] == ["'MYY' shares no phrase of its group (did you mean MY?)"]


def test_a_pack_that_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    """Broken YAML is named, with its line, and nothing else is said."""
    found = _changed(tmp_path, "thanks.yaml", "rules:", "rules: [")
    assert len(found) == 1
    assert found[0].startswith("thanks.yaml:")


def test_an_answer_without_a_title_is_found(tmp_path: Path) -> None:
    """A choice between readings needs words for each."""
    found = _changed(tmp_path, "claim/list.yaml", 'title: {en: "My claims", es: "Mis reclamaciones"}\n', "")
    assert any("title: missing in 'en'" in line for line in found)


def test_an_unknown_intent_in_what_is_carried_is_found(tmp_path: Path) -> None:
    """A slip in `carries` would lose what was said before in silence."""
    found = _changed(tmp_path, "claim/status.yaml", "[claim.detail, claim.status,", "[claim.detial, claim.status,")
    assert any("carries: after an unknown intent 'claim.detial'" in line for line in found)


def test_an_unknown_intent_for_who_is_covered_is_found(tmp_path: Path) -> None:
    """A question about a child would find no answer."""
    found = _changed(tmp_path, "coverage/dependents.yaml", "covered: coverage.summary", "covered: coverage.sumary")
    assert any("covered: unknown intent 'coverage.sumary'" in line for line in found)


def test_a_detour_that_leads_back_is_found(tmp_path: Path) -> None:
    """Two intents that send each other the question would never answer it."""
    back = "instead: {intent: provider.find, has: specialty, lacks: facility_type}\nrules:\n"
    found = _changed(tmp_path, "facility/find.yaml", "rules:\n", back)
    assert any("leads back here" in line for line in found)
