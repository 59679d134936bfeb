"""The member's coverages, current ones first, and which plan, copay or yearly amount a question is about.

A yearly amount is a deductible or an out-of-pocket maximum. The coverages are read from the claims if the payer lists
none (fhir-notes 5).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask, text_of
from bot.kit.reading import read_entries, records_of, strict
from bot.kit.said import confirms
from bot.kit.spelling import words_of
from bot.payer.search import Search, given
from bot.records.card import PayerContact, PayerPhone
from bot.records.coverage import CostShare, Coverage, PlanYear, plan_year

_RANK = {"current": 0, "future": 1, "unclear": 2, "ended": 3}
_OWN = Search("Coverage", (("_include", "Coverage:payor"),))
_OFFICE = frozenset({
    *("a", "an", "un", "una", "visit", "appointment", "consult", "consultation", "exam", "follow", "up"),
    *("due", "first", "new", "next"),
})  # fmt: skip
_OTHER_CARE = 2  # words that no doctor or visit is named by
_BY_CLAIMS = Search("ExplanationOfBenefit", (("_include", "ExplanationOfBenefit:coverage"), ("_count", "20")))


class Coverages(msgspec.Struct, frozen=True):
    """All coverages of a member, sorted by their state on the day `today`, then in the payer's order.

    The states are sorted as current, future, unclear, ended.
    """

    every: tuple[Coverage, ...]
    today: date
    payers: Mapping[str, PayerContact]

    @property
    def current(self) -> tuple[Coverage, ...]:
        """The coverages that are valid on that day."""
        return self.in_state("current")

    @property
    def medical(self) -> tuple[Coverage, ...]:
        """The current coverages for medical care."""
        return tuple(one for one in self.current if one.scope == "medical")

    @property
    def current_or_last(self) -> tuple[Coverage, ...]:
        """Return the current coverages; if there is none, the one that ended last."""
        return self.current or self.in_state("ended")[:1]

    def in_state(self, state: str) -> tuple[Coverage, ...]:
        """Return the coverages with the state `current`, `future`, `unclear` or `ended`."""
        return tuple(coverage for coverage in self.every if coverage.state(self.today) == state)

    def payer(self, coverage: Coverage) -> PayerContact | None:
        """Return the payer of a coverage; None if the payer's record is not included."""
        key = coverage.payer_key
        return self.payers.get(key.id) if key else None

    def phones(self, coverage: Coverage) -> tuple[PayerPhone, ...]:
        """Return the phone numbers of a coverage's payer; () if the payer's record is not included."""
        payer = self.payer(coverage)
        return payer.phones if payer else ()


async def member_coverages(ask: Ask, *, shown: bool = False) -> Coverages:
    """Return the member's coverages without those entered in error; with `shown`, parsed strictly for display."""
    found: list[Coverage] = []
    payers: dict[str, PayerContact] = {}
    async for page in given(ask.search(_OWN)):
        own = await strict(ask, page.matches) if shown else page.matches
        others = [entry for entry in page.entries if entry.type == "Organization"]
        found += read_entries(ask, own, "Coverage", Coverage)
        payers |= {payer.id: payer for payer in read_entries(ask, others, "Organization", PayerContact)}
    if not found:
        found += await records_of(ask, given(ask.search(_BY_CLAIMS)), "Coverage", Coverage, shown=shown)
    return coverages_of(found, ask.today, payers)


def coverages_of(found: Iterable[Coverage], today: date, payers: Mapping[str, PayerContact] | None = None) -> Coverages:
    """Return the coverages sorted by state and the payer's order, each once, without those entered in error."""
    unique = {coverage.id: coverage for coverage in found if coverage.status != "entered-in-error"}
    rows = sorted(unique.values(), key=lambda c: (_RANK[c.state(today)], c.order or 1, -c.period.sort_key.toordinal()))
    return Coverages(tuple(rows), today, payers or {})


def plan_year_of(coverages: Iterable[Coverage], today: date) -> PlanYear | None:
    """Return the current plan year of the first current coverage that has one; None if there is none."""
    every = coverages_of(coverages, today)
    years = (plan_year(coverage, today, every.every) for coverage in every.current)
    return next((year for year in years if year), None)


