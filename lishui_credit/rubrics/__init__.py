"""Law as data: published methods as dated editions, and the engine that grades by them.

In reading order: `rubric` (the nouns), `edition`, `checks`, `row_checks`, `lines` (a TOML file read
and checked), `catalog` (which edition was in force), `tables`, `formulas`, `compile`, `events` (rows
to expressions), `stages` (expressions to a grade), `explain`, `evaluate` (grades), `intake` (files
in), `graded` (files out, manifest, verify), `reform` (two editions compared), `chain` (several
years), `areas` (villages and up), `cases` (worked cases). README.md tells how a regulation is
transcribed.
"""
