"""Pages of directory search results, people or places, and which of them is asked for.

Every filter is checked on every card (T44).
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date
from functools import partial
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from bot.kit.around import FARTHER, Around, around, farther
from bot.kit.ask import Ask
from bot.kit.asked_networks import AskedNetworks, among, asked_networks, own_wanted, without_own
from bot.kit.cards import Card, store_cards
from bot.kit.conditions import Conditions, Loosened, conditions, loosened, sift
from bot.kit.facilities import places_of_care
from bot.kit.network_names import Wanted, names_of
from bot.kit.offers import Document, WithDocument
from bot.kit.opening import DAY, open_at, spans
from bot.records.details import WEEK, Hours, on_day
from bot.records.listing import Listing

RankedBy = Literal["near", "late", "early"]
_WHICH = re.compile(r"\b(which|who|what|any|cu[aá]l\w*|qui[eé]n\w*|qu[eé])\b", re.IGNORECASE)
_HOW: Mapping[RankedBy, re.Pattern[str]] = {
    "near": re.compile(r"\b(closer|nearer|closest|nearest|m[aá]s cerca\w*)\b", re.IGNORECASE),
    "late": re.compile(
        r"\b(clos\w+|open|stays?) (the )?(later|latest|last|longer|longest)\b|\bcierra\w* m[aá]s tarde\b", re.IGNORECASE
    ),
    "early": re.compile(
        r"\bopens? (the )?(earlier|earliest|first|sooner|soonest)\b|\babre\w* m[aá]s temprano\b", re.IGNORECASE
    ),
}
_SHOWN, _SEVERAL = 4, 2


class RankedOne(msgspec.Struct, frozen=True):
    """One of the list by what was asked: `miles` from the place, or the `clock` time, HH:MM, of the day."""

    name: str
    miles: float | None = None
    clock: str | None = None

    @property
    def told(self) -> object:
        """What is said of it: the time, or whole miles."""
        return self.clock if self.miles is None else round(self.miles)


class Ranked(msgspec.Struct, frozen=True):
    """The first four by what was asked, all of the list where `whole`; `day` is the weekday of the times, "mon"."""

    how: RankedBy
    entries: tuple[RankedOne, ...]
    day: str | None = None
    whole: bool = True

    @property
    def first(self) -> tuple[RankedOne, ...]:
        """The first, with those that are as near by whole miles, as early or as late."""
        return tuple(one for one in self.entries if one.told == self.entries[0].told)

    @property
    def then(self) -> tuple[RankedOne, ...]:
        """The others."""
        return self.entries[len(self.first) :]


def ranked(ask: Ask, cards: Sequence[Card]) -> Ranked | None:
    """What the words ask to know of the list, where it has several entries; None where they ask for no one of it."""
    how = next((how for how, words in _HOW.items() if words.search(ask.said)), None)
    if how is None or ask.page or len(cards) < _SEVERAL or not _WHICH.search(ask.said):
        return None
    named = [(card, card.name) for card in cards if card.name]
    if how == "near":
        near = [RankedOne(name, miles=card.miles) for card, name in named if card.miles is not None]
        return Ranked(how, tuple(near[:_SHOWN])) if near else None
    wish = open_at(ask)
    day = wish.days[0] if wish and wish.days else WEEK[ask.today.weekday()]
    edge: Callable[[Sequence[tuple[int, int]]], int] = _closes if how == "late" else _opens
    timed = [(edge(there), name) for card, name in named if (there := spans(card.site.hours, day))]
    timed.sort(key=lambda one: one[0], reverse=how == "late")
    entries = tuple(RankedOne(name, clock=_clock(minute)) for minute, name in timed)
    return Ranked(how, entries, day, whole=len(entries) == len(cards)) if entries else None


def _closes(there: Sequence[tuple[int, int]]) -> int:
    return max(end for _, end in there)


def _opens(there: Sequence[tuple[int, int]]) -> int:
    return min(start for start, _ in there)


def _clock(minute: int) -> str:
    minute = minute if minute <= DAY else minute - DAY
    return f"{minute // 60:02}:{minute % 60:02}"


PAGE = 5
_HOURS = re.compile(
    r"\b(open(?!\W+(?:bore|sided|mri|mris|upright)\b)|hours?|late|overnight|sunday|saturday|abiert[oa]|horas|domingo|s[aá]bado)\b",
    re.IGNORECASE,
)


class Found(WithDocument, frozen=True, kw_only=True):
    """One page of results.

    `unclear` is a network's name that fits none or several: then nothing was searched. `unmet` are the wishes that this
    directory says of nobody, `unsaid` how many fit all but a wish of which their listing says nothing. `partial`: not
    all could be read. `one`: only the one whose number was asked for. `every_network` are all networks of those who
    fit, for a question "in network" of somebody whose own network is unknown. `ranked`: which of them was asked.

    `own` are the networks that look like the asker's own, where the question says "in network" or no network: only
    providers in them are listed, and `elsewhere` counts the others. With `others` the others are listed. `none_own`:
    nobody who fits is in the asker's own network, so everybody is listed.

    When nothing fits: `loosened` counts what the search finds without some of its wishes, `farther` how many fit
    everything within `farther_miles`, and `wider` what is found there without some wishes.
    """

    cards: tuple[Card, ...]
    total: int
    first: int
    page: int
    today: date
    where: Around | None
    wishes: Conditions
    loosened: tuple[Loosened, ...] = ()
    farther: int = 0
    farther_miles: int = FARTHER[0]
    wider: tuple[Loosened, ...] = ()
    one: bool = False
    own: tuple[str, ...] = ()
    elsewhere: int = 0
    others: bool = False
    none_own: bool = False
    unclear: Wanted | None = None
    unmet: tuple[str, ...] = ()
    unsaid: tuple[tuple[str, int], ...] = ()
    partial: bool = False
    every_network: tuple[str, ...] = ()
    ranked: Ranked | None = None

    @property
    def last(self) -> int:
        """The number of the last result shown."""
        return self.first + len(self.cards) - 1

    @property
    def more(self) -> bool:
        """Whether there is another page."""
        return not self.one and self.last < self.total


class FoundPlaces(Found, frozen=True, kw_only=True):
    """One page of places of one of the `kinds`, or of any kind.

    `hours_asked` is True if the message is about opening hours without a condition. `nearer` is the nearest place
    outside the person's own network, if it is nearer than all places in it.
    """

    kinds: tuple[str, ...]
    hours_asked: bool = False
    nearer: Card | None = None

    @property
    def kind(self) -> str | None:
        """The single kind; None for several kinds and for any kind."""
        return self.kinds[0] if len(self.kinds) == 1 else None

    def hours(self, card: Card) -> tuple[Hours, ...]:
        """Return the opening hours of the place on the day of the question."""
        return on_day(card.site.hours, self.today)


F = TypeVar("F", bound=Found)
_FILE = re.compile(
    r"\b(csv|spreadsheet|excel|xlsx?|hoja de c[aá]lculo)\b"
    r"|\b(npis?|fax(es)?|e-?mails?)\b.*\b(all|each|every|both|todos|todas|cada|ambos)\b",
    re.IGNORECASE,
)  # a card has no more than the phone: the rest of "fax for all of them" is in the file


def page_of(ask: Ask, every: Sequence[Card], made: Callable[..., F], **more: object) -> F:
    """Return the page that was asked for as a `made` with `more` fields; with a file of all cards, if asked for."""
    one = "pick" in ask.arguments
    first = (ask.pick if ask.pick >= 0 else max(len(every) + ask.pick, 0)) if one else ask.page * PAGE
    wants_file = bool(every) and ("file" in ask.arguments or _FILE.search(ask.said) is not None)
    read = ask.moment().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return made(
        document=Document("list", {"cards": every, "read": read}, ("csv",)) if wants_file else None,
        cards=tuple(every[first : first + (1 if one else PAGE)]),
        total=len(every),
        first=first + 1,
        page=ask.page,
        today=ask.today,
        one=one,
        partial=not ask.report.complete,
        ranked=ranked(ask, every),
        **more,
    )


async def beyond(
    result: F, where: Around | None, there: Callable[[Around], Awaitable[tuple[Sequence[Listing], F]]]
) -> tuple[Sequence[Listing], F]:
    """Return what there is farther away, or with fewer conditions, if nothing matches; and the rows read there."""
    rows: Sequence[Listing] = ()
    for wide in farther(where) if where else ():
        rows, wider = await there(wide)
        result = replace(result, farther=wider.total, farther_miles=int(wide.miles), partial=wider.partial)
        if result.loosened or wider.total or wider.loosened:
            return rows, result if result.loosened else replace(result, wider=wider.loosened)
    return rows, result


def unmet_of(ask: Ask, wishes: Conditions, near: Sequence[Listing]) -> tuple[str, ...]:
    """Return the conditions about which no near listing says anything."""
    unmet = wishes.unknown(ask, near)
    return (*unmet, "network") if wishes.networks.outside and not wishes.networks.barred else unmet


async def own_of(ask: Ask, wishes: Conditions) -> AskedNetworks:
    """Return the person's own networks, in their own chat, if the question names neither a network nor a provider.

    Providers in these networks are listed first; a button shows the others.
    """
    asked = wishes.networks
    named = wishes.name or wishes.organization or ask.slots.get("npi")
    own = () if asked.named or asked.outside or (named and not asked.anyone) else await own_wanted(ask)
    return AskedNetworks(wanted=own)


async def find_places(ask: Ask, *kinds: str, anywhere: bool = False) -> FoundPlaces:
    """Return the matching places of one of the kinds (or of any kind), nearest first.

    Emergency rooms are not limited to a network. With `anywhere`, places without visitors, such as mail-order
    pharmacies, are included.

    Raises:
        NeedsPlace: If no place was named.
    """
    asked = await without_own(ask, await asked_networks(ask))
    wishes = conditions(ask, (), asked)
    if asked.unclear and asked.listed:
        ask.said_unmet("network")
        return replace(_page((), ask, kinds, None, wishes), unclear=asked.unclear)
    own = AskedNetworks() if kinds == ("emergency_room",) and not asked.anyone else await own_of(ask, wishes)
    wishes = replace(wishes, networks=own) if asked.anyone and own.wanted else wishes
    where = None if anywhere else await around(ask)
    found = await places_of_care(ask, kinds, where)
    if asked.named and not asked.listed:
        wishes = replace(wishes, networks=among(ask, found))
    if wishes.networks.unclear:
        return replace(_page((), ask, kinds, where, wishes), unclear=wishes.networks.unclear)
    result = replace(summarize(found, ask, kinds, where, wishes), own=own.names)
    if result.total and own.wanted and not asked.anyone:
        result = _with_own(result, found, ask, own)
    for name in result.unmet:
        ask.said_unmet(name)
    for type_ in ("OrganizationAffiliation", "HealthcareService", "Location", "Organization"):
        ask.cite(type_, [key.id for card in result.cards for key in card.records if key.type == type_])
    if result.total:
        return result

    async def there(wide: Around) -> tuple[Sequence[Listing], FoundPlaces]:
        rows = await places_of_care(ask, kinds, wide)
        return rows, summarize(rows, ask, kinds, wide, wishes)

    return (await beyond(result, where, there))[1]


def _with_own(result: FoundPlaces, found: Sequence[Listing], ask: Ask, own: AskedNetworks) -> FoundPlaces:
    """Return the places in the person's own networks, or with `others` those outside; all, if none is inside."""
    where, wishes = result.where, result.wishes
    inside = _shown(found, ask, where, replace(wishes, networks=own))
    stores = {row.store for row in inside}
    outside = [row for row in _shown(found, ask, where, wishes) if row.store not in stores]
    if not inside:
        return replace(result, none_own=True)
    others = "others" in ask.arguments
    page = _page(outside if others else inside, ask, result.kinds, where, wishes)
    beyond = store_cards(ask, outside, where)
    nearer = next((card for card in beyond if not others and page.first == 1 and _is_nearer(card, page.cards[0])), None)
    return replace(
        page,
        unmet=result.unmet,
        unsaid=result.unsaid,
        own=own.names,
        others=others,
        elsewhere=0 if others else len(beyond),
        nearer=nearer,
    )


