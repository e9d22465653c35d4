"""A card of points: scale, files, reasons, exports; the same noun as a rubric."""
