import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from aiohttp import web
from msgspec.structs import replace

from bot.channels.teams.incoming import CLOUDS, Cloud
from bot.cli.check import check, of_pack
from bot.cli.check_servers import CheckResult, entra_fault
from bot.config import Settings
from bot.ops.audit import Audit
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.stores.sealed import SealedTable, Vault, new_key
from bot.stores.sqlite import open_sqlite
from tests.doubles.slack import TOKEN, SlackDouble
from tests.sandbox.small import small_world
from tests.shipped import shipped_pack
from tests.stage import settings_for


@pytest.fixture
async def payer() -> AsyncIterator[Sandbox]:
    """The embedded payer on a free port."""
    async with serve_sandbox(small_world()) as sandbox:
        yield sandbox


def settings(payer: Sandbox, folder: Path, **changes: object) -> Settings:
    """Settings with which the bot can serve, but for the changes."""
    return settings_for(payer, folder / "bot.db", **{"payer_issuer": None, **changes})


NO_PACK = {"bot_pack": "/nowhere"}  # no pack is loaded for what is told of the rest


async def found(of: Settings) -> list[CheckResult]:
    """All findings."""
    return [finding async for finding in check(of)]


def bad(findings: list[CheckResult]) -> list[str]:
    """The settings that keep the bot from serving."""
    return [finding.text.split(":")[0] for finding in findings if finding.state == "bad"]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack is the one of this process, with one doubt: `tests.test_pack` looks over the one that ships."""
    monkeypatch.setattr("bot.cli.check.load_pack", lambda *_: shipped_pack())
    monkeypatch.setattr("bot.cli.check.doubts_of", lambda *_: ["intents/thanks.yaml: a doubt"])


@pytest.mark.usefixtures("loaded")
async def test_a_bot_that_can_serve_has_nothing_bad(payer: Sandbox, tmp_path: Path) -> None:
    """Every area is looked at, a doubt of the pack is a note, and the answers are sorted by what the payer declares."""
    findings = await found(settings(payer, tmp_path))
    assert bad(findings) == []
    told = [(one.state, one.text) for one in findings if one.area == "pack"]
    intents, built = len(shipped_pack().intents), len(shipped_pack().answered)
    counted = f"{intents} intents, {built} of them with data, 1 notes"
    assert told == [("note", "intents/thanks.yaml: a doubt"), ("ok", counted)]
    assert {finding.area for finding in findings} == {"settings", "keys", "store", "pack", "payer", "answers"}
    said = [finding.text for finding in findings if finding.area == "answers"]
    assert len(said) == 1
    assert re.fullmatch(r"\d\d answers work", said[0])


@pytest.mark.usefixtures("loaded")
def test_a_faulty_template_is_no_note(payer: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot could start with it, but whoever gets that answer would see an error."""
    monkeypatch.setattr("bot.cli.check.doubts_of", lambda *_: ["templates/thanks.md.j2: unexpected end of template"])
    assert bad(of_pack(settings(payer, tmp_path))[0]) == ["templates/thanks.md.j2"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"payer_client_id": ""}, "PAYER_CLIENT_ID"),
        ({"bot_encryption_keys": "short"}, "BOT_ENCRYPTION_KEYS"),
        ({"payer_fhir_url": "http://127.0.0.1:1/fhir"}, "PAYER_FHIR_URL"),
        ({"payer_directory_url": "http://127.0.0.1:1/fhir"}, "PAYER_DIRECTORY_URL"),
        ({"payer_client_id": "another"}, "PAYER_CLIENT_SECRET"),
        ({"payer_client_secret": "another"}, "PAYER_CLIENT_SECRET"),
    ],
)
async def test_what_keeps_it_from_serving_is_named(
    payer: Sandbox, tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    """Each fault is one line that begins with its setting, and the look goes on behind it."""
    findings = await found(settings(payer, tmp_path, **NO_PACK, **changes))
    assert sorted(bad(findings)) == sorted(["BOT_PACK", named])
    assert findings[-1].area == "payer"


async def test_a_token_endpoint_that_is_none_is_named(payer: Sandbox, tmp_path: Path) -> None:
    """Nobody there, and nothing there; that nobody can tell who signs id_tokens either only follows."""
    nobody = {**NO_PACK, "payer_token_url": "http://127.0.0.1:1/token"}
    assert bad(await found(settings(payer, tmp_path, **nobody))) == ["BOT_PACK", "PAYER_TOKEN_URL"]
    nothing = {**NO_PACK, "payer_token_url": f"{payer.token_url}/nothing", "payer_issuer": payer.issuer}
    assert bad(await found(settings(payer, tmp_path, **nothing))) == ["BOT_PACK", "PAYER_TOKEN_URL"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "neither Slack nor Teams is set"),
        ({"slack_client_id": "1", "slack_client_secret": "s"}, "BOT_PUBLIC_URL: only this machine"),
        ({"payer_scope": "openid"}, "PAYER_SCOPE: asks for no claims"),
        ({"bot_encryption_keys": new_key()}, "none of the keys opens what is in it"),
    ],
)
async def test_what_an_operator_may_have_forgotten_is_a_note(
    payer: Sandbox, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    """It keeps nobody from trying the bot, and is said before members find out."""
    store = open_sqlite(tmp_path / "bot.db")
    vault = Vault.from_settings(settings(payer, tmp_path))
    await Audit(SealedTable(store, vault)).record("links_listed")
    await store.close()
    findings = await found(settings(payer, tmp_path, **NO_PACK, **changes))
    assert bad(findings) == ["BOT_PACK"]
    assert [finding.state for finding in findings if words in finding.text] == ["note"]
    assert ("none of the keys" in str([*map(str, findings)])) == ("bot_encryption_keys" in changes)


async def test_a_server_without_a_capability_statement_can_be_served_from(payer: Sandbox, tmp_path: Path) -> None:
    """What it can do is unknown, which is worth a note and keeps nobody from asking."""
    elsewhere = {**NO_PACK, "payer_directory_url": f"{payer.fhir_url}/not-a-base"}
    findings = await found(settings(payer, tmp_path, **elsewhere))
    assert bad(findings) == ["BOT_PACK"]
    assert any(finding.state == "note" and "PAYER_DIRECTORY_URL" in finding.text for finding in findings)


async def test_a_store_that_cannot_be_used_is_named(payer: Sandbox, tmp_path: Path) -> None:
    """A file that is no store is left alone and told."""
    (tmp_path / "bot.db").write_text("not a store" * 100)
    assert bad(await found(settings(payer, tmp_path, **NO_PACK))) == ["BOT_STORE_URL", "BOT_PACK"]


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(("token", "said"), [(TOKEN, "the token is taken"), ("xoxb-wrong", "SLACK_BOT_TOKEN: ")])
async def test_slack_is_asked_whether_it_takes_the_token(payer: Sandbox, tmp_path: Path, token: str, said: str) -> None:
    """auth.test decides; the token is never in the report."""
    async with SlackDouble() as slack:
        findings = await found(settings(payer, tmp_path, **slack.settings | {"slack_bot_token": token}))
    assert findings[-1].area == "slack"
    assert findings[-1].text.startswith(said)
    assert token not in " ".join(map(str, findings))


async def test_a_made_up_day_is_found_with_a_real_payer(payer: Sandbox, tmp_path: Path) -> None:
    """A payer on this machine may have a day of its own; any other has the real one."""
    day = date(2026, 10, 1)
    assert "BOT_TODAY" not in bad(await found(settings(payer, tmp_path, bot_today=day, **NO_PACK)))
    elsewhere = check(settings(payer, tmp_path, bot_today=day, payer_fhir_url="https://payer.example/fhir", **NO_PACK))
    assert bad([await anext(elsewhere)]) == ["BOT_TODAY"]
    await elsewhere.aclose()  # type: ignore[attr-defined] # a generator


@pytest.mark.usefixtures("loaded")
async def test_every_fault_of_the_benefit_table_is_named_in_one_run(payer: Sandbox, tmp_path: Path) -> None:
    """By the file, the row and the column; a table in order is counted."""
    file = tmp_path / "benefits.csv"
    file.write_text("service,copay,coinsurance,deductible\nmri,ten,,no\nct,10,,perhaps\n", encoding="utf-8")
    findings = await found(settings(payer, tmp_path, bot_benefits=file))
    assert [one.text for one in findings if one.area == "benefits"] == [
        'benefits.csv: row 2, column copay: "ten" is no number of dollars',
        'benefits.csv: row 3, column deductible: "perhaps" is neither yes nor no',
    ]
    file.write_text("service,copay,coinsurance,deductible\nmri,10,,no\n", encoding="utf-8")
    findings = await found(settings(payer, tmp_path, bot_benefits=file))
    assert [one.text for one in findings if one.area == "benefits"] == ["1 services in 1 rows of the table"]


ENTRA_SECRET = "s3cret-value"
TENANT = "aaaaaaaa-0000-4000-8000-000000000001"


def at(login_url: str) -> Cloud:
    """The public cloud with another sign-in."""
    return replace(CLOUDS["public"], login_url=login_url)


class Entra:
    """A token endpoint that answers as it is told, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.told = 200, '{"access_token":"x"}'
        self.seen: list[tuple[str, dict[str, object]]] = []

    async def token(self, request: web.Request) -> web.Response:
        """Any tenant's token endpoint."""
        self.seen.append((request.path, dict(await request.post())))
        return web.Response(status=self.status, text=self.told)


@pytest.fixture
async def entra() -> AsyncIterator[tuple[Entra, str]]:
    """The endpoint and its address."""
    made, app = Entra(), web.Application()
    app.router.add_post("/{tenant}/oauth2/v2.0/token", made.token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield made, f"http://127.0.0.1:{site.port}"
    await runner.cleanup()


async def test_good_credentials(entra: tuple[Entra, str]) -> None:
    """The app's own tenant is asked for a token of the connector."""
    made, address = entra
    assert not await entra_fault("app", ENTRA_SECRET, TENANT, at(address))
    [(path, form)] = made.seen
    assert path == f"/{TENANT}/oauth2/v2.0/token"
    assert form["scope"] == "https://api.botframework.com/.default"
    assert form["client_secret"] == ENTRA_SECRET


@pytest.mark.parametrize(
    ("status", "told", "named"),
    [
        (401, "AADSTS7000215: Invalid client secret", "TEAMS_APP_PASSWORD"),
        (401, "AADSTS7000222: expired", "TEAMS_APP_PASSWORD"),
        (400, "AADSTS700016: Application not found", "TEAMS_APP_ID"),
        (400, "AADSTS90002: Tenant not found", "TEAMS_TENANT_ID"),
        (503, "<html>", "TEAMS_TENANT_ID"),
    ],
)
async def test_what_entra_refuses_is_named(entra: tuple[Entra, str], status: int, told: str, named: str) -> None:
    """One line begins with the setting to put right, and holds neither the secret nor Entra's prose."""
    made, address = entra
    made.status, made.told = status, f"{told} for {ENTRA_SECRET}"
    fault = await entra_fault("app", ENTRA_SECRET, TENANT, at(address))
    assert fault.startswith(f"{named}: ")
    assert ENTRA_SECRET not in fault


async def test_nobody_there() -> None:
    """Without an answer the line says so."""
    fault = await entra_fault("app", ENTRA_SECRET, TENANT, at("http://127.0.0.1:9"))
    assert fault.startswith("TEAMS_CLOUD: nothing listens at")
