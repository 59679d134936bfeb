"""One built world for all of these tests; nobody changes it."""

from datetime import date

import pytest

from bot.sandbox.synthetic import build
from bot.sandbox.world import World


@pytest.fixture(scope="session")
def today() -> date:
    """The day on which the world is built: a leap day, which no earlier year needs to have."""
    return date(2028, 2, 29)


@pytest.fixture(scope="session")
def world(today: date) -> World:
    """The world of the usual seed."""
    return build(today=today)
