"""`/dev/chat`: a conversation with the bot in a browser, which shows each reply as every channel would send it.

The page is for the local machine only: requests from other addresses, or for other host names (DNS rebinding), get 404.
It uses the channels' own payloads, so a card can be checked without a Slack workspace or a Teams tenant.
"""

import html
import re
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.accounts.codes import Cookies, FormTokens, digest, fields_of, form_token
from bot.accounts.render import PRIVATE, Renderer
from bot.channels.slack.writer import Notices
from bot.config import LOOPBACK, Settings
from bot.message import Message, OneToOne, Person, Private, Reply
from bot.ops.entrance import is_of_here
from bot.replies import cards
from bot.replies.plain import drawn
from bot.replies.render import Words

PATH = "/dev/chat"
_VIEWS = ("slack", "teams", "console")
_LIVES = 8 * 3_600  # seconds: a working day
_TURNS, _PEOPLE = 40, 20
_RUN = re.compile(r"(\*?)(?:<([^<>|]+)\|([^<>]+)>|([^*<>]+))\1")

AnswerMessage = Callable[[Message], AsyncIterator[Reply]]


class ChatExchange(msgspec.Struct, frozen=True):
    """A message or a pressed button, and the replies to it, each as every channel would send it."""

    said: str
    replies: list[dict[str, object]] = msgspec.field(default_factory=list)


class DevChat:
    """The developers' chat. Conversations are in memory. A cookie identifies the person.

    Only the most recent conversations and messages are kept.
    """

    def __init__(self, answer: AnswerMessage, words: Words, settings: Settings) -> None:
        self._answer, self._slack = answer, Notices(words)
        self._forms = FormTokens(Cookies(settings.bot_public_url, _LIVES), "devchat")
        self._renderer = Renderer(Path(__file__).with_name("pages"), settings)
        self._said: dict[str, list[ChatExchange]] = {}

    def routes(self) -> list[Route]:
        """Return the routes: GET shows the conversation, POST sends a message or presses a button."""
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.say, methods=["POST"])]

    async def push(self, person: Person, reply: Private) -> None:
        """Add an unsolicited reply, such as after a cancelled sign-in, to the person's conversation."""
        self._turns(person.user).append(ChatExchange("", [self._shapes(reply)]))

    async def show(self, request: Request) -> Response:
        """Return the page with the conversation, newest last. With `?only=slack` it shows only that channel."""
        if not _is_here(request):
            return _nothing()
        secret, only = self._forms.secret(request), _only(request)
        page = self._renderer.page(
            "chat",
            "en",
            form_action="'self'",
            token=form_token(secret, PATH),
            turns=self._said.get(digest(secret), []),
            views=[only] if only else _VIEWS,
            only=only,
            mrkdwn=mrkdwn,
        )
        self._forms.keep(page, secret)
        return page

    async def say(self, request: Request) -> Response:
        """Answer a submitted message or button, and redirect to the page. Forms of other pages are ignored."""
        if not _is_here(request):
            return _nothing()
        fields, secret = await fields_of(request), self._forms.secret(request)
        text, press = fields.get("text", "").strip(), fields.get("press")
        if (text or press) and self._forms.is_ours(request, fields, PATH):
            user = digest(secret)
            turn = ChatExchange(text or f"[{fields.get('label', 'button')}]")
            self._turns(user).append(turn)
            person = Person("console", "", "", user, name="dev", home=PATH)
            message = Message("devchat", person, OneToOne("devchat"), text, press=press)
            turn.replies.extend([self._shapes(reply) async for reply in self._answer(message) if not reply.passing])
        back = f"{PATH}?only={only}" if (only := _only(request)) else PATH
        return RedirectResponse(f"{back}#last", HTTPStatus.SEE_OTHER, PRIVATE)

    def _turns(self, user: str) -> list[ChatExchange]:
        turns = self._said.pop(user, [])
        self._said[user] = turns
        del turns[:-_TURNS]
        for oldest in list(self._said)[:-_PEOPLE]:
            del self._said[oldest]
        return turns

    def _shapes(self, reply: Reply) -> dict[str, object]:
        """Return a reply as each channel sends it: Slack's blocks, Teams' cards, and text for a terminal."""
        return {
            "language": reply.language,
            "slack": [page.blocks for page in self._slack.pages(reply)],
            "teams": [page.card for page in cards.pages(reply)],
            "console": drawn(reply.blocks),
        }


def mrkdwn(text: str) -> list[list[dict[str, str]]]:
    """Return each line of Slack mrkdwn as a list of runs with their `text`, `bold` and `url`."""
    return [[_run(*found.groups("")) for found in _RUN.finditer(line)] for line in text.split("\n")]


def _run(bold: str, url: str, shown: str, words: str) -> dict[str, str]:
    return {"text": html.unescape(shown or words), "bold": bold, "url": html.unescape(url)}


def _only(request: Request) -> str:
    only = request.query_params.get("only", "")
    return only if only in _VIEWS else ""


def _is_here(request: Request) -> bool:
    """Return whether the request is from this machine, and for one of its local names."""
    return is_of_here(request) and request.url.hostname in LOOPBACK


def _nothing() -> Response:
    return Response(status_code=HTTPStatus.NOT_FOUND, headers=PRIVATE)
