"""The settings of contract.md, read once from the environment or a `.env` file. Secrets are never printed."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from bot.config.settings import Day, Settings
from bot.config.values import LOOPBACK, ClientMethod, secret_of
from bot.errors import ConfigError

__all__ = [
    "LOOPBACK", "ClientMethod", "Day", "Settings", "causes",
    "load_day", "look_at_settings", "misspelt_names", "secret_of", "spelling",
]  # fmt: skip


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


def spelling(name: str, meant: str) -> str:
    """Return the error message for a misspelt name."""
    return f"{name}: no such setting; did you mean {meant}?"


def causes(faults: Iterable[str], wrong: Iterable[str]) -> list[str]:
    """Return the errors without those that mention a setting in `wrong`: such errors are only consequences."""
    names = {*wrong}
    return [fault for fault in faults if not names & {*_NAME.findall(fault)}]


_D = TypeVar("_D", bound=Day)


def look_at_settings(
    overrides: Mapping[str, object] | None = None, *, serving: bool = False
) -> tuple[Settings, list[str]]:
    """Return the settings of this process, and an error line for each invalid one. Invalid ones have their defaults.

    With `serving`, there are also lines for settings that prevent serving members. An error that only follows from
    another is left out.

    Raises:
        ConfigError: `.env` cannot be read.
    """
    settings, wrong = _read(Settings, overrides or {})
    meant = misspelt_names()
    faults = [f"{name}: {words}" for name, words in wrong.items()]
    missing = [*settings.unpaired(), *(settings.unready() if serving else ())]
    if faults or missing:  # a misspelt name may be the cause; where nothing is wrong it is worth a warning only
        faults += [spelling(name, right) for name, right in meant.items()]
    return settings, [*faults, *causes(missing, {*wrong, *meant.values()})]


def load_day() -> Day:
    """Return only the settings for the current date and the time zone.

    Raises:
        ConfigError: one of them is invalid; the message has a line for each.
    """
    day, wrong = _read(Day, {})
    if wrong:
        raise ConfigError("\n".join(f"{name}: {words}" for name, words in wrong.items()))
    return day


def misspelt_names() -> dict[str, str]:
    """Return misspelt names of settings in the environment and in `.env`, each with the one that was probably meant.

    A name is misspelt if it is unknown and similar to a setting that is not set.
    """
    names = {name.upper() for name in (*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars)}
    known = [name.upper() for name in Settings.model_fields]
    free = [name for name in known if name not in names]
    found: dict[str, str] = {}
    for name in sorted(names - {*known}):
        if name.startswith(_OURS) and not name.startswith(_NOT_OURS):
            from difflib import get_close_matches  # noqa: PLC0415 -- a start with settings as they are called needs none

            if near := get_close_matches(name, free, n=1, cutoff=_ALIKE):
                found[name] = near[0]
    return found


def _read(kind: type[_D], given: Mapping[str, Any]) -> tuple[_D, dict[str, str]]:
    """Return the settings, and the error messages for invalid ones by name. Invalid settings have their defaults.

    Raises:
        ConfigError: `.env` cannot be read.
    """
    try:
        return kind(**given), {}
    except ValidationError as error:
        wrong: dict[str, str] = {}
        for each in error.errors(include_input=False, include_url=False):
            plain, own = _PLAIN.get(each["type"]), str(each["msg"]).removeprefix("Value error, ")
            wrong[".".join(map(str, each["loc"])).upper()] = plain(each.get("ctx", {})) if plain else own
    except UnicodeDecodeError:
        raise ConfigError(".env: must be UTF-8 text; save it again as UTF-8") from None
    except OSError as error:
        raise ConfigError(f".env: cannot be read: {error.strerror}") from None
    fields = kind.model_fields
    defaults = {name.lower(): fields[name.lower()].default for name in wrong}
    return kind(**{**given, **defaults}), wrong
