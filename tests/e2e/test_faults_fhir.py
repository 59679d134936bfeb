"""Faults of the payer's FHIR server (F16-F36): what the person reads, over real HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from bot.turn import Patience
from tests.e2e import hostile
from tests.e2e.hostile import Listener
from tests.e2e.house import EOB, OWED, House, Said, open_house

FHIR = {"content-type": "application/fhir+json"}
AMOUNT = re.compile(r"\$\d")
FAR = "what did I owe for my visit with Dr Kim"
FIND = "find a cardiologist near 37402"
ROLE = "/fhir/r4/PractitionerRole"
DEEP = b'{"resourceType":"Bundle","entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def always(status: int = 200, body: bytes = b"", headers: Mapping[str, str] = FHIR) -> Fault:
    """A fault of claims that does not end."""
    return Fault(EOB, status, body, {**FHIR, **headers}, times=None)


@dataclass(frozen=True)
class Case:
    """A fault, and a piece of what the person reads."""

    name: str
    fault: Callable[[], Fault]
    words: str
    tries: int | None = None


CASES = (
    Case("F17 403", lambda: always(403), "does not let this app see claims", 1),
    Case("F18 404 on a type", lambda: always(404), "does not offer claims", 1),
    Case(
        "F19 429 for ten minutes",
        lambda: always(429, headers={"retry-after": "600"}),
        "busy. Please try again in about 10",
        1,
    ),
    Case("F20 500 for ever", lambda: always(500), "isn't answering right now", 3),
    Case("F20 502 for ever", lambda: always(502), "isn't answering right now", 3),
    Case("F20 503 for ever", lambda: always(503), "isn't answering right now", 3),
    Case(
        "F23 truncated, honest", lambda: Fault(EOB, times=None, rewrite=lambda body: body[:200]), "arrived damaged", 2
    ),
    Case("F23 truncated, dishonest", lambda: Fault(EOB, times=None, cut=200), "arrived damaged", 2),
    Case("F24 maintenance page", lambda: Fault(EOB, 200, times=None), "in maintenance", 1),
    Case("F24 empty", lambda: always(200), "in maintenance", 1),
    Case("F24 no content", lambda: always(204), "in maintenance", 1),
    Case("F24 list", lambda: always(200, b"[]"), "arrived damaged", 2),
    Case("F24 null", lambda: always(200, b"null"), "arrived damaged", 2),
    Case("F24 text", lambda: always(200, b'"Bundle"'), "arrived damaged", 2),
    Case("F24 another resource", lambda: always(200, b'{"resourceType":"Patient"}'), "arrived damaged", 2),
    Case(
        "F25 gzip bomb", lambda: always(200, hostile.gzip_bomb(), {"content-encoding": "gzip"}), "more than I can show"
    ),
    Case("F25 big body", lambda: always(200, b" " * (11 * hostile.MIB)), "more than I can show"),
    Case("F25 deep", lambda: always(200, DEEP), "arrived damaged"),
    Case(
        "F28 redirect", lambda: always(302, headers={"location": "https://evil.example/"}), "somewhere I don't trust", 1
    ),
    Case(
        "F29 error in place of results",
        lambda: always(200, b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}'),
        "isn't answering right now",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_what_a_person_reads_when_the_payer_fails(dana: House, case: Case) -> None:
    """One reply in the words of the fault, no amount, a reference that the log has too, and no try too many."""
    dana.break_(case.fault())
    before = dana.asked()
    words = dana.problem(await dana.say(OWED))
    assert case.words in words
    assert not AMOUNT.search(words)
    if case.tries is not None:
        assert dana.asked() - before == case.tries
    dana.heal()
    assert (await dana.bot.accounts.link(dana.person)) is not None


async def test_a_forbidden_type_leaves_the_other_questions(dana: House) -> None:
    """403 for claims starts no new sign-in and does not touch the directory (F17)."""
    dana.break_(always(403))
    await dana.say(OWED)
    assert "near" in (await dana.say(FIND)).text or "miles of 37402" in (await dana.say(FIND)).text
    assert "Sign in again" not in (await dana.say(OWED)).text


@pytest.mark.parametrize("said", ["2", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", ""])
async def test_a_busy_payer_is_asked_again_after_the_time_it_names(dana: House, said: str) -> None:
    """429 once: seconds are waited for, a past date at once, garbage a few seconds; then the answer (F19)."""
    dana.break_(Fault(EOB, 429, headers={"retry-after": said}))
    assert "$54.87" in (await dana.say(OWED)).text
    assert sum(dana.clock.waited) >= (2 if said == "2" else 0)
    assert sum(dana.clock.waited) < 10


async def test_a_busy_payer_is_not_called_before_the_time_it_named(dana: House) -> None:
    """Everybody keeps off the origin until then, the next question included (F19)."""
    dana.break_(Fault(EOB, 429, headers={"retry-after": "600"}))
    await dana.say(OWED)
    before = len(dana.sandbox.requests)
    assert "busy" in dana.problem(await dana.say(OWED))
    assert len(dana.sandbox.requests) == before


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_one_failure_is_not_noticed(dana: House, status: int) -> None:
    """A single 5xx is tried again and answered (F20)."""
    dana.break_(Fault(EOB, status))
    assert "$54.87" in (await dana.say(OWED)).text


async def test_a_breaker_spares_a_payer_that_is_down_and_lets_one_call_probe(dana: House) -> None:
    """After five failures nobody calls; later one call tries, and its success opens the way (F20)."""
    dana.break_(always(503))
    for _ in range(2):
        dana.problem(await dana.say(OWED))
    before = dana.asked()
    assert "isn't answering" in dana.problem(await dana.say(OWED))
    assert dana.asked() == before
    dana.heal()
    await dana.clock.pause(120)
    assert "$54.87" in (await dana.say(OWED)).text


RAW = {
    "F21 reset": (hostile.reset, "isn't answering"),
    "F21 not HTTP": (hostile.not_http, "isn't answering"),
    "F22 drip": (hostile.drip, "too slow just now"),
    "F22 hang": (hostile.silent, "too slow just now"),
    "F23 dishonest length": (hostile.lying_length, "arrived damaged"),
}


@pytest.mark.parametrize("name", RAW)
async def test_a_payer_that_breaks_the_line(world: World, tmp_path: Path, name: str) -> None:
    """A wire that resets, drips, hangs or lies ends in words within the question's time, after "still looking"."""
    answer, words = RAW[name]
    async with open_house(world, tmp_path) as linked:
        await linked.sign_in()
        async with Listener(answer).listening() as broken:
            patience = Patience(notice=0.05, wall=0.6)
            address = {"payer_fhir_url": f"{broken.url}/fhir", "patience": patience}
            async with open_house(world, tmp_path, sandbox=linked.sandbox, **address) as house:  # type: ignore[arg-type]
                said = await house.say(OWED)
        assert words in house.problem(said)
        assert ("Still looking" in said.text) is ("slow" in words)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/fhir", "https://no-such-payer.invalid/fhir"])
