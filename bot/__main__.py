"""`python -m bot` does what `bcbst-bot` does."""

from bot.cli.cli import main

main()
