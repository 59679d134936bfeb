"""Claims in the shapes of payers that are not this one: where each puts its amounts, and what is true of them.

The shapes are made after public sample data (CMS Blue Button, Synthea, CARIN, payers' sandboxes); every value is made
up. `truth` is what a careful reader finds: None is what the payer does not say.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from tests.records.made import CLAIM_TYPE, Json, coded, eob, money

Amounts = Mapping[str, Decimal | None]

_OWN = "https://payer.example/CodeSystem/money"
_REVENUE = "https://www.nubc.org/CodeSystem/RevenueCodes"
_CENTS = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Foreign:
    """One record with what is true of it. `counts` is False for what no sum may hold."""

    shape: str
    resource: Json
    truth: Amounts
    counts: bool = True


@dataclass(frozen=True, slots=True)
class _Bill:
    """What a visit came to: billed, the plan's price, the three shares, the plan's payment."""

    billed: Decimal
    allowed: Decimal
    deductible: Decimal
    copay: Decimal
    coinsurance: Decimal
    shares: Decimal = field(init=False)
    paid: Decimal = field(init=False)

    def __post_init__(self) -> None:
        shares = self.deductible + self.copay + self.coinsurance
        object.__setattr__(self, "shares", shares)
        object.__setattr__(self, "paid", self.allowed - shares)

    def truth(self, **other: Decimal | None) -> Amounts:
        """The four amounts that are compared; what a shape leaves out is given as None."""
        return {"billed": self.billed, "allowed": self.allowed, "paid": self.paid, "owed": self.shares, **other}


def foreign_claims(seed: int = 1, each: int = 8) -> Iterator[Foreign]:
    """Records of every shape, `each` times, the same for the same seed."""
    random = Random(seed)  # noqa: S311 -- made-up amounts, no secret
    for number in range(each):
        for shape, make in SHAPES.items():
            for place, (resource, truth, counts) in enumerate(make(_bill(random), random)):
                name = f"{shape}-{number}-{place}"
                day = f"{2024 + number % 2}-{1 + number % 12:02}-{1 + random.randrange(28):02}"
                dated = {"billablePeriod": {"start": day}, "created": day}
                whole = {**_base(name), **dated, **resource, "id": name}
                yield Foreign(shape, whole, truth, counts)


Made = Iterator[tuple[Json, Amounts, bool]]


def _bill(random: Random) -> _Bill:
    allowed = Decimal(random.randrange(3_000, 90_000)) / 100
    deductible = (allowed * random.choice([0, 0, 1, 3]) / 10).quantize(_CENTS)
    copay = Decimal(random.choice([0, 20, 25])) if allowed - deductible > 30 else Decimal(0)
    coinsurance = ((allowed - deductible - copay) * random.choice([0, 1, 2]) / 10).quantize(_CENTS)
    return _Bill(allowed + Decimal(random.randrange(1, 40_000)) / 100, allowed, deductible, copay, coinsurance)


def _base(name: str) -> Json:
    number = {"type": {"coding": [{"code": "uc"}]}, "value": f"N-{name}"}
    insurance = [{"focal": True, "coverage": {"reference": "Coverage/one"}}]
    return eob(identifier=[number], patient={"reference": "Patient/foreign"}, insurance=insurance)


def _money(code: str, value: Decimal, own: str = "", system: str = "") -> Json:
    return money(code, float(value), system=system, own=own)


def _split(value: Decimal) -> tuple[Decimal, Decimal]:
    first = (value / 3).quantize(_CENTS)
    return first, value - first


def _shares(bill: _Bill) -> list[Json]:
    return [_money(name, getattr(bill, name)) for name in ("deductible", "copay", "coinsurance")]


def _totals(bill: _Bill, _random: Random) -> Made:
    """CARIN: every total, the liability among them."""
    totals = [_money("submitted", bill.billed), _money("eligible", bill.allowed), *_shares(bill)]
    totals += [_money("benefit", bill.paid), _money("memberliability", bill.shares)]
    yield {"total": totals}, bill.truth(), True


def _header(bill: _Bill, _random: Random) -> Made:
    """An institutional claim whose amounts stand in its header alone."""
    amounts = [_money("submitted", bill.billed), _money("eligible", bill.allowed), *_shares(bill)]
    amounts += [_money("paidtoprovider", bill.paid), _money("memberliability", bill.shares)]
    kind = {"type": coded("institutional", CLAIM_TYPE), "subType": coded("outpatient", _OWN)}
    yield {**kind, "adjudication": amounts}, bill.truth(), True


def _lines(bill: _Bill, _random: Random) -> Made:
    """Two lines with everything, and no total."""
    parts = zip(*(_split(value) for value in (bill.billed, bill.allowed, bill.paid, bill.shares)), strict=True)
    names = ("submitted", "eligible", "benefit", "memberliability")
    items = [
        {"sequence": at, "adjudication": [_money(name, value) for name, value in zip(names, part, strict=True)]}
        for at, part in enumerate(parts, 1)
    ]
    yield {"item": items}, bill.truth(), True


def _cms_outpatient(bill: _Bill, _random: Random) -> Made:
    """CMS: rate beside charge, a write-off as non-covered, a line for the total, zero payments on lines."""
    items = []
    for at, (code, charge) in enumerate(zip(("0450", "0300"), _split(bill.billed), strict=True), 1):
        amounts = [
            _money("submitted", (charge / 2).quantize(_CENTS), "rev_cntr_rate_amt"),
            _money("submitted", charge, "rev_cntr_tot_chrg_amt"),
            _money("paidtoprovider", Decimal(0), "rev_cntr_prvdr_pmt_amt"),
        ]
        items.append({"sequence": at, "revenue": coded(code, _REVENUE), "adjudication": amounts})
    whole = [_money("submitted", bill.billed, "rev_cntr_tot_chrg_amt")]
    items.append({"sequence": 3, "revenue": coded("0001", _REVENUE), "adjudication": whole})
    payment = {"amount": {"value": float(bill.paid), "currency": "USD"}}
    kind = {"type": coded("institutional", CLAIM_TYPE), "payment": payment}
    paid = bill.paid
    yield {**kind, "item": items}, {"billed": bill.billed, "allowed": None, "paid": paid, "owed": None}, True


def _part_d(bill: _Bill, _random: Random) -> Made:
    """CMS: the gross drug cost is coded as coinsurance; what the member paid is apart."""
    own = bill.allowed - bill.paid
    amounts = [
        _money("coinsurance", bill.allowed, "gdc_blw_oopt_amt"),
        _money("benefit", bill.paid, "cvrd_d_plan_pd_amt"),
        _money("paidbypatient", own, "ptnt_pay_amt"),
        _money("drugcost", bill.allowed, "tot_rx_cst_amt"),
    ]
    truth: Amounts = {"billed": None, "allowed": None, "paid": bill.paid, "owed": own}
    yield {"type": coded("pharmacy", CLAIM_TYPE), "item": [{"sequence": 1, "adjudication": amounts}]}, truth, True


def _write_off(bill: _Bill, _random: Random) -> Made:
    """No liability, shares in parts, and the provider's discount as non-covered."""
    totals = [_money("submitted", bill.billed), _money("eligible", bill.allowed), *_shares(bill)]
    totals += [_money("benefit", bill.paid), _money("noncovered", bill.billed - bill.allowed)]
    yield {"total": totals}, bill.truth(), True


