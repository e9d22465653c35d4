"""Points of all tables are the optimum of one objective: judged by its slope and by another optimiser."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, minimize

from lishui_credit.scorecards.joint.joint_fit import Fitted, blank, fit_tables
from lishui_credit.scorecards.joint.score_tables import Axis, Grid, Smoothing, spared

SMOOTHING = Smoothing(1.0, 2.0)
TABLES = ((0,), (1,), (0, 1))


def axis(name: str, ordered: int, loose: int, way: int = 0) -> Axis:
    """Return a characteristic of so many ranges, and of so many levels; two ranges a group in pairs."""
    pieces = ordered + loose
    crossed = np.concatenate([np.arange(ordered) // 2, (ordered + 1) // 2 + np.arange(loose)])
    return Axis(name, ordered, np.arange(pieces), crossed, way)


def drawn(
    seed: int, ways: tuple[int, int] = (0, 0), rows: int = 160
) -> tuple[Grid, np.ndarray, np.ndarray]:
    """Return a synthetic sample: its grid, outcome and weights."""
    draw = np.random.default_rng(seed)
    axes = (axis("a", 4, 1, ways[0]), axis("b", 3, 1, ways[1]))
    pieces = (draw.integers(0, 5, rows), draw.integers(0, 4, rows))
    line = 0.6 * np.sin(2.0 * pieces[0]) - 0.4 * pieces[1] + 0.8 * (pieces[0] > 2) * (pieces[1] > 1)
    good = draw.random(rows) < 1 / (1 + np.exp(-line))
    return Grid(axes, pieces), good, draw.integers(1, 4, rows).astype(float)


def fitted(grid: Grid, good: np.ndarray, weight: np.ndarray, *, directed: bool = False) -> Fitted:
    """Fit both tables and the two-way table from nothing."""
    start = blank(grid, TABLES, good, weight)
    return fit_tables(grid, start, good, weight, SMOOTHING, directed=directed)


def design(grid: Grid, good: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of all cells, the intercept first, and the penalty, written out."""
    columns, sizes = [np.ones((grid.rows, 1))], [1]
    for table in TABLES:
        columns.append(np.eye(grid.size(table))[grid.cells(table)])
        sizes.append(grid.size(table))
    penalty = np.zeros((sum(sizes), sum(sizes)))
    for place, table in enumerate(TABLES, start=1):
        own = slice(sum(sizes[:place]), sum(sizes[: place + 1]))
        penalty[own, own] = grid.penalty(table, SMOOTHING)
        if len(table) == 1:
            mean = (weight * good).sum() / weight.sum()
            slope = columns[place].T @ (weight * (good - mean))
            curve = columns[place].T @ (weight * mean * (1 - mean))
            penalty[own, own] = spared(penalty[own, own], slope, curve, SMOOTHING.spared)
    return np.hstack(columns), penalty


