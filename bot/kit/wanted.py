"""The conditions of a question about claims, their check on the claims, and counts of undecided claims."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, NamedCare, excluded_of, span_of, text_of, values_of
from bot.kit.conditions import doctors_asked, listed
from bot.kit.sized import Exact, exact_asked, is_met, limits_asked, ordered, sized
from bot.kit.spelling import words_of
from bot.kit.which import (
    VISITS,
    drugs_named_in,
    is_drug,
    named,
    nth_asked,
    of_care_named,
    of_each_year,
    order_asked,
    part_asked,
    parts_named,
)
from bot.records.care_kind import NO_KINDS, CareKind, CareKinds, shown_as
from bot.records.claim import Claim
from bot.records.shapes import grouped
from bot.records.share import is_in_state

_LISTED = re.compile(r"\s*(?:,|\b(?:and|or|y|o|e|u|vs|versus)\b)\s*")
READS_ALL = frozenset({"biggest", "smallest", "oldest"})
_CLAIMS = frozenset({"claim", "claims", "eob", "eobs", "reclamo", "reclamos", "reclamacion", "reclamaciones"})
# Doctors of whatever kind: their visits are meant, and no prescription.
_DOCTORS = frozenset({("doctors",), ("doctores",), ("medicos",), ("physicians",)})
_SETTINGS = {
    "outpatient": frozenset({"outpatient", "ambulatorio", "ambulatoria", "ambulatorios", "ambulatorias"}),
    "inpatient": frozenset({"inpatient"}),
}
"""Claim types that no slot holds, by the words for them."""
_WEEK = frozenset(range(1, 8))
_THERAPY, _PHYSICAL = "therapy", "physical_therapy"
_THERAPIES = frozenset({"therapy", "therapist", "terapia", "terapias", "terapeuta"})
_KINDS = {"institutional": ("inpatient", "outpatient", "institutional")}


class ClaimWish(msgspec.Struct, frozen=True):
    """The conditions of a question about claims. Empty or None: not said. `without_days` are left out.

    `over` and `under` are US dollars of `aspect`, the amount that the question is about (what is owed when None);
    with `over_too` and `under_too` that amount itself fits, as in "at least $50"; `exact` is what it has to be.
    `doctor_kinds` are NUCC codes with the person's word for them: whoever gave the care is of one of the kinds.
    `weekdays` are the days of the week, Monday as 1, one of which the care began on; any where empty.
    `part` is the part of the body that the care was for, with the person's word; `nth` the how-manieth day of care in
    time, from 1, and from the newest where it is negative, where `fills` count too; `yearly`: that of each year. Each
    of the drugs is the person's word with the other names of the same drug. `either`: what is of one of the claim types
    or of one of the kinds of care fits. `also` is a further condition, such as the claim's plan; `care` is named by a
    word alone.
    """

    start: date | None = None
    end: date | None = None
    claim_types: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    number: str | None = None
    service: str | None = None
    services: tuple[str, ...] = ()
    over: Decimal | None = None
    under: Decimal | None = None
    exact: Exact | None = None
    state: str | None = None
    order: str | None = None
    aspect: str | None = None
    over_too: bool = False
    under_too: bool = False
    doctor_kinds: tuple[tuple[frozenset[str], str], ...] = ()
    without_doctors: frozenset[str] = frozenset()
    without_states: tuple[str, ...] = ()
    without_types: tuple[str, ...] = ()
    without_providers: tuple[str, ...] = ()
    without_services: tuple[str, ...] = ()
    drugs: tuple[tuple[str, ...], ...] = ()
    without_drugs: tuple[tuple[str, ...], ...] = ()
    without_days: tuple[date, date] | None = None
    weekdays: frozenset[int] = frozenset()
    part: tuple[str, str] | None = None
    nth: int | None = None
    yearly: bool = False
    fills: bool = False
    either: bool = False
    kinds: CareKinds = NO_KINDS
    care: NamedCare | None = None
    also: Callable[[Claim], bool] | None = None

    def __call__(self, claims: Iterable[Claim]) -> tuple[Claim, ...]:
        """Return the claims that match every condition except the time, which `Live.within` checks."""
        return choose(claims, replace(self, start=None, end=None)).claims

    @property
    def doctors(self) -> frozenset[str]:
        """The NUCC codes of all kinds of doctors that were asked for."""
        return frozenset[str]().union(*(codes for codes, _ in self.doctor_kinds))

    @property
    def doctor_said(self) -> str | None:
        """The person's words for the kinds of doctors."""
        return " / ".join(word for _, word in self.doctor_kinds) or None

    @property
    def kind(self) -> CareKind | None:
        """The single kind of care that was asked for."""
        kinds = self.kinds_of_care
        return kinds[0] if len(kinds) == 1 else None

    @property
    def kinds_of_care(self) -> tuple[CareKind, ...]:
        """All kinds of care that were asked for."""
        if self.care and self.care.claims:
            return (CareKind("", {"en": self.care.text}),)
        return tuple(kind for name in self.services if (kind := self.kinds.named(name)))

    @property
    def claim_type(self) -> str | None:
        """The single claim type that was asked for."""
        return self.claim_types[0] if len(self.claim_types) == 1 else None

    @property
    def sides(self) -> tuple[ClaimWish, ...]:
        """One wish for each of several named claim types, kinds of care or providers; empty if there is one."""
        types = self.claim_types if self.either or len(set(self.claim_types)) > 1 else ()
        kinds = self.services if self.either or len(self.services) > 1 else ()
        found = [replace(self, claim_types=(one,), service=None, services=(), either=False) for one in types]
        found += [replace(self, claim_types=(), service=one, services=(one,), either=False) for one in kinds]
        found = found or [replace(self, drugs=(one,)) for one in self.drugs] if len(self.drugs) > 1 else found
        found = found or [replace(self, providers=(one,)) for one in self.providers]
        found = found if len(found) > 1 else [replace(self, doctor_kinds=(one,)) for one in self.doctor_kinds]
        found = [one for at, one in enumerate(found) if one not in found[:at]]
        return tuple(found) if len(found) > 1 else ()

    @property
    def without_names(self) -> tuple[str, ...]:
        """The providers and drugs that are left out."""
        return (*self.without_providers, *(names[0] for names in self.without_drugs))

    @property
    def provider(self) -> str | None:
        """The named providers as one text."""
        return " / ".join(self.providers) or None

    @property
    def narrows(self) -> bool:
        """True when anything but an order was asked for."""
        lists = (self.claim_types, self.providers, self.services, self.drugs, self.without_types, self.without_states)
        left_out = (
            self.without_services or self.without_names or self.without_days or self.without_doctors or self.weekdays
        )
        ones = (self.start, self.end, self.number, self.over, self.under, self.exact, self.state, self.nth, self.part)
        cared = bool(self.care and self.care.claims)
        return any(lists) or cared or bool(self.doctors) or bool(left_out) or any(one is not None for one in ones)


