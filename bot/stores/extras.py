"""Optional dependencies: `pip install ".[teams]"`, `[postgres]`, `[mcp]`, `[xlsx]`, `[all]`, from the source folder."""

from importlib.util import find_spec

_MODULES = {
    "mcp": ("mcp",),
    "postgres": ("psycopg", "psycopg_pool"),
    "teams": ("microsoft_teams", "opentelemetry"),
    "xlsx": ("openpyxl",),
}


def lacks(extra: str) -> str | None:
    """Return a one-line message that says how to install an extra of pyproject.toml; None if it is installed."""
    if all(find_spec(name) for name in _MODULES[extra]):
        return None
    return f"needs an extra that is not installed: in the folder of the program's source, pip install '.[{extra}]'"
