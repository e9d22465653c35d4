"""The integer programme against every choice there is, in whole numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from lishui_credit.cutoffs import programme
from lishui_credit.cutoffs.programme import (
    SUMS,
    UNIT,
    Candidates,
    Choice,
    Limit,
    Programme,
    rounded,
)
from lishui_credit.errors import PolicyError

PROFIT = (0, 0, 0, 1, 0)


def rows(*cells: tuple[int, ...]) -> Any:
    return np.array(cells, dtype=object)


def drawn(seed: int, segments: int, options: int, review: bool) -> Programme:
    """Random segments: sums rise from one candidate to the next, profit goes either way."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(segments):
        step = rng.integers(0, 9, (options, 5))
        step[:, 3] = rng.integers(-40, 60, options)
        step[0] = 0
        approve = step.cumsum(axis=0).astype(object)
        second = rng.integers(0, 5, (options, 5))
        second[:, 3] = rng.integers(-20, 20, options)
        second[0] = 0
        made.append(Candidates(approve, second.cumsum(axis=0).astype(object) if review else None))
    return Programme(tuple(made))


def choices(asked: Programme) -> Any:
    """Every pair of cut-offs of every segment: approve no looser than refer."""
    options = []
    for segment in asked.segments:
        k = range(len(segment.approve))
        alone = segment.review is None
        options.append([(a, r) for a in k for r in k if (a == r if alone else a <= r)])
    for chosen in itertools.product(*options):
        yield tuple(a for a, _ in chosen), tuple(r for _, r in chosen)


def added(asked: Programme, approve: tuple[int, ...], refer: tuple[int, ...]) -> list[int]:
    """Sums of a choice, added one by one."""
    whole = [0] * 5
    for segment, a, r in zip(asked.segments, approve, refer, strict=True):
        for place in range(5):
            whole[place] += segment.approve[a][place]
            if segment.review is not None:
                whole[place] += segment.review[r][place] - segment.review[a][place]
    return whole


def brute(asked: Programme, objective: tuple[int, ...], limits: list[Limit]) -> int | None:
    found = []
    for approve, refer in choices(asked):
        whole = added(asked, approve, refer)
        kept = all(
            sum(c * t for c, t in zip(limit.coefficients, whole, strict=True)) <= limit.bound
            for limit in limits
        )
        if kept:
            found.append(sum(c * t for c, t in zip(objective, whole, strict=True)))
    return max(found, default=None)


def limits_of(seed: int, asked: Programme) -> list[Limit]:
    """Few limits that bind: at most some, a share, at least some."""
    rng = np.random.default_rng(seed)
    top = added(asked, *(tuple(len(s.approve) - 1 for s in asked.segments),) * 2)
    return [
        Limit("budget", (0, 0, 1, 0, 0), int(top[2] * rng.uniform(0.2, 0.8))),
        Limit("bad_rate", (-int(rng.integers(1, 5)), 3, 0, 0, 0), int(rng.integers(0, 9))),
        Limit("least", (-1, 0, 0, 0, 0), -int(top[0] * rng.uniform(0.0, 0.3))),
    ][: int(rng.integers(0, 4))]


