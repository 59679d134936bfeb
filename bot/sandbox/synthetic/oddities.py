"""Claims with errors as real payers send them: wrong or missing amounts, and unusual states, dates and names."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.sandbox.synthetic import tables
from bot.sandbox.synthetic.denials import priced
from bot.sandbox.synthetic.explanation import explanation
from bot.sandbox.synthetic.history import Notebook
from bot.sandbox.synthetic.money import Charge
from bot.sandbox.world import Resource

# Billed 400, plan's price 300: deductible 50, coinsurance 40, copay 25.
_PARTS = Charge(40000, discount=10000, deductible=5000, coinsurance=4000, copay=2500)
_VISIT = Charge(88507, discount=33633, coinsurance=5487)
_SHARES = {"deductible", "copay", "coinsurance", "noncovered", "memberliability", "paidbypatient"}
_LONG_NAME = "Cumberland " * 27 + "Clinic"


def hank(book: Notebook) -> Iterator[Resource]:
    """Yield claims with conflicting totals, a credit, another currency, the payer's own codes, and a part of a cent."""
    yield with_total(explanation(priced(book.service("office", 8), _PARTS)), "memberliability", 125.0)
    credit = priced(book.service("blood_panel", 22), Charge(-1230, coinsurance=-1230))
    yield explanation(credit)
    yield _currency(explanation(priced(book.service("ecg", 35), _PARTS)), "EUR")
    yield _currency(explanation(priced(book.service("a1c", 44), _PARTS)), None)
    yield _own_codes(explanation(priced(book.service("office_long", 58), _PARTS)))
    yield with_total(explanation(priced(book.service("chest_xray", 71), _VISIT)), "coinsurance", 54.865)
    yield explanation(priced(book.service("checkup", 79), Charge(0)))
    yield explanation(priced(book.service("injection", 88), Charge(100_000_000_000, discount=99_999_000_000)))


def opal(book: Notebook) -> Iterator[Resource]:
    """Yield claims without the member's share, with amounts only on lines or in the header, and only a payment."""
    yield without(explanation(priced(book.service("heart_visit", 11), _VISIT)), _SHARES)
    yield _no_totals(explanation(priced(book.service("office", 25), _PARTS)))
    yield _header_only(explanation(priced(book.service("mri_knee", 39), _PARTS)))
    yield _payment_only(explanation(priced(book.service("ortho_visit", 53), _PARTS)))
    yield without(explanation(priced(book.service("office_long", 67), _PARTS)), {"memberliability"})
    bare = explanation(priced(book.service("skin_visit", 81), _PARTS))
    yield {name: value for name, value in bare.items() if name not in {"meta", "payment", "careTeam"}}


def june(book: Notebook) -> Iterator[Resource]:
    """Yield three visits on one day, claims in unusual states, and dates of every precision."""
    yield from (explanation(book.service(key, 14)) for key in ("office@tran", "glasses_exam", "blood_panel"))
    yield explanation(replace(book.service("office", 5), use="preauthorization", outcome="queued"))
    yield explanation(replace(book.service("crown", 6), use="predetermination"))
    yield explanation(replace(book.service("office", 7), status="cancelled"))
    yield explanation(replace(book.service("office", 8), status="entered-in-error"))
    yield explanation(replace(book.service("ortho_visit", 23), status="draft"))
    yield explanation(replace(book.service("skin_visit", 34), outcome="partial"))
    yield explanation(replace(book.service("ecg", 36), outcome="error"))
    yield _dated(explanation(book.service("office", 70)), str(book.today.year - 1))
    yield _dated(explanation(book.service("office", 80)), f"{book.today.year - 1}-03")
    yield _dated(explanation(book.service("office", 90)), "")
    late = explanation(book.service("urgent", 95))
    yield {**late, "created": f"{book.today.year - 1}-03-05T23:30:00-05:00"}


def zoe(book: Notebook) -> Iterator[Resource]:
    """Yield claims with provider names and notes that imitate commands or markup, one very long and one empty."""
    names = (*tables.lines("hostile"), _LONG_NAME, "\u202egnihcaeT lacideM", "Zero\u200bWidth Clinic")
    for place, name in enumerate(names):
        shape = explanation(book.service("office", 12 + place * 5))
        note = {"number": 1, "type": "display", "text": f"{name} {name}"}
        yield {**shape, "provider": {"display": name}, "careTeam": [], "processNote": [note]}


def with_total(resource: Resource, code: str, value: float) -> Resource:
    """Return the claim with another total for this category."""
    total = [
        {**one, "amount": {**one["amount"], "value": value}} if _code(one) == code else one for one in resource["total"]
    ]
    return {**resource, "total": total}


def without(resource: Resource, codes: set[str]) -> Resource:
    """Return the claim without these categories, in its totals and on its lines."""
    item = [{**line, "adjudication": _but(line.get("adjudication", ()), codes)} for line in resource["item"]]
    return {**resource, "total": _but(resource["total"], codes), "item": item}


def _but(amounts: Iterable[Resource], codes: set[str]) -> list[Resource]:
    return [one for one in amounts if _code(one) not in codes]


def _code(amount: Resource) -> str:
    return str(amount["category"]["coding"][0]["code"])


def _currency(resource: Resource, currency: str | None) -> Resource:
    """Return the claim in another currency, or without one."""
    total = []
    for one in resource["total"]:
        amount = {"value": one["amount"]["value"]}
        total.append({**one, "amount": {**amount, "currency": currency} if currency else amount})
    return {**resource, "total": total}


def _own_codes(resource: Resource) -> Resource:
    """Return the claim with totals in the payer's own code system."""
    own = {
        "submitted": "submittedamount",
        "eligible": "allowedamount",
        "benefit": "paymentamount",
        "copay": "copayamount",
        "coinsurance": "coinsuranceamount",
        "deductible": "deductibleamount",
        "memberliability": "patientpayamount",
    }
    total = [
        {**one, "category": {"coding": [{"system": "https://payer.example/codes", "code": own[_code(one)]}]}}
        for one in resource["total"]
        if _code(one) in own
    ]
    return {**resource, "total": total}


def _no_totals(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "total"}


def _header_only(resource: Resource) -> Resource:
    """Return an outpatient claim with amounts only in the header."""
    money = [one for line in resource["item"] for one in line["adjudication"] if "amount" in one]
    lines = [{name: value for name, value in line.items() if name != "adjudication"} for line in resource["item"]]
    return {**_no_totals(resource), "item": lines, "adjudication": money}


def _payment_only(resource: Resource) -> Resource:
    lines = [{name: value for name, value in line.items() if name != "adjudication"} for line in resource["item"]]
    return {**_no_totals(resource), "item": lines}


def _dated(resource: Resource, day: str) -> Resource:
    """Return the claim with a service date of that precision, or without one."""
    lines = [{name: value for name, value in line.items() if name != "servicedDate"} for line in resource["item"]]
    shape = {name: value for name, value in resource.items() if name != "billablePeriod"}
    if not day:
        return {**shape, "item": lines}
    return {**shape, "item": [{**line, "servicedDate": day} for line in lines], "billablePeriod": {"start": day}}