class Chosen(msgspec.Struct, frozen=True):
    """The matching claims in the order that was asked for.

    Of claims that match otherwise, `silent` counts those without a kind of care or of doctor, `untold` those without
    the amount, and `undated` those without a day of service.
    """

    claims: tuple[Claim, ...]
    silent: int = 0
    untold: int = 0
    undated: int = 0


def wanted_of(ask: Ask) -> ClaimWish:
    """Return the conditions in a question's slots, read once."""
    if ask.wish is None:
        ask.wish = _wanted(ask)
    return ask.wish


def _wanted(ask: Ask) -> ClaimWish:
    (start, end), (over, under) = span_of(ask), limits_asked(ask)
    services = _services(ask)
    types, either = _types(ask, services)
    called = [words_of(ask.words.get(slot)) for slot in ("service", "claim_type")]
    nth = nth_asked(ask, VISITS.union(*called))
    part, excluded = part_asked(ask), ask.excluded.get("specialty")
    out = excluded.every if excluded else ()
    return ClaimWish(
        doctor_kinds=() if part else doctors_asked(ask),  # "my knee" names no doctor
        without_doctors=frozenset(code for one in out for code in listed(one)),
        start=start,
        end=end,
        claim_types=types,
        providers=values_of(ask, "provider_name"),
        number=text_of(ask, "claim_id"),
        service=services[0] if services else None,
        services=services,
        over=over,
        under=under,
        state=text_of(ask, "state_of_claim"),
        order="oldest" if nth and nth > 0 else None if nth else order_asked(ask),
        aspect=text_of(ask, "amount_kind"),
        exact=exact_asked(ask),
        over_too=is_met(ask, "amount_over"),
        under_too=is_met(ask, "amount_under"),
        without_states=excluded_of(ask, "state_of_claim"),
        without_types=excluded_of(ask, "claim_type"),
        without_providers=excluded_of(ask, "provider_name"),
        without_services=excluded_of(ask, "service"),
        drugs=drugs_named_in(ask, values_of(ask, "drug")),
        without_drugs=drugs_named_in(ask, excluded_of(ask, "drug")),
        without_days=_left_out(ask),
        weekdays=_weekdays(ask),
        part=part,
        nth=nth,
        yearly=nth is not None and of_each_year(ask),
        fills=not _CLAIMS.isdisjoint(words_of(ask.said)),
        either=either,
        kinds=ask.care_kinds,
        care=ask.care,
    )


