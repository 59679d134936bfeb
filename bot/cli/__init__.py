"""Commands for a terminal: one file a command, imported when it runs."""
