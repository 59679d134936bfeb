"""The plan's phone number for members, and what to say on the phone."""

from bot.kit import Ask, Claim, Summary, text_of


class Person(Summary, frozen=True):
    """What the person needs to call the plan.

    Attributes:
        phone: The plan's phone number in the member's record; "" if none was read.
        claim: The claim that the last answer was about.
        question: The question that may be forwarded to the operator's help desk; "" if there is none.
        language: The language for which the person needs an interpreter.
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
