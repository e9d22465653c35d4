"""What must be true of every card, checked on the card itself: `verify`.

Four libraries in use break one of these: a score at the base odds that is not the base score,
points that belong to other bins, a score that rises with risk. The rows are random and hostile:
values on every bound and one double beside it, NaN, null, codes, categories not in the sample.
"""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.backends.engines_here import everywhere
from lishui_credit.language import tr
from lishui_credit.points import PointsTable
from lishui_credit.scorecards.cards.card import POINTS, Card, Characteristic
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.cards.card_trial import CardTrial
from lishui_credit.scorecards.cards.sql_identities import Identity, equal, said, sql_identities

_KINDS: Final[dict[str, type[pl.DataType]]] = {
    "number": pl.Float64,
    "category": pl.String,
    "coded": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Verification:
    """All identities of one card, in the order checked."""

    identities: tuple[Identity, ...]

    @property
    def passed(self) -> bool:
        """Whether none is broken."""
        return all(row.holds is not False for row in self.identities)

    def table(self) -> pl.DataFrame:
        """Return one row per identity: name, holds, found."""
        return pl.DataFrame(
            [{"identity": r.name, "holds": r.holds, "found": r.found} for r in self.identities],
            schema={"identity": pl.String, "holds": pl.Boolean, "found": pl.String},
        )


def verify(card: Card, *, rows: int = 2000, seed: int = 0, spark: bool = False) -> Verification:
    """Check every identity of a card.

    Parameters
    ----------
    card : Card
        The card.
    rows : int, default 2000
        Random rows beside the hostile ones.
    seed : int, default 0
        Of the random rows.
    spark : bool, default False
        Whether Spark runs too; it takes seconds to start.

    Returns
    -------
    Verification
        ``passed``, and ``table()`` with one row per identity, and one per engine: of one that did
        not run ``holds`` is null and ``found`` says why.

    Examples
    --------
    >>> import polars as pl
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> verify(Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_).passed
    True
    """
    quiet = replace(card, policies=replace(card.policies, unseen="neutral"))
    hostile = hostile_rows(card, rows=rows, seed=seed)
    return Verification(tuple(_checks(quiet, hostile, spark)))


def hostile_rows(card: Card, *, rows: int, seed: int) -> pl.DataFrame:
    """Return random rows that a card must survive: bounds and their neighbours, NaN, null, codes.

    Every characteristic is drawn from its hostile values, each of which occurs at least once.
    """
    draw = np.random.default_rng(seed)
    columns: dict[str, pl.Series] = {}
    for item in card.characteristics:
        values = _hostile_values(item)
        taken = [values[place] for place in draw.integers(0, len(values), rows)]
        # Every hostile value stands at least once.
        taken[: min(len(values), rows)] = values[:rows]
        columns[item.feature] = pl.Series(item.feature, taken, dtype=_KINDS[item.binning.type])
    return pl.DataFrame(columns)


def _hostile_values(item: Characteristic) -> list[object]:
    found = item.binning
    if found.type != "number":
        levels = [level.value for level in item.table.levels][:500]
        if found.type == "coded":
            near = [value + 0.5 for value in levels[:50] if isinstance(value, float)]
            return [None, math.nan, -1.0, 0.0, -0.0, 987_654.0, *near, *levels]
        alike = [text for level in levels[:50] for text in look_alikes(str(level))]
        return [None, "", "never seen", "Never Seen", *alike, *levels]
    values: list[object] = [None, math.nan, 0.0, -0.0, -1e300, 1e300, 5e-324]
    for cut in found.cuts:
        values += [cut, math.nextafter(cut, -math.inf), math.nextafter(cut, math.inf)]
    for row in found.bins:
        if row.kind == "special":
            values += [float(value) for value in row.values]
    return values


def look_alikes(text: str) -> list[str]:
    """Return texts that some collation takes for the same: by case, accent, width, blank, quote."""
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
    return [
        *(text.swapcase(), wide, unicodedata.normalize("NFKC", text)),
        *(f"{text}\u0301", f"{text} ", f" {text}", f"{text}\u3000", f"'{text}'", f"{text}\\"),
    ]


def _checks(card: Card, hostile: pl.DataFrame, spark: bool) -> Iterator[Identity]:
    scale = card.scale
    at_base = scale.score(math.log(scale.base_odds.ratio))
    yield said(
        tr("the score at the base odds is the base score", "基准好坏比处的分数等于基准分"),
        abs(at_base - scale.base_score) < 1e-9,
        f"{at_base:g} = {scale.base_score:g}",
    )
    doubled = scale.score(math.log(2 * scale.base_odds.ratio)) - at_base
    yield said(
        tr("pdo points double the odds", "每增加 pdo 分好坏比翻倍"),
        abs(doubled - scale.pdo) < 1e-9,
        f"{doubled:g} = {scale.pdo:g}",
    )
    parts = card.contributions(hostile)
    scores = parts["score"]
    total = parts.select(pl.fold(card.base_points, lambda a, b: a + b, pl.col(f"^{POINTS}.*$")))
    yield equal(
        tr("the points add up to the score", "各项分值之和等于总分"), scores, total.to_series()
    )
    yield said(
        tr("every row has a score", "每行都有分数"),
        scores.null_count() == 0,
        f"{scores.null_count()} / {len(scores)}",
    )
    ladder = np.unique(scores.to_numpy())
    falling = bool((np.diff(card.pd(ladder)) < 0).all())
    yield said(
        tr("a higher score always means a lower PD", "分数越高,违约概率严格越低"),
        falling,
        tr(f"{len(ladder)} scores", f"{len(ladder)} 个分数"),
    )
    if any(item.log_odds for item in card.characteristics):
        yield _by_direction(card)
    else:
        yield _by_woe(card)
    yield from _against_fit(card)
    yield equal(
        tr("expression = exact fractions", "表达式 = 精确分数运算"), scores, _exact(card, hostile)
    )
    turned = hostile.select(*reversed(hostile.columns), pl.lit("x").alias("extra column"))
    yield equal(
        tr("the order of the columns does not matter", "与列顺序无关"), scores, card.score(turned)
    )
    loaded = from_json(to_json(card))
    yield said(
        tr("loaded = saved", "读回 = 存储"),
        to_json(loaded) == to_json(card) and loaded.score(hostile).equals(scores),
        f"{len(to_json(card)):,} bytes",
    )
    for run in everywhere(CardTrial(card, hostile), spark=spark):
        name = tr(f"{run.engine} = expression", f"{run.engine} = 表达式")
        yield Identity(name=name, holds=run.holds, found=run.told)
    yield from sql_identities(card, hostile)


def _by_woe(card: Card) -> Identity:
    """Within a characteristic a higher WoE never has fewer points."""
    wrong = []
    for item in card.characteristics:
        pairs = sorted(zip(item.binning.woes.tolist(), item.points, strict=True))
        marks = [mark for _, mark in pairs]
        if any(later < before for before, later in itertools.pairwise(marks)):
            wrong.append(item.feature)
    return said(
        tr("a better WoE never has fewer points", "WoE 越好,分值不会越低"),
        not wrong,
        ", ".join(wrong) or tr("all characteristics", "全部特征"),
    )


def _by_direction(card: Card) -> Identity:
    """In a declared direction a worse value never has a higher score, whatever the others are."""
    wrong, declared = [], []
    for item in card.characteristics:
        way = {"up": -1, "down": 1}.get(item.binning.asked)
        if way is None:
            continue
        declared.append(item.feature)
        ordered = sum(row.kind == "range" for row in item.binning.bins)
        least = way * np.diff(np.array(item.points[:ordered]))
        for crossed in card.crossed:
            if item.feature in crossed.features:
                points = card.by_bins(crossed)
                points = points if item.feature == crossed.features[0] else points.T
                least = least + (way * np.diff(points[:ordered], axis=0)).min(axis=1)
        if (least < 0).any():
            wrong.append(item.feature)
    return said(
        tr(
            "in a declared direction a worse value never has a higher score",
            "按声明方向,取值变差时总分不会升高",
        ),
        not wrong,
        ", ".join(wrong) or ", ".join(declared) or tr("none is declared", "未声明方向"),
    )


def _against_fit(card: Card) -> Iterator[Identity]:
    """The score is the fit's log-odds on the scale, up to rounding of each part."""
    items = card.characteristics
    if not all(item.fitted for item in items):
        return
    draw = np.random.default_rng(1)
    worst = 0.0
    tables = [(row.features, card.by_bins(row), card.fitted_by_bins(row)) for row in card.crossed]
    for _ in range(500):
        line, points = card.intercept, card.base_points
        places = {item.feature: int(draw.integers(0, len(item.points))) for item in items}
        for item in items:
            line += item.fitted[places[item.feature]]
            points += item.points[places[item.feature]]
        for (first, second), marks, fitted in tables:
            line += fitted[places[first], places[second]]
            points += int(marks[places[first], places[second]])
        worst = max(worst, abs(points / card.point_unit - card.scale.score(line)))
    most = (len(items) + len(tables) + 1) / 2 / card.point_unit
    yield said(
        tr(
            "the score is the fit's, rounded once per table",
            "分数即拟合结果,每个分值表仅取整一次",
        )
        if tables or items[0].log_odds
        else tr(
            "the score is the regression's, rounded once per characteristic",
            "分数即回归结果,每项仅取整一次",
        ),
        worst <= most + 1e-9,
        f"{worst:.2f} <= {most:g}",
    )


def _exact(card: Card, rows: pl.DataFrame) -> pl.Series:
    """Score rows by exact fractions: the oracle of every engine."""

    def told(table: PointsTable) -> list[int | None]:
        cells = rows[table.value.columns[0]].to_list()
        points = {cell: table.of(_fraction(cell)) for cell in {*cells}}
        return [points[cell] for cell in cells]

    parts = [told(item.table) for item in card.characteristics]
    for crossed in card.crossed:
        first, second = told(crossed.first.index()), told(crossed.second.index())
        parts.append(
            [
                None if one is None or other is None else crossed.points[one][other]
                for one, other in zip(first, second, strict=True)
            ]
        )
    scores = [
        None if None in row else card.base_points + sum(part or 0 for part in row)
        for row in zip(*parts, strict=True)
    ]
    return pl.Series(scores)


def _fraction(cell: Any) -> Any:
    """Return a cell as the oracle compares it: a number as a fraction, NaN as missing."""
    if not isinstance(cell, float):
        return cell
    return None if math.isnan(cell) else Fraction(cell)
