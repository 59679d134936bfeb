"""A composed question about claims, and the groups that it divides by or counts: doctors, drugs, kinds, periods."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from operator import attrgetter
from typing import Literal

import msgspec

from bot.kit.claim_filter import ClaimFilter, any_time, period_of
from bot.language.asked import GROUPS, PERIODS
from bot.language.classed import AmountLimits
from bot.records.claim import Claim

Fold = Literal["sum", "median", "mean", "least", "most", "first", "last"]
DaySpan = tuple[date, date]
DAYS, SIDE = "days", "side"
COUNTS = frozenset({"visit", "fill", "claim", "hospital"}) | GROUPS
SHOWN = 6
_FACILITY = frozenset({"inpatient", "outpatient", "institutional"})


class ClaimQuery(msgspec.Struct, frozen=True):
    """What a question computes.

    Attributes:
        by: The group of the rows, such as "pharmacy" or "year"; "time" for `times`, "side" for `sides`; None for one
            row.
        across: The same for the parts of each row.
        times: The separate periods that the question names, earliest first.
        sides: The kinds of care, providers or drugs that are rows by "side"; `rest`: what
            all other claims are called, if they are a row too.
        measures: What is measured: the kinds of amounts (None for the member's share), what is counted, or "days", the
            time from the care until the plan decided.
        folds: The functions that aggregate the amounts, such as sum, mean or median.
        unit: The unit of a mean, and what counts as one time: "visit", "fill", "claim", "month" or "year".
        nth, through: The first and last position of the claims that "least" and "most" select, from 1.
        order: "least" or "most" if the rows are ranked by their first value, "first" by their first day; with `across`,
            only that part of each row is shown: "which doctor I saw most each year".
        at: The position in that order that is asked for, from 1, or from the end if negative.
        shown: How many ranked rows are shown; `top`: how many are asked for, as in "my three dearest visits".
        newest: How many of the newest visits, fills or claims are used; None for all.
        some: The limits for the first value of a row: "doctors that I saw only once".
        required, absent: The conditions, such as times or kinds of care, each of which a row has to have claims of, and
            none of which it may have claims of: "doctors I saw in 2025 and not in 2026".
        members: True if the members of the group are counted or listed: "how many different doctors".
        whom: The provider that is compared with all others: "did I see Dr. Kim more than anyone else".
        only: True if the question is whether there is only one: "is she my only doctor".
        apart: True if the question is whether it was a different one each time: "a different dentist each time".
        timed: True if the question names a period, so that months without care are shown as well.
    """

    by: str | None = None
    across: str | None = None
    times: tuple[DaySpan, ...] = ()
    sides: tuple[ClaimFilter, ...] = ()
    rest: str = ""
    measures: tuple[str | None, ...] = (None,)
    folds: tuple[Fold, ...] = ("sum",)
    unit: str = "claim"
    nth: int = 1
    through: int = 1
    order: Fold | None = None
    at: int | None = None
    shown: int = SHOWN
    top: int = 1
    newest: int | None = None
    some: AmountLimits | None = None
    required: tuple[ClaimFilter, ...] = ()
    absent: tuple[ClaimFilter, ...] = ()
    members: bool = False
    whom: str | None = None
    only: bool = False
    apart: bool = False
    timed: bool = False

    @property
    def counts(self) -> bool:
        """Whether the first value is a number of what is counted."""
        return self.measures[0] in COUNTS

    @property
    def sums(self) -> bool:
        """Whether the first value is a sum of amounts or a number."""
        return self.counts or (self.folds[0] == "sum" and self.measures[0] != DAYS)

    @property
    def in_times(self) -> bool:
        """Whether the conditions of the rows are periods with or without care, not kinds of care."""
        return bool(self.required) and not any_time(self.required[0]).narrows

    @property
    def ranks(self) -> bool:
        """Whether the rows are ranked, counted, or have to meet conditions."""
        return bool((self.order and not self.across) or self.required or self.members or self.some)


def key_of(group: str) -> Callable[[Claim], str]:
    """Return the function that names the member of a group that a claim belongs to, "" for none."""
    if group in PERIODS:
        return lambda claim: period_of(claim.service.day, group)
    return _KEYS.get(group, _whom)


def of_group(group: str | None) -> Callable[[Claim], bool] | None:
    """Return the condition for a claim to belong to a member of the group, as a function; None if every claim does."""
    return _IS.get(group or "")


def times_of(claims: Iterable[Claim], counted: str) -> int:
    """Return the number of visits, fills, claims or doctors, as `counted` selects.

    "doctor": the number of different doctors; "fill" or "claim": the number of claims; otherwise the number of
    different days of service.
    """
    rows = list(claims)
    if counted == "doctor":
        return len({_whom(claim) for claim in rows if _by_person(claim)})
    return len(rows) if counted in {"fill", "claim"} else len({str(claim.service.day or claim.id) for claim in rows})


def _whom(claim: Claim) -> str:
    return claim.seen or claim.billing or claim.place or ""


def _by_person(claim: Claim) -> bool:
    """Return whether a person gave the care: a professional claim, or a hospital's claim that names a doctor."""
    named = claim.seen not in {None, claim.billing, claim.place}
    return claim.kind == "professional" or (claim.kind in _FACILITY and named)


_IS: Mapping[str, Callable[[Claim], bool]] = {
    "doctor": _by_person,
    "hospital": lambda claim: claim.kind in _FACILITY,
    "place": lambda claim: not claim.is_pharmacy,
    "visit": lambda claim: not claim.is_pharmacy,
    **dict.fromkeys(("pharmacy", "drug", "fill"), attrgetter("is_pharmacy")),
}
_KEYS: Mapping[str, Callable[[Claim], str]] = {
    **dict.fromkeys(("hospital", "place"), lambda claim: claim.place or claim.billing or claim.seen or ""),
    "pharmacy": lambda claim: claim.billing or claim.place or claim.seen or "",
    "biller": lambda claim: claim.billing or claim.seen or "",
    "drug": lambda claim: next((one.drug for one in claim.dispensed if one.drug), ""),
    "kind": lambda claim: claim.kind or "",
    "prescriber": lambda claim: claim.prescriber or "",
    **dict.fromkeys(("fill", "visit", "claim"), attrgetter("id")),
}
