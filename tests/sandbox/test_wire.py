import asyncio
import json

import httpx
import pytest

from bot.sandbox.behaviour import Fault
from tests.sandbox.small import Browser, ids

LOCATIONS = "/fhir/r4/Location"


def _url(browser: Browser, query: str = "") -> str:
    return f"{browser.sandbox.base_url}{LOCATIONS}{query}"


async def test_a_fault_answers_in_the_payers_place_and_then_is_over(served: Browser) -> None:
    """One 503 with Retry-After and an HTML page, then the truth again."""
    headers = {"content-type": "text/html", "retry-after": "2"}
    served.sandbox.behaviour.faults = [Fault(LOCATIONS, 503, b"<p>Back soon", headers)]
    answer = await served.http.get(_url(served))
    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (503, "2", "<p>Back soon")
    assert len(ids(await served.http.get(_url(served)))) == 2


async def test_faults_choose_their_requests(payer: Browser) -> None:
    """By method, by a part of the query, after a number of requests, and for ever."""
    payer.sandbox.behaviour.faults = [
        Fault("/fhir/r4/Organization", 500, method="POST"),
        Fault("/fhir/r4/Practitioner", 500, query_has="name=oak", times=None),
        Fault("/fhir/r4/Endpoint", 404, after=1),
    ]
    get = payer.http.get
    assert (await get("Organization")).status_code == 200
    assert (await payer.http.post("Organization/_search", data={})).status_code == 500
    assert [(await get("Practitioner?name=oak")).status_code for _ in range(3)] == [500, 500, 500]
    assert (await get("Practitioner")).status_code == 200
    assert [(await get("Endpoint")).status_code for _ in range(3)] == [200, 404, 200]


async def test_a_rewritten_answer_keeps_its_status_and_tells_its_true_length(served: Browser) -> None:
    """Truncated JSON with an honest length, and a changed body."""
    served.sandbox.behaviour.faults = [
        Fault(LOCATIONS, rewrite=lambda body: body[:40]),
        Fault(LOCATIONS, rewrite=lambda body: body.replace(b"Chattanooga", b"Elsewhere"), after=1),
    ]
    cut = await served.http.get(_url(served))
    assert (cut.status_code, cut.headers["content-length"]) == (200, "40")
    with pytest.raises(json.JSONDecodeError):
        cut.json()
    assert "Elsewhere" in (await served.http.get(_url(served))).text


async def test_a_cut_answer_breaks_its_promise(served: Browser) -> None:
    """The connection closes before the promised length has come."""
    served.sandbox.behaviour.faults = [Fault(LOCATIONS, cut=40)]
    with pytest.raises(httpx.RemoteProtocolError):
        await served.http.get(_url(served))
    assert (await served.http.get(_url(served))).status_code == 200


async def test_a_held_request_waits_until_it_is_let_go(served: Browser) -> None:
    """A hanging payer, then the true answer."""
    gate = asyncio.Event()
    fault = Fault(LOCATIONS, hold=gate)
    served.sandbox.behaviour.faults = [fault]
    waiting = asyncio.create_task(served.http.get(_url(served)))
    other = await served.http.get(f"{served.sandbox.fhir_url}/metadata")
    assert other.status_code == 200
    assert not waiting.done()
    gate.set()
    assert (await waiting).status_code == 200


async def test_requests_are_noted_without_their_secrets(payer: Browser) -> None:
    """What was asked is kept, with whether a token or a cookie came along, and no header's value."""
    await payer.http.get("Location?name=river", headers={"Authorization": "Bearer planted", "Cookie": "a=planted"})
    await payer.http.get("Location")
    first, second = payer.sandbox.requests
    assert (first.method, first.path, first.query) == ("GET", LOCATIONS, "name=river")
    assert (first.has_authorization, first.has_cookie) == (True, True)
    assert (second.has_authorization, second.has_cookie) == (False, False)
    assert "planted" not in repr(first)


async def test_extra_headers_come_with_every_answer(payer: Browser) -> None:
    """A load balancer's cookie, on true answers and on faults."""
    payer.sandbox.behaviour.headers = {"Set-Cookie": "lb=1"}
    payer.sandbox.behaviour.faults = [Fault(LOCATIONS)]
    for status in (503, 200):
        answer = await payer.http.get("Location")
        assert (answer.status_code, answer.headers["set-cookie"]) == (status, "lb=1")


async def test_tokens_can_be_ended_all_at_once(payer: Browser) -> None:
    """A payer may end every token at any time."""
    headers = await payer.bearer()
    assert (await payer.http.get("Patient", headers=headers)).status_code == 200
    payer.sandbox.revoke_all()
    assert (await payer.http.get("Patient", headers=headers)).status_code == 401
