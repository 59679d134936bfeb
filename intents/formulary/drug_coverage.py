"""How the member's plan lists a drug: tier, limits, and the cost of the tier at each kind of pharmacy."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from bot import kit

PAGE = 3
MONTH, RETAIL, MAIL = "1-month-in-retail", "3-month-in-retail", "3-month-in-mail"
_MONTHS, _MONTH_DAYS = 3, 31


class Group(msgspec.Struct, frozen=True):
    """The strengths and forms of a drug with equal conditions in the list.

    `first` is the first of them, `names` are the names of all. `costs` is None if the list does not define the tier.
    """

    first: kit.Drug
    names: tuple[str, ...]
    costs: kit.TierCosts | None

    @property
    def month(self) -> kit.PharmacyCost | None:
        """The cost of a month's supply at a network pharmacy; None if unknown."""
        return self.costs.at(MONTH) if self.costs else None

    @property
    def by_mail(self) -> kit.PharmacyCost | None:
        """The cost of a three-month supply by mail in network; None if unknown."""
        return self.costs.at(MAIL) if self.costs else None


class Supply(msgspec.Struct, frozen=True):
    """The cost of a three-month supply in a tier, at a network pharmacy and by mail."""

    costs: kit.TierCosts
    retail: kit.Amount
    mail: kit.Amount

    @property
    def saves(self) -> bool:
        """Whether the supply costs less by mail."""
        return self.mail.value < self.retail.value


class DrugCoverage(kit.OfDrug, frozen=True):
    """The data of the chosen drug list on a drug. If the drug has forms without a brand, the data is about these.

    Attributes:
        groups: One page of the drug's groups; `first`: the number of the first one; `more`: there are further ones.
        found_as: The other name under which the list has the drug.
        searched: The names that were looked up; `near`: similarly spelled names, if the list has none of these.
        alike: The first group, if one sentence answers because all groups have equal costs and requirements.
        approval: Whether the plan has to approve the drug first, None if the list does not say; `unsure`: the list does
            not say it for every group.
        stepped: True if another drug has to be tried before one of the groups.
        span: The lowest and the highest copay of a month, if every group has only a copay.
        brands: The groups with a brand, one for each brand, if there are also groups without one.
        limits: How many of the `total` groups have a quantity limit.
        detail: True if the question asks for every group; `priced`: for the cost; `needs`: whether approval is needed;
            `tiered`: for the tier; `mailed`: whether mail order is possible; `compared`: what is cheaper, of
            two ways that it names if `either`.
        last: The member's newest fill, if the question is about future costs; `left`: the use of the deductible.
        each: The data on each drug, if the question names several.
    """

    groups: tuple[Group, ...] = ()
    found_as: str | None = None
    searched: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    alike: Group | None = None
    approval: bool | None = None
    unsure: bool = False
    stepped: bool = False
    span: tuple[kit.Amount, kit.Amount] | None = None
    brands: tuple[Group, ...] = ()
    limits: int = 0
    total: int = 0
    detail: bool = False
    priced: bool = False
    needs: bool = False
    tiered: bool = False
    mailed: bool = False
    compared: bool = False
    either: bool = False
    last: kit.Claim | None = None
    left: kit.MetSoFar | None = None
    each: tuple[DrugCoverage, ...] = ()

    @property
    def cheapest(self) -> tuple[DrugCoverage, ...]:
        """The drugs of `each` that cost the least a month; () if a drug has no fixed cost."""
        sums = [(one, one.alike.month.fixed if one.alike and one.alike.month else None) for one in self.each]
        least = min((amount.value for _, amount in sums if amount), default=None)
        return tuple(one for one, amount in sums if amount and amount.value == least) if all(a for _, a in sums) else ()

    @property
    def by_tier(self) -> tuple[Supply, ...]:
        """The cost of a three-month supply in each tier with a fixed amount both at a pharmacy and by mail."""
        return tuple(filter(None, map(_supply, self.chosen.tiers if self.chosen else ())))

    @property
    def supply(self) -> Supply | None:
        """The cost of a three-month supply in the drug's tier, at a pharmacy and by mail.

        None unless all groups are `alike` and both costs are fixed amounts.
        """
        return _supply(self.alike.costs) if self.alike and self.alike.costs else None

    @property
    def filled(self) -> kit.Amount | None:
        """The cost of three fills like the last one; None unless it was for a month and without a deductible."""
        last, due = self.last, self.last.owed if self.last else None
        if last is None or due is None or due.amount is None or (due.deductible and due.deductible.value):
            return None
        month = bool(last.dispensed) and all(one.days and one.days <= _MONTH_DAYS for one in last.dispensed)
        return kit.Amount(due.amount.value * _MONTHS, due.amount.currency) if month else None


