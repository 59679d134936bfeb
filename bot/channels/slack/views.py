"""Slack's views: the pack's forms as modals, and App Home. The rule files define the fields of the forms.

Each field is a `key:value` option of the form's intent; labels are in `templates/channels/form_*`. A form holds no
member data except, if its file says so, the member's probable network and ZIP code, and only if nobody else sees that
the form was opened. Home says what the bot can do and whether an account is connected. Home stays visible, so it has no
names and amounts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.channels.base import Body
from bot.channels.slack.incoming import Incoming, read_submission
from bot.channels.slack.writer import Notices
from bot.conversation.forms import NOTHING, TICKED, FormField, Forms, Known, fields_of, unquoted
from bot.language.offers import Form
from bot.message import Language, Person
from bot.replies.buttons import Kit, gathered, plain_text
from bot.replies.markdown import cut

_TITLE, _OPTION, _LABEL, _SHOWN = 24, 75, 2_000, 150
_PREFIX, _LEFT_OPEN = "form-", "\u2013"
AMONG_OTHERS, _ALONE = "shared", "own"
"""The value of the button for more fields: whether others saw that the form was opened."""


class Modals:
    """The pack's forms as Slack modals."""

    def __init__(self, forms: Forms, notices: Notices, now: Callable[[], datetime]) -> None:
        self._forms, self._notices, self._now = forms, notices, now
        self.prompts = forms.offers.prompts

    def name_of(self, callback: str) -> str | None:
        """Return the name of the form for a callback id or an action id; None for any other id."""
        name = callback.removeprefix(_PREFIX)
        return name if callback.startswith(_PREFIX) and name in self._forms.offers.forms else None

    def offered(self, linked: str) -> tuple[str, ...]:
        """Return the names of the forms that Home offers. `linked` is the state of the connection, "" without one.

        Once a sign-in has ended, the only form about the account is the one that disconnects it.
        """
        mine = {"active": self._forms.offers.forms.keys(), "expired": ENDING}.get(linked, frozenset())
        return tuple(
            name for name, one in self._forms.offers.forms.items() if one.form.home and (not one.linked or name in mine)
        )

    async def view(self, name: str, person: Person | None, language: Language, *, whole: bool = False) -> Kit:
        """Return the modal of a form, with the person's own network and place filled in if the form asks for them.

        `person` is None for a guest, and if others see that the form was opened. Without `whole`, a form with many
        fields has only its first fields and a button for the others.
        """
        form = self._forms.offers.forms[name].form
        keys = form.first if form.first and not whole else form.fields
        more = None if keys == form.fields else _ALONE if person else AMONG_OTHERS
        return modal(form, self._notices, language, await self._forms.known(name, person, keys), more=more)

    def read(self, body: Body, language: Language) -> tuple[Incoming | None, dict[str, str]]:
        """Return a submitted form as a question, and the messages for its invalid fields by the field's block id.

        None for a view that is not one of the pack's forms.
        """
        name = self.name_of(str(body["view"].get("callback_id")))
        if name is None:
            return None, {}
        labels, fields = self._notices.labels(f"form_{name}", language), _submitted(body["view"])
        values = {key: given for key, (_, given) in fields.items()}
        text, wrong = self._forms.submitted(name, values, labels, self._now().date())
        errors = {fields[key][0] if key in fields else key: said for key, said in wrong.items()}
        return read_submission(body, self._forms.offers.forms[name].intent, text), errors


def modal(form: Form, notices: Notices, language: Language, known: Known = NOTHING, *, more: str | None = None) -> Kit:
    """Return a form as a modal. `known` are the networks to choose from, and what the fields start with.

    With `more`, the modal has only the form's first fields, and a button for the others; `more` is the button's value.
    """
    labels = notices.labels(f"form_{form.name}", language)
    said = [{"type": "section", "text": plain_text(labels["about"], _LABEL)}] if "about" in labels else []
    keys = form.fields if more is None else form.first
    shown = [_field(one, needed=one.key in form.required) for one in fields_of(form, labels, keys, known)]
    if form.first and more is None:
        shown.insert(len(form.first), {"type": "divider"})
    button = {
        "type": "button",
        "text": plain_text(labels.get("more", ""), _OPTION),
        "action_id": f"{_PREFIX}{form.name}",
    }
    return {
        "type": "modal",
        "callback_id": f"{_PREFIX}{form.name}",
        "title": plain_text(labels["title"], _TITLE),
        "submit": plain_text(labels["submit"], _TITLE),
        "close": plain_text(labels["close"], _TITLE),
        "blocks": [*said, *shown, *([{"type": "actions", "elements": [button | {"value": more}]}] if more else [])],
    }


