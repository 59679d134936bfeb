"""Whole numbers said in words, English and Spanish: "two hundred and forty", "doscientos cuarenta"."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.language.date_words import NUMBERS
from bot.language.text import key_of

_JOINED_BY = frozenset({"and", "y"})
_LARGEST = 1_000_000
_VALUES: Mapping[str, int] = MappingProxyType(
    {
        **{word: value for word, value in NUMBERS.items() if word not in {"couple", "few", "par"}},
        **{
            word: value
            for value, words in {
                13: "thirteen trece", 14: "fourteen catorce", 15: "fifteen quince", 16: "sixteen dieciseis",
                17: "seventeen diecisiete", 18: "eighteen dieciocho", 19: "nineteen diecinueve", 20: "twenty veinte",
                21: "veintiuno", 22: "veintidos", 23: "veintitres", 24: "veinticuatro", 25: "veinticinco",
                30: "thirty treinta", 40: "forty cuarenta", 50: "fifty cincuenta", 60: "sixty sesenta",
                70: "seventy setenta", 80: "eighty ochenta", 90: "ninety noventa", 100: "cien ciento",
                200: "doscientos", 300: "trescientos", 400: "cuatrocientos", 500: "quinientos", 600: "seiscientos",
                700: "setecientos", 800: "ochocientos", 900: "novecientos",
            }.items()
            for word in words.split()
        },
    }
)  # fmt: skip
_TIMES: Mapping[str, int] = MappingProxyType({"hundred": 100, "thousand": 1000, "grand": 1000, "mil": 1000})
_PARTS = frozenset({*_VALUES, *_TIMES, *_JOINED_BY})
NUMBER_KEYS = frozenset(key_of(word) for word in _PARTS)
MONEY_KEYS = frozenset({"dollar", "buck", "dolare", "dolar", "usd"})
_TEN, _HUNDRED = 10, 100


def number_before(words: Sequence[str], end: int) -> tuple[int, int] | None:
    """The number whose words end right before `end`, and the place where they begin; None when there is none."""
    first = end
    while first and words[first - 1] in _PARTS:
        first -= 1
    while first < end and (words[first] in _JOINED_BY or _is_article(words, first)):
        first += 1
    value = _value(words[first:end])
    return (value, first) if value else None


def number_at(words: Sequence[str], first: int) -> tuple[int, int] | None:
    """The number whose words begin at `first`, and the place behind them; None when there is none."""
    end = first
    while end < len(words) and words[end] in _PARTS:
        end += 1
    while end > first and words[end - 1] in _JOINED_BY:
        end -= 1
    if end == first or words[first] in _JOINED_BY or _is_article(words, first):
        return None
    value = _value(words[first:end])
    return (value, end) if value else None


def _is_article(words: Sequence[str], place: int) -> bool:
    """Whether an "a" counts nothing: "mayores a doscientos", unlike "a hundred"."""
    return words[place] == "a" and not (place + 1 < len(words) and words[place + 1] in _TIMES)


def _value(words: Sequence[str]) -> int:
    """Thousands, hundreds and the rest added up; 0 for nothing or for words that make no number."""
    whole = part = 0
    for word in words:
        if word in _TIMES:
            part = max(part, 1) * _TIMES[word]
            if _TIMES[word] > _HUNDRED:
                whole, part = whole + part, 0
        elif word not in _JOINED_BY:
            part = _with(part, _VALUES[word])
    return whole + part if whole + part < _LARGEST else 0


def _with(part: int, value: int) -> int:
    """What is said one after the other is added, but "two forty" is 240."""
    if 0 < part < _TEN <= value < _HUNDRED:
        return part * _HUNDRED + value
    return part + value
