"""The plan's deductible, limits and copays, and the minimum that the claims have used of these amounts.

Neither a Coverage nor claims have an accumulator (fhir-notes 4.7): the amount used is "at least", never a balance.
"""

from datetime import date

from msgspec.structs import replace

from bot import kit

_COMPARES = frozenset({"against", "alike", "cheaper", "dearer", "lesser_or_more", "same_cost", "or", "o"})
_DRUG_CHARS = 5  # shorter words are abbreviations of care
_RULES, _CLAIMS_TELL = "coverage.workings", "what_counts"


class CostShares(kit.Summary, frozen=True):
    """The requested cost shares of the plans, and the minimum that the claims have used of a yearly amount.

    Attributes:
        plans: The plans, each with its shares; `covered`: the member has a plan; `aspect`, `side`: what was requested.
        read, counted: Whether claims were read, and how many count; `start`, `through`: their first and newest day.
        sums: The used minimum by network side; `drugs`: that of pharmacy claims, which not all plans count.
        met: By yearly amount in question, how much of each plan's amount is used, if that is clear for any.
        other_claims: The number of claims of other kinds of plans; `end`: the last day, if a past period was requested.
        scope: The requested kind of plan; `unscoped`: no plan states a share for it, so the others' are shown.
        several: True if the question is how many deductibles there are.
        rows: The claims with a part of the amount, newest first, and that part; `detail`: show these claims.
        to_come: What the benefit table and the records show about the cost of future care.
        no_family: True if the family's amount was requested and no plan states one.
        yearly: "figure" if a yearly amount itself was requested, "whether" if the question is whether it is met.
        toward: The claims that went toward a yearly amount; `two`: the copays of several kinds of visit.
        threshold: The limit with which the used amount is compared.
        past: How much of the amount was used in a requested period that is in one plan year.
    """

    plans: tuple[kit.Shares, ...] = ()
    covered: bool = False
    aspect: str | None = None
    side: str | None = None
    read: bool = False
    counted: int = 0
    sums: tuple[kit.Accumulated, ...] = ()
    drugs: kit.Accumulated | None = None
    start: date | None = None
    through: date | None = None
    other_claims: int = 0
    end: date | None = None
    scope: str | None = None
    unscoped: bool = False
    several: bool = False
    met: tuple[tuple[str, tuple[kit.MetSoFar, ...]], ...] = ()
    rows: tuple[tuple[kit.Claim, kit.Amount], ...] = ()
    detail: bool = False
    to_come: kit.ToCome | None = None
    no_family: bool = False
    yearly: str | None = None
    toward: kit.Toward | None = None
    two: kit.VisitCopays | None = None
    threshold: kit.Threshold | None = None
    past: kit.MetSoFar | None = None

    @property
    def only(self) -> tuple[kit.Coverage, kit.CostShare] | None:
        """The only share that answers the question, with its plan; None if there are none or several."""
        found = [(coverage, share) for coverage, shares in self.plans for share in shares]
        only = found[0] if len(found) == 1 and found[0][1].text is None else None
        return only if self.aspect in {"copay", "coinsurance"} and not self.unscoped else None

    @property
    def standings(self) -> tuple[kit.MetSoFar, ...]:
        """How much of each plan's amount is used, if the question is about a single amount and that is known."""
        return self.met[0][1] if [name for name, _ in self.met] == [self.aspect] else ()

    @property
    def in_passing(self) -> tuple[kit.MetSoFar, ...]:
        """How much of each plan's deductible is used, if the question is about all shares and that is known."""
        return self.met[0][1] if self.aspect is None and self.met and not self.nothing_to_meet else ()

    @property
    def rest(self) -> tuple[kit.Accumulated, ...]:
        """The sums of claims that are in no entry of `standings` or `in_passing`."""
        told = (*self.standings, *self.in_passing)
        return tuple(sum_ for sum_ in self.sums if not any(_is_same_sum(one, sum_) for one in told))

    @property
    def unmeasured(self) -> tuple[kit.Shares, ...]:
        """The plans with shares that no standing includes."""
        told = {one.plan.id for one in self.standings if one.plan}
        return tuple((plan, shares) for plan, shares in self.plans if plan.id not in told or len(shares) > 1)

    @property
    def deductibles(self) -> int:
        """The number of in-network deductibles for one person that the plans state."""
        named = [share for _, shares in self.plans for share in shares if share.kind == "deductible"]
        return sum(1 for share in named if share.side != "out" and share.who != "family")

    @property
    def changed(self) -> bool:
        """Whether the period in question belongs to more than one plan, or to several years of a plan."""
        return len({(sum_.plan and sum_.plan.id, sum_.year) for sum_ in self.sums}) > 1

    @property
    def unsided(self) -> bool:
        """Whether a side of the network was requested and a share does not state its side."""
        return self.side is not None and any(share.side is None for _, shares in self.plans for share in shares)

    @property
    def nothing_to_meet(self) -> bool:
        """Whether every requested deductible is zero, so that a used amount has no meaning."""
        amounts = [share.amount for _, shares in self.plans for share in shares]
        return self.aspect == "deductible" and bool(amounts) and not any(one is None or one.value for one in amounts)


