"""Faults of the payer's FHIR server on the wire (F17-F25, F28): what the person reads, over real HTTP."""

import asyncio
import gc
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.payer.budget import Patience
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from tests.cases import numbered
from tests.e2e import hostile
from tests.e2e.breaking import FIND, always
from tests.e2e.hostile import MIB, Listener, gzip_bomb
from tests.e2e.house import EOB, OWED, House, open_house

AMOUNT = re.compile(r"\$\d")
DEEP = b'{"resourceType":"Bundle","entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@dataclass(frozen=True)
class Case:
    """A fault, and a piece of what the person reads."""

    name: str
    fault: Callable[[], Fault]
    words: str
    tries: int | None = None


CASES = (
    # Asked by POST and by GET, for a server that is new may not take the first.
    Case("F17 403", lambda: always(403), "does not let this app see claims", 2),
    Case("F18 404 on a type", lambda: always(404), "does not offer claims", 2),
    Case(
        "F19 429 for ten minutes",
        lambda: always(429, headers={"retry-after": "600"}),
        "busy. Please try again in about 10",
        1,
    ),
    Case("F20 500 for ever", lambda: always(500), "isn't answering right now", 3),
    Case("F20 502 for ever", lambda: always(502), "isn't answering right now", 3),
    Case("F20 503 for ever", lambda: always(503), "isn't answering right now", 3),
    Case("F23 truncated, honest", lambda: Fault(EOB, times=None, rewrite=lambda body: body[:200]), "couldn't read", 4),
    Case("F23 truncated, dishonest", lambda: Fault(EOB, times=None, cut=200), "couldn't read", 4),
    Case("F24 maintenance page", lambda: Fault(EOB, 200, times=None), "in maintenance", 2),
    Case("F24 empty", lambda: always(200), "in maintenance", 2),
    Case("F24 no content", lambda: always(204), "in maintenance", 2),
    Case("F24 list", lambda: always(200, b"[]"), "couldn't read", 4),
    Case("F24 null", lambda: always(200, b"null"), "couldn't read", 4),
    Case("F24 text", lambda: always(200, b'"Bundle"'), "couldn't read", 4),
    Case("F24 another resource", lambda: always(200, b'{"resourceType":"Patient"}'), "couldn't read", 4),
    Case("F25 gzip bomb", lambda: always(200, hostile.gzip_bomb(), {"content-encoding": "gzip"}), "far larger"),
    Case("F25 big body", lambda: always(200, b" " * (11 * hostile.MIB)), "far larger"),
    Case("F25 deep", lambda: always(200, DEEP), "couldn't read"),
    Case(
        "F28 redirect", lambda: always(302, headers={"location": "https://evil.example/"}), "somewhere I don't trust", 1
    ),
    Case(
        "F29 error in place of results",
        lambda: always(200, b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}'),
        "isn't answering right now",
    ),
)


@pytest.mark.parametrize("case", numbered(CASES))
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


@pytest.mark.fault("F17")
async def test_a_forbidden_type_leaves_the_other_questions(dana: House) -> None:
    """403 for claims starts no new sign-in and does not touch the directory (F17)."""
    dana.break_(always(403))
    await dana.say(OWED)
    assert "near" in (await dana.say(FIND)).text or "miles of 37402" in (await dana.say(FIND)).text
    assert "Sign in again" not in (await dana.say(OWED)).text


