"""What the pack's rule files offer beside answers: forms to fill in, prompts to press. Channels show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec


class Prompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question that a new chat offers: its words on the button, and what it says, by language.

    `place` is its place among all prompts, from 1.
    """

    place: int
    title: Mapping[str, str]
    says: Mapping[str, str]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form that asks its intent. `fields` are keys of options, in order; those of `required` must be filled in.

    `first` are the fields that it opens with; the others are a button away. Without them it opens with all.

    Of `one_of` at least one must be. `days` are fields that hold a day, `several` choices of which more than one may be
    taken. `own` names the field that starts on the member's own network. `linked`: it is offered to who has
    connected an account. `home`: it is among the few that a channel shows at home. The labels and the choices of each
    field, and what is said at one that cannot be read, are in `templates/channels/form_NAME`.
    """

    name: str
    place: int = 1
    fields: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    several: tuple[str, ...] = ()
    own: str | None = None
    linked: bool = False
    home: bool = True

    @property
    def asked_first(self) -> tuple[str, ...]:
        """What must be filled in of its first fields: of `one_of`, the one that is among them."""
        return tuple(key for key in self.first if key in self.required or key in self.one_of)


@dataclass(frozen=True, slots=True)
class Offered:
    """A form with the intent that it asks; `linked`: only who has connected an account is offered it."""

    form: Form
    intent: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Offers:
    """All forms of a pack by their names, in their order, and all prompts in theirs."""

    forms: Mapping[str, Offered] = field(default_factory=dict)
    prompts: tuple[Prompt, ...] = ()


def offers_of(entries: Iterable[tuple[str, bool, Form | None, Prompt | None]]) -> Offers:
    """The offers of intents: each one's name, whether it is for members, its form and its prompt."""
    listed = tuple(entries)
    forms = [Offered(form, intent, member or form.linked) for intent, member, form, _ in listed if form]
    forms.sort(key=lambda one: one.form.place)
    prompts = [prompt for *_, prompt in listed if prompt]
    return Offers({one.form.name: one for one in forms}, tuple(sorted(prompts, key=lambda one: one.place)))
