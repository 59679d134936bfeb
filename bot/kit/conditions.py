"""The conditions of a question about providers, the kinds of doctors, and the check of listings against them.

A condition about which no listing has data is not applied: it is `unknown`, and the answer says so first. If nothing
matches, the conditions that exclude every provider are counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec
from msgspec.structs import replace

from bot.kit.around import SearchArea, names_area, street_of
from bot.kit.ask import Ask, excluded_of, text_of, values_of
from bot.kit.cards import by_provider, by_store
from bot.kit.network_names import openings_of
from bot.kit.opening import OpenAt, is_open, open_at
from bot.kit.plans import AskedNetworks
from bot.kit.sites import within
from bot.kit.spelling import is_named, lies_on, stands_at, starts_like, words_of
from bot.language.context import LIKE, SAID_OF
from bot.records.details import treats
from bot.records.listing import Listing
from bot.records.shapes import Key, keys_of

Filter = tuple[str, Callable[[Listing], bool]]
_KEPT_WISHES = frozenset({"radius", "specialty", "not_name"})  # without these it would be another search
OF_KIND = frozenset({"specialty", "radius", "street", "provider_name", "not_name", "organization"})
"""The conditions that say who is asked about: the kind, the name, the organization, the area and the street."""
_MOST_LOOSENED = 3

ListingTest = Callable[[Listing], bool | None]
Kinds = tuple[tuple[tuple[str, ...], str], ...]
"""Kinds of providers, each as its NUCC codes and the person's words."""
_KNOWABLE = ("telehealth", "wheelchair", "open_at", "age_group")
_NO_NETWORK = AskedNetworks()
_SHORTEST_START = 5  # letters
_MOST_WORDS = 4  # of a name or address


class Loosened(msgspec.Struct, frozen=True):
    """A search without the conditions in `dropped` (slot names), and the number of providers that this search finds."""

    dropped: tuple[str, ...]
    total: int

    @property
    def argument(self) -> str:
        """The dropped conditions, separated by commas, as the argument of a button."""
        return ",".join(self.dropped)


def sift(found: Iterable[Listing], filters: Sequence[Filter]) -> tuple[Listing, ...]:
    """Return the listings that pass every filter."""
    return tuple(row for row in found if all(passes(row) for _, passes in filters))


def loosened(found: Sequence[Listing], filters: Sequence[Filter], *, stores: bool = False) -> tuple[Loosened, ...]:
    """Return the searches that match some provider after dropping the fewest conditions, most providers first.

    One condition is dropped, or two if that matches nobody, and so on. At most three searches are returned, and () if
    even a search without any condition matches nobody. The area, the specialty and a name that some listing has are
    never dropped. With `stores`, places are counted instead of providers.
    """
    known = {slot for slot, passes in filters if slot == "provider_name" and any(map(passes, found))}
    names = list(dict.fromkeys(name for name, _ in filters if name not in _KEPT_WISHES | known))
    counted = by_store if stores else by_provider
    for count in range(1, len(names) + 1):
        tries = (
            Loosened(left, len(counted(sift(found, [pair for pair in filters if pair[0] not in left]))))
            for left in combinations(names, count)
        )
        if some := [one for one in tries if one.total]:
            return tuple(sorted(some, key=lambda one: -one.total)[:_MOST_LOOSENED])
    return ()


