"""Groups of neighbouring pieces are the best there are: every other cut is tried."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lishui_credit.scorecards.joint.neighbour_groups import even_groups, like_groups, numbered

SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=7)


def every_cut(pieces: int, most: int, kept: tuple[int, ...] = ()) -> list[list[int]]:
    """Return the starts of all groups of neighbours, at most so many."""
    return [
        [0, *inner]
        for count in range(most)
        for inner in combinations(range(1, pieces), count)
        if set(kept) <= {0, *inner}
    ]


def unlike(values: list[int], weight: list[int], starts: list[int]) -> float:
    """Return the weighted sum of squares around the means of groups."""
    found = 0.0
    for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
        own, heavy = np.array(values[start:end]), np.array(weight[start:end])
        found += float((heavy * (own - np.average(own, weights=heavy)) ** 2).sum())
    return found


def uneven(rows: list[int], starts: list[int]) -> int:
    """Return the sum of squared rows of groups."""
    ends = [*starts[1:], len(rows)]
    return sum(sum(rows[start:end]) ** 2 for start, end in zip(starts, ends, strict=True))


@given(SIZES, st.integers(1, 5))
def test_no_other_groups_are_more_even(rows: list[int], most: int) -> None:
    starts = even_groups(np.array(rows, dtype=float), most)
    assert len(starts) <= most
    assert uneven(rows, starts) == min(uneven(rows, cut) for cut in every_cut(len(rows), most))


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 9)), min_size=1, max_size=7),
    st.integers(1, 5),
)
def test_no_other_groups_are_more_alike(pieces: list[tuple[int, int]], most: int) -> None:
    values, weight = ([piece[place] for piece in pieces] for place in (0, 1))
    starts = like_groups(np.array(values, dtype=float), np.array(weight, dtype=float), most)
    assert len(starts) <= most
    least = min(unlike(values, weight, cut) for cut in every_cut(len(values), most))
    assert unlike(values, weight, starts) == pytest.approx(least, abs=1e-9)


@given(st.lists(st.integers(-9, 9), min_size=4, max_size=7), st.sets(st.integers(1, 3), max_size=2))
def test_a_locked_piece_begins_a_group(values: list[int], kept: set[int]) -> None:
    heavy = [1] * len(values)
    starts = like_groups(np.array(values, dtype=float), np.ones(len(values)), 3, kept)
    assert kept <= set(starts)
    least = min(unlike(values, heavy, cut) for cut in every_cut(len(values), 3, tuple(kept)))
    assert unlike(values, heavy, starts) == pytest.approx(least, abs=1e-9)


def test_more_locked_pieces_than_groups_all_begin_one() -> None:
    assert like_groups(np.zeros(5), np.ones(5), 2, (1, 2, 4)) == [0, 1, 2, 4]


def test_pieces_after_the_ranges_stand_alone() -> None:
    assert numbered([0, 2], 3, 5).tolist() == [0, 0, 1, 2, 3]


def test_a_characteristic_of_levels_alone_keeps_each() -> None:
    assert numbered([], 0, 3).tolist() == [0, 1, 2]
