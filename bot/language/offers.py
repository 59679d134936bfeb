"""What a pack's rule files offer besides answers: forms to fill in, and prompts. Channels show both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace


class Prompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A suggested question in a new chat: the button's label and the question's text, by language.

    `place` is the prompt's position among all prompts, from 1.
    """

    place: int
    title: Mapping[str, str]
    says: Mapping[str, str]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form that asks its intent's question.

    Attributes:
        place: the form's position among all forms, from 1.
        fields: the option keys of the fields, in order.
        first: the fields shown at first, with a button for the others; all fields if empty.
        required: fields that must be filled in.
        one_of: fields of which at least one must be filled in.
        days: fields with a date.
        several: fields of which several choices may be selected.
        own: the field in which the member's own network is preselected.
        among: the field that says how several of `own` are meant; not shown if there is only one to choose.
        here: the field for a place, which starts with the member's ZIP code.
        desk: fields shown only where no member's record is read.
        linked: True to offer the form only to people who have connected an account.
        home: True to show the form on a channel's home page.

    Labels, choices and error messages of the fields are in `templates/channels/form_NAME`.
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
    among: str | None = None
    here: str | None = None
    desk: tuple[str, ...] = ()
    linked: bool = False
    home: bool = True


class Offered(msgspec.Struct, frozen=True):
    """A form with its intent; `linked`: the form is offered only to people who have connected an account."""

    form: Form
    intent: str
    linked: bool


class Offers(msgspec.Struct, frozen=True):
    """All forms of a pack by name, and all prompts, each in the order of their `place`."""

    forms: Mapping[str, Offered] = msgspec.field(default_factory=dict)
    prompts: tuple[Prompt, ...] = ()

    def for_members(self) -> Offers:
        """Return the same without the fields for a directory desk."""
        forms = {name: replace(one, form=_without_desk(one.form)) for name, one in self.forms.items()}
        return replace(self, forms=forms)


def _without_desk(form: Form) -> Form:
    if not form.desk:
        return form
    fields = tuple(key for key in form.fields if key not in form.desk)
    return replace(form, fields=fields, one_of=tuple(key for key in form.one_of if key not in form.desk), desk=())


def offers_of(entries: Iterable[tuple[str, bool, Form | None, Prompt | None]]) -> Offers:
    """Return the forms and prompts of intents, given as (name, whether it reads member data, form, prompt)."""
    listed = tuple(entries)
    forms = [Offered(form, intent, member or form.linked) for intent, member, form, _ in listed if form]
    forms.sort(key=lambda one: one.form.place)
    prompts = [prompt for *_, prompt in listed if prompt]
    return Offers({one.form.name: one for one in forms}, tuple(sorted(prompts, key=lambda one: one.place)))
