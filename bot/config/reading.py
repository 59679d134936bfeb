"""Reading the settings of this process from the environment and `.env`, with all their errors."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from bot.config.faults import causes, faults_of, misspelt, spelling
from bot.config.settings import Day, Settings
from bot.errors import ConfigError

_D = TypeVar("_D", bound=Day)


def load_settings(**overrides: object) -> Settings:
    """Return the settings of this process; ConfigError has a line, with its name, for each missing or invalid one."""
    settings, faults = look_at_settings(overrides)
    if faults:
        raise ConfigError("\n".join(faults))
    return settings


def look_at_settings(
    overrides: Mapping[str, object] | None = None, *, serving: bool = False
) -> tuple[Settings, list[str]]:
    """Return the settings of this process, and a line for each invalid one, which has its default in them.

    With `serving`, also what keeps the bot from serving members. A line that only follows from another is left out.

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
    """Return the settings of date and time zone, no others; ConfigError has a line for each invalid one."""
    day, wrong = _read(Day, {})
    if wrong:
        raise ConfigError("\n".join(f"{name}: {words}" for name, words in wrong.items()))
    return day


def misspelt_names() -> dict[str, str]:
    """Return names in the environment and in `.env` that are no settings, each with the one that was probably meant."""
    given = [*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars]
    return misspelt(given, [name.upper() for name in Settings.model_fields])


def _read(kind: type[_D], given: Mapping[str, Any]) -> tuple[_D, dict[str, str]]:
    """Return the settings, and the message for each invalid one by its name; that one has its default."""
    try:
        return kind(**given), {}
    except ValidationError as error:
        wrong = faults_of(error.errors(include_input=False, include_url=False))
    except UnicodeDecodeError:
        raise ConfigError(".env: must be UTF-8 text; save it again as UTF-8") from None
    except OSError as error:
        raise ConfigError(f".env: cannot be read: {error.strerror}") from None
    fields = kind.model_fields
    defaults = {name.lower(): fields[name.lower()].default for name in wrong}
    return kind(**{**given, **defaults}), wrong
