"""A file of observations to rows of the shared columns: accepted, or rejected with every reason.

CSV (UTF-8 or GB18030), Excel or Parquet; Chinese or English headers; indicators by name, key or
number; areas by name or code; periods as people write them (2018年6月, 2018Q2, 2018年度).
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.columns import Column
from lishui_credit.conform import conform
from lishui_credit.headers import match, normal, spellings
from lishui_credit.language import tr
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import areas, words
from lishui_credit.plan.observations import FREQUENCIES, SCHEMA, observations, rules
from lishui_credit.read import broken, read

_QUARTERS: Final = {"一": 1, "二": 2, "三": 3, "四": 4}
_QUOTES: Final = re.compile("[\"'“”‘’「」《》\\s]")
_SCALE: Final = 10_000
_KEY: Final = "observation"
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
    """What a file of observations holds.

    Parameters
    ----------
    frame : polars.DataFrame
        Accepted rows with the columns of `SCHEMA`, revision 1, not yet recorded.
    rejected : polars.DataFrame
        ``row`` (line of the file), ``reasons``, then the cells as they stand.
    notes : tuple of str
        Encoding, ignored columns.
    """

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
    """Return the columns of an observation file, with the headers each answers to.

    Examples
    --------
    >>> columns()["numerator"].label_zh, columns()["adcode"].aliases[0]
    ('分子', '地区')
    """
    keys: dict[str, tuple[str, ...]] = {row.key: (row.name_zh,) for row in indicators().values()}
    codes: dict[str, tuple[str, ...]] = {row.adcode: (row.name_zh,) for row in areas()}
    rows = (
        Column(id="indicator", label_zh="指标", type="level", values=keys, aliases=("指标名称", "指标编号", "序号")),
        Column(id="adcode", label_zh="行政区划代码", type="level", values=codes, aliases=("地区", "区划代码", "县(市、区)", "县市区", "area", "county")),
        Column(id="period", label_zh="期末", type="date", aliases=("时期", "期间", "统计时期", "日期", "时间", "年度", "date")),
        Column(id="frequency", label_zh="频率", type="level", values=dict(FREQUENCIES), aliases=("频度",)),
        _number("numerator", "分子", whole=True),
        _number("denominator", "分母", whole=True),
        _number("value", "数值", "值", "数值(%)", "指标值"),
        _number("low", "下限", "置信下限"),
        _number("high", "上限", "置信上限"),
        Column(id="source", label_zh="来源", type="text", aliases=("数据来源",)),
        Column(id="synthetic", label_zh="合成数据", type="flag"),
        Column(id="note", label_zh="备注", type="text", aliases=("说明", "remarks")),
        Column(id=_KEY, label_zh="观测", type="text"),
    )  # fmt: skip
    return {row.id: row for row in rows}


@cache
def _headers() -> frozenset[str]:
    return frozenset().union(*(spellings(column) for column in columns().values()))


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


def period_of(text: str) -> tuple[str, str | None]:
    """Return a period as the day it ends and, where the text tells it, its frequency.

    Parameters
    ----------
    text : str
        2018, 2018年度, 2018-06, 2018年6月, 201806, 2018Q2, 2018年第二季度; anything else is left.

    Examples
    --------
    >>> period_of("2018年第二季度"), period_of("2018年2月"), period_of("2018"), period_of("2018/6/30")
    (('2018-06-30', 'quarter'), ('2018-02-28', 'month'), ('2018-12-31', 'year'), ('2018/6/30', None))
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    year = re.fullmatch(r"((?:19|20)\d\d)(?:年度?|全年|\.0)?", plain)
    if year:
        return f"{year[1]}-12-31", "year"
    quarter = re.fullmatch(r"((?:19|20)\d\d)年?[-/]?(?:Q([1-4])|第?([一二三四1-4])季度?)", plain)
    if quarter:
        found = quarter[2] or quarter[3]
        month = 3 * (_QUARTERS.get(found) or int(found))
        return f"{quarter[1]}-{month:02}-{30 if month in (6, 9) else 31}", "quarter"
    stood = re.fullmatch(r"((?:19|20)\d\d)(?:[-/.年](\d{1,2})月?|(\d\d))", plain)
    if stood and 1 <= int(stood[2] or stood[3]) <= 12:
        month = int(stood[2] or stood[3])
        return f"{stood[1]}-{month:02}-{calendar.monthrange(int(stood[1]), month)[1]}", "month"
    return text, None


