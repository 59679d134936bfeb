"""Kinds of care such as MRI or surgery, and how to recognize them in a claim (`intents/_words/services.yaml`).

The kinds and their code ranges are our own; no text of a licensed code list is used.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from bot.records.claim import Claim
from bot.records.service import Performed, PerformedLine

UNNAMED = frozenset({"office_visit", "dental", "vision", "therapy", "substance_use"})
"""Kinds that say no more of a claim than its type, or that a list of claims does not show to whoever looks on."""
_KEPT = 4_096
_DIGIT = re.compile(r"[0-9]")


class Ranges(msgspec.Struct, frozen=True):
    """Inclusive ranges of codes.

    Only codes with the digits at the same positions, and the same letters, are compared.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    def __contains__(self, code: str) -> bool:
        form = _form(code)
        return any(low <= code <= high and form == _form(low) for low, high in self.pairs)


class WholeWords(msgspec.Struct):
    """A comma-separated list of words and phrases to search for in a text. A trailing asterisk matches any ending."""

    listed: str
    _pattern: re.Pattern[str] | None = None

    def search(self, text: str) -> bool:
        """Return whether the text, already folded with `fold`, contains one of the words.

        The pattern is compiled on first use.
        """
        if self._pattern is None:
            words = ((re.escape(fold(word.removesuffix("*"))), word.endswith("*")) for word in _split(self.listed))
            parts = (word if is_open else rf"{word}(?!\w)" for word, is_open in words)
            self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(parts)})")
        return self._pattern.search(text) is not None


class CareKind(msgspec.Struct, frozen=True):
    """A kind of care. `names` are its names by language; the other fields are the keys of `services.yaml`."""

    key: str
    names: Mapping[str, str]
    parents: tuple[str, ...] = ()
    codes: Ranges = msgspec.field(default_factory=Ranges)
    revenue: Ranges = msgspec.field(default_factory=Ranges)
    place: frozenset[str] = frozenset()
    bill: tuple[str, ...] = ()
    modifier: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    diagnosis: tuple[str, ...] = ()
    drg: Ranges = msgspec.field(default_factory=Ranges)
    pcs: tuple[str, ...] = ()
    text: WholeWords | None = None
    called: WholeWords | None = None
    whole: bool = False
    fills: bool = False

    def name(self, language: str) -> str:
        """Return the name used in answers, in languages other than English with the article: "la resonancia magnética".

        A language without a name in `services.yaml` gets the English name.
        """
        return self.names.get(language) or self.names["en"]

    def article(self, language: str) -> str:
        """Return the article that the name starts with, such as "la"; "" in English."""
        return self.name(language).partition(" ")[0] if language != "en" and self.names.get(language) else ""

    def bare(self, language: str) -> str:
        """Return the name without its article."""
        return self.name(language).removeprefix(self.article(language)).lstrip()

    def is_named(self, code: str | None, words: str | None) -> bool:
        """Return whether a procedure is of this kind, by its code or by the words of its name."""
        by_words = self.text is not None and words is not None and self.text.search(fold(words))
        return by_words or (code is not None and code in self.codes)


