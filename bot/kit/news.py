"""Changes in a record since a person's last question, found by comparing digests of the claims.

A digest uses a secret key for each record that only the server has. The kernel stores the digests encrypted with the
connection.
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
from bot.records.decode import Unreadable
from bot.records.live import Live, believed_day

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
    """An answer that reports news; it sets `seen`, the current state of the record, which the kernel stores."""

    seen: Seen | None = None


class Doctors(msgspec.Struct, frozen=True):
    """The doctors of recent visits, each with the person's networks that list them.

    `away` is True if the directory could not be searched.
    """

    listed: Mapping[str, tuple[str, ...]]
    networks: tuple[str, ...] = ()
    away: bool = False


def mark(ask: Ask, text: str) -> str:
    """Return a short digest of the text with the record's own key."""
    return hmac.digest(ask.mark_key.encode(), text.encode(), "sha256").hex()[:_SHORT]


def marks_of_claims(ask: Ask, alive: Live) -> dict[str, str]:
    """Return the digest of each claim's content by the digest of its id, including whether it still counts."""
    counts = {claim.id for claim in alive.claims}
    said = {claim.id: "|".join((str(claim.id in counts), *_said(claim))) for claim in alive.every}
    return {mark(ask, key): mark(ask, text) for key, text in said.items()}


def _said(claim: Claim) -> Iterator[str]:
    """Yield what a person would notice as a change: the state, the amounts and the day."""
    yield from (str(claim.status), str(claim.outcome), str(claim.denied))
    for amount in (claim.owed.amount, claim.plan_paid, claim.billed):
        yield f"{amount.value.normalize():f} {amount.currency}" if amount else ""
    yield claim.service.day.first.isoformat() if claim.service.day else ""


async def doctors_seen(ask: Ask, claims: Iterable[Claim]) -> Doctors:
    """Return the doctors of the last year's visits with the person's networks that list them today, newest visit first.

    This is optional information beside the claims: a failure is not reported.
    """
    names: list[str] = []
    for claim in claims:
        day = believed_day(claim, ask.today)
        late = day is not None and day.first >= ask.today - _SEEN_LATELY
        if late and claim.kind == "professional" and claim.seen and not claim.sensitive and claim.seen not in names:
            names.append(claim.seen)
    listed: dict[str, tuple[str, ...]] = {}
    try:
        own = await own_networks(ask) if names else ()
        for name in names[:_DOCTORS] if own else ():
            found = await who(_about(ask, name))
            if found.state != "several":
                listed[name] = tuple(one for one in own if one in names_of(found.only or ()))
    except (PayerError, Unreadable):
        return Doctors(listed, away=True)
    return Doctors(listed, own)


def _about(ask: Ask, name: str) -> Ask:
    """Return the question about that name with its own report, separate from the report for the record."""
    return replace(ask, slots={"provider_name": name}, words={}, said="", budget=ask.budget.alone())


def doctors_gone(ask: Ask, before: Seen | None, now: Doctors) -> tuple[tuple[str, str], ...]:
    """Return the doctors who were in one of the person's networks and no longer are, each with the network's name."""
    return tuple(
        (name, network)
        for name, listed in now.listed.items()
        for network in now.networks
        if mark(ask, network) in _networks_then(ask, before, name) and network not in listed
    )


def doctors_still(ask: Ask, before: Seen | None, now: Doctors) -> int:
    """Return how many doctors were and still are in one of the person's networks."""
    then = {name: _networks_then(ask, before, name) for name in now.listed}
    return sum(1 for name, listed in now.listed.items() if {mark(ask, one) for one in listed}.intersection(then[name]))


def _networks_then(ask: Ask, before: Seen | None, name: str) -> tuple[str, ...]:
    return before.doctors.get(mark(ask, name), ()) if before else ()


def as_seen(ask: Ask, marks: Mapping[str, str], now: Doctors, before: Seen | None) -> Seen:
    """Return the state to store; if the directory could not be searched, with its previous part."""
    doctors = {mark(ask, name): tuple(mark(ask, one) for one in listed) for name, listed in now.listed.items()}
    return Seen(ask.today, marks, {**(before.doctors if before and now.away else {}), **doctors})
