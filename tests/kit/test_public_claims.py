"""HL7's public claims beside an independent reading of their JSON: what is said of each, in every answer, is theirs."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.kit import read_lines
from bot.pack import Pack
from bot.records.claim import read_claim
from tests.kit import money
from tests.shipped import module_of

DATA = next((d for up in Path(__file__).parents if (d := up / "shared" / "data").is_dir()), Path("none"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the public FHIR examples (../shared/data) are not here")
_FOLDERS = ("hl7-carin-bb-1.1.0", "hl7-carin-bb-2.0.0")
_FIGURE = re.compile(r"-?\$[\d,]+\.\d\d")


@cache
def rows() -> dict[str, bytes]:
    """Every public claim by folder and id."""
    paths = (DATA / folder / "ExplanationOfBenefit.ndjson" for folder in _FOLDERS)
    return {
        f"{path.parent.name}/{json.loads(row)['id']}": row for path in paths for row in path.read_bytes().splitlines()
    }


def totals(row: bytes) -> dict[str, Decimal]:
    """The totals of a claim by their code, as its JSON has them; `pay` is the plan's payment."""
    found: dict[str, Decimal] = {}
    for total in json.loads(row, parse_float=Decimal)["total"]:
        code = total["category"]["coding"][-1]["code"]
        if "value" in total["amount"] and not code.endswith("network"):
            found.setdefault(code, Decimal(total["amount"]["value"]))
    return found


def owed_of(row: bytes) -> Decimal | None:
    """The member's liability: the total, else what every line tells of it; None where one is silent."""
    lines = json.loads(row, parse_float=Decimal).get("item", ())
    told = [[a for a in line.get("adjudication", ()) if _is(a["category"], "memberliability")] for line in lines]
    of_lines = Decimal(sum(one[0]["amount"]["value"] for one in told)) if told and all(told) else None
    return totals(row).get("memberliability", of_lines)


def first_day(row: bytes) -> str:
    """The first day of care: of the admission, else of the lines, else of the bill."""
    eob = json.loads(row)
    stay = [
        one["timingPeriod"]["start"] for one in eob.get("supportingInfo", ()) if _is(one["category"], "admissionperiod")
    ]
    lines = [one.get("servicedDate") or one.get("servicedPeriod", {}).get("start") for one in eob.get("item", ())]
    of_lines = () if "inpatient" in str(eob.get("subType")) else filter(None, lines)
    return min([*stay, *(() if stay else of_lines)], default=str(eob["billablePeriod"]["start"]))[:10]


def _is(concept: dict[str, Any], code: str) -> bool:
    return any(one.get("code") == code for one in concept["coding"])


def figures(text: str) -> set[Decimal]:
    """Every amount in a text."""
    return {Decimal(one.replace("$", "").replace(",", "")) for one in _FIGURE.findall(text)}


def cents(values: Iterable[Decimal]) -> set[Decimal]:
    """The amounts as they are shown."""
    return {value.quantize(Decimal("0.01")) for value in values}


@pytest.mark.parametrize("name", rows() if DATA.is_dir() else ())
def test_every_amount_of_a_claim_is_the_payers(name: str, pack: Pack) -> None:
    """Headline, list and details: the liability where it is told, unsaid where it isn't, and no figure of our own."""
    row = rows()[name]
    theirs, claim = totals(row), read_claim(row, strict=True)
    owed = owed_of(row)
    cost = module_of("claim.last_visit_cost").summarize(money.claim_set(claim), money.asking(today=money.TODAY))
    texts = {
        "headline": money.said(pack, "claim/last_visit_cost", cost) if not claim.is_pharmacy else "",
        "list": money.said(
            pack, "claim/list", module_of("claim.list").summarize(money.claim_set(claim), money.asking())
        ),
        "detail": money.said(pack, "claim/detail", module_of("claim.detail").summarize(claim, read_lines(claim))),
    }
    for where, text in texts.items():
        if owed is not None and text:
            assert f"${owed:,.2f}" in text, where
        elif text:
            assert "report" in text, where
    known = cents([*theirs.values(), *line_amounts(row), *differences(theirs)])
    assert figures(" ".join(texts.values())) <= known
    assert claim.dropped == ()
    assert str(claim.service.day.first if claim.service.day else "") == first_day(row)


def line_amounts(row: bytes) -> list[Decimal]:
    """The amounts of every line."""
    lines = json.loads(row, parse_float=Decimal).get("item", ())
    amounts = [one.get("amount", {}) for line in lines for one in line.get("adjudication", ())]
    return [Decimal(one["value"]) for one in amounts if "value" in one]


def differences(theirs: dict[str, Decimal]) -> tuple[Decimal, ...]:
    """What the parts come to, what they leave unexplained, and the discount: an answer tells them as such."""
    none = Decimal(0)
    parts = sum((theirs.get(name, none) for name in ("deductible", "copay", "coinsurance")), none)
    owed, billed = theirs.get("memberliability", parts), theirs.get("submitted", none)
    return parts, abs(parts - owed), billed - theirs.get("eligible", billed)


@pytest.mark.parametrize("folder", _FOLDERS)
def test_the_year_sums_are_those_of_the_json(folder: str, pack: Pack) -> None:
    """Each year of a guide's claims: the liabilities that are told, no other, and how many claims don't tell."""
    mine = [row for name, row in rows().items() if name.startswith(folder)]
    claim_set = money.claim_set(*map(read_claim, mine))
    counted = {claim.id for claim in claim_set.added}
    years: dict[str, list[Decimal | None]] = {}
    for row in mine:
        if json.loads(row)["id"] in counted:
            years.setdefault(first_day(row)[:4], []).append(owed_of(row))
    assert sum(map(len, years.values())) >= len(mine) - 1
    for year, amounts in years.items():
        told = [one for one in amounts if one is not None]
        span = {"date_range": {"start": f"{year}-01-01", "end": f"{year}-12-31"}}
        found = module_of("claim.spending").summarize(claim_set, money.asking(slots=span))
        total = found.total
        assert (total.stated, total.unstated, found.doubts.faulty) == (len(told), len(amounts) - len(told), 0), year
        assert (total.amount.value if total.amount else None) == (sum(told) if told else None), year
        said = money.said(pack, "claim/spending", found)
        assert not told or f"${sum(told):,.2f}" in said
        assert ("At least" in said) is bool(told and None in amounts)
