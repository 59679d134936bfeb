"""The pack's forms: validation of a submitted form, the network choices, and the member's own network.

Each field of a form is a `key:value` option of its intent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from bot.errors import PayerError
from bot.kit import Unreadable
from bot.language.engine import Engine
from bot.language.offers import Form, Offers
from bot.language.options import Options, read_options
from bot.message import Person

FieldFault = Literal["missing", "unread"]
_NO_QUOTES = str.maketrans('"\u201c\u201d', "   ")
_MOST = 100  # networks to choose from, as Slack takes
_SECONDS = 1.0  # a form is opened within three, or never: who waits for the payer gets it without the network


class KnownNetworks(msgspec.Struct, frozen=True):
    """The networks for a form: all those of the directory (`listed`), and those that are preselected (`own`)."""

    listed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


NOTHING = KnownNetworks()
"""The known networks of a field that does not ask for a network: none."""


class Forms:
    """The pack's forms for a channel. `members` is False if the bot reads no member's record.

    `listed` returns the names of all networks of the directory, `own` those of a person.
    """

    def __init__(
        self,
        engine: Engine,
        offers: Offers,
        listed: Callable[[], Awaitable[tuple[str, ...]]],
        own: Callable[[Person], Awaitable[tuple[str, ...]]],
        *,
        members: bool = True,
    ) -> None:
        self._engine, self.offers, self._listed, self._own = engine, offers, listed, own
        self._members = members

    def faults(self, name: str, fields: Mapping[str, str], today: date) -> dict[str, FieldFault]:
        """Return the fault of each faulty field: a required one is empty, a value is unreadable, or a place is unknown.

        `fields` are the filled in options by key, as sent to the bot (`near:"37402"`).
        """
        form = self.offers.forms[name].form
        unread = {option.key for option in self._read(name, " ".join(fields.values()), today).unread}
        for key, typed in fields.items():  # a city without a state is no place
            place = self._read(name, typed, today).slots.get("location")
            if place and any(isinstance(one, Mapping) and one.get("state", "") is None for one in place.every):
                unread.add(key)
        found: dict[str, FieldFault] = {key: "unread" for key in form.fields if key in unread}
        found.update({key: "missing" for key in form.required if key not in fields})
        if form.one_of and fields.keys().isdisjoint(form.one_of):
            found[form.one_of[0]] = "missing"
        return found

    def submitted(
        self, name: str, values: Mapping[str, Sequence[str]], labels: Mapping[str, str], today: date
    ) -> tuple[str, dict[str, str]]:
        """Return a submitted form as options, and the message for each faulty field, from the `labels` of the form."""
        options = {key: option_of(key, given) for key, given in values.items() if given}
        faults = self.faults(name, options, today)
        wrong = {key: labels.get(f"{fault}:{key}", labels["unread"]) for key, fault in faults.items()}
        return " ".join(options.values()), wrong

    def _read(self, name: str, options: str, today: date) -> Options:
        return read_options(self._engine, options, self._engine.intents[self.offers.forms[name].intent].options, today)

    async def known(self, name: str, person: Person | None) -> KnownNetworks:
        """Return the networks for a form that asks for one, as far as they can be read in time; none for other forms.

        `person` is None if the form must not reveal whether its opener has connected an account.
        """
        if self.offers.forms[name].form.own is None:
            return KnownNetworks()
        own = [self._in_time(self._own(person))] if person and self._members else []
        return KnownNetworks(*await asyncio.gather(self._in_time(self._listed()), *own))

    async def _in_time(self, names: Awaitable[tuple[str, ...]]) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(_SECONDS):
                return await names
        except (TimeoutError, PayerError, Unreadable):
            return ()


TICKED = "only"
"""The key and the label of the field of checkboxes that combines all fields with a single choice."""


class FormField(msgspec.Struct, frozen=True):
    """A field of a form, as each channel draws it.

    `choices` are (value, label) pairs, `starts` the initial values; `example` stands in an empty field for text.
    """

    key: str
    label: str
    kind: Literal["one", "several", "ticks", "day", "text"]
    choices: tuple[tuple[str, str], ...] = ()
    starts: tuple[str, ...] = ()
    example: str = ""

    @property
    def chosen(self) -> list[str]:
        """The initial values that are among the choices, in the order of the choices."""
        starts = {value.casefold() for value in self.starts}
        return [value for value, _ in self.choices if value.casefold() in starts]


def fields_of(
    form: Form,
    labels: Mapping[str, str],
    keys: Iterable[str],
    known: KnownNetworks = NOTHING,
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[FormField]:
    """Yield the fields of a form with these keys. Their initial values are those `typed`, or the person's networks."""
    if typed is None:
        typed = {form.own: known.own} if form.own else {}
    keys = tuple(keys)
    named = {key: [name for name in labels if name.startswith(f"{key}:")] for key in keys}
    ticks = {key: names[0] for key, names in named.items() if len(names) == 1}
    for key in keys:
        if key not in ticks:
            choices = tuple(_choices(key, labels, known if key == form.own else NOTHING))
            of_choices: Literal["several", "one"] = "several" if key in form.several else "one"
            kind = of_choices if choices else "day" if key in form.days else "text"
            yield FormField(key, labels[key], kind, choices, tuple(typed.get(key, ())), labels.get(f"eg:{key}", ""))
        elif key == next(iter(ticks)):
            starts = tuple(name for one, name in ticks.items() if one in typed)
            yield FormField(TICKED, labels[TICKED], "ticks", tuple((n, labels[n]) for n in ticks.values()), starts)


def _choices(key: str, labels: Mapping[str, str], known: KnownNetworks) -> Iterator[tuple[str, str]]:
    """Yield the (value, label) choices of a field: those in the labels, or the directory's networks, own ones first.

    There are none if the directory does not respond in time; the person then types the name.
    """
    yield from ((name, name) for name in list(dict.fromkeys((*known.own, *known.listed)))[:_MOST] if known.listed)
    yield from ((name.partition(":")[2], label) for name, label in labels.items() if name.startswith(f"{key}:"))


def option_of(key: str, values: Iterable[str]) -> str:
    """Return the values of a field as options. Quotation marks in a value are removed, because they would end it."""
    return " ".join(f'{key}:"{unquoted(value)}"' for value in values)


def unquoted(value: str) -> str:
    """Return a value in one line, without quotation marks."""
    return " ".join(value.translate(_NO_QUOTES).split())
