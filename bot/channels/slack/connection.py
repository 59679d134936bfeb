"""The wire to Slack: one HTTP session, a client a token, and where the bot is installed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from bot.channels.base import Pause
from bot.channels.slack.client import Client
from bot.channels.slack.install import Install
from bot.channels.slack.installations import Installations, ManyWorkspaces, States, Workspaces
from bot.channels.slack.key_values import KeyValueTable
from bot.channels.slack.sharing import ResponseUrls
from bot.channels.slack.socket_mode import Socket, Take
from bot.channels.slack.workspace import OneWorkspace
from bot.channels.slack.writer import Notices

_CALL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """The operator's credentials for Slack: a token for one workspace, or a client for many. No repr of secrets.

    `tools`: the manifest names the tools for assistants.
    """

    api_url: str = "https://slack.com/api/"
    public_url: str = ""
    bot_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    tools: bool = False

    @property
    def many(self) -> bool:
        """True when workspaces install the bot by OAuth."""
        return bool(self.client_id and self.client_secret and not self.bot_token)

    @property
    def authorization_url(self) -> str:
        """Where Slack asks the installer."""
        return self.api_url.removesuffix("api/") + "oauth/v2/authorize"


class Connection:
    """Everything that is open towards Slack. Made inside the event loop; close it at the end."""

    def __init__(self, credentials: Credentials, pause: Pause = asyncio.sleep) -> None:
        self._credentials, self._pause = credentials, pause
        self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS), cookie_jar=aiohttp.DummyCookieJar()
        )
        self.urls = ResponseUrls(self.session, credentials.api_url)

    def client(self, token: str | None) -> Client:
        """A client of a token. What Slack surely did not take is sent again: at a rate limit, when it says so."""
        return Client(
            token,
            self._credentials.api_url,
            session=self.session,
            logger=silent(),
            retry_handlers=[
                AsyncConnectionErrorRetryHandler(error_types=[aiohttp.ClientConnectorError]),
                AsyncRateLimitErrorRetryHandler(max_retry_count=3),
            ],
            pause=self._pause,
        )

    def workspaces(self, table: KeyValueTable) -> Workspaces:
        """The workspaces that these credentials serve."""
        given = self._credentials
        if not given.many:
            return OneWorkspace(self.client(given.bot_token))
        rotator = AsyncTokenRotator(
            client_id=given.client_id, client_secret=given.client_secret, client=self.client(None)
        )
        return ManyWorkspaces(Installations(table), table, self.client, rotator)

    def install(self, table: KeyValueTable, notices: Notices) -> Install | None:
        """The pages of an install by OAuth; None for one workspace."""
        given = self._credentials
        if not given.many:
            return None
        return Install(
            self.client(None),
            Installations(table),
            States(table),
            notices,
            client_id=given.client_id,
            client_secret=given.client_secret,
            public_url=given.public_url,
            authorization_url=given.authorization_url,
            tools=given.tools,
            logger=silent(),
        )

    def socket(self, take: Take) -> Socket | None:
        """Socket Mode, where an app-level token was given."""
        token = self._credentials.app_token
        return Socket(token, self.client(token), take, silent()) if token else None

    async def close(self) -> None:
        """Close the session."""
        await self.session.close()


def silent() -> logging.Logger:
    """A logger that says nothing: bolt and slack_sdk log whole bodies; what matters of them is logged by us."""
    logger = logging.getLogger("bot.channels.slack.libraries")
    logger.setLevel(logging.CRITICAL)
    return logger
