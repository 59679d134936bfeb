"""The pack is one thing: what is wrong with it stops the start, by file and key."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import compiled
from bot.errors import BotError, PackError, every_error
from bot.language import checker
from bot.pack import _missing_templates, doubts_of, find_pack, load_pack
from bot.replies.render import Words
from tests.shipped import changed, shipped_pack, thinned, words_kept

HERE = Path(__file__).parent.parent
_OF_PHRASES = ("values", "facilities", "networks", "services", "specialties")


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the pack, to be spoilt."""
    words_kept(monkeypatch)
    thinned(tmp_path)
    return tmp_path


def _refusal(pack: Path) -> str:
    with pytest.raises(PackError) as refused:
        load_pack(pack)
    return str(refused.value)


def test_this_pack_is_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule, example, template and language of the pack that ships passes every check, now and not once."""
    monkeypatch.setattr(compiled, "SHIPPED", tmp_path)
    assert doubts_of(HERE, load_pack(HERE)) == []


def test_a_copy_to_be_spoilt_is_in_order(pack: Path) -> None:
    """What the tests below find is what they did."""
    loaded = load_pack(pack)
    assert loaded.intents.keys() == shipped_pack().intents.keys()
    assert sum(len(rules.examples["en"]) for rules in loaded.intents.values()) < 200


def test_every_fault_is_told_at_once(pack: Path) -> None:
    """Two in one file, one in another, an answer and a template: an author mends them after one run."""
    changed(pack / "intents" / "claim" / "status.yaml", "needs: member", "needs: members\nfolows: []")
    changed(pack / "intents" / "coverage" / "summary.yaml", "needs: member", "needs: nobody")
    template = pack / "templates" / "claim" / "status.md.j2"
    template.write_text(template.read_text(encoding="utf-8") + "{{ say('Not yet') }}\n{% if %}", encoding="utf-8")
    changed(pack / "intents" / "claim" / "list.py", "from bot import kit", "from bot import kits")
    faults = _refusal(pack).splitlines()
    assert [fault.split(": ")[:2] for fault in faults] == [
        ["claim/status.yaml", "needs"],
        ["claim/status.yaml", "file"],
        ["coverage/summary.yaml", "needs"],
        ["intents/claim/list.py", "line 9"],
        ["templates/es.po", "'Not yet'"],
        ["templates/claim/status.md.j2", "Expected an expression, got 'end of statement block'"],
    ]
    assert "did you mean follows?" in faults[1]


def test_rule_and_word_files_are_read_line_by_line() -> None:
    """No line is longer than 120 characters."""
    files = sorted((HERE / "intents").rglob("*.yaml"))
    lines = ((file, line) for file in files for line in file.read_text(encoding="utf-8").splitlines())
    assert [f"{file.name}: {line[:60]}" for file, line in lines if len(line) > 120] == []


def _phrase_lists(entry: dict[str, Any]) -> Iterator[str]:
    for key, value in entry.items():
        if isinstance(value, dict):
            yield from _phrase_lists(value)
        elif key in {"en", "es"}:
            yield value


def test_no_phrase_of_a_folded_list_is_two() -> None:
    """A comma that is missing would join two phrases into one that nobody says."""
    folder = HERE / "intents" / "_words"
    files = [*sorted((folder / "concepts").glob("*.yaml")), *(folder / f"{name}.yaml" for name in _OF_PHRASES)]
    lists = (listed for file in files for listed in _phrase_lists(yaml.safe_load(file.read_text(encoding="utf-8"))))
    phrases = [phrase for listed in lists for phrase in re.sub(r"\([^)]*\)|\[[^]]*\]", "x", listed).split(",")]
    assert len(phrases) > 2_000
    assert [phrase for phrase in phrases if len(phrase.split()) > 9] == []


def test_every_intent_that_reads_data_has_an_answer_or_says_that_it_has_none() -> None:
    """No rule of the pack promises what no answer keeps."""
    loaded = shipped_pack()
    reading = {name for name, rules in loaded.intents.items() if rules.needs != "nothing" and rules.answer == "built"}
    aside = {"glossary.term", "handoff.human"}  # they need nobody's record, yet tell of one's own
    assert {rules.intent for rules in loaded.answered} - aside == reading
    assert {"claim.last_visit_cost", "claim.list", "provider.find"} <= reading


def test_every_error_has_its_words() -> None:
    """Whatever goes wrong, there is a template that tells the person."""
    words = shipped_pack().words
    assert [error.template for error in every_error() if not words.has(error.template)] == []
    told = (shipped_pack().templates / "problems/told.md.j2").read_text(encoding="utf-8")
    plain = {error.problem for error in every_error() if error.template == BotError.template}
    assert {name for name in plain if f'"{name}": (' not in told} == {BotError.problem}


def test_an_unknown_key_is_refused(pack: Path) -> None:
    """A rule file says only what the kernel knows: a slip of the pen is no silent default."""
    changed(pack / "intents/claim/list.yaml", "needs:", "need: member\nneeds:")
    refusal = _refusal(pack)
    assert refusal.startswith("claim/list.yaml: ")
    assert "need" in refusal


def test_a_missing_template_is_refused(pack: Path) -> None:
    """An answer without words, or a step of the kernel without them, is found before anybody waits for it."""
    gone = {f"templates/{name}.md.j2" for name in ("claim/list", "choices", "account/linked", "problems/payer_busy")}
    for name in gone:
        (pack / name).unlink()
    told = _refusal(pack).splitlines()
    assert {fault for fault in told if fault.endswith(": missing")} == {f"{name}: missing" for name in gone}
    found = set(_missing_templates(shipped_pack().engine, Words(pack / "templates")))
    assert found == {f"{name}: missing" for name in gone}


NUMBERS, LIST = "templates/numbers.yaml", "intents/claim/list"
UNCHECKED = "Object missing required field `checked` - at `$[...]`"
SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    # Nobody in danger reads an answer with a hole in it: the start stops instead.
    "a number of help": (lambda pack: changed(pack / NUMBERS, "poison:", "poisons:"), f"{NUMBERS}: poison: missing"),
    "its day": (lambda pack: changed(pack / NUMBERS, "  checked: 2026-11-25", ""), f"{NUMBERS}: {UNCHECKED}"),
    # A rule that needs a member's data has its answer beside it, and the file alone is not enough.
    "an answer": (lambda pack: (pack / f"{LIST}.py").unlink(), f"{LIST}.yaml: needs: "),
    "what answers": (lambda pack: (pack / f"{LIST}.py").write_text('"""Nothing."""\n'), f"{LIST}.py: answer: missing"),
    # A file that is no YAML says where it stops being YAML.
    "an end": (
        lambda pack: (pack / "intents/thanks.yaml").write_text("needs: [nothing\nrules: x"),
        "thanks.yaml: line 2: ",
    ),
}


@pytest.mark.parametrize("missing", SPOILT)
def test_what_is_missing_is_refused_by_its_place(pack: Path, missing: str) -> None:
    """In one line, whatever it is."""
    spoil, refusal = SPOILT[missing]
    spoil(pack)
    found = _refusal(pack)
    assert found.startswith(refusal)
    assert refusal.endswith(": ") or found == refusal


def test_templates_are_looked_at_by_the_check(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found without a member: an unknown filter, words outside of messages, a button to an unknown intent."""
    monkeypatch.setattr(checker, "doubts", lambda *_: [])  # of sentences, which takes seconds
    (pack / "templates/_amount.md.j2").write_text("{{ answer|moneys }}\n", encoding="utf-8")
    (pack / "templates/_greeting.md.j2").write_text("Welcome!\n", encoding="utf-8")
    (pack / "templates/_button.md.j2").write_text("[{{ say('Help') }}](claim.stats?id=1)\n", encoding="utf-8")
    faults = doubts_of(pack, load_pack(pack))
    assert any(fault.startswith("templates/_amount.md.j2: ") for fault in faults)
    assert "templates/_greeting.md.j2: line 1: words outside say(...)" in faults
    unknown = "a button to unknown intent 'claim.stats' (did you mean claim.status?)"
    assert f"templates/_button.md.j2: line 1: {unknown}" in faults


def test_a_folder_without_a_pack_is_named(tmp_path: Path) -> None:
    """BOT_PACK that points nowhere is one line."""
    with pytest.raises(PackError, match="BOT_PACK: no intents/ and templates/"):
        find_pack(str(tmp_path))
    assert find_pack() == HERE
