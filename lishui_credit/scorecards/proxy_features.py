"""Proxies (代理特征): features that tell a protected attribute which is itself no input.

A card without sex may still read it from what stands beside it. Each feature, and all of them
together, predict each group of the attribute on rows that the prediction has not seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.folds import split
from lishui_credit.statistics.bootstrap import bootstrap_ranks
from lishui_credit.statistics.logistic import fit_logistic, logit
from lishui_credit.statistics.outcomes import Flags, Floats, Values, ranked, roc_area
from lishui_credit.statistics.refusals import lacking, unequal
from lishui_credit.tables.frames import Frame

Codes = NDArray[np.int64]

PROXY_FROM: Final = 0.6
"""A feature is a proxy where the lower end of the interval of its AUC is at least this."""

TOGETHER: Final = "*"
"""Stands for all features together."""

PROXY, NOT_MEASURED = "proxy", "too few"
MOST_ROWS: Final = 10_000  # more are drawn from: intervals are narrow by then
_BANDS: Final = 10  # of a feature of numbers
_PARTS: Final = 4  # of an attribute of numbers
_FEW_VALUES: Final = 10  # numbers of no more values are codes
_PRIOR_ROWS: Final = 10.0  # imaginary rows of the whole sample's share in each band

SCHEMA: Final = {
    "attribute": pl.String(), "feature": pl.String(), "group": pl.String(), "rows": pl.Int64(),
    "auc": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(), "note": pl.String(),
}  # fmt: skip


class ProxyWarning(UserWarning):
    """A feature tells a protected attribute."""


def proxies(
    X: Frame,
    attributes: Mapping[str, Values],
    *,
    threshold: float = PROXY_FROM,
    folds: int = 5,
    min_rows: int = 50,
    repeats: int = 200,
    seed: int = 0,
    level: float = 0.95,
    groups: Values | None = None,
) -> pl.DataFrame:
    """Return how well each feature, and all together, tell each protected attribute, out of fold.

    Each group of an attribute is told from the rest: every value of texts and codes, every quarter
    of numbers of more than ten values. A feature tells by the share of the group in each of its
    bands (ten of equal rows for numbers) or values, learned on the other folds; all together by a
    logistic regression on these. Of several groups the one told most surely (by the lower end) is given. Attributes are
    measured only.

    Parameters
    ----------
    X : frame, shape (n, k)
        Features, without the attributes.
    attributes : mapping of str to array-like, shape (n,)
        Protected attributes by name; rows without a value are left out.
    threshold : float, default 0.6
        AUC, 0.5 to 1: a feature is a proxy where the lower end of its interval reaches it.
    folds : int, default 5
        At least 2.
    min_rows : int, default 50
        A group, or the rest beside it, of fewer rows is not measured.
    repeats, seed, level
        Of the bootstrap, 20 or more, and of the folds; see `bootstrap_ranks`.
    groups : array-like, shape (n,), optional
        Rows of one group stay in one fold.

    Returns
    -------
    pl.DataFrame
        One row per attribute and feature, the best first in each attribute, ``*`` for all together:
        ``attribute``, ``feature``, ``group``, ``rows``, ``auc`` (0 to 1), ``low``, ``high``,
        ``note`` ("proxy" or null). An attribute without two groups of `min_rows` has one row, with
        the note "too few".

    Raises
    ------
    SubjectError
        If an attribute differs from X in length, is a feature too, or the threshold is no AUC.

    Notes
    -----
    Rows count once each. Above 10,000 rows so many are drawn. Cost: k bincounts and `folds`
    regressions per group. The interval is that of one feature: of many features without relation
    some pass 0.5, hardly the threshold.

    References
    ----------
    Feldman, Friedler, Moeller, Scheidegger and Venkatasubramanian (2015), Certifying and removing
    disparate impact, KDD 21, section 4: predictability of the protected class.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sex = rng.choice(["f", "m"], 2000)
    >>> frame = pl.DataFrame({"job": np.where(sex == "f", "nurse", "smith"), "x": rng.random(2000)})
    >>> proxies(frame, {"sex": sex}).select("feature", "auc", "note").rows()[0]
    ('job', 1.0, 'proxy')
    """
    frame = features(X)
    columns = {name: _values(values) for name, values in attributes.items()}
    problems = [
        Problem(
            tr("lengths differ", "长度不一致"),
            f"X {frame.height}, {name} {len(values)}",
            where=name,
        )
        for name, values in columns.items()
        if len(values) != frame.height
    ]
    problems += [
        Problem(tr("a protected attribute is a feature too", "受保护属性同时为特征"), name)
        for name in columns
        if name in frame.columns
    ]
    problems += [] if groups is None else unequal(frame, groups, "groups")
    if not 0.5 <= threshold <= 1:
        what = tr("the threshold is no AUC from 0.5 to 1", "阈值应为 0.5 到 1 之间的 AUC")
        problems.append(Problem(what, str(threshold), where="threshold"))
    refuse(problems, SubjectError)
    draw = np.random.default_rng(seed)
    picked = np.arange(frame.height)
    if len(picked) > MOST_ROWS:
        picked = np.sort(draw.choice(frame.height, MOST_ROWS, replace=False))
    codes = {name: _codes(frame[name][picked]) for name in frame.columns}
    together = _of(groups, picked)
    rows: list[dict[str, Any]] = []
    for attribute, values in columns.items():
        found: dict[str, dict[str, Any]] = {}
        for group, known, inside in _groups(values[picked], min_rows):
            own = {name: code[known] for name, code in codes.items()}
            for feature, risk in _told(own, inside, folds, seed, _of(together, known)):
                area = bootstrap_ranks(
                    roc_area, ranked(inside.astype(np.float64), risk),
                    repeats=repeats, seed=seed, level=level,
                )  # fmt: skip
                low = 0.0 if area.low is None else area.low
                if feature not in found or low > found[feature]["low"]:
                    found[feature] = {
                        "attribute": attribute, "feature": feature, "group": group,
                        "rows": len(inside), "auc": area.value, "low": low, "high": area.high,
                        "note": PROXY if low >= threshold else None,
                    }  # fmt: skip
        if not found:
            rows.append({"attribute": attribute, "rows": len(picked), "note": NOT_MEASURED})
        rows += sorted(found.values(), key=lambda row: -row["auc"])
    return pl.DataFrame(rows, schema=SCHEMA)


def warn_of(found: pl.DataFrame, stacklevel: int = 4) -> None:
    """Warn once of every proxy that `proxies` found, and of attributes that were not measured."""
    said = []
    for (attribute,), part in found.group_by("attribute", maintain_order=True):
        told = [
            f"{tr('all together', '全部特征') if row['feature'] == TOGETHER else row['feature']}"
            f" ({row['auc']:.3f}, {row['low']:.3f}..{row['high']:.3f})"
            for row in part.filter(note=PROXY).iter_rows(named=True)
        ]
        if told:
            said.append(
                tr(
                    f"features tell '{attribute}', out of fold, AUC: {', '.join(told)}",
                    f"特征可推断“{attribute}”(折外 AUC):{'、'.join(told)}",
                )
            )
        elif part["note"][0] == NOT_MEASURED:
            said.append(
                tr(
                    f"'{attribute}' has too few rows in two groups: proxies were not measured",
                    f"“{attribute}”不足两个够大的组,未检测代理特征",
                )
            )
    if said:
        hint = tr(
            "; the card may treat groups apart: leave the feature out, or say why it stays",
            ";评分卡可能间接区别对待各组:请剔除该特征或说明保留理由",
        )
        warnings.warn("; ".join(said) + hint, ProxyWarning, stacklevel=stacklevel)


def _of(groups: Values | None, rows: Codes) -> Values | None:
    """Return the groups of some rows, where there are groups."""
    return None if groups is None else np.asarray(groups)[rows]


def _values(values: Values) -> pl.Series:
    """Return an attribute as a feature is read: numbers, booleans or text, gaps as nulls."""
    column = values if isinstance(values, pl.Series) else pl.Series(np.asarray(values).tolist())
    return features(pl.DataFrame({"attribute": column})).to_series()


def _codes(column: pl.Series) -> Codes:
    """Return the band or value of each row as a number from 0 on; a gap has its own."""
    if column.dtype.is_numeric() and column.n_unique() > _FEW_VALUES:
        numbers = column.drop_nulls().to_numpy()
        edges = np.unique(np.quantile(numbers, np.arange(1, _BANDS) / _BANDS))
        band = np.searchsorted(edges, column.cast(pl.Float64).fill_null(0).to_numpy(), side="right")
        return np.where(column.is_null().to_numpy(), 0, band + 1).astype(np.int64)
    return column.rank("dense").fill_null(0).cast(pl.Int64).to_numpy()


def _groups(values: pl.Series, min_rows: int) -> Iterator[tuple[str, Codes, Flags]]:
    """Yield each group that is large enough: its label, the rows with a value, who of them is in it."""
    known = np.flatnonzero(values.is_not_null().to_numpy())
    held = values[known]
    if held.dtype.is_numeric() and held.n_unique() > _FEW_VALUES:
        edges = np.unique(np.quantile(held.to_numpy(), np.arange(1, _PARTS) / _PARTS))
        part = np.searchsorted(edges, held.to_numpy(), side="left")
        named = [
            f"{inside.min():g}..{inside.max():g}"
            for inside in (held.filter(part == place).to_numpy() for place in range(len(edges) + 1))
            if len(inside)
        ]
        codes = np.unique(part, return_inverse=True)[1]
    else:
        levels = held.unique().sort()
        named = levels.cast(pl.String).to_list()
        codes = np.searchsorted(np.arange(1, len(levels) + 1), held.rank("dense").to_numpy())
    for place, name in enumerate(named[1:] if len(named) == 2 else named, len(named) == 2):
        inside = codes == place
        if min_rows <= inside.sum() <= len(inside) - min_rows:
            yield name, known, inside


def _told(
    codes: Mapping[str, Codes], inside: Flags, folds: int, seed: int, groups: Values | None
) -> Iterator[tuple[str, Floats]]:
    """Yield each feature, and all together, with the log-odds of the group that unseen rows get."""
    lines = np.empty((len(inside), len(codes)))
    both = np.empty(len(inside))
    for fit, held in split(inside.astype(np.int8), folds=folds, seed=seed, groups=groups):
        share = inside[fit].mean()
        seen = np.empty((len(fit), len(codes)))
        for place, code in enumerate(codes.values()):
            size = int(code.max()) + 1
            rows = np.bincount(code[fit], minlength=size) + _PRIOR_ROWS
            hits = np.bincount(code[fit], weights=inside[fit], minlength=size)
            line = logit((hits + _PRIOR_ROWS * share) / rows)
            seen[:, place], lines[held, place] = line[code[fit]], line[code[held]]
        joint = fit_logistic(-seen, inside[fit], ridge=1.0)
        both[held] = -joint.log_odds(-lines[held])
    for place, name in enumerate(codes):
        yield name, lines[:, place]
    if len(codes) > 1:
        yield TOGETHER, both


def with_proxies(card: Card, X: pl.DataFrame, attributes: Mapping[str, Values]) -> Card:
    """Return a card that keeps what `proxies` finds, AUCs to six digits, and warn of it."""
    found = proxies(X, attributes)
    warn_of(found)
    kept = found.with_columns(pl.col("auc", "low", "high").round(6)).to_dicts()
    return replace(card, metrics={**card.metrics, "proxies": kept})


def named_once(
    names: Sequence[str], columns: Sequence[str], used: Mapping[str, str]
) -> list[Problem]:
    """Return a problem for every attribute that is no column, or that is to be used as well."""
    return lacking(names, columns) + [
        Problem(
            tr(
                "named in proxies_of, so never an input, and in protected, so an input",
                "同时列入 proxies_of(不得入模)与 protected(允许入模)",
            ),
            name,
            tr("name it in one of them", "请只保留其一"),
        )
        for name in names
        if name in used
    ]
