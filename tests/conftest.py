"""What the tests of several rooms share."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.doubles.postgres import Postgres, postgres
from tests.stage import Stage, staged
from tests.watch import watching

_OFFENCES: list[str] = []


@pytest.fixture(scope="session", autouse=True)
def _watched() -> Iterator[None]:
    """What every payer of the suite is asked is looked at."""
    with watching(_OFFENCES):
        yield


@pytest.fixture(autouse=True)
def _no_directory_hears_of_a_member(request: pytest.FixtureRequest) -> Iterator[None]:
    """No token, cookie, member's id or name goes to a directory (T24, fhir.md 9), whatever a test asks the bot."""
    yield
    told, _OFFENCES[:] = list(_OFFENCES), []
    assert not told or "tests/sandbox/" in request.node.nodeid, told


pytest_plugins = ["tests.table"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A payer and its bots for all the tests of a module, which run in the module's event loop."""
    async with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL for all tests of a process; its folder's name is short because its socket lies there."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder, postgres(Path(folder)) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    """An empty database."""
    return postgres_server.emptied()
