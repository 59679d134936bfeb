"""The member's pharmacy fills by drug: the only record of medications among what the payer shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from bot.kit.ask import Ask
from bot.kit.claims import span_of
from bot.payer.budget import Gap
from bot.payer.search import Search, token
from bot.records.claim import Claim, read_claims
from bot.records.fill import Fill, fill_or_none
from bot.records.live import fills, live

_PHARMACY = ("type", token("http://terminology.hl7.org/CodeSystem/claim-type", "pharmacy"))
_NEWEST = (("_sort", "-service-date"), ("_include", "ExplanationOfBenefit:care-team"))


@dataclass(frozen=True, slots=True)
class Medication:
    """One drug with its fills, newest first."""

    name: str | None
    fill: Fill
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
    until = [("service-date", f"le{last}")] if last else []
    read: list[Claim] = []
    told: dict[str, Fill] = {}
    search = Search("ExplanationOfBenefit", (_PHARMACY, ("service-date", f"ge{first}"), *until, *_NEWEST))
    async for page in ask.search(search):
        claims, unreadable = read_claims(page.entries)
        read += claims
        told |= {fill.id: fill for entry in page.matches if (fill := fill_or_none(entry.raw))}
        if unreadable:
            ask.report.gaps.append(Gap("unreadable", "ExplanationOfBenefit", unreadable))
    alive = fills(live(read, ask.today))
    return _by_drug((claim for claim in alive if claim.service.overlaps(first, last) and not claim.denied), told)


def _by_drug(claims: Iterable[Claim], told: Mapping[str, Fill]) -> tuple[Medication, ...]:
    drugs: dict[str, list[Claim]] = {}
    for claim in claims:
        if fill := told.get(claim.id):
            drugs.setdefault(fill.what, []).append(claim)
    return tuple(Medication(told[rows[0].id].name, told[rows[0].id], tuple(rows)) for rows in drugs.values())
