"""What care to come costs by the plan's records, where no benefit table has a rule.

No record holds a price ahead of time, or says what a plan covers. It may name a copay for a kind of visit, a
percentage, and the year's amounts; claims give a minimum of what is used of these, and what the same care came to
before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ahead import EARLIER, VISITS, priced_alone
from bot.kit.anchors import born_on
from bot.kit.ask import Ask, text_of, values_of
from bot.kit.coverages import (
    Coverages,
    care_said,
    named_visit,
    named_visits,
    scope_of,
    share_asked,
    side_named,
    visit_kind,
    visit_to,
)
from bot.kit.floors import COUNTED, MetSoFar, counted_since, counting, standings
from bot.kit.period import period_claims
from bot.kit.prevention import Prevention, asks_own_age, prevention_of
from bot.kit.said import wanted_of
from bot.kit.sized import exact_asked
from bot.kit.spelling import words_of
from bot.kit.tense import speaks_ahead
from bot.kit.wanted import any_time, choose
from bot.kit.which import parts_named
from bot.records.claim import Claim
from bot.records.coverage import CostShare, Coverage
from bot.records.live import Live
from bot.records.money import Amount

Wants = Literal["price", "free", "covered", "copay", "after"]
_VISITS = {service: code for code, service in VISITS.items()}
"""The code of a visit that is a kind of care too, by the kind's key."""
_CENT = Decimal("0.01")
_ANY_VISIT, _ACUTE = frozenset({"office_visit"}), frozenset({"emergency", "urgentcare"})
_EITHER = frozenset({"copay", "deductible"})
_OF_DOCTOR = frozenset({"provider_name", "specialty"})
_AGAINST, _OR = frozenset({"against", "alike", "apart", "cheaper", "dearer", "than"}), frozenset({"or", "o"})
"""What sets two sides against each other: words that are said, and the word between them."""
_SCOPES = {"dental": "dental", "vision": "vision"}
_COUNTED = re.compile(
    r"(?:^|\b)(?:aid|study|exam|test|scan|visit|shot|vaccine|crown|ride|stay|pump|mri|ct|x-?ray|ultrasound|colonoscopy|ekg"
    r"|mammogram|screening|checkup|physical|endoscopy|biopsy|filling|implant|wheelchair|machine|monitor|chiropractor|brace"
    r"|nutritionist|dietitian|specialist|doctor|replacement|transplant|bypass|hysterectomy|vasectomy|catheter|opinion"
    r"|walker|dermatologist|psychologist|psychiatrist|therapist|acupuncturist|podiatrist|root canal|denture|bridge"
    r"|echocardiogram"
    r"|session|appointment|booster|device|section|delivery|room|ambulance|dentist|midwife|doula)$"
)
"""What is counted in English, by its last word, so that it has an article: "a hearing aid", but "physical therapy"."""
_LETTERS = re.compile(r"\b(?:mri|ct|ekg|er|pet|cpap|iud|ivf|pt)\b")
_VOWELS = re.compile(r"[aeiou]|(?:mri|x-?ray|ekg|er)\b")


class PlanRule(msgspec.Struct, frozen=True):
    """What one plan names in network: the copay for the visit, else its percentage, and what is left of the year's.

    `deductible` and `maximum` are None where the records do not settle the member's standing.
    """

    plan: Coverage
    copay: CostShare | None = None
    coinsurance: CostShare | None = None
    deductible: MetSoFar | None = None
    maximum: MetSoFar | None = None