class CareKinds(msgspec.Struct, frozen=True):
    """All kinds of care by key, with the wider and narrower kinds of each.

    The kinds of a code and of a text are cached, because every line of every claim needs them.
    """

    every: Mapping[str, CareKind]
    _wider: Mapping[str, frozenset[str]] = {}
    _parts: Mapping[str, tuple[CareKind, ...]] = {}
    _coded: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    _told: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    _lines: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)

    def named(self, key: str) -> CareKind | None:
        """Return the kind with this key; None if there is none."""
        return self.every.get(key)

    def within(self, key: str) -> tuple[CareKind, ...]:
        """Return the kind and all its narrower kinds."""
        return self._parts.get(key, ())

    def above(self, key: str) -> frozenset[str]:
        """Return the keys of the kind itself and of all its wider kinds."""
        return self._wider.get(key, frozenset())

    def near(self, key: str) -> tuple[str, ...]:
        """Return the keys of all wider kinds of a kind, without the kind itself."""
        return tuple(name for name in self.above(key) if name != key)

    def narrowest(self, keys: Iterable[str]) -> CareKind | None:
        """Return the narrowest of these kinds; None if there is none, or several unrelated ones."""
        found = frozenset(keys)
        narrow = found.difference(*map(self.near, found))
        return self.every[min(narrow)] if len(narrow) == 1 else None

    def of_code(self, code: str) -> frozenset[str]:
        """Return the keys of the kinds that a procedure code belongs to."""
        return _cached(self._coded, code, lambda: (name for name, kind in self.every.items() if code in kind.codes))

    def of_text(self, text: str) -> frozenset[str]:
        """Return the keys of the kinds that the text of a claim line mentions.

        Only kinds without narrower kinds count, so that "surgical supplies" is not read as surgery.
        """
        found = (key for key, kind in self.every.items() if kind.text and kind.text.search(fold(text)))
        return _cached(self._told, text, lambda: (key for key in found if len(self.within(key)) == 1))

    def label(self, claim: Claim) -> CareKind | None:
        """Return the kind that names a claim: that of its visit, else the narrowest of all its lines; None if neither.

        Diagnoses do not name a claim, nor does a kind of `unnamed`.
        """
        each = [self._of_line(line, claim) for line in claim.performed.lines]
        every = frozenset[str]().union(*each)
        visits = {key for key in every if self.every[key].whole}
        return self.narrowest(visits) or self.narrowest(every.intersection(*each))

    def _of_line(self, line: PerformedLine, claim: Claim) -> frozenset[str]:
        """Return the keys of the kinds that may name a claim of this line alone."""
        key = repr((line.codes, line.revenue, line.place, line.modifiers, line.words, claim.is_pharmacy))
        named = self.every.keys() - UNNAMED
        return _cached(self._lines, key, lambda: (name for name in named if _line(line, self.every[name], self, claim)))

    def differ(self, told: frozenset[str], coded: frozenset[str]) -> bool:
        """Return whether the kinds of a line's text and of its code contradict each other.

        That is so if both are known and no kind of the text is the same as, wider or narrower than a kind of the code.
        """
        narrow = coded.difference(*(self.near(key) for key in coded))
        wider = [frozenset[str]().union(*map(self.above, some)) for some in (told, narrow)]
        return bool(told and narrow) and not (told & wider[1] or narrow & wider[0])


def _cached(known: dict[str, frozenset[str]], key: str, found: Callable[[], Iterable[str]]) -> frozenset[str]:
    if key not in known:
        if len(known) >= _KEPT:
            known.clear()
        known[key] = frozenset(found())
    return known[key]


NO_KINDS = CareKinds({})


class Shown(msgspec.Struct, frozen=True):
    """How a claim shows a kind of care: in some lines, or as a whole.

    Attributes:
        lines: the indexes of the lines that are of the kind; () if only the claim as a whole is.
        of: the number of lines of the claim.
        whole: True if the kind concerns the whole claim, whichever lines show it.
    """

    lines: tuple[int, ...] = ()
    of: int = 0
    whole: bool = False

    @property
    def partly(self) -> bool:
        """Whether some lines of the claim, but not all, are of the kind."""
        return 0 < len(self.lines) < self.of and not self.whole


def shown_as(claim: Claim, key: str, kinds: CareKinds) -> Shown | None:
    """Return how the claim shows this kind or a narrower one; None if the claim does not show it."""
    done = claim.performed
    wanted = kinds.within(key)
    whole = any(kind.whole for kind in wanted if kind.key == key)
    lines = tuple(at for at, line in enumerate(done.lines) if any(_line(line, one, kinds, claim) for one in wanted))
    if any(_as_a_whole(claim, done, kind) for kind in wanted):
        return Shown((), len(done.lines))
    if lines:
        return Shown(lines, len(done.lines), whole)
    names = [fold(name) for name in (claim.seen, claim.billing, claim.place) if name]
    if not done.names_service and any(kind.called and kind.called.search(name) for kind in wanted for name in names):
        return Shown((), len(done.lines))
    return None


def kind_shown(claim: Claim, kinds: CareKinds) -> CareKind | None:
    """Return the narrowest kind that the claim shows; None if it shows none, or several unrelated ones."""
    return kinds.narrowest(key for key in kinds.every if shown_as(claim, key, kinds))


