"""One message to its replies: what it means after the one before, and who answers it."""
