"""What future care costs, by the operator's benefit table and the member's records.

No record has a price in advance, or states what a plan covers. A coverage may state a copay for a kind of visit, a
percentage, and the yearly deductible and maximum. Claims show how much of these has been used at least, and what the
same care cost before.

Preventive care is the exception (`bot.kit.prevention`).
"""

from __future__ import annotations

import re
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.kit.accumulated import COUNTED, counting
from bot.kit.ahead import VISITS, PlanRule, claims_for_price, priced_alone, rules_of, unlisted, worked_out
from bot.kit.ask import Ask, values_of
from bot.kit.claim_filter import any_time, choose
from bot.kit.coming import Wants, asks_cover, care_scope, unsaid_of, yes_pays
from bot.kit.coverages import (
    Coverages,
    care_said,
    named_visit,
    names_other_care,
    plan_year_of,
    share_asked,
    side_named,
    visit_kind,
    visit_to,
)
from bot.kit.period import born_on, newest_procedure
from bot.kit.prevention import Prevention, prevention_of
from bot.kit.said import filter_of
from bot.kit.spans import span_of
from bot.kit.which import exact_asked
from bot.records.care_kind import CareKind
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet
from bot.records.coverage import Coverage
from bot.records.money import Amount

_OFTEN = frozenset(
    {"mri", "ct", "pet_scan", "surgery", "hospital_stay", "sleep_study", "dme", "wheelchair", "home_health", "infusion"}
    | {"genetic_test", "skilled_nursing", "radiation", "fertility", "weight_loss_surgery"}
)
"""The kinds of care for which health plans usually require approval first."""
_NOT_PUBLIC = frozenset({"after", "copay", "counts"})
_VISITS = {service: code for code, service in VISITS.items()}
"""The code of a kind of visit by the key of the same kind of care."""
_TIMES = frozenset({"date_range", "date_ahead", "date_out"})
_OF_DOCTOR = frozenset({"provider_name", "specialty"})
_PHYSICIAN, _PERSON = re.compile(r"\W*20"), re.compile(r"(?:ist|iatra|[oó]log[oa])s?$", re.IGNORECASE)
"""Match the NUCC codes of physicians, whose visits plans have a copay for, and the words for such a person."""
_BILLED = frozenset({"charging", "was"})
_LETTERS = re.compile(r"\b(?:mri|ct|ekg|er|pet|cpap|iud|ivf|pt)\b")


class ToCome(msgspec.Struct, frozen=True):
    """What the benefit table and the records show about the cost of future care.

    Attributes:
        wants: What the question asks about the care.
        what: The person's words for the care, in English as written within a sentence.
        rules: What the member's current plans say about the care of `scope`: "dental", "vision", None for medical.
        visit: The code of the kind of visit; None if the care is no visit.
        prevention: The public rule, if the care may be preventive and no plan is a Medicare or Medicaid plan.
        last: The member's newest claim for that care alone, or with that doctor or kind of doctor.
        had: The day on which the member last had the preventive care, by claims and recorded procedures.
        early: True if one more would come sooner than most plans pay for in full.
        pays: Whether "yes" means that the member pays; None if neither "yes" nor "no" answers.
        doctor: The name of the doctor on that claim, if the question names a doctor or a kind of doctor.
        unsided: The requested side of the network ("in", "out" or "both"), if a rule does not state its side.
        charged: The price of the visit that the question states.
        ground: True for an ambulance, because no federal law forbids ground ambulances to bill the rest to the patient.
        worst: True if the question asks for the highest possible cost.
        others: The member's current plans of another scope.
        unsaid: What else the question asks that no record states, such as whether the care needs approval.
        turn: The first day of the next plan year, if the question is whether to wait for it with the care.
        lacking: The requested kinds of care without a rule in the benefit table, if it has rules of others.
        approved: True if plans usually require approval for such care first, False if federal law forbids that, None if
            unknown.
        by_whom: True if the question is who requests the approval.
        since: The first day of the current plan year, if the question is whether care of an earlier one counts.
    """

    wants: Wants
    what: str | None = None
    rules: tuple[PlanRule, ...] = ()
    scope: str | None = None
    visit: str | None = None
    prevention: Prevention | None = None
    last: Claim | None = None
    had: date | None = None
    early: bool = False
    pays: bool | None = None
    doctor: str | None = None
    unsided: str | None = None
    worst: bool = False
    charged: Amount | None = None
    ground: bool = False
    others: tuple[Coverage, ...] = ()
    unsaid: tuple[str, ...] = ()
    turn: date | None = None
    approved: bool | None = None
    by_whom: bool = False
    lacking: tuple[CareKind, ...] = ()
    since: date | None = None

    @property
    def own(self) -> bool:
        """Whether some of the data is from the member's own claims."""
        return bool(self.last) or any(rule.deductible or rule.maximum or rule.claims for rule in self.rules)

    @property
    def unstated(self) -> tuple[str, ...]:
        """The requested facts that the answer cannot state.

        If the member has no plan for the care's scope, these include `wants`.
        """
        lead = (self.wants,) if self.scope and not self.rules else ()
        rows = [rule.benefit for rule in self.listed if rule.benefit]
        known = (
            {"approval"}
            if self.approved is not None or any(one.approval is not None or not one.covered for one in rows)
            else set()
        )
        known |= {"limited"} if any(one.limits for one in rows) else set()
        return tuple(one for one in (*lead, *self.unsaid) if one not in known)

    @property
    def listed(self) -> tuple[PlanRule, ...]:
        """The rules that are from the benefit table."""
        return tuple(rule for rule in self.rules if rule.listed)

    @property
    def certain(self) -> tuple[PlanRule, ...]:
        """The rules for this very care: those of the benefit table, and the copays of the visit."""
        return tuple(rule for rule in self.rules if rule.certain)

    @property
    def general(self) -> tuple[PlanRule, ...]:
        """The rules for care in general: the plans' percentages."""
        return tuple(rule for rule in self.rules if rule.benefit and not rule.certain)

    @property
    def of_year(self) -> tuple[PlanRule, ...]:
        """A rule of each plan with its yearly amounts: one with a deductible, if there is any."""
        every = {rule.plan.id: rule for rule in self.rules}
        return tuple((every | {rule.plan.id: rule for rule in self.rules if rule.deductible}).values())

    @property
    def sharing(self) -> PlanRule | None:
        """The first rule with a percentage."""
        return next((rule for rule in self.rules if rule.benefit and rule.benefit.percent is not None), None)

    @property
    def copays(self) -> bool:
        """Whether every plan states a copay for the visit; False without a plan."""
        return bool(self.rules) and all(rule.copay for rule in self.rules)

    @property
    def part(self) -> Amount | None:
        """The first percentage of the last claim's allowed amount, to the cent; None if either is unknown."""
        price, rule = self.last.allowed if self.last else None, self.sharing
        return rule.of_price(price, met=True).part if price and rule else None


