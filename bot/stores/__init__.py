"""Where the bot keeps what must outlive a question."""
