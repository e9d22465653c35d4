"""Faults of a sample that a fit looks for, tells and keeps in the card: copied rows, recording artefacts."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import numpy as np
import polars as pl

from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.bins.process import SpecialCodes
from lishui_credit.scorecards.copied_rows import NearCopies, near_copies
from lishui_credit.scorecards.features import TrainingSample
from lishui_credit.scorecards.recorded_gaps import ARTEFACT, GAP, recording_artefacts

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


@dataclass(frozen=True, slots=True)
class Faults:
    """What was found in a sample: copies where there are any, and what a card keeps."""

    copies: NearCopies | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)


def faults_of(
    sample: TrainingSample, codes: Mapping[str, SpecialCodes] | None, asked: Asked
) -> Faults:
    """Look for faults, warn of each kind that is found, and return them.

    In a sample with weights a row may stand twice by intent, as reject inference writes it: there
    equal rows count once, and no groups are returned.
    """
    if asked == "off":
        return Faults()
    frame, outcome = sample.frame, sample.outcome
    held = {name: value for name, value in (codes or {}).items() if name in frame.columns}
    stored: dict[str, Any] = {}
    artefacts = recording_artefacts(frame, outcome, codes=held).filter(note=ARTEFACT).drop("note")
    if sample.weight is not None:
        first = np.sort(np.unique(frame.hash_rows().to_numpy(), return_index=True)[1])
        frame, outcome = frame[first], outcome[first]
    copies = near_copies(frame, outcome) if len(np.unique(outcome)) > 1 else None
    if copies is not None and copies.found:
        stored[COPIES] = copies.told()
        warnings.warn(f"{copies}; {TO_DO}", CopiesWarning, stacklevel=3)
    else:
        copies = None
    if len(artefacts):
        stored[ARTEFACTS] = artefacts.with_columns(pl.selectors.float().round(6)).to_dicts()
        said = tr("; ", ";").join(str(artefact_said(row)) for row in stored[ARTEFACTS])
        warnings.warn(f"{said}; {TO_JUDGE}", ArtefactWarning, stacklevel=3)
    return Faults(copies if sample.weight is None else None, stored)


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
