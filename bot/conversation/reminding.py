"""Messages that nobody waits for: errors of background work, reminders, and news; and the appeals kept track of.

A reminder contains no details of a record; the answer behind its button does, after the usual checks. An appeal that a
person keeps track of is an encrypted row for its denied claim, until the person deletes it or says "unlink". It is
shown only while the person's connection gives access to that record. Each look for news is audited as a disclosure.
"""

import hashlib
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from bot.accounts.rows import Access, LinkRow
from bot.conversation.exchange import Exchange, Keeper, Parts
from bot.conversation.state import Asked
from bot.delivery import reminders
from bot.delivery.retention import Erased
from bot.errors import BotError, NotCovered, NotLinked, SignInExpired, Unwritable
from bot.kit import AppealCase, Ask, CaseChange, CaseKept, ReminderKept, ReminderWish, claim_news, deductible_met
from bot.message import Language, Person, Private, always
from bot.ops.metrics import Meter
from bot.pack import Pack
from bot.stores.sealed import SealedTable

log = structlog.get_logger("turn")
Push = Callable[[Person, Private], Awaitable[None]]
"""Send a message that the person did not request to their 1:1 chat.

Raises `Unwritable` if there is no chat that accepts it, and `Later` if it was not posted.
"""


class Telling:
    """Makes error messages, and sends results of background work. At startup, each channel adds itself to `push`."""

    def __init__(self, pack: Pack, keeper: Keeper, meter: Meter) -> None:
        self._pack, self._keeper, self._meter = pack, keeper, meter
        self.push: dict[str, Push] = {}

    async def problem(self, person: Person, error: BotError, language: Language = "en") -> Private:
        """Return the message about an error, with the error's reference, and log the error with the same reference."""
        values, reference = {**error.facts, "problem": error.problem, "reference": error.reference}, error.reference
        reply = self._pack.reply(Private, "problem", error.template, values, language, error=reference)
        reply = await self._keeper.alone(person, reply)
        log.warning("problem", kind=type(error).__name__, reference=error.reference)
        self._meter.problem(type(error).__name__, person)
        return reply

    async def tell(self, person: Person, error: BotError) -> None:
        """Tell a person in their 1:1 chat about an error elsewhere, such as a sign-in cancelled in the browser."""
        await self._push(person, await self.problem(person, error))

    async def tell_erased(self, person: Person, erased: Erased, language: Language) -> None:
        """Tell a person that the rest of the bot's messages to them was deleted, or that some could not be."""
        log.info("erased", count=erased.deleted)
        values = {"erased": erased, "behind": True}
        reply = self._pack.reply(Private, "account.forget", "account/forget", values, language)
        await self._push(person, await self._keeper.alone(person, reply))

    async def _push(self, person: Person, reply: Private) -> None:
        """Post a message if the person has a chat that accepts it. A failure is only logged, as nobody waits for it."""
        if push := self.push.get(person.platform):
            try:
                await push(person, reply)
            except Unwritable as error:
                log.warning("not told", reason=str(error), channel=person.platform)


LIVES = 400 * 86_400.0
"""Seconds: enough for the plan's answer, an external review of four to six months, and some time after it."""
_KIND = "appeal_case"


class _Row(msgspec.Struct, frozen=True):
    """A stored appeal case, and the Patient id of the record that contains its claim."""

    whose: str
    case: AppealCase


class Cases:
    """Stores the appeal cases that people keep track of."""

    def __init__(self, table: SealedTable) -> None:
        self._table, self._store = table, table.store

    async def of(self, person: Person, whose: str) -> tuple[AppealCase, ...]:
        """Return a person's cases about one Patient's record, oldest first."""
        return tuple(row.case for _, row in await self._rows(person) if row.whose == whose)

    async def change(self, person: Person, whose: str, change: CaseChange) -> AppealCase | None:
        """Apply a change to the case of a claim, and return the case; None if the change deletes it.

        A case that becomes empty is returned and not stored, because later statements would be added to it.

        Raises:
            StoreBusy: the case was changed concurrently, again and again.
        """
        key = hashlib.sha256(f"{person.key}\x1f{change.claim}".encode()).hexdigest()  # reveals neither
        empty, case = AppealCase(claim=change.claim), None

        def changed(sealed: bytes | None) -> bytes | None:
            nonlocal case
            row = self._table.opened(_KIND, key, sealed, _Row)
            case = change.made(row.case if row else empty)
            return None if case in {None, empty} else self._table.sealed(_KIND, key, _Row(whose, case))

        await self._store.revise(_KIND, key, changed, expires=time.time() + LIVES, owner=person.key)
        return case

    async def end_private(self, person: Person, row: LinkRow | None) -> None:
        """Delete a person's cases about records that the connection `row` does not open; all cases if `row` is None."""
        for key, one in await self._rows(person):
            if not (row and row.opens(one.whose)):
                await self._store.drop(_KIND, key)

    async def count(self, person: Person) -> int:
        """Return how many tracked appeals a person has."""
        return len(await self._rows(person))

    async def _rows(self, person: Person) -> list[tuple[str, _Row]]:
        return await self._table.owned(_KIND, person.key, _Row)


