"""Intervals by resampling: seeded, within each class unless the bad rate itself matters.

`bootstrap` takes any metric of rows. `bootstrap_ranks` is for metrics of the ranking alone (AUC,
KS, H): it draws counts per level instead of rows, so a million rows cost no more than thousands.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Estimate, Floats, Ranked, Values, bands, checked
from lishui_credit.statistics.proportions import quantile

LEVELS_AT_MOST = 5_000
"""Levels are merged to about so many, by equal weight, before counts are drawn."""


def percentiles(draws: Floats, value: float, level: float) -> Estimate:
    """Return the plain percentile interval of draws; none where more than half of them failed."""
    held = draws[np.isfinite(draws)]
    if len(held) < max(20, len(draws) // 2):
        return Estimate(value, None, None, level)
    low, high = np.quantile(held, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, float(low), float(high), level)


def corrected(draws: Floats, value: float, level: float, within: tuple[float, float]) -> Estimate:
    """Return the bias-corrected normal interval of draws: value - bias ± z · spread of the draws.

    Draws of a maximum such as KS or H lie above the value; percentiles would then cover the truth
    far less often than promised. The interval is cut off at `within` and always holds the value.
    """
    held = draws[np.isfinite(draws)]
    if len(held) < max(20, len(draws) // 2):
        return Estimate(value, None, None, level)
    middle, reach = 2 * value - held.mean(), quantile(level) * held.std(ddof=1)
    low, high = (
        max(within[0], min(middle - reach, value)),
        min(within[1], max(middle + reach, value)),
    )
    return Estimate(value, float(low), float(high), level)


def merged(levels: Ranked) -> tuple[Floats, Floats]:
    """Return bads and goods per level, neighbours taken together where there are too many."""
    bads, goods = levels.bads, levels.goods
    if len(bads) <= LEVELS_AT_MOST:
        return bads, goods
    band = bands(bads / bads.sum() + goods / goods.sum(), LEVELS_AT_MOST)
    bads, goods = (np.bincount(band, weights=each).astype(np.float64) for each in (bads, goods))
    return bads, goods


def _repeats(repeats: int) -> None:
    if repeats < 20:
        raise SubjectError(
            tr("a bootstrap interval needs 20 repeats or more", "自助区间至少重复 20 次"),
            str(repeats),
            tr("200 give a steady 95% interval", "200 次可得稳定的 95% 区间"),
            "repeats",
        )


def bootstrap(
    metric: Callable[..., float],
    y: Values,
    *columns: Values,
    repeats: int = 200,
    seed: int = 0,
    level: float = 0.95,
    stratified: bool = True,
) -> Estimate:
    """Return ``metric(y, *columns)`` of rows with its bias-corrected bootstrap interval, see `corrected`.

    Stratified draws keep the numbers of bads and goods, as suits a metric of the ranking; where the
    bad rate itself matters (calibration), draw without strata, or the interval is too narrow. Draws
    that the metric refuses (one class) are left out. Cost: repeats x n.

    Examples
    --------
    >>> gap = lambda y, x: float(x[y == 1].mean() - x[y == 0].mean())
    >>> found = bootstrap(gap, [0, 0, 0, 1, 1, 1], [1, 2, 3, 2, 3, 4], repeats=100)
    >>> found.value, found.low < 1 < found.high
    (1.0, True)
    """
    # Davison and Hinkley (1997), Bootstrap Methods and Their Application, Cambridge, chapter 5.
    _repeats(repeats)
    named = {f"column {place + 1}": values for place, values in enumerate(columns)}
    good = checked(y, weights=None, classes=True, **named)
    arrays = list(good.columns.values())
    rng = np.random.default_rng(seed)
    strata = [np.arange(len(good.y))]
    if stratified:
        strata = [np.flatnonzero(good.y == 1), np.flatnonzero(good.y == 0)]
    draws = np.empty(repeats)
    for turn in range(repeats):
        picked = np.concatenate([rows[rng.integers(0, len(rows), len(rows))] for rows in strata])
        try:
            draws[turn] = metric(good.y[picked], *(values[picked] for values in arrays))
        except SubjectError:
            draws[turn] = np.nan
    return corrected(draws, float(metric(good.y, *arrays)), level, (-np.inf, np.inf))


def bootstrap_ranks(
    metric: Callable[[Floats, Floats], float],
    levels: Ranked,
    *,
    repeats: int = 200,
    seed: int = 0,
    level: float = 0.95,
    within: tuple[float, float] = (0.0, 1.0),
) -> Estimate:
    """Return a metric of the ranking with its bias-corrected bootstrap interval.

    Counts of bads and of goods per level are drawn from a multinomial with the observed shares,
    which is the row bootstrap within classes. Above 5,000 levels, neighbours are merged for the
    draws (not for the value). With weights, the numbers of rows drawn are the effective sizes,
    (Σw)² / Σw².

    Parameters
    ----------
    metric : callable
        ``metric(bads, goods) -> float`` of amounts per level, riskiest first.
    levels : Ranked
        From `statistics.outcomes.ranked`.
    repeats : int, default 200
        Draws, 20 or more. Cost: repeats x levels.
    seed : int, default 0
        The same seed gives the same interval.
    level : float, default 0.95
        Confidence of the interval, 0 to 1.
    within : (float, float), default (0, 1)
        Ends that the metric cannot pass.

    Returns
    -------
    Estimate

    Raises
    ------
    SubjectError
        For fewer than 20 repeats.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and Their Application, Cambridge, chapter 5.

    Examples
    --------
    >>> import numpy as np
    >>> from lishui_credit.statistics.outcomes import ranked
    >>> levels = ranked(np.array([0.0, 0, 1, 0, 1, 1]), np.arange(6.0))
    >>> from lishui_credit.validation.hmeasure import h_of
    >>> round(bootstrap_ranks(h_of, levels, repeats=50).value, 4)
    0.6667
    """
    _repeats(repeats)
    bads, goods = merged(levels)
    rng = np.random.default_rng(seed)
    sizes = [
        max(1, round(float(amounts.sum() ** 2 / squared.sum())))
        for amounts, squared in (
            (levels.bads, levels.bads_squared),
            (levels.goods, levels.goods_squared),
        )
    ]
    prior = levels.bads.sum() / (levels.bads.sum() + levels.goods.sum())
    drawn = [
        rng.multinomial(size, amounts / amounts.sum(), size=repeats) / size * share
        for size, amounts, share in zip(sizes, (bads, goods), (prior, 1 - prior), strict=True)
    ]
    draws = np.array([metric(b, g) for b, g in zip(*drawn, strict=True)])
    return corrected(draws, float(metric(levels.bads, levels.goods)), level, within)
