"""What is wished of a provider that no directory tells: a gentle dentist, parking, years of practice."""

from collections.abc import Sequence
from dataclasses import replace

from bot.language.lexicon import WISH, WISH_BEFORE
from bot.language.tags import Tag
from bot.language.text import Utterance

# A word such as "black" or "young" is a wish only right before one of these, or before another such word.
_WHOM = frozenset({"specialty", "any_doctor", "gender", "facility_type", WISH})
_WITH_OBJECT = frozenset({"training", "prescribes"})
_OBJECTS = frozenset({"organization", "provider_name", "drug"})
# Of which words of a wish may seem to be one: the drug that somebody prescribes, the sedation of "with sedation".
_PARTS = frozenset({"provider_name", "organization", "named_person", "drug", "service"})


def with_wishes(said: Utterance, tags: Sequence[Tag]) -> list[Tag]:
    """The tags, with words that describe whoever follows as wishes, and without what is only a part of a wish."""
    found = _described([_with_object(said, tag, tags) if tag.kind == WISH else tag for tag in tags])
    wishes = [tag for tag in found if tag.kind == WISH]
    return [tag for tag in found if not (tag.kind in _PARTS and any(_meet(tag, one) for one in wishes))]


def _described(tags: list[Tag]) -> list[Tag]:
    """The describing words, from the last to the first, that stand right before whom they describe."""
    starts = {tag.first for tag in tags if tag.kind in _WHOM}
    found = [tag for tag in tags if tag.kind != WISH_BEFORE]
    for tag in sorted((tag for tag in tags if tag.kind == WISH_BEFORE), key=lambda one: -one.first):
        if tag.after in starts:
            starts.add(tag.first)
            found.append(replace(tag, kind=WISH))
    return found


def _with_object(said: Utterance, tag: Tag, tags: Sequence[Tag]) -> Tag:
    """The wish with what it is about: the school of "who went to Vanderbilt", the drug of "who prescribes Suboxone"."""
    if tag.value not in _WITH_OBJECT or tag.after >= len(said.words):
        return tag
    ends = [one.after for one in tags if one.kind in _OBJECTS and one.first == tag.after]
    return replace(tag, after=max(ends, default=tag.after + 1))


def _meet(one: Tag, other: Tag) -> bool:
    return one.first < other.after and other.first < one.after
