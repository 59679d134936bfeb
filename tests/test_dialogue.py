"""What a conversation remembers, for whom, where and for how long, and what later words mean by it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.state import BUTTON_SECONDS, IDLE_SECONDS, Asked, Dialogue, Memory, become, typed_label
from bot.language.reading import Slot
from bot.message import Action, Actions, Message, OneToOne, Person, Press, Shareable, Shared
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


@pytest.mark.parametrize("typed", ["details", "[Details]", "DETAILS!", " ¿details? "])
def test_a_buttons_words_can_be_typed(typed: str) -> None:
    """Case, brackets and closing marks do not matter."""
    assert typed_label(typed) == "details"
