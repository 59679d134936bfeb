"""The conditions of a question about claims, the selection of the matching claims, and counts of undecided claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, NamedCare, excluded_of, values_of
from bot.kit.conditions import PRIMARY_CARE
from bot.kit.spelling import is_named
from bot.kit.traits import ClaimTrait, of_care_named
from bot.kit.which import LAGS, Exact, named, ordered, sized
from bot.language.calendar import unit_around
from bot.language.classed import AmountLimits
from bot.records.care_kind import NO_KINDS, CareKind, CareKinds, shown_as
from bot.records.claim import Claim
from bot.records.shapes import grouped
from bot.records.share import is_in_state
from bot.records.written import PartialDate, Period

READS_ALL = frozenset({"biggest", "smallest", "oldest", *LAGS})
_PRIMARY, _APART = frozenset(PRIMARY_CARE), frozenset({"oral", "vision"})
_NO_CONDITIONS = frozenset(
    {"order", "aspect", "by_size", "through", "fills", "either", "kinds", "care", "also", "two"}
    | {"doctor_kinds", "without"}
)
"""The fields of `ClaimFilter` that exclude no claim by themselves."""
_KINDS = {"institutional": ("inpatient", "outpatient", "institutional")}


_SIDES = (("claim_types", "services"), ("drugs",), ("providers",), ("doctor_kinds",), ("degrees",))
"""The fields whose several values are the sides of a comparison, the first ones first."""


class ClaimFilter(msgspec.Struct, frozen=True):
    """The conditions of a question, as a filter of claims. A field that is empty or None is no condition.

    Attributes:
        start, end: The first and last day of the period, both inclusive.
        times: Several periods between `start` and `end`; the care has to be in one of them.
        limits, exact: The limits, in US dollars, and the exact values of the amount `aspect` (None: the amount owed).
        doctor_kinds: The kinds of doctors, one of which gave the care: NUCC codes, and the person's word for the kind.
        specialists: The person's word for any kind of doctor except primary care.
        degrees: The required degrees of the provider, such as "DO".
        drugs: Each drug is the person's word followed by the other names of the drug.
        without: What is excluded; a claim that matches any of these conditions is left out.
        paid: The first and last day on which the plan paid or decided.
        lag: The limits on the time from the care until then, in days.
        weekdays: The days of the week on which the care began, Monday as 1.
        part: The part of the body that the care was for.
        nth: The position of the day of care in time, from 1, or from the newest if negative; `through`: the last
            position, if several are requested. If `by_size`, positions are those of claims in the order of amounts.
        fills: True if prescription fills count in the positions.
        shared: The period ("day", "week" or "month") in which another provider was seen too.
        either: The names of fields that are alternatives: a claim has to match only one of them.
        care: Care that is named only by a word that the pack does not know.
        among: The ids of the claims that were shown before, if the question is about these claims.
        traits: The conditions that the words of the record decide.
        prescribers: Those who prescribed, if the providers are pharmacies.
        also: A further condition, such as the claim's plan.
        two: The conditions of the two sides of a comparison that the parts of a message name.
    """

    start: date | None = None
    end: date | None = None
    times: tuple[tuple[date | None, date | None], ...] = ()
    claim_types: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    number: str | None = None
    services: tuple[str, ...] = ()
    limits: AmountLimits | None = None
    exact: Exact | None = None
    states: tuple[str, ...] = ()
    order: str | None = None
    aspect: str | None = None
    doctor_kinds: tuple[tuple[frozenset[str], str], ...] = ()
    specialists: str | None = None
    degrees: frozenset[str] = frozenset()
    drugs: tuple[tuple[str, ...], ...] = ()
    without: ClaimFilter | None = None
    paid: tuple[date | None, date | None] | None = None
    lag: AmountLimits | None = None
    weekdays: frozenset[int] = frozenset()
    part: ClaimTrait | None = None
    nth: int | None = None
    by_size: bool = False
    through: int | None = None
    fills: bool = False
    shared: str | None = None
    either: frozenset[str] = frozenset()
    kinds: CareKinds = NO_KINDS
    care: NamedCare | None = None
    among: frozenset[str] = frozenset()
    traits: tuple[ClaimTrait, ...] = ()
    prescribers: tuple[str, ...] = ()
    also: Callable[[Claim], bool] | None = None
    two: tuple[ClaimFilter, ...] = ()

    def __call__(self, claims: Iterable[Claim]) -> tuple[Claim, ...]:
        """Return the claims that match every condition except `start` and `end`, which `ClaimSet.within` checks."""
        return choose(claims, replace(self, start=None, end=None)).claims

    @property
    def doctors(self) -> frozenset[str]:
        """The NUCC codes of all requested kinds of doctors."""
        return frozenset[str]().union(*(codes for codes, _ in self.doctor_kinds))

    @property
    def doctor_said(self) -> str | None:
        """The person's words for the requested kinds of doctors, joined by " / "; None if no kind is requested."""
        return " / ".join(word for _, word in self.doctor_kinds) or self.specialists

    @property
    def kind(self) -> CareKind | None:
        """The requested kind of care; None if there is none or several."""
        kinds = self.kinds_of_care
        return kinds[0] if len(kinds) == 1 else None

    @property
    def kinds_of_care(self) -> tuple[CareKind, ...]:
        """All requested kinds of care; for care unknown to the pack, one kind with the person's words as its name."""
        if self.care and self.care.claims and not self.care.out:
            return (CareKind("", {"en": self.care.text}),)
        return tuple(kind for name in self.services if (kind := self.kinds.named(name)))

    @property
    def service(self) -> str | None:
        """The key of the first requested kind of care; None if there is none."""
        return next(iter(self.services), None)

    @property
    def claim_type(self) -> str | None:
        """The requested claim type; None if there is none or several."""
        return self.claim_types[0] if len(self.claim_types) == 1 else None

    @property
    def state(self) -> str | None:
        """The requested state of claims; None if there is none or several."""
        return self.states[0] if len(self.states) == 1 else None

    @property
    def sides(self) -> tuple[ClaimFilter, ...]:
        """The sides of a comparison: the conditions repeated for each of several values, with only that value.

        The values are claim types and kinds of care, or else drugs, providers, kinds of doctors or degrees. Empty if
        there are no several values.
        """
        if self.two:
            return tuple(replace(one, aspect=self.aspect) for one in self.two)
        if self.either:
            bare = replace(self, either=frozenset(), **dict.fromkeys(self.either, ()))
            ways = [replace(bare, **{name: (one,)}) for name in sorted(self.either) for one in getattr(self, name)]
            return tuple(ways) if len(ways) > 1 else ()
        for names in _SIDES:
            several = [name for name in names if len(set(getattr(self, name))) > 1]
            bare = replace(self, **dict.fromkeys(names, ())) if several else self
            if found := [
                replace(bare, **{name: (one,)}) for name in several for one in dict.fromkeys(getattr(self, name))
            ]:
                return tuple(found)
        return ()

    @property
    def without_names(self) -> tuple[str, ...]:
        """The names of the excluded providers, drugs and reasons of care."""
        care = (self.care.text,) if self.care and self.care.out else ()
        return (*self.out.providers, *(names[0] for names in self.out.drugs), *care)

    @property
    def out(self) -> ClaimFilter:
        """What is excluded, as conditions; empty conditions if nothing is."""
        return self.without or _NOTHING

    def less(self, *claim_types: str) -> ClaimFilter:
        """Return the conditions with these claim types excluded too."""
        every = tuple(dict.fromkeys((*self.out.claim_types, *claim_types)))
        return replace(self, without=replace(self.out, claim_types=every))

    @property
    def provider(self) -> str | None:
        """The requested providers, joined by " / "; None if there is none."""
        return " / ".join(self.providers) or None

    @property
    def narrows(self) -> bool:
        """Whether there is a condition that may exclude claims, and not only an order or an amount to show."""
        apart = self.doctors or (self.care and self.care.claims) or (self.without and self.without.narrows)
        return any(_CONDITIONS(self)) or bool(apart)


