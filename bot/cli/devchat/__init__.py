"""A page for developers: one conversation as Slack, as Teams and as plain text, with the embedded payer only."""
