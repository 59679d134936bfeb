"""Why the plan denied a claim: its reasons for each line, explained in plain words, and the time for an appeal."""

from collections.abc import Sequence

from msgspec.structs import replace

from bot import kit

SHOWN = 5
_LATE = frozenset({"late", "tarde"})
_UNTIL = tuple(
    frozenset(words.split())
    for words in (
        *("long appeal", "long have", "by when", "deadline", "last day", "days have", "until when"),
        *("plazo", "cuanto tiempo", "hasta cuando", "ultimo dia", "cuantos dias"),
    )
)
_IF = {("if",), ("si",)}
_UNTIL_WHEN = {("how",), ("by",), ("until",), ("when",), ("hasta",), ("cuanto",)} | _IF
_ANY = frozenset({"anything", "any", "algo", "alguna", "algun"})
_SEVERAL = _ANY | {"claims", "denials", "ones", "reclamaciones", "reclamos", "negaciones"}
_WHAT_WAS = (("what", "got"), ("que", "me"))


class Denial(kit.WithCase, frozen=True, kw_only=True):
    """One denied claim; `claim` is None if no matching claim was denied.

    Attributes:
        question: The only thing to answer: "deadline" or "next" (what to do); if nothing was denied, "appeal" or "why".
        lines: The lines to show: the denied lines, or else those with a reason; `paid_lines`: how many were not denied.
        others: Further denied claims.
        looked_at: The number of claims that match the other conditions, denied or not.
        clock: How long the claim can be appealed.
        letter: True if the question asks for a draft of the letter.
        shielded: True if the claim has a sensitivity label and was not requested by a button.
        gone: Why a claim chosen by a button no longer counts; `after`: the claim that counts instead.
        late: True if the question is whether it is too late for an appeal; `still`: whether it is still possible.
        every: All denied claims, by request or to choose one for the letter; `more`: there are older ones.
        kind: The kind of denial.
        kept_case: The stored appeal case before this answer.
        whether: True if the question can be answered with yes or no.
    """

    claim: kit.Claim | None = None
    question: str | None = None
    lines: tuple[kit.ClaimLine, ...] = ()
    others: tuple[kit.Claim, ...] = ()
    looked_at: int = 0
    clock: kit.AppealClock = kit.AppealClock()
    letter: bool = False
    shielded: bool = False
    wanted: kit.ClaimFilter | None = None
    nearest: kit.Nearest | None = None
    paid_lines: int = 0
    doubts: tuple[kit.Doubt, ...] = ()
    gone: kit.WhyGone | None = None
    after: kit.Claim | None = None
    late: bool = False
    still: bool = False
    every: tuple[kit.Claim, ...] = ()
    more: bool = False
    kind: kit.DenialKind = "other"
    kept_case: kit.AppealCase | None = None
    whether: bool = False

    @property
    def passed(self) -> bool:
        """Whether the last day for an appeal has passed, as far as the record shows."""
        return bool(self.clock.until and self.clock.until < self.today)


