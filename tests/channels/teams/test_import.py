"""What importing the Teams SDK costs and does: only where it is wanted, and nothing behind our back."""

import ast
import os
import subprocess
import sys
from pathlib import Path

from tests.trees import tree_of

BOT_FILES = Path(__file__).parents[3] / "bot"


def test_a_stray_env_file_is_not_read(tmp_path: Path) -> None:
    """Importing the SDK would load `.env` of the working folder; here it does not, and leaves the environment alone."""
    (tmp_path / ".env").write_text("DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS=true\n", encoding="utf-8")
    code = "import os; before = dict(os.environ); import bot.channels.teams.app; assert dict(os.environ) == before"
    environment = {**os.environ, "PYTHONPATH": str(BOT_FILES.parent)}
    subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, timeout=60
    )


def test_the_sdk_is_imported_only_where_teams_is_configured() -> None:
    """No file outside of the Teams channel imports it, or that channel, when it is itself imported."""
    for path in BOT_FILES.rglob("*.py"):
        if "teams" not in path.relative_to(BOT_FILES).parts:
            at_once = [node for node in tree_of(path).body if isinstance(node, ast.ImportFrom)]
            assert not [node for node in at_once if (node.module or "").startswith(("microsoft", "bot.channels.teams"))]
