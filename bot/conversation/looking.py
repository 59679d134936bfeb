"""One look for news that a person asked to be told of. Nobody waits for it, and it is a disclosure as any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from bot.accounts.accounts import Access, Accounts
from bot.conversation.reminding import WATCH
from bot.delivery.news import Look, LookEnded, marks_of
from bot.delivery.reminders import Reminder
from bot.errors import NotCovered, NotLinked, SignInExpired
from bot.kit import Ask, claim_news
from bot.message import Person
from bot.ops.audit import Audit


class Looking:
    """Reads a person's claims as their own question would. `ask` gives an ask of theirs."""

    def __init__(self, accounts: Accounts, audit: Audit, ask: Callable[[Person, Access], Ask]) -> None:
        self._accounts, self._audit, self._ask = accounts, audit, ask

    async def once(self, reminder: Reminder) -> Look:
        """Whether there is what a person asked to be told of; noted in the audit trail first.

        Raises:
            LookEnded: there is no sign-in to look with.
            PayerError, LinkError, StoreError: it did not work this time; a 401 of the payer ends no sign-in either.
        """
        person = reminder.person
        try:
            access = await self._accounts.access(person, reminder.whose, unasked=True)
        except SignInExpired:
            raise LookEnded("sign_in") from None
        except (NotLinked, NotCovered):
            raise LookEnded("gone") from None
        ask = self._ask(person, access)
        news = await claim_news(ask, reminder.record)
        read = Counter(source.type for source in ask.report.sources)
        await self._audit.record("answered", person, detail=WATCH, read=read)
        marks, known = {*marks_of(news.ids)}, {*reminder.known}  # a page that failed makes no claim new when it is back
        return Look(tuple(known | marks), news.is_decided if reminder.record else bool(marks - known))
