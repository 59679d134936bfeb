"""Finds the provider that a question is about: people and organizations by name or number, or by a button's reference.

Among several providers with one name, the one on the member's own claims is chosen, in a private chat only.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot.kit.around import NeedsPlace, SearchArea, around, street_of
from bot.kit.ask import Ask, Reroute, text_of
from bot.kit.cards import Card, Groups, OwnDoctor, bare_name, by_provider, cards, of_own_claims
from bot.kit.conditions import TITLES, is_titled, shows
from bot.kit.directory import OF_PERSON, bring
from bot.kit.facts import ProviderFact, name_said, without_facts
from bot.kit.narrowing import narrowed
from bot.kit.numbered import with_number, with_phone
from bot.kit.offers import WithDocument
from bot.kit.organizations import PLACES, Choice, listings_of, nearest, organizations_named, telling_words
from bot.kit.reading import ReadDirectory
from bot.kit.sites import within
from bot.kit.spelling import is_named, likeness, stands_at, starts_like, words_of
from bot.language.context import AMONG, BESIDE, CALLED, LIKE, RECORD
from bot.payer.budget import MIB
from bot.payer.search import Search, escape
from bot.records.details import is_npi
from bot.records.listing import Listing
from bot.records.shapes import key_of

_MOST_PAGES, _MOST_RESOURCES = 40, 3_000
SOURCES = ("PractitionerRole", "OrganizationAffiliation", "Organization", "Practitioner", *PLACES)
SHOWN = 8
_SURELY = 0.91  # "Beesley, Hamza" is Hamza Beasley, but "Maria Garcia" may not be Mario Garcia
_REFERENCE = re.compile(r"(?:Practitioner|Organization|Location|HealthcareService)/[A-Za-z0-9.-]{1,64}")
_OF_CITY = re.compile(r"\s(?:of|de)\s.*$", re.IGNORECASE)
_PLACE = re.compile(r"(?:['\u2019]s)? (?:clinic|hospital|office|practice|group|cl[ií]nica|consultorio)$", re.IGNORECASE)

State = Literal["one", "several", "ended", "unknown", "unnamed"]


class Who(msgspec.Struct, frozen=True):
    """The result of a search for a provider.

    Attributes:
        name: The name or number that was searched for; None if the question names no provider.
        found: The matching providers, each as its active listings.
        ended: The number of matching providers without active listings.
        near: Providers with a similar name, if none matches.
        cards: The first eight of several matching providers.
        gone: The listings of the only matching provider, if it has no active listings.
    """

    name: str | None
    found: tuple[tuple[Listing, ...], ...]
    ended: int = 0
    near: tuple[Choice | Card, ...] = ()
    gone: tuple[Listing, ...] = ()
    cards: tuple[Card, ...] = ()

    @property
    def only(self) -> tuple[Listing, ...] | None:
        """The listings of the matching provider; None if there is none or several."""
        return self.found[0] if len(self.found) == 1 else None

    @property
    def shown(self) -> tuple[tuple[Listing, ...], ...]:
        """The first eight of several matching providers; () if there is only one."""
        return self.found[:SHOWN] if len(self.found) > 1 else ()

    @property
    def choices(self) -> tuple[Choice | Card, ...]:
        """The choices to offer: the first eight matching providers, or if there is none, those with a similar name."""
        return self.cards or self.near

    @property
    def state(self) -> State:
        """The outcome: "one", "several", "ended" without active listings, "unknown", or "unnamed" without a name."""
        if self.found:
            return "one" if len(self.found) == 1 else "several"
        if self.name is None:
            return "unnamed"
        return "ended" if self.ended else "unknown"

    def cite(self, ask: Ask) -> None:
        """Record the matching provider's roles as sources of the answer, if there is exactly one provider."""
        used = {(row.role.type, row.role_id) for row in self.only or ()}
        for type_ in SOURCES:
            ask.cite(type_, [id_ for kind, id_ in used if kind == type_])


