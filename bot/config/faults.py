"""What is wrong with the settings, all of it at once and in plain words: a line a fault, which begins with its name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_OURS = ("BOT_", "PAYER_", "SLACK_", "TEAMS_")
_NOT_OURS = ("SLACK_CLI_",)
"""What `slack run` sets for the program that it starts."""
_NAME = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
_ALIKE = 0.8  # SLACK_TOKEN is like SLACK_BOT_TOKEN by 0.85
_PLAIN: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_parsing": lambda _: "must be a whole number",
    "int_parsing_size": lambda _: "must be a smaller number",
    "greater_than_equal": lambda told: f"must be {told['ge']} or more",
    "bool_parsing": lambda _: "must be true or false",
    "literal_error": lambda told: f"must be {str(told['expected']).replace(chr(39), '')}",
    "date_from_datetime_parsing": lambda _: "is no day of the calendar",
    "date_from_datetime_inexact": lambda _: "is no day of the calendar",
    "date_parsing": lambda _: "is no day of the calendar",
}
"""pydantic's kinds of error in our words; those of our own validators have their words already."""


def faults_of(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The words of each error that pydantic found, by the name of its setting."""
    return {".".join(map(str, each["loc"])).upper(): _words(each) for each in errors}


def _words(error: Mapping[str, Any]) -> str:
    plain = _PLAIN.get(error["type"])
    return plain(error.get("ctx", {})) if plain else str(error["msg"]).removeprefix("Value error, ")


def misspelt(given: Iterable[str], known: Sequence[str]) -> dict[str, str]:
    """Names that look like one of ours and are none, each with the setting that was probably meant and is not set."""
    names = {name.upper() for name in given}
    free = [name for name in known if name not in names]
    found: dict[str, str] = {}
    for name in sorted(names - {*known}):
        near = difflib.get_close_matches(name, free, n=1, cutoff=_ALIKE)
        if near and name.startswith(_OURS) and not name.startswith(_NOT_OURS):
            found[name] = near[0]
    return found


def spelling(name: str, meant: str) -> str:
    """The line about a misspelt name."""
    return f"{name}: no such setting; did you mean {meant}?"


def causes(faults: Iterable[str], wrong: Iterable[str]) -> list[str]:
    """The faults without those that only follow from others: a line that names a setting that is wrong by itself."""
    names = {*wrong}
    return [fault for fault in faults if not names & {*_NAME.findall(fault)}]