@pytest.mark.parametrize("review", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_the_best_choice_earns_what_the_best_of_all_choices_earns(seed: int, review: bool) -> None:
    asked = drawn(seed, 3, 4 if review else 6, review)
    limits = limits_of(seed, asked)
    for objective in (PROFIT, (2, -3, 0, 1, -1)):
        want = brute(asked, objective, limits)
        found = asked.best(objective, limits)
        if want is None:
            assert found is None
            assert asked.some(objective, limits) is None
            continue
        assert found is not None
        assert found.gap == 0
        assert found.total.tolist() == added(asked, found.approve, found.refer)
        assert sum(c * t for c, t in zip(objective, found.total, strict=True)) == want
        assert (found.approve, found.refer) in set(choices(asked))
        assert all(limit.excess(found.total) <= 0 for limit in limits)
        some = asked.some(objective, limits)
        assert some is not None
        assert all(limit.excess(some.total) <= 0 for limit in limits)
        assert some.total.tolist() == added(asked, some.approve, some.refer)
        value, _, duals = asked.relaxed(objective, limits)
        assert value >= want - 1e-6 * max(1, abs(want))
        assert set(duals) == {limit.name for limit in limits}
        assert min(duals.values(), default=0) >= -1e-9


def two() -> tuple[Programme, Programme]:
    """Two segments by hand; the second may refer."""
    first = rows((0, 0, 0, 0, 0), (10, 1, 100, 50, 0), (20, 4, 200, 80, 0))
    second = rows((0, 0, 0, 0, 0), (5, 0, 70, 40, 0), (9, 2, 90, 30, 0))
    review = rows((0, 0, 0, 0, 0), (4, 0, 60, 25, 6), (7, 1, 80, 35, 9))
    return Programme((Candidates(first), Candidates(second))), Programme(
        (Candidates(first, first - first), Candidates(second, review))
    )


def test_sums_are_those_approved_and_those_referred_less_those_approved_anyway() -> None:
    plain, reviewed = two()
    assert plain.total((1, 2), (1, 2)).tolist() == [19, 3, 190, 80, 0]
    assert plain.total((0, 0), (0, 0)).tolist() == [0] * 5
    # second segment: approve from 1 (5 of 40), refer from 2: what review adds past candidate 1
    assert reviewed.total((1, 1), (1, 2)).tolist() == [18, 2, 190, 100, 3]
    assert plain.sums.tolist() == [
        *plain.segments[0].approve.tolist(),
        *plain.segments[1].approve.tolist(),
    ]
    second = reviewed.segments[1]
    assert reviewed.sums[6:].tolist() == [
        *(second.approve - second.review).tolist(),
        *second.review.tolist(),
    ]
    with pytest.raises(ValueError, match="zip"):
        plain.total((1,), (1, 1))


def test_without_limits_every_segment_takes_its_own_best() -> None:
    plain, reviewed = two()
    found = plain.best(PROFIT, [])
    assert found == Choice((2, 1), (2, 1), found.total)
    assert found.total.tolist() == [25, 4, 270, 120, 0]
    pair = reviewed.best(PROFIT, [])
    assert (pair.approve, pair.refer) == ((2, 1), (pair.refer[0], 2))
    assert pair.total[3] == 80 + 40 + 10


def test_a_limit_is_kept_on_it_and_not_one_past_it() -> None:
    plain, _ = two()
    for bound, approve in (
        (270, (2, 1)), (269, (1, 1)), (170, (1, 1)), (169, (1, 0)), (99, (0, 1)), (69, (0, 0)),
    ):  # fmt: skip
        found = plain.best(PROFIT, [Limit("budget", (0, 0, 1, 0, 0), bound)])
        assert found.approve == approve
        assert found.refer == approve
    on_it = [Limit("budget", (0, 0, 1, 0, 0), 270)]
    assert plain.some(PROFIT, on_it, near=0).approve == (2, 1)
    none = [Limit("least", (-1, 0, 0, 0, 0), -30), Limit("budget", (0, 0, 1, 0, 0), 100)]
    assert plain.best(PROFIT, none) is None
    assert plain.some(PROFIT, none) is None
    limit = Limit("bad_rate", (-2, 10, 0, 0, 0), 5)
    assert limit.excess(rows((10, 3, 0, 0, 0))[0]) == 30 - 20 - 5
    assert limit.excess(rows((10, 2, 0, 0, 0))[0]) == -5
    assert limit.excess(rows((5, 1, 9, 9, 9))[0]) == -5


def test_sums_past_sixty_four_bits_are_exact() -> None:
    huge = 10**24
    approve = rows((0, 0, 0, 0, 0), (1, 0, huge, huge, 0), (2, 0, huge + 1, huge + 3, 0))
    asked = Programme((Candidates(approve),))
    assert asked.best(PROFIT, []).total.tolist() == [2, 0, huge + 1, huge + 3, 0]
    held = asked.best(PROFIT, [Limit("budget", (0, 0, 1, 0, 0), huge)])
    assert held.total.tolist() == [1, 0, huge, huge, 0]


def test_the_relaxation_lends_in_shares_and_prices_the_limit() -> None:
    # the first step earns 50 on 100, the second 30 on 100; the other segment 40 on 70
    plain, _ = two()
    value, total, duals = plain.relaxed(PROFIT, [Limit("budget", (0, 0, 1, 0, 0), 220)])
    assert value == pytest.approx(40 + 50 + 30 * 50 / 100)
    assert total.tolist() == pytest.approx([20, 2.5, 220, 105, 0])
    assert duals == {"budget": pytest.approx(0.3)}
    free, whole, none = plain.relaxed(PROFIT, [])
    assert (free, none) == (pytest.approx(120), {})
    assert whole.tolist() == pytest.approx([25, 4, 270, 120, 0])
    slack = plain.relaxed(PROFIT, [Limit("budget", (0, 0, 1, 0, 0), 1000)])
    assert slack[0] == pytest.approx(120)
    assert slack[2] == {"budget": pytest.approx(0)}
    several = [Limit("budget", (0, 0, 1, 0, 0), 1000), Limit("bads", (0, 2, 0, 0, 0), 4)]
    assert plain.relaxed(PROFIT, several)[2] == {
        "budget": pytest.approx(0),
        "bads": pytest.approx(5),  # 30 more per 3 bads, of which each counts twice
    }


def test_referring_never_starts_above_approving_in_the_relaxation_either() -> None:
    # referring alone would earn 100; it may not start where approving has not
    approve = rows((0, 0, 0, 0, 0), (1, 1, 1, -90, 0))
    review = rows((0, 0, 0, 0, 0), (1, 0, 1, 100, 1))
    asked = Programme((Candidates(approve, review),))
    found = asked.best(PROFIT, [])
    assert (found.approve, found.refer, found.total[3]) == ((0,), (1,), 100)
    assert asked.relaxed(PROFIT, [])[0] == pytest.approx(100)
    turned = Programme((Candidates(review * 1, approve * 1),))
    assert turned.best(PROFIT, []).total[3] == 100  # approve from 1, refer from 1
    assert turned.best(PROFIT, []).approve == (1,)


def test_a_solver_that_gives_up_is_said_with_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Given:
        status, x, message, fun = 4, None, "tired", 0.0

    plain, _ = two()
    monkeypatch.setattr(scipy.optimize, "milp", lambda *_, **__: Given)
    with pytest.raises(PolicyError, match="tired"):
        plain.some(PROFIT, [])
    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_, **__: Given)
    with pytest.raises(PolicyError, match="tired"):
        plain.relaxed(PROFIT, [])


