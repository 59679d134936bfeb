"""A long time is read whole and once, and the plan year that a coverage tells."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SignInExpired
from bot.kit import Ask
from bot.kit.coverages import plan_year_of
from bot.kit.period import AT_ONCE, period_claims, windows
from bot.payer.budget import Budget
from bot.payer.client import MemberClient
from bot.payer.http import Http
from bot.records.coverage import Coverage, PlanYear, plan_year
from tests.days import no_pause
from tests.kit.money import asking
from tests.records.made import eob

BASE = "https://payer.example/fhir/r4"
TODAY = date(2026, 12, 31)
START = date(2026, 1, 1)


@dataclass
class Server:
    """A payer of many claims, one every so often, newest first; pages are cut by `_count` and followed by offset."""

    count: int
    filters: bool = True
    ordered: bool = True
    total: bool = True
    breaks: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
    asked: list[httpx.URL] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        self.asked.append(request.url)
        if broken := self.breaks(request):
            return broken
        query, rows = request.url.params, self._claims()
        if self.filters:
            low = max((v[2:] for v in query.get_list("service-date") if v.startswith("ge")), default="")
            high = min((v[2:] for v in query.get_list("service-date") if v.startswith("le")), default="9")
            rows = [row for row in rows if low <= row["billablePeriod"]["start"] <= high]
        at, size = int(query.get("at", "0")), int(query["_count"])
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": []}
        bundle["entry"] = [{"resource": row, "search": {"mode": "match"}} for row in rows[at : at + size]]
        if self.total:
            bundle["total"] = len(rows)
        if at + size < len(rows):
            bundle["link"] = [{"relation": "next", "url": str(request.url.copy_set_param("at", at + size))}]
        return httpx.Response(
            200,
            headers={"content-type": "application/fhir+json"},
            stream=httpx.ByteStream(json.dumps(bundle).encode()),
        )

    def _claims(self) -> list[dict[str, Any]]:
        days = [TODAY - timedelta(days=number * 364 // self.count) for number in range(self.count)]
        rows = [eob(id=f"c{at}", billablePeriod={"start": str(day)}) for at, day in enumerate(days)]
        return rows if self.ordered else sorted(rows, key=lambda row: str(row["id"]))


async def read(server: Server) -> tuple[set[str], Ask]:
    """The ids of the year's claims, and the question that read them."""
    http = Http(transport=httpx.MockTransport(server), pause=no_pause)
    client = MemberClient(http, BASE, "token", "p1")
    ask = asking(today=TODAY, budget=Budget(), member=client)
    claim_set = await period_claims(ask, START, TODAY)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in claim_set.claims])
    return {claim.id for claim in claim_set.claims}, ask


def opened(server: Server) -> set[tuple[str, ...]]:
    """The spans of days that were asked for."""
    return {tuple(url.params.get_list("service-date")) for url in server.asked} - {()}


@pytest.mark.parametrize("total", [True, False])
async def test_a_long_year_is_read_in_windows_and_every_claim_once(*, total: bool) -> None:
    """A thousand claims come whole, in four windows beside the first pages, and each record is named once."""
    server = Server(1_000, total=total)
    ids, ask = await read(server)
    assert ids == {f"c{at}" for at in range(1_000)}
    assert len(opened(server)) == 1 + AT_ONCE
    assert len(ask.report.sources) == 1_000
    assert ask.report.complete
    assert ask.report.progress.read == 1_000


async def test_a_short_year_costs_few_calls() -> None:
    """Two pages are two calls; one more looks for claims that have no day."""
    server = Server(150)
    ids, _ = await read(server)
    assert len(ids) == 150
    assert len(server.asked) == 3
    assert server.asked[-1].params["service-date:missing"] == "true"


@pytest.mark.parametrize("poor", [{"filters": False}, {"ordered": False}, {"filters": False, "ordered": False}])
async def test_a_server_that_ignores_days_or_order_is_read_page_by_page(poor: dict[str, bool]) -> None:
    """The same claims, whichever of both the server does not do."""
    server = Server(1_000, **poor)  # type: ignore[arg-type] # names of switches
    ids, ask = await read(server)
    assert ids == {f"c{at}" for at in range(1_000)}
    assert len(ask.report.sources) == 1_000
    assert ask.report.complete


