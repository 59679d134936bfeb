"""A whole record: read page by page, gone on where it stopped, as the payer sent it, with what is missing said."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from bot.errors import SignInExpired
from bot.kit import Ask
from bot.kit.gathering import KINDS, Gathered, Kept, RecordPapers, fhir_files, gathered, record_document
from bot.payer.budget import Budget
from bot.payer.client import MemberClient
from bot.payer.http import Http
from tests.days import no_pause
from tests.kit import money
from tests.records.made import eob

BASE = "https://payer.example/fhir/r4"
TODAY = date(2026, 5, 20)
ME = {"reference": "Patient/p1"}
SENSITIVE = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]}
Resource = dict[str, Any]


@dataclass
class Box:
    """A drawer."""

    held: dict[str, bytes] = field(default_factory=dict)

    async def get(self, name: str) -> bytes | None:
        """What lies there."""
        return self.held.get(name)

    async def put(self, name: str, value: bytes) -> None:
        """Lay it there."""
        self.held[name] = value

    async def clear(self) -> None:
        """Empty it."""
        self.held.clear()


@dataclass
class Payer:
    """A payer with pages of three; `breaks` answers in its place, `needs` finds a type by a parameter alone."""

    resources: list[Resource]
    breaks: Callable[[httpx.Request], int] = lambda _: 0
    needs: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        kind, query = request.url.path.rpartition("/")[2], request.url.params
        self.asked.append(f"{kind} {query.get('at', '0')}")
        headers = {"content-type": "application/fhir+json"}
        if status := self.breaks(request):
            return httpx.Response(status, headers=headers, stream=httpx.ByteStream(b'{"resourceType": "Bundle"}'))
        found = [one for one in self.resources if one["resourceType"] == kind]
        found = found if self.needs.get(kind, "_count") in query else []
        at = int(query.get("at", "0"))
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
        bundle["entry"] = [{"resource": one, "search": {"mode": "match"}} for one in found[at : at + 3]]
        if at + 3 < len(found):
            bundle["link"] = [{"relation": "next", "url": str(request.url.copy_set_param("at", at + 3))}]
        body = json.dumps(bundle, indent=1).encode()
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))


def claims(count: int) -> list[Resource]:
    """So many claims of this member."""
    return [eob(id=f"c{at}", patient=ME, billablePeriod={"start": f"2026-01-{at + 1:02}"}) for at in range(count)]


def lab(id_: str, **more: object) -> Resource:
    """A result of this member."""
    code = {"coding": [{"system": "http://loinc.org", "code": "2951-2", "display": "Sodium"}]}
    row = {"resourceType": "Observation", "id": id_, "status": "final", "subject": ME, "code": code}
    return row | {"effectiveDateTime": "2026-02-03", "valueQuantity": {"value": 139, "unit": "mmol/L"}} | more


PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Reyes", "given": ["Dana"]}]}


def asking(payer: Payer, drawer: Box, *, clock: Callable[[], float] | None = None) -> Ask:
    """A question of the member, with a budget of its own."""
    http = Http(transport=httpx.MockTransport(payer), pause=no_pause)
    budget = Budget(clock=clock) if clock else Budget(60)
    member = MemberClient(http, BASE, "token", "p1")
    return money.asking(today=TODAY, budget=budget, member=member, drawer=lambda: drawer)


def files_of(state: Gathered, drawer: Box, *, marked: bool = False) -> dict[str, bytes]:
    """The FHIR files by name."""
    parts = [(kept, drawer.held[kept.name]) for kept in state.parts]
    moment = datetime(2026, 5, 20, 9, tzinfo=UTC)
    return {
        name: b"".join(pieces) for name, pieces in fhir_files(state, parts, marked=marked, moment=moment, base=BASE)
    }


async def test_every_record_is_a_line_as_the_payer_sent_it() -> None:
    """No number is rewritten, no element is lost, whatever white space the payer wrote; the manifest counts them."""
    odd = eob(id="odd", patient=ME, total=[{"category": {"text": "x"}, "amount": {"value": 1.50, "currency": "USD"}}])
    payer, drawer = Payer([PATIENT, odd, *claims(4), lab("o1", note=[{"text": "two\nlines"}])]), Box()
    state = await gathered(asking(payer, drawer), anew=True)
    files = files_of(state, drawer)
    lines = files["fhir/ExplanationOfBenefit.ndjson"].splitlines()
    assert [json.loads(line) for line in lines] == [odd, *claims(4)]
    assert b'"value": 1.5' in lines[0]
    [result] = files["fhir/Observation.ndjson"].splitlines()
    assert json.loads(result)["note"][0]["text"] == "two\nlines"
    manifest = json.loads(files["fhir/manifest.json"])
    told = {one["type"]: (one["url"], one["count"]) for one in manifest["output"]}
    assert told == {
        "Patient": ("Patient.ndjson", 1),
        "ExplanationOfBenefit": ("ExplanationOfBenefit.ndjson", 5),
        "Observation": ("Observation.ndjson", 1),
    }
    assert (manifest["request"], manifest["error"], manifest["requiresAccessToken"]) == (BASE, [], False)
    assert manifest["transactionTime"] == "2026-05-20T09:00:00+00:00"


@pytest.mark.threat("T70", "T11")
async def test_what_belongs_to_somebody_else_is_left_out_and_counted() -> None:
    """Whatever page it stands on."""
    foreign = [eob(id=f"x{at}", patient={"reference": "Patient/p2"}) for at in range(2)]
    payer, drawer = Payer([PATIENT, *claims(3), *foreign]), Box()
    state = await gathered(asking(payer, drawer), anew=True)
    assert state.strangers == 2
    assert b"x0" not in files_of(state, drawer)["fhir/ExplanationOfBenefit.ndjson"]


@pytest.mark.fault("F69")
async def test_a_page_that_fails_is_said_and_tried_again_alone() -> None:
    """The rest stands; the next question asks for the page that did not come, and for nothing that did."""
    down = [True]
    payer = Payer([PATIENT, *claims(7)], lambda asked: 500 * (down[0] and asked.url.params.get("at") == "3"))
    drawer = Box()
    state = await gathered(ask := asking(payer, drawer), anew=True)
    assert [(one.type, one.why) for one in state.missing] == [("ExplanationOfBenefit", "failed")]
    assert not ask.report.complete
    files = files_of(state, drawer)
    outcome = json.loads(files["fhir/errors.ndjson"])
    assert (outcome["resourceType"], outcome["issue"][0]["code"]) == ("OperationOutcome", "incomplete")
    assert json.loads(files["fhir/manifest.json"])["error"] == [
        {"type": "OperationOutcome", "url": "errors.ndjson", "count": 1}
    ]
    payer.asked.clear()
    down[0] = False
    state = await gathered(asking(payer, drawer), anew=False)
    assert payer.asked == ["ExplanationOfBenefit 3", "ExplanationOfBenefit 6"]
    assert (state.missing, state.records) == ((), 8)


@pytest.mark.fault("F69")
@pytest.mark.parametrize(("status", "why"), [(403, "refused"), (404, "refused"), (500, "failed")])
async def test_a_type_that_is_not_given_is_said(status: int, why: str) -> None:
    """What the payer refuses is not tried again; what failed is."""
    payer = Payer([PATIENT], lambda asked: status * asked.url.path.endswith("Condition"))
    state = await gathered(asking(payer, Box()), anew=True)
    assert [(one.type, one.why) for one in state.missing] == [("Condition", why)]


@pytest.mark.fault("F71")
async def test_a_record_that_takes_longer_than_a_question_goes_on_page_by_page() -> None:
    """Each question reads what its time allows, and none reads a page twice."""
    payer, drawer = Payer([PATIENT, *claims(9)]), Box()
    questions, now = 0, [0.0]

    def slow(_: httpx.Request) -> int:
        now[0] += 6.0
        return 0

    payer.breaks = slow
    while True:
        questions += 1
        state = await gathered(asking(payer, drawer, clock=lambda: now[0]), anew=True)
        if not state.steps:
            break
        assert questions < 20
    assert questions > 2
    assert state.records == 10
    own = [one for one in payer.asked if one.startswith("Explanation")]
    assert own == ["ExplanationOfBenefit 0", "ExplanationOfBenefit 3", "ExplanationOfBenefit 6"]


@pytest.mark.fault("F70")
async def test_a_sign_in_that_ends_while_it_reads_keeps_what_was_read() -> None:
    """The question asks for a new sign-in; the drawer tells how far it came."""
    payer = Payer([PATIENT, *claims(5)], lambda asked: 401 * (asked.url.params.get("at") == "3"))
    drawer = Box()
    with pytest.raises(SignInExpired):
        await gathered(asking(payer, drawer), anew=True)
    payer.breaks = lambda _: 0
    payer.asked.clear()
    state = await gathered(asking(payer, drawer), anew=True)
    assert payer.asked[0] == "ExplanationOfBenefit 3"
    assert state.records == 6


async def test_results_that_are_found_by_category_only_are_found() -> None:
    """Each category is asked for where nothing comes without one, and a record in two of them is in the file once."""
    payer, drawer = Payer([PATIENT, lab("o1")], needs={"Observation": "category"}), Box()
    state = await gathered(asking(payer, drawer), anew=True)
    assert len(files_of(state, drawer)["fhir/Observation.ndjson"].splitlines()) == 1


@pytest.mark.fault("F71")
async def test_more_than_a_file_holds_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit, and the file says that there is more."""
    monkeypatch.setattr("bot.kit.gathering.MOST_RECORDS", 4)
    payer, drawer = Payer([PATIENT, *claims(9)]), Box()
    state = await gathered(asking(payer, drawer), anew=True)
    assert [one.why for one in state.missing] == ["limit"]
    assert json.loads(files_of(state, drawer)["fhir/errors.ndjson"])["issue"][0]["code"] == "too-long"


