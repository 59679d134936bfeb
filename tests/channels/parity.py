"""The same reply in every channel: what is said, which facts, which buttons, and in which order."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from bot.message import Action, Actions, Chart, Facts, Item, Reply
from bot.replies import blocks
from bot.replies.cards import CardPage
from bot.replies.plain import bars_of, end_in_amounts, meter_of, plain, row_of
from tests.doubles.adaptive_card import compared, fallback, presses, words
from tests.doubles.block_kit import refused, unheard, unmarked

Kit = dict[str, Any]
_TWO = 2
Told = list[tuple[str, ...]]


def differences(reply: Reply, dealt: Sequence[CardPage]) -> list[str]:
    """What Slack, or Teams by these cards, would show otherwise than the console; empty when all tell the same."""
    pictures, shown = _pictures(reply), blocks.pages(reply)
    rows = [block for block in reply.blocks if isinstance(block, Item)]
    labels = {one.id: one.label for item in rows for one in item.actions}
    slack = [told for page in shown for told in _slack(page.blocks, labels) if told[1] not in pictures]
    teams = [told for page in dealt for told in _teams(_worded(page.card["body"])) if told[1] not in pictures]
    cells, listed = _console(reply, entries="cells"), _console(reply, entries="lines")
    said, lines, slack, teams = (_gathered(list(_by_fact(told)), labels) for told in (cells, listed, slack, teams))
    text = plain(reply.blocks, addresses=False).split()
    texts = {
        "Slack": " ".join(page.text for page in shown),
        "Teams": " ".join(fallback(page.card) for page in dealt),
    }
    faults = [
        f"{name} shows {_first(wanted, told)}"
        for name, wanted, told in (("Slack", said, slack), ("Teams", lines, teams))
        if told != wanted
    ]
    unescaped = {name: _unescaped(words).replace(" … ", " ").split() for name, words in texts.items()}
    faults += [f"Slack refuses: {fault}" for page in shown for fault in refused(page.blocks)]
    faults += [f"two buttons sound alike: {words}" for page in shown for words in unheard(list(page.blocks))]
    return faults + [f"{name}'s text is another" for name, words in unescaped.items() if words != text]


def _by_fact(told: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The same with one thing said a fact: an entry's facts may stand on one line or on several."""
    for kind, text, *more in told:
        yield from ((kind, fact, *more) for fact in (text.split(" · ") if kind == "said" else [text]))


def _gathered(told: Told, ids: Collection[str]) -> Told:
    """The same with the buttons of entries, which a menu may have below them, behind the last entry that has one."""
    beside = [one for one in told if one[0] == "button" and one[2] in ids]
    last = max((at for at, one in enumerate(told) if one in beside), default=-1) + 1
    return [*(one for one in told[:last] if one not in beside), *beside, *told[last:]]


def _pictures(reply: Reply) -> set[str]:
    """What stands for a chart: a channel shows its picture or its words, and the text says the words in each."""
    charts = [block for block in reply.blocks if isinstance(block, Chart)]
    bars = [one for one in charts if one.kind == "bars"]
    drawn = {"".join(span.text for span in line) for one in bars for line in bars_of(one)}
    meters = {meter_of(one) for one in charts if _is_meter(one)}
    return {chart.said for chart in charts} | {one.title for one in bars} | drawn | meters


def _is_meter(chart: Chart) -> bool:
    return chart.kind == "parts" and len(chart.points) == _TWO


def _first(wanted: Told, got: Told) -> str:
    pairs = zip([*wanted, ("nothing",)], [*got, ("nothing",)], strict=False)
    return next((f"{b} instead of {a}" for a, b in pairs if a != b), "more")


