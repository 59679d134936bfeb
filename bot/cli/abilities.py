"""Which answers a payer's server can carry, by what its CapabilityStatement declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from bot.language.rules import IntentRules
from bot.payer.capabilities import Capabilities

State = Literal["works", "degraded", "off", "unknown"]


def state_of(rules: IntentRules, server: Capabilities) -> State | None:
    """What the server's own words mean for an answer; None for an intent whose file names nothing that it `reads`.

    `degraded`: it is answered, with more work here, since the bot filters or sorts by itself. `off`: the type is not
    declared, which a server that under-declares may still serve. `unknown`: the server did not say.
    """
    reads = rules.reads
    if reads is None:
        return None
    if not server.known:
        return "unknown"
    if not server.offers(reads.type):
        return "off"
    return "works" if all(server.takes(reads.type, name) for name in reads.by) else "degraded"


def states(
    answered: Iterable[IntentRules], member: Capabilities, directory: Capabilities
) -> Iterator[tuple[State, list[str]]]:
    """The answers of each state that has any, the best state first."""
    found: dict[State, list[str]] = {"works": [], "degraded": [], "off": [], "unknown": []}
    for rules in sorted(answered, key=lambda one: one.intent):
        state = state_of(rules, directory if rules.needs == "directory" else member)
        if state is not None:
            found[state].append(rules.intent)
    return ((state, names) for state, names in found.items() if names)
