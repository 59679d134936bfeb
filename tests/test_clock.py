"""What time it is: the clock in BOT_TIMEZONE, or a made-up day with the clock's time, clock changes included."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.config import Day, Settings

pytestmark = pytest.mark.calendar
CHANGES = [date(2027, 3, 14), date(2026, 11, 1)]


@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Tokyo", "Pacific/Honolulu"])
@pytest.mark.parametrize("day", [*CHANGES, date(2026, 12, 31), date(2028, 2, 29)])
def test_a_made_up_day_lasts(day: date, zone: str) -> None:
    """The date is the one that was set, in every zone and at every hour; its noon is a real moment."""
    moment = Day(_env_file=None, bot_today=day, bot_timezone=zone).now()  # type: ignore[call-arg]
    assert moment.date() == day
    assert moment.astimezone(UTC).astimezone(moment.tzinfo) - moment in {timedelta(0), timedelta(hours=1)}
    assert (moment - timedelta(days=1)).date() == day - timedelta(days=1)


def test_without_one_it_is_the_clock() -> None:
    """In the zone that was set, whatever the machine's own is."""
    day = Day(_env_file=None, bot_timezone="Pacific/Kiritimati")  # type: ignore[call-arg]
    before, moment, after = datetime.now(UTC), day.now(), datetime.now(UTC)
    assert before <= moment <= after
    assert moment.utcoffset() == timedelta(hours=14)


@pytest.mark.parametrize(
    ("addresses", "refused"),
    [
        ({}, True),
        ({"payer_fhir_url": "http://127.0.0.1:9000/fhir/r4"}, False),
        ({"payer_fhir_url": "http://localhost:9000", "payer_directory_url": "https://directory.example/fhir"}, True),
    ],
)
def test_real_records_have_real_days(addresses: dict[str, str], *, refused: bool) -> None:
    """A made-up day is taken only where member and directory data are both of this machine."""
    settings = Settings(_env_file=None, bot_today=date(2026, 5, 20), **addresses)  # type: ignore[call-arg, arg-type]
    assert bool(settings.made_up_day) == refused
    assert not Settings(_env_file=None, **addresses).made_up_day  # type: ignore[call-arg, arg-type]
