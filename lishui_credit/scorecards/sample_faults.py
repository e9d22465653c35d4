"""Faults of a sample that a fit looks for, tells and keeps in the card: copied rows, recording artefacts."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

import numpy as np
import polars as pl

from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.bins.process import BinningProcess
from lishui_credit.scorecards.copied_rows import NearCopies, amounts_of, copies_of
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.recorded_gaps import ARTEFACT, GAP, artefacts_of
from lishui_credit.statistics.outcomes import Values

Asked = Literal["told", "together", "off"]
ASKED: Final = get_args(Asked)

COPIES, ARTEFACTS = "near_copies", "recording_artefacts"  # in the metrics of a card

TO_DO: Final = Bilingual(
    "folds that part them make a model look better than it is: find out where they come from, keep one of"
    " each, or keep them together (groups=near_copies(X, y).groups; fit --faults together)",
    "分折时若将其拆开,模型会显得过好:请查明来源、每组只留一行,或使其同折"
    "(groups=near_copies(X, y).groups;fit --faults together)",
)
TO_JUDGE: Final = Bilingual(
    "for a person to judge: was the value filled in after the outcome was known? Nothing is left out by"
    " itself",
    "须由人判断:该值是否在结果已知之后才补录?系统不会自行剔除",
)


class CopiesWarning(UserWarning):
    """Rows of the sample are copies of others, or nearly so."""


class ArtefactWarning(UserWarning):
    """A missing value or a code goes with the outcome so closely that it may have been recorded after it."""


def faults_of(
    sample: TrainingSample, asked: Asked, process: BinningProcess
) -> tuple[dict[str, Any], NearCopies | None]:
    """Look for faults of a sample, warn of each kind, and return their figures for a card, and copies.

    In a sample with weights a row may stand twice by intent, as reject inference writes it: there
    equal rows count once, and no copies are returned.
    """
    if asked == "off":
        return {}, None
    frame, bad = sample.frame, sample.outcome == 1
    codes = process.special_codes or {}
    held = {name: value for name, value in codes.items() if name in frame.columns}
    stored: dict[str, Any] = {}
    artefacts = artefacts_of(frame, bad, held).filter(note=ARTEFACT).drop("note")
    if sample.weight is not None:
        first = np.sort(np.unique(frame.hash_rows().to_numpy(), return_index=True)[1])
        frame, bad = frame[first], bad[first]
    amounts = [name for name in amounts_of(frame) if name not in (process.categorical or ())]
    copies = copies_of(frame, bad, amounts=amounts, sparing=True)
    if copies.found:
        stored[COPIES] = copies.told()
        warnings.warn(f"{copies}; {TO_DO}", CopiesWarning, stacklevel=3)
    if len(artefacts):
        stored[ARTEFACTS] = artefacts.with_columns(pl.selectors.float().round(6)).to_dicts()
        said = tr("; ", ";").join(str(artefact_said(row)) for row in stored[ARTEFACTS])
        warnings.warn(f"{said}; {TO_JUDGE}", ArtefactWarning, stacklevel=3)
    return stored, copies if copies.found and sample.weight is None else None


def kept_together(groups: Values | None, asked: Asked, copies: NearCopies | None) -> Values | None:
    """Return the groups that inner folds keep whole: those given, or copies where that is asked."""
    if groups is None and asked == "together" and copies is not None:
        return copies.groups
    return groups


def artefact_said(row: Mapping[str, Any]) -> Bilingual:
    """Return one artefact in words."""
    gap = row["value"] == GAP
    rate, other, share = (
        f"{row[name]:.1%}" for name in ("bad_rate", "bad_rate_else", "share_of_bads")
    )
    return Bilingual(
        f"where '{row['feature']}' is {row['value']}, {rate} of {row['rows']:,} rows are bad, else {other}"
        f" ({share} of all bads)",
        f"“{row['feature']}”{'缺失' if gap else '为 ' + row['value']}的 {row['rows']:,} 行中坏样本占 {rate},"
        f"其余 {other}(占全部坏样本 {share})",
    )
