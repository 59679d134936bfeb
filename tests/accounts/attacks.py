"""The attacks on linking. Each is played by Mallory, who wants Vera's records in his chat or his own in hers.

`mallory` and `vera` are fresh people of one workspace; he can sign in as `ground.mine`, she as `ground.hers`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from bot.accounts.popup import known_as
from bot.accounts.signin import MOST_DEPARTURES
from bot.errors import CodeSpent, CodeWrong, LinkError, LinkExpired, NotLinked
from bot.message import Person
from tests.accounts.conftest import code_on, hidden
from tests.accounts.grounds import EVIL, FLAWS, Ground, altered, code_of, connected, value_in
from tests.cases import saw

Attack = Callable[[Ground, Person, Person], Awaitable[None]]
ATTACKS: dict[str, Attack] = {}
LATER = 4_000_000_000.0
PREVIEW = {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}


def attack(name: str) -> Callable[[Attack], Attack]:
    """Put an attack on the list."""

    def listed(play: Attack) -> Attack:
        ATTACKS[name] = play
        return play

    return listed


def refused(page: httpx.Response, *statuses: int) -> None:
    """The page shows no code, and one of these statuses."""
    assert page.status_code in statuses
    assert code_on(page) == ""


async def said_no(ground: Ground, person: Person, text: str, *errors: type[LinkError]) -> None:
    """A message with this code is refused in the chat."""
    with pytest.raises(errors) as told:
        await ground.accounts.prove(person, text)
    saw(f"in the chat: {(told.value.__doc__ or '').partition('.')[0].splitlines()[0]}")


@attack("forwarded link: only the victim signs in")
async def forwarded(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her code stays in her browser; nothing that he can type connects."""
    victim = ground.visitor()
    away = await victim.depart(await ground.accounts.begin(mallory))
    code = code_on(await victim.come_back(await ground.sign_in(away, ground.hers)))
    assert code
    await said_no(ground, mallory, "ABCDEFGH" if code != "ABCDEFGH" else "ABCDEFGJ", CodeWrong)
    await said_no(ground, vera, code, LinkExpired)


@attack("forwarded link: he departs first, she signs in, he ends")
async def forwarded_between(ground: Ground, mallory: Person, vera: Person) -> None:
    """His code connects his own record only."""
    link = await ground.accounts.begin(mallory)
    his, her = ground.visitor(), ground.visitor()
    away = await his.depart(link)
    hers = code_on(await her.come_back(await ground.sign_in(await her.depart(link), ground.hers)))
    code = code_on(await his.come_back(await ground.sign_in(away, ground.mine)))
    assert {code, hers} - {""}
    if code:
        await ground.accounts.prove(mallory, code)
    assert await connected(ground, mallory) in {None, ground.patient_of(ground.mine)}
    assert await connected(ground, vera) is None


@attack("forwarded link: she signs in last")
async def forwarded_last(ground: Ground, mallory: Person, vera: Person) -> None:
    """The code that he saw is no longer the one that counts."""
    link = await ground.accounts.begin(mallory)
    his, her = ground.visitor(), ground.visitor()
    code = code_on(await his.come_back(await ground.sign_in(await his.depart(link), ground.mine)))
    await her.come_back(await ground.sign_in(await her.depart(link), ground.hers))
    await said_no(ground, mallory, code, LinkError)
    assert await connected(ground, vera) is None


@attack("forwarded link: in a pop-up of her own Teams")
async def forwarded_to_teams(ground: Ground, mallory: Person, vera: Person) -> None:
    """The page hands the code to no client but his; what hers would bring, or she types, connects nobody."""
    his, hers = replace(mallory, platform="teams"), replace(vera, platform="teams")
    pop_up = ground.visitor()
    away = await pop_up.depart(await ground.accounts.begin(his) + "?popup=teams")
    page = await pop_up.come_back(await ground.sign_in(away, ground.hers))
    assert re.findall(r'data-person="(\w+)"', page.text) == [known_as(his)]
    assert known_as(his) != known_as(hers)
    await said_no(ground, hers, code_on(page), LinkExpired)
    assert await connected(ground, his) is None


@attack("stolen link: the thief signs in")
async def stolen(ground: Ground, mallory: Person, vera: Person) -> None:
    """He gets a code that she never types."""
    thief = ground.visitor()
    away = await thief.depart(await ground.accounts.begin(vera))
    code = code_on(await thief.come_back(await ground.sign_in(away, ground.mine)))
    assert code
    await said_no(ground, mallory, code, LinkExpired)


