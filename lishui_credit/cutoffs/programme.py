"""The integer programme behind a policy: per segment one cut-off out of its candidates, or a pair.

Every candidate carries exact whole-number sums (in ten-thousandths, so that what a review catches
stays whole). HiGHS finds a good choice and the duals of the linear relaxation. With these as prices
of the limits (a Lagrangian), every candidate that no better choice can contain is struck out, and
the few that stay are tried in whole numbers: the best is proved without a float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import add
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lishui_credit.errors import PolicyError
from lishui_credit.language import tr
from lishui_credit.points import half_away

UNIT: Final = 10_000
"""Basis points in one, and what every sum is multiplied by."""

SUMS: Final = ("applicants", "bads", "amount", "profit", "referred")
"""What is added up over whoever a choice lets in, each times `UNIT`."""

_NEAR: Final = 1e-4  # relative gap at which HiGHS hands over to the proof
_PRICE: Final = 2**40  # prices are whole numbers of this part
_NODES: Final = 200_000
_TRIES: Final = 200
_Node = tuple[int, int, int, tuple[int, ...], tuple[int, ...]]
Exact = NDArray[np.object_]  # of Python integers: sums of money times `UNIT` pass 64 bits


@dataclass(frozen=True, slots=True)
class Candidates:
    """`SUMS` of one segment's cut-offs, shape (k + 1, 5): nobody, then the strictest first."""

    approve: Exact  # approving from each cut-off on
    review: Exact | None = None  # expected of referring from each cut-off on, its cost taken off


@dataclass(frozen=True, slots=True)
class Limit:
    """One constraint: `SUMS` times a row of coefficients is at most a bound."""

    name: str  # as in `Constraints`
    coefficients: tuple[int, ...]  # of `SUMS`
    bound: int

    def excess(self, total: Exact) -> int:
        """Return by how much totals pass the bound; not positive where they keep it."""
        return int(sum(c * t for c, t in zip(self.coefficients, total, strict=True))) - self.bound


@dataclass(frozen=True, slots=True)
class Choice:
    """A solution: the candidate of each segment, 0 for nobody, and its exact totals."""

    approve: tuple[int, ...]
    refer: tuple[int, ...]  # the same as `approve` without referrals
    total: Exact = field(compare=False)  # `SUMS` over all segments
    gap: int = 0  # most that a better choice could still add to the objective; 0 if proved best