_NOTHING = ClaimFilter()
_CONDITIONS = attrgetter(*[name for name in ClaimFilter.__struct_fields__ if name not in _NO_CONDITIONS])


class Chosen(msgspec.Struct, frozen=True):
    """The matching claims in the requested order, and the numbers of claims whose data does not decide a condition.

    Attributes:
        undecided: The number of claims that match otherwise and state no kind of care or of doctor.
        unstated: The number of claims that match otherwise and do not state the amount.
        undated: The number of claims that match otherwise and have no day of service.
    """

    claims: tuple[Claim, ...]
    undecided: int = 0
    unstated: int = 0
    undated: int = 0


def choose(claims: Iterable[Claim], wanted: ClaimFilter) -> Chosen:
    """Return the claims that match every condition, also those conditions that the server should have applied."""
    rows = tuple(claim for claim in claims if wanted.also is None or wanted.also(claim))
    rows = tuple(claim for claim in rows if claim.id in wanted.among) if wanted.among else rows
    if not wanted.narrows:
        return Chosen(ordered(of_care_named(rows, wanted.care), wanted))
    dated = tuple(claim for claim in rows if _in_time(claim, wanted))
    ways = [(way, _fits(way)) for way in (wanted.sides if wanted.either else ()) or (wanted,)]
    plain = [(claim, own) for claim in dated if (own := [way for way, fits in ways if fits(claim)])]
    fit = tuple(claim for claim, own in plain if any(_of_care(claim, way) for way in own))
    cared = of_care_named(_of_part(fit, wanted), wanted.care)
    undecided = sum(1 for c, _ in plain if not c.performed.names_service and c not in fit) if wanted.services else 0
    if (wanted.doctors or wanted.specialists) and not wanted.either:
        any_doctor = _fits(replace(wanted, doctor_kinds=(), specialists=None))
        undecided += sum(1 for c in dated if not (c.specialties or c.is_pharmacy) and any_doctor(c))
    if wanted.traits:
        held, rest = ((c, {one.holds(c) for one in wanted.traits}) for c in dated), _fits(replace(wanted, traits=()))
        undecided += sum(1 for c, holds in held if None in holds and False not in holds and rest(c))
    priced = _sharing(sized(cared, wanted), wanted.shared)
    unstated = sum(1 for c in cared if c.amount(wanted.aspect) is None) if wanted.limits or wanted.exact else 0
    lost = [claim for claim in rows if not claim.service.known] if wanted.start or wanted.end else []
    fits = _fits(wanted)
    undated = sum(1 for c in lost if fits(c) and _of_care(c, wanted))
    return Chosen(_nth_of(ordered(priced, wanted), wanted), undecided, unstated, undated)


