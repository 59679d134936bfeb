"""The embedded test payer: an OAuth server and a FHIR server over real HTTP, independent of the rest of `bot`."""
