"""The question as the claims let it be read: whom of their providers it names, and which side of the network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.kit.ask import Ask, text_of, values_of
from bot.kit.spelling import words_of
from bot.language.reading import Slot
from bot.records.claim import Claim

_SEVERAL = 2
_CAPITALS = re.compile(r"\b[^\W\d_a-z][^\W\d_]{2,}\b")


def by_side(ask: Ask) -> Ask:
    """The question with a named side of the network as the state of the claims.

    A claim says how it was paid, not in which network by name: that is told to be left out.
    """
    side = (text_of(ask, "network") or "").casefold().replace("-", " ")
    state = {"out of network": "out_of_network", "in network": "in_network"}.get(side)
    if "network" in ask.slots and not state:
        ask.cannot("network")
    return replace(ask, slots={"state_of_claim": state, **ask.slots}) if state else ask


def by_name(ask: Ask, claims: Iterable[Claim]) -> Ask:
    """The question with the provider of a claim whom it names in full and no slot holds: "what I paid peak rehab"."""
    if "provider_name" in ask.slots or "provider_name" in ask.excluded or not ask.said:
        return ask
    said, own = f" {' '.join(words_of(ask.said))} ", {word for text in ask.words.values() for word in words_of(text)}
    names = {name for claim in claims for name in (claim.seen, claim.billing, claim.place) if name}
    found = [name for name in names if len(words_of(name)) >= _SEVERAL and not own.issuperset(words_of(name))]
    named_ = [name for name in found if f" {' '.join(words_of(name))} " in said]
    return replace(ask, slots={**ask.slots, "provider_name": max(named_, key=len)}) if named_ else ask


def by_names(ask: Ask, claims: Iterable[Claim]) -> Ask:
    """The question with every provider of whom it says a name of a claim in capitals: "compare Ríos with Prado".

    Whom the slot holds and no claim names stays: the answer says that there is none.
    """
    own = {word for slot, text in ask.words.items() if slot != "provider_name" for word in words_of(text)}
    every = {part for c in claims for name in (c.seen, c.billing) for part in words_of(name)} - own
    found = [word for word in _CAPITALS.findall(ask.said) if every.issuperset(words_of(word))]
    known = {part for word in found for part in words_of(word)}
    held = [one for one in values_of(ask, "provider_name") if known.isdisjoint(words_of(one))]
    names = tuple(dict.fromkeys((*found, *held)))
    slot = Slot(" ".join(names), next(iter(names), None), values=names, how="and")
    return replace(ask, several={**ask.several, "provider_name": slot}) if len(names) > 1 else ask
