"""The way back from the payer: the browser, the state and the words of the callback."""

import asyncio

from bot.message import Person
from tests.accounts.attacks.attack import Attacks, refused
from tests.accounts.conftest import code_on
from tests.accounts.grounds import Ground, altered, value_in

ATTACKS = Attacks()


@ATTACKS.named("his callback in her browser", "T02")
async def foreign_callback(ground: Ground, mallory: Person, vera: Person) -> None:
    """Without the cookie of the browser that began it: 400, no token, and nothing of hers is burnt."""
    his, her = ground.visitor(), ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    away = await her.depart(await ground.accounts.begin(vera))
    before = ground.tokens_asked()
    for browser in (ground.visitor(), her):
        refused(await browser.open(callback), 400)
    assert ground.tokens_asked() == before
    assert code_on(await her.come_back(await ground.sign_in(away, ground.hers)))


@ATTACKS.named("her half-way sign-in in his browser")
async def moved_callback(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her callback, read from a log or a history, opens nothing elsewhere."""
    her = ground.visitor()
    callback = await ground.sign_in(await her.depart(await ground.accounts.begin(vera)), ground.hers)
    his = ground.visitor()
    await his.depart(await ground.accounts.begin(mallory))
    refused(await his.open(callback), 400)
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("swapped state")
async def swapped_state(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her state on his callback belongs to another browser."""
    his, her = ground.visitor(), ground.visitor()
    away = await her.depart(await ground.accounts.begin(vera))
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    refused(await his.open(altered(callback, state=value_in(away, "state"))), 400)
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("replayed state")
async def replayed_state(ground: Ground, mallory: Person, vera: Person) -> None:
    """A second visit of the callback hears that it was used, and asks for no second token."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    assert code_on(await his.come_back(callback))
    before = ground.tokens_asked()
    refused(await his.open(callback), 410)
    refused(await his.open(altered(callback, code="another-code")), 410)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("eight callbacks at once", "T04")
async def parallel_callbacks(ground: Ground, mallory: Person, vera: Person) -> None:
    """Exactly one proceeds."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    answers = await asyncio.gather(*(his.open(callback) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 7
    assert ground.tokens_asked() == before + 1
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("made-up state")
async def made_up_state(ground: Ground, mallory: Person, vera: Person) -> None:
    """A state that nobody gave out is nobody's."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    for state in ("made-up", "", "%00", "a" * 5_000):
        refused(await his.open(altered(callback, state=state)), 400, 410)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("a made-up fault of the set-up")
async def made_up_set_up(ground: Ground, mallory: Person, vera: Person) -> None:
    """`unauthorized_client` on his own sign-in, made up in his browser, degrades nobody's health page."""
    his = ground.visitor()
    away = await his.depart(await ground.accounts.begin(mallory))
    back = altered("/oauth/callback", error="unauthorized_client", state=value_in(away, "state"))
    refused(await his.come_back(altered(back, iss=ground.issuer)), 503)
    assert not ground.accounts.client_refused
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("made-up error callback")
async def made_up_error(ground: Ground, mallory: Person, vera: Person) -> None:
    """From elsewhere it burns nothing; with her state its words are not repeated."""
    her = ground.visitor()
    away = await her.depart(await ground.accounts.begin(vera))
    for query in ("error=access_denied", "error=access_denied&state=made-up"):
        refused(await ground.visitor().open(f"/oauth/callback?{query}"), 400)
    made_up = altered("/oauth/callback", error="access_denied", error_description="call 555", iss=ground.issuer)
    page = await her.come_back(altered(made_up, state=value_in(away, "state")))
    refused(page, 400)
    assert "call 555" not in page.text
    assert not await ground.accounts.awaits_code(mallory)
