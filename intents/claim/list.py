"""The member's claims, newest first, five a page, each a button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.kit import Ask, Claim, Live, Summary, named, newest_claims

PAGE = 5


@dataclass(frozen=True, slots=True)
class ClaimList(Summary):
    """One page of claims. `more` says that older ones exist; `left_out` counts what does not count, by reason."""

    claims: tuple[Claim, ...]
    first: int
    more: bool
    read: int
    start: str | None
    end: str | None
    claim_type: str | None
    provider: str | None
    page: int
    replaced: int
    cancelled: int

    @property
    def numbered(self) -> tuple[tuple[int, Claim], ...]:
        """The claims with their numbers in the whole list."""
        return tuple(enumerate(self.claims, self.first))


async def answer(ask: Ask) -> ClaimList:
    """The page of claims that was asked for, by date of service, kind and provider."""
    wanted = (ask.page + 1) * PAGE
    alive = await newest_claims(ask, *_dates(ask), enough=lambda so_far: len(_matching(so_far, ask)) > wanted)
    summary = summarize(alive, ask)
    ask.cite("ExplanationOfBenefit", [claim.id for claim in summary.claims])
    return summary


def summarize(alive: Live, ask: Ask) -> ClaimList:
    """The page cut from the claims that fit every filter: each is checked here whatever the server did."""
    matching, first = _matching(alive, ask), ask.page * PAGE
    start, end = _range(ask)
    return ClaimList(
        claims=tuple(matching[first : first + PAGE]),
        first=first + 1,
        more=len(matching) > first + PAGE,
        read=len(matching),
        start=start,
        end=end,
        claim_type=_text(ask, "claim_type"),
        provider=_text(ask, "provider_name"),
        page=ask.page,
        replaced=len(alive.replaced),
        cancelled=len(alive.cancelled),
    )


def _matching(alive: Live, ask: Ask) -> list[Claim]:
    start, end = _range(ask)
    kind, provider = _text(ask, "claim_type"), _text(ask, "provider_name")
    return [
        claim
        for claim in alive.claims
        if (not (start or end) or claim.service.overlaps(_day(start), _day(end)))
        and (kind is None or _is_kind(claim, kind))
        and (provider is None or named(claim, provider))
    ]


def _is_kind(claim: Claim, kind: str) -> bool:
    """The person's word for a kind against the claim's: a hospital claim is any institutional one."""
    return claim.kind is not None and claim.kind in _KINDS.get(kind, (kind,))


_KINDS: Mapping[str, tuple[str, ...]] = {
    "medical": ("professional", "inpatient", "outpatient", "institutional"),
    "institutional": ("inpatient", "outpatient", "institutional"),
    "hospital": ("inpatient", "outpatient", "institutional"),
    "dental": ("oral",),
}


def _range(ask: Ask) -> tuple[str | None, str | None]:
    value = ask.slots.get("date_range")
    return (value.get("start"), value.get("end")) if isinstance(value, Mapping) else (None, None)


def _dates(ask: Ask) -> list[tuple[str, str]]:
    """The range as search parameters; FHIR compares by day, both ends inclusive."""
    start, end = _range(ask)
    return [("service-date", f"{prefix}{day}") for prefix, day in (("ge", start), ("le", end)) if day]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(ask: Ask, slot: str) -> str | None:
    value = ask.slots.get(slot)
    return str(value) if value else None
