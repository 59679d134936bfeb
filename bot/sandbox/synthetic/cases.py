"""The claims of each member: ordinary ones, those listed in the table of members, and special cases."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.synthetic import chance, tables
from bot.sandbox.synthetic.claim import Charge, Denial, SyntheticClaim, reverse
from bot.sandbox.synthetic.explanation import explanation
from bot.sandbox.synthetic.history import Notebook
from bot.sandbox.synthetic.members import DENTAL, SECOND
from bot.sandbox.synthetic.shapes import HL7, coding, concept, extension, nested, period
from bot.sandbox.world import Resource

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
RARC = "https://x12.org/codes/remittance-advice-remark-codes"
NCPDP = "http://terminology.hl7.org/CodeSystem/NCPDPRejectCode"
_SEND_STILL = "This scan needed our approval first. Your provider can still send us the request and the records."
NO_APPROVAL = Denial(CARC, "197", "No approval on file before the service", _SEND_STILL)
_NOT_COVERED = Denial(CARC, "96", "Your plan does not cover this service")
_NEEDS_RECORDS = Denial(RARC, "N706", "Records are missing", "We asked the provider for records and have none yet.")
_TOO_LATE = Denial(CARC, "29", "The claim came in too late", "The provider may not bill you for this.")
_DRUG = Denial(NCPDP, "75", "This drug needs approval first", "Ask the prescriber to send a request for approval.")


def theo(book: Notebook) -> Iterator[Resource]:
    """Yield Theo's claims: a denied scan, a partly denied visit, a denied drug, a reversed claim, and others."""
    yield explanation(denied(book.service("back_mri", 24), NO_APPROVAL, billed=124000))
    visit = priced(book.service("ortho_visit", 31), Charge(28000, discount=10640, copay=5000, paid_by_patient=5000))
    extra = replace(
        visit.lines[0], code="20610", text="Injection", charge=Charge(9500, noncovered=9500), denial=_NOT_COVERED
    )
    yield explanation(replace(visit, lines=(*visit.lines, extra)))
    yield explanation(denied(book.fill("ozempic", 38), _DRUG, billed=98700))
    # Billed to the wrong person, and the claim that reverses it.
    first = priced(book.service("urgent", 47), Charge(24400, discount=9272, copay=6000))
    back = priced(first, reverse(first.lines[0].charge))
    back = replace(back, number=book.number(first.day), replaces=first.number)
    yield explanation(replace(first, status="cancelled", replaced_by=back.number))
    yield explanation(back)
    # Priced too high, and its replacement, with $40.00 less to pay.
    first = priced(book.service("office", 56), Charge(23000, discount=8740, deductible=7000))
    again = priced(first, Charge(23000, discount=8740, deductible=3000))
    again = replace(again, number=book.number(first.day), replaces=first.number, decided=book.today)
    yield explanation(replace(first, replaced_by=again.number))
    yield explanation(again)
    older = replace(book.service("chest_xray", 70), shape="1.1.0")
    yield explanation(denied(older, _TOO_LATE, billed=21000))
    yield explanation(denied(book.service("therapy_pt", 82), _NEEDS_RECORDS, billed=14500))
    visit = replace(book.service("skin_visit", 90), in_network=False)
    yield explanation(priced(visit, Charge(26000, noncovered=8000, deductible=6000, coinsurance=4800)))


def denied(claim: SyntheticClaim, why: Denial, *, billed: int) -> SyntheticClaim:
    """Return the claim with one line that the plan does not cover for this reason. `billed` is in cents."""
    line = replace(claim.lines[0], charge=Charge(billed, noncovered=billed), denial=why)
    return replace(claim, lines=(line,))


def priced(claim: SyntheticClaim, charge: Charge) -> SyntheticClaim:
    """Return the claim with only its first line, with this charge."""
    return replace(claim, lines=(replace(claim.lines[0], charge=charge),))


