"""Counts of a sample instead of the sample: what a characteristic's bins follow from.

Bins, WoE and information value are sums over rows, so any engine can make them where the rows are: a
row of counts for each value of a characteristic, or for each of many small ranges of a number. See
`counting_sql.counts_sql` for the statement that makes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NoReturn, Self, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import plural, tr
from lishui_credit.scorecards.bins.asked_bins import no_codes
from lishui_credit.scorecards.bins.binning import Bin, Type
from lishui_credit.scorecards.bins.category_bins import CategoryColumn, Levels
from lishui_credit.scorecards.bins.number_bins import NumberColumn
from lishui_credit.scorecards.bins.prebins import Counted, Ranked
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import Frame, as_polars

COLUMNS: Final[Mapping[str, type[pl.DataType]]] = {
    "characteristic": pl.String,
    "kind": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "level": pl.String,
    "rows": pl.Int64,
    "goods": pl.Float64,
    "bads": pl.Float64,
    "squares": pl.Float64,
    "others": pl.Int64,
}
"""Columns of a table of counts, one row for each value, range, level or gap of a characteristic:
its name; number, category or coded; the least and the largest number in it (equal for one value,
null for a gap); its text; rows; weight of the goods and of the bads; sum of the squared weights, null
where there are none; rows whose outcome or weight cannot be read."""

_SUMS: Final = ("rows", "goods", "bads", "squares", "others")
_LOST: Final = 1e-9  # share of a weight that sums of doubles may differ by


@dataclass(frozen=True, slots=True)
class Sums:
    """Goods and bads of a whole sample."""

    goods: float
    bads: float

    @property
    def totals(self) -> tuple[float, float]:
        """Weighted goods and bads."""
        return self.goods, self.bads


@dataclass(frozen=True, slots=True)
class Tallied(Ranked):
    """Quantities by ranges that do not overlap, each with its counts; a range may be one value."""

    feature: str
    lows: Floats
    highs: Floats
    running: NDArray[np.int64]  # rows up to each range, 0 first, as are the next two
    goods: Floats
    bads: Floats

    @classmethod
    def of(cls, feature: str, counts: pl.DataFrame) -> Self:
        """Put counts of ranges in rising order; SubjectError where two overlap."""
        # 0.0 and -0.0 are one value.
        ends = [(pl.col(name) + 0.0).alias(name) for name in ("low", "high")]
        added = [pl.col(name).sum() for name in ("rows", "goods", "bads")]
        table = counts.with_columns(ends).group_by("low", "high").agg(added).sort("low", "high")
        lows, highs = table["low"].to_numpy(), table["high"].to_numpy()
        if (highs[:-1] >= lows[1:]).any():
            place = int(np.argmax(highs[:-1] >= lows[1:]))
            raise SubjectError(
                tr("two ranges of counts overlap", "计数区间重叠"),
                f"[{lows[place]:g}, {highs[place]:g}], [{lows[place + 1]:g}, {highs[place + 1]:g}]",
                where=feature,
            )

        def running(name: str) -> NDArray[np.float64]:
            return np.concatenate(([0], np.cumsum(table[name].to_numpy())))

        rows = running("rows").astype(np.int64)
        return cls(feature, lows, highs, rows, running("goods"), running("bads"))

    @property
    def height(self) -> int:
        """Number of rows that hold a quantity."""
        return int(self.running[-1])

    def at(self, ranks: NDArray[np.int64]) -> Floats:
        """Return the quantities of rows by their rank, from 0; of a range its least."""
        found: Floats = self.lows[np.searchsorted(self.running[1:], ranks, side="right")]
        return found

    def before(self, cuts: Floats) -> NDArray[np.int64]:
        """Return how many rows are in ranges that begin below each cut."""
        found: NDArray[np.int64] = self.running[np.searchsorted(self.lows, cuts, side="left")]
        return found

    def upto(self, cuts: Floats) -> NDArray[np.int64]:
        """Return how many rows are in ranges that begin at or below each cut."""
        found: NDArray[np.int64] = self.running[np.searchsorted(self.lows, cuts, side="right")]
        return found

    def firsts(self, low: int = 0, high: int | None = None) -> NDArray[np.int64]:
        """Return the ranks above `low` and below `high` at which a new range begins."""
        last = self.height if high is None else high
        first, end = np.searchsorted(self.running, [low + 1, last])
        return self.running[first:end]

    def between(self, cuts: Floats) -> Counted:
        """Count goods and bads between rising cut points; SubjectError for one inside a range."""
        places = np.searchsorted(self.lows, cuts, side="left")
        below = np.full(len(cuts), np.nan)
        if len(self.lows):
            below = np.where(places > 0, self.highs[np.maximum(places - 1, 0)], np.nan)
        inside = below >= cuts
        if inside.any():
            self._refuse_inside(float(cuts[inside][0]), int(places[inside][0]) - 1)
        ends = np.concatenate(([0], places, [len(self.lows)]))
        goods, bads = (np.maximum(np.diff(part[ends]), 0.0) for part in (self.goods, self.bads))
        return Counted(cuts, below, goods, bads, np.diff(self.running[ends]))

    def _refuse_inside(self, cut: float, place: int) -> NoReturn:
        raise SubjectError(
            tr(
                "a cut point lies inside a range of counts: what is on each side cannot be told",
                "分箱点落在计数区间内部,无法得知两侧各有多少",
            ),
            f"{cut:g}: [{self.lows[place]:g}, {self.highs[place]:g}]",
            tr("count again with this cut among the cuts", "请将该分箱点列入 cuts 重新计数"),
            self.feature,
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of every characteristic of one sample, checked."""

    tables: Mapping[str, pl.DataFrame]
    kinds: Mapping[str, Type]
    sums: Sums
    weighted: bool

    @classmethod
    def read(cls, counts: Frame) -> Self:
        """Return a table of counts, checked; weights sum to their effective number of rows.

        SubjectError for columns that are absent, counts that are none, characteristics that do not
        count the same rows, rows without a readable outcome, and where there is one class only.
        """
        found = as_polars(counts)
        refuse(lacking([*COLUMNS], found.columns))
        frame = found.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        refuse(_wrong(frame))
        names = frame["characteristic"].unique().sort().to_list()  # engines keep no order
        whole = frame.group_by("characteristic").agg(pl.col(name).sum() for name in _SUMS)
        whole = whole.sort("characteristic")
        refuse(_unlike(whole))
        _, rows, goods, bads, squares, _ = whole.row(0)
        weighted = frame["squares"].null_count() < frame.height
        scale = even_scale(rows, goods, bads, squares if weighted else None)
        frame = frame.with_columns(pl.col("goods", "bads") * scale)
        parts = frame.partition_by("characteristic", as_dict=True)
        tables = {name: parts[(name,)] for name in names}
        kinds = {name: table["kind"][0] for name, table in tables.items()}
        return cls(tables, kinds, Sums(goods * scale, bads * scale), weighted)

    def shape(self) -> pl.DataFrame:
        """Return a frame of no rows with the columns as a sample would have them."""
        types = {"number": pl.Float64, "coded": pl.Int64, "category": pl.String}
        return pl.DataFrame(schema={name: types[kind] for name, kind in self.kinds.items()})

    def refuse_codes(self, categorical: Collection[str]) -> None:
        """Refuse codes that are no whole numbers, and numbers counted otherwise than `categorical` says."""
        numbers = {name for name, kind in self.kinds.items() if kind != "category"}
        coded = {name for name in numbers if self.kinds[name] == "coded"}
        problems = [
            problem
            for name in sorted(coded)
            for problem in no_codes(self.tables[name]["low"].drop_nulls().alias(name))
        ]
        problems += [
            Problem(
                tr(
                    "a number is counted as codes of categories if, and only if, categorical names it",
                    "数值仅在 categorical 列出时按类别代码(coded)计数",
                ),
                hint=tr("count again by counts_sql", "请用 counts_sql 重新计数"),
                where=name,
            )
            for name in sorted(coded ^ (numbers & set(categorical)))
        ]
        refuse(problems)

    def held(self, name: str, special: Mapping[float, str]) -> NumberColumn | CategoryColumn:
        """Return a characteristic to be binned; `special` are codes and words for them."""
        table = self.tables[name]
        number = self.kinds[name] == "number"
        value = "level" if self.kinds[name] == "category" else "low"
        gaps = _bin(Bin(kind="missing"), table.filter(pl.col(value).is_null()))
        known = table.filter(pl.col(value).is_not_null())
        if not number:
            return CategoryColumn(name, value == "low", _levels(known, value), gaps, self.sums)
        apart = []
        for code, word in special.items():
            its = pl.col("low").is_in([code, float(np.float32(code))])
            whole = its & (pl.col("low") == pl.col("high"))
            apart.append(_bin(Bin(kind="special", values=(code,), label=word), known.filter(whole)))
            known = known.filter(~whole)
            self._refuse_hidden(name, known, code)
        height = int(table["rows"].sum())
        return NumberColumn(name, height, Tallied.of(name, known), (*apart, gaps), self.sums)

    def _refuse_hidden(self, name: str, known: pl.DataFrame, code: float) -> None:
        """Refuse counts in which a special code lies inside a range: it has a bin of its own."""
        inside = known.filter((pl.col("low") <= code) & (pl.col("high") >= code))
        if inside.height:
            low, high = inside.select("low", "high").row(0)
            raise SubjectError(
                tr("a special code lies inside a range of counts", "特殊代码落在计数区间内部"),
                f"{code:g}: [{low:g}, {high:g}]",
                tr("count codes apart, as counts_sql does", "请将代码单独计数,如 counts_sql 所示"),
                name,
            )


