"""The network that the asker's own may be: read from Coverage, matched here, always a guess (fhir-notes 9.3)."""

from __future__ import annotations

from bot.kit.ask import Ask
from bot.kit.networks import telling
from bot.kit.plans import network_names, plans
from bot.kit.spelling import words_of
from bot.records.coverage import Coverage


async def own_networks(ask: Ask) -> tuple[str, ...]:
    """The directory's names of the networks that the asker's current coverages name, first coverage first.

    No guide joins a coverage to a network: the coverage's own words for it are looked for among the names, else its
    plan among the plans. Nothing of the coverage goes to the directory; both lists are read whole.
    """
    current = [one for one in await ask.own_coverages() if one.state(ask.today) == "current"]
    current.sort(key=lambda one: one.order or 1)
    if not current:
        return ()
    names = await network_names(ask)
    found = [name for coverage in current for name in names if _says(coverage.networks, name)]
    return tuple(dict.fromkeys(found)) or await _by_plan(ask, current)


async def _by_plan(ask: Ask, current: list[Coverage]) -> tuple[str, ...]:
    numbers = {part.casefold() for one in current if one.plan for part in (one.plan.value, one.plan.name) if part}
    sold = await plans(ask)
    mine = [plan for plan in sold if {*map(str.casefold, plan.numbers), (plan.name or "").casefold()} & numbers]
    return tuple(dict.fromkeys(network.name for plan in mine for network in plan.networks if network.name))


def _says(text: str | None, name: str) -> bool:
    """True when the words that tell the network from others stand together in the coverage's own words."""
    written, wanted = words_of(text), [word for word in words_of(name) if word in telling(name)]
    places = range(len(written))
    return bool(wanted) and any(list(written[at : at + len(wanted)]) == wanted for at in places)
