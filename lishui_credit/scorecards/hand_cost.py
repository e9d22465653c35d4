"""What bins chosen by hand cost in likelihood, of one characteristic and of a whole card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.characteristic import Outcome, likelihoods
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.crossed_points import jointly_fitted
from lishui_credit.scorecards.cards.fingerprint import fingerprint
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.joint.fitted_tables import by_policy, told_of
from lishui_credit.scorecards.joint.joint_fit import blank, fit_tables
from lishui_credit.scorecards.joint.score_tables import Axis, Grid, Smoothing
from lishui_credit.statistics.logistic import fit_logistic, newton
from lishui_credit.statistics.outcomes import Floats

if TYPE_CHECKING:
    from lishui_credit.scorecards.scorecard import Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class HandCost:
    """Log-likelihoods of the sample under two ways to bin, and what lies between them.

    Each is that of a logistic regression on WoE, fitted anew, without any penalty taken off; rows
    count by their weight. None where a bin of only goods or only bads has no finite WoE.

    Parameters
    ----------
    optimal : float, optional
        With the bins of the optimiser, their WoE from counts as the hand's are.
    hand : float, optional
        With the bins of the hand.
    nothing : float
        With one bad rate for all rows.

    Examples
    --------
    >>> cost = HandCost(optimal=-900.0, hand=-905.0, nothing=-1000.0)
    >>> cost.loss, cost.share
    (5.0, 0.05)
    """

    optimal: float | None
    hand: float | None
    nothing: float

    @property
    def loss(self) -> float | None:
        """``optimal - hand``: above 0 where the hand's bins tell less, below 0 where they tell more."""
        return None if self.optimal is None or self.hand is None else self.optimal - self.hand

    @property
    def share(self) -> float | None:
        """The loss as a share of what the optimal bins tell, ``loss / (optimal - nothing)``."""
        if self.optimal is None or self.loss is None or self.optimal <= self.nothing:
            return None
        return self.loss / (self.optimal - self.nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class WoeLine:
    """The regression of one characteristic: ``ln(good / bad) = intercept + slope * WoE``."""

    intercept: float
    slope: float
    likelihood: float


def woe_line(found: Binning) -> WoeLine | None:
    """Return the regression of the sample on the WoE of one characteristic's bins, from their counts.

    The missing bin and special codes take part with the WoE that their policy gives. None where a
    WoE is infinite or the regression has no finite answer. Cost: O(bins), whatever the rows.
    """
    held = [row for row in found.bins if row.goods + row.bads > 0]
    x = np.array([row.woe for row in held])
    if not np.isfinite(x).all():
        return None
    counts = np.array([[row.goods, row.bads] for row in held])
    good = np.repeat([True, False], len(held))
    top = newton(np.tile(x, 2)[:, None], good, counts.T.ravel())
    if not top.settled:
        return None
    intercept, slope = map(float, top.coefficients)
    return WoeLine(intercept=intercept, slope=slope, likelihood=top.likelihood)


def nothing_told(found: Binning) -> float:
    """Return the log-likelihood of the sample with one bad rate for all rows."""
    return float(likelihoods(np.array([found.total_goods]), np.array([found.total_bads])).sum())


def joint_card(model: object) -> Card | None:
    """Return the fitted card of a model whose points were fitted jointly, else None."""
    card = getattr(model, "card_", None)
    return card if card is not None and jointly_fitted(card) else None


def refuse_only_crossed(model: object, feature: str) -> None:
    """Refuse to change by hand the bins of a characteristic that has no one-way table in a card."""
    card = joint_card(model)
    if card is not None and feature in card.columns and card.only_crossed(feature):
        raise ModelError(
            tr(
                "the card has points of this characteristic in crossed tables alone, whose bins are not "
                "changed by hand",
                "该特征仅在交叉表中计分,其分箱不能手工改动",
            ),
            feature,
            tr(
                "choose a characteristic with a one-way table, or give splits of the column to a fit",
                "请选择有单项分值表的特征,或在拟合时以 splits 指定其分箱",
            ),
        )


def _own_rows(model: Scorecard, sample: TrainingSample, feature: str) -> pl.DataFrame:
    """Return the columns of a card that has the characteristic, of the very rows it was fitted on."""
    if feature not in model.features_:
        raise ModelError(
            tr("the card has no such characteristic", "评分卡没有该特征"),
            feature,
            ", ".join(model.features_),
        )
    binnings = [item.binning for item in model.card_.characteristics]
    frame = sample.frame.select(model.features_)
    known = model.card_.provenance.get("rows_fingerprint")
    totals = Outcome(bad=sample.outcome == 1, weight=sample.weight).totals
    learned = (binnings[0].total_goods, binnings[0].total_bads)
    same = known is None or fingerprint(frame, sample.outcome, binnings) == known
    if not same or not np.allclose(totals, learned, rtol=1e-9):
        raise SubjectError(
            tr(
                "these are not the rows and weights the card was fitted on",
                "这些数据或权重不是评分卡建模时所用",
            ),
            hint=tr(
                "hand over the sample it was fitted on, or fit it on this one",
                "请提供其建模样本,或用本样本重新拟合",
            ),
        )
    return frame


class CardLikelihood:
    """The log-likelihood of a fitted card's sample, one characteristic of it binned anew.

    The card's other characteristics keep their bins and the selection is not repeated; the
    regression is fitted anew with the card's penalty and, unless `sign` is "flag", without negative
    coefficients. Cost: O(n k^2) a step over n rows and k characteristics, about six steps.
    """

    def __init__(self, model: Scorecard, sample: TrainingSample, feature: str) -> None:
        frame = _own_rows(model, sample, feature)
        self._model, self._sample = model, sample
        self._place = model.features_.index(feature)
        self._woes = model.process_.woes(model.process_.placed(frame))

    def of(self, found: Binning) -> float | None:
        """Return the log-likelihood with these bins; None where a WoE is infinite."""
        if not np.isfinite([row.woe for row in found.bins if row.rows]).all():
            return None
        x: Floats = self._woes.copy(order="K")
        x[:, self._place] = found.woes[found.places(self._sample.frame)]
        fit = fit_logistic(
            x,
            self._sample.outcome == 1,
            self._sample.weight,
            ridge=self._model.ridge,
            positive=self._model.sign != "flag",
        )
        return fit.log_likelihood


class JointLikelihood:
    """The log-likelihood of a jointly fitted card's sample, one of its one-way tables binned anew.

    All other tables stay as they are, crossed ones of the characteristic too. Its own is fitted beside
    them with the card's smoothing, in the declared direction. Cost: O(n b) a step for b bins.
    """

    def __init__(self, model: Scorecard, sample: TrainingSample, feature: str) -> None:
        frame, card = _own_rows(model, sample, feature), model.card_
        self._sample, self._policies = sample, card.policies
        told = card.metrics.get("joint")
        if told is None:
            what = tr(
                "the card does not say how its tables were smoothed", "评分卡未说明各表如何平滑"
            )
            raise ModelError(what, card.id, tr("fit it again", "请重新拟合"))
        spared = float(told.get("spared", 0.0))  # cards of before were drawn to no points
        self._smoothing = Smoothing(float(told["smoothing"]), spared=spared)
        numbers = model.process_.placed(frame)
        self._rest: Floats = np.full(frame.height, card.intercept)
        for item in card.characteristics:
            if item.feature != feature:
                self._rest += np.array(item.fitted)[numbers[item.feature].to_numpy()]
        for row in card.crossed:
            first, second = (numbers[name].to_numpy() for name in row.features)
            self._rest += card.fitted_by_bins(row)[first, second]

    def line(self, found: Binning) -> Floats:
        """Return the log-odds good:bad of each bin beside the card's other tables, shape (bins,)."""
        return self._fitted(found)[0]

    def of(self, found: Binning) -> float:
        """Return the log-likelihood with these bins."""
        line, places = self._fitted(found)
        good = self._sample.outcome == 0
        odds = self._rest + line[places]
        lost = np.logaddexp(0.0, np.where(good, -odds, odds))
        return -float((self._sample.weighed * lost).sum())

    def _fitted(self, found: Binning) -> tuple[Floats, NDArray[np.intp]]:
        places = found.places(self._sample.frame).astype(np.intp)
        grid = Grid((Axis.of(found, 2),), (places,))
        good, weight = self._sample.outcome == 0, self._sample.weighed
        fit = fit_tables(
            grid,
            blank(grid, [(0,)], good, weight),
            good,
            weight,
            self._smoothing,
            directed=True,
            offset=self._rest,
        )
        line = (fit.theta[0] + fit.parts(grid)[0]) * told_of(found)
        return by_policy(line, [found], self._policies), places
