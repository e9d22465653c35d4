"""A raw frame to the data dictionary's columns: accepted rows, and rejected ones with reasons.

Headers are matched in Chinese or English, with units in brackets (``总资产(万元)``) or as a suffix
(``total_assets_wan``). Cells become integers of the column's unit, dates, flags and level ids. What
cannot be read is never guessed: the row is rejected, with every reason. What concerns the file as
a whole (a missing column, a suspected unit) raises one `SubjectError` with all problems.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

import polars as pl

from lishui_credit.columns import Column, dictionary
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.identifiers import resident_id_valid, uscc_valid
from lishui_credit.language import tr
from lishui_credit.read import Raw, broken

BANNED: Final = (
    ("宗教", "religion"),
    ("基因", "gene"),
    ("指纹", "fingerprint"),
    ("血型", "blood_type"),
    ("疾病", "disease"),
    ("病史", "medical_history"),
)
"""Fields no credit file may hold (征信业管理条例 art. 14; 浙江省公共信用信息管理条例)."""

_NOTHING: Final = ("", "-", "--", "—", "/", "null", "NULL", "None", "NA", "N/A", "n/a", "#N/A")
_YES: Final = ("是", "有", "true", "True", "TRUE", "1", "1.0", "y", "Y", "yes", "Yes", "√")
_NO: Final = ("否", "无", "没有", "false", "False", "FALSE", "0", "0.0", "n", "N", "no", "No", "×")
_TOTAL: Final = r"^(合计|总计|小计|共计|累计|[Tt]otal|TOTAL|[Ss]um)"
_TOTAL_SAID: Final = ("a total row, not a subject", "合计行,不是主体")
_UNITS: Final[dict[str, dict[str, Decimal]]] = {
    "money": {
        "万元": Decimal(10_000),
        "元": Decimal(1),
        "分": Decimal("0.01"),
        "wan": Decimal(10_000),
        "yuan": Decimal(1),
        "fen": Decimal("0.01"),
        "亿元": Decimal(100_000_000),
    },
    "rate": {
        "%": Decimal("0.01"),
        "pct": Decimal("0.01"),
        "bp": Decimal("0.0001"),
        "万分之一": Decimal("0.0001"),
    },
}
_SLACK: Final = 1e-6
_PARTS: Final = 64
_PART_ROWS = 2_000_000
_SAMPLE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A check between columns: rows where `test` of `columns` is true are rejected for `reason`."""

    reason: str
    columns: tuple[str, ...]
    test: Callable[..., pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformed:
    """A frame that keeps to the dictionary, and what did not.

    Parameters
    ----------
    frame : polars.LazyFrame
        Accepted rows, columns named by id.
    rejected : polars.DataFrame
        Columns ``row`` (line of the file), ``reasons``, then the raw cells.
    rows : int
        Rows read.
    notes : tuple of str
        Encoding, ignored columns, units taken from headers.
    """

    frame: pl.LazyFrame
    rejected: pl.DataFrame
    rows: int
    notes: tuple[str, ...] = ()

    @property
    def accepted(self) -> int:
        """Number of rows accepted."""
        return self.rows - self.rejected.height


@dataclass(frozen=True, slots=True)
class _Cell:
    """How one column is read: the value, and what can be wrong with a cell."""

    column: Column
    header: str
    value: pl.Expr
    faults: tuple[tuple[str, pl.Expr], ...] = field(default=())


def normal(header: str) -> str:
    """Return a header without spaces, case and full-width forms.

    Examples
    --------
    >>> normal(" 总资产（万元） ")
    '总资产(万元)'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).lower()


def split_unit(header: str) -> tuple[str, str]:
    """Return a normal header's name and the unit it states, if any.

    Examples
    --------
    >>> split_unit("总资产(万元)"), split_unit("total_assets_fen"), split_unit("county")
    (('总资产', '万元'), ('total_assets', 'fen'), ('county', ''))
    """
    for units in _UNITS.values():
        for unit in units:
            if header.endswith(f"({unit})"):
                return header[: -len(unit) - 2], unit
            if unit.isascii() and header.endswith(f"_{unit}"):
                return header[: -len(unit) - 1], unit
    return header, ""


def spellings(column: Column) -> set[str]:
    """Return every normal header a column answers to, without units."""
    names = (column.id, column.label_zh, column.label_en, *column.aliases)
    return {normal(name) for name in names if name}


def is_header(text: str) -> bool:
    """Tell whether a text is a header of any column of the dictionary."""
    plain = normal(text)
    return plain in _all_spellings() or split_unit(plain)[0] in _all_spellings()


def _all_spellings() -> frozenset[str]:
    global _SPELLINGS
    if _SPELLINGS is None:
        _SPELLINGS = frozenset().union(*(spellings(column) for column in dictionary().values()))
    return _SPELLINGS


_SPELLINGS: frozenset[str] | None = None


def match(
    headers: Sequence[str], wanted: Mapping[str, bool], where: str
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Match a file's headers to dictionary columns.

    Parameters
    ----------
    headers : sequence of str
        As they stand in the file.
    wanted : mapping of str to bool
        Column id to required.
    where : str
        File name for messages.

    Returns
    -------
    matched : dict of str to (header, unit)
        By column id; unit is empty where the header states none.
    ignored : list of str
        Headers nobody asked for.

    Raises
    ------
    SubjectError
        With every required column that is missing (and the nearest header), every column that two
        headers claim, every banned field.
    """
    known = dictionary()
    problems: list[Problem] = []
    matched: dict[str, tuple[str, str]] = {}
    ignored: list[str] = []
    names = {spelling: name for name in wanted for spelling in spellings(known[name])}
    for header in headers:
        plain = normal(header)
        bare, unit = (plain, "") if plain in names else split_unit(plain)
        if any(zh in plain or plain == en for zh, en in BANNED):
            problems.append(
                Problem(
                    tr("a field no credit file may hold", "信用档案不得采集的信息"),
                    header,
                    tr("take the column out", "请删除该列"),
                    where=where,
                )
            )
            continue
        found = names.get(bare)
        if found is None or (unit and unit not in _UNITS.get(known[found].type, {})):
            ignored.append(header)
        elif found in matched:
            problems.append(
                Problem(
                    tr(f"two headers for '{found}'", f"'{found}' 对应两列"),
                    f"{matched[found][0]}, {header}",
                    tr("keep one", "请保留一列"),
                    where=where,
                )
            )
        else:
            matched[found] = (header, unit)
    for name, required in wanted.items():
        if required and name not in matched:
            problems.append(_missing(known[name], ignored, where))
    if problems:
        raise SubjectError(problems)
    return matched, ignored


def _missing(column: Column, ignored: list[str], where: str) -> Problem:
    targets = spellings(column)
    near = max(
        ignored,
        key=lambda header: max(
            difflib.SequenceMatcher(None, split_unit(normal(header))[0], target).ratio()
            for target in targets
        ),
        default="",
    )
    hint = tr(f"add a column '{column.id}'", f"请补充“{column.label_zh}”列")
    if near:
        close = difflib.get_close_matches(split_unit(normal(near))[0], targets, n=1, cutoff=0.5)
        if close:
            hint = tr(f"did you mean the column '{near}'?", f"是否就是“{near}”列?")
    return Problem(
        tr(
            f"no column '{column.id}' ({column.label_zh})",
            f"缺少“{column.label_zh}”列({column.id})",
        ),
        tr("nearest: ", "最接近:") + near if near else "",
        hint,
        where=where,
    )


# ---- cells ------------------------------------------------------------------------------------


def _text(header: str) -> pl.Expr:
    cell = pl.col(header).str.strip_chars(" \t\r\n\u3000\u00a0")
    return pl.when(cell.is_in(list(_NOTHING))).then(None).otherwise(cell)


def _shown(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.String, strict=False)


def _number(column: Column, header: str, unit: str, kind: pl.DataType) -> _Cell:
    """Read a number as an integer of the column's unit.

    Float arithmetic only finds the nearest integer, which is exact below 2**52; a cell that lies
    further from it than rounding noise is finer than the unit, and rejected.
    """
    factor = _UNITS.get(column.type, {}).get(unit, Decimal(1)) * column.per_unit
    scale = float(factor)
    if kind == pl.String:
        plain = _text(header).str.normalize("NFKC").str.replace_all(r"[,\s_]", "")
        percent = plain.str.ends_with("%") if column.type == "rate" else pl.lit(False)
        wan = plain.str.ends_with("万元") if column.type == "money" else pl.lit(False)
        bare = plain.str.replace(r"(万元|元|%)$", "")
        raw = bare.cast(pl.Float64, strict=False)
        unreadable = plain.is_not_null() & raw.is_null()
        own = column.per_unit
        exact = (
            pl.when(percent)
            .then(raw * (own / 100))
            .when(wan)
            .then(raw * (own * 10_000.0))
            .otherwise(raw * scale)
        )
        present = plain.is_not_null()
    elif kind.is_integer() and factor == factor.to_integral_value():
        exact = pl.col(header).cast(pl.Int64)
        if factor != 1:
            exact = exact * int(factor)
        return _Cell(column, header, exact, _range(column, exact))
    else:
        raw = pl.col(header).cast(pl.Float64)
        exact, present = raw * scale, raw.is_not_null()
        unreadable = pl.lit(False)
    finite = exact.is_finite().fill_null(False)
    nearest = exact.round()
    value = pl.when(finite & (exact.abs() < 2.0**52)).then(nearest).cast(pl.Int64)
    off = (exact - nearest).abs() > _SLACK * (exact.abs() * _SLACK + 1)
    faults = [
        (tr("not a number", "不是数字"), unreadable),
        (tr("not a finite number", "不是有限的数"), present & ~unreadable & ~finite),
        (
            tr(
                f"finer than 1/{column.per_unit} of the unit", f"精度超过单位的 1/{column.per_unit}"
            ),
            finite & off,
        ),
    ]
    return _Cell(column, header, value, (*faults, *_range(column, exact)))


def _range(column: Column, exact: pl.Expr) -> tuple[tuple[str, pl.Expr], ...]:
    assert column.minimum is not None
    assert column.maximum is not None
    low, high = (int(bound * column.per_unit) for bound in (column.minimum, column.maximum))
    reason = tr(
        f"outside {column.minimum} .. {column.maximum}",
        f"超出 {column.minimum} 至 {column.maximum}",
    )
    outside = ((exact < low) | (exact > high)).fill_null(False)
    return ((reason, outside),)


def _flag(column: Column, header: str, kind: pl.DataType) -> _Cell:
    if kind == pl.Boolean:
        return _Cell(column, header, pl.col(header))
    text = _text(header) if kind == pl.String else pl.col(header).cast(pl.String)
    table = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
    value = text.replace_strict(table, default=None, return_dtype=pl.Boolean)
    return _Cell(
        column,
        header,
        value,
        ((tr("neither yes nor no", "既非“是”也非“否”"), text.is_not_null() & value.is_null()),),
    )


def _level(column: Column, header: str, kind: pl.DataType) -> _Cell:
    text = _text(header) if kind == pl.String else pl.col(header).cast(pl.String)
    table = {name: name for name in column.values}
    for name, words in column.values.items():
        table.update(dict.fromkeys(words, name))
    value = text.replace_strict(table, default=None, return_dtype=pl.String)
    allowed = "、".join(words[0] for words in column.values.values())
    reason = tr(f"not one of {allowed}", f"不在取值 {allowed} 之内")
    strange = text.is_not_null() & ~text.is_in(list(table))
    return _Cell(column, header, value, ((reason, strange),))


def _date(column: Column, header: str, kind: pl.DataType) -> _Cell:
    if kind == pl.Date:
        value = pl.col(header)
        text = value.is_not_null()
    elif isinstance(kind, pl.Datetime):
        value = pl.col(header).dt.date()
        text = value.is_not_null()
    else:
        cell = _text(header) if kind == pl.String else pl.col(header).cast(pl.String)
        plain = cell.str.normalize("NFKC")
        groups = [
            plain.str.extract(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", n).str.zfill(
                4 if n == 1 else 2
            )
            for n in (1, 2, 3)
        ]
        split = pl.concat_str(groups).str.to_date("%Y%m%d", strict=False)
        solid = plain.str.extract(r"^(\d{8})$").str.to_date("%Y%m%d", strict=False)
        value, text = pl.coalesce(split, solid), cell.is_not_null()
    reason = tr(
        "not a date (2019-04-01, 2019/4/1, 2019年4月1日)", "不是日期(如 2019-04-01、2019年4月1日)"
    )
    odd = (value.dt.year() < 1900) | (value.dt.year() > 2100)
    return _Cell(
        column,
        header,
        value,
        (
            (reason, text & value.is_null()),
            (tr("an unlikely year", "年份不合理"), odd.fill_null(False)),
        ),
    )


def _code(column: Column, header: str, kind: pl.DataType) -> _Cell:
    text = _text(header) if kind == pl.String else pl.col(header).cast(pl.String)
    if column.type == "text":
        return _Cell(column, header, text)
    value = text.str.to_uppercase()
    test = uscc_valid if column.type == "uscc" else resident_id_valid
    standard = "GB 32100" if column.type == "uscc" else "GB 11643"
    good = value.map_batches(test, return_dtype=pl.Boolean, is_elementwise=True)
    reason = tr(f"fails the check digit of {standard}", f"未通过 {standard} 校验码")
    return _Cell(column, header, value, ((reason, text.is_not_null() & ~good),))


def _cell(column: Column, header: str, unit: str, kind: pl.DataType) -> _Cell:
    if kind == pl.Null:
        return _Cell(column, header, pl.lit(None, dtype=pl.String))
    if column.numeric:
        return _number(column, header, unit, kind)
    if column.type == "flag":
        return _flag(column, header, kind)
    if column.type == "level":
        return _level(column, header, kind)
    if column.type == "date":
        return _date(column, header, kind)
    return _code(column, header, kind)


# ---- the frame --------------------------------------------------------------------------------


def conform(
    raw: Raw,
    wanted: Mapping[str, bool],
    *,
    key: str | None,
    unique: bool = True,
    rules: Sequence[Rule] = (),
    suspect_units: bool = True,
) -> Conformed:
    """Turn a raw frame into dictionary columns, row by row, rejecting what cannot be read.

    Parameters
    ----------
    raw : Raw
        As read.
    wanted : mapping of str to bool
        Column ids to take, and whether each must be there.
    key : str, optional
        Column that names the row; rows without it are rejected.
    unique : bool, default True
        Reject every row whose key stands more than once.
    rules : sequence of Rule
        Checks between columns, on the values as read.
    suspect_units : bool, default True
        Refuse a file whose median suggests another unit than the one assumed; a file of a few
        chosen rows has no median to speak of.

    Returns
    -------
    Conformed

    Raises
    ------
    SubjectError
        For problems of the whole file, all at once: missing columns, two headers for one column,
        banned fields, a suspected unit, no rows.

    Notes
    -----
    Cost: one pass over the file to count faults (a second one only when there are any, a third for
    keys that are not in rising order); memory does not grow with rows on the streaming engine.
    """
    schema = raw.frame.collect_schema()
    matched, ignored = match(schema.names(), wanted, raw.name)
    known = dictionary()
    cells = {
        name: _cell(known[name], header, unit, schema[header])
        for name, (header, unit) in matched.items()
    }
    faults = _faults(cells, key, schema)
    tests = [*faults, *((rule.reason, _tested(rule, cells)) for rule in rules)]
    counted = _count(raw, cells, matched, tests, key)
    rows = int(counted["rows"])
    if rows == 0:
        raise SubjectError(Problem(tr("no rows", "没有数据行"), where=raw.name))
    if suspect_units:
        _suspect_units(counted, cells, matched, raw.name)
    values = [cell.value.alias(name) for name, cell in cells.items()]
    doubled: pl.DataFrame | None = None
    if unique and key is not None and not counted["rising"]:
        doubled = _doubled(raw, cells[key], rows)
    bad = any(counted[f"f{place}"] for place in range(len(tests)))
    if not bad and (doubled is None or doubled.is_empty()):
        rejected = pl.DataFrame(schema={"row": pl.Int64, "reasons": pl.String})
        return Conformed(
            frame=raw.frame.select(values), rejected=rejected, rows=rows, notes=_notes(raw, ignored)
        )
    rejected, keep = _reject(raw, cells, tests, key, doubled)
    return Conformed(
        frame=keep.select(values), rejected=rejected, rows=rows, notes=_notes(raw, ignored)
    )


def _notes(raw: Raw, ignored: list[str]) -> tuple[str, ...]:
    notes = list(raw.notes)
    if ignored:
        listed = ", ".join(ignored[:8]) + ("…" if len(ignored) > 8 else "")
        notes.append(tr("columns not used: ", "未使用的列:") + listed)
    return tuple(f"{raw.name}: {note}" for note in notes)


def _tested(rule: Rule, cells: Mapping[str, _Cell]) -> pl.Expr:
    """Return a rule's test on the cells as read; false where one of its columns is absent."""
    if not all(name in cells for name in rule.columns):
        return pl.lit(False)
    return rule.test(*(cells[name].value for name in rule.columns)).fill_null(False)


def _faults(
    cells: Mapping[str, _Cell], key: str | None, schema: pl.Schema
) -> list[tuple[str, pl.Expr]]:
    faults: list[tuple[str, pl.Expr]] = []
    texts = [
        pl.col(name).str.strip_chars().str.contains(_TOTAL)
        for place, (name, kind) in enumerate(schema.items())
        if kind == pl.String and (place == 0 or (key in cells and name == cells[str(key)].header))
    ]
    total = reduce(or_, texts).fill_null(False) if texts else None
    if total is not None:
        faults.append((tr(*_TOTAL_SAID), total))
    for name, cell in cells.items():
        for reason, test in cell.faults:
            where = f"{name} ({cell.header})" if cell.header != name else name
            faults.append((f"{where}: {reason}", test.fill_null(False)))
    if key is not None and key in cells:
        empty = cells[key].value.is_null()
        for _, test in cells[key].faults:
            empty = empty & ~test.fill_null(False)
        faults.append((tr(f"no {key}", f"缺少 {key}"), empty))
    return faults


def _count(
    raw: Raw,
    cells: Mapping[str, _Cell],
    matched: Mapping[str, tuple[str, str]],
    tests: Sequence[tuple[str, pl.Expr]],
    key: str | None,
) -> dict[str, Any]:
    """Count faults, and learn what the whole-file checks need, in one pass."""
    wanted = [pl.len().alias("rows")]
    wanted += [test.sum().alias(f"f{place}") for place, (_, test) in enumerate(tests)]
    medians = [
        pl.when(cell.value > 0).then(cell.value).median().alias(f"median__{name}")
        for name, cell in cells.items()
        if cell.column.typical is not None and not matched[name][1]
    ]
    for name, cell in cells.items():
        if cell.column.type == "rate" and not matched[name][1]:
            wanted.append((cell.value > cell.column.per_unit).mean().alias(f"above__{name}"))
    if key is not None and key in cells:
        value = cells[key].value
        wanted.append((value > value.shift(1)).sum().alias("_rising"))
    try:
        row = raw.frame.select(wanted).collect(engine="streaming").row(0, named=True)
        if medians:
            # A hundred thousand rows tell a wrong unit; all of them would have to be held at once.
            first = raw.frame.head(_SAMPLE).select(medians).collect()
            row.update(first.row(0, named=True))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise broken(raw.name, error) from None
    row["rising"] = row.get("_rising") == row["rows"] - 1
    return row


def _suspect_units(
    counted: Mapping[str, Any],
    cells: Mapping[str, _Cell],
    matched: Mapping[str, tuple[str, str]],
    where: str,
) -> None:
    problems: list[Problem] = []
    for name, cell in cells.items():
        header = matched[name][0]
        median = counted.get(f"median__{name}")
        if median is not None and cell.column.typical is not None:
            low, high = (float(bound * cell.column.per_unit) for bound in cell.column.typical)
            if not low <= median <= high and low <= median * 10_000 <= high:
                printed = median / cell.column.per_unit
                problems.append(
                    Problem(
                        tr(
                            f"'{header}' looks like 万元, but no unit is written",
                            f"“{header}”疑似以万元填写,但未注明单位",
                        ),
                        tr(f"median {printed:g} yuan", f"中位数 {printed:g} 元"),
                        tr(
                            f"write the unit in the header: {header}(万元) or {header}(元)",
                            f"请在表头写明单位:{header}(万元)或 {header}(元)",
                        ),
                        where=where,
                    )
                )
        above = counted.get(f"above__{name}")
        if above is not None and above > 0.5 and cell.column.maximum == 1:
            problems.append(
                Problem(
                    tr(f"'{header}' looks like percent", f"“{header}”疑似为百分数"),
                    tr("most values are above 1", "多数取值大于 1"),
                    tr(f"write {header}(%)", f"请将表头写为 {header}(%)"),
                    where=where,
                )
            )
    if problems:
        raise SubjectError(problems)


def _doubled(raw: Raw, cell: _Cell, rows: int) -> pl.DataFrame:
    """Return keys that stand more than once, with how often, in bounded memory.

    Keys are counted part by part of a hash, so that only a part of them is held at a time.
    """
    keys = raw.frame.select(cell.value.alias("_key")).filter(pl.col("_key").is_not_null())
    parts = min(max(rows // _PART_ROWS, 1), _PARTS)
    found = []
    for part in range(parts):
        chosen = keys if parts == 1 else keys.filter(pl.col("_key").hash() % parts == part)
        counted = chosen.group_by("_key").agg(pl.len().alias("_times"))
        found.append(counted.filter(pl.col("_times") > 1).collect(engine="streaming"))
    return pl.concat(found)


def _reject(
    raw: Raw,
    cells: Mapping[str, _Cell],
    tests: Sequence[tuple[str, pl.Expr]],
    key: str | None,
    doubled: pl.DataFrame | None,
) -> tuple[pl.DataFrame, pl.LazyFrame]:
    indexed = raw.frame.with_row_index("_row", offset=raw.first_row)
    reasons = [pl.when(test).then(pl.lit(reason)) for reason, test in tests]
    said_total = tr(*_TOTAL_SAID)
    if tests and tests[0][0] == said_total:  # a total row is that, whatever else is wrong with it
        total = tests[0][1]
        rest = [pl.when(test & ~total).then(pl.lit(reason)) for reason, test in tests[1:]]
        reasons = [reasons[0], *rest]
    if doubled is not None and doubled.height and key is not None:
        times = doubled.select(pl.col("_key"), pl.col("_times"))
        indexed = indexed.with_columns(cells[key].value.alias("_key")).join(
            times.lazy(), on="_key", how="left", maintain_order="left"
        )
        said = tr("{} stands {} times", "{} 重复出现 {} 次")
        reasons.append(
            pl.when(pl.col("_times").is_not_null()).then(
                pl.format(said, pl.col("_key"), pl.col("_times"))
            )
        )
    marked = indexed.with_columns(
        pl.concat_str(reasons, separator="; ", ignore_nulls=True).alias("_reasons")
    )
    extra = [name for name in ("_key", "_times") if doubled is not None and doubled.height]
    rejected = (
        marked.filter(pl.col("_reasons") != "")
        .collect(engine="streaming")
        .sort("_row")
        .select(
            pl.col("_row").cast(pl.Int64).alias("row"),
            pl.col("_reasons").alias("reasons"),
            pl.exclude("_row", "_reasons", *extra),
        )
    )
    return rejected, marked.filter(pl.col("_reasons") == "")