async def answer(ask: kit.Ask) -> Denial:
    """Return the denied claim of the button, or else the newest denied claim that matches the question.

    Raises:
        Reroute: `claim.list` answers which of the denied claims is the most or the least expensive.
    """
    pressed, chosen, looked_at, said = ask.arguments.get("id"), None, 0, set(kit.words_of(ask.said))
    if kit.asks_one(ask) and not (_letter(ask) or _question(ask) or ask.pick):
        raise kit.Reroute("claim.list", **ask.arguments)
    all_asked = said & _SEVERAL or kit.words_of(ask.said)[:2] in _WHAT_WAS
    several = (bool(all_asked) and not _question(ask)) or "every" in ask.arguments
    pressed = None if several else pressed
    others: tuple[kit.Claim, ...] = ()
    most = SHOWN if several or _letter(ask) else 0
    if pressed is None:
        claim_set = await kit.newest_claims(
            ask, *kit.service_dates(ask), enough=lambda so_far: len(kit.denied_claims(so_far, ask)) > most
        )
        found = kit.denied_claims(claim_set, ask)
        fitting, others = kit.fitting(claim_set.claims, ask.without("state_of_claim")), found[1:SHOWN]
        looked_at, question = len(fitting), _question(ask)
        wanted = kit.filter_of(ask.without("state_of_claim"))
        # A claim that was paid may be disputed as well, for what it leaves to the member (29 CFR 2560.503-1(m)(4)).
        one = wanted.narrows and (looked_at == 1 or (wanted.services and not several))  # the newest: "the ER claim"
        found = found or (fitting[:1] if one and question in {"deadline", "next", "appeal"} else ())
        if not found:
            refused = replace(ask, slots={**ask.slots, "state_of_claim": "denied"})
            nearest = await kit.near_claims(refused, claim_set) if wanted.narrows else None
            whether = ask.asked.begins
            return Denial(
                question=question,
                looked_at=looked_at,
                wanted=wanted,
                nearest=nearest,
                whether=whether,
                still=_still(ask),
            )
        anew = kit.text_of(ask, "letter") == "new" and not wanted.narrows  # it goes on from no denial that was told
        begun = await _begun(ask, found) if anew else found[:1]
        if (several or len(begun) > 1) and len(found) > 1:
            kit.cite_claims(ask, found[:SHOWN])
            more = len(found) > SHOWN
            return Denial(every=found[:SHOWN], more=more, looked_at=looked_at, wanted=wanted, letter=_letter(ask))
        chosen = begun[0] if anew else kit.the_one(ask, [(claim,) for claim in found])[0]
    claim = await (kit.shown_alone(ask, chosen) if chosen else kit.claim_by_id(ask, pressed or ""))
    if claim.sensitive and pressed is None:
        ask.cite("ExplanationOfBenefit", [claim.id])
        return Denial(claim=claim, shielded=True)
    around = await kit.claims_around(ask, claim) if pressed else None
    if gone := kit.why_gone(claim, around):
        after = around.after(claim) if around else None
        kit.cite_claims(ask, (claim, after))
        return Denial(claim=claim, gone=gone, after=after)
    lines = kit.read_lines(claim)
    ask.cite("ExplanationOfBenefit", [claim.id])
    coverages = await kit.member_coverages(ask)
    summary = summarize(claim, lines, others, coverages.every, ask)
    kept = next((one for one in await ask.cases() if one.claim == claim.id), None)
    change = kit.CaseChange(claim.id, lambda case: case.drafted_on(ask.today)) if summary.letter else None
    return replace(summary, kept_case=kept, change=change)


async def _begun(ask: kit.Ask, found: Sequence[kit.Claim]) -> Sequence[kit.Claim]:
    """Return the claims with an appeal that was drafted and not sent, or else all of `found`."""
    opened = {case.claim for case in await ask.cases() if case.stage == "open"}
    return [claim for claim in found if claim.id in opened] or found


def _letter(ask: kit.Ask) -> bool:
    """Return whether the question or button asks for a draft of the appeal letter."""
    return not {"yes", "new"}.isdisjoint({ask.arguments.get("letter"), kit.text_of(ask, "letter")})


def _question(ask: kit.Ask) -> str | None:
    """Return the only thing to answer: the `question` slot, or "deadline" if the words ask for the time left."""
    said = set(kit.words_of(ask.said))
    asks = bool(said & _LATE) or any(words <= said for words in _UNTIL) or _still(ask)
    asked = ask.arguments.get("question") or kit.text_of(ask, "question")
    first = asked == "appeal" and kit.words_of(ask.said)[:1] in _UNTIL_WHEN
    return "deadline" if asked == "may" or (asks and (asked is None or first)) else asked


def _still(ask: kit.Ask) -> bool:
    """Return whether the question is if an appeal is possible: still, or "if a claim is denied"."""
    supposed = kit.words_of(ask.said)[:1] in _IF and "APPEAL" in ask.concepts and ask.asked.form is None
    return supposed or kit.text_of(ask, "question") == "may"


def summarize(
    claim: kit.Claim,
    lines: Sequence[kit.ClaimLine],
    others: Sequence[kit.Claim],
    coverages: Sequence[kit.Coverage],
    ask: kit.Ask,
) -> Denial:
    """Return the denied lines of the claim, or else the lines with a reason, and the time for an appeal.

    The time is that of the claim's own coverage. If the question names a kind of care, only its lines are included.
    """
    wanted = kit.filter_of(ask)
    told = [line for line in lines if line.refused] or [line for line in lines if line.reasons or line.notes]
    shown, _ = kit.part_of(claim, wanted)
    asked = [line for line in told if line.at in shown.lines] if shown else []
    return Denial(
        claim=claim,
        lines=tuple(asked or told)[:SHOWN],
        others=tuple(others),
        clock=kit.appeal_clock(claim, coverages),
        letter=_letter(ask),
        question=_question(ask),
        late=bool(_LATE & set(kit.words_of(ask.said))),
        still=_still(ask),
        wanted=wanted,
        doubts=tuple(one for one in kit.doubts_of(claim) if one.what != "partly_denied"),
        kind=kit.denial_kind(claim, ask.care_kinds),
        paid_lines=claim.lines - len(claim.sum_lines) - len(claim.refused) if claim.is_partly_denied else 0,
    )
