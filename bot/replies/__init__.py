"""Words and shapes: a summary and a template become blocks; blocks become plain text, JSON or Block Kit."""
