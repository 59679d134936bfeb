"""The state of an appeal, by what the person reported: its stages, the deadlines, and the noted calls."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bot.kit import (
    AppealCase,
    Ask,
    OfAppeal,
    case_found,
    cite_claims,
    claims_around,
    stepped,
    text_of,
    why_gone,
)


class AppealStatus(OfAppeal, frozen=True, kw_only=True):
    """One case, or several to choose from.

    Attributes:
        forgotten: Whether a button deleted the case.
        forgets: Whether the message asks for that, which needs a button.
        gone: Whether the claim no longer counts, before anything was sent.
    """

    forgotten: bool = False
    forgets: bool = False
    gone: bool = False

    @property
    def shown(self) -> AppealCase | None:
        """The current case."""
        return self.done.case or self.found.case


async def answer(ask: Ask) -> AppealStatus:
    """Return the case of the button or of the words; if several are stored, all of them."""
    found = await case_found(ask)
    cite_claims(ask, (found.claim,) if found.claim else found.choices)
    forgets, forgotten = text_of(ask, "question") == "forget", "forget" in ask.arguments
    plain = AppealStatus(found=found, today=ask.today, forgets=forgets, forgotten=forgotten)
    if found.claim is None or found.case is None:
        return plain
    takes = _takes(ask)
    step = await stepped(ask, found, takes or (lambda case: case))
    if forgotten:
        return replace(plain, change=replace(step.change, made=lambda _: None))
    gone = found.case.stage == "open" and why_gone(found.claim, await claims_around(ask, found.claim)) is not None
    return replace(plain, clock=step.clock, due=step.due, change=step.change if takes else None, gone=gone)


def _takes(ask: Ask) -> Callable[[AppealCase], AppealCase] | None:
    """Return the change that the button undoes: the step or call that it names."""
    if step := ask.arguments.get("undo"):
        return lambda case: case.reopened(step)
    if key := ask.arguments.get("call"):
        return lambda case: case.without_call(key)
    return None