class Conditions(msgspec.Struct, frozen=True):
    """All conditions of a question about providers; None, False and () mean no condition.

    `codes` are NUCC codes and `not_*` are exclusions. Any of `languages` is enough, unless `every_language` is set.
    `houses` are the keys of the organizations, locations and services found by the name `organization`. `said_of` has
    words that the name or address must all contain; a provider with any of the words `barred` is excluded.
    """

    codes: tuple[str, ...] = ()
    name: str | None = None
    not_names: tuple[str, ...] = ()
    networks: AskedNetworks = _NO_NETWORK
    accepting: bool = False
    gender: str | None = None
    not_gender: str | None = None
    languages: tuple[str, ...] = ()
    every_language: bool = False
    telehealth: bool | None = None
    wheelchair: bool | None = None
    open_at: OpenAt | None = None
    age_group: str | None = None
    organization: str | None = None
    houses: frozenset[Key] = frozenset()
    street: str | None = None
    said_of: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def filters(self, ask: Ask, where: SearchArea | None, found: Sequence[Listing] = ()) -> list[Filter]:
        """Return every condition as a pair of its slot and a test for listings, because servers may ignore conditions.

        `found` are all listings that were read, which are needed for networks combined with "and" or "not".
        """
        codes, street, name, house = set(self.codes), self.street or "", self.name or "", self.organization or ""
        out = (*self.not_names, *self.barred)
        taking: list[Callable[[Listing], object]] = [one.opens for one in self.networks.wanted] or [openings_of]
        asked: list[tuple[str, object, Callable[[Listing], bool]]] = [
            ("specialty", codes, lambda row: bool(row.specialty_codes & codes)),
            ("radius", where, lambda row: where is not None and within(ask, row, where)),
            ("street", street, lambda row: any(lies_on(place.lines, street) for place in row.locations)),
            ("provider_name", name, lambda row: is_called(row, name)),
            ("not_name", out, lambda row: not any(shows(row, one) or is_at(row, one) for one in out)),
            ("organization", house, lambda row: is_at(row, house, self.houses)),
            ("said_of", self.said_of, lambda row: all(shows(row, one) for one in self.said_of)),
            *(("network", True, passes) for passes in self._networks(found)),
            ("accepting_new", self.accepting, lambda row: any(takes(row) for takes in taking)),
            ("gender", self.gender or self.not_gender, self._gender),
            ("language", self.languages, self._speaks),
            *((told, True, lambda row, known=known: known(row) is True) for told, known in self.knowable(ask)),
        ]
        return [(slot, passes) for slot, wish, passes in asked if wish]

    def knowable(self, ask: Ask) -> list[tuple[str, ListingTest]]:
        """Return the conditions on which a listing may have no data, each with a test.

        A test returns True, False, or None for no data.
        """
        wish, group = self.open_at, self.age_group
        asked: list[tuple[str, object, ListingTest]] = [
            ("telehealth", self.telehealth, _is_virtual),
            ("wheelchair", self.wheelchair, _is_accessible),
            ("open_at", wish, lambda row: is_open(ask, row, wish) if wish else None),
            ("age_group", group, lambda row: treats(row.specialty_codes, group, row.ages) if group else None),
        ]
        return [(slot, known) for slot, asks, known in asked if asks]

    def without(self, names: Sequence[str]) -> Conditions:
        """Return the conditions without those in `names`.

        Only the conditions on telehealth, wheelchair access, hours and age group can be removed.
        """
        return replace(self, **{name: None for name in names if name in _KNOWABLE})

    def unknown(self, ask: Ask, found: Sequence[Listing]) -> tuple[str, ...]:
        """Return the names of the conditions on which no listing has data; () if there are no listings."""
        return tuple(name for name, known in self.knowable(ask) if found and all(known(row) is None for row in found))

    def unsaid(self, ask: Ask, where: SearchArea | None, found: Sequence[Listing]) -> tuple[tuple[str, int], ...]:
        """Return, for each condition, how many providers satisfy all other conditions and have no data on this one.

        Conditions with a count of zero are left out.
        """
        filters, known_by = self.filters(ask, where, found), dict(self.knowable(ask))
        rest = {name: sift(found, [pair for pair in filters if pair[0] != name]) for name in known_by}
        silent = {
            name: sum(all(known(row) is None for row in rows) for rows in by_provider(rest[name]))
            for name, known in known_by.items()
        }
        return tuple((name, count) for name, count in silent.items() if count)

    def _networks(self, found: Sequence[Listing]) -> Iterator[Callable[[Listing], bool]]:
        wanted, barred = self.networks.wanted, self.networks.barred
        if self.networks.anyone:
            yield lambda row: bool(row.networks)
        if wanted:
            yield lambda row: any(one.holds(row) for one in wanted)
        if self.networks.how == "and" and len(wanted) > 1 and found:
            both = [{row.store for row in found if one.holds(row)} for one in wanted]
            yield lambda row: all(row.store in sites for sites in both)
        if barred:
            listed = {row.key for row in found if any(one.holds(row) for one in barred)}
            yield lambda row: row.key not in listed and not any(one.holds(row) for one in barred)

    def _gender(self, row: Listing) -> bool:
        own = row.practitioner.gender if row.practitioner else None
        return own == self.gender if self.gender else own not in {None, "unknown", self.not_gender}

    def _speaks(self, row: Listing) -> bool:
        served = (spoken for service in row.services for spoken in service.languages)
        languages = row.practitioner.languages if row.practitioner else () if row.is_person else served
        spoken = {one.casefold().split("-")[0] for one in languages}
        wanted = [one.casefold() in spoken for one in self.languages]
        return all(wanted) if self.every_language else any(wanted)


