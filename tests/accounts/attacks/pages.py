"""The pages and their forms: framed, sent from elsewhere, led elsewhere."""

from bot.message import Person
from tests.accounts.attacks.attack import Attacks, refused
from tests.accounts.conftest import hidden
from tests.accounts.grounds import EVIL, Ground, altered

ATTACKS = Attacks()


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
