"""`python -m tests.settings_page`: writes docs/settings.md and .env.example from `bot.config.Settings`.

A setting's meaning is the text under its line in bot/config/settings.py, which the running bot never reads.
"""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import SecretStr

from bot.config import Settings, settings

ROOT = Path(__file__).resolve().parent.parent
PAGE, EXAMPLE = ROOT / "docs" / "settings.md", ROOT / ".env.example"
GROUPS = {"BOT": "The bot", "PAYER": "The payer", "SLACK": "Slack", "TEAMS": "Microsoft Teams"}
_HEAD = """# Settings

Read from the environment, or from a `.env` file in the working folder, once at the start. Settings that are malformed,
or missing beside another, stop the start with a line for each. `bcbst-bot check` looks at all of them.

The ten that a first deployment needs are in the [first steps](running.md). This page and `.env.example` are made from
`bot/config/settings.py` by `make settings`, and a test compares them.
"""
_ENV_HEAD = """\
# Copy to .env, and take the # away from what you set. docs/settings.md says the same as a table.
# Made from bot/config/settings.py by `make settings`.
"""


def meanings() -> dict[str, str]:
    """What each setting means, by its name in the environment; "" where nothing is written under its line."""
    found: dict[str, str] = {}
    for kind in ast.parse(inspect.getsource(settings)).body:
        for line, below in pairwise(kind.body if isinstance(kind, ast.ClassDef) else ()):
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(below, ast.Expr):
                found[line.target.id.upper()] = " ".join(ast.literal_eval(below.value).split())
    return {name.upper(): found.get(name.upper(), "") for name in _in_order()}


def _in_order() -> list[str]:
    """The fields, each group together, in the order of the class; the inherited ones last of their group."""
    own = [name for name in Settings.model_fields if name in Settings.__annotations__]
    names = [*own, *(name for name in Settings.model_fields if name not in own)]
    return sorted(names, key=lambda name: [*GROUPS].index(name.split("_")[0].upper()))


def default_of(name: str) -> str:
    """The default as the environment would write it; "" when there is none."""
    value = Settings.model_fields[name.lower()].default
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _secret(name: str) -> bool:
    kinds = get_args(Settings.model_fields[name.lower()].annotation)
    return SecretStr in {*kinds, *(part for kind in kinds for part in get_args(kind))}


def _choices(name: str) -> str:
    kind = Settings.model_fields[name.lower()].annotation
    return f" One of {', '.join(f'`{one}`' for one in get_args(kind))}." if get_origin(kind) is Literal else ""


def page() -> str:
    """docs/settings.md."""
    return "\n".join([_HEAD, *_tables()])


def _tables() -> Iterator[str]:
    said = meanings()
    for prefix, title in GROUPS.items():
        yield f"## {title}\n\n| name | default | meaning |\n|---|---|---|"
        for name in (one for one in said if one.startswith(f"{prefix}_")):
            default = f"`{default_of(name)}`" if default_of(name) else ""
            secret = " A secret." if _secret(name) else ""
            yield f"| `{name}` | {default} | {said[name]}{_choices(name)}{secret} |"
        yield ""


def example() -> str:
    """.env.example."""
    parts = [_ENV_HEAD]
    for name, meaning in meanings().items():
        parts.append(f"# {(meaning + _choices(name)).replace('`', '')}\n# {name}={_quoted(default_of(name))}\n")
    return "\n".join(parts)


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