async def test_a_payer_that_cannot_be_reached(world: World, tmp_path: Path, address: str) -> None:
    """A refused connection and an unknown host read the same (F21)."""
    async with open_house(world, tmp_path) as linked:
        await linked.sign_in()
        async with open_house(world, tmp_path, sandbox=linked.sandbox, payer_fhir_url=address) as house:
            assert "isn't answering" in house.problem(await house.say(OWED))


async def test_a_payer_without_tls(dana: House, world: World, tmp_path: Path) -> None:
    """A TLS handshake that fails reads as a payer that is down (F21)."""
    address = dana.sandbox.fhir_url.replace("http:", "https:")
    async with open_house(world, tmp_path, sandbox=dana.sandbox, payer_fhir_url=address) as house:
        assert "isn't answering" in house.problem(await house.say(OWED))


def rewriting(change: Callable[[dict[str, Any]], None], path: str = EOB, **fault: Any) -> Fault:
    """A fault that changes each Bundle of this path."""

    def rewrite(body: bytes) -> bytes:
        bundle = json.loads(body)
        change(bundle)
        return json.dumps(bundle).encode()

    return Fault(path, rewrite=rewrite, **{"times": None, **fault})


def with_next(url: str) -> Callable[[dict[str, Any]], None]:
    """Give the Bundle this next link."""

    def change(bundle: dict[str, Any]) -> None:
        bundle["link"] = [link for link in bundle.get("link", []) if link["relation"] != "next"]
        bundle["link"].append({"relation": "next", "url": url})

    return change


