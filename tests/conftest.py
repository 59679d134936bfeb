"""What the tests of several rooms share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.stage import Stage, staged


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A payer and its bots for all the tests of a module, which run in the module's event loop."""
    async with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made
