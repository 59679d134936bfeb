"""Which claims a question means: every condition that it can hold, over records alone, and what cannot be told."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from bot.kit.ask import Ask
from bot.kit.asked import excluded_of, named, span_of, text_of, values_of
from bot.records.amounts import added
from bot.records.care_kind import NO_KINDS, CareKind, CareKinds, Shown, shown_as
from bot.records.claim import Claim
from bot.records.money import Amount

READS_ALL = frozenset({"biggest", "smallest", "oldest"})
_KINDS = {"institutional": ("inpatient", "outpatient", "institutional")}
_STATES: dict[str, Callable[[Claim], bool]] = {
    "pending": lambda claim: claim.is_open,
    "denied": lambda claim: bool(claim.denied) or claim.is_partly_denied,
    "paid": lambda claim: not claim.denied and bool(claim.plan_paid and claim.plan_paid.value > 0),
    "out_of_network": lambda claim: claim.network in {"outofnetwork", "mixed"},
    "in_network": lambda claim: claim.network in {"innetwork", "mixed"},
    "unpaid": lambda claim: (left := left_of(claim)) is not None and left.value > 0,
    "adjusted": lambda claim: bool(claim.replaces),
}


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """The conditions of a question about claims. Empty or None: not said. `without_days` are left out.

    `over` and `under` are US dollars of `aspect`, the amount that the question is about (what is owed when None).
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
    state: str | None = None
    order: str | None = None
    aspect: str | None = None
    without_types: tuple[str, ...] = ()
    without_providers: tuple[str, ...] = ()
    without_services: tuple[str, ...] = ()
    without_days: tuple[date, date] | None = None
    kinds: CareKinds = NO_KINDS

    @property
    def kind(self) -> CareKind | None:
        """The one kind of care that was asked for."""
        return self.kinds.named(self.services[0]) if len(self.services) == 1 else None

    @property
    def kinds_of_care(self) -> tuple[CareKind, ...]:
        """Every kind of care that was asked for."""
        return tuple(kind for name in self.services if (kind := self.kinds.named(name)))

    @property
    def claim_type(self) -> str | None:
        """The one sort of claim that was asked for."""
        return self.claim_types[0] if len(self.claim_types) == 1 else None

    @property
    def provider(self) -> str | None:
        """Whoever was named, as one text."""
        return " / ".join(self.providers) or None

    @property
    def narrows(self) -> bool:
        """True when anything but an order was asked for."""
        lists = (self.claim_types, self.providers, self.services, self.without_types, self.without_providers)
        ones = (self.start, self.end, self.number, self.service, self.over, self.under, self.state)
        return any(lists) or bool(self.without_services or self.without_days) or any(one is not None for one in ones)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The claims that fit, in the order that was asked for.

    `silent` claims fit but for the kind of care, of which their record says nothing; `untold` ones but for an amount
    that they do not give; `undated` ones but for a day.
    """

    claims: tuple[Claim, ...]
    silent: int = 0
    untold: int = 0
    undated: int = 0


def wanted_of(ask: Ask) -> ClaimWish:
    """The conditions in a question's slots."""
    start, end = span_of(ask)
    services = tuple(name for name in values_of(ask, "service") if ask.care_kinds.named(name))
    return ClaimWish(
        start=start,
        end=end,
        claim_types=() if services and _same_words(ask) else values_of(ask, "claim_type"),
        providers=values_of(ask, "provider_name"),
        number=text_of(ask, "claim_id"),
        service=services[0] if services else None,
        services=services,
        over=_dollars(text_of(ask, "amount_over")),
        under=_dollars(text_of(ask, "amount_under")),
        state=text_of(ask, "state_of_claim"),
        order=text_of(ask, "order"),
        aspect=text_of(ask, "amount_kind"),
        without_types=excluded_of(ask, "claim_type"),
        without_providers=excluded_of(ask, "provider_name"),
        without_services=excluded_of(ask, "service"),
        without_days=_left_out(ask),
        kinds=ask.care_kinds,
    )


