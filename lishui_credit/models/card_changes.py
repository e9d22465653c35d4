"""What changed from one card to another: settings, points bin by bin, and who moves on a sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.models.card_values import values
from lishui_credit.scorecards.bins.binning import Bin, shown
from lishui_credit.scorecards.cards.card import Card, Characteristic
from lishui_credit.scorecards.cards.crossed_table import CrossedTable
from lishui_credit.scorecards.comparison import Comparison, compare
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.sample_files import read_sample
from lishui_credit.tables.beside import sha256
from lishui_credit.tables.data_words import CROSSING
from lishui_credit.validation.migrations import Migration, migration

FIFTHS: Final = ("1", "2", "3", "4", "5")  # of each card's own order, 1 the best
_NOT_SETTINGS: Final = ("indicators", "crossed", "metrics", "dropped", "schema", "intercept")
_COUNTED: Final = ("scores", "packages", "newton_steps", "sample_fingerprint", "rows_fingerprint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Who moves on a sample: by how many points, between which grades or fifths, and both AUCs.

    Scores are printed points. `known` says whether either card was fitted on the very file.
    """

    rows: int
    up: int
    down: int
    quantiles: dict[str, float]  # of the change in points: 5 %, median, 95 %
    by_grades: bool  # grades that both cards have, else fifths of each card's own order
    migration: Migration
    auc: Comparison  # `card` is the earlier card, `challenger` the later
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChanges:
    """Settings that changed (what, before, after), points that changed, and who moves.

    `points` is of `changed_points`; `shares` are the points that the intercept adds to every
    characteristic of each card, 0 where they stand apart.
    """

    settings: pl.DataFrame
    points: pl.DataFrame
    shares: tuple[float, float]
    entered: tuple[str, ...]
    left: tuple[str, ...]
    moves: Moves


def changes(old: Card, new: Card, path: Path | str, target: str | None = None) -> CardChanges:
    """Return what changed between two cards, and who moves on the rows of a file with outcomes.

    Raises
    ------
    SubjectError
        If the file cannot be read, or lacks the outcome or a column of either card.
    """
    names = list(dict.fromkeys([*old.columns, *new.columns]))
    return CardChanges(
        settings=_settings(old, new),
        points=changed_points(old, new),
        shares=(_share(old), _share(new)),
        entered=tuple(name for name in new.columns if name not in old.columns),
        left=tuple(name for name in old.columns if name not in new.columns),
        moves=_moves(old, new, Path(path), target, names),
    )


