"""Which plan covers the member, since when, in which network; several plans apart, ended ones named as such."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, Coverage, Coverages, Summary, member_coverages, of_other_person

PUBLIC = ("medicare", "medicaid", "tenncare", "bluecare", "coverkids")
"""What a group's name holds when it is a public programme, where the coverage's type does not say so."""


@dataclass(frozen=True, slots=True)
class CoverageSummary(Summary):
    """The coverages by their state today. `employer`: one of them may come from an employer, who may share less."""

    current: tuple[Coverage, ...] = ()
    future: tuple[Coverage, ...] = ()
    unclear: tuple[Coverage, ...] = ()
    ended: tuple[Coverage, ...] = ()
    other_person: bool = False

    @property
    def employer(self) -> bool:
        """True when a current plan is neither Medicare nor Medicaid and names a group other than itself."""
        return any(c.line not in {"medicare", "medicaid"} and _of_employer(c) for c in self.current)

    @property
    def labelled(self) -> bool:
        """True when one carries a sensitivity label."""
        return any(c.labels for c in (*self.current, *self.future, *self.unclear, *self.ended))


def _of_employer(coverage: Coverage) -> bool:
    """True for a group that is called neither like the plan nor like a public programme."""
    group = coverage.group.name if coverage.group else None
    if not group or group == coverage.name:
        return False
    return not any(programme in group.casefold() for programme in PUBLIC)


async def answer(ask: Ask) -> CoverageSummary:
    """Every coverage that the payer shows for the member."""
    return summarize(await member_coverages(ask, shown=True), other_person=of_other_person(ask))


def summarize(coverages: Coverages, *, other_person: bool = False) -> CoverageSummary:
    """The coverages sorted out by what holds today."""
    return CoverageSummary(
        current=coverages.current,
        future=coverages.in_state("future"),
        unclear=coverages.in_state("unclear"),
        ended=coverages.in_state("ended"),
        other_person=other_person,
    )