@attack("stolen link: after a newer one was made")
async def stolen_and_replaced(ground: Ground, mallory: Person, vera: Person) -> None:
    """Page, sign-in and code of the old one are over."""
    link, thief = await ground.accounts.begin(vera), ground.visitor()
    away = await thief.depart(link)
    await ground.accounts.begin(vera)
    refused(await ground.visitor().open(link), 410)
    refused(await thief.come_back(await ground.sign_in(away, ground.mine)), 410)
    assert not await ground.accounts.awaits_code(mallory)


@attack("stolen link: after its first success")
async def stolen_and_used(ground: Ground, mallory: Person, vera: Person) -> None:
    """Link and code are worth nothing, and her connection stays hers."""
    link, own, thief = await ground.accounts.begin(vera), ground.visitor(), ground.visitor()
    away = await thief.depart(link)
    code = code_on(await own.come_back(await ground.sign_in(await own.depart(link), ground.hers)))
    await ground.accounts.prove(vera, code)
    refused(await ground.visitor().open(link), 410)
    refused(await thief.come_back(await ground.sign_in(away, ground.mine)), 410)
    await said_no(ground, mallory, code, LinkExpired)
    assert await connected(ground, vera) == ground.patient_of(ground.hers)


@attack("his callback in her browser")
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


