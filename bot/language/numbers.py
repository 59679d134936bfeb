"""Numbers in a message: claim numbers, amounts of money, ZIPs, miles, and places in a list."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal

from bot.language.date_words import NUMBERS
from bot.language.number_words import MONEY_KEYS, number_before
from bot.language.tags import Tag
from bot.language.text import Utterance

_MILES = frozenset({"mile", "mi", "milla", "miles", "millas"})
_RADIUS_LEADS = frozenset({
    "within", "w", "in", "a", "meno", "menos", "de", "less", "than", "under", "radius", "up", "to", "dentro", "un",
    "radio",
})  # fmt: skip
_NUMBER_WORDS = {
    **NUMBERS, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "quince": 15, "veinte": 20, "treinta": 30, "cincuenta": 50,
}  # fmt: skip
_MONEY_BEFORE = frozenset({
    "bill", "billed", "billing", "charge", "charged", "charging", "pay", "paid", "owe", "owed", "owing", "factura",
    "cobraron", "cobran", "cobro", "cobrado", "debo", "say", "said", "want", "wanting", "invoice", "statement",
    "por", "for", "of", "me", "de", "is", "was",
})  # fmt: skip
_MONEY_HEADS = frozenset({
    "bill", "billed", "billing", "charge", "charged", "charging", "owe", "owed", "owing", "factura", "cobraron",
    "cobran", "cobro", "invoice", "statement", "balance",
})  # fmt: skip
_CLAIM_WORDS = frozenset({"claim", "reclamo", "reclamacion", "reclamacione", "ref", "reference", "clm"})
_CLAIM_GLUE = frozenset(
    {"number", "no", "num", "id", "numero", "is", "es", "the", "del", "el", "de", "nro", "con", "with"}
)
_CLAIM_ID = re.compile(r"(?<![\w$.,/])#?([A-Za-z]{0,6}[-_]?\d[A-Za-z0-9]*(?:[-_][A-Za-z0-9]+){0,4})(?!\w)")
_NO_CLAIM_ID = re.compile(
    r"\d{1,4}(?:st|nd|rd|th|mg|mcg|ml|mi|pm|am)?$|\d{5}-\d{4}$|\d{3}-\d{3}-\d{4}$"
    r"|\d{4}-\d{1,2}-\d{1,2}$|\d{1,2}-\d{1,2}-\d{2,4}$",
    re.IGNORECASE,
)
_ZIP = re.compile(r"\d{5}$")
_PLUS_FOUR = re.compile(r"\d{4}$")
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$|\d+,\d{2}$")
_CENTS_AFTER_COMMA = re.compile(r"\d+,\d{2}$")
_BARE_AMOUNT = re.compile(r"\d{2,4}$")
_SHORT = re.compile(r"\d{1,3}$")
_JOINED_MILES = re.compile(r"(\d{1,3})(?:mi|miles)$")
_CENT = Decimal("0.01")
_CLAIM_ID_CHARS = 6
_CLAIM_ID_DIGITS = 3
_PHONE_DIGITS = (10, 11)
_LONGEST_NUMBER = 12
_LONGEST_LIST = 50
_AMOUNT_WINDOW = 4


def number_tags(said: Utterance, keys: Sequence[str], free: list[bool]) -> list[Tag]:
    """Claim numbers, amounts (Decimal dollars, to the cent) and ZIPs. Words that are taken are marked in `free`."""
    tags = []
    claim = _claim_id(said, keys, free)
    if claim:
        tags.append(claim)
        free[claim.first : claim.after] = [False] * (claim.after - claim.first)
    for place, word in enumerate(said.words):
        if free[place] and word[0].isdigit():
            found = _amount(said, keys, place) or _zip(said, place)
            if found:
                tags.append(found)
                free[place] = False
    return tags


def worded_amount(said: Utterance, keys: Sequence[str], free: list[bool]) -> Tag | None:
    """Dollars in words: "two hundred bucks". Words that are taken are marked in `free`."""
    for place, key in enumerate(keys):
        found = number_before(said.words, place) if key in MONEY_KEYS and free[place] else None
        if found:
            value, first = found
            free[first : place + 1] = [False] * (place + 1 - first)
            return Tag("amount", Decimal(value).quantize(_CENT), first, place + 1)
    return None


def place_in_list(said: Utterance) -> Tag | None:
    """A message that is only a small number: the place of an item in what was shown."""
    if len(said.words) != 1 or not _SHORT.match(said.words[0]) or not said.words[0].isascii():
        return None
    number = int(said.words[0])
    return Tag("ordinal", {"index": number}, 0, 1) if 0 < number <= _LONGEST_LIST else None


def amount_alone(said: Utterance) -> Tag | None:
    """A message that is only a number, where the bot asked how much."""
    if len(said.words) != 1 or not said.words[0].isascii() or len(said.words[0]) > _LONGEST_NUMBER:
        return None
    word = said.words[0]
    return Tag("amount", _dollars(word), 0, 1) if _NUMBER.match(word) and not _ZIP.match(word) else None


def _dollars(word: str) -> Decimal:
    written = word.replace(",", ".") if _CENTS_AFTER_COMMA.match(word) else word.replace(",", "")
    return Decimal(written).quantize(_CENT)


def _amount(said: Utterance, keys: Sequence[str], place: int) -> Tag | None:
    word = said.words[place]
    following = keys[place + 1] if place + 1 < len(keys) else ""
    if len(word) > _LONGEST_NUMBER or not (word.isascii() and _NUMBER.match(word)) or following in _MILES:
        return None
    in_dollars = following in MONEY_KEYS
    before = said.text[: said.spans[place][0]].rstrip(" ")[-1:]
    if before != "$" and not in_dollars and not ("." in word or "," in word or _owed(keys, place, word)):
        return None
    return Tag("amount", _dollars(word), place, place + 1 + in_dollars)


def _owed(keys: Sequence[str], place: int, word: str) -> bool:
    """A bare number right behind words of billing: "they charged me 240"."""
    window = keys[max(0, place - _AMOUNT_WINDOW) : place]
    return bool(
        _BARE_AMOUNT.match(word) and window and window[-1] in _MONEY_BEFORE and _MONEY_HEADS.intersection(window)
    )


def _zip(said: Utterance, place: int) -> Tag | None:
    word = said.words[place]
    if not (word.isascii() and _ZIP.match(word)):
        return None
    after = place + 1
    if after < len(said.words) and _PLUS_FOUR.match(said.words[after]):
        after += said.text[said.spans[place][1] : said.spans[after][0]] == "-"
    return Tag("location", {"zip": word}, place, after)


def _claim_id(said: Utterance, keys: Sequence[str], free: Sequence[bool]) -> Tag | None:
    ends = [span[1] for span in said.spans]
    for found in _CLAIM_ID.finditer(said.text):
        code = found.group(1)
        first = bisect_right(ends, found.start(1))
        if first == len(ends):
            break
        if not free[first] or _NO_CLAIM_ID.match(code):
            continue
        if _named_claim(keys, first) or _looks_like_claim(code):
            after = next((at for at, span in enumerate(said.spans) if span[0] >= found.end(1)), len(keys))
            return Tag("claim_id", code.upper(), first, after)
    return None


def _named_claim(keys: Sequence[str], first: int) -> bool:
    before = first - 1
    while before >= 0 and keys[before] in _CLAIM_GLUE:
        before -= 1
    return before >= 0 and keys[before] in _CLAIM_WORDS


def _looks_like_claim(code: str) -> bool:
    if code.isdigit():
        return len(code) >= _CLAIM_ID_CHARS and len(code) not in _PHONE_DIGITS
    return len(code) >= _CLAIM_ID_CHARS and sum(character.isdigit() for character in code) >= _CLAIM_ID_DIGITS


def radius_tag(said: Utterance, keys: Sequence[str]) -> Tag | None:
    """The miles that a search may reach: "within ten miles", "10mi"."""
    for place, word in enumerate(said.words):
        joined = _JOINED_MILES.match(word)
        if joined:
            return _radius(said, place, place + 1, int(joined.group(1)))
        if not place or (word not in _MILES and keys[place] not in _MILES):
            continue
        number = said.words[place - 1]
        count = int(number) if number.isascii() and _SHORT.match(number) else _NUMBER_WORDS.get(number)
        if count:
            return _radius(said, place - 1, place + 1, count)
    return None


def _radius(said: Utterance, first: int, after: int, miles: int) -> Tag:
    while first and said.words[first - 1] in _RADIUS_LEADS:
        first -= 1
    return Tag("radius", miles, first, after)
