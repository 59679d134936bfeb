"""The payer's FHIR server: searches, one shared HTTP client, paging, retries, discovery. Nothing here logs a URL."""
