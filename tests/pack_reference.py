"""`python -m tests.pack_reference`: writes docs/pack-reference.md from `bot.kit`, grouped by what a name is about.

The group of a name follows from the module that defines it, so a new module has to be put into a group here.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from bot import kit

PAGE = Path(__file__).resolve().parent.parent / "docs" / "pack-reference.md"
GROUPS = {
    "asking": "The question, and reading for it",
    "claims": "Claims and what they cost",
    "coverage": "The member's plans",
    "directory": "Providers, places of care, plans and networks",
    "clinical": "Care records",
    "formulary": "Drug lists",
}
_MODULES = {
    "asking": """
        kit.ask kit.gathering kit.household kit.news kit.offers kit.reading kit.spans language.calendar
        payer.budget payer.optional payer.search errors records.bundle records.care_kind records.decode
        records.money records.patient records.written
    """,
    "claims": """
        kit.amounts kit.appeals kit.claims kit.groups kit.query kit.ranking kit.tables kit.near_claims kit.of_one
        kit.period kit.said kit.claim_filter kit.sets kit.traits kit.which language.classed records.amounts
        records.authorization records.claim records.explanation records.claim_set records.reasons
        records.service records.share
    """,
    "coverage": """
        kit.ahead kit.benefits kit.coming kit.coverages kit.accumulated kit.to_come kit.prevention
        records.card records.coverage
    """,
    "directory": """
        kit.around kit.cards kit.conditions kit.directory kit.facilities kit.found kit.givers kit.searching
        kit.facts kit.network_names kit.numbered kit.opening kit.organizations kit.plans kit.sites kit.spelling kit.who
        payer.discovery records.details records.listing records.provider
    """,
    "clinical": "kit.care kit.results_asked records.care",
    "formulary": "kit.formulary records.formulary",
}
_HEAD = """# Pack reference

What `bot.kit` offers to an answer: `intents/<topic>/<intent>.py` imports from it and from the standard library only.
How an answer is written is in [intents.md](intents.md).

This page is made from `bot/kit/__init__.py` by `make reference`, and a test compares them.
"""


def group_of(module: str) -> str | None:
    """The group of the names that a module defines; None for one that is in no group yet."""
    name = module.removeprefix("bot.")
    return next((group for group, modules in _MODULES.items() if name in modules.split()), None)


def exported() -> Mapping[str, str]:
    """Each name of the kit, and the module that it is imported from."""
    found = re.findall(r"^from (bot\.\S+) import (\([^)]*\)|.+)$", inspect.getsource(kit), re.MULTILINE)
    return {name: module for module, names in found for name in re.findall(r"(?:\w+ as )?(\w+)", names)}


def page() -> str:
    """The page as it should be."""
    return _HEAD + "".join(_sections())


def _sections() -> Iterator[str]:
    by_group: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, module in sorted(exported().items(), key=lambda pair: pair[0].casefold()):
        by_group[group_of(module) or "asking"].append(_entry(name, getattr(kit, name)))
    for group, title in GROUPS.items():
        yield f"\n## {title}\n\n| name | what it is |\n|---|---|\n" + "".join(by_group[group])


def _entry(name: str, value: Any) -> str:
    said = _first_sentence(value)
    return f"| `{name}{_call(value)}` | {said} |\n".replace(" |  |", " | |")


def _call(value: Any) -> str:
    """The names of what a function takes; nothing for a class or a value."""
    return f"({', '.join(inspect.signature(value).parameters)})" if inspect.isfunction(value) else ""


def _first_sentence(value: Any) -> str:
    if get_origin(value) is Literal:
        return "One of " + ", ".join(f"`{one}`" for one in get_args(value)) + "."
    if isinstance(value, tuple | frozenset):
        return ", ".join(f"`{one}`" for one in (sorted(value) if isinstance(value, frozenset) else value)) + "."
    if not (inspect.isfunction(value) or inspect.isclass(value)):
        return f"A type: `{value}`." if get_origin(value) else f"A `{type(value).__name__}`."
    text = " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())
    return text.replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
