"""Who the payer says has signed in, what is kept of it, and the pages that ask: attacks on each."""

from collections.abc import Callable

import pytest

from bot.errors import CodeSpent, CodeWrong, LinkExpired, NotLinked
from bot.message import Person
from tests.accounts.attacks.sign_ins import LATER, Attack, Attacks, refused, said_no
from tests.accounts.conftest import hidden
from tests.accounts.grounds import EVIL, FLAWS, Ground, altered, begun, code_of, connected, last_page, value_in

ATTACKS = Attacks()


@ATTACKS.named("code of another client")
async def code_of_another_client(ground: Ground, mallory: Person, vera: Person) -> None:
    """The payer refuses it; one that does not is told apart by the audience of its id_token."""
    his = ground.visitor()
    away = await his.depart(await ground.accounts.begin(mallory))
    callback = await ground.sign_in(away, ground.mine)
    refused(await his.come_back(altered(callback, code=ground.foreign_code(away))), 410, 502)
    assert not await ground.accounts.awaits_code(mallory)
    assert not await ground.accounts.awaits_code(vera)


async def _injected(ground: Ground, mallory: Person, vera: Person, *statuses: int) -> None:
    """Her code in his own sign-in."""
    _, stolen_code = await begun(ground, vera, ground.hers)
    his, own = await begun(ground, mallory, ground.mine)
    refused(await his.come_back(altered(own, code=value_in(stolen_code, "code"))), *statuses)
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("injected code: PKCE", "T05")
async def injected_code(ground: Ground, mallory: Person, vera: Person) -> None:
    """The verifier is another's."""
    await _injected(ground, mallory, vera, 410, 502)


@ATTACKS.named("injected code: a payer without PKCE", "T05")
async def injected_code_without_pkce(ground: Ground, mallory: Person, vera: Person) -> None:
    """The nonce is another's."""
    with ground.spoilt("no-pkce"):
        await _injected(ground, mallory, vera, 502)


def _spoilt(how: str, status: int, words: str) -> Attack:
    async def play(ground: Ground, mallory: Person, vera: Person) -> None:
        """The same words for every flaw, and nothing waits for a code."""
        with ground.spoilt(how):
            page = await last_page(ground, mallory, ground.mine)
        refused(page, status)
        assert words in page.text
        assert not await ground.accounts.awaits_code(mallory)
        assert not await ground.accounts.awaits_code(vera)

    return play


ATTACKS |= {f"forged id token: {flaw}": _spoilt(flaw, 502, "could not be trusted") for flaw in FLAWS}
ATTACKS["another patient than the identity's"] = _spoilt("wrong-patient", 502, "could not be trusted")
# Nothing is active without access to claims.
ATTACKS["less scope than was asked for"] = _spoilt("less-scope", 400, "didn't allow access")
# Secret and code go nowhere but to the configured address.
ATTACKS["token endpoint that sends elsewhere"] = _spoilt("redirect", 502, "sign you in")


@ATTACKS.named("a session that was left open at the payer")
async def open_session(ground: Ground, mallory: Person, vera: Person) -> None:
    """The payer is asked for the password anew; an id_token that stands on an older sign-in connects nobody."""
    at_hers = ground.visitor()
    away = await at_hers.depart(await ground.accounts.begin(mallory))
    assert (value_in(away, "prompt"), value_in(away, "max_age")) == ("login", "0")
    page = await at_hers.come_back(await ground.let_in(away, ground.hers))
    refused(page, 502)
    assert "asked for no password" in page.text
    assert not await ground.accounts.awaits_code(mallory)
    assert not await ground.accounts.awaits_code(vera)


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
    assert await ground.accounts.unlink(vera)
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


@ATTACKS.named("clickjacking", "T14")
async def clickjacking(ground: Ground, mallory: Person, vera: Person) -> None:
    """No page of ours can be framed, and no form is taken without its token."""
    her = ground.visitor()
    page = await her.open(await ground.accounts.begin(mallory))
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    refused(await her.send(str(page.request.url), {}), 400)
    refused(await her.send(str(page.request.url), {"token": "made-up"}), 400)
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("his form in her browser", "T14")
async def foreign_form(ground: Ground, mallory: Person, vera: Person) -> None:
    """A form's token is good in the browser and for the link that it was made for, and nowhere else."""
    link = await ground.accounts.begin(mallory)
    token = hidden(await ground.visitor().open(link))
    her = ground.visitor()
    own = await ground.accounts.begin(vera)
    refused(await her.send(link, token), 400)
    mine = hidden(await her.open(own))
    for form in (mine, token, {"token": ""}, {}):
        refused(await her.send(link, form), 400)
    assert "link" not in {cookie.name for cookie in her.http.cookies.jar}
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("open redirect", "T08")
async def open_redirect(ground: Ground, mallory: Person, vera: Person) -> None:
    """No parameter of a request moves a redirect."""
    more = dict.fromkeys(("next", "redirect_uri", "return_to", "url", "aud", "authorize"), EVIL)
    his, link = ground.visitor(), await ground.accounts.begin(mallory)
    page = await his.open(altered(link, **more))
    away = (await his.send(altered(link, **more), {**hidden(page), **more})).headers["location"]
    assert "evil" not in away
    back = await his.open(altered(await ground.sign_in(away, ground.mine), **more))
    assert back.headers["location"].endswith("/linked")
    assert "evil" not in back.headers["location"]
    assert not await ground.accounts.awaits_code(vera)