def even_scale(rows: int, goods: float, bads: float, squares: float | None) -> float:
    """Return what weights of a whole sample are multiplied by, or refuse it; no `squares`, no weights."""
    if squares is None and rows != goods + bads:
        raise SubjectError(
            tr("goods and bads are not all rows", "好坏样本之和不等于行数"),
            f"{goods:,.0f} + {bads:,.0f} ≠ {rows:,}",
        )
    if min(goods, bads) <= 0:
        raise SubjectError(
            tr("there is only one class", "只有一个类别"),
            hint=tr("a model needs both good and bad", "建模需要好、坏两类样本"),
        )
    # As `TrainingSample.evened` has it: weights say how much a row counts against another.
    return 1.0 if squares is None else (goods + bads) / squares


def _bin(row: Bin, counts: pl.DataFrame) -> Bin:
    if not counts["rows"].sum():
        return row
    goods, bads = float(counts["goods"].sum()), float(counts["bads"].sum())
    return replace(row, rows=int(counts["rows"].sum()), goods=goods, bads=bads)


def _levels(known: pl.DataFrame, value: str) -> Levels:
    text = pl.col(value) if value == "level" else pl.col(value).cast(pl.Int64).cast(pl.String)
    table = (
        known.group_by(text.alias("level"))
        .agg(pl.col(name).sum() for name in ("rows", "goods", "bads"))
        .sort("level")
    )
    sums = (table[name].to_numpy().copy() for name in ("goods", "bads"))
    return Levels(table["level"].to_list(), table["rows"].to_numpy().astype(np.int64), *sums)


