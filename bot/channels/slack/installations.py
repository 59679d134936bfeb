"""Where the bot is installed: tokens sealed in the store, and the states of installs under way, each taken once."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

import msgspec
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.channels.slack.key_values import KeyValueTable

STATE_SECONDS = 600
_KIND, _STATES = "slack_installation", "slack_state"
_FOREVER = 20 * 365 * 86_400.0  # seconds: an installation ends when Slack says so
_SILENT = logging.getLogger("bot.channels.slack.libraries")


class Installations(AsyncInstallationStore):
    """slack_sdk's installation store over our own: one sealed row a workspace, or an organization."""

    def __init__(self, table: KeyValueTable) -> None:
        self._table = table

    @property
    def logger(self) -> logging.Logger:
        """Nothing of an installation is logged."""
        return _SILENT

    async def async_save(self, installation: Installation) -> None:
        """Keep the bot's part; no user's token is ever asked for."""
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep a bot's token, replacing the one before."""
        key = _key(bot.enterprise_id, None if bot.is_enterprise_install else bot.team_id)
        await self._table.put(_KIND, key, msgspec.json.encode(_as_row(bot)), seconds=_FOREVER)

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot of a workspace, else of its organization."""
        return await self.find(enterprise_id or "", "" if is_enterprise_install else team_id or "")

    async def find(self, enterprise: str, team: str) -> Bot | None:
        """The bot of a workspace; its own installation before its organization's."""
        for key in dict.fromkeys((_key(enterprise, team), _key("", team), _key(enterprise, None))):
            row = await self._table.get(_KIND, key) if key != "/" else None
            if row is not None:
                return Bot(**msgspec.json.decode(row))
        return None

    async def remove(self, enterprise: str, team: str) -> None:
        """Delete the installation of a workspace; of the organization when no team is named."""
        for key in {_key(enterprise, team), _key("", team)} - {"/"}:
            await self._table.drop(_KIND, key)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Delete a bot's row."""
        await self.remove(enterprise_id or "", team_id or "")


class States(AsyncOAuthStateStore):
    """The states of installs under way. A state carries its own end, sealed, so that asking for one keeps nothing.

    Only a state that comes back leaves a row, its digest: of many callbacks with a state one gets it (T04).
    """

    def __init__(self, table: KeyValueTable) -> None:
        self._table = table

    @property
    def logger(self) -> logging.Logger:
        """No state is logged."""
        return _SILENT

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """A fresh state, good for ten minutes."""
        return self._table.pass_(_STATES, seconds=STATE_SECONDS)

    async def async_consume(self, state: str) -> bool:
        """Whether the state was issued here, is not over, and was not used before."""
        if not self._table.passes(_STATES, state or ""):
            return False
        return await self._table.first(f"{_STATES}:{_digest(state)}", seconds=STATE_SECONDS)


def _key(enterprise: str | None, team: str | None) -> str:
    return f"{enterprise or ''}/{team or ''}"


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _as_row(bot: Bot) -> dict[str, Any]:
    return {
        "app_id": bot.app_id,
        "enterprise_id": bot.enterprise_id,
        "enterprise_name": bot.enterprise_name,
        "team_id": bot.team_id,
        "team_name": bot.team_name,
        "bot_token": bot.bot_token,
        "bot_id": bot.bot_id,
        "bot_user_id": bot.bot_user_id,
        "bot_scopes": list(bot.bot_scopes),
        "bot_refresh_token": bot.bot_refresh_token,
        "bot_token_expires_at": bot.bot_token_expires_at,
        "is_enterprise_install": bot.is_enterprise_install,
        "installed_at": bot.installed_at,
    }
