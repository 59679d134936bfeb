"""Slack: signed events, slash commands and button presses in; Block Kit messages out."""
