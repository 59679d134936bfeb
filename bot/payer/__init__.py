"""The payer over HTTP: searches, pages, retries, discovery."""
