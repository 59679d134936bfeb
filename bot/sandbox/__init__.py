"""The embedded payer: an OAuth server and a FHIR server over real HTTP. Imports nothing of bot."""