def _unescaped(text: str) -> str:
    return text.replace("\n…", " … ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _console(reply: Reply, *, entries: Literal["cells", "lines"]) -> Iterator[tuple[str, ...]]:
    """Each thing said, fact or button, in the reply's order; a table that ends in amounts is one of `entries`."""
    for block in reply.blocks:
        match block:
            case Facts() if entries == "lines" and _ends_in_amounts(block):
                for *others, last in block.beside(len(block.columns)):
                    yield from (("said", value) for value in (last.row, last.value, *(one.value for one in others)))
            case Facts():
                fields = [(rows[0].label, ", ".join(row.value for row in rows)) for rows in block.fields]
                yield from (("said", ": ".join(field)) for field in fields)
            case Chart():
                pass
            case Item(_, _, actions) if block.is_button:
                yield from (("button", one.label, one.url or one.id) for one in actions)
            case Item(_, lines, actions):
                first, *rest = [line.text for line in lines]
                yield from (("said", line) for line in (f"{block.head}{first}", *rest))
                yield from (("button", one.label, one.url or one.id) for one in actions)
            case Actions(buttons):
                yield from _buttons(buttons)
            case _:
                yield "said", plain([block])


def _ends_in_amounts(facts: Facts) -> bool:
    return not facts.framed and bool(facts.columns) and end_in_amounts(facts.beside(len(facts.columns)))


def _buttons(actions: Iterable[Action]) -> Iterator[tuple[str, ...]]:
    yield from (("button", one.label, one.url or one.id) for part in row_of(actions) for one in part)


def _slack(kits: Iterable[Kit], labels: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for kit in kits:
        match kit["type"]:
            case "header":
                yield "said", kit["text"]["text"]
            case "section" if "accessory" in kit:
                yield from (("said", line) for line in unmarked(_broken(kit["text"]["text"])).split("\n"))
                yield from _pressed(kit["accessory"], labels)
            case "section":
                yield from (("said", _field(field)) for field in kit["fields"])
            case "rich_text":
                words = "".join(one["text"] for section in kit["elements"] for one in section["elements"])
                yield from (("said", line) for line in _broken(words).split("\n"))
            case "context":
                yield "said", "".join(one["text"] for one in kit["elements"])
            case "actions":
                yield from (pressed for one in kit["elements"] for pressed in _pressed(one, labels))
            case "data_table":
                yield from _side_by_side([list(map(_cell, row)) for row in kit["rows"]])
            case "data_visualization" | "divider":
                pass  # only a picture of the facts beside it, or a rule around a card
            case other:
                raise AssertionError(other)


def _cell(cell: Kit) -> str:
    rich = "".join(one["text"] for part in cell.get("elements", ()) for one in part["elements"])
    return _broken(rich.replace("\n", " · ") or cell["text"])


def _field(field: Kit) -> str:
    text = unmarked(_broken(field["text"])) if field["type"] == "mrkdwn" else field["text"]
    return text.replace("\n", ": ", 1)


def _broken(text: str) -> str:
    """The words of a number that stands on one line, as any other."""
    return text.replace("\u00a0", " ").replace("\u2060", "")


def _pressed(element: Kit, labels: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """A button, or those of a menu. One of entries says what most of its options do, and which entry each is of."""
    title = element.get("placeholder", {}).get("text", "").removesuffix("…")
    for one in element.get("options", [element]):
        words, key = one["text"]["text"], one.get("url") or one["value"]
        label = labels.get(key, words)
        yield "button", label if title and (label == title or words.endswith(f" · {label}")) else words, key


def _side_by_side(table: list[list[str]]) -> Iterator[tuple[str, ...]]:
    """A table's cells as the facts that they are, row by row."""
    head, *rows = table
    for row in rows:
        yield from (("said", f"{row[0]} · {name}: {cell}") for name, cell in zip(head[1:], row[1:], strict=True))


def _worded(elements: Iterable[Kit]) -> list[Kit]:
    """The elements that say something: a chart is only a picture of the facts beside it."""
    return [element for element in elements if not element["type"].startswith("Chart.")]


def _framed(rows: Iterable[Kit]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        fields = [list(map(words, one["items"])) for one in row.get("columns", ())]
        yield from (("said", ": ".join((label, ", ".join(lines)))) for label, *lines in fields)
        yield from _teams([row] if row["type"] == "ActionSet" else ())


def _teams(elements: Iterable[Kit]) -> Iterator[tuple[str, ...]]:
    for element in elements:
        match element["type"]:
            case "TextBlock":
                yield "said", element["text"]
            case "RichTextBlock":
                if not re.fullmatch(r"(\d+\.)?", words(element)):  # else only a button says something
                    yield "said", words(element)
                yield from (
                    ("button", one["title"], one.get("url") or one["data"]["press"]) for one in presses(element)
                )
            case "ColumnSet":
                yield from (told for column in element["columns"] for told in _teams(_pressable(column)))
            case "Container" if element.get("style") == "emphasis":
                yield from _framed(element["items"])
            case "Container":
                told = compared(element)
                yield from (("said", f"{label} · {name}: {value}") for label, name, value in told)
                yield from () if told else _entry(element["items"])
            case "ActionSet":
                for one in element["actions"]:
                    yield "button", one["title"], one.get("url") or one["data"]["press"]
            case other:
                raise AssertionError(other)


def _pressable(column: Kit) -> list[Kit]:
    """What stands in a column; of a tile only its button."""
    tile = column.get("selectAction")
    return [{"type": "ActionSet", "actions": [tile]}] if tile else list(column["items"])


def _entry(items: list[Kit]) -> Iterator[tuple[str, ...]]:
    """An entry; the amount at its right begins its second line elsewhere, and a button there is below its words."""
    every, beside = list(_teams(items)), items[0].get("columns", ())[1:]
    told, pressed = ([one for one in every if (one[0] == "said") == said] for said in (True, False))
    if beside and every[1][0] == "said":
        head, (_, amount), *rest = told
        second = rest[:1]
        told = [head, ("said", " · ".join([amount, *(one[1] for one in second)])), *rest[1:]]
    yield from (*told, *pressed)