async def test_pages_that_loop_end_at_the_first_one_seen_before(dana: House) -> None:
    """A next link to itself stops at once, and the answer says that it is partial (F26)."""
    query = "ExplanationOfBenefit?loop=1"
    dana.break_(rewriting(with_next(query)))
    said = await dana.say(FAR)
    assert "I stopped before the end" in said.text
    assert dana.asked(query="loop=1") == 1
    assert not said.last.complete


async def test_pages_without_end_stop_at_the_cap(dana: House) -> None:
    """Fresh pages for ever are read up to the question's limit, and the answer says that it is partial (F26)."""
    count = 0

    def change(bundle: dict[str, Any]) -> None:
        nonlocal count
        count += 1
        with_next(f"ExplanationOfBenefit?page={count}")(bundle)

    dana.break_(rewriting(change))
    said = await dana.say(FAR)
    assert "I stopped before the end" in said.text
    assert count <= 20


ELSEWHERE = (
    "http://127.0.0.1:{port}/fhir/r4/ExplanationOfBenefit",
    "//127.0.0.1:{port}/fhir/r4/ExplanationOfBenefit",
    "http://localhost:{port}/fhir/r4/ExplanationOfBenefit",
    "http://{payer}@127.0.0.1:{port}/fhir/r4/ExplanationOfBenefit",
    "file:///etc/passwd",
    "../../as/token.oauth2",
    "http://127.0.0.1:{port}\\@{payer}/fhir/r4/ExplanationOfBenefit",
)


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_next_link_to_elsewhere_is_not_followed(dana: House, url: str) -> None:
    """A partial answer says so, and nobody but the payer is called (F27, I3)."""
    async with Listener(hostile.not_http).listening() as canary:
        payer = dana.sandbox.base_url.removeprefix("http://")
        dana.break_(rewriting(with_next(url.format(port=canary.port, payer=payer))))
        said = await dana.say(FAR)
        assert "I stopped before the end" in said.text
        assert not said.last.complete
    assert canary.heard == []
    assert dana.asked("/as/token.oauth2") == 1


async def test_a_search_that_is_sent_away_calls_nobody(dana: House) -> None:
    """A redirect with the bearer behind it is not followed (F28, I3)."""
    async with Listener(hostile.not_http).listening() as canary:
        dana.break_(always(302, headers={"location": f"{canary.url}/fhir/r4/ExplanationOfBenefit"}))
        assert "somewhere I don't trust" in dana.problem(await dana.say(OWED))
    assert canary.heard == []


async def test_a_warning_among_the_results_is_no_result(dana: House) -> None:
    """An outcome entry is neither counted nor shown (F29)."""
    issue = {"severity": "warning", "code": "not-supported", "diagnostics": "planted-diagnostics"}
    outcome = {"resource": {"resourceType": "OperationOutcome", "issue": [issue]}, "search": {"mode": "outcome"}}
    dana.break_(rewriting(lambda bundle: bundle["entry"].insert(0, outcome)))
    said = await dana.say(OWED)
    assert "$54.87" in said.text
    assert "planted" not in said.text + dana.log.text


async def test_an_error_among_the_results_makes_the_answer_partial(dana: House) -> None:
    """The person reads that part did not come (F29)."""
    issue = {"severity": "error", "code": "exception"}
    outcome = {"resource": {"resourceType": "OperationOutcome", "issue": [issue]}, "search": {"mode": "outcome"}}
    dana.break_(rewriting(lambda bundle: bundle["entry"].append(outcome)))
    said = await dana.say(OWED)
    assert "may be incomplete" in said.text
    assert not said.last.complete


