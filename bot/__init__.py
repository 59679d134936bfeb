"""bcbst-bot: a chat assistant over health-plan data."""