@dataclass(frozen=True, slots=True)
class Programme:
    """Segments to choose a cut-off for; all with reviews, or none."""

    segments: tuple[Candidates, ...]
    _shape: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay out the variables: per segment where to approve, then where to refer."""
        from scipy.sparse import block_diag, coo_array, csr_array

        blocks, equal = [], []
        for segment in self.segments:
            k = len(segment.approve)
            one = np.ones((1, k))
            if segment.review is None:
                equal.append(one)
                blocks.append(np.zeros((0, k)))
                continue
            equal.append(np.block([[one, np.zeros((1, k))], [np.zeros((1, k)), one]]))
            # Referring starts nowhere above approving: tail sums of one stay under the other's.
            tails = np.triu(np.ones((k, k)))[1:]
            blocks.append(np.hstack([tails, -tails]))
        shape = tuple(
            csr_array(block_diag([coo_array(part) for part in parts])) for parts in (equal, blocks)
        )
        object.__setattr__(self, "_shape", shape)

    @property
    def sums(self) -> Exact:
        """`SUMS` of every variable, shape (variables, 5)."""
        rows = []
        for segment in self.segments:
            if segment.review is None:
                rows.append(segment.approve)
            else:
                rows += [segment.approve - segment.review, segment.review]
        return np.vstack(rows)

    def total(self, approve: Sequence[int], refer: Sequence[int]) -> Exact:
        """Return `SUMS` of a choice, exact."""
        whole: Exact = np.zeros(len(SUMS), dtype=object)
        for segment, a, r in zip(self.segments, approve, refer, strict=True):
            whole = whole + segment.approve[a]
            if segment.review is not None:
                whole = whole + segment.review[r] - segment.review[a]
        return whole

    def best(self, objective: Sequence[int], limits: Sequence[Limit]) -> Choice | None:
        """Return the choice with most of an objective that keeps the limits, None where none does.

        Fisher (1981), The Lagrangian relaxation method for solving integer programming problems,
        Management Science 27, 1-18.
        """
        start = self.some(objective, limits, near=_NEAR)
        return None if start is None else self._proved(objective, limits, start)

    def some(
        self, objective: Sequence[int], limits: Sequence[Limit], *, near: float = 1.0
    ) -> Choice | None:
        """Return a choice that keeps the limits, within a gap of the best; None if none does."""
        # What HiGHS chose is added up in whole numbers; a choice that only its tolerance let pass is
        # forbidden, and the programme solved again.
        from scipy.optimize import Bounds, LinearConstraint, milp

        cost = -_scaled(self.sums @ np.array(objective, dtype=object))[0]
        equal, order = self._shape
        rows = [LinearConstraint(equal, 1, 1)]
        if order.shape[0]:
            rows.append(LinearConstraint(order, -np.inf, 0))
        rows += [LinearConstraint(*self._scaled(limit)) for limit in limits]
        for _ in range(_TRIES):
            found = milp(
                cost,
                constraints=rows,
                integrality=np.ones(len(cost)),
                bounds=Bounds(0, 1),
                options={"mip_rel_gap": near},
            )
            if found.status == 2:
                return None
            if found.x is None:
                raise PolicyError(
                    tr("the solver found no result", "求解器未得出结果"), str(found.message)
                )
            chosen = np.round(found.x)
            choice = self._read(chosen)
            if all(limit.excess(choice.total) <= 0 for limit in limits):
                return choice
            rows.append(LinearConstraint(chosen[None, :], -np.inf, chosen.sum() - 1))
        raise PolicyError(
            tr(
                "too many choices lie within the solver's tolerance of a limit",
                "过多方案处于求解器容差之内",
            ),
            hint=tr("move the limit a little", "请略微调整约束"),
        )

    def _proved(self, objective: Sequence[int], limits: Sequence[Limit], start: Choice) -> Choice:
        """Return the best choice, by trying all that could be better than a given one."""
        goal = np.array(objective, dtype=object)
        weigh = np.array([limit.coefficients for limit in limits], dtype=object).reshape(-1, 5)
        _, _, duals = self.relaxed(objective, limits)
        prices = [max(0, round(duals[limit.name] * _PRICE)) for limit in limits]
        priced = _PRICE * goal - sum(
            (p * row for p, row in zip(prices, weigh, strict=True)), 0 * goal
        )
        places = [_pairs(segment) for segment in self.segments]
        sums = [_of_pairs(*pair) for pair in zip(self.segments, places, strict=True)]
        values = [own @ priced for own in sums]
        bound = sum(max(own) for own in values)
        bound += sum(p * limit.bound for p, limit in zip(prices, limits, strict=True))
        room = bound - _PRICE * int(goal @ start.total)
        # A candidate that falls short of its segment's best by all the room is in no better choice.
        kept = []
        for own, value in zip(sums, values, strict=True):
            short = max(value) - value
            some = [int(j) for j in np.argsort(short, kind="stable") if short[j] < room]
            kept.append([(short[j], goal @ own[j], tuple(weigh @ own[j]), j) for j in some])
        bounds = [limit.bound for limit in limits]
        picked, gap = _search(kept, bounds, bound, int(goal @ start.total))
        if picked is None:
            return replace(start, gap=gap)
        chosen = [place[j] for place, j in zip(places, picked, strict=True)]
        approve, refer = (tuple(int(pair[side]) for pair in chosen) for side in (0, 1))
        return Choice(approve, refer, self.total(approve, refer), gap)

    def relaxed(
        self, objective: Sequence[int], limits: Sequence[Limit]
    ) -> tuple[float, Exact, Mapping[str, float]]:
        """Return value, totals and duals of the linear relaxation, never below the best choice."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_array, vstack

        goal, unit = _scaled(self.sums @ np.array(objective, dtype=object))
        equal, order = self._shape
        pairs = [self._scaled(limit) for limit in limits]
        upper = [order, *(csr_array(row[None, :]) for row, _, _ in pairs)]
        bounds = np.concatenate([np.zeros(order.shape[0]), [high for _, _, high in pairs]])
        found = linprog(
            -goal,
            A_ub=vstack(upper) if len(bounds) else None,
            b_ub=bounds if len(bounds) else None,
            A_eq=equal,
            b_eq=np.ones(equal.shape[0]),
            bounds=(0, 1),
            method="highs",
        )
        if found.status != 0:
            raise PolicyError(
                tr("the solver found no result", "求解器未得出结果"), str(found.message)
            )
        sums = self.sums.astype(np.float64)
        shadow = -found.ineqlin.marginals[order.shape[0] :] if len(bounds) else []
        duals = {
            limit.name: float(price) * unit / _unit(self._weights(limit))
            for limit, price in zip(limits, shadow, strict=True)
        }
        return -float(found.fun) * unit, found.x @ sums, duals

    def _weights(self, limit: Limit) -> Exact:
        row: Exact = self.sums @ np.array(limit.coefficients, dtype=object)
        return row

    def _scaled(self, limit: Limit) -> tuple[NDArray[np.float64], float, float]:
        row, unit = _scaled(self._weights(limit))
        return row, -np.inf, limit.bound / unit

    def _read(self, chosen: NDArray[np.float64]) -> Choice:
        approve, refer, start = [], [], 0
        for segment in self.segments:
            k = len(segment.approve)
            approve.append(int(np.argmax(chosen[start : start + k])))
            start += k
            if segment.review is None:
                refer.append(approve[-1])
            else:
                refer.append(int(np.argmax(chosen[start : start + k])))
                start += k
        return Choice(tuple(approve), tuple(refer), self.total(approve, refer))


