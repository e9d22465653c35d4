"""Counts of rows by their bins: all that the fit of a card reads once the bins are known.

The statement of `grouped_sql` gives a row of counts for every combination of bins that occurs. Selection and
regression are sums over rows, so that they follow from these counts, and nobody's row is read.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.statement import printed
from lishui_credit.errors import ModelError, Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.scorecards.bins import counting_sql
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.counts import even_scale, wrong_rows, wrong_sums
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.card_sql import recorded, refuse_unsayable
from lishui_credit.scorecards.parameters import Within, wrong_parameters
from lishui_credit.scorecards.protected import admitted, told_by_values
from lishui_credit.statistics.outcomes import Flags, Floats
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import Frame, as_polars

BIN: Final = "bin__"
"""Before the name of a characteristic, the column of its bin numbers; -1 where rows of small groups are added up."""

COLUMNS: Final[Mapping[str, type[pl.DataType]]] = {
    "rows": pl.Int64,
    "bad_rows": pl.Int64,
    "goods": pl.Float64,
    "bads": pl.Float64,
    "squares": pl.Float64,
    "others": pl.Int64,
}
"""Counts of a group: rows; rows that are bad; weight of the goods and of the bads; sum of the squared
weights, null where there are none; rows whose outcome or weight cannot be read."""

_LOST: Final = 1e-9  # share of all weight that sums of doubles may differ by


class CountsWarning(UserWarning):
    """Counts by bins that leave rows out, or that are nearly one for each row."""


def grouped_sql(
    binnings: Sequence[Binning],
    outcome: str,
    *,
    table: str,
    weight: str | None,
    least_rows: int,
    dialect: str,
) -> str:
    """Return one SELECT of the counts of every combination of bins, columns `BIN` + name and `COLUMNS`."""
    counting_sql.check_dialect(dialect)
    asked = {"least_rows": least_rows}
    refuse(wrong_parameters(asked, {"least_rows": Within(least=1, whole=True)}, {}), ModelError)
    target = dialect_of(dialect)
    pairs = [(found, found.index()) for found in binnings]
    made = [f"{BIN}{found.feature}" for found in binnings]
    kept = list(dict.fromkeys([outcome, *([weight] if weight is not None else [])]))
    refuse_unsayable(pairs, target, table, kept=kept, made=[*kept, *made])
    query, names = recorded(pairs, target, table, kept)
    numbers = query.select(
        *kept, *(recorder.col(name).alias(own) for name, own in zip(names, made, strict=True))
    )
    said = {
        name: {place: row.said for place, row in enumerate(found.bins)}
        for name, found in zip(names, binnings, strict=True)
    }
    return counting_sql.grouped_sql(
        printed(numbers, target, arms=said),
        made,
        outcome,
        table=table,
        weight=weight,
        least_rows=least_rows,
        dialect=dialect,
    )


@dataclass(frozen=True, slots=True)
class Grouped:
    """A sample by bins: a row for every combination of bins and outcome.

    Parameters
    ----------
    numbers : polars.DataFrame
        Bin number of each characteristic.
    bad : array of bool
        Outcome.
    weight : array of float
        Weight of the rows; their number where they have no weights.
    rows : array of int
        How many they are.
    told : mapping
        What the counts are of, for the provenance of a card.
    """

    numbers: pl.DataFrame
    bad: Flags
    weight: Floats
    rows: NDArray[np.int64]
    told: Mapping[str, Any]

    @classmethod
    def read(cls, grouped: Frame, binnings: Mapping[str, Binning]) -> Self:
        """Return a table of `grouped_sql`, checked against the bins: both must count the same rows.

        Equal combinations are added up, so that counts of several databases may stand in one table.
        SubjectError for what are no such counts. CountsWarning where rows are left out, or where there
        is a group for every two rows or fewer.
        """
        found = as_polars(grouped)
        bins = [name for name in found.columns if name.startswith(BIN)]
        names = [name.removeprefix(BIN) for name in bins]
        problems = [*lacking(COLUMNS, found.columns), *lacking(names, binnings)]
        if not bins:
            problems.append(Problem(tr("no column of bin numbers", "没有分箱编号列"), hint=BIN))
        refuse(problems)
        casts = [pl.col(name).cast(kind) for name, kind in COLUMNS.items()]
        frame = found.select(pl.col(bins).cast(pl.Int64), *casts)
        more = pl.col("bad_rows") > pl.col("rows")
        unlike = pl.col("squares").is_null() & (pl.col("bads") != pl.col("bad_rows"))
        what = tr("bad rows are more than the rows, or not the bads", "坏样本行数与其他计数不符")
        sums = wrong_sums("rows", "bad_rows", "goods", "bads")
        refuse(wrong_rows(frame, [*sums, (what, more | unlike)]))
        chosen = {name: binnings[name] for name in names}
        refuse(_wrong_bins(frame, chosen))
        weighted = frame["squares"].null_count() < frame.height
        rows, bad_rows, goods, bads, squares, _ = frame.select([*COLUMNS]).sum().row(0)
        scale = even_scale(rows, goods, bads, squares if weighted else None)
        groups = frame.group_by(bins, maintain_order=True).agg(pl.col([*COLUMNS]).sum())
        groups = groups.with_columns(pl.col("goods", "bads") * scale)
        left_out = pl.any_horizontal(pl.col(bins) < 0)
        kept, small = groups.filter(~left_out), groups.filter(left_out)
        refuse(_of_other_rows(groups, chosen, whole=small.is_empty()))
        if min(kept["goods"].sum(), kept["bads"].sum()) <= 0:
            what = tr("the groups that are kept are of one class", "保留的分组只有一个类别")
            raise SubjectError(what, hint=tr("lower least_rows", "请降低 least_rows"))
        _warn(kept, small)
        parts = [
            kept.select(pl.col(bins), weight=weight, rows=rows)
            for weight, rows in (
                (pl.col("goods"), pl.col("rows") - pl.col("bad_rows")),
                (pl.col("bads"), pl.col("bad_rows")),
            )
        ]
        both = pl.concat(parts)
        held = (both["rows"] > 0).to_numpy()
        both = both.filter(held)
        return cls(
            numbers=both.select(pl.col(bins).name.map(lambda name: name.removeprefix(BIN))),
            bad=np.repeat([False, True], kept.height)[held],
            weight=both["weight"].to_numpy(),
            rows=both["rows"].to_numpy(),
            told={
                "sample_rows": rows,
                "sample_bads": bad_rows,
                "weighted": weighted,
                "groups": kept.height,
                "rows_left_out": int(small["rows"].sum()),
            },
        )


def refuse_of_rows(*, proxies_of: object, points: object) -> None:
    """Refuse settings that look at single rows, all at once."""
    words = {
        "proxies_of": tr("proxies are found in rows, not in counts", "代理特征须由逐行数据识别"),
        "points": tr(
            "points are fitted jointly from rows, not from counts", "联合拟合分值须用逐行数据"
        ),
    }
    asked = {"proxies_of": proxies_of, "points": points}
    refuse([Problem(words[name], where=name) for name in words if asked[name]], ModelError)


def offered_bins(
    process: BinningProcess | None,
    protected: Mapping[str, str],
    labels: Mapping[str, str] | None,
) -> tuple[BinningProcess, dict[str, Bilingual], dict[str, str]]:
    """Return learned bins that a card may use, as `protected.admitted` sorts the columns of a sample."""
    if process is None or not process.__sklearn_is_fitted__():
        raise ModelError(
            tr("process has learned no bins", "process 尚未完成分箱"),
            hint="Scorecard(BinningProcess().from_counts(counts))",
        )
    told: dict[str, str] = {}
    for name, found in process.binnings_.items():
        if found.type == "category":
            its = [value for row in found.bins if row.kind == "levels" for value in row.values]
            told |= told_by_values(pl.DataFrame({name: its}, schema={name: pl.String}))
    taken, left, reasons = admitted(process.binnings_, protected, labels, told)
    mine = copy.copy(process)
    mine.binnings_ = {name: process.binnings_[name] for name in taken}
    return mine, left, reasons


def _wrong_bins(frame: pl.DataFrame, binnings: Mapping[str, Binning]) -> Iterator[Problem]:
    """Yield what is wrong with the bin numbers."""
    small = pl.all_horizontal(pl.col(f"{BIN}{name}") == -1 for name in binnings)
    for name, found in binnings.items():
        number = pl.col(f"{BIN}{name}")
        nobody = number.is_null() | ~(small | number.is_between(0, len(found.bins) - 1))
        wrong = frame.filter(nobody.fill_null(True))
        if wrong.height:
            yield Problem(
                tr(
                    "values without a bin: infinite, no number, or not among those binned",
                    "有些值没有分箱:无穷大、非数字,或分箱时没有该取值",
                ),
                str(wrong[f"{BIN}{name}"][0]),
                where=name,
            )


def _of_other_rows(
    groups: pl.DataFrame, binnings: Mapping[str, Binning], *, whole: bool
) -> Iterator[Problem]:
    """Yield characteristics whose bins hold other rows than were learned from; fewer, if not `whole`."""
    for name, found in binnings.items():
        table = groups.group_by(f"{BIN}{name}").agg(pl.col("rows", "goods", "bads").sum())
        held = {number: own for number, *own in table.iter_rows()}
        total = sum(row.rows for row in found.bins)
        counted = sum(own[0] for own in held.values())
        for number, row in enumerate(found.bins):
            rows, goods, bads = held.get(number, (0, 0.0, 0.0))
            over = np.array([rows - row.rows, goods - row.goods, bads - row.bads])
            lost = np.array([0, *[_LOST * (found.total_goods + found.total_bads)] * 2])
            if counted != total or (over > lost).any() or (whole and (over < -lost).any()):
                yield Problem(
                    tr(
                        "the groups are not of the rows that the bins were learned from",
                        "分组计数与学习分箱所用的数据不同",
                    ),
                    f"{row.said}: {rows:,}, {goods:g}, {bads:g};"
                    f" {row.rows:,}, {row.goods:g}, {row.bads:g}",
                    tr(
                        "count bins and groups of one table",
                        "请对同一张表统计分箱与分组",
                    ),
                    name,
                )
                break


def _warn(kept: pl.DataFrame, small: pl.DataFrame) -> None:
    """Warn of rows that are left out, and of nearly as many groups as rows."""
    rows, bads = (int(kept[name].sum()) for name in ("rows", "bad_rows"))
    if left := int(small["rows"].sum()):
        rate = small["bad_rows"].sum() / left
        warnings.warn(
            tr(
                f"{plural(left, 'row')} of small groups are not in the regression: "
                f"{rate:.2%} of them are bad, {bads / rows:.2%} of the others",
                f"小分组的 {left:,} 行未进入回归:其中坏样本占 {rate:.2%},其余占 {bads / rows:.2%}",
            ),
            CountsWarning,
            stacklevel=4,
        )
    if 2 * kept.height > rows:
        warnings.warn(
            tr(
                f"{plural(kept.height, 'group')} for {plural(rows, 'row')}: counts are nearly rows; "
                "group by fewer characteristics or bins",
                f"{rows:,} 行有 {kept.height:,} 个分组,计数近乎逐行数据;请减少特征或分箱",
            ),
            CountsWarning,
            stacklevel=4,
        )


def not_offered(
    names: Sequence[str], offered: Collection[str], left: Mapping[str, Bilingual]
) -> list[Problem]:
    """Return a problem for every characteristic that has no bins, or may not be used."""
    barred = [Problem(str(left[name]), where=name) for name in names if name in left]
    return [*barred, *lacking([name for name in names if name not in left], offered)]


def narrow(process: BinningProcess, names: Sequence[str], min_iv: float) -> dict[str, Bilingual]:
    """Narrow bins to characteristics that were grouped by, in this order, and weak ones; return the rest."""
    others = {name: row for name, row in process.binnings_.items() if name not in names}
    weak = [name for name, row in others.items() if row.iv < min_iv]
    process.binnings_ = {name: process.binnings_[name] for name in (*names, *weak)}
    why = Bilingual("the rows were not grouped by it", "未按该特征分组计数")
    return {name: why for name in others if name not in weak}
