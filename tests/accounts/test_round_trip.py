"""The whole way over real sockets against the sandbox payer, its faults switched on one by one."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, RSAKey

from bot.accounts.accounts import Accounts
from bot.accounts.endpoint import public_keys, read_key
from bot.cli.keys import jwks
from bot.config import ClientMethod
from bot.errors import ConfigError, LinkError, SignInRefused
from bot.message import Person
from bot.ops.audit import Audit
from bot.payer.budget import MemberCache
from bot.payer.discovery import Discovery, Endpoints
from bot.payer.http import Http
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.authorization.endpoints import REVOKE, TOKEN
from bot.sandbox.behaviour import Behaviour
from bot.serving import listen, running
from bot.stores.sealed import SealedTable
from bot.stores.sqlite import open_sqlite
from tests.accounts.conftest import PAGES, guarded, make_settings, nobody_told, vault_beside
from tests.connecting import signed_in
from tests.sandbox.small import small_world

DANA = Person("console", "", "", "dana", name="Dana M.")


@dataclass
class Pair:
    """The bot's accounts and the payer, both on loopback ports."""

    accounts: Accounts
    payer: Sandbox
    told: list[LinkError] = field(default_factory=list)

    async def hear(self, _person: Person, error: LinkError) -> None:
        """What the chat would be told."""
        self.told.append(error)

    async def sign_in(self, username: str = "ana") -> str:
        """The code that a browser gets."""
        return await signed_in(await self.accounts.begin(DANA), username)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    """A bot that is set up for a sandbox payer, as an operator would."""
    async with set_up(tmp_path) as made:
        yield made


@asynccontextmanager
async def set_up(
    tmp_path: Path, behaviour: Behaviour | None = None, secret: str = "sandbox-secret", **client: Any
) -> AsyncIterator[Pair]:
    """A bot and its payer; `client` are settings that say how the bot proves itself."""
    socket = listen()
    async with serve_sandbox(small_world(), behaviour=behaviour, client_secret=secret) as payer, Http() as http:
        settings = make_settings(
            bot_public_url=f"http://127.0.0.1:{socket.getsockname()[1]}",
            **{**payer.settings, "payer_issuer": None, **client},
        )
        store = open_sqlite(tmp_path / "bot.db")
        seal = vault_beside(tmp_path / "bot.db")
        configured = Endpoints(settings.payer_authorize_url, settings.payer_token_url)
        accounts = Accounts(
            settings=settings,
            table=SealedTable(store, seal),
            http=http,
            discovery=Discovery(http, settings.payer_fhir_url, configured),
            audit=Audit(SealedTable(store, seal)),
            pages=PAGES,
            failed=lambda person, error: made.hear(person, error),  # noqa: PLW0108 -- it is made below
            elsewhere=nobody_told,
            recent=MemberCache(http.clock),
        )
        made = Pair(accounts, payer)
        async with running(guarded(accounts, settings), socket):
            yield made
        await accounts.close()
        await store.close()


PUBLIC: dict[str, Any] = {"payer_client_secret": None, "payer_client_auth": "none"}


@pytest.mark.parametrize(
    ("way", "secret", "client"),
    [
        ("client_secret_basic", "se:cret+ %ä", {}),  # found in what the payer publishes
        ("client_secret_basic", "sandbox-secret", {"payer_client_auth": "client_secret_basic"}),
        ("none", "unused", PUBLIC),
        ("private_key_jwt", "unused", {"payer_client_secret": None}),
    ],
)
async def test_other_payers_know_their_clients_in_other_ways(
    tmp_path: Path, way: ClientMethod, secret: str, client: dict[str, Any]
) -> None:
    """Sign in, read, refresh and give back, with each way to prove who the client is."""
    behaviour = Behaviour(client_auth=way, refresh_tokens=True)
    if way == "private_key_jwt":
        client = {**client, "payer_client_key_file": tmp_path / "client.pem"}
        behaviour.client_keys = json.loads(jwks(make_settings(**client)))
    async with set_up(tmp_path, behaviour, secret, **client) as pair:
        await pair.accounts.prove(DANA, await pair.sign_in())
        first = await pair.accounts.access(DANA)
        renewed = await pair.accounts.renew(DANA, first)
        assert renewed is not None
        assert renewed.token != first.token
        assert pair.payer.authorization.vault.active(renewed.token)
        await pair.accounts.unlink(DANA)
    assert not pair.payer.authorization.vault.active(renewed.token)
    proofs = ["authorization" in seen.header_names for seen in pair.payer.requests if seen.path in {TOKEN, REVOKE}]
    assert proofs == [way == "client_secret_basic"] * 3


