"""The client of the payer's FHIR server: searches, HTTP, paging, retries, caching and discovery. It logs no URLs."""
