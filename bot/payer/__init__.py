"""The client for the payer's FHIR server: searches, a shared HTTP client, paging, retries, discovery.

No URL is logged.
"""