class ToCome(msgspec.Struct, frozen=True):
    """What is known of care to come: `wants` is what is asked about it, `what` its words, with an article in English.

    Attributes:
        rules: Those of the current plans for that kind of care: medical, or else dental or vision care (`scope`).
        visit: The code of the kind of visit, if the care is one.
        prevention: The public rule, where the care may be preventive and no plan is a Medicare or Medicaid plan.
        last: The member's newest claim for that care alone, or with that doctor or kind of doctor.
        doctor: The name of the doctor on it, if one or a kind of them was named.
        unsided: The side of the network that was asked for, where a share doesn't say its side.
        charged: What somebody asks for the visit, in the person's words.
        ground: Whether it is an ambulance, which no federal law keeps from billing the rest.
        worst: Whether the most that it can come to is asked for.
        others: The current plans of another kind.
        approval: Whether it is asked besides if the care needs approval first.
    """

    wants: Wants
    what: str | None = None
    rules: tuple[PlanRule, ...] = ()
    scope: str | None = None
    visit: str | None = None
    prevention: Prevention | None = None
    last: Claim | None = None
    doctor: str | None = None
    unsided: str | None = None
    worst: bool = False
    charged: Amount | None = None
    ground: bool = False
    others: tuple[Coverage, ...] = ()
    approval: bool = False

    @property
    def own(self) -> bool:
        """Whether something of it is from the member's own claims."""
        return bool(self.last) or any(rule.deductible or rule.maximum for rule in self.rules)

    @property
    def copays(self) -> bool:
        """Whether each plan names a copay for the visit."""
        return bool(self.rules) and all(rule.copay for rule in self.rules)

    @property
    def part(self) -> Amount | None:
        """The percentage of the plan's price for the last such care, rounded to cents."""
        price, share = self.last.allowed if self.last else None, self.rules[0].coinsurance if self.rules else None
        if price is None or share is None or share.percent is None:
            return None
        return Amount((price.value * share.percent / 100).quantize(_CENT, ROUND_HALF_UP), price.currency)


def counted_toward(ask: Ask) -> str | None:
    """Return the yearly amount that something may count toward: the one that is named, beside a copay too."""
    told = (*values_of(ask, "amount_kind"), share_asked(ask))
    return next((one for one in (*told, *ask.asked.says) if one in COUNTED), None)


def sides_asked(ask: Ask) -> str | None:
    """Return the rule of how plans work about two sides that the words set against each other; None without two."""
    says = ask.asked.says.keys()
    if "admitted" in says and visit_kind(ask) == "emergency":
        return "admitted"
    if says.isdisjoint(_AGAINST) and _OR.isdisjoint(words_of(ask.said)):
        return None
    if {"COPAY", "COINSURANCE"} <= ask.concepts and not _names_care(ask):
        return "copay_or_percent"
    return "where_done" if {"at_hospital", "standalone"} <= says and _ACUTE.isdisjoint(named_visits(ask)) else None


def counting_asked(ask: Ask) -> str | None:
    """Return the rule of how plans work that says whether the named care counts toward a yearly amount.

    None where the words don't ask that, nor whether the deductible has to be met first.
    """
    aspect, says = counted_toward(ask), ask.asked.says
    first = aspect == "deductible" and "met_first" in says
    if aspect is None or not (first or "counts" in says):
        return None
    if "plan_pays" not in says and _asks_cover(ask) and wants_to_come(ask):
        return None
    if _scope(ask):
        return "apart_counts"
    if scope_of(ask) == "drugs" or "drug" in ask.slots:
        return "drugs_count"
    if not (_names_care(ask) or "amount" in ask.slots):
        return None
    return "before_met" if first else "copay_counts" if _visit(ask, None) else "what_counts"


def wants_to_come(ask: Ask) -> Wants | None:
    """Return what is asked about care to come; None for a question about shares alone, or without any care."""
    aspect, reason = share_asked(ask), text_of(ask, "reason")
    named, says = _names_care(ask), ask.asked.says.keys()
    if (speaks_ahead(ask) or (named and "was" not in says)) and says >= _EITHER:
        return "copay"  # "will it go against my deductible or is it just a copay"
    ahead = named and (speaks_ahead(ask) or ("own_share" in says and "was" not in says))
    worst = named and "worst" in says
    covered = named and _asks_cover(ask)  # "is it covered, and is there a deductible on it"
    if (aspect in COUNTED or reason not in {None, "covered", "free", "price"}) and not (worst or covered or ahead):
        return None
    if not (named or (reason in {"covered", "free"} and aspect is None)):
        return None
    if covered and aspect in COUNTED:
        aspect = reason = None
    return _wants(ask, aspect, reason)


