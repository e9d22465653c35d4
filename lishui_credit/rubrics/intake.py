"""Files to what an edition grades: subjects, county bases and events, read and checked together.

`intake` reads each file, conforms it to the columns the edition needs and joins the bases. Checks
between columns that only an edition knows (an assessor's figure inside its band, more labourers
than members, an event for an unknown subject) are made here, and rejected rows keep the name of
their file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.points import compare
from lishui_credit.rubrics import coherence
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import grading_day, refuse_if_lacking
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import Conformed, Known, Rule, conform
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.read import Raw, read

_FEW_AREAS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What was read for one edition.

    Parameters
    ----------
    subjects : polars.LazyFrame
        Accepted subjects, bases joined.
    events : polars.LazyFrame, optional
        Accepted events.
    events_in_order : bool
        Whether the events stand in the order of their subjects.
    rejected : polars.DataFrame
        Columns ``file``, ``row``, ``reasons``, ``cells`` (the raw row as text).
    rows : dict of str to int
        Rows read, by file role.
    notes : tuple of str
        What a reader should know.
    """

    subjects: pl.LazyFrame
    rejected: pl.DataFrame
    events: pl.LazyFrame | None = None
    events_in_order: bool = False
    rows: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def intake(
    rubric: Rubric,
    subjects: Path | str | pl.DataFrame | pl.LazyFrame,
    *,
    events: Path | str | pl.DataFrame | pl.LazyFrame | None = None,
    bases: Path | str | pl.DataFrame | pl.LazyFrame | None = None,
    period: int | None = None,
    as_of: date | None = None,
    also: Sequence[Rubric] = (),
) -> Intake:
    """Read and check everything one edition grades.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    subjects, events, bases : path-like or frame
        Files (CSV, Excel, Parquet) or raw frames, with the headers of the data dictionary.
    period : int, optional
        Year assessed; picks the year of bases that carry one.
    as_of : date, optional
        Day of grading, as for `evaluate`; rows that speak of a later day are rejected.
    also : sequence of Rubric
        Further editions the same input is to be graded by: their columns are read too, and an
        event is strange only if none of them knows its code.

    Returns
    -------
    Intake

    Raises
    ------
    EditionError
        If the edition is only an outline.
    SubjectError
        For problems of whole files, all of them together.
    """
    editions = (rubric, *also)
    wanted: dict[str, bool] = {}
    for edition in editions:
        refuse_if_lacking(edition)
        for name, required in compiled.needed_columns(edition).items():
            wanted[name] = wanted.get(name, False) or required
    day = grading_day(rubric, period, as_of)
    coherence.refuse_early_grading(day, period)
    problems: list[Problem] = []
    base_columns = rubric.bases.columns if rubric.bases is not None else ()
    split = bases is not None
    own = {name: need for name, need in wanted.items() if not (split and name in base_columns)}
    people = _table(problems, subjects, own, key=rubric.subject_id, rules=_rules(rubric, day))
    reference: Conformed | None = None
    if bases is not None and rubric.bases is not None:
        need = {rubric.bases.key: True, **dict.fromkeys(base_columns, True), "year": False}
        reference = _table(problems, bases, need, key=rubric.bases.key, unique=False)
    elif bases is not None:
        problems.append(
            Problem(tr(f"{rubric.name} uses no bases", f"{rubric.name} 不使用基数文件"))
        )
    happened: Conformed | None = None
    if events is not None and rubric.uses_events:
        late = coherence.happened(day, period)
        happened = _events(problems, events, people, rubric.subject_id, editions, late)
    elif events is not None:
        problems.append(
            Problem(tr(f"{rubric.name} counts no events", f"{rubric.name} 不使用事件文件"))
        )
    if problems or people is None:
        raise SubjectError(problems)
    frame, rejected = people.frame, [_filed("subjects", people.rejected)]
    if reference is not None and rubric.bases is not None:
        frame, lost = _join_bases(rubric, frame, reference, period)
        rejected += [_filed("bases", reference.rejected), _filed("subjects", lost)]
    occurred: pl.LazyFrame | None = None
    if happened is not None:
        occurred = _named(happened.frame)
        rejected.append(_filed("events", happened.rejected))
    notes = [note for t in (people, reference, happened) if t is not None for note in t.notes]
    if rubric.uses_events and events is None:
        notes.append(tr("no events given: none are counted", "未提供事件文件:按无事件评级"))
    tables_read = {"subjects": people, "bases": reference, "events": happened}
    return Intake(
        subjects=frame,
        events=occurred,
        events_in_order=happened is not None and happened.in_order,
        rejected=pl.concat(rejected),
        rows={role: table.rows for role, table in tables_read.items() if table is not None},
        notes=tuple(notes),
    )


def _raw(source: Path | str | pl.DataFrame | pl.LazyFrame, name: str) -> Raw:
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        return Raw(frame=source.lazy(), name=name, first_row=1)
    return read(source, is_header, is_date)


