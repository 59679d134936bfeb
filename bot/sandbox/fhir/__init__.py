"""The sandbox payer's FHIR R4 server: reads and searches over JSON that is encoded once."""
