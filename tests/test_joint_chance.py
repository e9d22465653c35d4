"""The line that chance draws for PSI and CSI together."""

import numpy as np
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.monitoring.joint_chance import FEW, Cells, chance_lines
from lishui_credit.validation.stability import psi_of


def cells(before: list[float], places: np.ndarray) -> Cells:
    names = tuple(f"c{number}" for number in range(len(before)))
    return Cells(names, np.array(before, dtype=float), places.astype(np.int64))


def even(rows: int) -> np.ndarray:
    return np.arange(rows) % 4


def test_a_month_like_the_sample_has_no_index_and_no_alarm() -> None:
    found = chance_lines({"a": cells([500.0] * 4, even(400))}).row(0, named=True)
    assert found["psi"] == 0
    assert found["p_family"] == 1


def test_the_index_is_that_of_stability() -> None:
    now = np.repeat([0, 1, 2, 3], [130, 90, 90, 90])
    found = chance_lines({"a": cells([500.0] * 4, now)})
    expected = psi_of(list("abcd"), np.full(4, 500.0), np.array([130.0, 90.0, 90.0, 90.0]))
    assert found["psi"][0] == pytest.approx(expected.value, rel=1e-12)
    assert found["critical"][0] == pytest.approx(expected.critical, rel=0.1)
    assert found["expected"][0] == pytest.approx(expected.expected, rel=0.1)


def test_the_family_line_is_higher_the_more_columns_go_their_own_ways() -> None:
    draw = np.random.default_rng(0)
    one = cells([500.0] * 4, draw.integers(0, 4, 400))
    alone = chance_lines({"a": one})["line"][0]
    copies = chance_lines(dict.fromkeys("abcdefgh", one))["line"][0]
    others = {name: cells([500.0] * 4, draw.integers(0, 4, 400)) for name in "bcdefgh"}
    apart = chance_lines({"a": one} | others)["line"][0]
    assert copies == pytest.approx(alone, rel=0.1)  # the same column eight times is one chance
    assert apart > 1.5 * alone


def test_columns_that_moved_by_chance_alone_alarm_about_one_month_in_twenty() -> None:
    share = np.array([0.5, 0.3, 0.15, 0.05])
    alarms = 0
    for seed in range(300):
        draw = np.random.default_rng(seed)
        first = draw.choice(4, 250, p=share)
        second = np.where(draw.random(250) < 0.7, first, draw.choice(4, 250, p=share))
        columns = {
            name: cells(draw.multinomial(3000, share).tolist(), places)
            for name, places in (("a", first), ("b", second))
        }
        alarms += chance_lines(columns, draws=600, seed=seed)["p_family"].min() <= 0.05
    assert 0.025 < alarms / 300 < 0.08


def test_a_planted_shift_alarms_and_names_its_column() -> None:
    draw = np.random.default_rng(1)
    still = cells([750.0] * 4, draw.integers(0, 4, 800))
    moved = cells([750.0] * 4, draw.choice(4, 800, p=[0.33, 0.25, 0.25, 0.17]))
    found = chance_lines({"still": still, "moved": moved})
    assert (found["psi"] > found["line"]).to_list() == [False, True]
    assert (found["p_family"] <= 0.05).to_list() == [False, True]


def test_cells_of_few_rows_are_joined_and_a_new_one_of_many_is_not() -> None:
    one = np.arange(400) % 2
    few = chance_lines({"a": cells([998.0, 1000.0, 2.0, 1.0], one)})
    assert few["cells"][0] == 2  # a rare pair of less than a row goes with the smallest other
    joined = chance_lines({"a": cells([960.0, 1000.0, 20.0, 20.0], one)})
    assert joined["cells"][0] == 3
    new = chance_lines({"a": cells([1000.0, 1000.0, 0.0], np.repeat([0, 1, 2], [195, 195, 10]))})
    assert new["cells"][0] == 3
    assert new["smoothed"][0]
    assert new["p_family"][0] < 0.01
    assert FEW.startswith("few")


def test_a_column_of_one_cell_cannot_move() -> None:
    found = chance_lines({"a": cells([100.0], np.zeros(50))}).row(0, named=True)
    assert (found["psi"], found["p"], found["line"]) == (0, 1, 0)


def test_no_rows_are_refused_by_column() -> None:
    with pytest.raises(SubjectError) as error:
        chance_lines({"a": cells([1.0], np.zeros(0)), "b": cells([0.0], np.zeros(0))})
    assert [row.where for row in error.value.problems] == ["a", "b"]
