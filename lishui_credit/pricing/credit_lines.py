"""Credit lines and rates that follow from a grade, and what they add up to by county and village.

The farmer rubric computes its lines itself (``max_line_fen``, ``micro_line_fen``); here stand a
published line table by grade, mark-ups over a base rate, the village-wide line (整体批发、集中授信),
and the exposure of any of them. Money is whole fen, rates whole basis points, mark-ups whole
percent of the base rate; nothing is a float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from lishui_credit.citation import Citation, Evidence
from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.points import half_away
from lishui_credit.statistics.refusals import lacking, rows
from lishui_credit.tables.frames import as_polars
from lishui_credit.tables.header_words import no_column

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

_FULL_BP: Final = 10_000
_LARGEST: Final = 10**15  # fen; more in one line is a mistake of units
_AREA: Final = ("county", "township", "village")

DRAWN_BP: Final = 5_850
"""Share of lines paid out, in basis points: 98.8 of 16.89 billion yuan of village-wide lines.

98.8 亿 of 168.9 亿, both cumulative to the end of 2015, so a loan repaid and drawn again counts
twice: no utilisation on a day. 丽水市社会信用体系建设"十三五"规划 (2016), 一(一)7.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTable:
    """A published way from a grade to a line: a base by grade, shares of means, a cap.

    ``line = min(cap, base[grade] + sum of share x column)``, whole fen, shares rounded down once
    over the sum. A grade that is not listed has no line.

    Parameters
    ----------
    title_zh : str
        What the table is called.
    base_fen : mapping of str to int
        Grade to base line in fen.
    shares_bp : mapping of str to int, optional
        Column of money (fen) to the share of it that is added, in basis points.
    cap_fen : int, optional
        Largest line.
    source : Citation, optional
    evidence : {"official", "copy", "secondary", "local", "memory", "placeholder"}
        How well it is known.
    """

    title_zh: str
    base_fen: Mapping[str, int]
    shares_bp: Mapping[str, int] = field(default_factory=dict)
    cap_fen: int | None = None
    source: Citation | None = None
    evidence: Evidence = "placeholder"


GRADE_LINES: Final = LineTable(
    title_zh="单户额度 = 等级基础额度 + 家庭总资产×10% + 家庭经营性收入×30%,最高 20 万元",
    base_fen={"AAA": 10_000_000, "AA": 8_000_000, "A": 5_000_000},
    shares_bp={"total_assets": 1_000, "operating_income": 3_000},
    cap_fen=20_000_000,
    source=Citation(
        issuer="不详",
        title_zh="按信用等级核定单户额度的办法",
        note="A page on one bank's product, which it does not name. Not Lishui's.",
    ),
    evidence="local",
)
"""A bank's published lines by grade: 10, 8 and 5 万元, plus shares of assets and income."""

