"""Observations of the indicators: read, stored with their revisions, added up for the city."""
