"""Who may reach the bot, and the SDK's nine traps: each is closed, and stays so."""

import asyncio
import base64
import json
import logging
import threading
from typing import Any

import pytest
from opentelemetry import metrics

from bot.channels.teams.incoming import CLOUDS, LARGEST_BODY, key_of
from bot.channels.teams.sdk import Adapter, CallRefused, Keys, make_app
from bot.message import Shared
from tests.channels.speaking import PLANTED
from tests.channels.teams.conftest import House
from tests.days import Clock
from tests.doubles.teams import APP, OTHER_TENANT, TENANT, signing_key

pytestmark = pytest.mark.asyncio(loop_scope="module")
PUBLIC = CLOUDS["public"]
ENTRA = "https://sts.windows.net/aaaaaaaa-0000-4000-8000-000000000001/"


def bearer(house: House, **claims: Any) -> str:
    """The header of a token with these claims, good but for them."""
    return f"Bearer {house.teams.token(**claims)}"


def forged(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token that nobody signed."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


@pytest.mark.threat("T19")
@pytest.mark.attack("a connector's key that is not endorsed for Teams")
@pytest.mark.parametrize(
    ("claims", "taken"),
    [
        ({}, True),
        *(({"iss": issuer}, False) for issuer in ("https://evil.example", None)),
        ({"iss": ENTRA, "tid": TENANT}, False),
        *(({"aud": app}, False) for app in ("99999999-2222-4333-8444-555555555555", None)),
        *(({"exp": end}, False) for end in (1_700_000_000, None, "tomorrow")),
        *(({"serviceurl": url}, False) for url in (None, "", "https://smba.trafficmanager.net/teams/")),
        ({"nbf": 4_000_000_000}, False),
        *(({"header": {"kid": kid}}, False) for kid in ("unknown", "")),
        ({"key": signing_key("k2"), "header": {"kid": "k1"}}, False),
        # What signs for Web Chat and Direct Line signs nothing that says it came from Teams.
        *(({"key": signing_key(kid), "header": {"kid": kid}}, False) for kid in ("web", "bare")),
    ],
    ids=range(18),
)
async def test_a_token_that_lacks_one_thing_is_not_taken(house: House, claims: dict[str, Any], taken: bool) -> None:
    """Signed by the connector for Teams and this app, not over, with the activity's own service URL (T19).

    Else it is 401, and nothing was asked, kept or sent.
    """
    status, _ = await house.teams.send(json.dumps(house.teams.message("hello")).encode(), bearer(house, **claims))
    await house.drain()
    assert (status, len(house.turn.heard), bool(house.teams.calls)) == ((200, 1, True) if taken else (401, 0, False))


@pytest.mark.threat("T19", "T40")
@pytest.mark.parametrize("claims", [{"iss": "https://evil.example"}, {"iss": ENTRA, "tid": TENANT}, {"iss": None}])
async def test_a_foreign_issuer_does_not_reach_the_sdk(house: House, claims: dict[str, Any]) -> None:
    """It would ask that issuer for its keys (T19, T40)."""
    assert key_of(bearer(house), PUBLIC.issuer) == "k1"
    assert key_of(bearer(house, **claims), PUBLIC.issuer) is None


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic eDp5", "Bearer a.b.c", "Bearer é.é.é", "x" * 90]
)
async def test_without_a_token_nothing_is_read(house: House, header: str | None) -> None:
    """No header, an empty one and nonsense are 401, whatever the body is."""
    for body in (json.dumps(house.teams.message("hello")).encode(), b"{", b""):
        status, _ = await house.teams.send(body, header.encode().decode("latin-1") if header else header)
        assert status == 401
    assert house.turn.heard == []


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", None, 5])
async def test_only_the_connectors_algorithm_is_looked_at(house: House, alg: object) -> None:
    """A token without a signature, or with another kind of one, does not reach the SDK."""
    token = forged(
        {"alg": alg, "kid": "k1"},
        {"iss": "https://api.botframework.com", "aud": APP, "exp": 4e9, "serviceurl": house.teams.service_url},
    )
    assert key_of(f"Bearer {token}", PUBLIC.issuer) is None
    assert (await house.teams.send(json.dumps(house.teams.message("hello")).encode(), f"Bearer {token}"))[0] == 401


