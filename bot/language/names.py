"""Names of people and organisations in a message, found without relying on capitals."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.language.text import APOSTROPHES, Utterance

SHORT_TITLES = frozenset({"dr", "dra", "drs"})
_LONG_TITLES = frozenset({"doctor", "doctora", "doc", "nurse", "dentist"})
TITLES = SHORT_TITLES | _LONG_TITLES
CREDENTIALS = frozenset({
    "md", "mds", "np", "pa", "pac", "dds", "dmd", "phd", "psyd", "lcsw", "lpc", "lmft", "fnp", "aprn", "dpm", "dnp",
    "rn", "od", "crna", "pt", "dpt", "cnm",
})  # fmt: skip
GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv"})
_LEADS = frozenset({
    "with", "from", "by", "at", "see", "saw", "seeing", "to", "for", "con", "de", "en", "named", "called",
    "llamado", "llamada", "about", "if",
})  # fmt: skip
GENERIC = frozenset({
    "hospital", "medical", "center", "centre", "clinic", "health", "healthcare", "system", "group", "associate",
    "practice", "family", "medicine", "care", "pediatric", "pediatrics", "orthopedic", "orthopaedic", "dermatology",
    "cardiology", "heart", "urgent", "imaging", "radiology", "surgery", "pharmacy", "physicians", "physician",
    "east", "west", "north", "south", "downtown", "of", "the", "internal", "obgyn", "children", "childrens",
    "cancer", "institute", "specialist", "dental", "vision", "eye", "clinica", "centro", "medico",
})  # fmt: skip
_SUFFIXES = frozenset({
    "hospital", "clinic", "associate", "group", "practice", "healthcare", "health", "center", "pharmacy",
    "institute", "physician", "clinica",
}) | {"medical center", "family medicine", "family practice", "urgent care", "internal medicine"}  # fmt: skip
NOT_NAMES = frozenset({
    "in", "on", "near", "around", "at", "by", "for", "from", "to", "with", "who", "that", "and", "or", "is", "are",
    "was", "were", "be", "me", "my", "mine", "you", "i", "a", "an", "the", "of", "this", "it", "her", "his", "him",
    "he", "she", "they", "en", "de", "la", "el", "los", "las", "que", "con", "para", "por", "cerca", "y", "o", "mi",
    "se", "es", "un", "una", "su", "lo", "please", "pls", "named", "visit", "appointment", "bill", "claim",
    "office", "say", "says", "said", "sent", "told", "wants", "charged", "billed", "bills", "did", "does", "will",
    "can", "has", "dice", "dijo", "cobro", "le", "les", "te", "veo", "fue", "hay",
    "apt", "appt", "appts", "excluding", "except", "besides", "not", "excepto", "menos", "salvo",
    "cpt", "hcpcs", "ndc", "nucc", "tin", "ein", "icd", "no", "longer", "anymore", "ya",
})  # fmt: skip
_LINKS = frozenset({"of", "the"})
_OWNED = frozenset({"office", "bill", "visit", "claim", "phone", "number", "appointment", "fax", "address", "hospital"})
_INTRODUCTIONS = (
    ("this", "is"), ("my", "name", "is"), ("my", "names"), ("i", "am"), ("me", "llamo"), ("mi", "nombre", "es"),
    ("soy",),
)  # fmt: skip
_INTRODUCING = frozenset(lead[0] for lead in _INTRODUCTIONS)
_LEAVING_OUT = frozenset({("other", "than"), ("not", "be"), ("be", "not"), ("no", "sea"), ("but", "not")})
_JOINS = frozenset({"and", "or", "y", "o", "e", "u", "nor", "ni"})
_LONGEST, _SHORTEST = 3, 2
_TERSE = 5
_ASKED = frozenset({
    "hours", "horario",
    "npi", "phone", "fax", "tel", "address", "addr", "net", "nets", "network", "networks", "ntwk", "ntwks", "inn",
    "in", "receipt", "ph", "number", "s", "p", "l", "e", "m", "telefono", "direccion", "red", "redes",
})  # fmt: skip
_APOSTROPHES = str.maketrans(APOSTROPHES)
_SMALL = re.compile(r"(?<=')S\b|\b(?:Of|De|La|Las|Los|Del|The|Van|Von|Der|Den)\b")


_CONTRACTED = re.compile(r"'(?:d|ll|ve|re|m)$")


@dataclass(frozen=True, slots=True)
class NameFound:
    """A name in a message: tokens `first` up to `after`, and the name without title, credentials and possessive.

    `sure`: more than its place says that it is one. `group`: it names an organisation.
    """

    first: int
    after: int
    name: str
    sure: bool = False
    group: bool = False


def cleaned(words: str) -> str:
    """A name as it should read: no possessive, single blanks, capitals when the person typed none."""
    name = " ".join(words.translate(_APOSTROPHES).split()).strip(" .,;:?!")
    if name.casefold().endswith("'s"):
        name = name[:-2]
    return _SMALL.sub(lambda word: word[0].lower(), name.title()) if name.islower() else name


class _Finder:
    def __init__(self, said: Utterance, free: Sequence[bool], known: Collection[str], people: Collection[str]) -> None:
        self.said = said
        self.keys = said.keys
        self.free = free
        self.known = known
        self.people = people
        self._unknown = [self._is_unknown(place) for place in range(len(said.words))]

    def plain(self, place: int) -> bool:
        """A word that could be part of a name at all."""
        return place < len(self.keys) and self.said.words[place].replace("'", "").isalpha()

    def unknown(self, place: int) -> bool:
        """A word that nothing else explains."""
        return place < len(self._unknown) and self._unknown[place]

    @property
    def is_hopeless(self) -> bool:
        """Whether no word can be a name: none is unknown, and none is a title."""
        return not any(self._unknown) and TITLES.isdisjoint(self.said.words)

    def _is_unknown(self, place: int) -> bool:
        key, word = self.keys[place], self.said.words[place]
        if not self.free[place] or len(key) < _SHORTEST or word in NOT_NAMES or word in GENERATIONS:
            return False
        if _CONTRACTED.search(word):
            return False
        return (key in self.people or key not in self.known) and self.plain(place)

    def unknown_letter(self, place: int) -> bool:
        """An initial: a letter that is no word ("a", "y"), with a name after it."""
        return self.plain(place) and self.said.words[place] not in NOT_NAMES and self.unknown(place + 1)

    def run(self, place: int) -> int:
        """The end of the stretch of unknown words that starts here, at most three."""
        end = place
        while end < len(self.keys) and end - place < _LONGEST and self.joined(end, place) and self.unknown(end):
            end += 1
        return end

    def joined(self, end: int, start: int) -> bool:
        """No comma or full stop between this word and the one before it, other than after an initial."""
        if end == start:
            return True
        between = self.said.text[self.said.spans[end - 1][1] : self.said.spans[end][0]]
        return not set(between) & set(",;?!")

    def titled(self, place: int) -> NameFound | None:
        word = self.said.words[place]
        if not self.free[place] or word not in TITLES:
            return None
        first = place + 1
        if first >= len(self.keys) or not self.plain(first) or self.said.words[first] in NOT_NAMES:
            return None
        if word in _LONG_TITLES and not self.unknown(first):
            return None
        if word in SHORT_TITLES and self.keys[first] in self.known and not self.unknown(first) and not self.free[first]:
            return None
        end = first + 1
        while (
            end < len(self.keys)
            and end - first < _LONGEST
            and self.joined(end, first)
            and (self.unknown(end) or (len(self.keys[end]) == 1 and self.unknown_letter(end)))
        ):
            end += 1
        return self.named(place, first, end)

    def after_and(self, place: int, found: Sequence[NameFound]) -> NameFound | None:
        """A family name that "and" or "or" joins to the titled name right before it."""
        if not found or found[-1].after != place - 1 or self.said.words[place - 1] not in _JOINS:
            return None
        end = self.run(place)
        sure = end > place and any(self.keys[at] in self.people for at in range(place, end))
        return self.named(place, place, end) if sure else None

    def credentialed(self, place: int) -> NameFound | None:
        end = self.run(place)
        if end > place and end < len(self.keys) and self.said.words[end] in CREDENTIALS:
            return NameFound(place, end + 1, cleaned(self.said.said(place, end)))
        return None

    def organization(self, place: int) -> NameFound | None:
        end = self.run(place)
        if end == place:
            return None
        after = end
        while after < len(self.keys) and self.keys[after] in GENERIC and after - end < _LONGEST:
            after += 1
        while after > end and self.keys[after - 1] in _LINKS:
            after -= 1
        tail = self.keys[end:after]
        if tail and (tail[-1] in _SUFFIXES or " ".join(tail[-2:]) in _SUFFIXES):
            return NameFound(place, after, cleaned(self.said.said(place, after)))
        return None

    def led(self, place: int) -> NameFound | None:
        if self.said.words[place] not in _LEADS:
            return None
        first = place + 1
        end = self.run(first)
        return self.named(first, first, end) if end > first else None

    def pair(self, place: int) -> NameFound | None:
        end = self.run(place)
        if end - place < 2 or not any(self.keys[at] in self.people for at in range(place, end)):  # noqa: PLR2004
            return None
        return self.named(place, place, end)

    def left_out(self, place: int) -> NameFound | None:
        """A family name that is not wanted: "other than okafor", "que no sea la okafor"."""
        end, before = self.run(place), self.said.words[max(0, place - _LONGEST) : place]
        article = before[-1:] in {("la",), ("el",)}
        cue = before[:-1] if article else before
        named = article or any(self.keys[at] in self.people for at in range(place, end))
        return self.named(place, place, end) if end > place and named and cue[-2:] in _LEAVING_OUT else None

    def terse(self, place: int) -> NameFound | None:
        """As a clerk types it: nothing but a name and what is asked of it, "okafor npi"."""
        end = self.run(place)
        around = {*self.said.words[:place], *self.said.words[end:]}
        alone = end > place and len(self.keys) <= _TERSE and around and around <= _ASKED
        return self.named(place, place, end) if alone else None

    def named(self, place: int, first: int, end: int) -> NameFound:
        after = end
        while after < len(self.keys) and self.said.words[after] in CREDENTIALS | GENERATIONS:
            after += 1
        name = cleaned(self.said.said(first, end))
        return NameFound(place, after, name[:-1] if self.possessed(end) else name)

    def possessed(self, end: int) -> bool:
        """Whether the name that ends here is a possessive without its apostrophe: "dr kims office"."""
        last = self.said.words[end - 1]
        owned = end < len(self.keys) and self.said.words[end] in _OWNED
        return owned and last.endswith("s") and last not in self.people and last[:-1] in self.people


def introduced(said: Utterance, first: int) -> bool:
    """Whether the name that begins here is that of who writes: "my name is …"."""
    return any(said.words[max(0, first - len(lead)) : first] == lead for lead in _INTRODUCTIONS)


def _not_of_the_speaker(said: Utterance, free: Sequence[bool]) -> Sequence[bool]:
    """Without the words after "this is" or "my name is": who writes is not who is looked for."""
    for place, word in enumerate(said.words[:-1]):
        for lead in _INTRODUCTIONS if word in _INTRODUCING else ():
            first = place + len(lead)
            if said.words[place:first] == lead and first < len(said.words) and said.words[first] not in TITLES:
                after = first + _LONGEST
                return [one and not first <= at < after for at, one in enumerate(free)]
    return free


def find_name(
    said: Utterance, free: Sequence[bool], known: Collection[str], people: Collection[str]
) -> NameFound | None:
    """The first name of a person or organisation, or None.

    `free[i]` says that no other tag took word i; `known` are the words that mean something else, `people` are given
    and family names, which win over `known`.
    """
    finder = _Finder(said, _not_of_the_speaker(said, free), known, people)
    if finder.is_hopeless:
        return None
    searches = (
        finder.titled, finder.credentialed, finder.organization, finder.pair, finder.left_out, finder.led, finder.terse,
    )  # fmt: skip
    for search in searches:
        for place in range(len(said.keys)):
            found = search(place)
            if found:
                return found
    return None


def titled_names(
    said: Utterance, free: Sequence[bool], known: Collection[str], people: Collection[str]
) -> list[NameFound]:
    """Every name behind a doctor's title, and the family name joined to one: "Drs. Kim and Lee"."""
    if TITLES.isdisjoint(said.words):
        return []
    finder = _Finder(said, _not_of_the_speaker(said, free), known, people)
    found: list[NameFound] = []
    place = 0
    while place < len(said.keys):
        hit = finder.titled(place) or finder.after_and(place, found)
        if hit:
            found.append(hit)
        place = hit.after if hit else place + 1
    return found


def widened(said: Utterance, after: int) -> int:
    """The end of a known organisation's name with the generic words that follow: "Erlanger East Hospital"."""
    end = after
    while end < len(said.keys) and said.keys[end] in GENERIC and said.words[end] not in {"of", "the"}:
        end += 1
    return end
