"""A synthetic frame of 480,000 rows and 40 characteristics, for timing.

It is **synthetic**: no row of it is anybody's. It has the shape of real behavioural data because it
is grown from the published Taiwan card data (`data_samples/taiwan_default.parquet`):

- every row is taken sixteen times, in shuffled order, and no copy equals another: amounts are
  multiplied by a lognormal factor (sigma 0.1), repayment states move by a step in 2 % of cells, ages
  by a year at most;
- seventeen columns are derived: utilisation and share paid by month, the longest delay, a county, a
  trade, and two columns of noise;
- the outcome of every row is drawn anew with the probability that a model fitted on the *other* folds
  gives its original. Test rows therefore share no outcome with their siblings among training rows,
  and the AUC of those probabilities (printed: the oracle) is the most any model can reach;
- ratios without a denominator are missing; 5 % of three columns is made missing, 3 % of a text column;
  3 % of two columns holds the code -999;
- five columns are text.

    python benchmarks/make480k.py        writes out/benchmarks/synthetic-480000x40.parquet
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "data_samples/taiwan_default.parquet"
OUTPUT = ROOT / "out/benchmarks/synthetic-480000x40.parquet"
COPIES = 16
MONTHS = range(1, 7)
STATES = ["pay_0", *(f"pay_{month}" for month in range(2, 7))]
TEXTS = ("sex", "education", "marriage", "county", "trade")
SPECIAL = {"util2": -999.0, "noise_int": -999.0}


def probabilities(source: pl.DataFrame) -> np.ndarray:
    """Of bad, for each original row, from a model that has not seen it. Shape (30000,)."""
    from lightgbm import LGBMClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    model = LGBMClassifier(
        n_estimators=120,
        learning_rate=0.05,
        min_child_samples=50,
        random_state=0,
        n_jobs=1,
        deterministic=True,
        verbose=-1,
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    table = source.drop("bad").to_numpy().astype(float)
    found = cross_val_predict(model, table, source["bad"], cv=folds, method="predict_proba")
    return np.asarray(found[:, 1])


def grow(source: pl.DataFrame, chances: np.ndarray, seed: int = 0) -> pl.DataFrame:
    """The frame, with the probability of each row as its last column `chance`."""
    draw = np.random.default_rng(seed)
    rows = source.height * COPIES
    origin = draw.permutation(np.tile(np.arange(source.height), COPIES))
    frame = source.drop("bad")[origin]
    amounts = [name for name in frame.columns if name.startswith(("limit_", "bill_", "pay_amt"))]
    moved = [
        pl.Series(name, np.round(frame[name].to_numpy() * draw.lognormal(0.0, 0.1, rows), 2))
        for name in amounts
    ]
    for name in STATES:
        step = np.where(draw.random(rows) < 0.02, draw.integers(-1, 2, rows), 0)
        moved.append(pl.Series(name, np.clip(frame[name].to_numpy() + step, -2, 8)))
    moved.append(pl.Series("age", frame["age"].to_numpy() + draw.integers(-1, 2, rows)))
    frame = frame.with_columns(moved)

    def bill(month: int) -> pl.Expr:
        return pl.col(f"bill_amt{month}")

    trade = ((pl.col("age") - 18) // 3).clip(0, 23).cast(pl.String).str.zfill(2)
    frame = frame.with_columns(
        *((bill(m) / pl.col("limit_bal")).alias(f"util{m}") for m in MONTHS),
        *(
            pl.when(bill(m) > 0).then(pl.col(f"pay_amt{m}") / bill(m)).alias(f"paid{m}")
            for m in MONTHS
        ),
        pl.max_horizontal(STATES).alias("longest_delay"),
        pl.Series("county", draw.integers(0, 9, rows)).cast(pl.String).alias("county"),
        trade.alias("trade"),
        pl.Series("noise_normal", draw.normal(size=rows)),
        pl.Series("noise_int", draw.integers(0, 50, rows).astype(float)),
    )
    frame = frame.with_columns(
        pl.concat_str(pl.lit(f"{name}_"), pl.col(name)).alias(name) for name in TEXTS
    )

    def planted(name: str, share: float, value: float | None) -> pl.Expr:
        hit = pl.Series(draw.random(rows) < share)
        return pl.when(hit).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)

    frame = frame.with_columns(
        *(planted(name, 0.05, None) for name in ("util1", "util3", "noise_normal")),
        *(planted(name, 0.03, code) for name, code in SPECIAL.items()),
        planted("trade", 0.03, None),
    )
    chance = pl.Series("chance", chances[origin])
    outcome = pl.Series("bad", (draw.random(rows) < chances[origin]).astype(np.int8))
    return frame.select(outcome, pl.all(), chance)


def main() -> None:
    from sklearn.metrics import roc_auc_score

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    source = pl.read_parquet(SOURCE)
    chances = probabilities(source)
    frame = grow(source, chances)
    chance = frame["chance"].to_numpy()
    frame = frame.drop("chance")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(options.output, metadata={"synthetic": "grown from taiwan_default.parquet"})
    print(f"SYNTHETIC: {options.output.name}, {frame.height:,} rows, {frame.width - 1} columns")
    print(f"{frame.null_count().sum_horizontal().item():,} missing cells")
    print(f"bad rate {frame['bad'].mean():.4f}")
    print(f"AUC of the model on the original rows {roc_auc_score(source['bad'], chances):.4f}")
    print(f"oracle AUC {roc_auc_score(frame['bad'], chance):.4f}: no model can do better")


if __name__ == "__main__":
    main()
