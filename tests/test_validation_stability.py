"""PSI against its formula and simulation; migration, concentration and grade order by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lishui_credit.errors import SubjectError
from lishui_credit.validation.concentrations import concentration, concentration_p
from lishui_credit.validation.migrations import bandwidth, migration, neighbour_tests
from lishui_credit.validation.order_of_grades import grade_order
from lishui_credit.validation.stability import MISSING, OTHER, csi, psi, psi_critical, psi_of

# -- PSI ---------------------------------------------------------------------------------------


def test_psi_of_two_levels_is_computed_by_hand():
    found = psi(pl.Series(["a"] * 60 + ["b"] * 40), pl.Series(["a"] * 30 + ["b"] * 70))
    assert found.value == pytest.approx(0.3 * np.log(2) + 0.3 * np.log(7 / 4))
    assert found.expected == pytest.approx(1 / 100 + 1 / 100)
    assert not found.smoothed
    assert found.moved == "shifted"


@pytest.mark.parametrize(("n", "m"), [(400, 400), (2000, 300)])
def test_the_index_of_unmoved_samples_follows_its_band(n, m):
    rng = np.random.default_rng(0)
    p = np.array([psi(rng.normal(size=n), rng.normal(size=m)).p for _ in range(400)])
    assert stats.kstest(p, "uniform").pvalue > 0.001
    assert 4 <= (p < 0.05).sum() <= 38


def test_critical_value_is_a_chi_square_quantile():
    assert psi_critical(10, 500, 250) == pytest.approx(
        stats.chi2.ppf(0.95, 9) * (1 / 500 + 1 / 250)
    )


def test_a_small_sample_passes_the_convention_by_chance():
    rng = np.random.default_rng(1)
    found = [psi(rng.normal(size=100), rng.normal(size=100)) for _ in range(50)]
    assert np.mean([one.moved != "stable" for one in found]) > 0.5
    assert np.mean([one.value > one.critical for one in found]) < 0.2


def test_a_large_sample_has_moved_long_before_the_convention():
    rng = np.random.default_rng(2)
    found = psi(rng.normal(size=100_000), rng.normal(0.1, 1, size=100_000))
    assert found.moved == "stable"
    assert found.value > found.critical
    # a shift of 0.1 standard deviations has symmetric Kullback-Leibler divergence 0.1² = 0.01
    assert found.value == pytest.approx(0.01, rel=0.15)


def test_an_empty_cell_stays_finite_and_is_said():
    found = psi(pl.Series(["a", "b", "b"]), pl.Series(["b", "b", "c"]))
    assert found.smoothed
    assert np.isfinite(found.value)
    assert found.cells == 3


def test_missing_values_are_a_cell():
    found = psi([1.0, 2.0, np.nan, 4.0], [1.0, 2.0, 3.0, np.nan], bins=2)
    assert found.table["cell"][-1] == MISSING
    assert found.table["reference"].sum() == pytest.approx(1)


def test_cells_of_ties_are_counted_once():
    found = psi([0.0] * 90 + list(range(1, 11)), [0.0] * 90 + list(range(1, 11)))
    assert found.value == 0
    assert found.cells < 10
    assert found.table["reference"].sum() == pytest.approx(1)


def test_a_constant_has_one_cell_and_no_index():
    found = psi([5, 5, 5], [5, 5, 5])
    assert (found.value, found.cells, found.p) == (0, 1, 1)


@given(st.lists(st.integers(0, 9), min_size=5, max_size=50), st.integers(2, 12))
def test_cells_hold_every_row_and_the_index_is_never_negative(values, bins):
    found = psi(np.array(values), np.array(values[::2]), bins=bins)
    assert found.value >= 0
    assert found.table["reference"].sum() == pytest.approx(1)
    assert found.table["current"].sum() == pytest.approx(1)


def test_villages_are_pooled_beyond_fifty():
    reference = pl.Series([f"v{i}" for i in range(300)] * 2)
    found = psi(reference, reference)
    assert found.cells == 51
    assert found.value == 0


def test_csi_lists_the_most_moved_feature_first():
    rng = np.random.default_rng(3)
    then = pl.DataFrame({"a": rng.normal(size=500), "b": rng.normal(size=500)})
    now = pl.DataFrame({"a": rng.normal(size=500), "b": rng.normal(1, 1, size=500)})
    table = csi(then, now)
    assert table["feature"].to_list() == ["b", "a"]
    assert table["moved"].to_list()[0] == "shifted"


def test_csi_names_every_missing_column():
    with pytest.raises(SubjectError, match=r"no column 'a'(.|\n)*no column 'b'"):
        csi(pl.DataFrame({"a": [1], "b": [2]}), pl.DataFrame({"c": [1]}))


def test_an_empty_sample_is_refused():
    with pytest.raises(SubjectError, match="rows"):
        psi([1, 2], np.array([], dtype=float))


def shares(found):
    """Cells with their shares then and now."""
    return [(cell, round(a, 12), round(b, 12)) for cell, a, b, _ in found.table.rows()]


@pytest.mark.parametrize(
    ("value", "word"),
    [(0.0999, "stable"), (0.1, "watch"), (0.2499, "watch"), (0.25, "shifted"), (9.0, "shifted")],
)
def test_watch_starts_at_a_tenth_and_act_at_a_quarter(value, word):
    still = psi([1, 2], [1, 2], bins=2)
    assert replace(still, value=value).moved == word


def test_a_value_on_a_cut_belongs_to_the_cell_below_it():
    found = psi([1, 2, 3, 4], [2.0, 2.0, np.nextafter(2, 3), np.nextafter(2, 1)], bins=2)
    assert shares(found) == [("≤ 2", 0.5, 0.75), ("> 2", 0.5, 0.25)]


def test_cells_run_from_one_quantile_of_the_reference_to_the_next():
    found = psi(range(1, 11), [0, 2, 2.5, 4, 6, 8, 8.5, 99], bins=5)
    assert shares(found) == [
        ("≤ 2", 0.2, 2 / 8),
        ("2 – 4", 0.2, 2 / 8),
        ("4 – 6", 0.2, 1 / 8),
        ("6 – 8", 0.2, 1 / 8),
        ("> 8", 0.2, 2 / 8),
    ]
    assert not found.smoothed
    assert psi(list(range(1, 11)), list(range(1, 11))).cells == 10


def test_no_cell_is_made_above_the_largest_value_of_the_reference():
    found = psi([1, 2, 2, 2], [1, 2, 2, 2], bins=4)
    assert shares(found) == [("≤ 1", 0.25, 0.25), ("> 1", 0.75, 0.75)]
    many = psi([1, 2, 3, 4], [1, 2, 9, 9], bins=2)
    assert shares(many) == [("≤ 2", 0.5, 0.5), ("> 2", 0.5, 0.5)]
    alone = psi([5, 5, 5], [5, 5])
    assert shares(alone) == [("all", 1, 1)]
    assert (alone.value, alone.expected, alone.critical, alone.p) == (0, 0, 0, 1)


def test_a_sample_that_leaves_a_constant_has_moved():
    for now in ([5.0] * 100, [-5.0] * 100, [5.0] * 50 + [-5.0] * 50):
        found = psi([0.0] * 100, now)
        assert found.moved == "shifted"
        assert found.p < 1e-6
    some = psi([5, 5, 5], [5, 6, 7, 4])
    assert [name for name, _, _ in shares(some)] == ["< 5", "= 5", "> 5"]
    assert (
        csi(pl.DataFrame({"a": [1] * 50}), pl.DataFrame({"a": [2] * 50}))["moved"][0] == "shifted"
    )


def test_a_sample_that_leaves_the_value_of_an_outer_cell_has_moved():
    mostly = [0.0] * 95 + [1.0] * 5
    away = psi(mostly, [-5.0] * 95 + [1.0] * 5)
    assert [name for name, _, _ in shares(away)] == ["< 0", "= 0", "> 0"]
    assert away.moved == "shifted"
    above = psi(mostly, [0.0] * 95 + [7.0] * 5)
    assert [name for name, _, _ in shares(above)] == ["≤ 0", "= 1", "> 1"]
    assert above.value > 0
    assert psi([0.0] * 5 + [1.0] * 95, [0.0] * 5 + [2.0] * 95).moved == "shifted"
    top = psi([0.0] * 5 + [1.0] * 95, [0.0] * 60 + [1.0] * 40)
    assert [name for name, _, _ in shares(top)] == ["≤ 0", "> 0"]
    assert top.moved == "shifted"
    both = psi(mostly, [-1.0] * 50 + [2.0] * 50)
    assert [name for name, _, _ in shares(both)] == ["< 0", "= 0", "= 1", "> 1"]
    assert psi(mostly, mostly[::-1]).value == 0


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40),
    st.lists(st.integers(-2, 5), min_size=1, max_size=40),
    st.integers(2, 10),
)
def test_a_constant_reference_gives_nought_only_if_nothing_left_it(reference, current, bins):
    found = psi(np.array(reference, float), np.array(current, float), bins=bins)
    assert found.table["reference"].sum() == pytest.approx(1)
    assert found.table["current"].sum() == pytest.approx(1)
    if len(set(reference)) == 1 and set(current) != set(reference):
        assert found.value > 0
        assert found.cells > 1


def test_a_text_or_an_empty_reference_that_is_left_has_moved():
    for then, now in (
        (["a"] * 50, ["b"] * 50),
        ([None] * 50, [1.0] * 50),
        ([True] * 50, [False] * 50),
    ):
        before, after = (pl.Series(values, strict=False) for values in (then, now))
        assert psi(before, after).moved == "shifted"


def test_counts_are_compared_as_the_formula_says():
    found = psi_of(["a", "b", "c"], np.array([10.0, 20, 70]), np.array([30.0, 40, 130]))
    then, now = np.array([0.1, 0.2, 0.7]), np.array([0.15, 0.2, 0.65])
    part = (now - then) * np.log(now / then)
    scale = 1 / 100 + 1 / 200
    assert found.table["part"].to_list() == pytest.approx(part.tolist())
    assert found.table["reference"].to_list() == pytest.approx(then.tolist())
    assert found.table["current"].to_list() == pytest.approx(now.tolist())
    assert found.value == pytest.approx(part.sum())
    assert found.expected == pytest.approx(2 * scale)
    assert found.critical == pytest.approx(stats.chi2.ppf(0.95, 2) * scale)
    assert found.p == pytest.approx(stats.chi2.sf(part.sum() / scale, 2))
    assert (found.cells, found.reference_rows, found.current_rows) == (3, 100, 200)
    assert found.table.columns == ["cell", "reference", "current", "part"]
    strict = psi_of(["a", "b", "c"], np.array([10.0, 20, 70]), np.array([30.0, 40, 130]), level=0.9)
    assert strict.critical == pytest.approx(stats.chi2.ppf(0.9, 2) * scale)


@pytest.mark.parametrize("turned", [False, True])
def test_an_empty_cell_on_either_side_adds_half_a_row_to_every_cell_of_both(turned):
    sides = [np.array([2.0, 2, 0]), np.array([1.0, 2, 3])]
    found = psi_of(["a", "b", "c"], *(sides[::-1] if turned else sides))
    then, now = ("current", "reference") if turned else ("reference", "current")
    assert found.smoothed
    assert found.table[then].to_list() == pytest.approx([2.5 / 5.5, 2.5 / 5.5, 0.5 / 5.5])
    assert found.table[now].to_list() == pytest.approx([1.5 / 7.5, 2.5 / 7.5, 3.5 / 7.5])
    assert not psi_of(["a", "b"], np.array([1.0, 2]), np.array([2.0, 1])).smoothed


@pytest.mark.parametrize("sides", [([0.0], [3.0]), ([3.0], [0.0])])
def test_a_sample_of_no_rows_is_refused_on_either_side(sides):
    with pytest.raises(SubjectError, match="both samples need rows"):
        psi_of(["a"], *map(np.array, sides))


def test_missing_numbers_are_counted_in_either_sample():
    then, now = pl.Series([1, 2, None, None]), pl.Series([1.0, 2.0, 2.0, float("nan")])
    assert shares(psi(then, now, bins=2)) == [
        ("≤ 1", 0.25, 0.25),
        ("> 1", 0.25, 0.5),
        (MISSING, 0.5, 0.25),
    ]
    late = psi([1, 2, 1, 2], now, bins=2)
    assert late.table["cell"].to_list() == ["≤ 1", "> 1", MISSING]
    assert late.smoothed
    assert MISSING not in psi([1, 2], [1, 2], bins=2).table["cell"].to_list()


def test_numbers_where_the_reference_has_none_are_a_cell_of_their_own():
    nothing = pl.Series([None, None], dtype=pl.Float64)
    assert shares(psi(nothing, [1.0, np.nan])) == [
        ("all", round(0.5 / 3, 12), 0.5),
        (MISSING, round(2.5 / 3, 12), 0.5),
    ]
    assert shares(psi(nothing, nothing)) == [(MISSING, 1, 1)]


def test_cells_the_current_sample_lacks_are_empty_there():
    found = psi([1, 2, 3, 4], [1, 1, 2, 2], bins=4)
    assert [row[2] for row in shares(found)] == [round(n / 6, 12) for n in (2.5, 2.5, 0.5, 0.5)]
    gone = psi(pl.Series(["a", "b"]), pl.Series(["a", "a"]))
    assert [row[2] for row in shares(gone)] == [round(2.5 / 3, 12), round(0.5 / 3, 12)]


def test_ten_cells_are_made_where_nothing_else_is_said_and_the_level_is_the_one_asked_for():
    then = pl.DataFrame({"n": range(1000)})
    found = psi(then["n"], then["n"], level=0.5)
    assert (found.cells, csi(then, then)["cells"].to_list()) == (10, [10])
    assert found.critical == psi_critical(10, 1000, 1000, 0.5)


def test_text_is_counted_by_level_with_what_is_new_as_other_and_what_is_missing_apart():
    then = pl.Series("then", ["b", "b", "a", "a", None])
    now = pl.Series("now", ["a", "b", "new", "newer", None])
    assert shares(psi(then, now)) == [
        ("a", round(2.5 / 7, 12), round(1.5 / 7, 12)),
        ("b", round(2.5 / 7, 12), round(1.5 / 7, 12)),
        (OTHER, round(0.5 / 7, 12), round(2.5 / 7, 12)),
        (MISSING, round(1.5 / 7, 12), round(1.5 / 7, 12)),
    ]
    flags = psi(pl.Series([True, False, False]), pl.Series([True, True, False]))
    assert [cell for cell, *_ in shares(flags)] == ["false", "true"]


def test_numbers_against_text_are_compared_as_levels():
    for pair in ((pl.Series([1, 2]), pl.Series(["1", "2"])), (pl.Series(["1", "2"]), [1, 2])):
        assert shares(psi(*pair)) == [("1", 0.5, 0.5), ("2", 0.5, 0.5)]


def test_the_fifty_commonest_levels_are_kept_and_of_equals_the_first_by_name():
    names = [f"v{n:02}" for n in range(52)]
    then = pl.Series([*names, "v51", "v50", "v50"])
    found = psi(then, then)
    assert found.table["cell"].to_list() == [*names[:48], "v50", "v51", OTHER]
    assert found.table["reference"].to_list()[-3:] == pytest.approx([3 / 55, 2 / 55, 2 / 55])
    whole = psi(then.head(50), then.head(50))
    assert whole.table["cell"].to_list() == names[:50]


def test_csi_is_the_psi_of_every_column_and_equals_stand_by_name():
    then = pl.DataFrame({"z": [1, 2, 3, 4], "m": ["a", "a", "b", "b"], "a": [4, 3, 2, 1]})
    now = pl.DataFrame({"a": [1, 2, 3, 4], "z": [1, 2, 3, 4], "m": ["a", "b", "b", "b"]})
    table = csi(then, now, bins=2, level=0.9)
    assert table["feature"].to_list() == ["m", "a", "z"]
    for row in table.rows(named=True):
        one = psi(then[row["feature"]], now[row["feature"]], bins=2, level=0.9)
        names = ("expected", "critical", "p", "cells", "smoothed", "moved")
        assert row == {"feature": row["feature"], "psi": one.value} | {
            name: getattr(one, name) for name in names
        }
    usual = csi(then, now)
    assert usual["critical"][2] == psi(then["z"], now["z"]).critical
    assert usual["cells"].to_list() == [2, 4, 4]


# -- migration ---------------------------------------------------------------------------------


def _matrix(counts):
    """Labels whose migration matrix has these counts."""
    start, end = [], []
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            start += [f"G{i}"] * count
            end += [f"G{j}"] * count
    return migration(start, end, order=[f"G{i}" for i in range(len(counts))])


COUNTS = [[50, 8, 2, 0], [6, 60, 10, 4], [1, 9, 40, 10], [0, 3, 7, 30]]


def test_bandwidth_is_the_ecbs_double_sum():
    k = len(COUNTS)
    n = [sum(row) for row in COUNTS]
    p = [[cell / n[i] for cell in row] for i, row in enumerate(COUNTS)]
    up = sum(
        abs(i - j) * n[i - 1] * p[i - 1][j - 1] for i in range(1, k) for j in range(i + 1, k + 1)
    )
    low = sum(abs(i - j) * n[i - 1] * p[i - 1][j - 1] for i in range(2, k + 1) for j in range(1, i))
    norm_up = sum(max(abs(i - k), abs(i - 1)) * n[i - 1] * sum(p[i - 1][i:]) for i in range(1, k))
    norm_low = sum(
        max(abs(i - k), abs(i - 1)) * n[i - 1] * sum(p[i - 1][: i - 1]) for i in range(2, k + 1)
    )
    found = bandwidth(_matrix(COUNTS))
    assert found.upper == pytest.approx(up / norm_up)
    assert found.lower == pytest.approx(low / norm_low)
    assert found.down == pytest.approx(34 / 240)
    assert found.up == pytest.approx(26 / 240)


def test_nobody_moving_has_no_bandwidth():
    found = bandwidth(_matrix([[5, 0], [0, 5]]))
    assert (found.upper, found.lower) == (0, 0)


def test_moving_as_far_as_possible_has_bandwidth_1():
    found = bandwidth(_matrix([[0, 0, 3], [0, 5, 0], [4, 0, 0]]))
    assert (found.upper, found.lower) == (1, 1)


def test_neighbour_test_is_computed_by_hand():
    table = neighbour_tests(_matrix(COUNTS))
    row = table.filter((pl.col("from") == "G1") & (pl.col("to") == "G3")).row(0, named=True)
    far, near, n = 4 / 80, 10 / 80, 80
    spread = (far * (1 - far) + near * (1 - near) + 2 * far * near) / n
    assert row["nearer"] == "G2"
    assert row["p"] == pytest.approx(stats.norm.cdf((near - far) / np.sqrt(spread)))
    back = table.filter((pl.col("from") == "G3") & (pl.col("to") == "G0")).row(0, named=True)
    assert back["nearer"] == "G1"


def test_neighbour_test_variance_is_that_of_two_cells_of_one_multinomial():
    draws = np.random.default_rng(4).multinomial(200, [0.6, 0.3, 0.1], 40_000) / 200
    observed = (draws[:, 1] - draws[:, 2]).var()
    assert observed == pytest.approx((0.3 * 0.7 + 0.1 * 0.9 + 2 * 0.3 * 0.1) / 200, rel=0.03)


def test_two_empty_cells_are_not_tested():
    table = neighbour_tests(_matrix([[5, 0, 0], [0, 5, 0], [0, 0, 5]]))
    assert table["p"].null_count() == 2


def test_migration_leaves_out_who_was_graded_once():
    found = migration(["A", "A", None], ["B", "A", "A"])
    assert found.counts.sum() == 2
    assert found.frame().columns == ["from", "subjects", "to A", "to B"]


def test_migration_refuses_nobody():
    with pytest.raises(SubjectError, match="nobody"):
        migration(pl.Series([None], dtype=pl.String), ["A"])


# -- concentration -----------------------------------------------------------------------------


def test_even_grades_are_not_concentrated_and_one_grade_is_wholly():
    even, one = concentration([10, 10, 10, 10]), concentration([40, 0, 0, 0])
    assert (even.hhi, even.variation) == (0.25, 0)
    assert even.index == pytest.approx(0)
    assert (one.hhi, one.largest) == (1, 1)
    assert one.index == pytest.approx(1)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=12).filter(lambda c: sum(c) > 0))
def test_variation_and_hhi_tell_the_same(counts):
    found = concentration(counts)
    assert found.hhi == pytest.approx((found.variation**2 + 1) / len(counts))
    assert -1e-9 <= found.index <= 1 + 1e-9


def test_concentration_test_is_computed_by_hand():
    # shares (0.3, 0.3, 0.4): CV² = 0.02; shares (0.8, 0.1, 0.1): CV² = 0.98
    z = np.sqrt(2) * (np.sqrt(0.98) - np.sqrt(0.02)) / np.sqrt(0.98 * 1.48)
    assert concentration_p([30, 30, 40], [80, 10, 10]) == pytest.approx(stats.norm.sf(z))


def test_less_concentration_than_before_is_never_significant():
    assert concentration_p([80, 10, 10], [40, 30, 30]) > 0.5


def test_counts_of_different_scales_are_refused():
    with pytest.raises(SubjectError, match="the same scale"):
        concentration_p([1, 2], [1, 2, 3])


# -- grades ------------------------------------------------------------------------------------


def _graded(counts, bads):
    y, grades = [], []
    for name, n, d in zip("ABCDEFG", counts, bads, strict=False):
        y += [1] * d + [0] * (n - d)
        grades += [name] * n
    return np.array(y), grades


def test_neighbours_are_compared_by_the_two_proportion_test():
    y, grades = _graded([200, 150, 100], [10, 15, 12])
    table = grade_order(y, grades).table
    chi = stats.chi2_contingency([[10, 190], [15, 135]], correction=False)
    assert table["p"][1] == pytest.approx(chi.pvalue / 2)
    assert table["p"][0] is None


def test_trend_is_the_correlation_of_place_and_outcome():
    y, grades = _graded([200, 150, 100, 50], [10, 12, 14, 12])
    found = grade_order(y, grades)
    place = np.array(["ABCD".index(g) for g in grades])
    assert found.trend == pytest.approx(np.corrcoef(place, y)[0, 1] * np.sqrt(len(y)))
    assert found.trend_p == pytest.approx(stats.norm.sf(found.trend))


def test_somers_d_is_scipys():
    y, grades = _graded([60, 50, 40], [4, 10, 8])
    place = ["ABC".index(g) for g in grades]
    assert grade_order(y, grades).somers_d == pytest.approx(stats.somersd(y, place).statistic)


def test_an_inversion_is_found_and_tested():
    y, grades = _graded([400, 400, 400], [20, 80, 30])
    found = grade_order(y, grades)
    assert found.inversions == 1
    assert found.table["inverted"].to_list() == [None, False, True]
    assert found.table["p"][2] > 0.99


def test_the_published_order_counts_not_the_alphabet():
    y, grades = _graded([100, 100], [2, 20])
    assert grade_order(y, grades, order=["B", "A"]).inversions == 1
    assert grade_order(y, grades, order=["B", "A"]).trend < 0


def test_a_grade_nobody_has_is_shown_and_skipped():
    y, grades = _graded([100, 0, 100], [2, 0, 20])
    found = grade_order(y, grades, order=["A", "B", "C"])
    assert found.table["bad_rate"].to_list() == [0.02, None, 0.2]
    assert found.table["inverted"].to_list() == [None, None, False]


def test_numbered_grades_are_ordered_as_numbers():
    y, _ = _graded([100, 100], [2, 20])
    assert grade_order(y, [2] * 100 + [10] * 100).table["grade"].to_list() == ["2", "10"]


def test_an_order_that_repeats_or_lacks_a_label_is_refused():
    y, grades = _graded([10, 10], [1, 2])
    with pytest.raises(SubjectError) as caught:
        grade_order(y, grades, order=["A", "C", "C"])
    assert len(caught.value.problems) == 2
