"""Which of the member's plans a question is about: the one for teeth, for eyes or for prescriptions."""

from __future__ import annotations

from collections.abc import Iterable

from bot.kit.ask import Ask
from bot.kit.spelling import words_of
from bot.records.cost_share import CostShare
from bot.records.coverage import Coverage

SCOPES = {"oral": "dental", "vision": "vision", "pharmacy": "drugs"}
"""The scope of a plan by the sort of claim that it decides on."""
Shares = tuple[Coverage, tuple[CostShare, ...]]
_WORDS = {
    "dental": ("dental", "dentist", "dentists", "teeth", "tooth", "dentista", "dientes", "muelas"),
    "vision": ("vision", "eye", "eyes", "glasses", "vista", "ojos", "lentes"),
    "drugs": (
        *("drug", "drugs", "pharmacy", "prescription", "prescriptions", "rx", "medication", "medications", "medicine"),
        *("medicinas", "medicamentos", "recetas", "farmacia"),
    ),
}


def scope_of(ask: Ask) -> str | None:
    """The kind of plan that the message names: dental, vision or drugs."""
    said = set(words_of(ask.said))
    scope = next((scope for scope, words in _WORDS.items() if said & set(words)), None)
    ask.uses(*(_WORDS[scope] if scope else ()))
    return scope


def of_scope(plans: Iterable[Shares], scope: str | None) -> list[Shares]:
    """The plans of that kind that name shares; for drugs also the shares for drugs of any other plan."""
    found: list[Shares] = []
    for coverage, shares in plans if scope else ():
        own = tuple(share for share in shares if share.drugs or share.service == "rx")
        of_it = shares if coverage.scope == scope else own if scope == "drugs" else ()
        if of_it:
            found.append((coverage, of_it))
    return found