def conditions(ask: Ask, codes: Sequence[str] = (), networks: AskedNetworks = _NO_NETWORK) -> Conditions:
    """Return the conditions that the question's slots state, with the given NUCC codes and networks."""
    not_gender, spoken = ask.excluded.get("gender"), ask.several.get("language")
    name, house = text_of(ask, "provider_name"), text_of(ask, "organization")
    street, kind = street_of(ask), " ".join(words_of(ask.words.get("specialty")))
    gender = text_of(ask, "gender") or ("female" if _OF_WOMEN.search(kind) else None)
    house = house or (None if name or names_area(ask.slots.get("location")) else street)
    return Conditions(
        codes=tuple(codes),
        name=None if house and (is_named(house, name or house) or is_named(name, house)) else name,
        not_names=excluded_of(ask, "provider_name"),
        networks=networks,
        accepting=bool(ask.slots.get("accepting_new") or _TAKES.search(ask.said)),
        # The letter of "cardiology Memphis M" names a network.
        gender=None if ask.words.get("gender") == ask.words.get("network", "") else gender,
        not_gender=str(not_gender.value) if not_gender else None,
        languages=values_of(ask, "language"),
        every_language=spoken is not None and spoken.how == "and",
        telehealth=bool(ask.slots.get("telehealth")),
        wheelchair=bool(ask.slots.get("wheelchair")) and _EQUIPMENT not in values_of(ask, "facility_type"),
        open_at=open_at(ask),
        age_group=text_of(ask, "age_group"),
        organization=house,
        street=None if house == street else street,
        said_of=tuple(filter(None, ask.arguments.get(SAID_OF, "").split("; "))),
    )


def is_called(row: Listing, name: str) -> bool:
    """Return whether the name matches whole words of the listing's name.

    A name of at least five letters also matches the beginnings of words.
    """
    return is_named(row.name, name) or (len(name) >= _SHORTEST_START and starts_like(row.name, name))


def is_at(row: Listing, name: str, keys: frozenset[Key] = frozenset()) -> bool:
    """Return whether the listing is at an organization, place or service with this name or with one of these keys."""
    own = {row.organization_key, *(place.organization for place in row.locations), *keys_of(row.role.services)}
    if not keys.isdisjoint(own | {Key("Location", place.id) for place in row.locations}):
        return True
    places = (place.name for place in row.locations)
    written = (row.organization_name, *row.place_names, *places, *(service.name for service in row.services))
    return any(is_named(one, name) for one in written)


def texts_of(row: Listing) -> tuple[str | None, ...]:
    """Return the listing's name, and then the texts of its specialties, organization and places."""
    places = (text for place in row.locations for text in (place.name, *place.lines, place.city, place.zip5))
    return (row.name, *(one.words for one in row.specialties), row.organization_name, *row.place_names, *places)


def shows(row: Listing, said: str) -> bool:
    """Return whether these words occur in the listing's name, specialty, organization or address."""
    return any(stands_at(words_of(said), words_of(text)) for text in texts_of(row))


