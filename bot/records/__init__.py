"""FHIR read once into plain frozen values: claims, lines, listings, patients, dates and money."""
