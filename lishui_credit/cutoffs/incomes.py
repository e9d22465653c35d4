"""An income shock: what a fall of incomes does to the score, by scoring the same people again.

The mean fall is handed to the stress as `Shock.score_points`: there every loan's odds move by the
slope of the book. Whose score falls most is not kept; the table of `income_falls` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from lishui_credit.cutoffs.book_checks import not_numbers
from lishui_credit.cutoffs.shocks import Shock
from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.policies.policy import WHOLE
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import as_polars

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


def income_shock(
    score: Callable[[pl.DataFrame], ArrayLike],
    frame: IntoFrame,
    incomes: Sequence[str],
    *,
    fall_bp: int,
    higher: Literal["better", "worse"] = "better",
) -> Shock:
    """Return the shock of incomes that fall by a share for everybody.

    Parameters
    ----------
    score : callable
        Scores a frame: a card's ``score``, a rubric's, a bank's own; one finite number per row.
    frame : polars, pandas, pyarrow or any narwhals frame, shape (n, any)
        What the score reads, with the incomes.
    incomes : sequence of str
        Columns that fall. Only what is above zero falls; integers stay integers, rounded down.
    fall_bp : int
        By how much, basis points of each income, 1 to 10,000.
    higher : {"better", "worse"}, default "better"
        What a higher score means.

    Returns
    -------
    Shock
        ``score_points``: mean fall of the score, in its own unit, positive for the worse.

    Raises
    ------
    SubjectError
        If columns are absent or no numbers, the share is out of range, nobody is in the frame, or
        the score gives something else than a finite number per row.

    Examples
    --------
    >>> people = pl.DataFrame({"income": [1000, 3000], "debt": [500, 500]})
    >>> income_shock(lambda f: f["income"] / 100 - f["debt"] / 100, people, ["income"], fall_bp=2000)
    Shock(bad_odds=1.0, bad_rate=1.0, lgd_bp=0, funding_bp=0, rate_bp=0, score_points=4.0)
    """
    falls = income_falls(score, frame, incomes, fall_bp=fall_bp, higher=higher)["fall"]
    return Shock(score_points=float(np.mean(falls.to_numpy())))


def income_falls(
    score: Callable[[pl.DataFrame], ArrayLike],
    frame: IntoFrame,
    incomes: Sequence[str],
    *,
    fall_bp: int,
    higher: Literal["better", "worse"] = "better",
) -> pl.DataFrame:
    """Return everybody's score before and after incomes fall.

    Parameters and errors as in `income_shock`.

    Returns
    -------
    polars.DataFrame, shape (n, 3)
        ``before``, ``after``, ``fall`` (positive for the worse), in the order of the frame.

    Examples
    --------
    >>> people = pl.DataFrame({"income": [1000, 0]})
    >>> income_falls(lambda f: f["income"] / 100, people, ["income"], fall_bp=5000).rows()
    [(10.0, 5.0, 5.0), (0.0, 0.0, 0.0)]
    """
    table = as_polars(frame)
    problems = lacking(incomes, table.columns)
    for name in incomes:
        problems += not_numbers(table[name], name) if name in table.columns else []
    if not incomes:
        problems.append(Problem(tr("no income is named", "未指明收入列"), where="incomes"))
    if not (isinstance(fall_bp, int) and 1 <= fall_bp <= WHOLE):
        what = tr("fall_bp must be 1 to 10,000 basis points", "降幅应为 1 至 10,000 基点")
        problems.append(Problem(what, repr(fall_bp), tr("20% is 2000", "20% 记为 2000"), "fall_bp"))
    if higher not in ("better", "worse"):
        problems.append(Problem(tr("no such choice", "没有该选项"), repr(higher), "better, worse"))
    if table.is_empty():
        problems.append(Problem(tr("there are no rows to score", "没有可评分的行")))
    refuse(problems)
    fallen = [_fallen(name, table.schema[name], fall_bp) for name in incomes]
    before, after = (
        _numbers(score(part), table.height) for part in (table, table.with_columns(fallen))
    )
    fall = before - after if higher == "better" else after - before
    return pl.DataFrame({"before": before, "after": after, "fall": fall})


def _fallen(name: str, kind: pl.DataType, fall_bp: int) -> pl.Expr:
    own = pl.col(name)
    if kind.is_integer():
        left = (own.cast(pl.Int128) * (WHOLE - fall_bp) // WHOLE).cast(kind)
    else:
        left = own * ((WHOLE - fall_bp) / WHOLE)
    return pl.when(own > 0).then(left).otherwise(own).alias(name)


def _numbers(given: ArrayLike, rows: int) -> NDArray[np.float64]:
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != (rows,) or not np.isfinite(found).all():
        what = tr("the score does not give one finite number per row", "评分未对每行给出有限的数")
        raise SubjectError(what, f"shape {found.shape}, {rows:,}", where="score")
    return found