_PDEX = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/"
_CODES = "http://hl7.org/fhir/us/davinci-pdex/CodeSystem/"
_ACTION = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewActionCode"
_X12 = "https://codesystem.x12.org/005010/306"
_NOT_NEEDED_YET = concept(CARC, "50", text="The records do not show that other care was tried first")
_DENIAL_NOTE = "Your surgeon can call our medical director about this decision."


@dataclass(frozen=True, slots=True)
class _Fate:
    """How the payer decided a request: X12 review action, units asked for, allowed and used, and days of validity."""

    action: str
    asked: int
    allowed: int | None = None
    used: int | None = None
    days: int = 0
    outcome: str = "complete"
    reason: Resource | None = None


def nadia(book: Notebook) -> Iterator[Resource]:
    """Yield Nadia's requests: approved, partly used, partly approved, denied with a reason, open, and expired."""
    yield _request(book, "counseling", 240, _Fate("A1", 10, 10, 6, days=90))
    yield _request(book, "therapy_pt", 40, _Fate("A1", 12, 12, 5, days=120))
    yield _request(book, "injection", 30, _Fate("A2", 5, 3, days=180))
    yield _request(book, "day_surgery", 21, _Fate("A3", 1, reason=_NOT_NEEDED_YET))
    yield _request(book, "knee_mri", 12, _Fate("A1", 1, 1, days=90))
    yield _request(book, "colonoscopy", 3, _Fate("A4", 1, outcome="queued"))


def _request(book: Notebook, service: str, days_ago: int, fate: _Fate) -> Resource:
    claim = replace(book.service(service, days_ago), use="preauthorization", outcome=fate.outcome)
    whole = explanation(replace(claim, lines=(replace(claim.lines[0], quantity=fate.asked),)))
    shape = _less(whole, "payment", "adjudication", "processNote")
    [line] = shape["item"]
    shape["meta"] = {**shape["meta"], "profile": [f"{_PDEX}pdex-priorauthorization|2.1.0"]}
    shape["created"] = str(claim.day)
    [submitted] = [one for one in shape["total"] if one["category"]["coding"][0]["code"] == "submitted"]
    action = nested(
        f"{_PDEX}extension-reviewAction", [extension(_ACTION, "CodeableConcept", concept(_X12, fate.action))]
    )
    found: list[dict[str, Any]] = [{**submitted, "extension": [action]}]
    if fate.allowed is not None:
        found.append({"category": _discriminator("allowedunits"), "value": fate.allowed})
    if fate.reason:
        found.append({"category": _discriminator("denialreason"), "reason": fate.reason})
    shape["item"] = [{**line, "adjudication": found}]
    shape["total"] = [submitted, *_utilized(submitted, fate)]
    if fate.days:
        shape["preAuthRef"] = [f"PA-{claim.number}"]
        shape["preAuthRefPeriod"] = [period(claim.day, chance.before(claim.day, -fate.days))]
    if fate.reason:
        shape["processNote"] = [{"number": 1, "type": "display", "text": _DENIAL_NOTE}]
    return shape


def _discriminator(code: str) -> Resource:
    return concept(f"{_CODES}PDexAdjudicationDiscriminator", code)


def _utilized(submitted: Resource, fate: _Fate) -> Iterator[Resource]:
    """Yield the number of used units as "utilized". FHIR requires an amount with it, which has no meaning here."""
    if fate.used is not None:
        used = extension(f"{_PDEX}PriorAuthorizationUtilization", "Quantity", {"value": fate.used})
        category = concept(f"{_CODES}PriorAuthorizationValueCodes", "utilized")
        yield {**submitted, "extension": [used], "category": category}


_DS4P = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/"
PART_2 = coding(f"{HL7}v3-ActCode", "42CFRPart2")
_RESTRICTED = coding(f"{HL7}v3-Confidentiality", "R")


def label(resource: Resource, *codings: dict[str, Any]) -> Resource:
    """Return the resource with these security labels in its meta."""
    return {**resource, "meta": {**resource["meta"], "security": list(codings)}}


