"""A master scale (主标尺): grades of a score or a PD whose bad rates truly differ.

`build_scale` starts from fine bands of the score and joins neighbours until every grade is worse
than the one before it, large enough, and different from its neighbours by a test. The bounds are
integers: points of a score, or millionths of the probability of good (1,000,000 less the PD), so
that higher is better either way and a grade never depends on a rounding.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from lishui_credit.errors import CreditError, ModelError, Problem, SubjectError, refuse
from lishui_credit.grades import Grade, GradeScale
from lishui_credit.language import tr
from lishui_credit.scorecards.features import refuse_rows, target
from lishui_credit.statistics.outcomes import Floats, Values
from lishui_credit.statistics.proportions import jeffreys_interval, two_proportions

Unit = Literal["points", "good_millionths"]
Whole = NDArray[np.int64]

MILLION: Final = 1_000_000
_KIND: Final = "lishui_credit.master_scale"


@dataclass(frozen=True, slots=True)
class MasterScale:
    """Grades best first, each with the rows and bads it was built from.

    Parameters
    ----------
    scale : GradeScale
        Inclusive lower bounds in `unit`; the last grade takes the rest.
    unit : {"points", "good_millionths"}
        What the bounds count: score points, or 1,000,000 (1 - PD) rounded down.
    rows, bads : tuple of int
        Of each grade, in the data it was built from.
    min_share, level : float
        The rules it was built by: least share of rows, level of the test between neighbours.
    min_bads : int
        Least bads of a grade.

    Examples
    --------
    >>> scale = MasterScale(
    ...     GradeScale((Grade(id="A", label_zh="优", at_least=600), Grade(id="B", label_zh="差"))),
    ...     "points", rows=(900, 100), bads=(9, 20))
    >>> scale.grade([599, 600, 700]).to_list(), scale.pd([599, 600])
    (['B', 'A', 'A'], array([0.2 , 0.01]))
    """

    scale: GradeScale
    unit: Unit
    rows: tuple[int, ...]
    bads: tuple[int, ...]
    min_share: float = 0.0
    min_bads: int = 0
    level: float = 1.0

    def __post_init__(self) -> None:
        """Refuse counts that do not fit the grades, and a bound missing before the last grade."""
        problems = []
        size = len(self.scale.grades)
        if not len(self.rows) == len(self.bads) == size:
            problems.append(Problem(tr("counts do not match the grades", "计数与等级不符")))
        elif any(not 0 <= bad <= all_ for bad, all_ in zip(self.bads, self.rows, strict=True)):
            problems.append(Problem(tr("more bads than rows", "违约数多于总数")))
        bounds = [grade.at_least for grade in self.scale.grades]
        if any(bound is None for bound in bounds[:-1]) or bounds[-1] is not None:
            problems.append(
                Problem(
                    tr(
                        "every grade but the last needs a lower bound, the last none",
                        "除最末等级外均须有下限,最末等级无下限",
                    ),
                    str(bounds),
                )
            )
        refuse(problems, ModelError)

    def grade(self, values: ArrayLike) -> pl.Series:
        """Return the grade ids of PDs (`unit` good_millionths) or points; shape (n,)."""
        ids = [grade.id for grade in self.scale.grades]
        return pl.Series("grade", [ids[place] for place in self._places(values)], pl.String)

    def pd(self, values: ArrayLike) -> Floats:
        """Return the PD of the grade of each PD or score: bads / rows as built; shape (n,)."""
        rates = np.asarray(self.bads, dtype=np.float64) / np.asarray(self.rows, dtype=np.float64)
        found: Floats = rates[self._places(values)]
        return found

    def expr(self, column: str) -> pl.Expr:
        """Return the grade of a column as an expression: points, or PD where built from PDs.

        A missing value has no grade (null), nor has NaN.
        """
        value = pl.col(column).fill_nan(None) if self.unit == "good_millionths" else pl.col(column)
        if self.unit == "good_millionths":
            value = ((1.0 - value) * MILLION).floor()
        found = pl.lit(self.scale.grades[-1].id)
        for grade in self.scale.grades[-2::-1]:
            found = pl.when(value >= grade.at_least).then(pl.lit(grade.id)).otherwise(found)
        return pl.when(value.is_null()).then(None).otherwise(found).alias("grade")

    def table(
        self, values: ArrayLike | None = None, y: Values | None = None, *, confidence: float = 0.95
    ) -> pl.DataFrame:
        """Return one row per grade: bounds, counts, PD with interval, test against the better one.

        Parameters
        ----------
        values, y : array-like, shape (n,), optional
            Other data to count, such as a later year, which is the honest test: the grades were
            chosen to differ in the data they were built from.
        confidence : float, default 0.95
            Of the Jeffreys interval.

        Returns
        -------
        polars.DataFrame
            ``grade``, ``label_zh``, ``at_least``, ``pd_at_most`` (scales of PDs), ``rows``,
            ``share``, ``bads``, ``pd`` (bads / rows, null of an empty grade), ``pd_low``,
            ``pd_high``, ``pd_built`` (of the grade as built), ``p_better`` (two-sided p-value of
            equal bad rates with the next better grade; null of the first).

        References
        ----------
        Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion, Statistical
        Science 16: the Jeffreys interval, its end at 0 or 1 where there are no or only bads.
        """
        size = len(self.scale.grades)
        rows, bads = np.array(self.rows, dtype=np.int64), np.array(self.bads, dtype=np.int64)
        if values is not None:
            places = self._places(values)
            outcome = target([] if y is None else y, len(places))
            rows = np.bincount(places, minlength=size)
            bads = np.bincount(places, weights=outcome, minlength=size).astype(np.int64)
        low, high = jeffreys_interval(bads, rows, confidence)
        bounds = [grade.at_least for grade in self.scale.grades]
        built = [bad / all_ for bad, all_ in zip(self.bads, self.rows, strict=True)]
        frame = pl.DataFrame(
            {
                "grade": [grade.id for grade in self.scale.grades],
                "label_zh": [grade.label_zh for grade in self.scale.grades],
                "at_least": pl.Series(bounds, dtype=pl.Int64),
                "rows": rows,
                "share": rows / max(1, int(rows.sum())),
                "bads": bads,
                "pd": [bad / all_ if all_ else None for bad, all_ in zip(bads, rows, strict=True)],
                "pd_low": low,
                "pd_high": high,
                "pd_built": built,
                "p_better": [None, *two_proportions(rows, bads)[1].tolist()],
            },
            schema_overrides={"pd": pl.Float64, "p_better": pl.Float64},
        )
        if self.unit == "points":
            return frame
        ceiling = [None if bound is None else 1 - bound / MILLION for bound in bounds]
        return frame.insert_column(3, pl.Series("pd_at_most", ceiling, dtype=pl.Float64))

    def to_dict(self) -> dict[str, Any]:
        """Return the scale as plain data, from which `from_dict` makes the same one."""
        return {
            "kind": _KIND,
            "schema": 1,
            "unit": self.unit,
            "rules": {
                "min_share": self.min_share,
                "min_bads": self.min_bads,
                "level": self.level,
            },
            "grades": [
                {**asdict(grade), "rows": rows, "bads": bads}
                for grade, rows, bads in zip(self.scale.grades, self.rows, self.bads, strict=True)
            ],
        }

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        """Return the scale of `to_dict`.

        Raises
        ------
        ModelError
            If it is another kind of thing.
        """
        if found.get("kind") != _KIND:
            raise ModelError(tr(f"it is not a {_KIND}", f"不是 {_KIND}"), str(found.get("kind")))
        grades = found["grades"]
        names = [field.name for field in fields(Grade)]
        return cls(
            GradeScale(tuple(Grade(**{name: row[name] for name in names}) for row in grades)),
            found["unit"],
            tuple(row["rows"] for row in grades),
            tuple(row["bads"] for row in grades),
            **found["rules"],
        )

    def _places(self, values: ArrayLike) -> NDArray[np.intp]:
        whole = _points(values) if self.unit == "points" else _good_millionths(values)
        rising = [grade.at_least for grade in self.scale.grades[:-1] if grade.at_least is not None]
        above = np.searchsorted(np.array(rising[::-1], dtype=np.int64), whole, side="right")
        places: NDArray[np.intp] = len(rising) - above
        return places


def build_scale(
    y: Values,
    *,
    pd: ArrayLike | None = None,
    score: ArrayLike | None = None,
    max_grades: int = 10,
    min_share: float = 0.02,
    min_bads: int = 5,
    level: float = 0.05,
    bands: int = 100,
    ids: tuple[str, ...] = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
) -> MasterScale:
    """Return grades that rise in bad rate, are large enough, and differ from their neighbours.

    Neighbouring bands are joined, the pair with the least difference (smallest z) first: bands that
    are too small or have too few bads with their nearer neighbour, bands whose bad rate does not
    rise, then pairs that the two-proportion z-test does not tell apart at `level`, then the least
    different pair while there are more than `max_grades`.

    Parameters
    ----------
    y : array-like, shape (n,)
        1 bad, 0 good.
    pd : array-like of float, shape (n,), optional
        Probabilities of bad in [0, 1]; or
    score : array-like of int, shape (n,), optional
        Points, higher is better.
    max_grades : int, default 10
        At least 2.
    min_share : float, default 0.02
        Least share of rows in a grade, in [0, 0.5].
    min_bads : int, default 5
        Least bads in a grade; at 0 the best grade may have a PD of 0.
    level : float, default 0.05
        Two-sided level of the test between neighbours, in (0, 1]; at 1 no test joins grades.
    bands : int, default 100
        Quantile bands to start from.
    ids : tuple of str
        Ids of the grades, best first.

    Raises
    ------
    CreditError
        If a rule is out of its range, or not exactly one of `pd` and `score` is given.
    SubjectError
        If a value is missing or out of range, or no two grades can be told apart.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> pd = rng.beta(1, 9, 5000)
    >>> scale = build_scale(rng.random(5000) < pd, pd=pd, max_grades=4)
    >>> scale.table().select("grade", "at_least", "rows", pl.col("pd").round(3))
    shape: (4, 4)
    ...
    """
    _check(pd, score, max_grades, min_share, min_bads, level, bands, ids)
    unit: Unit = "points" if pd is None else "good_millionths"
    whole = _points(score) if pd is None else _good_millionths(pd)  # type: ignore[arg-type]
    outcome = target(y, len(whole))
    cuts, rows, bads = _bands(whole, outcome, bands)
    least = math.ceil(min_share * len(whole))
    while len(rows) > 1:
        z, p = two_proportions(rows, bads)
        small = [k for k in range(len(rows)) if rows[k] < max(1, least) or bads[k] < min_bads]
        if small:
            k = small[0]
            pairs = [pair for pair in (k - 1, k) if 0 <= pair < len(z)]
            join = min(pairs, key=lambda pair: (abs(z[pair]), pair))
        elif min(z) <= 0.0 or max(p) > level or len(rows) > max_grades:
            join = int(np.argmin(z))
        else:
            break
        rows[join : join + 2] = [sum(rows[join : join + 2])]
        bads[join : join + 2] = [sum(bads[join : join + 2])]
        del cuts[join]
    if len(rows) < 2:
        raise SubjectError(
            tr("no two grades can be told apart", "无法区分出两个等级"),
            tr(f"{len(whole)} rows, {sum(bads)} bads", f"{len(whole)} 行,违约 {sum(bads)}"),
            tr("loosen level, min_share or min_bads", "放宽 level、min_share 或 min_bads"),
        )
    grades = tuple(
        Grade(id=name, label_zh=f"{name}级", at_least=bound)
        for name, bound in zip(ids, [*cuts, None], strict=False)
    )
    return MasterScale(
        GradeScale(grades), unit, tuple(rows), tuple(bads), min_share, min_bads, level
    )


def _bands(whole: Whole, y: NDArray[np.int8], bands: int) -> tuple[list[int], list[int], list[int]]:
    """Return lower bounds (of all bands but the worst), rows and bads, best band first."""
    values = np.unique(whole)
    if len(values) > bands:
        values = np.unique(
            np.quantile(whole, np.arange(1, bands) / bands, method="inverted_cdf").astype(np.int64)
        )
        edges = values[values > whole.min()]
    else:
        edges = values[1:]
    places = np.searchsorted(edges, whole, side="right")
    rows = np.bincount(places, minlength=len(edges) + 1)
    bads = np.bincount(places, weights=y, minlength=len(edges) + 1).astype(np.int64)
    return edges[::-1].tolist(), rows[::-1].tolist(), bads[::-1].tolist()


def _points(values: ArrayLike) -> Whole:
    given = np.asarray(values)
    numbers = given.astype(np.float64)
    wrong = ~np.isfinite(numbers) | (numbers != np.floor(numbers))
    refuse_rows(wrong, tr("points are missing or not whole", "分数缺失或不是整数"))
    return numbers.astype(np.int64)


def _good_millionths(values: ArrayLike) -> Whole:
    pd = np.asarray(values, dtype=np.float64)
    wrong = ~((pd >= 0.0) & (pd <= 1.0))
    refuse_rows(wrong, tr("PDs are missing or outside [0, 1]", "违约概率缺失或不在 [0, 1] 内"))
    return np.floor((1.0 - pd) * MILLION).astype(np.int64)


def _check(
    pd: ArrayLike | None,
    score: ArrayLike | None,
    max_grades: int,
    min_share: float,
    min_bads: int,
    level: float,
    bands: int,
    ids: tuple[str, ...],
) -> None:
    problems = []
    if (pd is None) == (score is None):
        problems.append(Problem(tr("give either pd or score", "请给出 pd 或 score 之一")))
    if not 2 <= max_grades <= len(ids) or len(set(ids)) != len(ids):
        problems.append(
            Problem(
                tr(
                    "max_grades is not from 2 to the number of ids",
                    "max_grades 应在 2 与 ids 个数之间",
                ),
                f"{max_grades}, {len(set(ids))} ids",
            )
        )
    for name, value, fits in (
        ("min_share", min_share, 0.0 <= min_share <= 0.5),
        ("min_bads", min_bads, min_bads >= 0),
        ("level", level, 0.0 < level <= 1.0),
        ("bands", bands, bands >= 2),
    ):
        if not fits:
            problems.append(Problem(tr(f"{name} is out of range", f"{name} 超出范围"), str(value)))
    refuse(problems, CreditError)
