"""Who the payer says has signed in: its code, its issuer, its id_token and its token endpoint."""

import httpx

from bot.message import Person
from tests.accounts.attacks.attack import Attack, Attacks, refused
from tests.accounts.conftest import code_on
from tests.accounts.grounds import EVIL, FLAWS, Ground, altered, value_in

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


async def _injected(ground: Ground, mallory: Person, vera: Person) -> httpx.Response:
    """Her code in his own sign-in."""
    his, her = ground.visitor(), ground.visitor()
    stolen_code = await ground.sign_in(await her.depart(await ground.accounts.begin(vera)), ground.hers)
    own = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    return await his.come_back(altered(own, code=value_in(stolen_code, "code")))


@ATTACKS.named("injected code: PKCE", "T05")
async def injected_code(ground: Ground, mallory: Person, vera: Person) -> None:
    """The verifier is another's."""
    refused(await _injected(ground, mallory, vera), 410, 502)
    assert not await ground.accounts.awaits_code(mallory)


@ATTACKS.named("injected code: a payer without PKCE", "T05")
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


@ATTACKS.named("swapped issuer", "T07")
async def swapped_issuer(ground: Ground, mallory: Person, vera: Person) -> None:
    """Another `iss` in the callback is refused before any token request; the state is burnt all the same."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    refused(await his.come_back(altered(callback, iss=EVIL)), 502)
    refused(await his.come_back(callback), 410)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("left-out issuer")
async def left_out_issuer(ground: Ground, mallory: Person, vera: Person) -> None:
    """The payer says that it always names itself: who does not is not the payer (RFC 9207)."""
    his = ground.visitor()
    callback = await ground.sign_in(await his.depart(await ground.accounts.begin(mallory)), ground.mine)
    before = ground.tokens_asked()
    refused(await his.come_back(altered(callback, iss=None)), 502)
    assert ground.tokens_asked() == before
    assert not await ground.accounts.awaits_code(vera)


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


@ATTACKS.named("less scope than was asked for")
async def less_scope(ground: Ground, mallory: Person, vera: Person) -> None:
    """Nothing is active without access to claims."""
    with ground.spoilt("less-scope"):
        his = ground.visitor()
        away = await his.depart(await ground.accounts.begin(mallory))
        page = await his.come_back(await ground.sign_in(away, ground.mine))
    assert code_on(page) == ""
    assert "didn't allow access" in page.text
    assert not await ground.accounts.awaits_code(vera)


@ATTACKS.named("token endpoint that sends elsewhere")
async def redirecting_token_endpoint(ground: Ground, mallory: Person, vera: Person) -> None:
    """Secret and code go nowhere but to the configured address."""
    with ground.spoilt("redirect"):
        his = ground.visitor()
        away = await his.depart(await ground.accounts.begin(mallory))
        refused(await his.come_back(await ground.sign_in(away, ground.mine)), 502)
    assert not await ground.accounts.awaits_code(mallory)
    assert not await ground.accounts.awaits_code(vera)
