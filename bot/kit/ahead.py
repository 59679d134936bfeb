"""What a plan says that future care costs: by the operator's benefit table, or else by the shares of its Coverage.

The exact price of future care is not known. The range uses the plan's prices in the member's own earlier claims for the
same care. The low end assumes that the deductible is already met by then, the high end that its whole rest is still to
be paid.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec
from msgspec.structs import replace

from bot.kit.accumulated import COUNTED, MetSoFar, counted_since, counting, network_side, standings
from bot.kit.amounts import holds_more
from bot.kit.ask import Ask, values_of
from bot.kit.benefits import Benefit
from bot.kit.claim_filter import ClaimFilter, any_time, choose
from bot.kit.coming import care_scope
from bot.kit.coverages import Coverages, side_named, visit_kind
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


class OfPrice(msgspec.Struct, frozen=True):
    """The member's share of a price.

    Attributes:
        first: The part of the price that counts toward the rest of the deductible.
        rest: The price minus `first`.
        part: The coinsurance and the copay on `rest`.
        capped: True if the share would exceed what is left of the out-of-pocket maximum, so that it is what is left.
    """

    price: Amount
    share: Amount
    first: Amount
    rest: Amount
    part: Amount
    capped: bool = False


class PlanRule(msgspec.Struct, frozen=True):
    """What the member pays for the requested care under one plan, and how much of its yearly amounts is left.

    Attributes:
        benefit: The plan's first row for the care in the benefit table, or else the share that the Coverage states: the
            copay of the visit, or the percentage of all care. None if neither states one.
        listed: Whether `benefit` is from the table.
        own: Whether the person's words name exactly the service of that row.
        others: The plan's other rows for the service, such as those for another network.
        alike: Rows of other services whose names contain the person's word: "therapy" also matches physical therapy.
        lacks: The side of the network in question ("in" or "out"), if the table has no rule for that side.
        deductible: How much of the in-network deductible is used; None if the records do not show it.
        maximum: How much of the out-of-pocket maximum is used; None if the records do not show it.
        kind: The kind of care of `claims`; None if no kind of care gives a price.
        claims: The member's earlier claims for the same care that have a price, newest first.
    """

    plan: Coverage
    benefit: Benefit | None = None
    listed: bool = False
    own: bool = True
    others: tuple[Benefit, ...] = ()
    alike: tuple[Benefit, ...] = ()
    lacks: str | None = None
    deductible: MetSoFar | None = None
    maximum: MetSoFar | None = None
    kind: str | None = None
    claims: tuple[Claim, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the plan names a share for this very care, and not only one for care in general."""
        return self.listed or self.copay

    @property
    def copay(self) -> bool:
        """Whether the share is due without the deductible."""
        return self.benefit is not None and self.benefit.covered and not self.benefit.deductible

    @property
    def depends(self) -> bool:
        """Whether claims can change what the member pays: for in-network care with a deductible or a coinsurance."""
        one = self.benefit
        return one is not None and one.covered and not one.is_outside and (one.deductible or bool(one.percent))

    @property
    def span(self) -> tuple[Amount, Amount] | None:
        """The lowest and the highest cost to expect by the allowed amounts of `claims`; None without a claim."""
        prices = sorted((one.allowed for one in self.claims if one.allowed), key=lambda amount: amount.value)
        if not prices:
            return None
        low, high = self.of_price(prices[0], met=True).share, self.of_price(prices[-1]).share
        return min(low, high, key=lambda amount: amount.value), high

    def of_price(self, price: Amount, *, met: bool = False) -> OfPrice:
        """Return the highest possible share of a price, since claims show only a minimum of what is used.

        With `met`, the deductible is taken as met.
        """
        own = [s for s in self.plan.costs if s.kind == "deductible" and s.side != "out" and s.who != "family"]
        named = [share.amount.value for share in own if share.amount and not share.drugs]
        due = max(named, default=price.value)  # at most, if the member's standing is unknown
        if met or self.deductible:
            due = self.deductible.left.value if not met and self.deductible and self.deductible.left else _NOTHING
        cap = (self.maximum.left.value if self.maximum.left else _NOTHING) if self.maximum else None
        return of_price(self.benefit or Benefit(""), price, due, cap)


def of_price(rule: Benefit, price: Amount, due: Decimal, cap: Decimal | None = None) -> OfPrice:
    """Return the member's share of a price, rounded to cents.

    `due` is what is left of the deductible, `cap` of the out-of-pocket maximum.
    """
    first = Amount(min(price.value, due) if rule.deductible else _NOTHING, price.currency)
    rest = price - first
    part = rest.value * (rule.percent or _NOTHING) / _ALL + (rule.copay.value if rule.copay else _NOTHING)
    after = Amount(min(rest.value, part).quantize(_CENT, ROUND_HALF_UP), price.currency)
    share = first + after
    capped = cap is not None and cap < share.value
    return OfPrice(
        price, Amount(cap, price.currency) if cap is not None and capped else share, first, rest, after, capped
    )


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
    """Return the words and the key of the benefit table's service for a kind of care; None if it has no such service.

    `kind` is empty if the question names no kind of care; its words alone then select the service.
    """
    table, services = ask.benefits, {row.service for row in ask.benefits.rows}
    own, alone = words_of(ask.words.get("service")), "service" not in ask.several
    named = [words_of(ask.words.get(slot)) for slot in ("service", "specialty", "facility_type") if slot in ask.slots]
    said = words_of(ask.said) or own or tuple(word for words in named for word in words)
    out = [words_of(slot.text) for slot in ask.excluded.values()]
    told = [
        one for one in table.phrases if stands_at(one[0], said) and not any(stands_at(one[0], words) for words in out)
    ]

    def is_akin(key: str) -> bool:
        """Return whether the service equals, contains or is part of the kind of care, or is only in the table."""
        return ask.care_kinds.named(key) is None or _priced_as(ask, kind, key) is not None

    def is_other(words: Sequence[str]) -> bool:
        """Return whether a name means other care, because it adds more to the words than "care" or "visit"."""
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


