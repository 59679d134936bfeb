"""A page for developers: one conversation as Slack, as Teams and as plain text, beside the embedded payer only."""