class OfProvider(WithDocument, frozen=True, kw_only=True):
    """An answer about one provider.

    Attributes:
        found: The provider, or why there is none.
        first, last: Facts of the `listing` that the question asks for, to show before and after the answer's own text.
        listing: The card of the provider.
        each: The cards of several providers with the facts that the question asks for.
    """

    found: Who
    first: tuple[ProviderFact, ...] = ()
    last: tuple[ProviderFact, ...] = ()
    listing: Card | None = None
    each: tuple[tuple[Card, tuple[ProviderFact, ...]], ...] = ()

    @property
    def state(self) -> State:
        """The outcome of the search, as in `Who.state`."""
        return self.found.state

    @property
    def name(self) -> str | None:
        """The directory's name of the only provider, or else the name in the question; None if there is neither."""
        return self.found.only[0].name if self.found.only else self.found.name

    @property
    def reference(self) -> str | None:
        """The only provider as `Type/id`, for a button; None if there is none or several."""
        return self.found.only[0].reference if self.found.only else None


async def who(ask: Ask, *, guesses: bool = False) -> Who:
    """Return the provider of a button's reference or of a typed NPI or TIN, or all providers that match the name.

    With `guesses`, a single provider with a similar name is used, and the reply mentions that.

    The words of a name match whole words in any order, without accents; beginnings of words match only if nothing else
    does. If the question names several providers, the result has all providers that match one of the names.
    """
    if several := ask.several.get("provider_name"):
        words = dict(zip(several.values, several.text.split(", "), strict=False))  # "Rao DO" of Rao
        given = [{"provider_name": str(words.get(one, one))} for one in several.values]
        named = [{**ask.slots, "provider_name": one} for one in several.values]
        both = zip(named, given, strict=True)
        alone = [replace(ask, slots=one, words=said, several={}, named={}) for one, said in both]
        each = await asyncio.gather(*map(who, alone))
        found = {rows[0].reference: rows for one in each for rows in one.found}  # "Le or Lê" is one
        all_ended, meant = sum(one.ended for one in each), tuple(found.values())
        return Who(None if found else several.text, meant, all_ended, cards=_cards(ask, meant))
    name = text_of(ask, "provider_name")
    key = key_of(name) if name and _REFERENCE.fullmatch(name) else None
    bare = name is None and {RECORD, AMONG}.isdisjoint(ask.arguments)  # no phone number begins with 1
    form = r"\d{10}" if "npi" in words_of(ask.said) else r"1\d{9}" if bare else "(?!)"
    digits = re.search(rf"\b{form}\b", ask.said)  # no NPI, but meant as one
    npi, tin = text_of(ask, "npi") or (digits and digits[0]), text_of(ask, "tin")
    among = tuple(one for one in map(key_of, ask.arguments.get(AMONG, "").split()) if one)[:SHOWN]
    near: tuple[Choice | Card, ...] = ()
    if key is not None:
        name, rows = None, await listings_of(ask, (key,))
    elif npi:
        rows = await with_phone(ask, npi, await _area(ask)) if "-" in npi else await with_number(ask, "npi", npi)
        rows = tuple(row for row in rows if is_named(row.name, text_of(ask, "provider_name") or "")) or rows
        name = npi if "-" in npi else f"NPI {npi}" if rows or is_npi(npi) else f"NPI? {npi}"
    elif tin:
        name, rows = f"TIN {tin}", await with_number(ask, "tin", tin)
    elif name:
        name, near, rows = await _called(ask, name, guesses=guesses)
    else:
        rows = await listings_of(ask, among)
        said = "" if rows or ask.arguments else name_said(ask)
        near_name, rows = await _name_and_listings(ask, said) if said else ("", rows)
        name = near_name if rows and said else name
    every = by_provider(rows)
    every = tuple(own for own in every if name and is_named(ask.said, bare_name(own[0].name))) or every
    groups = by_provider(row for own in every for row in own if row.active(ask.today))
    ended = len(every) - len(groups)
    gone = every[0] if ended == len(every) == 1 else ()
    name = bare_name(gone[0].name) or name if gone else name
    alike = len(groups) > 1
    groups, name = await _chosen(ask, groups, every, name, numbered=bool(npi or tin))
    told = key or (alike and not ask.own_doctors) or not {RECORD, AMONG}.isdisjoint(ask.arguments)
    if (one := groups[0] if len(groups) == 1 and told else gone) and (own := one[0].name):
        ask.named[CALLED if key else "provider_name"] = own
    name = name or next((row.name for row in rows if len(groups) == 1), None)
    return Who(name, groups, max(ended, 0), near, gone, _cards(ask, groups) if len(groups) > 1 else ())