def any_time(wanted: ClaimFilter) -> ClaimFilter:
    """Return the conditions without a period and without excluded days."""
    return replace(wanted, start=None, end=None, times=(), without=replace(wanted.out, start=None, end=None))


def with_fills(claims: Sequence[Claim], wanted: ClaimFilter) -> bool:
    """Return whether the question may be about prescription fills too.

    This is so if it names a kind of care, a claim type or a drug, or if all matching claims are from a pharmacy.
    """
    only_fills = wanted.narrows and bool(claims) and all(claim.is_pharmacy for claim in claims)
    return bool(wanted.services or wanted.claim_types or wanted.drugs) or only_fills


def is_numbered(claim: Claim, number: str) -> bool:
    """Return whether the claim has that number, ignoring spaces and hyphens."""
    return any(_bare(own.value) == _bare(number) for own in claim.numbers)


def _in_time(claim: Claim, wanted: ClaimFilter) -> bool:
    if wanted.out.start and claim.service.overlaps(wanted.out.start, wanted.out.end):
        return False
    day = claim.service.day
    if wanted.weekdays and (day is None or day.exact is None or day.exact.isoweekday() not in wanted.weekdays):
        return False
    decided = claim.paid_on or claim.created
    if wanted.paid and not (decided and Period(decided).overlaps(*wanted.paid)):
        return False
    if wanted.lag and (claim.lag is None or not wanted.lag.hold(Decimal(claim.lag))):
        return False
    if wanted.times and not any(claim.service.overlaps(*time) for time in wanted.times):
        return False
    return not (wanted.start or wanted.end) or claim.service.overlaps(wanted.start, wanted.end)


def _fits(wanted: ClaimFilter) -> Callable[[Claim], bool]:
    """Return whether a claim matches the conditions except those on time, care and amounts, as a function."""
    fills = "pharmacy" in wanted.claim_types or bool(wanted.drugs) or wanted.also is not None  # by prescriber, too
    ways: tuple[tuple[str, Callable[[Claim, Any], bool]], ...] = (
        ("claim_types", lambda claim, one: (claim.kind or "") in _KINDS.get(one, (one,))),
        ("providers", partial(named, fills=fills)),
        ("prescribers", lambda claim, one: is_named(claim.prescriber, one)),
        ("drugs", _is_drug),
        ("doctors", lambda claim, one: one in claim.specialties),
        ("degrees", lambda claim, one: one in {part.strip(" .") for part in (claim.seen or "").split(",")[1:]}),
        ("states", is_in_state),
    )
    of_both = ((name, holds, getattr(wanted, name), getattr(wanted.out, name)) for name, holds in ways)
    told = [(name, holds, some, barred) for name, holds, some, barred in of_both if some or barred]

    def fits(claim: Claim) -> bool:
        for name, holds, some, barred in told:
            if some and not any(holds(claim, one) for one in some):
                return False
            kind = wanted.kinds.label(claim) if barred and name == "claim_types" else None
            lab = kind is not None and "lab" in wanted.kinds.above(kind.key)
            if any(holds(claim, one) for one in barred) and not lab:
                return False
        primary = wanted.specialists and (claim.specialties <= _PRIMARY or claim.kind in _APART)
        numbered = wanted.number is None or is_numbered(claim, wanted.number)
        return numbered and not primary and all(one.holds(claim) for one in wanted.traits)

    return fits


