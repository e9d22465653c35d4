"""Grades of whole registers: how many have which grade, what they rest on, what decided them.

Everything is a count over a graded file; by a carried column such as the county where asked, and
for several years one under the other. Cost: one pass over the file each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from lishui_credit.citation import EVIDENCE, is_weak
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.law.row_labels import graded_label, row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.stored_grades import Graded
from lishui_credit.tables.header_words import no_column

ALL = ""
"""Group of a row that is about everybody."""

_UNGRADED = (compiled.WITHHELD, compiled.NOT_GRADED)


def outcome_label(outcome: str) -> str:
    """Return what people call a subject without a grade, in the language in use."""
    if outcome == compiled.WITHHELD:
        return tr("withheld", "暂不评级")
    return tr("not graded", "不参评")


def grade_label(rubric: Rubric, grade: str, labels: str | None = None) -> str:
    """Return what people call a grade: of the label set asked for, else as printed."""
    for row in rubric.grades:
        if row.id == grade:
            return graded_label(row, row.labels.get(labels or "", row.label_zh))
    return grade


def distribution(graded: Graded, by: str | None = None) -> pl.DataFrame:
    """Count subjects by grade, best first, then those left without a grade."""
    rubric = graded.rubric
    counted = (
        graded.frame.select(_group(graded, by), "grade", "outcome")
        .group_by("group", "grade", "outcome")
        .agg(pl.len().cast(pl.Int64).alias("subjects"))
        .collect(engine="streaming")
    )
    labels = graded.manifest.facts.labels
    rows: list[tuple[str | None, str, str]] = [
        (row.id, grade_label(rubric, row.id, labels), compiled.GRADED) for row in rubric.grades
    ]
    rows += [
        (None, outcome_label(outcome), outcome)
        for outcome in _UNGRADED
        if counted["outcome"].is_in([outcome]).any()
    ]
    schema = dict.fromkeys(("grade", "label", "outcome"), pl.String)
    ladder = pl.DataFrame(rows, schema=schema, orient="row").select(
        pl.int_range(pl.len()).alias("place"), pl.all()
    )
    # Every group has every grade, with 0 where nobody has it; `place` 0 is the best grade, and those
    # without a grade come last, where anybody in the file is without one.
    groups = counted.select("group").unique().sort("group")
    return (
        groups.join(ladder, how="cross")
        .join(
            counted,
            on=["group", "grade", "outcome"],
            how="left",
            nulls_equal=True,
        )
        .with_columns(pl.col("subjects").fill_null(0))
        .with_columns((pl.col("subjects") / pl.col("subjects").sum().over("group")).alias("share"))
        .sort("group", "place")
    )


def resting_on(graded: Graded, by: str | None = None) -> pl.DataFrame:
    """Count points given and taken, and grades decided by override rules, by evidence."""
    # Counted over graded subjects, points without their sign; a start score, which everybody has, is
    # left out. Every evidence level that the edition has occurs in every group.
    rubric = graded.rubric
    levels = {f"{compiled.POINTS}{row.id}": row.evidence for row in rubric.scoring}
    names = [name for name in levels if name in graded.frame.collect_schema().names()]
    deciders = {row.id: row.evidence for row in rubric.active_overrides}
    used = {levels[name] for name in names} | set(deciders.values())
    ladder = pl.DataFrame(
        {
            "evidence": [level for level in EVIDENCE if level in used],
            "weak": [is_weak(level) for level in EVIDENCE if level in used],
        },
        schema={"evidence": pl.String, "weak": pl.Boolean},
    ).with_row_index("_place")
    held = (
        graded.frame.filter(pl.col("outcome") == compiled.GRADED)
        .select(_group(graded, by), "decided_by", *names)
        .collect(engine="streaming")
    )
    groups = held.group_by("group").agg(pl.len().cast(pl.Int64).alias("graded"))
    points = (
        held.group_by("group")
        .agg(pl.col(name).cast(pl.Int64).abs().sum() for name in names)
        .unpivot(on=names, index="group", variable_name="_row", value_name="points")
        .with_columns(pl.col("_row").replace_strict(levels, return_dtype=pl.String))
        .group_by("group", pl.col("_row").alias("evidence"))
        .agg(pl.col("points").sum())
    )
    decided = (
        held.filter(pl.col("decided_by").is_in(list(deciders)))
        .with_columns(
            pl.col("decided_by")
            .replace_strict(deciders, default=None, return_dtype=pl.String)
            .alias("evidence")
        )
        .group_by("group", "evidence")
        .agg(pl.len().cast(pl.Int64).alias("decided"))
    )
    whole = pl.col("points").sum().over("group")
    return (
        groups.join(ladder, how="cross")
        .join(points, on=["group", "evidence"], how="left")
        .join(decided, on=["group", "evidence"], how="left")
        .with_columns(pl.col("points", "decided").fill_null(0))
        .with_columns(pl.when(whole > 0).then(pl.col("points") / whole).alias("share"))
        .sort("group", "_place")
        .select("group", "evidence", "weak", "points", "share", "decided", "graded")
    )


def unverified(graded: Graded, by: str | None = None) -> pl.DataFrame:
    """Return which share of points, and of grades decided by override rules, is unverified."""
    weak = pl.col("weak")
    return (
        resting_on(graded, by)
        .group_by("group", maintain_order=True)
        .agg(
            pl.col("graded").first(),
            pl.col("points").filter(weak).sum().alias("_weak"),
            pl.col("points").sum().alias("_whole"),
            pl.col("decided").filter(weak).sum(),
        )
        .select(
            "group",
            "graded",
            pl.when(pl.col("_whole") > 0)
            .then(pl.col("_weak") / pl.col("_whole"))
            .alias("points_share"),
            "decided",
            (pl.col("decided") / pl.col("graded")).alias("decided_share"),
            # of the points the edition could move, in whole percent, the same in every group
            pl.lit(graded.manifest.facts.weak_evidence_percent / 100).alias("movable_share"),
        )
    )


def deciders(graded: Graded, by: str | None = None) -> pl.DataFrame:
    """Count subjects by what decided: the score, an override rule, a missing value."""
    rules = {row.id: row for row in graded.rubric.overrides}
    counted = (
        graded.frame.select(_group(graded, by), "decided_by")
        .group_by("group", "decided_by")
        .agg(pl.len().cast(pl.Int64).alias("subjects"))
        .collect(engine="streaming")
        .sort("group", "subjects", "decided_by", descending=[False, True, False])
    )
    found = []
    for name in counted["decided_by"]:
        bare = name.removeprefix("not graded: ")
        rule = rules.get(bare)
        head = outcome_label(compiled.NOT_GRADED) + tr(": ", ":") if bare != name else ""
        if rule is not None:
            label = head + row_label(rule)
        elif name == compiled.WITHHELD:
            label = outcome_label(compiled.WITHHELD)
        else:
            label = tr("the score", "得分") if name == "score" else name
        found.append((label, rule.clause if rule else None, rule.evidence if rule else None))
    told = pl.DataFrame(
        found,
        schema={"label": pl.String, "clause": pl.String, "evidence": pl.String},
        orient="row",
    )
    return pl.concat([counted, told], how="horizontal").select(
        "group", "decided_by", "label", "clause", "evidence", "subjects"
    )


def by_year(
    files: Mapping[int, Graded],
    counted: Callable[[Graded, str | None], pl.DataFrame],
    by: str | None = None,
) -> pl.DataFrame:
    """Return a count of several years, one below the other, with ``year`` and ``edition``."""
    if not files:
        raise SubjectError(tr("there is no graded file", "没有评级文件"))
    return pl.concat(
        counted(files[year], by).select(
            pl.lit(year, pl.Int64).alias("year"),
            pl.lit(files[year].manifest.facts.edition).alias("edition"),
            pl.all(),
        )
        for year in sorted(files)
    )


def _group(graded: Graded, by: str | None) -> pl.Expr:
    if by is None:
        return pl.lit(ALL).alias("group")
    names = graded.frame.collect_schema().names()
    if by not in names:
        raise SubjectError(no_column(by, [row for row in graded.rubric.carries if row in names]))
    return pl.col(by).cast(pl.String).fill_null("—").alias("group")