def _left_out(ask: Ask) -> tuple[date, date] | None:
    """The days that the question leaves out, both inclusive; of a month that is not over, all of them."""
    every = ask.excluded.get("date_range")
    value = every.value if every else ask.slots.get("date_out")
    if not isinstance(value, Mapping) or not value.get("start") or not value.get("end"):
        return None
    start, end = date.fromisoformat(str(value["start"])), date.fromisoformat(str(value["end"]))
    if end == ask.today and start.day == 1 and (start.year, start.month) == (end.year, end.month):
        end = end.replace(day=monthrange(end.year, end.month)[1])
    return start, end


def by_side(ask: Ask) -> Ask:
    """The question with a named side of the network as the state of the claims that are looked for."""
    side = (text_of(ask, "network") or "").casefold().replace("-", " ")
    state = {"out of network": "out_of_network", "in network": "in_network"}.get(side)
    return replace(ask, slots={**ask.slots, "state_of_claim": state}) if state else ask


def _same_words(ask: Ask) -> bool:
    """Whether the words for a sort of claim are those for the kind of care: a hospital stay is more than its claim."""
    words = [set(ask.words.get(slot, "").casefold().split()) for slot in ("service", "claim_type")]
    return bool(words[0] & words[1])


def choose(claims: Iterable[Claim], wanted: ClaimWish) -> Chosen:
    """The claims that fit every condition, each checked here whatever the server did."""
    rows = tuple(claims)
    if not wanted.narrows:
        return Chosen(_ordered(rows, wanted))
    dated = tuple(claim for claim in rows if _in_time(claim, wanted))
    plain = tuple(claim for claim in dated if _fits(claim, wanted))
    cared = tuple(claim for claim in plain if _of_care(claim, wanted))
    silent = sum(1 for c in plain if wanted.services and not c.performed.tells and not _of_care(c, wanted))
    priced = tuple(claim for claim in cared if _priced(claim, wanted))
    untold = sum(1 for c in cared if (wanted.over or wanted.under) and c.amount(wanted.aspect) is None)
    some_time = wanted.start or wanted.end
    undated = sum(1 for c in rows if some_time and not c.service.known and _fits(c, wanted) and _of_care(c, wanted))
    return Chosen(_ordered(priced, wanted), silent, untold, undated)


def fitting(claims: Iterable[Claim], ask: Ask) -> tuple[Claim, ...]:
    """The claims that fit everything that the question says."""
    return choose(claims, wanted_of(ask)).claims


def any_time(wanted: ClaimWish) -> ClaimWish:
    """The same conditions without a time."""
    return replace(wanted, start=None, end=None, without_days=None)


def left_of(claim: Claim) -> Amount | None:
    """What is owed less what the plan reports as paid by the member; None where the record says one of them not."""
    owed, paid = claim.owed.amount, claim.paid_by_patient
    if owed is None or paid is None or owed.currency != paid.currency:
        return None
    return owed - paid


def tells_state(claim: Claim, state: str | None) -> bool:
    """Whether the claim's record tells if it is in that state."""
    if state in {"out_of_network", "in_network"}:
        return claim.network in {"innetwork", "outofnetwork", "mixed"}
    return state != "unpaid" or left_of(claim) is not None


def with_fills(claims: Sequence[Claim], wanted: ClaimWish) -> bool:
    """Whether prescription fills may be what was asked for, beside visits; `claims` are those that fit.

    So for a kind of care, a sort of claim, or somebody of whom there are only fills: a pharmacy that was named.
    """
    only_fills = bool(wanted.providers) and bool(claims) and all(claim.is_pharmacy for claim in claims)
    return bool(wanted.services or wanted.claim_types) or only_fills


def part_of(claim: Claim, wanted: ClaimWish) -> tuple[Shown | None, Amount | None]:
    """How the claim is of the kind of care that was asked for, and the member's share of those lines alone.

    The share is None where the whole claim is of the kind, or where one of the lines does not tell its share.
    """
    if wanted.service is None:
        return None, None
    shown = shown_as(claim, wanted.service, wanted.kinds)
    if shown is None or not shown.partly:
        return shown, None
    shares = [claim.performed.lines[at].share for at in shown.lines]
    return shown, added(shares) if None not in shares else None