SCOPES = {"oral": "dental", "vision": "vision", "pharmacy": "drugs"}
"""The scope of a plan by the type of claim that it covers."""
Shares = tuple[Coverage, tuple[CostShare, ...]]
_SCOPES = {"of_dental": "dental", "of_vision": "vision", "of_drugs": "drugs"}
"""The kinds of plans, by the class of the words that name them."""
_NAMES: Mapping[str, tuple[str, ...]] = {
    "spvisit": ("specialist", "specialists", "specialty", "spec", "especialista", "especialistas", "espec"),
    "gpvisit": ("primary", "pcp", "gp", "primario", "primaria", "cabecera"),
    "emergency": ("emergency", "emergencies", "er", "emergencia", "emergencias"),
    "urgentcare": ("urgent_care", "urgent", "urgente", "urgencia", "urgencias"),
    "televisit": ("telehealth", "virtual", "video", "telesalud", "telemedicina"),
    "inpthosp": ("hospital", "inpatient", "hospitalizacion"),
    "rx": ("prescription", "prescriptions", "rx", "receta", "recetas", "medicinas"),
}
"""Names of the services that copays are for, in both languages."""
# NUCC: family medicine, internal medicine, pediatrics, general practice.
_PRIMARY = frozenset({"207Q00000X", "207R00000X", "208000000X", "208D00000X"})
_FOR = re.compile(r"^(?:for|para) ", re.IGNORECASE)  # a kind of doctor may be named with it: "for PT"
_CARE, _SPENT = frozenset({"service", "specialty", "facility_type"}), frozenset({"out of pocket", "oop"})
_FIGURES = re.compile(r"(?<![\d.,])\d{1,3},?\d{3}(?:\.\d\d)?(?![\d.,]*\d)")
_AUXILIARY = frozenset(
    {"am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "was", "were", "will", "would", "ya"}
)
"""The words with which a yes-no question begins."""
_PARTS = re.compile(r"[.,;:!?]\s+")
_A_PAIR = 2
_FOR_EACH_OTHER = frozenset({"copay", "coinsurance"})


def asks_whether(ask: Ask) -> bool:
    """Return whether a part of the message is a yes-no question, such as "have I met it" or "¿ya lo cumplí?"."""
    said = words_of(ask.said)
    firsts = {word for part in _PARTS.split(ask.said) for word in words_of(part)[:1]}
    put = not _AUXILIARY.isdisjoint(firsts) or ("?" in ask.said and ask.language != "en")
    return put and ask.asked.form is None and {"how", "what", "que", "como", "donde", "where"}.isdisjoint(said)


def asks_yearly(ask: Ask) -> Literal["figure", "whether", "when", "pace"] | None:
    """Return "figure" for a question how high a yearly amount is, "whether" for one whether it is met, else None.

    "when" is for a question when, or by which claim, it was met, and "pace" for one whether it will be.
    """
    if {"met", "was"} <= ask.asked.says.keys() and ask.asked.form in {"date", "which"}:
        return "when"
    if "PROGRESS" in ask.concepts and "FUTURE" in ask.concepts and asks_standing(ask):
        return "pace"
    if "what_is" in ask.asked.says and not asks_standing(ask):
        return "figure"
    return "whether" if asks_whether(ask) and "met" in ask.asked.says else None


def asks_standing(ask: Ask) -> bool:
    """Return whether the question asks how much of a yearly amount is used or left."""
    return "so_far" in ask.asked.says


def scope_of(ask: Ask) -> str | None:
    """Return the kind of plan that the message names: "dental", "vision" or "drugs"; None if the message names none."""
    return next((scope for name, scope in _SCOPES.items() if name in ask.asked.says), None)


def of_scope(plans: Iterable[Shares], scope: str | None) -> list[Shares]:
    """Return the plans of this kind with their cost shares; for "drugs", also the shares for drugs of other plans.

    Empty if `scope` is None.
    """
    found: list[Shares] = []
    for coverage, shares in plans if scope else ():
        own = tuple(share for share in shares if share.drugs or share.service == "rx")
        of_it = shares if coverage.scope == scope else own if scope == "drugs" else ()
        if of_it:
            found.append((coverage, of_it))
    return found


def asks_family(ask: Ask) -> bool:
    """Return whether the message asks for the family's deductible or out-of-pocket maximum."""
    return share_asked(ask) in {"deductible", "out_of_pocket_max"} and "family" in ask.asked.says


def of_family(plans: Iterable[Shares], ask: Ask) -> list[Shares]:
    """Return the plans with only the family's cost shares, if the message asks for these and a plan has any; else all.

    All are returned, too, if the message also asks for the person's own amounts.
    """
    every = list(plans)
    if not asks_family(ask):
        return every
    ask.said_unmet("person")  # the family of a deductible is nobody whose record is asked for
    found = [(plan, own) for plan, shares in every if (own := tuple(one for one in shares if one.who == "family"))]
    return found if found and "own_too" not in ask.asked.says else every


def visit_kind(ask: Ask) -> str | None:
    """Return the code of the visit in question, such as "spvisit", by the message's words or its specialty.

    None if neither gives a code.
    """
    return named_visit(ask) or (None if scope_of(ask) in {"dental", "vision"} else visit_to(ask.slots.get("specialty")))


def named_visit(ask: Ask) -> str | None:
    """Return the code of the kind of visit that the words of the message name, such as "emergency"; None if none."""
    place = None if "specialty" in ask.slots else ask.slots.get("facility_type")  # "the cardiologist, before I walk in"
    words = {*_words(ask), str(place)}
    return next((code for code, names in _NAMES.items() if words & set(names)), None)


def _words(ask: Ask) -> tuple[str, ...]:
    """Return the words of the message, and of the care named in the question before."""
    return words_of(f"{ask.said} {ask.words.get('service', '')} {ask.words.get('facility_type', '')}")


def side_named(ask: Ask) -> str | None:
    """Return "in" or "out" if the question says in or out of network; None otherwise, also for a network's name."""
    both = ask.several.get("network")
    words = str(ask.slots.get("network") or "").casefold() if not both or len(set(both.values)) == 1 else ""
    return "out" if words.startswith("out") else "in" if words.startswith("in-") or words == "in network" else None


def share_asked(ask: Ask) -> str | None:
    """Return the cost share in question; None if there is none.

    The shares are "deductible", "out_of_pocket_max", "copay" and "coinsurance". "The most I could pay" and "before the
    plan pays everything" ask for the out-of-pocket maximum, "before the plan pays" asks for the deductible.
    """
    value = ask.slots.get("amount_kind")
    named = {"amount_kind", "service", "specialty", "facility_type"} & {*ask.slots, *ask.several}
    if not named and "the_most" in ask.asked.says:
        return "out_of_pocket_max"
    if not named and "plan_pays" in ask.asked.says:
        return "out_of_pocket_max" if "wholly" in ask.asked.says else "deductible"
    if named & _CARE and (ask.words.get("amount_kind") or "").casefold() in _SPENT:
        return None  # "out of pocket for an MRI" is what it costs
    return str(value) if value in {"deductible", "out_of_pocket_max", "copay", "coinsurance"} else None


def shares_of(costs: tuple[CostShare, ...], aspect: str | None, side: str | None) -> tuple[CostShare, ...]:
    """Return the cost shares of the kind `aspect` on the network side `side`; None selects every kind or both sides.

    If there are none of the kind, copays are returned for coinsurance and vice versa: plans use either.
    """
    sided = [share for share in costs if side is None or share.side in {None, side}]
    found = [share for share in sided if aspect is None or share.kind == aspect]
    if not found and aspect in _FOR_EACH_OTHER:
        found = [share for share in sided if share.kind in _FOR_EACH_OTHER]
    return tuple(found)


def by_figure(ask: Ask, coverages: Coverages) -> Ask:
    """Return the question with the yearly amount that the message names only by its figure: "have I met the $1,500".

    Unchanged if the figure is not that of one yearly amount, or if the message names another cost share or a visit.
    """
    named = _figure_named(ask, coverages)
    if named is None or share_asked(ask) not in {None, named} or named_visit(ask):
        return ask
    ask = ask.without("amount")
    return replace(ask, slots={**ask.slots, "amount_kind": named})


def passed(ask: Ask, coverages: Coverages) -> str | None:
    """Return the yearly amount that the message names by its figure, or else the cost share that it names; else None.

    Use this for a question about costs after an amount is met.
    """
    return _figure_named(ask, coverages) or share_asked(ask)


def _figure_named(ask: Ask, coverages: Coverages) -> str | None:
    kinds = figures_named(ask, coverages)
    return kinds.pop() if len(kinds) == 1 else None


def figures_named(ask: Ask, coverages: Coverages) -> set[str]:
    """Return the yearly amounts whose figures are in the message: both for "toward the 1500 and the 5000"."""
    told = [text_of(ask, "amount") or "", *_FIGURES.findall(ask.said)]
    said = {Decimal(one.replace(",", "")) for one in told if one}
    named = [s for one in coverages.current for s in one.costs if s.amount and s.amount.value in said]
    return {share.kind for share in named if share.kind in {"deductible", "out_of_pocket_max"}}


def care_said(ask: Ask) -> str | None:
    """Return the person's words for the care in question; None if there are none.

    Of words that contain each other, the longer ones are returned.
    """
    named = (ask.words[kind] for kind in ("service", "specialty", "facility_type") if kind in ask.words)
    said = ask.asked.care or next(named, None)
    return said and _FOR.sub("", said)


def names_other_care(ask: Ask, slot: str) -> bool:
    """Return whether the words for the care name another care than the slot: "orthopedic shoes", "weight loss shots".

    This is so if there are two further words, or if the last word is another one.
    """
    care, own = words_of(care_said(ask)), set(words_of(ask.words.get(slot)))
    further = set(care) - own - _OFFICE
    return len(further) >= _OTHER_CARE or (not own.isdisjoint(care) and care[-1] in further)


def named_visits(ask: Ask) -> tuple[str, ...]:
    """Return the codes of all visits that the message names by their words or by a doctor's specialty.

    "By video" is how the visit takes place and no second visit: "therapy over video" is one visit.
    """
    code_of = {word: code for code, names in _NAMES.items() for word in names}
    kinds = ask.several.get("service")
    said = (*_words(ask), *(kinds.values if kinds else ()))
    named = [code_of[word] for word in said if word in code_of]
    if "emergency" in named and {"stay", "inpatient", "hospitalizacion"}.isdisjoint(said):
        named = [code for code in named if code != "inpthosp"]  # an emergency room is in a hospital
    several = ask.several.get("specialty")
    doctors = [visit_to(one) for one in (several.values if several else (ask.slots.get("specialty"),))]
    doctors = [] if "televisit" in named else doctors
    return tuple(dict.fromkeys((*named, *(one for one in doctors if one))))


_NO_DOCTORS = ("171", "174", "175", "225", "374")
"""How the NUCC codes begin of acupuncturists, naturopaths, massage therapists, doulas and others who are no doctors."""


def visit_to(codes: object) -> str | None:
    """Return "gpvisit" for NUCC codes of primary care, "spvisit" for other codes, and None without codes.

    Plans distinguish only primary care and specialists of any kind. None also if all codes are of people who are no
    doctors, such as massage therapists.
    """
    if not isinstance(codes, list) or not codes or all(str(code).startswith(_NO_DOCTORS) for code in codes):
        return None
    return "gpvisit" if _PRIMARY.intersection(map(str, codes)) else "spvisit"


class VisitCopays(msgspec.Struct, frozen=True):
    """The copays of one plan for the kinds of visit in `codes`, in this order; None for a visit without a copay.

    `coinsurance` is the plan's coinsurance for care in general. `so` is the answer if the question compares two visits,
    such as "is it cheaper"; None if it does not, or if an amount is unknown.
    """

    plan: Coverage
    codes: tuple[str, ...]
    copays: tuple[CostShare | None, ...]
    coinsurance: CostShare | None = None
    so: bool | None = None

    @property
    def cheaper(self) -> str | None:
        """The code of the visit with the lower copay of two, "same" if both are equal.

        None unless both copays are amounts in one currency.
        """
        amounts = [share.amount for share in self.copays if share and share.amount]
        if len(self.codes) != _A_PAIR or len(amounts) != _A_PAIR or amounts[0].currency != amounts[1].currency:
            return None
        one, other = amounts
        return "same" if one.value == other.value else self.codes[one.value > other.value]


def visit_copays(ask: Ask, coverages: Coverages, codes: tuple[str, ...] = ()) -> VisitCopays | None:
    """Return the medical plan's copays for the visits that the message names, or else for `codes`.

    None for fewer than two visits, or without a medical plan.
    """
    said = named_visits(ask)
    named = said if len(said) >= _A_PAIR else codes
    plan = next(iter(coverages.medical), None)
    if plan is None or len(named) < _A_PAIR:
        return None
    inside = [share for share in plan.costs if share.side != "out" and not share.drugs]
    copays = tuple(next((share for share in inside if share.service == code), None) for code in named)
    general = next((share for share in inside if share.kind == "coinsurance" and share.service is None), None)
    so = confirms(ask, *(share.amount if share else None for share in copays)) if len(named) == _A_PAIR else None
    found = VisitCopays(plan, named, copays, general, so)
    return replace(found, so=found.cheaper == "same") if "same_cost" in ask.asked.says and found.cheaper else found
