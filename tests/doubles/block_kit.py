"""Slack's limits for messages, as its Block Kit reference gives them: what the real service would refuse."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

Kit = dict[str, Any]


def faults(text: str, blocks: list[Kit]) -> list[str]:
    """Everything in a message that Slack would refuse or cut; empty when it is fine."""
    return [*_message_faults(text, blocks), *(fault for block in blocks for fault in _block_faults(block))]


def view_faults(view: Kit) -> list[str]:
    """Everything in a modal or a Home that Slack would refuse; texts of inputs are labels, never values."""
    blocks = view.get("blocks", [])
    found = [
        fault for block in blocks for fault in (_input(block) if block["type"] == "input" else _block_faults(block))
    ]
    if len(blocks) > 100 or not blocks:
        found.append("invalid_blocks: none, or more than 100")
    if view.get("type") == "modal":
        found += [fault for key in ("title", "submit", "close") for fault in _text(view[key], 24, {"plain_text"})]
    if len(view.get("private_metadata", "")) > 3_000 or len(view.get("callback_id", "")) > 255:
        found.append("private_metadata over 3,000 or callback_id over 255")
    return found


def _input(block: Kit) -> Iterator[str]:
    yield from _text(block["label"], 2_000, {"plain_text"})
    element = block["element"]
    if element["type"] not in {"plain_text_input", "static_select", "multi_static_select", "checkboxes", "datepicker"}:
        yield f"{element['type']} is no input here"
    if "hint" in block:
        yield from _text(block["hint"], 2_000, {"plain_text"})
    if "options" in element:
        yield from _many(element["options"], 10 if element["type"] == "checkboxes" else 100, "options")
        starts = [
            *element.get("initial_options", ()),
            *([element["initial_option"]] if "initial_option" in element else []),
        ]
        if any(option not in element["options"] for option in starts):
            yield "initial option that is none of the options"
        for option in element["options"]:
            yield from _text(option["text"], 75, {"plain_text"})
            if not 0 < len(option["value"]) <= 150:
                yield "option value empty or over 150"


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
    kind = str(block.get("type"))
    if len(block.get("block_id", "")) > 255:
        yield "block_id over 255"
    if kind not in _CHECKS:
        yield f"unknown block {kind}"
    else:
        yield from _CHECKS[kind](block)


def _header(block: Kit) -> Iterator[str]:
    yield from _text(block["text"], 150, {"plain_text"})


def _context(block: Kit) -> Iterator[str]:
    yield from _many(block["elements"], 10, "context")
    for element in block["elements"]:
        yield from _text(element, 3_000, {"plain_text", "mrkdwn"})


def _section(block: Kit) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield "section without text and fields"
    if "text" in block:
        yield from _text(block["text"], 3_000, {"plain_text", "mrkdwn"})
    if "fields" in block:
        yield from _many(block["fields"], 10, "fields")
    for field in block.get("fields", []):
        yield from _text(field, 2_000, {"plain_text", "mrkdwn"})
    if "accessory" in block:
        yield from _element(block["accessory"])


def _actions(block: Kit) -> Iterator[str]:
    elements = block["elements"]
    yield from _many(elements, 25, "actions")
    ids = [element.get("action_id") for element in elements]
    if len(set(ids)) != len(ids) or not all(ids):
        yield "action_id missing or twice in a block"
    for element in elements:
        yield from _element(element)


def _element(element: Kit) -> Iterator[str]:
    kind = element["type"]
    if kind not in {"overflow", "static_select"}:
        yield from _button(element)
        return
    yield from _many(element["options"], 5 if kind == "overflow" else 100, kind)
    for option in element["options"]:
        yield from _text(option["text"], 75, {"plain_text"})
        if not 0 < len(option["value"]) <= 150 or len(option.get("url", "")) > 3_000:
            yield "option value empty or over 150, or an address over 3,000"


def _button(element: Kit) -> Iterator[str]:
    if element.get("type") != "button":
        yield "not a button"
    yield from _text(element["text"], 75, {"plain_text"})
    if len(element["action_id"]) > 255:
        yield "action_id over 255"
    if len(element.get("value", "x")) not in range(1, 2_001):
        yield "value empty or over 2,000"
    if not 0 < len(element.get("accessibility_label", "x")) <= 75:
        yield "accessibility_label empty or over 75"
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield "unknown style"
    if "confirm" in element:
        yield from _confirm(element["confirm"])
    url = element.get("url")
    if url is not None and (len(url) > 3_000 or not url.startswith(("https://", "http://"))):
        yield "url over 3,000 or not http"


def _confirm(dialog: Kit) -> Iterator[str]:
    for key, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text(dialog[key], most, {"plain_text"})


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
        if section.get("type") != "rich_text_section" or not section["elements"]:
            yield "rich_text needs sections with elements"
        for element in section["elements"]:
            if element.get("type") not in {"text", "link"} or not 0 < len(element["text"]) <= 3_000:
                yield "rich_text element is no text, empty or over 3,000"
            if not element.get("url", "https://").startswith(("https://", "tel:+", "mailto:")):
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
    """Bars: up to six series, each with a number for every category in the axis' order. A pie: up to six parts."""
    chart = block["chart"]
    if not 0 < len(block["title"]) <= 50 or chart["type"] not in {"bar", "line", "pie"}:
        yield "chart without title, title over 50, or neither bars, lines nor a pie"
    if chart["type"] == "pie":
        yield from _many(chart["segments"], 6, "segments")
        if any(not 0 < len(one["label"]) <= 20 or not one["value"] > 0 for one in chart["segments"]):
            yield "a part without a label, with one over 20, or of nothing"
        return
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


def _text(found: Kit, most: int, kinds: set[str]) -> Iterator[str]:
    if found.get("type") not in kinds:
        yield f"{found.get('type')} is not allowed here"
    if not 0 < len(found.get("text", "")) <= most:
        yield f"text empty or over {most}"


def shown(text: str, blocks: list[Kit]) -> str:
    """Every string that a person could see of a message, a line each."""
    return "\n".join([text, *_strings(blocks)])


def parsed(text: str, blocks: list[Kit]) -> str:
    """The strings that Slack would parse for mentions and links, but for our own links to pages and numbers."""
    return _OURS.sub(r"\1", "\n".join([text, *_mrkdwn(blocks)]))


_OURS = re.compile(r"<(?:https://|tel:\+)[^<>|]+\|([^<>]+)>")


def unmarked(text: str) -> str:
    """What a person reads of our mrkdwn: links by their words, bold without its marks, escapes undone."""
    said = _OURS.sub(r"\1", text).replace("*", "")
    return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)


def _mrkdwn(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for part in value.values():
            yield from _mrkdwn(part)
    elif isinstance(value, list):
        for part in value:
            yield from _mrkdwn(part)


_CHECKS: dict[str, Callable[[Kit], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": lambda block: iter(sorted(block.keys() - {"type", "block_id"})),
    "rich_text": _rich,
    "data_visualization": _chart,
    "data_table": _table,
}