def wants_besides(ask: Ask) -> Wants | None:
    """Return what is asked about named care beside another question, such as whether it needs approval; or None."""
    if not _names_care(ask):
        return None
    said = ask.asked.says.keys()
    return "copay" if "copay" in said else "covered" if _asks_cover(ask) else "price" if "money" in said else None


def _wants(ask: Ask, aspect: str | None, reason: str | None) -> Wants:
    if aspect == "copay" or "copay" in ask.asked.says:
        return "copay"
    if aspect is None and (reason == "free" or "costless" in ask.asked.says):
        return "free"
    covered = reason == "covered" or (reason is None and _asks_cover(ask))
    return "covered" if covered and aspect is None and ask.asked.form != "amount" else "price"


def _asks_cover(ask: Ask) -> bool:
    says = ask.asked.says  # "what I'd pay for it" asks its price
    return "paid_for" in says or ("COVER" in ask.concepts and "own_share" not in says)


def _names_care(ask: Ask) -> bool:
    told = {"service", "specialty", "facility_type", "provider_name"} & {*ask.slots, *ask.several}
    return bool(told or named_visit(ask) or ask.care)


async def to_come(ask: Ask, coverages: Coverages, wants: Wants) -> ToCome:
    """Return what the records name; claims are read where they can tell more than a copay does."""
    born = await born_on(ask) if asks_own_age(ask) else None
    found = summarize(ask, coverages, wants, born=born)
    seen = _OF_DOCTOR if wants == "price" else _OF_DOCTOR - {"specialty"}
    seen |= {"amount_kind"} if share_asked(ask) in COUNTED else frozenset()
    if (wants in {"covered", "copay"} or found.copays) and not (found.prevention or seen & ask.slots.keys()):
        return found
    since = min(counted_since(coverages), ask.today - EARLIER)
    alive = await period_claims(ask, since, people=False)
    found = summarize(ask, coverages, wants, alive, born=born)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in counting(alive, coverages)])
    return found


def summarize(
    ask: Ask, coverages: Coverages, wants: Wants, alive: Live | None = None, born: date | None = None
) -> ToCome:
    """Return the rules, with what is left and the newest claim where claims are given; `born` tells the age."""
    scope = _scope(ask)
    plans = [one for one in coverages.current if one.scope == (scope or "medical")]
    last = _last(ask, alive, coverages) if alive else None
    visit = _visit(ask, last) or (_visit_at(ask, plans) if wants == "after" else None)
    side = side_named(ask)
    of_doctor = "provider_name" in ask.slots or not wanted_of(ask).services
    sided = side == "out" or len(set(values_of(ask, "network"))) > 1
    rules = [_rule(plan, visit, side) for plan in plans]
    if alive:
        shares = [(plan, plan.costs) for plan in plans]
        left = {name: standings(name, shares, alive, coverages) for name in COUNTED}
        ded, most = ({one.plan.id: one for one in met if one.plan} for met in left.values())
        rules = [replace(r, deductible=ded.get(r.plan.id), maximum=most.get(r.plan.id)) for r in rules]
    public = {plan.line for plan in plans} <= {"commercial", None} and not scope and wants not in {"copay", "after"}
    told = [share for rule in rules for share in (rule.copay or rule.coinsurance,) if share]
    return ToCome(
        wants=wants,
        what=_called(ask, visit),
        rules=tuple(rules),
        scope=scope,
        visit=visit,
        prevention=prevention_of(ask, born) if public and plans else None,
        last=last,
        doctor=(last.seen or last.billing) if last and of_doctor and _OF_DOCTOR & ask.slots.keys() else None,
        unsided=(side or "both") if sided and any(share.side is None for share in told) else None,
        ground="ambulance" in values_of(ask, "service"),
        charged=price_named(ask) if visit else None,
        worst="worst" in ask.asked.says,
        approval="approval" in ask.asked.says,
        others=tuple(one for one in coverages.current if one not in plans),
    )


