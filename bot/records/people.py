"""Who was seen and where (fhir-notes 4.6), by name. Names come from contained and included resources or the display."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from bot.records.bundle import Entry
from bot.records.decode import Unreadable, decode
from bot.records.explanation import CareTeam, Contained, Explanation
from bot.records.references import Key, Names, key_of, name_of
from bot.records.shapes import HumanName, best_name
from bot.records.text import clean

_SEEN = ("rendering", "performing", "attending")


class _NamesIn(Mapping[Key, str]):
    """The names of resources, each read when it is first asked for."""

    def __init__(self, rows: Mapping[Key, bytes | msgspec.Raw]) -> None:
        self._rows, self._read = rows, dict[Key, str | None]()

    def __getitem__(self, key: Key) -> str:
        if key not in self._read:
            self._read[key] = _name(self._rows[key])
        name = self._read[key]
        if name is None:
            raise KeyError(key)
        return name

    def __iter__(self) -> Iterator[Key]:
        return (key for key in self._rows if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def names_in(entries: Iterable[Entry]) -> Names:
    """The names of the practitioners, organizations and locations among the entries, by what references call them."""
    rows: dict[Key, bytes | msgspec.Raw] = {}
    for entry in entries:
        if entry.type in {"Practitioner", "Organization", "Location"}:
            rows[Key(entry.type, entry.id)] = entry.raw
            if entry.full_url.startswith("urn:"):
                rows[Key("", entry.full_url)] = entry.raw
    return _NamesIn(rows)


def with_contained(eob: Explanation, names: Names) -> Names:
    """The same names and those of the resources inside this one."""
    inside = {Key("", c.id): name for c in eob.contained if (name := _spoken(c))}
    return ChainMap(inside, names) if inside else names  # type: ignore[arg-type] # nothing is written


def seen(eob: Explanation, names: Names) -> str | None:
    """The one who treated: rendering or performing, else attending, else who billed. `primary` is somebody else."""
    for role in _SEEN:
        found = (name_of(m.provider, names) for m in eob.care_team if _is(m, role))
        name = next((n for n in found if n), None)
        if name:
            return name
    return name_of(eob.provider, names)


def prescriber(eob: Explanation, names: Names) -> str | None:
    """Who prescribed, on a pharmacy claim."""
    found = (name_of(m.provider, names) for m in eob.care_team if _is(m, "prescribing"))
    return next((n for n in found if n), None)


def place(eob: Explanation, names: Names) -> str | None:
    """The service facility, else `facility`, else an organization that billed."""
    found = [name_of(info.value_reference, names) for info in eob.info("servicefacility")]
    found.append(name_of(eob.facility, names))
    key = key_of(eob.provider)
    if key is None or key.type != "Practitioner":
        found.append(name_of(eob.provider, names))
    return next((n for n in found if n), None)


def _is(member: CareTeam, role: str) -> bool:
    return member.role is not None and role in member.role.codes()


def _name(raw: bytes | msgspec.Raw) -> str | None:
    try:
        shape, _ = decode(raw, Contained)
    except Unreadable:
        return None
    return _spoken(shape)


def _spoken(shape: Contained) -> str | None:
    if not bytes(shape.name):
        return None
    try:
        if bytes(shape.name).lstrip().startswith(b'"'):
            return clean(msgspec.json.decode(shape.name, type=str))
        return best_name(msgspec.json.decode(shape.name, type=tuple[HumanName, ...]))
    except (msgspec.DecodeError, RecursionError):
        return None
