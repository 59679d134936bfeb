"""The `key:value` options of a slash command or a form: their values, and the options that cannot be read."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date

import msgspec
from msgspec.structs import replace

from bot.language.codes import is_npi
from bot.language.engine import Engine
from bot.language.findings import nearest
from bot.language.matcher import WordArea
from bot.language.reading import Slot, distinct
from bot.language.slots import SIDES, UNNAMED_NETWORKS
from bot.language.text import cleaned, key_of, read

_OPTION = re.compile(r'(?<!\S)([^\W\d_][\w-]{0,30}):(?!//)("[^"]*"|“[^”]*”|\S+)')
_ZIP = re.compile(r"(\d{5})(?:-?\d{4})?")
_MILES = re.compile(r"(\d{1,4})(?:\.\d+)?\s*\w*")
_MONEY = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d{1,7}(?:\.\d{2})?)")
_CODE = re.compile(r"([a-z]{2,3})")
_SWITCHES = ("accepting_new", "telehealth", "wheelchair")
# How several networks are meant, which is an option of its own: any of them, all of them, or none.
HOW = "network_how"


class Unknown(msgspec.Struct, frozen=True):
    """An option with an unknown key; `near` is the most similar known key, None if there is none."""

    key: str
    near: str | None


MOST = 16  # options that one command may hold


class Unread(msgspec.Struct, frozen=True):
    """An option whose value is invalid for its key; `kind` is the key's slot type."""

    key: str
    value: str
    kind: str


class Options(msgspec.Struct, frozen=True):
    """The result of reading a text: its `words` outside options, and the options' values by slot type.

    `said` is the words and the values as text. `unknown` are options with an unknown key, `unread` options with an
    invalid value, and `known` the keys that the command accepts, by language.
    """

    words: str
    slots: Mapping[str, Slot]
    said: str = ""
    unknown: tuple[Unknown, ...] = ()
    unread: tuple[Unread, ...] = ()
    known: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


def read_options(engine: Engine, text: str, kinds: Collection[str], today: date) -> Options:
    """Return the options in a text, of the slot types `kinds` that its command accepts. `accepting:no` has no effect.

    After `MOST` options the next one is reported as unreadable, and the rest is ignored (T49). If the command compares,
    a second name or network is the other side of the comparison. Otherwise several values of a key mean any of them,
    and `networks:all` or `networks:none` requires all or none of the networks.
    """
    kinds = {*kinds, HOW} if "network" in kinds else {*kinds}
    known = {
        language: tuple(key for key, kind in listed if kind in kinds)
        for language, listed in engine.lexicon.options.items()
    }
    keys = {key: kind for listed in engine.lexicon.options.values() for key, kind in listed if kind in kinds}
    kind_of = {key_of(key): kind for key, kind in keys.items()}
    slots: dict[str, Slot] = {}
    words = engine.lexicon.grammar.area("options")
    unknown: list[Unknown] = []
    unread: list[Unread] = []
    values: list[str] = []
    for number, found in enumerate(_OPTION.finditer(text), 1):
        key, value = found[1], found[2].strip('"“”').strip()
        kind = kind_of.get(key_of(_plain(key)))
        values.append(value)
        if kind is not None and number > MOST:
            unread.append(Unread(key, value, kind))
            break
        if kind is None:
            unknown.append(Unknown(key, nearest(_plain(key), keys) or None))
            if number > MOST:
                break
        elif kind != HOW and _plain(value) in (
            words.any("any_said", "no_said") if kind in _SWITCHES else words.any_said
        ):
            continue
        elif not _put(slots, kind, _slot(engine, kind, key, value, today), compares=SIDES.get(kind) in kinds):
            unread.append(Unread(key, value, kind))
    how = slots.pop(HOW, None)
    if how and "network" in slots:
        slots["network"] = _meant(slots["network"], str(how.value))
    elif how:
        unread.append(Unread("match", how.text, HOW))
    left = " ".join(_OPTION.sub(" ", text).split())
    said = " ".join((left, *values)).strip()
    return Options(left, slots, said, tuple(unknown), tuple(unread), known)


def _put(slots: dict[str, Slot], kind: str, slot: Slot | None, *, compares: bool) -> bool:
    """Store an option in `slots`. Return False if it cannot be read, or if it both wants and excludes values."""
    if slot is not None and compares and kind in slots:
        kind = SIDES[kind]
    elif slot is not None and kind in slots:
        slot = _both(slots[kind], slot)
    if slot is not None:
        slots[kind] = slot
    return slot is not None