def in_words(cells: pl.Series, name: str) -> pl.Series:
    """Return cells with words for an indicator, area or frequency as ids; others stay.

    Examples
    --------
    >>> in_words(pl.Series(["景宁", "331181", "杭州"]), "adcode").to_list()
    ['331127', '331181', '杭州']
    """
    table = _spoken(name)
    found = {text: table.get(_plain(text), text) for text in cells.drop_nulls().unique()}
    return cells.replace(found)


def _rounded(cells: pl.Series) -> pl.Series:
    """Numbers to four decimals; what is none is left for the reader of cells to name."""
    bare = cells.str.normalize("NFKC").str.replace_all(r"[,\s]", "").str.strip_suffix("%")
    number = bare.cast(pl.Float64, strict=False)
    usable = number.is_finite() & (number.abs() < 1e12)
    text = pl.select(pl.when(usable).then(number.round(4).cast(pl.String)).otherwise(cells))
    return text.to_series()


def _prepared(cells: dict[str, pl.Series], first: pl.Series) -> pl.DataFrame:
    """Cells in the words of the package, every optional column there, and one key for each row."""
    gap = pl.Series([None] * len(first), dtype=pl.String)
    made = {name: cells.get(name, gap) for name in _WANTED}
    periods = {text: period_of(text) for text in made["period"].drop_nulls().unique()}
    implied = {text: told for text, (_, told) in periods.items()}
    own = {key: row.frequency for key, row in indicators().items()}
    for name in ("indicator", "adcode", "frequency"):
        made[name] = in_words(made[name], name)
    for name in ("value", "low", "high"):
        made[name] = _rounded(made[name])
    frame = pl.DataFrame({"_first": first, **made}).with_columns(
        pl.coalesce(
            pl.col("frequency"),
            pl.col("period").replace_strict(implied, default=None, return_dtype=pl.String),
            pl.col("indicator").replace_strict(own, default=None, return_dtype=pl.String),
        ).alias("frequency"),
        pl.col("period").replace({text: day for text, (day, _) in periods.items()}),
    )
    parts = [
        pl.col(name).str.strip_chars() for name in ("indicator", "adcode", "period", "frequency")
    ]
    alone = pl.int_range(pl.len()).cast(pl.String)  # an incomplete row is no double of another
    return frame.with_columns(pl.coalesce(pl.concat_str(parts, separator=" "), alone).alias(_KEY))


def read_observations(path: Path | str, *, today: date | None = None) -> Intake:
    r"""Read a file of observations.

    Parameters
    ----------
    path : path-like
        ``.csv`` (UTF-8 or GB18030), ``.xlsx``, ``.parquet``. Needed: indicator, area, period, and a
        value or numerator and denominator. Values are kept to four decimals.
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
    matched, ignored = match(raw.frame.collect_schema().names(), _WANTED, raw.name, columns())
    try:
        table = raw.numbered().collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise broken(raw.name, error, raw.text) from None
    texts = {name: table[header].cast(pl.String) for name, (header, _) in matched.items()}
    first = table[raw.frame.collect_schema().names()[0]].cast(pl.String)
    prepared = replace(raw, frame=_prepared(texts, first).lazy(), text=None)
    done = conform(
        prepared,
        {_KEY: True, **_WANTED},
        key=_KEY,
        rules=rules(date.today() if today is None else today, _SCALE),
        known=columns(),
    )
    scaled = [(pl.col(name) / _SCALE).alias(name) for name in ("value", "low", "high")]
    accepted = done.frame.with_columns(scaled).select(list(_WANTED)).collect()
    reasons = done.rejected.select("row", "reasons")
    rejected = reasons.join(
        table.with_columns(pl.col("_row").cast(pl.Int64)), left_on="row", right_on="_row"
    )
    notes = [*raw.notes]
    if ignored:
        notes.append(tr("columns not used: ", "未使用的列:") + ", ".join(ignored[:8]))
    return Intake(
        frame=observations(accepted).select(list(SCHEMA)),
        rejected=rejected.sort("row"),
        notes=tuple(f"{raw.name}: {note}" for note in notes),
    )
