"""The choices of a validation that are not data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationSettings:
    """How `validate` judges: confidence, bins, draws, thresholds. All have usual values.

    Parameters
    ----------
    level : float, default 0.95
        Confidence of every interval, 0 to 1; a test alarms where p < 1 - level.
    bins : int, default 10
        Bins of calibration and of PSI.
    repeats : int, default 200
        Draws of every bootstrap, 20 or more.
    seed : int, default 0
        Of every bootstrap: the same seed gives the same intervals.
    min_rows : int, default 50
        Groups with fewer rows get no figure.
    cut_off : float, optional
        Lowest score approved (highest PD approved, where no score is given).
    initial_auc : float, optional
        AUC at development, 0 to 1: the fall since then is tested.
    correlation : float, optional
        Asset correlation, 0 to below 1: adds a test of each grade's PD under one common factor.
    faults : bool, default True
        Whether to look for near copies and recording artefacts in the rows.

    Examples
    --------
    >>> ValidationSettings(repeats=500, cut_off=600).min_rows
    50
    """

    level: float = 0.95
    bins: int = 10
    repeats: int = 200
    seed: int = 0
    min_rows: int = 50
    cut_off: float | None = None
    initial_auc: float | None = None
    correlation: float | None = None
    faults: bool = True
