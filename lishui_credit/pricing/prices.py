"""Who gets how much at what rate: lines and rates per firm under one budget, chosen exactly.

A higher rate earns more from those who stay and loses more of them. A firm of default probability
p at rate r, of which the share c leaves, is worth ``(1 - c) ((1 - p) gain(r) - p loss(r))`` a yuan
offered; gain and loss are those of `Terms`. Firms that are alike (same grade, same p) are one kind
and are treated alike. Values are integers, so no float decides who is lent to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import plural, tr
from lishui_credit.pricing.churn import MILLION, RateTable
from lishui_credit.pricing.firms import checked_firms
from lishui_credit.pricing.offers import (
    Award,
    Conditions,
    Kind,
    Offer,
    by_order,
    by_program,
    earns,
    offers_of,
)
from lishui_credit.pricing.terms import Terms

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

_STEP_FEN: Final = 1_000_000  # "a little more budget": 10,000 yuan
_RESULT: Final = {
    "decision": pl.String,
    "rate_bp": pl.Int64,
    "amount_fen": pl.Int64,
    "churn_ppm": pl.Int64,
    "expected_profit_fen": pl.Int64,
}
Method = Literal["auto", "order", "program"]


@dataclass(frozen=True, slots=True)
class Pricing:
    """Lines and rates chosen, one row per firm, and what they are expected to earn.

    Parameters
    ----------
    frame : polars.DataFrame
        In the order given: the id where there is one, ``grade``, ``pd_ppm``, ``decision`` (lend,
        excluded, unprofitable, budget), ``rate_bp``, ``amount_fen``, ``churn_ppm``,
        ``expected_profit_fen``; the last four null for a firm that is not lent to.
    conditions : Conditions
        What the choice was held to.
    next_fen : int or None
        Expected profit that 10,000 yuan more of budget would add; None for a flat policy.
    """

    frame: pl.DataFrame
    conditions: Conditions
    next_fen: int | None = None

    @property
    def profit_fen(self) -> int:
        """Expected profit, the sum over firms."""
        return int(self.frame["expected_profit_fen"].sum())

    @property
    def offered_fen(self) -> int:
        """Sum of lines."""
        return int(self.frame["amount_fen"].sum())

    @property
    def drawn_fen(self) -> int:
        """What is expected to be drawn of the lines, after customers left."""
        return int(self.frame.select(_drawn().sum()).item())

    def by_grade(self) -> pl.DataFrame:
        """Return one row per grade and rate; a row without a rate counts firms not lent to.

        ``grade``, ``rate_bp``, ``firms``, ``amount_fen`` (mean line), ``offered_fen``,
        ``drawn_fen``, ``expected_profit_fen``.
        """
        return (
            self.frame.group_by("grade", "rate_bp")
            .agg(
                pl.len().cast(pl.Int64).alias("firms"),
                (pl.col("amount_fen").sum() // pl.len()).cast(pl.Int64).alias("amount_fen"),
                pl.col("amount_fen").sum().alias("offered_fen"),
                _drawn().sum().alias("drawn_fen"),
                pl.col("expected_profit_fen").sum(),
            )
            .sort("grade", "rate_bp", nulls_last=True)
        )

    def in_words(self) -> str:
        """Return what the budget is worth at its edge, in one sentence.

        The figure is the difference of two exact solutions, not a dual price.
        """
        if not self.next_fen:
            return tr(
                "10,000 yuan more of budget would earn nothing.",
                "预算增加 1 万元不会带来收益。",
            )
        more = f"{self.next_fen / 100:,.0f}"
        return tr(
            f"10,000 yuan more of budget would be expected to earn {more} yuan.",
            f"预算每增加 1 万元,预期多收益 {more} 元。",
        )


def price(
    firms: IntoFrame,
    table: RateTable,
    terms: Terms,
    *,
    grade: str = "grade",
    pd: str | Mapping[str, int] = "pd_ppm",
    id: str | None = None,
    conditions: Conditions | None = None,
    method: Method = "auto",
) -> Pricing:
    """Choose who is lent to, how much and at which of the table's rates: most expected profit.

    Maximises the sum of expected profits over firms, each with no line or one in [smallest,
    largest], the lines within the budget. Where the budget counts offers and a loan has no cost of
    its own, handing out lines from the most valuable kind of firm down is exact; in all other
    cases a mixed integer program is solved (HiGHS).

    Parameters
    ----------
    firms : polars frame, or any frame narwhals accepts
        One row per firm.
    table : RateTable
        Rates and churn; a column for every grade that is not excluded.
    terms : Terms
        Funding, loss given default, cost per loan taken. Its own rate is not read.
    grade : str, default "grade"
        Column of grades: which churn a firm follows, and whether it is excluded.
    pd : str or mapping, default "pd_ppm"
        Column of default probabilities in millionths, or grade to millionths.
    id : str, optional
        Column kept in the result.
    conditions : Conditions, optional
        The contest's by default.
    method : {"auto", "order", "program"}
        For comparison of the two solvers; "order" is refused where it would not be exact.

    Returns
    -------
    Pricing
        Among equally good rates the lowest. Amounts are whole fen. At the edge of the budget firms
        of one kind share what is left of it; where not all can have a line, the first in the file.

    Raises
    ------
    SubjectError
        If columns are missing, grades have no churn, probabilities are missing or outside 0 to
        1,000,000, or the conditions contradict themselves: every problem at once.

    Examples
    --------
    >>> table = RateTable((400, 800), {"A": (0, 600_000), "C": (0, 400_000)})
    >>> made_up = pl.DataFrame({"grade": ["A", "C", "D"], "pd_ppm": [1_000, 30_000, 900_000]})
    >>> terms = Terms(rate_bp=400, funding_bp=0, lgd_bp=10_000)
    >>> price(made_up, table, terms).frame.select("grade", "decision", "rate_bp").rows()
    [('A', 'lend', 400), ('C', 'lend', 800), ('D', 'excluded', None)]
    """
    rules = conditions or Conditions()
    kept = checked_firms(firms, table, grade, pd, id, rules)
    kinds = _kinds(kept, rules)
    choices = [offers_of(kind.grade, kind.pd_ppm, table, terms) for kind in kinds]
    proportional = (
        rules.counted == "offered"
        and not terms.operating_fen
        and rules.largest_fen >= 2 * rules.smallest_fen
    )
    if method == "order" and not proportional:
        raise SubjectError(
            tr("method='order' is not exact here", "此处 method='order'(按序分配)不是精确解"),
            tr(
                "there is a cost per loan, the budget counts what is drawn, or the limits of a line are too close",
                "存在单笔成本、预算按实际提款计,或额度上下限过近",
            ),
            tr("use method='program'", "请使用 method='program'"),
            "method",
        )
    solve = by_order if proportional and method != "program" else by_program
    awards = solve(kinds, choices, rules)
    wider = replace(rules, budget_fen=rules.budget_fen + _STEP_FEN)
    more = _profit(solve(kinds, choices, wider))
    return Pricing(
        _told(kept, kinds, choices, awards, rules),
        rules,
        max(0, more - _profit(awards)),
    )


def flat(
    firms: IntoFrame,
    table: RateTable,
    terms: Terms,
    *,
    grade: str = "grade",
    pd: str | Mapping[str, int] = "pd_ppm",
    id: str | None = None,
    conditions: Conditions | None = None,
    rate_bp: int | None = None,
) -> Pricing:
    """Give every firm that is not excluded the same line at the same rate.

    The line is the largest one the budget allows everyone; the rate is the one of most expected
    profit (the lowest of them), or the one given.

    Parameters
    ----------
    firms, table, terms, grade, pd, id, conditions
        As for `price`.
    rate_bp : int, optional
        One of the table's rates.

    Returns
    -------
    Pricing

    Raises
    ------
    SubjectError
        As for `price`; and if the rate is not one of the table's, or the budget cannot give
        everyone the smallest line.

    Examples
    --------
    >>> table = RateTable((400, 800), {"A": (0, 600_000), "C": (0, 400_000)})
    >>> made_up = pl.DataFrame({"grade": ["A", "C"], "pd_ppm": [1_000, 30_000]})
    >>> same = flat(made_up, table, Terms(rate_bp=400, funding_bp=0, lgd_bp=10_000))
    >>> same.frame["rate_bp"].to_list(), same.frame["amount_fen"].to_list()
    ([800, 800], [100000000, 100000000])
    """
    rules = conditions or Conditions()
    kept = checked_firms(firms, table, grade, pd, id, rules)
    kinds = _kinds(kept, rules)
    choices = [offers_of(kind.grade, kind.pd_ppm, table, terms) for kind in kinds]
    if rate_bp is not None and rate_bp not in table.rates_bp:
        raise SubjectError(
            tr("this rate is not in the table", "利率表中没有该利率"),
            str(rate_bp),
            ", ".join(map(str, table.rates_bp)),
            "rate_bp",
        )
    best: list[Award] = []
    for number, rate in enumerate(table.rates_bp):
        if rate_bp not in (None, rate):
            continue
        offers = [offers[number] for offers in choices]
        shares = [MILLION if rules.counted == "offered" else offer.stay_ppm for offer in offers]
        use = sum(share * kind.firms for share, kind in zip(shares, kinds, strict=True))
        line = min(rules.largest_fen, rules.budget_fen * MILLION // use if use else 0)
        if line < rules.smallest_fen:
            continue
        awards = [
            Award(place, offer, kinds[place].firms, kinds[place].firms * line)
            for place, offer in enumerate(offers)
        ]
        if not best or _profit(awards) > _profit(best):
            best = awards
    if kinds and not best:
        raise SubjectError(
            tr(
                "the budget is too small to give every firm the smallest line",
                "预算不足以给每户最低额度",
            ),
            tr(
                f"{plural(sum(kind.firms for kind in kinds), 'firm')}, {rules.budget_fen} fen",
                f"{sum(kind.firms for kind in kinds)} 户,{rules.budget_fen} 分",
            ),
            where="budget_fen",
        )
    return Pricing(_told(kept, kinds, choices, best, rules), rules)


def curve(
    table: RateTable, terms: Terms, pd: Mapping[str, int], *, amount_fen: int = 100_000_000
) -> pl.DataFrame:
    """Return what every rate is expected to earn from every grade, per line of one amount.

    Parameters
    ----------
    table : RateTable
    terms : Terms
        Its own rate is not read.
    pd : mapping of str to int
        Grade to default probability in millionths; grades to draw.
    amount_fen : int, default 100,000,000
        The line, in fen.

    Returns
    -------
    polars.DataFrame
        ``grade``, ``rate_bp``, ``churn_ppm``, ``expected_profit_fen``, ``best`` (the rate of most
        expected profit of its grade, the lowest of equals).

    Examples
    --------
    >>> table = RateTable((400, 800), {"A": (0, 600_000)})
    >>> curve(table, Terms(rate_bp=400, funding_bp=0), {"A": 0})["expected_profit_fen"].to_list()
    [4000000, 3200000]
    """
    rows = []
    for name, chance in pd.items():
        offers = offers_of(name, chance, table, terms)
        profits = [offer.profit(amount_fen, 1) for offer in offers]
        top = profits.index(max(profits))
        rows += [
            (name, offer.rate_bp, MILLION - offer.stay_ppm, profit, place == top)
            for place, (offer, profit) in enumerate(zip(offers, profits, strict=True))
        ]
    return pl.DataFrame(
        rows,
        schema={
            "grade": pl.String,
            "rate_bp": pl.Int64,
            "churn_ppm": pl.Int64,
            "expected_profit_fen": pl.Int64,
            "best": pl.Boolean,
        },
        orient="row",
    )


def _drawn() -> pl.Expr:
    return pl.col("amount_fen") * (MILLION - pl.col("churn_ppm")) // MILLION


def _profit(awards: Sequence[Award]) -> int:
    return sum(award.profit_fen for award in awards)


def _kinds(kept: pl.DataFrame, rules: Conditions) -> list[Kind]:
    asked = kept.filter(~pl.col("grade").is_in(list(rules.excluded)))
    counted = asked.group_by("grade", "pd_ppm", maintain_order=True).agg(pl.len())
    return [Kind(*row) for row in counted.iter_rows()]


def _told(
    kept: pl.DataFrame,
    kinds: Sequence[Kind],
    choices: Sequence[Sequence[Offer]],
    awards: Sequence[Award],
    rules: Conditions,
) -> pl.DataFrame:
    """Return one row per firm with what it gets, or why it gets nothing."""
    queues: dict[tuple[str, int], list[tuple[Offer, int]]] = {}
    for award in awards:
        kind = kinds[award.kind]
        each, rest = divmod(award.total_fen, award.firms)
        queue = queues.setdefault((kind.grade, kind.pd_ppm), [])
        queue += [(award.offer, each + (number < rest)) for number in range(award.firms)]
    paying = {
        (kind.grade, kind.pd_ppm): earns(offers, rules)
        for kind, offers in zip(kinds, choices, strict=True)
    }
    taken: dict[tuple[str, int], int] = {}
    rows: list[tuple[str, int | None, int | None, int | None, int | None]] = []
    for name, chance in kept.select("grade", "pd_ppm").iter_rows():
        key = (name, chance)
        number = taken.get(key, 0)
        taken[key] = number + 1
        if name in rules.excluded:
            rows.append(("excluded", None, None, None, None))
        elif number < len(queues.get(key, ())):
            offer, amount = queues[key][number]
            away = MILLION - offer.stay_ppm
            rows.append(("lend", offer.rate_bp, amount, away, offer.profit(amount, 1)))
        else:
            rows.append(("budget" if paying[key] else "unprofitable", None, None, None, None))
    return kept.hstack(pl.DataFrame(rows, schema=_RESULT, orient="row"))
