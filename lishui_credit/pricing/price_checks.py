"""What a pricing refuses: conditions that contradict each other, firms that cannot be priced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.pricing.churn import MILLION, RateTable
from lishui_credit.pricing.offers import Conditions
from lishui_credit.tables.frames import absent, as_polars


def checked_firms(
    firms: Any,
    table: RateTable,
    grade: str,
    pd: str | Mapping[str, int],
    id: str | None,
    rules: Conditions,
) -> pl.DataFrame:
    """Return id, grade and pd_ppm, or every problem at once."""
    problems = [*_contradictions(rules)]
    firms = as_polars(firms)
    wanted = [name for name in (id, grade, pd if isinstance(pd, str) else None) if name]
    problems += [absent(name, firms.columns) for name in wanted if name not in firms.columns]
    if problems:
        raise SubjectError(problems)
    names = firms[grade].cast(pl.String)
    if isinstance(pd, str):
        chance = firms[pd]
    else:
        known = {**dict.fromkeys(rules.excluded, 0), **pd}
        chance = names.replace_strict(known, default=None, return_dtype=pl.Int64)
        lost = sorted(set(names.drop_nulls()) - known.keys())
        if lost:
            problems.append(
                Problem(
                    tr("a grade has no default rate", "等级没有违约率"), "、".join(lost), "", "pd"
                )
            )
    problems += _of_grades(names, table, rules, grade)
    problems += _of_chances(chance, counted=not problems)
    if problems:
        raise SubjectError(problems)
    kept = pl.DataFrame({"grade": names, "pd_ppm": chance.cast(pl.Int64)})
    return kept if id is None else pl.DataFrame({id: firms[id]}).hstack(kept)


def _of_grades(names: pl.Series, table: RateTable, rules: Conditions, grade: str) -> list[Problem]:
    """Return what is wrong with the grades of firms."""
    problems = []
    if names.null_count():
        found = tr(f"{names.null_count()} rows", f"{names.null_count()} 行")
        problems.append(Problem(tr("a grade is missing", "存在缺失的等级"), found, where=grade))
    strange = sorted(set(names.drop_nulls()) - set(rules.excluded) - table.churn_ppm.keys())
    if strange:
        problems.append(
            Problem(
                tr("a grade has no churn column", "等级没有流失率列"),
                "、".join(strange),
                tr("exclude it, or add its column", "请将其排除,或补充流失率列"),
                grade,
            )
        )
    return problems


def _of_chances(chance: pl.Series, *, counted: bool) -> list[Problem]:
    """Return what is wrong with default probabilities; wrong cells are told where nothing else is."""
    problems = []
    if not chance.dtype.is_integer():
        problems.append(
            Problem(
                tr(
                    "default probabilities must be whole millionths", "违约概率须为百万分之一的整数"
                ),
                str(chance.dtype),
                tr("multiply by 1,000,000 and round", "请乘以 1,000,000 并取整"),
                "pd",
            )
        )
    elif wrong := int((~chance.is_between(0, MILLION).fill_null(False)).sum()) * counted:
        problems.append(
            Problem(
                tr(
                    "a default probability is missing or outside 0 to 1",
                    "违约概率缺失或不在 0 到 1 之间",
                ),
                tr(f"{wrong} rows", f"{wrong} 行"),
                where="pd",
            )
        )
    return problems


def _contradictions(rules: Conditions) -> list[Problem]:
    """Return what conditions cannot mean."""
    problems = []
    if not 0 < rules.smallest_fen <= rules.largest_fen:
        problems.append(
            Problem(
                tr(
                    "lines must be positive, the smallest not above the largest",
                    "额度须为正且下限不超过上限",
                ),
                f"{rules.smallest_fen}, {rules.largest_fen}",
                where="smallest_fen, largest_fen",
            )
        )
    if rules.budget_fen < 0:
        problems.append(
            Problem(
                tr("the budget is negative", "预算为负"), str(rules.budget_fen), "", "budget_fen"
            )
        )
    if rules.counted not in ("offered", "drawn"):
        problems.append(
            Problem(
                tr("the budget counts 'offered' or 'drawn'", "预算口径只能是 offered 或 drawn"),
                str(rules.counted),
                where="counted",
            )
        )
    return problems
