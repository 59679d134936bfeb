"""The member's coverages: plan, period and network of each, with ended coverages marked."""

from collections.abc import Mapping

from bot.kit import Ask, Coverages, Summary, hand_over_away, member_coverages, month_words, words_of

_KINDS = {kind: kind.upper() for kind in ("ppo", "hmo", "pos")}
_ASKS = {"plan_ends": "ends", "plan_starts": "starts", "plan_whether": "whether", "plan_what": "what"}
"""What may be asked, by the class of its words: what comes first decides."""
_COVERED = frozenset({"covered", "coverage", "cubierto", "cubierta", "cobertura"})
_LIMITS = frozenset(
    {"for", "if", "in", "when", "while", "with", "at", "during"} | {"para", "si", "en", "cuando", "mientras", "con"}
)
_ANY = frozenset(
    {"coverage", "everything", "insurance", "plan", "seguro", "still", "this", "through", "todo", "your"}
    | {"month", "today", "week", "year"}
    | {"effect", "force", "full", "network", "vigor"}
)
_SHORT = 3  # letters of words that limit nothing by themselves: "with you now"


class CoverageSummary(Summary, frozen=True):
    """The coverages by their state today.

    Attributes:
        place: A place in the plan's state, in the person's words; `near`: that place as text for a provider search.
        asks: What the first line answers: "whether" there is coverage, when it "ends" or "starts", "what" it pays for,
            or "which" plan it is.
        kind: The kind of plan that the question names, as in "is my plan a PPO".
        beyond: Whether the question limits what is covered by something that no coverage states: "if I crash my car".
    """

    coverages: Coverages
    place: str | None = None
    near: str | None = None
    asks: str = "which"
    kind: str | None = None
    beyond: bool = False


async def answer(ask: Ask) -> CoverageSummary:
    """Return every coverage that the payer has for the member.

    Raises:
        Reroute: The question names a place outside the state; `coverage.workings` answers with the general rule.
    """
    hand_over_away(ask, "coverage.workings")
    coverages = await member_coverages(ask, shown=True)
    place = ask.slots.get("location")
    city = place.get("city") if isinstance(place, Mapping) else None
    near = f"{city}, {place['state']}" if city and isinstance(place, Mapping) and place.get("state") else None
    if "location" in ask.slots and not (near and coverages.current):
        ask.cannot("location")
    words = set(words_of(ask.said))
    bare = {"coverage", "now"} <= words or words == {"tengo", "cobertura"}
    return CoverageSummary(
        coverages=coverages,
        place=ask.words.get("location") if near and coverages.current else None,
        near=near,
        asks=next((one for name, one in _ASKS.items() if name in ask.asked.says), "whether" if bare else "which"),
        kind=next((kind for word, kind in _KINDS.items() if word in words), None),
        beyond=_is_beyond(ask),
    )


def _is_beyond(ask: Ask) -> bool:
    words = words_of(ask.said)
    at = next((at for at, word in enumerate(words) if word in _COVERED), len(words))
    limit = next((at for at in range(at + 1, len(words)) if words[at] in _LIMITS), len(words))
    told = {word for words_said in ask.words.values() for word in words_of(words_said)}
    left = {*words[limit:]} - _ANY - _LIMITS - told - month_words(ask.language)
    return any(len(word) > _SHORT and not word.isdecimal() for word in left)
