"""`python -m bot.cli.compile`: puts what a start would work out beside the program, for an image or a wheel.

An installation that can write its user's cache needs it not: the first start keeps the same there.
"""

from __future__ import annotations

from pathlib import Path

from bot import compiled
from bot.pack import doubts_of, find_pack, load_pack


def compile_into(folder: Path) -> None:
    """Write what the bot's own pack and the table of places come to into a folder.

    Raises:
        PackError: the pack is not in order.
    """
    with compiled.collected(folder):
        pack = load_pack(find_pack())
        doubts_of(find_pack(), pack)
        pack.places.read()
        pack.words.fixed_labels()


if __name__ == "__main__":
    compile_into(compiled.SHIPPED)
