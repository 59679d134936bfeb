"""What Slack would refuse of a message, by slack_sdk's own models, and by its reference where it has none."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, BlockElement
from slack_sdk.models.views import View

from tests.inside import objects, strings

Kit = dict[str, Any]
_UNKNOWN = frozenset({"data_visualization", "data_table"})
"""Blocks that Slack documents and slack_sdk has no model of."""
_INPUTS = frozenset({"plain_text_input", "static_select", "multi_static_select", "checkboxes", "datepicker"})

# Each element of a block would walk through all classes of elements, a third of what a block takes.
_kinds: Any = BlockElement.__dict__["_get_sub_block_elements"].__func__
_once: Any = cache(lambda kind: (*_kinds(kind),))
BlockElement._get_sub_block_elements = classmethod(_once)  # type: ignore[method-assign, assignment]


def faults(text: str, blocks: list[Kit]) -> list[str]:
    """Everything in a message that Slack would refuse or cut; empty when it is fine."""
    return [*_message_faults(text, blocks), *(fault for block in blocks for fault in _block_faults(block))]


def view_faults(view: Kit) -> list[str]:
    """Everything in a modal or a Home that Slack would refuse; texts of inputs are labels, never values."""
    try:
        View(**view).validate_json()
    except SlackObjectFormationError as error:
        return [str(error)]
    return [fault for block in view["blocks"] for fault in _block_faults(block)]


def refused(blocks: Iterable[Kit]) -> list[str]:
    """What the models refuse, or would send otherwise than we do."""
    return [fault for block in blocks if block["type"] not in _UNKNOWN for fault in _refused(json.dumps(block))]


@lru_cache(maxsize=8_192)
def _refused(written: str) -> tuple[str, ...]:
    """What is wrong with one block; most blocks come again and again."""
    block = json.loads(written)
    model = Block.parse(block)
    try:
        sent = model.to_dict() if model else {}
    except SlackObjectFormationError as error:
        return (f"{block['type']}: {error}",)
    lost = sorted(block.keys() - sent.keys())
    return (f"{block['type']}: lost {lost}",) if lost else ()


def _message_faults(text: str, blocks: list[Kit]) -> Iterator[str]:
    if not text.strip():
        yield "no_text"
    if len(text) > 40_000:
        yield "msg_too_long"
    if len(blocks) > 50:
        yield "invalid_blocks: more than 50"
    kinds = [block.get("type") for block in blocks]
    if kinds.count("data_visualization") > 2:
        yield "more than two charts"
    if kinds.count("data_table") > 1:
        yield "only_one_table_allowed"


def _block_faults(block: Kit) -> Iterator[str]:
    """What the models refuse of a block, and what they let pass."""
    kind = str(block.get("type"))
    if kind not in _CHECKS:
        yield f"unknown block {kind}"
        return
    yield from refused([block])
    yield from _CHECKS[kind](block)
    elements = [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else ())]
    yield from (fault for one in elements if "action_id" in one or kind == "actions" for fault in _element(one))
    for one in objects(block):
        if one.get("type") in {"plain_text", "mrkdwn"} and not one["text"]:
            yield "text empty"
        if one.get("type") == "mrkdwn" and kind not in {"section", "context"}:
            yield "mrkdwn is not allowed here"
        yield from _options(one)


def _options(menu: Kit) -> Iterator[str]:
    if not menu.get("options", [menu]):
        yield "a menu of nothing"
    for option in menu.get("options", ()):
        if (
            not 0 < len(option["value"]) <= 150
            or len(option.get("url", "")) > 3_000
            or len(option["text"]["text"]) > 75
        ):
            yield "option value empty or over 150, an address over 3,000, or words over 75"


def _texts(block: Kit) -> Iterator[str]:
    for most, name in ((2_000, "fields"), (3_000, "elements")):
        if name in block and not 0 < len(block[name]) <= 10:
            yield f"{len(block[name])} {name}"
        yield from ("text over its limit" for one in block.get(name, ()) if len(one["text"]) > most)


def _actions(block: Kit) -> Iterator[str]:
    ids = [element.get("action_id") for element in block["elements"]]
    if len(set(ids)) != len(ids) or not all(ids):
        yield "action_id missing, none at all, or twice in a block"


def _element(element: Kit) -> Iterator[str]:
    if element["type"] not in {"button", "overflow", "static_select", "checkboxes"}:
        yield f"{element['type']} is no element here"
    if not element.get("value", "x"):
        yield "value empty or over 2,000"
    if not element.get("accessibility_label", "x"):
        yield "accessibility_label empty"
    if not element.get("url", "https://").startswith(("https://", "http://")):
        yield "url is no page"


def _input(block: Kit) -> Iterator[str]:
    element = block["element"]
    if element["type"] not in _INPUTS:
        yield f"{element['type']} is no input here"
    options = element.get("options", ())
    starts = [
        *element.get("initial_options", ()),
        *([element["initial_option"]] if "initial_option" in element else []),
    ]
    if any(option not in options for option in starts):
        yield "initial option that is none of the options"
    if element["type"] == "checkboxes" and len(options) > 10:
        yield "more than ten checkboxes"


def unheard(blocks: list[Kit]) -> list[str]:
    """The words of buttons of one message that a screen reader cannot tell apart, or that are not heard first."""
    shown = [one for block in blocks for one in (*block.get("elements", ()), block.get("accessory", {}))]
    buttons = [one for one in shown if one.get("type") == "button"]
    heard = [(one["text"]["text"], one.get("accessibility_label", one["text"]["text"])) for one in buttons]
    alike = Counter(told for _, told in heard)
    named = [(label, told) for label, told in heard if label not in {"👍", "👎"}]
    return [told for label, told in named if alike[told] > 1 or not told.startswith(label.removesuffix("…"))]


def _rich(block: Kit) -> Iterator[str]:
    for section in block["elements"]:
        if section.get("type") not in {"rich_text_section", "rich_text_quote"} or not section["elements"]:
            yield "rich_text needs sections with elements"
        for element in section["elements"]:
            if element.get("type") not in {"text", "link"} or not 0 < len(element["text"]) <= 3_000:
                yield "rich_text element is no text, empty or over 3,000"
            if not re.match(r"https://|mailto:|tel:(\+\d|\d{3}$)", element.get("url", "https://")):  # 911, 988
                yield "a link that is no page, number or mail"


def _table(block: Kit) -> Iterator[str]:
    """Slack's page of the block: a header and 1 to 100 rows of as many cells, a caption, 1 to 100 rows a page."""
    rows = block["rows"]
    yield from _many(rows[1:], 100, "table rows")
    if not block["caption"].strip() or not 1 <= block["page_size"] <= 100 or block.keys() - _OF_TABLE:
        yield "a table without caption, with a page of no size, or with a field that is none"
    if len({len(row) for row in rows}) != 1:
        yield "table rows of different lengths"
    for row in rows:
        yield from _many(row, 20, "table cells")
        for cell in row:
            if cell["type"] == "rich_text" and row is not rows[0]:
                yield from _rich(cell)
            elif cell.get("type") not in {"raw_text", "raw_number"} or not cell["text"].strip():
                yield "a table cell that is neither text nor a number, or empty"
            elif (cell["type"] == "raw_number") != isinstance(cell.get("value"), float):
                yield "a number without its value, or a value of none"
    if sum(len(cell.get("text", "")) for row in rows for cell in row) > 10_000:
        yield "a table over 10,000 characters"