async def to_come(ask: Ask, coverages: Coverages, wants: Wants) -> ToCome:
    """Return what the member's records show about the cost of future care.

    Claims are read only if these can add to the plans' copays, for example what the same doctor cost before.
    """
    born = await born_on(ask) if "own_age" in ask.asked.says else None
    found = summarize(ask, coverages, wants, born=born)
    seen = _OF_DOCTOR if wants == "price" else _OF_DOCTOR - {"specialty"}
    seen |= {"amount_kind"} if share_asked(ask) in COUNTED else frozenset()
    due = not (wants in {"copay", "unsaid"} or found.copays)
    due = any(rule.depends for rule in found.listed) if found.listed else due
    if not (due or found.prevention or seen & ask.slots.keys()):
        return found
    found = summarize(ask, coverages, wants, await claims_for_price(ask, coverages), born=born)
    done = await newest_procedure(ask, values_of(ask, "service"), (None, None)) if found.prevention else None
    claimed = found.last.service.day if found.last else None
    days = [day.first for day in (claimed, done.day if done else None) if day and day.first]
    of_child = found.prevention is not None and found.prevention.key == "child_checkup"
    ahead = not of_child and _BILLED.isdisjoint(ask.asked.says)  # what was billed is not one more
    had, on = max(days, default=None) if ahead else None, found.turn or ask.today
    early = found.prevention is not None and found.prevention.is_early(had, on)
    return replace(found, had=had, early=early, last=None if of_child else found.last)


