"""Reminders in words: kept after an answer, listed, ended, and told when they are due.

What is told unasked names nothing of a record: the answer behind its button does, after the usual checks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.accounts.accounts import Access, LinkRow
from bot.conversation.exchange import Keeper
from bot.conversation.state import Asked
from bot.conversation.telling import Push
from bot.delivery.news import DAYS, Interval, marks_of, rest
from bot.delivery.reminders import DAYS_BEFORE, MOST, NotKept, Reminder, Reminders, mark_of, waking
from bot.errors import Unwritable
from bot.kit import ReminderKept, ReminderWish
from bot.message import Language, Message, Person, Private
from bot.pack import Pack

LIST, END, WATCH = "reminder.list", "reminder.end", "reminder.watch"


class Reminding:
    """Everything that is said of reminders.

    `push` is how to reach a person on each platform, `interval` lies between two looks for news.
    """

    def __init__(
        self,
        reminders: Reminders,
        *,
        pack: Pack,
        keeper: Keeper,
        payer: Mapping[str, str],
        push: Mapping[str, Push],
        now: Callable[[], datetime],
        interval: Interval,
    ) -> None:
        self._reminders, self._pack, self._keeper = reminders, pack, keeper
        self._payer, self._push, self._now, self._interval = payer, push, now, interval

    async def keep(self, person: Person, asked: Asked, wish: ReminderWish, access: Access) -> ReminderKept:
        """What became of an answer's wish."""
        if wish.last is None:
            return await self._watch(person, asked, wish, access)
        wanted = Reminder(person, wish.about, wish.record, wish.last, (), asked.language, access.patient)
        kept = await self._reminders.keep(wanted)
        return ReminderKept(most=kept.most) if isinstance(kept, NotKept) else ReminderKept(kept.days)

    async def _watch(self, person: Person, asked: Asked, wish: ReminderWish, access: Access) -> ReminderKept:
        now, known, minutes = self._now(), marks_of(wish.known), await self._interval.minutes()
        last, ends = now.date() + timedelta(days=DAYS), None if access.renewable else access.expires_at
        wanted = Reminder(
            person, wish.about, wish.record, last, (), asked.language, access.patient, known=known, ends=ends
        )
        seconds, left = rest(minutes, ends, time.time()), math.inf if ends is None else ends - time.time()
        over = now + timedelta(seconds=left) if ends else None
        first = waking(now + timedelta(seconds=seconds))
        if (first - now).total_seconds() >= left:
            return ReminderKept(ends=over)
        kept = await self._reminders.watch(wanted, (first - now).total_seconds())
        if isinstance(kept, NotKept):
            return ReminderKept(most=kept.most)
        return ReminderKept(minutes=minutes, ends=over, until=last)

    async def answer(self, message: Message, asked: Asked) -> Private:
        """The reply to "my reminders", and to who ends one or all of them."""
        person, language = message.person, asked.language
        rows = await self._reminders.of(person)
        if asked.intent == END:
            one = asked.arguments.get("key")
            ended = await self._reminders.end(person, *([one] if one else (key for key, _ in rows)))
            return self._say("reminder/end", language, intent=END, ended=ended, left=len(rows) - ended, one=one)
        shown = [{"key": key, "reminder": one} for key, one in rows]
        return self._say("reminder/list", language, intent=LIST, rows=shown, today=self._now().date(), most=MOST)

    async def ahead(self, person: Person) -> tuple[int, int]:
        """How many days are still to be told, and how many news are looked for."""
        rows, today = [one for _, one in await self._reminders.of(person)], self._now().date()
        due = sum(one.about == "appeal" and one.last >= today for one in rows)
        return due, sum(one.about == "news" for one in rows)

    async def count(self, person: Person) -> int:
        """How many reminders a person has."""
        return len(await self._reminders.of(person))

    async def end_private(self, person: Person, row: LinkRow | None) -> int:
        """End a person's reminders of records that their connection does not open; how many there were."""
        rows = await self._reminders.of(person) if row is not None else []
        return await self._reminders.end(person, *(key for key, one in rows if row and not row.opens(one.whose)))

    async def tell(self, key: str, reminder: Reminder, days: int) -> None:
        """Post a reminder in its person's own chat, as so many days before its last one.

        Raises:
            Unwritable, Later: it is not posted. Whatever else the platform's library raises.
        """
        push = self._push.get(reminder.person.platform)
        if push is None:
            raise Unwritable("no channel")
        template = "reminder/news" if reminder.about == "news" else "reminder/due"
        reply = self._say(template, reminder.language, intent=LIST, key=key, reminder=reminder, days=days)
        reply = await self._keeper.alone(reminder.person, replace(reply, mark=mark_of(key, reminder)))
        await push(reminder.person, reply)

    def _say(self, template: str, language: Language, *, intent: str, **values: object) -> Private:
        blocks = self._pack.render(template, {"payer": self._payer, "before": DAYS_BEFORE, **values}, language)
        return Private(intent=intent, language=language, blocks=blocks)