def test_a_choice_only_a_tolerance_let_pass_is_forbidden_and_the_next_one_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a limit one part in 10^12 below: HiGHS cannot tell, whole numbers can
    huge = 10**12
    approve = rows((0, 0, 0, 0, 0), (1, 0, huge - 5, 3, 0), (2, 0, huge, 9, 0))
    asked = Programme((Candidates(approve),))
    limits = [Limit("budget", (0, 0, 1, 0, 0), huge - 1)]
    found = asked.some(PROFIT, limits)
    assert (found.approve, found.total[3]) == ((1,), 3)
    monkeypatch.setattr(programme, "_TRIES", 1)
    with pytest.raises(PolicyError, match="too many choices"):
        asked.some(PROFIT, limits)


# ---- the proof ----------------------------------------------------------------------------------


def kept_of(values: list[list[int]], weights: list[list[tuple[int, ...]]]) -> tuple[Any, int]:
    """Options of every segment as `_search` takes them, with no price on the limits."""
    price = programme._PRICE
    kept = []
    for own, heavy in zip(values, weights, strict=True):
        options = [
            (price * (max(own) - v), v, w, j)
            for j, (v, w) in enumerate(zip(own, heavy, strict=True))
        ]
        kept.append(sorted(options, key=lambda option: option[0]))
    return kept, price * sum(max(own) for own in values)


@pytest.mark.parametrize("seed", range(30))
def test_the_search_finds_the_best_of_all_options(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, 4)
    values = [rng.integers(-9, 20, n).tolist() for n in sizes]
    weights = [[tuple(map(int, rng.integers(-4, 9, 2))) for _ in range(n)] for n in sizes]
    bounds = [int(rng.integers(0, 20)), int(rng.integers(0, 20))]
    kept, bound = kept_of(values, weights)
    found = {}
    for chosen in itertools.product(*(range(n) for n in sizes)):
        heavy = [sum(weights[s][j][c] for s, j in enumerate(chosen)) for c in range(2)]
        if heavy[0] <= bounds[0] and heavy[1] <= bounds[1]:
            found[chosen] = sum(values[s][j] for s, j in enumerate(chosen))
    most = max(found.values(), default=-(10**6))
    picked, gap = programme._search(kept, bounds, bound, -(10**6))
    assert gap == 0
    assert (None if picked is None else found[tuple(picked)]) == (most if found else None)
    assert programme._search(kept, bounds, bound, most) == (None, 0)
    again, _ = programme._search(kept, bounds, bound, most - 1)
    assert (again is None) == (not found)


