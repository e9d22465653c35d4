"""What a constraint costs, and which constraints are infeasible together.

A shadow price is given twice: from the dual of the linear relaxation (a rate at the margin), and from
solving again with the constraint loosened by a whole step (what that would really earn). The sentence
states the second.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lishui_credit.cutoffs.programme import SUMS, UNIT, Choice, Limit, Programme, rounded
from lishui_credit.errors import PolicyError, Problem
from lishui_credit.language import Bilingual, tr
from lishui_credit.policies.clauses import CONSTRAINTS
from lishui_credit.policies.policy import WHOLE, Constraints
from lishui_credit.pricing.terms import YUAN

NAMES: Final = (
    "approval_at_least_bp",
    "bad_rate_at_most_bp",
    "budget_fen",
    "referral_at_most_bp",
)
_PROFIT: Final = (0, 0, 0, 1, 0)
_LOOSER: Final = {
    "approval_at_least_bp": Bilingual(
        "letting the approval rate fall {} lower", "通过率下限放低 {} 个百分点"
    ),
    "bad_rate_at_most_bp": Bilingual("allowing {} more of bad rate", "坏账率上限放宽 {} 个百分点"),
    "referral_at_most_bp": Bilingual(
        "allowing {} more of referrals", "转人工率上限放宽 {} 个百分点"
    ),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Constraints of a policy as rows of a programme."""

    constraints: Constraints
    applicants: int  # loans in the book
    currency: Bilingual = YUAN

    @property
    def rows(self) -> tuple[Limit, ...]:
        """The constraints given."""
        return tuple(
            self.row(name) for name in NAMES if getattr(self.constraints, name) is not None
        )

    def row(self, name: str) -> Limit:
        """Return one constraint; see `programme.SUMS` for the order of coefficients."""
        value = getattr(self.constraints, name)
        if name == "approval_at_least_bp":
            return Limit(name, (-1, 0, 0, 0, 0), -value * self.applicants)
        if name == "bad_rate_at_most_bp":
            return Limit(name, (-value, WHOLE, 0, 0, 0), 0)
        if name == "budget_fen":
            return Limit(name, (0, 0, 1, 0, 0), value * UNIT)
        return Limit(name, (0, 0, 0, 0, 1), value * self.applicants)

    def only(self, names: Sequence[str]) -> Limits:
        """Return the constraints named, the others left out."""
        kept = {name: getattr(self.constraints, name) for name in names}
        return replace(self, constraints=Constraints(**kept))

    def at(self, name: str, value: int) -> Limits:
        """Return the constraints with one of them set."""
        return replace(self, constraints=replace(self.constraints, **{name: value}))

    def loosened(self, name: str, step: int) -> tuple[Limits, int]:
        """Return the constraints with one loosened by a step, and the step there was room for."""
        value = getattr(self.constraints, name)
        if name == "approval_at_least_bp":
            looser = max(0, value - step)
        elif name == "budget_fen":
            looser = value + step
        else:
            looser = min(WHOLE, value + step)
        return self.at(name, looser), abs(looser - value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPrice:
    """What one constraint costs.

    Parameters
    ----------
    constraint : str
        As in `Constraints`.
    limit : int
        Basis points, or fen.
    step : int
        By how much it was loosened; 0 where there is no room.
    gain_fen : int
        More profit after solving again with the constraint loosened by `step`.
    dual_fen : float
        What the linear relaxation's dual promises for the same step, at the margin.
    currency : Bilingual
        What a hundred of the smallest units are called.

    Examples
    --------
    >>> print(ShadowPrice(constraint="budget_fen", limit=0, step=100, gain_fen=250, dual_fen=2.5))
    lending 1.00 yuan more would earn 2.50 yuan more
    """

    constraint: str
    limit: int
    step: int
    gain_fen: int
    dual_fen: float
    currency: Bilingual = YUAN

    def __str__(self) -> str:
        """Return the price in plain words."""
        if self.step == 0:
            name = CONSTRAINTS[self.constraint]
            return tr(
                f"{name.en}: it limits nothing, so it costs nothing",
                f"{name.zh}:不起约束作用,没有代价",
            )
        coin, gain = self.currency, f"{self.gain_fen / 100:,.2f}"
        if self.constraint == "budget_fen":
            more = f"{self.step / 100:,.2f}"
            looser = Bilingual(f"lending {more} {coin.en} more", f"预算增加 {more} {coin.zh}")
        else:
            points, told = f"{self.step / 100:g}", _LOOSER[self.constraint]
            one = f"{points} percentage point{'' if self.step == 100 else 's'}"
            looser = Bilingual(told.en.format(one), told.zh.format(points))
        return tr(
            f"{looser.en} would earn {gain} {coin.en} more",
            f"{looser.zh},利润可增加 {gain} {coin.zh}",
        )


def shown(constraint: str, value: int, currency: Bilingual = YUAN) -> str:
    """Return a limit as people read it."""
    if constraint == "budget_fen":
        return f"{value / 100:,.2f} {currency}"
    return f"{value / 100:g}%"


def shadow_prices(
    programme: Programme, limits: Limits, choice: Choice, *, step_bp: int, step_fen: int
) -> tuple[ShadowPrice, ...]:
    """Return the price of every constraint at an optimum; each is loosened by its step."""
    _, total, duals = programme.relaxed(_PROFIT, limits.rows)
    approved = float(total[SUMS.index("applicants")])
    # By how much the bound of each row moves when its limit moves by one basis point or fen. The
    # bad rate stands among the coefficients: its row is eased by everybody approved.
    moves = {
        "approval_at_least_bp": float(limits.applicants),
        "bad_rate_at_most_bp": approved,
        "budget_fen": float(UNIT),
        "referral_at_most_bp": float(limits.applicants),
    }
    found = []
    for row in limits.rows:
        looser, step = limits.loosened(row.name, step_fen if row.name == "budget_fen" else step_bp)
        again = programme.best(_PROFIT, looser.rows)
        assert again is not None  # looser than what has a solution
        # What was best stays possible, whatever a search cut short has found.
        gain = max(0, int(again.total[3]) - int(choice.total[3]))
        found.append(
            ShadowPrice(
                constraint=row.name,
                limit=getattr(limits.constraints, row.name),
                step=step,
                gain_fen=rounded(gain),
                dual_fen=duals[row.name] * moves[row.name] * step / UNIT,
                currency=limits.currency,
            )
        )
    return tuple(found)


def clash(programme: Programme, limits: Limits) -> PolicyError:
    """Return the error that names the smallest set of constraints that is infeasible."""
    # Sets are tried by size, so that the first without a solution is the smallest. Of each constraint
    # in it the best value is given that is feasible while the others hold.
    names = [row.name for row in limits.rows]
    small = next(
        some
        for size in range(1, len(names) + 1)
        for some in itertools.combinations(names, size)
        if programme.some(_PROFIT, limits.only(some).rows) is None
    )
    told = {
        name: f"{CONSTRAINTS[name]} {shown(name, getattr(limits.constraints, name), limits.currency)}"
        for name in small
    }
    problems = []
    for name in small:
        value = shown(name, attainable(programme, limits.only(small), name), limits.currency)
        held = " + ".join(told[other] for other in small if other != name)
        problems.append(
            Problem(
                tr("these constraints cannot all hold", "约束互相冲突,无可行方案"),
                told[name],
                tr(
                    f"with {held}, the best feasible value is {value}",
                    f"在满足 {held} 时,最好只能达到 {value}",
                ),
                name,
            )
        )
    return PolicyError(problems)


def attainable(programme: Programme, limits: Limits, name: str) -> int:
    """Return the strictest feasible value of one constraint beside the others, by bisection."""
    rising = name != "approval_at_least_bp"
    top = WHOLE
    if name == "budget_fen":
        whole = programme.total(*(2 * [[len(part.approve) - 1 for part in programme.segments]]))
        top = int(whole[2]) // UNIT
    # Loosest and strictest in the order of strictness; the loosest is kept by assumption.
    kept, broken = (top, -1) if rising else (0, WHOLE + 1)
    while abs(kept - broken) > 1:
        middle = (kept + broken) // 2
        if programme.some(_PROFIT, limits.at(name, middle).rows) is None:
            broken = middle
        else:
            kept = middle
    return kept
