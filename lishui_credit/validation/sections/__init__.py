"""Outlines of a validation's sections, each module named after the section it lays out."""
