"""Who was seen and where (fhir.md 4.6), by name. Names come from contained and included resources or the display."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.records.bundle import Entry
from bot.records.decode import Unreadable, decode
from bot.records.explanation import CareTeam, Contained, Explanation
from bot.records.references import Key, Names, key_of, name_of
from bot.records.shapes import HumanName, best_name
from bot.records.text import clean

_SEEN = ("rendering", "performing", "attending")


def names_in(entries: Iterable[Entry]) -> dict[Key, str]:
    """The names of the practitioners, organizations and locations among the entries, by what references call them."""
    names: dict[Key, str] = {}
    for entry in entries:
        if entry.type not in {"Practitioner", "Organization", "Location"}:
            continue
        name = _name(entry.raw)
        if name:
            names[Key(entry.type, entry.id)] = name
            if entry.full_url.startswith("urn:"):
                names[Key("", entry.full_url)] = name
    return names


def with_contained(eob: Explanation, names: Names) -> Names:
    """The same names and those of the resources inside this one."""
    inside = {Key("", c.id): name for c in eob.contained if (name := _spoken(c))}
    return {**names, **inside} if inside else names


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
