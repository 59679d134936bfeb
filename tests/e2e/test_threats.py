"""Threats that no single room can meet alone: secrets in messages, names, commands, mixing, addresses, forgetting."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from bot.cli.chat import Browser
from bot.errors import SignInRefused
from bot.message import Person
from bot.replies.plain import plain
from bot.sandbox.app import serve_sandbox
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from tests.e2e import hostile
from tests.e2e.breaking import FIND
from tests.e2e.hostile import Listener
from tests.e2e.house import DANA, OWED, House, open_house, somebody
from tests.stage import Talk, serving_bot

OWN = frozenset({"patient", "beneficiary", "subject", "subscriber", "policyHolder"})


@pytest.mark.threat("T17", "T27")
@pytest.mark.parametrize(
    "text", ["my password is Hunter2-planted", "my member id is ZZH-planted-00123", "mi contraseña es Hunter2-planted"]
)
async def test_a_secret_typed_in_the_chat_is_neither_repeated_nor_logged(dana: House, text: str) -> None:
    """Nobody asked for it; it goes no further."""
    said = await dana.say(text)
    assert "planted" not in said.text
    assert "planted" not in dana.log.text
    assert not [seen for seen in dana.sandbox.requests if "planted" in seen.query]


@pytest.mark.threat("T20")
async def test_a_name_links_nobody(dana: House) -> None:
    """Another account of the same display name is somebody else, whatever they are called."""
    dana.person = somebody("another-dana")
    assert dana.person.name == DANA.name
    assert "Connect my account" in (await dana.say(OWED)).text


@pytest.mark.threat("T22")
@pytest.mark.parametrize(
    ("question", "words", "leave"),
    [
        (OWED, 'Dana M.\'s record, read just now. Not yours? Say "unlink".', "unlink"),
        (
            "¿cuánto debo de mi última visita?",
            'Datos de Dana M., consultados ahora mismo. Si no son suyos, diga "desconectar".',
            "desconectar",
        ),
    ],
)
async def test_whoever_sits_at_the_chat_is_told_how_to_leave(
    dana: House, question: str, words: str, leave: str
) -> None:
    """By a conversation's first answer about a member, and no other; one word and nothing is connected (T22)."""
    assert words in (await dana.say(question)).text
    assert words not in (await dana.say("find a cardiologist near 37402")).text
    assert words not in (await dana.say("list my claims")).text
    await dana.say(leave)
    assert await dana.bot.accounts.link(dana.person) is None


@pytest.mark.threat("T31")
@pytest.mark.parametrize(
    "question", [OWED, "list my claims", "claim status", "what is my plan", "how much did I spend"]
)
async def test_answers_hold_no_more_than_was_asked(world: World, dana: House, question: str) -> None:
    """No diagnosis, member number or birth date stands in an answer to something else: a chat is kept for ever."""
    patient = world.resources["Patient"][world.accounts["dana"].patients[0]]
    claims = [one for one in world.of_type("ExplanationOfBenefit") if patient["id"] in json.dumps(one["patient"])]
    codes = {coding["code"] for claim in claims for coding in _diagnoses(claim)}
    words = {coding.get("display", "") for claim in claims for coding in _diagnoses(claim)} - {""}
    numbers = {one["value"] for one in patient["identifier"]}
    assert codes
    said = (await dana.say(question)).text
    assert not [each for each in codes | words | numbers | {patient["birthDate"]} if each in said]