def _field(field: FormField, *, needed: bool) -> Kit:
    """Return the block of a field. Slack itself marks optional inputs; boxes, and choices made at first, are none."""
    element = {"action_id": field.key, **_element(field)}
    if field.example:
        element["placeholder"] = plain_text(field.example, _SHOWN)
    if field.kind == "ticks":
        return {"type": "actions", "block_id": field.key, "elements": [element]}
    label, optional = plain_text(field.label, _LABEL), not needed and field.kind != "one"
    return {"type": "input", "block_id": field.key, "label": label, "element": element, "optional": optional}


def _element(field: FormField) -> Kit:
    """Return a field's input element: a date picker, a select or checkboxes if there are choices, or a text input."""
    options = {
        value: {"text": plain_text(label, _OPTION), "value": cut(value, _SHOWN) or _LEFT_OPEN}
        for value, label in field.choices
    }
    listed, initial = [*options.values()], [options[value] for value in field.chosen]
    match field.kind:
        case "ticks":
            return {"type": "checkboxes", "options": listed}
        case "several":
            return {
                "type": "multi_static_select",
                "options": listed,
                **({"initial_options": initial} if initial else {}),
            }
        case "one":
            return {"type": "static_select", "options": listed, **({"initial_option": initial[0]} if initial else {})}
        case "day":
            return {"type": "datepicker"}
    start = {"initial_value": cut(field.starts[0], _SHOWN)} if field.starts else {}
    return {"type": "plain_text_input", "max_length": 200, **start}


def _submitted(view: Mapping[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """Return the block id and the values of each field in a submitted form.

    A field with several choices has several values; any other has what was typed, selected or picked.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    for block, fields in ((view.get("state") or {}).get("values") or {}).items():
        for key, element in fields.items():
            option = element.get("selected_option") or {}
            one = element.get("value") or option.get("value") or element.get("selected_date")
            many = [each.get("value") for each in element.get("selected_options") or ()] or [one]
            values = [value for value in map(str, filter(None, many)) if unquoted(value) and value != _LEFT_OPEN]
            told = [value.partition(":") for value in values] if key == TICKED else []
            found |= {name: (block, [value]) for name, _, value in told} if told else {key: (block, values)}
    return found


ENDING = frozenset({"unlink"})
"""The forms that delete something, which ask for confirmation."""


def with_forms(blocks: Sequence[Kit], forms: Sequence[Kit]) -> list[Kit]:
    """Return the blocks of Home with the buttons that open forms, and a divider before each heading but the first.

    A form that ends a connection is added to the last row of buttons, of which the first stays and the others are in a
    menu. Other forms are added to the first row: after its first button if the page highlights that one, otherwise in
    front. The first button is highlighted.
    """
    asking = [form for form in forms if form.get("style") != "danger"]
    ending = [form for form in forms if form not in asking]
    page = [dict(block) for block in blocks]
    rows = [block for block in page if block["type"] == "actions"]
    if not rows:
        return [*page, {"type": "actions", "elements": [*forms]}]
    own = 1 if rows[0]["elements"][0].get("style") == "primary" else 0
    rows[0]["elements"] = [*rows[0]["elements"][:own], *asking, *rows[0]["elements"][own:]]
    rows[0]["elements"] = [rows[0]["elements"][0] | {"style": "primary"}, *rows[0]["elements"][1:]]
    if ending:
        rows[-1]["elements"] = gathered(rows[-1]["elements"], ending)
    rule: Kit = {"type": "divider"}
    apart = {at for at, block in enumerate(page) if block["type"] == "header" and at and page[at - 1] != rule}
    return [one for at, block in enumerate(page) for one in (*[rule] * (at in apart), block)]


def form_button(name: str, label: str) -> Kit:
    """Return the button that opens a form. A form that deletes something has a red button."""
    style = {"style": "danger"} if name in ENDING else {}
    return {"type": "button", "text": plain_text(label), "action_id": f"form-{name}", "value": name, **style}
