"""Faults of the payer's sign-in and of tokens (F01-F16): what the browser and the chat say."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest

from bot.accounts.endpoint import _PATIENCE
from bot.cli.chat import Browser
from bot.errors import SignInRefused
from bot.message import Person
from bot.sandbox.behaviour import Behaviour, Fault
from tests.cases import numbered, saw
from tests.connecting import signed_in
from tests.e2e.house import EOB, OWED, House

TOKEN = "/as/token.oauth2"
JSON = {"content-type": "application/json"}


class Watching(Browser):
    """A browser that remembers the last page that it saw."""

    page = ""
    status = 0

    async def _submit(self, *given: object, **named: object) -> httpx.Response:
        answer: httpx.Response = await super()._submit(*given, **named)  # type: ignore[arg-type]
        self.page, self.status = answer.text, answer.status_code
        saw(answer.text)
        return answer


@pytest.fixture
async def browser() -> AsyncIterator[Watching]:
    """A member's browser."""
    async with Watching() as opened:
        yield opened


def answers(status: int, body: bytes = b"", **fault: object) -> Callable[[Behaviour], None]:
    """The token endpoint answers this."""

    def break_(behaviour: Behaviour) -> None:
        behaviour.faults.append(Fault(TOKEN, status, body, JSON, times=None, **fault))  # type: ignore[arg-type]

    return break_


def set_(**switches: object) -> Callable[[Behaviour], None]:
    """The sandbox behaves so."""

    def break_(behaviour: Behaviour) -> None:
        for name, value in switches.items():
            setattr(behaviour, name, value)

    return break_


@dataclass(frozen=True)
class Case:
    """How the sign-in goes wrong, and a piece of what the page and the chat say."""

    name: str
    break_: Callable[[Behaviour], None]
    page: str
    chat: str


def _jwks_down(behaviour: Behaviour) -> None:
    behaviour.faults.append(Fault("/pf/JWKS", 503, times=None))


CASES = (
    Case("F01 500", answers(500), "sign you in", "sign-in had a problem"),
    Case("F01 HTML", answers(200, b"<html>oops"), "sign you in", "sign-in had a problem"),
    Case(
        "F02 code over",
        answers(400, b'{"error":"invalid_grant"}'),
        "This link no longer works",
        "link or code has expired",
    ),
    Case(
        "F03 wrong client",
        answers(401, b'{"error":"invalid_client"}'),
        "set up wrong",
        "not set up correctly with BlueCross",
    ),
    Case(
        "F05 no claims", set_(drop_scopes=frozenset({"patient/*.read"})), "didn't allow access", "did not allow access"
    ),
    Case("F09 no keys", _jwks_down, "sign you in", "sign-in had a problem"),
    Case("F28 sent away", answers(307), "sign you in", "sign-in had a problem"),
    Case("T11 other patient", set_(token_patient="tn700274"), "could not be trusted", "could not be trusted"),
)

_NOTHING_FAILED = {"F02 code over", "F05 no claims"}


@pytest.mark.parametrize("case", numbered(CASES))
async def test_a_sign_in_that_fails_is_said_on_the_page_and_once_in_the_chat(
    house: House, browser: Watching, case: Case
) -> None:
    """Nothing is linked, the token endpoint is asked once, the log has the reference, a failure's page too (I1, I6)."""
    case.break_(house.sandbox.behaviour)
    link = await house.link()
    with pytest.raises(SignInRefused):
        await browser.sign_in(link, "dana")
    assert case.page in browser.page
    told = [reply for reply in house.pushed if reply.error]
    assert len(told) == 1
    assert case.chat in house.words(told[0])
    assert told[0].error
    assert (told[0].error in browser.page) == (case.name not in _NOTHING_FAILED)
    assert told[0].error in house.log.text
    assert house.asked(TOKEN) == 1
    assert [row.what for row in await house.bot.audit.of(house.person)].count("sign_in_failed") == 1
    assert await house.bot.accounts.link(house.person) is None
    assert not await house.bot.accounts.awaits_code(house.person)


@pytest.mark.fault("F03")
async def test_health_says_that_the_payer_refuses_this_client(house: House, browser: Watching) -> None:
    """Operators see a wrong client id or secret without reading a log, and see that it is over (F03)."""
    answers(401, b'{"error": "invalid_client"}')(house.sandbox.behaviour)
    async with httpx.AsyncClient(base_url=house.settings.bot_public_url) as http:
        assert (await http.get("/healthz")).json()["status"] == "ok"
        with pytest.raises(SignInRefused):
            await browser.sign_in(await house.link(), "dana")
        assert (await http.get("/healthz")).json() == {"status": "degraded", "payer": ["payer refuses this client"]}
        house.heal()
        await house.sign_in()
        assert (await http.get("/healthz")).json()["status"] == "ok"


@pytest.mark.fault("F04")
@pytest.mark.threat("T11")
async def test_a_payer_that_names_nobody_at_all(house: House) -> None:
    """Without fhirUser the one Patient that the token opens is asked for (F04)."""
    set_(omit_patient=True, omit_fhir_user=True)(house.sandbox.behaviour)
    assert "Dana" in (await house.sign_in()).text


