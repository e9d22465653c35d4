"""Reason codes in the verbs of any engine, as `adverse_reasons` gives them: losses, ranks, sentences.

A loss and its place on the card are one whole number, larger for a larger loss and, of equal ones,
for the one that comes first. The next reason is the largest number below the one before, so that a
hundred indicators are ranked by a few hundred comparisons and not by ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_
from typing import Final

from lishui_credit.errors import PolicyError
from lishui_credit.expressions import E, F, Namespace, first_of
from lishui_credit.language import Bilingual, tr
from lishui_credit.policies.adverse_reasons import GAP, NOBODY, OF_SCORE, Losses, beside
from lishui_credit.policies.clause_tests import listed
from lishui_credit.scorecards.cards.card import POINTS
from lishui_credit.scorecards.cards.reasons import LEAST

RULE: Final = "_rule"
"""Column of the override rule that decided a grade."""
FARTHEST_TOLD: Final = 2**46
"""A gap of a score from here on is not told in words: its hundredths are no longer exact."""
_AT_ONCE: Final = 4
"""Numbers of which one expression finds the largest, by six comparisons."""
_HUNDREDTHS: Final = 100


def ranked(ns: Namespace[E], rows: F, losses: Losses, top: int) -> F:
    """Return rows with ``_lost_1`` and ``_place_1`` and so on: units lost, and by which code.

    Places count the codes from 0 and go on with the override rules, of which one that is in the
    column `RULE` stands first. Null where fewer lost anything.

    >>> import polars as pl
    >>> lost = Losses(best={"a": 5, "b": 7}, unit=1, labels={})
    >>> points = pl.LazyFrame({"points__a": [5, 3, 0], "points__b": [7, 5, None]})
    >>> ranked(pl, points, lost, 2).select("^_(place|lost)_.$").collect().rows()
    [(None, None, None, None), (2, 0, 2, 1), (5, 0, None, None)]
    """
    count = len(losses.best)
    names = [f"_key_{place}" for place in range(count)]
    nought, none = _whole(ns, 0), _whole(ns, None)
    rows = rows.with_columns(*(_key(ns, losses, place) for place in range(count)))
    for rank in range(1, min(top, count) + 1):
        most = f"_most_{rank}"
        rows = _with_largest(ns, rows, names, most)
        found = ns.col(most)
        again = [
            ns.when(ns.col(name) < found).then(ns.col(name)).otherwise(nought).alias(name)
            for name in names
            if rank < min(top, count)
        ]
        size = found // _whole(ns, count)
        rows = rows.with_columns(
            ns.when(found > 0).then(size).otherwise(none).alias(f"_lost_{rank}"),
            ns.when(found > 0)
            .then(size * count + (count - 1) - found)
            .otherwise(none)
            .alias(f"_place_{rank}"),
            *again,
        )
    if not losses.rules:
        return rows
    places = range(min(top, count), 0, -1)
    return rows.with_columns(*(made for rank in places for made in _shifted(ns, losses, rank)))


def _key(ns: Namespace[E], losses: Losses, place: int) -> E:
    """Return the loss of a code and its place as one number, 0 where nothing is lost or known."""
    count = len(losses.best)
    name, best = [*losses.best.items()][place]
    lost = ns.lit(best, dtype=ns.Int64) - ns.col(f"{POINTS}{name}").cast(ns.Int64)
    key = ns.when(lost > int(LEAST * losses.unit)).then(lost * count + (count - 1 - place))
    return key.otherwise(_whole(ns, 0)).alias(f"_key_{place}")


def _with_largest(ns: Namespace[E], rows: F, names: Sequence[str], found: str) -> F:
    """Return rows with the largest of some columns, found by fours."""
    level = 0
    while True:
        groups = [names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)]
        made = [f"{found}_{level}_{place}" for place in range(len(groups))]
        made = made if len(groups) > 1 else [found]
        columns = (_largest([ns.col(name) for name in group], ns) for group in groups)
        rows = rows.with_columns(
            *(column.alias(name) for column, name in zip(columns, made, strict=True))
        )
        if len(groups) == 1:
            return rows
        names, level = made, level + 1


def _largest(few: Sequence[E], ns: Namespace[E]) -> E:
    pairs = [
        (reduce(and_, (one >= other for other in few[place + 1 :])), one)
        for place, one in enumerate(few[:-1])
    ]
    return first_of(ns, pairs, few[-1])


def _shifted(ns: Namespace[E], losses: Losses, rank: int) -> Iterator[E]:
    """Yield the place and the loss of a rank where an override rule may stand before them."""
    ruled = ns.col(RULE).is_in([*losses.rules])
    rules = (
        (ns.col(RULE) == ns.lit(rule), _whole(ns, len(losses.best) + place))
        for place, rule in enumerate(losses.rules)
    )
    none = _whole(ns, None)
    for part, first in (("_place", first_of(ns, rules, none)), ("_lost", none)):
        own = ns.col(f"{part}_{rank}")
        earlier = first if rank == 1 else ns.col(f"{part}_{rank - 1}")
        yield ns.when(ruled).then(earlier).otherwise(own).alias(f"{part}_{rank}")


# ---- codes, figures, sentences ----------------------------------------------------------------


def of_losses(ns: Namespace[E], losses: Losses, top: int, adverse: E) -> list[E]:
    """Return ``reason_1``, ``lost_1``, ``reason_1_zh``, ``reason_1_en`` and so on, of rows `ranked`.

    Raises
    ------
    PolicyError
        If a point has units that two decimals do not write exactly.
    """
    if _HUNDREDTHS % losses.unit:
        raise PolicyError(
            tr("losses cannot be written in hundredths", "失分无法精确到百分位"),
            tr(f"units of 1/{losses.unit} point", f"单位 1/{losses.unit} 分"),
            tr("print the policy without reasons (--reasons 0)", "请不输出原因(--reasons 0)"),
        )
    codes = [*losses.best, *losses.rules]
    found: list[E] = []
    for rank in range(1, min(top, len(losses.best)) + 1):
        place, lost = ns.col(f"_place_{rank}"), ns.col(f"_lost_{rank}")
        printed = lost.cast(ns.Float64)
        if losses.unit > 1:
            printed = printed / ns.lit(float(losses.unit), dtype=ns.Float64)
        figure = _written(ns, lost * (_HUNDREDTHS // losses.unit), whole=losses.unit == 1)
        told = [losses.labels[code] for code in codes]
        found += _reason(ns, rank, listed(ns, place, codes), printed, adverse)
        found += _sentences(ns, rank, place, told, (lost, figure), "", adverse)
    return found


def short(ns: Namespace[E], rows: F, gap: E) -> F:
    """Return rows with how far a score is short: ``_gap``, its hundredths, the place of its code.

    Hundredths are rounded as `adverse_reasons.printed` rounds them, halves to even; null from
    `FARTHEST_TOLD` on.
    """
    found, scaled, cut = (ns.col(name) for name in ("_gap", "_scaled", "_cut"))
    nought = ns.lit(0.0, dtype=ns.Float64)
    near = (found >= nought) & (found < ns.lit(float(FARTHEST_TOLD), dtype=ns.Float64))
    times = ns.lit(float(_HUNDREDTHS), dtype=ns.Float64)
    rows = rows.with_columns(gap.alias("_gap"))
    rows = rows.with_columns((ns.when(near).then(found).otherwise(nought) * times).alias("_scaled"))
    rows = rows.with_columns(scaled.cast(ns.Int64).alias("_cut"))
    rest, half = scaled - cut.cast(ns.Float64), ns.lit(0.5, dtype=ns.Float64)
    odd = cut - cut // _whole(ns, 2) * 2 == _whole(ns, 1)
    rounded = ns.when((rest > half) | ((rest == half) & odd)).then(cut + 1).otherwise(cut)
    return rows.with_columns(
        ns.when(near).then(rounded).otherwise(_whole(ns, None)).alias("_hundredths"),
        ns.when(found.is_null()).then(_whole(ns, 1)).otherwise(_whole(ns, 0)).alias("_place_1"),
    )


def of_score(ns: Namespace[E], adverse: E) -> list[E]:
    """Return ``reason_1``, ``lost_1``, ``reason_1_zh``, ``reason_1_en`` of rows `short` of approval.

    A gap of `FARTHEST_TOLD` or more has no sentence.
    """
    gap, place = ns.col("_gap"), ns.col("_place_1")
    told = [OF_SCORE[GAP], OF_SCORE[NOBODY]]
    figure = _written(ns, ns.col("_hundredths"))
    return [
        *_reason(ns, 1, listed(ns, place, [GAP, NOBODY]), gap, adverse),
        *_sentences(ns, 1, place, told, (gap, figure), "score", adverse),
    ]


def _whole(ns: Namespace[E], number: int | None) -> E:
    return ns.lit(number, dtype=ns.Int64)


def _reason(ns: Namespace[E], rank: int, code: E, lost: E, adverse: E) -> Iterator[E]:
    for name, made, kind in (("reason", code, ns.String), ("lost", lost, ns.Float64)):
        none = ns.lit(None, dtype=kind)
        yield ns.when(adverse).then(made).otherwise(none).alias(f"{name}_{rank}")


def _sentences(
    ns: Namespace[E],
    rank: int,
    place: E,
    told: Sequence[Bilingual],
    lost: tuple[E, E],
    source: str,
    adverse: E,
) -> Iterator[E]:
    """Yield what a code is called, and its figure where there is a loss."""
    before, after = beside(source)
    size, figure = lost
    for side, colon in (("zh", ":"), ("en", ": ")):
        called = listed(ns, place, [getattr(both, side) for both in told])
        start, end = (
            ns.lit(text) for text in (colon + getattr(before, side), getattr(after, side))
        )
        none = ns.lit(None, dtype=ns.String)
        cases = ((size.is_null(), called), (figure.is_null(), none))
        sentence = called + start + figure
        whole = first_of(ns, cases, sentence + end if getattr(after, side) else sentence)
        yield ns.when(adverse).then(whole).otherwise(none).alias(f"reason_{rank}_{side}")


def _written(ns: Namespace[E], hundredths: E, *, whole: bool = False) -> E:
    """Return hundredths, none below 0, as a text without trailing noughts."""
    number = hundredths // _whole(ns, _HUNDREDTHS)
    text = number.cast(ns.String)
    if whole:
        return text
    rest = hundredths - number * _HUNDREDTHS
    nought = _whole(ns, 0)
    tenths = rest // _whole(ns, 10)
    cases = (
        (rest == nought, text),
        (tenths * 10 == rest, text + ns.lit(".") + tenths.cast(ns.String)),
        (rest < 10, text + ns.lit(".0") + rest.cast(ns.String)),
    )
    return first_of(ns, cases, text + ns.lit(".") + rest.cast(ns.String))
