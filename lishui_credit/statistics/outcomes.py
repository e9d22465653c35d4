"""Outcomes and the scores or PDs given to them: check all columns at once, rank subjects by risk.

`ranked` is the one place that sorts. Discrimination, curves and their resampling read its levels:
one row per distinct risk, riskiest first, with the bads and goods that share it, so ties are
never broken by the order of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr

if TYPE_CHECKING:
    from narwhals.typing import IntoSeries

Values: TypeAlias = "Sequence[Any] | NDArray[Any] | IntoSeries"
"""A column of any kind: list, numpy array, polars or pandas series."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval and, where something is tested, its p-value.

    Parameters
    ----------
    value : float
        The figure.
    low, high : float, optional
        Ends of the interval; None where none was asked for or none exists.
    level : float, default 0.95
        Confidence of the interval, 0 to 1.
    p : float, optional
        p-value of the test that the function names.
    """

    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """Columns that passed `checked`, as float arrays of one length."""

    y: Floats
    columns: dict[str, Floats]
    weights: Floats | None

    @property
    def w(self) -> Floats:
        """Weights, ones where none were given."""
        return np.ones(len(self.y)) if self.weights is None else self.weights


def _numbers(name: str, values: Values, problems: list[Problem]) -> Floats:
    try:
        found = np.asarray(values)
        if found.dtype.kind not in "biuf":
            found = np.array([np.nan if value is None else value for value in found.ravel()])
        numbers = found.astype(np.float64)
    except (TypeError, ValueError):
        problems.append(
            Problem(tr("must be numbers", "必须是数字"), str(np.asarray(values).dtype), where=name)
        )
        return np.zeros(len(values))
    if numbers.ndim != 1:
        problems.append(Problem(tr("must be one column", "必须是一列"), str(found.shape), "", name))
        return np.zeros(len(numbers))
    return numbers


def _count(name: str, wrong: NDArray[np.bool_], what: str, hint: str = "") -> list[Problem]:
    count = int(wrong.sum())
    if not count:
        return []
    first = int(np.argmax(wrong))
    found = tr(f"{count} rows, first row {first}", f"{count} 行,首行为第 {first} 行")
    return [Problem(what, found, hint, name)]


def _column(name: str, numbers: Floats) -> list[Problem]:
    nan = np.isnan(numbers)
    problems = _count(
        name,
        nan,
        tr("a value is missing or NaN", "存在缺失值或 NaN"),
        tr("drop or score these rows first, and count them", "请先剔除或评分这些行,并记录数量"),
    )
    problems += _count(name, np.isinf(numbers), tr("a value is infinite", "存在无穷值"))
    if name == "pd":
        outside = ~nan & ((numbers < 0) | (numbers > 1))
        problems += _count(
            name, outside, tr("a PD lies outside 0 to 1", "违约概率不在 0 到 1 之间")
        )
    if name == "weights":
        problems += _count(name, numbers < 0, tr("a weight is negative", "权重为负"))
        if not numbers.sum() > 0 and not nan.any():
            problems.append(Problem(tr("all weights are zero", "权重全部为零"), where=name))
    return problems


def checked(
    y: Values, *, weights: Values | None = None, classes: bool = True, **columns: Values
) -> Checked:
    """Return outcomes and their columns as float arrays, or every problem they have at once.

    y is 1 bad, 0 good; weights are not negative and not all zero; a column named ``pd`` lies in 0 to 1;
    with `classes` both classes must occur, with some weight.
    """
    problems: list[Problem] = []
    outcome = _numbers("y", y, problems)
    strange = ~((outcome == 0) | (outcome == 1))
    problems += _count(
        "y",
        strange,
        tr("an outcome is neither 0 (good) nor 1 (bad)", "结果既不是 0(好)也不是 1(坏)"),
        tr("code bad as 1, good as 0, and drop undecided rows", "坏编码为 1,好为 0,未定的行剔除"),
    )
    found = {name: _numbers(name, values, problems) for name, values in columns.items()}
    if weights is not None:
        found["weights"] = _numbers("weights", weights, problems)
    for name, numbers in found.items():
        if len(numbers) != len(outcome):
            problems.append(
                Problem(
                    tr("lengths differ", "长度不一致"),
                    f"y {len(outcome)}, {name} {len(numbers)}",
                    where=name,
                )
            )
        problems += _column(name, numbers)
    w = found.pop("weights", None)
    if classes and not strange.any() and (w is None or len(w) == len(outcome)):
        heavy = outcome if w is None else outcome[w > 0]
        bads, goods = int((heavy == 1).sum()), int((heavy == 0).sum())
        if not bads or not goods:
            problems.append(
                Problem(
                    tr("both outcomes are needed, bad and good", "需要同时有好、坏两类结果"),
                    tr(f"{bads} bads, {goods} goods", f"坏 {bads},好 {goods}"),
                    tr("widen the sample or the window", "请扩大样本或表现期"),
                    "y",
                )
            )
    refuse(problems)
    return Checked(outcome, found, w)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Distinct risks, riskiest first, with the weight of bads and goods at each, shape (k,).

    Squared weights are for variances; ``level_of`` is the level of each row, shape (n,).
    """

    risk: Floats
    bads: Floats
    goods: Floats
    bads_squared: Floats
    goods_squared: Floats
    n_bads: int
    n_goods: int
    level_of: NDArray[np.int64]