def kinds_by_text(claims: Iterable[Claim], kinds: CareKinds) -> dict[str, CareKind]:
    """Return the kind of care for each text in the claim lines, by the line's codes, else by the text itself.

    Texts with no kind or with several unrelated kinds are omitted.
    """
    found: dict[str, CareKind] = {}
    for line in (line for claim in claims for line in claim.performed.lines):
        told = frozenset[str]().union(*map(kinds.of_code, line.codes)) or kinds.of_text(line.text)
        if kind := kinds.narrowest(told):
            found |= {text: kind for text in (line.text, *line.words) if text}
    return found


def _as_a_whole(claim: Claim, done: Performed, kind: CareKind) -> bool:
    return (
        (claim.kind or "") in kind.kinds
        or bool(kind.bill and done.bill.startswith(kind.bill))
        or any(code.startswith(kind.diagnosis) for code in done.diagnoses if kind.diagnosis)
        or any(code.zfill(3) in kind.drg for code in done.drg)
        or any(code.startswith(kind.pcs) for code in done.procedures if kind.pcs)
        or (not done.lines and kind.text is not None and any(kind.text.search(fold(words)) for words in done.words))
    )


def _line(line: PerformedLine, kind: CareKind, kinds: CareKinds, claim: Claim) -> bool:
    if kind.unless.intersection(line.modifiers):
        return False
    of_codes = frozenset[str]().union(*(kinds.of_code(code) for code in line.codes))
    told = kinds.of_text(line.text) if line.text and not claim.is_pharmacy else frozenset[str]()
    if kinds.differ(told, of_codes):
        return kind.key in told
    if any(code in kind.codes for code in line.codes) or kind.modifier.intersection(line.modifiers):
        return True
    if kind.place.intersection(line.place) or any(code in kind.revenue for code in line.revenue):
        return True
    kin = kinds.above(kind.key) | {one.key for one in kinds.within(kind.key)}
    if kind.text is None or (claim.is_pharmacy and not kind.fills) or (of_codes and not of_codes & kin):
        return False
    return any(kind.text.search(fold(words)) for words in line.words)


def care_kinds(entries: Mapping[str, Mapping[str, Any]]) -> CareKinds:
    """Return the kinds of care from the parsed entries of `services.yaml`.

    Raises:
        ValueError: an entry names a wider kind that is not in the file.
    """
    every = {key: _kind(key, entry) for key, entry in entries.items()}
    for key, kind in every.items():
        if missing := [parent for parent in kind.parents if parent not in every]:
            raise ValueError(f"{key}: of: {missing[0]} is no kind")
    wider = {key: _with_wider(key, every) for key in every}
    parts = {key: tuple(kind for name, kind in every.items() if key in wider[name]) for key in every}
    return CareKinds(every, wider, parts)


def _with_wider(key: str, every: Mapping[str, CareKind]) -> frozenset[str]:
    """Return the keys of a kind and of all its wider kinds."""
    found, left = set[str](), [key]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += every[one].parents
    return frozenset(found)


def _kind(key: str, entry: Mapping[str, Any]) -> CareKind:
    parents = entry.get("of", ())
    return CareKind(
        key=key,
        names=entry["name"],
        parents=(parents,) if isinstance(parents, str) else tuple(parents),
        codes=_ranges(entry.get("codes")),
        revenue=_ranges(entry.get("revenue")),
        place=frozenset(_split(entry.get("place"))),
        bill=_split(entry.get("bill")),
        modifier=frozenset(_split(entry.get("modifier"))),
        unless=frozenset(_split(entry.get("unless"))),
        kinds=frozenset(entry.get("kinds", ())),
        diagnosis=tuple(code.replace(".", "") for code in _split(entry.get("diagnosis"))),
        drg=_ranges(entry.get("drg")),
        pcs=_split(entry.get("pcs")),
        text=_words(entry.get("text")),
        called=_words(entry.get("names")),
        whole=bool(entry.get("whole")),
        fills=bool(entry.get("fills")),
    )


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip()) if text else ()


def _ranges(text: str | None) -> Ranges:
    ends = (part.partition("-") for part in _split(text))
    return Ranges(tuple((low, high or low) for low, _, high in ends))


def _words(text: str | None) -> WholeWords | None:
    return WholeWords(text) if text and _split(text) else None


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return the text in lower case without accents, for comparisons."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@lru_cache(maxsize=4096)
def _form(code: str) -> str:
    """Return the code with every digit replaced by 9, so that codes such as 0100T and 0100A have different forms."""
    return _DIGIT.sub("9", code)
