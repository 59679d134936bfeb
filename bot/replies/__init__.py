"""Summary and template to a Reply; a Reply to Block Kit and plain text."""
