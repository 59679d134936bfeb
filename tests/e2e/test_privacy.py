"""Nothing of a member is in the logs at DEBUG or readable in the store, whatever dana asks (I2, T36)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.browser import Browser
from bot.sandbox.behaviour import Fault
from bot.sandbox.world import World
from tests.e2e.house import EOB, OWED, House

TYPED = ("planted words about my rash", "what did I owe Grace Okafor", "does dana have claim CLM-PLANTED-77")
FAULTS: tuple[Callable[[], Fault], ...] = (
    lambda: Fault(EOB, 500, b"planted-body 54.87", times=None),
    lambda: Fault(EOB, 403),
    lambda: Fault(EOB, times=None, rewrite=lambda body: body[: len(body) // 2]),
    lambda: Fault(EOB, 401),
)


def own_strings(world: World) -> Iterator[str]:
    """What dana's record holds and nobody else may read: names, identifiers, addresses, ids and amounts."""
    patient = world.resources["Patient"][world.accounts["dana"].patients[0]]
    yield from (patient["id"], patient["birthDate"], patient["name"][0]["family"], *patient["name"][0]["given"])
    yield from (each["value"] for each in patient.get("identifier", []))
    yield from (line for address in patient.get("address", []) for line in address.get("line", []))
    for claim in world.of_type("ExplanationOfBenefit"):
        if claim["patient"]["reference"].endswith(patient["id"]):
            yield claim["id"]
            yield from _amounts(claim)


def _amounts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "currency" in value and "value" in value and value["value"]:
            yield f"{value['value']:.2f}"
        for part in value.values():
            yield from _amounts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _amounts(part)


def found(planted: set[str], text: str) -> list[str]:
    """The planted strings that stand in a text as whole words."""
    return sorted(each for each in planted if re.search(rf"(?<![\w.]){re.escape(each)}(?![\w.])", text))


def stored(folder: Path) -> str:
    """The bytes of the store's files, the key's apart, as text."""
    files = [path for path in folder.iterdir() if path.name.startswith("bot.db") and "key" not in path.name]
    assert any(path.name == "bot.db" for path in files)
    return b"".join(path.read_bytes() for path in files).decode("latin-1")


async def secrets_of_a_sign_in(house: House) -> set[str]:
    """Connect dana; everything that passed by which lets its holder act: link, state, codes, cookies, form tokens."""
    seen: set[str] = set()

    async def keep(answer: httpx.Response) -> None:
        query = parse_qs(urlsplit(str(answer.url)).query)
        seen.update(value for name in ("state", "code", "nonce", "code_challenge") for value in query.get(name, []))
        seen.update(answer.cookies.values())
        await answer.aread()
        seen.update(re.findall(r'name="token" value="([^"]+)"', answer.text))

    link = await house.link()
    async with Browser() as browser:
        browser._http.event_hooks["response"].append(keep)
        code = await browser.sign_in(link, "dana")
    await house.say(code)
    return seen | {link.rpartition("/")[2], code, code.replace("-", "")}


@pytest.fixture
async def talked(house: House) -> tuple[House, set[str]]:
    """A house in which dana connected, asked everything, and met faults; with all that must not be anywhere."""
    house.sandbox.behaviour.refresh_tokens = True
    planted = await secrets_of_a_sign_in(house)
    for name, rules in sorted(house.bot.pack.intents.items()):
        if name != "account.unlink":
            for example in rules.examples.get("en", ())[:1]:
                await house.say(example)
    for words in TYPED:
        await house.say(words)
    for fault in FAULTS:
        house.break_(fault())
        await house.say(OWED)
        house.heal()
    vault = house.sandbox.authorization.vault
    planted |= {*vault.tokens, *vault.refresh, *vault.used_codes, house.sandbox.client_secret}
    assert len(planted) > 8
    return house, planted


async def test_logs_at_debug_hold_nothing(talked: tuple[House, set[str]], world: World) -> None:
    """Neither the bot nor a library says a name, an id, an amount, a secret or a person's words."""
    house, secrets = talked
    logged = house.log.text
    assert logged.count('"event"') > 20
    assert found(secrets | set(own_strings(world)), logged) == []
    assert not [words for words in (*TYPED, "planted", "Okafor", "CLM-PLANTED") if words in logged]


async def test_every_printed_line_is_json_of_known_fields(talked: tuple[House, set[str]]) -> None:
    """The bot's own log can be read by a machine."""
    lines = talked[0].log.printed.getvalue().splitlines()
    assert all("event" in json.loads(line) for line in lines if line.startswith("{"))


@pytest.mark.threat("T32", "T35")
async def test_the_store_holds_nothing_readable(talked: tuple[House, set[str]], world: World, tmp_path: Path) -> None:
    """The SQLite file, its write-ahead log and everything beside it but the key are sealed or hashed (T36)."""
    _, secrets = talked
    held = stored(tmp_path)
    assert len(held) > 4_096
    names = {each for each in own_strings(world) if len(each) > 4}
    assert sorted(each for each in secrets | names if each in held) == []
    assert not [words for words in ("Okafor", "planted", "rash", "last_visit_cost") if words in held]


@pytest.mark.threat("T53")
async def test_unlinking_ends_it(talked: tuple[House, set[str]]) -> None:
    """After "unlink" the account is gone, and the next question asks to connect again (T53)."""
    house, _ = talked
    await house.say("unlink")
    assert await house.bot.accounts.link(house.person) is None
    assert "Connect my account" in (await house.say(OWED)).text
