"""The search in Teams' message box: providers as cards that a person inserts into a conversation.

The results contain directory data only. An answer with a member's own data is `Private`, and never becomes a result.
"""

import asyncio
from typing import Any

from bot.channels.base import Answers, Body
from bot.channels.teams.incoming import language_of, sequence, tenant_of, word
from bot.channels.teams.people import Notices
from bot.message import Actions, Block, Item, Message, Note, Person, Shareable, Shared, Span
from bot.replies.cards import TYPE, pages
from bot.replies.markdown import cut

_FIRST = "initialRun"  # what Teams names the parameter with when the search is opened
_SECONDS = 4.0  # Teams waits for five
_MOST_RESULTS, _MOST_BYTES = 10, 24 * 1024
_TITLE, _SUBTITLE, _LONGEST = 90, 120, 200
_BETWEEN = " · "

SearchResult = dict[str, Any]


async def find(body: Body, answers: Answers, notices: Notices, *, seconds: float = _SECONDS) -> SearchResult:
    """Return the providers found for the text typed so far.

    Without text, return a hint; without results within `seconds`, return a notice that the search failed.
    """
    words, language = _typed(body), language_of(body)
    if not words:
        return _message(notices.text("search_hint", language))
    found: list[SearchResult] = []
    try:
        async with asyncio.timeout(seconds):
            # Nothing is kept between searches; Teams searches at each keystroke, so it is `passing`.
            person = Person("teams", "", tenant_of(body), word(body, "from", "aadObjectId") or word(body, "from", "id"))
            place = Shared("search", word(body, "id"))
            asked = Message(word(body, "id"), person, place, words, directory_only=True, origin="unsent", passing=True)
            async for reply in answers.answer(asked):
                if isinstance(reply, Shareable) and reply.error is None:
                    notes = (Note((Span(words),)), *(block for block in reply.blocks if isinstance(block, Note)))
                    items = [block for block in reply.blocks if isinstance(block, Item)][:_MOST_RESULTS]
                    found = [_result(reply, item, notes) for item in items] or found
    except TimeoutError:
        pass
    if not found:
        return _message(notices.text("search_failed", language))
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": found}}


def _typed(body: Body) -> str:
    value = body.get("value")
    parameters = sequence(value, "parameters") if isinstance(value, dict) else []
    return next((word(one, "value").strip()[:_LONGEST] for one in parameters if word(one, "name") != _FIRST), "")


def _result(reply: Shareable, item: Item, notes: tuple[Note, ...]) -> SearchResult:
    """Return one search result: its line in the list of results, and the card to insert into the conversation.

    The card contains the text searched for, because distances depend on it. It has no buttons except links, because
    only the asker may press the bot's other buttons.
    """
    opens = tuple(action for action in item.actions if action.url)
    links = (Actions(opens),) if opens else ()
    blocks: tuple[Block, ...] = (*item.lines, *links, *notes)
    whole = Shareable(intent=reply.intent, language=reply.language, blocks=blocks)
    title, *rest = (line.text for line in item.lines)
    preview = {"title": _unmarked(cut(title, _TITLE)), "text": _unmarked(cut(_BETWEEN.join(rest), _SUBTITLE))}
    return {
        "contentType": TYPE,
        "content": pages(whole, _MOST_BYTES)[0].card,
        "preview": {"contentType": "application/vnd.microsoft.card.thumbnail", "content": preview},
    }


def _unmarked(text: str) -> str:
    """Return text without `<` and `>`, because a thumbnail card interprets some HTML (T45)."""
    return text.replace("<", "\u2039").replace(">", "\u203a")


def _message(text: str) -> SearchResult:
    return {"composeExtension": {"type": "message", "text": text}}
