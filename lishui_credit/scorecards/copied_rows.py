"""Near copies (近似重复): rows that agree on nearly all fields, by which a model is judged too well.

A row that is held out and has a twin among the rows fitted on is remembered, not predicted. Data that
were filled up, drawn with replacement or joined twice hold such twins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.features import features, target
from lishui_credit.scorecards.row_twins import Fields, Numbers, twins
from lishui_credit.statistics.outcomes import Flags, Values
from lishui_credit.statistics.refusals import lacking, unequal
from lishui_credit.tables.frames import Frame

COUNTS_UP_TO: Final = 100
"""Numbers of no more different values are counts or codes, which agree only where they are equal."""
MOST_DIFFER: Final = 4
"""Fields that may differ at most; of up to 16 fields a quarter."""
COMMON_FROM: Final = 0.05
"""An amount that more different rows than this share (and than 20 rows) have says nothing: a code, a cap."""
SHARE_FROM: Final = 0.01
"""Share of rows with a twin from which a sample is said to hold copies."""
TIMES_CHANCE: Final = 5
"""Copies are at least so many times the pairs that chance makes."""
AGREED_FROM: Final = 0.5
"""Near twins are copies where their outcomes agree at least so far, from as by lot (0) to always (1);
those of rows alike by nature agree little more than by lot. It is Cohen's kappa of the pairs."""
LEAST_PAIRS: Final = 10