def _table(
    problems: list[Problem],
    source: Path | str | pl.DataFrame | pl.LazyFrame,
    wanted: Mapping[str, bool],
    *,
    key: str,
    unique: bool = True,
    rules: Sequence[Rule] = (),
    among: Known | None = None,
) -> Conformed | None:
    """Conform one file, collecting its problems so that all files' show together."""
    try:
        raw = _raw(source, key)
        return conform(raw, wanted, key=key, unique=unique, rules=rules, among=among)
    except SubjectError as error:
        problems.extend(error.problems)
        return None


def _filed(role: str, rejected: pl.DataFrame) -> pl.DataFrame:
    raw = [name for name in rejected.columns if name not in ("row", "reasons")]
    cells = pl.concat_str(
        [
            pl.format("{}={}", pl.lit(name), pl.col(name).cast(pl.String).fill_null(""))
            for name in raw
        ],
        separator=" | ",
    )
    return rejected.select(
        pl.lit(role).alias("file"),
        "row",
        "reasons",
        (cells if raw else pl.lit("")).alias("cells"),
    )


# ---- checks between columns -------------------------------------------------------------------


def _rules(rubric: Rubric, day: date) -> list[Rule]:
    rules = [rule for row in rubric.scoring if row.judged for rule in _judged(rubric, row)]
    reads = compiled.needed_columns(rubric)
    rules += coherence.parts(reads)
    if "performance_record" in reads:
        rules += [*_default_rules(), *coherence.past_days(("defaulted_on", "repaid_on"), day)]
    return rules


def _default_rules() -> list[Rule]:
    def lacks(record: pl.Expr, fact: pl.Expr) -> pl.Expr:
        return (record == "default") & fact.is_null()

    facts = ("default_item", "defaulted_on", "default_measure")
    rules = [
        Rule(
            tr(f"a default without {name}", f"有违约但缺少 {name}"),
            ("performance_record", name),
            lacks,
        )
        for name in facts
    ]
    rules.append(
        Rule(
            tr("repaid before the default", "履约日早于违约日"),
            ("repaid_on", "defaulted_on"),
            lambda repaid, defaulted: repaid < defaulted,
        )
    )
    return rules


def _judged(rubric: Rubric, row: Indicator) -> list[Rule]:
    """The assessor's figure must lie in the reference band the value falls in."""
    assert row.judged is not None
    per_unit = dictionary()[row.judged].per_unit
    reason = tr(
        f"{row.judged}: outside the reference band of {row.label_zh}",
        f"{row.judged}:超出“{row.label_zh}”的参考分档",
    )

    def outside(figure: pl.Expr, low: object, high: object) -> pl.Expr:
        bottom, top = (Fraction(str(end)) * per_unit for end in (low, high))
        return (figure < float(bottom)) | (figure > float(top))

    rules: list[Rule] = []
    for name, (low, high) in row.ranges.items():
        assert row.column is not None

        def level_test(
            figure: pl.Expr, cell: pl.Expr, name: str = name, low: object = low, high: object = high
        ) -> pl.Expr:
            return (cell == name) & outside(figure, low, high)

        rules.append(Rule(reason, (row.judged, row.column), level_test))
    if row.bands and row.column is not None and row.over is None:
        column = row.column
        unit = dictionary()[column].per_unit
        entries = [entry for entry in row.bands if rubric.taken(entry.choice)]

        def band_test(figure: pl.Expr, cell: pl.Expr) -> pl.Expr:
            chain: Any = pl.when(cell.is_null()).then(pl.lit(False))
            for entry in entries:
                band = tables.band(entry, 1) if entry.points is not None else None
                if band is None:
                    continue
                tests = [pl.lit(True)]
                if band.lower is not None:
                    tests.append(
                        compare(cell, unit, ">=" if band.lower_closed else ">", band.lower)
                    )
                if band.upper is not None:
                    tests.append(
                        compare(cell, unit, "<=" if band.upper_closed else "<", band.upper)
                    )
                low, high = entry.range or (entry.points, entry.points)
                chain = chain.when(pl.all_horizontal(tests)).then(outside(figure, low, high))
            found: pl.Expr = chain.otherwise(pl.lit(False))
            return found

        rules.append(Rule(reason, (row.judged, column), band_test))
    return rules


# ---- joins ------------------------------------------------------------------------------------


