"""Numbers in a message: claim numbers, amounts of money, limits, ZIP codes, miles, and positions in a list."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple

from msgspec.structs import replace

from bot.language.matcher import Grammar, Lexed, Matcher
from bot.language.text import Tag, Utterance, occupy, of_kind

OVER, UNDER = "amount_over", "amount_under"
_CLAIM_ID = re.compile(r"(?<![\w$.,/])#?([A-Za-z]{0,6}[-_]?\d[A-Za-z0-9]*(?:[-_][A-Za-z0-9]+){0,4})(?!\w)")
_NO_CLAIM_ID = re.compile(
    r"\d{1,4}(?:st|nd|rd|th|mg|mcg|ml|mi|pm|am)?$|\d{5}-\d{4}$|\d{3}-\d{3}-\d{4}$"
    r"|\d{4}-\d{1,2}-\d{1,2}$|\d{1,2}-\d{1,2}-\d{2,4}$",
    re.IGNORECASE,
)
_ZIP = re.compile(r"\d{5}$")
_YEAR = re.compile(r"(?:19[89]\d|200[1-9]|20[1-4]\d)$")  # "over 2000" is an amount
_PLUS_FOUR = re.compile(r"\d{4}$")
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$|\d+,\d{2}$")
_CENTS_AFTER_COMMA = re.compile(r"\d+,\d{2}$")
_BARE_AMOUNT = re.compile(r"\d{2,4}$")
_SHORT = re.compile(r"\d{1,3}$")
# Not "401k", which is no amount.
_THOUSANDS = re.compile(r"(\d{1,2}(?:\.\d)?)k$")
_CENT = Decimal("0.01")
_CLAIM_ID_CHARS = 6
_CLAIM_ID_DIGITS = 3
_PHONE_DIGITS = (10, 11)
_LONGEST_NUMBER = 12
_LONGEST_LIST = 50
_AMOUNT_WINDOW, _BELIEF = 4, 6
_LARGEST = 1_000_000
_TEN, _HUNDRED = 10, 100


class NumberWords:
    """Whole numbers in words ("two hundred and forty", "doscientos cuarenta"), and the words around numbers."""

    def __init__(self, grammar: Grammar) -> None:
        self.values, self.times = grammar.values("numbers.value"), grammar.values("numbers.times")
        self.large = frozenset({*self.times, *(word for word, value in self.values.items() if value >= _TEN)})
        self._few = grammar.values("dates.number")
        self._joint, self._article = grammar.words("numbers.joint"), grammar.words("numbers.article")
        self.parts = frozenset({*self.values, *self.times, *self._joint})
        self.listed = grammar.area("numbers")
        self.dollars, self.miles = self.listed.keys("dollars"), self.listed.keys("miles")

    def count(self, word: str) -> int | None:
        """Return the value of a small number in digits or one word; None for other words."""
        return int(word) if word.isascii() and _SHORT.match(word) else self.values.get(word) or self._few.get(word)

    def is_begun(self, words: Sequence[str], first: int, end: int) -> bool:
        """Return whether a spelled-out number may begin with words[first] and end with words[end - 1]."""
        return words[end - 1] not in self._joint and not self.is_article(words, first)

    def is_article(self, words: Sequence[str], index: int) -> bool:
        """Return whether the word at `index` is an article and no number: the "a" of "mayores a doscientos"."""
        return words[index] in self._article and not (index + 1 < len(words) and words[index + 1] in self.times)

    def value(self, words: Sequence[str]) -> int:
        """Return the number that words spell out; 0 for no words or for words that make no number."""
        whole = part = 0
        for word in words:
            if word in self.times:
                part = max(part, 1) * self.times[word]
                if self.times[word] > _HUNDRED:
                    whole, part = whole + part, 0
            elif word not in self._joint:
                part = _with(part, self.count(word) or 0)
        return whole + part if whole + part < _LARGEST else 0


def _with(part: int, value: int) -> int:
    """Return two consecutive numbers combined: 140 for 100 and 40, but 240 for 2 and 40."""
    if 0 < part < _TEN <= value < _HUNDRED:
        return part * _HUNDRED + value
    return part + value


class _Amount(NamedTuple):
    """An amount of dollars in a message ("100", "99.50"); `sure`: a sign or a word says that it is in dollars."""

    value: str
    first: int
    after: int
    sure: bool


class LimitPatterns:
    """The operations of the patterns in `intents/_grammar/limits.yaml`; most return a list of tags."""

    def __init__(self, said: Utterance, keys: Sequence[str], free: Sequence[bool], words: NumberWords) -> None:
        self._said, self._keys, self._free, self._words = said, keys, free, words
        self._limits = words.listed.beside("limits")

    def figures(self, number: object, span: tuple[int, int]) -> _Amount | None:  # noqa: ARG002 -- as it is written
        """Return the amount in digits, as in "$240" or "240 dollars"; None for "2025's" and for endless digits."""
        word = self._said.words[span[0]]
        if len(word) > _LONGEST_NUMBER or not (_NUMBER.match(word) or _THOUSANDS.match(word)):
            return None
        sure = span[1] - span[0] > 1 or _dollared(self._said, span[0])
        return _Amount(f"{_dollars(word):f}".removesuffix(".00"), *span, sure=sure)

    def worded(self, span: tuple[int, int]) -> _Amount | None:
        """Return the amount that is written in words, as in "a hundred dollars"; None if the words are no amount."""
        (first, after), words = span, self._said.words
        named = self._keys[after - 1] in self._words.dollars
        end = after - (named and words[after - 1] not in self._words.times)  # "five grand"
        first += end - first > 1 and self._words.is_article(words, first)  # "a forty dollar bill"
        if first == end or not (named or self._words.is_begun(words, *span)):
            return None
        value = self._words.value(words[first:end])
        sure = named or _dollared(self._said, span[0])
        return _Amount(str(value), first, after, sure=sure) if value >= _TEN or named else None

    def led(self, kind: str, amount: _Amount, span: tuple[int, int]) -> list[Tag]:
        """Return the tag of the limit for "over $100" or "under $100"; [] if the number is not in dollars."""
        told = not self._limits.keys("told").isdisjoint(self._keys[max(0, span[0] - 2) : span[0]])
        return [] if told and self._limits.keys("many").isdisjoint(self._keys) else self.closed(kind, amount, span)

    def closed(self, kind: str, amount: _Amount, span: tuple[int, int]) -> list[Tag]:
        """Return the tag of the limit for "$100 or more" or "$100 or less"; [] if the number is not in dollars."""
        return [Tag(f"amount_{kind}", amount.value, *span)] if self._is_money(amount) else []

    def between(self, low: _Amount, high: _Amount, span: tuple[int, int]) -> list[Tag] | None:
        """Return the tags for "between $50 and $80"; None if neither number is in dollars: "it went from 30 to 45"."""
        ranged = self._said.words[max(0, low.first - 1)] != "from" or high.first - low.after > 1
        if not (low.sure or high.sure or (ranged and self._is_money(low) and self._is_money(high))):
            return None
        return [Tag(OVER, low.value, span[0], low.after), Tag(UNDER, high.value, low.after, high.after)]

    def signed(self, amount: _Amount, span: tuple[int, int]) -> list[Tag] | None:
        """Return the tags for ">$100" or "$100+"; None without such a sign."""
        text, spans = self._said.text, self._said.spans
        sign, following = text[: spans[span[0]][0]].rstrip(" $=")[-1:], text[spans[span[1] - 1][1] :][:1]
        kind = {">": OVER, "<": UNDER}.get(sign) or (
            OVER if following == "+" and _dollared(self._said, span[0]) else None
        )
        return [Tag(kind, amount.value, *span)] if kind and self._is_money(amount) else None

    def miles(self, count: int, span: tuple[int, int]) -> Tag | None:
        """Return the tag of a search radius in miles: "within ten miles", "10mi"; None for none."""
        return Tag("radius", count, *span) if count else None

    def _is_money(self, amount: _Amount) -> bool:
        """Return whether an amount is in dollars, because of a sign, or of words about money in the message."""
        if not self._free[amount.first]:
            return False
        if amount.sure:
            return True
        word, said = self._said.words[amount.first], self._said
        following = self._keys[amount.after] if amount.after < len(self._keys) else ""
        percent = said.text[said.spans[amount.after - 1][1] :][:1] == "%"
        if _YEAR.match(word) or _ZIP.match(word) or following in self._limits.keys("unit") or percent:
            return False
        return not (word.isdigit() and len(word) == 1) and not self._limits.keys("money").isdisjoint(self._keys)


def limit_tags(said: Utterance, keys: Sequence[str], free: list[bool], words: NumberWords, lexed: Lexed) -> list[Tag]:
    """Return the tags of limits in US dollars: `amount_over`, `amount_under`. Sets `free` to False for their tokens."""
    if "limits.number" not in lexed.present and words.large.isdisjoint(said.words):
        return []
    matcher = Matcher(lexed, LimitPatterns(said, keys, free, words))
    tags = [tag for found in matcher.find("limits.limit") for tag in found.value]
    occupy(free, *tags)
    return tags


def _dollared(said: Utterance, index: int) -> bool:
    return said.text[: said.spans[index][0]].rstrip(" ")[-1:] == "$"


def number_tags(said: Utterance, lexed: Lexed, keys: Sequence[str], free: list[bool], words: NumberWords) -> list[Tag]:
    """Return the tags of claim numbers, amounts and ZIP codes. Sets `free` to False for their tokens.

    Amounts are Decimal dollars to the cent.
    """
    amounts = Matcher(lexed, LimitPatterns(said, keys, free, words)).find("limits.amount")
    tags = list[Tag]()
    for found in chain(
        [_claim_id(said, keys, free, words)],
        (_stated(said, keys, one.value, words) for one in amounts),
        (_zip(said, place) for place in range(len(keys))),
    ):
        if found and free[found.first] and free[found.after - 1]:
            tags.append(found)
            occupy(free, found)
    return tags


def with_own_amount(said: Utterance, tags: Sequence[Tag], words: NumberWords) -> list[Tag]:
    """Return the tags; of two amounts the one believed by the writer becomes `amount_own`: "but I think I owe 54"."""
    amounts = of_kind(tags, "amount")
    own = [
        tag
        for tag in amounts
        if not words.listed.believed.isdisjoint(said.words[max(0, tag.first - _BELIEF) : tag.first])
    ]
    if len(amounts) != len(own) + 1:
        return list(tags)
    return [replace(tag, kind="amount_own") if tag in own[:1] else tag for tag in tags]


def _stated(said: Utterance, keys: Sequence[str], amount: _Amount, words: NumberWords) -> Tag | None:
    """Return the tag of an amount of which the words around it say that it is in dollars; None for another number."""
    value, first, after, sure = amount
    word, following = said.words[first], keys[after] if after < len(keys) else ""
    tag = Tag("amount", Decimal(value).quantize(_CENT), first, after + (following in words.dollars))
    whole = _with_cents(said, keys, tag, words)
    if not word[0].isdigit():  # "the grand total" is no thousand
        named = keys[after - 1] in words.dollars and after - first > 1 and not words.is_article(said.words, first)
        return whole if named else None
    stated = sure or whole is not tag or tag.after > after or not word.isdigit() or _owed(keys, first, word, words)
    return whole if stated and following not in words.miles else None


def _with_cents(said: Utterance, keys: Sequence[str], dollars: Tag, words: NumberWords) -> Tag:
    """Return the tag of dollars with the cents that follow, directly or after one word: "80 dollars and 54 cents"."""
    following = range(dollars.after + 1, min(dollars.after + _AMOUNT_WINDOW, len(keys)))
    end = next((place for place in following if keys[place] in words.listed.keys("cents")), 0)
    for first in (dollars.after, dollars.after + 1) if end else ():
        if 0 < (value := words.value(said.words[first:end])) < _HUNDRED:
            return replace(dollars, value=Decimal(str(dollars.value)) + Decimal(value) / _HUNDRED, after=end + 1)
    return dollars


def place_in_list(said: Utterance) -> Tag | None:
    """Return the tag of an ordinal for a message that is only a number from 1 to 50; None for any other message."""
    if len(said.words) != 1 or not _SHORT.match(said.words[0]) or not said.words[0].isascii():
        return None
    number = int(said.words[0])
    return Tag("ordinal", {"index": number}, 0, 1) if 0 < number <= _LONGEST_LIST else None


def amount_alone(said: Utterance) -> Tag | None:
    """Return the tag of an amount for a message that is only a number and no ZIP code; None for any other message."""
    if len(said.words) != 1 or not said.words[0].isascii() or len(said.words[0]) > _LONGEST_NUMBER:
        return None
    word = said.words[0]
    return Tag("amount", _dollars(word), 0, 1) if _NUMBER.match(word) and not _ZIP.match(word) else None


def _dollars(word: str) -> Decimal:
    """Return the amount that a number in digits is, to the cent: "1,200", "99,50", "2.5k"."""
    if thousands := _THOUSANDS.match(word):
        return (Decimal(thousands[1]) * 1000).quantize(_CENT)
    written = word.replace(",", ".") if _CENTS_AFTER_COMMA.match(word) else word.replace(",", "")
    return Decimal(written).quantize(_CENT)


def _owed(keys: Sequence[str], index: int, word: str, words: NumberWords) -> bool:
    """Return whether a bare number directly after words of billing is an amount: "they charged me 240"."""
    window = keys[max(0, index - _AMOUNT_WINDOW) : index]
    told = bool(window) and window[-1] in words.listed.keys("money_before")
    told = told and not words.listed.keys("money_head").isdisjoint(window)
    return told and _BARE_AMOUNT.match(word) is not None


def _zip(said: Utterance, index: int) -> Tag | None:
    word = said.words[index]
    if not (word.isascii() and _ZIP.match(word)):
        return None
    after = index + 1
    if after < len(said.words) and _PLUS_FOUR.match(said.words[after]):
        after += said.text[said.spans[index][1] : said.spans[after][0]] == "-"
    return Tag("location", {"zip": word}, index, after)


def _claim_id(said: Utterance, keys: Sequence[str], free: Sequence[bool], words: NumberWords) -> Tag | None:
    for found in _CLAIM_ID.finditer(said.text):
        code, (first, after) = found.group(1), said.tokens(*found.span(1))
        if first == len(keys):
            break
        if not free[first] or _NO_CLAIM_ID.match(code):
            continue
        before = next((key for key in reversed(keys[:first]) if key not in words.listed.keys("claim_glue")), "")
        if before in words.listed.keys("claim") or _looks_like_claim(code):
            return Tag("claim_id", code.upper(), first, after)
    return None


def _looks_like_claim(code: str) -> bool:
    if code.isdigit():
        return len(code) >= _CLAIM_ID_CHARS and len(code) not in _PHONE_DIGITS
    return len(code) >= _CLAIM_ID_CHARS and sum(character.isdigit() for character in code) >= _CLAIM_ID_DIGITS


def radius_tags(lexed: Lexed, said: Utterance, keys: Sequence[str], words: NumberWords) -> list[Tag]:
    """Return the tag of a search radius in miles: "within ten miles", "10mi"; [] if there is none."""
    found = Matcher(lexed, LimitPatterns(said, keys, (), words)).find("limits.radius")
    return [one.value for one in islice(found, 1)]
