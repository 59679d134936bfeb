"""Where an appeal stands, by what the person told: its stages, what is due when, and the calls that were noted."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import AppealCase, Ask, CaseChange, CaseStep, Claim, appeal_days, case_found, clock_of, without


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealStatus(CaseStep):
    """One case, or those to choose from.

    `found.claim` None: none is kept and none was denied, or several are. `due` is by when what is due. `forgotten`: the
    case was taken off by button. `told`: which button led here, for its first line.
    """

    forgotten: bool = False

    @property
    def shown(self) -> AppealCase | None:
        """The case as it is now."""
        return self.case or self.found.case


async def answer(ask: Ask) -> AppealStatus:
    """The case of the button or of the words; where several are kept, all of them."""
    found = await case_found(without(ask, "state_of_claim"))
    claim, case = found.claim, found.case
    if claim is None or case is None:
        return AppealStatus(found=found, today=ask.today)
    clock = await clock_of(ask, claim)
    change = _change(ask, claim)
    case = (change.made(case) if change else case) or AppealCase(claim=claim.id)
    return AppealStatus(
        found=found,
        clock=clock,
        due=appeal_days(case, claim, clock),
        today=ask.today,
        opened="id" in ask.arguments,
        change=change,
        forgotten="forget" in ask.arguments,
    )


def _change(ask: Ask, claim: Claim) -> CaseChange | None:
    """What the button takes back: the newest step, a call, or the whole case."""
    if "forget" in ask.arguments:
        return CaseChange(claim.id, lambda _: None)
    if "undo" in ask.arguments:
        return CaseChange(claim.id, AppealCase.reopened)
    if (place := ask.arguments.get("call", "")).isdecimal():
        return CaseChange(claim.id, lambda case: case.without_call(int(place)))
    return None
