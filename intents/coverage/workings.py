"""How a plan works: the rule that a question is about, with the member's own amounts.

The rules are public and the same for most plans; no record says which of them a plan has. The counted weights
(`bot.language.shapes`), or a rule of an intent that sets the slot, determine which one is asked for.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from bot import kit

_MONTH = timedelta(31)
_COPAYS, _PERCENT, _DEDUCTIBLE, _MAXIMUM = "copay", "coinsurance", "deductible", "out_of_pocket_max"
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "before_met": (_COPAYS,),
    "first_then": (_COPAYS,),
    "out_share": (_PERCENT, _DEDUCTIBLE, _MAXIMUM),
    "out_apart": (_DEDUCTIBLE, _MAXIMUM),
    "each_or_family": (_DEDUCTIBLE, _MAXIMUM),
    "checkup_extra": (_COPAYS,),
    "telehealth": (_COPAYS,),
    "which_copay": (_COPAYS,),
    "copay_counts": (_COPAYS,),
    "copay_or_percent": (_COPAYS, _PERCENT),
    "estimate": (_PERCENT, _DEDUCTIBLE, _MAXIMUM),
}
"""By rule, the kinds of the plan's cost shares that the answer shows in a table."""
_OF_FIGURE: Mapping[tuple[str, str | None], str] = {
    ("after_max", _DEDUCTIBLE): "first_then",
    ("before_met", _MAXIMUM): "after_max",
}
_TWO_VISITS: Mapping[str, tuple[str, ...]] = {"er_or_urgent": ("urgentcare", "emergency")}
"""By rule, the kinds of visit whose copays answer the question if the plan states them."""
_COMPARED = frozenset({"cheaper", "dearer", "lowest"})
_COUNTING = frozenset({"copay_counts", "what_counts", "drugs_count"})
_COUNTS = frozenset(
    {"starts_over", "before_met", "after_max", "what_counts", "drugs_count", "arithmetic", "estimate", "where_done"}
)
"""The rules with which the answer also shows how much of the yearly amounts is used."""
_OF_RECORD = frozenset({"starts_over", "arithmetic", "out_share", "out_apart", "where_done"})
"""The rules that need the dates or amounts of the member's own plan."""


_TWO_HOMES = (
    r"\b(?:ex|divorc\w+|separated|custody|court|custodia|separad[oa]s?|exmarido|exespos[oa]|juez)\b",
    r"\b(?:kids?|child|children|sons?|daughters?|baby|parents?|padres|hij[oa]s?|niñ[oa]s?|beb[eé])\b",
)
"""What the question of two plans has to name so that it is about a child whose parents live apart."""
_IN_ORDER = r"\b(?:primary|secondary|first|second|primero|primari[oa]|secundari[oa]|despu[eé]s)\b"
"""What a question about Medicare names that asks which of two plans pays first."""

_COBRA_BY = (
    r"(?=.*\bcobra\b).*\b(?:how (?:long|many days)|deadline|by (?:when|what)|until when|sign up|elect|window"
    r"|cu[aá]nto tiempo|cu[aá]ntos d[ií]as|hasta cu[aá]ndo|plazo|fecha|inscrib\w+)\b"
)
"""What a question names that asks by when COBRA is chosen."""


