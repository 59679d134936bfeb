"""Settings that point at the embedded payer. Only what rehearses imports this: a real payer needs no made-up one."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.config import Settings
from bot.sandbox.app import Sandbox
from bot.sandbox.server import serve_sandbox
from bot.sandbox.synthetic import build
from bot.sandbox.synthetic.tables import BENEFITS
from bot.sandbox.world import World


@asynccontextmanager
async def sandbox_settings(settings: Settings, world: World | None = None) -> AsyncIterator[tuple[Settings, Sandbox]]:
    """The settings with the embedded payer in place of the real one; what the person set besides it stays.

    The store goes to a folder that is removed at the end, unless one was set: a rehearsal leaves nothing behind.
    `world` is what the payer knows; made up for the settings' day when not given, with its table of benefits.
    """
    async with contextlib.AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(serve_sandbox(world or build(today=settings.bot_today)))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        changes: dict[str, object] = {
            "payer_fhir_url": sandbox.fhir_url,
            "payer_directory_url": sandbox.fhir_url,
            "payer_authorize_url": sandbox.authorize_url,
            "payer_token_url": sandbox.token_url,
            "payer_issuer": sandbox.issuer,
            "payer_client_id": sandbox.client_id,
            "payer_client_secret": sandbox.client_secret,
        }
        if world is None and "bot_benefits" not in settings.model_fields_set:
            changes["bot_benefits"] = BENEFITS
        if "bot_store_url" not in settings.model_fields_set:
            changes["bot_store_url"] = f"sqlite:///{Path(folder) / 'bot.db'}"
        yield Settings(**{**settings.model_dump(exclude_unset=True), **changes}), sandbox
