"""How many people to ask: sample sizes, allocations over the counties, Kish's design effect.

Shares and half-widths are fractions of 1 here (0.02 is two points); `survey` prints percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Final, Literal

import numpy as np
import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.plan.records.record_checks import below_one
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.statistics.proportions import quantile

Allocation = Literal["proportional", "square_root", "equal"]

ALLOCATIONS: Final[tuple[Allocation, ...]] = ("proportional", "square_root", "equal")
_SLACK: Final = 1e-9


def _not_open(**shares: float) -> list[Problem]:
    """Return a problem for every share that does not lie strictly between 0 and 1."""
    return [
        Problem(
            tr("must lie between 0 and 1, both excluded", "须大于 0 且小于 1"),
            f"{value!r}",
            tr("write two points as 0.02", "两个百分点写作 0.02"),
            name,
        )
        for name, value in shares.items()
        if not 0 < value < 1
    ]


def kish(weights: Floats) -> float:
    """Return Kish's design effect of unequal weights: n * sum(w^2) / (sum w)^2."""
    # Source: Kish (1965), Survey Sampling, Wiley, section 11.7; Kish (1992), Weighting for
    # unequal P_i, Journal of Official Statistics 8, 183-200.
    return float(len(weights) * (weights**2).sum() / weights.sum() ** 2)


def sample_size(
    half_width: float,
    share: float = 0.5,
    *,
    level: float = 0.95,
    design_effect: float = 1.0,
    population: int | None = None,
) -> int:
    """Return how many valid answers give a half-width: z^2 p (1 - p) / e^2, times the effect.

    Parameters
    ----------
    half_width : float
        Half of the interval, as a share: 0.02 is two points.
    share : float, default 0.5
        The share expected; 0.5 is the worst case.
    level : float, default 0.95
        Confidence.
    design_effect : float, default 1.0
        Variance of the design over that of a simple random sample, 1 or more.
    population : int, optional
        People to draw from: the finite population correction n / (1 + (n - 1) / N).

    Returns
    -------
    int
        Rounded up.

    Raises
    ------
    SubjectError
        If a number is out of range: all of them at once.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., Wiley, sections 4.4 and 4.5.

    Examples
    --------
    >>> sample_size(0.02), sample_size(0.02, 0.9), sample_size(0.02, 0.85)
    (2401, 865, 1225)
    """
    refuse(
        [
            *_not_open(half_width=half_width, share=share, level=level),
            *below_one(design_effect=design_effect, population=population),
        ]
    )
    z = quantile(level)
    size = z * z * share * (1 - share) / half_width**2
    if population is not None:
        size = size / (1 + (size - 1) / population)
    return ceil(size * design_effect - _SLACK)


def answers_to_prove(
    target: float, truth: float, *, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return how many answers of a simple random sample tell the truth from the target.

    The test is one-sided; n = ((z_alpha sqrt(T (1 - T)) + z_power sqrt(t (1 - t))) / (t - T))^2.

    Parameters
    ----------
    target : float
        Share under the hypothesis to be rejected.
    truth : float
        Share that is really there; above the target or below it.
    alpha : float, default 0.05
        Chance of rejecting a true hypothesis.
    power : float, default 0.8
        Chance of rejecting a false one.

    Returns
    -------
    int
        Rounded up.

    Raises
    ------
    SubjectError
        If a number is out of range, or truth and target are the same.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., Wiley,
    section 2.5.

    Examples
    --------
    >>> answers_to_prove(target=0.90, truth=0.92), answers_to_prove(target=0.90, truth=0.88)
    (1303, 1471)
    """
    problems = _not_open(target=target, truth=truth, alpha=alpha, power=power)
    if truth == target:
        problems.append(
            Problem(tr("truth and target are the same", "真值与目标值相同"), str(truth))
        )
    refuse(problems)
    wide = quantile(1 - 2 * alpha) * sqrt(target * (1 - target))
    wide += quantile(2 * power - 1) * sqrt(truth * (1 - truth))
    return ceil((wide / (truth - target)) ** 2 - _SLACK)


def allocation(
    populations: Mapping[str, int],
    how: Allocation,
    half_width: float = 0.02,
    share: float = 0.5,
    *,
    level: float = 0.95,
) -> pl.DataFrame:
    """Return how an allocation spreads the answers that give the whole a half-width.

    The design effect is sum(W^2 / a) with W the population share and a the sample share of a
    stratum: what unequal sampling costs where strata do not differ.

    Parameters
    ----------
    populations : mapping of str to int
        People by stratum (county code), each 1 or more.
    how : {"proportional", "square_root", "equal"}
        Answers in proportion to the population, to its square root, or the same everywhere.
    half_width, share, level : float
        As in `sample_size`, for the whole.

    Returns
    -------
    polars.DataFrame
        One row a stratum: ``adcode``, ``population``, ``answers`` (rounded up), ``half_width`` of
        the stratum (share); and, the same in every row, ``design_effect`` and ``total`` (of the
        whole before rounding the strata up).

    Raises
    ------
    SubjectError
        If a number is out of range or the allocation unknown: all at once.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., Wiley, sections 5.5 to 5.9. Bankier (1988), Power
    allocations, The American Statistician 42, 174-177 (square root).

    Examples
    --------
    >>> made = allocation({"a": 900, "b": 100}, "equal", 0.05)
    >>> made.select("answers", "design_effect", "total").row(0)
    (315, 1.64, 630)
    """
    problems: list[Problem] = []
    if how not in ALLOCATIONS:
        problems.append(
            Problem(tr("no such allocation", "没有这种分配方式"), how, ", ".join(ALLOCATIONS))
        )
    if not populations:
        problems.append(Problem(tr("no stratum is given", "没有给出任何层"), where="populations"))
    problems += below_one(**{f"populations[{name}]": n for name, n in populations.items()})
    refuse(problems)
    people = np.array(list(populations.values()), dtype=np.float64)
    power = {"proportional": 1.0, "square_root": 0.5, "equal": 0.0}[how]
    parts = people**power / (people**power).sum()
    effect = float(((people / people.sum()) ** 2 / parts).sum())
    total = sample_size(half_width, share, level=level, design_effect=max(effect, 1.0))
    answers = np.ceil(total * parts - _SLACK).astype(np.int64)
    z = quantile(level)
    return pl.DataFrame(
        {
            "adcode": list(populations),
            "population": people.astype(np.int64),
            "answers": answers,
            "half_width": z * np.sqrt(share * (1 - share) / answers),
            "design_effect": round(effect, 12),
            "total": total,
        }
    )
