"""What is new in a record since a person last asked: digests of the claims then and now, no word of either.

A digest is made with a key of this record that the server holds, and means nothing without it. The kernel keeps them
sealed with the connection.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

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


@dataclass(frozen=True, slots=True)
class Seen:
    """How a record looked on a day: by the digest of each claim's id what it said, by a doctor's the networks."""

    day: date
    claims: Mapping[str, str]
    doctors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithSeen(Summary):
    """An answer that says what is new. It sets `seen`, how the record looks now; the kernel keeps that for the next."""

    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Doctors:
    """The doctors who were seen last, each with those of the asker's networks that list them.

    `away`: the directory could not be asked.
    """

    listed: Mapping[str, tuple[str, ...]]
    networks: tuple[str, ...] = ()
    away: bool = False


def mark(ask: Ask, text: str) -> str:
    """A short digest by the record's own key: enough to know it again."""
    return hmac.digest(ask.mark_key.encode(), text.encode(), "sha256").hex()[:_SHORT]


def marks_of_claims(ask: Ask, alive: Live) -> dict[str, str]:
    """What each claim says, by its id, both as digests; that it counts no longer is said too."""
    counts = {claim.id for claim in alive.claims}
    said = {claim.id: "|".join((str(claim.id in counts), *_said(claim))) for claim in alive.every}
    return {mark(ask, key): mark(ask, text) for key, text in said.items()}


def _said(claim: Claim) -> Iterator[str]:
    """What a person would see change: the state, the amounts and the day."""
    yield from (str(claim.status), str(claim.outcome), str(claim.denied))
    for amount in (claim.owed.amount, claim.plan_paid, claim.billed):
        yield f"{amount.value.normalize():f} {amount.currency}" if amount else ""
    yield claim.service.day.first.isoformat() if claim.service.day else ""


async def doctors_seen(ask: Ask, claims: Iterable[Claim]) -> Doctors:
    """Where the doctors of the last year's visits are listed today, of the asker's own networks; the last ones first.

    It is read beside the claims: whatever fails, these are told without it.
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
    """The question who has that name, with a report of its own: the directory's gaps are not the record's."""
    return replace(ask, slots={"provider_name": name}, words={}, said="", budget=ask.budget.alone())


def doctors_gone(ask: Ask, before: Seen | None, now: Doctors) -> tuple[tuple[str, str], ...]:
    """The doctors who were listed in a network of the asker's then and are not today, each with the network's name."""
    return tuple(
        (name, network)
        for name, listed in now.listed.items()
        for network in now.networks
        if mark(ask, network) in _networks_then(ask, before, name) and network not in listed
    )


def doctors_still(ask: Ask, before: Seen | None, now: Doctors) -> int:
    """How many were listed in a network of the asker's then and are today."""
    then = {name: _networks_then(ask, before, name) for name in now.listed}
    return sum(1 for name, listed in now.listed.items() if {mark(ask, one) for one in listed}.intersection(then[name]))


def _networks_then(ask: Ask, before: Seen | None, name: str) -> tuple[str, ...]:
    return before.doctors.get(mark(ask, name), ()) if before else ()


def as_seen(ask: Ask, marks: Mapping[str, str], now: Doctors, before: Seen | None) -> Seen:
    """What is kept for the next time; where the directory could not be asked, what it said before."""
    doctors = {mark(ask, name): tuple(mark(ask, one) for one in listed) for name, listed in now.listed.items()}
    return Seen(ask.today, marks, {**(before.doctors if before and now.away else {}), **doctors})
