"""The area in which a person looks for care: a point with a distance, a county, a state, or several of these."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache

import msgspec
from msgspec.structs import replace

from bot.kit.ask import Ask
from bot.kit.reading import ReadDirectory
from bot.kit.spelling import name_of_state, words_of
from bot.language.reading import Slot
from bot.payer.search import Search
from bot.records.details import GeoPoint

FARTHER = (25, 60)  # miles: how far is looked when nothing is near; the second only where the first is empty
_WIDER = frozenset({"farther", "further", "wider", "widen", "lejos", "ampliar", "amplia", "amplie"})
"""Words that ask for a larger distance than the usual one without a number of miles: "any farther out"."""
_AS_FAR = re.compile(r"\b(?:as far as|hasta) (?P<goal>[^,.;:?!]+?)(?= (?:from|desde)\b|[,.;:?!]|$)", re.IGNORECASE)
_REACH_MILES = 25.0
_ACROSS = 400.0  # miles, for a county or a state, where no distance limits the search


class NeedsPlace(Exception):
    """Raised by an answer that needs a place; the bot then asks the person for a place once, with buttons.

    `place` is the name that the person gave, None if there was none: the name is unknown, or with `outside`, the place
    is not in the area that the directory covers.
    """

    def __init__(self, place: str | None = None, *, outside: bool = False) -> None:
        super().__init__()
        self.place = place
        self.outside = outside


class SearchArea(msgspec.Struct, frozen=True):
    """The area of a search: a point, its name, and a distance in miles; `home` is True for the member's own address.

    With `county` set, only places in that county count, and with `statewide` all places in the state, or in the part of
    it with the name `region`; `miles` is then not used. `also` holds alternative areas.
    """

    center: GeoPoint
    name: str
    state: str
    miles: float
    home: bool = False
    county: str | None = None
    statewide: bool = False
    region: str = ""
    also: tuple[SearchArea, ...] = ()

    @property
    def every(self) -> tuple[SearchArea, ...]:
        """This area and the alternative areas, each with an empty `also`."""
        return (replace(self, also=()), *self.also) if self.also else (self,)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all areas."""
        return tuple(place.name for place in self.every)

    @property
    def has_radius(self) -> bool:
        """Whether a distance limits the search."""
        return self.county is None and not self.statewide


def farther(where: SearchArea) -> tuple[SearchArea, ...]:
    """Return copies of the area with larger distances, in the order to try; empty for a county or a state."""
    if not all(place.has_radius for place in where.every):
        return ()
    wider = (miles for miles in FARTHER if where.miles < miles)
    return tuple(
        replace(where, miles=float(miles), also=tuple(replace(one, miles=float(miles)) for one in where.also))
        for miles in wider
    )


async def around(ask: Ask, *, default_miles: float = 10) -> SearchArea:
    """Return the area that the question names, with its alternatives; `default_miles` is used if no distance was named.

    Raises:
        NeedsPlace: If no place was named, or a named place is unknown or too far from the area of the directory.
    """
    place, out = ask.slots.get("location"), ask.excluded.get("location")
    place = place if place or not out else out.value  # "outside Chattanooga" is around it
    said = words_of(ask.words.get("location"))[-1:]
    outside = any(said == words_of(phrase)[:1] for phrase in ask.asked.barred) or (
        out is not None and out.value == place
    )
    miles, wider = ask.slots.get("radius"), outside or not _WIDER.isdisjoint(words_of(ask.said))
    wide = min(float(str(miles)), 100.0) if miles else max(default_miles, float(FARTHER[0])) if wider else default_miles
    many, far = ask.several.get("location"), _AS_FAR.search(ask.said)
    if far and (goal := ask.reads(far["goal"]).get("location")):
        start = ask.reads(ask.said.replace(far[0], " ")).get("location")
        area = await _place(ask, start.value if start else place, wide)
        to = await _place(ask, goal.value, wide)
        return replace(area, miles=max(wide, math.ceil(ask.places.miles_between(area.center, to.center))))
    if many is None:
        return await _place(ask, place, wide)
    first, *rest = [await _place(ask, place, wide) for place in many.values]
    return replace(first, also=tuple(rest))


def names_area(place: object) -> bool:
    """Return whether the value of a location names an area, and not only a street."""
    return place is not None and not (isinstance(place, Mapping) and place.keys() <= {"street"})


def with_town(ask: Ask, name: str) -> Ask | None:
    """Return the question with a word that was read as a provider's `name` as a second town; None if it is no town.

    The word stands beside the town of the question: "Bartlett or Germantown".
    """
    place, state = ask.slots.get("location"), state_named(ask) or ask.places.home_state
    one, other = re.escape(name), re.escape(ask.words.get("location", ""))
    joined = "|".join(rf"{first}(?:,? (?:or|and|o|y)|[,/]) ?{last}" for first, last in ((one, other), (other, one)))
    is_town = isinstance(place, Mapping) and ask.places.city_center(name, state) is not None
    if not (is_town and re.search(joined, ask.said, re.IGNORECASE)):
        return None
    towns = Slot(name, place, values=(place, {"city": name, "state": state}), how="or")
    return replace(ask.without("provider_name", "location"), several={**ask.several, "location": towns})


_ANY_ZIP = "00000"