def listed_rules(ask: Ask, coverages: Coverages) -> tuple[PlanRule, ...]:
    """Return the table's rules for the services in question, one for each current plan and service that has a rule."""
    asked, plans = services_asked(ask), sorted(coverages.current, key=lambda one: one.scope != "medical")
    found = [_listed(ask, plan, name, words) for plan in plans for name, (words, _) in asked.items()]
    own = {ask.slots.get("service"), VISITS.get(visit_kind(ask) or "")}
    return tuple(
        replace(
            one,
            kind=asked[one.benefit.service][1],
            own=len(asked) == 1 and not one.alike and one.benefit.service in own,
        )
        for one in found
        if one and one.benefit
    )


def rules_of(ask: Ask, coverages: Coverages, visit: str | None) -> tuple[PlanRule, ...]:
    """Return what the member's current plans say about the care in question, the table's rules first.

    For a plan of the care's scope (medical, dental, vision) that is not in the table, its own record is used: the
    copay for the `visit`, or else the percentage.
    """
    listed, scope = listed_rules(ask, coverages), care_scope(ask) or "medical"
    told, side = {one.plan.id for one in listed}, side_named(ask)
    return (
        *listed,
        *(recorded_rule(one, visit, side) for one in coverages.current if one.scope == scope and one.id not in told),
    )


def unlisted(ask: Ask) -> tuple[CareKind, ...]:
    """Return the kinds of care in question of which the table has no rule."""
    kinds = (ask.care_kinds.named(name) for name in values_of(ask, "service") if not _service_of(ask, name))
    return tuple(one for one in kinds if one)


def _listed(ask: Ask, plan: Coverage, service: str, words: tuple[str, ...]) -> PlanRule | None:
    side = side_named(ask)

    def rows(name: str) -> tuple[Sequence[Benefit], bool]:
        """Return the rules for the network side in question and True, or if there are none, all rules and False."""
        every = ask.benefits.of(plan, name)
        fit = [one for one in every if side is None or not one.network or one.is_outside == (side == "out")]
        return fit or every, bool(fit)

    if not ask.benefits.of(plan, service):
        return None
    (first, *others), fit = rows(service)
    longer = (name for phrase, name in ask.benefits.phrases if len(phrase) > len(words) and stands_at(words, phrase))
    called = [name for name in dict.fromkeys(longer) if name != service and service not in ask.care_kinds.above(name)]
    alike = tuple(one for name in called for one in rows(name)[0][:1])
    return PlanRule(plan, first, listed=True, others=tuple(others), alike=alike, lacks=None if fit else side)


def recorded_rule(plan: Coverage, visit: str | None, side: str | None) -> PlanRule:
    """Return the copay for the visit that the Coverage states, or else its percentage, on that side of the network."""
    sided = [s for s in plan.costs if s.side in {None, side or "in"} and not s.drugs]
    copay = next((s for s in sided if s.kind == "copay" and visit and s.service == visit), None)
    one = copay or next((s for s in sided if s.kind == "coinsurance" and s.service is None), None)
    if one is None:
        return PlanRule(plan)
    return PlanRule(
        plan,
        Benefit(
            visit or "",
            copay=one.amount,
            percent=one.percent,
            text=one.text,
            deductible=not copay,
            network=one.side or "",
        ),
    )


async def claims_for_price(ask: Ask, coverages: Coverages) -> ClaimSet:
    """Return the claims of at least two years and the plan year; the sources become the claims that count."""
    claim_set = await period_claims(ask, min(counted_since(coverages), ask.today - _EARLIER), people=False)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counting(claim_set, coverages)])
    return claim_set


def worked_out(rules: Sequence[PlanRule], ask: Ask, claim_set: ClaimSet, coverages: Coverages) -> tuple[PlanRule, ...]:
    """Return the rules with the use of the member's yearly amounts and the claims that show a price for the care.

    A rule of the table is returned unchanged if claims cannot change what the member pays.
    """
    shares = [(plan, plan.costs) for plan in {rule.plan.id: rule.plan for rule in rules}.values()]
    found = (standings(name, shares, claim_set, coverages, ask) for name in COUNTED)
    left, most = ({one.plan.id: one for one in met if one.plan} for met in found)
    wanted, counted = any_time(replace(filter_of(ask), order=None, nth=None)), counting(claim_set, coverages)
    return tuple(
        replace(
            rule,
            deductible=left.get(rule.plan.id)
            if not rule.listed or (rule.benefit and rule.benefit.deductible)
            else None,
            maximum=most.get(rule.plan.id),
            claims=tuple(priced_alone(counted, replace(wanted, services=(rule.kind,)))) if rule.kind else (),
        )
        if rule.depends or not rule.listed
        else rule
        for rule in rules
    )


def priced_alone(claims: Iterable[Claim], wanted: ClaimFilter) -> list[Claim]:
    """Return the claims that are for the wanted care only and have an allowed amount in the newest one's currency.

    Out-of-network, sensitive and denied claims are left out. Empty if no kind of care is wanted.
    """
    whole = replace(wanted, aspect="allowed")
    fit = choose(claims, whole).claims if wanted.services else ()
    told = [one for one in fit if one.allowed and one.allowed.value > 0 and network_side(one) != "out"]
    plain = [one for one in told if not (one.sensitive or one.denied or holds_more(one, whole))]
    first = plain[0].allowed if plain else None
    return [one for one in plain if one.allowed and first and one.allowed.currency == first.currency]
