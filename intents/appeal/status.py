"""The state of an appeal as the person reported it: the stages, the deadlines, and the notes of calls."""

from msgspec.structs import replace

from bot import kit


class AppealStatus(kit.OfAppeal, frozen=True, kw_only=True):
    """The stored appeal case, or several cases to choose from.

    Attributes:
        forgotten: True if a button deleted the case.
        forgets: True if the message asks to delete the case, which needs a button.
        gone: True if the claim stopped counting before anything was sent.
    """

    forgotten: bool = False
    forgets: bool = False
    gone: bool = False

    @property
    def shown(self) -> kit.AppealCase | None:
        """The case to show; None if there is none."""
        return self.done.case or self.found.case


async def answer(ask: kit.Ask) -> AppealStatus:
    """Return the case of a button or the case that the question describes, or all cases if several are stored."""
    found = await kit.case_found(ask)
    forgets, forgotten = kit.text_of(ask, "question") == "forget", "forget" in ask.arguments
    plain = AppealStatus(found=found, forgets=forgets, forgotten=forgotten)
    if found.claim is None or found.case is None:
        return plain
    undo, call = ask.arguments.get("undo"), ask.arguments.get("call")

    def taken(case: kit.AppealCase) -> kit.AppealCase:  # without the step or the call that a button names
        return case.reopened(undo) if undo else case.without_call(call) if call else case

    step = await kit.stepped(ask, plain, taken)
    if forgotten and step.change:
        return replace(plain, change=replace(step.change, made=lambda _: None))
    gone = (
        found.case.stage == "open" and kit.why_gone(found.claim, await kit.claims_around(ask, found.claim)) is not None
    )
    return replace(step, change=step.change if undo or call else None, gone=gone)