def _unit(row: Exact) -> float:
    return float(max((abs(value) for value in row), default=0) or 1)


def _scaled(row: Exact) -> tuple[NDArray[np.float64], float]:
    """Return a row of whole numbers as floats of at most one, and what they were divided by."""
    unit = _unit(row)
    return np.array([value / unit for value in row]), unit


# ---- the proof --------------------------------------------------------------------------------


def _pairs(segment: Candidates) -> NDArray[np.int64]:
    """Return where a segment may approve and refer from, shape (options, 2)."""
    k = len(segment.approve)
    if segment.review is None:
        return np.repeat(np.arange(k)[:, None], 2, axis=1)
    return np.column_stack(np.triu_indices(k))


def _of_pairs(segment: Candidates, places: NDArray[np.int64]) -> Exact:
    """Return `SUMS` of every option of a segment, shape (options, 5)."""
    found: Exact = segment.approve[places[:, 0]]
    if segment.review is not None:
        found = found + segment.review[places[:, 1]] - segment.review[places[:, 0]]
    return found


def _search(
    kept: list[list[tuple[int, int, tuple[int, ...], int]]],  # shortfall, value, weights, option
    bounds: list[int],  # of the limits
    bound: int,  # no choice is worth more, times `_PRICE`
    best: int,  # value of the choice to beat
) -> tuple[list[int] | None, int]:
    """Try the options that are left, depth first; return a better choice and the gap left."""
    picked: list[int] | None = None
    if any(not options for options in kept):
        return None, 0
    order = sorted(range(len(kept)), key=lambda place: len(kept[place]))
    least = [(0,) * len(bounds)]
    for place in reversed(order):
        lows = [min(row[2][c] for row in kept[place]) for c in range(len(bounds))]
        least.append(tuple(map(add, lows, least[-1])))
    least.reverse()
    nodes = 0
    stack: list[_Node] = [(0, 0, 0, (0,) * len(bounds), ())]
    while stack:
        depth, short, value, weight, chosen = stack.pop()
        nodes += 1
        if nodes > _NODES:
            return picked, -(-(bound - _PRICE * best) // _PRICE)
        if bound - short <= _PRICE * best:
            continue
        if depth == len(order):
            if value > best:
                best = value
                picked = [int(j) for _, j in sorted(zip(order, chosen, strict=True))]
            continue
        after: list[_Node] = []
        for own_short, own_value, own_weight, option in kept[order[depth]]:
            if bound - short - own_short <= _PRICE * best:
                break
            total = tuple(map(add, weight, own_weight))
            if all(
                t + rest <= b for t, rest, b in zip(total, least[depth + 1], bounds, strict=True)
            ):
                after.append(
                    (depth + 1, short + own_short, value + own_value, total, (*chosen, option))
                )
        nodes += len(after)
        stack.extend(reversed(after))
    return picked, 0


def rounded(value: int) -> int:
    """Return a sum in ten-thousandths as a whole number, half away from zero."""
    return half_away(int(value), UNIT)
