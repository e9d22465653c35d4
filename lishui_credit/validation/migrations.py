"""Where subjects moved between two gradings: matrix, bandwidths, and tests of neighbouring cells.

Grades are ordered best to worst, so the upper triangle holds downgrades. Cost: one count, O(n).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lishui_credit.errors import SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Floats, Values, labels, ordered
from lishui_credit.statistics.refusals import unequal


@dataclass(frozen=True, slots=True)
class Migration:
    """Counts of subjects by grade at the start (rows) and at the end (columns), best first."""

    grades: tuple[str, ...]
    counts: Floats

    @property
    def rates(self) -> Floats:
        """Share of each start grade that ends in each grade; rows of nobody are zero."""
        size = self.counts.sum(axis=1, keepdims=True)
        shares: Floats = self.counts / np.where(size > 0, size, 1)
        return shares

    def frame(self) -> pl.DataFrame:
        """Return the counts, one row per start grade, one column per end grade."""
        return pl.DataFrame(
            {
                "from": self.grades,
                "subjects": self.counts.sum(axis=1).astype(np.int64),
                **{
                    f"to {name}": self.counts[:, place].astype(np.int64)
                    for place, name in enumerate(self.grades)
                },
            }
        )

    def cells(self) -> pl.DataFrame:
        """Return the matrix cell by cell, best grade first: ``from``, ``to``, ``subjects``, ``share`` of the start grade, ``move``."""
        sizes = self.counts.sum(axis=1)
        return pl.DataFrame(
            [
                (
                    start,
                    end,
                    int(self.counts[i, j]),
                    float(self.counts[i, j] / sizes[i]) if sizes[i] else None,
                    "same" if i == j else "worse" if j > i else "better",
                )
                for i, start in enumerate(self.grades)
                for j, end in enumerate(self.grades)
            ],
            schema={
                "from": pl.String,
                "to": pl.String,
                "subjects": pl.Int64,
                "share": pl.Float64,
                "move": pl.String,
            },
            orient="row",
        )


def migration(initial: Values, current: Values, *, order: Sequence[str] | None = None) -> Migration:
    """Return the migration matrix of subjects graded twice.

    Parameters
    ----------
    initial, current : array_like of shape (n,)
        Labels at the start and the end, the same subjects in the same rows. Rows that lack either
        are left out: count them before.
    order : sequence of str, optional
        Grades best first; sorted by name without it.

    Returns
    -------
    Migration
        ``grades``; ``counts`` of shape (K, K), start in rows, end in columns, best first; ``rates``,
        the same as shares of each start grade; ``frame()``.

    Raises
    ------
    SubjectError
        If lengths differ, a label is not in the order, or nobody was graded twice.

    Examples
    --------
    >>> migration(["A", "A", "B"], ["A", "B", "B"]).counts.tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    first, second = labels(initial), labels(current)
    refuse(unequal(first, second, "initial, current"))
    pairs = pl.DataFrame({"a": first, "b": second}).drop_nulls()
    if pairs.is_empty():
        raise SubjectError(tr("nobody was graded twice", "没有两次都评级的主体"))
    both = pl.concat([pairs["a"].alias("x"), pairs["b"].alias("x")])
    grades = ordered(both, order, "grades")
    place = {name: number for number, name in enumerate(grades)}
    counts = np.zeros((len(grades), len(grades)))
    for a, b, count in pairs.group_by("a", "b").len().iter_rows():
        counts[place[a], place[b]] = count
    return Migration(tuple(grades), counts)


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Matrix weighted bandwidths of downgrades and upgrades, and the shares of subjects that moved."""

    upper: float
    lower: float
    down: float
    up: float


def bandwidth(matrix: Migration) -> Bandwidth:
    """Return the ECB's matrix weighted bandwidths (MWB) of a migration matrix.

    Steps moved, over the steps movers could have moved: sum of abs(i - j) N_ij over the sum of
    max(K - i, i - 1) N_ij, above the diagonal (upper) and below it (lower).

    Parameters
    ----------
    matrix : Migration
        Of `migration`.

    Returns
    -------
    Bandwidth
        ``upper``, ``lower``: of downgrades and upgrades, 0 (nobody moves) to 1 (movers move as far
        as they can). ``down``, ``up``: shares of subjects that moved to a worse and a better grade.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.5.1.

    Examples
    --------
    >>> found = bandwidth(migration(["A", "A", "B", "C"], ["A", "B", "B", "B"]))
    >>> found.upper, found.lower
    (0.5, 0.5)
    """
    k = len(matrix.grades)
    i, j = np.indices((k, k))
    farthest = np.maximum(k - 1 - i, i)
    found = []
    for side in (j > i, j < i):
        moved, possible = ((steps * matrix.counts)[side].sum() for steps in (abs(i - j), farthest))
        found.append(float(moved / possible) if possible else 0.0)
    whole = matrix.counts.sum()
    return Bandwidth(
        upper=found[0],
        lower=found[1],
        down=float(matrix.counts[j > i].sum() / whole),
        up=float(matrix.counts[j < i].sum() / whole),
    )


def neighbour_tests(matrix: Migration) -> pl.DataFrame:
    """Return the ECB's tests that frequencies do not rise away from the diagonal.

    For each cell off the diagonal, the neighbour one step closer to it must be at least as full:
    z = (p_near - p_far) / sqrt((p_far (1 - p_far) + p_near (1 - p_near) + 2 p_far p_near) / N),
    p = Φ(z). A small p says that the farther cell is fuller: subjects jump over grades.

    Parameters
    ----------
    matrix : Migration
        Of `migration`.

    Returns
    -------
    pl.DataFrame
        ``from``, ``to``, ``nearer``, ``share``, ``share_nearer``, ``z``, ``p``; null if both cells
        are empty.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.5.2.

    Examples
    --------
    >>> jumps = migration(["A"] * 10, ["A"] * 5 + ["B"] + ["C"] * 4, order=["A", "B", "C"])
    >>> neighbour_tests(jumps).filter(pl.col("from") == "A").select("to", "p").rows()
    [('B', 0.9717...), ('C', 0.0692...)]
    """
    from scipy.special import ndtr

    rates, size = matrix.rates, matrix.counts.sum(axis=1)
    rows = []
    for i, start in enumerate(matrix.grades):
        for j, end in enumerate(matrix.grades):
            if i == j:
                continue
            near = j - 1 if j > i else j + 1
            far_share, near_share = float(rates[i, j]), float(rates[i, near])
            spread = far_share * (1 - far_share) + near_share * (1 - near_share)
            spread += 2 * far_share * near_share
            z: float | None = None
            p: float | None = None
            if spread > 1e-15:
                z = float((near_share - far_share) / np.sqrt(spread / size[i]))
                p = float(ndtr(z))
            elif (
                near_share != far_share
            ):  # one of the two holds everybody: nothing is left to chance
                p = float(near_share > far_share)
            rows.append(
                {
                    "from": start,
                    "to": end,
                    "nearer": matrix.grades[near],
                    "share": far_share,
                    "share_nearer": near_share,
                    "z": z,
                    "p": p,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"z": pl.Float64, "p": pl.Float64})