def _services(ask: Ask) -> tuple[str, ...]:
    """Return the kinds of care; "therapy" alone is of the mind or of the body."""
    found = tuple(name for name in values_of(ask, "service") if ask.care_kinds.named(name))
    bare = _THERAPY in found and not _THERAPIES.isdisjoint(words_of(ask.words.get("service")))
    return (*found, _PHYSICAL) if bare and _PHYSICAL not in found and ask.care_kinds.named(_PHYSICAL) else found


def _left_out(ask: Ask) -> tuple[date, date] | None:
    """Return the excluded days, both inclusive; for the current month, the whole month."""
    every = ask.excluded.get("date_range")
    value = every.value if every else ask.slots.get("date_out")
    if not isinstance(value, Mapping) or not value.get("start") or not value.get("end"):
        return None
    start, end = date.fromisoformat(str(value["start"])), date.fromisoformat(str(value["end"]))
    if end == ask.today and start.day == 1 and (start.year, start.month) == (end.year, end.month):
        end = end.replace(day=monthrange(end.year, end.month)[1])
    return start, end


def _weekdays(ask: Ask) -> frozenset[int]:
    """Return the days of the week on which the care has to be, Monday as 1; the others where some are excluded."""
    wanted, out = ("".join(found(ask, "weekday")) for found in (values_of, excluded_of))
    days = frozenset(map(int, wanted)) or (_WEEK if out else frozenset[int]())
    return days - frozenset(map(int, out))


