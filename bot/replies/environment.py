"""Jinja as templates may use it: files only, nothing undefined, every value escaped exactly once (T45, T46)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any

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


_METHODS = (MethodType, BuiltinMethodType)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which asks once for a type and a name whether a template may see it, and not at every use."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._verdicts: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """What the sandbox says: it looks at the type alone. Only attributes that there are get here."""
        key = type(obj), attr
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = super().is_safe_attribute(obj, attr, value)
        return verdict

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What the sandbox gives; plain values under a name that it has let through before need no other look."""
        if self._verdicts.get((type(obj), attribute)):
            value = getattr(obj, attribute, None)
            if value is not None and not isinstance(value, _METHODS):
                return value
        return super().getattr(obj, attribute)


def environment(templates: Path, language: Language, common: Mapping[str, object]) -> ImmutableSandboxedEnvironment:
    """Jinja as templates may use it: our filters and a few harmless ones, so that `|e` or `|safe` do not compile."""
    jinja = _Sandbox(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        auto_reload=False,
    )
    jinja.filters = {name: jinja.filters[name] for name in _KEPT_FILTERS} | filters(language)
    jinja.globals = {"language": language, **common}
    return jinja