@pytest.mark.fault("F06")
@pytest.mark.threat("T13")
async def test_a_member_who_presses_cancel(house: House, browser: Watching) -> None:
    """Both places say it, neither with the payer's own words (F06)."""
    await browser.sign_in(await house.link(), "dana", allow=False)
    assert "The sign-in was cancelled" in browser.page
    assert [house.words(reply) for reply in house.pushed if "cancelled" in house.words(reply)]
    assert "access_denied" not in browser.page
    assert house.asked(TOKEN) == 0


@pytest.mark.fault("F08")
@pytest.mark.threat("T10")
async def test_a_rotated_signing_key_is_fetched(house: House) -> None:
    """A sign-in after the payer changed its key works (F08)."""
    await house.sign_in()
    house.sandbox.behaviour.rotate_key()
    house.person = Person("console", "", "", "another-chat")
    assert "Walter" in (await house.sign_in("walter")).text
    assert house.asked("/pf/JWKS") == 2


@pytest.mark.fault("F10")
@pytest.mark.threat("T02", "T04")
async def test_a_callback_opened_again_or_elsewhere(house: House) -> None:
    """Another browser and a link preview get nothing, the same browser is told that it was used (F10)."""
    seen: list[str] = []

    async def keep(answer: httpx.Response) -> None:
        seen.append(str(answer.url))

    async with Browser() as browser:
        browser.event_hooks["response"].append(keep)
        code = await browser.sign_in(await house.link(), "dana")
        callback = next(url for url in seen if "/oauth/callback" in url)
        assert "This link no longer works" in (await browser.get(callback)).text
        async with Browser() as stranger:
            assert "browser you started in" in (await stranger.get(callback)).text
            preview = {"user-agent": "Slackbot-LinkExpanding 1.0"}
            assert code not in (await stranger.get(callback, headers=preview)).text
    assert house.asked(TOKEN) == 1
    assert "Dana" in (await house.say(code)).text


@pytest.mark.fault("F11")
@pytest.mark.threat("T55")
async def test_a_token_that_dies_keeps_the_question(dana: House) -> None:
    """Without a refresh token: one new link, and the kept question answers itself after the code (F11, F16)."""
    dana.sandbox.revoke_all()
    said = await dana.say(OWED)
    assert "sign-in has ended" in said.text
    assert len(said.replies) == 1
    assert dana.asked(EOB) == 1
    dana.heal()
    link = next(button.url for block in said.last.blocks for button in getattr(block, "buttons", ()) if button.url)
    answered = await dana.say(await signed_in(str(link), "dana"))
    assert "$54.87" in answered.text
    assert [reply.final for reply in answered.replies] == [False, True]


@pytest.mark.fault("F12")
async def test_a_refresh_token_is_used_once_by_ten_questions(house: House) -> None:
    """The member notices nothing, and the payer sees one renewal (F12)."""
    house.sandbox.behaviour.refresh_tokens = True
    await house.sign_in()
    vault = house.sandbox.authorization.vault
    vault.tokens.clear()
    answers = await asyncio.gather(*(house.say(OWED) for _ in range(10)))
    assert all("$54.87" in said.text for said in answers)
    assert house.asked(TOKEN) == 2


@pytest.mark.fault("F13")
async def test_a_refresh_token_that_is_no_longer_good(house: House) -> None:
    """A new sign-in is offered (F13)."""
    house.sandbox.behaviour.refresh_tokens = True
    await house.sign_in()
    house.sandbox.revoke_all()
    assert "sign-in has ended" in (await house.say(OWED)).text
    assert "sign-in has ended" in (await house.say(OWED)).text
    assert house.asked(TOKEN) == 2


@pytest.mark.fault("F14")
async def test_a_token_that_ends_between_pages_gives_no_half_answer(dana: House) -> None:
    """The second page meets a 401: the person signs in again and sees no partial sum (F14)."""
    dana.break_(Fault(EOB, 401, after=1, times=None))
    said = await dana.say("what did I owe for my visit with Dr Kim")
    assert "sign-in has ended" in said.text
    assert dana.asked(EOB) > 1
    assert "$" not in said.text


@pytest.mark.fault("F15")
async def test_a_token_endpoint_that_hangs(house: House, browser: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page comes in time and says so (F15); the real patience is 10 seconds."""
    assert _PATIENCE < 15
    monkeypatch.setattr("bot.accounts.endpoint._PATIENCE", 0.2)
    house.break_(Fault(TOKEN, hold=asyncio.Event(), times=None))
    with pytest.raises(SignInRefused):
        await browser.sign_in(await house.link(), "dana")
    house.sandbox.behaviour.release()
    assert "taking too long" in browser.page
    assert "taking too long" in house.words(house.pushed[0])


@pytest.mark.fault("F16")
async def test_a_wave_of_401_ends_no_sign_in(dana: House) -> None:
    """One new link and no loop; later questions work once the payer takes the token again.

    Who signed in meanwhile is not asked again.
    """
    dana.break_(Fault(EOB, 401, times=None))
    said = await dana.say(OWED)
    assert "sign-in has ended" in said.text
    assert dana.asked(EOB) == 1
    dana.heal()
    assert "$54.87" in (await dana.say(OWED)).text
    dana.break_(Fault(EOB, 401, times=None))
    link = next(button.url for block in said.last.blocks for button in getattr(block, "buttons", ()) if button.url)
    answered = await dana.say(await signed_in(str(link), "dana"))
    assert "sign-in has ended" not in answered.text
    assert "isn't answering" in answered.text
    dana.heal()
    assert "$54.87" in (await dana.say(OWED)).text
