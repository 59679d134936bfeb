"""Jinja as templates may use it: files only, nothing undefined, every value escaped exactly once (T45, T46)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.message import Language
from bot.replies.filters import filters, finalize

_KEPT_FILTERS: tuple[str, ...] = (
    "capitalize",
    "default",
    "first",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "reject",
    "rejectattr",
)
_KEPT_FILTERS += ("select", "selectattr", "slice", "batch", "sort", "unique", "upper")


def environment(templates: Path, language: Language, common: Mapping[str, object]) -> ImmutableSandboxedEnvironment:
    """Jinja as templates may use it: our filters and a few harmless ones, so that `|e` or `|safe` do not compile."""
    jinja = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        auto_reload=False,
    )
    jinja.filters = {name: jinja.filters[name] for name in _KEPT_FILTERS} | filters(language)
    jinja.globals = {"language": language, **common}
    return jinja
