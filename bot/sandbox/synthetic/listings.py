"""The people in the directory: their specialties, languages, networks, and shared practices."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from bot.sandbox.synthetic import chance, geography, tables
from bot.sandbox.synthetic.geography import SyntheticPlace
from bot.sandbox.synthetic.networks import NETWORKS

_PRACTICE_NAMES = ("Family Health", "Medical Group", "Clinic", "Specialists", "Health Partners", "Associates")
# One listing in so many has no date.
_UNDATED = 17


@dataclass(frozen=True, slots=True)
class SyntheticListing:
    """The directory data for one person at one practice."""

    key: str
    given: str
    family: str
    degree: str
    gender: str
    specialty: dict[str, str]
    place: SyntheticPlace
    street: str
    phone: str
    networks: tuple[str, ...]
    accepting: tuple[str, ...]
    languages: tuple[str, ...]
    age_days: int | None
    number: int

    @property
    def name(self) -> str:
        """The name with the degree, as displayed."""
        return f"{self.given} {self.family}, {self.degree}"


def listings(seed: int) -> Iterator[SyntheticListing]:
    """Yield the people of the demonstration, then random people in all places."""
    yield from (_featured(row, number) for number, row in enumerate(tables.rows("featured")))
    rng = chance.stream(seed, "directory")
    number = 1000
    for place in geography.places().values():
        for _ in range(max(2, round(place.weight * 0.62))):
            yield _drawn(place, number, rng)
            number += 1


@dataclass(frozen=True, slots=True)
class Practice:
    """An office shared by several listings; its key is the id of its Organization and of its Location."""

    key: str
    name: str
    npi: str
    place: SyntheticPlace
    street: str
    phone: str


def practices(people: list[SyntheticListing]) -> dict[str, Practice]:
    """Return the practices of these listings by key; the phone number is from the first listing of each."""
    found: dict[str, Practice] = {}
    for person in people:
        key = practice_key(person)
        if key not in found:
            word = _PRACTICE_NAMES[person.number % len(_PRACTICE_NAMES)]
            found[key] = Practice(
                key=key,
                name=f"{person.place.city} {word} at {person.street.split(' ', 1)[1]}",
                npi=chance.npi(50_000_000 + len(found)),
                place=person.place,
                street=person.street,
                phone=person.phone,
            )
    return found


def practice_key(person: SyntheticListing) -> str:
    """Return the id of the practice's Organization and Location."""
    return f"practice-{person.place.zip}-{person.street.split()[0]}"


def _by_code() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in tables.rows("specialties")}


def _featured(row: dict[str, str], number: int) -> SyntheticListing:
    return SyntheticListing(
        key=row["key"],
        given=row["given"],
        family=row["family"],
        degree=row["degree"],
        gender=row["gender"],
        specialty=_by_code()[row["specialty"]],
        place=geography.places()[row["zip"]],
        street=row["street"],
        phone=f"({row['phone'][:3]}) {row['phone'][4:]}",
        networks=tuple(row["networks"].split()),
        accepting=tuple(row["accepting"].split()),
        languages=tuple(row["languages"].split()),
        age_days=int(row["age_days"]),
        number=number,
    )


def _drawn(place: SyntheticPlace, number: int, rng: random.Random) -> SyntheticListing:
    specialties = tables.rows("specialties")
    gender = rng.choice(("female", "male"))
    family, _, language = rng.choice(tables.lines("family")).partition("|")
    specialty = rng.choices(specialties, [int(row["weight"]) for row in specialties])[0]
    networks = tuple(letter for letter in NETWORKS if rng.random() < 0.5) or ("P",)  # noqa: PLR2004 - even odds
    return SyntheticListing(
        key=str(number),
        given=rng.choice(tables.lines(f"given_{gender}")),
        family=family,
        degree=rng.choice(specialty["degrees"].split()),
        gender=gender,
        specialty=specialty,
        place=place,
        street=_office(place, rng),
        phone=geography.phone(place.area_code, rng)["value"],
        networks=networks,
        accepting=tuple(letter for letter in networks if rng.random() < 0.6),  # noqa: PLR2004 - three in five
        languages=("en", language) if language and rng.random() < 0.7 else ("en",),  # noqa: PLR2004 - most
        age_days=None if number % _UNDATED == 0 else int(rng.triangular(0, 400, 45)),
        number=number,
    )


def _office(place: SyntheticPlace, rng: random.Random) -> str:
    """Return one of a few offices in the place, so that people share practices."""
    office = rng.randrange(max(1, place.weight // 3))
    names = tables.lines("streets")
    return f"{100 + office * 37 + int(place.zip) % 50} {names[(int(place.zip) + office) % len(names)]}"