def amount_in(claim: Claim, wanted: ClaimWish) -> Amount | None:
    """The amount that the question is about; of a kind of care its lines' share, where the claim tells it."""
    _, part = part_of(claim, wanted) if wanted.aspect is None else (None, None)
    return part or claim.amount(wanted.aspect)


def holds_more(claim: Claim, wanted: ClaimWish) -> bool:
    """True when the amount is of the whole claim, though only some of its lines are of the kind that was asked for."""
    shown, part = part_of(claim, wanted)
    return shown is not None and shown.partly and (part is None or wanted.aspect is not None)


def is_numbered(claim: Claim, number: str) -> bool:
    """True when the claim has that number, however it is spaced or hyphenated."""
    return any(_bare(own.value) == _bare(number) for own in claim.numbers)


def _in_time(claim: Claim, wanted: ClaimWish) -> bool:
    if wanted.without_days and claim.service.known and claim.service.overlaps(*wanted.without_days):
        return False
    return not (wanted.start or wanted.end) or claim.service.overlaps(wanted.start, wanted.end)


def _fits(claim: Claim, wanted: ClaimWish) -> bool:
    return (
        (not wanted.claim_types or any(_is_type(claim, one) for one in wanted.claim_types))
        and not any(_is_type(claim, one) for one in wanted.without_types)
        and (not wanted.providers or any(named(claim, one) for one in wanted.providers))
        and not any(named(claim, one) for one in wanted.without_providers)
        and (wanted.number is None or is_numbered(claim, wanted.number))
        and (wanted.state is None or _STATES.get(wanted.state, _never)(claim))
    )


def _never(_claim: Claim) -> bool:
    return False


def _is_type(claim: Claim, name: str) -> bool:
    return (claim.kind or "") in _KINDS.get(name, (name,))


def _of_care(claim: Claim, wanted: ClaimWish) -> bool:
    wants, without = wanted.services, wanted.without_services
    return (not wants or any(shown_as(claim, one, wanted.kinds) for one in wants)) and not any(
        (shown := shown_as(claim, one, wanted.kinds)) and not shown.partly for one in without
    )


def _priced(claim: Claim, wanted: ClaimWish) -> bool:
    if wanted.over is None and wanted.under is None:
        return True
    amount = claim.amount(wanted.aspect)
    if amount is None:
        return False
    above = wanted.over is None or amount.value > wanted.over
    return above and (wanted.under is None or amount.value < wanted.under)


def _ordered(claims: tuple[Claim, ...], wanted: ClaimWish) -> tuple[Claim, ...]:
    """By size those that tell an amount come first; by day the undated ones last."""
    if wanted.order in {"biggest", "smallest"}:
        with_amount = [claim for claim in claims if claim.amount(wanted.aspect) is not None]
        without_amount = [claim for claim in claims if claim.amount(wanted.aspect) is None]
        with_amount.sort(key=lambda claim: _size(claim, wanted), reverse=wanted.order == "biggest")
        return (*with_amount, *without_amount)
    if wanted.order == "oldest":
        dated = sorted((c for c in claims if c.service.known), key=lambda claim: claim.service.sort_key)
        return (*dated, *(c for c in claims if not c.service.known))
    return claims


def _size(claim: Claim, wanted: ClaimWish) -> Decimal:
    amount = claim.amount(wanted.aspect)
    return amount.value if amount else Decimal(0)


def _dollars(text: str | None) -> Decimal | None:
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def _bare(number: str) -> str:
    return "".join(letter for letter in number.casefold() if letter.isalnum())


def wider_of(claims: Sequence[Claim], wanted: ClaimWish) -> str | None:
    """The kind of care that a wider search finds among the claims, the nearest to what was asked for."""
    for name in wanted.kinds.near(wanted.service) if wanted.service else ():
        if any(shown_as(claim, name, wanted.kinds) for claim in claims):
            return name
    return None