def ranked(y: Floats, risk: Floats, weights: Floats | None = None) -> Ranked:
    """Return the levels of a checked risk, riskiest first. Cost: one sort, O(n log n)."""
    order = np.argsort(risk)[::-1]
    falling = risk[order]
    new = np.empty(len(falling), dtype=bool)
    new[0], new[1:] = True, falling[1:] != falling[:-1]
    place = np.cumsum(new) - 1
    level_of = np.empty(len(risk), dtype=np.int64)
    level_of[order] = place
    w = np.ones(len(y)) if weights is None else weights
    size = int(place[-1]) + 1

    def total(amounts: Floats) -> Floats:
        return np.bincount(place, weights=amounts[order], minlength=size).astype(np.float64)

    bads, both = total(w * y), total(w)
    bads_squared, both_squared = (
        (bads, both) if weights is None else (total(w * w * y), total(w * w))
    )
    n_bads = int(y.sum())
    return Ranked(
        risk=falling[new],
        bads=bads,
        goods=total(w * (1 - y)) if weights is not None else both - bads,
        bads_squared=bads_squared,
        goods_squared=total(w * w * (1 - y))
        if weights is not None
        else both_squared - bads_squared,
        n_bads=n_bads,
        n_goods=len(y) - n_bads,
        level_of=level_of,
    )


def ranked_risks(y: Values, risk: Values, weights: Values | None = None) -> Ranked:
    """Return the levels of a risk that is checked here, riskiest first; see `checked`, `ranked`."""
    good = checked(y, weights=weights, risk=risk)
    return ranked(good.y, good.columns["risk"], good.weights)


def roc_area(bads: Floats, goods: Floats) -> float:
    """Return the chance that a bad is riskier than a good, ties half: the area under the ROC curve.

    Of bads and goods per level, riskiest first.

    Examples
    --------
    >>> roc_area(np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]))
    0.875
    """
    less_risky = goods.sum() - np.cumsum(goods) + goods / 2
    return float(bads @ less_risky / (bads.sum() * goods.sum()))


def bands(amounts: Floats, count: int) -> NDArray[np.int64]:
    """Return a band, 0 to count - 1, for each level, by equal weight, never splitting a level.

    A level belongs where the middle of its weight falls, so bands differ in size where ties are
    heavy, and some may be empty.

    Examples
    --------
    >>> bands(np.array([1.0, 1.0, 6.0, 1.0, 1.0]), 2)
    array([0, 0, 1, 1, 1])
    """
    middle = np.cumsum(amounts) - amounts / 2
    whole = amounts.sum()
    band: NDArray[np.int64] = np.minimum((middle * count / whole).astype(np.int64), count - 1)
    return band


def labels(values: Values) -> pl.Series:
    """Return labels as a series of text; null stays null."""
    found = values if isinstance(values, pl.Series) else pl.Series(list(values))
    return found.cast(pl.String)


def ordered(found: pl.Series, order: Sequence[str] | None, name: str) -> list[str]:
    """Return the distinct labels in the order given, or sorted, numbers as numbers.

    Labels outside the order, and an order that repeats a label, are refused.

    Examples
    --------
    >>> ordered(pl.Series(["10", "2"]), None, "grades"), ordered(pl.Series(["B"]), ["A", "B"], "")
    (['2', '10'], ['A', 'B'])
    """
    present: list[str] = found.drop_nulls().unique().sort().to_list()
    if order is None:
        numbers = pl.Series(present, dtype=pl.String).cast(pl.Float64, strict=False)
        return present if numbers.null_count() else sorted(present, key=float)
    wanted = [str(label) for label in order]
    strangers = [label for label in present if label not in wanted]
    repeated = sorted({label for label in wanted if wanted.count(label) > 1})
    problems = [
        Problem(
            what,
            tr(", ", "、").join(bad[:8]),
            tr("list every label once, best first", "请从优到劣列出全部标签,不重复"),
            name,
        )
        for bad, what in (
            (strangers, tr("a label is missing in the order given", "给定顺序中缺少标签")),
            (repeated, tr("the order repeats a label", "给定顺序中有重复标签")),
        )
        if bad
    ]
    refuse(problems)
    return wanted


def grade_places(
    grades: Values, order: Sequence[str] | None, rows: int
) -> tuple[list[str], NDArray[np.int64]]:
    """Return the scale, best grade first, and each row's place on it; every row needs a grade."""
    named = labels(grades)
    if len(named) != rows or named.null_count():
        raise SubjectError(
            tr("every row needs a grade", "每行都需要等级"),
            tr(
                f"{len(named)} grades, {named.null_count()} missing, {rows} rows",
                f"{len(named)} 个等级,缺失 {named.null_count()},共 {rows} 行",
            ),
            "",
            "grades",
        )
    scale = ordered(named, order, "grades")
    places = named.replace_strict(scale, list(range(len(scale))), return_dtype=pl.Int64)
    return scale, places.to_numpy()
