"""The day on which the supply of a drug runs out: the day of the last fill plus the days of supply on the claim."""

from datetime import date, timedelta

from bot.kit import Ask, Medication, Reroute, Summary, asks_how_long_approved, hand_over_ahead, medications, text_of

SHOWN = 5
_DRUG = "formulary.drug_coverage"
LOOKED_BACK = 730
EARLY = timedelta(days=7)


class Refill(Summary, frozen=True):
    """The member's drugs, those whose supply ends last first.

    Attributes:
        since: The first day of the search for fills.
        counts: True if the question is how many refills are left, which no record shows.
        whether: True if the question is whether a refill is possible now.
    """

    supplies: tuple[Medication, ...]
    more: int
    drug: str | None
    since: date
    marked: int
    counts: bool = False
    whether: bool = False

    @property
    def early(self) -> bool:
        """Whether the first supply lasts so long that a plan would probably not yet pay for a refill."""
        until = self.supplies[0].until if self.supplies else None
        return until is not None and until - self.today > EARLY

    @property
    def next(self) -> Medication | None:
        """The supply that ends next, today or later, among those whose drug has a name; None if there is none."""
        named = (one for one in self.supplies if one.dispensed.drug)
        ahead = [one for one in named if one.until and one.until >= self.today]
        return min(ahead, key=lambda one: one.until or date.max, default=None)


async def answer(ask: Ask) -> Refill:
    """Return the supplies of all drugs filled in the last two years, or of the named drug or those for one purpose.

    Drugs also match by ingredient and brands, and sensitive fills are only counted.

    Raises:
        Reroute: `formulary.drug_coverage` answers what the refill will cost, `claim.authorization` how long an approval
            holds.
    """
    says = ask.asked.says
    if asks_how_long_approved(ask):
        raise Reroute("claim.authorization")
    hand_over_ahead(ask, _DRUG)
    if ask.asked.form == "amount" and "drug" in ask.slots and "refills_left" not in says:
        raise Reroute(_DRUG)
    since = ask.today - timedelta(days=LOOKED_BACK)
    fit, drug = await medications(ask, since), text_of(ask, "drug")
    plain = [one for one in fit if not one.labels]
    supplies = sorted(plain, key=lambda one: one.until or date.min, reverse=True)
    more = max(0, len(supplies) - SHOWN)
    ask.cite("ExplanationOfBenefit", [one.newest.id for one in supplies[:SHOWN]])
    counts = "refills_left" in says and "in_days" not in says
    whether = "yet" in says and not counts and ask.asked.form is None
    return Refill(tuple(supplies[:SHOWN]), more, drug, since, len(fit) - len(plain), counts, whether)
