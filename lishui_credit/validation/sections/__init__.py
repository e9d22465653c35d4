"""Sections of a validation, each named after what it lays out."""