@attack("her half-way sign-in in his browser")
async def moved_callback(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her callback, read from a log or a history, opens nothing elsewhere."""
    her = ground.visitor()
    callback = await ground.sign_in(await her.depart(await ground.accounts.begin(vera)), ground.hers)
    his = ground.visitor()
    await his.depart(await ground.accounts.begin(mallory))
    refused(await his.open(callback), 400)
    assert not await ground.accounts.awaits_code(mallory)


@attack("swapped state")
async def swapped_state(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her state on his callback belongs to another browser."""
    his, her = ground.visitor(), ground.visitor()
    away = await her.depart(await ground.accounts.begin(vera))
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    refused(await his.open(altered(callback, state=value_in(away, "state"))), 400)
    assert not await ground.accounts.awaits_code(vera)


@attack("replayed state")
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


@attack("eight callbacks at once")
async def parallel_callbacks(ground: Ground, mallory: Person, vera: Person) -> None:
    """Exactly one proceeds."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    answers = await asyncio.gather(*(his.open(callback) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 7
    assert ground.tokens_asked() == before + 1
    assert not await ground.accounts.awaits_code(vera)


@attack("made-up state")
async def made_up_state(ground: Ground, mallory: Person, vera: Person) -> None:
    """A state that nobody gave out is nobody's."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    for state in ("made-up", "", "%00", "a" * 5_000):
        refused(await his.open(altered(callback, state=state)), 400, 410)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


@attack("code of another client")
async def code_of_another_client(ground: Ground, mallory: Person, vera: Person) -> None:
    """The payer refuses it; one that does not is told apart by the audience of its id_token."""
    his = ground.visitor()
    away = await his.depart(await ground.accounts.begin(mallory))
    callback = await ground.sign_in(away, ground.mine)
    refused(await his.come_back(altered(callback, code=ground.foreign_code(away))), 410, 502)
    assert not await ground.accounts.awaits_code(mallory)
    assert not await ground.accounts.awaits_code(vera)


async def _injected(ground: Ground, mallory: Person, vera: Person) -> httpx.Response:
    """Her code in his own sign-in."""
    his, her = ground.visitor(), ground.visitor()
    stolen_code = await ground.sign_in(await her.depart(await ground.accounts.begin(vera)), ground.hers)
    own = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    return await his.come_back(altered(own, code=value_in(stolen_code, "code")))


@attack("injected code: PKCE")
async def injected_code(ground: Ground, mallory: Person, vera: Person) -> None:
    """The verifier is another's."""
    refused(await _injected(ground, mallory, vera), 410, 502)
    assert not await ground.accounts.awaits_code(mallory)


@attack("injected code: a payer without PKCE")
async def injected_code_without_pkce(ground: Ground, mallory: Person, vera: Person) -> None:
    """The nonce is another's."""
    with ground.spoilt("no-pkce"):
        refused(await _injected(ground, mallory, vera), 502)
    assert not await ground.accounts.awaits_code(mallory)


def _forged(flaw: str) -> Attack:
    async def play(ground: Ground, mallory: Person, vera: Person) -> None:
        """The same words for every flaw, and nothing waits for a code."""
        with ground.spoilt(flaw):
            his = ground.visitor()
            away = await his.depart(await ground.accounts.begin(mallory))
            page = await his.come_back(await ground.sign_in(away, ground.mine))
        refused(page, 502)
        assert "could not be trusted" in page.text
        assert not await ground.accounts.awaits_code(mallory)
        assert not await ground.accounts.awaits_code(vera)

    return play


ATTACKS |= {f"forged id token: {flaw}": _forged(flaw) for flaw in FLAWS}
ATTACKS["another patient than the identity's"] = _forged("wrong-patient")


@attack("swapped issuer")
async def swapped_issuer(ground: Ground, mallory: Person, vera: Person) -> None:
    """Another `iss` in the callback is refused before any token request."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    refused(await his.come_back(altered(callback, iss=EVIL)), 502)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


@attack("left-out issuer")
async def left_out_issuer(ground: Ground, mallory: Person, vera: Person) -> None:
    """The payer says that it always names itself: who does not is not the payer (RFC 9207)."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    refused(await his.come_back(altered(callback, iss=None)), 502)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


@attack("a session that was left open at the payer")
async def open_session(ground: Ground, mallory: Person, vera: Person) -> None:
    """The payer is asked for the password anew; an id_token that stands on an older sign-in connects nobody."""
    at_hers = ground.visitor()
    away = await at_hers.depart(await ground.accounts.begin(mallory))
    assert (value_in(away, "prompt"), value_in(away, "max_age")) == ("login", "0")
    page = await at_hers.come_back(await ground.let_in(away, ground.hers))
    refused(page, 502)
    assert "without asking for a password" in page.text
    assert not await ground.accounts.awaits_code(mallory)
    assert not await ground.accounts.awaits_code(vera)


@attack("a record of somebody else's, unseen")
async def unseen_record(ground: Ground, mallory: Person, vera: Person) -> None:
    """Whose record the code opens, and for whose chat, stands on the page above the code."""
    visitor = ground.visitor()
    link = await ground.accounts.begin(mallory)
    assert "whose record it is" in (await visitor.open(link)).text
    page = await visitor.come_back(await ground.sign_in(await visitor.depart(link), ground.hers))
    before, _, _ = page.text.partition('id="link-code"')
    assert ground.name_of(ground.hers) in before
    assert mallory.name in before
    assert await connected(ground, vera) is None


@attack("two hundred sign-ins from one link")
async def many_departures(ground: Ground, mallory: Person, vera: Person) -> None:
    """A link begins as many sign-ins as a person needs; then it is over."""
    link = await ground.accounts.begin(mallory)
    for _ in range(MOST_DEPARTURES):
        await ground.visitor().depart(link)
    last = ground.visitor()
    refused(await last.send(link, hidden(await last.open(link))), 410)
    assert len(await ground.store.owned("sign_in", mallory.key)) == MOST_DEPARTURES
    assert await ground.store.owned("sign_in", vera.key) == []


@attack("a made-up fault of the set-up")
async def made_up_set_up(ground: Ground, mallory: Person, vera: Person) -> None:
    """`unauthorized_client` on his own sign-in, made up in his browser, degrades nobody's health page."""
    his = ground.visitor()
    away = await his.depart(await ground.accounts.begin(mallory))
    back = altered("/oauth/callback", error="unauthorized_client", state=value_in(away, "state"))
    refused(await his.come_back(altered(back, iss=ground.issuer)), 503)
    assert not ground.accounts.client_refused
    assert not await ground.accounts.awaits_code(vera)


@attack("less scope than was asked for")
async def less_scope(ground: Ground, mallory: Person, vera: Person) -> None:
    """Nothing is active without access to claims."""
    with ground.spoilt("less-scope"):
        his = ground.visitor()
        away = await his.depart(await ground.accounts.begin(mallory))
        page = await his.come_back(await ground.sign_in(away, ground.mine))
    assert code_on(page) == ""
    assert "did not allow access" in page.text
    assert not await ground.accounts.awaits_code(vera)


@attack("brute-forced code")
async def brute_forced(ground: Ground, mallory: Person, vera: Person) -> None:
    """Five tries; then the right one is worth nothing either."""
    code = await code_of(ground, vera, ground.hers)
    for number in range(5):
        await said_no(ground, vera, f"WWWWWWW{number + 2}", CodeWrong, CodeSpent)
    await said_no(ground, vera, code, LinkExpired)
    assert await connected(ground, mallory) is None


@attack("twenty guesses at once")
async def guesses_at_once(ground: Ground, mallory: Person, vera: Person) -> None:
    """They count as twenty, however fast they come."""
    code = await code_of(ground, vera, ground.hers)
    tries = [*["AAAAAAAA"] * 19, code]
    results = await asyncio.gather(*(ground.accounts.prove(vera, each) for each in tries), return_exceptions=True)
    assert all(isinstance(result, LinkError) for result in results)
    assert await connected(ground, vera) is await connected(ground, mallory) is None


@attack("copied ciphertext row")
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
    rows = ground.accounts._rows
    before = rows.now
    rows.now = lambda: before() + seconds

    def back() -> None:
        rows.now = before

    return back


@attack("a prolonged row")
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


@attack("a row that another person owns")
async def moved_rows(ground: Ground, mallory: Person, vera: Person) -> None:
    """Moved to another owner in the database, a link still ends when its person says so."""
    await ground.accounts.prove(vera, await code_of(ground, vera, ground.hers))
    for kind in ("link", "tokens"):
        for key, sealed in await ground.store.owned(kind, vera.key):
            await ground.store.put(kind, key, sealed, expires=LATER, owner=mallory.key)
    assert (await ground.accounts.unlink(vera)).was_linked
    assert await connected(ground, vera) is None
    assert await ground.accounts.link(vera) is None


@attack("a counter that is set back")
async def set_back_counter(ground: Ground, mallory: Person, vera: Person) -> None:
    """Who writes the database gives himself new tries of a code: the process counts for itself."""
    code = await code_of(ground, vera, ground.hers)
    for number in range(5):
        await said_no(ground, vera, f"WWWWWWW{number + 2}", CodeWrong, CodeSpent)
        await ground.reset_counters()
    await said_no(ground, vera, code, LinkExpired)
    assert await connected(ground, mallory) is None


@attack("clickjacking")
async def clickjacking(ground: Ground, mallory: Person, vera: Person) -> None:
    """No page of ours can be framed, and no form is taken without its token."""
    her = ground.visitor()
    page = await her.open(await ground.accounts.begin(mallory))
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    refused(await her.send(str(page.request.url), {}), 400)
    refused(await her.send(str(page.request.url), {"token": "made-up"}), 400)
    assert not await ground.accounts.awaits_code(vera)


@attack("his form in her browser")
async def foreign_form(ground: Ground, mallory: Person, vera: Person) -> None:
    """A form's token is good in the browser and for the link that it was made for, and nowhere else."""
    link = await ground.accounts.begin(mallory)
    token = hidden(await ground.visitor().open(link))
    her = ground.visitor()
    own = await ground.accounts.begin(vera)
    refused(await her.send(link, token), 400)
    mine = hidden(await her.open(own))
    refused(await her.send(link, mine), 400)
    assert not await ground.accounts.awaits_code(mallory)


@attack("same user id in another workspace")
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


@attack("open redirect")
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


@attack("made-up error callback")
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


@attack("link preview")
async def link_preview(ground: Ground, mallory: Person, vera: Person) -> None:
    """A robot learns nobody's name and takes nothing; the link still works."""
    link = await ground.accounts.begin(vera)
    page = await ground.visitor(**PREVIEW).open(link)
    assert page.status_code == 200
    assert "<form" not in page.text
    assert vera.name not in page.text
    assert "set-cookie" not in page.headers
    assert await ground.visitor().depart(link)
    assert not await ground.accounts.awaits_code(mallory)


@attack("token endpoint that sends elsewhere")
async def redirecting_token_endpoint(ground: Ground, mallory: Person, vera: Person) -> None:
    """Secret and code go nowhere but to the configured address."""
    with ground.spoilt("redirect"):
        his = ground.visitor()
        away = await his.depart(await ground.accounts.begin(mallory))
        refused(await his.come_back(await ground.sign_in(away, ground.mine)), 502)
    assert not await ground.accounts.awaits_code(mallory)
    assert not await ground.accounts.awaits_code(vera)


@attack("her code typed in his chat")
async def code_in_another_chat(ground: Ground, mallory: Person, vera: Person) -> None:
    """A code belongs to the chat that asked for it, even while another sign-in waits there."""
    hers = await code_of(ground, vera, ground.hers)
    await code_of(ground, mallory, ground.mine)
    await said_no(ground, mallory, hers, CodeWrong)
    assert await connected(ground, mallory) is None
    await ground.accounts.prove(vera, hers)
    assert await connected(ground, vera) == ground.patient_of(ground.hers)