async def answer(ask: kit.Ask) -> CostShares:
    """Return the shares of the current plans; for a yearly amount also the minimum used by this year's claims.

    Raises:
        Reroute: `coverage.workings` answers with a general rule, such as what counts toward a yearly amount.
    """
    if "network" in ask.slots and kit.side_named(ask) is None and "network" not in ask.several:
        ask.cannot("network")  # shares are told by side; those of one network by its name are not
    if handed := ask.arguments.get("reason"):
        ask = replace(ask, slots={**ask.slots, "reason": handed})
    coverages = await kit.member_coverages(ask)
    ask = kit.by_figure(ask, coverages)
    if apart := await _other_answer(coverages, ask):
        return apart
    wants, says = kit.wants_to_come(ask), ask.asked.says
    rule = "was" not in says and ("paid_for" in says or wants in {"counts", "unsaid"})
    if wants and (rule or kit.may_come(ask) or not _asks_time(coverages, ask)):
        ask.said_unmet("date_range")  # "it cracked on Sunday" tells of no time of the plan
        return await _of_care(ask, coverages, wants)
    aspect = kit.share_asked(ask)
    if "location" in {*ask.slots, *ask.several, *ask.excluded}:
        ask.cannot("location")
    if aspect is not None and aspect not in kit.COUNTED:
        return summarize(coverages, None, ask)
    start, end = _span(ask)
    since = start if _asks_time(coverages, ask) else kit.counted_since(coverages)
    claim_set = await kit.period_claims(ask, since, end, people=False)
    scope = _counts_as(coverages, ask)
    counted = _counted(claim_set, coverages, ask, scope)
    ask.report.cite("ExplanationOfBenefit", [claim.id for claim in counted])
    medical = [claim for claim in counted if not claim.is_pharmacy or scope == "drugs"]
    for side in dict.fromkeys(kit.network_side(claim) for claim in medical):
        group = [claim for claim in medical if kit.network_side(claim) == side]
        ask.report.steps += kit.sum_of("deductible", group, lambda claim: claim.owed.deductible)
    return summarize(coverages, claim_set, ask)


async def _other_answer(coverages: kit.Coverages, ask: kit.Ask) -> CostShares | None:
    """Return the claims that went toward a yearly amount, or the copays of several kinds of visit; None for others.

    Raises:
        Reroute: `coverage.workings` answers with a general rule of health plans, `claim.why` for one claim's parts.
    """
    kit.hand_over_away(ask, _RULES)
    kit.hand_over_waiting(ask, _RULES)
    if kit.asks_parts(ask):
        raise kit.Reroute("claim.why")
    if told := kit.sides_asked(ask):
        raise kit.Reroute(_RULES, workings=told)
    if "drug" in ask.beside:
        ask = replace(ask, slots={**ask.slots, "drug": ask.beside["drug"]})
        ask.said_unmet("drug")
    rule, ahead = kit.counting_asked(ask), kit.speaks_ahead(ask)
    counted = ask.slots.get("reason") == "counted" and not ahead and kit.wants_to_come(ask) != "counts"
    of_some = _asks_time(coverages, ask) or "claims" in ask.asked.says or ask.asked.form == "which"
    if rule or (counted and (of_some or kit.any_time(kit.filter_of(ask)).narrows)):  # not of all claims of a time
        toward = await kit.went_toward(ask, coverages, kit.counted_toward(ask) or "deductible")
        of_claims = counted or "was" in ask.asked.says or rule == _CLAIMS_TELL
        if rule and (ahead or not (toward.looked and of_claims)):
            raise kit.Reroute(_RULES, workings=rule)
        return CostShares(toward=toward)
    whole = "service" in ask.slots and _COMPARES.isdisjoint((*ask.asked.says, *kit.words_of(ask.said)))  # a birth
    if not whole and (two := kit.visit_copays(ask, coverages)):
        ask.said_unmet("service")  # "for stitches": what is done there changes the price, as the answer says
        return CostShares(two=two)
    return None


