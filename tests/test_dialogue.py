"""What a conversation remembers, for whom, where and for how long, and what later words mean by it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.followups import resolve
from bot.conversation.state import BUTTON_SECONDS, IDLE_SECONDS, Asked, Dialogue, Memory, become, offered, said
from bot.language.reading import Reading, Slot
from bot.message import Action, Actions, Block, Item, Line, Message, OneToOne, Person, Press, Shareable, Shared, Span
from bot.stores.sealed import SealedTable, Vault
from bot.stores.sqlite import SqliteStore, open_sqlite
from tests.days import Clock

DANA = Person("slack", "E1", "T1", "U1")
MALLORY = Person("slack", "E1", "T1", "U2")
NETWORK = {"network": Slot("Blue Network S", "Blue Network S"), "radius": Slot("25 miles", 25)}


@pytest.fixture
def clock() -> Clock:
    """The time of store and dialogue alike."""
    return Clock(2_000_000_000.0)


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    """A store in a file of its own."""
    opened = open_sqlite(f"sqlite:///{tmp_path / 'bot.db'}", clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def dialogue(store: SqliteStore, clock: Clock) -> Dialogue:
    """The memory under test, sealed with a real key."""
    return Dialogue(SealedTable(store, Vault([b"k" * 32])), clock=clock)


def _message(person: Person = DANA, *, channel: str | None = None, thread: str = "") -> Message:
    place = Shared(channel, thread) if channel else OneToOne("D1", thread)
    return Message("m", person, place, "hello")


def _reading(intent: str, **slots: object) -> Reading:
    found = {name: Slot(str(value), value) for name, value in slots.items()}
    return Reading("", intent, found, "rule", 1.0, "en", 0.1, (), (), unclear=False)


def _list(numbers: tuple[int, ...] = (1, 2, 3)) -> Memory:
    entries = [
        Item(number, (Line((Span("x"),)),), (Action("", "Details", press=Press("claim.detail", {"id": f"c{number}"})),))
        for number in numbers
    ]
    blocks: tuple[Block, ...] = (*entries, Actions((Action("", "More", press=Press("claim.list", {"page": "1"})),)))
    memory = offered(blocks, lambda press: become(press, None, "en", ()))
    return Memory(Asked("claim.list"), memory.choices, memory.numbers, memory.labels)


async def test_what_was_said_is_remembered_for_ten_minutes(dialogue: Dialogue, clock: Clock) -> None:
    """A follow-up within ten idle minutes knows what it follows; after that there is nothing."""
    await dialogue.remember(_message(), Memory(Asked("claim.list", slots=NETWORK), misses=1, language="es"))
    clock.now += IDLE_SECONDS - 1
    remembered, _ = await dialogue.recall(_message())
    assert remembered.asked == Asked("claim.list", slots=NETWORK)
    assert (remembered.misses, remembered.language) == (1, "es")
    clock.now += 1
    assert (await dialogue.recall(_message()))[0] == Memory()


@pytest.mark.parametrize("other", [_message(MALLORY), _message(channel="C1"), _message(MALLORY, channel="C1")])
async def test_no_conversation_knows_another(dialogue: Dialogue, other: Message) -> None:
    """Another person's chat, and the same person's talk in a channel, start from nothing."""
    await dialogue.remember(_message(), Memory(Asked("claim.list")))
    assert (await dialogue.recall(other))[0] == Memory()


async def test_a_channel_is_one_conversation_a_thread_and_a_chat_is_one(dialogue: Dialogue) -> None:
    """Two threads of a channel do not mix; a one-to-one chat goes on whatever thread an answer hangs in."""
    await dialogue.remember(_message(channel="C1", thread="1"), Memory(Asked("provider.find")))
    assert (await dialogue.recall(_message(channel="C1", thread="2")))[0] == Memory()
    await dialogue.remember(_message(thread="1"), Memory(Asked("claim.list")))
    assert (await dialogue.recall(_message(thread="2")))[0].asked == Asked("claim.list")


async def test_a_kept_question_is_taken_once_by_its_own_person(dialogue: Dialogue) -> None:
    """The question that waits for a sign-in is answered once, and to nobody else."""
    await dialogue.keep(DANA, Asked("claim.list", slots=NETWORK))
    assert await dialogue.take_kept(MALLORY) is None
    assert await dialogue.take_kept(DANA) == Asked("claim.list", slots=NETWORK)
    assert await dialogue.take_kept(DANA) is None


async def test_a_button_works_for_a_day_for_whom_it_was_shown_to(dialogue: Dialogue, clock: Clock) -> None:
    """A button's id is opaque; another person who sends it gets nothing, and after a day it is over."""
    blocks = (
        Actions(
            (
                Action("", "Details", press=Press("claim.detail", {"id": "claim-of-may"})),
                Action("link", "Go", url="https://x.example"),
            )
        ),
    )
    reply = Shareable(intent="claim.list", language="es", blocks=blocks)
    (row,) = (await dialogue.issue(DANA, reply, lambda press: become(press, None, "es", ()))).blocks
    assert isinstance(row, Actions)
    button, link = row.buttons
    assert "claim-of-may" not in button.id
    assert (link.id, link.url) == ("link", "https://x.example")
    assert await dialogue.press(DANA, button.id) == Asked(
        "claim.detail", arguments={"id": "claim-of-may"}, language="es"
    )
    assert await dialogue.press(MALLORY, button.id) is None
    for forged in ("", "0", button.id + "1", button.id.replace(".0", ".7"), button.id.replace(".0", ".-1"), "a.b.c"):
        assert await dialogue.press(DANA, forged) is None
    clock.now += BUTTON_SECONDS
    assert await dialogue.press(DANA, button.id) is None