def _join_bases(
    rubric: Rubric, frame: pl.LazyFrame, reference: Conformed, period: int | None
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Join the bases by area; subjects of an area without one are rejected, not graded by zero."""
    assert rubric.bases is not None
    key = rubric.bases.key
    found = reference.frame.collect()
    if "year" in found.columns and found["year"].n_unique() > 1:
        if period is None:
            raise SubjectError(
                Problem(
                    tr("the bases hold several years", "基数文件含多个年度"),
                    ", ".join(str(year) for year in found["year"].unique().sort()),
                    tr("say which with --period", "请用 --period 指明年度"),
                )
            )
        found = found.filter(pl.col("year") == period)
    found = found.drop("year", strict=False)
    doubled = found.filter(pl.col(key).is_duplicated())[key].unique().to_list()
    if doubled:
        raise SubjectError(
            Problem(tr("several bases for one area", "同一地区有多条基数"), ", ".join(doubled))
        )
    areas = frame.select(key).unique().collect(engine="streaming")
    strange = areas.join(found, on=key, how="anti")
    lacking = pl.DataFrame()
    if strange.height:
        chosen = frame.select(rubric.subject_id, key)
        lacking = chosen.join(found.lazy(), on=key, how="anti", maintain_order="left").collect(
            engine="streaming"
        )
    joined = frame.with_columns(
        _of_area(pl.col(key), found[key], found[name]).alias(name)
        for name in found.columns
        if name != key
    )
    empty = pl.DataFrame(schema={"row": pl.Int64, "reasons": pl.String})
    if lacking.is_empty():
        return joined, empty
    lost = lacking.select(
        pl.lit(None, dtype=pl.Int64).alias("row"),
        pl.format(
            tr("no bases for {} '{}'", "{} “{}”没有基数"), pl.lit(key), pl.col(key).fill_null("")
        ).alias("reasons"),
        pl.col(rubric.subject_id),
    )
    return joined.filter(pl.col(key).is_in(found[key].implode())), lost


def _of_area(area: pl.Expr, names: pl.Series, values: pl.Series) -> pl.Expr:
    """Look a base up cell by cell, which keeps the order; a join does not.

    For the areas of a prefecture by comparisons, which stream: a lookup table holds what passes it
    (10 million households peaked at 3.0 GB with one, at 1.4 GB without).
    """
    if len(names) > _FEW_AREAS:
        return area.replace_strict(names, values, default=None, return_dtype=pl.Int64)
    found = pl.lit(None, dtype=pl.Int64)
    for name, value in zip(names, values, strict=True):
        found = pl.when(area == name).then(pl.lit(value, dtype=pl.Int64)).otherwise(found)
    return found


def _events(
    problems: list[Problem],
    source: Path | str | pl.DataFrame | pl.LazyFrame,
    people: Conformed | None,
    key: str,
    editions: Sequence[Rubric],
    late: Rule,
) -> Conformed | None:
    names = {name for edition in editions for name in event_rules.needed_columns(edition)}
    wanted = {key: True, **{name: name in ("code", "occurred_on") for name in sorted(names)}}
    known = sorted({code for edition in editions for code in event_rules.codes(edition)})
    rules_of = [
        row.event for edition in editions for row in edition.scoring if row.event is not None
    ]
    percent: dict[tuple[str, str], set[str]] = {}
    for rule in rules_of:
        if rule.percent is not None:
            columns = (rule.percent.column, rule.percent.over)
            percent.setdefault(columns, set()).add(rule.code)
    per_tax = sorted({rule.code for rule in rules_of if rule.count == "per_tax_type"})
    rules = [
        late,
        Rule(
            tr("the edition knows no such code", "该版本没有此指标代码"),
            ("code",),
            lambda code: code.is_not_null() & ~code.is_in(known),
        ),
        Rule(tr("no code", "缺少指标代码"), ("code",), lambda code: code.is_null()),
        Rule(tr("no date", "缺少发生日期"), ("occurred_on",), lambda day: day.is_null()),
        Rule(
            tr("corrected before it happened", "纠正日期早于发生日期"),
            ("corrected_on", "occurred_on"),
            lambda corrected, occurred: corrected < occurred,
        ),
    ]
    if per_tax:
        rules.append(
            Rule(
                tr("counted per tax type, but no tax_type", "按税种计算但缺少税种"),
                ("code", "tax_type"),
                lambda code, tax: code.is_in(per_tax) & tax.is_null(),
            )
        )
    for (top, over), counted in percent.items():
        members = sorted(counted)
        listed = ", ".join(members)
        rules.append(
            Rule(
                tr(
                    f"counted by percentage ({listed}), but no {top} or no {over} above 0",
                    f"按比例计算({listed}),但缺少 {top} 或大于 0 的 {over}",
                ),
                ("code", top, over),
                lambda code, a, b, members=members: (
                    code.is_in(members) & (a.is_null() | b.is_null() | (b <= 0))
                ),
            )
        )
    unknown = tr("an event for an unknown subject {}", "事件对应未知主体 {}")
    among = Known(people.frame.select(key), unknown) if people is not None else None
    return _table(problems, source, wanted, key=key, unique=False, rules=rules, among=among)


def _named(events: pl.LazyFrame) -> pl.LazyFrame:
    """Give every event an id: its own, or its place among the accepted."""
    own = pl.format("#{}", pl.col("_event"))
    if "event_id" in events.collect_schema().names():
        nameless = events.select(pl.col("event_id").null_count())
        if not nameless.collect(engine="streaming").item():
            return events
        own = pl.coalesce("event_id", own)
    return events.with_row_index("_event").with_columns(own.alias("event_id")).drop("_event")