def summarize(coverages: kit.Coverages, claim_set: kit.ClaimSet | None, ask: kit.Ask) -> CostShares:
    """Return the requested shares and the sums of the claims; `claim_set` is None if the question needs no claims."""
    aspect, side = kit.share_asked(ask), kit.side_named(ask)
    chosen = _chosen(coverages, ask)
    every = kit.of_family([(coverage, kit.shares_of(coverage.costs, aspect, side)) for coverage in chosen], ask)
    scope = _counts_as(coverages, ask)
    named = kit.scope_of(ask)
    scoped = kit.of_scope(every, named)
    every = scoped or every
    counted = _counted(claim_set, coverages, ask, scope) if claim_set else []
    sums = kit.accumulated_by_plan([claim for claim in counted if not claim.is_pharmacy or scope == "drugs"], coverages)
    (start, end), timed = _span(ask), _asks_time(coverages, ask)
    drugs = kit.accumulated("unknown", [c for c in counted if c.is_pharmacy]) if scope is None else None
    several = ask.several.get("amount_kind")
    yearly = {str(one) for one in several.values} if several else kit.figures_named(ask, coverages)
    both = yearly.issuperset(kit.COUNTED) and side != "out" and not timed
    asked = kit.COUNTED if both else (aspect or "deductible",) if side != "out" and not timed else ()
    met = {
        one: kit.standings(one, every, claim_set, coverages, ask) for one in asked if claim_set and one in kit.COUNTED
    }
    begins = [kit.year_now(one, coverages).first for one in chosen] or [coverages.today.replace(month=1, day=1)]
    days = [claim.service.day.first for claim in counted if claim.service.day]
    then = (
        kit.standings(aspect, every, claim_set, coverages, span=(start, end)) if timed and claim_set and aspect else ()
    )
    own = met.get(aspect or "", ())
    threshold = kit.threshold_asked(ask) if len(own) == 1 else None
    if threshold and "what_is_left" in ask.asked.says:
        threshold = threshold.compared(own[0].left, most=True)
    elif threshold:
        threshold = threshold.compared(own[0].used, least=True)
    return CostShares(
        past=then[0] if len(then) == 1 and side != "out" else None,
        met=tuple((name, found) for name, found in met.items() if found),
        plans=tuple((coverage, shares) for coverage, shares in every if shares),
        covered=bool(chosen) and any(c.state(ask.today) != "ended" or timed for c in chosen),
        aspect=aspect,
        side=side,
        read=claim_set is not None and (scope is None or bool(scoped)),
        counted=len(counted),
        sums=tuple(f for f in sums if side in {None, f.side, "in" if f.side == "unknown" else None}),
        drugs=drugs,
        start=start if timed else min([min(begins), *days]),
        through=max(days, default=None),
        other_claims=len(kit.counting(claim_set, coverages, (start, end))) - len(counted) if claim_set else 0,
        end=end if timed else None,
        scope=named,
        unscoped=named is not None and not scoped,
        several=ask.slots.get("reason") == "several",
        rows=tuple(kit.claims_toward(counted, aspect)),
        detail="counted" in ask.arguments,
        yearly=kit.asks_yearly(ask) if aspect in kit.COUNTED else None,
        no_family=kit.asks_family(ask) and not any(s.who == "family" for _, shares in every for s in shares),
        threshold=threshold,
    )


