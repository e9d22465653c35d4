"""The few published rules no table can hold, each a named and cited function.

A formula takes the namespace of an engine, its parameters and the day of grading, and returns an
integer expression: points in the edition's unit, or fen for amounts of money. `FORMULAS` maps the
names edition files use. Source of all: 湖南省农村信用社 农户信用等级测评计分及额度授信测算表.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Protocol

from lishui_credit.expressions import E, Namespace, first_of, of_polars
from lishui_credit.points import rounded
from lishui_credit.rubrics.law.rubric import Factor


def day_number(ns: Namespace[E], name: str) -> E:
    """Return a date column as a count of days, the same in every engine."""
    # Engines disagree on what subtracting two dates gives; year, month and day they share: civil
    # calendar arithmetic on years counted from March.
    if of_polars(ns):  # polars holds a date as a count of days: casting it is fifty times quicker
        return ns.col(name).cast(ns.Int32).cast(ns.Int64) + day_count(date(1970, 1, 1))
    days: Callable[[str], E] | None = getattr(ns, "days", None)
    if days is not None:  # the recorder: every dialect has its own way
        return days(name) + day_count(date(1970, 1, 1))
    cell = ns.col(name).dt
    month = cell.month().cast(ns.Int64)
    early = ns.when(month <= 2).then(_whole(ns, 1)).otherwise(_whole(ns, 0))
    year = cell.year().cast(ns.Int64) - early
    shifted = month + early * 12 - 3
    return (
        year * 365
        + year // 4
        - year // 100
        + year // 400
        + (shifted * 153 + 2) // 5
        + cell.day().cast(ns.Int64)
    )


def day_count(day: date) -> int:
    """Return the number `day_number` gives for one date."""
    early = 1 if day.month <= 2 else 0
    year, shifted = day.year - early, day.month + 12 * early - 3
    return year * 365 + year // 4 - year // 100 + year // 400 + (shifted * 153 + 2) // 5 + day.day


def _whole(ns: Namespace[E], value: int | None) -> E:
    return ns.lit(value, dtype=ns.Int64)


def _ladder(ns: Namespace[E], value: E, steps: list[tuple[int, int]], otherwise: int) -> E:
    """Return the result of the first step whose upper end `value` does not pass."""
    cases = [(value <= upper, _whole(ns, result)) for upper, result in steps]
    return first_of(ns, cases, _whole(ns, otherwise))


def _named(ns: Namespace[E], cell: E, results: Mapping[str, int], otherwise: int) -> E:
    """Return the result of the level a cell holds."""
    cases = [(cell == ns.lit(name), _whole(ns, result)) for name, result in results.items()]
    return first_of(ns, cases, _whole(ns, otherwise))


def hunan_default_record(
    ns: Namespace[E], params: Mapping[str, Factor], point_unit: int, as_of: date
) -> E:
    """Return the points of the performance row, Int32, less what a default costs (sheet items 8, 8a)."""
    # normal 10, no business 5; a default at most 15 days late 8, any other
    # -6 * item * lateness * recency * measure to one decimal, half away from zero. Lateness runs from
    # the default to its settlement, or to the day of grading (评级日) while it is open. Null where an
    # input needed is missing; `point_unit` is a multiple of 10.
    status, item, measure = (
        ns.col(name) for name in ("performance_record", "default_item", "default_measure")
    )
    open_default = ns.col("repaid_on").is_null()
    end = ns.when(open_default).then(_whole(ns, day_count(as_of)))
    late = end.otherwise(day_number(ns, "repaid_on")) - day_number(ns, "defaulted_on")
    lateness = _ladder(ns, late, [(30, 0), (90, 1), (180, 2), (360, 3), (720, 4)], 8)
    years = _whole(ns, as_of.year) - ns.col("repaid_on").dt.year().cast(ns.Int64)
    recency = (
        ns.when(open_default)
        .then(_whole(ns, 110))
        .otherwise(_ladder(ns, years, [(0, 110), (1, 75), (2, 50), (3, 25)], 0))
    )
    factor = _named(ns, item, {"interest": 5, "principal_and_interest": 13}, 10)
    force = _named(ns, measure, {"administrative": 2, "judicial": 3}, 1)
    # item in tenths, recency in hundredths: thousandths of a point, rounded to tenths.
    tenths = rounded(ns, lateness * recency * factor * force * (-6), 100)
    unknown = item.is_null() | measure.is_null() | late.is_null()
    return first_of(
        ns,
        [
            (status.is_null(), _whole(ns, None)),
            (status == ns.lit("normal"), _whole(ns, 10 * point_unit)),
            (status == ns.lit("no_business"), _whole(ns, 5 * point_unit)),
            (unknown, _whole(ns, None)),
            (late <= 15, _whole(ns, 8 * point_unit)),
        ],
        tenths * (point_unit // 10),
    ).cast(ns.Int32)


def _by_grade(ns: Namespace[E], factors: Factor, scale: int) -> E:
    """Return a factor of the grade that counts: the adjusted one where there is one."""
    assert isinstance(factors, Mapping)
    grade = ns.col("_grade_in_use")
    cases = [
        (grade == ns.lit(name), _whole(ns, int(Fraction(factor) * scale)))
        for name, factor in factors.items()
    ]
    return first_of(ns, cases, _whole(ns, None))


def _money(ns: Namespace[E], name: str) -> E:
    return ns.col(name).cast(ns.Int64)


def hunan_credit_line(
    ns: Namespace[E], params: Mapping[str, Factor], point_unit: int, as_of: date
) -> E:
    """Return the largest credit line (最高授信额度) in fen; debts above assets earn none."""
    # (assets + net + disposable)/3*v1 + (income + 1.5*base)/3*v2, in 万元 to one decimal, half away
    # from zero; v1 and v2 are factors by grade, of at most one decimal.
    v1, v2 = _by_grade(ns, params["v1"], 10), _by_grade(ns, params["v2"], 10)
    assets = _money(ns, "total_assets") + _money(ns, "net_assets") + _money(ns, "disposable_assets")
    income = _money(ns, "net_income") * 2 + _money(ns, "base_net_income") * 3
    # both terms over 60 fen: /3/10 = 2/60 and /2/3/10 = 1/60
    return _not_below_nothing(
        ns, rounded(ns, assets * v1 * 2 + income * v2, 60 * 100_000) * 100_000
    )


def hunan_microcredit_line(
    ns: Namespace[E], params: Mapping[str, Factor], point_unit: int, as_of: date
) -> E:
    """Return the microcredit line (小额信用贷款额度) in fen; 0 for a grade whose factors are 0."""
    # (net + disposable)/2*v1*0.05 + (income + 1.5*base)/3*v2*0.4 + shares*k + labour*0.1, in 万元 to
    # two decimals, half away from zero; k is 0.3 in the live formula and 0.2 in the printed text.
    v1, v2 = _by_grade(ns, params["v1"], 10), _by_grade(ns, params["v2"], 10)
    weight = params["share_weight"]
    assert not isinstance(weight, Mapping)
    k = int(Fraction(weight) * 10)
    # every term over 1200 fen: /2*0.05/10 = 3/1200; /3/2*0.4/10 = 8/1200; k/10 = 120/1200
    top = (
        (_money(ns, "net_assets") + _money(ns, "disposable_assets")) * v1 * 3
        + (_money(ns, "net_income") * 2 + _money(ns, "base_net_income") * 3) * v2 * 8
        + _money(ns, "coop_shares") * (k * 120)
        + _money(ns, "labourers") * (100_000 * 1200)
    )
    line = rounded(ns, top, 1200 * 10_000) * 10_000
    # 四级 has no credit: the sheet gives zero whatever shares and labour would add.
    no_credit = (v1 == _whole(ns, 0)) & (v2 == _whole(ns, 0))
    return ns.when(no_credit).then(_whole(ns, 0)).otherwise(_not_below_nothing(ns, line))


def _not_below_nothing(ns: Namespace[E], line: E) -> E:
    """Return a line, or nothing where the formula falls below it."""
    return ns.when(line < 0).then(_whole(ns, 0)).otherwise(line)


class Build(Protocol):
    """The function of a formula."""

    def __call__(
        self, ns: Namespace[E], params: Mapping[str, Factor], point_unit: int, as_of: date
    ) -> E:
        """Return the expression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula, the columns it reads (the first must not be missing) and its parameters."""

    function: Build
    columns: tuple[str, ...]
    params: tuple[str, ...] = ()


FORMULAS: Final[dict[str, Formula]] = {
    "hunan_default_record": Formula(
        function=hunan_default_record,
        columns=(
            "performance_record",
            "default_item",
            "defaulted_on",
            "repaid_on",
            "default_measure",
        ),
    ),
    "hunan_credit_line": Formula(
        function=hunan_credit_line,
        columns=(
            "total_assets",
            "net_assets",
            "disposable_assets",
            "net_income",
            "base_net_income",
        ),
        params=("v1", "v2"),
    ),
    "hunan_microcredit_line": Formula(
        function=hunan_microcredit_line,
        columns=(
            "net_assets",
            "disposable_assets",
            "net_income",
            "base_net_income",
            "coop_shares",
            "labourers",
        ),
        params=("v1", "v2", "share_weight"),
    ),
}
"""Every formula an edition file may name."""