def _settings(old: Card, new: Card) -> pl.DataFrame:
    first, second = values(old), values(new)
    rows = [
        (" ".join(place), _text(first.get(place)), _text(second.get(place)))
        for place in dict.fromkeys([*first, *second])
        if place[0] not in _NOT_SETTINGS
        and not {*place} & {*_COUNTED}
        and first.get(place) != second.get(place)
    ]
    schema = dict.fromkeys(("what", "before", "after"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


# ---- points -----------------------------------------------------------------------------------


def changed_points(old: Card, new: Card) -> pl.DataFrame:
    """Return the pieces whose printed points differ.

    A piece is a part of a characteristic, or of a crossed table, inside which neither card sees a
    difference.

    Returns
    -------
    polars.DataFrame
        feature, label, bin (of a crossed table both columns, names and bins), before and after (printed
        points, null where a card lacks the table), beyond: the change less that of the intercept's
        share, which is the same in every bin of a one-way table and moves nobody past another; up to 1 is rounding.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from lishui_credit.scorecards import Scorecard
    >>> frame = pl.DataFrame({"late": [0] * 50 + [1] * 50})
    >>> card = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    >>> item = card["late"]
    >>> other = replace(item, points=(item.points[0] + 5, *item.points[1:]))
    >>> changed_points(card, replace(card, characteristics=(other,)))["bin"].to_list()
    ['< 0.5']
    """
    rows: list[tuple[str | float | None, ...]] = []
    shift = _share(new) - _share(old)
    for name in dict.fromkeys([*old.columns, *new.columns]):
        first = old[name] if name in old.columns else None
        second = new[name] if name in new.columns else None
        label = (second or first).label  # type: ignore[union-attr]
        for said, before, after in _pieces(first, second):
            low, high = _printed(old, before), _printed(new, after)
            beyond = None if low is None or high is None else round(high - low - shift, 6)
            if low != high:
                rows.append((name, label, said, low, high, beyond))
    for crossed in _crossed_pieces(old, new):
        low, high = _printed(old, crossed[3]), _printed(new, crossed[4])
        beyond = None if low is None or high is None else round(high - low, 6)
        if low != high:
            rows.append((*crossed[:3], low, high, beyond))
    texts = dict.fromkeys(("feature", "label", "bin"), pl.String)
    schema = texts | dict.fromkeys(("before", "after", "beyond"), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _share(card: Card) -> float:
    """Return the printed points that the intercept adds to every characteristic of a card."""
    single = [name for name in card.columns if not card.only_crossed(name)]
    folded = card.base_points == 0 and bool(single)
    return card.scale.score(card.intercept) / len(single) if folded else 0.0


def _printed(card: Card, mark: int | None) -> float | None:
    return None if mark is None else float(card.printed(mark))


Piece = tuple[str, int | None, int | None]


def _pieces(first: Characteristic | None, second: Characteristic | None) -> Iterator[Piece]:
    """Yield pieces of a characteristic in which neither card sees a difference, with both points."""
    if first is None or second is None or first.binning.type != second.binning.type:
        for item, place in ((first, 0), (second, 1)):
            for row, mark in zip(item.binning.bins, item.points, strict=True) if item else ():
                yield (row.said, mark, None) if place == 0 else (row.said, None, mark)
        return
    if first.binning.type == "number":
        yield from _ranges(first, second)
    kinds = ("special",) if first.binning.type == "number" else ("levels", "special")
    listed = {
        value: None
        for item in (first, second)
        for row in item.binning.bins
        if row.kind in kinds
        for value in row.values
    }
    for value in listed:
        told = value if isinstance(value, str) else shown(value)
        yield told, _of(first, value), _of(second, value)
    yield Bin(kind="missing").said, first.missing, second.missing
    if first.binning.type != "number":
        yield Bin(kind="unseen").said, first.unseen, second.unseen


def _crossed_pieces(old: Card, new: Card) -> Iterator[tuple[str, str, str, int | None, int | None]]:
    """Yield pieces of crossed tables, columns in either order, in which neither card sees a difference."""
    held = [{frozenset(row.features): row for row in card.crossed} for card in (old, new)]
    for pair in dict.fromkeys([*held[0], *held[1]]):
        both = [tables.get(pair) for tables in held]
        named, card = (both[1], new) if both[1] is not None else (both[0], old)
        assert named is not None
        sides = [_pieces(*(_places(row, name) for row in both)) for name in named.features]
        for (one, *first), (other, *second) in product(*map(list, sides)):
            before, after = (
                _cell(row, named.first.feature, *places)
                for row, places in zip(both, zip(first, second, strict=True), strict=True)
            )
            said = f"{one}{CROSSING}{other}"
            yield named.name, card.label_of(named), said, before, after


def _places(crossed: CrossedTable | None, feature: str) -> Characteristic | None:
    """Return one side of a crossed table as a characteristic whose points are the places of its bins."""
    if crossed is None:
        return None
    side = crossed.side(feature)
    return Characteristic(binning=side, points=tuple(range(len(side.bins))))


def _cell(
    crossed: CrossedTable | None, along: str, row: int | None, column: int | None
) -> int | None:
    if crossed is None or row is None or column is None:
        return None
    points = crossed.matrix if crossed.first.feature == along else crossed.matrix.T
    return int(points[row, column])


def _of(item: Characteristic, value: str | float) -> int:
    """Return the points of a value; of a category that the card does not know, those of the unseen."""
    found = item.table.of(value if isinstance(value, str) else Fraction(value))
    return item.unseen if found is None else found


def _ranges(first: Characteristic, second: Characteristic) -> Iterator[Piece]:
    cuts = sorted({*first.binning.cuts, *second.binning.cuts})
    bounds = [None, *cuts, None]
    held: list[tuple[float | None, float | None, int, int]] = []
    for lower, upper in pairwise(bounds):
        before, after = _in_range(first, lower), _in_range(second, lower)
        if held and held[-1][2:] == (before, after):  # neither card has a step here
            held[-1] = (held[-1][0], upper, before, after)
        else:
            held.append((lower, upper, before, after))
    for lower, upper, before, after in held:
        yield Bin(kind="range", lower=lower, upper=upper).said, before, after


def _in_range(item: Characteristic, lower: float | None) -> int:
    """Return the points just at the lower end of a range, None for the lowest."""
    found = 0
    for row, mark in zip(item.binning.bins, item.points, strict=True):
        if row.kind == "range" and (
            row.lower is None or (lower is not None and row.lower <= lower)
        ):
            found = mark
    return found


# ---- who moves --------------------------------------------------------------------------------


def _moves(old: Card, new: Card, path: Path, target: str | None, names: list[str]) -> Moves:
    sample = read_sample(path, target or str(old.provenance.get("target", "bad")), only=names)
    rows = features(sample.frame, names)
    first, second = old.scored(rows.select(old.columns)), new.scored(rows.select(new.columns))
    before, after = first / old.point_unit, second / new.point_unit
    change = (after - before).to_numpy()
    ids = [
        [grade.id for grade in card.grades.grades] if card.grades is not None else []
        for card in (old, new)
    ]
    by_grades = bool(ids[0]) and ids[0] == ids[1]
    if by_grades:
        moved = migration(old.grade(first), new.grade(second), order=ids[0])
    else:
        moved = migration(_fifths(before), _fifths(after), order=FIFTHS)
    low, middle, high = np.quantile(change, [0.05, 0.5, 0.95]).tolist()
    return Moves(
        rows=len(change),
        up=int((change > 0).sum()),
        down=int((change < 0).sum()),
        quantiles={"5%": low, "50%": middle, "95%": high},
        by_grades=by_grades,
        migration=moved,
        auc=compare(-before.to_numpy(), -after.to_numpy(), sample.outcome.cast(pl.Int8).to_numpy()),
        known=sha256(path) in [card.provenance.get("file_sha256") for card in (old, new)],
    )


def _fifths(scores: pl.Series) -> pl.Series:
    """Return the fifth of each score, ties together: 1 holds the highest."""
    ranks = (-scores).rank("average") / len(scores)
    return (ranks * len(FIFTHS)).ceil().clip(1, len(FIFTHS)).cast(pl.Int8).cast(pl.String)
