"""The link that begins a sign-in: forwarded, stolen, used too often, fetched by a robot."""

import re

from msgspec.structs import replace

from bot.accounts.render import known_as
from bot.accounts.signin import MOST_DEPARTURES
from bot.errors import CodeWrong, LinkError, LinkExpired
from bot.message import Person
from tests.accounts.attacks.attack import Attacks, refused, said_no
from tests.accounts.conftest import code_on, hidden
from tests.accounts.grounds import Ground, connected

ATTACKS = Attacks()
PREVIEW = {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"}


@ATTACKS.named("forwarded link: only the victim signs in", "T01")
async def forwarded(ground: Ground, mallory: Person, vera: Person) -> None:
    """Her code stays in her browser; nothing that he can type connects."""
    victim = ground.visitor()
    away = await victim.depart(await ground.accounts.begin(mallory))
    code = code_on(await victim.come_back(await ground.sign_in(away, ground.hers)))
    assert code
    await said_no(ground, mallory, "ABCDEFGH" if code != "ABCDEFGH" else "ABCDEFGJ", CodeWrong)
    await said_no(ground, vera, code, LinkExpired)


@ATTACKS.named("forwarded link: he departs first, she signs in, he ends")
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


@ATTACKS.named("forwarded link: she signs in last")
async def forwarded_last(ground: Ground, mallory: Person, vera: Person) -> None:
    """The code that he saw is no longer the one that counts."""
    link = await ground.accounts.begin(mallory)
    his, her = ground.visitor(), ground.visitor()
    code = code_on(await his.come_back(await ground.sign_in(await his.depart(link), ground.mine)))
    await her.come_back(await ground.sign_in(await her.depart(link), ground.hers))
    await said_no(ground, mallory, code, LinkError)
    assert await connected(ground, vera) is None


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
    thief = ground.visitor()
    away = await thief.depart(await ground.accounts.begin(vera))
    code = code_on(await thief.come_back(await ground.sign_in(away, ground.mine)))
    assert code
    await said_no(ground, mallory, code, LinkExpired)


@ATTACKS.named("stolen link: after a newer one was made")
async def stolen_and_replaced(ground: Ground, mallory: Person, vera: Person) -> None:
    """Page, sign-in and code of the old one are over."""
    link, thief = await ground.accounts.begin(vera), ground.visitor()
    away = await thief.depart(link)
    await ground.accounts.begin(vera)
    refused(await ground.visitor().open(link), 410)
    refused(await thief.come_back(await ground.sign_in(away, ground.mine)), 410)
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("stolen link: after its first success", "T03")
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
