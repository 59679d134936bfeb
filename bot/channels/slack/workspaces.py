"""Which workspace a delivery comes from: the one of the configured token, or any that installed the bot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from cachetools import TTLCache
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.base import Unreachable
from bot.channels.slack.codes import SHUT, code_of
from bot.channels.slack.installations import Installations
from bot.channels.slack.key_values import KeyValueTable
from bot.channels.slack.workspace import Installed, Workspace

log = structlog.get_logger("slack")

_MOST, _FRESH_SECONDS = 1_000, 600
_ROTATE_BEFORE_SECONDS = 2 * 60 * 60
_LEASE_SECONDS = 60

ClientOf = Callable[[str], AsyncWebClient]


class Workspaces(Protocol):
    """The workspaces that the bot serves."""

    async def of(self, enterprise: str, team: str) -> Workspace | None:
        """The workspace of a delivery; None when the bot is not installed there, or its token is no longer taken.

        Raises:
            Unreachable: Slack does not say now where the token belongs.
        """
        ...

    async def gone(self, enterprise: str, team: str) -> None:
        """The bot was removed from a workspace, or its token was revoked."""
        ...


class OneWorkspace:
    """The workspace of SLACK_BOT_TOKEN."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._workspace: Workspace | None = None
        self._asking: asyncio.Task[Workspace | None] | None = None

    async def of(self, enterprise: str, team: str) -> Workspace | None:
        """Slack is asked once where the token belongs, also when who waits for that gives up meanwhile."""
        if self._workspace is None:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            self._workspace = await asyncio.shield(self._asking)
        if self._workspace is None:
            return None
        here = self._workspace.installed
        ours = team == here.team or (here.enterprise and here.enterprise == enterprise)
        return self._workspace if ours else None

    async def _ask(self) -> Workspace | None:
        try:
            found = await self._client.auth_test()
        except SlackApiError as error:
            code = code_of(error)
            log.error("token refused", reason=code)  # noqa: TRY400 -- a trace may hold the token
            if code not in SHUT:
                raise Unreachable(code) from None
            return None
        return Workspace(
            self._client,
            Installed(
                enterprise=found.get("enterprise_id") or "",
                team=found.get("team_id") or "",
                name=found.get("team") or "",
                bot_user=found.get("user_id") or "",
                bot_id=found.get("bot_id") or "",
            ),
        )

    async def gone(self, enterprise: str, team: str) -> None:  # noqa: ARG002 -- there is only one
        """The token is asked about anew."""
        self._workspace = None


class ManyWorkspaces:
    """Every workspace and organization that installed the bot. Tokens that rotate are renewed by one writer."""

    def __init__(
        self,
        installations: Installations,
        table: KeyValueTable,
        client: ClientOf,
        rotator: AsyncTokenRotator,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._installations, self._table, self._client, self._rotator = installations, table, client, rotator
        self._clock = clock
        self._known: TTLCache[tuple[str, str], tuple[Bot, Workspace]] = TTLCache(_MOST, _FRESH_SECONDS)

    async def of(self, enterprise: str, team: str) -> Workspace | None:
        """The workspace's own installation, else its organization's."""
        key = enterprise, team
        known = self._known.get(key)
        bot = known[0] if known else await self._installations.find(enterprise, team)
        if bot is None:
            return None
        fresh = await self._rotated(bot)
        if known is None or fresh.bot_token != known[0].bot_token:
            known = fresh, self._workspace(fresh)
            self._known[key] = known
        return known[1]

    async def gone(self, enterprise: str, team: str) -> None:
        """Delete the installation."""
        self._known.clear()
        await self._installations.remove(enterprise, team)

    def _workspace(self, bot: Bot) -> Workspace:
        installed = Installed(
            enterprise=bot.enterprise_id or "",
            team="" if bot.is_enterprise_install else bot.team_id or "",
            name=(bot.enterprise_name if bot.is_enterprise_install else bot.team_name) or "",
            bot_user=bot.bot_user_id,
            bot_id=bot.bot_id,
        )
        return Workspace(self._client(bot.bot_token), installed)

    async def _rotated(self, bot: Bot) -> Bot:
        """The current token. A refresh token works once, so only the process with the lease uses it.

        The others go on with the old token, which lives two more hours.
        """
        ends = bot.bot_token_expires_at
        if ends is None or ends - self._clock() > _ROTATE_BEFORE_SECONDS:
            return bot
        stored = await self._installations.find(bot.enterprise_id or "", bot.team_id or "")
        if stored is None or stored.bot_token != bot.bot_token:
            return stored or bot
        lease = f"slack:rotation:{bot.enterprise_id or ''}/{bot.team_id or ''}"
        if not await self._table.first(lease, seconds=_LEASE_SECONDS):
            return bot
        try:
            new = await self._rotator.perform_bot_token_rotation(
                bot=bot, minutes_before_expiration=_ROTATE_BEFORE_SECONDS // 60
            )
        except SlackTokenRotationError as error:
            log.error("token not rotated", reason=code_of(error.api_error))  # noqa: TRY400 -- tokens
            return bot
        if new is not None:
            await self._installations.async_save_bot(new)
        await self._table.release(lease)
        return new or bot