def _is_nearer(one: Card, other: Card) -> bool:
    return one.miles is not None and other.miles is not None and one.miles < other.miles


def summarize(
    found: Sequence[Listing], ask: Ask, kinds: tuple[str, ...], where: Around | None, wishes: Conditions
) -> FoundPlaces:
    """Return the page that was asked for of the places that match every condition the directory can answer."""
    unmet = unmet_of(ask, wishes, sift(found, Conditions().filters(ask, where)))
    wishes = wishes.without(unmet)
    page = _page(_shown(found, ask, where, wishes), ask, kinds, where, wishes)
    return replace(
        page,
        loosened=() if page.total else loosened(found, wishes.filters(ask, where, found), stores=True),
        unmet=unmet,
        unsaid=wishes.unsaid(ask, where, found),
    )


def _shown(found: Sequence[Listing], ask: Ask, where: Around | None, wishes: Conditions) -> list[Listing]:
    """Return all listings, of whatever network, of the places that match, for the places' cards."""
    fitting = {row.store for row in sift(found, wishes.filters(ask, where, found)) if row.locations or not where}
    return [row for row in sift(found, Conditions().filters(ask, where)) if row.store in fitting]


def _page(
    shown: Sequence[Listing], ask: Ask, kinds: tuple[str, ...], where: Around | None, wishes: Conditions
) -> FoundPlaces:
    hours_asked = wishes.open_at is None and bool(_HOURS.search(ask.said))
    made = partial(FoundPlaces, kinds=kinds, hours_asked=hours_asked)
    return page_of(ask, store_cards(ask, shown, where), made, where=where, wishes=wishes, every_network=names_of(shown))
