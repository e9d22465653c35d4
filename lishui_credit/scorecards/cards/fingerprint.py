"""The fingerprint of rows as a card reads them: it knows its own sample again in any file and order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.scorecards.bins.binning import Binning
from lishui_credit.scorecards.cards.card_rows import as_learned
from lishui_credit.scorecards.features import TrainingSample

_FACTORS: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)
_MISSING: Final = 0x94D049BB133111EB

Marks = NDArray[np.uint64]


def fingerprint(frame: pl.DataFrame, outcome: NDArray[np.int8], binnings: Sequence[Binning]) -> str:
    """Return a SHA-256 of rows and outcomes: the columns of `binnings`, whatever order and type they have.

    Numbers count as doubles, categories as texts, a yes or no in any spelling as one; so the same
    rows have one fingerprint as CSV, Parquet or Excel. It does not depend on versions of libraries.
    """
    rows = as_learned(frame, binnings)
    mixed = np.asarray(outcome).astype(np.uint64)
    for found in binnings:
        mixed = _mixed(mixed, _marks(rows, found))
    digest = hashlib.sha256("\n".join(found.feature for found in binnings).encode())
    digest.update(np.sort(mixed).astype("<u8").tobytes())
    return digest.hexdigest()


def sample_told(sample: TrainingSample, binnings: Sequence[Binning]) -> dict[str, Any]:
    """Return what a card keeps of the rows it was fitted on."""
    digest = hashlib.sha256()
    digest.update("\n".join(sample.frame.columns).encode())
    digest.update(sample.frame.hash_rows(seed=0).to_numpy().tobytes())
    digest.update(sample.outcome.tobytes())
    return {
        "sample_rows": sample.frame.height,
        "sample_bads": int(sample.outcome.sum()),
        "sample_fingerprint": digest.hexdigest(),
        "rows_fingerprint": fingerprint(sample.frame, sample.outcome, binnings),
        "weighted": sample.weight is not None,
    }


def _marks(rows: pl.DataFrame, found: Binning) -> Marks:
    """Return a number of 64 bits for every cell of a column, equal for equal values."""
    if found.flag:
        return found.places(rows).astype(np.uint64)
    column = rows[found.feature]
    if found.type != "category":
        numbers = column.cast(pl.Float64).fill_null(float("nan")).to_numpy() + 0.0  # -0 is 0
        return np.where(np.isnan(numbers), np.uint64(_MISSING), numbers.view(np.uint64))
    texts = column.cast(pl.String)
    levels = texts.drop_nulls().unique().to_list()
    known = {text: hashlib.blake2b(text.encode(), digest_size=8).digest() for text in levels}
    marks = {text: int.from_bytes(short, "little") for text, short in known.items()}
    told = texts.replace_strict(marks, default=None, return_dtype=pl.UInt64)
    return told.fill_null(_MISSING).to_numpy()


def _mixed(rows: Marks, column: Marks) -> Marks:
    """Return row marks with one more column in them (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        state = (rows ^ column) + np.uint64(_FACTORS[0])
        state = (state ^ (state >> np.uint64(30))) * np.uint64(_FACTORS[1])
        state = (state ^ (state >> np.uint64(27))) * np.uint64(_MISSING)
    return state ^ (state >> np.uint64(31))
