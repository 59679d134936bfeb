"""Settings for the embedded payer; imported only by commands that use it."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.config import Settings
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.synthetic import build
from bot.sandbox.synthetic.tables import BENEFITS
from bot.sandbox.world import World


@asynccontextmanager
async def sandbox_settings(settings: Settings, world: World | None = None) -> AsyncIterator[tuple[Settings, Sandbox]]:
    """Yield the settings with the embedded payer in place of the real one; other settings are kept.

    The store is a temporary folder unless one was set. `world` is the payer's data; by default it is generated for the
    day of the settings, with its benefit table.
    """
    async with contextlib.AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(serve_sandbox(world or build(today=settings.bot_today)))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        changes: dict[str, object] = {**sandbox.settings, "payer_directory_url": sandbox.fhir_url}
        if world is None and "bot_benefits" not in settings.model_fields_set:
            changes["bot_benefits"] = BENEFITS
        if "bot_store_url" not in settings.model_fields_set:
            changes["bot_store_url"] = f"sqlite:///{Path(folder) / 'bot.db'}"
        yield Settings(**{**settings.model_dump(exclude_unset=True), **changes}), sandbox
