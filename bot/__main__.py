"""`python -m bot` does what `bcbst-bot` does."""

from bot.cli import main

main()