def test_a_search_cut_short_says_how_much_it_may_have_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, bound = kept_of([[5, 3], [7, 1]], [[(9,), (0,)], [(9,), (0,)]])
    assert programme._search(kept, [9], bound, 0) == ([1, 0], 0)
    monkeypatch.setattr(programme, "_NODES", 0)
    assert programme._search(kept, [9], bound, 2) == (None, 10)
    assert programme._search(kept, [9], bound - 1, 2) == (None, 10)
    assert programme._search(kept, [9], bound - programme._PRICE, 2) == (None, 9)
    assert programme._search([[], kept[0]], [9], bound, 0) == (None, 0)
    plain, _ = two()
    limits = [Limit("budget", (0, 0, 1, 0, 0), 170)]
    start = Choice((0, 0), (0, 0), plain.total((0, 0), (0, 0)))
    short = plain._proved(PROFIT, limits, start)
    assert (short.approve, short.total.tolist()) == ((0, 0), [0] * 5)
    assert short.gap >= 90  # (1, 1) earns 90 within the budget
    monkeypatch.undo()
    whole = plain._proved(PROFIT, limits, start)
    assert (whole.approve, whole.refer, whole.gap) == ((1, 1), (1, 1), 0)
    assert whole.total[3] == 90


def test_the_proof_finds_the_best_pair_from_the_worst_start_and_says_what_it_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, reviewed = two()
    nobody = Choice((0, 0), (0, 0), reviewed.total((0, 0), (0, 0)))
    found = reviewed._proved(PROFIT, [], nobody)
    assert (found.approve, found.refer[1], found.gap) == ((2, 1), 2, 0)
    assert found.total[3] == 80 + 40 + 10
    plain, _ = two()
    limits = [Limit("budget", (0, 0, 1, 0, 0), 220)]
    start = Choice((0, 0), (0, 0), plain.total((0, 0), (0, 0)))
    gaps = []
    for nodes in range(30):
        monkeypatch.setattr(programme, "_NODES", nodes)
        cut = plain._proved(PROFIT, limits, start)
        assert cut.total[3] + cut.gap >= 90
        gaps.append((cut.approve != (0, 0), cut.gap > 0))
    assert (True, True) in gaps  # found some and may have missed more
    assert gaps[-1] == (True, False)


def test_a_search_counts_what_it_lays_out_and_what_it_takes_up(monkeypatch: Any) -> None:
    # laid out and taken up: 1 + 2, then 1 + 1 and 1 for the whole choice, and the same again
    kept, bound = kept_of([[5, 3], [7, 1]], [[(9,), (0,)], [(9,), (0,)]])
    expected = [(None, 12)] * 6 + [([0, 1], 6)] * 3 + [([1, 0], 0)] * 3
    for nodes, answer in enumerate(expected):
        monkeypatch.setattr(programme, "_NODES", nodes)
        assert programme._search(kept, [9], bound, 0) == answer


def test_pairs_are_every_cut_off_with_itself_or_a_looser_one() -> None:
    plain, reviewed = two()
    first = programme._pairs(plain.segments[0])
    assert first.tolist() == [[0, 0], [1, 1], [2, 2]]
    second = programme._pairs(reviewed.segments[1])
    assert second.tolist() == [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]]
    sums = programme._of_pairs(reviewed.segments[1], second)
    assert sums.tolist() == [
        added(Programme(reviewed.segments[1:]), (a,), (r,)) for a, r in second.tolist()
    ]
    assert programme._of_pairs(plain.segments[0], first).tolist() == first_sums(plain)


def first_sums(asked: Programme) -> list[list[int]]:
    return asked.segments[0].approve.tolist()


def test_rows_are_scaled_to_at_most_one() -> None:
    row, unit = programme._scaled(rows((3, -8, 0, 2, 4))[0])
    assert (row.tolist(), unit) == ([0.375, -1.0, 0.0, 0.25, 0.5], 8.0)
    nothing, one = programme._scaled(rows((0, 0, 0, 0, 0))[0])
    assert (nothing.tolist(), one) == ([0.0] * 5, 1.0)
    assert programme._unit(rows(())[0]) == 1.0


def test_ten_thousandths_are_rounded_half_away_from_zero() -> None:
    assert [rounded(n) for n in (0, 4_999, 5_000, 5_001, 14_999, 15_000)] == [0, 0, 1, 1, 1, 2]
    assert [rounded(-n) for n in (4_999, 5_000, 5_001, 15_000)] == [0, -1, -1, -2]
    assert rounded(10**30 * UNIT + UNIT // 2) == 10**30 + 1
    assert len(SUMS) == 5