def summarize(
    ask: Ask, coverages: Coverages, wants: Wants, claim_set: ClaimSet | None = None, born: date | None = None
) -> ToCome:
    """Return what the coverages, and the claims in `claim_set` if given, show about the cost of future care.

    Without claims, the yearly amounts used and the newest claim are unknown. `born` is the member's date of birth, for
    the ages of preventive care.
    """
    scope, kinds = care_scope(ask), values_of(ask, "service")
    plans = [one for one in coverages.current if one.scope == (scope or "medical")]
    of_doctor = "provider_name" in ask.slots or not filter_of(ask).services
    last = _newest_claim(ask, claim_set, coverages) if claim_set else None
    unlike = wants == "covered" and names_other_care(ask, "service")  # "weight loss shots" are not the flu shot
    visit = _visit(ask, last)
    if visit is None and wants == "after" and (exact := exact_asked(ask)):  # by the copay that the question states
        copays = (one for plan in plans for one in plan.costs if one.kind == "copay" and one.side != "out")
        visit = next((one.service for one in copays if one.amount and one.amount.value in exact.amounts), None)
    side = side_named(ask)
    sided = side == "out" or len(set(values_of(ask, "network"))) > 1
    rules = rules_of(ask, coverages, visit)
    listed = any(rule.listed for rule in rules)
    yearly = listed or wants != "covered" or "provider_name" in ask.slots or share_asked(ask) in COUNTED
    rules = worked_out(rules, ask, claim_set, coverages) if claim_set and yearly else rules
    free = wants == "copay" and "costless" in ask.asked.says  # "are they free, or is there a copay"
    public = {plan.line for plan in plans} <= {"commercial", None} and not scope and (free or wants not in _NOT_PUBLIC)
    told = [rule.benefit for rule in rules if rule.benefit and not rule.listed]
    # Whether plans usually require approval for such care: never for emergencies (45 CFR 149.110(c)(1)).
    approved = False if "er" in kinds else any(_OFTEN & ask.care_kinds.above(kind) for kind in kinds) or None
    return ToCome(
        wants=wants,
        pays=yes_pays(ask, wants),
        what=_care_in_words(ask, visit),
        rules=rules,
        scope=scope,
        visit=visit,
        prevention=prevention_of(ask, born) if public and plans and not listed else None,
        last=last if of_doctor or wants == "after" or not (listed or unlike) else None,
        doctor=(last.seen or last.billing) if last and of_doctor and _OF_DOCTOR & ask.slots.keys() else None,
        unsided=(side or "both") if sided and any(not share.network for share in told) else None,
        ground="ambulance" in kinds,
        charged=price_named(ask),
        worst="worst" in ask.asked.says and wants not in {"counts", "unsaid"},
        unsaid=(*(("covered",) if wants == "price" and asks_cover(ask) and not visit else ()), *unsaid_of(ask)),
        turn=year.next if (year := plan_year_of(plans, ask.today)) and asks_to_wait(ask) else None,
        since=year.first if year and wants == "counts" and (span_of(ask)[1] or ask.today) < year.first else None,
        approved=approved if ask.asked.form in {None, "who"} else None,
        by_whom=ask.asked.form == "who",
        others=tuple(one for one in coverages.current if one not in plans),
        lacking=unlisted(ask) if listed else (),
    )


def asks_to_wait(ask: Ask) -> bool:
    """Return whether the question is whether to have care at a later time: "should I wait until January"."""
    return "deferring" in ask.asked.says and not _TIMES.isdisjoint((*ask.beside, *ask.slots))


def price_named(ask: Ask) -> Amount | None:
    """Return the price that the question states; None if it states none, several or zero."""
    exact = exact_asked(ask)
    return Amount(exact.amounts[0]) if exact and len(exact.amounts) == 1 and exact.amounts[0] else None


def _visit(ask: Ask, last: Claim | None) -> str | None:
    """Return the code of the visit by the kind of care, the words, or the specialty of the doctor on the last claim.

    Return None for care that is no visit.
    """
    kinds, seen = values_of(ask, "service"), ask.words.get("specialty", "")
    physician = seen == ask.words.get("service") and all(map(_PHYSICIAN.match, values_of(ask, "specialty")))
    if kinds and not {"office_visit"}.issuperset(kinds) and not (physician and _PERSON.search(seen)):
        return (named_visit(ask) or _VISITS[kinds[0]]) if len(kinds) == 1 and kinds[0] in _VISITS else None
    if "specialty" in ask.words and not named_visit(ask) and names_other_care(ask, "specialty"):
        return None
    return visit_kind(ask) or (visit_to(sorted(last.specialties)) if last and "provider_name" in ask.slots else None)


def _newest_claim(ask: Ask, claim_set: ClaimSet, coverages: Coverages) -> Claim | None:
    """Return the newest claim whose whole amount is for the named care, or that is from the named doctor.

    Return None if several kinds of care are named, if there is no such claim, or if no such claim names the requested
    part of the body.
    """
    wanted, claims = any_time(replace(filter_of(ask), order=None, nth=None)), counting(claim_set, coverages)
    if len(wanted.services) > 1:
        return None
    if wanted.services:
        fit = [c for c in priced_alone(claims, wanted) if wanted.part is None or wanted.part.holds(c)]
    elif wanted.providers or (wanted.doctor_kinds and _visit(ask, None)):
        fit = [one for one in choose(claims, wanted).claims if not one.sensitive]
    else:
        return None
    return next((one for one in fit if one.owed.amount and one.service.day and not one.owed.is_minimum), None)


def _care_in_words(ask: Ask, visit: str | None) -> str | None:
    """Return the person's words for the care, in English as written within a sentence; None without such words."""
    said = care_said(ask)
    if said is None or ask.language != "en" or visit in {"spvisit", "gpvisit"}:
        return said
    said = said[:1].lower() + said[1:] if ask.said.startswith(said) and not said[:2].isupper() else said
    said = f"your {said[3:]}" if said.startswith("my ") else said
    return _LETTERS.sub(lambda found: found[0].upper(), said)
