"""Workbooks to frames of text, each cell where it stands, and no error or formula lost on the way.

fastexcel reads an error, and a formula whose value was never stored, as if the cell were empty. For
each kind of workbook a module here finds such cells in the file itself; `sheet` puts their text in
their place.
"""
