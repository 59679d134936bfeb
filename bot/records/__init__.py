"""FHIR read once into plain frozen values."""
