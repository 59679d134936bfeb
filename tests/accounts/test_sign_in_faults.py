"""What the browser and the chat hear when the payer's sign-in goes wrong, and whose record a token opens."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from bot.accounts.rows import Pending
from bot.errors import AccessNotGranted, LinkExpired, SetupWrong, SignInCancelled
from tests.accounts.conftest import DANA, Bot, code_on, unlinking_before
from tests.accounts.payer import CLIENT_SECRET, FHIR


async def _nothing_linked(bot: Bot, page: httpx.Response, words: str, status: int | None = None) -> None:
    """Browser and chat are told, and whatever the payer gave is given back; with `status`, that is the page's."""
    assert status in {None, page.status_code}
    assert words in page.text
    assert code_on(page) == ""
    assert not await bot.accounts.awaits_code(DANA)
    assert await bot.accounts.link(DANA) is None
    ((person, error),) = bot.told
    assert person == DANA
    assert (error.reference in page.text) == (not isinstance(error, LinkExpired | AccessNotGranted | SignInCancelled))
    assert "planted" not in f"{page.text} {error} {error.facts}"
    await bot.accounts.close()
    assert bot.payer.revoked == list(bot.payer.tokens)


ANSWERS = {
    "F01": (httpx.Response(500, html="<h1>planted</h1>"), 502, "sign you in"),
    "html": (httpx.Response(200, html="<h1>planted</h1>"), 502, "sign you in"),
    "list": (httpx.Response(200, json=["planted"]), 502, "sign you in"),
    "no token": (httpx.Response(200, json={"token_type": "Bearer"}), 502, "sign you in"),
    "dpop": (httpx.Response(200, json={"access_token": "planted", "token_type": "DPoP"}), 502, "sign you in"),
    "F02": (
        httpx.Response(400, json={"error": "invalid_grant", "error_description": "planted"}),
        410,
        "no longer works",
    ),
    "unknown": (httpx.Response(400, json={"error": "planted"}), 502, "sign you in"),
    "a list of errors": (httpx.Response(400, json={"error": ["planted"]}), 502, "sign you in"),
    "an object as error": (httpx.Response(400, json={"error": {"planted": 1}}), 502, "sign you in"),
    "F03": (httpx.Response(401, json={"error": "invalid_client"}), 503, "set up wrong"),
    "401": (httpx.Response(401, html="planted"), 503, "set up wrong"),
    "scope": (httpx.Response(400, json={"error": "invalid_scope"}), 503, "set up wrong"),
    "deep": (httpx.Response(200, content=b"[" * 100_000), 502, "sign you in"),
    "CRLF": (httpx.Response(200, json={"access_token": "planted\r\nX-Planted: 1"}), 502, "sign you in"),
    "LF": (httpx.Response(200, json={"access_token": "planted", "refresh_token": "planted\n"}), 502, "sign you in"),
    "no ASCII": (httpx.Response(200, json={"access_token": "plantéd"}), 502, "sign you in"),
}


@pytest.mark.attack("a token that writes headers")
@pytest.mark.parametrize(("answer", "status", "words"), ANSWERS.values(), ids=ANSWERS)
async def test_a_token_endpoint_that_refuses(bot: Bot, answer: httpx.Response, status: int, words: str) -> None:
    """Its words are not repeated, it is asked once, and nothing stays behind (F01-F03)."""
    bot.payer.answers["/token"] = lambda _: answer
    await _nothing_linked(bot, await bot.last_page(), words, status)
    assert bot.payer.count("/token") == 1


