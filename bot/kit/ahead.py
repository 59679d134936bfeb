"""Rules and price ranges for future care, from the operator's benefit table.

The exact price of future care is not known. The range uses the plan's prices in the member's own earlier claims for the
same care. The low end assumes that the deductible is already met by then, the high end that its whole rest is still to
be paid.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec
from msgspec.structs import replace

from bot.kit.amounts import holds_more
from bot.kit.ask import Ask, values_of
from bot.kit.benefits import Benefit
from bot.kit.claim_filter import ClaimFilter, any_time, choose
from bot.kit.coverages import Coverages, visit_kind
from bot.kit.floors import COUNTED, MetSoFar, counted_since, counting, network_side, standings
from bot.kit.period import period_claims
from bot.kit.said import filter_of
from bot.kit.spelling import stands_at, words_of
from bot.records.care_kind import CareKind
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet
from bot.records.coverage import Coverage
from bot.records.money import Amount

_EARLIER = timedelta(days=730)
"""How far back earlier claims are read for prices."""
_CENT, _ALL = Decimal("0.01"), Decimal(100)
_NOTHING = Decimal(0)
_SLOTS = ("service", "specialty", "facility_type")
_ANY_CARE = frozenset(
    {"care", "treatment", "treatments", "service", "services", "visit", "visits"}
    | {"de", "atencion", "cuidado", "servicio", "servicios", "tratamiento", "tratamientos", "visita", "visitas"}
)
# By the code of a visit that a question names: the key of the table for it.
VISITS = {
    "gpvisit": "primary_care",
    "spvisit": "specialist",
    "emergency": "er",
    "urgentcare": "urgent_care",
    "televisit": "telehealth_visit",
    "inpthosp": "hospital_stay",
}


class Ahead(msgspec.Struct, frozen=True):
    """The rule of one plan for the service in question; `benefit` is the plan's first row for it in the benefit table.

    Attributes:
        called: The person's word for the service; None if the question has no word for it, or several services match.
        others: The plan's other rows for the service, such as those for another network.
        alike: Rules of other services whose names contain that word: "therapy" also matches physical therapy.
        deductible: The member's standing with the in-network deductible; None if the records do not settle it.
        maximum: The member's standing with the out-of-pocket maximum; None if the records do not settle it.
        low: The lowest expected cost, computed from `claims`; `high` is the highest.
        claims: The member's earlier claims for the same care that have a price, newest first.
        kind: The kind of care of these claims; None if no kind of care gives a price.
        lacks: The side of the network in question ("in" or "out"), if the table has no rule for that side.
        silent: Only in the first of several: the medical plans without a rule for the service.
        lacking: Only in the first of several: the kinds of care in question without a rule.
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
        """The lowest and the highest allowed amount of `claims`; None if no claim has one."""
        found = sorted((one.allowed for one in self.claims if one.allowed), key=lambda amount: amount.value)
        return (found[0], found[-1]) if found else None


def services_asked(ask: Ask) -> dict[str, tuple[tuple[str, ...], str | None]]:
    """Return the services of the benefit table that the question names, each with its words and a kind of care.

    The price of earlier claims for that kind of care is the price of the service. The kind is None if two named kinds
    of care belong to one service. "Massage therapy" does not match a service that the table lists only as "therapy".
    """
    found: dict[str, tuple[tuple[str, ...], str | None]] = {}
    for kind in values_of(ask, "service") or ("",):
        if told := _service_of(ask, kind):
            words, service = told
            found[service] = words, _priced_as(ask, kind, service) if service not in found else None
    return found


def _service_of(ask: Ask, kind: str) -> tuple[tuple[str, ...], str] | None:
    """Return the words and the key of the table's service for a kind of care; None if the table has no such service.

    An empty `kind` stands for a question that names no kind of care: its words alone select the service.
    """
    table, services = ask.benefits, {row.service for row in ask.benefits.rows}
    own, alone = words_of(ask.words.get("service")), "service" not in ask.several
    named = [words_of(ask.words.get(slot)) for slot in _SLOTS if slot in ask.slots]
    said = words_of(ask.said) or own or tuple(word for words in named for word in words)
    out = [words_of(slot.text) for slot in ask.excluded.values()]
    told = [
        one for one in table.phrases if stands_at(one[0], said) and not any(stands_at(one[0], words) for words in out)
    ]

    def is_akin(key: str) -> bool:
        """Return whether the service is only in the operator's table, or equals, holds or lies in the kind of care."""
        return ask.care_kinds.named(key) is None or _priced_as(ask, kind, key) is not None

    def is_other(words: Sequence[str]) -> bool:
        """Return whether a name with more than "care", "visit" or the like added to the words means other care."""
        return any(stands_at(words, name) and not set(name) - set(words) <= _ANY_CARE for name in named)

    if kind and stands_at(own, said):  # of other care that the message names no rule is told
        told = [(words, key) for words, key in told if set(words) & set(own) and is_akin(key)]
    keys = sorted(ask.care_kinds.above(kind) & services, key=lambda key: (-len(ask.care_kinds.above(key)), key))
    told += [(tuple(own) if alone else (), key) for key in keys[:1]]
    found = [one for one in told if not is_other(one[0])]
    visit = VISITS.get(visit_kind(ask) or "")
    found += [((), visit)] if visit in services and not kind else []
    return max(found, key=lambda one: len(one[0])) if found else None