def _own_codes(bill: _Bill, _random: Random) -> Made:
    """A payer's own code system, drafts, no type of identifier."""
    names = {
        "submittedamount": bill.billed,
        "allowedamount": bill.allowed,
        "deductibleamount": bill.deductible,
        "copayamount": bill.copay,
        "coinsuranceamount": bill.coinsurance,
        "paymentamount": bill.paid,
        "patientpayamount": bill.shares,
    }
    totals = [_money(code, value, system=_OWN) for code, value in names.items()]
    yield {"status": "draft", "total": totals}, bill.truth(), True


def _synthea(bill: _Bill, _random: Random) -> Made:
    """Charges on lines and in total, a payment, and nothing of the member's share."""
    charges = [
        {"sequence": at, "adjudication": [_money("submitted", part)]} for at, part in enumerate(_split(bill.billed), 1)
    ]
    resource = {"item": charges, "total": [_money("submitted", bill.billed)]}
    payment = {"payment": {"amount": {"value": float(bill.paid), "currency": "USD"}}}
    yield {**resource, **payment}, {**bill.truth(), "allowed": None, "owed": None}, True


def _reversed(bill: _Bill, random: Random) -> Made:
    """A claim, its reversal under another number with opposite amounts, and the claim that counts."""
    day = {"billablePeriod": {"start": "2024-03-05"}, "provider": {"display": f"Clinic {random.random()}"}}

    def amounts(sign: int) -> Json:
        names = {"submitted": bill.billed, "benefit": bill.paid, "memberliability": bill.shares}
        return {**day, "total": [_money(name, sign * value) for name, value in names.items()]}

    known = {**bill.truth(), "allowed": None}
    yield {**amounts(1), "created": "2024-03-10"}, known, False
    negative = {name: -value if value is not None else None for name, value in known.items()}
    yield {**amounts(-1), "created": "2024-04-10"}, negative, False


def _credit(bill: _Bill, _random: Random) -> Made:
    """A small negative share beside a positive charge: a credit to the member, and a visit all the same."""
    credit = Decimal("-5.25")
    totals = [_money("submitted", bill.billed), _money("benefit", bill.allowed), _money("memberliability", credit)]
    truth: Amounts = {"billed": bill.billed, "allowed": None, "paid": bill.allowed, "owed": credit}
    yield {"total": totals}, truth, True


def _two_plans(bill: _Bill, random: Random) -> Made:
    """One visit under two plans: the second one knows what the first paid."""
    who = {"provider": {"display": f"Clinic {random.random()}"}, "billablePeriod": {"start": "2024-05-06"}}
    yield {**who, **next(_totals(bill, random))[0]}, bill.truth(), False
    left = (bill.shares / 2).quantize(_CENTS)
    second = [_money("submitted", bill.billed), _money("priorpayerpaid", bill.paid + 1)]
    second += [_money("benefit", bill.shares - left), _money("memberliability", left)]
    other = [{"focal": True, "coverage": {"reference": "Coverage/two"}}]
    truth: Amounts = {"billed": bill.billed, "allowed": None, "paid": bill.shares - left, "owed": left}
    yield {**who, "insurance": other, "total": second}, truth, True


def _fractions(bill: _Bill, random: Random) -> Made:
    """Amounts as a binary computer adds them: 54.870000000000005."""
    resource, truth, counts = next(_totals(bill, random))
    for total in resource["total"]:
        total["amount"]["value"] += 1e-13
    yield resource, truth, counts


SHAPES: Mapping[str, Callable[[_Bill, Random], Made]] = {
    "CARIN totals": _totals,
    "institutional header": _header,
    "lines only": _lines,
    "CMS outpatient": _cms_outpatient,
    "CMS Part D": _part_d,
    "write-off": _write_off,
    "own codes, drafts": _own_codes,
    "Synthea": _synthea,
    "reversed under another number": _reversed,
    "a credit": _credit,
    "two plans": _two_plans,
    "binary fractions": _fractions,
}
