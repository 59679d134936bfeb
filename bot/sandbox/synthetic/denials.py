"""Claims that were denied, reversed, or replaced; the texts of the reasons were written for this payer."""

from collections.abc import Iterator
from dataclasses import replace

from bot.sandbox.synthetic import money
from bot.sandbox.synthetic.claim import Denial, SyntheticClaim, SyntheticShape
from bot.sandbox.synthetic.explanation import explanation
from bot.sandbox.synthetic.history import Notebook
from bot.sandbox.synthetic.money import Charge
from bot.sandbox.world import Resource

CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
RARC = "https://x12.org/codes/remittance-advice-remark-codes"
NCPDP = "http://terminology.hl7.org/CodeSystem/NCPDPRejectCode"
NO_APPROVAL = Denial(
    CARC,
    "197",
    "No approval on file before the service",
    "This scan needed our approval first. Your provider can still send us the request and the records.",
)
_NOT_COVERED = Denial(CARC, "96", "Your plan does not cover this service")
_NEEDS_RECORDS = Denial(RARC, "N706", "Records are missing", "We asked the provider for records and have none yet.")
_TOO_LATE = Denial(CARC, "29", "The claim came in too late", "The provider may not bill you for this.")
_DRUG = Denial(
    NCPDP,
    "75",
    "This drug needs approval first",
    "Ask the prescriber to send a request for approval.",
)


def theo(book: Notebook) -> Iterator[Resource]:
    """Yield a denied scan, a partly denied visit, a denied drug, a reversed claim with its successor, and others."""
    yield explanation(denied(book.service("back_mri", 24), NO_APPROVAL, billed=124000))
    yield from _partly(book)
    yield explanation(denied(book.fill("ozempic", 38), _DRUG, billed=98700))
    yield from _reversed(book)
    yield from _replaced(book)
    yield explanation(denied(_older(book.service("chest_xray", 70)), _TOO_LATE, billed=21000))
    yield explanation(denied(book.service("therapy_pt", 82), _NEEDS_RECORDS, billed=14500))
    visit = replace(book.service("skin_visit", 90), in_network=False)
    yield explanation(priced(visit, Charge(26000, noncovered=8000, deductible=6000, coinsurance=4800)))


def denied(claim: SyntheticClaim, why: Denial, *, billed: int) -> SyntheticClaim:
    """Return the claim with one line that the plan does not cover, for that reason; `billed` is in cents."""
    line = replace(claim.lines[0], charge=Charge(billed, noncovered=billed), denial=why)
    return replace(claim, lines=(line,))


def priced(claim: SyntheticClaim, charge: Charge) -> SyntheticClaim:
    """Return the claim with only its first line, with this charge."""
    return replace(claim, lines=(replace(claim.lines[0], charge=charge),))


def _older(claim: SyntheticClaim) -> SyntheticClaim:
    older: SyntheticShape = "1.1.0"
    return replace(claim, shape=older)


def _partly(book: Notebook) -> Iterator[Resource]:
    """Yield a visit whose first line is paid and whose second line is not covered."""
    visit = priced(book.service("ortho_visit", 31), Charge(28000, discount=10640, copay=5000, paid_by_patient=5000))
    extra = replace(
        visit.lines[0], code="20610", text="Injection", charge=Charge(9500, noncovered=9500), denial=_NOT_COVERED
    )
    yield explanation(replace(visit, lines=(*visit.lines, extra)))


def _reversed(book: Notebook) -> Iterator[Resource]:
    """Yield a visit billed to the wrong person, and the claim that reverses it."""
    first = priced(book.service("urgent", 47), Charge(24400, discount=9272, copay=6000))
    back = priced(first, money.reverse(first.lines[0].charge))
    back = replace(back, number=book.number(first.day), replaces=first.number)
    yield explanation(replace(first, status="cancelled", replaced_by=back.number))
    yield explanation(back)


def _replaced(book: Notebook) -> Iterator[Resource]:
    """Yield a visit that was priced too high, and its replacement, with $40.00 less to pay."""
    first = priced(book.service("office", 56), Charge(23000, discount=8740, deductible=7000))
    again = priced(first, Charge(23000, discount=8740, deductible=3000))
    again = replace(again, number=book.number(first.day), replaces=first.number, decided=book.today)
    yield explanation(replace(first, replaced_by=again.number))
    yield explanation(again)
