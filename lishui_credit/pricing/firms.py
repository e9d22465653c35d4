"""Firms as prices take them: grade and default probability, or every problem with them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.pricing.churn import MILLION, RateTable, ungraded
from lishui_credit.pricing.offers import Conditions
from lishui_credit.statistics.refusals import lacking, rows
from lishui_credit.tables.frames import as_polars

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


def checked_firms(
    firms: IntoFrame,
    table: RateTable,
    grade: str,
    pd: str | Mapping[str, int],
    id: str | None,
    rules: Conditions,
) -> pl.DataFrame:
    """Return id, grade and pd_ppm, or every problem at once."""
    firms = as_polars(firms)
    wanted = (id or None, grade, pd if isinstance(pd, str) else None)
    problems = [*rules.problems(), *lacking(wanted, firms.columns)]
    refuse(problems)
    names = firms[grade].cast(pl.String)
    if isinstance(pd, str):
        chance = firms[pd]
    else:
        known = {**dict.fromkeys(rules.excluded, 0), **pd}
        chance = names.replace_strict(known, default=None, return_dtype=pl.Int64)
        if lost := sorted(set(names.drop_nulls()) - known.keys()):
            what = tr("a grade has no default rate", "等级没有违约率")
            problems.append(Problem(what, "、".join(lost), where="pd"))
    problems += _of_grades(names, table, grade, rules)
    problems += _of_chances(chance, complete=not problems)
    refuse(problems)
    kept = pl.DataFrame({"grade": names, "pd_ppm": chance.cast(pl.Int64)})
    return kept if id is None else pl.DataFrame({id: firms[id]}).hstack(kept)


def _of_grades(names: pl.Series, table: RateTable, where: str, rules: Conditions) -> list[Problem]:
    problems = ungraded(names, where)
    strange = sorted(set(names.drop_nulls()) - set(rules.excluded) - table.churn_ppm.keys())
    if strange:
        what = tr("a grade has no churn column", "等级没有流失率列")
        hint = tr("exclude it, or add its column", "请将其排除,或补充流失率列")
        problems.append(Problem(what, "、".join(strange), hint, where))
    return problems


def _of_chances(chance: pl.Series, *, complete: bool) -> list[Problem]:
    """Return what is wrong with probabilities; gaps are told only where grades are complete."""
    if not chance.dtype.is_integer():
        what = tr("default probabilities must be whole millionths", "违约概率须为百万分之一的整数")
        hint = tr("multiply by 1,000,000 and round", "请乘以 1,000,000 并取整")
        return [Problem(what, str(chance.dtype), hint, "pd")]
    wrong = int((~chance.is_between(0, MILLION).fill_null(False)).sum())
    if not wrong or not complete:
        return []
    what = tr(
        "a default probability is missing or outside 0 to 1", "违约概率缺失或不在 0 到 1 之间"
    )
    return [Problem(what, rows(wrong), where="pd")]
