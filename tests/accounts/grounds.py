"""Where linking is attacked: a bot over the sandbox payer on real HTTP, and one over a payer written to be hostile.

An attack knows only what both have: people who ask for links, browsers, the payer's pages, and a way to spoil the
payer's answers.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

import httpx

from bot.accounts.accounts import Accounts
from bot.app import Bot as Whole
from bot.cli.chat import _Page
from bot.errors import NotLinked
from bot.message import Person
from bot.sandbox.app import Sandbox, serve_sandbox
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from bot.stores.base import Store
from bot.stores.sqlite import SqliteStore
from tests.accounts.conftest import NOW, Bot, Visitor, code_on, make_settings, running
from tests.accounts.payer import ORIGIN, Payer
from tests.accounts.test_idtoken import FORGED
from tests.days import Clock
from tests.stage import serving_bot

EVIL = "https://evil.example"
TOKEN = "/as/token.oauth2"
TLS = ssl.create_default_context()  # made once: it takes longer than a page
FLAWS = {
    "bad-signature": "signature of another key under a known kid",
    "alg-none": "alg none",
    "hs256": "HS256 with the public key",
    "wrong-issuer": "wrong issuer",
    "wrong-audience": "wrong audience",
    "wrong-nonce": "wrong nonce",
    "expired": "expired",
    "issued-in-future": "issued in the future",
    "no-subject": "no subject",
}


class _Ground:
    """What both grounds have. `mine` and `hers` are two members who can sign in."""

    bot: Any

    @property
    def accounts(self) -> Accounts:
        """The bot's accounts."""
        accounts: Accounts = self.bot.accounts
        return accounts

    @property
    def store(self) -> Store:
        """The bot's store, as who reads the disk has it."""
        store: Store = self.bot.store
        return store

    async def reset_counters(self) -> None:
        """Set every counter of the database back."""
        assert isinstance(self.store, SqliteStore)
        await self.store._run("UPDATE counters SET times = 0", ())


@dataclass
class Double(_Ground):
    """Over the hostile double, on no wire."""

    bot: Bot
    mine: str = "dana"
    hers: str = "vera"

    def visitor(self, **headers: str) -> Visitor:
        """A fresh browser."""
        return Visitor(self.bot.browser(**headers).http)

    async def sign_in(self, away: str, member: str) -> str:
        """The callback with which the payer sends this member back; the double has no pages."""
        return self.bot.payer.sign_in(away, member)

    async def let_in(self, away: str, member: str) -> str:
        """The double has no sessions: it says in the id_token that there was one."""
        callback = await self.sign_in(away, member)
        self.bot.payer.codes[value_in(callback, "code")].signed_in -= 3_600
        return callback

    def foreign_code(self, away: str) -> str:
        """This payer takes codes of any client; only the id_token tells for whom it is."""
        code = parse_qs(urlsplit(self.bot.payer.sign_in(away, self.hers)).query)["code"][0]
        self.bot.payer.codes[code].query["client_id"] = "another-app"
        return code

    def tokens_asked(self) -> int:
        """Calls of the token endpoint."""
        return self.bot.payer.count("/token")

    def patient_of(self, member: str) -> str:
        """Members are their own patients."""
        return member

    def name_of(self, member: str) -> str:
        """First name and initial."""
        given, family = self.bot.payer.names[member]
        return f"{given} {family[0]}."

    @property
    def issuer(self) -> str:
        """Its origin."""
        return ORIGIN

    @contextmanager
    def spoilt(self, how: str) -> Iterator[None]:
        """One of the switches."""
        payer = self.bot.payer
        before = (payer.sign, payer.token_changes, payer.check_pkce, dict(payer.answers))
        tricks: dict[str, Callable[[], object]] = {
            "wrong-patient": lambda: setattr(payer, "token_changes", {"patient": self.hers}),
            "less-scope": lambda: setattr(payer, "token_changes", {"scope": "openid fhirUser"}),
            "no-pkce": lambda: setattr(payer, "check_pkce", False),
            "redirect": lambda: payer.answers.update({"/token": _sends_away}),
        }
        if how in FLAWS:
            forge = FORGED[FLAWS[how]]
            payer.sign = lambda claims: forge(payer, claims)
        else:
            tricks[how]()
        yield
        payer.sign, payer.token_changes, payer.check_pkce, payer.answers = before


def _sends_away(_: httpx.Request) -> httpx.Response:
    return httpx.Response(307, headers={"location": f"{EVIL}/token"})