LIST, END, WATCH = "reminder.list", "reminder.end", "reminder.watch"
_YEAR = 365  # days for which a person is asked to sign in again
_OVER: Mapping[str, tuple[reminders.About, ...]] = {
    "open": ("answer", "review"),
    "sent": ("appeal", "review"),
    "lost": ("appeal", "answer"),
    "review": ("appeal", "review"),
    "over": ("appeal", "answer", "review"),
}
"""For each stage of an appeal, the subjects of reminders about its claim that end with that stage."""
_NAMED: Mapping[str, tuple[reminders.About, ...]] = {
    "appeal": ("appeal", "answer", "review"),
    "claim": ("news",),
    **{about: (about,) for about in reminders.ABOUTS if about not in {"appeal", "answer", "review", "news"}},
}
"""The subjects of reminders that a word after "stop" means; any other word means none."""


class Reminding:
    """All replies about reminders, and about the appeals that reminders are for.

    `push` are the functions that send messages to people, by platform.
    """

    def __init__(self, parts: Parts, push: Mapping[str, Push]) -> None:
        self._pack, self._keeper, self._now, self._interval = parts.pack, parts.keeper, parts.now, parts.interval
        self._reminders, self.cases, self._push = reminders.Reminders(parts.table, parts.now), Cases(parts.table), push

    async def keep(self, person: Person, asked: Asked, wish: ReminderWish, access: Access) -> ReminderKept:
        """Store or delete the reminder that an answer requests, and return the outcome."""
        if wish.done:
            await self._reminders.delete_for_record(person, access.patient, wish.record, wish.about)
            return ReminderKept()
        if wish.last is None:
            return await self._watch(person, asked, wish, access)
        wanted = reminders.Reminder(person, wish.about, wish.record, wish.last, (), asked.language, access.patient)
        kept = await self._reminders.keep(wanted)
        return ReminderKept(most=kept.most) if isinstance(kept, reminders.NotKept) else ReminderKept(kept.days)

    async def changed(self, person: Person, access: Access, change: CaseChange) -> CaseKept:
        """Apply a change to an appeal case. Return the case, and how many reminders were deleted and moved.

        Reminders that the new stage makes obsolete are deleted; those whose deadline changed are moved. Deleting the
        case keeps its reminders, because the person requested them separately.
        """
        case = await self.cases.change(person, access.patient, change)
        if not change.steps:
            return CaseKept(case)
        over, whose = _OVER[case.stage if case else "open"], access.patient
        ended, moved = await self._reminders.delete_for_record(person, whose, change.claim, *over), 0
        rows = await self._reminders.of(person) if change.last and case else []
        for key, one in rows:
            of_it = (one.whose, one.record) == (whose, change.claim) and one.about in {"answer", "review"}
            if of_it and change.last and one.last != change.last:
                again = await self._reminders.keep(msgspec.structs.replace(one, last=change.last))
                moved += not isinstance(again, reminders.NotKept)
                ended += await self._reminders.end(person, key) if isinstance(again, reminders.NotKept) else 0
        return CaseKept(case, ended, moved)

    async def _watch(self, person: Person, asked: Asked, wish: ReminderWish, access: Access) -> ReminderKept:
        now, known, minutes = self._now(), reminders.marks_of(wish.known), await self._interval.minutes()
        ends, every = None if access.renewable else access.expires_at, 0 if access.renewable else wish.every
        last = now.date() + timedelta(days=_YEAR if every else reminders.DAYS)
        wanted = reminders.Reminder(
            *(person, wish.about, wish.record, last, (), asked.language, access.patient),
            known=known,
            ends=ends,
            every=every,
        )
        before = await self._reminders.same(wanted)
        new = len({*known} - {*before.known}) if before and before.asleep else None
        seconds, left = reminders.rest(minutes, ends, time.time()), math.inf if ends is None else ends - time.time()
        over = now + timedelta(seconds=left) if ends else None
        first = reminders.waking(now + timedelta(seconds=seconds))
        if (first - now).total_seconds() >= left:
            if not every:
                return ReminderKept(ends=over)
            wanted = msgspec.structs.replace(wanted, asleep=True)
            first = reminders.waking(now + timedelta(days=every))
        kept = await self._reminders.watch(wanted, (first - now).total_seconds())
        if isinstance(kept, reminders.NotKept):
            return ReminderKept(most=kept.most)
        return ReminderKept(minutes=0 if wanted.asleep else minutes, ends=over, until=last, every=every, new=new)

    async def answer(self, exchange: Exchange, asked: Asked) -> Private:
        """Return the reply to "my reminders", and to a request to delete one or all of them.

        If the person may ask about several people's records, the list says whose record each reminder is about.
        """
        person, language = exchange.message.person, asked.language
        rows, one = await self._reminders.of(person), asked.arguments.get("key")
        named = str(asked.values.get("question") or "")
        meant = [key for key, row in rows if not named or row.about in _NAMED.get(named, ())]
        if asked.intent == END and (one or not rows or not named or len(meant) == 1):
            ended = await self._reminders.end(person, *([one] if one else meant))
            told = {"ended": ended, "left": len(rows) - ended, "one": one}
            return self._pack.reply(Private, END, "reminder/end", told, language)
        names = {one.patient: one.name for one in exchange.memory.people}
        shown = [{"key": key, "reminder": row, "name": names.get(row.whose, "")} for key, row in rows]
        values = {"rows": shown, "today": self._now().date(), "which": asked.intent == END}
        return self._pack.reply(Private, LIST, "reminder/list", values, language)

    async def ahead(self, person: Person) -> tuple[list[reminders.Reminder], int]:
        """Return the reminders of a day to come, the next one first, and the number of those that wait for news."""
        rows, today = [one for _, one in await self._reminders.of(person)], self._now().date()
        due = [one for one in rows if not one.is_sought and one.last >= today]
        return sorted(due, key=lambda one: one.last), sum(one.is_sought for one in rows)

    async def count(self, person: Person) -> int:
        """Return how many reminders a person has."""
        return len(await self._reminders.of(person))

    async def end_private(self, person: Person, row: LinkRow | None) -> int:
        """Delete a person's reminders and cases about records that the connection `row` does not open.

        Return the number of reminders deleted.
        """
        await self.cases.end_private(person, row)
        rows = await self._reminders.of(person)
        return await self._reminders.end(person, *(key for key, one in rows if not (row and row.opens(one.whose))))

    async def tell(
        self, key: str, reminder: reminders.Reminder, days: int, mine: Callable[[], Awaitable[bool]] = always
    ) -> tuple[str, ...]:
        """Post a reminder in its person's 1:1 chat, `days` before its last day, with the others that are due today.

        Return the keys of all reminders in the message.

        Raises:
            Unwritable, Later, Superseded: the message is not posted. `mine` is called right before it would be, and
                returns False if another process has taken it over.
            Exception: whatever the platform's library raises.
        """
        person, now = reminder.person, self._now()
        push = self._push.get(person.platform)
        if push is None:
            raise Unwritable("no channel")
        rows = [(each, one) for each, one in await self._reminders.of(person) if each != key]
        also = [(each, one) for each, one in rows if reminders.due_today(one, each, now)]
        told = [{"key": key, "reminder": reminder, "days": days}]
        told += [{"key": each, "reminder": one, "days": (one.last - now.date()).days} for each, one in also]
        values, mark = {"told": told, "ask_again": reminders.ASK_AGAIN}, reminders.mark_of(key, reminder)
        reply = self._pack.reply(Private, LIST, "reminder/due", values, reminder.language, mark=mark, mine=mine)
        await push(person, await self._keeper.alone(person, reply))
        return (key, *(each for each, _ in also))