def _diagnoses(claim: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for diagnosis in claim.get("diagnosis", ()):
        yield from diagnosis.get("diagnosisCodeableConcept", {}).get("coding", ())


@pytest.mark.threat("T41")
async def test_a_payers_cookie_comes_back_with_nobody(dana: House) -> None:
    """A session cookie of one member's answer goes out with no later request, theirs or another's."""
    walter = replace(dana, person=somebody("walter-chat"))
    await walter.sign_in("walter")
    dana.sandbox.behaviour.headers = {"set-cookie": "session=whose; Path=/"}
    for house in (dana, walter, dana):
        await dana.clock.pause(3_600)
        assert "$" in (await house.say(OWED)).text
    assert not [
        seen for seen in dana.sandbox.requests if seen.path.startswith("/fhir") and "cookie" in seen.header_names
    ]


def _pointing(value: Any, canary: str, key: str = "") -> Any:
    """Every address and every reference that is not the member's own, turned to the canary."""
    if isinstance(value, dict):
        return {name: each if name in OWN else _pointing(each, canary, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_pointing(each, canary, key) for each in value]
    if isinstance(value, str) and key in {"fullUrl", "address", "url", "valueUrl", "valueUri", "reference"}:
        known = value.startswith(("http://hl7", "http://terminology", "http://nucc", "https://bluebutton", "#"))
        return (
            value if known or "StructureDefinition" in value else f"{canary}/fhir/r4/{value.rpartition('/fhir/r4/')[2]}"
        )
    return value


@pytest.mark.threat("T40", "T41")
@pytest.mark.fault("F27")
async def test_no_address_in_an_answer_is_called(dana: House) -> None:
    """References, fullUrl, attachments, Endpoint.address and next links lead to a canary, which stays silent."""
    async with Listener(hostile.not_http).listening() as canary:

        def turned(body: bytes) -> bytes:
            bundle = json.loads(body)
            if bundle.get("resourceType") != "Bundle":
                return body
            more = {"relation": "next", "url": f"{canary.url}/fhir/r4/next"}
            attached = {"attachment": {"contentType": "text/plain", "url": f"{canary.url}/attached"}}
            for entry in bundle.get("entry", ()):
                entry["resource"].setdefault("photo", [attached["attachment"]])
            return json.dumps({**_pointing(bundle, canary.url), "link": [more]}).encode()

        dana.break_(Fault("/fhir/r4", rewrite=turned, times=None))
        for question in (
            OWED,
            "list my claims",
            FIND,
            "my plan",
            "is Grace Okafor in network s",
            "endpoint of Dr Okafor",
        ):
            await dana.say(question)
        assert dana.asked("/fhir/r4/") > 5
    assert canary.heard == []


ADDRESSES = ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint")


@pytest.mark.threat("T40", "T07", "T09")
@pytest.mark.parametrize("names", [ADDRESSES, ("jwks_uri",), ("issuer",)], ids=["addresses", "keys", "issuer"])
async def test_what_discovery_publishes_of_elsewhere_is_not_used(
    world: World, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """A changed smart- or openid-configuration moves no secret, key or token elsewhere; sign-in goes on.

    But whoever publishes the keys of a sign-in could sign for anybody: without the payer's own nobody is connected.
    """
    async with Listener(hostile.not_http).listening() as canary, open_house(world, tmp_path) as house:

        def turned(body: bytes) -> bytes:
            return json.dumps({**json.loads(body), **{name: f"{canary.url}/{name}" for name in names}}).encode()

        for path in ("/fhir/r4/.well-known", "/.well-known"):
            house.break_(Fault(path, rewrite=turned, times=None))
        if names == ADDRESSES:
            assert "Dana" in (await house.sign_in()).text
            await house.say("unlink")
        else:
            async with Browser() as browser:
                with pytest.raises(SignInRefused):
                    await browser.sign_in(await house.link(), "dana")
        assert await house.bot.accounts.link(house.person) is None
        await house.bot.accounts.close()
    assert canary.heard == []


@pytest.mark.threat("T54", "T53")
async def test_disconnecting_leaves_nothing_but_hashed_rows(dana: House, tmp_path: Path) -> None:
    """After "unlink" no row of the store is the person's, and only the trail's keyed hashes speak of them."""
    await dana.say(OWED)
    said = await dana.say("unlink")
    assert said.last.error is None
    store = sqlite3.connect(tmp_path / "bot.db")
    kept = [line for line in store.iterdump() if DANA.user in line]
    # A row that ended with the link has 0 as its end, and nobody reads it; the next sweep takes it away.
    owners = store.execute("SELECT kind, owner FROM rows WHERE owner <> '' AND expires > 0").fetchall()
    store.close()
    assert kept == []
    assert owners
    assert {kind for kind, _ in owners} == {"audit"}


@pytest.mark.threat("T57")
@pytest.mark.parametrize(
    "path", ["/debug", "/docs", "/openapi.json", "/admin", "/.env", "/console", "/metrics/../.env"]
)
async def test_there_is_no_page_for_who_looks_behind(dana: House, path: str) -> None:
    """404 without a trace or a version; what operators read names no member."""
    async with httpx.AsyncClient(base_url=dana.settings.bot_public_url) as http:
        answer = await http.get(path)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text
        for watched in ("/metrics", "/healthz", "/readyz"):
            page = (await http.get(watched)).text
            assert not [
                word for word in ("Dana", "dana-chat", "54.87", dana.settings.payer_client_id or "-") if word in page
            ]
        assert (await http.post("/oauth/callback?code=planted-code&state=x")).status_code == 405
    assert "planted-code" not in dana.log.text


@pytest.mark.threat("T28")
async def test_our_own_addresses_hold_a_random_id_and_nothing_else(house: House) -> None:
    """The link's address is 256 random bits; after the callback neither code nor state stands in the browser."""
    link = await house.link()
    assert len(link.rpartition("/link/")[2]) >= 43
    assert "?" not in link
    async with Browser() as browser:
        await browser.sign_in(link, "dana")
        shown = await browser.get(f"{house.settings.bot_public_url}/linked")
    assert str(shown.url) == f"{house.settings.bot_public_url}/linked"


ASKED = (
    "what did I owe for my last visit",
    "what is my deductible",
    "my lab results",
    "how much did I spend this year",
)
NAMES = {"patient", "beneficiary", "subject", "_id"}


@pytest.mark.threat("T28")
@pytest.mark.attack("a member's id in a URL")
async def test_the_searches_of_a_member_go_as_post_and_answer_the_same(world: World, tmp_path: Path) -> None:
    """Only pages that the server itself links to are got by their URL, which is the server's own."""
    async with serve_sandbox(world) as sandbox:
        said: dict[bool | None, list[str]] = {}
        for posts in (False, True, None):
            async with serving_bot(sandbox, tmp_path / f"{posts}.db", payer_post_search=posts) as bot:
                talk = Talk(bot, sandbox, Person("console", "", "", f"{posts}", name="Sam P."))
                await talk.connect("dana")
                before = len(sandbox.requests)
                said[posts] = ["\n".join(plain(one.blocks) for one in await talk.say(words)) for words in ASKED]
                seen = list(sandbox.requests)[before:]
                if posts is False:
                    continue
                urls = [one for one in seen if one.in_url and "page=" not in one.query]
                assert [one.path for one in urls if NAMES & set(parse_qs(one.query))] == []
                by_post = [one for one in seen if one.method == "POST" and one.path.endswith("/_search")]
                assert len(by_post) >= len(ASKED)
        assert said[True] == said[False] == said[None]
