"""What Teams would refuse, cut or read as Markdown in a card, by the schema of Adaptive Cards 1.5 and Teams' guides."""

import json
import re
from collections.abc import Iterator
from typing import Any

Card = dict[str, Any]

MOST_BYTES = 40 * 1024
MOST_BUTTONS = 6
_INPUT = {"id", "label", "isRequired", "errorMessage"}
_KEYS = {
    "TextBlock": {"text", "style", "wrap", "color", "size", "isSubtle"},
    "Input.Text": {"placeholder", "maxLength", "value", *_INPUT},
    "Input.Date": {"value", *_INPUT},
    "Input.Toggle": {"title", "valueOn", "valueOff", "value", *_INPUT},
    "Input.ChoiceSet": {"choices", "isMultiSelect", "style", "value", *_INPUT},
    "RichTextBlock": {"inlines", "separator"},
    "TextRun": {"text", "weight", "size", "color", "isSubtle", "selectAction"},
    "Container": {"items", "style", "id", "isVisible"},
    "ColumnSet": {"columns"},
    "Column": {"width", "items", "style", "selectAction"},
    "ActionSet": {"actions"},
    "Chart.HorizontalBar": {"title", "data", "fallback"},
    "Chart.HorizontalBar.Stacked": {"title", "data", "fallback"},
    "Chart.Line": {"title", "data", "fallback"},
    "Action.OpenUrl": {"title", "url", "mode", "style"},
    "Action.Execute": {"title", "verb", "data", "fallback", "mode", "style"},
    "Action.ToggleVisibility": {"title", "targetElements"},
    "Action.Submit": {"title", "style", "data", "mode"},
}
_CHILDREN = ("items", "actions", "inlines", "columns")
_ESCAPED = re.compile(r"\\([^\w\s]|_)")


def faults(card: Card) -> list[str]:
    """Everything in a card that Teams would refuse or not show; empty when it is fine."""
    found = [] if card.get("type") == "AdaptiveCard" and card.get("version") == "1.5" else ["not a 1.5 card"]
    if not card.get("fallbackText", "").strip() or not card.get("body"):
        found.append("nothing to show")
    if len(json.dumps(card, ensure_ascii=False).encode("utf-16-le")) > MOST_BYTES:
        found.append("too large")
    if "refresh" in card:
        found += _refresh_faults(card["refresh"])
    return found + [fault for element in card.get("body", []) for fault in _element_faults(element)]


def form_faults(card: Card) -> list[str]:
    """The same of a dialog's form: inputs with labels and one button that sends them."""
    found = [fault for fault in faults(card) if "Submit" not in fault]
    asked = [one for one in inside(card) if one["type"].startswith("Input.")]
    if not all(one["label"] and one["id"] for one in asked) or len({one["id"] for one in asked}) != len(asked):
        found.append("an input without a label, or two of one id")
    for one in (one for one in asked if one["type"] == "Input.ChoiceSet"):
        values = [choice["value"] for choice in one["choices"]]
        if not set(str(one.get("value", "")).split(",")) - {""} <= set(values) or len(set(values)) != len(values):
            found.append(f"{one['id']} starts on what it does not offer, or offers it twice")
    if [one["type"] for one in card["actions"]] != ["Action.Submit"]:
        found.append("a form without its one button")
    return found


def inside(card: Card) -> list[Card]:
    """The elements of a form's card, those that a button shows at the end."""
    hidden = [one for part in card["body"] if part["type"] == "Container" for one in part["items"]]
    return [*(one for one in card["body"] if one["type"] != "Container"), *hidden]


def _refresh_faults(refresh: Card) -> Iterator[str]:
    """By itself for one person only: without a list, everybody in a small chat would be asked for."""
    action = refresh.get("action", {})
    if action.get("type") != "Action.Execute" or action.get("data", {}).keys() != {"press"}:
        yield "a refresh that is no Execute with an opaque id"
    if len(refresh.get("userIds", [])) != 1 or not refresh["userIds"][0].startswith("29:"):
        yield "a refresh for others than the one who reads it"


def _element_faults(element: Card) -> Iterator[str]:
    kind = element.get("type", "")
    if kind not in _KEYS:
        yield f"unknown element {kind}"
        return
    unknown = element.keys() - _KEYS[kind] - {"type", "spacing"}
    if unknown:
        yield f"{kind} with {sorted(unknown)}"
    if kind in {"TextBlock", "TextRun"}:
        yield from _text_faults(element)
    seen = [action for action in element.get("actions", []) if action.get("mode") != "secondary"]
    if kind == "ActionSet" and (not element["actions"] or len(seen) > MOST_BUTTONS):
        yield f"{len(seen)} buttons in a row"
    if kind.startswith("Action."):
        yield from _action_faults(element)
    if kind.startswith("Chart."):
        yield from _chart_faults(element)
    if kind == "Column" and "selectAction" in element:
        yield from _action_faults(element["selectAction"])
    for child in _children(element):
        yield from _element_faults(child)


def _children(element: Card) -> Iterator[Card]:
    """What stands in an element."""
    for name in _CHILDREN:
        yield from element.get(name, [])


