"""Forms where a form is better than words: find a provider, check a bill, disconnect. They carry no member data.

Each field becomes a `key:value` option of the intent that the form asks; labels are `templates/channels/form_*`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.channels.slack.notices import Notices
from bot.message import Language
from bot.replies.blocks import Kit
from bot.replies.text import cut

FORMS: Mapping[str, str] = {
    "find": "provider.find",
    "bill": "claim.bill_check",
    "unlink": "account.unlink",
}
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "find": ("specialty", "near", "radius", "language", "gender", "network", "accepting"),
    "bill": ("amount", "doctor", "date"),
    "unlink": (),
}
_REQUIRED = frozenset({"near", "amount"})
_TITLE, _OPTION, _LABEL = 24, 75, 2_000


def form(name: str, notices: Notices, language: Language) -> Kit:
    """The view that Slack opens."""
    labels = notices.labels(f"form_{name}", language)
    said = [{"type": "section", "text": _text(labels["about"], _LABEL)}] if "about" in labels else []
    return {
        "type": "modal",
        "callback_id": f"form-{name}",
        "title": _text(labels["title"], _TITLE),
        "submit": _text(labels["submit"], _TITLE),
        "close": _text(labels["close"], _TITLE),
        "blocks": [*said, *(_field(key, labels) for key in _FIELDS[name])],
    }


def _field(key: str, labels: Mapping[str, str]) -> Kit:
    """A choice where the labels list its values, a day for a date, else a line of text."""
    options = [_option(value, label) for value, label in _options(key, labels)]
    element: Kit = {"type": "plain_text_input", "action_id": key, "max_length": 200}
    if options:
        element = {"type": "static_select", "action_id": key, "options": options}
    elif key == "date":
        element = {"type": "datepicker", "action_id": key}
    block: Kit = {"type": "input", "block_id": key, "label": _text(labels[key], _LABEL), "element": element}
    return block | {"optional": key not in _REQUIRED}


def _options(key: str, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name.partition(":")[2], label) for name, label in labels.items() if name.startswith(f"{key}:"))


def _option(value: str, label: str) -> Kit:
    return {"text": _text(label, _OPTION), "value": value}


def _text(text: str, most: int) -> Kit:
    return {"type": "plain_text", "text": cut(text, most), "emoji": False}


def name_of(callback: str) -> str | None:
    """The form that a callback id or a button names; None for anything else."""
    name = callback.removeprefix("form-")
    return name if callback.startswith("form-") and name in FORMS else None


def options_in(view: Mapping[str, Any]) -> str:
    """The fields of a sent form as options; a quotation mark in a value is dropped, for it would end it."""
    values = (view.get("state") or {}).get("values") or {}
    found = ((key, _value(next(iter(fields.values()), {}))) for key, fields in values.items() if fields)
    return " ".join(f'{key}:"{value}"' for key, value in found if value)


def _value(element: Mapping[str, Any]) -> str:
    option = element.get("selected_option") or {}
    said = element.get("value") or option.get("value") or element.get("selected_date") or ""
    return " ".join(str(said).replace('"', " ").replace("“", " ").replace("”", " ").split())
