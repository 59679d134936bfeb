"""What a message names: places, dates, amounts, numbers of claims, people. Tags over its words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.language.date_words import NUMBERS
from bot.language.dates import find_dates
from bot.language.lexicon import Lexicon
from bot.language.names import TITLES, cleaned, find_name, widened
from bot.language.phrases import Found
from bot.language.places import Place
from bot.language.text import Utterance

DateRange = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Tag:
    """A slot value seen in the words `first` up to `after`."""

    kind: str
    value: object
    first: int
    after: int


_IN = frozenset(
    ["in", "near", "around", "by", "at", "from", "to", "en", "cerca", "de", "por", "of", "outside", "within", "para"]
)
_STATES = {
    "tn": "TN", "tennessee": "TN", "tenn": "TN", "ga": "GA", "georgia": "GA", "al": "AL", "alabama": "AL",
    "ms": "MS", "mississippi": "MS", "ar": "AR", "arkansas": "AR", "mo": "MO", "missouri": "MO", "ky": "KY",
    "kentucky": "KY", "va": "VA", "virginia": "VA", "nc": "NC", "carolina": "NC", "fl": "FL", "florida": "FL",
    "tx": "TX", "texas": "TX", "ohio": "OH", "ny": "NY", "sc": "SC", "il": "IL",
}  # fmt: skip
_MILES = frozenset({"mile", "mi", "milla", "miles", "millas"})
_RADIUS_LEADS = frozenset(
    [
        "within",
        "w",
        "in",
        "a",
        "meno",
        "menos",
        "de",
        "less",
        "than",
        "under",
        "radius",
        "up",
        "to",
        "dentro",
        "un",
        "radio",
    ]
)
_NUMBER_WORDS = {**NUMBERS, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "quince": 15, "veinte": 20, "treinta": 30, "cincuenta": 50}  # fmt: skip
_MONEY_AFTER = frozenset({"dollar", "buck", "dolare", "dolar", "usd"})
_MONEY_BEFORE = frozenset(
    [
        "bill",
        "billed",
        "billing",
        "charge",
        "charged",
        "charging",
        "pay",
        "paid",
        "owe",
        "owed",
        "owing",
        "factura",
        "cobraron",
        "cobran",
        "cobro",
        "cobrado",
        "debo",
        "say",
        "said",
        "want",
        "wanting",
        "wants",
        "invoice",
        "statement",
        "por",
        "for",
        "of",
        "me",
    ]
)
_MONEY_HEADS = frozenset(
    [
        "bill",
        "billed",
        "billing",
        "charge",
        "charged",
        "charging",
        "owe",
        "owed",
        "factura",
        "cobraron",
        "cobran",
        "cobro",
        "invoice",
        "statement",
        "balance",
    ]
)
_CLAIM_WORDS = frozenset(["claim", "reclamo", "reclamacion", "reclamacione", "ref", "reference"])
_CLAIM_GLUE = frozenset(
    ["number", "no", "num", "id", "numero", "is", "es", "the", "del", "el", "de", "nro", "con", "with"]
)
_CLAIM_ID = re.compile(r"(?<![\w$.,/])#?([A-Za-z]{0,6}[-_]?\d[A-Za-z0-9]*(?:[-_][A-Za-z0-9]+){0,4})(?![\w])")
_CLAIM_NOISE = re.compile(r"\d{1,4}(?:st|nd|rd|th|mg|mcg|ml|mi|pm|am)?$|\d{5}-\d{4}$|\d{3}-\d{3}-\d{4}$|\d{4}-\d{1,2}-\d{1,2}$|\d{1,2}-\d{1,2}-\d{2,4}$", re.IGNORECASE)  # fmt: skip
_ZIP = re.compile(r"\d{5}$")
_HAS_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*$")
_CLAIM_ID_MIN = 6
_LONGEST_LIST = 50
_AMOUNT_WINDOW = 4


def ordinal(written: str) -> dict[str, int]:
    """`{"index": n}` from the top, or from the end when negative; `{"step": n}` from the one that was spoken of.

    In the pack: "2" and "-1" are places, "+1" is the one before in time, "-" the one after, "0" the same one.
    """
    if written in {"+1", "-", "0"}:
        return {"step": {"+1": 1, "-": -1, "0": 0}[written]}
    return {"index": int(written)}


# Words of these may also be the title before a name.
_WEAK = frozenset({"any_doctor", "gender"})


class Tagger:
    """Finds the slot values of one message."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._familiar = lexicon.familiar
        self._known = frozenset(self._familiar | lexicon.tree.vocabulary)
        self._people = lexicon.given | lexicon.family

    def tags(
        self, said: Utterance, keys: Sequence[str], found: Sequence[Found], today: date, plan_year: DateRange | None
    ) -> list[Tag]:
        """Every slot value in the message; `keys` are its words with typing mistakes put right."""
        tags: list[Tag] = []
        free = [True] * len(keys)
        heads: set[int] = set()
        for match in found:
            for meaning in match.meanings:
                if meaning.kind == "concept":
                    heads.update(range(match.first, match.after))
                elif meaning.kind == "place":
                    self._place(said, keys, match, meaning.value, tags)
                elif meaning.kind == "organization":
                    after = widened(said, match.first, match.after)
                    tags.append(Tag("provider_name", cleaned(said.said(match.first, after)), match.first, after))
                elif meaning.kind == "ordinal":
                    tags.append(Tag("ordinal", ordinal(str(meaning.value)), match.first, match.after))
                else:
                    tags.append(Tag(meaning.kind, meaning.value, match.first, match.after))
        for stretch in find_dates(said.words, today, plan_year):
            start, end = stretch.days
            value = {"start": start.isoformat() if start else None, "end": end.isoformat() if end else None}
            tags.append(Tag("date_range", value, stretch.first, stretch.after))
        for tag in tags:
            if tag.kind in _WEAK:
                continue
            free[tag.first : tag.after] = [False] * (tag.after - tag.first)
        if (
            len(keys) == 1
            and keys[0].isascii()
            and keys[0].isdigit()
            and len(keys[0]) < 3
            and 0 < int(keys[0]) <= _LONGEST_LIST
        ):
            tags.append(Tag("ordinal", {"index": int(keys[0])}, 0, 1))
        elif _HAS_DIGIT.search(said.folded):
            self._numbers(said, keys, free, tags)
        self._radius(said, keys, tags)
        for place in heads:
            free[place] = free[place] and (keys[place] in self._people or said.words[place] in TITLES)
        if not any(tag.kind == "provider_name" for tag in tags):
            name = find_name(said, free, self._known, self._people)
            if name:
                tags.append(Tag("provider_name", name.name, name.first, name.after))
        return tags

    def _place(self, said: Utterance, keys: Sequence[str], match: Found, value: object, tags: list[Tag]) -> None:
        if not isinstance(value, Place):
            return
        first, after = match.first, match.after
        before = said.words[first - 1] if first else ""
        following = said.words[after] if after < len(said.words) else ""
        state = _STATES.get(following)
        if state == "NC" and following == "carolina":
            state = None
        lead = before in _IN
        if not value.county:
            if before in {"dr", "dra", "doctor", "doctora"} or (before in self._people and not lead):
                return
            if value.careful and not lead and state is None:
                return
        place: Mapping[str, str]
        if value.county:
            place = {"county": value.city, "state": state or value.state}
        else:
            place = {"city": value.city, "state": state or value.state}
        tags.append(Tag("location", place, first, after + (state is not None)))

    def _numbers(self, said: Utterance, keys: Sequence[str], free: list[bool], tags: list[Tag]) -> None:
        self._claim_ids(said, keys, free, tags)
        for place, word in enumerate(said.words):
            if not free[place] or not word[0].isdigit():
                continue
            before = said.text[: said.spans[place][0]].rstrip(" ")[-1:]
            if self._is_amount(said, keys, place, before):
                amount = Decimal(word.replace(",", "")).quantize(Decimal("0.01"))
                money = place + 1 < len(keys) and keys[place + 1] in _MONEY_AFTER
                tags.append(Tag("amount", amount, place, place + 1 + money))
                free[place] = False
            elif _ZIP.match(word) and before != "$":
                plus_four = place + 1 < len(keys) and len(keys[place + 1]) == 4 and keys[place + 1].isdigit()  # noqa: PLR2004 -- ZIP+4
                joined = plus_four and said.text[said.spans[place][1] : said.spans[place + 1][0]] == "-"
                tags.append(Tag("location", {"zip": word}, place, place + 1 + joined))
                free[place] = False

    @staticmethod
    def _is_amount(said: Utterance, keys: Sequence[str], place: int, before: str) -> bool:
        word = said.words[place]
        if not _NUMBER.match(word) or len(word) > 12:  # noqa: PLR2004 -- no bill has more digits
            return False
        if before == "$" or (place + 1 < len(keys) and keys[place + 1] in _MONEY_AFTER):
            return True
        if "." in word or "," in word:
            return not (place + 1 < len(keys) and keys[place + 1] in _MILES)
        window = keys[max(0, place - _AMOUNT_WINDOW) : place]
        return (
            len(word) in {2, 3, 4}
            and bool(window)
            and window[-1] in _MONEY_BEFORE
            and bool(_MONEY_HEADS & set(window))
            and not (place + 1 < len(keys) and keys[place + 1] in _MILES)
        )

    @staticmethod
    def _claim_ids(said: Utterance, keys: Sequence[str], free: list[bool], tags: list[Tag]) -> None:
        for found in _CLAIM_ID.finditer(said.text):
            code = found.group(1)
            first = next((at for at, span in enumerate(said.spans) if span[1] > found.start(1)), None)
            if first is None or not free[first] or _CLAIM_NOISE.match(code):
                continue
            before = first - 1
            while before >= 0 and keys[before] in _CLAIM_GLUE:
                before -= 1
            named = before >= 0 and keys[before] in _CLAIM_WORDS
            digits = sum(character.isdigit() for character in code)
            long_enough = digits >= _CLAIM_ID_MIN or (len(code) >= _CLAIM_ID_MIN and not code.isdigit() and digits > 2)  # noqa: PLR2004
            phone = code.isdigit() and len(code) in {10, 11}
            if not named and (not long_enough or phone):
                continue
            after = next((at for at, span in enumerate(said.spans) if span[0] >= found.end(1)), len(keys))
            tags.append(Tag("claim_id", code.upper(), first, after))
            free[first:after] = [False] * (after - first)
            return

    @staticmethod
    def _radius(said: Utterance, keys: Sequence[str], tags: list[Tag]) -> None:
        for place in range(1, len(keys)):
            if said.words[place] not in _MILES and keys[place] not in _MILES:
                if not re.fullmatch(r"\d{1,3}(?:mi|miles|m)", said.words[place]):
                    continue
                count: int | None = int(re.sub(r"\D", "", said.words[place]))
                first = place
            else:
                first = place - 1
                word = said.words[first]
                count = int(word) if word.isascii() and word.isdigit() and len(word) <= 3 else _NUMBER_WORDS.get(word)  # noqa: PLR2004
            if not count:
                continue
            while first and said.words[first - 1] in _RADIUS_LEADS:
                first -= 1
            tags.append(Tag("radius", count, first, place + 1))
            return
