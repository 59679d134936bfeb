"""A coverage: its plan, period, numbers, cost shares, product line and plan year (C4BB, C4DIC).

The product line determines the time limit for appeals. Yearly amounts are counted over the plan year.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.records import shapes
from bot.records.explanation import amount_of
from bot.records.money import Amount, believable
from bot.records.written import NOTE_LIMIT, clean

ShareKind = Literal["deductible", "out_of_pocket_max", "copay", "coinsurance"]
_EXTENDED = re.compile(r"(?P<who>ind|fam)(?P<rx>rx)?(?P<side>in|out)(?P<what>ded|max)")
_PLAIN: dict[str, ShareKind] = {
    "deductible": "deductible",
    "maxoutofpocket": "out_of_pocket_max",
    "copay": "copay",
    "copaypct": "coinsurance",
}
_SERVICES = frozenset({"gpvisit", "spvisit", "emergency", "inpthosp", "televisit", "urgentcare", "rx"})


class _Money(shapes.MoneyShape, frozen=True):
    extension: tuple[shapes.Extension, ...] = ()


class CostShape(shapes.Shape, frozen=True):
    """A FHIR `costToBeneficiary`."""

    type: shapes.Concept | None = None
    value_quantity: shapes.QuantityShape | None = None
    value_money: _Money | None = None


class CostShare(msgspec.Struct, frozen=True):
    """A cost share: exactly one of `amount`, `percent` and `text` is set.

    `service` is the base code of the service that a copay is for (gpvisit, spvisit, emergency …). `side` is in or out
    of network and `who` individual or family, each None if the plan does not say. `drugs` is True for a pharmacy
    deductible.
    """

    kind: ShareKind
    amount: Amount | None = None
    percent: Decimal | None = None
    text: str | None = None
    service: str | None = None
    side: Literal["in", "out"] | None = None
    who: Literal["individual", "family"] | None = None
    drugs: bool = False


def cost_share(shape: CostShape) -> CostShare | None:
    """Return the cost share; None if its type is unknown or it has no value, such as "N/A".

    The known types are HL7's coverage-copay-type and {Ind,Fam}[Rx]{In,Out}{Ded,Max} of the insurance card guide
    (C4DIC).
    """
    amount, quantity = amount_of(shape.value_money), shape.value_quantity
    percent = believable(quantity.value) if quantity and "%" in {quantity.unit, quantity.code} else None
    extensions = shape.value_money.extension if shape.value_money else ()
    words = clean(shapes.first_named(extensions, "C4DIC-BeneficiaryCostString-extension").value_string)
    text = words if amount is None and percent is None and (words or "").casefold() not in _NOTHING else None
    if amount is None and percent is None and text is None:
        return None
    kinds = (kind for code in (shape.type.codes() if shape.type else ()) if (kind := _kind(code.lower())))
    return next((replace(kind, amount=amount, percent=percent, text=text) for kind in kinds), None)


def _kind(code: str) -> CostShare | None:
    """Return the cost share that a type's code stands for, without its amount; None for an unknown code."""
    if found := _EXTENDED.fullmatch(code):
        return CostShare(
            "deductible" if found["what"] == "ded" else "out_of_pocket_max",
            side="in" if found["side"] == "in" else "out",
            who="individual" if found["who"] == "ind" else "family",
            drugs=bool(found["rx"]),
        )
    if code in _SERVICES:
        return CostShare("copay", service=code)
    return CostShare(_PLAIN[code]) if code in _PLAIN else None


_NOTHING = frozenset({"", "n/a", "na", "not applicable", "none"})


ProductLine = Literal["medicare", "medicaid", "commercial"]

