"""Every cut-off of a score: who is approved, how many turn bad, what is lost and what is earned.

One sort and sums per cell; a cell is what lies between two neighbouring cut-offs. Sums are integers
and exact. Intervals are those of a bootstrap of loans, drawn by cell: the number of goods and bads
per cell is multinomial, as when loans are drawn one by one; the money of the m loans drawn in a
cell is normal with the mean and variance of m draws from it. Only that normal shape is an
approximation, and only within a cell; with one amount for all loans nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.cutoffs.books import Book, CutOff
from lishui_credit.cutoffs.money import Products, money
from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64 | np.float64]

Approve = CutOff | Sequence[bool] | NDArray[np.bool_] | pl.Series
"""Whom a policy approves: from a cut-off on, or a decision for every loan."""

CUT_OFFS: Final = 200
"""Most cut-offs swept unless told otherwise."""

_LEAST_REPEATS: Final = 20
_SPAN: Final = 2**16


@dataclass(frozen=True, slots=True)
class Best:
    """The cut-off with most profit, and those that cannot be told from it.

    Parameters
    ----------
    cut_off : int, float or str or None
        Approve from here on; None is to approve none.
    approval_rate : float
        Share approved, 0 to 1.
    profit_fen : int
        Its profit on the book.
    profit_low, profit_high : int or None
        Interval of that profit.
    strictest, loosest : int, float, str or None
        Ends of the plateau: the outermost cut-offs whose shortfall is not distinguishable from
        zero. None is to approve none; equal to `cut_off` without intervals.
    """

    cut_off: CutOff | None
    approval_rate: float
    profit_fen: int
    profit_low: int | None
    profit_high: int | None
    strictest: CutOff | None
    loosest: CutOff | None


def sweep(
    book: Book,
    terms: Products,
    *,
    product: str | None = None,
    cut_offs: int | Sequence[CutOff] = CUT_OFFS,
    repeats: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> pl.DataFrame:
    """Return one row per cut-off, from approving none to approving all.

    Parameters
    ----------
    book : Book
        n loans with outcomes. Figures are about loans that were granted; who was declined before
        the book was made is not in them.
    terms : Terms or mapping of product to Terms
        Of the one product, or one set for every value of a segment of products.
    product : str, optional
        The segment that names products.
    cut_offs : int or sequence, default 200
        At most so many distinct scores, with about equal numbers of loans between them; or the
        cut-offs themselves, in the file's own terms (scores or grades).
    repeats : int, default 200
        Bootstrap draws, 20 or more; 0 for no intervals. Cost: repeats x cut-offs, whatever n.
    level : float, default 0.95
        Confidence of the (percentile) intervals, above 0 and below 1.
    seed : int, default 0
        The same seed gives the same intervals.

    Returns
    -------
    polars.DataFrame, one row per cut-off
        ``cut_off`` in the file's own terms (null: approve none), ``approved``, ``bads`` (of the
        approved), and each with ``_low`` and ``_high``: ``approval_rate``, ``bad_rate_approved``,
        ``bad_rate_declined`` (null where nobody is), ``captured_bads`` (share of all bads that is
        declined), ``realised_loss_fen`` (credit loss on the approved bads), ``expected_loss_fen``
        (sum of PD x credit loss over the approved; only with a PD), ``profit_fen`` and
        ``short_of_best_fen`` (profit of the best cut-off less this one, drawn in pairs).
        ``plateau``: whether that shortfall's interval reaches zero; null without intervals.

    Raises
    ------
    SubjectError
        If cut-offs, repeats or the level make no sense, or a product has no terms.

    Notes
    -----
    The best cut-off is chosen on the same loans, so its profit is flattered; the plateau says how
    little the choice is known. Confirm it on loans the choice has not seen. A cut-off inside the
    plateau may miss the flag where all loans between it and the next are good: in no draw do they
    cost anything.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and Their Application, Cambridge, chapters 2-3.
    Thomas, Crook and Edelman (2017), Credit Scoring and Its Applications, SIAM, 2nd ed., for
    cut-offs by profit.

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({"score": [1, 2, 3], "bad": [1, 0, 0], "amount_fen": [10_000] * 3})
    >>> found = sweep(book(frame), Terms(800, 300), repeats=0)
    >>> found.select("cut_off", "approved", "bads", "captured_bads", "profit_fen").rows()
    [(None, 0, 0, 1.0, 0), (3, 1, 0, 1.0, 500), (2, 2, 0, 1.0, 1000), (1, 3, 1, 0.0, -3250)]
    """
    _sensible(repeats, level)
    points = _points(book, cut_offs)
    cells = _cells(book, terms, product, points)
    value = {name: _figures(sums) for name, sums in cells.sums.items()}
    best = int(np.argmax(value["profit_fen"]))
    found = _columns(cells.counts, value, best)
    columns: dict[str, pl.Series] = {
        "cut_off": book.own(pl.Series([None, *points.tolist()], dtype=book.frame["score"].dtype)),
        "approved": pl.Series(_figures(cells.counts.sum(axis=1))),
        "bads": pl.Series(_figures(cells.counts[:, 1])),
    }
    drawn = _drawn(cells, repeats, seed, best) if repeats else {}
    for name, values in found.items():
        whole = name.endswith("_fen")
        columns[name] = _series(values, whole)
        low, high = _ends(drawn[name], level) if drawn else np.full((2, len(points) + 1), np.nan)
        columns[f"{name}_low"] = _series(low, whole)
        columns[f"{name}_high"] = _series(high, whole)
    flat = columns["short_of_best_fen_low"] <= 0
    return pl.DataFrame({**columns, "plateau": flat})


def best(swept: pl.DataFrame) -> Best:
    """Return the row with most profit and the plateau around it.

    Of equal profits the strictest cut-off is the best.

    Parameters
    ----------
    swept : polars.DataFrame
        From `sweep`.

    Returns
    -------
    Best

    Examples
    --------
    >>> from lishui_credit.cutoffs.books import book
    >>> from lishui_credit.pricing.terms import Terms
    >>> frame = pl.DataFrame({"score": [1, 2, 3], "bad": [1, 0, 0], "amount_fen": [10_000] * 3})
    >>> found = best(sweep(book(frame), Terms(800, 300), repeats=100))
    >>> found.cut_off, found.profit_fen, found.strictest, found.loosest
    (2, 1000, None, 1)
    """
    place = swept["profit_fen"].arg_max() or 0
    flat = [place, *swept["plateau"].fill_null(False).arg_true()]
    row = swept.row(place, named=True)
    return Best(
        cut_off=row["cut_off"],
        approval_rate=row["approval_rate"],
        profit_fen=row["profit_fen"],
        profit_low=row["profit_fen_low"],
        profit_high=row["profit_fen_high"],
        strictest=swept["cut_off"][min(flat)],
        loosest=swept["cut_off"][max(flat)],
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """Counts and money between neighbouring cut-offs, strictest first; columns are good and bad."""

    counts: NDArray[np.int64]  # (k, 2)
    sums: dict[str, Numbers]  # (k,) over both classes: int64, or float64 where a PD is in it
    means: dict[str, Floats]  # (k, 2)
    spreads: dict[str, Floats]  # (k, 2): standard deviation of one loan


def _sensible(repeats: int, level: float) -> None:
    problems = []
    if repeats and repeats < _LEAST_REPEATS:
        what = tr("an interval needs 20 repeats or more", "区间至少重复 20 次")
        hint = tr("0 leaves intervals out", "0 表示不计算区间")
        problems.append(Problem(what, str(repeats), hint, "repeats"))
    if not 0 < level < 1:
        what = tr("a confidence level must lie between 0 and 1", "置信水平须在 0 与 1 之间")
        problems.append(Problem(what, str(level), "0.95", "level"))
    if problems:
        raise SubjectError(problems)


def _points(book: Book, cut_offs: CutOff | Sequence[CutOff]) -> Numbers:
    """Return the cut-offs on the book's scale, strictest first; the last approves everybody."""
    scores = book.frame["score"].to_numpy()
    if not isinstance(cut_offs, int):
        one = np.ndim(cut_offs) == 0
        several = [cast(CutOff, cut_offs)] if one else cast(Sequence[CutOff], cut_offs)
        asked = np.unique(on_scale(book, several)).astype(scores.dtype)[::-1]
        lowest = scores.min()
        return asked if len(asked) and asked[-1] <= lowest else np.append(asked, lowest)
    if cut_offs < 1:
        what = tr("a sweep needs one cut-off or more", "至少需要一个分数线")
        raise SubjectError(what, str(cut_offs), "", "cut_offs")
    ranked = np.sort(scores)
    first = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    if len(first) > cut_offs:
        wanted = np.arange(cut_offs) * len(ranked) / cut_offs
        first = np.unique(first[np.searchsorted(first, wanted, side="right") - 1])
    return np.asarray(ranked[first[::-1]])


