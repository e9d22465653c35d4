"""Tables come in by what they promise on rows that did not choose them; noise promises nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.joint.forward_choice import Rows, crossed, gains, one_way
from lishui_credit.scorecards.joint.joint_fit import blank
from lishui_credit.scorecards.joint.joint_points import JointPoints, learn
from lishui_credit.scorecards.joint.score_tables import Axis, Grid, Smoothing, spared

SMOOTHING = Smoothing(1.0, 4.0)


def sampled(
    seed: int, planted: tuple[int, int] | None = None, rows: int = 3000
) -> tuple[Grid, Rows]:
    """Return synthetic rows of five characteristics; two of them may act only together."""
    draw = np.random.default_rng(seed)
    pieces = tuple(draw.integers(0, 4, rows) for _ in range(5))
    line = 0.5 * (pieces[0] - 1.5)
    if planted:
        line = line + 1.2 * np.where((pieces[planted[0]] > 1) == (pieces[planted[1]] > 1), 1, -1)
    good = draw.random(rows) < 1 / (1 + np.exp(-line))
    axes = tuple(Axis(name, 4, np.arange(4), np.arange(4)) for name in "abcde")
    return Grid(axes, pieces), Rows(
        good, draw.integers(1, 3, rows).astype(float), np.arange(rows) % 4
    )


@pytest.mark.parametrize(
    ("table", "smoothing"),
    [((1,), replace(SMOOTHING, spared=0.0)), ((1,), SMOOTHING), ((0, 3), SMOOTHING)],
)
def test_a_gain_is_the_likelihood_of_one_step_from_the_other_folds(
    table: tuple[int, ...], smoothing: Smoothing
) -> None:
    grid, rows = sampled(0, rows=200)
    line = np.linspace(-1, 1, 200)
    p = 1 / (1 + np.exp(-line))
    x = np.eye(grid.size(table))[grid.cells(table)]
    found = []
    for held in range(4):
        sums = []
        for part in (rows.fold != held, rows.fold == held):
            slope = x[part].T @ (rows.weight * (rows.good - p))[part]
            curve = x[part].T @ ((rows.weight * p * (1 - p))[part, None] * x[part])
            sums.append((slope, curve))
        (slope, curve), (its_slope, its_curve) = sums
        penalty = grid.penalty(table, smoothing)
        if len(table) == 1:
            fit, weight = rows.good[rows.fold != held], rows.weight[rows.fold != held]
            mean = (rows.weight * rows.good).sum() / rows.weight.sum()
            own = x[rows.fold != held]
            at, by = own.T @ (weight * (fit - mean)), own.T @ (weight * mean * (1 - mean))
            penalty = spared(penalty, at, by, smoothing.spared)
        step = np.linalg.solve(curve + penalty, slope)
        found.append(its_slope @ step - step @ its_curve @ step / 2)
    assert gains(grid, [table], line, rows, smoothing)[0] == pytest.approx(found)


@pytest.mark.parametrize("pair", [(1, 2), (0, 4), (3, 4)])
def test_a_planted_pair_comes_in_first(pair: tuple[int, int]) -> None:
    grid, rows = sampled(1, pair)
    fit = one_way(grid, rows, SMOOTHING, 5)
    path = crossed(grid, fit, rows, SMOOTHING, 3)
    assert path[1].tables[-1] == pair


def test_the_only_characteristic_that_acts_comes_in_first_and_alone() -> None:
    grid, rows = sampled(2)
    assert one_way(grid, rows, SMOOTHING, 1).tables == ((0,),)


def test_the_path_begins_with_the_fit_as_it_is() -> None:
    grid, rows = sampled(3, (1, 2))
    fit = blank(grid, (), rows.good, rows.weight)
    path = crossed(grid, fit, rows, SMOOTHING, 2)
    assert path[0] is fit
    assert [len(step.tables) for step in path] == list(range(len(path)))
    assert len(path) <= 3


@pytest.mark.parametrize("seed", range(20))
def test_noise_gets_no_pair(seed: int) -> None:
    draw = np.random.default_rng(seed)
    frame = pl.DataFrame({name: draw.normal(size=600) for name in "abcdef"})
    bad = (draw.random(600) < 1 / (1 + np.exp(1 - frame["a"].to_numpy()))).astype(np.int8)
    sample = TrainingSample.read(frame, bad).evened()
    found = learn(JointPoints(), BinningProcess(), sample)
    assert [table for table in found.fit.tables if len(table) == 2] == []


def test_a_planted_pair_is_on_the_card() -> None:
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({name: draw.normal(size=1500) for name in "abcd"})
    line = 1.2 * np.sign(frame["b"].to_numpy() * frame["c"].to_numpy())
    bad = (draw.random(1500) < 1 / (1 + np.exp(1 - line))).astype(np.int8)
    found = learn(JointPoints(), BinningProcess(), TrainingSample.read(frame, bad).evened())
    assert [table for table in found.fit.tables if len(table) == 2] == [(1, 2)]
    assert found.told["crossed"]["loss"] < found.told["one_way"]["loss"]
