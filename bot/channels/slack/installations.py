"""Where the bot is installed (T21): the tokens of workspaces and organizations, stored encrypted.

The state of an installation can be used once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from cachetools import TTLCache
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.client import code_of
from bot.channels.slack.workspace import Installed, OneWorkspace, Workspace
from bot.stores.sealed import SealedTable

STATE_SECONDS = 600
_KIND, _STATES = "slack_installation", "slack_state"
_FOREVER = 20 * 365 * 86_400.0  # seconds: an installation ends when Slack says so
log = structlog.get_logger("slack")
_MOST, _FRESH_SECONDS = 1_000, 600
_ROTATE_BEFORE_SECONDS = 2 * 60 * 60
_LEASE_SECONDS = 60
ClientOf = Callable[[str], AsyncWebClient]
_SILENT = logging.getLogger("bot.channels.slack.libraries")


class Installations(AsyncInstallationStore):
    """slack_sdk's installation store over our own: one encrypted row for each workspace or organization."""

    def __init__(self, table: SealedTable) -> None:
        self._table = table

    @property
    def logger(self) -> logging.Logger:
        """Return a logger without output."""
        return _SILENT

    async def async_save(self, installation: Installation) -> None:
        """Store the bot's token; user tokens are never requested."""
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """Store a bot's token, replacing the previous one."""
        # Under the workspace alone: of a person from elsewhere, Slack does not tell the organization of a workspace.
        key = _key(bot.enterprise_id, None) if bot.is_enterprise_install else _key(None, bot.team_id)
        await self._table.put(_KIND, key, msgspec.json.encode(vars(bot)), expires=time.time() + _FOREVER)
        if bot.enterprise_id and bot.team_id:
            await self._table.store.drop(_KIND, _key(bot.enterprise_id, bot.team_id))

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """Return the bot of a workspace, or else of its organization."""
        return await self.find(enterprise_id or "", "" if is_enterprise_install else team_id or "")

    async def find(self, enterprise: str, team: str) -> Bot | None:
        """Return the bot of a workspace; its own installation takes precedence over its organization's."""
        for key in dict.fromkeys((_key(enterprise, team), _key("", team), _key(enterprise, None))):
            row = await self._table.get(_KIND, key) if key != "/" else None
            if row is not None:
                return Bot(**msgspec.json.decode(row))
        return None

    async def remove(self, enterprise: str, team: str) -> None:
        """Delete the installation of a workspace; of the organization if there is no team."""
        for key in {_key(enterprise, team), _key("", team)} - {"/"}:
            await self._table.store.drop(_KIND, key)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Delete a bot's row."""
        await self.remove(enterprise_id or "", team_id or "")


class States(AsyncOAuthStateStore):
    """The OAuth states of installations. A state holds its own encrypted expiry, so issuing one stores nothing.

    A state that returns is stored as a digest, so that one of several callbacks with it succeeds (T04).
    """

    def __init__(self, table: SealedTable, clock: Callable[[], float] = time.time) -> None:
        self._table, self._clock = table, clock

    @property
    def logger(self) -> logging.Logger:
        """Return a logger without output."""
        return _SILENT

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """Return a new state, valid for ten minutes."""
        ends = str(self._clock() + STATE_SECONDS).encode()
        return base64.urlsafe_b64encode(self._table.seal.seal(ends, _STATES)).decode().rstrip("=")

    async def async_consume(self, state: str) -> bool:
        """Return whether the state was issued here, has not expired and was not used before."""
        spent = f"{_STATES}:{hashlib.sha256((state or '').encode()).hexdigest()}"
        return self.passes(state or "") and await _is_first(self._table, spent, STATE_SECONDS)

    def passes(self, state: str) -> bool:
        """Return whether the state was issued here and has not expired."""
        if "=" in state:
            return False  # what is issued has no padding: this is another text for the same bytes
        try:
            sealed = base64.b64decode(state + "=" * (-len(state) % 4), altchars=b"-_", validate=True)
            return float(self._table.seal.unseal(sealed, _STATES) or b"") > self._clock()
        except (binascii.Error, ValueError):
            return False


async def _is_first(table: SealedTable, key: str, seconds: float) -> bool:
    """Return True for the first caller with a key within `seconds`: for a state that is spent, and a lease (T39)."""
    return await table.store.add("seen", key, expires=time.time() + seconds)


def _key(enterprise: str | None, team: str | None) -> str:
    return f"{enterprise or ''}/{team or ''}"


class ManyWorkspaces:
    """All workspaces and organizations that installed the bot. Expiring tokens are renewed by one process."""

    def __init__(
        self,
        installations: Installations,
        table: SealedTable,
        client: ClientOf,
        rotator: AsyncTokenRotator,
    ) -> None:
        self._installations, self._table, self._client, self._rotator = installations, table, client, rotator
        self._known: TTLCache[tuple[str, str], tuple[Bot, Workspace]] = TTLCache(_MOST, _FRESH_SECONDS)

    async def of(self, enterprise: str, team: str) -> Workspace | None:
        """Return the workspace's own installation, or else its organization's; None if there is none."""
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
        """Return the current token. A refresh token works once, so only the process with the lease uses it.

        The others continue with the old token, which is valid for two more hours.
        """
        ends = bot.bot_token_expires_at
        if ends is None or ends - time.time() > _ROTATE_BEFORE_SECONDS:
            return bot
        stored = await self._installations.find(bot.enterprise_id or "", bot.team_id or "")
        if stored is None or stored.bot_token != bot.bot_token:
            return stored or bot
        lease = f"slack:rotation:{bot.enterprise_id or ''}/{bot.team_id or ''}"
        if not await _is_first(self._table, lease, _LEASE_SECONDS):
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
        await self._table.store.drop("seen", lease)
        return new or bot


Workspaces = OneWorkspace | ManyWorkspaces
"""The workspaces that the bot serves."""
