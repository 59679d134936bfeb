"""Error messages about the settings: all errors at once, one line each, starting with the setting's name."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_OURS = ("BOT_", "PAYER_", "SLACK_", "TEAMS_")
_NOT_OURS = ("SLACK_CLI_",)
"""Prefixes of variables that `slack run` sets for the program it starts."""
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
"""Messages for pydantic's kinds of error; errors of our own validators have their messages already."""


def faults_of(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the message of each pydantic error, keyed by the name of its setting."""
    return {".".join(map(str, each["loc"])).upper(): _words(each) for each in errors}


def _words(error: Mapping[str, Any]) -> str:
    plain = _PLAIN.get(error["type"])
    return plain(error.get("ctx", {})) if plain else str(error["msg"]).removeprefix("Value error, ")


def misspelt(given: Iterable[str], known: Sequence[str]) -> dict[str, str]:
    """Return names similar to a setting's that are no settings, each with the unset setting that was probably meant."""
    names = {name.upper() for name in given}
    free = [name for name in known if name not in names]
    found: dict[str, str] = {}
    for name in sorted(names - {*known}):
        near = difflib.get_close_matches(name, free, n=1, cutoff=_ALIKE)
        if near and name.startswith(_OURS) and not name.startswith(_NOT_OURS):
            found[name] = near[0]
    return found


def spelling(name: str, meant: str) -> str:
    """Return the message about a misspelt name."""
    return f"{name}: no such setting; did you mean {meant}?"


def causes(faults: Iterable[str], wrong: Iterable[str]) -> list[str]:
    """Return the faults without those that name a setting in `wrong`, from which they follow."""
    names = {*wrong}
    return [fault for fault in faults if not names & {*_NAME.findall(fault)}]
