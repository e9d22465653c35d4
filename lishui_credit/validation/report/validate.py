"""Validate scores, PDs or grades against outcomes: one call, every section there is data for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.statistics.outcomes import Checked, Floats, Values, checked, labels
from lishui_credit.validation.report.outline import Given, Records, laid_out
from lishui_credit.validation.report.particulars import Particulars
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validation import Validation
from lishui_credit.validation.sections.calibration import CALIBRATION
from lishui_credit.validation.sections.concentration import CONCENTRATION
from lishui_credit.validation.sections.discrimination import DISCRIMINATION
from lishui_credit.validation.sections.grades import GRADES
from lishui_credit.validation.sections.groups import GROUPS
from lishui_credit.validation.sections.periods import PERIODS
from lishui_credit.validation.sections.records import RECORDS
from lishui_credit.validation.sections.stability import STABILITY
from lishui_credit.validation.written_scores import as_written

OUTLINES: Final = (
    DISCRIMINATION,
    CALIBRATION,
    GRADES,
    STABILITY,
    CONCENTRATION,
    PERIODS,
    GROUPS,
    RECORDS,
)
"""The sections of a report, in its order."""
FEW_OF_A_CLASS: Final = 100
"""Bads or goods below which a report warns that intervals are wide."""


def validate(
    y: Values,
    *,
    score: Values | None = None,
    pd: Values | None = None,
    model: object = None,
    features: pl.DataFrame | None = None,
    weights: Values | None = None,
    reference_score: Values | None = None,
    reference: pl.DataFrame | None = None,
    grades: Values | None = None,
    grade_order: Sequence[str] | None = None,
    initial_grades: Values | None = None,
    groups: Mapping[str, Values] | None = None,
    proxies_of: Mapping[str, Values] | None = None,
    periods: Values | None = None,
    records: Records | None = None,
    settings: ValidationSettings | None = None,
    title: str = "",
    synthetic: bool = False,
    particulars: Particulars | None = None,
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
        Labels per dimension: ``{"county": ..., "sex": ...}``; of columns crossed, see `crossed`.
    proxies_of : mapping of str to array_like of shape (n,), optional
        Protected attributes; which of `features` tell them is measured, see `scorecards.proxy_features`.
    periods : array_like of shape (n,), optional
        Period labels that sort in time.
    records : Records, optional
        Rows as they came, in which near copies and recording artefacts are looked for; `features` and
        `reference` if None.
    settings : ValidationSettings, optional
        Confidence, bins, draws, smallest group, cut-off, AUC at development; the usual ones if
        None.
    title : str, default ""
        What is validated.
    synthetic : bool, default False
        Whether the data are made up.
    particulars : Particulars, optional
        Day, card, file and owner, which the report carries; the day is today's if None. A model that
        knows its sample (a `Card`, a `Scorecard`) says by itself whether `features` are that sample.

    Returns
    -------
    Validation
        On the sample the model was fitted on it says so first, judges nothing to be good, and does not
        test the fall of AUC.

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
    if model is not None and features is not None:
        score = _told_by(model, "score", features) if score is None else score
        pd = _told_by(model, "predict_proba", features) if pd is None else pd
        if reference_score is None and reference is not None:
            reference_score = _told_by(model, "score", reference)
    about = particulars or Particulars(made_on=date.today())
    if not about.seen and features is not None and _saw(model, features, y):
        about = replace(about, seen=True)
    problems: list[Problem] = []
    measured = {"score": None if score is None else as_written(score), "pd": pd}
    columns = {name: values for name, values in measured.items() if values is not None}
    good, rows = _gathered(y, weights, problems, columns), len(y)
    named = _labelled(groups or {}, rows, problems)
    alone = {"grades": grades, "initial_grades": initial_grades, "periods": periods}
    marks = _labelled(alone, rows, problems, whole="grades")
    problems += _wrong_features(features, proxies_of or {}, rows)
    if not columns and grades is None:
        problems.append(_nothing())
    base = _finite("reference_score", reference_score, problems)
    if problems or good is None:
        raise SubjectError(problems)
    given = Given(
        y=good.y,
        weights=good.weights,
        score=good.columns.get("score"),
        pd=good.columns.get("pd"),
        reference_score=base,
        features=features,
        reference=reference,
        grade_order=grade_order,
        groups=named,
        proxies_of=proxies_of or {},
        settings=settings or ValidationSettings(),
        records=_as_came(records, features, reference),
        seen=about.seen,
        **{name: marks.get(name) for name in alone},
    )
    return _validation(given, title, synthetic, about)


def _as_came(
    records: Records | None, features: pl.DataFrame | None, reference: pl.DataFrame | None
) -> Records | None:
    """Return the records to look into: those given, else the features."""
    if records is not None or features is None:
        return records
    return Records(inputs=features, training=reference)


def _wrong_features(
    features: pl.DataFrame | None, proxies_of: Mapping[str, Values], rows: int
) -> list[Problem]:
    """Return what is wrong with features, and with attributes that are to be told from them."""
    columns = dict(proxies_of) if features is None else {"features": features, **proxies_of}
    problems = [_unequal(name, rows, len(of)) for name, of in columns.items() if len(of) != rows]
    if proxies_of and features is None:
        what = tr("proxies_of needs features", "proxies_of 须同时给出 features")
        problems.append(Problem(what, ", ".join(proxies_of), where="proxies_of"))
    return problems


def _validation(given: Given, title: str, synthetic: bool, about: Particulars) -> Validation:
    sections = (laid_out(outline, given) for outline in OUTLINES)
    return Validation(
        title=title,
        synthetic=synthetic,
        subjects=len(given.y),
        bads=int(given.y.sum()),
        settings=given.settings,
        sections=tuple(section for section in sections if section is not None),
        remarks=_remarks(given),
        particulars=about,
    )


def _nothing() -> Problem:
    return Problem(
        tr("there is nothing to validate", "没有可验证的内容"),
        hint=tr(
            "give score=, pd=, grades= or model= with features=",
            "请给出 score、pd、grades 或 model 与 features",
        ),
    )


def _saw(model: object, features: pl.DataFrame, y: Values) -> bool:
    """Tell whether a model says that it was fitted on just these rows."""
    saw = getattr(model, "saw", None)
    return saw is not None and bool(saw(features, y))


def _told_by(model: object, verb: str, features: pl.DataFrame) -> Values | None:
    """Return what a model says of features, a PD from the second column; None without the verb."""
    told = getattr(model, verb, None)
    if told is None:
        return None
    found = np.asarray(told(features))
    return found[:, 1] if verb == "predict_proba" else found.astype(np.float64)


def _gathered(
    y: Values, weights: Values | None, problems: list[Problem], columns: dict[str, Values]
) -> Checked | None:
    try:
        return checked(y, weights=weights, classes=True, **columns)
    except SubjectError as error:
        problems += error.problems
        return None


def _labelled(
    given: Mapping[str, Values | None], rows: int, problems: list[Problem], whole: str = ""
) -> dict[str, pl.Series]:
    """Return the columns of labels that were given; of the `whole` one no label may be missing."""
    found = {name: labels(values) for name, values in given.items() if values is not None}
    for name, column in found.items():
        if len(column) != rows:
            problems.append(_unequal(name, rows, len(column)))
        if name == whole and column.null_count():
            count = tr(f"{column.null_count()} rows", f"{column.null_count()} 行")
            problems.append(Problem(tr("a label is missing", "存在缺失标签"), count, where=name))
    return found


def _unequal(name: str, rows: int, found: int) -> Problem:
    return Problem(tr("lengths differ", "长度不一致"), f"y {rows}, {name} {found}", where=name)


def _finite(name: str, values: Values | None, problems: list[Problem]) -> Floats | None:
    if values is None:
        return None
    found = np.asarray(values, dtype=np.float64)
    wrong = int((~np.isfinite(found)).sum())
    if wrong:
        count = tr(f"{wrong} rows", f"{wrong} 行")
        what = tr("a value is missing or infinite", "存在缺失或无穷值")
        problems.append(Problem(what, count, where=name))
    return found


def _remarks(given: Given) -> tuple[Bilingual, ...]:
    chosen = given.settings
    level, one_in = f"{chosen.level:.0%}", round(1 / (1 - chosen.level))
    found = [
        Bilingual(
            f"Intervals and tests are at {level}; the bootstrap has {chosen.repeats} draws, seed"
            f" {chosen.seed}. Even if nothing is wrong, about one test in {one_in} alarms by chance.",
            f"区间与检验水平 {level};自助法 {chosen.repeats} 次,种子 {chosen.seed}。"
            f"即使一切正常,约每 {one_in} 项检验也会有一项偶然报警。",
        )
    ]
    bads = int(given.y.sum())
    goods = len(given.y) - bads
    if min(bads, goods) < FEW_OF_A_CLASS:
        found.append(
            Bilingual(
                f"Only {bads} bads and {goods} goods: intervals are wide and tests have little power.",
                f"仅有坏 {bads}、好 {goods}:区间宽,检验效力低。",
            )
        )
    if given.weights is not None:
        found.append(
            Bilingual(
                "Weights are used in discrimination, Brier score, ECE and recalibration; tests of counts"
                " use unweighted rows.",
                "权重用于区分能力、Brier 分数、ECE 与重新校准;计数检验使用未加权的行。",
            )
        )
    return tuple(found)