@pytest.mark.threat("T50")
async def test_a_token_endpoint_that_is_down(bot: Bot) -> None:
    """Refused connections are not retried (T50)."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("planted", request=request)

    bot.payer.answers["/token"] = refuse
    await _nothing_linked(bot, await bot.last_page(), "sign you in")
    assert bot.payer.count("/token") == 1


@pytest.mark.fault("F05")
@pytest.mark.threat("T12")
@pytest.mark.parametrize(
    "scope", ["openid fhirUser", "", "patient/Coverage.read openid", "patient/*.write", "launch/patient"]
)
async def test_a_member_who_does_not_allow_claims(bot: Bot, scope: str) -> None:
    """The granted scope is compared with what was asked (T12, F05), and the token is given back."""
    bot.payer.token_changes = {"scope": scope}
    await _nothing_linked(bot, await bot.last_page(), "allow access to your claims", 400)


@pytest.mark.parametrize(
    "scope",
    [None, "patient/*.rs openid", "patient/ExplanationOfBenefit.read openid", "patient/*.* openid", ["patient/*.read"]],
)
async def test_scopes_that_open_claims(bot: Bot, scope: Any) -> None:
    """None named means as asked (RFC 6749 5.1); SMART 2.0 and single types are fine."""
    bot.payer.token_changes = {"scope": scope}
    assert code_on(await bot.last_page())


@pytest.mark.parametrize(
    ("patient", "fhir_user", "expected"),
    [
        ("dana", f"{FHIR}/Patient/dana", "dana"),
        ("dana", None, "dana"),
        ("dana", f"{FHIR}/RelatedPerson/7", "dana"),
        ("dana", "Practitioner/dana2", "dana"),
        ("Patient/dana", None, "dana"),
        (None, f"{FHIR}/Patient/dana", "dana"),
        (None, "Patient/dana", "dana"),
        (None, None, "dana"),
        (None, "https://elsewhere.example/fhir/Patient/vera", "dana"),
        (None, f"{FHIR}/Person/9", "dana"),
    ],
)
async def test_whose_record_it_is(bot: Bot, patient: str | None, fhir_user: str | None, expected: str) -> None:
    """`patient`, else `fhirUser` under the payer's own base, else the one Patient that the token opens (F04)."""
    bot.payer.token_changes = {"patient": patient}
    bot.payer.claim_changes = {"fhirUser": fhir_user}
    await bot.connect()
    assert (await bot.accounts.access(DANA)).patient == expected


@pytest.mark.threat("T11")
@pytest.mark.parametrize(
    ("patient", "fhir_user"),
    [
        ("vera", "Patient/dana"),
        ("dana", f"{FHIR}/Patient/vera"),
        ("dana", "https://elsewhere.example/fhir/Patient/vera"),
        ("../Patient/vera", None),
        ("dana?x=1", None),
        ("d" * 65, None),
    ],
)
async def test_a_patient_in_doubt_is_refused(bot: Bot, patient: str, fhir_user: str | None) -> None:
    """Patient and fhirUser must agree, and an id must be an id (T11)."""
    bot.payer.token_changes = {"patient": patient}
    bot.payer.claim_changes = {"fhirUser": fhir_user}
    await _nothing_linked(bot, await bot.last_page(), "could not be trusted")


@pytest.mark.fault("F04")
@pytest.mark.threat("T11")
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"resourceType": "Bundle", "entry": []}),
        httpx.Response(200, json={"resourceType": "Bundle"}),
        httpx.Response(403),
        httpx.Response(500),
        httpx.Response(200, html="planted"),
        httpx.Response(
            200, json={"entry": [{"resource": {"resourceType": "Patient", "id": f"p{n}"}} for n in range(11)]}
        ),
        httpx.Response(200, json={"entry": [{"resource": {"resourceType": "OperationOutcome", "id": "x"}}, {}]}),
    ],
    ids=["nobody", "no entry", "forbidden", "down", "html", "eleven", "no patient"],
)
async def test_a_payer_that_does_not_say_who_signed_in(bot: Bot, answer: httpx.Response) -> None:
    """Told with a clear reason (T11, F04)."""
    bot.payer.token_changes = {"patient": None}
    bot.payer.claim_changes = {"fhirUser": None}
    bot.payer.answers["/fhir/r4/Patient"] = lambda _: answer
    await _nothing_linked(bot, await bot.last_page(), "didn't say which member you are")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([{"given": ["Dana", "Q"], "family": "Morgan"}], "Dana M."),
        ([{"use": "old", "family": "Before"}, {"use": "official", "given": ["Dana"], "family": "Morgan"}], "Dana M."),
        ([{"given": ["Dana"]}], "Dana"),
        ([{"family": "Morgan"}], "Morgan"),
        ([{"text": "Dana Q Morgan"}], "Dana M."),
        ([{"given": ["Da\u202ena\n"], "family": " Morgan"}], "Dana M."),
        *(([{}], ""), ([], ""), (None, ""), ("planted", "")),
        *((httpx.Response(500), ""), (httpx.Response(403), ""), (httpx.Response(200, html="x"), "")),
    ],
)
async def test_the_name_that_the_person_recognises(bot: Bot, names: Any, shown: str) -> None:
    """First name and initial; a payer that gives no usable name, or no record just now, is no obstacle."""
    record = {"resourceType": "Patient", "id": "dana"} | ({} if names is None else {"name": names})
    answer = names if isinstance(names, httpx.Response) else httpx.Response(200, json=record)
    bot.payer.answers["/fhir/r4/Patient/dana"] = lambda _: answer
    assert (await bot.connect()).member == shown


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        *((None, 900), (5, 5), ("3600", 3600), ("soon", 900), (-1, 0), (0, 0), ([], 900), (True, 1), ("1e999", 900)),
        pytest.param(10**400, 900, id="no float holds it"),
        *((10**15, 366 * 86_400), ("9" * 5_000, 900)),
    ],
)
async def test_how_long_a_token_lives(bot: Bot, given: Any, seconds: int) -> None:
    """As the payer says, from the request's start; a quarter of an hour when it does not (fhir-notes 3.4)."""
    bot.payer.token_changes = {"expires_in": given}
    await bot.connect()
    link = await bot.accounts.link(DANA)
    assert link is not None
    assert (link.state == "active") == (seconds > 0)
    if link.expires_at is not None:
        assert link.expires_at.timestamp() == bot.clock.now + seconds


