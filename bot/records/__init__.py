"""FHIR resources converted to plain frozen values: claims, lines, listings, patients, dates and money."""
