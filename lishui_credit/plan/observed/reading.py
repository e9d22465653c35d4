"""A file of observations to rows of the shared columns: accepted, or rejected with every reason.

CSV (UTF-8 or GB18030), Excel or Parquet; Chinese or English headers; indicators by name, key or
number; areas by name or code; periods as people write them (2018年6月, 2018Q2, 2018年度).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import areas, words
from lishui_credit.plan.observed.leaps import leaps_said
from lishui_credit.plan.observed.period_words import period_said
from lishui_credit.plan.observed.table import FREQUENCIES, SCHEMA, keys_of, observations, rules
from lishui_credit.tables.columns import Column
from lishui_credit.tables.conform import Rule, conform
from lishui_credit.tables.header_words import normal
from lishui_credit.tables.headers import BESIDE, REASON, match, spellings
from lishui_credit.tables.read import TWIN, read

_QUOTES: Final = re.compile("[\"'“”‘’「」《》\\s]")
_WHOLE: Final = re.compile(r"(?<=\d)\.0$")  # a code or a year that was a float on the way
_SCALE: Final = 10_000
_KEY: Final = "observation"
_SERIAL: Final = frozenset({"序号", "序", "no", "no."})
"""Headers of a row's own number, which names nothing."""
_ITEM: Final = frozenset({"项目", "项目名称", "指标项目"})
"""Headers that name indicators where no other one does."""
MARKS: Final = {
    "%": ("percent", 1),
    "亿元": ("yuan", 100_000_000),
    "万元": ("yuan", 10_000),
    "元": ("yuan", 1),
    "万次": ("queries", 10_000),
    "次": ("queries", 1),
}
"""Units a cell or a header may state: of which indicators, and how many of theirs it makes."""
_MARK: Final = "(" + "|".join(MARKS) + ")"
_BLANK: Final = "blank"
_UNFIT: Final = "unfit"
_SIGNED: Final = "signed"
_SEVERAL: Final = "several"
_UNSAID: Final = "unsaid"
_TOLD: Final = (
    _BLANK,
    _UNFIT,
    _SIGNED,
    _SEVERAL,
    _UNSAID,
)  # what the text of a row tells beside its cells
_WANTED: Final = {
    "indicator": True,
    "adcode": True,
    "period": True,
    "frequency": False,
    "numerator": False,
    "denominator": False,
    "value": False,
    "low": False,
    "high": False,
    "source": False,
    "synthetic": False,
    "note": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a file of observations holds."""

    frame: pl.DataFrame
    rejected: pl.DataFrame
    notes: tuple[str, ...] = ()


def _number(name: str, label: str, *aliases: str, whole: bool = False) -> Column:
    return Column(
        id=name,
        label_zh=label,
        type="integer" if whole else "number",
        scale=_SCALE,
        minimum=Decimal(0),
        maximum=Decimal(10**15 if whole else 10**11),
        aliases=aliases,
    )


@cache
def columns() -> dict[str, Column]:
    """Return the columns of an observation file, with the headers each answers to."""
    keys: dict[str, tuple[str, ...]] = {row.key: (row.name_zh,) for row in indicators().values()}
    codes: dict[str, tuple[str, ...]] = {row.adcode: (row.name_zh,) for row in areas()}
    rows = (
        Column(id="indicator", label_zh="指标", type="level", values=keys, aliases=("指标名称", "指标编号", "指标序号")),
        Column(id="adcode", label_zh="行政区划代码", type="level", values=codes, aliases=("地区", "区划代码", "县(市、区)", "县市区", "area", "county")),
        Column(id="period", label_zh="期末", type="date", aliases=("时期", "期间", "统计时期", "日期", "时间", "年度", "date")),
        Column(id="frequency", label_zh="频率", type="level", values=dict(FREQUENCIES), aliases=("频度",)),
        _number("numerator", "分子", whole=True),
        _number("denominator", "分母", whole=True),
        _number("value", "数值", "值", "指标值", *(f"{name}({mark})" for name in ("数值", "指标值") for mark in MARKS)),
        _number("low", "下限", "置信下限"),
        _number("high", "上限", "置信上限"),
        Column(id="source", label_zh="来源", type="text", aliases=("数据来源",)),
        Column(id="synthetic", label_zh="合成数据", type="flag"),
        Column(id="note", label_zh="备注", type="text", aliases=("说明", "remarks")),
        Column(id=_KEY, label_zh="观测", type="text"),
        *(Column(id=name, label_zh=name, type="flag") for name in _TOLD),
    )  # fmt: skip
    return {row.id: row for row in rows}


@cache
def _headers() -> frozenset[str]:
    return _ITEM.union(*(spellings(column) for column in columns().values()))


def matched(
    headers: Sequence[str], wanted: Mapping[str, bool], where: str, known: Mapping[str, Column]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Match a file's headers to columns; a row's own number names nothing, an item may be an indicator."""
    own = {header: normal(re.sub(TWIN, "", header)) for header in headers}
    serial = [header for header, plain in own.items() if plain in _SERIAL]
    names = spellings(known["indicator"])
    items = [header for header, plain in own.items() if plain in _ITEM]
    named = any(plain in names for plain in own.values())
    apart = {*serial, *items}
    rest = [header for header in headers if header not in apart]
    if named or not items:
        found, ignored = match(rest, wanted, where, known)
        return found, [h for h in headers if h in {*ignored, *apart}]
    taken = replace(known["indicator"], aliases=(*known["indicator"].aliases, *_ITEM))
    found, ignored = match([*rest, *items], wanted, where, {**known, "indicator": taken})
    return found, [h for h in headers if h in {*ignored, *serial}]


def _plain(text: str) -> str:
    return _QUOTES.sub("", normal(text))


@cache
def _spoken(name: str) -> dict[str, str]:
    """Plain words to ids, of one of the three columns that people write in words."""
    if name == "indicator":
        pairs = [(word, row.key) for row in indicators().values() for word in row.words]
    elif name == "adcode":
        pairs = list(words().items())
    else:
        pairs = [(word, key) for key, said in FREQUENCIES.items() for word in (key, *said)]
    return {_plain(word): found for word, found in pairs}


def in_words(cells: pl.Series, name: str) -> pl.Series:
    """Return cells with words for an indicator, area or frequency as ids; others stay."""
    table = _spoken(name)
    texts = cells.drop_nulls().unique()
    found = {text: table.get(_plain(_WHOLE.sub("", text)), text) for text in texts}
    return cells.replace(found)


def measured(cells: pl.Series, keys: pl.Series, header: str) -> pl.DataFrame:
    """Return numbers in the indicator's unit to four decimals, and which state a unit it has not."""
    unit = {key: row.unit for key, row in indicators().items()}
    units = keys.replace_strict(unit, default=None, return_dtype=pl.String)
    found = pl.DataFrame({"cell": cells, "unit": units}).with_columns(
        pl.col("cell").str.normalize("NFKC").str.replace_all(r"[,\s]", "").alias("bare")
    )
    stated = re.search(rf"\({_MARK}\)$", normal(header))
    own = pl.col("bare").str.extract(f"{_MARK}$")
    mark = pl.coalesce(own, pl.lit(stated[1] if stated else None, pl.String))
    of = {name: unit for name, (unit, _) in MARKS.items()}
    times = {name: factor for name, (_, factor) in MARKS.items()}
    fits = mark.is_null() | (mark.replace_strict(of, default=None) == pl.col("unit"))
    number = pl.col("bare").str.replace(f"{_MARK}$", "").cast(pl.Float64, strict=False)
    number = number * mark.replace_strict(times, default=None, return_dtype=pl.Float64).fill_null(1)
    usable = number.is_finite() & (number.abs() < 1e12)
    text = pl.when(usable).then(number.round(4).cast(pl.String)).otherwise("cell")
    return found.select(
        text.alias("text"),
        (pl.col("cell").is_not_null() & ~fits).fill_null(False).alias("unfit"),
        (own == "%").fill_null(False).alias("signed"),
    )


def _prepared(
    cells: dict[str, pl.Series], headers: dict[str, str], first: pl.Series
) -> pl.DataFrame:
    """Cells in the words of the package, every optional column there, and one key for each row."""
    gap = pl.Series([None] * len(first), dtype=pl.String)
    made = {name: cells.get(name, gap) for name in _WANTED}
    periods = {text: period_said(text) for text in made["period"].drop_nulls().unique()}
    implied = {text: said.frequency for text, said in periods.items()}
    stretch = pl.col("period").is_in([text for text, said in periods.items() if said.several])
    as_of = pl.col("period").is_in([text for text, said in periods.items() if said.as_of])
    flows = [key for key, row in indicators().items() if row.flow]
    own = {key: row.frequency for key, row in indicators().items()}
    for name in ("indicator", "adcode", "frequency"):
        made[name] = in_words(made[name], name)
    unfit = pl.Series([False] * len(first))
    for name in ("value", "low", "high"):
        read_in = measured(made[name], made["indicator"], headers.get(name, ""))
        made[name] = read_in["text"]
        unfit = unfit | read_in["unfit"]
        if name == "value":
            signed = read_in["signed"]
    for name in ("numerator", "denominator"):  # counts and fen: no unit of a value is one of theirs
        unfit = unfit | made[name].str.contains("[%％元]").fill_null(False)
    frame = pl.DataFrame({"_first": first, **made}).with_columns(
        stretch.fill_null(False).alias(_SEVERAL),
        (as_of & pl.col("indicator").is_in(flows)).fill_null(False).alias(_UNSAID),
        pl.coalesce(
            pl.col("frequency"),
            pl.col("period").replace_strict(implied, default=None, return_dtype=pl.String),
            pl.col("indicator").replace_strict(own, default=None, return_dtype=pl.String),
        ).alias("frequency"),
        pl.col("period").replace({text: said.end for text, said in periods.items()}),
    )
    parts = [
        pl.col(name).str.strip_chars() for name in ("indicator", "adcode", "period", "frequency")
    ]
    blank = pl.any_horizontal((part == "") | part.is_null() for part in parts[:3])
    alone = pl.int_range(pl.len()).cast(pl.String)  # an incomplete row is no double of another
    key = pl.when(~blank).then(pl.concat_str(parts, separator=" "))
    return frame.with_columns(
        pl.coalesce(key, alone).alias(_KEY),
        pl.when(~pl.col(_SEVERAL)).then(pl.col("period")).alias("period"),
        *(
            test.cast(pl.Int8).cast(pl.String).alias(name)
            for name, test in (
                (_BLANK, blank),
                (_UNFIT, pl.lit(unfit)),
                (_SIGNED, pl.lit(signed)),
                (_SEVERAL, pl.col(_SEVERAL)),
                (_UNSAID, pl.col(_UNSAID)),
            )
        ),
    )


def _literal(text: str) -> str:
    return text.replace("$", "$$")


def unit_unfit() -> str:
    """Return what is said of a unit that its indicator does not have."""
    return tr("the unit written is not the unit of the indicator", "所写单位与指标不符")


def _of_text() -> tuple[Rule, ...]:
    """What makes a row of a file wrong beside `rules`: what only its text shows."""
    percent = keys_of("percent")
    return (
        Rule(
            tr(
                "indicator, area or period is empty (fill every row; of merged cells only the first holds the text)",
                "指标、地区或时期为空(须逐行填写;合并单元格只有首格有内容)",
            ),
            (_BLANK,),
            lambda blank: blank,
        ),
        Rule(unit_unfit(), (_UNFIT,), lambda unfit: unfit),
        Rule(
            tr(
                "half a year or several months are no period of the plan: give each quarter or month, or for a state its last one (2018Q2, 2018年6月)",
                "规划无半年或跨月的报送期:请逐季、逐月填写,时点指标填最后一期(2018Q2、2018年6月)",
            ),
            (_SEVERAL,),
            lambda several: several,
        ),
        Rule(
            tr(
                "a count or an amount 'as of' a day does not say over which period: write 2018年6月 or 2018年",
                "数量、金额写“截至”“底”“末”,无法判断所属期间:请写 2018年6月 或 2018年",
            ),
            (_UNSAID,),
            lambda unsaid: unsaid,
        ),
        Rule(
            tr(
                "unclear whether a share or a percentage: write it as 97%, or give numerator and denominator",
                "无法判断是比例还是百分数:请写作 97%,或填写分子、分母",
            ),
            ("indicator", "value", "numerator", _SIGNED),
            lambda i, v, n, signed: (
                i.is_in(percent) & (v > 0) & (v <= _SCALE) & n.is_null() & ~signed
            ),
        ),
    )


def read_observations(path: Path | str, *, today: date | None = None) -> Intake:
    r"""Read a file of observations.

    Parameters
    ----------
    path : path-like
        ``.csv`` (UTF-8 or GB18030), ``.xlsx``, ``.parquet``. Needed: indicator, area, period, and a
        value or numerator and denominator. Values are kept to four decimals; a unit in the cell or
        in the header (``120.5万元``, ``数值(万元)``) is taken into account.
    today : date, optional
        A period that ends later is rejected; the day it runs by default.

    Returns
    -------
    Intake

    Raises
    ------
    SubjectError
        For problems of the whole file, all at once.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "a.csv"
    >>> _ = path.write_text("指标,地区,时期,分子,分母\n5,全市,2018Q2,7,10\n5,全市,2018Q3,11,10\n")
    >>> found = read_observations(path)
    >>> found.frame.select("indicator", "period", "value").rows()
    [('website_rate', datetime.date(2018, 6, 30), 70.0)]
    >>> found.rejected.select("row", "reasons").rows()
    [(3, 'numerator above denominator')]
    >>> folder.cleanup()
    """
    days = spellings(columns()["period"])
    raw = read(path, lambda text: normal(text) in _headers(), lambda text: normal(text) in days)
    table, short = raw.table()
    there = raw.frame.collect_schema().names()
    # of a file of rejected rows, mended
    names = [name for name in there if name not in BESIDE and not name.endswith(REASON)]
    table = table.select("_row", *names)
    found, ignored = matched(names, _WANTED, raw.name, columns())
    texts = {name: table[header].cast(pl.String) for name, (header, _) in found.items()}
    first = table[names[0]].cast(pl.String)
    headers = {name: header for name, (header, _) in found.items()}
    prepared = replace(raw, frame=_prepared(texts, headers, first).lazy(), text=None, short=short)
    done = conform(
        prepared,
        {_KEY: True, **_WANTED, **dict.fromkeys(_TOLD, True)},
        key=_KEY,
        rules=(*_of_text(), *rules(date.today() if today is None else today, _SCALE)),
        known=columns(),
    )
    # rounded, since polars divides by a product with the reciprocal: 88.1 must not be 88.10000000000001
    scaled = [(pl.col(n) / _SCALE).round(4).alias(n) for n in ("value", "low", "high")]
    accepted = done.frame.with_columns(scaled).select(list(_WANTED)).collect()
    reasons = done.rejected.select("row", "reasons")
    for name, header in headers.items():  # the columns were renamed on the way
        reasons = reasons.with_columns(
            pl.col("reasons").str.replace_all(rf"(^|; ){name}: ", f"${{1}}{_literal(header)}: ")
        )
    rejected = reasons.join(
        table.with_columns(pl.col("_row").cast(pl.Int64)), left_on="row", right_on="_row"
    )
    notes = [*raw.notes]
    if ignored:
        notes.append(tr("columns not used: ", "未使用的列:") + ", ".join(ignored[:8]))
    frame = observations(accepted).select(list(SCHEMA))
    return Intake(
        frame=frame,
        rejected=rejected.sort("row"),
        notes=tuple(f"{raw.name}: {note}" for note in (*notes, *leaps_said(frame))),
    )
