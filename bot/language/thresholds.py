"""Amounts that set a limit: "over $100", "more than a hundred dollars", "de más de 100", "between $50 and $80"."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from bot.language.date_words import YEAR
from bot.language.number_words import MONEY_KEYS, number_at
from bot.language.tags import Tag
from bot.language.text import Utterance

OVER, UNDER = "amount_over", "amount_under"
_BEFORE: Mapping[tuple[str, ...], str] = MappingProxyType(
    dict.fromkeys(
        (
            ("more", "than"), ("over",), ("above",), ("greater", "than"), ("higher", "than"), ("bigger", "than"),
            ("larger", "than"), ("at", "least"), ("exceeding",), ("exceeded",), ("exceed",), ("upwards", "of"),
            ("north", "of"), ("mas", "de"), ("mayor", "a"), ("mayor", "de"), ("mayor", "que"), ("mayores", "a"),
            ("mayores", "de"), ("mayores", "que"), ("superior", "a"), ("superiores", "a"), ("por", "encima", "de"),
            ("arriba", "de"), ("al", "menos"), ("por", "lo", "menos"),
        ),
        OVER,
    )
    | dict.fromkeys(
        (
            ("less", "than"), ("under",), ("below",), ("lower", "than"), ("smaller", "than"), ("cheaper", "than"),
            ("at", "most"), ("no", "more", "than"), ("not", "more", "than"), ("not", "over"), ("up", "to"),
            ("menos", "de"), ("menor", "a"), ("menor", "de"), ("menor", "que"), ("menores", "a"), ("menores", "de"),
            ("menores", "que"), ("inferior", "a"), ("inferiores", "a"), ("por", "debajo", "de"), ("debajo", "de"),
            ("hasta",), ("no", "mas", "de"), ("maximo",),
        ),
        UNDER,
    )
)  # fmt: skip
_AFTER: Mapping[tuple[str, ...], str] = MappingProxyType({
    ("or", "more"): OVER, ("or", "over"): OVER, ("or", "above"): OVER, ("or", "higher"): OVER, ("and", "up"): OVER,
    ("and", "over"): OVER, ("and", "above"): OVER, ("o", "mas"): OVER, ("or", "less"): UNDER, ("or", "under"): UNDER,
    ("or", "below"): UNDER, ("and", "under"): UNDER, ("o", "menos"): UNDER,
})  # fmt: skip
_SIGNS = frozenset("<>+$")
_BETWEEN: Mapping[str, frozenset[str]] = MappingProxyType({
    "between": frozenset({"and"}), "from": frozenset({"to"}), "entre": frozenset({"y"}), "de": frozenset({"a"}),
})  # fmt: skip
# Without one of these words or signs a message sets no limit.
_CUE_WORDS = frozenset({
    "more", "over", "above", "greater", "higher", "bigger", "larger", "least", "exceeding", "exceeded", "exceed",
    "upwards", "north", "mas", "mayor", "mayores", "superior", "superiores", "encima", "arriba", "less", "under",
    "below", "lower", "smaller", "cheaper", "most", "up", "menos", "menor", "menores", "inferior", "inferiores",
    "debajo", "hasta", "maximo", "between", "entre", "than",
})  # fmt: skip
# Words behind a number that count something else than dollars.
_UNITS = frozenset({
    "mile", "mi", "milla", "day", "week", "month", "year", "yr", "dia", "semana", "mese", "ano", "mg", "ml", "mcg",
    "minute", "min", "hour", "hr", "hora", "minuto", "percent", "por", "time", "vece", "visit", "visita", "people",
    "persona", "claim", "reclamo", "doctor", "doctore", "provider", "pill", "pound", "lb", "patient", "fill", "refill",
    "old",    "st", "nd", "rd", "th", "pm", "am", "kid", "bed", "star", "line", "page", "result",
})  # fmt: skip
_MONEY = frozenset({
    "claim", "bill", "cost", "charge", "charged", "paid", "pay", "owe", "owed", "amount", "spent", "spend", "expensive",
    "balance", "copay", "price", "reclamo", "reclamacione", "factura", "cuenta", "pague", "pago", "cobro", "cobraron",
    "costo", "cargo", "monto", "gasto", "gaste", "debo",
})  # fmt: skip
# Somebody told this person an amount: "they charged me over $200" is no limit of a search.
_BILLED = frozenset({"charged", "billed", "charging", "billing", "owe", "cobraron", "cobro", "cobran", "debo"})
_MANY = frozenset({
    "claim", "bill", "visit", "which", "any", "all", "list", "show", "only", "reclamo", "reclamacione", "factura",
    "cuale", "todo", "toda", "solo", "cargo", "charge",
})  # fmt: skip
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.\d{1,2})?$|\d{1,7},\d{2}$")
_CENTS_AFTER_COMMA = re.compile(r"\d+,\d{2}$")
_ZIP = re.compile(r"\d{5}$")
_LONGEST_CUE = 3
_COUNT = 10


def threshold_tags(said: Utterance, keys: Sequence[str], free: list[bool]) -> list[Tag]:
    """The limits, as `amount_over` and `amount_under` in US dollars ("100", "99.50").

    Their words are marked in `free`.
    """
    found: list[Tag] = []
    if _CUE_WORDS.isdisjoint(said.words) and _SIGNS.isdisjoint(said.text):
        return found
    for place in range(len(keys)):
        if not free[place]:
            continue
        tags = _between(said, keys, place) or _limit(said, keys, place)
        for tag in tags:
            free[tag.first : tag.after] = [False] * (tag.after - tag.first)
        found += tags
    return found


def _limit(said: Utterance, keys: Sequence[str], place: int) -> list[Tag]:
    amount = _amount(said, keys, place)
    if amount is None or not _is_money(said, keys, place, amount):
        return []
    value, after, _ = amount
    for length in range(_LONGEST_CUE, 0, -1):
        first = place - length
        kind = _BEFORE.get(said.words[first:place]) if first >= 0 else None
        if kind:
            return [] if _is_billed(keys, first) else [Tag(kind, value, first, after)]
    kind = _AFTER.get(said.words[after : after + 2])
    if kind:
        return [Tag(kind, value, place, after + 2)]
    sign = said.text[: said.spans[place][0]].rstrip(" $=")[-1:]
    if sign in {">", "<"}:
        return [Tag(OVER if sign == ">" else UNDER, value, place, after)]
    plus = said.text[said.spans[after - 1][1] : said.spans[after - 1][1] + 1] == "+" and _dollared(said, place)
    return [Tag(OVER, value, place, after)] if plus else []


def _between(said: Utterance, keys: Sequence[str], place: int) -> list[Tag]:
    joins = _BETWEEN.get(said.words[place])
    low = _amount(said, keys, place + 1) if joins else None
    if joins is None or low is None or low[1] + 1 >= len(keys) or said.words[low[1]] not in joins:
        return []
    high = _amount(said, keys, low[1] + 1)
    if high is None or not (low[2] or high[2]):
        return []
    return [Tag(OVER, low[0], place, low[1]), Tag(UNDER, high[0], low[1], high[1])]


def _is_billed(keys: Sequence[str], first: int) -> bool:
    return not _BILLED.isdisjoint(keys[max(0, first - 2) : first]) and _MANY.isdisjoint(keys)


def _amount(said: Utterance, keys: Sequence[str], place: int) -> tuple[str, int, bool] | None:
    """The dollars at a place, the place behind them, and whether a sign or a word says that they are dollars."""
    if place >= len(keys):
        return None
    word = said.words[place]
    if word.isascii() and _NUMBER.match(word):
        value, after = _plain(word), place + 1
    elif (worded := number_at(said.words, place)) and worded[0] >= _COUNT:
        value, after = str(worded[0]), worded[1]
    else:
        return None
    named = after < len(keys) and keys[after] in MONEY_KEYS
    return (value, after + named, named or _dollared(said, place)) if value else None


def _dollared(said: Utterance, place: int) -> bool:
    return said.text[: said.spans[place][0]].rstrip(" ")[-1:] == "$"


def _plain(word: str) -> str | None:
    try:
        value = Decimal(word.replace(",", ".") if _CENTS_AFTER_COMMA.match(word) else word.replace(",", ""))
    except InvalidOperation:
        return None
    return f"{value:.0f}" if value == value.to_integral_value() else f"{value:.2f}"


def _is_money(said: Utterance, keys: Sequence[str], place: int, amount: tuple[str, int, bool]) -> bool:
    """Whether a number counts dollars: it says so, or nothing else is counted where money is spoken of."""
    _, after, sure = amount
    if sure:
        return True
    word = said.words[place]
    behind = keys[after] if after < len(keys) else ""
    if YEAR.match(word) or _ZIP.match(word) or behind in _UNITS or said.text[said.spans[after - 1][1] :][:1] == "%":
        return False
    return not _MONEY.isdisjoint(keys) and len(word) > 1