@dataclass
class Real(_Ground):
    """Over the sandbox, on real HTTP."""

    bot: Whole
    sandbox: Sandbox
    world: World
    stack: AsyncExitStack
    mine: str = "dana"
    hers: str = "walter"

    def visitor(self, **headers: str) -> Visitor:
        """A fresh browser."""
        http = httpx.AsyncClient(
            base_url=self.bot.settings.bot_public_url, headers=headers, verify=TLS, trust_env=False
        )
        self.stack.push_async_callback(http.aclose)
        return Visitor(http)

    async def sign_in(self, away: str, member: str) -> str:
        """Fill in the payer's forms and stop before its redirect is followed."""
        async with httpx.AsyncClient(verify=TLS, trust_env=False) as http:
            return await self._through(http, away, member)

    async def let_in(self, away: str, member: str) -> str:
        """A browser in which she has signed in before; nobody types a name or a password any more."""
        behaviour = self.sandbox.behaviour
        async with httpx.AsyncClient(verify=TLS, trust_env=False) as http:
            behaviour.session_age = 3_600
            await self._through(http, altered(away, state="hers"), member)
            behaviour.session_age, behaviour.ignore_prompt = 0, True
            try:
                return await self._through(http, away, "")
            finally:
                behaviour.ignore_prompt = False

    async def _through(self, http: httpx.AsyncClient, away: str, member: str) -> str:
        answer = await http.get(away)
        while not answer.is_redirect:
            form = _Page(answer.text)
            assert member or not form.asks
            values = {**form.fields, **dict.fromkeys(form.asks, member), **dict(form.buttons[:1])}
            answer = await http.post(urljoin(str(answer.url), form.action or ""), data=values)
        return str(answer.headers["location"])

    def foreign_code(self, away: str) -> str:  # noqa: ARG002 -- this payer keeps clients apart: to ours, it is unknown
        """A code of another app."""
        return "code-of-another-app"

    def tokens_asked(self) -> int:
        """Calls of the token endpoint."""
        return sum(seen.path == TOKEN for seen in self.sandbox.requests)

    def patient_of(self, member: str) -> str:
        """The member's own Patient."""
        return self.world.accounts[member].patients[0]

    def name_of(self, member: str) -> str:
        """The first name."""
        return member.capitalize()

    @property
    def issuer(self) -> str:
        """Where it is."""
        return self.sandbox.issuer

    @contextmanager
    def spoilt(self, how: str) -> Iterator[None]:
        """One of the sandbox's switches."""
        behaviour = self.sandbox.behaviour
        tricks: dict[str, tuple[str, Any]] = {
            "wrong-patient": ("token_patient", self.patient_of(self.hers)),
            "less-scope": ("drop_scopes", frozenset({"patient/*.read"})),
            "no-pkce": ("ignore_pkce", True),
            "redirect": ("faults", [Fault(TOKEN, 307, headers={"location": f"{EVIL}/token"}, times=None)]),
        }
        name, value = tricks.get(how, ("identity_flaw", how))
        before = getattr(behaviour, name)
        setattr(behaviour, name, value)
        yield
        setattr(behaviour, name, before)


Ground = Double | Real


@asynccontextmanager
async def hostile_double(folder: Path) -> AsyncIterator[Ground]:
    """A bot over the double."""
    clock = Clock(NOW)
    async with running(folder, Payer(clock), clock, make_settings()) as bot:
        yield Double(bot)


@asynccontextmanager
async def sandbox_payer(folder: Path, world: World) -> AsyncIterator[Ground]:
    """A bot over the sandbox."""
    async with (
        serve_sandbox(world) as sandbox,
        serving_bot(sandbox, folder / "bot.db") as bot,
        AsyncExitStack() as stack,
    ):
        yield Real(bot, sandbox, world, stack)


async def connected(ground: Ground, person: Person) -> str | None:
    """The Patient whose records this person's chat opens."""
    try:
        return (await ground.accounts.access(person)).patient
    except NotLinked:
        return None


async def begun(ground: Ground, person: Person, member: str) -> tuple[Visitor, str]:
    """A browser that departed with this person's link, and the callback with which the payer sends the member back."""
    visitor = ground.visitor()
    return visitor, await ground.sign_in(await visitor.depart(await ground.accounts.begin(person)), member)


async def last_page(ground: Ground, person: Person, member: str) -> httpx.Response:
    """Where a whole sign-in ends in the browser."""
    visitor, callback = await begun(ground, person, member)
    return await visitor.come_back(callback)


async def code_of(ground: Ground, person: Person, member: str) -> str:
    """The code of a whole sign-in."""
    return code_on(await last_page(ground, person, member))


def altered(url: str, /, **changes: str | None) -> str:
    """The URL with other parameters; without those that are given as None."""
    parts = urlsplit(url)
    query = {name: value for name, value in {**dict(parse_qsl(parts.query)), **changes}.items() if value is not None}
    return parts._replace(query=urlencode(query)).geturl()


def value_in(url: str, name: str) -> str:
    """A parameter of the URL."""
    return parse_qs(urlsplit(url).query)[name][0]
