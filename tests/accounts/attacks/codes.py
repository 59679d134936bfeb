"""The code that joins a sign-in with a chat: guessed, typed elsewhere, typed unseen."""

import asyncio

from msgspec.structs import replace

from bot.errors import CodeSpent, CodeWrong, LinkError, LinkExpired
from bot.message import Person
from tests.accounts.attacks.attack import Attacks, said_no
from tests.accounts.grounds import Ground, code_of, connected

ATTACKS = Attacks()


@ATTACKS.named("a record of somebody else's, unseen")
async def unseen_record(ground: Ground, mallory: Person, vera: Person) -> None:
    """Whose record the code opens, and for whose chat, stands on the page above the code."""
    visitor = ground.visitor()
    link = await ground.accounts.begin(mallory)
    assert "The next page shows the name" in (await visitor.open(link)).text
    page = await visitor.come_back(await ground.sign_in(await visitor.depart(link), ground.hers))
    before, _, _ = page.text.partition('id="link-code"')
    assert ground.name_of(ground.hers) in before
    assert mallory.name in before
    assert await connected(ground, vera) is None


@ATTACKS.named("brute-forced code")
async def brute_forced(ground: Ground, mallory: Person, vera: Person) -> None:
    """Five tries; then the right one is worth nothing either."""
    code = await code_of(ground, vera, ground.hers)
    for number in range(5):
        await said_no(ground, vera, f"WWWWWWW{number + 2}", CodeWrong, CodeSpent)
    await said_no(ground, vera, code, LinkExpired)
    assert await connected(ground, mallory) is None


@ATTACKS.named("twenty guesses at once", "T15")
async def guesses_at_once(ground: Ground, mallory: Person, vera: Person) -> None:
    """They count as twenty, however fast they come."""
    code = await code_of(ground, vera, ground.hers)
    tries = [*["AAAAAAAA"] * 19, code]
    results = await asyncio.gather(*(ground.accounts.prove(vera, each) for each in tries), return_exceptions=True)
    assert all(isinstance(result, LinkError) for result in results)
    assert await connected(ground, vera) is await connected(ground, mallory) is None


@ATTACKS.named("her code typed in his chat")
async def code_in_another_chat(ground: Ground, mallory: Person, vera: Person) -> None:
    """A code belongs to the chat that asked for it, even while another sign-in waits there."""
    hers = await code_of(ground, vera, ground.hers)
    await code_of(ground, mallory, ground.mine)
    await said_no(ground, mallory, hers, CodeWrong)
    assert await connected(ground, mallory) is None
    await ground.accounts.prove(vera, hers)
    assert await connected(ground, vera) == ground.patient_of(ground.hers)


@ATTACKS.named("same user id in another workspace", "T18")
async def another_workspace(ground: Ground, mallory: Person, vera: Person) -> None:
    """Team, enterprise and platform belong to who somebody is."""
    await ground.accounts.prove(vera, await code_of(ground, vera, ground.hers))
    for other in (
        replace(vera, team="T2"),
        replace(vera, enterprise="E2"),
        replace(vera, platform="teams"),
        replace(mallory, user=vera.user, team="T3"),
    ):
        assert await connected(ground, other) is None
        await ground.accounts.unlink(other)
    assert await connected(ground, vera) == ground.patient_of(ground.hers)
