"""Compliance of published records (双公示合规率): which pass the data standard, field by field.

Fields are data (``publication_standards.toml``), by edition of the standard. What is measured here is
how well others filled a form, so a cell that cannot be read is a finding, not an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.plan.records.computed import Computed, by_area, check_period, shares
from lishui_credit.plan.records.publicity import INDICATOR
from lishui_credit.plan.records.raw_tables import AREA, RawTable, raw_column, read_frame, typed
from lishui_credit.tables.cells import cell
from lishui_credit.tables.columns import Column
from lishui_credit.tables.headers import heads, match
from lishui_credit.tables.identifiers import uscc_valid
from lishui_credit.tables.toml_documents import parse_document
from lishui_credit.tables.unreadable import unreadable

Act = Literal["licence", "penalty"]

_FILE: Final = "publication_standards.toml"
_ACTS: Final[tuple[Act, ...]] = ("licence", "penalty")
_PERSONS: Final = ("natural_person", "自然人", "01")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedField:
    """One field of a published record."""

    id: str
    code: str
    zh: str
    required: Literal["", "all", "organisation", "person"] = ""
    kind: Literal["text", "date", "uscc", "choice", "amount"] = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationStandard:
    """One edition of the data standard."""

    id: str
    title_zh: str
    evidence: str
    licence: tuple[PublishedField, ...]
    penalty: tuple[PublishedField, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The tables of the file."""

    standards: tuple[PublicationStandard, ...]


def read_standards(data: str | bytes) -> dict[str, PublicationStandard]:
    """Return the editions a TOML text holds, by id; raises `RubricError` with every mistake."""
    found = parse_document(data, _FILE).make(_File)
    return {standard.id: standard for standard in found.standards}


@cache
def standards() -> dict[str, PublicationStandard]:
    """Return the editions of the data standard by id."""
    path = files("lishui_credit.plan.records") / _FILE
    return read_standards(path.read_bytes())


_CONTEXT: Final = RawTable(
    id="published_records",
    title_zh="公示信息记录",
    columns=(
        AREA,
        raw_column("subject_type", "行政相对人类别", aliases=("XK_XDR_LB", "CF_XDR_LB")),
    ),
    optional=("subject_type",),
)


def _faults(field: PublishedField, text: pl.Expr, person: pl.Expr) -> list[tuple[str, pl.Expr]]:
    """Return what can be wrong with a field: a fault's id and its test."""
    needed = {
        "": pl.lit(False),
        "all": pl.lit(True),
        "organisation": ~person,
        "person": person,
    }[field.required]
    lost = unreadable(text).fill_null(False)
    faults = [("empty", needed & text.is_null()), ("unreadable", lost)]
    if field.kind == "uscc":
        valid = text.map_batches(uscc_valid, return_dtype=pl.Boolean)
        faults.append(("check_digit", text.is_not_null() & ~valid & ~lost))
    elif field.kind == "choice":
        strange = text.is_not_null() & ~text.is_in(list(field.choices))
        faults.append(("not_a_choice", strange & ~lost))
    elif field.kind == "amount":
        number = text.cast(pl.Float64, strict=False)
        none = text.is_not_null() & ~(number >= 0).fill_null(False)
        faults.append(("not_an_amount", none & ~lost))
    elif field.kind == "date":
        none = text.is_not_null() & pl.col(f"_{field.id}").is_null()
        faults.append(("not_a_date", none & ~lost))
    return faults


