"""Every attack on linking, alone and in several orders, against the sandbox and against a hostile double (T01-T18)."""

import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.message import Person
from tests.accounts.attacks import records, sign_ins
from tests.accounts.attacks.sign_ins import THREATS
from tests.accounts.grounds import Ground, code_of, connected, hostile_double, sandbox_payer
from tests.stage import TODAY
from tests.worlds import world_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
ATTACKS = {**sign_ins.ATTACKS, **records.ATTACKS}
_NUMBERS = itertools.count(1)
PLAYED = [
    pytest.param(name, id=name, marks=[pytest.mark.attack(name), *map(pytest.mark.threat, THREATS.get(name, ()))])
    for name in ATTACKS
]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["sandbox", "hostile double"])
async def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """A bot and a payer for all attacks: each brings people of its own."""
    folder: Path = tmp_path_factory.mktemp("ground")
    made = sandbox_payer(folder, world_of(TODAY)) if request.param == "sandbox" else hostile_double(folder)
    async with made as opened:
        yield opened


def people() -> tuple[Person, Person]:
    """Mallory and Vera, whom the bot has never met, in one workspace."""
    number = next(_NUMBERS)
    made = (Person("slack", "E1", "T1", f"{name}{number}", name=f"{name} X.") for name in ("Mallory", "Vera"))
    mallory, vera = made
    return mallory, vera


async def play(ground: Ground, name: str) -> None:
    """One attack; whatever it tried, nobody has the other's record."""
    mallory, vera = people()
    await ATTACKS[name](ground, mallory, vera)
    assert await connected(ground, mallory) in {None, ground.patient_of(ground.mine)}
    assert await connected(ground, vera) in {None, ground.patient_of(ground.hers)}


@pytest.mark.parametrize("name", PLAYED)
async def test_an_attack_fails(ground: Ground, name: str) -> None:
    """Nobody's chat is joined with somebody else's record."""
    await play(ground, name)


@pytest.mark.attack("all of them, in another order")
@pytest.mark.parametrize("order", range(2))
async def test_the_attacks_fail_in_every_order(ground: Ground, order: int) -> None:
    """What one leaves behind helps no other, and honest people still connect afterwards."""
    names = list(reversed(ATTACKS))
    if order:
        random.Random(order).shuffle(names)  # noqa: S311 -- an order, not a secret
    for name in names:
        await play(ground, name)
    mallory, vera = people()
    await ground.accounts.prove(vera, await code_of(ground, vera, ground.hers))
    await ground.accounts.prove(mallory, await code_of(ground, mallory, ground.mine))
    assert await connected(ground, vera) == ground.patient_of(ground.hers)
    assert await connected(ground, mallory) == ground.patient_of(ground.mine)


async def test_there_are_thirty_attacks_and_more() -> None:
    """The list is not quietly shortened."""
    assert len(ATTACKS) >= 30
