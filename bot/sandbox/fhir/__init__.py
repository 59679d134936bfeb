"""The sandbox payer's FHIR R4 server: reads and searches over resources that are encoded as JSON only once."""