@pytest.mark.parametrize("total", [None, 0, -3, 5_000])
async def test_a_wrong_total_changes_nothing(dana: House, total: object) -> None:
    """The bot counts what it holds (F30)."""

    def change(bundle: dict[str, Any]) -> None:
        bundle.pop("total", None)
        if total is not None:
            bundle["total"] = total

    before = (await dana.say("list my claims")).text
    dana.break_(rewriting(change))
    assert (await dana.say("list my claims")).text == before


async def test_somebody_elses_claim_is_left_out_and_counted(dana: House) -> None:
    """The newest visit is given to another patient: its amount is not shown, and one record is said missing (F31)."""

    def change(bundle: dict[str, Any]) -> None:
        for entry in bundle["entry"]:
            if "54.87" in json.dumps(entry):
                entry["resource"]["patient"]["reference"] = "Patient/somebody-else"

    dana.break_(rewriting(change))
    said = await dana.say(OWED)
    assert "$54.87" not in said.text
    assert "left out because" in said.text
    assert not said.last.complete


async def test_a_server_that_ignores_filters_gives_the_same_answer(dana: House) -> None:
    """Order, count and every directory filter are applied here when the server does not (F32)."""
    claims, found = await dana.say(OWED), await dana.say(FIND + " accepting new patients in network s")
    names = {"network", "_sort", "_count", "specialty", "specialty.code", "location.address-postalcode", "accepting"}
    dana.sandbox.behaviour.ignored_parameters = frozenset(names)
    assert _first_line(await dana.say(OWED)) == _first_line(claims)
    again = await dana.say(FIND + " accepting new patients in network s")
    assert "Network S" in again.text
    assert (
        re.findall(r"^\d+\. .+", again.text, re.MULTILINE)[:1] == re.findall(r"^\d+\. .+", found.text, re.MULTILINE)[:1]
    )


async def test_a_server_without_chains_finds_the_same_people(house: House) -> None:
    """A chained search that finds nothing is done in two steps (F33)."""
    with_chains = await house.say(FIND)
    house.sandbox.behaviour.chains = False
    assert (await house.say(FIND)).text == with_chains.text


async def test_listings_without_their_included_parts(house: House) -> None:
    """Names come from display, else it is said that none is given; nothing breaks (F34)."""
    house.break_(
        rewriting(
            lambda bundle: bundle.update(
                entry=[e for e in bundle["entry"] if e["resource"]["resourceType"] != "Practitioner"]
            ),
            ROLE,
        )
    )
    said = await house.say(FIND)
    assert said.last.error is None
    assert re.search(r"^1\. ", said.text, re.MULTILINE) or "the directory doesn't give" in said.text


@pytest.mark.parametrize("path", ["/fhir/r4/metadata", "/fhir/r4/.well-known", "/.well-known"])
async def test_discovery_that_is_down_is_not_noticed(house: House, path: str) -> None:
    """Sign-in and answers work from the settings (F35)."""
    house.break_(Fault(path, 503, times=None))
    settings = house.settings
    assert settings.payer_issuer
    said = await house.sign_in()
    if path != "/.well-known":
        assert "Dana" in said.text
        assert "$54.87" in (await house.say(OWED)).text
    assert "54.87" not in house.log.text


async def test_a_strict_server_gets_simpler_searches(dana: House) -> None:
    """A 400 for an unknown parameter costs one more call, is remembered, and the answer is the same (F36)."""
    loose = await dana.say(OWED)
    dana.sandbox.behaviour.strict = True
    dana.sandbox.behaviour.ignored_parameters = frozenset({"_sort"})
    assert _first_line(await dana.say(OWED)) == _first_line(loose)
    before = dana.asked(query="_sort")
    assert _first_line(await dana.say(OWED)) == _first_line(loose)
    assert dana.asked(query="_sort") == before


def _first_line(said: Said) -> str:
    return said.text.splitlines()[0]


def _first_entry(said: Said) -> str:
    found = re.search(r"^1\. .+", said.text, re.MULTILINE)
    return found[0] if found else ""
