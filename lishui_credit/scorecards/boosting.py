"""Settings of boosted trees, and the two calls of LightGBM: watch a held-out AUC, and train.

Only a matrix of floats reaches LightGBM, because some column types of a polars frame end the whole
process there (see `tree_codes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lishui_credit.errors import CreditError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Floats

Settings = str | Sequence[str] | Mapping[str, Any]
Rows = tuple[Floats, NDArray[np.int8], Floats]

FEW_ROWS: Final = 3_000  # under it, few leaves only


def _setting(
    rate: float,
    leaves: int,
    least: int,
    features: float | None = None,
    *,
    bagged: float | None = 0.8,
    l2: float | None = None,
    random_cuts: bool = False,
) -> dict[str, Any]:
    """Return a setting in LightGBM's words; what is not given is left to LightGBM."""
    told = {
        "bagging_fraction": bagged,
        "bagging_freq": bagged and 1,
        "learning_rate": rate,
        "num_leaves": leaves,
        "min_data_in_leaf": least,
        "feature_fraction": features,
        "lambda_l2": l2,
        "extra_trees": random_cuts or None,
    }
    return {name: value for name, value in told.items() if value is not None}


SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "four leaves": _setting(0.05, 4, 50, 0.8),
    "seven leaves": _setting(0.03, 7, 50, 0.8),
    "seven leaves, random cuts": _setting(0.05, 7, 10, 0.5, l2=5.0, random_cuts=True),
    "fifteen leaves": _setting(0.03, 15, 50, 0.5, l2=5.0),
    "fifteen leaves, slow": _setting(0.02, 15, 100, 0.5, l2=10.0, bagged=0.7),
    "thirty-one leaves": _setting(0.1, 31, 20, bagged=None),
    "thirty-one leaves, bagged": _setting(0.05, 31, 20, 0.6, l2=2.0),
    "sixty-three leaves": _setting(0.05, 63, 5, 0.5, l2=1.0),
}
_FEW: Final = ("four leaves", "seven leaves", "seven leaves, random cuts")
_MANY: Final = ("seven leaves", *(name for name in SETTINGS if name not in _FEW))


def candidate_settings(settings: Settings, rows: int) -> dict[str, Mapping[str, Any]]:
    """Return the settings to try, by name; a mapping is taken as it is, under the name "own".

    "auto" chooses by the rows to fit, and no leaf of a named setting needs more than a sixteenth of
    them.

    Examples
    --------
    >>> list(candidate_settings("auto", 1000))
    ['four leaves', 'seven leaves', 'seven leaves, random cuts']
    >>> candidate_settings("seven leaves", 320)["seven leaves"]["min_data_in_leaf"]
    20
    """
    if isinstance(settings, Mapping):
        return {"own": settings}
    if settings == "auto":
        names: Sequence[str] = _FEW if rows < FEW_ROWS else _MANY
    else:
        names = [settings] if isinstance(settings, str) else list(settings)
    strange = [name for name in names if name not in SETTINGS]
    if strange or not names:
        raise CreditError(
            tr("there is no such setting", "没有该设置"),
            ", ".join(strange),
            ", ".join(SETTINGS),
        )
    least = max(2, rows // 16)
    return {
        name: {**SETTINGS[name], "min_data_in_leaf": min(least, SETTINGS[name]["min_data_in_leaf"])}
        for name in names
    }


def parameters(
    setting: Mapping[str, Any], signs: Sequence[int], seed: int, threads: int
) -> dict[str, Any]:
    """Return LightGBM's parameters, with which one seed gives the same result on every machine.

    `setting` overrides all but seed and threads; `signs` are the monotone constraints by column.
    """
    constraint = {"monotone_constraints": list(signs)} if any(signs) else {}
    return {
        "objective": "binary",
        "metric": "auc",
        "verbosity": -1,
        "deterministic": True,
        "force_row_wise": True,
        "feature_pre_filter": False,
        **constraint,
        **setting,
        "seed": seed,
        "num_threads": threads,
    }


def held_out_curve(
    with_parameters: dict[str, Any], fit: Rows, held: Rows, rounds: int, patience: int
) -> list[float]:
    """Return the held-out AUC after each tree, up to `patience` trees after the best."""
    import lightgbm

    curve: dict[str, dict[str, list[float]]] = {}
    data = lightgbm.Dataset(fit[0], fit[1], weight=fit[2])
    lightgbm.train(
        with_parameters,
        data,
        rounds,
        valid_sets=[data.create_valid(held[0], held[1], weight=held[2])],
        callbacks=[
            lightgbm.early_stopping(patience, verbose=False),
            lightgbm.record_evaluation(curve),
        ],
    )
    return curve["valid_0"]["auc"]


def train(with_parameters: dict[str, Any], fit: Rows, rounds: int) -> Any:
    """Return a LightGBM booster of so many trees."""
    import lightgbm

    return lightgbm.train(with_parameters, lightgbm.Dataset(fit[0], fit[1], weight=fit[2]), rounds)
