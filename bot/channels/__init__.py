"""Where people talk to the bot: each channel turns its wire into messages, and replies into its wire."""
