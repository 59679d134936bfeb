"""The bot with nothing of a member used again: the bench asks one question over and over."""

from bench.deployed import main
from bot.payer import budget

if __name__ == "__main__":
    budget.OWN_SECONDS = 0.0
    main()
