"""Cliffs of two editions side by side, and how many stand near one."""

from __future__ import annotations

import polars as pl

from lishui_credit.language import plural, tr
from lishui_credit.rubrics.cliff_words import direction_said, rule_said, step_said
from lishui_credit.rubrics.cliffs import SCHEMA, Cliffs


def beside(before: Cliffs, after: Cliffs) -> pl.DataFrame:
    """Return the cliffs of two editions side by side, in words, most subjects first.

    Parameters
    ----------
    before, after : Cliffs
        Of the same subjects.

    Returns
    -------
    polars.DataFrame
        ``step``, ``direction``, ``rule``, ``clause``, ``old`` and ``new``: subjects whom the step
        moves under each edition; ``change`` between them.
    """
    names = list(SCHEMA)[:-1]
    both = before.frame.select(*names, pl.col("subjects").alias("old")).join(
        after.frame.select(*names, pl.col("subjects").alias("new")),
        on=names,
        how="full",
        coalesce=True,
    )
    both = both.with_columns(pl.col("old", "new").fill_null(0))
    both = both.with_columns((pl.col("new") - pl.col("old")).alias("change"))
    both = both.sort(
        pl.max_horizontal("old", "new"), *names, descending=[True, *[False] * len(names)]
    )
    told = []
    for row in both.iter_rows(named=True):
        rubric = after.rubric if row["new"] else before.rubric
        told.append(
            (
                step_said(rubric, row["kind"], row["what"], row["step"], row["to"]),
                direction_said(row["direction"]),
                *rule_said(rubric, row["rule"]),
            )
        )
    words = ("step", "direction", "rule", "clause")
    shown = pl.DataFrame(told, schema=dict.fromkeys(words, pl.String), orient="row")
    return pl.concat([shown, both.select("old", "new", "change")], how="horizontal")


def near_said(found: Cliffs) -> str:
    """Return how many stand one step from another grade, in a sentence."""
    up, down = found.near["up"], found.near["down"]
    return tr(
        f"{found.near_any:,} of {plural(found.subjects, 'subject')} stand one step from another grade:"
        f" {up:,} from a better one, {down:,} from a worse one.",
        f"{found.subjects:,} 个主体中 {found.near_any:,} 个距其他等级仅一步:"
        f"距更高等级 {up:,} 个,距更低等级 {down:,} 个。",
    )
