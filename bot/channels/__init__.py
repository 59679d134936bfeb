"""Channels: Slack, Teams, the console and MCP. Each converts a platform's requests to messages, and replies back."""
