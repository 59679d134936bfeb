"""The pack of this checkout. It is frozen and takes most of a second to load, so the tests of a process share one."""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType

from bot.pack import Pack, find_pack, load_pack


def shipped_pack() -> Pack:
    """The pack that ships, loaded and checked as at a start."""
    return _loaded()[0]


def module_of(intent: str) -> ModuleType:
    """The module of an intent's answer in that pack, whichever other packs were loaded since."""
    return _loaded()[1][intent]


@cache
def _loaded() -> tuple[Pack, dict[str, ModuleType]]:
    pack = load_pack(find_pack())
    return pack, {intent: sys.modules[f"bcbst_pack.{intent}"] for intent in pack.answers}