YUNHE_LINES: Final = LineTable(
    title_zh="云和县 3A 级信用户可贷 10 万元",
    base_fen={"AAA": 10_000_000},
    source=Citation(
        issuer="经济日报",
        title_zh="丽水农村信用体系建设报道 (2010-09-10)",
        note="A newspaper's case of one household in Yunhe; no table of lines was published.",
    ),
    evidence="secondary",
)
"""What the press reports of Lishui: a household of grade AAA in Yunhe may borrow 10 万元."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Markups:
    """Mark-ups over a base rate by grade (利率上浮幅度), in whole percent of it.

    Parameters
    ----------
    percent : mapping of str to int
        Grade to percent: 30 asks 1.3 times the base rate, -10 nine tenths of it.
    source : Citation, optional

    Notes
    -----
    No mark-up by grade was published for Lishui. What was seen elsewhere: a farmer's VIP card of
    a cooperative bank in Sihong (泗洪), 10% below the rate of its class; and `liuyang_markup`.
    """

    percent: Mapping[str, int]
    source: Citation | None = None


def grade_lines(
    frame: IntoFrame, table: LineTable, *, grade: str = "grade", name: str = "line_fen"
) -> pl.DataFrame:
    """Put the line of a table beside every graded subject.

    Parameters
    ----------
    frame : polars frame, or any frame narwhals accepts
        Graded subjects, with the columns of money (fen) that the table takes shares of.
    table : LineTable
    grade : str, default "grade"
    name : str, default "line_fen"
        Column written, Int64: 0 for a grade that is not in the table, null without a grade or
        without a figure the table asks for.

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    SubjectError
        If a column is missing, is not whole fen, or holds negative money: every problem at once.

    Examples
    --------
    >>> made_up = pl.DataFrame(
    ...     {"grade": ["AAA", "A", "B"], "total_assets": [5_000_000] * 3, "operating_income": [0] * 3}
    ... )
    >>> grade_lines(made_up, GRADE_LINES)["line_fen"].to_list()
    [10500000, 5500000, 0]
    """
    given = as_polars(frame)
    refuse([*lacking([grade], given.columns), *_money_problems(given, table.shares_bp)])
    base = pl.col(grade).replace_strict(table.base_fen, default=0, return_dtype=pl.Int64)
    shares = sum(
        (_wide(column) * share for column, share in table.shares_bp.items()),
        start=pl.lit(0, dtype=pl.Int128),
    )
    whole = base + shares // _FULL_BP
    capped = whole if table.cap_fen is None else pl.min_horizontal(whole, pl.lit(table.cap_fen))
    # min_horizontal passes over nulls, and a missing figure must not become the cap
    unknown = pl.any_horizontal(pl.col(grade, *table.shares_bp).is_null())
    listed = pl.col(grade).is_in(list(table.base_fen))
    return given.with_columns(
        pl.when(unknown)
        .then(None)
        .when(listed)
        .then(capped)
        .otherwise(0)
        .cast(pl.Int64)
        .alias(name)
    )


def rates(
    frame: IntoFrame,
    markups: Markups,
    *,
    base_bp: int,
    grade: str = "grade",
    name: str = "rate_bp",
) -> pl.DataFrame:
    """Put the rate of every graded subject beside it: base x (100 + mark-up) / 100.

    Parameters
    ----------
    frame : polars frame, or any frame narwhals accepts
    markups : Markups
    base_bp : int
        Base rate a year, basis points.
    grade : str, default "grade"
    name : str, default "rate_bp"
        Column written, Int64, half a basis point away from zero; null for a grade without a
        mark-up and without a grade.

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    SubjectError
        If there is no such column, the base rate is negative, or a mark-up takes more than all of
        it.

    Examples
    --------
    >>> made_up = pl.DataFrame({"grade": ["AAA", "A", "B"]})
    >>> rates(made_up, Markups(percent={"AAA": -10, "A": 30}), base_bp=435)["rate_bp"].to_list()
    [392, 566, None]
    """
    given = as_polars(frame)
    problems = lacking([grade], given.columns)
    if base_bp < 0:
        problems.append(Problem(tr("a rate is negative", "利率为负"), str(base_bp), "", "base_bp"))
    odd = [name for name, percent in markups.percent.items() if percent < -100]
    if odd:
        problems.append(
            Problem(
                tr("a discount is larger than the base rate itself", "下浮超过基准利率本身"),
                "、".join(odd),
                tr(
                    "percent of the base rate: -10 takes a tenth off",
                    "以基准利率的百分数计:-10 即下浮一成",
                ),
                "percent",
            )
        )
    refuse(problems)
    asked = {
        label: half_away(base_bp * (100 + percent), 100)
        for label, percent in markups.percent.items()
    }
    return given.with_columns(
        pl.col(grade).replace_strict(asked, default=None, return_dtype=pl.Int64).alias(name)
    )


def liuyang_markup(points: pl.Expr, amount_fen: pl.Expr) -> pl.Expr:
    """Return a lender's published mark-up in percent: ``max(0, 55 + base - points)``."""
    # 浏阳农商行 利率定价规则 (2019, 方案 40/41), as transcribed from a lender's program; a rule of 浏阳
    # (Hunan), not of Lishui. Null below 10 万元, for which it has no base. The base falls with the amount: 10-50 万元 70, to 200 万元 65, to 500 万元
    # 60, to 1000 万元 55, above 50; the source does not say to which band 50, 200, 500 and 1000 万元
    # themselves belong: here to the lower one. The points are the lender's own sum: grade, less
    # deductions for the credit report, plus debt ratio, turnover, deposits and collateral (at most 40).
    wan = 1_000_000  # fen in 万元
    base = pl.lit(50)
    for most, own in ((1000, 55), (500, 60), (200, 65), (50, 70)):
        base = pl.when(amount_fen <= most * wan).then(own).otherwise(base)
    small = amount_fen.is_null() | (amount_fen < 10 * wan)
    base = pl.when(small).then(None).otherwise(base).cast(pl.Int64)
    left = base + 55 - points.cast(pl.Int64)
    return pl.when(left < 0).then(0).otherwise(left).cast(pl.Int64).alias("markup_percent")


