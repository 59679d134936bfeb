"""Which claims a time holds, and what a sum of a time says of what it does not hold."""

import json
import re

import httpx
import pytest

from tests.answers.asking import Resource, Shelf, answered, concept
from tests.answers.claim.shapes import numbered
from tests.answers.made import claim

TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
YEAR: dict[str, object] = {"date_range": {"start": "2026-01-01", "end": "2026-05-20"}}


def _span(start: str, end: str) -> dict[str, object]:
    return {"date_range": {"start": start, "end": end}}


def _stay(key: str, admitted: str, left: str, billed: str) -> Resource:
    """A hospital stay, one part of which was billed later."""
    period = {"category": concept("admissionperiod"), "timingPeriod": {"start": admitted, "end": left}}
    return claim(
        key,
        admitted,
        {"memberliability": 900},
        type=concept("institutional", TYPE),
        subType=concept("inpatient", "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBInstitutionalClaimSubType"),
        billablePeriod={"start": billed, "end": billed},
        supportingInfo=[{"sequence": 1, **period}],
        item=[{"sequence": 1}],
        provider={"display": "Ridge General Hospital"},
    )


def _billed(one: Resource) -> str:
    return str(one.get("billablePeriod", {"start": one.get("item", [{}])[0].get("servicedDate", "")})["start"])


