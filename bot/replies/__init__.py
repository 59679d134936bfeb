"""Rendering of replies: a template with an answer's values becomes blocks; blocks become text, JSON, Slack or Teams."""
