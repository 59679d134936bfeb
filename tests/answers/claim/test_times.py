"""Which claims a time holds, and what a sum of a time says of what it does not hold."""

import json
import re

import httpx
import pytest

from tests.answers.asking import Resource, Shelf, answered, concept
from tests.answers.made import claim

TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
YEAR: dict[str, object] = {"date_range": {"start": "2026-01-01", "end": "2026-05-20"}}


def _billed(one: Resource) -> str:
    return str(one.get("billablePeriod", {"start": one.get("item", [{}])[0].get("servicedDate", "")})["start"])


class _ByBill(Shelf):
    """A payer that compares `service-date` with the days of the bill."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get_list("service-date")
        low = max((day[2:] for day in asked if day.startswith("ge")), default="")
        high = min((day[2:] for day in asked if day.startswith("le")), default="9")
        whole, self.resources = self.resources, tuple(one for one in self.resources if low <= _billed(one) <= high)
        try:
            return super().__call__(request)
        finally:
            self.resources = whole


@pytest.mark.parametrize("intent", ["claim.list", "claim.spending", "claim.last_visit_cost", "claim.export"])
async def test_a_stay_is_found_in_the_month_in_which_it_began(intent: str) -> None:
    """Its last part was billed two months later, and the payer goes by the bill."""
    period = {"category": concept("admissionperiod"), "timingPeriod": {"start": "2025-11-20", "end": "2025-11-28"}}
    stay = claim(
        "s",
        "2025-11-20",
        {"memberliability": 900},
        type=concept("institutional", TYPE),
        subType=concept("inpatient", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBInstitutionalClaimSubType"),
        billablePeriod={"start": "2026-01-15", "end": "2026-01-15"},
        supportingInfo=[{"sequence": 1, **period}],
        item=[{"sequence": 1}],
    )
    slots = {"date_range": {"start": "2025-11-01", "end": "2025-11-30"}}
    said = await answered(intent, slots=slots, shelf=_ByBill((stay,)))
    assert "$900.00" in said.text
    assert "no claims" not in said.text


class _Short(Shelf):
    """A payer whose later page fails, or comes empty though its total says that there is more."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        rows = [{"resource": one, "search": {"mode": "match"}} for one in self.resources]
        first = "page" not in request.url.params
        if not first and self.down:
            return httpx.Response(500, stream=httpx.ByteStream(b""))
        link = [{"relation": "next", "url": str(request.url.copy_set_param("page", "2"))}]
        body = {"resourceType": "Bundle", "type": "searchset", "total": 12, "link": link if first else []}
        whole = {**body, "entry": rows if first else []}
        stream = httpx.ByteStream(json.dumps(whole).encode())
        return httpx.Response(200, headers={"content-type": "application/fhir+json"}, stream=stream)


@pytest.mark.parametrize("down", [(), ("ExplanationOfBenefit",)])
async def test_months_that_did_not_arrive_are_left_open(down: tuple[str, ...]) -> None:
    """A page that fails and one that comes empty leave the same doubt: at least, and no zero for a month."""
    rows = tuple(claim(key, f"2026-0{month}-03", {"memberliability": 10.5}) for key, month in (("a", 4), ("b", 5)))
    said = await answered("claim.spending", slots=YEAR, shelf=_Short(rows, down=down))
    assert "At least $21.00 is your share" in said.text
    assert "$0.00" not in said.text
    assert "Jan" in said.text
    assert "not read" in said.text
    assert not said.ask.report.complete


class _ByDay(_ByBill):
    """A payer that sends no claim without a day where days are asked for; `:missing` finds them, unless refused."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.params.get("service-date:missing") != "true" or self.refused:
            return super().__call__(request)
        whole, self.resources = self.resources, tuple(one for one in self.resources if not _billed(one))
        try:
            return super().__call__(request)
        finally:
            self.resources = whole


@pytest.mark.parametrize("refused", [(), ("service-date:missing",)])
@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize("intent", ["claim.spending", "claim.owed", "claim.visits", "claim.list", "claim.export"])
async def test_a_claim_without_a_day_is_told_though_the_payer_hides_it(
    intent: str, refused: tuple[str, ...], *, read: bool
) -> None:
    """Beside the sum of a time or beside none: what no day is known of is said not to be in it."""
    dated = claim("c1", "2026-03-02", {"memberliability": 20})
    hidden = claim("c2", "2026-03-03", {"memberliability": 300}, item=[{"sequence": 1}])
    hidden.pop("billablePeriod", None)
    shelf = _ByDay((dated, hidden) if read else (hidden,), refused=refused)
    told = await answered(intent, shelf=shelf, slots=YEAR)
    assert re.search("without a date|gives? no day|no date|no day", told.text), told.text
    assert "320" not in told.text
    assert sum("service-date:missing" in asked for _, asked in shelf.queries) <= 1 + len(refused)


async def test_a_payer_that_ignores_days_is_not_asked_again() -> None:
    """A claim of another day shows that nothing is hidden."""
    shelf = Shelf(
        (claim("c1", "2026-03-02", {"memberliability": 20}), claim("c2", "2024-03-02", {"memberliability": 9}))
    )
    await answered("claim.spending", shelf=shelf, slots=YEAR)
    assert [kind for kind, _ in shelf.queries].count("ExplanationOfBenefit") == 1