_MEDICARE = re.compile(r"\bmedicare\b|\bblue ?advantage\b|\bbluecare plus\b|\bd-?snp\b|\bpart [cd]\b")
_MEDICAID = re.compile(r"\bmedicaid\b|\btenncare\b|\bbluecare\b(?! plus)")
_OPEN = re.compile(
    r"\bmedigap\b|\bsupplement\w*\b|\bcoverkids\b|\bchip\b|\bfederal employee\w*\b|\bfep\b|\btricare\b|\bveterans?\b"
)
"""Programmes with deadlines of their own."""
_TYPOLOGY: tuple[tuple[str, ProductLine], ...] = (
    ("1", "medicare"),
    ("2", "medicaid"),
    ("5", "commercial"),
    ("6", "commercial"),
)
"""By first digit of the Source of Payment Typology (NAHDO): 5 is private insurance, 6 Blue Cross Blue Shield."""
_PRIVATE = frozenset({"PPO", "POS", "HMO", "HIP", "EHCPOL", "MCPOL", "HSAPOL"})
"""HL7's types of commercial plans, which public plans may have too: managed care, preferred providers."""

_SCOPES = (
    ("dental", {"DENTAL", "DENTPRG", "DENTPOL"}, re.compile(r"\bdental\b", re.IGNORECASE)),
    ("vision", {"VISPOL"}, re.compile(r"\b(?:vision|optical|eye)\b", re.IGNORECASE)),
    ("drugs", {"DRUGPOL"}, re.compile(r"\b(?:rx|drug|prescription|pharmacy|part d|pdp)\b", re.IGNORECASE)),
)
_MEDICAL_WORDS = re.compile(r"\b(?:medical|health|hospital|ppo|hmo|pos)\b", re.IGNORECASE)

_A_DAY, _WHOLE = timedelta(days=1), timedelta(days=364)
_DIGITS = re.compile(r"[^a-z]+")


def product_line(codes: Iterable[str], names: Iterable[str | None], *, group: bool) -> ProductLine | None:
    """Return the product line on which all evidence agrees; None if uncertain, so that no appeal deadline is a guess.

    `codes` are the codes of the coverage's type, `names` the payer's words for type, plan, group and payer. A code of a
    private plan proves nothing alone, as a Medicare plan may be an HMO: some name and a `group` are also required.
    """
    types, words = list(codes), " | ".join(name for name in names if name).casefold()
    if _OPEN.search(words) or ("advantage" in words and not _MEDICARE.search(words)):
        return None
    found: set[ProductLine] = {
        line for code in types for digit, line in _TYPOLOGY if code.isdecimal() and code[0] == digit
    }
    if _MEDICARE.search(words):
        found.add("medicare")
    if _MEDICAID.search(words):
        found.add("medicaid")
    if not found and group and words and _PRIVATE.intersection(code.upper() for code in types):
        found.add("commercial")
    if found >= {"commercial"} and len(found) > 1:
        found.discard("commercial")  # the typology's 6 is any Blue plan, and a Blue plan's name says which
    return found.pop() if len(found) == 1 else None


class _ClassShape(shapes.Shape, frozen=True):
    type: shapes.Concept | None = None
    value: str | None = None
    name: str | None = None


class _CoverageShape(shapes.RecordShape, frozen=True):
    extension: tuple[shapes.Extension, ...] = ()
    identifier: tuple[shapes.Identifier, ...] = ()
    status: str | None = None
    type: shapes.Concept | None = None
    subscriber: shapes.Reference | None = None
    subscriber_id: str | None = None
    beneficiary: shapes.Reference | None = None
    dependent: str | None = None
    relationship: shapes.Concept | None = None
    period: shapes.PeriodShape | None = None
    payor: tuple[shapes.Reference, ...] = ()
    class_: tuple[_ClassShape, ...] = msgspec.field(default=(), name="class")
    order: int | None = None
    network: str | None = None
    cost_to_beneficiary: tuple[CostShape, ...] = ()


class Named(msgspec.Struct, frozen=True):
    """The value (usually a number) and the name of a plan, group or other class; either may be missing."""

    value: str | None
    name: str | None

    @property
    def words(self) -> str | None:
        """The name of the plan or other class, else its value."""
        return self.name or self.value


