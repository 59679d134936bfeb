"""The engine over the shipped pack, loaded once."""

from datetime import date
from pathlib import Path

import pytest

from bot.language.engine import Engine
from tests.shipped import shipped_pack

INTENTS = Path(__file__).parents[2] / "intents"


@pytest.fixture(scope="session")
def intents_folder() -> Path:
    """The shipped pack's rules and words."""
    return INTENTS


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The shipped pack's engine."""
    return shipped_pack().engine


@pytest.fixture(scope="session")
def today() -> date:
    """A fixed day, a Sunday."""
    return date(2024, 11, 24)
