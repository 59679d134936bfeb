"""Jinja as templates may use it: files only, nothing undefined, every value escaped exactly once (T45, T46)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, nodes
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import internalcode

from bot.replies.catalogues import Catalogue
from bot.replies.filters import filters, finalize
from bot.replies.say import Say
from bot.replies.theirs import NAME, named

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

    def __init__(self, say: Say, **settings: Any) -> None:
        super().__init__(**settings)
        self.say = say
        self._verdicts: dict[tuple[type, str], bool] = {}

    def compile(self, source: str | nodes.Template, name: str | None = None, *where: Any, **how: Any) -> Any:
        """The code of a template, with its messages in the language of this environment."""
        tree = self.parse(source, name) if isinstance(source, str) else source
        return super().compile(self.say.inlined(tree), name, *where, **how)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """What the sandbox says: it looks at the type alone. Only attributes that there are get here."""
        key = type(obj), attr
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = super().is_safe_attribute(obj, attr, value)
        return verdict

    @internalcode
    def call(self, context: Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A macro is called at once, as the sandbox and its context would after looking at what it is."""
        if type(called) is not Macro:
            return super().call(context, called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(context.eval_ctx, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What the sandbox gives; plain values under a name that it has let through before need no other look."""
        if self._verdicts.get((type(obj), attribute)):
            value = getattr(obj, attribute, None)
            if value is not None and not isinstance(value, _METHODS):
                return value
        return super().getattr(obj, attribute)


def environment(
    templates: Path,
    language: str,
    common: Mapping[str, object],
    catalogue: Catalogue | None = None,
    written: Callable[[str], str] = str,
) -> ImmutableSandboxedEnvironment:
    """Jinja as templates may use it: our filters and a few harmless ones, so that `|e` or `|safe` do not compile.

    `catalogue` holds the language's words; without it `say` speaks English. `written` rewrites each text.
    """
    say = Say(catalogue, finalize, written)
    jinja = _Sandbox(
        say,
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=finalize,
        auto_reload=False,
    )
    jinja.filters = {name: jinja.filters[name] for name in _KEPT_FILTERS} | filters(language, say.words)
    jinja.globals = {"language": language, "say": say.in_templates(), NAME: named, **common}
    return jinja