def _both(one: Slot, other: Slot) -> Slot | None:
    """Return two options of one key as one slot with any of their values; None if only one of them excludes."""
    values = distinct((*one.every, *other.every))
    if one.excluded != other.excluded:
        return None
    if len(values) == 1:
        return other
    return Slot(f"{one.text}, {other.text}", values[0], one.excluded, values, "or")


def _meant(slot: Slot, how: str) -> Slot:
    if how == "not":
        return replace(slot, excluded=True)
    return replace(slot, how="and" if how == "and" else "or") if slot.values else slot


def _plain(text: str) -> str:
    return read(text).folded.strip()


def _slot(engine: Engine, kind: str, key: str, value: str, today: date) -> Slot | None:
    """Return the slot of an option; None if its value is invalid. "not P" excludes P.

    The text of a switch such as `accepting` is its key, because "yes" alone has no meaning.
    """
    words = engine.lexicon.grammar.area("options")
    if kind in _SWITCHES:
        return Slot(key, True) if _plain(value) in words.yes_said else None
    first, _, rest = value.partition(" ")
    barred = bool(rest.strip()) and first.casefold() in words.leaving_out
    found = _value(engine, kind, key, rest.strip() if barred else value, today)
    if not isinstance(found, Slot):
        return None if found is None else Slot(value, found, excluded=barred)
    return replace(found, text=value, excluded=found.excluded or barred)


def _value(engine: Engine, kind: str, key: str, value: str, today: date) -> object | None:
    words = engine.lexicon.grammar.area("options")
    readers: dict[str, Callable[[], object]] = {
        "amount": lambda: _heard(engine, kind, (value, f"${value}"), today),
        **dict.fromkeys(("amount_over", "amount_under"), lambda: _matched(_MONEY, value).replace(",", "") or None),
        "open_at": lambda: _heard(engine, kind, _ways(words, "open_way", value), today),
        "age_group": lambda: _heard(engine, kind, _ways(words, "age_way", value), today),
        HOW: lambda: words.values("how").get(_plain(value)),
        "radius": lambda: int(_matched(_MILES, value) or 0) or None,
        **dict.fromkeys(("organization", "provider_name"), lambda: cleaned(value) or None),
        "drug": lambda: _plain(value) or None,
        "language": lambda: _heard(engine, kind, (value,), today) or _matched(_CODE, value.casefold()) or None,
        "npi": lambda: _heard(engine, kind, (value,), today) if any(map(is_npi, value.split())) else None,
        "location": lambda: _place(engine, key, value, today),
        "network": lambda: _network(engine, value, today),
    }
    return readers.get(kind, lambda: _heard(engine, kind, (value,), today))()


def _ways(words: WordArea, name: str, value: str) -> Iterator[str]:
    """Yield texts that a message with the value may have: phrases of a list with "x" replaced, and the value alone."""
    yield from (" ".join(value if word == "x" else word for word in way) for way in words.phrases(name))
    yield value


def _heard(engine: Engine, kind: str, ways: Iterable[str], today: date) -> Slot | None:
    """Return the slot of the first of several wordings in which a value is recognized; None if there is none."""
    found = (engine.slots_in(said, today=today).get(kind) for said in ways)
    slot = next((one for one in found if one), None)
    if slot is None or not isinstance(slot.value, tuple):
        return slot
    return replace(slot, value=list(slot.value))


def _network(engine: Engine, value: str, today: date) -> object | None:
    """Return the slot of a network by any of its names; an unknown name is returned unchanged, None for no name."""
    found = _heard(engine, "network", (value,), today)
    if found is None:
        found = _heard(engine, "network", (f"network {value}",), today)
        found = None if found is None or found.value in UNNAMED_NETWORKS else found
    return found or value or None


def _matched(form: re.Pattern[str], value: str) -> str:
    """Return the group of a value that has this form; "" for any other value."""
    found = form.fullmatch(value)
    return found[1] if found else ""


def _place(engine: Engine, key: str, value: str, today: date) -> object | None:
    """Return a ZIP code, a city, "me", or a county if the key says so; None for another value.

    A ZIP code may have four further digits, which are dropped.
    """
    if found := _matched(_ZIP, value):
        return {"zip": found}
    kind = key_of(_plain(key))
    of_county = kind in {"county", "condado"}
    said = f"{value} county" if of_county and "count" not in value else value
    place = _heard(engine, "location", (f"{lead}{said}" for lead in ("", "in ", "near ")), today)
    fits = not of_county or (place is not None and isinstance(place.value, dict) and "county" in place.value)
    return place if fits and kind != "zip" else None