@pytest.mark.threat("T18")
@pytest.mark.parametrize(
    "fields",
    [
        {"conversation": {"id": "c", "conversationType": "personal", "tenantId": OTHER_TENANT}, "channelData": {}},
        {"channelData": {"tenant": {"id": OTHER_TENANT}}},
        {"conversation": {"id": "c", "conversationType": "personal"}, "channelData": {}},
    ],
)
async def test_another_tenant_is_refused(house: House, fields: dict[str, Any]) -> None:
    """The SDK does not look at the tenant: a foreign one, two that disagree, and none are 403 (T18)."""
    assert await house.deliver(house.teams.message("hello") | fields) == [403]
    assert not house.turn.heard
    assert not house.teams.calls


@pytest.mark.attack("an activity of another channel than Teams")
@pytest.mark.parametrize("channel", ["directline", "webchat", "emulator", "MSTEAMS", "", None, ["msteams"]])
async def test_another_channel_is_refused(house: House, channel: object) -> None:
    """Direct Line's callers name whom they like, and the connector signs it: nobody is asked, answered or unlinked."""
    removed = house.teams.activity("installationUpdate", action="remove")
    for activity in (house.teams.message("what did I owe"), removed):
        assert await house.deliver(activity | {"channelId": channel}) == [403]
    assert (house.turn.heard, house.teams.calls, house.gone) == ([], [], [])


@pytest.mark.attack("a service URL of the thief's")
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/teams/",
        "http://smba.trafficmanager.net/teams/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evil.example\\@smba.trafficmanager.net/",
        "https://[/",
    ],
)
async def test_our_token_goes_to_teams_alone(house: House, address: str) -> None:
    """Signed by the connector or not, an activity is answered only where Teams is."""
    body = json.dumps(house.teams.message("what did I owe") | {"serviceUrl": address}).encode()
    status, _ = await house.teams.send(body, bearer(house, serviceurl=address))
    await house.drain()
    assert (status, house.turn.heard) == (403, [])
    with pytest.raises(CallRefused):
        await house.app._connector.type(address, "a:chat-u1")


@pytest.mark.attack("another person's object id in an own chat")
async def test_membership_is_that_of_the_very_conversation(house: House) -> None:
    """Known as a member in her chat, an object id proves nothing in the chat of somebody else."""
    await house.deliver(house.teams.message("hello"))
    hers = {"id": "29:u2", "name": "Person u1", "aadObjectId": house.teams.object_id("u1")}
    await house.deliver(house.teams.message("what did I owe", user="u2", **{"from": hers}))
    assert [message.directory_only for message in house.turn.heard] == [False, True]


@pytest.mark.attack("a group that says it is personal")
@pytest.mark.parametrize("fields", [{"isGroup": True}, {"id": "19:meeting@thread.v2"}])
async def test_a_group_is_no_personal_chat(house: House, fields: dict[str, Any]) -> None:
    """`personal` with `isGroup`, or with a thread's id, is a place that others read."""
    own = house.teams.message("what did I owe")["conversation"]
    await house.deliver(house.teams.message("what did I owe", conversation=own | fields))
    assert isinstance(house.turn.heard[0].place, Shared)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b"null", b'"x"', b"\xff", b"[" * 50_000, b"{}", b'{"type":7,"serviceUrl":"x"}'],
    ids=range(10),
)
async def test_what_cannot_be_read_is_400(house: House, body: bytes) -> None:
    """A body that is no activity is refused; more than 256 KiB is not held and 413, with a good token too."""
    assert (await house.teams.send(body, bearer(house)))[0] == 400
    large = json.dumps(house.teams.message("x" * LARGEST_BODY)).encode()
    assert (await house.teams.send(large, bearer(house)))[0] == 413


