"""Whether a provider is in a network, proven place by place by references; missing data never proves the opposite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from msgspec.structs import replace

from bot.kit import (
    Around,
    Ask,
    AskedNetworks,
    Choice,
    Listing,
    NetworkSide,
    Proven,
    ProvenPlace,
    Site,
    Summary,
    Wanted,
    Who,
    around,
    asked_networks,
    names_of,
    networks_among,
    own_networks,
    proven_of,
    proven_place,
    side_asked,
    sites,
    who,
    within,
)

Verdict = Literal["unnamed", "unknown", "ended", "several", "unclear"] | Proven
_BEFORE = re.compile(
    r"\b(no longer|any ?more|used to|dropped|still|left|ya no|todavía|todavia|aún|aun|dejó|dejo|antes)\b", re.IGNORECASE
)
_GONE = re.compile(r"\b(no longer|not [^.?!]* any ?more|dropped|left|ya no|dejó|dejo)\b", re.IGNORECASE)


class InNetwork(Summary, frozen=True):
    """What the directory proves.

    Attributes:
        verdict: `listed` at every place in question, `partly` at some, `elsewhere` only at other places, `other` only
            in other networks, `silent` without any network, `any` if no network was asked for, `unclear` if its name
            matches none or several, `ended` if whoever has the name is no longer listed.
        wanted: The networks in question; `guessed` if they are the person's own by their coverage.
        places: The places in question; `others` are further ones.
        updated: The oldest update of the listings for the places in question.
        before: Whether the question is about the past, which a directory does not contain.
        gone: Whether the question is if the provider has left.
        side: What "yes" refers to.
    """

    verdict: Verdict
    name: str | None = None
    wanted: tuple[str, ...] = ()
    guessed: bool = False
    places: tuple[ProvenPlace, ...] = ()
    others: tuple[ProvenPlace, ...] = ()
    networks: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    total: int = 0
    reference: str | None = None
    where: Around | None = None
    updated: datetime | None = None
    today: date | None = None
    unclear: Wanted | None = None
    partial: bool = False
    before: bool = False
    gone: bool = False
    side: NetworkSide = "in"

    @property
    def proven(self) -> tuple[ProvenPlace, ...]:
        """The places at which one of the wanted networks is proven."""
        return tuple(place for place in self.places if place.wanted)

    @property
    def unproven(self) -> tuple[ProvenPlace, ...]:
        """The places at which none is proven."""
        return tuple(place for place in self.places if not place.wanted)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The wanted networks in which no place in question is listed."""
        return tuple(name for name in self.wanted if not any(name in place.wanted for place in self.places))


async def answer(ask: Ask) -> InNetwork:
    """Return the directory's answer for the provider in the network, by default in the person's own."""
    found = await who(ask)
    named = _meant(await asked_networks(ask))
    if named.unclear and not named.listed:
        named = _meant(networks_among(ask, found.only or ()))
    guess = await own_networks(ask) if found.only and not named.wanted else ()
    where = await around(ask) if isinstance(ask.slots.get("location"), dict) or ask.several.get("location") else None
    if found.only and named.unclear:
        found.cite(ask)
        return _unclear(found.only, named.unclear, ask)
    result = summarize(found, ask, guess or named.names, where, guessed=bool(guess))
    found.cite(ask)
    before, gone = bool(_BEFORE.search(ask.said)), bool(_GONE.search(ask.said))
    return replace(result, partial=not ask.report.complete, before=before, gone=gone, side=side_asked(ask))


def _meant(named: AskedNetworks) -> AskedNetworks:
    """Return the networks in question; "not in P" is also a question about P."""
    return replace(named, wanted=(*named.wanted, *named.barred), barred=())


def _unclear(rows: Sequence[Listing], odd: Wanted, ask: Ask) -> InNetwork:
    return InNetwork(
        "unclear",
        rows[0].name,
        networks=names_of(rows),
        reference=f"{rows[0].key.type}/{rows[0].key.id}",
        unclear=odd,
        updated=_updated(sites(ask, rows, None)),
        today=ask.today,
        partial=not ask.report.complete,
    )


def _updated(places: Sequence[Site]) -> datetime | None:
    """Return the oldest update of the listings, None if one of them has none."""
    dates = [site.updated for site in places]
    return min((one for one in dates if one), default=None) if None not in dates else None


def summarize(found: Who, ask: Ask, wanted: tuple[str, ...], where: Around | None, *, guessed: bool) -> InNetwork:
    """Return the verdict on the only provider with the name, or else the possible ones."""
    rows = found.only
    if rows is None:
        state = "unknown" if found.state == "one" else found.state
        return InNetwork(state, found.name, choices=found.choices, total=len(found.found))
    here = rows if where is None else tuple(row for row in rows if within(ask, row, where))
    asked = sites(ask, here, where)
    others = sites(ask, [row for row in rows if row not in here], where)
    places = tuple(proven_place(site, wanted) for site in asked)
    return InNetwork(
        verdict=proven_of(places, tuple(proven_place(site, wanted) for site in others), wanted, rows),
        name=rows[0].name,
        wanted=wanted,
        guessed=guessed,
        places=places,
        others=tuple(proven_place(site, wanted) for site in others),
        networks=names_of(rows),
        reference=f"{rows[0].key.type}/{rows[0].key.id}",
        where=where,
        updated=_updated(asked),
        today=ask.today,
    )
