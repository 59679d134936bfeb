"""What an appeal against a denial needs: evidence, the claim file, the address, and when a fast appeal is possible."""

from msgspec.structs import replace

from bot import kit


class AppealNeeds(kit.OfAppeal, frozen=True, kw_only=True):
    """The denied claim, the kind of denial, and the requested part: "evidence", "file", "where" or "fast"."""

    part: str
    kind: kit.DenialKind = "other"


async def answer(ask: kit.Ask) -> AppealNeeds:
    """Return what the appeal needs, for the claim of a button or the claim that the question describes.

    Raises:
        Reroute: No claim was denied; `claim.denial` answers how long the claim in question may be disputed, or
            `coverage.workings` the general rule about appeals.
    """
    found = await kit.case_found(ask)
    where = "where" if "address_of" in ask.asked.says else "evidence"
    needs = AppealNeeds(found=found, part=kit.text_of(ask, "question") or where)
    claim = found.claim
    if claim is None:
        if found.paid:
            raise kit.Reroute("claim.denial", question="appeal")
        if needs.part == "evidence" and not (found.choices or found.wanted.narrows):
            raise kit.Reroute("coverage.workings", workings="appeal_how")
        return needs
    return replace(needs, kind=kit.denial_kind(claim, ask.care_kinds))
