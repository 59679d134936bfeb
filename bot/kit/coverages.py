"""The member's coverages, current ones first; read from the claims if the payer lists none (fhir-notes 5)."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from bot.kit.ask import Ask
from bot.kit.reading import read_entries, records_of, strict
from bot.payer.search import Search, given
from bot.records.card import PayerContact, PayerPhone
from bot.records.coverage import Coverage, PlanYear, plan_year

_RANK = {"current": 0, "future": 1, "unclear": 2, "ended": 3}
_FIRST = 1
_OWN = Search("Coverage", (("_include", "Coverage:payor"),))
_BY_CLAIMS = Search("ExplanationOfBenefit", (("_include", "ExplanationOfBenefit:coverage"), ("_count", "20")))


class Coverages(msgspec.Struct, frozen=True):
    """All coverages of a member on a day, by state (current, future, unclear, ended), then in the payer's order."""

    every: tuple[Coverage, ...]
    today: date
    payers: Mapping[str, PayerContact]

    @property
    def current(self) -> tuple[Coverage, ...]:
        """The coverages that are valid on that day."""
        return self.in_state("current")

    def in_state(self, state: str) -> tuple[Coverage, ...]:
        """Return the coverages with the state `current`, `future`, `unclear` or `ended`."""
        return tuple(coverage for coverage in self.every if coverage.state(self.today) == state)

    def payer(self, coverage: Coverage) -> PayerContact | None:
        """Return the payer of a coverage, if its record is included."""
        key = coverage.payer_key
        return self.payers.get(key.id) if key else None

    def phones(self, coverage: Coverage) -> tuple[PayerPhone, ...]:
        """Return the phone numbers of a coverage's payer, if its record is included."""
        payer = self.payer(coverage)
        return payer.phones if payer else ()


async def member_coverages(ask: Ask, *, shown: bool = False) -> Coverages:
    """Return the member's coverages without those entered in error; `shown` if they are the answer itself."""
    found: list[Coverage] = []
    payers: dict[str, PayerContact] = {}
    async for page in given(ask.search(_OWN)):
        own = await strict(ask, page.matches) if shown else page.matches
        others = [entry for entry in page.entries if entry.type == "Organization"]
        found += read_entries(ask, own, "Coverage", Coverage)
        payers |= {payer.id: payer for payer in read_entries(ask, others, "Organization", PayerContact)}
    if not found:
        found += await records_of(ask, given(ask.search(_BY_CLAIMS)), "Coverage", Coverage, shown=shown)
    return coverages_of(found, ask.today, payers)


def coverages_of(found: Iterable[Coverage], today: date, payers: Mapping[str, PayerContact] | None = None) -> Coverages:
    """Return the coverages in order, each once."""
    unique = {coverage.id: coverage for coverage in found if coverage.status != "entered-in-error"}
    ranked = sorted(
        unique.values(), key=lambda c: (_RANK[c.state(today)], c.order or _FIRST, -c.period.sort_key.toordinal())
    )
    return Coverages(tuple(ranked), today, payers or {})


def plan_year_of(coverages: Iterable[Coverage], today: date) -> PlanYear | None:
    """Return the current plan year of the first current coverage that has one, None if there is none."""
    every = coverages_of(coverages, today)
    years = (plan_year(coverage, today, every.every) for coverage in every.current)
    return next((year for year in years if year), None)
