"""Answers that only the asker sees, sent to a response URL, with buttons to share them or send them to the 1:1 chat."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp

from bot.channels.slack.client import UNDRAWN
from bot.channels.slack.workspace import DeliveryMark, Workspace
from bot.channels.slack.writer import QUIET, Means, SlackWriter
from bot.errors import Unwritable
from bot.message import Language, OneToOne, Person, Shareable, Shared
from bot.replies.blocks import BlockPage
from bot.replies.buttons import Kit, plain_text

_HOOKS = "hooks."  # Slack's host for them is that of its Web API with this in front
_LONGEST_REFUSAL = 500


class ResponseUrls:
    """Posts to response URLs. A URL is accepted only if it belongs to the Web API at `api_url`.

    Slack signs the request with the URL; the check limits the harm that somebody with a stolen signing secret can do.
    """

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session, self._api = session, urlsplit(api_url)

    async def post(self, url: str, body: dict[str, Any]) -> bool:
        """Post to a response URL. Return whether Slack accepted the post; False if it rejected the blocks.

        Raises:
            Unwritable: the URL is not Slack's; nothing was posted.
            aiohttp.ClientError: Slack rejected the post otherwise: the URL has expired, or Slack is unavailable.
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
    """Return the scheme, host and port of a URL.

    Raises:
        ValueError: the URL has a user name or password, as Slack's URLs never have, or its port is invalid.
    """
    if "@" in parts.netloc:
        raise ValueError("credentials")
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


SHARE, SEND = "desk-share", "desk-send"
_MOST_RESPONSES = 5


class EphemeralWriter(SlackWriter):
    """The writer for a slash command or an ephemeral button.

    In shared conversations only the asker sees its replies.
    """

    def __init__(self, means: Means, workspace: Workspace, response_url: str, mark: DeliveryMark) -> None:
        super().__init__(means, workspace, mark)
        self._url, self._left, self._replaces = response_url, _MOST_RESPONSES, False

    async def share(self, place: Shared, reply: Shareable, person: Person) -> None:
        """Post a reply to the response URL, so that only the asker sees it. Slack allows five posts to one URL.

        An answer that can be shared has buttons for that. A progress note is posted only first.
        """
        if reply.passing and self._left < _MOST_RESPONSES:
            return
        shown = self._notices.pages(reply)
        key = await self._means.aside.keep(reply, person, place)
        row = self._row(key, reply.language) if key else ()
        for page in shown:
            last = page is shown[-1]
            await self.respond(page.ending(row) if last else page)
        self._replaces = reply.passing

    def _row(self, key: str, language: Language) -> tuple[Kit, ...]:
        """Return the buttons that share an answer or send it to the 1:1 chat; `key` is the key of the stored answer."""
        labels = self._notices.labels("desk", language)
        asks = ((at, plain_text(labels[at])) for at in (SHARE, SEND))
        buttons = [{"type": "button", "text": text, "action_id": at, "value": key} for at, text in asks]
        return ({"type": "actions", "elements": buttons},)

    async def point(self, place: Shared, person: Person, language: Language, found: OneToOne | None) -> None:
        """Show the asker a line with a link to their 1:1 chat, unless the command was typed in that chat."""
        if found is None or found.conversation != place.conversation:
            await self.respond(self._pointer(person, language, found))

    async def respond(self, page: BlockPage, *, to_all: bool = False) -> None:
        """Post once to the response URL: to everybody in the conversation with `to_all`, else to the asker.

        After five posts, nothing is posted.

        Raises:
            Unwritable: the URL is not Slack's.
            aiohttp.ClientError: Slack rejected the post: the URL has expired, or Slack is unavailable.
        """
        if not self._left:
            return
        self._left -= 1
        replaces, self._replaces = self._replaces, False
        kind = "in_channel" if to_all else "ephemeral"
        body = {"response_type": kind, "replace_original": replaces, "text": page.text, **QUIET}
        for blocks in page.ways():
            if await self._means.urls.post(self._url, body | {"blocks": list(blocks)}):
                return
