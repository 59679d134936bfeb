"""Finds changes in a member's record since the last question, by comparing keyed digests of the claims.

Each record has its own secret key, which only the server has. The kernel stores the digests encrypted, together with
the tokens of the member's connection.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from bot.errors import PayerError
from bot.kit.ask import Ask, Summary
from bot.kit.network_names import names_of
from bot.kit.plans import own_networks
from bot.kit.who import who
from bot.records.claim import Claim
from bot.records.claim_set import ClaimSet, believed_day
from bot.records.decode import Unreadable

LOOKED_AT = timedelta(days=730)
"""How far back claims are compared."""
_SEEN_LATELY = timedelta(days=365)
_DOCTORS = 3
_SHORT = 12


class Seen(msgspec.Struct, frozen=True):
    """The state of a record on a day: digests of claims by id, and of networks by doctor."""

    day: date
    claims: Mapping[str, str]
    doctors: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class WithSeen(Summary, frozen=True, kw_only=True):
    """An answer that reports changes; the kernel stores `seen`, the current state of the record, for the next time."""

    seen: Seen | None = None


class Doctors(msgspec.Struct, frozen=True):
    """The doctors of the last year's visits.

    Attributes:
        listed: By the name of a doctor, the member's networks that list the doctor in the directory.
        networks: All of the member's networks.
        away: True if the directory could not be searched.
    """

    listed: Mapping[str, tuple[str, ...]]
    networks: tuple[str, ...] = ()
    away: bool = False


def mark(ask: Ask, text: str) -> str:
    """Return a short hexadecimal HMAC-SHA-256 of the text with the record's own key."""
    return hmac.digest(ask.mark_key.encode(), text.encode(), "sha256").hex()[:_SHORT]


def marks_of_claims(ask: Ask, claim_set: ClaimSet) -> dict[str, str]:
    """Return the digests of the claims by the digest of the claim's id.

    Each digest covers the state, the amounts and the day of the claim, and whether the claim still counts.
    """
    counts = {claim.id for claim in claim_set.claims}
    said = {claim.id: "|".join((str(claim.id in counts), *_said(claim))) for claim in claim_set.every}
    return {mark(ask, key): mark(ask, text) for key, text in said.items()}


def _said(claim: Claim) -> Iterator[str]:
    """Yield the claim's fields whose change a member would notice, as text: the state, the amounts and the day."""
    yield from (str(claim.status), str(claim.outcome), str(claim.denied))
    for amount in (claim.owed.amount, claim.plan_paid, claim.billed):
        yield f"{amount.value.normalize():f} {amount.currency}" if amount else ""
    yield claim.service.day.first.isoformat() if claim.service.day else ""


async def doctors_seen(ask: Ask, claims: Iterable[Claim]) -> Doctors:
    """Return the doctors of the last year's visits with the member's networks that list the doctors today.

    Only the three most recently visited doctors are looked up. A failed search only sets `away`.
    """
    dated = ((claim, believed_day(claim, ask.today)) for claim in claims if claim.kind == "professional")
    lately = [claim for claim, day in dated if day and day.first >= ask.today - _SEEN_LATELY and not claim.sensitive]
    names = list(dict.fromkeys(claim.seen for claim in lately if claim.seen))[:_DOCTORS]
    listed: dict[str, tuple[str, ...]] = {}
    try:
        own = await own_networks(ask) if names else ()
        for name in names if own else ():
            alone = replace(ask, slots={"provider_name": name}, words={}, said="", budget=ask.budget.alone())
            found = await who(alone)
            if found.state != "several":
                listed[name] = tuple(one for one in own if one in names_of(found.only or ()))
    except (PayerError, Unreadable):
        return Doctors(listed, away=True)
    return Doctors(listed, own)


def doctors_changed(ask: Ask, before: Seen | None, now: Doctors) -> tuple[tuple[tuple[str, str], ...], int]:
    """Return (doctor, network) pairs in which the network no longer lists the doctor, and how many are still listed.

    The networks are the member's; a doctor is still listed if one of them listed the doctor before and does today.
    """
    then = {name: before.doctors.get(mark(ask, name), ()) if before else () for name in now.listed}
    gone = tuple(
        (name, network)
        for name, listed in now.listed.items()
        for network in now.networks
        if mark(ask, network) in then[name] and network not in listed
    )
    return gone, sum(not {mark(ask, one) for one in own}.isdisjoint(then[name]) for name, own in now.listed.items())


def as_seen(ask: Ask, marks: Mapping[str, str], now: Doctors, before: Seen | None) -> Seen:
    """Return the state to store for the next comparison.

    If the directory could not be searched, the doctors of the previous state are kept.
    """
    doctors = {mark(ask, name): tuple(mark(ask, one) for one in listed) for name, listed in now.listed.items()}
    return Seen(ask.today, marks, {**(before.doctors if before and now.away else {}), **doctors})