class Coverage(shapes.Record):
    """A coverage. What the payer does not report is None or empty.

    `kind` is the first of the `codes` of its type (PPO, DENTPRG …), `kind_words` the payer's words for the type.
    `classes` are by type: group, plan, subplan, rxbin, rxpcn, rxgroup, rxid, network, division. `on_card` are names on
    a digital card (C4DIC).
    """

    TYPE = "Coverage"

    def __init__(self, raw: shapes.RawJson, labels: tuple[str, ...] = ()) -> None:
        shape = self._read(raw, _CoverageShape, labels)
        payer = shape.payor[0] if shape.payor else None
        self.status = shape.status
        self.codes = shape.type.codes() if shape.type else ()
        self.kind = next(iter(self.codes), None)
        self.kind_words = shape.type.words() if shape.type else None
        self.period = shapes.period_of(shape.period)
        numbers = (clean(one.value) for one in shape.identifier if one.is_kind("MB"))
        self.member_id = next(filter(None, numbers), None)
        self.subscriber_id = clean(shape.subscriber_id)
        self.dependent = clean(shape.dependent)
        self.beneficiary = shapes.display_of(shape.beneficiary)
        self.subscriber = shapes.display_of(shape.subscriber)
        self.relationship = next(iter(shape.relationship.codes()), None) if shape.relationship else None
        self.payer = shapes.display_of(payer)
        self.payer_key = shapes.key_of(payer)
        # The first of each type; those without a type are left out.
        self.classes = dict[str, Named]()
        for given in shape.class_:
            for code in given.type.codes() if given.type else ():
                named = Named(clean(given.value), clean(given.name))
                if named.words:
                    self.classes.setdefault(code.lower(), named)
        self.network = clean(shape.network)
        self.order = shape.order
        self.costs = tuple(share for cost in shape.cost_to_beneficiary if (share := cost_share(cost)))
        people = (
            shapes.first_named(e.extension, "name") for e in shapes.extensions_named(shape.extension, _BENEFICIARIES)
        )
        notes = (
            e.value_annotation.text for e in shapes.extensions_named(shape.extension, _CARD_NOTE) if e.value_annotation
        )
        names = (person.value_human_name.words() for person in people if person.value_human_name)
        self.on_card = tuple(filter(None, names))
        self.card_notes = tuple(words for text in notes if (words := clean(text, NOTE_LIMIT)))

    @property
    def plan(self) -> Named | None:
        """The plan, or the subplan if there is no plan; None if neither is given."""
        return self.classes.get("plan") or self.classes.get("subplan")

    @property
    def group(self) -> Named | None:
        """The group, usually the employer's account; None if not given."""
        return self.classes.get("group")

    @property
    def name(self) -> str | None:
        """The name of the plan, else the payer's words for the type, the group's name or the plan's number."""
        plan, group = self.plan, self.group.name if self.group else None
        return (plan.name if plan else None) or self.kind_words or group or (plan.value if plan else None)

    @property
    def networks(self) -> str | None:
        """The network or networks as written by the payer; None if not given."""
        by_class = self.classes.get("network")
        return self.network or (by_class.words if by_class else None)

    @property
    def line(self) -> ProductLine | None:
        """The product line: "medicare", "medicaid" or "commercial"; None if the record leaves it uncertain."""
        plan, group = self.plan, self.group
        classes = [text for named in (plan, group) if named for text in (named.name, named.value)]
        return product_line(self.codes, (self.kind_words, self.payer, *classes), group=group is not None)

    @property
    def scope(self) -> str:
        """The scope of benefits, by type or name: "dental", "vision" or "drugs", otherwise "medical"."""
        types = {code.upper() for code in self.codes}
        words = " ".join(word for word in (self.kind_words, self.plan and self.plan.name) if word)
        broad = bool(_MEDICAL_WORDS.search(words)) or bool(types & {"PPO", "HMO", "POS", "EHCPOL", "MCPOL", "HIP"})
        for scope, codes, pattern in _SCOPES:
            if types & codes or (not broad and pattern.search(words)):
                return scope
        return "medical"

    def is_valid_on(self, day: date) -> bool:
        """Return whether the coverage was valid on that day, by its period."""
        return self.status not in {"cancelled", "entered-in-error"} and self.period.includes(day)

    def state(self, today: date) -> str:
        """Return "current", "ended" or "future", or "unclear" for a draft. Without an end date it has not ended."""
        start = self.period.start
        if self.status == "cancelled" or self.period.is_over(today):
            return "ended"
        if start is not None and start.first > today:
            return "future"
        return "current" if self.status in {None, "active"} else "unclear"


