"""What the builders say, written down and printed for other engines.

In reading order: `recorder` (a namespace whose expressions and frames write themselves down),
`sharing` (what a step says twice becomes a step of its own), `dialects` (what each database needs),
`expression_sql` and `statement` (a recorded query as one SELECT); then, for plain code,
`nulls_and_sizes` (what is known before a query runs), `plain_expressions`, `plain_columns` and
`plain_steps` (a recorded query as one function), `python_code` and `javascript_code` (how each language
writes it), `plain_inputs` (what the function takes and refuses). Nothing here knows of rubrics, cards or
policies.
"""
