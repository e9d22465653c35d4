"""What the builders say, written down and printed for other engines.

In reading order: `recorder` (a namespace whose expressions and frames write themselves down),
`sharing` (what a step says twice becomes a step of its own), `dialects` (what each database needs),
`expression_sql` and `statement` (a recorded query as one SELECT). Nothing here knows of rubrics,
cards or policies.
"""