_BENEFICIARIES = "C4DIC-PlanBeneficiaries-extension"
_CARD_NOTE = "C4DIC-AdditionalCardInformation-extension"


class PlanYear(msgspec.Struct, frozen=True):
    """The first and the last day of a plan year, inclusive."""

    first: date
    last: date

    @property
    def is_calendar(self) -> bool:
        """Whether the plan year begins on January 1."""
        return (self.first.month, self.first.day) == (1, 1)

    @property
    def next(self) -> date:
        """The first day of the next plan year."""
        return self.last + _A_DAY

    def holds(self, day: date) -> bool:
        """Return whether the day is in the plan year."""
        return self.first <= day <= self.last


def calendar_year(day: date) -> PlanYear:
    """Return the calendar year of a day."""
    return PlanYear(date(day.year, 1, 1), date(day.year, 12, 31))


def plan_year(coverage: Coverage | None, day: date, every: Iterable[Coverage] = ()) -> PlanYear | None:
    """Return the plan year that contains `day`; None if the coverage has no start date.

    A coverage of at most a year is its own plan year; otherwise the year starts on the anniversary of the first day. A
    short coverage that directly follows a short one of the same plan, in `every`, continues the year of that one.
    """
    start = _beginning(coverage, tuple(every)) if coverage else None
    if coverage is None or start is None:
        return None
    end = coverage.period.end
    first = anniversary(start, day)
    last = anniversary(start, date(first.year + 1, 12, 31)) - _A_DAY
    return PlanYear(first, min(last, end.last) if end and end.last >= first else last)


def same_plan(one: Coverage, other: Coverage) -> bool:
    """Return whether both coverages are of the same plan. A renewal may change the id and the digits in the name."""
    return one.id == other.id or _plan_key(one) == _plan_key(other)


def _plan_key(coverage: Coverage) -> tuple[str, ...]:
    """Return what does not change on renewal: the name without digits, the type and the group."""
    name, group = coverage.name or "", coverage.group.words if coverage.group else ""
    return (_DIGITS.sub(" ", name.casefold()).strip(), coverage.kind or "", (group or "").casefold())


def _beginning(coverage: Coverage, every: tuple[Coverage, ...]) -> date | None:
    start = coverage.period.start
    if start is None or not _is_part(coverage) or (start.first.month, start.first.day) == (1, 1):
        return start.first if start else None
    before = [one for one in every if _is_part(one) and one.period.end and same_plan(one, coverage)]
    ends = (one for one in before if one.period.end and one.period.end.last + _A_DAY == start.first)
    earlier = next(ends, None)
    return _beginning(earlier, every) if earlier else start.first


def _is_part(coverage: Coverage) -> bool:
    """Return whether the coverage lasts less than a year."""
    start, end = coverage.period.start, coverage.period.end
    return start is not None and end is not None and end.last - start.first < _WHOLE


def anniversary(first: date, day: date) -> date:
    """Return the latest day up to `day` with the month and day of `first`. February 29 becomes 28 in other years."""
    year = day.year - ((day.month, day.day) < (first.month, first.day))
    return first.replace(year=year, day=min(first.day, monthrange(year, first.month)[1]))