def _text_faults(element: Card) -> Iterator[str]:
    """A run is a link to a page, or a button of an entry."""
    action = element.get("selectAction") or {"type": "Action.OpenUrl", "url": "https://"}
    if not element["text"]:
        yield f"{element['type']} without text"
    if "data" in action:
        yield from _action_faults(action)
        return
    opened = re.match(r"https?://|mailto:|tel:(\+\d|\d{3}$)", action["url"])  # 911 and 988 have no country code
    if action["type"] != "Action.OpenUrl" or not opened:
        yield "a run that opens what is no page, number or mail"


def _chart_faults(chart: Card) -> Iterator[str]:
    """A chart is a host's own element, so a card needs a word on what stands there elsewhere."""
    instead = chart.get("fallback")
    if instead != "drop":
        yield from _element_faults(instead or {})
    if not chart["title"] or not chart["data"]:
        yield "a chart without title or bars"
    for series in chart["data"] if chart["type"] != "Chart.HorizontalBar" else [{"data": chart["data"]}]:
        for point in series.get("data") or series["values"]:
            label, number = point.get("x", point.get("legend")), point.get("y", point.get("value"))
            if not isinstance(label, str) or not isinstance(number, int | float):
                yield "a point without label or number"


def _action_faults(action: Card) -> Iterator[str]:
    if not action["title"].strip():
        yield "a button without words"
    if action["type"] == "Action.OpenUrl" and not action["url"].startswith(("https://", "http://")):
        yield "a button that opens what is no page"
    if action["type"] == "Action.Submit" and not _signs_in(action["data"]):
        yield "a Submit that is neither a sign-in nor Execute's fallback"
    if action["type"] == "Action.Execute":
        spare = action.get("fallback", {})
        if spare.get("type") != "Action.Submit" or spare.get("data") != action["data"]:
            yield "Execute without the same Submit"


def _signs_in(data: Card) -> bool:
    """Whether it opens a page in the client's sign-in window, and carries nothing else."""
    inside = data.get("msteams", {})
    return data.keys() == {"msteams"} and inside.get("type") == "signin" and str(inside.get("value")).startswith("http")


def shown(card: Card) -> str:
    """What a person reads of a card, a line each element; a chart's words are what it draws."""
    return "\n".join(_lines(card["body"]))


def _lines(elements: list[Card]) -> Iterator[str]:
    for element in elements:
        match element["type"]:
            case "TextBlock":
                yield element["text"]
            case "RichTextBlock":
                yield words(element)
            case "Container" if told := compared(element):
                yield from (f"{label} · {name}: {value}" for label, name, value in told)
            case "Container" if element.get("style") == "emphasis":
                for row in element["items"]:
                    yield from (": ".join(_lines(one["items"])) for one in row.get("columns", ()))
                    yield from _lines([row] if row["type"] == "ActionSet" else [])
            case "ActionSet":
                yield " ".join(f"[{action['title']}]" for action in element["actions"])
            case drawn if drawn.startswith("Chart.") and isinstance(element["fallback"], dict):
                yield from _lines([element["fallback"]])
            case _:
                yield from _lines(element.get("items") or element.get("columns") or [])


def words(block: Card) -> str:
    """What a block of runs says, without the buttons of an entry at its end."""
    said = "".join(run["text"] for run in block["inlines"] if "data" not in run.get("selectAction", {}))
    return said.replace("\u00a0", " ").replace("\u2060", "").rstrip(" ·" if presses(block) else "")


def presses(block: Card) -> list[Card]:
    """The buttons in a block of runs."""
    return [run["selectAction"] for run in block["inlines"] if "data" in run.get("selectAction", {})]


def compared(element: Card) -> list[tuple[str, str, str]]:
    """The label, name and value of each cell of a comparison; none of another element."""
    first, *rest = element["items"]
    if first["type"] != "ColumnSet" or any(one["width"] == "auto" for one in first["columns"]):
        return []
    names, *rows = ([line for one in part["columns"] for line in _lines(one["items"])] for part in (first, *rest[1::2]))
    labels = [line for label in rest[::2] for line in _lines([label])]
    told = zip(labels, rows, strict=True)
    return [(label, name, value) for label, row in told for name, value in zip(names, row, strict=True)]


def parsed(card: Card) -> str:
    """The strings that Teams reads as Markdown, formats as dates or links by itself."""
    return "\n".join(_markdown(card["body"]))


def _markdown(elements: list[Card]) -> Iterator[str]:
    for element in elements:
        if element["type"] == "TextBlock":
            yield element["text"]
        yield from _markdown(list(_children(element)))


def buttons(card: Card) -> dict[str, Card]:
    """Every button of a card by its words."""
    return {action["title"]: action for action in _actions(card["body"])}


def _actions(elements: list[Card]) -> Iterator[Card]:
    for element in elements:
        if element["type"].startswith("Action."):
            yield element
        yield from presses(element) if element["type"] == "RichTextBlock" else ()
        yield from [element["selectAction"]] if element["type"] == "Column" and "selectAction" in element else ()
        for name in ("items", "actions", "columns"):
            yield from _actions(element.get(name, []))


def fallback(card: Card) -> str:
    """The text that a client without cards shows: its Markdown read."""
    return _ESCAPED.sub(r"\1", card["fallbackText"]).replace("\n\n", "\n")