def _visit_at(ask: Ask, plans: Iterable[Coverage]) -> str | None:
    """Return the code of the visit that has the copay which is named by its amount."""
    exact = exact_asked(ask)
    every = (share for plan in plans for share in plan.costs if share.kind == "copay" and share.side != "out")
    return next((s.service for s in every if exact and s.amount and s.amount.value in exact.amounts), None)


def price_named(ask: Ask) -> Amount | None:
    """Return the only price that is named."""
    exact = exact_asked(ask)
    return Amount(exact.amounts[0]) if exact and len(exact.amounts) == 1 and exact.amounts[0] else None


def _scope(ask: Ask) -> str | None:
    """Return dental or vision, where the care is of that kind, or the words name it alone."""
    above = [ask.care_kinds.above(kind) for kind in values_of(ask, "service")]
    by_kind = next((name for name in _SCOPES if above and all(name in one for one in above)), None)
    return by_kind or (scope_of(ask) if not above and scope_of(ask) in _SCOPES else None)


def _visit(ask: Ask, last: Claim | None) -> str | None:
    """Return the code of the visit: that of the kind of care, the words or the doctor; None for care that is none."""
    kinds = values_of(ask, "service")
    if kinds and not _ANY_VISIT.issuperset(kinds):
        return (named_visit(ask) or _VISITS[kinds[0]]) if len(kinds) == 1 and kinds[0] in _VISITS else None
    named = visit_kind(ask)
    return named or (visit_to(sorted(last.specialties)) if last and "provider_name" in ask.slots else None)


def _rule(plan: Coverage, visit: str | None, side: str | None) -> PlanRule:
    sided = [s for s in plan.costs if s.side in {None, side or "in"} and not s.drugs]
    copay = next((s for s in sided if s.kind == "copay" and visit and s.service == visit), None)
    general = next((s for s in sided if s.kind == "coinsurance" and s.service is None), None)
    return PlanRule(plan, copay, None if copay else general)


def _last(ask: Ask, alive: Live, coverages: Coverages) -> Claim | None:
    """Return the newest claim whose whole amount is for the care, or with the doctor.

    None where the care may be of two kinds, or no claim tells that it was for the part of the body that is named.
    """
    wanted, claims = any_time(wanted_of(ask)), counting(alive, coverages)
    if len(wanted.services) > 1:
        return None
    if wanted.services:
        fit = [
            c
            for c in priced_alone(claims, wanted)
            if wanted.part is None or wanted.part.name in parts_named(c, wanted.part.body)
        ]
    elif wanted.providers or wanted.doctor_kinds:
        fit = [one for one in choose(claims, wanted).claims if not one.sensitive]
    else:
        return None
    return next((one for one in fit if one.owed.amount and one.service.day and not one.owed.is_floor), None)


def _called(ask: Ask, visit: str | None) -> str | None:
    """Return the person's words for the care, in English with an article where it is counted."""
    said = care_said(ask) or (ask.care.text if ask.care else None)
    if said is None or ask.language != "en" or visit in {"spvisit", "gpvisit"}:
        return said
    said = said[:1].lower() + said[1:] if ask.said.startswith(said) and not said[:2].isupper() else said
    said = _LETTERS.sub(lambda found: found[0].upper(), said)
    words = said.casefold()
    if not _COUNTED.search(words) or re.match(r"(?:an?|the|my|any)\b", words) or re.search(r" (?:and|or) |,", words):
        return said
    return f"{'an' if _VOWELS.match(words) else 'a'} {said}"
