"""What is kept, by somebody who writes the database."""

from collections.abc import Callable

import pytest

from bot.errors import CodeSpent, CodeWrong, LinkExpired, NotLinked
from bot.message import Person
from tests.accounts.attacks.attack import LATER, Attacks, said_no
from tests.accounts.grounds import Ground, code_of, connected

ATTACKS = Attacks()


@ATTACKS.named("copied ciphertext row")
async def copied_row(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her link under his key does not open."""
    await ground.accounts.prove(vera, await code_of(ground, vera, ground.hers))
    for kind in ("link", "tokens"):
        for _, sealed in await ground.store.owned(kind, vera.key):
            await ground.store.put(kind, mallory.key, sealed, expires=LATER, owner=mallory.key)
    with pytest.raises(NotLinked):
        await ground.accounts.access(mallory)


async def _later(ground: Ground, seconds: float) -> Callable[[], None]:
    """Let time go by for what is kept, without the sweeper; what puts it back."""
    rows = ground.accounts.rows
    before = rows.now
    rows.now = lambda: before() + seconds

    def back() -> None:
        rows.now = before

    return back


@ATTACKS.named("a prolonged row")
async def prolonged_rows(ground: Ground, mallory: Person, vera: Person) -> None:
    """Who writes the database moves the end of links, codes and pages; each knows its own end."""
    await ground.accounts.prove(vera, await code_of(ground, vera, ground.hers))
    code = await code_of(ground, mallory, ground.mine)
    for kind in ("link", "tokens", "pending_link", "link_current", "link_request", "sign_in_outcome"):
        for person in (mallory, vera):
            for key, sealed in await ground.store.owned(kind, person.key):
                await ground.store.put(kind, key, sealed, expires=LATER, owner=person.key)
    back = await _later(ground, 91 * 86_400)
    try:
        assert await connected(ground, vera) is None
        assert not await ground.accounts.awaits_code(mallory)
        await said_no(ground, mallory, code, LinkExpired)
    finally:
        back()


@ATTACKS.named("a row that another person owns")
async def moved_rows(ground: Ground, mallory: Person, vera: Person) -> None:
    """Moved to another owner in the database, a link still ends when its person says so."""
    await ground.accounts.prove(vera, await code_of(ground, vera, ground.hers))
    for kind in ("link", "tokens"):
        for key, sealed in await ground.store.owned(kind, vera.key):
            await ground.store.put(kind, key, sealed, expires=LATER, owner=mallory.key)
    assert (await ground.accounts.unlink(vera)).was_linked
    assert await connected(ground, vera) is None
    assert await ground.accounts.link(vera) is None


@ATTACKS.named("a counter that is set back")
async def set_back_counter(ground: Ground, mallory: Person, vera: Person) -> None:
    """Who writes the database gives himself new tries of a code: the process counts for itself."""
    code = await code_of(ground, vera, ground.hers)
    for number in range(5):
        await said_no(ground, vera, f"WWWWWWW{number + 2}", CodeWrong, CodeSpent)
        await ground.reset_counters()
    await said_no(ground, vera, code, LinkExpired)
    assert await connected(ground, mallory) is None
