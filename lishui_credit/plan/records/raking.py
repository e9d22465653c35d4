"""Raking: weights that make a sample match known margins (iterative proportional fitting).

Ours is small on purpose: it says how many rounds it took, what gap is left, what trimming the
largest weights changed and what the weights cost (Kish's design effect).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.plan.records.record_checks import wrong_rows
from lishui_credit.plan.records.survey_design import kish
from lishui_credit.statistics.outcomes import Floats
from lishui_credit.tables.header_words import no_column

_TRIMS: Final = 50
_SAME_TOTAL: Final = 0.001

Margins = Mapping[str, Mapping[str, float]]
"""By column: by category the people (or shares) it should have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raking:
    """Raked weights and how they came about.

    Parameters
    ----------
    weights : ndarray of float, shape (n,)
        Their mean is 1.
    rounds : int
        Rounds over all margins until the gap was small.
    gap : float
        Largest difference left between a weighted and a wanted share, as a share of 1.
    trimmed : int
        Weights cut to the cap; 0 where no cap was asked for or none was reached.
    effect_before, effect : float
        Kish's design effect of the weights before and after trimming.
    table : polars.DataFrame
        ``margin``, ``category``, ``answers``, ``wanted``, ``before``, ``after`` (shares).
    """

    weights: Floats
    rounds: int
    gap: float
    trimmed: int
    effect_before: float
    effect: float
    table: pl.DataFrame


def _checked(frame: pl.DataFrame, margins: Margins, start: Floats, cap: float | None) -> None:
    problems: list[Problem] = []
    if cap is not None and not cap > 1:
        problems.append(
            Problem(tr("the cap must be above 1", "权重上限须大于 1"), f"{cap!r}", where="cap")
        )
    if frame.is_empty():
        problems.append(Problem(tr("there is no answer to weight", "没有可加权的答卷")))
    if len(start) != frame.height or not (np.isfinite(start) & (start > 0)).all():
        problems.append(
            Problem(
                tr(
                    "start weights must be above 0, one per answer",
                    "初始权重须大于 0,每份答卷一个",
                ),
                where="start",
            )
        )
    if not margins:
        problems.append(Problem(tr("no margin is given", "没有给出任何边际分布"), where="margins"))
    totals = {}
    for name, wanted in margins.items():
        if name not in frame.columns:
            problems.append(no_column(name, frame.columns, "margins"))
            continue
        bad = [category for category, people in wanted.items() if not 0 <= people < float("inf")]
        if bad or not sum(wanted.values()) > 0:
            problems.append(
                Problem(
                    tr(
                        "a margin needs numbers of 0 or more, not all 0", "边际须为非负数且不全为零"
                    ),
                    ", ".join(bad),
                    where=name,
                )
            )
            continue
        totals[name] = float(sum(wanted.values()))
        problems += _unlike(frame[name].cast(pl.String), name, wanted)
    large, small = max(totals.values(), default=1.0), min(totals.values(), default=1.0)
    if large - small > _SAME_TOTAL * large:
        problems.append(
            Problem(
                tr("the margins add up to different totals", "各边际分布的合计不一致"),
                ", ".join(f"{name} {total:g}" for name, total in totals.items()),
                tr("take all of them from one source, or give shares", "请取自同一来源,或给出比例"),
                "margins",
            )
        )
    refuse(problems)


def _unlike(found: pl.Series, name: str, wanted: Mapping[str, float]) -> list[Problem]:
    """Return how the answers of a column and its margin do not fit each other."""
    problems = wrong_rows(
        found.null_count(),
        tr("answers without a category", "有答卷缺少该项"),
        name,
        tr("ask, impute or leave the margin out", "请补问、插补或不用该边际"),
    )
    held = set(found.drop_nulls().to_list())
    strange = sorted(category for category in held if not wanted.get(category, 0) > 0)
    if strange:
        problems.append(
            Problem(
                tr("categories that are not in the margin", "边际分布中没有的类别"),
                ", ".join(strange),
                tr("recode them, or add them to the margin", "请改码,或补充边际分布"),
                name,
            )
        )
    empty = [category for category, people in wanted.items() if people and category not in held]
    if empty:
        problems.append(
            Problem(
                tr("nobody answered in these categories", "以下类别没有答卷"),
                ", ".join(empty),
                tr("merge them with neighbouring categories", "请与相邻类别合并"),
                name,
            )
        )
    return problems


def _shares(code: NDArray[np.int64], weights: Floats, size: int) -> Floats:
    """Return the weighted share of every category of a margin."""
    share: Floats = np.bincount(code, weights, size) / weights.sum()
    return share


def _gap(
    weights: Floats, codes: Mapping[str, NDArray[np.int64]], wanted: Mapping[str, Floats]
) -> float:
    """Return the largest difference between a weighted share and the one wanted."""
    return max(
        float(np.abs(_shares(code, weights, len(wanted[name])) - wanted[name]).max())
        for name, code in codes.items()
    )


def _fit(
    weights: Floats,
    codes: Mapping[str, NDArray[np.int64]],
    wanted: Mapping[str, Floats],
    tolerance: float,
    max_rounds: int,
) -> tuple[Floats, int, float]:
    gap = np.inf
    for number in range(1, max_rounds + 1):
        for name, code in codes.items():
            now = _shares(code, weights, len(wanted[name]))
            factor = np.divide(wanted[name], now, out=np.ones_like(now), where=now > 0)
            weights = weights * factor[code]
        gap = _gap(weights, codes, wanted)
        if gap <= tolerance:
            return weights, number, gap
    return weights, max_rounds, gap


