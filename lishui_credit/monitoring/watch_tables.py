"""Tables of a history, as the page and the dashboard print them: a line per period, what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.monitoring.card_cells import SCORE
from lishui_credit.monitoring.ledger import OUTCOMES, SCORES, Ledger
from lishui_credit.monitoring.months import quarter_before
from lishui_credit.monitoring.period_records import Rules
from lishui_credit.monitoring.verdicts import POPULATION, checks

MEASURES: Final[dict[str, Bilingual]] = {
    "rows": Bilingual("rows", "行数"),
    "psi": Bilingual("PSI of the score", "分数 PSI"),
    "line": Bilingual("line that chance draws", "偶然界线"),
    "beyond": Bilingual("columns beyond their line", "超出界线的列数"),
    "approval": Bilingual("approval rate", "通过率"),
    "expected_bad_rate": Bilingual("expected bad rate", "预期坏账率"),
    "bad_rate": Bilingual("bad rate", "坏账率"),
    "approved_bad_rate": Bilingual("bad rate of the approved", "通过者坏账率"),
    "expected_auc": Bilingual("expected AUC", "预期 AUC"),
    "auc": Bilingual("AUC", "AUC"),
}
"""Figures of a period, in the order they are printed."""


def by_period(ledger: Ledger, rules: Rules) -> pl.DataFrame:
    """Return one row per period, earliest first.

    Returns
    -------
    polars.DataFrame
        ``period``, the columns of `MEASURES`, ``subjects`` (rows, for drawings), ``critical`` (the
        family's line) and ``moved`` of the score, ranges ``expected_*_low`` and ``_high``, ends of
        the AUC's interval, ``known`` outcomes, ``restated`` (times outcomes were told anew),
        ``population`` and ``outcomes`` (true passes, null not judged).
    """
    return pl.DataFrame(
        [_row(ledger, rules, period) for period in ledger.periods], infer_schema_length=None
    )


def alarmed(table: pl.DataFrame) -> list[str]:
    """Return the periods in which a check fails that could be made, from `by_period`."""
    fails = ~(pl.col(POPULATION) & pl.col(OUTCOMES).fill_null(True))
    return table.filter(fails)["period"].to_list()


def _row(ledger: Ledger, rules: Rules, period: str) -> dict[str, Any]:
    scores = ledger.of(period, SCORES)[-1]
    told = ledger.of(period, OUTCOMES)
    known: Mapping[str, Any] = told[-1] if told else {}
    score = next(row for row in scores["stability"] if row["feature"] == SCORE)
    population, outcomes = checks(ledger, rules, [period])
    expected, observed = scores["expected"], known.get("observed", {})
    return {
        "period": period,
        "rows": scores["rows"],
        "subjects": scores["rows"],
        "psi": score["psi"],
        "line": score["line"],
        "critical": score["line"],
        "moved": score["moved"],
        "beyond": len(population.beyond),
        "approval": _share(scores["approved"], scores["rows"]),
        **{
            f"expected_{name}{end}": expected[f"{name}{end}"]
            for name in ("bad_rate", "auc")
            for end in ("", "_low", "_high")
        },
        "bad_rate": observed.get("bad_rate"),
        "approved_bad_rate": _share(known.get("approved_bads"), known.get("approved_known")),
        "auc": observed.get("auc"),
        "auc_low": observed.get("auc_low"),
        "auc_high": observed.get("auc_high"),
        "known": known.get("known", 0),
        "restated": max(0, len(told) - 1),
        POPULATION: population.passes,
        OUTCOMES: outcomes.passes,
    }


def _share(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else part / whole


def since_last_quarter(ledger: Ledger, rules: Rules) -> pl.DataFrame:
    """Return the latest period beside the one a quarter before it.

    Returns
    -------
    polars.DataFrame
        ``what``, ``then``, ``now``, ``change``; of the measures known now. ``then`` and ``change``
        are null where the earlier period is not in the history, or did not have the figure.
    """
    table = by_period(ledger, rules)
    now = table.row(-1, named=True)
    before = table.filter(pl.col("period") == quarter_before(now["period"]))
    then = before.row(0, named=True) if before.height else {}
    return pl.DataFrame(
        [
            {
                "what": str(name),
                "then": _float(then.get(key)),
                "now": _float(now[key]),
                "change": None if then.get(key) is None else float(now[key] - then[key]),
            }
            for key, name in MEASURES.items()
            if now[key] is not None
        ],
        schema={"what": pl.String, "then": pl.Float64, "now": pl.Float64, "change": pl.Float64},
    )


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def vintage_table(ledger: Ledger) -> pl.DataFrame:
    """Return bad rates by quarter of opening, as the periods showed them at rising months on book.

    Returns
    -------
    polars.DataFrame
        ``cohort``, ``period``, ``youngest`` and ``oldest`` (months on book), ``known``, ``bads``,
        ``bad_rate``; empty where no file named a day of opening.
    """
    rows = [
        {"period": period, **row}
        for period in ledger.periods
        for entry in ledger.of(period, OUTCOMES)[-1:]
        for row in entry["vintages"]
    ]
    table = pl.DataFrame(
        rows,
        schema={
            "cohort": pl.String,
            "period": pl.String,
            "youngest": pl.Int64,
            "oldest": pl.Int64,
            "known": pl.Int64,
            "bads": pl.Int64,
        },
    )
    return table.with_columns((pl.col("bads") / pl.col("known")).alias("bad_rate")).sort(
        "cohort", "youngest", "period"
    )