def on_scale(book: Book, cut_offs: Sequence[CutOff]) -> Numbers:
    """Return cut-offs given in the file's own terms on the book's scale, higher better."""
    whole = book.frame["score"].dtype.is_integer()
    problem = None
    if book.order:
        strange = [str(name) for name in cut_offs if name not in book.order]
        if strange:
            what = tr("grades not in the order of the book", "等级不在本表的顺序中")
            problem = Problem(what, ", ".join(strange), ", ".join(book.order), "cut_offs")
        else:
            return np.array([len(book.order) - 1 - book.order.index(name) for name in cut_offs])
    else:
        try:
            numbers = np.asarray(cut_offs, dtype=np.float64)
        except (TypeError, ValueError):
            numbers = np.array([np.nan])
        if not np.isfinite(numbers).all():
            what = tr("cut-offs must be finite numbers", "分数线应为有限的数")
            problem = Problem(what, str(list(cut_offs)[:5]), "", "cut_offs")
        elif whole and (numbers != numbers.round()).any():
            what = tr("whole scores need whole cut-offs", "评分为整数时分数线也应为整数")
            problem = Problem(what, str(list(cut_offs)[:5]), "", "cut_offs")
    if problem is not None:
        raise SubjectError(problem)
    exact: Numbers = np.asarray(cut_offs, dtype=np.int64 if whole else np.float64)
    return np.negative(exact) if book.higher == "worse" else exact


