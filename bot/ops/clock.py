"""The current time for all of the bot: the clock in BOT_TIMEZONE, or the date of BOT_TODAY with the embedded payer."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.config import Day, Settings
from bot.errors import ConfigError


def clock_of(day: Day) -> Callable[[], datetime]:
    """Return a function for the current time in BOT_TIMEZONE, with the date of BOT_TODAY if that is set."""
    zone, today = ZoneInfo(day.bot_timezone), day.bot_today

    def now() -> datetime:
        moment = datetime.now(zone)
        return moment if today is None else datetime.combine(today, moment.time(), zone)

    return now


def refuse_made_up_day(settings: Settings) -> None:
    """Refuse BOT_TODAY (ConfigError) with a payer on another machine: real records need the real date."""
    if settings.made_up_day:
        raise ConfigError(settings.made_up_day)
