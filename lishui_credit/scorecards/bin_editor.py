"""`BinEditor`: one characteristic's bins in the hand of an analyst, every consequence counted.

It needs no notebook: the widget of `editor_widget` draws what stands here and sends back what was
asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.errors import ModelError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.asked_bins import groups_of
from lishui_credit.scorecards.bins.binning import WOE, Bin, Binning, shown
from lishui_credit.scorecards.bins.category_bins import CategoryColumn
from lishui_credit.scorecards.bins.characteristic import Outcome
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.cards.integer_points import integer_points, of_woe
from lishui_credit.scorecards.cards.scale import Scale
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.hand_bins import HandCuts, HandGroups, Parts, number
from lishui_credit.scorecards.hand_cost import (
    CardLikelihood,
    HandCost,
    JointLikelihood,
    joint_card,
    nothing_told,
    refuse_only_crossed,
    woe_line,
)
from lishui_credit.scorecards.hand_remarks import remarks
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.statistics.outcomes import Values
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.frames import Frame

_HELD: Final = ("range", "levels")


@dataclass(frozen=True, slots=True)
class _Hand:
    """One state of the editor: the bins, which of them are locked, notes of the last rebinning."""

    parts: Parts
    locked: frozenset[Any]
    notes: tuple[str, ...] = ()


class BinEditor:
    """Edit the bins of one characteristic by hand.

    Bins are counted from 0, in the order of `table`; missing values and special codes have bins of
    their own that no move touches. Every number shown is what a fit with `splits` gives.

    Parameters
    ----------
    X : frame, shape (n, k)
        The sample; with a fitted `Scorecard`, the rows it was fitted on.
    y : array-like, shape (n,)
        1 bad, 0 good.
    feature : str
        Name of the column.
    model : BinningProcess or Scorecard, optional
        Whose settings bin the column; ``BinningProcess()`` if None. Splits it has for the column
        are where the editor starts; else it starts from the optimal bins.
    sample_weight : array-like, shape (n,), optional
        As in `BinningProcess.fit`.

    Raises
    ------
    SubjectError
        Where the data cannot be used, or there is no such column.
    ModelError
        By a move that is not possible, in words; the bins stay as they were.

    Notes
    -----
    The cost of the hand's choice is ``loss = optimal - hand``, log-likelihoods of the sample under
    a logistic regression of the outcome on the WoE of this characteristic alone; see `cost` and, for
    a whole card, `card_cost`. Both sides count categories as observed, as a fit with `splits` does;
    the optimiser by itself draws their rates towards the mean.

    Cost: the column is sorted once, O(n log n) in its n rows; categories are counted once. After
    that a move counts by looking k cut points up in the sorted values, O(k log n), and fits the
    regression on the counts of bins, not on rows.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> draw = np.random.default_rng(0)
    >>> age = draw.integers(18, 70, 4000)
    >>> bad = (draw.random(4000) < 0.5 - age / 200).astype(int)
    >>> editor = BinEditor(pl.DataFrame({"age": age}), bad, "age", BinningProcess(max_bins=4))
    >>> editor.move(0, 25)
    >>> editor.lock(0)
    >>> editor.rebin()
    >>> editor.splits["age"][0], editor.cost.loss > 0
    (25, True)
    >>> fitted = BinningProcess(splits=editor.splits).fit(pl.DataFrame({"age": age}), bad)
    >>> fitted.binnings_["age"].iv == editor.binning.iv
    True
    """

    def __init__(
        self,
        X: Frame,
        y: Values,
        feature: str,
        model: BinningProcess | Scorecard | None = None,
        sample_weight: Values | None = None,
    ) -> None:
        """Sort the column and start from the model's splits for it, or from the optimal bins."""
        self.feature, self._model = feature, model
        sample = TrainingSample.read(X, y, sample_weight).evened()
        refuse(lacking([feature], sample.frame.columns))
        refuse_only_crossed(model, feature)
        asked = (model.process if isinstance(model, Scorecard) else model) or BinningProcess()
        asked.check_settings(sample.frame)
        settings = asked.get_params(deep=False)
        by_hand = (asked.splits or {}).get(feature)
        settings |= {"splits": None, "locked": None}
        self.process = BinningProcess(**settings)
        self._sample = sample
        outcome = Outcome(bad=sample.outcome == 1, weight=sample.weight)
        self._held = held = self.process.held(sample.frame[feature], outcome)
        self._kind = (
            HandGroups(held, self.process)
            if isinstance(held, CategoryColumn)
            else HandCuts(held, self.process)
        )
        self.optimal = self._counted(self._kind.parts_of(self.process.binned(held)))
        self._past: list[_Hand] = []
        pinned = (asked.locked or {}).get(feature, ())
        first = self.process.binned(held, by_hand, locked=pinned)
        self._take(_Hand(self._kind.parts_of(first), frozenset()))

    # ---- what stands --------------------------------------------------------------------------

    @property
    def numeric(self) -> bool:
        """Whether the column is a number that is cut, not categories that are grouped."""
        return isinstance(self._kind, HandCuts)

    @property
    def bins(self) -> tuple[Bin, ...]:
        """Bins that moves can change, in order; not those of missing values and special codes."""
        return tuple(row for row in self.binning.bins if row.kind in _HELD)

    @property
    def cuts(self) -> tuple[float, ...]:
        """Cut points of a number, rising; none for categories."""
        return self._hand.parts if self.numeric else ()

    @property
    def locked(self) -> tuple[bool, ...]:
        """Whether each of `bins` is locked."""
        return tuple(_key(row) in self._hand.locked for row in self.bins)

    @property
    def splits(self) -> dict[str, list[Any]]:
        """The bins as ``BinningProcess(splits=…)`` takes them, to paste into code.

        Cut points of a number, or every level of the sample by group.
        """
        parts = self._hand.parts
        if self.numeric:
            plain = [int(cut) if float(cut).is_integer() else float(cut) for cut in parts]
            return {self.feature: plain}
        return {self.feature: [list(part) for part in parts]}

    @property
    def cost(self) -> HandCost:
        """What the hand's bins of this characteristic alone cost, against the optimal bins."""
        hand = woe_line(self.binning)
        return HandCost(
            optimal=self._optimal_likelihood,
            hand=None if hand is None else hand.likelihood,
            nothing=nothing_told(self.binning),
        )

    @cached_property
    def _optimal_likelihood(self) -> float | None:
        line = woe_line(self.optimal)
        return None if line is None else line.likelihood

    @property
    def card_cost(self) -> HandCost:
        """What the whole fitted card loses; fitted anew when asked for, see `CardLikelihood`.

        Of a jointly fitted card against the bins of its own one-way table, see `JointLikelihood`.

        Raises
        ------
        ModelError
            Where the model is no fitted card, or the card lacks the characteristic.
        SubjectError
            Where the rows are not those it was fitted on.
        """
        return HandCost(
            optimal=self._card_optimal,
            hand=self._card.of(self.binning),
            nothing=nothing_told(self.binning),
        )

    @cached_property
    def _card(self) -> CardLikelihood | JointLikelihood:
        if not isinstance(self._model, Scorecard) or not hasattr(self._model, "card_"):
            raise ModelError(
                tr("there is no fitted card to compare", "没有已拟合的评分卡可比较"),
                hint="BinEditor(X, y, feature, Scorecard().fit(X, y))",
            )
        likelihood = CardLikelihood if joint_card(self._model) is None else JointLikelihood
        return likelihood(self._model, self._sample, self.feature)

    @cached_property
    def _card_optimal(self) -> float | None:
        card = joint_card(self._model)
        return self._card.of(self.optimal if card is None else card[self.feature].binning)

    @property
    def points(self) -> tuple[int, ...] | None:
        """Points of every bin of `binning`, integers in the card's unit.

        By the coefficient that the fitted card has now: a fit with the hand's bins gives a slightly
        different one. Of a jointly fitted card the table is fitted again beside its other tables.
        Without a card that has the characteristic, by the regression on it alone, as points above or
        below the average on the model's scale (pdo 20 if it has none). None where a WoE is infinite.
        """
        model = self._model if isinstance(self._model, Scorecard) else Scorecard()
        if not np.isfinite(self.binning.woes).all():
            return None
        if self.has_card:
            card = model.card_
            single = [name for name in card.columns if not card.only_crossed(name)]
            place = single.index(self.feature)
            lines = [list(card[name].fitted) for name in single]
            if joint_card(model) is not None and isinstance(self._card, JointLikelihood):
                lines[place] = self._card.line(self.binning).tolist()
            else:
                lines[place] = of_woe([self.binning], [card[self.feature].coefficient])[0]
            folded = model.intercept == "folded"
            given = integer_points(
                lines, card.intercept, card.scale, unit=card.point_unit, folded=folded
            )
            return given[1][place]
        alone = woe_line(self.binning)
        if alone is None:
            return None
        scale = Scale(pdo=model.pdo, base_score=model.base_score, base_odds=model.base_odds)
        lines = of_woe([self.binning], [alone.slope])
        given = integer_points(lines, alone.intercept, scale, unit=model.point_unit, folded=False)
        return given[1][0]

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences: which way the bad rate goes and was declared to go, what the bins do not keep."""
        constraints = self.process.constraints(self.feature)
        return (*remarks(self.binning, constraints), *self._hand.notes)

    def table(self) -> pl.DataFrame:
        """Return `Binning.table` with each bin's place, lock and points; a place only where it moves."""
        shown_rows = [row.rows > 0 or row.kind in _HELD for row in self.binning.bins]
        count, rows = len(self.bins), sum(shown_rows)
        points = self.points or (None,) * len(shown_rows)
        return self.binning.table().select(
            pl.Series("place", [*range(count), *(None,) * (rows - count)], dtype=pl.Int64),
            pl.Series("locked", [*self.locked, *(None,) * (rows - count)], dtype=pl.Boolean),
            pl.all(),
            pl.Series(
                "points",
                [mark for mark, kept in zip(points, shown_rows, strict=True) if kept],
                dtype=pl.Int64,
            ),
        )

    def __repr__(self) -> str:
        """Return the table and the sentences, for a terminal."""
        loss = self.cost.loss
        said = tr("log-likelihood lost", "对数似然损失")
        told = "—" if loss is None else f"{loss:.2f}"
        columns = ["place", "locked", "bin", "rows", "bad_rate", WOE, "iv", "points"]
        rows = self.table().select(columns)
        with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
            body = str(rows)
        head = f"{self.feature}: IV {self.binning.iv:.4f}; {said} {told}"
        return "\n".join([head, *self.remarks, body, f"splits={self.splits}"])

    @property
    def moves(self) -> int:
        """How many moves `undo` can take back."""
        return len(self._past)

    @property
    def has_card(self) -> bool:
        """Whether the model is a fitted card that has this characteristic."""
        model = self._model
        return (
            isinstance(model, Scorecard)
            and hasattr(model, "card_")
            and self.feature in model.features_
        )

    def pieces(self) -> pl.DataFrame:
        """Return what bins are made of: a number's pre-bins, or the levels of a category.

        Returns
        -------
        polars.DataFrame
            Of a number: start (null for the first), below (share of the known values under it, 0
            to 1), rows, bad_rate. Of a category: level, place (of its bin), rows, bad_rate.
        """
        return self._kind.pieces(self._hand.parts)

    @property
    def below(self) -> tuple[float, ...]:
        """Share of a number's known values below each cut point, 0 to 1; none for categories."""
        return self._kind.below(self.cuts) if isinstance(self._kind, HandCuts) else ()

    # ---- moves of either kind ------------------------------------------------------------------

    def merge(self, bin: int, other: int | None = None) -> None:
        """Join a bin with the next one, or two groups of categories that need not be neighbours."""
        one, two = sorted((bin, bin + 1 if other is None else other))
        self._free(one, two)
        if one == two:
            raise ModelError(tr("a merge takes two bins", "合并需要两个分箱"), f"{one}, {two}")
        self._do(self._kind.merged(self._hand.parts, one, two))

    def split(self, bin: int) -> None:
        """Split a bin in two where that gains most likelihood: at a candidate, or between levels."""
        self._free(bin)
        self._do(self._kind.halved(self._hand.parts, bin))

    def lock(self, bin: int, locked: bool = True) -> None:
        """Lock a bin, so that no move and no rebinning changes it; or release it."""
        row = self._bin(bin)
        if locked and not row.rows:
            what = tr("a bin without rows cannot be locked", "没有数据的分箱不能锁定")
            raise ModelError(what, row.said)
        kept = self._hand.locked - {_key(row)} | ({_key(row)} if locked else set())
        self._past.append(self._hand)
        self._take(replace(self._hand, locked=kept))

    def rebin(self) -> None:
        """Let the optimiser bin the rest; locked bins stay as they are, whatever their size.

        Where no direction can be kept beside them the rest is binned without one, and `remarks`
        says so.
        """
        held = [row for row, locked in zip(self.bins, self.locked, strict=True) if locked]
        self._do(*self._kind.rebinned(held))

    def reset(self) -> None:
        """Return to the optimal bins, nothing locked."""
        self._past.append(self._hand)
        self._take(_Hand(self._kind.parts_of(self.optimal), frozenset()))

    def undo(self) -> None:
        """Take the last move back; nothing happens where there was none."""
        if self._past:
            self._take(self._past.pop())

    # ---- moves of a number ---------------------------------------------------------------------

    @property
    def candidates(self) -> tuple[float, ...]:
        """Where the optimiser may cut a number, rising; none for categories."""
        return self._kind.fine[0] if isinstance(self._kind, HandCuts) else ()

    def move(self, cut: int, to: float) -> None:
        """Move a cut point, counted from 0, to a value between its neighbours."""
        numbers = self._numbers()
        self._cut(cut)
        self._free(cut, cut + 1)
        self._do(numbers.moved(self._hand.parts, cut, to))

    def step(self, cut: int, by: int) -> None:
        """Move a cut point to the candidate so many places above, or below where `by` is negative."""
        self._numbers()
        here = self._cut(cut)
        above = [mark for mark in self.candidates if mark > here]
        below = [mark for mark in reversed(self.candidates) if mark < here]
        ahead = above if by > 0 else below
        if by:
            self.move(cut, ahead[min(abs(by), len(ahead)) - 1] if ahead else here)

    def cut(self, at: float) -> None:
        """Cut the bin that holds a value in two, at this value."""
        self._numbers()
        value = number(at)
        if value in self.cuts:
            raise ModelError(tr("there is a cut point already", "该处已有分箱点"), shown(value))
        self._free(sum(cut < value for cut in self.cuts))
        self._do(tuple(sorted((*self._hand.parts, value))))

    # ---- moves of categories -------------------------------------------------------------------

    def regroup(self, levels: Iterable[Any], bin: int | None = None) -> None:
        """Move levels to another group, or to a new one of their own where none is named."""
        if not isinstance(self._kind, HandGroups):
            raise ModelError(tr("a number has no levels", "数值特征没有类别取值"), self.feature)
        names = groups_of([list(levels)])[0]
        touched = [place for place, row in enumerate(self.bins) if set(row.values) & set(names)]
        self._free(*touched, *(() if bin is None else (bin,)))
        self._do(self._kind.regrouped(self._hand.parts, names, bin))

    # ---- inside --------------------------------------------------------------------------------

    def _numbers(self) -> HandCuts:
        if not isinstance(self._kind, HandCuts):
            what = tr("categories have groups, not cut points", "类别特征只有分组,没有分箱点")
            raise ModelError(what, self.feature, "regroup([…]), merge(…), split(…)")
        return self._kind

    def _cut(self, cut: int) -> float:
        if not 0 <= cut < len(self.cuts):
            raise ModelError(
                tr("there is no such cut point", "没有该分箱点"),
                str(cut),
                f"0 … {len(self.cuts) - 1}",
            )
        return self.cuts[cut]

    def _bin(self, bin: int) -> Bin:
        if not 0 <= bin < len(self.bins):
            raise ModelError(
                tr("there is no such bin", "没有该分箱"), str(bin), f"0 … {len(self.bins) - 1}"
            )
        return self.bins[bin]

    def _free(self, *bins: int) -> None:
        """Refuse bins that do not exist or are locked."""
        closed = [row.said for row in map(self._bin, bins) if _key(row) in self._hand.locked]
        if closed:
            what = tr("a locked bin does not change", "锁定的分箱不能改动")
            raise ModelError(what, "; ".join(closed), tr("unlock it first", "请先解锁"))

    def _do(self, parts: Parts, notes: tuple[str, ...] = ()) -> None:
        if (parts, notes) != (self._hand.parts, self._hand.notes):
            self._past.append(self._hand)
            self._take(_Hand(parts, self._hand.locked, notes))

    def _take(self, hand: _Hand) -> None:
        self._hand, self.binning = hand, self._counted(hand.parts)

    def _counted(self, parts: Parts) -> Binning:
        """Return the bins as a fit with these splits counts them."""
        return self.process.binned(self._held, parts)


def _key(row: Bin) -> Any:
    """Return what makes a bin the same bin: its ends, or its levels in any order."""
    return (row.lower, row.upper) if row.kind == "range" else frozenset(row.values)
