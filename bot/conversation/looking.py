"""Checks, in the background, for news that a person asked to be told of. Each check is audited as a disclosure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.accounts.accounts import Access
from bot.conversation.exchange import Parts
from bot.conversation.reminding import WATCH
from bot.delivery.reminders import Look, LookEnded, Reminder, marks_of
from bot.errors import NotCovered, NotLinked, SignInExpired
from bot.kit import Ask, claim_news, deductible_met
from bot.message import Person

_WHOLE_DAY = 20 * 3_600.0  # seconds: the first look of a day reads all claims


class Looking:
    """Reads a person's claims in the background. `ask` returns an `Ask` for the person."""

    def __init__(self, parts: Parts, ask: Callable[[Person, Access], Ask]) -> None:
        self._accounts, self._audit, self._ask = parts.accounts, parts.audit, ask

    async def once(self, reminder: Reminder) -> Look:
        """Return whether there is the news that a reminder waits for, after recording the check in the audit trail.

        Raises:
            LookEnded: there is no sign-in to check with.
            PayerError, LinkError, StoreError: this check failed. A 401 of the payer does not end the sign-in.
        """
        person = reminder.person
        try:
            access = await self._accounts.access(person, reminder.whose, unasked=True)
        except SignInExpired:
            raise LookEnded("sign_in") from None
        except (NotLinked, NotCovered):
            raise LookEnded("gone") from None
        ask, now = self._ask(person, access), time.time()
        if reminder.about == "deductible":
            met = await deductible_met(ask)
            await self._note(ask, person)
            return Look(marks_of([reminder.about] * met), met)
        # A person whose claims are more than a page is asked what changed; all of them are read once a day.
        whole = reminder.whole if now - reminder.whole < _WHOLE_DAY else 0.0
        since = datetime.fromtimestamp(whole, UTC).date() - timedelta(days=1) if whole else None
        news = await claim_news(ask, reminder.record, since)
        await self._note(ask, person)
        marks, known = {*marks_of(news.ids)}, {*reminder.known}  # a page that failed makes no claim new when it is back
        whole = whole or (now if ask.report.pages > 1 else 0.0)
        return Look(tuple(known | marks), news.is_decided if reminder.record else bool(marks - known), whole)

    async def _note(self, ask: Ask, person: Person) -> None:
        """Record in the audit trail how many records of each type were read."""
        read = Counter(source.type for source in ask.report.sources)
        await self._audit.record("answered", person, detail=WATCH, read=read)
