"""The pack is one thing: what is wrong with it stops the start, by file and key."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.errors import PackError, every_error
from bot.pack import check_pack, find_pack, load_pack
from tests.shipped import shipped_pack, thinned, words_kept

HERE = Path(__file__).parent.parent
_OF_PHRASES = ("values", "facilities", "networks", "services", "specialties")


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pack, to be spoilt."""
    words_kept(monkeypatch)
    thinned(tmp_path)
    return tmp_path


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _refusal(pack: Path) -> str:
    with pytest.raises(PackError) as refused:
        load_pack(pack)
    return str(refused.value)


def test_this_pack_is_in_order() -> None:
    """Every rule, example, template and language of the pack that ships passes every check."""
    assert check_pack(HERE) == []


def test_a_copy_to_be_spoilt_is_in_order(pack: Path) -> None:
    """What the tests below find is what they did."""
    loaded = load_pack(pack)
    assert loaded.intents.keys() == shipped_pack().intents.keys()
    assert sum(len(rules.examples["en"]) for rules in loaded.intents.values()) < 200


def test_rule_and_word_files_are_read_line_by_line() -> None:
    """No line is longer than 120 characters."""
    files = sorted((HERE / "intents").rglob("*.yaml"))
    lines = ((file, line) for file in files for line in file.read_text(encoding="utf-8").splitlines())
    assert [f"{file.name}: {line[:60]}" for file, line in lines if len(line) > 120] == []


def test_a_folded_list_of_phrases_has_one_phrase_a_line() -> None:
    """A line without its comma would join two phrases into one that nobody says."""
    folder = HERE / "intents" / "_words"
    files = [*sorted((folder / "concepts").glob("*.yaml")), *(folder / f"{name}.yaml" for name in _OF_PHRASES)]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    lists = re.findall(r"^( *)(?:en|es): >-\n((?:\1  .+\n)+)", text, re.MULTILINE)
    lines = [line for _, listed in lists for line in listed.strip().split("\n")[:-1]]
    assert len(lines) > 5_000
    assert [line for line in lines if line.find(",") != len(line) - 1] == []


def test_every_intent_that_reads_data_has_an_answer_or_says_that_it_has_none() -> None:
    """No rule of the pack promises what no answer keeps."""
    loaded = shipped_pack()
    reading = {name for name, rules in loaded.intents.items() if rules.needs != "nothing" and rules.answer == "built"}
    assert set(loaded.answers) == reading
    assert {"claim.last_visit_cost", "claim.list", "provider.find"} <= reading


def test_every_error_has_its_words() -> None:
    """Whatever goes wrong, there is a template that tells the person, in both languages."""
    words = shipped_pack().words
    assert [error.template for error in every_error() if not words.has(error.template, "es")] == []


def test_an_unknown_key_is_refused(pack: Path) -> None:
    """A rule file says only what the kernel knows: a slip of the pen is no silent default."""
    _change(pack / "intents/claim/list.yaml", "needs:", "need: member\nneeds:")
    refusal = _refusal(pack)
    assert refusal.startswith("claim/list.yaml: ")
    assert "need" in refusal


@pytest.mark.parametrize("template", ["claim/list", "choices", "account/linked", "problems/payer_slow", "_footer"])
def test_a_missing_template_is_refused(pack: Path, template: str) -> None:
    """An answer without words, or a step of the kernel without them, is found before anybody waits for it."""
    (pack / f"templates/{template}.md.j2").unlink()
    assert _refusal(pack) == f"templates/{template}.md.j2: missing"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("poison:", "poisons:", "poison: missing"),
        ("  checked: 2026-11-25", "", "Object missing required field `checked` - at `$[...]`"),
    ],
)
def test_a_number_of_help_is_never_missing(pack: Path, old: str, new: str, what: str) -> None:
    """Nobody in danger reads an answer with a hole in it: the start stops instead."""
    _change(pack / "templates" / "numbers.yaml", old, new)
    assert _refusal(pack) == f"templates/numbers.yaml: {what}"


def test_a_missing_answer_is_refused(pack: Path) -> None:
    """A rule that needs a member's data has its answer beside it."""
    (pack / "intents/claim/list.py").unlink()
    assert _refusal(pack).startswith("intents/claim/list.yaml: needs: ")


def test_an_answer_file_without_an_answer_is_refused(pack: Path) -> None:
    """The file alone is not enough: it has an `answer`."""
    (pack / "intents/claim/list.py").write_text('"""Nothing."""\n', encoding="utf-8")
    assert _refusal(pack) == "intents/claim/list.py: answer: missing"


def test_a_slot_without_a_type_is_refused(pack: Path) -> None:
    """Each slot is of a type that the language part can find."""
    _change(pack / "intents/claim/list.yaml", "claim_type: claim_type", "claim_type: claim_kind")
    refusal = _refusal(pack)
    assert refusal.startswith("intents/claim/list.yaml:")
    assert "slot 'claim_type' has no known type 'claim_kind'" in refusal


def test_a_rule_of_an_unknown_concept_is_refused_with_the_nearest_name(pack: Path) -> None:
    """A misspelt concept would never match; its author is told what it may have meant."""
    _change(pack / "intents/thanks.yaml", "[THANK]", "[THENK]")
    refusal = _refusal(pack)
    assert refusal.startswith("intents/thanks.yaml:")
    assert "did you mean THANK?" in refusal


def test_an_example_that_goes_elsewhere_is_refused(pack: Path) -> None:
    """An author's own example reaches the author's own intent."""
    _change(pack / "intents/thanks.yaml", "  en:\n", "  en:\n    - show my claims\n")
    assert "example goes to claim.list: 'show my claims'" in _refusal(pack)


def test_two_rules_that_tie_on_an_example_are_refused(pack: Path) -> None:
    """When two intents are as close to one sentence, no order of files decides."""
    shutil.copy(pack / "intents/thanks.yaml", pack / "intents/thanks_too.yaml")
    shutil.copy(pack / "templates/thanks.md.j2", pack / "templates/thanks_too.md.j2")
    refusal = _refusal(pack)
    assert refusal.startswith("intents/thanks")
    assert "contradicts thanks/thanks: both ask for the same" in refusal


def test_broken_yaml_is_named_by_its_line(pack: Path) -> None:
    """A file that is no YAML says where it stops being YAML."""
    (pack / "intents/thanks.yaml").write_text("needs: [nothing\nrules: x", encoding="utf-8")
    assert _refusal(pack).startswith("thanks.yaml: line 2: ")


def test_a_faulty_template_is_found_by_the_check(pack: Path) -> None:
    """A filter that does not exist, a button without target: found by file, without a member."""
    (pack / "templates/_amount.md.j2").write_text("{{ answer|moneys }}\n", encoding="utf-8")
    assert any(fault.startswith("templates/_amount.md.j2: ") for fault in check_pack(pack))


def test_a_missing_language_is_found_by_the_check(pack: Path) -> None:
    """What is said in English is said in Spanish."""
    (pack / "templates/_greeting.md.j2").write_text("Welcome!\n", encoding="utf-8")
    assert "templates/_greeting.es.md.j2: missing" in check_pack(pack)


def test_a_folder_without_a_pack_is_named(tmp_path: Path) -> None:
    """BOT_PACK that points nowhere is one line."""
    with pytest.raises(PackError, match="BOT_PACK: no intents/ and templates/"):
        find_pack(str(tmp_path))
    assert find_pack() == HERE