class Working(kit.Summary, frozen=True):
    """A general rule of health plans, and what the member's only current medical plan states about it.

    Attributes:
        rule: The key of the rule.
        plan: The plan; None if the member has no current medical plan or several.
        shares: The plan's cost shares to show with the rule.
        percent: The general coinsurance in network.
        copays: The copays in network by the code of the visit.
        deductible, maximum: One person's deductible and out-of-pocket maximum in network.
        family: The family's deductible or maximum.
        left, most: What the claims have used of the deductible and of the maximum.
        starts_anew: The first day of the next plan year; `so`: whether that day is in the requested month.
        standing: True if the question also asks how much is left.
        portion: The member's share of a stated price.
        two: The copays of two kinds of visit to compare.
        state: The name of the plan's own state; `at_home`: the question names a place in that state.
        in_country: The question names a place in any state.
        kin: The relation of the person whom the question names, such as "mother".
        with_medicare: True if the question names Medicare.
        covered: The member's medical coverage, if it names a network.
        drugs: True if the question is about prescriptions; `drug_deductible`: the plan has a deductible for drugs.
        visit: The code of the named kind of visit.
        preventive: The preventive care for the member's age and sex, or for all adults; `aged`: the age is known.
    """

    rule: str
    plan: kit.Coverage | None = None
    shares: tuple[kit.CostShare, ...] = ()
    percent: kit.CostShare | None = None
    copays: Mapping[str, kit.CostShare] = msgspec.field(default_factory=dict)
    deductible: kit.Amount | None = None
    maximum: kit.Amount | None = None
    family: tuple[kit.CostShare, ...] = ()
    left: kit.MetSoFar | None = None
    most: kit.MetSoFar | None = None
    starts_anew: date | None = None
    so: bool | None = None
    standing: bool = False
    portion: kit.OfPrice | None = None
    two: kit.VisitCopays | None = None
    state: str | None = None
    at_home: bool = False
    in_country: bool = False
    kin: str | None = None
    with_medicare: bool = False
    covered: kit.Coverage | None = None
    drugs: bool = False
    drug_deductible: bool = False
    visit: str | None = None
    preventive: tuple[str, ...] = ()
    aged: bool = False

    @property
    def outside(self) -> tuple[kit.CostShare, ...]:
        """The plan's cost shares for care outside its network."""
        return tuple(share for share in self.shares if share.side == "out")


async def answer(ask: kit.Ask) -> Working:
    """Return the rule with the amounts of the member's plan, which are read only in a private chat.

    Raises:
        Reroute: The question is about the member's plan: `coverage.includes` answers which of two plans pays first,
            `coverage.cost_share` a rule of the benefit table, a past year and the cost of one kind of visit, and
            `claim.bill_check` what is owed of an amount that a claim of the year states as billed, and `claim.denial`
            by when an appeal is due.
        NotLinked: No account is connected, and the rule needs the data of the plan.
    """
    coverages = (
        await kit.member_coverages(ask) if ask.member else kit.coverages_of(await ask.own_coverages(), ask.today)
    )
    handed = ask.arguments.get("workings")
    of_care = kit.listed_rules(ask, coverages) or kit.wants_to_come(ask) in {"counts", "unsaid"}
    of_care = of_care or kit.asks_yearly(ask) == "when"
    rule = handed or _narrowed(str(ask.slots["workings"]), ask, coverages)
    said = ask.said.casefold()
    rule = "two_plans" if rule == "medicare" and re.search(_IN_ORDER, said) else rule
    rule = "cobra" if rule in {"add_person", "leaving"} and re.search(_COBRA_BY, said) else rule
    rule = "two_homes" if rule == "two_plans" and all(re.search(one, said) for one in _TWO_HOMES) else rule
    named = kit.named_visits(ask)  # who names one of the visits that a rule compares asks for its cost
    one_visit = len(named) == 1 and named[0] in _TWO_VISITS.get(rule, ()) and _COMPARED.isdisjoint(ask.asked.says)
    if handed is None and (of_care or _of_time_past(rule, ask) or one_visit):
        raise kit.Reroute("coverage.cost_share")  # a question that was handed here stays
    if rule == "appeal_who" and handed is None and ask.asked.form == "date" and ask.member:
        raise kit.Reroute("claim.denial", question="appeal")  # "until what date can I file it"
    if rule in _OF_RECORD and not (ask.member or coverages.every):
        raise kit.NotLinked
    if rule == "two_plans" and len(coverages.medical) > 1:
        raise kit.Reroute("coverage.includes", reason="order")
    met: dict[str, kit.MetSoFar] = {}
    if ask.member and rule in _COUNTS:
        claim_set = await kit.period_claims(ask, kit.counted_since(coverages), ask.today, people=False)
        price = kit.price_named(ask) if rule == "arithmetic" else None
        billed = [one for one in claim_set.claims if price and one.billed == price and not one.sensitive]
        if len(billed) == 1:
            raise kit.Reroute("claim.bill_check", id=billed[0].id)
        plans = [(one, one.costs) for one in coverages.medical]
        found = {name: kit.standings(name, plans, claim_set, coverages, ask) for name in kit.COUNTED}
        met = {name: one[0] for name, one in found.items() if one}
    if not met:
        ask.said_unmet("person")  # a rule holds for everybody on the plan
    working = summarize(rule, coverages, ask, met)
    if rule != "screenings":
        return working
    patient = await kit.own_patient(ask) if ask.member else None
    born = patient.born.exact if patient and patient.born else None
    own = kit.preventive_for(born, patient.gender if patient else None, ask.today)
    return replace(working, preventive=own, aged=born is not None)


