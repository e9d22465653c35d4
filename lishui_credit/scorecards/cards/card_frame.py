"""What a card is beside its points: scale, policies, labels; and the card of a regression in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lishui_credit.grades import GradeScale
from lishui_credit.language import Bilingual
from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.bins.characteristic import Policies
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.crossed_table import CrossedTable
from lishui_credit.scorecards.cards.integer_points import integer_points, of_woe
from lishui_credit.scorecards.cards.scale import Scale
from lishui_credit.statistics.logistic import Logistic


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFrame:
    """What a card is, whichever fit gives its points.

    `ends` are the scores of the worst and the best row, None where `scale` holds as it is; `folded` says
    whether base points go into the characteristics.
    """

    scale: Scale
    ends: tuple[float, float] | None
    point_unit: int
    folded: bool
    labels: Mapping[str, str]
    policies: Policies
    grades: GradeScale | None
    dropped: Mapping[str, Bilingual]
    protected: Mapping[str, str]

    def scaled(self, worst: float, best: float) -> Scale:
        """Return the scale of a card whose log-odds lie between two."""
        return self.scale if self.ends is None else Scale.between(worst, best, *self.ends)

    def card(
        self,
        scale: Scale,
        base: int,
        intercept: float,
        characteristics: Sequence[Characteristic],
        crossed: Sequence[CrossedTable] = (),
        metrics: Mapping[str, Any] | None = None,
    ) -> Card:
        """Return the card of points."""
        return Card(
            characteristics=tuple(characteristics),
            crossed=tuple(crossed),
            scale=scale,
            base_points=base,
            point_unit=self.point_unit,
            intercept=intercept,
            policies=self.policies,
            grades=self.grades,
            dropped=self.dropped,
            protected=self.protected,
            metrics=metrics or {},
        )

    def of_regression(self, fit: Logistic, binnings: Sequence[Binning]) -> Card:
        """Return the card whose points are the coefficients of a regression times WoE."""
        lines = of_woe(binnings, fit.coefficients)
        held = [
            [x for x, row in zip(line, found.bins, strict=True) if row.rows]
            for line, found in zip(lines, binnings, strict=True)
        ]
        worst, best = (fit.intercept + sum(map(end, held)) for end in (min, max))
        scale = self.scaled(worst, best)
        base, points = integer_points(
            lines, fit.intercept, scale, unit=self.point_unit, folded=self.folded
        )
        p_values = fit.p_values
        characteristics = [
            Characteristic(
                binning=binning,
                points=points[place],
                coefficient=float(fit.coefficients[place]),
                error=float(fit.errors[place + 1]),
                p_value=float(p_values[place + 1]),
                label_zh=self.labels.get(binning.feature, ""),
                label_en=binning.feature,
            )
            for place, binning in enumerate(binnings)
        ]
        return self.card(scale, base, fit.intercept, characteristics)
