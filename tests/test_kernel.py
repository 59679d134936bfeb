"""The bot's code knows no question of the pack: what an intent needs of it stands in the intent's own file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.language.kernel import KERNEL, is_kernel
from tests.shipped import shipped_pack
from tests.trees import nodes_of

ROOT = Path(__file__).resolve().parent.parent
# The sandbox plays a payer, and names what FHIR names.
FILES = sorted(file for file in (ROOT / "bot").rglob("*.py") if "sandbox" not in file.parts)


def _texts(file: Path) -> Iterator[str]:
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
    named = [text for text in _texts(file) if own.intersection(text.replace("/", ".").split())]
    assert named == []


def test_what_the_kernel_names_is_there_with_a_reason() -> None:
    """The list holds no name that the pack or the kernel has lost."""
    known = {*shipped_pack().intents, "answer.sources", "safety.crisis", "account.choose"}
    for name, reason in KERNEL.items():
        assert any(one.startswith(name) for one in known), name
        assert len(reason.split()) > 3