async def answer(ask: kit.Ask) -> DrugCoverage:
    """Return the drug in the member's list, by its name in the message, or else by its ingredient or brands.

    Raises:
        Reroute: `claim.pharmacy` answers for the fills of a past year, who prescribed them, or whether all cost
            the same, `claim.spending` for what the member spends on the drug, `claim.refill` for refills left, and
            `claim.authorization` for whether it was approved, or how long an approval holds.
    """
    if ask.member and {"sums", "i_paid"} <= ask.asked.says.keys() and not kit.speaks_ahead(ask):
        raise kit.Reroute("claim.spending", **ask.arguments)  # "how much a month am I really spending"
    if ask.member and (_asks_decision(ask) or kit.asks_how_long_approved(ask)):
        raise kit.Reroute("claim.authorization")
    if ask.member and kit.asks_of_fills(ask):
        raise kit.Reroute("claim.pharmacy", **ask.arguments)
    if ask.member and "refills_left" in ask.asked.says and not {"fills", "one_fill"}.isdisjoint(ask.asked.says):
        raise kit.Reroute("claim.refill", **ask.arguments)  # "do you see any refills left"
    ask = await kit.of_use(ask)
    lists = await kit.drug_lists(ask)
    several = tuple(map(str, ask.several["drug"].values)) if "drug" in ask.several else ()
    drug = " / ".join(several) if len(several) > 1 else _drug(ask)
    chosen = lists.chosen(ask.arguments.get("list"))
    if drug is None or chosen is None:
        mailed = "by_mail" in ask.asked.says
        return DrugCoverage(drug, lists, chosen, mailed=mailed)
    ask.report.cite("List", [chosen.id])
    if not several[1:]:
        found = (await _of(ask, drug, lists, chosen))[0]
        again = kit.asks_from_now_on(ask) and not found.needs
        return await _with_last(ask, found) if again or found.compared else found
    every = [await _of(ask, one, lists, chosen) for one in several]
    ask.report.cite("MedicationKnowledge", [one.id for _, known in every for one in known])
    compared = any(one.compared for one, _ in every)
    return DrugCoverage(drug, lists, chosen, each=tuple(one for one, _ in every), compared=compared)


async def _of(
    ask: kit.Ask, drug: str, lists: kit.DrugLists, chosen: kit.DrugList
) -> tuple[DrugCoverage, Sequence[kit.Drug]]:
    """Return the data of the list on one drug, and the drug's entries in the list."""
    others = ask.other_names(drug)
    says = ask.asked.says.keys()
    found = await kit.drugs_named(ask, chosen, (drug, *others) if "generic" in says else [drug])
    known = found or await kit.drugs_named(ask, chosen, others)
    ask.report.cite("MedicationKnowledge", [one.id for one in known])
    near = () if known else await kit.nearest_names(ask, chosen, drug)
    found_as = next((name for name in others if not found and any(one.is_called(name) for one in known)), None)
    detail = bool({"detail", "page"} & ask.arguments.keys())
    base = DrugCoverage(drug, lists, chosen, found_as=found_as, searched=(drug, *others), near=near, detail=detail)
    tiered, mailed, saves = (name in says for name in ("tier", "by_mail", "costs_less"))
    compared, needs = saves or not says.isdisjoint({"against", "cheaper", "lowest"}), "approval" in says
    either = not {"or", "o"}.isdisjoint(kit.words_of(ask.said))
    priced = not _asks_covered(ask) and (ask.asked.form == "amount" or ("money" in says and "paid_for" not in says))
    base = replace(base, needs=needs, tiered=tiered, mailed=mailed, compared=compared, priced=priced, either=either)
    return summarize(base, known, ask), known


def _asks_decision(ask: kit.Ask) -> bool:
    """Return whether the question is what the plan decided on a request: "did they approve the Repatha"."""
    decided = not {"PAST", "STATUS"}.isdisjoint(ask.concepts)
    return decided and "APPROVE" in ask.concepts and "NEEDS_APPROVAL" not in ask.concepts


def _asks_covered(ask: kit.Ask) -> bool:
    """Return whether the question is first if the drug is covered: "is it covered and how much"."""
    return ask.asked.begins and "plan_whether" in ask.asked.says


