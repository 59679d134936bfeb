"""Who is listed where, read from the sandbox's resources without any of the bot: the truth of `tests.desk.matrix`."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.sandbox.world import Resource, World

_EARTH = 3959  # miles
Point = tuple[float, float]
PLACES: Mapping[str, Point] = {
    "Chattanooga": (35.0457, -85.3095),
    "Knoxville": (35.9606, -83.9207),
    "Memphis": (35.1495, -90.0490),
    "Nashville": (36.1622, -86.7744),
    "Clarksville": (36.5298, -87.3595),
    "37421": (35.0250, -85.1459),
    "38104": (35.1334, -90.0046),
    "37919": (35.9245, -84.0016),
}
"""The middles of places, as a map has them."""


@dataclass(frozen=True)
class Row:
    """One place of a provider, in one network or several."""

    code: str
    networks: frozenset[str]
    takes: frozenset[str]
    point: Point
    address: str
    days: frozenset[str]
    ends: str
    phone: str

    @property
    def street(self) -> str:
        """The first line of the address."""
        return self.address.partition(",")[0]


@dataclass
class Entry:
    """A person or a place, with all that is listed of it."""

    name: str
    gender: str = ""
    languages: frozenset[str] = frozenset()
    npi: str = ""
    rows: list[Row] = field(default_factory=list)

    @property
    def bare(self) -> str:
        """The name without degrees."""
        return self.name.partition(",")[0]

    def has(self, fact: str | None) -> list[str]:
        """The values of a fact, at each place."""
        return [self.npi] if fact == "npi" else [row.phone if fact == "phone" else row.street for row in self.rows]


def people(world: World, today: str) -> list[Entry]:
    """Everybody who has an active role today."""
    found: dict[str, Entry] = {}
    for role in world.of_type("PractitionerRole"):
        if role.get("period", {}).get("end", "9999") < today or not role.get("active", True):
            continue
        who = _of(world, role["practitioner"])
        entry = found.setdefault(
            who["id"],
            Entry(
                who["name"][0]["text"],
                who.get("gender", ""),
                frozenset(one["coding"][0]["code"] for one in who.get("communication", ())),
                who["identifier"][0]["value"],
            ),
        )
        times = role.get("availableTime", [{}])[0]
        ends, days = times.get("availableEndTime", ""), times.get("daysOfWeek", ())
        for place in role.get("location", ()):
            entry.rows.append(_row(world, role, _of(world, place), (days, ends), set(_networks(world, role))))
    return list(found.values())


def places(world: World) -> list[Entry]:
    """Every affiliated place."""
    found = []
    for one in world.of_type("OrganizationAffiliation"):
        networks = {_name(world, key) for key in one.get("network", ())}
        for place in one.get("location", ()):
            where = _of(world, place)
            times = where.get("hoursOfOperation", [{}])[0]
            days = times.get("daysOfWeek", ())
            ends = "24:00:00" if times.get("allDay") else times.get("closingTime", "")
            row = _row(world, one, where, (days, ends), networks)
            found.append(Entry(where["name"], npi=_npi(_of(world, one["participatingOrganization"])), rows=[row]))
    return found


def by_name(every: list[Entry]) -> Mapping[str, list[Entry]]:
    """All who are called the same."""
    called = defaultdict(list)
    for one in every:
        called[one.name].append(one)
    return called


def miles(one: Point, other: Point) -> float:
    """The distance in a straight line."""
    (north, east), (north_, east_) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((north_ - north) / 2) ** 2 + math.cos(north) * math.cos(north_) * math.sin((east_ - east) / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(half))


def _row(world: World, role: Resource, place: Resource, opens: tuple[Iterable[str], str], networks: set[str]) -> Row:
    own = role.get("telecom") or place.get("telecom") or [{}]
    address = place.get("address", {})
    position = place.get("position", {"latitude": 0.0, "longitude": 0.0})
    return Row(
        code=role["specialty"][0]["coding"][0]["code"] if role.get("specialty") else "",
        networks=frozenset(networks),
        takes=frozenset(_takes(world, role)),
        point=(float(position["latitude"]), float(position["longitude"])),
        address=f"{' '.join(address.get('line', ()))}, {address.get('city')}",
        days=frozenset(opens[0]),
        ends=opens[1],
        phone=own[0].get("value", ""),
    )


def _networks(world: World, role: Resource) -> Iterator[str]:
    for one in role.get("extension", ()):
        if one["url"].endswith("network-reference"):
            yield _name(world, one["valueReference"])


def _takes(world: World, role: Resource) -> Iterator[str]:
    for one in role.get("extension", ()):
        if one["url"].endswith("newpatients"):
            parts = {part["url"]: part for part in one["extension"]}
            codes = parts["acceptingPatients"]["valueCodeableConcept"]["coding"]
            if codes[0]["code"] == "newpt" and "fromNetwork" in parts:
                yield _name(world, parts["fromNetwork"]["valueReference"])


def _npi(house: Resource) -> str:
    return next((str(one["value"]) for one in house.get("identifier", ()) if one["system"].endswith("npi")), "")


def _name(world: World, reference: Resource) -> str:
    return str(_of(world, reference)["name"])


def _of(world: World, reference: Resource) -> Resource:
    kind, _, key = reference["reference"].partition("/")
    return world.resources[kind][key]