def _wrong(frame: pl.DataFrame) -> list[Problem]:
    """Return what is wrong with rows of counts by themselves."""
    number = pl.col("kind").is_in(["number", "coded"])
    tests: Sequence[tuple[str, pl.Expr]] = [
        (tr("no characteristic", "没有特征名"), pl.col("characteristic").is_null()),
        (
            tr("a kind is none of ", "类型不在以下范围:") + ", ".join(get_args(Type)),
            ~pl.col("kind").is_in(get_args(Type)).fill_null(False),
        ),
        (
            tr("infinite values", "有无穷大的值"),
            pl.any_horizontal(pl.col("low", "high").is_infinite()),
        ),
        (
            tr("a number has no range, or a category has one", "数值缺少区间,或类别带有区间"),
            (pl.col("low").is_null() != pl.col("high").is_null())
            | (pl.col("low") > pl.col("high")).fill_null(False)
            | pl.any_horizontal(pl.col("low", "high").is_nan()).fill_null(False)
            | (pl.col("level").is_not_null() & number)
            | (pl.col("low").is_not_null() & ~number)
            | ((pl.col("kind") == "coded") & (pl.col("low") != pl.col("high"))).fill_null(False),
        ),
        *wrong_sums("rows", "goods", "bads"),
    ]
    problems = wrong_rows(frame, tests)
    kinds = frame.group_by("characteristic").agg(pl.col("kind").n_unique())
    problems += [
        Problem(tr("a characteristic is of two kinds", "同一特征有两种类型"), where=str(name))
        for name, count in kinds.iter_rows()
        if count > 1
    ]
    return problems


def wrong_sums(*sums: str) -> list[tuple[str, pl.Expr]]:
    """Return what counts never are, each with the test for it."""
    numbers = pl.col(*sums)
    return [
        (
            tr("counts are negative, missing or infinite", "计数为负、缺失或无穷大"),
            pl.any_horizontal(numbers.is_null() | ~numbers.is_between(0, 1e300))
            | ~pl.col("squares").fill_null(0).is_between(0, 1e300),
        ),
        (
            tr(
                "rows have no readable outcome (0 good, 1 bad) or weight",
                "有些行的结果(0 好、1 坏)或权重无法读取",
            ),
            pl.col("others").fill_null(1) != 0,
        ),
    ]


def wrong_rows(frame: pl.DataFrame, tests: Sequence[tuple[str, pl.Expr]]) -> list[Problem]:
    """Return a problem for every test that holds for some rows, with the first of them."""
    problems = []
    for what, test in tests:
        rows = frame.filter(test.fill_null(False))
        if rows.height:
            example = ", ".join(str(cell) for cell in rows.row(0)[:5])
            problems.append(
                Problem(what, tr(plural(rows.height, "row"), f"{rows.height} 行") + f": {example}")
            )
    if frame.is_empty():
        problems.append(Problem(tr("no rows", "没有数据行")))
    return problems


def _unlike(whole: pl.DataFrame) -> list[Problem]:
    """Return the characteristics whose counts are not of the same rows as the first one's."""
    first = whole.row(0, named=True)
    return [
        Problem(
            tr(
                "counts are not of the same rows as those of the first characteristic",
                "计数所含的行与第一个特征不同",
            ),
            f"{row['rows']:,}, {row['goods']:g}, {row['bads']:g}; "
            f"{first['rows']:,}, {first['goods']:g}, {first['bads']:g}",
            tr("count all of them in one statement", "请用同一条语句统计全部特征"),
            row["characteristic"],
        )
        for row in whole.iter_rows(named=True)
        if row["rows"] != first["rows"]
        or any(
            abs(row[name] - first[name]) > _LOST * max(abs(first[name]), 1.0)
            for name in ("goods", "bads", "squares")
        )
    ]
