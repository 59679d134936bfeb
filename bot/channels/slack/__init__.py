"""Slack over HTTP: signed events, slash commands and buttons in; Block Kit out."""