async def _with_last(ask: kit.Ask, found: DrugCoverage) -> DrugCoverage:
    """Return the answer with the member's newest fill of the drug and the use of the deductible this plan year.

    Return it unchanged if the question is whether a later plan year covers the drug.
    """
    coverages = await kit.member_coverages(ask)
    year = kit.plan_year_of(coverages.current, ask.today)
    later = year and "date_ahead" in ask.beside and kit.lies_after(ask, year.last)
    if later and not found.priced:
        return found  # whose list is not known yet
    claim_set = await kit.period_claims(ask, min(kit.counted_since(coverages), ask.today - kit.LONG), people=False)
    fills = kit.choose(claim_set.added, kit.any_time(replace(kit.filter_of(ask), limits=None, exact=None))).claims
    last = next((one for one in fills if one.is_pharmacy and one.owed.amount and not one.sensitive), None)
    plans = [(one, one.costs) for one in coverages.current]
    met = kit.standings("deductible", plans, claim_set, coverages, ask)
    ask.cite("ExplanationOfBenefit", [last.id] if last else [])
    told = not later or (len(met) == 1 and met[0].starts)  # "now that it's a new year": prices from now on
    ask.unmet |= dict.fromkeys(("date_range", "date_ahead") if told else ("date_range",), True)
    priced = found.priced or (kit.asks_from_now_on(ask) and not _asks_covered(ask))
    return replace(found, last=last, left=met[0] if len(met) == 1 else None, priced=priced)


def _supply(tier: kit.TierCosts) -> Supply | None:
    """Return the cost of a three-month supply; at retail it is three times that of a month if the list has no other.

    Return None if a cost is unknown, a percentage, or after a deductible.
    """
    month, retail, mail = (cost.fixed if (cost := tier.at(way)) else None for way in (MONTH, RETAIL, MAIL))
    retail = retail or (kit.Amount(month.value * _MONTHS, month.currency) if month else None)
    return Supply(tier, retail, mail) if retail and mail else None


def _drug(ask: kit.Ask) -> str | None:
    """Return the drug of the `drug` slot, or "insulin" if the message says that word and names no drug besides."""
    said = set(kit.words_of(ask.said))
    drug = str(ask.slots.get("drug") or ask.arguments.get("drug") or "").strip() or None
    written = ask.words.get("drug", drug or "")
    other = drug and said.intersection(kit.words_of(written))
    own = written if written.casefold() == drug else drug  # "Nurtec", as the person writes it
    return "insulin" if "any_insulin" in ask.asked.says and not other else own


def summarize(base: DrugCoverage, drugs: Sequence[kit.Drug], ask: kit.Ask) -> DrugCoverage:
    """Return `base` with one page of the drug's groups of equal conditions, and what these have in common."""
    groups = _groups(drugs, base.chosen)
    one = len({group.first.ingredient for group in groups}) == 1  # "insulin" names many drugs
    plain = tuple(group for group in groups if one and not group.first.brand)
    told = plain or groups  # who asks for a brand gets no row without one
    shown, place = ask.paged(groups, PAGE)
    needs = [group.first.prior_authorization for group in told]
    return replace(
        base,
        approval=next((need for need in needs if need is not None), None),
        unsure=None in needs,
        stepped=any(group.first.step_therapy for group in told),
        span=_span(told),
        groups=shown,
        alike=_alike(told),
        brands=tuple({group.first.brand: group for group in groups if plain and group.first.brand}.values()),
        limits=sum(1 for group in told if group.first.quantity_limit),
        total=len(told),
        **place,
    )


def _alike(groups: Sequence[Group]) -> Group | None:
    """Return the first group if all have equal costs and requirements, else None."""
    told = {(group.month, group.first.tier, group.by_mail) for group in groups}
    needs = {group.first.prior_authorization for group in groups} - {None}
    steps = {group.first.step_therapy for group in groups} - {None}
    return groups[0] if len(told) == 1 and len(needs) <= 1 and len(steps) <= 1 and groups[0].month else None


def _span(groups: Sequence[Group]) -> tuple[kit.Amount, kit.Amount] | None:
    plain = [group.month.fixed for group in groups if group.month and group.month.fixed]
    if not plain or len(plain) < len(groups):
        return None
    return min(plain, key=lambda one: one.value), max(plain, key=lambda one: one.value)


def _groups(drugs: Sequence[kit.Drug], chosen: kit.DrugList | None) -> tuple[Group, ...]:
    alike: dict[object, list[kit.Drug]] = {}
    for drug in drugs:
        limits = (drug.prior_authorization, drug.step_therapy, drug.quantity_limit, drug.mail)
        alike.setdefault((drug.ingredient, drug.brand, drug.tier, limits), []).append(drug)
    return tuple(
        Group(rows[0], tuple(row.name for row in rows if row.name), chosen.costs(rows[0]) if chosen else None)
        for rows in alike.values()
    )
