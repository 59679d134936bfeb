"""Slack and the console: wire to Message, Reply to wire."""
