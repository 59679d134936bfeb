"""The forms of the pack: what is wrong with one that was filled in, and the network that one starts on.

A form is options: each of its fields is a `key:value` option of the intent that it asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Literal, Protocol

from bot.language.engine import Engine
from bot.language.offers import Offers
from bot.language.options import Options, read_options
from bot.language.slots import NAMED_NETWORK
from bot.message import Person

FieldFault = Literal["missing", "unread"]
_SECONDS = 1.0  # a form is opened within three, or never: who waits for the payer gets it without the network


class OwnNetworks(Protocol):
    """Who can tell which network looks like a person's own."""

    async def own_networks(self, person: Person) -> tuple[str, ...]:
        """The names of the directory, none for who has no account here; nothing is raised."""
        ...


class Forms:
    """What a channel has to know of the pack's forms. `members` is None where no member's record is read."""

    def __init__(self, engine: Engine, offers: Offers, members: OwnNetworks | None, seconds: float = _SECONDS) -> None:
        self._engine, self.offers, self._members, self._seconds = engine, offers, members, seconds

    def faults(self, name: str, fields: Mapping[str, str], today: date) -> dict[str, FieldFault]:
        """The fields that have to be filled in and are not, and those whose value means nothing or is no known place.

        `fields` holds what is filled in as it is sent to the bot, by key (`near:"37402"`).
        """
        form = self.offers.forms[name].form
        unread = {option.key for option in self._read(name, " ".join(fields.values()), today).unread}
        unread |= {key for key in fields if _is_nowhere(self._read(name, fields[key], today))}
        found: dict[str, FieldFault] = {key: "unread" for key in form.fields if key in unread}
        found.update({key: "missing" for key in form.required if key not in fields})
        if form.one_of and fields.keys().isdisjoint(form.one_of):
            found[form.one_of[0]] = "missing"
        return found

    def _read(self, name: str, options: str, today: date) -> Options:
        slots = self._engine.intents[self.offers.forms[name].intent].slots.values()
        kinds = {"network" if kind == NAMED_NETWORK else kind for kind in slots}
        return read_options(self._engine, options, kinds, today)

    async def own(self, name: str, person: Person) -> tuple[str, ...]:
        """The networks that the form starts on: the person's own, when they are known in time."""
        if self._members is None or self.offers.forms[name].form.own is None:
            return ()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._members.own_networks(person)
        except TimeoutError:
            return ()


def choices_of(key: str, labels: Mapping[str, str], own: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The values of a field with their labels, the person's own first where the labels do not have them."""
    listed = {name.partition(":")[2]: label for name, label in labels.items() if name.startswith(f"{key}:")}
    if listed:
        known = {value.casefold() for value in listed}
        yield from ((name, name) for name in own if name.casefold() not in known)
    yield from listed.items()


def option_of(key: str, values: Iterable[str]) -> str:
    """The values of a field as options; a quotation mark in one is dropped, for it would end it."""
    return " ".join(f'{key}:"{_clean(value)}"' for value in values)


def _clean(value: str) -> str:
    return " ".join(value.replace('"', " ").replace("\u201c", " ").replace("\u201d", " ").split())


def _is_nowhere(options: Options) -> bool:
    """Whether a place was named that nobody knows: a city without a state."""
    place = options.slots.get("location")
    return place is not None and any(isinstance(one, Mapping) and one.get("state", "") is None for one in place.every)
