"""What a person reads in a test, and the numbers that tests are marked with. `tests/table.py` makes tables of both."""

import html
import re
from collections.abc import Iterable
from typing import Any

import pytest

SEEN: list[str] = []


def saw(words: str) -> None:
    """Keep what a person reads; of a page, its main part without the markup."""
    words = main[0] if (main := re.search(r"<main.*?</main>", words, flags=re.DOTALL)) else words
    body = html.unescape(re.sub(r"<style.*?</style>|<title.*?</title>|<[^>]+>", " ", words, flags=re.DOTALL))
    if line := " ".join(body.split()):
        SEEN.append(line)


def part_about(word: str, text: str) -> str:
    """The line of a reply in which a word stands."""
    return next((line for line in text.splitlines() if word in line), text)


def numbered(cases: Iterable[Any]) -> list[Any]:
    """Each case as a parameter whose mark is the number that its name begins with: `F23 truncated`."""
    named = [(case, case if isinstance(case, str) else case.name) for case in cases]
    return [pytest.param(case, id=name, marks=marks_of([name[:3]])) for case, name in named]


def marks_of(numbers: Iterable[str]) -> list[pytest.MarkDecorator]:
    """The marks of faults and threats with these numbers."""
    return [(pytest.mark.fault if number.startswith("F") else pytest.mark.threat)(number) for number in numbers]
