"""The settings of contract.md, read once from the environment or a `.env` file. Secrets are never printed."""

from bot.config.reading import load_day, load_settings, look_at_settings, misspelt_names
from bot.config.settings import Day, Settings
from bot.config.values import LOOPBACK, ClientMethod, secret_of

__all__ = [
    "LOOPBACK", "ClientMethod", "Day", "Settings",
    "load_day", "load_settings", "look_at_settings", "misspelt_names", "secret_of",
]  # fmt: skip
