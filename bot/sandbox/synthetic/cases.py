"""The claims that the demonstration and the tests count on, member by member."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.sandbox.synthetic import chance
from bot.sandbox.synthetic.explanation import explanation
from bot.sandbox.synthetic.money import Charge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from bot.sandbox.synthetic.claim import Claim
    from bot.sandbox.synthetic.history import Notebook
    from bot.sandbox.world import Resource

_OKAFOR = Charge(88507, discount=33633, coinsurance=5487)
_COPAY_VISIT = Charge(21200, discount=8060, copay=3000, paid_by_patient=3000)


def dana(book: Notebook, today: date) -> Iterator[Resource]:
    """A heart visit nine days ago, a copay visit before it, and a refill since."""
    yield from map(explanation, book.ordinary(today, newest=60, count=book.member.visits))
    yield explanation(priced(named(book, "office", "tran", chance.before(today, 41), today), _COPAY_VISIT))
    yield explanation(priced(named(book, "heart_visit", "okafor", chance.before(today, 9), today), _OKAFOR))
    yield explanation(book.fill("lisinopril", chance.before(today, 3), today))


def named(book: Notebook, service: str, person: str, day: date, today: date) -> Claim:
    """A service by a named person."""
    seen = book.providers.named(person)
    claim = book.service(service, day, today)
    return replace(claim, provider=seen, seen=seen)


def priced(claim: Claim, charge: Charge) -> Claim:
    """The same claim with this money on its first line."""
    first, *others = claim.lines
    return replace(claim, lines=(replace(first, charge=charge), *others))
