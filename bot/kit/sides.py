"""The two parts of a message that sets something apart: "938 last year, and only 258 this year"."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec.structs import replace

from bot.kit.ask import Ask
from bot.kit.claim_filter import ClaimFilter, any_time
from bot.kit.said import by_name, filter_of
from bot.records.claim import Claim

_JOINT = re.compile(
    r"[,;.]*\s+(?:and|but|while|whereas|when|than|or|vs\.?|versus|y|pero|mientras|cuando|que|o)\s", re.IGNORECASE
)
_MOST = 4
_KINDS = {
    **dict.fromkeys(("pharmacy", "drugstore", "pharmacies", "drugstores", "farmacia", "farmacias"), "pharmacy"),
    **dict.fromkeys(("doctor", "doctors", "doc", "docs", "dr", "doctores", "medico", "medicos"), "professional"),
    **dict.fromkeys(("visits", "appointments", "visitas", "citas", "consultas"), "professional"),
}


def parted(ask: Ask) -> Iterator[tuple[Ask, Ask]]:
    """Yield, for each joint such as "and" or "than", the questions about the two parts, each with its own slots."""
    for joint in islice(_JOINT.finditer(ask.said), _MOST):
        yield _about(ask, ask.said[: joint.start()]), _about(ask, ask.said[joint.end() :])


def sides_said(ask: Ask, claims: Iterable[Claim]) -> tuple[ClaimFilter, ...]:
    """Return the conditions of both parts of the message, if each names other providers, drugs or care; or else ()."""
    for pair in parted(ask):
        two = tuple(_named(by_name(part, claims)) for part in pair)
        if two[0] != two[1] and all(one.narrows for one in two):
            return two
    return ()


def compares_named(ask: Ask) -> bool:
    """Return whether the question compares the money of several named providers: "who charges less, A or B"."""
    return len(filter_of(ask).providers) > 1 and not {"cheaper", "dearer", "against"}.isdisjoint(ask.asked.says)


def _named(part: Ask) -> ClaimFilter:
    wanted, says = any_time(filter_of(part)), part.asked.says
    wanted = replace(wanted, order=None, limits=None, exact=None, nth=None, aspect=None)
    kind = next(
        (_KINDS[word] for name in ("group", "groups", "several") if (word := says.get(name, "")) in _KINDS), None
    )
    return wanted if wanted.narrows or not kind else replace(wanted, claim_types=(kind,))


def _about(ask: Ask, text: str) -> Ask:
    slots = {name: slot for name, slot in ask.reads(text).items() if not slot.excluded}
    told = {name: slot.value for name, slot in slots.items()}, {name: slot.text for name, slot in slots.items()}
    bare = replace(ask, several={}, excluded={}, beside={}, arguments={}, care=None)
    return replace(bare, slots=told[0], words=told[1], said=text)
