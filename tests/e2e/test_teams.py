"""A Teams tenant attached by settings alone: signed activities in, Adaptive Cards out, the payer behind it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world import World
from tests.days import LAST_VISIT, VISIT_BEFORE, in_words, month_day
from tests.doubles.adaptive_card import fallback, faults
from tests.doubles.teams import Call
from tests.e2e.house import OWED
from tests.e2e.tenant import Tenant, open_tenant, pressed, shown

pytestmark = pytest.mark.calendar
MEMBERS_OWN = ("54.87", "Okafor", "Dana Mercer", month_day(LAST_VISIT), "885.07")
FIND = "find a cardiologist near 37402"
CHANNEL = "19:general@thread.tacv2;messageid=17"


@pytest.fixture
async def tenant(world: World, tmp_path: Path) -> AsyncIterator[Tenant]:
    """A tenant in which nobody is connected."""
    async with open_tenant(world, tmp_path) as opened:
        yield opened


async def test_from_a_question_over_a_link_to_its_answer_and_on(tenant: Tenant) -> None:
    """Asked before linking: a button; the code typed in the chat; the kept question answers itself; then on from there.

    Every card says in its text what its elements say, and no notification holds anything of the member (T26).
    """
    assert "Connect my account" in await tenant.write(OWED)
    said = await tenant.link()
    assert "Dana" in said
    assert "$54.87" in said
    assert in_words(VISIT_BEFORE) in await tenant.write("and the one before that?")
    calls = await tenant.deliver(tenant.teams.message(OWED))
    button = pressed(calls, "The visit before")
    assert in_words(VISIT_BEFORE) in shown(await tenant.deliver(tenant.teams.execute(button)))
    assert in_words(VISIT_BEFORE) in shown(await tenant.deliver(tenant.teams.submit(button)))
    for call in tenant.teams.sent():
        assert not [word for word in MEMBERS_OWN if word in call.body["summary"]]
        assert [fallback(card).split() for card in call.cards] == [call.text.split()]


async def test_a_code_links_through_its_own_client_only(tenant: Tenant) -> None:
    """What a pop-up handed over connects whoever asked for the link; through another's client it connects nobody.

    A pop-up that was closed says so itself, and nobody is bothered with it.
    """
    code = await tenant.code()
    assert await tenant.bring("CancelledByUser") == []
    assert "Nothing was connected" in shown(await tenant.bring(code, "u2"))
    assert not await tenant.is_linked("u1")
    assert not await tenant.is_linked("u2")
    assert "Dana M. is connected. Only this chat" in shown(await tenant.bring(code))
    assert "Dana M. has been connected to this chat since" in await tenant.write(code)
    assert await tenant.is_linked("u1")
    assert "$54.87" in await tenant.write(OWED)


async def looked_at(tenant: Tenant, offer: Call, user: str = "u1") -> str:
    """What a card says when its reader comes back to it; it is checked as everything that is written."""
    [(status, answer)] = await tenant.teams.deliver(tenant.teams.look_again(offer.cards[0], user=user))
    assert (status, answer["statusCode"]) == (200, 200)
    if isinstance(answer["value"], str):
        return answer["value"]
    card: dict[str, Any] = answer["value"]
    assert faults(card) == []
    assert card["refresh"] == offer.cards[0]["refresh"]
    return fallback(card)


async def test_the_offer_to_connect_stays_true(tenant: Tenant) -> None:
    """Looked at again, its card says that it holds, is over, or whose record is connected.

    It is asked for by its own reader's client alone, tells nobody else anything, and is no turn of the conversation.
    """
    [first] = await tenant.deliver(tenant.teams.message("link"))
    assert first.cards[0]["refresh"]["userIds"] == ["29:u1"]
    assert await looked_at(tenant, first) == "This card is up to date."
    code = await tenant.code()
    assert "This link has expired." in await looked_at(tenant, first)
    assert await looked_at(tenant, first, "u2") == "This card is up to date."
    await tenant.write(code)
    await tenant.write(OWED)
    assert "Dana M. is connected to this chat." in await looked_at(tenant, first)
    assert await looked_at(tenant, first, "u2") == "This card is up to date."
    assert in_words(VISIT_BEFORE) in await tenant.write("and the one before that?")
    await tenant.write("unlink")
    assert await looked_at(tenant, first) == "This card is up to date."


@pytest.mark.threat("T25")
async def test_shared_places_see_the_directory_and_a_pointer(tenant: Tenant) -> None:
    """A channel gets provider answers and buttons for them; a member question is answered in the private chat (T25)."""
    await tenant.link()
    found = await tenant.deliver(tenant.teams.mention(FIND))
    assert {call.conversation for call in found} == {CHANNEL}
    assert "miles of 37402" in shown(found)
    calls = await tenant.deliver(tenant.teams.mention(OWED))
    [pointer] = [call for call in calls if call.conversation == CHANNEL]
    assert not [word for word in (*MEMBERS_OWN, "$5") if word in str(pointer.body)]
    assert "$54.87" in shown([call for call in calls if call.conversation == "a:chat-u1"])


async def test_search_from_the_message_box(tenant: Tenant) -> None:
    """Providers of the open directory come as cards to drop; a member question brings nothing."""
    await tenant.link()
    [(_, body)] = await tenant.teams.deliver(tenant.teams.search(FIND))
    results = body["composeExtension"]["attachments"]
    assert len(results) > 2
    assert all("Chattanooga" in fallback(one["content"]) for one in results[:2])
    assert all(FIND in fallback(one["content"]) for one in results)
    assert '"press"' not in str(results)
    [(_, body)] = await tenant.teams.deliver(tenant.teams.search(OWED))
    assert body["composeExtension"]["type"] == "message"
    assert not [word for word in MEMBERS_OWN if word in str(body)]


@pytest.mark.threat("T21")
async def test_removing_the_app_unlinks(tenant: Tenant) -> None:
    """Whoever removes the app has no link and no token left (T21)."""
    await tenant.link()
    assert await tenant.is_linked()
    await tenant.deliver(tenant.teams.activity("installationUpdate", action="remove"))
    assert not await tenant.is_linked()
