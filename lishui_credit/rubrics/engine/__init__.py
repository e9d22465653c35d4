"""A rubric and a frame become points and a grade, by integer expressions."""
