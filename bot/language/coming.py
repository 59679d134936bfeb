"""The words for care to come, known to the pack or not: the object of cover, cost, approval or a limit.

What may stand around them is in `intents/_grammar/*/coming.yaml`.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from bot.language.matcher import Matcher, WordArea
from bot.language.text import Utterance

_LONGEST = 6
"""Words that care is named by at most."""
_NEAR, _BEFORE, _NEAR_TAIL = 3, 3, 5
_JOINING = frozenset({"", "-", "'"})


class NamedByWords:
    """The care in one message. `taken` are the places of other values, `known` those of a kind of care."""

    def __init__(
        self, said: Utterance, matcher: Matcher, words: WordArea, taken: AbstractSet[int], known: AbstractSet[int]
    ) -> None:
        self._said, self._matcher, self._words, self._known = said, matcher, words, known
        stop = words.stop | words.article
        self._free = [at in known or (word not in stop and at not in taken) for at, word in enumerate(matcher.words)]

    def care(self) -> str | None:
        """Return the words of the care: those that what is asked leads to, or else those of a kind that is known."""
        led = next((found for first in self._leads() if (found := self._run(first))), None)
        return led or (self._around(min(self._known)) if self._known else self._begun())

    def _leads(self) -> Iterator[int]:
        """Yield where words of care may begin, the surest first."""
        for hit in self._matcher.find("coming.object"):
            yield self._behind(hit.after)
        tails = [hit.first for hit in self._matcher.find("coming.tail")]
        for hit in self._matcher.find("coming.subject"):
            first = self._behind(hit.after)
            if any(first < at <= self._end(first) + _NEAR_TAIL for at in tails):
                yield first

    def _begun(self) -> str | None:
        """Return the words before a mark that the message begins with: "heart monitor, covered or not"."""
        first = next((at for at in range(min(_NEAR, len(self._free))) if self._is_word(at)), 0)
        after = self._end(first)
        ends = after < len(self._free) and self._said.between(after).strip()[:1] in {*":,.?;"}
        return self._run(first) if ends else None

    def _behind(self, at: int) -> int:
        """Return the place behind articles."""
        while at < len(self._free) - 1 and self._matcher.words[at] in self._words.article:
            at += 1
        return at

    def _is_word(self, at: int) -> bool:
        return self._free[at] and not self._matcher.words[at].isdecimal()

    def _end(self, first: int) -> int:
        at = first
        while at < len(self._free) and self._free[at] and (at == first or self._joined(at)):
            at += 1
        return at

    def _joined(self, at: int) -> bool:
        return self._said.between(at).strip() in _JOINING

    def _run(self, first: int) -> str | None:
        """Return the words from a place on that nothing separates, None if they name no care."""
        after = self._end(first)
        named = any(self._is_word(at) and self._matcher.words[at] not in self._words.bare for at in range(first, after))
        return self._with_article(first, after) if named and after - first <= _LONGEST else None

    def _around(self, at: int) -> str:
        """Return the words of a kind of care with those before it, and those behind it up to a mark."""
        first, after = at, at + 1
        while after in self._known and self._joined(after):
            after += 1
        end = self._end(at)
        after = end if end == len(self._free) or not self._joined(end) else after
        while first and at - first < _BEFORE and self._free[first - 1] and self._joined(first):
            first -= 1
        return self._with_article(first, after)

    def _with_article(self, first: int, after: int) -> str:
        own = first > 0 and self._matcher.words[first - 1] in self._words.indefinite and self._joined(first)
        return self._said.said(first - own, after)