def summarize(rule: str, coverages: kit.Coverages, ask: kit.Ask, met: Mapping[str, kit.MetSoFar]) -> Working:
    """Return the rule with the amounts of the only medical plan; `met` is what the claims have used of them."""
    medical = coverages.medical
    plan = medical[0] if len(medical) == 1 else None
    costs = [share for share in plan.costs if not share.drugs] if plan else []
    inside = [share for share in costs if share.side != "out"]
    own: Mapping[str, kit.Amount | None] = {
        share.kind: share.amount for share in inside if share.who != "family" and share.service is None
    }
    percent = next((share for share in inside if share.kind == _PERCENT and share.service is None), None)
    year = kit.plan_year_of(medical, ask.today)
    start, end = kit.span_of(ask)
    month = start.month if start and end and (start.year, start.month) == (end.year, end.month) else None
    kinds = _BESIDE.get(rule, ())
    price = kit.price_named(ask) if rule == "arithmetic" and own.get(_DEDUCTIBLE) else None
    general = kit.recorded_rule(plan, None, None) if plan else None
    if general:
        general = replace(general, deductible=met.get(_DEDUCTIBLE), maximum=met.get(_MAXIMUM))
    return Working(
        rule=rule,
        plan=plan,
        shares=tuple(share for share in costs if share.kind in kinds),
        percent=percent if percent and percent.percent is not None else None,
        copays={share.service: share for share in inside if share.kind == _COPAYS and share.service and share.amount},
        deductible=own.get(_DEDUCTIBLE),
        maximum=own.get(_MAXIMUM),
        family=tuple(share for share in costs if share.who == "family" and share.kind in kinds),
        left=met.get(_DEDUCTIBLE),
        most=met.get(_MAXIMUM),
        starts_anew=year.next if year else None,
        so=year.next.month == month if year and month and kit.asks_whether(ask) else None,
        standing=kit.asks_standing(ask) and ask.asked.form is not None,
        portion=general.of_price(price) if price and general and percent and percent.percent is not None else None,
        two=kit.visit_copays(ask, coverages, _TWO_VISITS[rule]) if rule in _TWO_VISITS else None,
        state=kit.name_of_state(ask.places.home_state),
        at_home=kit.state_named(ask) == ask.places.home_state,
        in_country=kit.state_named(ask) is not None,
        kin=person.get("kin") if isinstance(person := {**ask.beside, **ask.slots}.get("person"), dict) else None,
        with_medicare="medicare" in ask.said.casefold(),
        covered=next((one for one in medical if one.networks), None),
        drugs=kit.scope_of(ask) == "drugs",
        visit=kit.visit_kind(ask),
        drug_deductible=any(share.drugs and share.kind == _DEDUCTIBLE for share in plan.costs) if plan else False,
    )


def _narrowed(rule: str, ask: kit.Ask, coverages: kit.Coverages) -> str:
    """Return the key of a more specific explanation for dental or urgent care or a stated amount, or `rule` itself.

    For example "so after 1500 I pay nothing" is about the deductible if that is $1,500.
    """
    if rule in _COUNTING and kit.scope_of(ask) in {"dental", "vision"}:
        return "apart_counts"
    if rule == "emergency_away" and kit.visit_kind(ask) == "urgentcare":
        return "away"
    return kit.sides_asked(ask) or _OF_FIGURE.get((rule, kit.passed(ask, coverages)), rule)


def _of_time_past(rule: str, ask: kit.Ask) -> bool:
    """Return whether the rule is about yearly amounts and the question is about a past period."""
    start, end = kit.span_of(ask)
    was = "was" in ask.asked.says and kit.asks_standing(ask) and rule != "starts_over"
    longer = bool(start and end and end - start > _MONTH) or was
    return rule in _COUNTS and longer and bool(end and end < ask.today)