class _ByBill(Shelf):
    """A payer that compares `service-date` with the days of the bill."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get_list("service-date")
        low = max((day[2:] for day in asked if day.startswith("ge")), default="")
        high = min((day[2:] for day in asked if day.startswith("le")), default="9")
        whole, self.resources = (
            self.resources,
            tuple(one for one in self.resources if low <= _billed(one) <= high),
        )
        try:
            return super().__call__(request)
        finally:
            self.resources = whole


@pytest.mark.parametrize("intent", ["claim.list", "claim.spending", "claim.last_visit_cost", "claim.export"])
async def test_a_stay_is_found_in_the_month_in_which_it_began(intent: str) -> None:
    """Its last part was billed two months later, and the payer goes by the bill."""
    stay = _stay("s", "2025-11-20", "2025-11-28", "2026-01-15")
    slots = _span("2025-11-01", "2025-11-30")
    said = await answered(intent, slots=slots, shelf=_ByBill((stay,)))
    assert "$900.00" in said.text
    assert "no claims" not in said.text


async def test_a_stay_is_summed_where_it_began_and_told_where_it_lasts() -> None:
    """So two months never hold it twice, and the second does not say that there is nothing."""
    rows = _stay("s", "2025-11-28", "2025-12-04", "2025-12-04"), claim("a", "2025-12-10", {"memberliability": 5})
    before = await answered("claim.spending", *rows, slots=_span("2025-11-01", "2025-11-30"))
    after = await answered("claim.spending", *rows, slots=_span("2025-12-01", "2025-12-31"))
    assert "$900.00 is your share" in before.text
    assert "$5.00 is your share" in after.text
    assert "1 claim that began earlier lasts into that time; it counts where it began." in after.text
    assert "lasts into" not in before.text


@pytest.mark.parametrize("intent", ["claim.spending", "claim.owed"])
async def test_a_reversal_that_names_its_claim_is_no_doubt(intent: str) -> None:
    """The two are a pair: neither is in the sum, and nothing is said to be too high."""
    rows = (
        claim("a", "2026-03-01", {"submitted": 50, "memberliability": 20}),
        claim("b", "2026-03-02", {"submitted": 80, "memberliability": 70}, **numbered("XR1")),
        claim("c", "2026-03-02", {"submitted": -80, "memberliability": -70}, **numbered("XR1R", "XR1")),
    )
    said = await answered(intent, *rows, slots=YEAR)
    assert "$20.00" in said.text
    assert "too high" not in said.text
    listed = await answered("claim.list", *rows, slots=YEAR)
    assert "1 claim that your plan took back" in listed.text
    assert "credit" not in listed.text
    stand = await answered("claim.status", *rows, slots={"claim_id": "XR1"})
    assert "Reversed (taken back)" in stand.text
    assert "The newer claim" not in stand.text


async def test_the_claim_that_a_reversal_takes_back_is_told() -> None:
    """Where no visit counts, the pair is told, and not that the other one is missing."""
    rows = (
        claim("b", "2026-03-02", {"submitted": 80, "memberliability": 70}, **numbered("XR1")),
        claim("c", "2026-03-02", {"submitted": -80, "memberliability": -70}, **numbered("XR1R", "XR1")),
    )
    said = await answered("claim.last_visit_cost", *rows)
    assert "isn't shown here" not in said.text
    assert "It takes back your claim of March 2, 2026, $70.00 of your share, so neither counts." in said.text


async def test_a_correction_after_a_reversal_still_follows_the_first_claim() -> None:
    """First, reversal, correction: the last one counts, and says what it replaces."""
    rows = (
        claim("b", "2026-03-02", {"submitted": 80, "memberliability": 70}, **numbered("X1")),
        claim("c", "2026-03-02", {"submitted": -80, "memberliability": -70}, **numbered("X1R", "X1")),
        claim("d", "2026-03-02", {"submitted": 80, "memberliability": 40}, **numbered("X1C", "X1R")),
    )
    said = await answered("claim.spending", *rows, slots=YEAR)
    assert "$40.00 is your share" in said.text
    story = await answered("claim.last_visit_cost", *rows)
    assert "(number X1); your share is $30.00 less" in story.text


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


_CT = "http://www.ama-assn.org/go/cpt"
_IN_MARCH = {"date_range": {"start": "2026-03-01", "end": "2026-03-31"}}


def _adjusted(key: str, day: str, share: float, code: str = "98940") -> Resource:
    item = [{"sequence": 1, "servicedDate": day, "productOrService": concept(code, _CT)}]
    return claim(key, day, {"memberliability": share}, item=item, provider={"display": "Hill Chiropractic"})


_MARCH = (
    _adjusted("a", "2026-03-04", 21),
    _adjusted("b", "2026-03-18", 22),
    _adjusted("c", "2026-04-02", 23),
    _adjusted("d", "2026-03-20", 50, "99213"),
)


@pytest.mark.parametrize(
    ("said", "slots", "sum_"),
    [
        ("what did I pay for chiropractic visits in March", {"service": "chiropractic", **_IN_MARCH}, "$43.00"),
        ("what did the chiropractor visits cost me", {"service": "chiropractic"}, "$66.00"),
        ("what did I pay for chiropractic care in March", {"service": "chiropractic", **_IN_MARCH}, "$43.00"),
        ("how much did all my visits cost in March", _IN_MARCH, "$93.00"),
        ("cuánto me costaron las visitas en marzo", _IN_MARCH, "$93.00"),
    ],
)
async def test_several_visits_are_summed_with_their_list(said: str, slots: dict[str, object], sum_: str) -> None:
    """The plural asks for all of them, and so does a kind of care with a time."""
    told = await answered("claim.last_visit_cost", *_MARCH, slots=slots, said=said)
    assert told.text.startswith(f"{sum_} is your share of")
    assert "1. " in told.text
    assert re.search(r"2\. \$.* · March", told.text)
    assert "You had another" not in told.text


@pytest.mark.parametrize(
    ("said", "slots"),
    [
        ("what did my last chiropractor visit cost", {"service": "chiropractic"}),
        ("what did my chiropractor visit in March cost", {"service": "chiropractic", **_IN_MARCH}),
        ("", {"service": "chiropractic", **_IN_MARCH}),
    ],
)
async def test_one_visit_stays_one_visit(said: str, slots: dict[str, object]) -> None:
    """The last, the visit, or a button: one claim."""
    told = await answered("claim.last_visit_cost", *_MARCH, slots=slots, said=said)
    assert "is your share of the chiropractor visit on" in told.text


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
