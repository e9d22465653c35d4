"""What is asked of a binning, checked before it starts: policies, sizes, codes, bins set by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from numbers import Real
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.scorecards.bins.characteristic import CHOICES
from lishui_credit.scorecards.bins.constraints import DIRECTIONS
from lishui_credit.scorecards.parameters import Within, wrong_parameters
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.header_words import did_you_mean

_CODES: Final = 2**53  # whole numbers up to it are exact as doubles
_RANGES: Final = {
    "max_bins": Within(least=1, whole=True),
    "prebins": Within(least=2, whole=True),
    "min_share": Within(least=0, most=1),
    "min_bads": Within(least=0),
    "min_goods": Within(least=0),
    "min_woe_gap": Within(least=0),
    "max_p_value": Within(least=0, most=1, optional=True),
    "turn_p": Within(least=0, most=1),
    "rare_levels": Within(least=0, whole=True),
    "smoothing": Within(least=0),
    "n_jobs": Within(least=1, whole=True, optional=True),
}
_SHOWN: Final = 3


def refuse_settings(asked: Mapping[str, Any], frame: pl.DataFrame) -> None:
    """Refuse settings that are out of range or do not suit the columns of a frame, all at once."""
    named: dict[str, Iterable[str]] = {
        "monotonic": asked["monotonic"] or (),
        "categorical": asked["categorical"] or (),
        "special_codes": set(asked["special_codes"] or ()) - {"*"},
        "splits": asked["splits"] or (),
        "locked": asked["locked"] or (),
    }
    problems = [
        problem
        for setting, names in named.items()
        for problem in lacking(names, frame.columns, setting)
    ]
    problems += _wrong_settings(asked, frame)
    problems += [
        Problem(
            tr(f"no such direction for {name}", f"{name} 的方向无效"),
            str(wanted),
            did_you_mean([str(wanted)], DIRECTIONS) or ", ".join(DIRECTIONS),
        )
        for name, wanted in (asked["monotonic"] or {}).items()
        if wanted not in DIRECTIONS
    ]
    refuse(problems)


def refuse_thin(
    totals: tuple[float, float], counted: tuple[float, float], least: tuple[float, float]
) -> None:
    """Refuse weights that a few rows carry alone: no bin would hold the least goods and bads asked for.

    Each pair is of goods and of bads: their weight, their rows, what a bin needs.
    """
    goods, bads = totals
    if (goods < least[0] <= counted[0]) or (bads < least[1] <= counted[1]):
        raise SubjectError(
            tr(
                "a few rows carry nearly all the weight: together they count for fewer rows than "
                "one bin must hold",
                "权重集中于少数行:折算的有效行数低于一个分箱的最低要求",
            ),
            tr(
                f"goods {goods:g} (a bin needs {least[0]:g}), bads {bads:g} ({least[1]:g})",
                f"好样本合计 {goods:g}(每箱至少 {least[0]:g}),坏样本 {bads:g}({least[1]:g})",
            ),
            tr(
                "cap the largest weights, or lower min_goods and min_bads",
                "请限制最大权重,或降低 min_goods、min_bads",
            ),
            "sample_weight",
        )


def _wrong_settings(asked: Mapping[str, Any], frame: pl.DataFrame) -> list[Problem]:
    """Return what is wrong with the values of settings."""
    problems = wrong_parameters(asked, _RANGES, {**CHOICES, "direction": DIRECTIONS})
    categories = set(asked["categorical"] or ())
    for name in frame.columns:
        number = frame[name].dtype.is_numeric()
        if number and name in categories:
            problems += no_codes(frame[name])
        splits = (asked["splits"] or {}).get(name)
        if splits is not None:
            counted = number and name not in categories
            problems += _no_cuts(name, splits) if counted else _no_groups(name, splits)
        problems += _no_cuts(name, (asked["locked"] or {}).get(name, ()), "locked")
    return problems


def groups_of(splits: Iterable[Any]) -> list[list[str]]:
    """Return groups of categories as texts: a boolean as polars writes it, 1.0 as 1.

    >>> groups_of([[True], ["false", 2.0, np.int64(3)]])
    [['true'], ['false', '2', '3']]
    """
    return [[_category(value) for value in part] for part in splits]


def _category(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Real) and float(value).is_integer():
        return str(int(float(value)))
    return str(value)


def no_codes(column: pl.Series) -> list[Problem]:
    """Return what keeps a column of numbers from being codes of categories."""
    number = column.cast(pl.Float64)
    fractions = number.filter((number != number.round()) | (number.abs() > _CODES))
    if not len(fractions):
        return []
    listed = ", ".join(str(value) for value in fractions.unique().sort().head(_SHOWN))
    return [
        Problem(
            tr(
                "categories that are numbers must be whole and below 2 to the 53rd power",
                "以数字表示的类别须为整数,且小于 2 的 53 次方",
            ),
            listed,
            tr(
                "turn the column into text, or leave it out of categorical",
                "请将该列转为文本,或从 categorical 中去掉",
            ),
            column.name,
        )
    ]


def _no_cuts(name: str, splits: Any, setting: str = "splits") -> list[Problem]:
    """Return what is wrong with cut points of a number."""
    values = list(splits) if isinstance(splits, Iterable) and not _text(splits) else [splits]
    wrong = [
        value
        for value in values
        if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value)
    ]
    if not wrong:
        return []
    what = tr(f"{setting}: cut points of a number are numbers", f"{setting}:数值特征的分箱点须为数")
    hint = f"{setting}={{{name!r}: [10, 20]}}"
    return [Problem(what, ", ".join(map(repr, wrong[:_SHOWN])), hint, name)]


def _no_groups(name: str, splits: Any) -> list[Problem]:
    """Return what is wrong with groups of categories."""
    shaped = isinstance(splits, Sequence | np.ndarray) and not _text(splits)
    groups = list(splits) if shaped else [splits]
    wrong = [
        part
        for part in groups
        if _text(part) or not isinstance(part, Sequence | set | frozenset | np.ndarray)
    ]
    if not wrong:
        return []
    return [
        Problem(
            tr(
                "splits: bins of categories are groups of categories",
                "splits:类别特征须给出取值的分组",
            ),
            ", ".join(map(repr, wrong[:_SHOWN])),
            f"splits={{{name!r}: [['a', 'b'], ['c']]}}",
            name,
        )
    ]


def _text(value: object) -> bool:
    return isinstance(value, str | bytes)
