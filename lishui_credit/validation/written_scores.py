"""Scores of 32 bits as the decimals they are written as, so that they compare with a cut-off."""

from __future__ import annotations

import numpy as np
import polars as pl

from lishui_credit.statistics.outcomes import Values
from lishui_credit.tables.free_columns import shortest


def as_written(values: Values) -> Values:
    """Return floats of 32 bits as the doubles of their shortest decimals, anything else as it is.

    >>> as_written(np.array([0.7], dtype=np.float32)).tolist()
    [0.7]
    """
    kind = getattr(values, "dtype", None)
    if kind not in (pl.Float32, np.float32):
        return values
    found = values if isinstance(values, pl.Series) else pl.Series(np.asarray(values))
    return shortest(found).to_numpy()