def barred_in(ask: Ask, found: Sequence[Listing]) -> tuple[str, ...]:
    """Return the excluded words: the longest beginning of each excluded phrase that is in one of the listings.

    Words of slots are left out, because their own conditions exclude them.
    """
    own = {word for text in ask.words.values() for word in words_of(text)} - set(words_of(ask.words.get("location")))
    out: list[str] = []
    place = ask.excluded.get("location")  # of this message or of one before
    named = (
        (str(place.value.get("city") or place.value.get("zip")),) if place and isinstance(place.value, Mapping) else ()
    )
    for phrase in map(words_of, dict.fromkeys((*ask.asked.barred, *named))):
        starts = (" ".join(phrase[:size]) for size in range(min(len(phrase), _MOST_WORDS), 0, -1))
        known = phrase[:1] and len(phrase[0]) >= _SHORTEST_START - 1 and own.isdisjoint(phrase[:1])
        out += [one for one in starts if known and any(shows(row, one) for row in found)][:1]
    at = [ask.said.casefold().find(one) for one in out]
    said = (ask.said[first : first + len(one)] if first >= 0 else one for first, one in zip(at, out, strict=True))
    return tuple({one.casefold(): one for one in said}.values())


def _is_virtual(row: Listing) -> bool | None:
    if any(service.virtual for service in row.services):
        return True
    return False if any(service.methods for service in row.services) else None


def _is_accessible(row: Listing) -> bool | None:
    codes = {code for place in row.locations for code in place.access}
    return bool(codes & {"adacomp", "handiaccess", "mobility"}) if codes else None


PRIMARY_CARE = ("207Q00000X", "207R00000X", "208D00000X", "208000000X", "363LF0000X", "363LP2300X")
_TAKES = re.compile(r"\b(?:acept|recib|tom)\w+ pacientes\b", re.IGNORECASE)  # without "nuevos"
_EQUIPMENT = "equipment"  # sells wheelchairs, so that the word names what is looked for
_OF_WOMEN = re.compile(r"(?:olog|cirujan|medic|doctor)as?$")  # "cardióloga"
_OR = re.compile(r"\s*(?:[/,&+]|\b(?:or|and|o|u|y|e)\b)\s*", re.IGNORECASE)
_PATIENT = re.compile(r"\bpt (?:has|have|had|is|was|can|needs?|wants?|says?|lives?|with|w|who)\b")
_FINER: Mapping[str, tuple[str, ...]] = {
    "207RC0000X": ("207RI0011X", "207RC0001X", "207RA0001X"),
    "207RG0100X": ("207RT0003X",),
    "207X00000X": ("207XS0106X", "207XS0114X", "207XS0117X", "207XX0004X", "207XX0005X", "207XX0801X"),
    "207N00000X": ("207NS0135X", "207ND0101X"),
    "2084P0800X": ("2084P0804X", "2084P0805X"),
    "208600000X": ("2086S0129X", "2086S0102X", "2086S0105X", "2086S0122X", "2086S0127X", "2086X0206X"),
}
"""By specialty, the finer ones that count as it, of who is named or at one house: a stent doctor is a cardiologist."""
_OF_CHILDREN: Mapping[str, str] = {
    "207RC0000X": "2080P0202X", "207RE0101X": "2080P0205X", "207RG0100X": "2080P0206X", "207RN0300X": "2080P0210X",
    "207RP1001X": "2080P0214X", "207RR0500X": "2080P0216X", "207K00000X": "2080P0201X", "207RX0202X": "2080P0207X",
    "207RI0200X": "2080P0208X", "2084P0800X": "2084P0804X", "208600000X": "2086S0120X", "207X00000X": "207XP3100X",
    "208800000X": "2088P0231X", "207Y00000X": "207YP0228X", "207N00000X": "207NP0225X", "207W00000X": "207WX0110X",
    "122300000X": "1223P0221X",
}  # fmt: skip
"""By specialty, the same for children, which counts as it for a child: "a cardiologist for my kid"."""
_YOUNG = frozenset({"child", "teen"})
_FOR_MINE = re.compile(r"\s+(?:for|para)\s+(?:my|mi|mis)\b.*", re.IGNORECASE)
_SPECIALIST = frozenset({"specialist", "specialists", "specialty", "especialista", "especialistas", "especialidad"})
TITLES = ("dr", "dra", "doctor", "doctora")
_ANY_DOCTOR = frozenset(
    {"a", "any", "anyone", "doc", "docs", "doctor", "doctora", "doctores", "doctors", "dr", "dra", "drs", "el", "la"}
    | {"medica", "medico", "medicos", "physician", "physicians", "proveedor", "proveedores", "provider", "providers"}
    | {"somebody", "the", "un", "una", "who"}
)