def approved(book: Book, approve: Approve) -> NDArray[np.bool_]:
    """Return who is approved, shape (n,): by a cut-off, or as a policy has decided every loan."""
    if np.ndim(approve) == 0:
        (cut_off,) = on_scale(book, [cast(CutOff, approve)])
        return np.asarray(book.frame["score"].to_numpy() >= cut_off)
    decided = np.asarray(approve)
    if decided.dtype != np.bool_ or decided.shape != (book.rows,):
        what = tr("decisions must be one boolean per loan", "决策须为每笔贷款一个布尔值")
        found = tr(
            f"{decided.dtype}, shape {decided.shape}, {book.rows:,} loans",
            f"{decided.dtype},形状 {decided.shape},共 {book.rows:,} 笔",
        )
        raise SubjectError(what, found, where="approve")
    return decided


def _cells(book: Book, terms: Products, product: str | None, points: Numbers) -> _Cells:
    """Return exact sums and the moments of one loan, by cell and class."""
    k, bad = len(points), book.frame["bad"].to_numpy()
    reached = _reached(points[::-1], book.frame["score"].to_numpy())
    # Numpy sorts 16-bit keys by counting, and a stable order reads each cell front to back.
    key = (2 * (k - reached) + bad).astype(np.uint16 if k < 2**15 else np.int64)
    order = np.argsort(key, kind="stable")
    counts = np.bincount(key, minlength=2 * k)
    full = counts > 0
    starts = (np.cumsum(counts) - counts)[full]
    of = money(book, terms, product=product)
    rows: dict[str, Numbers] = {
        "realised_loss_fen": of.credit_loss * bad,
        "profit_fen": of.profit,
    }
    if "pd" in book.frame.columns:
        rows["expected_loss_fen"] = of.credit_loss * book.frame["pd"].to_numpy()
    sums, means, spreads = {}, {}, {}
    for name, values in rows.items():
        here = values[order]
        total = np.zeros(2 * k, dtype=here.dtype)
        total[full] = np.add.reduceat(here, starts)
        mean = total / np.maximum(counts, 1)
        centre = float(here.mean())  # less cancellation in the squares
        away = here - centre
        about = np.zeros(2 * k)
        about[full] = np.add.reduceat(np.square(away, out=away), starts) / counts[full]
        about[full] -= (mean[full] - centre) ** 2
        sums[name] = total.reshape(k, 2).sum(axis=1)
        means[name] = mean.reshape(k, 2)
        spreads[name] = np.sqrt(np.maximum(about, 0.0)).reshape(k, 2)
    return _Cells(counts.reshape(k, 2), sums, means, spreads)


