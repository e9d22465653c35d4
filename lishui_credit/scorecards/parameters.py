"""What the parameters of an estimator may be: choices by name, numbers by range; asked for at the fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np

from lishui_credit.errors import Problem
from lishui_credit.language import tr
from lishui_credit.tables.header_words import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The numbers a parameter may be: from `least` to `most`, whole ones only, or none at all."""

    least: float = -inf
    most: float = inf
    above: bool = False  # `least` itself is too small
    whole: bool = False
    optional: bool = False  # None is allowed

    def holds(self, value: object) -> bool:
        """Tell whether a value is one of them; a boolean is no number."""
        if value is None:
            return self.optional
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
            return False
        number = float(value)
        if not isfinite(number) or (self.whole and not number.is_integer()):
            return False
        return (number > self.least if self.above else number >= self.least) and number <= self.most

    def said(self) -> str:
        """Return them in words."""
        kind = tr("a whole number", "整数") if self.whole else tr("a number", "数")
        low = "" if self.least == -inf else f"{'>' if self.above else '>='} {self.least:g}"
        high = "" if self.most == inf else f"<= {self.most:g}"
        none = tr(", or None", ",或 None") if self.optional else ""
        bounds = ", ".join(part for part in (low, high) if part)
        return f"{kind} {bounds}".strip() + none


def wrong_parameters(
    asked: Mapping[str, Any],
    ranges: Mapping[str, Within],
    choices: Mapping[str, Sequence[str]],
) -> list[Problem]:
    """Return what is wrong with parameters, with the nearest choice where a name is mistyped."""
    problems = []
    for name, allowed in choices.items():
        value = asked[name]
        if not (isinstance(value, str) and value in allowed):
            near = did_you_mean([value], allowed) if isinstance(value, str) else ""
            hint = f"{near} ({', '.join(allowed)})" if near else ", ".join(allowed)
            problems.append(
                Problem(tr(f"no such {name}", f"{name} 取值无效"), repr(value), hint, name)
            )
    for name, within in ranges.items():
        if not within.holds(asked[name]):
            what = tr(f"{name} is not {within.said()}", f"{name} 须为{within.said()}")
            problems.append(Problem(what, repr(asked[name]), where=name))
    return problems