@pytest.mark.threat("T33", "T70")
async def test_records_with_a_privacy_mark_are_in_it_only_when_asked_for() -> None:
    """Neither the FHIR files nor the page hold them before; afterwards both do, and the page says what they are."""
    payer, drawer = Payer([PATIENT, lab("o1"), lab("o2", meta=SENSITIVE)]), Box()
    ask = asking(payer, drawer)
    state = await gathered(ask, anew=True)
    parts = [(kept, drawer.held[kept.name]) for kept in state.parts]
    without, having = (RecordPapers(state, parts, TODAY, marked=marked) for marked in (False, True))
    assert (without.hidden, without.marked, len(without.results)) == (1, 0, 1)
    assert (having.hidden, having.marked, len(having.results)) == (0, 1, 2)
    assert b"o2" not in files_of(state, drawer)["fhir/Observation.ndjson"]
    assert b"o2" in files_of(state, drawer, marked=True)["fhir/Observation.ndjson"]
    made = await record_document(ask, state, marked=False)
    assert made is not None
    assert made[1].done is not None
    await made[1].done()
    assert drawer.held, "the button for the rest needs no second reading"


async def test_a_claim_says_that_it_counts_no_longer() -> None:
    """Also where only the later one tells it: a correction names the claim that it replaces."""
    first, second = claims(2)
    corrects = {"related": [{"relationship": {"coding": [{"code": "prior"}]}, "reference": {"value": "n1"}}]}
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "Kim"}]}
    rows = [PATIENT, {**first, "identifier": [{"value": "n1"}]}, {**second, **corrects}]
    payer, drawer = Payer(rows), Box()
    state = await gathered(asking(payer, drawer), anew=True)
    state.parts.append(Kept("d", "Practitioner", "open", 1))
    parts = [(kept, drawer.held.get(kept.name) or zlib.compress(json.dumps(doctor).encode())) for kept in state.parts]
    papers = RecordPapers(state, parts, TODAY, marked=False)
    assert papers.states == {"c0": "replaced"}
    assert (papers.records, papers.beside) == (4, 1)


