"""Attacks on linking by Mallory, who wants Vera's records in his chat or his in hers: on links, returns and codes."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import permutations

import httpx
import pytest
from msgspec.structs import replace

from bot.accounts.render import known_as
from bot.accounts.signin import MOST_DEPARTURES
from bot.errors import CodeSpent, CodeWrong, LinkError, LinkExpired
from bot.message import Person
from tests.accounts.conftest import code_on, hidden
from tests.accounts.grounds import EVIL, Ground, altered, begun, code_of, connected, value_in
from tests.cases import saw

Attack = Callable[[Ground, Person, Person], Awaitable[None]]
LATER = 4_000_000_000.0


THREATS: dict[str, tuple[str, ...]] = {}
"""The threats that an attack proves to be met, by its name."""


class Attacks(dict[str, Attack]):
    """Attacks by their names."""

    def named(self, name: str, *threats: str) -> Callable[[Attack], Attack]:
        """Put an attack on the list, with the threats that it plays."""

        def listed(play: Attack) -> Attack:
            self[name], THREATS[name] = play, threats
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


ATTACKS = Attacks()
"""Every attack on linking."""


PREVIEW = {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}


@ATTACKS.named("forwarded link: only the victim signs in", "T01")
async def forwarded(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her code stays in her browser; nothing that he can type connects."""
    code = await code_of(ground, mallory, ground.hers)
    assert code
    await said_no(ground, mallory, "ABCDEFGH" if code != "ABCDEFGH" else "ABCDEFGJ", CodeWrong)
    await said_no(ground, vera, code, LinkExpired)


async def _forwarded(ground: Ground, mallory: Person, vera: Person, *, order: str) -> None:
    """Each departs with it and then signs in, in that order: his code connects his own record, if it is last."""
    link, browsers = await ground.accounts.begin(mallory), {"M": ground.visitor(), "V": ground.visitor()}
    members, aways, codes = {"M": ground.mine, "V": ground.hers}, dict[str, str](), dict[str, str]()
    for who in order:
        if who not in aways:
            aways[who] = await browsers[who].depart(link)
        else:
            codes[who] = code_on(await browsers[who].come_back(await ground.sign_in(aways[who], members[who])))
    with suppress(LinkError):
        await ground.accounts.prove(mallory, codes["M"])
    assert await connected(ground, mallory) == (ground.patient_of(ground.mine) if order[-1] == "M" else None)
    assert await connected(ground, vera) is None


for _order in sorted(map("".join, set(permutations("MMVV")))):
    ATTACKS.named(f"forwarded link: both depart and sign in, {_order}", "T01")(partial(_forwarded, order=_order))


@ATTACKS.named("forwarded link: in a pop-up of her own Teams")
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


@ATTACKS.named("stolen link: the thief signs in", "T03")
async def stolen(ground: Ground, mallory: Person, vera: Person) -> None:
    """He gets a code that she never types."""
    code = await code_of(ground, vera, ground.mine)
    assert code
    await said_no(ground, mallory, code, LinkExpired)


async def _stolen(ground: Ground, mallory: Person, vera: Person, *, used: bool) -> None:
    """He departs with her link before its first success, or before she asks for a newer one: both are over for him."""
    link, thief, own = await ground.accounts.begin(vera), ground.visitor(), ground.visitor()
    away = await thief.depart(link)
    code = code_on(await own.come_back(await ground.sign_in(await own.depart(link), ground.hers)))
    if used:
        await ground.accounts.prove(vera, code)
    else:
        await ground.accounts.begin(vera)
    refused(await ground.visitor().open(link), 410)
    refused(await thief.come_back(await ground.sign_in(away, ground.mine)), 410)
    await said_no(ground, mallory if used else vera, code, LinkExpired)
    assert await connected(ground, vera) == (ground.patient_of(ground.hers) if used else None)
    for person in (vera, mallory):
        assert not await ground.accounts.awaits_code(person)


ATTACKS.named("stolen link: after a newer one was made", "T03")(partial(_stolen, used=False))
ATTACKS.named("stolen link: after its first success", "T03")(partial(_stolen, used=True))


@ATTACKS.named("two hundred sign-ins from one link")
async def many_departures(ground: Ground, mallory: Person, vera: Person) -> None:
    """A link begins as many sign-ins as a person needs; then it is over."""
    link = await ground.accounts.begin(mallory)
    for _ in range(MOST_DEPARTURES):
        await ground.visitor().depart(link)
    last = ground.visitor()
    refused(await last.send(link, hidden(await last.open(link))), 410)
    assert len(await ground.store.owned("sign_in", mallory.key)) == MOST_DEPARTURES
    assert await ground.store.owned("sign_in", vera.key) == []


