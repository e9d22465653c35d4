"""Offers a bank could make to kinds of firms, and the exact choice among them under one budget.

A kind is firms that are alike: one grade, one default probability. An offer is a rate with the
share of the kind that would stay. Two solvers, one by order of value and one by integer program
(HiGHS), each exact where it is used; they check one another in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from lishui_credit.errors import Problem
from lishui_credit.language import tr
from lishui_credit.points import half_away
from lishui_credit.pricing.churn import MILLION, RateTable
from lishui_credit.pricing.terms import Terms

UNIT_FEN: Final = 100_000_000
"""Amount that values are quoted for: 1 million yuan."""

_SCALE: Final = MILLION * MILLION * UNIT_FEN
Counted = Literal["offered", "drawn"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a bank allows itself: lines, budget, and grades that get nothing.

    Parameters
    ----------
    smallest_fen, largest_fen : int
        Line of a firm that is lent to, in fen; 0.1 and 1 million yuan at the defaults.
    budget_fen : int
        Sum of lines, in fen; 100 million yuan at the default.
    excluded : tuple of str
        Grades that are not lent to.
    counted : {"offered", "drawn"}
        What the budget counts: lines offered (a bank must honour every offer, the default), or
        what is expected to be drawn after customers left.

    References
    ----------
    全国大学生数学建模竞赛 2020 C 题《中小微企业的信贷决策》: lines of 10 to 100 万元, rates of 4 to 15%,
    one year, a budget of 1 亿元, in principle nothing for rating D.

    Examples
    --------
    >>> Conditions().budget_fen // Conditions().largest_fen
    100
    """

    smallest_fen: int = 10_000_000
    largest_fen: int = 100_000_000
    budget_fen: int = 10_000_000_000
    excluded: tuple[str, ...] = ("D",)
    counted: Counted = "offered"

    def problems(self) -> list[Problem]:
        """Return where the conditions contradict themselves."""
        found = []
        if not 0 < self.smallest_fen <= self.largest_fen:
            what = tr(
                "lines must be positive, the smallest not above the largest",
                "额度须为正且下限不超过上限",
            )
            limits = f"{self.smallest_fen}, {self.largest_fen}"
            found.append(Problem(what, limits, where="smallest_fen, largest_fen"))
        if self.budget_fen < 0:
            what = tr("the budget is negative", "预算为负")
            found.append(Problem(what, str(self.budget_fen), where="budget_fen"))
        if self.counted not in ("offered", "drawn"):
            what = tr("counted must be 'offered' or 'drawn'", "预算口径只能是 offered 或 drawn")
            found.append(Problem(what, str(self.counted), where="counted"))
        return found


@dataclass(frozen=True, slots=True)
class Kind:
    """Firms that are alike: grade, default probability in millionths, and how many."""

    grade: str
    pd_ppm: int
    firms: int


