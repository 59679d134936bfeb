"""Our messages that hold a member's data: known without a word of them, deleted when asked or in time (T31)."""

import asyncio
import hashlib
from dataclasses import dataclass, field

import pytest

from bot.delivery.inbox import Inbox
from bot.delivery.retention import Erased, Retention, ShownMessage
from bot.message import Language, OneToOne, Person
from bot.stores.base import Store
from bot.stores.sealed import SealedTable, Vault, new_key, parse_keys
from tests.inbox.handling import drained, until

VAULT = Vault(parse_keys(new_key()))
DANA, WALTER = (Person("slack", "", "T1", user) for user in ("U-DANA", "U-WALTER"))
HOUR = 3_600.0

pytestmark = pytest.mark.threat("T31")


@dataclass
class Chat:
    """A platform whose messages are ids.

    What is in `keeps` it never deletes; `breaks` is how often it fails first; over the message `holds` it never ends.
    """

    gone: list[str] = field(default_factory=list)
    keeps: set[str] = field(default_factory=set)
    breaks: int = 0
    holds: str = ""
    held: asyncio.Event = field(default_factory=asyncio.Event)
    told: list[tuple[Person, Erased, Language]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    async def delete(self, shown: ShownMessage) -> bool:
        """Delete one."""
        if self.holds == shown.message:
            self.held.set()
            await asyncio.Event().wait()
        if self.breaks:
            self.breaks -= 1
            raise ConnectionError(shown.message)
        self.gone += [shown.message] * (shown.message not in self.keeps)
        return shown.message not in self.keeps

    async def hear(self, person: Person, erased: Erased, language: Language) -> None:
        """What is said when the work behind an answer is done."""
        self.told.append((person, erased, language))

    async def pause(self, seconds: float) -> None:
        """Wait for nothing."""
        self.waited.append(seconds)


async def hashed(person: Person) -> str:
    """Stands for the keyed hash of the audit trail."""
    return hashlib.sha256(person.key.encode()).hexdigest()


def serving(store: Store, chat: Chat, *, hours: int | None = None) -> tuple[Retention, Inbox]:
    """A process that deletes in this chat, with a clock of the store's own."""
    retention = Retention(SealedTable(store, VAULT), hashed, hours=hours, erased=chat.hear, pause=chat.pause)
    return retention, retention.serve("slack", chat.delete)


async def show(retention: Retention, person: Person, *messages: str) -> None:
    """Messages stand in a person's chat."""
    for message in messages:
        await retention.note(person, OneToOne(f"D-{person.user}"), message)


async def test_a_persons_messages_are_deleted_and_nobody_elses(store: Store) -> None:
    """All at once when they are few; nothing of them is left in the store."""
    chat = Chat()
    retention, _ = serving(store, chat)
    await show(retention, DANA, "m1", "m2")
    await show(retention, WALTER, "m3")
    assert await retention.forget(DANA, "en") == Erased(2)
    assert chat.gone == ["m1", "m2"]
    assert [await retention.count(one) for one in (DANA, WALTER)] == [0, 1]
    assert await retention.forget(DANA, "en") == Erased(0)


async def test_a_record_says_nothing(store: Store) -> None:
    """Neither person, chat nor message can be read in a row, its key or its owner."""
    retention, _ = serving(store, Chat())
    await show(retention, DANA, "1700000001.000100")
    [row] = await store.listed("shown:slack")
    assert [owner for owner in (DANA.key, "") if await store.owned("shown:slack", owner)] == []
    assert not [word for word in (b"U-DANA", b"D-U", b"1700000001") if word in row.value + row.key.encode()]


async def test_many_are_deleted_behind_the_answer_at_a_pace(store: Store) -> None:
    """Twenty at once, the others one by one; then it is said how many are gone and how many the platform keeps."""
    chat = Chat(keeps={"m3", "m24"})
    retention, inbox = serving(store, chat)
    await show(retention, DANA, *(f"m{at}" for at in range(30)))
    erased = await retention.forget(DANA, "es")
    assert erased == Erased(19, kept=1, waiting=10)
    assert erased.minutes == 1
    await drained(inbox)
    assert len(chat.gone) == 28
    assert chat.told == [(DANA, Erased(28, kept=2), "es")]
    assert (len(chat.waited), set(chat.waited)) == (10, {1.2})
    assert await retention.count(DANA) == 0


async def test_what_does_not_work_now_is_tried_again(store: Store) -> None:
    """A platform that is away delays the deletion, and the person is told that it goes on."""
    chat = Chat(breaks=1)
    retention, inbox = serving(store, chat)
    await show(retention, DANA, "m1", "m2")
    assert await retention.forget(DANA, "en") == Erased(0, waiting=2)
    await drained(inbox)
    assert chat.gone == ["m1", "m2"]
    assert chat.told == [(DANA, Erased(2), "en")]


async def test_another_process_goes_on_where_one_died(store: Store) -> None:
    """What is deleted is not deleted again, what could not be is counted, and it is told once."""
    first, second = Chat(breaks=1, keeps={"m0"}, holds="m2"), Chat(keeps={"m0"})
    dying, inbox = serving(store, first)
    await show(dying, DANA, *(f"m{at}" for at in range(4)))
    assert await dying.forget(DANA, "en") == Erased(0, waiting=4)
    await first.held.wait()
    await inbox.stop(0)
    _, other = serving(store, second)
    await other.start()
    await until(lambda: bool(second.told))
    assert (first.gone, second.gone) == (["m1"], ["m2", "m3"])
    assert second.told == [(DANA, Erased(3, kept=1), "en")]
    await other.stop(0)


async def test_a_platform_that_never_answers_is_said_to_have_kept_them(store: Store) -> None:
    """After a few tries nobody is left waiting: what stays is told truly."""
    chat = Chat(breaks=1_000)
    retention, inbox = serving(store, chat)
    inbox._look = 0.0
    await show(retention, DANA, "m1")
    await retention.forget(DANA, "en")
    await inbox.start()
    await until(lambda: bool(chat.told))
    assert chat.told == [(DANA, Erased(0, kept=1), "en")]
    await inbox.stop(0)


async def test_a_message_goes_when_its_time_is_over(store: Store) -> None:
    """After the hours that the operator set, unasked and unsaid, however many processes look; younger ones stay."""
    chat, now = Chat(), [4_000_000_000.0]
    retention, inbox = serving(store, chat, hours=24)
    retention._clock = lambda: now[0]
    await show(retention, DANA, "old")
    now[0] += 23 * HOUR
    await show(retention, DANA, "young")
    await show(retention, WALTER, "his")
    await retention.expire()
    await drained(inbox)
    assert chat.gone == []
    now[0] += HOUR
    await asyncio.gather(retention.expire(), retention.expire())
    await drained(inbox)
    assert (chat.gone, chat.told) == (["old"], [])
    assert [await retention.count(one) for one in (DANA, WALTER)] == [1, 1]


async def test_without_hours_and_without_a_way_nothing_is_deleted(store: Store) -> None:
    """The default keeps what a chat shows; on the console nothing can be deleted at all, and that is said."""
    chat = Chat()
    retention, inbox = serving(store, chat)
    await show(retention, DANA, "m1")
    await retention.expire()
    await drained(inbox)
    assert chat.gone == []
    local = Person("console", "", "", "local")
    assert await retention.forget(local, "en") is None
    assert await retention.count(local) is None
