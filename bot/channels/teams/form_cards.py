"""The pack's forms as Adaptive Cards: one input for each field, with what was typed and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.conversation.forms import NOTHING, KnownNetworks, choices_of
from bot.language.offers import Form
from bot.message import Language
from bot.replies.cards import AdaptiveCard
from bot.replies.markdown import cut

FORM = "form"
"""What the data of a sent form holds beside its fields: the form's name."""
_LABEL, _CHOICE, _LINE = 200, 100, 200
Choices = Sequence[tuple[str, str]]
_MORE = "more"
_NOTHING = ("", "\u2013")  # a choice that was made can be taken back


def form_card(
    form: Form,
    labels: Mapping[str, str],
    language: Language,
    typed: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    *,
    known: KnownNetworks = NOTHING,
) -> AdaptiveCard:
    """A form to fill in. `typed` are the values that its fields start with, `faults` what is said below a field.

    `known` are the networks of the form's own field.
    """
    said = [_text(labels["about"])] if "about" in labels else []
    seen = form.first or form.fields
    choices = {key: list(choices_of(key, labels, known if key == form.own else NOTHING)) for key in form.fields}
    asked = {
        key: list(_field(form, key, labels, choices[key], typed.get(key, ()), faults.get(key))) for key in form.fields
    }
    hidden = [key for key in form.fields if key not in seen]
    more = _more(labels, [one for key in hidden for one in asked[key]]) if hidden else []
    if hidden and (typed.keys() - {form.own} | faults.keys()) & set(hidden):
        more[1] |= {"isVisible": True}
    fields = [*(one for key in seen for one in asked[key]), *more]
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "lang": language,
        "fallbackText": labels["title"],
        "body": [*said, *fields],
        "actions": [
            {"type": "Action.Submit", "title": labels["submit"], "style": "positive", "data": {FORM: form.name}}
        ],
    }


def _more(labels: Mapping[str, str], fields: list[AdaptiveCard]) -> list[AdaptiveCard]:
    """A button that shows the other fields and hides them again, and these."""
    shows = {"type": "Action.ToggleVisibility", "title": labels["more"], "targetElements": [_MORE]}
    return [
        {"type": "ActionSet", "actions": [shows]},
        {"type": "Container", "id": _MORE, "isVisible": False, "items": fields},
    ]


def _field(  # noqa: PLR0917 -- what a field is made of
    form: Form, key: str, labels: Mapping[str, str], listed: Choices, typed: Sequence[str], fault: str | None
) -> Iterator[AdaptiveCard]:
    """One field. A star says what has to be filled in; of fields of which one is enough, at the one seen first."""
    star = " *" if key in form.asked_first and key not in form.required else ""
    asked: AdaptiveCard = {"id": key, "label": cut(labels[key], _LABEL) + star, **_input(form, key, listed, typed)}
    if key in form.required:
        asked |= {"isRequired": True, "errorMessage": labels.get(f"missing:{key}", labels["unread"])}
    yield asked
    if hint := labels.get(f"hint:{key}"):
        yield {**_text(hint), "size": "Small", "isSubtle": True, "spacing": "None"}
    if fault:
        yield {**_text(fault), "color": "Attention", "spacing": "Small"}


def _input(form: Form, key: str, known: Choices, typed: Sequence[str]) -> AdaptiveCard:
    """A choice where its values are known, a switch for a single one, a day for a date, else a line."""
    choices = [(cut(value, _LINE), cut(label, _CHOICE)) for value, label in known]
    started = {value.casefold() for value in typed}
    if len(choices) == 1 and key not in form.several:
        value, label = choices[0]
        shown = value if value.casefold() in started else ""
        return {"type": "Input.Toggle", "title": label, "valueOn": value, "valueOff": "", "value": shown}
    if choices:
        one_of = choices if key in form.several or key in form.required else [_NOTHING, *choices]
        chosen = ",".join(value for value, _ in choices if value.casefold() in started)
        listed = [{"title": label, "value": value} for value, label in one_of]
        many = {"isMultiSelect": True} if key in form.several else {"style": "compact"}
        return {"type": "Input.ChoiceSet", "choices": listed, **many, **({"value": chosen} if chosen else {})}
    kept = {"value": typed[0]} if typed else {}
    if key in form.days:
        return {"type": "Input.Date", **kept}
    return {"type": "Input.Text", "maxLength": _LINE, **kept}


def _text(text: str) -> AdaptiveCard:
    return {"type": "TextBlock", "text": text, "wrap": True}