@pytest.mark.attack("an answer of the payer that no check foresaw")
async def test_an_answer_that_no_check_foresaw_is_told(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever breaks behind the payer's redirect, browser and chat hear of it and the token is given back (F01)."""

    def broken(*_: object) -> None:
        raise KeyError("planted")

    monkeypatch.setattr("bot.accounts.signin.named_patient", broken)
    await _nothing_linked(bot, await bot.last_page(), "sign you in", 502)


@pytest.mark.threat("T53")
@pytest.mark.attack("unlink in the moment in which a sign-in ends")
async def test_unlinking_while_a_sign_in_is_kept_leaves_nothing(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its tokens nor its code: what is put behind the deletion is taken back."""
    unlinking_before(Pending, bot, monkeypatch)
    await _nothing_linked(bot, await bot.last_page(), "no longer works")
    for kind in ("pending_link", "tokens", "link"):
        assert await bot.store.owned(kind, DANA.key) == []
    await bot.accounts.close()
    assert bot.payer.revoked == list(bot.payer.tokens)


@pytest.mark.threat("T03")
async def test_a_link_replaced_while_the_payer_answers_leaves_nothing(bot: Bot) -> None:
    """A newer link wins over a sign-in that is just being finished (T03)."""
    browser = bot.browser()
    away = await browser.depart(await bot.accounts.begin(DANA))

    answer = bot.payer._token
    newer: list[asyncio.Task[str]] = []

    def replace(request: httpx.Request) -> httpx.Response:
        newer.append(asyncio.ensure_future(bot.accounts.begin(DANA)))
        return answer(request)

    bot.payer.answers["/token"] = replace
    page = await browser.return_as(away)
    await _nothing_linked(bot, page, "no longer works")
    assert (await bot.browser().open(await newer[0])).status_code == 200
    await bot.accounts.close()
    assert bot.payer.revoked == list(bot.payer.tokens)


@pytest.mark.threat("T27", "T37")
async def test_failures_in_the_log_hold_no_secrets(bot: Bot, capsys: pytest.CaptureFixture[str]) -> None:
    """The reference is there, and neither token, code, state, secret nor an address with an id (I2, I6, T27)."""
    bot.payer.sign = lambda claims: bot.payer.signed({**claims, "aud": "x"})
    page = await bot.last_page()
    printed = "".join(capsys.readouterr())
    reference = re.search(r"Reference (\w+)", page.text)
    assert reference
    assert reference.group(1) in printed
    planted = [CLIENT_SECRET, "planted", "dana", "Dana", *bot.payer.forms("/token")[0].values()]
    harmless = {"client", "authorization_code", bot.settings.payer_scope, bot.settings.callback_url}
    assert [text for text in planted if text not in harmless and text in printed] == []


async def test_without_a_client_id_nobody_is_sent_to_the_payer(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says whose fault it is (F03)."""
    browser = bot.browser()
    link = await bot.accounts.begin(DANA)
    page = await browser.open(link)
    token = re.findall(r'name="token" value="(\w+)"', page.text)[0]

    def unset(_: object) -> str:
        raise SetupWrong("PAYER_CLIENT_ID is not set")

    monkeypatch.setattr("bot.accounts.endpoint.TokenEndpoint.client_id", property(unset))
    answer = await browser.http.post(link, data={"token": token})
    assert answer.status_code == 503
    assert "set up wrong" in answer.text
    assert re.search(r"Tell whoever manages your Slack or Teams and give reference \w+\.", answer.text)
