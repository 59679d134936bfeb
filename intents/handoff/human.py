"""Whom to call: the plan's phone number for members, and what to say."""

from __future__ import annotations

from bot.kit import Ask, Claim, Summary, text_of


class Person(Summary, frozen=True):
    """The phone number in the member's own record, "" if none was read, and the `claim` of the last answer.

    `question` is what may be forwarded to the operator's help desk, "" if there is none. `language` is that of an
    interpreter.
    """

    phone: str = ""
    claim: Claim | None = None
    question: str = ""
    language: str | None = None


async def answer(ask: Ask) -> Person:
    """Return the phone number for members, and the claim of the last answer."""
    shown = ask.arguments.get("id")
    claims = await ask.own_claims() if shown else ()
    claim = next((claim for claim in claims if claim.id == shown), None)
    return Person(await ask.own_phone(), claim, ask.arguments.get("question", ""), text_of(ask, "language"))
