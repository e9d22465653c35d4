"""Law as data: published methods as dated editions, and the engine that grades by them.

In reading order: `law` (an edition as a file: nouns, reader, checks, catalogue), `engine` (from rows
to expressions, points, grades and their explanation), `intake` (files in), `grade_files` (files out,
their manifest, their proof), `reform` (two editions compared), `chain` (several years), `areas`
(villages and up), `cases` (worked cases). README.md describes how a regulation is transcribed.
"""