@dataclass(frozen=True, slots=True)
class Offer:
    """One rate to one kind of firm."""

    rate_bp: int
    stay_ppm: int  # share that stays
    value: int  # expected profit of 1 million yuan offered, before costs of loans, fen times 10^12
    cost_fen: int  # of one loan that is taken

    def profit(self, total_fen: int, firms: int) -> int:
        """Return the expected profit in fen of lines that sum to `total_fen`, to `firms` firms."""
        return half_away(self.worth(total_fen, firms), _SCALE)

    def worth(self, total_fen: int, firms: int = 1) -> int:
        """Return the same unrounded, in fen times `_SCALE`."""
        return self.value * total_fen - firms * self.stay_ppm * self.cost_fen * (_SCALE // MILLION)


@dataclass(frozen=True, slots=True)
class Award:
    """An offer made to some firms of a kind: which kind, how many firms, and the sum of lines."""

    kind: int
    offer: Offer
    firms: int
    total_fen: int

    @property
    def profit_fen(self) -> int:
        """Expected profit in fen."""
        return self.offer.profit(self.total_fen, self.firms)


def offers_of(grade: str, pd_ppm: int, table: RateTable, terms: Terms) -> list[Offer]:
    """Return every rate of a table as an offer to firms of one grade and default probability."""
    found = []
    for rate, churn in zip(table.rates_bp, table.churn_ppm[grade], strict=True):
        asked = replace(terms, rate_bp=rate, operating_fen=0)
        gain, loss = int(asked.gain(UNIT_FEN)), int(asked.loss(UNIT_FEN))
        stay = MILLION - churn
        value = stay * ((MILLION - pd_ppm) * gain - pd_ppm * loss)
        found.append(Offer(rate, stay, value, terms.operating_fen))
    return found


def earns(offers: Sequence[Offer], rules: Conditions) -> bool:
    """Tell whether any offer earns something at the largest or the smallest line."""
    return any(
        offer.profit(amount, 1) > 0
        for offer in offers
        for amount in (rules.largest_fen, rules.smallest_fen)
    )


def by_order(
    kinds: Sequence[Kind], choices: Sequence[Sequence[Offer]], rules: Conditions
) -> list[Award]:
    """Hand out lines from the most valuable kind down; exact where a loan has no cost."""
    # Profit is proportional to the line, so the best rate of a kind does not depend on its line, and
    # a yuan belongs where it is worth most. Only at the edge can that be improved: where less than
    # the smallest line is left, the next kind's smallest line may be worth more than the cut it
    # forces on the last one. Needs ``largest >= 2 smallest``.
    best = [max(offers, key=_value) for offers in choices]
    order = sorted(range(len(kinds)), key=lambda place: -best[place].value)
    low, high, left = rules.smallest_fen, rules.largest_fen, rules.budget_fen
    awards: list[Award] = []
    for place in order:
        offer, firms = best[place], kinds[place].firms
        if offer.value <= 0:
            break
        if left >= firms * high:
            awards.append(Award(place, offer, firms, firms * high))
            left -= firms * high
            continue
        if left >= low:
            awards.append(Award(place, offer, min(firms, left // low), left))
        elif awards and offer.value * low > awards[-1].offer.value * (low - left):
            last = awards[-1]
            awards[-1] = replace(last, total_fen=last.total_fen - (low - left))
            awards.append(Award(place, offer, 1, low))
        break
    return awards


def by_program(
    kinds: Sequence[Kind], choices: Sequence[Sequence[Offer]], rules: Conditions
) -> list[Award]:
    """Choose offers, numbers of firms and lines by a mixed integer program (HiGHS)."""
    # Variables per kind and offer: n firms (integer) and the sum y of their lines, with
    # ``smallest n <= y <= largest n``, ``sum n <= firms of the kind``, and the budget on y or on
    # what is expected to be drawn of it. Once the numbers of firms are known, the lines are filled
    # in whole fen in order of profit per yuan of budget, which is exact.
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    picks = [
        (place, offer)
        for place, offers in enumerate(choices)
        for offer in _not_beaten(offers, rules)
    ]
    if not picks:
        return []
    count, high = len(picks), rules.largest_fen
    weight = np.array([_weight(offer, rules) / MILLION for _, offer in picks])
    gain = np.array([offer.value * high / _SCALE / 100 for _, offer in picks])
    cost = np.array([offer.stay_ppm / MILLION * offer.cost_fen / 100 for _, offer in picks])
    kind = np.array([place for place, _ in picks])
    index, ones = np.arange(count), np.ones(count)
    used, rows = np.unique(kind, return_inverse=True)
    lots = np.array([kinds[place].firms for place in used], dtype=float)
    fewest = rules.smallest_fen / high
    limits = [
        # sum of firms per kind; y <= n; y >= smallest n; budget
        LinearConstraint(coo_array((ones, (rows, index)), shape=(len(used), 2 * count)), ub=lots),
        LinearConstraint(
            coo_array(
                (np.r_[-ones, ones], (np.r_[index, index], np.r_[index, count + index])),
                shape=(count, 2 * count),
            ),
            ub=0.0,
        ),
        LinearConstraint(
            coo_array(
                (np.r_[-fewest * ones, ones], (np.r_[index, index], np.r_[index, count + index])),
                shape=(count, 2 * count),
            ),
            lb=0.0,
        ),
        LinearConstraint(np.r_[np.zeros(count), weight].reshape(1, -1), ub=rules.budget_fen / high),
    ]
    found = milp(
        np.r_[cost, -gain],
        integrality=np.r_[ones, np.zeros(count)],
        bounds=Bounds(0.0, np.r_[lots[rows], lots[rows]]),
        constraints=limits,
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:
        raise RuntimeError(found.message)
    firms = [int(value) for value in np.rint(found.x[:count])]
    return _filled([(*pick, n) for pick, n in zip(picks, firms, strict=True) if n], rules)


def _filled(chosen: list[tuple[int, Offer, int]], rules: Conditions) -> list[Award]:
    """Give every firm the smallest line, then the rest where a yuan of budget earns most."""
    low, high = rules.smallest_fen, rules.largest_fen
    totals = [n * low for _, _, n in chosen]
    weights = [_weight(offer, rules) for _, offer, _ in chosen]
    left = rules.budget_fen * MILLION - sum(w * t for w, t in zip(weights, totals, strict=True))
    order = sorted(
        range(len(chosen)),
        key=lambda at: -(chosen[at][1].value * MILLION // weights[at] if weights[at] else 0),
    )
    for at in order:
        if chosen[at][1].value > 0:
            room = chosen[at][2] * (high - low)
            more = min(room, left // weights[at] if weights[at] else room)
            totals[at] += more
            left -= more * weights[at]
    return [
        Award(place, offer, n, total)
        for (place, offer, n), total in zip(chosen, totals, strict=True)
    ]


def _weight(offer: Offer, rules: Conditions) -> int:
    """What a yuan offered uses of the budget, in millionths."""
    return offer.stay_ppm if rules.counted == "drawn" else MILLION


def _value(offer: Offer) -> tuple[int, int]:
    return offer.value, -offer.rate_bp


def _not_beaten(offers: Sequence[Offer], rules: Conditions) -> list[Offer]:
    """Return offers that earn something and that no other offer beats at every line and budget."""
    low, high = rules.smallest_fen, rules.largest_fen
    worth = [(offer.worth(high), offer.worth(low), -offer.rate_bp, offer) for offer in offers]
    kept: list[Offer] = []
    marks: list[tuple[int, int, int]] = []
    for top, bottom, _, offer in sorted(worth, key=lambda row: row[:3], reverse=True):
        weight = _weight(offer, rules)
        beaten = any(a >= top and b >= bottom and w <= weight for a, b, w in marks)
        if max(top, bottom) > 0 and not beaten:
            kept.append(offer)
            marks.append((top, bottom, weight))
    return kept
