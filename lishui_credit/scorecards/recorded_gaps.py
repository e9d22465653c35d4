"""Recording artefacts: gaps and codes that go with the outcome so closely that one may follow the other.

A value that is missing mostly for bads may have been filled in later for those who paid. Whether it was
known at the time of the decision only a person can say, so nothing is ever left out by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.errors import refuse
from lishui_credit.scorecards.bins.process import SpecialCodes
from lishui_credit.scorecards.features import features, target
from lishui_credit.statistics.outcomes import Flags, Values
from lishui_credit.statistics.proportions import quantile
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import Frame

ODDS_FROM: Final = 3.0
"""An artefact multiplies or divides the odds of bad by at least this, also at the near end of its interval."""
LEAST_ROWS: Final = 30
"""Rows with the gap or code, and rows without it, that are needed."""
GAP: Final = "missing"
ARTEFACT: Final = "artefact"

SCHEMA: Final = {
    "feature": pl.String(), "value": pl.String(), "rows": pl.Int64(), "bads": pl.Int64(),
    "bad_rate": pl.Float64(), "bad_rate_else": pl.Float64(), "odds_ratio": pl.Float64(),
    "low": pl.Float64(), "high": pl.Float64(), "share_of_bads": pl.Float64(), "note": pl.String(),
}  # fmt: skip


def recording_artefacts(
    X: Frame,
    y: Values,
    *,
    codes: Mapping[str, SpecialCodes] | None = None,
    least_rows: int = LEAST_ROWS,
    odds_from: float = ODDS_FROM,
    level: float = 0.95,
) -> pl.DataFrame:
    """Return how the outcome goes with each column's gap, and with each of its codes.

    With a and b bads and goods that have the gap, c and d those that have it not, the odds ratio is
    ``(a + ½)(d + ½) / ((b + ½)(c + ½))``; its logarithm has the variance
    ``1/(a + ½) + 1/(b + ½) + 1/(c + ½) + 1/(d + ½)``. The confidence is shared out among all gaps and
    codes looked at (Bonferroni).

    Parameters
    ----------
    X : frame, shape (n, k)
    y : array-like, shape (n,)
        1 bad, 0 good.
    codes : mapping of str to sequence or mapping, optional
        Special codes by column, as `BinningProcess` takes them.
    least_rows : int, default 30
        A gap or code of fewer rows, or with fewer rows beside it, is not looked at.
    odds_from : float, default 3
        Above 1.
    level : float, default 0.95
        Confidence of all intervals together, 0 to 1.

    Returns
    -------
    pl.DataFrame
        One row per gap or code, the farthest from 1 first: ``feature``, ``value`` ("missing" or the
        code), ``rows``, ``bads``, ``bad_rate``, ``bad_rate_else`` of the other rows (0 to 1),
        ``odds_ratio`` with ``low`` and ``high``, ``share_of_bads`` (of all bads, 0 to 1), ``note``
        ("artefact" where the interval lies beyond `odds_from` or its inverse, else null).

    Raises
    ------
    SubjectError
        If the frame or the outcome cannot be used, or codes are given for a column that is absent.

    References
    ----------
    Haldane (1956), Annals of Human Genetics 20; Gart (1966), Biometrics 22: the halves. Kaufman, Rosset
    and Perlich (2011), Leakage in data mining, KDD 17.

    Examples
    --------
    >>> frame = pl.DataFrame({"debt": [None] * 100 + [1.0] * 300, "age": [40] * 400})
    >>> bad = [1] * 60 + [0] * 40 + [1] * 30 + [0] * 270
    >>> recording_artefacts(frame, bad).select("feature", "rows", "bad_rate", "note").rows()
    [('debt', 100, 0.6, 'artefact')]
    """
    frame = features(X)
    refuse(lacking(codes or {}, frame.columns))
    return artefacts_of(frame, target(y, frame.height) == 1, codes, least_rows, odds_from, level)


def artefacts_of(
    frame: pl.DataFrame,
    bad: Flags,
    codes: Mapping[str, SpecialCodes] | None,
    least_rows: int = LEAST_ROWS,
    odds_from: float = ODDS_FROM,
    level: float = 0.95,
) -> pl.DataFrame:
    """Return the gaps and codes of a frame that `features` has read; see `recording_artefacts`."""
    bads, rows = int(bad.sum()), len(bad)
    held = [
        (name, value, has)
        for name, value, has in _gaps(frame, codes or {})
        if least_rows <= has.sum() <= rows - least_rows
    ]
    z = quantile(1 - (1 - level) / max(1, len(held)))
    found: list[dict[str, Any]] = []
    for name, value, has in held:
        count, a = int(has.sum()), int(bad[has].sum())
        cells = np.array([a, count - a, bads - a, rows - count - (bads - a)]) + 0.5
        line = float(np.log(cells[0] * cells[3] / (cells[1] * cells[2])))
        reach = z * float(np.sqrt((1 / cells).sum()))
        told = abs(line) - reach >= np.log(odds_from)
        found.append({
            "feature": name, "value": value, "rows": count, "bads": a, "bad_rate": a / count,
            "bad_rate_else": (bads - a) / (rows - count), "odds_ratio": np.exp(line),
            "low": np.exp(line - reach), "high": np.exp(line + reach), "share_of_bads": a / bads,
            "note": ARTEFACT if told else None,
        })  # fmt: skip
    found.sort(key=lambda row: -abs(np.log(row["odds_ratio"])))
    return pl.DataFrame(found, schema=SCHEMA)


def _gaps(
    frame: pl.DataFrame, codes: Mapping[str, SpecialCodes]
) -> Iterator[tuple[str, str, Flags]]:
    """Yield each column's gap and codes, with the rows that have them."""
    for column in frame.iter_columns():
        if column.null_count():
            yield column.name, GAP, column.is_null().to_numpy()
        for code in codes.get(column.name, ()):
            same = (column == code).fill_null(value=False)
            yield column.name, f"{code:g}", same.to_numpy()
