"""What is installed on demand: `pip install ".[teams]"`, `[postgres]`, `[mcp]`, `[xlsx]`, `[all]`. No index has it."""

from __future__ import annotations

from importlib.util import find_spec

_MODULES = {
    "mcp": ("mcp",),
    "postgres": ("psycopg", "psycopg_pool"),
    "teams": ("microsoft_teams", "opentelemetry"),
    "xlsx": ("openpyxl",),
}


def lacks(extra: str) -> str | None:
    """One line that says how to install this extra of pyproject.toml; None when it is there."""
    if all(find_spec(name) for name in _MODULES[extra]):
        return None
    return f"needs an extra that is not installed: in the folder of the program's source, pip install '.[{extra}]'"
