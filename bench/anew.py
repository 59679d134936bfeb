"""The bot with nothing of a member used again: the bench asks one question over and over."""

from __future__ import annotations

from bot.cli.cli import main
from bot.payer import member_cache

if __name__ == "__main__":
    member_cache.SECONDS = 0.0
    main()
