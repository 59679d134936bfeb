"""Money that may come back: credits, reversed claims, and claims paid beyond the member's share."""

from typing import Literal

from msgspec.structs import replace

from bot import kit

SHOWN = 6
Sign = Literal["credit", "overpaid", "takes_back", "taken_back"]


class Credits(kit.OfClaims, frozen=True):
    """The claims that indicate money for the member, newest first.

    Attributes:
        rows: Each claim with what indicates the money, and the amount; None if unknown. For a reversal the amount is
            what the plan took back, which the doctor's office may have to settle.
        read: The number of claims that were checked.
        only: The claim that was checked, if it is a single one without a sensitivity label.
    """

    rows: tuple[tuple[kit.Claim, Sign, kit.Amount | None], ...]
    more: int
    read: int
    only: kit.Claim | None = None


async def answer(ask: kit.Ask) -> Credits:
    """Return the credits among the claims of the named period, or else among all claims, each claim once."""
    claim_set = await kit.newest_claims(ask, *kit.service_dates(ask), page_size=100)
    ask = kit.by_name(ask, claim_set.every)
    wanted = replace(kit.filter_of(ask), states=())
    fit = kit.choose((*claim_set.claims, *claim_set.reversals, *claim_set.taken_back), wanted).claims
    gone = {claim.id for claim in claim_set.taken_back}
    rows = [(claim, *found) for claim in fit if (found := _sign(claim, gone)) and not claim.sensitive]
    ask.cite("ExplanationOfBenefit", [claim.id for claim, _, _ in rows[:SHOWN]])
    only = fit[0] if len(fit) == 1 and not fit[0].sensitive else None
    return Credits(tuple(rows[:SHOWN]), max(0, len(rows) - SHOWN), len(fit), only, wanted=wanted)


def _sign(claim: kit.Claim, gone: set[str]) -> tuple[Sign, kit.Amount | None] | None:
    owed, left = claim.owed.amount, kit.left_of(claim)
    if claim.id in gone:
        paid = claim.paid_by_patient
        return ("taken_back", paid) if paid and paid.value > 0 else None
    if claim.is_reversal:
        return "takes_back", -owed if owed and owed.value < 0 else None
    if owed and owed.value < 0:
        return "credit", -owed
    return ("overpaid", -left) if left and left.value < 0 else None
