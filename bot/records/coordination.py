"""One visit that two plans decided on: the second plan counts what the first one paid, so nothing is added up twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.records.claim import Claim


def coordinated(claims: Sequence[Claim]) -> Mapping[str, Claim]:
    """By the id of a claim that is not to be added: the claim of another plan for the same visit, which is.

    Two claims are of one visit when day, kind and charge agree, who billed does not differ, and their coverages do.
    What is left to the member stands in the one that tells of another payer's payment, else in the smaller one.
    """
    days: dict[tuple[object, ...], list[Claim]] = {}
    # Most members have one plan: then neither people nor days are read.
    for claim in claims if _of_several_plans(claims) else ():
        if claim.coverage and claim.service.day and not claim.is_reversal:
            days.setdefault((claim.patient, claim.service.day, claim.kind), []).append(claim)
    found: dict[str, Claim] = {}
    for of_day in days.values():
        # Charges are read only where they decide: reading the amounts of a page of claims takes a millisecond.
        for rows in _of_one_charge(of_day) if _of_several_plans(of_day) else ():
            if _of_several_plans(rows):
                found.update(_of_one_visit(rows))
    return found


def _of_several_plans(claims: Sequence[Claim]) -> bool:
    return len({claim.coverage for claim in claims}) > 1


def _of_one_charge(claims: Sequence[Claim]) -> Iterable[list[Claim]]:
    """The claims that were billed for something, those of the same charge together."""
    groups: dict[tuple[object, ...], list[Claim]] = {}
    for claim in claims:
        if claim.billed and claim.billed.value > 0:
            groups.setdefault((claim.billed.currency, claim.billed.cents), []).append(claim)
    return groups.values()


def _of_one_visit(rows: Sequence[Claim]) -> Mapping[str, Claim]:
    found: dict[str, Claim] = {}
    for claim in rows:
        others = [one for one in rows if one.coverage != claim.coverage and _same_people(one, claim)]
        if others and (last := min([claim, *others], key=_rank)) is not claim:
            found[claim.id] = last
    return found


def _same_people(one: Claim, other: Claim) -> bool:
    return None in {one.billing, other.billing} or one.billing == other.billing or one.seen == other.seen


def _rank(claim: Claim) -> tuple[bool, bool, object, str]:
    """The claim that tells of another payer's payment first, then the smaller share; one that tells none comes last."""
    owed, prior = claim.owed.amount, claim.prior_payer_paid
    return (not (prior and prior.value > 0), owed is None, owed.value if owed else 0, claim.id)