@pytest.mark.threat("T71")
async def test_nothing_waits_when_the_file_is_made() -> None:
    """The parts go with it, and the next question begins anew."""
    payer, drawer = Payer([PATIENT, *claims(2)]), Box()
    ask = asking(payer, drawer)
    made = await record_document(ask, await gathered(ask, anew=True), marked=False)
    assert made is not None
    assert made[1].done is not None
    await made[1].done()
    assert drawer.held == {}
    payer.asked.clear()
    await gathered(asking(payer, drawer), anew=True)
    assert {one.partition(" ")[0] for one in payer.asked} == set(KINDS)


@pytest.mark.threat("T40", "T71")
async def test_a_page_whose_address_is_not_the_payers_is_not_asked_for() -> None:
    """Also when it was kept: whoever writes the store sends the token nowhere."""
    payer, drawer = Payer([PATIENT, *claims(5)], lambda asked: 500 * (asked.url.params.get("at") == "3")), Box()
    await gathered(asking(payer, drawer), anew=True)
    drawer.held["state"] = drawer.held["state"].replace(b"https://payer.example/", b"https://evil.example/")
    payer.asked.clear()
    state = await gathered(asking(payer, drawer), anew=False)
    assert payer.asked == []
    assert [one.why for one in state.missing] == ["failed"]
