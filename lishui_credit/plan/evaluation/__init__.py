"""The mid-term evaluation as a credit office files it: the facts, then a page, a workbook, a PDF."""
