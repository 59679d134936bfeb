"""What code, tests and pages cite stands in docs: threats, faults, invariants, FHIR notes and pages by name."""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.cli.cli import main
from tests.shipped import shipped_pack

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CITING = ("bot", "intents", "templates", "tests", "bench", "docs")
KINDS = {".py", ".j2", ".md", ".yaml"}
# Not followed by a point, as ICD-10 codes are (F11.20), nor by a colon, as hours are (T12:30).
THREAT, FAULT = re.compile(r"\bT\d\d\b(?![.:]\d)"), re.compile(r"\bF\d\d\b(?!\.\d)")
INVARIANT = re.compile(r"\bI[1-9]\b")
SECTION = re.compile(r"\bfhir-notes((?:,? \d+(?:\.\d+)?)+)")
PAGE = re.compile(r"\bdocs/([a-z-]+\.md)\b|(?<![\w./})-])((?:[a-z]+-)*[a-z]{2,}\.md)\b(?!\.j2)")


COMMAND = re.compile(r"python -m ((?:bot|tests|bench)[\w.]*)")


def _texts(folders: tuple[str, ...] = CITING) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in KINDS and "node_modules" not in file.parts and file != Path(__file__):
                yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")


def _unresolved(pattern: re.Pattern[str], known: set[str]) -> Mapping[str, str]:
    """What is cited and not known, with a file that cites it."""
    found = {name: file for file, text in _texts() for name in pattern.findall(text)}
    return {name: file for name, file in found.items() if name not in known}


def _headings(page: str, number: str) -> list[str]:
    return re.findall(rf"^#+ ({number})[. ]", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    ("page", "number", "cited"),
    [("threats.md", r"T\d\d", THREAT), ("faults.md", r"F\d\d", FAULT), ("faults.md", r"I\d", INVARIANT)],
    ids=["threats", "faults", "invariants"],
)
def test_every_number_that_is_cited_is_explained_once(page: str, number: str, cited: re.Pattern[str]) -> None:
    """T01, F01 and I1 lead to a heading, and the headings are numbered in order, each once."""
    headings = _headings(page, number)
    assert _unresolved(cited, {*headings}) == {}
    assert [*headings] == sorted({*headings})
    numbers = [int(re.sub(r"\D", "", one)) for one in headings]
    assert numbers == [*range(numbers[0], numbers[0] + len(numbers))], "a number was left out"


def test_every_module_that_a_page_runs_is_there() -> None:
    """`python -m tests.language.evaluate`; the pages at the top included."""
    pages = [*DOCS.glob("*.md"), *ROOT.glob("*.md"), ROOT / "Makefile"]
    run = {name.rstrip(".") for page in pages for name in COMMAND.findall(page.read_text(encoding="utf-8"))}
    assert len(run) > 5
    assert {name for name in run if importlib.util.find_spec(name) is None} == set()


def test_every_section_of_the_fhir_notes_that_is_cited_is_there() -> None:
    """`fhir-notes 4.3` is a heading of docs/fhir-notes.md; a list names several."""
    headings = {*_headings("fhir-notes.md", r"\d+(?:\.\d+)?")}
    cited = {(number, file) for file, text in _texts() for many in SECTION.findall(text) for number in _numbers(many)}
    assert len(cited) > 20
    assert {(number, file) for number, file in cited if number not in headings} == set()


def _numbers(many: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", many)


def test_every_page_that_code_names_is_there() -> None:
    """A docstring or comment names no page of somewhere else."""
    there = {file.name for file in (*DOCS.glob("*.md"), *ROOT.glob("*.md"))}
    named = {
        (first or second, file)
        for file, text in _texts(("bot", "intents", "tests", "bench"))
        for first, second in PAGE.findall(text)
    }
    assert {(page, file) for page, file in named if page not in there} == set()


def test_the_contract_names_what_there_is() -> None:
    """Commands, intents with what they need, and the page of settings."""
    text, intents = (DOCS / "contract.md").read_text(encoding="utf-8"), shipped_pack().intents
    assert {*re.findall(r"^\| `bcbst-bot (\w+)`", text, re.MULTILINE)} == main.commands.keys()
    for needs, names in re.findall(r"^\| `(member|directory|nothing)` \| (.+) \|$", text, re.MULTILINE):
        told = {*re.findall(r"`([a-z_.]+)`", names)}
        assert {name for name, rules in intents.items() if rules.needs == needs} >= told