def _cards(ask: Ask, groups: Groups) -> tuple[Card, ...]:
    """Return the cards of the first eight providers."""
    return tuple(cards(ask, rows, None)[0] for rows in groups[:SHOWN])


async def _chosen(
    ask: Ask, groups: Groups, every: Groups, name: str | None, *, numbered: bool
) -> tuple[Groups, str | None]:
    """Return the providers that the question means, and their name.

    These are the providers that fit what the message says besides the name, or among these the one on the member's
    claims. For a name from an earlier message the order is reversed, because "is she a surgeon" does not select among
    the providers with the name.
    """
    carried = bool(name) and set(words_of(name)).isdisjoint(words_of(ask.said))
    where = await _area(ask) if len(groups) > 1 else None
    fitting = groups if carried else narrowed(ask, groups, where, named=bool(name))
    if name and fitting and not numbered:
        fitting, name = await of_own_claims(ask, fitting, every, name)
    return narrowed(ask, fitting, where, named=True) if carried else fitting, name


def others_there(ask: Ask, found: Who, finding: str, *, asks: bool) -> None:
    """Raise `Reroute` to the intent `finding` for others at the only provider's place, if the question `asks` that.

    This includes questions about others on a street that name nothing else.
    """
    if asks and found.only:
        raise Reroute(finding, like=found.only[0].reference, like_words=f"{ask.said}, else there")
    if found.state == "unnamed" and street_of(ask):
        raise Reroute(finding)


async def who_shown(ask: Ask) -> tuple[Listing, ...]:
    """Return the listings of the provider shown before, if the question asks for others like or near it; else ()."""
    name = ask.arguments.get(LIKE) or ask.arguments.get(BESIDE)
    found = await who(replace(ask, slots={"provider_name": name}, words={}, arguments={}, said="")) if name else None
    return (found.only or found.gone if found else None) or ()


async def _area(ask: Ask) -> SearchArea | None:
    """Return the area around the place that the question names; None if it names no place or an unknown one."""
    try:
        return await around(ask) if isinstance(ask.slots.get("location"), Mapping) else None
    except NeedsPlace:
        return None


async def _name_and_listings(ask: Ask, name: str) -> tuple[str, tuple[Listing, ...]]:
    """Return the name that was found, and the listings with that name.

    If the name finds nothing, shorter names are tried: without a city, initials, a word such as "clinic", words for a
    requested fact, or the plural ending of a family name.
    """
    ask.budget.widen(pages=_MOST_PAGES, resources=_MOST_RESOURCES, total=30 * MIB)
    short = name if is_titled(ask) else _OF_CITY.sub("", name)
    short = " ".join(word for word in short.split() if len(word.strip(".")) > 1)
    for one in dict.fromkeys(
        (
            name,
            short,
            _PLACE.sub("", short),
            without_facts(short),
            short if " " in short else short.removesuffix("s"),
            " ".join(short.split()[:-1]) if ask.slots.get("provider_name") is None else "",
        )
    ):
        if one and (rows := await _with_name(ask, one)):
            return one, rows
    return name, ()


async def _called(ask: Ask, name: str, *, guesses: bool) -> tuple[str, tuple[Choice | Card, ...], tuple[Listing, ...]]:
    """Return the name that was found, and the listings of it, or else the providers with a similar name."""
    name, rows = await _name_and_listings(ask, name)
    whole = _with_next_word(ask, name)  # "hamza beesly", of which one word is a known name
    if rows and not whole:
        return name, (), rows
    near, alike = await _nearly(ask, whole or name, guesses=guesses)
    if near or alike or rows:
        return (whole or name, near, alike) if near or alike else (name, (), rows)
    words = name.split()
    for at in range(len(words) - 1, 0, -1):  # behind the name there may be a town, a street or a kind
        bare, tail = " ".join(words[:at]), " ".join(words[at:])
        town = words_of(tail) if ask.places.city_center(tail, ask.places.home_state) else ()

        def is_there(row: Listing, town: tuple[str, ...] = town, tail: str = tail) -> bool:
            return town in {words_of(place.city) for place in row.locations} if town else shows(row, tail)

        if found := by_provider(await _with_name(ask, bare)):
            there = tuple(row for rows in found if any(is_there(row) for row in rows) for row in rows)
            if there or town:  # those elsewhere have a similar name
                return (bare, (), there) if there else (name, _cards(ask, found), ())
    return name, (), ()