async def test_nothing_of_a_conversation_lies_open_in_the_store(dialogue: Dialogue, store: SqliteStore) -> None:
    """Rows hold sealed bytes: neither the intent nor the person's words can be read there."""
    await dialogue.remember(_message(), Memory(Asked("claim.list", slots=NETWORK)))
    await dialogue.keep(DANA, Asked("claim.list", slots=NETWORK))
    rows = [value for kind in ("dialogue", "kept") for _, value in await store.owned(kind, DANA.key)]
    assert len(rows) == 2
    assert not any(b"claim" in row or b"Network" in row for row in rows)


def test_what_excludes_or_names_several_is_no_plain_value() -> None:
    """An answer that reads one value cannot take "not in P" for P, nor "S and P" for S."""
    slots = {
        "radius": Slot("25 miles", 25),
        "gender": Slot("women", "female", excluded=True),
        "network": Slot("S and P", "S", values=("S", "P"), how="and"),
    }
    assert Asked("provider.find", slots=slots).values == {"radius": 25}


async def test_what_excludes_is_remembered_as_such(dialogue: Dialogue) -> None:
    """A follow-up finds the "not" and the "and" of the turn before."""
    slots = {
        "gender": Slot("women", "female", excluded=True),
        "network": Slot("S and P", "S", values=("S", "P"), how="and"),
    }
    await dialogue.remember(_message(), Memory(Asked("provider.find", slots=slots)))
    recalled = (await dialogue.recall(_message()))[0].asked
    assert recalled is not None
    assert recalled.slots == slots


def test_a_button_of_the_same_intent_keeps_the_question() -> None:
    """More and farther change one thing of the question that they stand under; miles become a number."""
    after = Asked("provider.find", slots=NETWORK)
    pressed = become(Press("provider.find", {"radius": "50", "page": "1"}), after, "en", {"network", "radius"})
    assert pressed.values == {"network": "Blue Network S", "radius": 50}
    assert pressed.arguments == {"page": "1"}


def test_a_button_can_drop_a_part_of_the_question() -> None:
    """The filter that took the last ones is left out, and nothing else."""
    after = Asked("provider.find", slots=NETWORK)
    pressed = become(Press("provider.find", {"without": "network"}), after, "en", {"network", "radius"})
    assert (pressed.values, pressed.arguments) == ({"radius": 25}, {})


def test_a_button_of_another_intent_takes_nothing_along() -> None:
    """Details of a claim do not inherit a search's place."""
    after = Asked("provider.find", slots=NETWORK)
    assert become(Press("claim.detail", {"id": "c1"}), after, "es", ()) == Asked(
        "claim.detail", arguments={"id": "c1"}, language="es"
    )


@pytest.mark.parametrize("typed", ["details", "[Details]", "DETAILS!", " ¿details? "])
def test_a_buttons_words_can_be_typed(typed: str) -> None:
    """Case, brackets and closing marks do not matter."""
    assert said(typed) == "details"


def test_more_turns_the_page_again_and_again() -> None:
    """Each more is one page further."""
    first = resolve(_list(), _reading("followup.more"))
    assert first is not None
    assert first.arguments == {"page": "1"}
    second = resolve(Memory(first), _reading("followup.more"))
    assert second is not None
    assert second.arguments == {"page": "2"}


@pytest.mark.parametrize(("index", "claim"), [(1, "c1"), (3, "c3"), (-1, "c3"), (-3, "c1")])
def test_an_ordinal_is_an_entry_of_the_list(index: int, claim: str) -> None:
    """By number from the top, and from the end."""
    chosen = resolve(_list(), _reading("followup.ordinal", ordinal={"index": index}))
    assert chosen == Asked("claim.detail", arguments={"id": claim})


@pytest.mark.parametrize(("index", "claim"), [(7, "c7"), (2, "c7"), (-1, "c8")])
def test_a_later_page_counts_as_it_is_numbered_first(index: int, claim: str) -> None:
    """On a page of 6 to 8, number 7 is the one that shows a 7; the second one is the second shown."""
    chosen = resolve(_list((6, 7, 8)), _reading("followup.ordinal", ordinal={"index": index}))
    assert chosen == Asked("claim.detail", arguments={"id": claim})


@pytest.mark.parametrize("index", [0, 4, -4])
def test_an_entry_that_is_not_there_is_no_question(index: int) -> None:
    """Past either end, and "that one" among three: nothing is guessed."""
    assert resolve(_list(), _reading("followup.ordinal", ordinal={"index": index})) is None


def test_the_one_before_walks_from_the_last_answer() -> None:
    """Each step is one further back, and one after leads back, at most to the newest."""
    walked = Memory(Asked("claim.last_visit_cost"))
    for step, pick in ((1, "1"), (1, "2"), (-1, "1"), (-1, "0"), (-1, "0")):
        asked = resolve(walked, _reading("followup.ordinal", ordinal={"step": step}))
        assert asked is not None
        assert asked.arguments == {"pick": pick}
        walked = Memory(asked)


@pytest.mark.parametrize("intent", ["followup.more", "followup.ordinal", "followup.refine", "followup.date_shift"])
def test_a_follow_up_to_nothing_is_no_question(intent: str) -> None:
    """Without an answer before it, a follow-up means nothing."""
    assert resolve(Memory(), _reading(intent)) is None


def test_a_refinement_repeats_the_question_with_what_changed() -> None:
    """Only the new slot changes; the page starts again."""
    before = Memory(Asked("provider.find", slots=NETWORK, arguments={"page": "2"}))
    refined = resolve(before, _reading("followup.refine", radius=50))
    assert refined is not None
    assert (refined.intent, refined.arguments) == ("provider.find", {})
    assert refined.values == {"network": "Blue Network S", "radius": 50}