def _types(ask: Ask, services: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Return the claim types, and whether they are alternatives to the kinds of care, as in "dental and ER claims".

    A type that comes from the words for a kind of care, as in "hospital stay", is ignored.
    """
    types, own = values_of(ask, "claim_type"), set(words_of(ask.words.get("service")))
    bare = not (types or services) and {"provider_name", "number_of", "group"}.isdisjoint(ask.slots)
    if bare and words_of(ask.words.get("specialty")) in _DOCTORS:
        return ("professional",), False
    setting = next((name for name, words in _SETTINGS.items() if words.intersection(words_of(ask.said))), None)
    if setting and types in {(), ("institutional",)} and "claim_type" not in ask.excluded and not services:
        return (setting,), False
    if not services or not own.intersection(words_of(ask.words.get("claim_type"))):
        return types, False
    said = _LISTED.split(ask.words.get("claim_type", "").casefold())
    pairs = zip(types, said, strict=True) if len(types) == len(said) > 1 else ()
    kept = tuple(one for one, words in pairs if not own.intersection(words_of(words)))
    return kept, bool(kept)


def choose(claims: Iterable[Claim], wanted: ClaimWish) -> Chosen:
    """Return the claims that match every condition, each checked here whatever the server did."""
    rows = tuple(claim for claim in claims if wanted.also is None or wanted.also(claim))
    if not wanted.narrows:
        return Chosen(ordered(of_care_named(rows, wanted.care), wanted))
    dated = tuple(claim for claim in rows if _in_time(claim, wanted))
    plain = tuple(
        claim for claim in dated if _fits(claim, replace(wanted, claim_types=()) if wanted.either else wanted)
    )
    cared = _of_part(tuple(claim for claim in plain if _of_care(claim, wanted)), wanted)
    cared = of_care_named(cared, wanted.care)
    silent = sum(1 for c in plain if wanted.services and not c.performed.tells and not _of_care(c, wanted))
    if wanted.doctors:
        any_doctor = replace(wanted, doctor_kinds=())
        silent += sum(1 for c in dated if not (c.specialties or c.is_pharmacy) and _fits(c, any_doctor))
    priced = sized(cared, wanted)
    untold = sum(1 for c in cared if (wanted.over or wanted.under or wanted.exact) and c.amount(wanted.aspect) is None)
    some_time = wanted.start or wanted.end
    undated = sum(1 for c in rows if some_time and not c.service.known and _fits(c, wanted) and _of_care(c, wanted))
    return Chosen(_nth_of(ordered(priced, wanted), wanted), silent, untold, undated)


def fitting(claims: Iterable[Claim], ask: Ask) -> tuple[Claim, ...]:
    """Return the claims that match all conditions of the question."""
    return choose(claims, wanted_of(ask)).claims


def any_time(wanted: ClaimWish) -> ClaimWish:
    """Return the conditions without a time."""
    return replace(wanted, start=None, end=None, without_days=None)


def with_fills(claims: Sequence[Claim], wanted: ClaimWish) -> bool:
    """Return whether prescription fills may be meant too: of a kind of care or of claim, or where nothing else fits."""
    only_fills = wanted.narrows and bool(claims) and all(claim.is_pharmacy for claim in claims)
    return bool(wanted.services or wanted.claim_types or wanted.drugs) or only_fills


def is_numbered(claim: Claim, number: str) -> bool:
    """Return whether the claim has that number, ignoring spaces and hyphens."""
    return any(_bare(own.value) == _bare(number) for own in claim.numbers)


def _in_time(claim: Claim, wanted: ClaimWish) -> bool:
    if wanted.without_days and claim.service.known and claim.service.overlaps(*wanted.without_days):
        return False
    day = claim.service.day
    if wanted.weekdays and (day is None or day.exact is None or day.exact.isoweekday() not in wanted.weekdays):
        return False
    return not (wanted.start or wanted.end) or claim.service.overlaps(wanted.start, wanted.end)


def _fits(claim: Claim, wanted: ClaimWish) -> bool:
    return (
        (not wanted.claim_types or any(_is_type(claim, one) for one in wanted.claim_types))
        and not any(_is_type(claim, one) for one in wanted.without_types)
        and (not wanted.providers or any(named(claim, one, fills=_of_fills(wanted)) for one in wanted.providers))
        and not any(named(claim, one, fills=_of_fills(wanted)) for one in wanted.without_providers)
        and (not wanted.drugs or any(is_drug(claim, names) for names in wanted.drugs))
        and not any(is_drug(claim, names) for names in wanted.without_drugs)
        and (not wanted.doctors or bool(wanted.doctors & claim.specialties))
        and not wanted.without_doctors & claim.specialties
        and (wanted.number is None or is_numbered(claim, wanted.number))
        and (wanted.state is None or is_in_state(claim, wanted.state))
        and not any(is_in_state(claim, one) for one in wanted.without_states)
    )


def _is_type(claim: Claim, name: str) -> bool:
    return (claim.kind or "") in _KINDS.get(name, (name,))


def _of_care(claim: Claim, wanted: ClaimWish) -> bool:
    wants, without = wanted.services, wanted.without_services
    if wanted.either and any(_is_type(claim, one) for one in wanted.claim_types):
        return True
    return (not wants or any(shown_as(claim, one, wanted.kinds) for one in wants)) and not any(
        (shown := shown_as(claim, one, wanted.kinds)) and not shown.partly for one in without
    )


def _of_part(claims: tuple[Claim, ...], wanted: ClaimWish) -> tuple[Claim, ...]:
    """Return the claims that name the part of the body; of a kind of care, else those that name no part."""
    if wanted.part is None:
        return claims
    named = tuple(claim for claim in claims if wanted.part[0] in parts_named(claim))
    return named or tuple(claim for claim in claims if wanted.services and not parts_named(claim))


def _nth_of(claims: tuple[Claim, ...], wanted: ClaimWish) -> tuple[Claim, ...]:
    """Return the claims of the nth day; a prescription counts only among drugs and supplies."""
    if wanted.nth is None:
        return claims
    rows = (
        claims
        if wanted.fills or with_fills(claims, wanted)
        else tuple(claim for claim in claims if not claim.is_pharmacy)
    )
    days = list(dict.fromkeys(claim.service.day for claim in rows if claim.service.day))
    at = abs(wanted.nth)
    groups = grouped(days, lambda day: day.year if wanted.yearly else None).values()
    found = {day for group in groups for day in group[at - 1 : at]}
    return tuple(claim for claim in rows if claim.service.day in found)


def _bare(number: str) -> str:
    return "".join(letter for letter in number.casefold() if letter.isalnum())


def _of_fills(wanted: ClaimWish) -> bool:
    """Return whether prescriptions are asked for: what is paid for one is not paid to the doctor who wrote it."""
    return "pharmacy" in wanted.claim_types or bool(wanted.drugs) or wanted.also is not None
