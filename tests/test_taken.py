"""No condition of a question about claims is dropped unsaid, whatever it is put together with."""

from itertools import product

import pytest

from bot.replies.plain import plain
from tests.stage import Stage, Talk

pytestmark = pytest.mark.asyncio(loop_scope="module")
ASKED = (
    "list my claims from last year",
    "which doctors did I see last year",
    "when were my visits last year",
    "what prescriptions did I fill last year",
    "how many claims did I have last year",
)
CONDITIONS = (
    "more than once",
    "three or more times",
    "for the first time",
    "on the same day",
    "on a weekend",
    "except Fitzgerald and Blue Heron",
    "for more than $100",
    "in March or April only",
    "that were denied",
    "without the Ozempic",
    "under $10 or over $900",
    "after I met my deductible",
    "not in the spring",
    "within two weeks of my birthday",
    "more than 15 days after I was seen",
    "apart from what my neighbor has",
)


async def _said(talk: Talk, text: str) -> str:
    await talk.say("start over")
    return "\n".join(plain(reply.blocks) for reply in await talk.say(text))


async def test_a_condition_changes_the_answer_or_is_told(stage: Stage) -> None:
    """An answer that is the same with the condition as without it has dropped it."""
    talk = stage.somebody()
    await talk.connect("dana")
    bare = {text: await _said(talk, text) for text in ASKED}
    asked = {f"{text} {condition}": bare[text] for text, condition in product(ASKED, CONDITIONS)}
    assert [text for text, without in asked.items() if await _said(talk, text) == without] == []