def judged_records(
    records: Any, act: Act, standard: str = "2018"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return for every published record whether it passes the standard, and every fault."""
    # Source: 发改办财金〔2018〕424号 (its annex was not seen; see ``publication_standards.toml``).
    known = standards()
    problems = []
    if standard not in known:
        problems.append(
            Problem(tr("no such edition", "没有这一版标准"), standard, ", ".join(known), "standard")
        )
    if act not in _ACTS:
        problems.append(Problem(tr("no such kind", "没有这种记录"), act, ", ".join(_ACTS), "act"))
    refuse(problems)
    frame, where, lines = read_frame(records, _CONTEXT)
    # Names of fields resemble each other, so none of them is a slip of the pen for the context.
    every = heads(row for one in known.values() for row in _columns((*one.licence, *one.penalty)))
    context = typed(
        frame.select(name for name in frame.columns if not every(name)), where, lines, _CONTEXT
    )
    fields = known[standard].licence if act == "licence" else known[standard].penalty
    tidy, present = _tidy(frame, fields, where)
    tidy = tidy.with_columns(context["subject_type"], context["adcode"])
    tests = _tests(fields, present)
    marks = tidy.select(
        test.fill_null(False).alias(str(place)) for place, (_, _, test) in enumerate(tests)
    )
    wrong = marks.sum_horizontal().cast(pl.Int64)
    judged = context.select("adcode", "synthetic").with_columns(
        (wrong == 0).alias("passes"), wrong.alias("faults")
    )
    table = pl.DataFrame(
        [
            (field, fault, int(mark.sum()))
            for (field, fault, _), mark in zip(tests, marks.get_columns(), strict=True)
            if mark.any()
        ],
        schema={"field": pl.String, "fault": pl.String, "records": pl.Int64},
        orient="row",
    )
    return judged, table.group_by("field", "fault", maintain_order=True).agg(
        pl.col("records").max()
    )


def _columns(fields: tuple[PublishedField, ...]) -> list[Column]:
    """Return fields as columns of text: what is wrong with a cell is a finding."""
    return [raw_column(field.id, field.zh, aliases=(field.code,)) for field in fields]


def _tidy(
    frame: pl.DataFrame, fields: tuple[PublishedField, ...], where: str
) -> tuple[pl.DataFrame, set[str]]:
    """Return every field as text, a day beside it under ``_id``, and which fields have a column."""
    known = {row.id: row for row in _columns(fields)}
    own = [name for name in frame.columns if heads(known.values())(name)]
    columns, _ = match(own, dict.fromkeys(known, False), where, known)
    cells = [
        pl.int_range(pl.len()).alias("_row")
    ]  # so that a frame without any field keeps its rows
    for field in fields:
        if field.id not in columns:
            cells.append(pl.lit(None, pl.String).alias(field.id))
            continue
        header, _ = columns[field.id]
        kind = frame.schema[header]
        read = cell(known[field.id], header, "", kind)
        cells.append(read.value.cast(pl.String).alias(field.id))
        if field.kind == "date":
            day = cell(Column(id=field.id, label_zh="", type="date"), header, "", kind)
            cells.append(day.value.cast(pl.Date).alias(f"_{field.id}"))
    tidy = frame.select(cells)
    lacking = [field.id for field in fields if field.kind == "date" and field.id not in columns]
    tidy = tidy.with_columns(pl.lit(None, pl.Date).alias(f"_{name}") for name in lacking)
    return tidy, set(columns)


def _tests(fields: tuple[PublishedField, ...], present: set[str]) -> list[tuple[str, str, pl.Expr]]:
    """Return every field, fault and its test."""
    person = pl.col("subject_type").is_in(list(_PERSONS)).fill_null(False)
    tests = []
    for field in fields:
        for fault, test in _faults(field, pl.col(field.id), person):
            absent = fault == "empty" and field.id not in present
            tests.append((field.id, "absent" if absent else fault, test))
    starts, ends = ("valid_from", "decided_on"), ("valid_until", "publish_until")
    have = {field.id for field in fields}
    tests += [
        (end, "ends_before_start", (pl.col(f"_{end}") < pl.col(f"_{start}")))
        for end in ends
        for start in starts
        if {end, start} <= have
    ]
    return tests


def compliance(
    licences: Any | None,
    penalties: Any | None,
    period: date,
    *,
    standard: str = "2018",
    frequency: str = "month",
    source: str = "",
) -> Computed:
    """Return the compliance rate (合规率): records that pass the data standard / records reported.

    Parameters
    ----------
    licences, penalties : path-like, frame or None
        Records reported in the period, see `judged_records`; one of the two may be None.
    period : date
        Last day of the period.
    standard : {"2018", "2015"}
        Edition of the standard.
    frequency : {"month", "quarter", "year"}
        Length of the period.
    source : str
        Where the records came from.

    Returns
    -------
    Computed
        Companion ``double_publicity_coverage.compliance`` only. Detail: ``act``, ``field``,
        ``fault``, ``records``.

    Raises
    ------
    SubjectError
        As `judged_records`; or if neither kind of record is given.

    References
    ----------
    Qinghai DRC, 2024-05-10 (数据合规率).

    Examples
    --------
    >>> rows = pl.DataFrame({"adcode": ["331102"], "CF_WSH": ["甲罚〔2016〕1号"]})
    >>> compliance(None, rows, date(2016, 3, 31), standard="2015").companions["value"].to_list()
    [0.0, 0.0]
    """
    check_period(period, frequency)
    given = {"licence": licences, "penalty": penalties}
    if licences is None and penalties is None:
        raise SubjectError(tr("no records are given", "没有给出任何记录"))
    judged, faults = [], []
    for act in _ACTS:
        if given[act] is not None:
            passed, table = judged_records(given[act], act, standard)
            judged.append(passed)
            faults.append(table.select(pl.lit(act).alias("act"), pl.all()))
    whole = pl.concat(judged)
    counted = by_area(whole).group_by("adcode").agg(
        pl.col("passes").sum().cast(pl.Int64), pl.len().cast(pl.Int64).alias("records")
    )  # fmt: skip
    edition = standards()[standard]
    return Computed.of_rows(
        shares(counted, {f"{INDICATOR}.compliance": ("passes", "records")}, period),
        whole,
        frequency=frequency,
        source=source,
        detail=pl.concat(faults),
        notes=(
            tr(
                f"edition {standard} of the standard, evidence {edition.evidence}: required fields are proposed",
                f"按{edition.title_zh},依据等级 {edition.evidence}:必填项为本方案拟定",
            ),
        ),
    )
