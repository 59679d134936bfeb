"""What care to come costs by the operator's benefit table: the rule, what is left this year, and the range of both.

A price ahead is never known. The range rests on the plan's prices in the member's own earlier claims of that care, and
runs from "the deductible is met by then" to "all that may be left of it is".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from bot.kit.ask import Ask, values_of
from bot.kit.benefits import Benefit, stands
from bot.kit.coverages import Coverages
from bot.kit.floors import COUNTED, MetSoFar, counted_since, counting, network_side, standings
from bot.kit.period import period_claims
from bot.kit.said import visit_kind
from bot.kit.spelling import words_of
from bot.kit.wanted import ClaimWish, any_time, choose, holds_more, wanted_of
from bot.records.care_kind import CareKind
from bot.records.claim import Claim
from bot.records.coverage import Coverage
from bot.records.live import Live
from bot.records.money import Amount

EARLIER = timedelta(days=730)
"""How far back prices are looked for."""
_CENT, _ALL = Decimal("0.01"), Decimal(100)
_NOTHING = Decimal(0)
_SLOTS = ("service", "specialty", "facility_type")
_ANY_CARE = frozenset(
    {"care", "treatment", "treatments", "service", "services", "visit", "visits"}
    | {"de", "atencion", "cuidado", "servicio", "servicios", "tratamiento", "tratamientos", "visita", "visitas"}
)
# By the code of a visit that a question names: the key of the table for it.
_VISITS = {
    "gpvisit": "primary_care",
    "spvisit": "specialist",
    "emergency": "er",
    "urgentcare": "urgent_care",
    "televisit": "telehealth_visit",
    "inpthosp": "hospital_stay",
}


@dataclass(frozen=True, slots=True)
class Ahead:
    """The rules of one plan for the service that is asked about: `benefit`, the first, and `others`, of other networks.

    `called` is the asker's word for it, where that is the very service of the table. `alike` are the rules of other
    services whose names hold that word: "therapy" is counselling, and physical therapy too.
    `deductible` and `maximum` are where the member stands with the yearly figures in network, None where the record
    does not settle it. `low` and `high` follow from `claims`, the own earlier ones of `kind` with a price, the newest
    first. `lacks` is the side of the network that was asked for, where the table has no rule for it. The first of
    several holds the medical plans that the table is `silent` of, and the kinds of care `lacking` in it.
    """

    plan: Coverage
    benefit: Benefit
    called: str | None = None
    others: tuple[Benefit, ...] = ()
    alike: tuple[Benefit, ...] = ()
    deductible: MetSoFar | None = None
    maximum: MetSoFar | None = None
    low: Amount | None = None
    high: Amount | None = None
    claims: tuple[Claim, ...] = ()
    kind: str | None = None
    lacks: str | None = None
    silent: tuple[Coverage, ...] = ()
    lacking: tuple[CareKind, ...] = ()

    @property
    def prices(self) -> tuple[Amount, Amount] | None:
        """The lowest and the highest price among the claims."""
        found = sorted((one.allowed for one in self.claims if one.allowed), key=lambda amount: amount.value)
        return (found[0], found[-1]) if found else None


def services_asked(ask: Ask) -> dict[str, tuple[tuple[str, ...], str | None]]:
    """The services of the table that a question means, each with the words for it and the kind of care that prices it.

    "Massage therapy" is no therapy that the table lists under that word alone. A kind that two rows of words share has
    no price of its own.
    """
    found: dict[str, tuple[tuple[str, ...], str | None]] = {}
    for kind in values_of(ask, "service") or ("",):
        if told := _service_of(ask, kind):
            words, service = told
            found[service] = words, _priced_as(ask, kind, service) if service not in found else None
    return found


def _service_of(ask: Ask, kind: str) -> tuple[tuple[str, ...], str] | None:
    """The words and the service of the table for one kind of care that was named, or for the words where none was."""
    table, services = ask.benefits, {row.service for row in ask.benefits.rows}
    own, alone = words_of(ask.words.get("service")), "service" not in ask.several
    named = [words_of(ask.words.get(slot)) for slot in _SLOTS if slot in ask.slots]
    said = words_of(ask.said) or own or tuple(word for words in named for word in words)
    out = [words_of(slot.text) for slot in ask.excluded.values()]
    told = [one for one in table.phrases if stands(one[0], said) and not any(stands(one[0], words) for words in out)]
    if kind and stands(own, said):  # of other care that the message names no rule is told
        told = [(words, key) for words, key in told if set(words) & set(own) and _is_akin(ask, kind, key)]
    keys = sorted(ask.care_kinds.above(kind) & services, key=lambda key: (-len(ask.care_kinds.above(key)), key))
    told += [(tuple(own) if alone else (), key) for key in keys[:1]]
    found = [one for one in told if not any(_is_other(one[0], words) for words in named)]
    visit = _VISITS.get(visit_kind(ask) or "")
    found += [((), visit)] if visit in services and not kind else []
    return max(found, key=lambda one: len(one[0])) if found else None


def _also_called(ask: Ask, words: Sequence[str], service: str) -> tuple[str, ...]:
    """Services of the table with a longer name that holds the words, beside the one that they mean and its kinds."""
    kinds = ask.care_kinds
    held = [name for phrase, name in ask.benefits.phrases if len(phrase) > len(words) and stands(words, phrase)]
    return tuple(dict.fromkeys(name for name in held if name != service and service not in kinds.above(name)))


def _is_akin(ask: Ask, kind: str, service: str) -> bool:
    """Whether a service is, or is within, a kind of care, or holds it; the operator's own services may be."""
    kinds = ask.care_kinds
    return kinds.named(service) is None or service in kinds.above(kind) or kind in kinds.above(service)