def _priced_as(ask: Ask, kind: str, service: str) -> str | None:
    """Return the narrower of the kind of care and the service if one contains the other; otherwise None."""
    if service in ask.care_kinds.above(kind):
        return kind
    return service if kind in ask.care_kinds.above(service) else None


def rules_ahead(ask: Ask, coverages: Coverages, side: str | None) -> tuple[Ahead, ...]:
    """Return the table's rules for the services in question, one for each current plan and service that has a rule.

    `side` is "in" or "out" of network, or None for both. The first rule also lists the kinds of care and the plans
    without a rule. Empty if there is no rule.
    """
    asked, plans = services_asked(ask), sorted(coverages.current, key=lambda one: one.scope != "medical")
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
    longer = (name for phrase, name in ask.benefits.phrases if len(phrase) > len(words) and stands_at(words, phrase))
    called = [name for name in dict.fromkeys(longer) if name != service and service not in ask.care_kinds.above(name)]
    also = [_on_side(ask, plan, name, side) or ask.benefits.of(plan, name) for name in called]
    alike = tuple(one for each in also for one in each[:1])
    own = ask.words.get("service") if ask.slots.get("service") == service and not alike else None
    return Ahead(plan, first, own, tuple(others), alike, lacks=None if fit else side)


def _on_side(ask: Ask, plan: Coverage, service: str, side: str | None) -> Sequence[Benefit]:
    rows = ask.benefits.of(plan, service)
    return [one for one in rows if side is None or not one.network or one.is_outside == (side == "out")]


async def priced_ahead(ask: Ask, rules: Sequence[Ahead], coverages: Coverages) -> tuple[Ahead, ...]:
    """Return the rules with the member's deductible and the price range added.

    These are computed from the claims of at least two years, which are read only if a rule depends on them.
    """
    if not any(_needs_claims(one) for one in rules):
        return tuple(rules)
    claim_set = await claims_for_price(ask, coverages)
    return tuple(worked_out(one, ask, claim_set, coverages) for one in rules)


async def claims_for_price(ask: Ask, coverages: Coverages) -> ClaimSet:
    """Return the claims of the plan year and of at least two years, and make those that count the answer's sources."""
    claim_set = await period_claims(ask, min(counted_since(coverages), ask.today - _EARLIER), people=False)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counting(claim_set, coverages)])
    return claim_set


def _needs_claims(rule: Ahead) -> bool:
    """Return whether claims can change what the member pays under this rule.

    Claims matter for covered in-network care with a deductible or a coinsurance.
    """
    one = rule.benefit
    return one.covered and not one.is_outside and (one.deductible or bool(one.percent))


def worked_out(rule: Ahead, ask: Ask, claim_set: ClaimSet, coverages: Coverages) -> Ahead:
    """Return the rule with the member's yearly amounts and the price range, computed from the claims in `claim_set`.

    The rule is returned unchanged if claims cannot change what the member pays.
    """
    if not _needs_claims(rule):
        return rule
    plans = [(rule.plan, rule.plan.costs)]
    met = {name: standings(name, plans, claim_set, coverages, ask) for name in COUNTED}
    left, most = (found[0] if found else None for found in met.values())
    wanted = replace(any_time(filter_of(ask)), services=(rule.kind,) if rule.kind else ())
    priced = priced_alone(counting(claim_set, coverages), wanted)
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
    """Return how much of the deductible may still be due at most.

    If the member's standing is unknown, this is the whole deductible, or the whole price if the plan gives no
    deductible.
    """
    if met is not None:
        return met.left.value if met.left else _NOTHING
    named = [s.amount.value for s in rule.plan.costs if s.kind == "deductible" and s.side != "out" and s.amount]
    return max(named, default=price)


def priced_alone(claims: Iterable[Claim], wanted: ClaimFilter) -> list[Claim]:
    """Return the claims that are for the wanted care only and have an allowed amount in the newest one's currency.

    Out-of-network, sensitive and denied claims are left out. Empty if no kind of care is wanted.
    """
    whole = replace(wanted, aspect="allowed")
    fit = choose(claims, whole).claims if wanted.services else ()
    told = [one for one in fit if one.allowed and one.allowed.value > 0 and network_side(one) != "out"]
    plain = [one for one in told if not (one.sensitive or one.denied or holds_more(one, whole))]
    return [
        one for one in plain if one.allowed and plain[0].allowed and one.allowed.currency == plain[0].allowed.currency
    ]


def _share(rule: Benefit, price: Decimal, left: Decimal) -> Decimal:
    """Return the member's share of a price, rounded to cents; `left` is the part of the deductible still due."""
    first = min(price, left) if rule.deductible else _NOTHING
    rest = price - first
    part = rest * (rule.percent or _NOTHING) / _ALL
    copay = min(rest, rule.copay.value) if rule.copay else _NOTHING
    return min(price, first + part + copay).quantize(_CENT, ROUND_HALF_UP)