def _with_next_word(ask: Ask, name: str) -> str:
    """Return the name with the word after it in the message, if the pack does not know that word; "" otherwise."""
    wish, said = words_of(ask.words.get("wish")), words_of(ask.said)
    ends = [at + len(words_of(name)) for at in stands_at(words_of(name), said)]
    follows = len(wish) == 1 and not ask.everyday(wish[0]) and any(said[at : at + 1] == wish for at in ends)
    return f"{name} {wish[0]}" if follows else ""


async def _nearly(ask: Ask, name: str, *, guesses: bool) -> tuple[tuple[Choice, ...], tuple[Listing, ...]]:
    """Return the providers with a similar name, or the listings of the one that is certainly meant."""
    near = await nearest(ask, name, people=is_titled(ask))
    same = [one for one in near if is_named(one.name, name)]  # servers compare accents and marks, too
    if guesses and len(near) == 1 and not same and await _is_sure(ask, near[0], name):
        same = [*near]
        ask.own_doctors.append(OwnDoctor(near[0].name or name, name, None, 0, spelled=True))
    keys = [key for one in same if (key := key_of(one.reference))]
    return ((), await listings_of(ask, keys)) if keys else (near, ())


async def _is_sure(ask: Ask, one: Choice, name: str) -> bool:
    """Return whether a similarly spelled name is certainly meant, because the first name or the town agrees."""
    first = words_of(name)[:1] == words_of(one.name)[:1] and " " in name.strip()
    if first or likeness(one.name, name) >= _SURELY:
        return True
    key, where = key_of(one.reference), await _area(ask)
    return where is not None and any(within(ask, row, where) for row in await listings_of(ask, [key] if key else ()))


async def _with_name(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return the listings of practitioners and organizations with the name, or else of locations and services.

    After a title such as "Dr.", only practitioners are returned.
    """
    titled = is_titled(ask)
    ways = (_people(ask, name),) if titled else (_people(ask, name), _organizations(ask, name, ("Organization",)))
    rows = tuple(row for found in await asyncio.gather(*ways) for row in found)
    places = () if titled or any(is_named(row.name, name) for row in rows) else await _organizations(ask, name, PLACES)
    exact = tuple(row for row in (*rows, *places) if is_named(row.name, name))
    alike = (tuple(row for row in found if starts_like(row.name, name)) for found in (rows, places))
    return exact or next(filter(None, alike), ())


async def _people(ask: Ask, name: str) -> tuple[Listing, ...]:
    """Return the listings of practitioners with the name, searching for one word at a time, last word first."""
    untitled = " ".join(word for word in name.split() if word.strip(".").casefold() not in TITLES)
    for word in telling_words(untitled, last_first=True):
        directory = ReadDirectory(ask=ask)
        await directory.rows(Search("PractitionerRole", (("practitioner.name", escape(word)),)), OF_PERSON)
        await bring(directory, OF_PERSON)
        rows = directory.listings()
        if not any(_may_be(row.name, name) for row in rows):
            directory = ReadDirectory(ask=ask)
            await directory.rows(Search("Practitioner", (("name", escape(word)),)))
            every = directory.practitioners.items()
            rows = await listings_of(ask, [key for key, one in every if _may_be(one.name, name)], directory)
        if any(_may_be(row.name, name) for row in rows):
            return rows
    return ()


async def _organizations(ask: Ask, name: str, types: Sequence[str]) -> tuple[Listing, ...]:
    directory, keys = await organizations_named(ask, name, _may_be, types)
    return await listings_of(ask, keys, directory)


def _may_be(written: str | None, said: str) -> bool:
    return is_named(written, said) or starts_like(written, said)