_WHOLE_DAY = 20 * 3_600.0  # seconds: the first look of a day reads all claims


class Looking:
    """Reads a person's claims in the background. `ask` returns an `Ask` for the person."""

    def __init__(self, parts: Parts, ask: Callable[[Person, Access], Ask]) -> None:
        self._accounts, self._audit, self._ask = parts.accounts, parts.audit, ask

    async def once(self, reminder: reminders.Reminder) -> reminders.Look:
        """Return whether there is the news that a reminder waits for, after recording the check in the audit trail.

        Raises:
            LookEnded: there is no sign-in to check with.
            PayerError, LinkError, StoreError: this check failed. A 401 of the payer does not end the sign-in.
        """
        person = reminder.person
        try:
            access = await self._accounts.access(person, reminder.whose, unasked=True)
        except SignInExpired:
            raise reminders.LookEnded("sign_in") from None
        except (NotLinked, NotCovered):
            raise reminders.LookEnded("gone") from None
        ask, now = self._ask(person, access), time.time()
        if reminder.about == "deductible":
            met = await deductible_met(ask)
            await self._note(ask, person)
            return reminders.Look(reminders.marks_of([reminder.about] * met), met)
        # A person whose claims are more than a page is asked what changed; all of them are read once a day.
        whole = reminder.whole if now - reminder.whole < _WHOLE_DAY else 0.0
        since = datetime.fromtimestamp(whole, UTC).date() - timedelta(days=1) if whole else None
        news = await claim_news(ask, reminder.record, since)
        await self._note(ask, person)
        marks, known = set(reminders.marks_of(news.ids)), set(reminder.known)
        # A page that failed makes no claim new when it is back.
        whole = whole or (now if ask.report.pages > 1 else 0.0)
        return reminders.Look(tuple(known | marks), news.is_decided if reminder.record else bool(marks - known), whole)

    async def _note(self, ask: Ask, person: Person) -> None:
        """Record in the audit trail how many records of each type were read."""
        read = Counter(source.type for source in ask.report.sources)
        await self._audit.record("answered", person, detail=WATCH, read=read)
