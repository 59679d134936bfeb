"""All that the directory says of one provider: places, phones, hours, openings by network; or a dated receipt of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Literal

from bot.kit import (
    STALE_DAYS,
    Ask,
    Card,
    Choice,
    Document,
    Hours,
    Listing,
    Location,
    Network,
    Who,
    WithDocument,
    cards,
    is_called,
    names_of,
    on_day,
    plans,
    spots,
    who,
)


@dataclass(frozen=True, slots=True)
class Place:
    """One place: how to reach it, when it is open on the day that was asked (`known`: its hours are given at all)."""

    address: str
    name: str | None
    phones: tuple[str, ...]
    faxes: tuple[str, ...]
    today: tuple[Hours, ...]
    known: bool
    access: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Openings:
    """What is said of new patients in one network: newpt, nopt, existptonly, existptfam; None: nothing."""

    network: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the directory said at a moment, with the SHA-256 of exactly these facts as `written` puts them."""

    provider: str | None
    npi: str | None
    networks: tuple[str, ...]
    plans: tuple[str, ...]
    places: tuple[str, ...]
    records: tuple[str, ...]
    updated: datetime | None
    read: datetime | None
    sha256: str = ""

    @property
    def written(self) -> str:
        """The facts as JSON: keys sorted, instants in ISO 8601, ASCII only so that a copy is the same everywhere."""
        facts = {name: value for name, value in asdict(self).items() if name != "sha256"}
        return json.dumps(facts, sort_keys=True, default=lambda moment: moment.isoformat())

    @property
    def read_time(self) -> str:
        """The time of day in UTC."""
        return f"{self.read:%H:%M} UTC" if self.read else ""


@dataclass(frozen=True, slots=True)
class Detail(WithDocument):
    """The provider, when it is one; otherwise `state` says why not, and `choices` who it may be."""

    state: Literal["one", "several", "ended", "unknown", "unnamed"]
    name: str | None
    today: date
    choices: tuple[Choice, ...] = ()
    total: int = 0
    card: Card | None = None
    reference: str | None = None
    places: tuple[Place, ...] = ()
    openings: tuple[Openings, ...] = ()
    virtual: bool = False
    ways: tuple[str, ...] = ()
    receipt: Receipt | None = None
    asked_network: str | None = None

    @property
    def numbered(self) -> tuple[tuple[int, Choice], ...]:
        """The choices with their numbers."""
        return tuple(enumerate(self.choices, 1))

    @property
    def is_stale(self) -> bool:
        """True when the listing was not updated for more than 90 days."""
        age = self.card.age_days(self.today) if self.card else None
        return age is not None and age > STALE_DAYS


async def answer(ask: Ask) -> Detail:
    """The provider of the name, or the one that a button named; asked for a receipt, the receipt alone."""
    found = await who(ask)
    sold: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if found.only and _wants_receipt(ask):
        sold = tuple((plan.name or plan.id, _names(plan.networks)) for plan in await plans(ask))
    found.cite(ask)
    return summarize(found, ask, sold)


def _wants_receipt(ask: Ask) -> bool:
    """By the button, or in words."""
    return "receipt" in ask.arguments or "receipt" in ask.slots


def summarize(found: Who, ask: Ask, sold: Sequence[tuple[str, tuple[str, ...]]] = ()) -> Detail:
    """The one provider's facts, every place and network once."""
    rows = found.only
    if rows is None:
        return Detail(found.state, found.name, ask.today, found.choices, len(found.found))
    network = ask.arguments.get("network")
    services = [service for row in rows for service in row.services]
    receipt = _receipt(rows, ask, network, sold) if _wants_receipt(ask) else None
    return Detail(
        state="one",
        name=rows[0].name,
        today=ask.today,
        card=cards(ask, rows, None)[0],
        reference=f"{rows[0].key.type}/{rows[0].key.id}",
        places=tuple(_place(spot.address, spot.location, rows, ask.today) for spot in spots(ask, rows, None)),
        openings=_openings(rows),
        virtual=any(service.virtual for service in services),
        ways=tuple(dict.fromkeys(way for service in services for way in service.ways)),
        receipt=receipt,
        asked_network=network,
        document=Document("receipt", {"receipt": receipt, "asked_network": network}) if receipt else None,
    )


def _place(address: str, location: Location, rows: Sequence[Listing], today: date) -> Place:
    """The role's own hours and phones at the place, else the place's, else its services'."""
    here = [row for row in rows if location in row.locations]
    own = tuple(hours for row in here for hours in row.role.hours)
    served = tuple(hours for row in here for service in row.services for hours in service.hours)
    hours = tuple(dict.fromkeys(own or location.hours or served))
    telecoms = [*(phone for row in here for phone in row.phones), *location.phones]
    phones = dict.fromkeys(one.value for one in telecoms if one.system in {"phone", None})
    faxes = dict.fromkeys(one.value for one in telecoms if one.system == "fax")
    return Place(
        address=address,
        name=location.name,
        phones=tuple(phones),
        faxes=tuple(faxes),
        today=on_day(hours, today),
        known=bool(hours),
        access=location.access,
    )


def _openings(rows: Sequence[Listing]) -> tuple[Openings, ...]:
    """By network; where roles differ about one, taking new patients somewhere counts."""
    said: dict[str, set[str]] = {name: set() for name in names_of(rows)}
    for row in rows:
        for network in row.networks:
            name = network.name or (network.key.id if network.key else None)
            answer = row.accepting(network.key)
            if name and answer:
                said[name].add(answer)
    return tuple(Openings(name, min(found, key=_ORDER.index) if found else None) for name, found in said.items())


_ORDER = ("newpt", "existptfam", "existptonly", "nopt")


def _receipt(
    rows: Sequence[Listing], ask: Ask, network: str | None, sold: Sequence[tuple[str, tuple[str, ...]]]
) -> Receipt:
    """Only the listings of the network that was asked for, where one was; otherwise all."""
    shown = [row for row in rows if not network or any(is_called(one, network) for one in row.networks)]
    names = tuple(name for name in names_of(shown) if not network or name == network)
    dates = [row.last_updated for row in shown if row.last_updated]
    read = max((source.fetched_at for source in ask.report.sources), default=None)
    unsigned = Receipt(
        provider=rows[0].name,
        npi=next((row.npi for row in rows if row.npi), None),
        networks=names,
        plans=tuple(plan for plan, own in sold if set(own) & set(names)),
        places=tuple(spot.address for spot in spots(ask, shown, None)),
        records=tuple(sorted(f"{row.role.type}/{row.role_id}" for row in shown)),
        updated=min(dates) if dates and len(dates) == len(shown) else None,
        read=read.replace(microsecond=0) if read else None,
    )
    return replace(unsigned, sha256=digest(unsigned))


def digest(receipt: Receipt) -> str:
    """The SHA-256 of the receipt's facts as they are written, in UTF-8 without a line's end."""
    return hashlib.sha256(receipt.written.encode()).hexdigest()


def _names(networks: Sequence[Network]) -> tuple[str, ...]:
    return tuple(network.name for network in networks if network.name)