def _of_care(claim: Claim, wanted: ClaimFilter) -> bool:
    wants, without = wanted.services, wanted.out.services
    return (not wants or any(shown_as(claim, one, wanted.kinds) for one in wants)) and not any(
        (shown := shown_as(claim, one, wanted.kinds)) and not shown.partly for one in without
    )


def _of_part(claims: tuple[Claim, ...], wanted: ClaimFilter) -> tuple[Claim, ...]:
    """Return the claims whose lines name the requested part of the body; all if no part is requested.

    If no claim names the part and the question names a kind of care, return the claims that name no part at all.
    """
    if wanted.part is None:
        return claims
    told = [(claim, wanted.part.holds(claim)) for claim in claims]
    if wanted.part.out:
        return tuple(claim for claim, holds in told if not holds)
    named = tuple(claim for claim, holds in told if holds)
    return named or tuple(claim for claim, holds in told if wanted.services and holds is None)


def _sharing(claims: tuple[Claim, ...], period: str | None) -> tuple[Claim, ...]:
    """Return the claims from a day, week or month (`period`) in which another provider was seen too; all if None."""
    if period is None:
        return claims
    seen = grouped(claims, lambda claim: period_of(claim.service.day, period))
    several = {name for name, rows in seen.items() if name and len({claim.seen or claim.billing for claim in rows}) > 1}
    return tuple(claim for claim in claims if period_of(claim.service.day, period) in several)


def _nth_of(claims: tuple[Claim, ...], wanted: ClaimFilter) -> tuple[Claim, ...]:
    """Return the claims of the requested day of care, or the claims at the requested position by amount.

    All claims are returned if `nth` is None. Prescription fills count as days of care only if the question may be about
    fills.
    """
    if wanted.nth is None:
        return claims
    every = wanted.by_size or wanted.fills or with_fills(claims, wanted)
    rows = [claim for claim in claims if every or not claim.is_pharmacy]
    days = grouped((claim for claim in rows if claim.service.day), lambda claim: claim.service.day)
    visits = [[claim] for claim in rows] if wanted.by_size else list(days.values())
    first = abs(wanted.nth)
    return tuple(one for visit in visits[first - 1 : wanted.through or first] for one in visit)


def period_of(day: PartialDate | None, period: str | None) -> str:
    """Return the name of the day's period: "2026-05" for "month", "2026-Q2" for "quarter", "2026" for "year".

    For "day" and "week" this is the date of the day or of the first day of the week, "" if the day is not exact. A date
    without a month gives the year. Return "" if `day` or `period` is None.
    """
    if day is None or period is None:
        return ""
    if period == "year" or day.month is None:
        return str(day.year)
    if period in {"day", "week"}:
        return unit_around(day.first, period)[0].isoformat() if day.exact else ""
    return f"{day.year:04}-{day.month:02}" if period == "month" else f"{day.year:04}-Q{(day.month + 2) // 3}"


def _bare(number: str) -> str:
    return "".join(letter for letter in number.casefold() if letter.isalnum())


def _is_drug(claim: Claim, names: Iterable[str]) -> bool:
    """Return whether the claim is for a drug whose name contains all words of one of the names."""
    filled = " ".join(one.drug for one in claim.dispensed if one.drug).casefold()
    return any(all(word in filled for word in name.casefold().split()) for name in names)


def drugs_asked(ask: Ask, *, excluded: bool) -> tuple[tuple[str, ...], ...]:
    """Return for each drug that the question names or excludes its name and ingredient, for an ingredient its brands.

    Another brand is another drug: Ozempic is no Wegovy. If the question names no drug, return for each purpose of a
    medicine the words for it and the names of all its drugs.
    """
    if "drug" not in {*ask.slots, *ask.several, *ask.excluded}:
        rows = [(use.said, *use.drugs) for use in ask.asked.uses if use.excluded is excluded]
        return tuple((*row, *(other for name in row for other in ask.other_names(name))) for row in rows)
    named = (excluded_of if excluded else values_of)(ask, "drug")
    brands = {name for name in named if ask.ingredients.get(name.casefold(), name.casefold()) != name.casefold()}
    return tuple((name, *ask.other_names(name)[: 1 if name in brands else None]) for name in named)