@ATTACKS.named("link preview", "T29")
async def link_preview(ground: Ground, mallory: Person, vera: Person) -> None:
    """A robot learns nobody's name, of dead links neither, and takes nothing; the link still works."""
    link = await ground.accounts.begin(vera)
    for url in (link, "/link/never-made"):
        page = await ground.visitor(**PREVIEW).open(url)
        assert page.status_code == 200
        assert "<form" not in page.text
        assert vera.name not in page.text
        assert "set-cookie" not in page.headers
    assert await ground.visitor().depart(link)
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("his callback in her browser", "T02")
async def foreign_callback(ground: Ground, mallory: Person, vera: Person) -> None:
    """Without the cookie of the browser that began it: 400, no token, and nothing of hers is burnt."""
    _, callback = await begun(ground, mallory, ground.mine)
    her = ground.visitor()
    away = await her.depart(await ground.accounts.begin(vera))
    before = ground.tokens_asked()
    for browser in (ground.visitor(), her):
        refused(await browser.open(callback), 400)
    assert ground.tokens_asked() == before
    assert code_on(await her.come_back(await ground.sign_in(away, ground.hers)))


@ATTACKS.named("her half-way sign-in in his browser")
async def moved_callback(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her callback, read from a log or a history, opens nothing elsewhere."""
    _, callback = await begun(ground, vera, ground.hers)
    his = ground.visitor()
    await his.depart(await ground.accounts.begin(mallory))
    refused(await his.open(callback), 400)
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("swapped state")
async def swapped_state(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her state on his callback belongs to another browser."""
    away = await ground.visitor().depart(await ground.accounts.begin(vera))
    his, callback = await begun(ground, mallory, ground.mine)
    refused(await his.open(altered(callback, state=value_in(away, "state"))), 400)
    assert not await ground.accounts.awaits_code(vera)


Returns = tuple[tuple[dict[str, str | None], tuple[int, ...]], ...]
RETURNS: dict[str, tuple[bool, Returns]] = {
    # A second visit of the callback hears that it was used.
    "replayed state": (True, (({}, (410,)), ({"code": "another-code"}, (410,)))),
    # A state that nobody gave out is nobody's.
    "made-up state": (False, tuple(({"state": one}, (400, 410)) for one in ("made-up", "", "%00", "a" * 5_000))),
    # Another `iss` is refused before any token request; the state is burnt all the same.
    "swapped issuer": (False, (({"iss": EVIL}, (502,)), ({}, (410,)))),
    # The payer says that it always names itself: who does not is not the payer (RFC 9207).
    "left-out issuer": (False, (({"iss": None}, (502,)),)),
}
"""Whether the callback was used, and how it comes back to his browser then, with the status of each answer."""


async def _returned(ground: Ground, mallory: Person, vera: Person, *, name: str) -> None:
    """Nothing of it asks for a token."""
    used, returns = RETURNS[name]
    his, callback = await begun(ground, mallory, ground.mine)
    assert not used or code_on(await his.come_back(callback))
    before = ground.tokens_asked()
    for changes, statuses in returns:
        refused(await his.come_back(altered(callback, **changes)), *statuses)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


for _name in RETURNS:
    ATTACKS.named(_name, *(["T07"] if _name == "swapped issuer" else []))(partial(_returned, name=_name))


@ATTACKS.named("eight callbacks at once", "T04")
async def parallel_callbacks(ground: Ground, mallory: Person, vera: Person) -> None:
    """Exactly one proceeds."""
    his, callback = await begun(ground, mallory, ground.mine)
    before = ground.tokens_asked()
    answers = await asyncio.gather(*(his.open(callback) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 7
    assert ground.tokens_asked() == before + 1
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("a made-up fault of the set-up")
async def made_up_set_up(ground: Ground, mallory: Person, vera: Person) -> None:
    """`unauthorized_client` on his own sign-in, made up in his browser, degrades nobody's health page."""
    his = ground.visitor()
    away = await his.depart(await ground.accounts.begin(mallory))
    back = altered("/oauth/callback", error="unauthorized_client", state=value_in(away, "state"))
    refused(await his.come_back(altered(back, iss=ground.issuer)), 503)
    assert not ground.accounts.endpoint.client_refused
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("made-up error callback", "T13")
async def made_up_error(ground: Ground, mallory: Person, vera: Person) -> None:
    """From elsewhere it burns nothing; with her state its words are not repeated, and the state is burnt."""
    for error, status in (("access_denied", 400), ("<b>call 555-0100 now</b>", 400), ("server_error", 502)):
        her = ground.visitor()
        away = await her.depart(await ground.accounts.begin(vera))
        for query in ("error=access_denied", "error=access_denied&state=made-up"):
            refused(await ground.visitor().open(f"/oauth/callback?{query}"), 400)
        made_up = altered("/oauth/callback", error=error, error_description="call 555", iss=ground.issuer)
        made_up, before = altered(made_up, state=value_in(away, "state")), ground.tokens_asked()
        page = await her.come_back(made_up)
        refused(page, status)
        assert "call 555" not in page.text
        refused(await her.open(made_up), 410)
        assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("a record of somebody else's, unseen")
async def unseen_record(ground: Ground, mallory: Person, vera: Person) -> None:
    """Whose record the code opens, and for whose chat, stands on the page above the code."""
    visitor = ground.visitor()
    link = await ground.accounts.begin(mallory)
    assert "never sees your password" in (await visitor.open(link)).text
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