async def test_a_window_that_does_not_come_is_said() -> None:
    """What came stands, and the report says that pages are missing."""
    lost: list[httpx.URL] = []

    def breaks(request: httpx.Request) -> httpx.Response | None:
        first = request.url.params.get_list("service-date") != ["ge2025-12-31", "le2027-07-02"]
        if first and any(value == "ge2025-12-31" for value in request.url.params.get_list("service-date")):
            lost.append(request.url)
            return httpx.Response(404, stream=httpx.ByteStream(b""))
        return None

    ids, ask = await read(Server(1_000, breaks=breaks))
    assert lost
    assert 500 < len(ids) < 1_000
    assert not ask.report.complete


async def test_a_sign_in_that_ends_meanwhile_ends_the_question() -> None:
    """Half a year is not told as if it were whole (F14)."""
    server = Server(1_000)
    server.breaks = lambda _: httpx.Response(401, stream=httpx.ByteStream(b"")) if len(server.asked) > 2 else None
    with pytest.raises(SignInExpired):
        await read(server)


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 2_000))
def test_windows_cover_each_day_once(start: date, days: int) -> None:
    """No day between two dates is missing or in two windows."""
    end = start + timedelta(days=days)
    covered = [
        first + timedelta(days=at) for first, last in windows(start, end) for at in range((last - first).days + 1)
    ]
    assert sorted(covered) == [start + timedelta(days=at) for at in range(days + 1)]


MAY_20 = date(2026, 5, 20)


def _coverage(**changes: Any) -> Coverage:
    shape = {
        "resourceType": "Coverage",
        "id": "one",
        "status": "active",
        "beneficiary": {"reference": "Patient/1"},
        "payor": [{"reference": "Organization/1"}],
        **changes,
    }
    return Coverage(msgspec.json.encode(shape))


@pytest.mark.parametrize(
    ("period", "year"),
    [
        ({"start": "2026-01-01", "end": "2026-12-31"}, (date(2026, 1, 1), date(2026, 12, 31))),
        ({"start": "2024-07-01"}, (date(2025, 7, 1), date(2026, 6, 30))),
        ({"start": "2024-07-01", "end": "2026-05-31"}, (date(2025, 7, 1), date(2026, 5, 31))),
        ({"start": "2026-05-20"}, (date(2026, 5, 20), date(2027, 5, 19))),
        ({"start": "2024-02-29"}, (date(2026, 2, 28), date(2027, 2, 27))),
        ({"end": "2026-12-31"}, None),
        ({"start": "2020-01-01", "end": "2020-12-31"}, None),
    ],
)
def test_a_plan_year_begins_on_the_coverages_anniversary(
    period: dict[str, str], year: tuple[date, date] | None
) -> None:
    """It ends a day before the next one, or with the coverage; what is over or has no beginning tells none."""
    found = plan_year_of([_coverage(period=period)], MAY_20)
    assert (found and (found.first, found.last)) == year


def test_the_first_coverage_decides() -> None:
    """The payer's order counts, and a coverage without a beginning is passed over."""
    second = _coverage(id="two", order=2, period={"start": "2025-07-01"})
    first = _coverage(id="one", order=1, period={"start": "2026-01-01"})
    assert plan_year_of([second, first], MAY_20) == PlanYear(date(2026, 1, 1), date(2026, 12, 31))
    assert plan_year_of([second, _coverage(period={})], MAY_20) == PlanYear(date(2025, 7, 1), date(2026, 6, 30))


def test_a_coverage_that_goes_on_from_a_shorter_one_keeps_its_year() -> None:
    """A new id in mid-year starts no new year; a whole year of its own does."""
    part = _coverage(id="a", period={"start": "2026-02-01", "end": "2026-04-30"})
    rest = _coverage(id="b", period={"start": "2026-05-01", "end": "2026-12-31"})
    whole = _coverage(id="c", period={"start": "2026-05-01", "end": "2027-04-30"})
    assert plan_year(rest, MAY_20, [part, rest]) == PlanYear(date(2026, 2, 1), date(2026, 12, 31))
    assert plan_year(whole, MAY_20, [part, whole]) == PlanYear(date(2026, 5, 1), date(2027, 4, 30))
