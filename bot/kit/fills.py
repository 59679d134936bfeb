"""The member's pharmacy fills by drug: the only record of medications among what the payer shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.kit.ask import Ask
from bot.kit.asked import days_around, span_of
from bot.kit.claims import newest_claims
from bot.payer.search import token
from bot.records.claim import Claim
from bot.records.dispensed import Dispensed
from bot.records.live import fills

_PHARMACY = ("type", token("http://terminology.hl7.org/CodeSystem/claim-type", "pharmacy"))


@dataclass(frozen=True, slots=True)
class Medication:
    """One drug with its fills, newest first; `dispensed` is what the latest one handed out."""

    dispensed: Dispensed
    claims: tuple[Claim, ...]

    @property
    def newest(self) -> Claim:
        """The latest fill's claim."""
        return self.claims[0]

    @property
    def labels(self) -> tuple[str, ...]:
        """The sensitivity labels of any of its fills."""
        return tuple(sorted({label for claim in self.claims for label in claim.labels}))


async def medications(ask: Ask, since: date) -> tuple[Medication, ...]:
    """The drugs that were filled since a day, or in the asked time, the latest first. What was refused is no fill."""
    first, last = span_of(ask)
    first = first or since
    alive = await newest_claims(ask, _PHARMACY, *days_around(first, last), enough=lambda _: False, page_size=100)
    return _by_drug(claim for claim in fills(alive) if claim.service.overlaps(first, last) and not claim.denied)


def _by_drug(claims: Iterable[Claim]) -> tuple[Medication, ...]:
    """The same drug has the same words, else the same code; a fill without either stands for itself."""
    drugs: dict[str, tuple[Dispensed, dict[str, Claim]]] = {}
    for claim in claims:
        for one in claim.dispensed or (Dispensed(),):
            what = (one.drug or one.code or claim.id).casefold()
            drugs.setdefault(what, (one, {}))[1].setdefault(claim.id, claim)
    return tuple(Medication(one, tuple(rows.values())) for one, rows in drugs.values())