async def test_malformed_activities_are_logged_without_their_text(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The SDK would log what it cannot read, at ERROR, and whole activities at DEBUG: both stay out of every log."""
    caplog.set_level(logging.DEBUG)
    for wrong in ({"id": [PLANTED]}, {"type": {"a": PLANTED}}, {"service_url": [PLANTED]}, {"serviceUrl": [PLANTED]}):
        [(status, _)] = await house.teams.deliver(house.teams.message(PLANTED) | wrong)
        assert status == 400
    await house.deliver(house.teams.message(PLANTED))
    out, err = capfd.readouterr()
    assert PLANTED not in caplog.text + out + err
    assert TENANT not in caplog.text + out + err


async def test_forged_tokens_fetch_no_keys(house: House) -> None:
    """Neither a foreign issuer nor a row of unknown keys makes the bot ask anybody: it asked a moment ago."""
    await house.deliver(house.teams.message("hello"))
    before = house.teams.key_fetches
    body = json.dumps(house.teams.message("hello")).encode()
    for number in range(5):
        await house.teams.send(body, bearer(house, header={"kid": f"forged-{number}"}))
        await house.teams.send(body, bearer(house, iss=ENTRA, tid=f"tenant-{number}"))
    assert house.teams.key_fetches == before
    assert not house.app._app.server._token_validator._entra_validators_by_tenant  # type: ignore[union-attr]


async def test_keys_are_fetched_beside_the_event_loop(house: House) -> None:
    """In a thread, once for many, anew for an unknown key or after an hour; the old ones stay when it fails."""
    app = make_app(Adapter(), app_id=APP, password=None, tenant=TENANT, cloud=PUBLIC, outside=house.teams.outside)
    await app.initialize()
    clock, threads = Clock(0), set[int]()
    keys = Keys(app, clock)
    fetch = keys._client.fetch_data

    def fetching() -> Any:
        threads.add(threading.get_ident())
        return fetch()

    keys._client.fetch_data = fetching
    before = house.teams.key_fetches
    assert await asyncio.gather(*(keys.endorse("k1") for _ in range(20))) == [True] * 20
    assert not await keys.endorse("k9")
    assert house.teams.key_fetches == before + 1
    clock.now += 31
    assert not await keys.endorse("k9")
    clock.now += 3_601
    keys._client.uri = "http://127.0.0.1:9/keys"
    assert await keys.endorse("k1")
    assert house.teams.key_fetches == before + 2
    assert threads
    assert threading.get_ident() not in threads


async def test_no_variable_switches_the_check_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that the SDK reads from the environment by itself change nothing."""
    monkeypatch.setenv("DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS", "true")
    monkeypatch.setenv("CLIENT_ID", "somebody-else")
    monkeypatch.setenv("SERVICE_URL", "https://evil.example")
    monkeypatch.setenv("CLOUD", "China")
    adapter = Adapter()
    app = make_app(adapter, app_id=APP, password=None, tenant=TENANT, cloud=PUBLIC, outside=house.teams.outside)
    await app.initialize()
    assert app.id == APP
    assert app.api.service_url == "https://smba.trafficmanager.net/teams"
    assert (await adapter.handle(house.teams.message("x"), {}))["status"] == 401


async def test_nothing_is_kept_for_every_activity(house: House) -> None:
    """Without a meter the SDK would keep an instrument for each: there is one that keeps nothing."""
    assert isinstance(metrics.get_meter_provider(), metrics.NoOpMeterProvider)
    await house.deliver(house.teams.message("hello"))
    assert house.app._inbox._lanes == {}


async def test_addresses_are_not_logged_and_calls_end(house: House) -> None:
    """Httpx stays quiet however many clients the SDK makes, and no call to Teams waits for ever."""
    await house.deliver(house.teams.message("hello"))
    assert logging.getLogger("httpx").level == logging.WARNING
    assert house.app._app.http_client.http.timeout.read == 10
    assert house.app._connector._region(house.teams.service_url).http.http.timeout.read == 10


async def test_our_own_handler_stands_behind_the_check(house: House) -> None:
    """The SDK's handlers would send a typed code to a token service: none of them is reached."""
    assert house.app._app.server.on_request == house.app._on_activity
