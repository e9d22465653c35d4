"""Are subjects heaped in few grades: Herfindahl indices and the ECB's test against the start."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Values


@dataclass(frozen=True, slots=True)
class Concentration:
    """How evenly subjects are spread over grades."""

    hhi: float
    index: float
    variation: float
    largest: float
    largest_grade: int


def concentration(counts: Values) -> Concentration:
    """Return concentration measures of counts (or exposures) per grade, empty grades included.

    Parameters
    ----------
    counts : array_like of shape (K,)
        Subjects or exposure in each grade of the scale; K is 2 or more, no count is negative.

    Returns
    -------
    Concentration
        ``hhi``: sum of squared shares, 1/K (even) to 1 (one grade). ``index``: the ECB's Herfindahl
        index, 1 + ln((CV² + 1)/K)/ln K, 0 (even) to 1. ``variation``: CV, the coefficient of
        variation of the shares, sqrt(K · sum (share - 1/K)²). ``largest``, ``largest_grade``: share
        and place of the fullest grade.

    Raises
    ------
    SubjectError
        If there are fewer than two grades, a count is negative, or nobody is counted.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.5.3.
    Hirschman (1964), American Economic Review 54, 761 (the index).

    Examples
    --------
    >>> found = concentration([50, 25, 25])
    >>> found.hhi, round(found.index, 4), found.largest
    (0.375, 0.1072, 0.5)
    """
    amounts = np.asarray(counts, dtype=np.float64)
    if len(amounts) < 2 or not (amounts >= 0).all() or not amounts.sum() > 0:
        raise SubjectError(
            tr(
                "concentration needs counts of two grades or more, none negative",
                "集中度需要两个以上等级的数量,且不得为负",
            ),
            str(amounts.tolist()),
        )
    share, k = amounts / amounts.sum(), len(amounts)
    variation = sqrt(k * float(((share - 1 / k) ** 2).sum()))
    return Concentration(
        hhi=float((share**2).sum()),
        index=1 + log((variation**2 + 1) / k) / log(k),
        variation=variation,
        largest=float(share.max()),
        largest_grade=int(share.argmax()),
    )


def concentration_p(initial: Values, current: Values) -> float:
    """Return the ECB's one-sided p of "concentration has not risen since the start".

    p = 1 - Φ(sqrt(K - 1) (CV - CV₀) / sqrt(CV² (0.5 + CV²))), CV₀ taken as known.

    Parameters
    ----------
    initial, current : array_like of shape (K,)
        Counts per grade at the start and now, on the same scale.

    Returns
    -------
    float
        0 to 1; 1 if the current counts are even. A small p says that concentration has risen.

    Raises
    ------
    SubjectError
        As `concentration`, and if the scales differ in length.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.5.3.

    Examples
    --------
    >>> round(concentration_p([30, 30, 40], [80, 10, 10]), 4)
    0.1595
    """
    from scipy.special import ndtr

    if len(initial) != len(current):
        raise SubjectError(
            tr(
                "both counts must be on the same scale of grades",
                "两组数量必须属于同一等级体系",
            ),
            f"{len(initial)}, {len(current)}",
        )
    before, now = concentration(initial).variation, concentration(current).variation
    if now == 0:
        return 1.0
    score = sqrt(len(current) - 1) * (now - before) / sqrt(now**2 * (0.5 + now**2))
    return float(ndtr(-score))
