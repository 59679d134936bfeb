"""The pack's forms: validation of a submitted form, the network choices, and what a member's form starts with.

Each field of a form is a `key:value` option of its intent.
"""

import asyncio
import contextlib
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

FieldFault = Literal["missing", "unread", "nothing"]
_NO_QUOTES = str.maketrans('"\u201c\u201d', "   ")
_MOST = 100  # networks to choose from, as Slack takes
_SECONDS = 1.0  # a form is opened within three, or never: who waits for the payer gets it without the network


class Known(msgspec.Struct, frozen=True):
    """What is known for a form: the directory's networks (`listed`), the member's own ones, and their ZIP code."""

    listed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    here: tuple[str, ...] = ()

    def starts(self, form: Form) -> dict[str, tuple[str, ...]]:
        """Return the initial values of a form's fields."""
        return {key: values for key, values in ((form.own, self.own), (form.here, self.here)) if key and values}


NOTHING = Known()


class Forms:
    """The pack's forms for a channel. `members` is False if the bot reads no member's record.

    `listed` returns the names of all networks of the directory, `own` those of a person, `here` a person's ZIP code.
    """

    def __init__(
        self,
        engine: Engine,
        offers: Offers,
        listed: Callable[[], Awaitable[tuple[str, ...]]],
        own: Callable[[Person], Awaitable[tuple[str, ...]]],
        here: Callable[[Person], Awaitable[tuple[str, ...]]],
        *,
        members: bool = True,
    ) -> None:
        self._engine, self.offers = engine, offers.for_members() if members else offers
        self._listed, self._own, self._here, self._members = listed, own, here, members

    def faults(self, name: str, fields: Mapping[str, str], today: date) -> dict[str, FieldFault]:
        """Return the fault of each faulty field: a required one is empty, a value is unreadable, or a place is unknown.

        If one of some fields is required and all are empty, the first has the fault "nothing". `fields` are the filled
        in options by key, as sent to the bot (`near:"37402"`).
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
            found[form.one_of[0]] = "nothing"
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

    async def known(self, name: str, person: Person | None, keys: Sequence[str] | None = None) -> Known:
        """Return what is known for the fields `keys` of a form (None: for all), as far as it can be read in time.

        `person` is None if the form must not reveal whether its opener has connected an account.
        """
        form, own = self.offers.forms[name].form, person if self._members else None
        shown = form.fields if keys is None else keys
        networks, place = form.own in shown, form.here in shown
        return Known(
            *await asyncio.gather(
                _in_time(self._listed() if networks else None),
                _in_time(self._own(own) if networks and own else None),
                _in_time(self._here(own) if place and own else None),
            )
        )


async def _in_time(names: Awaitable[tuple[str, ...]] | None) -> tuple[str, ...]:
    with contextlib.suppress(TimeoutError, PayerError, Unreadable):
        async with asyncio.timeout(_SECONDS):
            return await names if names else ()
    return ()


TICKED = "only"
"""The key and the label of the field of checkboxes that combines all fields with a single choice."""


class FormField(msgspec.Struct, frozen=True):
    """A field of a form, as each channel draws it.

    `choices` are (value, label) pairs, `starts` the initial values, `example` the placeholder of an empty text field.
    The first choice of an optional field has the value "" and says that the choice is left open.
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
    known: Known = NOTHING,
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[FormField]:
    """Yield the fields of a form with these keys. Their initial values are those `typed`, or what is known."""
    typed, is_one = known.starts(form) if typed is None else typed, len({*known.own, *known.listed}) == 1
    keys = [key for key in keys if key != form.among or not is_one]
    named = {key: [name for name in labels if name.startswith(f"{key}:")] for key in keys}
    ticks = {key: names[0] for key, names in named.items() if len(names) == 1}
    for key in keys:
        if key not in ticks:
            choices = tuple(_choices(key, labels, known if key == form.own else NOTHING))
            of_choices: Literal["several", "one"] = "several" if key in form.several else "one"
            kind = of_choices if choices else "day" if key in form.days else "text"
            starts, example = tuple(typed.get(key, ())), labels.get(f"any:{key}") or labels.get("any", "")
            if kind == "one" and key not in form.required:
                choices, starts = (("", example), *choices), starts or ("",)
            example = example if kind == "several" else labels.get(f"eg:{key}", "")
            yield FormField(key, labels[key], kind, choices, starts, example)
        elif key == next(iter(ticks)):
            starts = tuple(name for one, name in ticks.items() if one in typed)
            yield FormField(TICKED, labels[TICKED], "ticks", tuple((n, labels[n]) for n in ticks.values()), starts)


def _choices(key: str, labels: Mapping[str, str], known: Known) -> Iterator[tuple[str, str]]:
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
