"""Drug tiers: the guide's codes in their usual order of cost, and payers' own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.records.shapes import Concept

_ORDER = (
    "zero-cost-share-preventative",
    "preferred-generic",
    "generic",
    "non-preferred-generic",
    "preferred-brand",
    "brand",
    "non-preferred-brand",
    "specialty",
    "medical-service",
)


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier by its codings (system and code); `words` are the payer's."""

    codings: tuple[tuple[str | None, str], ...]
    words: str | None

    @property
    def code(self) -> str:
        """The first code."""
        return self.codings[0][1] if self.codings else ""

    @property
    def rank(self) -> int:
        """Where the guide's tiers stand in their usual order of cost; payers' own come last."""
        places = [_ORDER.index(code) for _, code in self.codings if code in _ORDER]
        return places[0] if places else len(_ORDER)

    def same(self, other: Tier) -> bool:
        """True when a code agrees and the systems do not contradict."""
        return any(
            mine[1] == theirs[1] and (None in {mine[0], theirs[0]} or mine[0] == theirs[0])
            for mine in self.codings
            for theirs in other.codings
        )


def tier_of(concept: Concept | None) -> Tier | None:
    """The tier; None without a code and without words."""
    if concept is None:
        return None
    codings = tuple((coding.system, coding.code) for coding in concept.coding if coding.code)
    words = concept.words()
    return Tier(codings, words) if codings or words else None