_COMMON_ROWS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """Different rows, and which of them are twins."""

    row: Numbers  # for each row of the sample, which of the different ones it is
    links: Numbers  # pairs of different rows, shape (p, 2)
    sure: Flags  # different rows that say enough for equal rows to be copies

    def beside(self, counts: Numbers) -> Numbers:
        """Return the rows that each different row is a twin of, with itself if it is sure, shape (m, ...).

        `counts` says how many rows of each part are each different row.
        """
        found = np.where(self.sure.reshape(-1, *[1] * (counts.ndim - 1)), counts, 0)
        first, second = self.links.T
        np.add.at(found, first, counts[second])
        np.add.at(found, second, counts[first])
        return found


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class NearCopies:
    """Which rows of a sample are copies of others, or nearly so; see `near_copies`.

    Parameters
    ----------
    columns : int
        Fields of a row.
    amounts : tuple of str
        Columns whose values may differ by the tolerance; without one no copy can be told.
    differ : int
        Fields that may differ.
    tolerance : float
        Share of the larger amount.
    pairs, equal_pairs : int
        Pairs of rows that agree, and those of them that are equal in every field.
    chance_pairs : int
        Pairs that agree after every column was shuffled among the rows of an outcome.
    good_pairs, bad_pairs : int
        Pairs of two goods, and of two bads; 0 without outcomes.
    twin, equal_twin : ndarray of bool, shape (n,)
        Which rows have a twin, and which an equal one.
    bad : ndarray of bool, shape (n,), optional
        Outcomes.
    groups : ndarray of int, shape (n,)
        Number of each row's group: twins, and twins of twins, are in one. What `folds.split` takes.
    whole : bool
        Whether all pairs were found; else there are at least so many.
    """

    columns: int
    amounts: tuple[str, ...]
    differ: int
    tolerance: float
    pairs: int
    equal_pairs: int
    chance_pairs: int
    good_pairs: int
    bad_pairs: int
    twin: Flags
    equal_twin: Flags
    bad: Flags | None
    groups: Numbers
    whole: bool
    graph: _Graph

    @property
    def share(self) -> float:
        """Rows with a twin, 0 to 1."""
        return float(self.twin.mean())

    def share_of(self, bad: bool) -> float | None:
        """Return the share of bads, or of goods, that have a twin; None without outcomes."""
        return None if self.bad is None else float(self.twin[self.bad == bad].mean())

    @property
    def same_label(self) -> float | None:
        """Pairs of one outcome, 0 to 1; None without outcomes or pairs."""
        known = self.bad is not None and self.pairs
        return (self.good_pairs + self.bad_pairs) / self.pairs if known else None

    @property
    def largest(self) -> int:
        """Rows of the largest group."""
        return int(np.bincount(self.groups).max())

    @property
    def found(self) -> bool:
        """Whether the sample holds copies: 10 pairs, five times those of chance, 1 % of the rows, at least.

        Equal rows always count; others only where their outcomes agree far more than by lot.
        """
        if self.pairs < max(TIMES_CHANCE * self.chance_pairs, LEAST_PAIRS):
            return False
        if self.equal_twin.mean() >= SHARE_FROM:
            return True
        same = self.same_label
        bads = (self.pairs + self.bad_pairs - self.good_pairs) / (
            2 * self.pairs
        )  # of the rows paired
        lot = bads**2 + (1 - bads) ** 2
        agreed = same is None or lot == 1 or same - lot >= AGREED_FROM * (1 - lot)
        return self.share >= SHARE_FROM and agreed

    def across(self, parts: Values) -> Flags:
        """Return which rows have a twin in another part than their own, shape (n,).

        Parameters
        ----------
        parts : array-like, shape (n,)
            Label of each row: its fold, or which of two samples under each other it comes from.
        """
        refuse(unequal(np.asarray(parts), self.twin, "parts"))
        labels = np.unique(np.asarray(parts), return_inverse=True)[1]
        row = self.graph.row
        counts = np.zeros((len(self.graph.sure), labels.max() + 1), dtype=np.int64)
        np.add.at(counts, (row, labels), 1)
        near = self.graph.beside(counts)[row]
        return np.asarray(near.sum(axis=1) > near[np.arange(len(row)), labels])

    def told(self) -> dict[str, Any]:
        """Return the figures as a card keeps them and `copies_said` reads them."""
        shares = {
            "share": self.share,
            "share_of_goods": self.share_of(False),
            "share_of_bads": self.share_of(True),
            "same_outcome": self.same_label,
        }
        return {
            "fields": self.columns,
            "fields_may_differ": self.differ,
            "pairs": self.pairs,
            "pairs_equal": self.equal_pairs,
            "pairs_by_chance": self.chance_pairs,
            "all_pairs_found": self.whole,
            **{name: round(share, 6) for name, share in shares.items() if share is not None},
            "largest_group": self.largest,
        }

    @property
    def said(self) -> Bilingual:
        """What was found, in words."""
        if self.amounts:
            return copies_said(self.told())
        return Bilingual(
            f"near copies cannot be told: no column has more than {COUNTS_UP_TO} different numbers",
            f"无法识别近似重复:没有取值多于 {COUNTS_UP_TO} 个的数值列",
        )

    def __str__(self) -> str:
        """Return what was found in words, in the language in use."""
        return str(self.said)


def copies_said(told: Mapping[str, Any]) -> Bilingual:
    """Return figures of near copies in words, with what AUC falls to where it was measured."""
    whole = told["all_pairs_found"]
    en = (
        f"{'' if whole else 'at least '}{told['share']:.1%} of the rows agree with another on all but"
        f" {told['fields_may_differ']} of {told['fields']} fields, or more: {told['pairs']:,} pairs,"
        f" {told['pairs_equal']:,} equal, {told['pairs_by_chance']:,} by chance"
    )
    zh = (
        f"{'' if whole else '至少 '}{told['share']:.1%} 的行与另一行至多相差 {told['fields']} 个字段中的"
        f" {told['fields_may_differ']} 个:共 {told['pairs']:,} 对,其中完全相同"
        f" {told['pairs_equal']:,} 对,随机可得 {told['pairs_by_chance']:,} 对"
    )
    if "same_outcome" in told:
        goods, bads = f"{told['share_of_goods']:.1%}", f"{told['share_of_bads']:.1%}"
        en += f"; {goods} of the goods and {bads} of the bads; {told['same_outcome']:.1%} of the pairs have one outcome"
        zh += f";好样本的 {goods}、坏样本的 {bads};{told['same_outcome']:.1%} 的对结果相同"
    if "auc_together" in told:
        apart, together = f"{told['auc_apart']:.4f}", f"{told['auc_together']:.4f}"
        en += f"; AUC out of fold {apart}, with copies kept in one fold {together}"
        zh += f";折外 AUC {apart},近似行同折时 {together}"
    return Bilingual(en, zh)


