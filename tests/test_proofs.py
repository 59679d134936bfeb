"""Every fault and every threat has a test that proves it, marked with its number; the rest is named with its reason."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.answers.told import cases
from tests.kit import money
from tests.trees import nodes_of

TESTS = Path(__file__).resolve().parent
FAULTS = tuple(f"F{number:02}" for number in range(1, 73))
THREATS = tuple(f"T{number:02}" for number in range(1, 78))
NOT_OURS: dict[str, str] = {}
"""Numbers that do not apply here, each with its reason."""


@cache
def proven() -> dict[str, set[str]]:
    """The files of the tests that carry each number, read from their marks, and of the tables."""
    found: dict[str, set[str]] = {}
    for path in sorted([*TESTS.rglob("test_*.py"), *TESTS.glob("accounts/attacks/*.py")]):
        for number in _marks(path):
            found.setdefault(number, set()).add(path.name)
    tables = [row.proves for row in money.rows().values()] + [case.proves for case in cases().values()]
    for number in {number for row in tables for number in row}:
        found.setdefault(number, set()).add("a table")
    return found


def _marks(path: Path) -> Iterator[str]:
    """Numbers of `mark.fault(...)` and `mark.threat(...)` on a test, of the cases of `numbered`, and of an attack."""
    for test in nodes_of(path):
        if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "named":
            yield from (str(word.value) for word in test.args[1:] if isinstance(word, ast.Constant))
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and test.name.startswith("test_"):
            for mark in (each for each in test.decorator_list if isinstance(each, ast.Call)):
                words = {node.value for node in ast.walk(mark) if isinstance(node, ast.Constant)}
                if isinstance(mark.func, ast.Attribute) and mark.func.attr in {"fault", "threat"}:
                    yield from (word for word in words if isinstance(word, str))
                elif any(isinstance(node, ast.Name) and node.id == "numbered" for node in ast.walk(mark)):
                    yield from _cases(path)


def _cases(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"[FT]\d\d ", node.value):
            yield node.value[:3]


@pytest.mark.parametrize("number", [*FAULTS, *THREATS])
def test_a_number_has_its_proof(number: str) -> None:
    """A fault or threat without a marked test fails here, unless it is on the list of what does not apply."""
    assert (number in proven()) is not (number in NOT_OURS), f"no test is marked with {number}"


def test_no_mark_is_a_slip_of_the_pen() -> None:
    """Marks carry numbers that there are."""
    assert set(proven()) <= {*FAULTS, *THREATS}
