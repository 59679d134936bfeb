"""Whom to call: the plan's number for members, and what to tell who answers."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit import Ask, Claim, Summary


@dataclass(frozen=True, slots=True)
class Person(Summary):
    """`phone` is the number in the member's own record, "" where none is read; `claim` is the one on the screen.

    `question` is what may be handed to the operator's help desk, "" where there is none.
    """

    phone: str = ""
    claim: Claim | None = None
    question: str = ""


async def answer(ask: Ask) -> Person:
    """The number for members, and the claim that the last answer was about."""
    shown = ask.arguments.get("id")
    claims = await ask.own_claims() if shown else ()
    claim = next((claim for claim in claims if claim.id == shown), None)
    return Person(await ask.own_phone(), claim, ask.arguments.get("question", ""))
