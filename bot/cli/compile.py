"""`python -m bot.cli.compile`: precomputes what a start needs, for an image or a wheel.

An installation with a writable user cache does not need it: the first start stores the same data there.
"""

from pathlib import Path

from bot import compiled
from bot.pack import doubts_of, find_pack, load_pack


def compile_into(folder: Path) -> None:
    """Write the compiled form of the bot's own pack, and of the table of towns and ZIP codes, to a folder.

    Raises:
        PackError: the pack is invalid.
    """
    with compiled.collected(folder):
        pack = load_pack(find_pack())
        doubts_of(find_pack(), pack)
        pack.places.read()
        pack.words.fixed_labels()


if __name__ == "__main__":
    compile_into(compiled.SHIPPED)