def rake(
    frame: pl.DataFrame,
    margins: Margins,
    *,
    start: Floats | None = None,
    cap: float | None = None,
    tolerance: float = 1e-9,
    max_rounds: int = 500,
) -> Raking:
    """Return weights whose totals match every margin, and a report of how they came about.

    One margin after another is matched by one factor a category, again and again until no share
    is off by more than `tolerance`. With a cap, weights above it are cut and the rest raked anew,
    until none is above: then the margins may be missed by a little, and `gap` says by how much.

    Parameters
    ----------
    frame : polars.DataFrame
        One row an answer, with the margins' columns.
    margins : mapping of str to mapping of str to float
        By column: people or shares by category, one total for all columns within 0.1%.
    start : ndarray of float, shape (n,), optional
        Base weights, above 0; ones without it.
    cap : float, optional
        Largest weight, as a multiple of the mean weight; above 1.
    tolerance : float, default 1e-9
        Share of 1 a category may be off.
    max_rounds : int, default 500
        Rounds before giving up.

    Returns
    -------
    Raking

    Raises
    ------
    SubjectError
        If margins and answers do not fit each other (all problems at once), or the rounds do not
        converge: categories that never occur together cannot be made to match.

    References
    ----------
    Deming and Stephan (1940), On a least squares adjustment of a sampled frequency table, Annals of
    Mathematical Statistics 11, 427-444. Deville, Särndal and Sautory (1993), Generalized raking
    procedures in survey sampling, JASA 88, 1013-1020. Potter (1990), A study of procedures to
    identify and trim extreme sampling weights, ASA Proceedings, 225-230.

    Examples
    --------
    >>> asked = pl.DataFrame({"sex": ["f", "f", "f", "m"]})
    >>> made = rake(asked, {"sex": {"f": 0.5, "m": 0.5}})
    >>> [round(float(weight), 3) for weight in made.weights], made.rounds
    ([0.667, 0.667, 0.667, 2.0], 1)
    """
    weights = np.ones(frame.height) if start is None else np.asarray(start, dtype=np.float64)
    _checked(frame, margins, weights, cap)
    names = {
        name: [category for category, people in wanted.items() if people > 0]
        for name, wanted in margins.items()
    }
    codes = {
        name: frame[name]
        .cast(pl.String)
        .replace_strict(categories, list(range(len(categories))), return_dtype=pl.Int64)
        .to_numpy()
        for name, categories in names.items()
    }
    wanted = {}
    for name, categories in names.items():
        people = np.array([margins[name][category] for category in categories], dtype=np.float64)
        wanted[name] = people / people.sum()
    before = weights / weights.mean()
    fitted, rounds, gap = _fit(before, codes, wanted, tolerance, max_rounds)
    if gap > tolerance:
        raise SubjectError(
            tr("raking did not converge", "迭代加权没有收敛"),
            tr(
                f"a share is still off by {gap:.2g} after {rounds} rounds",
                f"{rounds} 轮后仍有比例相差 {gap:.2g}",
            ),
            tr(
                "merge categories that hardly occur together, or leave a margin out",
                "请合并很少同时出现的类别,或减少一个边际",
            ),
        )
    fitted = fitted / fitted.mean()
    effect_before = kish(fitted)
    trimmed = 0
    if cap is not None and fitted.max() > cap:
        fitted, gap = _trimmed(fitted, codes, wanted, cap, tolerance, max_rounds)
        trimmed = int((fitted >= cap * (1 - 1e-9)).sum())
    return Raking(
        weights=fitted,
        rounds=rounds,
        gap=gap,
        trimmed=trimmed,
        effect_before=effect_before,
        effect=kish(fitted),
        table=_table(names, codes, wanted, before, fitted),
    )


def _table(
    names: Mapping[str, list[str]],
    codes: Mapping[str, NDArray[np.int64]],
    wanted: Mapping[str, Floats],
    before: Floats,
    fitted: Floats,
) -> pl.DataFrame:
    """Return the shares of every category: wanted, before and after."""
    rows = []
    for name, code in codes.items():
        size = len(names[name])
        answers = np.bincount(code, minlength=size)
        was, now = _shares(code, before, size), _shares(code, fitted, size)
        rows += [
            (name, category, int(answers[place]), float(wanted[name][place]), float(was[place]),
             float(now[place]))
            for place, category in enumerate(names[name])
        ]  # fmt: skip
    return pl.DataFrame(
        rows,
        schema={
            "margin": pl.String,
            "category": pl.String,
            "answers": pl.Int64,
            "wanted": pl.Float64,
            "before": pl.Float64,
            "after": pl.Float64,
        },
        orient="row",
    )


def _trimmed(
    weights: Floats,
    codes: Mapping[str, NDArray[np.int64]],
    wanted: Mapping[str, Floats],
    cap: float,
    tolerance: float,
    max_rounds: int,
) -> tuple[Floats, float]:
    """Cut weights at the cap and rake again, in turn; end on a cut, so that the cap holds."""
    for _ in range(_TRIMS):
        cut = np.minimum(weights, cap)
        again, _, gap = _fit(cut, codes, wanted, tolerance, max_rounds)
        again = again / again.mean()
        if again.max() <= cap * (1 + 1e-12):
            return again, gap
        weights = again
    held = np.minimum(weights, cap)
    for _ in range(_TRIMS):  # what the cut takes goes to the weights below the cap
        below = held < cap
        if not below.any() or abs(held.mean() - 1) < tolerance:
            break
        held[below] *= (len(held) - held[~below].sum()) / held[below].sum()
        held = np.minimum(held, cap)
    return held, _gap(held, codes, wanted)