@pytest.mark.threat("T64")
@pytest.mark.parametrize("way", ["client_secret_post", "client_secret_basic", "private_key_jwt"])
async def test_a_client_that_proves_nothing_gets_no_token(tmp_path: Path, way: ClientMethod) -> None:
    """A payer that wants a proof refuses a public client, and the member reads that the set-up is wrong."""
    async with set_up(tmp_path, Behaviour(client_auth=way), **PUBLIC) as pair:
        with pytest.raises(SignInRefused):
            await pair.sign_in()
        assert [type(error).__name__ for error in pair.told] == ["SetupWrong"]
        assert pair.accounts.endpoint.client_refused


async def test_a_member_links_asks_and_unlinks(pair: Pair) -> None:
    """Forms, redirects and cookies as a browser sees them; the issuer is discovered."""
    linked = await pair.accounts.prove(DANA, await pair.sign_in())
    assert linked.member
    access = await pair.accounts.access(DANA)
    assert access.expires_at > time.time() + 3_000
    active = pair.payer.authorization.vault.active(access.token)
    assert active is not None
    assert active.patients == (access.patient,)
    assert await pair.accounts.unlink(DANA)
    await pair.accounts.close()
    assert pair.payer.authorization.vault.active(access.token) is None


@pytest.mark.threat("T06")
@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("ignore_pkce", True),
        ("require_aud", True),
        ("omit_patient", True),
        ("omit_fhir_user", True),
        ("omit_expires_in", True),
        ("omit_issuer", True),
        ("refresh_tokens", True),
    ],
)
async def test_payers_that_differ_within_the_standards_link(pair: Pair, switch: str, value: object) -> None:
    """What a payer may leave out or ignore is no obstacle."""
    setattr(pair.payer.behaviour, switch, value)
    await pair.accounts.prove(DANA, await pair.sign_in())
    assert (await pair.accounts.access(DANA)).patient


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        '{"kty": "oct", "k": "c2VjcmV0"}',
        "é",
    ],
)
def test_a_key_file_that_is_no_key_is_named(tmp_path: Path, text: str) -> None:
    """The start ends with the setting and what a key is."""
    file = tmp_path / "client.pem"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^PAYER_CLIENT_KEY_FILE: client\.pem "):
        read_key(file)


@pytest.mark.threat("T64")
@pytest.mark.attack("a client key that is too short to sign")
def test_a_public_key_or_a_short_one_signs_nothing(tmp_path: Path) -> None:
    """Only the private half of a key that SMART's algorithms take."""
    file = tmp_path / "client.pem"
    short = rsa.generate_private_key(65_537, 1_024)  # noqa: S505 -- short, so that it is refused
    long, curve = RSAKey.generate_key(2_048), ECKey.generate_key("P-256")
    weak = short.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (weak, long.as_pem(private=False), curve.as_pem(private=False)):
        file.write_bytes(pem)
        with pytest.raises(ConfigError):
            read_key(file)
    signing: tuple[tuple[RSAKey | ECKey, str], ...] = ((long, "RS384"), (curve, "ES256"))
    for key, algorithm in signing:
        file.write_text(json.dumps(key.as_dict(private=True)))
        (public,) = public_keys(read_key(file))["keys"]
        assert public["alg"] == algorithm
        assert not public.keys() & {"d", "p", "q"}