@pytest.mark.fault("F19")
@pytest.mark.threat("T50")
@pytest.mark.parametrize("said", ["2", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", ""])
async def test_a_busy_payer_is_asked_again_after_the_time_it_names(dana: House, said: str) -> None:
    """429 once: seconds are waited for, a past date at once, garbage a few seconds; then the answer (F19)."""
    dana.break_(Fault(EOB, 429, headers={"retry-after": said}))
    assert "$54.87" in (await dana.say(OWED)).text
    assert sum(dana.clock.waited) >= (2 if said == "2" else 0)
    assert sum(dana.clock.waited) < 10


@pytest.mark.fault("F19")
@pytest.mark.threat("T50")
async def test_no_replica_calls_before_the_time_that_one_was_told(dana: House, world: World, tmp_path: Path) -> None:
    """Another process on the same store keeps off the payer too, and says for how long (F19)."""
    dana.break_(Fault(EOB, 429, headers={"retry-after": "600"}))
    await dana.say(OWED)
    before = len(dana.sandbox.requests)
    async with open_house(world, tmp_path, sandbox=dana.sandbox) as replica:
        assert "busy. Please try again in about 10" in replica.problem(await replica.say(OWED))
    assert len(dana.sandbox.requests) == before


@pytest.mark.fault("F20")
@pytest.mark.threat("T50")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_one_failure_is_not_noticed(dana: House, status: int) -> None:
    """A single 5xx is tried again and answered (F20)."""
    dana.break_(Fault(EOB, status))
    assert "$54.87" in (await dana.say(OWED)).text


async def test_a_problem_speaks_the_language_of_the_question(dana: House) -> None:
    """Not that of the question before, and not English because there was none."""
    dana.break_(always(503))
    assert "no responde" in dana.problem(await dana.say("cuánto debo de mi última visita"))
    assert "isn't answering" in dana.problem(await dana.say(OWED))


async def test_a_meaning_is_told_without_the_members_own_figure(dana: House) -> None:
    """No error for what the question did not ask for."""
    dana.break_(replace(always(503), path=EOB.replace("ExplanationOfBenefit", "Coverage")))
    meaning = (await dana.say("what is a deductible")).text
    assert "What you pay yourself" in meaning
    assert "Yours" not in meaning


@pytest.mark.fault("F22")
@pytest.mark.threat("T42")
def test_a_question_that_nobody_hurries_has_twenty_seconds() -> None:
    """The first word after two, the end after twenty: what an operator's bot is given (F22, T42)."""
    assert (Patience().notice, Patience().wall) == (2, 20)


RAW = {
    "F21 reset": (hostile.reset, "isn't answering"),
    "F21 not HTTP": (hostile.not_http, "isn't answering"),
    "F21 half a head": (hostile.half_a_head, "isn't answering"),
    "F22 drip": (hostile.drip, "too slow just now"),
    "F22 hang": (hostile.silent, "too slow just now"),
    "F23 dishonest length": (hostile.lying_length, "couldn't read"),
}


@pytest.mark.parametrize("name", numbered(RAW))
async def test_a_payer_that_breaks_the_line(world: World, tmp_path: Path, name: str) -> None:
    """A wire that resets, drips, hangs or lies ends in words within the question's time, after "still looking"."""
    answer, words = RAW[name]
    async with open_house(world, tmp_path) as linked:
        await linked.sign_in()
        async with Listener(answer).listening() as broken:
            patience = Patience(notice=0.05, wall=0.6) if "slow" in words else Patience(notice=20)
            address = {"payer_fhir_url": f"{broken.url}/fhir", "patience": patience}
            async with open_house(world, tmp_path, sandbox=linked.sandbox, **address) as house:  # type: ignore[arg-type]
                said = await house.say(OWED)
        assert words in house.problem(said)
        assert ("Still looking" in said.text) is ("slow" in words)


@pytest.mark.fault("F21")
@pytest.mark.parametrize("address", ["http://127.0.0.1:9/fhir", "https://no-such-payer.invalid/fhir", None])
async def test_a_payer_that_cannot_be_reached(dana: House, world: World, tmp_path: Path, address: str | None) -> None:
    """A refused connection, an unknown host and a TLS handshake that fails read the same (F21)."""
    address = address or dana.sandbox.fhir_url.replace("http:", "https:")
    # A day of one's own is for the sandbox alone, and an unknown host is none.
    async with open_house(world, tmp_path, sandbox=dana.sandbox, payer_fhir_url=address, bot_today=None) as house:
        assert "isn't answering" in house.problem(await house.say(OWED))


QUESTIONS, MOST_MIB, MOST_AT_ONCE_MIB = 5, 24, 64
FHIR = {"content-type": "application/fhir+json"}
BODIES = {
    "gzip bomb": lambda: Fault(EOB, 200, gzip_bomb(64 * MIB), FHIR | {"content-encoding": "gzip"}, times=None),
    "big body": lambda: Fault(EOB, 200, b" " * (11 * MIB), FHIR, times=None),
    "damaged body": lambda: Fault(
        EOB, 200, b'{"resourceType": "Bundle", "entry": [' + b" " * (9 * MIB), FHIR, times=None
    ),
}


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What only the garbage collector would find stays, as it does for minutes in a process with much to keep."""
    gc.collect()
    gc.freeze()  # what is alive is not looked at again by the next test's
    gc.disable()
    yield
    gc.enable()


def resident() -> float:
    """MiB of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4 / 1024


@pytest.mark.fault("F25")
@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("body", BODIES)
async def test_too_large_a_body_leaves_no_memory_behind(dana: House, body: str) -> None:
    """Five questions that meet it: each is refused in words, and the process is as large as before."""
    dana.break_(BODIES[body]())
    dana.problem(await dana.say(OWED))
    before = resident()
    for _ in range(QUESTIONS):
        words = dana.problem(await dana.say(OWED))
        assert ("couldn't read" if body == "damaged body" else "far larger") in words
    assert resident() - before < MOST_MIB


@pytest.mark.fault("F25")
@pytest.mark.usefixtures("uncollected")
async def test_thirty_questions_at_once_that_meet_a_bomb(dana: House) -> None:
    """Each is told that it is the payer's; together they leave hardly more than one does."""
    dana.break_(BODIES["gzip bomb"]())
    dana.problem(await dana.say(OWED))
    before = resident()
    told = await asyncio.gather(*(dana.say(OWED) for _ in range(30)))
    assert all("far larger" in dana.problem(said) for said in told)
    assert resident() - before < MOST_AT_ONCE_MIB