def near_copies(
    X: Frame,
    y: Values | None = None,
    *,
    differ: int | None = None,
    tolerance: float = 0.05,
    amounts: Sequence[str] | None = None,
    known: int = 3,
    seed: int = 0,
) -> NearCopies:
    """Return which rows agree with another on all but a few fields, equal ones told apart.

    Texts, booleans and counts agree where they are equal, amounts where they differ by at most a share
    of the larger; two missing values agree. Of a pair `known` amounts must agree and say something: be
    there, not be 0, be no common value, and stand in a row with so many different ones. Equal rows need
    all amounts where there are fewer.

    Parameters
    ----------
    X : frame, shape (n, k)
    y : array-like, shape (n,), optional
        1 bad, 0 good.
    differ : int, optional
        Fields that may differ, 0 to k - 1; a quarter of them if None, 4 at most.
    tolerance : float, default 0.05
        From 0 to below 0.5.
    amounts : sequence of str, optional
        Columns of amounts; numbers of more than 100 different values if None.
    known : int, default 3
        1 or more.
    seed : int, default 0
        Of the shuffle that tells how many pairs chance makes.

    Returns
    -------
    NearCopies

    Raises
    ------
    SubjectError
        If lengths differ, a column is absent, an amount is no number, or a setting is out of range.

    Notes
    -----
    Cost: two searches, see `row_twins.twins`; never one over all pairs.

    References
    ----------
    Hernandez and Stolfo (1995), The merge/purge problem for large databases, SIGMOD: sorted
    neighbourhoods. Barz and Denzler (2020), Do we train on test data?, Journal of Imaging 6.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pl.DataFrame({name: rng.lognormal(8, 1, 500) for name in ("loan", "value", "income")})
    >>> found = near_copies(pl.concat([frame, frame.head(100) * 1.01]))
    >>> found.pairs, round(found.share, 3), found.found
    (109, 0.352, True)
    """
    frame = features(X)
    bad = None if y is None else target(y, frame.height) == 1
    return copies_of(frame, bad, differ, tolerance, amounts, known, seed)


