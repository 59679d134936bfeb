"""Posts to response URLs: Slack gives one with a command or a press, and only Slack's own hosts are written to."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp

from bot.channels.slack.codes import UNDRAWN
from bot.errors import Unwritable

_HOOKS = "hooks."  # Slack's host for them is that of its Web API with this in front
_LONGEST_REFUSAL = 500


class ResponseUrls:
    """The response URLs that belong to the Web API at `api_url`.

    What a payload names is signed by whoever has the signing secret; it is still no address that the bot calls blindly.
    """

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session, self._api = session, urlsplit(api_url)

    async def took(self, url: str, body: dict[str, Any]) -> bool:
        """Whether Slack took a post; false when it refused its blocks.

        Raises:
            Unwritable: the URL is not Slack's; nothing was called.
            aiohttp.ClientError: Slack did not take it: the URL is over, or Slack is.
        """
        if not self._is_slacks(url):
            raise Unwritable("foreign_response_url")
        async with self._session.post(url, json=body, allow_redirects=False) as answer:
            if body["blocks"] and answer.status >= HTTPStatus.BAD_REQUEST:
                said = (await answer.content.read(_LONGEST_REFUSAL)).decode(errors="replace")
                if any(code in said for code in UNDRAWN):
                    return False
            answer.raise_for_status()
        return True

    def _is_slacks(self, url: str) -> bool:
        try:
            asked, own = _origin(urlsplit(url)), _origin(self._api)
        except ValueError:
            return False
        return asked in {own, (own[0], f"{_HOOKS}{own[1]}", own[2])}


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    """Scheme, host and port; credentials before the host are part of no address of Slack's."""
    if "@" in parts.netloc:
        raise ValueError("credentials")
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
