"""The `key:value` options of a slash command or a form: what each gives, and what of them cannot be read."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from rapidfuzz import process

from bot.language.engine import Engine
from bot.language.names import cleaned
from bot.language.reading import Slot
from bot.language.text import key_of, read
from bot.language.versus import SIDES

_OPTION = re.compile(r'(?<!\S)([^\W\d_][\w-]{0,30}):(?!//)("[^"]*"|“[^”]*”|\S+)')
_ZIP = re.compile(r"(\d{5})(?:-?\d{4})?")
_MILES = re.compile(r"(\d{1,4})(?:\.\d+)?\s*\w*")
_MONEY = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d{1,7}(?:\.\d{2})?)")
_CODE = re.compile(r"[a-z]{2,3}")
_YES = frozenset({"yes", "y", "true", "si", "1"})
_NO = frozenset({"no", "n", "false", "0", "any"})
_SWITCHES = ("accepting_new", "telehealth", "wheelchair")
_NEAR_ENOUGH = 60


@dataclass(frozen=True, slots=True)
class Unknown:
    """A key that no option has; `near` is the known one that is most like it, if any is."""

    key: str
    near: str | None


MOST = 16  # options that one command may hold


@dataclass(frozen=True, slots=True)
class Unread:
    """An option whose value means nothing for its key; `kind` is the slot type that the key gives."""

    key: str
    value: str
    kind: str


@dataclass(frozen=True, slots=True)
class Options:
    """A text taken apart: `words` without options, the options' values by slot type, and their text in `said`.

    `unknown` are keys that nothing takes, `known` those that the command takes, by language.
    """

    words: str
    slots: Mapping[str, Slot]
    said: str = ""
    unknown: tuple[Unknown, ...] = ()
    unread: tuple[Unread, ...] = ()
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_options(engine: Engine, text: str, kinds: Collection[str], today: date) -> Options:
    """The options in a text, of the slot types that its command takes. `accepting:no` asks for nothing.

    After `MOST` options the next one is told as unread, and no further one is looked at (T49).
    A second name or network is the other side of a comparison.
    """
    known = {
        language: tuple(key for key, kind in listed.items() if kind in kinds)
        for language, listed in engine.lexicon.options.items()
    }
    keys = {key: listed[key] for language, listed in engine.lexicon.options.items() for key in known[language]}
    kind_of = {key_of(key): kind for key, kind in keys.items()}
    slots: dict[str, Slot] = {}
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
            unknown.append(Unknown(key, _nearest(key, keys)))
            if number > MOST:
                break
        elif kind in _SWITCHES and _plain(value) in _NO:
            continue
        elif slot := _value(engine, kind, key, value, today):
            slots[SIDES.get(kind, kind) if kind in slots else kind] = slot
        else:
            unread.append(Unread(key, value, kind))
    words = " ".join(_OPTION.sub(" ", text).split())
    said = " ".join((words, *values)).strip()
    return Options(words, slots, said, tuple(unknown), tuple(unread), known)


def _nearest(key: str, keys: Mapping[str, str]) -> str | None:
    near = process.extractOne(_plain(key), sorted(keys), score_cutoff=_NEAR_ENOUGH)
    return near[0] if near else None


def _plain(text: str) -> str:
    return read(text).folded.strip()


def _value(engine: Engine, kind: str, key: str, value: str, today: date) -> Slot | None:
    readers: dict[str, Callable[[], object]] = {
        **dict.fromkeys(_SWITCHES, lambda: True if _plain(value) in _YES else None),
        **dict.fromkeys(("amount_over", "amount_under"), lambda: _dollars(value)),
        "open_at": lambda: _heard(engine, kind, f"open {value}", today) or _heard(engine, kind, value, today),
        "age_group": lambda: _heard(engine, kind, f"for {value}", today) or _heard(engine, kind, value, today),
        "organization": lambda: cleaned(value) or None,
        "radius": lambda: _miles(value),
        "provider_name": lambda: cleaned(value) or None,
        "drug": lambda: _plain(value) or None,
        "language": lambda: _heard(engine, kind, value, today) or _code(value),
        "location": lambda: _place(engine, key, value, today),
        "network": lambda: _heard(engine, kind, value, today) or value or None,
    }
    found = readers.get(kind, lambda: _heard(engine, kind, value, today))()
    return None if found is None else Slot(value, found)


def _heard(engine: Engine, kind: str, value: str, today: date) -> object | None:
    slot = engine.slots_in(value, today=today).get(kind)
    if slot is None:
        return None
    return list(slot.value) if isinstance(slot.value, tuple) else slot.value


def _miles(value: str) -> int | None:
    found = _MILES.fullmatch(value)
    return int(found[1]) if found and int(found[1]) else None


def _dollars(value: str) -> str | None:
    found = _MONEY.fullmatch(value)
    return found[1].replace(",", "") if found else None


def _code(value: str) -> str | None:
    return value.casefold() if _CODE.fullmatch(value.casefold()) else None


def _place(engine: Engine, key: str, value: str, today: date) -> object | None:
    """A ZIP, also with its four further digits; a city; a county, when the key says so; "me"."""
    if found := _ZIP.fullmatch(value):
        return {"zip": found[1]}
    kind = key_of(_plain(key))
    of_county = kind in {"county", "condado"}
    said = f"{value} county" if of_county and "count" not in value else value
    slots = (engine.slots_in(f"{lead}{said}", today=today) for lead in ("", "in ", "near "))
    place = next((slot.value for found in slots if (slot := found.get("location"))), None)
    fits = not of_county or (isinstance(place, dict) and "county" in place)
    return place if fits and kind != "zip" else None
