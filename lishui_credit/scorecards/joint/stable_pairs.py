"""Which pairs of a card with crossed tables are chosen again on parts of its sample, and may ship."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.joint.joint_points import learn
from lishui_credit.scorecards.parameters import Within, wrong_parameters
from lishui_credit.statistics.outcomes import Flags, Values
from lishui_credit.statistics.refusals import unequal
from lishui_credit.tables.frames import Frame

if TYPE_CHECKING:
    from lishui_credit.scorecards.scorecard import Scorecard

Pair: TypeAlias = tuple[str, str]

SHIPS_FROM: Final = 0.5
"""Share of the resamples in which a pair must be chosen to ship."""
_RANGES: Final = {
    "resamples": Within(least=2, whole=True),
    "share": Within(least=0, above=True, most=1),
    "seed": Within(least=0, whole=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairStability:
    """The pairs of a card, and those chosen on each part of its sample.

    Parameters
    ----------
    card : tuple of pairs of str
        Pairs that have a crossed table in the card.
    found : tuple of frozenset of pairs of str
        Pairs chosen on each resample.
    """

    card: tuple[Pair, ...]
    found: tuple[frozenset[Pair], ...]

    @property
    def shares(self) -> dict[Pair, float]:
        """Share of the resamples, 0 to 1, that chose each pair of the card or of a resample; largest first."""
        counts = Counter(dict.fromkeys(self.card, 0))
        counts.update(pair for chosen in self.found for pair in chosen)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return {pair: count / len(self.found) for pair, count in ordered}

    @property
    def kept(self) -> tuple[Pair, ...]:
        """Pairs that may ship: chosen in half of the resamples or more. What `JointPoints.pairs` takes."""
        return tuple(pair for pair, share in self.shares.items() if share >= SHIPS_FROM)

    @property
    def jaccard(self) -> float:
        """Mean over all twos of resamples of the pairs both chose by those either chose; 1 where none did."""
        twos = [
            len(one & other) / len(one | other) if one | other else 1.0
            for one, other in combinations(self.found, 2)
        ]
        return float(np.mean(twos))

    def table(self) -> pl.DataFrame:
        """Return one row a pair: first, second, share of the resamples, in_card, stable (may ship)."""
        shares = self.shares
        return pl.DataFrame(
            {
                "first": [pair[0] for pair in shares],
                "second": [pair[1] for pair in shares],
                "share": list(shares.values()),
                "in_card": [pair in self.card for pair in shares],
                "stable": [pair in self.kept for pair in shares],
            },
            schema={
                **{"first": pl.String, "second": pl.String, "share": pl.Float64},
                **{"in_card": pl.Boolean, "stable": pl.Boolean},
            },
        )


def pair_stability(
    model: Scorecard,
    X: Frame,
    y: Values,
    *,
    resamples: int = 20,
    share: float = 0.8,
    seed: int = 0,
    sample_weight: Values | None = None,
    groups: Values | None = None,
) -> PairStability:
    """Choose the tables of a card again on parts of its sample, and count the pairs.

    A part has a share of the rows of each outcome, drawn without replacement. Bins, one-way tables and
    pairs are chosen anew on it; the smoothing is that of the card.

    Parameters
    ----------
    model : Scorecard
        Fitted on the sample, with ``points=JointPoints(...)`` that may cross.
    X : frame, shape (n, k)
    y : array-like, shape (n,)
        1 bad, 0 good.
    resamples : int, default 20
        Parts, 2 or more.
    share : float, default 0.8
        Of the rows in each, above 0 to 1.
    seed : int, default 0
        Of the draws.
    sample_weight : array-like, shape (n,), optional
    groups : array-like, shape (n,), optional
        Rows of one group, such as near copies, are drawn together and share an inner fold.

    Raises
    ------
    ModelError
        If the model is not fitted or crosses nothing, or a setting is out of range.
    SubjectError
        If lengths differ or the data cannot be used.

    Notes
    -----
    Cost: for each resample about a third of the fit.

    References
    ----------
    Meinshausen, N. and Buehlmann, P. (2010). Stability selection. JRSS B 72, 417-473.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> rows = pl.DataFrame({name: draw.normal(size=1200) for name in ("years", "debt")})
    >>> alike = (rows["years"] > 0) == (rows["debt"] > 0)
    >>> bad = draw.random(1200) < np.where(alike, 0.5, 0.1)
    >>> from lishui_credit.scorecards import JointPoints, Scorecard
    >>> points = JointPoints(folds=3, smoothing=(4.0, 2.0))
    >>> model = Scorecard(points=points).fit(rows, bad)
    >>> found = pair_stability(model, rows, bad, resamples=2)
    >>> found.kept
    (('years', 'debt'),)
    >>> shipped = Scorecard(points=JointPoints(pairs=found.kept))
    """
    asked, card = model.points, model.card
    if asked is None or not asked.crossed:
        what = tr("the card has no crossed tables to choose", "评分卡未设交叉表")
        raise ModelError(what, hint="Scorecard(points=JointPoints(crossed=8))")
    settings = {"resamples": resamples, "share": share, "seed": seed}
    refuse(wrong_parameters(settings, _RANGES, {}), ModelError)
    told = card.metrics["joint"]
    asked = replace(asked, smoothing=(told["smoothing"], told["crossed_smoothing"]))
    sample = TrainingSample.read(X, y, sample_weight).only(list(model.process_.binnings_))
    names = np.arange(len(sample.outcome)) if groups is None else np.asarray(groups)
    refuse(unequal(names, sample.outcome, "groups"))
    found = []
    for number in range(resamples):
        rows = resample(sample.outcome == 1, names, share, np.random.default_rng([seed, number]))
        weight = None if sample.weight is None else sample.weight[rows]
        part = TrainingSample(sample.frame[rows], sample.outcome[rows], weight).evened()
        process = BinningProcess(**model.process_.get_params(deep=False))
        learned = learn(asked, process, part, None if groups is None else names[rows])
        axes = [axis.feature for axis in learned.grid.axes]
        tables = [table for table in learned.fit.tables if len(table) == 2]
        found.append(frozenset((axes[first], axes[second]) for first, second in tables))
    return PairStability(card=tuple(of.features for of in card.crossed), found=tuple(found))


def resample(
    bad: Flags, groups: Values, share: float, draw: np.random.Generator
) -> NDArray[np.intp]:
    """Return the places of a share of the groups that hold a bad, and of the others."""
    of = np.unique(np.asarray(groups), return_inverse=True)[1]
    held = np.bincount(of, bad) > 0
    order = draw.permutation(len(held))
    taken = np.zeros(len(held), dtype=bool)
    for kind in (False, True):
        those = order[held[order] == kind]
        taken[those[: round(share * len(those))]] = True
    return np.flatnonzero(taken[of])