def on_resource(resource: Resource) -> Resource:
    """Return the resource labelled as CMS does: restricted, with the law as a second label."""
    return label(resource, _RESTRICTED, PART_2)


def by_basis(resource: Resource) -> Resource:
    """Return the resource labelled as in DS4P: restricted, with the law as the basis of the label."""
    basis = extension(f"{_DS4P}extension-sec-label-basis", "Coding", PART_2)
    return label(resource, {"extension": [basis], **_RESTRICTED})


def jesse(book: Notebook) -> Iterator[Resource]:
    """Yield Jesse's treatment claims, with security labels in four ways (`on_resource` and others) and without."""
    yield on_resource(explanation(book.service("recovery_visit", 12)))
    yield on_resource(explanation(book.service("recovery_med", 19)))
    yield by_basis(explanation(book.service("recovery_visit", 33)))
    # A label on one line only, and a note that it has inline labels (DS4P).
    resource = explanation(book.service("alcohol_visit", 48))
    inline = extension(f"{_DS4P}extension-inline-sec-label", "Coding", PART_2)
    first, *others = resource["item"]
    process = coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PROCESSINLINELABEL")
    yield label({**resource, "item": [{**first, "extension": [inline]}, *others]}, process)
    # A label on a contained program whose name reveals the treatment.
    program = {
        "resourceType": "Organization",
        "id": "program",
        "meta": {"security": [PART_2]},
        "active": True,
        "name": "Sycamore Recovery Program",
    }
    provider = {"reference": "#program", "display": "Sycamore Recovery Program"}
    yield {**explanation(book.service("recovery_med", 61)), "contained": [program], "provider": provider}
    yield explanation(book.service("recovery_visit", 75))
    yield label(explanation(book.service("counseling", 84)), coding(f"{HL7}v3-ActCode", "PSY"), _RESTRICTED)
    yield explanation(book.service("office", 6))


# Billed 400, plan's price 300: deductible 50, coinsurance 40, copay 25.
_PARTS = Charge(40000, discount=10000, deductible=5000, coinsurance=4000, copay=2500)
_VISIT = Charge(88507, discount=33633, coinsurance=5487)
_SHARES = {"deductible", "copay", "coinsurance", "noncovered", "memberliability", "paidbypatient"}
_LONG_NAME = "Cumberland " * 27 + "Clinic"


def hank(book: Notebook) -> Iterator[Resource]:
    """Yield Hank's claims: conflicting totals, a credit, another currency, the payer's own codes, a part of a cent."""
    yield with_total(explanation(priced(book.service("office", 8), _PARTS)), "memberliability", 125.0)
    credit = priced(book.service("blood_panel", 22), Charge(-1230, coinsurance=-1230))
    yield explanation(credit)
    yield _currency(explanation(priced(book.service("ecg", 35), _PARTS)), "EUR")
    yield _currency(explanation(priced(book.service("a1c", 44), _PARTS)), None)
    # Totals in the payer's own code system.
    resource = explanation(priced(book.service("office_long", 58), _PARTS))
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
    yield {**resource, "total": total}
    yield with_total(explanation(priced(book.service("chest_xray", 71), _VISIT)), "coinsurance", 54.865)
    yield explanation(priced(book.service("checkup", 79), Charge(0)))
    yield explanation(priced(book.service("injection", 88), Charge(100_000_000_000, discount=99_999_000_000)))


def opal(book: Notebook) -> Iterator[Resource]:
    """Yield Opal's claims, which lack amounts: the member's share, all totals, all lines, or all but the payment."""
    yield without(explanation(priced(book.service("heart_visit", 11), _VISIT)), _SHARES)
    yield _less(explanation(priced(book.service("office", 25), _PARTS)), "total")
    # Amounts only in the header.
    resource = explanation(priced(book.service("mri_knee", 39), _PARTS))
    money = [one for line in resource["item"] for one in line["adjudication"] if "amount" in one]
    yield {**_payment_only(resource), "adjudication": money}
    yield _payment_only(explanation(priced(book.service("ortho_visit", 53), _PARTS)))
    yield without(explanation(priced(book.service("office_long", 67), _PARTS)), {"memberliability"})
    yield _less(explanation(priced(book.service("skin_visit", 81), _PARTS)), "meta", "payment", "careTeam")


