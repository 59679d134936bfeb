"""`bcbst-bot` and `python -m bot`: the commands, with their imports not looked over for garbage again and again."""

import gc

# A start makes much and drops little: with the usual 700 the collector walks over it hundreds of times, a third of the
# time of `chat`.
gc.set_threshold(100_000, 20, 20)

from bot.cli.cli import main  # noqa: E402 -- what is imported is most of what a start makes

__all__ = ["main"]

if __name__ == "__main__":
    main()
