"""The stores under test: the same suite runs on each of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.stores.base import Store
from bot.stores.postgres import open_postgres
from bot.stores.sqlite import open_sqlite
from tests.days import Clock


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock(1_000_000.0)


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    opened: Store
    if request.param == "sqlite":
        opened = open_sqlite(tmp_path / "bot.db", clock=clock)
    else:
        opened = await open_postgres(request.getfixturevalue("postgres_url"), clock=clock)
    yield opened
    await opened.close()
