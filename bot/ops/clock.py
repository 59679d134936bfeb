"""What time it is for everybody who asks: the clock in BOT_TIMEZONE, or BOT_TODAY's day in front of a made-up payer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.config import Day, Settings
from bot.errors import ConfigError


def clock_of(day: Day) -> Callable[[], datetime]:
    """The present moment in BOT_TIMEZONE, with the date of BOT_TODAY when that is set; the time of day goes on."""
    zone, today = ZoneInfo(day.bot_timezone), day.bot_today

    def now() -> datetime:
        moment = datetime.now(zone)
        return moment if today is None else datetime.combine(today, moment.time(), zone)

    return now


def refuse_made_up_day(settings: Settings) -> None:
    """Real records are read on the real day: BOT_TODAY is for a payer on this machine.

    Raises:
        ConfigError: BOT_TODAY is set, and the payer is somewhere else.
    """
    if settings.made_up_day:
        raise ConfigError(settings.made_up_day)