def _priced_as(ask: Ask, kind: str, service: str) -> str | None:
    """The narrower one of the two, where one holds the other."""
    if service in ask.care_kinds.above(kind):
        return kind
    return service if kind in ask.care_kinds.above(service) else None


def _is_other(words: Sequence[str], named: Sequence[str]) -> bool:
    """Whether what was named holds the words and means something else: not just "care" or "visit" beside them."""
    return stands(words, named) and not set(named) - set(words) <= _ANY_CARE


def rules_ahead(ask: Ask, coverages: Coverages, side: str | None) -> tuple[Ahead, ...]:
    """The rules of the table for what is asked, by plan that holds today; none where it has none. `side`: in or out.

    The first says what else was asked and has none.
    """
    asked, plans = services_asked(ask), _plans(coverages)
    found = [_of_plan(ask, plan, name, words, side) for plan in plans for name, (words, _) in asked.items()]
    rules = [replace(one, kind=asked[one.benefit.service][1]) for one in found if one]
    if not rules:
        return ()
    told = {one.plan.id for one in rules}
    silent = tuple(one for one in plans if one.scope == "medical" and one.id not in told)
    kinds = [ask.care_kinds.named(name) for name in values_of(ask, "service") if not _service_of(ask, name)]
    return (replace(rules[0], silent=silent, lacking=tuple(one for one in kinds if one)), *rules[1:])


def _of_plan(ask: Ask, plan: Coverage, service: str, words: tuple[str, ...], side: str | None) -> Ahead | None:
    fit, rows = _on_side(ask, plan, service, side), ask.benefits.of(plan, service)
    if not rows:
        return None
    first, *others = fit or rows
    also = [
        _on_side(ask, plan, name, side) or ask.benefits.of(plan, name) for name in _also_called(ask, words, service)
    ]
    alike = tuple(one for each in also for one in each[:1])
    own = ask.words.get("service") if ask.slots.get("service") == service and not alike else None
    return Ahead(plan, first, own, tuple(others), alike, lacks=None if fit else side)


def _on_side(ask: Ask, plan: Coverage, service: str, side: str | None) -> Sequence[Benefit]:
    rows = ask.benefits.of(plan, service)
    return [one for one in rows if side is None or not one.network or one.is_outside == (side == "out")]


def _plans(coverages: Coverages) -> Sequence[Coverage]:
    """The medical plans of today, then any other whose own rows there may be."""
    return sorted(coverages.current, key=lambda one: one.scope != "medical")


async def priced_ahead(ask: Ask, rules: Sequence[Ahead], coverages: Coverages) -> tuple[Ahead, ...]:
    """The rules with what is left and the range, from two years of claims; as they are where no claim changes them."""
    if not any(_needs_claims(one) for one in rules):
        return tuple(rules)
    since = min(counted_since(coverages), ask.today - EARLIER)
    alive = await period_claims(ask, since, people=False)
    found = tuple(worked_out(one, ask, alive, coverages) for one in rules)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counting(alive, coverages)])
    return found


def _needs_claims(rule: Ahead) -> bool:
    """Whether what is left, or a price, changes what is to be paid."""
    one = rule.benefit
    return one.covered and not one.is_outside and (one.deductible or bool(one.percent))


def worked_out(rule: Ahead, ask: Ask, alive: Live, coverages: Coverages) -> Ahead:
    """The rule with what is left and the range, from the claims that count, of any time."""
    if not _needs_claims(rule):
        return rule
    plans = [(rule.plan, rule.plan.costs)]
    met = {name: standings(name, plans, alive, coverages) for name in COUNTED}
    left, most = (found[0] if found else None for found in met.values())
    wanted = replace(any_time(wanted_of(ask)), service=rule.kind, services=(rule.kind,) if rule.kind else ())
    priced = priced_alone(counting(alive, coverages), wanted)
    worked = replace(rule, deductible=left, maximum=most, claims=tuple(priced))
    if worked.prices is None:
        return worked
    lowest, highest = worked.prices
    low = _share(rule.benefit, lowest.value, _NOTHING)
    high = _share(rule.benefit, highest.value, _may_be_left(rule, left, highest.value))
    if most:
        high = min(high, most.left.value if most.left else _NOTHING)
    return replace(worked, low=Amount(min(low, high), lowest.currency), high=Amount(high, highest.currency))


def _may_be_left(rule: Ahead, met: MetSoFar | None, price: Decimal) -> Decimal:
    """How much of the deductible may still be to pay: all of the price where nothing tells."""
    if met is not None:
        return met.left.value if met.left else _NOTHING
    named = [s.amount.value for s in rule.plan.costs if s.kind == "deductible" and s.side != "out" and s.amount]
    return max(named, default=price)


def priced_alone(claims: Iterable[Claim], wanted: ClaimWish) -> list[Claim]:
    """The claims of nothing but the asked care which tell the plan's price, in network and in one currency."""
    whole = replace(wanted, aspect="allowed")
    fit = choose(claims, whole).claims if wanted.services else ()
    told = [one for one in fit if one.allowed and one.allowed.value > 0 and network_side(one) != "out"]
    plain = [one for one in told if not (one.sensitive or one.denied or holds_more(one, whole))]
    return [
        one for one in plain if one.allowed and plain[0].allowed and one.allowed.currency == plain[0].allowed.currency
    ]


def _share(rule: Benefit, price: Decimal, left: Decimal) -> Decimal:
    """What a member pays of a price while so much of the deductible is left, to the cent."""
    first = min(price, left) if rule.deductible else _NOTHING
    rest = price - first
    part = rest * (rule.percent or _NOTHING) / _ALL
    copay = min(rest, rule.copay.value) if rule.copay else _NOTHING
    return min(price, first + part + copay).quantize(_CENT, ROUND_HALF_UP)