def _reached(rising: Numbers, scores: Numbers) -> NDArray[np.int64]:
    """Return how many of the cut-offs each score reaches."""
    if scores.dtype.kind == "i":
        low, high = int(scores.min()), int(scores.max())
        if high - low < _SPAN:  # whole points are looked up, not searched for
            table = np.searchsorted(rising, np.arange(low, high + 1), side="right")
            return np.asarray(table[scores - low])
    return np.searchsorted(rising, scores, side="right")


def _figures(sums: Numbers) -> Numbers:
    """Return what each cut-off approves: nothing first, then sums of cells from the top."""
    return np.concatenate((np.zeros_like(sums[..., :1]), np.cumsum(sums, axis=-1)), axis=-1)


def _columns(
    counts: NDArray[np.int64], value: Mapping[str, Numbers], best: int
) -> dict[str, Numbers]:
    """Return every figure with an interval; leading axes (draws) pass through."""
    goods, bads = _figures(counts[..., 0]), _figures(counts[..., 1])
    approved = goods + bads
    everyone, all_bads = approved[..., -1:], bads[..., -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "approval_rate": approved / everyone,
            "bad_rate_approved": bads / approved,
            "bad_rate_declined": (all_bads - bads) / (everyone - approved),
            "captured_bads": 1 - bads / all_bads,
        }
    profit = value["profit_fen"]
    return {**found, **value, "short_of_best_fen": profit[..., best : best + 1] - profit}


def _drawn(cells: _Cells, repeats: int, seed: int, best: int) -> dict[str, Numbers]:
    """Return every figure in every draw, shape (repeats, cut-offs)."""
    rng = np.random.default_rng(seed)
    total = int(cells.counts.sum())
    shares = (cells.counts / total).ravel()
    counts = rng.multinomial(total, shares / shares.sum(), size=repeats)
    counts = counts.reshape(repeats, *cells.counts.shape)
    noise = np.sqrt(counts) * rng.standard_normal(counts.shape)
    drawn = {
        name: _figures((counts * cells.means[name] + noise * cells.spreads[name]).sum(axis=-1))
        for name in cells.sums
    }
    return _columns(counts, drawn, best)


def _ends(drawn: Numbers, level: float) -> Floats:
    """Return the ends of the percentile interval per cut-off, shape (2, k), NaN without draws."""
    shares = [(1 - level) / 2, (1 + level) / 2]
    ends = np.full((2, drawn.shape[1]), np.nan)
    known = np.isfinite(drawn)
    full = known.all(axis=0)
    ends[:, full] = np.quantile(drawn[:, full], shares, axis=0)
    for place in np.flatnonzero(~full & known.any(axis=0)):
        ends[:, place] = np.quantile(drawn[known[:, place], place], shares)
    return ends


def _series(values: Numbers, whole: bool) -> pl.Series:
    series = pl.Series(values)
    if not series.dtype.is_float():
        return series
    series = series.fill_nan(None)
    return series.round().cast(pl.Int64) if whole else series