def june(book: Notebook) -> Iterator[Resource]:
    """Yield June's claims: three visits on one day, claims in unusual states, and dates of every precision."""
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
    """Yield Zoe's claims, whose names and notes imitate commands or markup; one is very long, and one is empty."""
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


def _less(resource: Resource, *names: str) -> Resource:
    """Return a resource or a line without the elements with these names."""
    return {name: value for name, value in resource.items() if name not in names}


def _payment_only(resource: Resource) -> Resource:
    return {**_less(resource, "total"), "item": [_less(line, "adjudication") for line in resource["item"]]}


def _dated(resource: Resource, day: str) -> Resource:
    """Return the claim with this service date, of any precision; without a service date if the text is empty."""
    lines = [_less(line, "servicedDate") for line in resource["item"]]
    shape = _less(resource, "billablePeriod")
    if not day:
        return {**shape, "item": lines}
    return {**shape, "item": [{**line, "servicedDate": day} for line in lines], "billablePeriod": {"start": day}}


# The newest ordinary claim of a member with special cases is this old, so that the special ones are the last.
_QUIET_DAYS = 100
_OKAFOR = Charge(88507, discount=33633, coinsurance=5487)
_COPAY_VISIT = Charge(21200, discount=8060, copay=3000, paid_by_patient=3000)


def claims(book: Notebook) -> Iterator[Resource]:
    """Yield every ExplanationOfBenefit of the member, except those created on demand."""
    special = _SPECIAL.get(book.member.username)
    newest = _QUIET_DAYS if special else 10
    yield from map(explanation, book.ordinary(newest=newest, count=book.member.visits))
    for name, _, days in (entry.partition(":") for entry in book.member.also):
        yield explanation(book.service(name, int(days)))
    if special:
        yield from special(book)


def many(book: Notebook, count: int) -> Iterable[Resource]:
    """Return `count` claims over six years, none newer than a week."""
    return map(explanation, book.ordinary(newest=7, count=count, days=2190))


def _dana(book: Notebook) -> Iterator[Resource]:
    """Yield Dana's claims: a cardiology visit nine days ago, an earlier visit with a copay, and a later refill."""
    yield explanation(book.service("office", 66))
    yield explanation(priced(book.service("office@tran", 41), _COPAY_VISIT))
    yield explanation(priced(book.service("heart_visit@okafor", 9), _OKAFOR))
    yield explanation(book.fill("lisinopril", 3))


def _ezra(book: Notebook) -> Iterator[Resource]:
    """Yield Ezra's claim for a scan that he pays fully, as part of his deductible; nothing is denied."""
    yield explanation(priced(book.service("mri_knee", 18), Charge(142000, discount=53960, deductible=88040)))


def _priya(book: Notebook) -> Iterator[Resource]:
    """Yield Priya's claims: one that another plan paid first, and dental claims under the dental plan."""
    visit = priced(book.service("ortho_visit", 18), Charge(32000, discount=12160, coinsurance=2976, prior_payer=9000))
    yield explanation(replace(visit, coverage=f"Coverage/{book.member.numbered_coverage(SECOND)}"))
    for service, days in (("cleaning", 60), ("filling", 52), ("cleaning", 250), ("crown", 330)):
        teeth = book.service(service, days)
        yield explanation(replace(teeth, coverage=f"Coverage/{book.member.numbered_coverage(DENTAL)}"))


_SPECIAL: dict[str, Callable[[Notebook], Iterator[Resource]]] = {
    "dana": _dana,
    "ezra": _ezra,
    "priya": _priya,
    "nadia": nadia,
    "theo": theo,
    "jesse": jesse,
    "hank": hank,
    "opal": opal,
    "june": june,
    "zoe": zoe,
}
