"""Validate scores, PDs or grades against outcomes: one call, every section there is data for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Checked, Floats, Values, checked, labels
from lishui_credit.validation.report.findings import Section, Settings
from lishui_credit.validation.report.validation import Validation
from lishui_credit.validation.sections.calibration import calibration_section
from lishui_credit.validation.sections.discrimination import discrimination_section
from lishui_credit.validation.sections.grades import concentration_section, grades_section
from lishui_credit.validation.sections.groups import groups_section, periods_section
from lishui_credit.validation.sections.stability import stability_section


def _labels(
    name: str, values: Values | None, rows: int, problems: list[Problem], *, whole: bool = False
) -> pl.Series | None:
    if values is None:
        return None
    found = labels(values)
    if len(found) != rows:
        sizes = f"y {rows}, {name} {len(found)}"
        problems.append(Problem(tr("lengths differ", "长度不一致"), sizes, where=name))
    if whole and found.null_count():
        count = tr(f"{found.null_count()} rows", f"{found.null_count()} 行")
        problems.append(Problem(tr("a label is missing", "存在缺失标签"), count, where=name))
    return found


def _gathered(
    y: Values, weights: Values | None, problems: list[Problem], columns: dict[str, Values]
) -> Checked | None:
    try:
        return checked(y, weights=weights, classes=True, **columns)
    except SubjectError as error:
        problems += error.problems
        return None


def validate(
    y: Values,
    *,
    score: Values | None = None,
    pd: Values | None = None,
    model: Any = None,
    features: pl.DataFrame | None = None,
    weights: Values | None = None,
    reference_score: Values | None = None,
    reference: pl.DataFrame | None = None,
    grades: Values | None = None,
    grade_order: Sequence[str] | None = None,
    initial_grades: Values | None = None,
    groups: Mapping[str, Values] | None = None,
    periods: Values | None = None,
    cut_off: float | None = None,
    initial_auc: float | None = None,
    correlation: float | None = None,
    level: float = 0.95,
    bins: int = 10,
    repeats: int = 200,
    seed: int = 0,
    min_rows: int = 50,
    title: str = "",
    synthetic: bool = False,
) -> Validation:
    """Return a validation of scores, PDs or grades against outcomes, every figure cited.

    Give what there is: with scores or PDs, discrimination; with PDs, calibration; with a reference
    sample, stability; with grades, their order (and PDs per grade), concentration, migration; with
    groups and periods, every metric by each. A figure that cannot be computed becomes a line that
    says why.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good.
    score : array_like of shape (n,), optional
        Points, higher is better; ranks subjects where given, else the PD does.
    pd : array_like of shape (n,), optional
        Probability of bad, 0 to 1.
    model : object, optional
        Anything with ``score(features)`` (points) or ``predict_proba(features)`` (second column
        bad); supplies what is not given.
    features : pl.DataFrame, optional
        Current features: for `model`, and for CSI against `reference`.
    weights : array_like of shape (n,), optional
        Row weights of discrimination, Brier, ECE and recalibration; tests of counts (grades,
        Hosmer-Lemeshow, PSI, groups) are of rows.
    reference_score : array_like, optional
        Scores (or PDs, where no score is given) at development, for PSI.
    reference : pl.DataFrame, optional
        Features at development.
    grades : array_like of shape (n,), optional
        Grade labels, none missing.
    grade_order : sequence of str, optional
        Grades best first; sorted by name without it.
    initial_grades : array_like of shape (n,), optional
        The same subjects' grades at the start; missing ones are left out of the migration.
    groups : mapping of str to array_like of shape (n,), optional
        Labels per dimension: ``{"county": ..., "sex": ...}``.
    periods : array_like of shape (n,), optional
        Period labels that sort in time.
    cut_off : float, optional
        Lowest score approved (highest PD approved, where no score is given).
    initial_auc : float, optional
        AUC at development, 0 to 1.
    correlation : float, optional
        Asset correlation for one more test per grade.
    level : float, default 0.95
        Confidence of every interval; tests are read at 1 - level.
    bins : int, default 10
        Bins of calibration and PSI.
    repeats, seed : int, default 200 and 0
        Of every bootstrap.
    min_rows : int, default 50
        Groups with fewer rows get no figure.
    title : str, default ""
        What is validated.
    synthetic : bool, default False
        Whether the data are made up.

    Returns
    -------
    Validation

    Raises
    ------
    SubjectError
        If outcomes are not 0/1 or of one class, scores are missing or NaN (counted), lengths
        differ, or there is nothing to judge: everything at once.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019); and each
    figure's own source, in its line.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = (rng.random(500) < 0.3).astype(int)
    >>> found = validate(y, score=600 - 50 * y + rng.normal(0, 40, 500), synthetic=True)
    >>> round(found.line("auc").value, 2), found.line("auc").standing
    (0.84, 'good')
    """
    problems: list[Problem] = []
    if model is not None and features is not None:
        if score is None and hasattr(model, "score"):
            score = np.asarray(model.score(features), dtype=np.float64)
        if pd is None and hasattr(model, "predict_proba"):
            pd = np.asarray(model.predict_proba(features))[:, 1]
        if reference_score is None and reference is not None and hasattr(model, "score"):
            reference_score = np.asarray(model.score(reference), dtype=np.float64)
    given = {"score": score, "pd": pd}
    columns = {name: values for name, values in given.items() if values is not None}
    good = _gathered(y, weights, problems, columns)
    rows = len(y)
    named = {name: _labels(name, values, rows, problems) for name, values in (groups or {}).items()}
    grade = _labels("grades", grades, rows, problems, whole=True)
    start = _labels("initial_grades", initial_grades, rows, problems)
    period = _labels("periods", periods, rows, problems)
    if features is not None and len(features) != rows:
        sizes = f"y {rows}, features {len(features)}"
        problems.append(Problem(tr("lengths differ", "长度不一致"), sizes, where="features"))
    if not columns and grade is None:
        hint = tr(
            "give score=, pd=, grades= or model= with features=",
            "请给出 score、pd、grades 或 model 与 features",
        )
        problems.append(Problem(tr("there is nothing to validate", "没有可验证的内容"), hint=hint))
    base = None
    if reference_score is not None:
        base = np.asarray(reference_score, dtype=np.float64)
        wrong = int((~np.isfinite(base)).sum())
        if wrong:
            count = tr(f"{wrong} rows", f"{wrong} 行")
            problems.append(
                Problem(
                    tr("a value is missing or infinite", "存在缺失或无穷值"),
                    count,
                    where="reference_score",
                )
            )
    if problems or good is None:
        raise SubjectError(problems)
    settings = Settings(level=level, bins=bins, repeats=repeats, seed=seed, min_rows=min_rows)
    sections = _sections(
        good,
        grade,
        start,
        grade_order,
        named,
        period,
        base,
        features,
        reference,
        cut_off,
        initial_auc,
        correlation,
        settings,
    )
    return Validation(
        title=title,
        synthetic=synthetic,
        subjects=rows,
        bads=int(good.y.sum()),
        settings=settings,
        sections=sections,
        remarks=_remarks(good, settings),
    )


def _remarks(good: Checked, settings: Settings) -> tuple[tuple[str, str], ...]:
    found = [
        (
            f"Intervals and tests at {settings.level:.0%}; bootstrap {settings.repeats} draws, seed"
            f" {settings.seed}. Many tests are read together: at {settings.level:.0%} one in"
            f" {round(1 / (1 - settings.level))} alarms by chance.",
            f"区间与检验水平 {settings.level:.0%};自助法 {settings.repeats} 次,种子 {settings.seed}。"
            f"同时阅读多项检验时,约每 {round(1 / (1 - settings.level))} 项会有一项偶然报警。",
        )
    ]
    bads = int(good.y.sum())
    if min(bads, len(good.y) - bads) < 100:
        found.append(
            (
                f"Only {bads} bads and {len(good.y) - bads} goods: intervals are wide, tests weak.",
                f"仅有坏 {bads}、好 {len(good.y) - bads}:区间宽,检验效力低。",
            )
        )
    if good.weights is not None:
        found.append(
            (
                "Weights enter discrimination, Brier, ECE and recalibration; tests of counts are of rows.",
                "权重用于区分能力、Brier、ECE 与重新校准;计数检验按行进行。",
            )
        )
    return tuple(found)


def _sections(
    good: Checked,
    grade: pl.Series | None,
    start: pl.Series | None,
    order: Sequence[str] | None,
    named: Mapping[str, pl.Series | None],
    period: pl.Series | None,
    base: Floats | None,
    features: pl.DataFrame | None,
    reference: pl.DataFrame | None,
    cut_off: float | None,
    initial_auc: float | None,
    correlation: float | None,
    settings: Settings,
) -> tuple[Section, ...]:
    y, pd, points = good.y, good.columns.get("pd"), good.columns.get("score")
    risk = -points if points is not None else pd
    shown = points if points is not None else pd
    found: list[Section | None] = []
    if risk is not None:
        found.append(discrimination_section(y, risk, points, good.weights, initial_auc, settings))
    if pd is not None:
        found.append(calibration_section(y, pd, good.weights, settings))
    if grade is not None:
        found.append(grades_section(y, pd, grade, order, correlation, settings))
    found.append(stability_section(shown, base, features, reference, grade, start, order, settings))
    if grade is not None:
        found.append(concentration_section(grade, start, order, settings))
    if risk is not None and period is not None:
        found.append(periods_section(y, risk, pd, period, base, shown, settings))
    held = {name: values for name, values in named.items() if values is not None}
    if risk is not None and held:
        line = cut_off if cut_off is None or points is not None else -cut_off
        found.append(groups_section(y, risk, pd, -risk, held, line, settings))
    return tuple(section for section in found if section is not None)
