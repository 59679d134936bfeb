"""Answers of the payer's FHIR server that are well-formed and wrong (F26-F36): what the person reads."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.sandbox.behaviour import Fault
from tests.cases import part_about, saw
from tests.e2e import hostile
from tests.e2e.breaking import FAR, always, rewriting, with_next
from tests.e2e.hostile import Listener
from tests.e2e.house import OWED, House, Said


async def anew(house: House, question: str) -> Said:
    """The answer an hour later, when nothing that was read before is used again."""
    await house.clock.pause(3_600)
    before = len(house.sandbox.requests)
    said = await house.say(question)
    assert len(house.sandbox.requests) > before
    return said


def in_part(about: str, words: str, said: Said) -> None:
    """The answer is partial, and says so in these words."""
    saw(part_about(about, said.text))
    assert words in said.text
    assert not said.last.complete


@pytest.mark.fault("F26")
@pytest.mark.threat("T42")
@pytest.mark.parametrize(
    ("page", "most"), [(lambda _: 1, 1), (lambda number: number, 20)], ids=["to itself", "fresh pages for ever"]
)
async def test_pages_that_do_not_end_are_left(dana: House, page: Callable[[int], int], most: int) -> None:
    """At the first page seen before, or at the question's limit; the answer says that it is partial (F26)."""
    numbers = itertools.count(1)

    def change(bundle: dict[str, Any]) -> None:
        with_next(f"ExplanationOfBenefit?page={page(next(numbers))}")(bundle)

    dana.break_(rewriting(change))
    in_part("stopped", "I stopped before the end", await dana.say(FAR))
    assert 1 <= dana.asked(query="page=") <= most


ELSEWHERE = (
    "http://127.0.0.1:{port}/fhir/r4/ExplanationOfBenefit",
    "//127.0.0.1:{port}/fhir/r4/ExplanationOfBenefit",
    "http://localhost:{port}/fhir/r4/ExplanationOfBenefit",
    "http://{payer}@127.0.0.1:{port}/fhir/r4/ExplanationOfBenefit",
    "file:///etc/passwd",
    "../../as/token.oauth2",
    "http://127.0.0.1:{port}\\@{payer}/fhir/r4/ExplanationOfBenefit",
)


@pytest.mark.fault("F27")
@pytest.mark.threat("T40", "T41")
@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_next_link_to_elsewhere_is_not_followed(dana: House, url: str) -> None:
    """A partial answer says so, and nobody but the payer is called (F27, I3)."""
    async with Listener(hostile.not_http).listening() as canary:
        payer = dana.sandbox.base_url.removeprefix("http://")
        dana.break_(rewriting(with_next(url.format(port=canary.port, payer=payer))))
        signed_in = dana.asked("/as/token.oauth2")
        said = await dana.say(FAR)
        in_part("stopped", "I stopped before the end", said)
    assert canary.heard == []
    assert ("distrusted", "foreign link") in [(row.what, row.detail) for row in await dana.bot.audit.of(dana.person)]
    assert dana.asked("/as/token.oauth2") == signed_in


@pytest.mark.fault("F28")
@pytest.mark.threat("T40", "T41")
async def test_a_search_that_is_sent_away_calls_nobody(dana: House) -> None:
    """A redirect with the bearer behind it is not followed (F28, I3)."""
    async with Listener(hostile.not_http).listening() as canary:
        dana.break_(always(302, headers={"location": f"{canary.url}/fhir/r4/ExplanationOfBenefit"}))
        assert "somewhere I don't trust" in dana.problem(await dana.say(OWED))
    assert canary.heard == []


@pytest.mark.fault("F29")
@pytest.mark.parametrize("severity", ["warning", "error"])
async def test_an_outcome_among_the_results_is_no_result(dana: House, severity: str) -> None:
    """It is neither counted nor shown; after an error the person reads that part did not come (F29)."""
    issue = {"severity": severity, "code": "exception", "diagnostics": "planted-diagnostics"}
    outcome = {"resource": {"resourceType": "OperationOutcome", "issue": [issue]}, "search": {"mode": "outcome"}}
    dana.break_(rewriting(lambda bundle: bundle["entry"].insert(0, outcome)))
    said = await dana.say(OWED)
    assert "$54.87" in said.text
    assert "planted" not in said.text + dana.log.text
    if severity == "error":
        in_part("incomplete", "may be incomplete", said)


@pytest.mark.fault("F30")
@pytest.mark.parametrize("total", [None, 0, -3, 5_000])
async def test_a_wrong_total_changes_nothing(dana: House, total: object) -> None:
    """The bot counts what it holds (F30)."""

    def change(bundle: dict[str, Any]) -> None:
        bundle.pop("total", None)
        if total is not None:
            bundle["total"] = total

    await dana.say("list my claims")  # a conversation's first answer says whose record it is
    before = (await anew(dana, "list my claims")).text
    dana.break_(rewriting(change))
    assert (await anew(dana, "list my claims")).text == before


@pytest.mark.fault("F31")
@pytest.mark.threat("T11")
async def test_somebody_elses_claim_is_left_out_and_counted(dana: House) -> None:
    """The newest visit is given to another patient: its amount is not shown, and one record is said missing (F31)."""

    def change(bundle: dict[str, Any]) -> None:
        for entry in bundle["entry"]:
            if "54.87" in json.dumps(entry):
                entry["resource"]["patient"]["reference"] = "Patient/somebody-else"

    dana.break_(rewriting(change))
    said = await dana.say(OWED)
    assert "$54.87" not in said.text
    in_part("left out", "left out because", said)
    assert ("distrusted", "wrong patient") in [(row.what, row.detail) for row in await dana.bot.audit.of(dana.person)]


@pytest.mark.fault("F35")
@pytest.mark.parametrize("path", ["/fhir/r4/metadata", "/fhir/r4/.well-known", "/.well-known"])
async def test_discovery_that_is_down_is_not_noticed(house: House, path: str) -> None:
    """Sign-in and answers work from the settings (F35)."""
    house.break_(Fault(path, 503, times=None))
    said = await house.sign_in()
    assert "Dana" in said.text
    assert "$54.87" in (await house.say(OWED)).text
    assert "54.87" not in house.log.text
    async with httpx.AsyncClient(base_url=house.settings.bot_public_url) as http:
        assert (await http.get("/healthz")).json()["status"] == "degraded"


@pytest.mark.fault("F44")
async def test_ten_thousand_claims_are_not_walked(house: House) -> None:
    """The server sorts and counts: one page is enough for the newest visit (F44)."""
    await house.sign_in("maria10k")
    said = await house.say(OWED)
    assert "of your urgent care visit" in said.text
    assert "I stopped before the end" not in said.text
    assert house.asked() <= 2
