"""Names of practices, groups and hospitals that no list has: "Tullahoma Family Practice", "St. Thomas".

The longest name counts, so that neither its town nor its specialty is read apart.
"""

from bot.language.names import GENERIC, NOT_NAMES, TITLES, NameFound, cleaned
from bot.language.spotting import NameWords
from bot.language.text import Utterance

# A name that ends in these is one even when it begins with a town.
_STRONG = frozenset({
    "practice", "associate", "associates", "group", "partners", "institute", "pllc", "pc", "llc", "physicians",
    "asociados", "grupo",
})  # fmt: skip
_HEADS = _STRONG | {
    "clinic", "clinics", "center", "centers", "centre", "hospital", "pediatrics", "healthcare", "health", "orthopedics",
    "orthopaedics", "cardiology", "dermatology", "dentistry", "dental", "oncology", "obgyn", "gynecology", "surgery",
    "surgical", "imaging", "radiology", "urology", "neurology", "psychiatry", "counseling", "wellness", "rehab",
    "rehabilitation", "pharmacy", "eyecare", "ophthalmology", "optometry", "endocrinology", "gastroenterology",
    "medicine", "specialists", "clinica", "centro", "services", "care",
}  # fmt: skip
# Words of what a house does: by themselves they name none.
_PLAIN = GENERIC | _HEADS | {
    "and", "women's", "womens", "women", "men's", "mens", "primary", "behavioral", "mental", "sports", "spine", "joint",
    "bone", "lung", "kidney", "skin", "foot", "ankle", "hand", "pain", "allergy", "asthma", "ear", "nose", "throat",
    "digestive", "ent", "blue", "network", "insurance", "plan",
}  # fmt: skip
# Words that such names are made of beside names and towns.
_BRAND = frozenset({
    "community", "regional", "memorial", "general", "university", "baptist", "methodist", "premier", "advanced",
    "comprehensive", "integrated", "first", "valley", "river", "mountain", "southern", "northern", "eastern", "western",
    "mid", "middle", "tennessee", "volunteer", "county", "hills", "ridge", "hill", "lake",
})  # fmt: skip
_INNER = _PLAIN | _BRAND
_SAINTS = frozenset({"st", "saint", "san", "santa"})
# Without one of these a message names no organisation that no list has.
_TELLING = _HEADS | _SAINTS
_LINKS = frozenset({"and", "of", "the"})
_LEADS = frozenset({
    "", "at", "from", "with", "is", "does", "by", "for", "to", "in", "of", "are", "de", "en", "con", "see",
})  # fmt: skip
_DOES = frozenset({"does", "do", "did"})
_NEAR = 3
_LONGEST = 6
_SHORTEST = 2


def spot_groups(said: Utterance, words: NameWords) -> tuple[NameFound, ...]:
    """The names of organisations, in order, none overlapping another."""
    if _TELLING.isdisjoint(said.words):
        return ()
    finder = _Groups(said, words)
    found: list[NameFound] = []
    place = 0
    while place < len(said.words):
        hit = finder.saint(place) or finder.headed(place)
        if hit:
            found.append(hit)
        place = hit.after if hit else place + 1
    return tuple(found)


class _Groups:
    def __init__(self, said: Utterance, words: NameWords) -> None:
        self.said = said
        self.words = words
        text = said.text
        self.mixed = not text.isupper() and any(character.isupper() for character in text)

    def saint(self, first: int) -> NameFound | None:
        """St. Thomas, Saint Francis Hospital; not the street of an address, nor a city of that name."""
        said, after = self.said, first + 1
        if said.words[first] not in _SAINTS or after >= len(said.words) or not self._distinct(after):
            return None
        if first and said.words[first - 1].isalpha() and self._capital(first - 1) and self._capital(first):
            return None
        end = self._tail(after + 1)
        spanish = said.words[first] in {"san", "santa"}
        if (spanish and end == after + 1) or self._of_a_city(after):
            return None
        return NameFound(first, end, cleaned(said.said(first, end)), sure=True, group=True)

    def _of_a_city(self, place: int) -> bool:
        return self.said.words[place] in self.words.place_words and self.said.keys[place] not in self.words.people

    def headed(self, first: int) -> NameFound | None:
        """Words of a name up to the last head: the first of them is a town, a person's name, or strange."""
        said = self.said
        if not self._distinct(first) and not self._capital_inner(first):
            return None
        end = last = first + 1
        while end < len(said.words) and end - first < _LONGEST and self._goes_on(end):
            end += 1
            if said.words[end - 1] in _HEADS:
                last = end
        acts = said.words[last - 1] == "practice" and not _DOES.isdisjoint(said.words[max(0, first - _NEAR) : first])
        if acts or last - first < _SHORTEST or not self._is_name(first, last):
            return None
        return NameFound(first, last, cleaned(said.said(first, last)), sure=True, group=True)

    def _goes_on(self, place: int) -> bool:
        said = self.said
        mark = said.between(place).strip()
        if mark not in {"", "&", "-", "."}:
            return False
        word = said.words[place]
        if word in _LINKS:
            return place + 1 < len(said.words) and said.words[place + 1] in _INNER
        return word in _INNER or self._distinct(place) or self._capital_inner(place)

    def _tail(self, end: int) -> int:
        said = self.said
        while end < len(said.words) and said.words[end] in _INNER - _LINKS and not said.between(end).strip(" &-."):
            end += 1
        return end

    def _distinct(self, place: int) -> bool:
        """A word that names one thing: a town, a person's name, or one that nobody knows."""
        word, key = self.said.words[place], self.said.keys[place]
        if (
            len(word) <= _SHORTEST
            or not word.replace("'", "").isalpha()
            or word in NOT_NAMES | TITLES
            or word in _INNER
        ):
            return False
        return key in self.words.people or word in self.words.places or key not in self.words.known

    def _capital(self, place: int) -> bool:
        return self.mixed and self.said.said(place, place + 1)[:1].isupper()

    def _capital_inner(self, place: int) -> bool:
        """A known word with a capital that is not the first of a sentence."""
        word = self.said.words[place]
        likely = word.isalpha() and word not in NOT_NAMES | TITLES and len(word) > _SHORTEST
        return likely and place > 0 and self._capital(place)

    def _is_name(self, first: int, last: int) -> bool:
        """Whether the words name one house: "Chattanooga Heart Associates" does, "memphis hospital" is a search."""
        said = self.said
        inner = said.words[first:last]
        town = said.words[first] in self.words.places
        if all(word in _PLAIN or word in _LINKS for word in inner):
            return False
        if not _STRONG.isdisjoint(inner[1:]):
            return town or last - first > _SHORTEST or self._sure_word(first)
        if all(self._capital(place) or said.words[place] in _LINKS for place in range(first, last)):
            around = said.text[: said.spans[first][0]] + said.text[said.spans[last - 1][1] :]
            return last - first == len(said.words) or any(word[:1].islower() for word in around.split())
        led = first > 0 or said.keys[first] in self.words.people
        return led and not town and self._distinct(first) and self._sure_word(first) and self._led(first)

    def _sure_word(self, place: int) -> bool:
        key = self.said.keys[place]
        return key in self.words.people or not self.words.slip(key)

    def _led(self, first: int) -> bool:
        before = self.said.words[first - 1] if first else ""
        return before in _LEADS
