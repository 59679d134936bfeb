"""One claim line by line: what care was given, what each line cost, who pays, and the payer's reasons."""

import asyncio

from msgspec.structs import replace

from bot import kit

SHOWN, _OTHERS, _LIST = 10, 4, "claim.list"


class ClaimDetail(kit.OfClaims, frozen=True):
    """A claim with its lines; `claim` is None if there is no match.

    Attributes:
        question: What is answered first: "when", "where", "who", "purpose", "done" or "pay" (to whom).
        lines_left: The number of lines that are not shown.
        story: The changes from the claim that this one replaces.
        gone: Why the claim no longer counts; `after`: the claim that counts instead.
        shielded: True if the claim has a sensitivity label and was not requested by a button.
        fill: A pharmacy fill after the last visit, if the question is only about the last visit.
        fits: Whether the claim is as the question describes, if that is the question: "was that dental".
        reason: The reason of the care as the claim gives it, if the question asks for that.
        others: The newest matching claim with each other provider, if the question asks who it was.
        procedures: What the clinical records list for that day beside the claim, if the question is what was done.
    """

    claim: kit.Claim | None = None
    question: str | None = None
    lines: tuple[kit.ClaimLine, ...] = ()
    lines_left: int = 0
    story: kit.Story | None = None
    gone: kit.WhyGone | None = None
    after: kit.Claim | None = None
    shielded: bool = False
    doubts: tuple[kit.Doubt, ...] = ()
    fill: kit.Claim | None = None
    fits: bool | None = None
    others: tuple[kit.Claim, ...] = ()
    reason: str | None = None
    procedures: tuple[str, ...] = ()


async def answer(ask: kit.Ask) -> ClaimDetail:
    """Return the claim of the button, or the claim with the named number or provider, or else that of the last visit.

    Raises:
        Reroute: `claim.list` answers for several claims, `claim.owed` for whether something is left to pay,
            `claim.why` for whether the share is right, and `claim.last_visit_cost` for an amount.
    """
    kit.hand_over_asked(ask, right="claim.why")
    several = "focus" not in ask.arguments and (kit.count_asked(ask, SHOWN) or 1) > 1  # "my two last cleanings"
    if (
        several
        or ask.asked.first_and_last
        or (len(kit.shown_before(ask)) > 1 and kit.asked_of_one(ask.said) != "who" and not ask.slots)
    ):
        raise kit.Reroute(_LIST, **ask.arguments)
    pressed = ask.arguments.get("id")
    if "still_wanted" in ask.asked.says and not pressed:
        raise kit.Reroute("claim.owed")
    found, claim_set = (None, None) if pressed else await _find(ask)
    if not pressed and found is None:
        none = ClaimDetail(wanted=kit.filter_of(ask))
        return await kit.or_nearest(ask, claim_set, none, lacks=none.wanted.narrows)
    claim = await (kit.shown_alone(ask, found) if found else kit.claim_by_id(ask, pressed or ""))
    if claim.sensitive and not pressed:
        ask.cite("ExplanationOfBenefit", [claim.id])
        return ClaimDetail(claim, shielded=True)
    before, around = await asyncio.gather(kit.claim_before(ask, claim), kit.claims_around(ask, claim, claim_set))
    fill = _fill_since(ask, claim, claim_set)
    ask.report.steps += kit.owed_steps(claim)
    summary = summarize(claim, kit.read_lines(claim), before, around)
    fits = bool(kit.fitting((claim,), ask)) if ask.arguments.get("described") else None
    question = (
        ask.arguments.get("question")
        or kit.text_of(ask, "question")
        or ("purpose" if fits is not None else kit.asked_of_one(ask.said))
    )
    wanted = kit.filter_of(ask)
    if question == "amount" or wanted.aspect:
        raise kit.Reroute("claim.last_visit_cost", focus=claim.id)
    others = _others(ask, claim, claim_set) if question == "who" and claim_set and wanted.narrows else ()
    kit.cite_claims(ask, (claim, before, fill, *others))
    reason = next(iter(claim.diagnosed), None) if question in {"purpose", "done"} and fits is None else None
    done = await _procedures(ask, claim) if question == "done" else ()
    kinds = kit.care_words(ask, (claim,))
    told = {"question": question, "fits": fits, "reason": reason, "procedures": done}
    return replace(summary, fill=fill, kinds=kinds, others=others, **told)


async def _procedures(ask: kit.Ask, claim: kit.Claim) -> tuple[str, ...]:
    """Return the names of the procedures on record for the claim's day, except those that its own lines name."""
    day = claim.service.day.exact if claim.service.day else None
    found = await kit.procedures_in(ask, (day, day)) if day else []
    new = [one for one in found if one.name and one.name not in claim.services]
    ask.report.cite("Procedure", [one.id for one in new])
    return tuple(one.name or "" for one in new)


def _others(ask: kit.Ask, claim: kit.Claim, claim_set: kit.ClaimSet) -> tuple[kit.Claim, ...]:
    """Return the newest matching claim of each provider except that of `claim`; sensitive claims are left out."""
    fit = [
        one for one in kit.fitting(claim_set.claims, ask) if one.seen and one.seen != claim.seen and not one.sensitive
    ]
    return tuple({one.seen: one for one in reversed(fit)}.values())[::-1][:_OTHERS]


def summarize(
    claim: kit.Claim,
    lines: tuple[kit.ClaimLine, ...],
    before: kit.Claim | None = None,
    around: kit.ClaimSet | None = None,
) -> ClaimDetail:
    """Return the claim's first lines, its changes from the claim `before`, and whether the claim still counts.

    `around` are the claims of the same days, in case another claim replaced or reversed this one.
    """
    return ClaimDetail(
        claim=claim,
        lines=lines[:SHOWN],
        lines_left=max(0, len(lines) - SHOWN),
        story=kit.story_of(claim, before),
        gone=kit.why_gone(claim, around),
        after=around.after(claim) if around else None,
        doubts=kit.doubts_of(claim, around),
    )


def _fill_since(ask: kit.Ask, claim: kit.Claim, claim_set: kit.ClaimSet | None) -> kit.Claim | None:
    """Return the newest fill if it is after the newest visit; None if the question is about a particular claim."""
    if claim_set is None or ask.pick or kit.text_of(ask, "claim_id") or kit.filter_of(ask).narrows:
        return None
    newest = kit.fill_after(claim_set, claim.service.day)
    return None if newest is None or newest.sensitive else newest


async def _find(ask: kit.Ask) -> tuple[kit.Claim | None, kit.ClaimSet]:
    """Return the claim with the named number, even if it no longer counts, or else the newest matching visit.

    Also return all claims that were read.
    """
    if kit.text_of(ask, "claim_id"):
        numbered, claim_set = await kit.claims_numbered(ask)
        return next(iter(numbered), None), claim_set
    whose = kit.asked_of_one(ask.said) == "who" and kit.filter_of(ask).narrows
    found, claim_set = await kit.newest_visits(ask, people=True, every=whose)
    return next(iter(kit.the_one(ask, [(claim,) for claim in found])), None), claim_set
