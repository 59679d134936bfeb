"""The first line of an answer is the answer to the question as it was put: an amount, a yes, a date, a name, why."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.replies.plain import plain
from tests.shipped import shipped_pack
from tests.stage import Stage, Talk

NOBODY = "-"


class Asked(NamedTuple):
    """A question in one of its forms: who asks, what it reaches, its form, its words, and its first line."""

    member: str
    intent: str
    form: str
    words: str
    first: str


TABLE = Path(__file__).with_suffix("").with_name("first_lines.tsv")
QUESTIONS = [Asked(*line.split("\t")) for line in TABLE.read_text(encoding="utf-8").splitlines()]
MEMBERS = sorted({one.member for one in QUESTIONS})
# The stories of these tell their first lines: they keep what is told, draw a code, or need a table or an address.
ELSEWHERE = frozenset({
    "appeal.call", "appeal.sent", "appeal.result", "endpoint.lookup", "coverage.desk",
})  # fmt: skip
FORMS = {"amount", "yes/no", "date", "name", "list", "why", "how", "which", "who"}
SPANISH = {"cuánto", "cuál", "quién", "cuándo", "sí/no"}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("member", MEMBERS)
async def test_the_first_line_is_the_answer(member: str, stage: Stage) -> None:
    """Of each question of the table that this member asks, in a conversation of its own."""
    talk = stage.somebody()
    if member != NOBODY:
        await talk.connect(member)
    asked = [one for one in QUESTIONS if one.member == member]
    wrong = [f"{one.words}: {told}" for one in asked if (told := await _fault(talk, one))]
    await talk.leave()
    assert wrong == []


async def _fault(talk: Talk, one: Asked) -> str:
    """What stands in line one, and for which intent, where it is not the answer."""
    await talk.say("start over")
    reply = (await talk.say(one.words))[-1]
    first, *_ = plain(reply.blocks, addresses=False).split("\n")
    return "" if reply.intent == one.intent and re.search(one.first, first) else f"[{reply.intent}] {first}"


def test_the_table_has_each_form_and_most_intents() -> None:
    """All nine forms, those that Spanish has words of its own for, and every intent that is looked up but a few."""
    assert {one.form for one in QUESTIONS} >= FORMS | SPANISH
    looked_up = {rules.intent for rules in shipped_pack().answered}
    assert looked_up - {one.intent for one in QUESTIONS} <= ELSEWHERE