_OF_TABLE = {"type", "rows", "block_id", "page_size", "caption", "row_header_column_index"}


def _chart(block: Kit) -> Iterator[str]:
    """Bars and lines: up to six series, each with a number for every category in the axis' order."""
    chart = block["chart"]
    if not 0 < len(block["title"]) <= 50 or chart["type"] not in {"bar", "line"}:
        yield "chart without title, title over 50, or neither bars nor lines"
    yield from _many(chart["series"], 6, "series")
    categories = chart["axis_config"]["categories"]
    if any(not 0 < len(label) <= 20 for label in (*categories, *(one["name"] for one in chart["series"]))):
        yield "chart label empty or over 20"
    for one in chart["series"]:
        if [point["label"] for point in one["data"]] != categories or len(set(categories)) != len(categories):
            yield "points of a series are not the categories"
        if not all(isinstance(point["value"], int | float) for point in one["data"]):
            yield "a point without a number"


def _many(found: list[Kit], most: int, what: str) -> Iterator[str]:
    if not 0 < len(found) <= most:
        yield f"{what}: {len(found)} of at most {most}"


def shown(text: str, blocks: list[Kit]) -> str:
    """Every string that a person could see of a message, a line each."""
    return "\n".join([text, *strings(blocks)])


def parsed(text: str, blocks: list[Kit]) -> str:
    """The strings that Slack would parse for mentions and links, but for our own links to pages and numbers."""
    marked = (one["text"] for one in objects(blocks) if one.get("type") == "mrkdwn")
    return _OURS.sub(r"\1", "\n".join([text, *marked]))


_OURS = re.compile(r"<(?:https://|tel:\+)[^<>|]+\|([^<>]+)>")


def unmarked(text: str) -> str:
    """What a person reads of our mrkdwn: links by their words, bold without its marks, escapes undone."""
    said = _OURS.sub(r"\1", text).replace("*", "")
    return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


_CHECKS: dict[str, Callable[[Kit], Iterator[str]]] = {
    **dict.fromkeys(("section", "context"), _texts),
    **dict.fromkeys(("header", "divider"), lambda _: iter(())),
    "input": _input,
    "actions": _actions,
    "rich_text": _rich,
    "data_visualization": _chart,
    "data_table": _table,
}
