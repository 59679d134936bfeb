"""The shots on the plan's claims, or other preventive care; no record shows what is still due."""

from datetime import date

from msgspec.structs import replace

from bot import kit

SHOWN = 5
_SHOT = {"service": "vaccine"}


class Shots(kit.OfClaims, frozen=True):
    """The claims for shots, newest first.

    Attributes:
        count: The number of all such claims; `marked`: those with a sensitivity label, which are not counted.
        due: True if the question is what is still due; `care`: the question is about care other than shots.
        free: True if the question is whether the newest shot was free; `dated`: when the newest shot was.
        prevention: For whom such preventive care is, if the question is when it is due.
        had: The day of the last preventive care other than shots, by claims and recorded procedures.
        wanted: The named kind of shot, if no claim shows that kind; `nearest`: claims for other shots.
    """

    claims: tuple[kit.Claim, ...]
    due: bool
    care: bool
    count: int
    marked: int
    free: bool
    dated: bool = False
    prevention: kit.Prevention | None = None
    had: date | None = None

    @property
    def paid_again(self) -> tuple[date, int] | None:
        """The first day on which most plans pay for the next one in full, and the years from the last one to it."""
        return self.prevention.next_after(self.had) if self.prevention else None


async def answer(ask: kit.Ask) -> Shots:
    """Return the claims for the named shot, or for any shot if none is named."""
    asked = replace(ask, slots={**_SHOT, **ask.slots})
    care = _SHOT["service"] not in {kind := asked.slots["service"], *ask.care_kinds.above(str(kind))}
    if care:  # a time is that of the next one
        asked = asked.without("date_range")
    found = await kit.period_claims(asked)
    fit = kit.fitting(found.claims, asked)
    plain = tuple(claim for claim in fit if not claim.sensitive)
    shown = plain[:SHOWN]
    lacks = not fit and (asked.slots["service"] != _SHOT["service"] or "date_range" in asked.slots)
    due = kit.text_of(ask, "question") == "due" or "next_due" in ask.asked.says
    try:
        nearest = await kit.near_claims(asked, found) if lacks else None
    except kit.Reroute:
        if not due:
            raise
        nearest = None  # what the care costs does not answer when it is due
    prevention = kit.prevention_of(ask) if due else None
    done = await kit.newest_procedure(ask, [str(kind)], (None, None)) if prevention and care else None
    had = [shown[0].service.day] if shown and care else []
    had += [done.day] if done else []
    kit.cite_claims(ask, shown, nearest)
    told = (*shown, *(nearest.claims if nearest else ()))
    return Shots(
        claims=shown,
        due=due,
        care=care,
        kinds=kit.care_words(ask, told),
        count=len(plain),
        marked=len(fit) - len(plain),
        free=kit.text_of(ask, "question") == "free",
        dated=ask.asked.form == "date",
        prevention=prevention,
        had=max((day.first for day in had if day), default=None),
        wanted=kit.filter_of(asked) if lacks else kit.ClaimFilter(),
        nearest=nearest,
    )