def with_state(ask: Ask) -> Ask:
    """Return the question with the home state as its place if it names that, and no place or name: "psychiatrists TN".

    The whole message is read again as at a place, where a letter may be a network.
    """
    state, named = ask.places.home_state, {"provider_name", "organization", "npi"} & ask.slots.keys()
    name = name_of_state(state) or state
    code = re.search(rf"\b(?:{state}|{name})\b", ask.said)
    if code is None or "location" in {*ask.slots, *ask.several} or any(ask.words.get(one) != code[0] for one in named):
        return ask
    read = {slot: one.value for slot, one in ask.reads(ask.said.replace(code[0], _ANY_ZIP)).items()}
    beside = {**ask.beside, "unknown": str(ask.beside.get("unknown", "")).replace(code[0], "").strip()}
    ask = replace(ask.without(*named), beside=beside, words={**ask.words, "location": code[0]})
    if not beside["unknown"]:
        ask.said_unmet("wish")
    return replace(ask, slots={**read, **ask.slots, "location": {"state": state}})


def street_of(ask: Ask) -> str | None:
    """Return the street of the place in the question, as the person wrote it; None if it names none."""
    place = ask.slots.get("location")
    return str(place["street"]) if isinstance(place, Mapping) and "street" in place else None


def state_named(ask: Ask) -> str | None:
    """Return the two-letter code of the state of the place in the question; None without a place in a known state."""
    place = ask.slots.get("location")
    if not isinstance(place, Mapping):
        return None
    city = ask.places.city_of(str(place["zip"])) if "zip" in place else None
    return city[1] if city else place.get("state")


_TO, _ABROAD = frozenset({"in", "to", "from", "en", "a", "de"}), frozenset({"abroad", "overseas", "extranjero"})
_LONGEST_NAME = 3  # words of a country's name that are compared


def names_elsewhere(ask: Ask) -> bool:
    """Return whether a question names a place outside the state: another state, a country of CLDR, or "abroad".

    A city across the border that the directory covers does not count.
    """
    if (state := state_named(ask)) is not None:
        place = ask.slots["location"]
        city = ask.places.city_center(str(place.get("city")), state) if isinstance(place, Mapping) else None
        return state != ask.places.home_state and not (city and ask.places.zips_near(city, _REACH_MILES))
    words = tuple(word for word in words_of(ask.said) if word not in {"the", "la", "el", "los"})
    starts = [at for at, lead in enumerate(words, 1) if lead in _TO]
    places = {" ".join(words[at : at + size]) for at in starts for size in range(1, _LONGEST_NAME + 1)}
    return not (_ABROAD.isdisjoint(words) and _countries(ask.language).isdisjoint(places))


@cache
def _countries(language: str) -> frozenset[str]:
    from babel import Locale  # noqa: PLC0415 -- few questions need it

    names = Locale(language).territories
    return frozenset(" ".join(words_of(name)) for code, name in names.items() if code.isalpha() and code != "US")


async def _place(ask: Ask, place: object, wide: float) -> SearchArea:
    if place == "me":
        home = await ask.home()
        if home is None or home.zip5 is None:
            raise NeedsPlace
        center = ask.places.coordinates(home.zip5)
        return _known(ask, center, home.zip5, home.state or ask.places.home_state, wide, home=True)
    if not isinstance(place, Mapping):
        raise NeedsPlace
    if zip_code := place.get("zip"):
        city = ask.places.city_of(str(zip_code))
        state, center = city[1] if city else ask.places.home_state, ask.places.coordinates(str(zip_code))
        listed = Search("Location", (("address-postalcode", str(zip_code)),))
        return await _known_or_listed(ask, listed, wide, center=center, name=str(zip_code), state=state)
    state = str(place.get("state") or ask.places.home_state)
    if county := place.get("county"):
        bare = str(county).removesuffix(" County")
        center = ask.places.county_center(bare, state)
        return replace(_known(ask, center, f"{bare} County", state, _ACROSS), county=bare)
    city_name = str(place.get("city") or "")
    if not city_name and place.get("state"):
        name = name_of_state(state) or state
        center = ask.places.state_center(state)
        if state != ask.places.home_state or center is None:
            # The directory covers one state and what lies just across its borders: no other is searched as a whole.
            raise NeedsPlace(name, outside=True)
        region = str(place.get("region") or "")
        return SearchArea(center, region or name, state, _ACROSS, statewide=True, region=region)
    if not city_name:
        raise NeedsPlace
    listed = Search("Location", (("address-city", city_name), ("address-state", state)))
    center = ask.places.city_center(city_name, state)
    return await _known_or_listed(ask, listed, wide, center=center, name=city_name, state=state)


async def _known_or_listed(
    ask: Ask, listed: Search, miles: float, *, center: GeoPoint | None, name: str, state: str
) -> SearchArea:
    """Return the area around a city or ZIP code, by the gazetteer or else by the search `listed` in the directory.

    The directory is used if the gazetteer does not know the place or the place is too far away. The area is then around
    the median position of the directory's locations in that city or ZIP code.

    Raises:
        NeedsPlace: If neither knows the place.
    """
    try:
        return _known(ask, center, name, state, miles)
    except NeedsPlace:
        directory = ReadDirectory(ask=ask)
        await directory.pages(listed, 1)
        active = [place for place in directory.locations.values() if place.active]
        there = [one for one in active if one.zip5 == name or (one.city or "").casefold() == name.casefold()]
        points = [place.position for place in there if place.position]
        if points:
            from statistics import median  # noqa: PLC0415 -- few places are known to the directory only

            center = (median(point[0] for point in points), median(point[1] for point in points))
            state = next((place.state for place in there if place.state), state)
        if not there or center is None:
            raise
        return SearchArea(center, name, state, max(miles, 1.0))


def _known(ask: Ask, center: GeoPoint | None, name: str, state: str, miles: float, *, home: bool = False) -> SearchArea:
    if center is None:
        raise NeedsPlace(name)
    if not ask.places.zips_near(center, _REACH_MILES):
        raise NeedsPlace(f"{name}, {state}", outside=True)
    return SearchArea(center, name, state, max(miles, 1.0), home)
