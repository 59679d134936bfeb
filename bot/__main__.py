"""`bcbst-bot` and `python -m bot`: the commands, imported with garbage collection off, as there is no garbage yet."""

import gc

gc.disable()
# With the usual 700 the collector walks over what a command makes hundreds of times, a third of the time of `chat`.
gc.set_threshold(100_000, 20, 20)

from bot.cli.cli import main  # noqa: E402 -- what is imported is most of what a start makes

gc.freeze()
gc.enable()

__all__ = ["main"]

if __name__ == "__main__":
    main()