def copies_of(
    frame: pl.DataFrame,
    bad: Flags | None,
    differ: int | None = None,
    tolerance: float = 0.05,
    amounts: Sequence[str] | None = None,
    known: int = 3,
    seed: int = 0,
    *,
    sparing: bool = False,
) -> NearCopies:
    """Return the near copies in a frame that `features` has read; see `near_copies`.

    A sparing search does not ask what chance makes where too few rows have a twin to be `found`.
    """
    amounts = amounts_of(frame) if amounts is None else list(amounts)
    differ = min(frame.width // 4, MOST_DIFFER) if differ is None else differ
    _refuse(frame, amounts, differ, tolerance, known)
    first, row = np.unique(frame.hash_rows().to_numpy(), return_index=True, return_inverse=True)[1:]
    least = min(known, max(1, len(amounts)))
    fields = _telling(Fields.read(frame[first], amounts, tolerance), least)
    search = twins(fields, differ=differ, known=known)
    sure = fields.known.sum(axis=0) >= least
    graph = _Graph(row, search.pairs, sure)
    pairs, equal = _pairs(graph, row)
    counts = np.bincount(row, minlength=len(sure))
    twin = (graph.beside(counts) - sure)[row] > 0
    chance = 0
    if pairs and not (sparing and twin.mean() < SHARE_FROM):
        classes = np.zeros(len(row), np.int8) if bad is None else bad.astype(np.int8)
        made = fields.of(row).shuffled(classes, np.random.default_rng(seed))
        if least < known:  # only equal rows are twins
            made, differ = replace(made, near=1e-9), 0
        chance = len(twins(made, differ=differ, known=least).pairs)
    return NearCopies(
        columns=frame.width,
        amounts=tuple(amounts),
        differ=differ if least == known else 0,
        tolerance=tolerance,
        pairs=pairs,
        equal_pairs=equal,
        chance_pairs=chance,
        good_pairs=0 if bad is None else _pairs(graph, row[~bad])[0],
        bad_pairs=0 if bad is None else _pairs(graph, row[bad])[0],
        twin=twin,
        equal_twin=(sure & (counts > 1))[row],
        bad=bad,
        groups=_groups(graph, twin),
        whole=search.whole,
        graph=graph,
    )


def amounts_of(frame: pl.DataFrame) -> list[str]:
    """Return the columns of numbers that are no counts."""
    return [
        column.name
        for column in frame.iter_columns()
        if column.dtype.is_numeric() and column.drop_nulls().n_unique() > COUNTS_UP_TO
    ]


def _refuse(
    frame: pl.DataFrame, amounts: Sequence[str], differ: int, tolerance: float, known: int
) -> None:
    problems = lacking(amounts, frame.columns)
    problems += [
        Problem(tr("an amount is no number", "金额列不是数字"), str(frame[name].dtype), where=name)
        for name in amounts
        if name in frame.columns and not frame[name].dtype.is_numeric()
    ]
    for name, value, fits, range_ in (
        ("differ", differ, 0 <= differ < frame.width, f"0 … {frame.width - 1}"),
        ("tolerance", tolerance, 0 <= tolerance < 0.5, "0 … 0.5"),
        ("known", known, known >= 1, ">= 1"),
    ):
        if not fits:
            what = tr(f"{name} is out of range", f"{name} 超出范围")
            problems.append(Problem(what, str(value), range_, name))
    if not frame.height:
        problems.append(Problem(tr("there are no rows", "没有数据行")))
    refuse(problems, SubjectError)


def _telling(fields: Fields, least: int) -> Fields:
    """Return fields in which common amounts say nothing, nor do those of rows with too few different ones."""
    rows = fields.values.shape[1]
    known = fields.known.copy()
    for place in np.flatnonzero(fields.amount):
        line = pl.Series("value", fields.values[place])
        most = max(_COMMON_ROWS, int(COMMON_FROM * rows))
        common = line.value_counts().filter(pl.col("count") > most)["value"]
        known[place] &= ~line.is_in(common.implode()).to_numpy()
    ordered = np.sort(np.where(known, fields.values, np.nan)[fields.amount], axis=0)
    different = (np.diff(ordered, axis=0) > 0).sum(axis=0) + ~np.isnan(ordered[:1]).all(axis=0)
    return replace(fields, known=known & (different >= least))


def _pairs(graph: _Graph, rows: Numbers) -> tuple[int, int]:
    """Return how many pairs of twins there are among some rows, and how many of them are equal."""
    counts = np.bincount(rows, minlength=len(graph.sure))
    equal = int((counts * (counts - 1) // 2)[graph.sure].sum())
    first, second = graph.links.T
    return equal + int((counts[first] * counts[second]).sum()), equal


def _groups(graph: _Graph, twin: Flags) -> Numbers:
    """Return the number of each row's group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size, own = len(graph.sure), graph.row
    first, second = graph.links.T
    joined = coo_array((np.ones(len(first), np.int8), (first, second)), (size, size))
    group = connected_components(joined, directed=False)[1].astype(np.int64)
    labels = np.where(twin, group[own], size + np.arange(len(own)))
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
