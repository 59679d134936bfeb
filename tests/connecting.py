"""Members connected without the payer's pages, for tests of what comes after a sign-in."""

from dataclasses import replace
from time import monotonic

import msgspec

from bot.accounts.codes import digest, new_code, new_secret
from bot.accounts.rows import LIVES, Pending
from bot.app import Bot
from bot.cli.chat import Browser
from bot.message import Person
from bot.sandbox.app import Sandbox
from bot.sandbox.authorization.models import IssuedToken
from bot.sandbox.world import Account, Resource

Seen = tuple[IssuedToken, Pending, tuple[Resource, ...]]
_SEEN: dict[tuple[Account, tuple[int, ...], str], Seen] = {}
"""What a sign-in left at the payer and at the bot, by the account, the Patients of its world, which are held, and the
payer's switches: with some of them there is a refresh token, or a token lives for seconds.
"""


async def signed_in(link: str, username: str) -> str:
    """The code that a browser shows after this member has signed in with the link."""
    async with Browser() as browser:
        return await browser.sign_in(link, username)


async def code_for(bot: Bot, sandbox: Sandbox, person: Person, username: str) -> str:
    """Return the code of a sign-in as this member, which the person has to type.

    A process signs in once as a member of a world, through all pages, for each behaviour of the payer. Later the
    payer and the bot get what that left, with secrets of their own.
    """
    patients, account = tuple(sandbox.world.of_type("Patient")), sandbox.world.accounts[username]
    key = account, tuple(map(id, patients)), repr(sandbox.behaviour)
    rows, link = bot.accounts.rows, await bot.accounts.begin(person)
    if key not in _SEEN:
        code = await signed_in(link, username)
        pending = await rows.get(Pending, person.key)
        assert pending
        _SEEN[key] = sandbox.authorization.vault.tokens[pending.tokens.access], pending, patients
        return code
    issued, pending, _ = _SEEN[key]
    seconds, code, expires = sandbox.behaviour.token_seconds, new_code(), rows.now() + LIVES
    access, refresh = new_secret(), issued.refresh_token and new_secret()
    sandbox.authorization.vault.keep(
        replace(issued, access_token=access, refresh_token=refresh, expires_at=monotonic() + seconds)
    )
    tokens = msgspec.structs.replace(
        pending.tokens, access=access, refresh=refresh or None, expires_at=rows.now() + pending.tokens.lifetime
    )
    request = await bot.accounts.asked(person)
    again = Pending(new_secret(), request, digest(code), pending.candidates, tokens, expires)
    await rows.put(person.key, again, expires=expires, owner=person)
    return code