def exposure(
    frame: IntoFrame,
    *,
    line: str = "line_fen",
    by: Sequence[str] = ("county",),
    rate: str | None = None,
    drawn_bp: int = DRAWN_BP,
) -> pl.DataFrame:
    """Add up lines, what would be drawn of them, and a year's interest, by area.

    Parameters
    ----------
    frame : polars frame, or any frame narwhals accepts
        One row per subject.
    line : str, default "line_fen"
        Column of lines, whole fen; null has none and is counted.
    by : sequence of str, default ("county",)
        Columns of the area; empty for one row of everything.
    rate : str, optional
        Column of rates, basis points; without it there is no interest.
    drawn_bp : int, default 5850
        Share of a line that is drawn, basis points: see `DRAWN_BP` for what it is.

    Returns
    -------
    polars.DataFrame
        Sorted by area: ``subjects``, ``with_line``, ``without_line`` (line unknown), ``line_fen``,
        ``drawn_fen``, ``largest_fen`` and, with rates, ``interest_fen`` (of a year, if all that is
        drawn is drawn for a year; lines without a rate earn none and are counted in
        ``without_rate``).

    Raises
    ------
    SubjectError
        If columns are missing, lines are not whole fen or are negative, or the share drawn lies
        outside 0 to 10,000.

    Examples
    --------
    >>> made_up = pl.DataFrame({"county": ["x", "x", "y"], "line_fen": [10_000, 0, 4_000]})
    >>> exposure(made_up).select("county", "with_line", "line_fen", "drawn_fen").rows()
    [('x', 1, 10000, 5850), ('y', 1, 4000, 2340)]
    """
    given = as_polars(frame)
    problems = lacking((*by, rate or None), given.columns)
    problems += _money_problems(given, [line])
    if not 0 <= drawn_bp <= _FULL_BP:
        problems.append(
            Problem(
                tr("the share drawn lies outside 0 to 100%", "提款比例不在 0 到 100% 之间"),
                str(drawn_bp),
                tr("basis points: 58.5% is 5850", "单位为基点:58.5% 记为 5850"),
                "drawn_bp",
            )
        )
    refuse(problems)
    lent = _wide(line)
    drawn = lent * drawn_bp // _FULL_BP
    figures = {
        "subjects": pl.len(),
        "with_line": (pl.col(line) > 0).sum(),
        "without_line": pl.col(line).is_null().sum(),
        "line_fen": lent.sum(),
        "drawn_fen": drawn.sum(),
        "largest_fen": pl.col(line).max(),
    }
    if rate:
        figures["interest_fen"] = (drawn * _wide(rate) // _FULL_BP).sum()
        figures["without_rate"] = ((pl.col(line) > 0) & pl.col(rate).is_null()).sum()
    told = [figure.cast(pl.Int64).alias(name) for name, figure in figures.items()]
    if not by:
        return given.select(told)
    return given.group_by(*by).agg(told).sort(*by, nulls_last=True)


def wholesale(
    frame: IntoFrame,
    *,
    credit_grades: Sequence[str],
    line: str = "max_line_fen",
    grade: str = "grade",
    village: Sequence[str] = _AREA,
    share_at_least_bp: int = 7_000,
    cap_fen: int | None = None,
) -> pl.DataFrame:
    """Return the line of every village granted as a whole (整体批发、集中授信).

    A village's line is the sum of the lines of its credit households, where these are at least a
    given share of all its households; capped where a cap is given. Compared by multiplying.

    Parameters
    ----------
    frame : polars frame, or any frame narwhals accepts
        Graded households with their lines in fen and the columns of the village.
    credit_grades : sequence of str
        Grades that make a credit household (信用户).
    line, grade : str
        Columns.
    village : sequence of str, default county, township, village
        Columns that name a village.
    share_at_least_bp : int, default 7000
        Share of credit households a village needs, basis points.
    cap_fen : int, optional
        Largest line of a village, in fen.

    Returns
    -------
    polars.DataFrame
        Sorted by village: ``households``, ``credit_households``, ``granted`` (Boolean),
        ``line_fen`` (0 where not granted), ``cut_fen`` (what the cap took off).

    Raises
    ------
    SubjectError
        If columns are missing, lines are not whole fen or are negative, no grade given occurs, or
        the share lies outside 0 to 10,000.

    Notes
    -----
    The plan reports 1,899 villages (or trades) with 168.9 亿 of such lines to the end of 2015, 889
    万元 a village, and publishes no rule for the amount: the sum of the households' own lines, the
    share and the cap are ours. 70% is the criterion of a credit village in this package's
    ``credit-village`` edition.

    References
    ----------
    丽水市社会信用体系建设"十三五"规划 (2016), 一(一)7.

    Examples
    --------
    >>> made_up = pl.DataFrame(
    ...     {"village": ["x", "x", "y", "y"], "grade": ["AA", "A", "A", "none"],
    ...      "max_line_fen": [500, 300, 400, 0]}
    ... )
    >>> found = wholesale(made_up, credit_grades=["AA", "A"], village=["village"])
    >>> found.select("village", "granted", "line_fen").rows()
    [('x', True, 800), ('y', False, 0)]
    """
    given = as_polars(frame)
    problems = lacking([grade, *village], given.columns)
    problems += _money_problems(given, [line])
    if not 0 <= share_at_least_bp <= _FULL_BP:
        problems.append(
            Problem(
                tr("the share lies outside 0 to 100%", "比例不在 0 到 100% 之间"),
                str(share_at_least_bp),
                where="share_at_least_bp",
            )
        )
    if grade in given.columns:
        labels = given[grade].drop_nulls().unique().cast(pl.String).sort()
        if given.height and not labels.is_in(list(credit_grades)).any():
            problems.append(
                Problem(
                    tr("no household has one of the credit grades", "没有主体属于所列信用等级"),
                    "、".join(credit_grades),
                    "、".join(labels.head(8)),
                    "credit_grades",
                )
            )
    refuse(problems)
    credit = pl.col(grade).is_in(list(credit_grades)).fill_null(False)
    counted = given.group_by(*village).agg(
        pl.len().cast(pl.Int64).alias("households"),
        credit.sum().cast(pl.Int64).alias("credit_households"),
        _wide(line).filter(credit).sum().cast(pl.Int64).alias("_whole"),
    )
    enough = pl.col("credit_households") * _FULL_BP >= pl.col("households") * share_at_least_bp
    kept = pl.col("_whole") if cap_fen is None else pl.min_horizontal("_whole", pl.lit(cap_fen))
    line_given = pl.when("granted").then(kept).otherwise(0).cast(pl.Int64)
    return (
        counted.with_columns(enough.alias("granted"))
        .with_columns(
            line_given.alias("line_fen"),
            pl.when("granted")
            .then(pl.col("_whole") - kept)
            .otherwise(0)
            .cast(pl.Int64)
            .alias("cut_fen"),
        )
        .drop("_whole")
        .sort(*village, nulls_last=True)
    )


def exposure_change(
    before: pl.DataFrame, after: pl.DataFrame, *, by: Sequence[str] = ("county",)
) -> pl.DataFrame:
    """Return what a change of lines, mark-ups or grades does to exposure, area by area.

    Parameters
    ----------
    before, after : polars.DataFrame
        Of `exposure`, by the same areas.
    by : sequence of str, default ("county",)

    Returns
    -------
    polars.DataFrame
        Area, then for each figure both have: ``<figure>_before``, ``<figure>_after``,
        ``<figure>_change``. An area that only one of them has counts as zero in the other.

    Raises
    ------
    SubjectError
        If an area's column is missing.

    Examples
    --------
    >>> old = exposure(pl.DataFrame({"county": ["x"], "line_fen": [1_000]}))
    >>> new = exposure(pl.DataFrame({"county": ["x", "y"], "line_fen": [400, 100]}))
    >>> exposure_change(old, new).select("county", "line_fen_change").rows()
    [('x', -600), ('y', 100)]
    """
    refuse([*lacking(by, before.columns), *lacking(by, after.columns)])
    figures = [name for name in before.columns if name in after.columns and name not in by]
    first = before.select(*by, pl.col(figures).name.suffix("_before"))
    second = after.select(*by, pl.col(figures).name.suffix("_after"))
    both = first.join(second, on=list(by), how="full", coalesce=True, nulls_equal=True)
    both = both.with_columns(pl.exclude(*by).fill_null(0))
    told = []
    for name in figures:
        was, now = pl.col(f"{name}_before"), pl.col(f"{name}_after")
        told += [was, now, (now - was).alias(f"{name}_change")]
    return both.select(*by, *told).sort(*by, nulls_last=True)


def _wide(name: str) -> pl.Expr:
    """Return a column wide enough for its products and sums; a narrow one would wrap round."""
    return pl.col(name).cast(pl.Int128)


def _money_problems(
    frame: pl.DataFrame, columns: Mapping[str, int] | Sequence[str]
) -> list[Problem]:
    """Return what is wrong with columns of money: missing, not whole fen, negative."""
    problems = []
    for name in columns:
        if name not in frame.columns:
            problems.append(no_column(name, frame.columns))
        elif not frame[name].dtype.is_integer():
            problems.append(
                Problem(
                    tr("money must be whole fen", "金额须为整数分"),
                    str(frame[name].dtype),
                    tr("multiply yuan by 100 and round", "请将元乘以 100 并取整"),
                    name,
                )
            )
        elif negative := int((frame[name] < 0).sum()):
            problems.append(
                Problem(
                    tr("money is negative", "金额为负"),
                    rows(negative),
                    where=name,
                )
            )
        elif large := int((frame[name].cast(pl.Int128) > _LARGEST).sum()):
            problems.append(
                Problem(
                    tr("the amount is above ten trillion yuan", "金额超过十万亿元"),
                    rows(large),
                    where=name,
                )
            )
    return problems
