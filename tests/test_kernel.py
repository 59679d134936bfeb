"""Names: the code knows no question of the pack, classes and terms have one meaning, and what is cited is in docs."""

import ast
import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.cli.cli import main
from bot.language.kernel import KERNEL, is_kernel
from tests.shipped import shipped_pack
from tests.trees import nodes_of, tree_of

ROOT = Path(__file__).resolve().parent.parent
# The sandbox plays a payer, and names what FHIR names.
FILES = sorted(file for file in (ROOT / "bot").rglob("*.py") if "sandbox" not in file.parts)


def _words_of(file: Path) -> Iterator[str]:
    """Every string of a module but its documentation."""
    told = {id(node.value) for node in nodes_of(file) if isinstance(node, ast.Expr)}
    for node in nodes_of(file):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.fixture(scope="module")
def own() -> frozenset[str]:
    """The names of the pack's intents but the kernel's, with the beginnings that stand for a whole topic."""
    names = {name for name in shipped_pack().intents if not is_kernel(name) and "." in name}
    topics = {name.partition(".")[0] for name in names}
    return frozenset(names | {f"{topic}." for topic in topics} | {f"{topic}.*" for topic in topics})


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / "bot")))
def test_the_code_names_no_intent_of_the_pack(file: Path, own: frozenset[str]) -> None:
    """A new intent is files of the pack: nowhere is there a list of intents that would have to know of it."""
    named = [text for text in _words_of(file) if own.intersection(text.replace("/", ".").split())]
    assert named == []


def test_what_the_kernel_names_is_there_with_a_reason() -> None:
    """The list holds no name that the pack or the kernel has lost."""
    known = {*shipped_pack().intents, "answer.sources", "safety.crisis", "account.choose"}
    for name, reason in KERNEL.items():
        assert any(one.startswith(name) for one in known), name
        assert len(reason.split()) > 3


MOST_TERMS = 25
REPEATED = frozenset({"Incoming", "Means", "Notices", "People"})
"""Public names that Slack and Teams have both: the counterparts of two channels, each in a package of its own."""


def test_a_name_stands_for_one_thing() -> None:
    """A class or type alias whose name another module has already needs a name that tells the two apart."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "bot").rglob("*.py")):
        for name in _defined(tree_of(file)):
            found[name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in found.items() if len(files) > 1 and name not in REPEATED} == {}


def _defined(tree: ast.Module) -> set[str]:
    """The public classes and type aliases of a module: names in CamelCase, assigned or defined at its top."""
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {name for name in classes | assigned if re.fullmatch(r"[A-Z]+[a-z]\w*", name)}


def test_the_glossary_is_short_and_names_what_exists() -> None:
    """At most so many terms, in order, each with a name that the code has."""
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z ]+) \| .+ \| `([\w.]+)` \|$", page, re.MULTILINE)
    terms = [term for term, _ in rows]
    assert 10 < len(terms) <= MOST_TERMS
    assert terms == sorted(terms)
    code = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "bot").rglob("*.py")))
    assert [name for _, name in rows if not re.search(rf"\b{re.escape(name)}\b", code)] == []


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
