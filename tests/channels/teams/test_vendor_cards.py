"""Microsoft's own models of cards, as a second opinion on ours: every element is one that they know, with its keys."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from microsoft_teams.cards import AdaptiveCard, core
from pydantic import BaseModel, ValidationError

from bot.channels.teams.dialogs import form_card
from bot.message import Action, Actions, Block, Language, Line, Press, Private, Shareable, Span
from bot.replies.cards import POP_UP, only_seen, pages, renewing, submitting
from bot.replies.render import labels_of
from tests.replies.made import BLOCKS, CHARTS
from tests.shipped import shipped_pack

Json = dict[str, Any]
MODELS: dict[str, type[BaseModel]] = {
    model.model_fields["type"].default: model
    for model in vars(core).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and "type" in model.model_fields
}


def vendor_faults(value: object) -> Iterator[str]:
    """What the models would not take of a card or a part of it, at any depth: types, values and names of keys."""
    if isinstance(value, list):
        for inside in value:
            yield from vendor_faults(inside)
    if not isinstance(value, dict):
        return
    if model := MODELS.get(value.get("type", "")):
        known = {field.serialization_alias or field.alias or name for name, field in model.model_fields.items()}
        yield from (f"{value['type']}.{name}" for name in sorted(value.keys() - known - {"$schema"}))
        try:
            model.model_validate(value)
        except ValidationError as error:
            yield f"{value['type']}: {error.errors()[0]['loc']}"
    elif "type" in value:
        yield f"no {value['type']}"
    for name, inside in value.items():
        if name != "data":
            yield from vendor_faults(inside)


@given(st.lists(BLOCKS | CHARTS, min_size=1, max_size=6))
@settings(max_examples=40)
def test_any_reply_is_a_card_of_theirs(blocks: list[Block]) -> None:
    """Texts, tables, facts, charts, entries and buttons; also as one person sees it, and in a dialog."""
    for page in pages(Shareable(intent="help", language="en", blocks=tuple(blocks))):
        for card in (page.card, only_seen(page.card), submitting(page.card), renewing(page.card, "opaque", "29:u1")):
            assert list(vendor_faults(card)) == []
            AdaptiveCard.model_validate(card)


def test_a_sign_in_is_a_card_of_theirs() -> None:
    """A pop-up's button is a Submit of theirs."""
    buttons = (Action(POP_UP, "Connect", url="https://b.example/l"), Action("x", "Help", press=Press("help")))
    reply = Private(intent="account.link", language="en", blocks=(Line((Span("Hello"),)), Actions(buttons)))
    assert list(vendor_faults(pages(reply)[0].card)) == []


@pytest.mark.parametrize("name", ["find", "bill", "network", "compare"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_form_is_a_card_of_theirs(name: str, language: Language) -> None:
    """With values kept and faults told."""
    form = shipped_pack().offers.forms[name].form
    labels = labels_of(shipped_pack().words, f"form_{name}", language)
    told = dict.fromkeys(form.fields, "no")
    kept = {key: ("2026-05-20",) if key in form.days else ("x",) for key in form.fields}
    for card in (form_card(form, labels, language, {}, {}), form_card(form, labels, language, kept, told)):
        assert list(vendor_faults(card)) == []


@pytest.mark.parametrize(
    "element",
    [
        {"type": "TextBlok", "text": "x"},
        {"type": "TextBlock", "text": "x", "colour": "Attention"},
        {"type": "Input.Text", "id": "a", "maxLength": "long"},
        {"type": "Container", "items": [{"type": "TextBlock", "text": "x", "wrap": "perhaps"}]},
    ],
)
def test_what_they_would_not_take_is_found(element: Json) -> None:
    """A misspelt element or key, and a value of another kind, at any depth."""
    assert list(vendor_faults({"type": "AdaptiveCard", "version": "1.5", "body": [element]})) != []