def cost(
    theta: np.ndarray, x: np.ndarray, penalty: np.ndarray, good: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the penalised loss and its slope."""
    line = x @ theta
    loss = (weight * np.logaddexp(0, np.where(good, -line, line))).sum()
    slope = x.T @ (weight * (1 / (1 + np.exp(-line)) - good)) + penalty @ theta
    return float(loss + theta @ penalty @ theta / 2), slope


def orders(grid: Grid) -> np.ndarray:
    """Return the matrix of the declared directions, over all cells."""
    rows, start = [], 1
    width = 1 + sum(grid.size(table) for table in TABLES)
    for table in TABLES:
        for low, high in grid.rises(table):
            row = np.zeros(width)
            row[start + low], row[start + high] = -1, 1
            rows.append(row)
        start += grid.size(table)
    return np.array(rows)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.floats(0.0, 0.99))
def test_the_effect_alone_is_spared_its_share_of_the_penalty_and_nothing_else(
    seed: int, share: float
) -> None:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(5, 5))
    penalty, curve, slope = root.T @ root + 0.1 * np.eye(5), draw.random(5), draw.normal(size=5)
    left = spared(penalty, slope, curve, share)
    alone = np.linalg.solve(np.diag(curve) + penalty, slope)
    cost = alone @ penalty @ alone
    assert alone @ left @ alone == pytest.approx((1 - share) * cost)
    other = draw.normal(size=5)
    other -= alone * (other @ penalty @ alone) / cost
    assert other @ left @ other == pytest.approx(other @ penalty @ other)
    assert np.linalg.eigvalsh(left).min() > 0


def test_a_table_of_no_effect_keeps_its_penalty() -> None:
    penalty = np.diag([1.0, 2.0])
    assert (spared(penalty, np.zeros(2), np.ones(2), 0.9) == penalty).all()


@pytest.mark.parametrize("seed", range(4))
def test_at_the_free_optimum_the_slope_is_nought(seed: int) -> None:
    grid, good, weight = drawn(seed)
    x, penalty = design(grid, good, weight)
    _, slope = cost(fitted(grid, good, weight).theta, x, penalty, good, weight)
    assert np.abs(slope).max() < 1e-7


@pytest.mark.parametrize("ways", [(1, 0), (-1, 1), (0, -1)])
@pytest.mark.parametrize("seed", range(3))
def test_the_directed_optimum_is_that_of_another_optimiser(
    seed: int, ways: tuple[int, int]
) -> None:
    grid, good, weight = drawn(seed, ways)
    x, penalty = design(grid, good, weight)
    own = fitted(grid, good, weight, directed=True).theta
    other = minimize(
        cost,
        np.zeros(len(own)),
        (x, penalty, good, weight),
        jac=True,
        method="SLSQP",
        constraints=LinearConstraint(orders(grid), lb=0.0),
        options={"ftol": 1e-13, "maxiter": 500},
    )
    assert cost(own, x, penalty, good, weight)[0] <= other.fun + 1e-8
    assert own == pytest.approx(other.x, abs=1e-4)
    assert (np.diff(own[1:5]) * ways[0] >= 0).all()


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([(1, 1), (-1, 1), (-1, -1), (1, 0)]))
def test_declared_directions_hold_to_the_last_bit(seed: int, ways: tuple[int, int]) -> None:
    grid, good, weight = drawn(seed, ways, rows=60)
    if good.all() or not good.any():
        return
    theta, start = fitted(grid, good, weight, directed=True).theta, 1
    for table in TABLES:
        for low, high in grid.rises(table):
            assert theta[start + high] >= theta[start + low]
        start += grid.size(table)


def test_a_direction_that_nothing_breaks_changes_nothing() -> None:
    pieces = np.repeat([0, 1, 2], 40)
    good = np.arange(120) % 40 < np.repeat([10, 20, 30], 40)
    grids = [Grid((axis("b", 3, 1, way),), (pieces,)) for way in (0, 1)]
    free, told = (
        fit_tables(
            grid,
            blank(grid, [(0,)], good, np.ones(120)),
            good,
            np.ones(120),
            SMOOTHING,
            directed=True,
        )
        for grid in grids
    )
    assert (np.diff(free.theta[1:4]) > 0).all()
    assert told.theta.tolist() == free.theta.tolist()


@pytest.mark.parametrize("directed", [False, True])
def test_a_weight_says_the_same_as_repeated_rows(directed: bool) -> None:
    grid, good, weight = drawn(2, (1, 0))
    places = np.repeat(np.arange(grid.rows), weight.astype(int))
    heavy = fitted(grid, good, weight, directed=directed)
    often = fitted(grid.only(places), good[places], np.ones(len(places)), directed=directed)
    assert heavy.theta == pytest.approx(often.theta, abs=2e-9)


@pytest.mark.parametrize("directed", [False, True])
def test_the_order_of_rows_moves_no_digit(directed: bool) -> None:
    grid, good, weight = drawn(3, (1, -1))
    places = np.random.default_rng(0).permutation(grid.rows)
    one = fitted(grid, good, weight, directed=directed)
    two = fitted(grid.only(places), good[places], weight[places], directed=directed)
    assert one.theta.tolist() == two.theta.tolist()


def test_a_fit_begun_elsewhere_ends_at_the_same_optimum() -> None:
    grid, good, weight = drawn(0)
    start = fit_tables(grid, blank(grid, TABLES[:2], good, weight), good, weight, SMOOTHING)
    warm = fit_tables(grid, start.with_table(grid, (0, 1)), good, weight, SMOOTHING)
    assert warm.theta == pytest.approx(fitted(grid, good, weight).theta, abs=2e-9)


def test_a_row_has_the_sum_of_its_cells() -> None:
    grid, good, weight = drawn(0)
    fit = fitted(grid, good, weight)
    x, _ = design(grid, good, weight)
    assert fit.line == pytest.approx(x @ fit.theta)
    assert fit.of(grid) == pytest.approx(fit.line)