async def _of_care(ask: kit.Ask, coverages: kit.Coverages, wants: kit.Wants) -> CostShares:
    """Return what the benefit table and the records show about the care's cost.

    Raises:
        Reroute: The question states a price, of which `coverage.workings` calculates the member's share, or it names a
            drug that only the plan's list knows, which `formulary.drug_coverage` tells.
    """
    found = await kit.to_come(ask, coverages, wants)
    known = found.certain or found.scope or found.ground
    if not (known or found.prevention) and (drug := await _listed_drug(ask)):
        raise kit.Reroute("formulary.drug_coverage", drug=drug)
    if found.charged and wants in {"price", "copay", "counts"} and not known:
        raise kit.Reroute(_RULES, workings="arithmetic")
    if not found.own:
        ask.said_unmet("person")  # what the records name holds for everybody on the plan
    ask.said_unmet("location")  # no record names another share for a place
    return CostShares(to_come=found, covered=True)


async def _listed_drug(ask: kit.Ask) -> str | None:
    """Return the care's name if it is one word that nobody uses every day and a drug on the plan's list has it."""
    said = ask.asked.care if not ask.slots.keys() & {"service", "specialty", "facility_type"} else None
    if said is None or len(said) < _DRUG_CHARS or any(map(ask.everyday, kit.words_of(said))) or " " in said:
        return None
    lists = await kit.drug_lists(ask)
    chosen = lists.chosen(None)
    return said if chosen and await kit.drugs_named(ask, chosen, [said]) else None


def _chosen(coverages: kit.Coverages, ask: kit.Ask) -> tuple[kit.Coverage, ...]:
    """Return the coverages of the requested period, or else the current ones, or else the last one that ended."""
    if _asks_time(coverages, ask):
        start, end = _span(ask)
        held = (one for one in coverages.every if one.period.known and one.status != "cancelled")
        if then := tuple(one for one in held if one.period.overlaps(start, end)):
            return then
    return coverages.current_or_last


def _asks_time(coverages: kit.Coverages, ask: kit.Ask) -> bool:
    """Return whether the question is about a period other than the current plan year."""
    start, end = _span(ask)
    if "date_range" not in ask.slots or start == end == ask.today:
        return False  # "as of today" is the year so far
    if end.year < ask.today.year and (kit.speaks_ahead(ask) or (kit.span_of(ask)[0] is None and kit.may_come(ask))):
        return False  # "before December 31" ends this year
    years = [kit.year_now(one, coverages) for one in coverages.current]
    if any(kit.lies_after(ask, year.last) for year in years):
        return False
    return end < ask.today or not any(year.first == start for year in years)


def _counts_as(coverages: kit.Coverages, ask: kit.Ask) -> str | None:
    """Return the kind of plan whose claims count, None for medical; drugs without a share of their own are medical."""
    scope = kit.scope_of(ask)
    chosen = [(one, one.costs) for one in _chosen(coverages, ask)]
    return None if scope == "drugs" and not kit.of_scope(chosen, scope) else scope


def _counted(claim_set: kit.ClaimSet, coverages: kit.Coverages, ask: kit.Ask, scope: str | None) -> list[kit.Claim]:
    """Return the claims of the period that count for plans of the scope; None means medical plans."""
    scopes = {coverage.id: coverage.scope for coverage in coverages.every}
    timed = _asks_time(coverages, ask)
    rows = kit.counting(claim_set, coverages, _span(ask)) if timed else kit.this_year(claim_set, coverages)
    if scope:
        return [one for one in rows if kit.scopes_of(one, scopes)[0] == scope]
    medical = (one for one in rows if one.kind not in {"oral", "vision"})  # which have amounts of their own
    return [one for one in medical if scopes.get(one.coverage or "") not in {"dental", "vision"}]


def _is_same_sum(standing: kit.MetSoFar, sum_: kit.Accumulated) -> bool:
    """Return whether `standing` is for the same plan, year and network side as the sums in `sum_`."""
    plan = sum_.plan is None or (standing.plan is not None and kit.same_plan(standing.plan, sum_.plan))
    return sum_.side == "in" and plan and sum_.year == standing.year


def _span(ask: kit.Ask) -> tuple[date, date]:
    """Return the requested period, by default from January 1 until today."""
    start, end = kit.span_of(ask)
    last = end or ask.today
    first = start or last.replace(month=1, day=1)
    return first, last if end else max(last, first)
