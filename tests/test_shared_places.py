"""What others read is the same whoever asks: nobody learns there who has connected an account, or is about to."""

import pytest

from bot.message import Private, Reply, Shareable
from bot.ops.entrance import Limits
from bot.replies.plain import plain
from tests.connecting import signed_in
from tests.shipped import shipped_pack
from tests.stage import Stage, Talk, buttons

pytestmark = pytest.mark.asyncio(loop_scope="module")
PACK = shipped_pack()
EXAMPLES = tuple(rules.examples["en"][0] for name, rules in sorted(PACK.intents.items()) if rules.examples.get("en"))
ASKED = (
    "find a cardiologist",
    "find a cardiologist near me",
    "within 25 miles",
    "busco un dermatólogo cerca de mí",
    "nearest pharmacy",
    "what did I owe for my last visit",
    "and the one before that",
    *("what did I owe for my last visit", "and in 2024?") * 4,  # more links than one person gets in ten minutes
    *("show my claims over $100 from last year", "what do those come to", "did any of those cost me anything"),
    *(
        "which month did I spend the most and what was it for",
        "what were they for",
        "when were they",
        "are they all paid",
    ),
    "is Dr. Okafor in my network",
    "K7PM-4RTX",
    "k7pm 4rtx",
    *("switch to Sofia", "switch to Sofía Delgado", "show Mateo's claims", "Mateo's deductible", "and Sofia?"),
    *("my son's claims", "my daughter's deductible", "what is his deductible", "whose record is this"),
    *EXAMPLES,
)


def seen(replies: list[Reply]) -> tuple[list[str], bool]:
    """What everybody in the place reads, with the buttons, and whether a pointer to a private chat stands there."""
    open_ones = [reply for reply in replies if isinstance(reply, Shareable) and not reply.to_asker]
    words = [f"{plain(reply.blocks, addresses=False)} {[one.label for one in buttons(reply)]}" for reply in open_ones]
    return words, any(isinstance(reply, Private) for reply in replies)


@pytest.mark.attack("a shared place that tells who is connected")
async def test_what_others_read_does_not_depend_on_the_asker(stage: Stage) -> None:
    """Every kind of question in a channel, by a stranger, a member, one who acts for others, and one about to be.

    All read the same words and the same pointer.
    """
    stage.bots["dm"].turn._limits = Limits(person=10_000, team=10_000)
    nobody, member, mother, half = (stage.somebody() for _ in range(4))
    await _code_of(half)  # signed in at the payer, and the code not typed
    await member.connect("dana")
    await mother.connect("carmen")
    differ = []
    for text in ASKED:
        told = [seen(await one.say(text, place="channel")) for one in (nobody, member, mother, half)]
        if told.count(told[0]) != len(told):
            differ.append((text, told))
    assert [text for text, _ in differ] == [], differ[:1]


async def _code_of(talk: Talk) -> str:
    """The code of a sign-in that is finished in the browser."""
    await talk.say("link")
    assert talk.link
    return await signed_in(talk.link, "walter")


def _text(replies: list[Reply]) -> str:
    return "\n".join(plain(reply.blocks, addresses=False) for reply in replies)


@pytest.mark.threat("T21")
@pytest.mark.attack("a guest who was a member finishes a link")
async def test_guests_finish_no_sign_in(stage: Stage) -> None:
    """A member when the link was made, a guest when the code is typed: nothing is connected, and the code is over."""
    talk = stage.somebody()
    code = await _code_of(talk)
    talk.guest = True
    assert "doctors, places and networks only" in _text(await talk.say(code))
    talk.guest = False
    assert await talk.bot.accounts.link(talk.person) is None
    assert not await talk.bot.accounts.awaits_code(talk.person)
    assert "No BlueCross account" in _text(await talk.say("am I linked"))


async def test_a_code_is_typed_in_the_private_chat_only(stage: Stage) -> None:
    """In a channel it connects nothing, and where to type it is said in the private chat."""
    talk = stage.somebody()
    code = await _code_of(talk)
    [reply] = await talk.say(code, place="channel")
    assert isinstance(reply, Private)
    assert "belongs in this chat only" in _text([reply])
    assert "is connected" in _text(await talk.say(code))


@pytest.mark.attack("status names a member where answers are off")
@pytest.mark.parametrize("why", ["guest", "off"])
async def test_status_names_nobody_where_no_member_answers_are_given(stage: Stage, why: str) -> None:
    """A guest, and a desk that was switched to the directory only, read that something is connected, not whose."""
    talk = stage.somebody()
    await talk.connect("dana")
    talk.guest = why == "guest"
    talk.bot.turn._member_answers = "off" if why == "off" else "dm"
    try:
        told = [_text(await talk.say(text)) for text in ("am I linked", "K7PM-4RTX", "unlink")]
    finally:
        talk.bot.turn._member_answers = "dm"
    assert "is connected to this chat, but I read nothing" in told[0]
    assert "Dana" not in "".join(told)
    assert "is disconnected" in told[2]
