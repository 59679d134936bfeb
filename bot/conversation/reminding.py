"""Reminders in words: kept after an answer, listed, ended, and told when they are due.

What is told unasked names nothing of a record: the answer behind its button does, after the usual checks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from bot.accounts.accounts import Access, LinkRow
from bot.conversation.cases import Cases
from bot.conversation.exchange import Keeper
from bot.conversation.state import Asked
from bot.conversation.telling import Push
from bot.delivery.news import DAYS, Interval, marks_of, rest
from bot.delivery.reminders import ASK_AGAIN, MOST, About, NotKept, Reminder, Reminders, due_today, mark_of, waking
from bot.errors import Unwritable
from bot.kit import AppealCase, CaseChange, ReminderKept, ReminderWish
from bot.message import Language, Message, Person, Private
from bot.pack import Pack

LIST, END, WATCH = "reminder.list", "reminder.end", "reminder.watch"
_YEAR = 365  # days for which a person is asked to sign in again
_OVER: Mapping[str, tuple[About, ...]] = {
    "open": ("answer", "review"),
    "sent": ("appeal", "review"),
    "lost": ("appeal", "answer"),
    "review": ("appeal", "review"),
    "over": ("appeal", "answer", "review"),
}
"""What of a claim there is nothing left to remind of, by the stage of its appeal."""


class Reminding:
    """Everything that is said of reminders, and the cases of appeals whose days they are.

    `push` is how to reach a person on each platform, `interval` lies between two looks for news.
    """

    def __init__(
        self,
        reminders: Reminders,
        cases: Cases,
        *,
        pack: Pack,
        keeper: Keeper,
        payer: Mapping[str, str],
        push: Mapping[str, Push],
        now: Callable[[], datetime],
        interval: Interval,
    ) -> None:
        self._reminders, self.cases, self._pack, self._keeper = reminders, cases, pack, keeper
        self._payer, self._push, self._now, self._interval = payer, push, now, interval

    async def keep(self, person: Person, asked: Asked, wish: ReminderWish, access: Access) -> ReminderKept:
        """What became of an answer's wish."""
        if wish.done:
            await self._reminders.end_of(person, wish.record, wish.about)
            return ReminderKept()
        if wish.last is None:
            return await self._watch(person, asked, wish, access)
        wanted = Reminder(person, wish.about, wish.record, wish.last, (), asked.language, access.patient)
        kept = await self._reminders.keep(wanted)
        return ReminderKept(most=kept.most) if isinstance(kept, NotKept) else ReminderKept(kept.days)

    async def changed(self, person: Person, access: Access, change: CaseChange) -> AppealCase | None:
        """The case after a change; reminders of days that are over with it end."""
        case = await self.cases.change(person, access.patient, change)
        await self._reminders.end_of(person, change.claim, *_OVER[case.stage if case else "over"])
        return case

    async def _watch(self, person: Person, asked: Asked, wish: ReminderWish, access: Access) -> ReminderKept:
        now, known, minutes = self._now(), marks_of(wish.known), await self._interval.minutes()
        ends, every = None if access.renewable else access.expires_at, 0 if access.renewable else wish.every
        last = now.date() + timedelta(days=_YEAR if every else DAYS)
        wanted = Reminder(
            *(person, wish.about, wish.record, last, (), asked.language, access.patient),
            known=known,
            ends=ends,
            every=every,
        )
        before = await self._reminders.same(wanted)
        new = len({*known} - {*before.known}) if before and before.asleep else None
        seconds, left = rest(minutes, ends, time.time()), math.inf if ends is None else ends - time.time()
        over = now + timedelta(seconds=left) if ends else None
        first = waking(now + timedelta(seconds=seconds))
        if (first - now).total_seconds() >= left:
            if not every:
                return ReminderKept(ends=over)
            wanted = msgspec.structs.replace(wanted, asleep=True)
            first = waking(now + timedelta(days=every))
        kept = await self._reminders.watch(wanted, (first - now).total_seconds())
        if isinstance(kept, NotKept):
            return ReminderKept(most=kept.most)
        return ReminderKept(minutes=0 if wanted.asleep else minutes, ends=over, until=last, every=every, new=new)

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
        """End a person's reminders and cases of records that their connection does not open; how many reminders."""
        rows = await self._reminders.of(person) if row is not None else []
        if row is not None:
            await self.cases.end_private(person, row)
        return await self._reminders.end(person, *(key for key, one in rows if row and not row.opens(one.whose)))

    async def tell(self, key: str, reminder: Reminder, days: int) -> tuple[str, ...]:
        """Post a reminder in its person's own chat, as so many days before its last one; the keys of all that it tells.

        What else is due on this day stands in the same message.

        Raises:
            Unwritable, Later: it is not posted. Whatever else the platform's library raises.
        """
        person, now = reminder.person, self._now()
        push = self._push.get(person.platform)
        if push is None:
            raise Unwritable("no channel")
        rows = [(each, one) for each, one in await self._reminders.of(person) if each != key]
        also = [(each, one) for each, one in rows if due_today(one, each, now)]
        told = [{"key": key, "reminder": reminder, "days": days}]
        told += [{"key": each, "reminder": one, "days": (one.last - now.date()).days} for each, one in also]
        reply = self._say("reminder/due", reminder.language, intent=LIST, told=told, ask_again=ASK_AGAIN)
        reply = await self._keeper.alone(person, replace(reply, mark=mark_of(key, reminder)))
        await push(person, reply)
        return (key, *(each for each, _ in also))

    def _say(self, template: str, language: Language, *, intent: str, **values: object) -> Private:
        blocks = self._pack.render(template, {"payer": self._payer, **values}, language)
        return Private(intent=intent, language=language, blocks=blocks)
