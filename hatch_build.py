"""Puts into the wheel what a start would work out anew each time (`bot.compiled`)."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledPack(BuildHookInterface[Any]):
    """Compiles the pack where the bot's libraries are at hand.

    An isolated build has none; the first start, or `python -m bot.pack`, does it then.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the files and name them to the wheel."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from bot.pack import compile_into  # noqa: PLC0415 -- only what is built on needs it
        except ImportError as error:
            self.app.display_info(f"The pack is not compiled: {error}")
            return
        self._folder = Path(tempfile.mkdtemp())
        compile_into(self._folder)
        build_data["force_include"][str(self._folder)] = "bot/_compiled"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 -- Hatch's
        """Take the files away again."""
        if folder := getattr(self, "_folder", None):
            shutil.rmtree(folder)