def is_title(said: str) -> bool:
    """Return whether the words mean just any doctor, such as "Dr." before a name or "a doctor"; False for no words."""
    return bool(said) and _ANY_DOCTOR.issuperset(words_of(said))


def is_titled(ask: Ask) -> bool:
    """Return whether the person wrote a title such as "Dr." before the provider's name."""
    return ask.words.get("provider_name", "").casefold().partition(" ")[0].strip(".") in TITLES


def asks_kind(ask: Ask, criteria: Conditions) -> bool:
    """Return whether the question asks for a specialist without naming a specialty."""
    unkind = criteria.codes == PRIMARY_CARE and "specialty" not in ask.slots
    return unkind and not _SPECIALIST.isdisjoint(words_of(ask.said))


def kind_said(ask: Ask, criteria: Conditions) -> str | None:
    """Return the person's words for the kind of provider, without an ending such as "for my kid".

    None for "a doctor", which means primary care, and for a provider who was named.
    """
    said = _FOR_MINE.sub("", ask.words.get("specialty", "")) if "specialty" in ask.slots else ""
    said = said[:1].lower() + said[1:] if said[1:].islower() else said
    plain = set(criteria.codes) <= set(PRIMARY_CARE) and is_title(said)
    return said if said and not plain and (criteria.codes or not (criteria.name or criteria.organization)) else None


def kinds_of(ask: Ask) -> Kinds:
    """Return the kinds of provider if the question names several, each as NUCC codes and the person's words; else ().

    If the words cannot be separated, each kind has all of the words. "pt has", beside another kind, is a patient.
    """
    several = ask.several.get("specialty")
    if several is None:
        return ()
    words = [word.strip() for word in _OR.split(several.text) if word.strip()]
    words = words if len(words) == len(several.values) else [several.text] * len(several.values)
    kinds = zip(several.values, words, strict=True)
    return tuple((as_codes(codes), word) for codes, word in kinds if word != "pt" or not _PATIENT.search(ask.said))


def as_codes(codes: object) -> tuple[str, ...]:
    """Return a slot's value as a tuple of codes: a list of codes, or a string with commas between them."""
    listed = codes if isinstance(codes, Sequence) and not isinstance(codes, str) else str(codes).split(",")
    return tuple(map(str, listed))


def kind_codes(ask: Ask) -> tuple[str, ...]:
    """Return the NUCC codes of the kinds of provider in question.

    These are the codes of primary care if the question names no specialty, name, organization or street. There are none
    for a name without a specialty; "Dr." before a name is not a specialty.
    """
    value = ask.slots.get("specialty")
    named = bool(ask.slots.keys() & {"provider_name", "organization", "npi"} or street_of(ask))
    if named and is_title(ask.words.get("specialty", "")):
        return ()
    own = [code for codes, _ in kinds_of(ask) for code in codes] or as_codes(value or ())
    finer = [code for one in own for code in _FINER.get(one, ()) if named or LIKE in ask.arguments]
    finer += [_OF_CHILDREN[one] for one in own if one in _OF_CHILDREN and ask.slots.get("age_group") in _YOUNG]
    return (*dict.fromkeys((*own, *finer)),) or (() if named else PRIMARY_CARE)


def doctors_asked(ask: Ask) -> tuple[tuple[frozenset[str], str], ...]:
    """Return the kinds of doctors that the question names, each as its NUCC codes and the person's words.

    Empty for a title such as "Dr.", or if the same words name a kind of care.
    """
    said = ask.words.get("specialty", "")
    own = set(words_of(ask.words.get("service"))) | set(words_of(ask.words.get("claim_type")))
    if not said or is_title(said) or own.issuperset(words_of(said)) or "specialty" not in {**ask.slots, **ask.several}:
        return ()
    every = kinds_of(ask) or ((kind_codes(ask), said),)
    return tuple((frozenset(codes), word) for codes, word in every)
