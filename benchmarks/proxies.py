"""Which features tell a protected attribute, on the shipped sets, and how often noise is called a proxy.

Protected columns are taken out of the features; each named attribute is told from the rest. Then 100
times 200 rows of ten features of pure noise against a coin.

    python benchmarks/proxies.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from lishui_credit.scorecards import proxies
from lishui_credit.scorecards.protected import protected_as
from lishui_credit.scorecards.proxy_features import TOGETHER

ROOT = Path(__file__).resolve().parents[1]
SETS = {
    "taiwan_default": ("sex", "age", "marriage"),
    "german_credit": ("age_in_years", "personal_status_and_sex"),
}


def told(row: dict[str, object]) -> str:
    """One line's figures."""
    mark = f" {row['note']}" if row["note"] else ""
    return f"{row['auc']:.3f} ({row['low']:.3f} to {row['high']:.3f}){mark}"


def main() -> None:
    """Print a Markdown row per attribute, then the false alarms."""
    for name, attributes in SETS.items():
        table = pl.read_parquet(ROOT / f"data_samples/{name}.parquet")
        features = table.drop("bad", *(one for one in table.columns if protected_as(one)))
        found = proxies(features, {one: table[one] for one in attributes})
        for attribute in attributes:
            own = found.filter(attribute=attribute)
            best = own.filter(pl.col("feature") != TOGETHER).row(0, named=True)
            both = own.filter(feature=TOGETHER).row(0, named=True)
            print(f"| {name}, {attribute} | {best['feature']} | {told(best)} | {told(both)} |")
    draw, alarms, tests = np.random.default_rng(11), 0, 0
    for seed in range(100):
        noise = pl.DataFrame({f"x{place}": draw.normal(size=200) for place in range(10)})
        coin = draw.choice(["f", "m"], 200)
        found = proxies(noise, {"coin": coin}, seed=seed, repeats=100)
        alarms, tests = alarms + found.filter(note="proxy").height, tests + found.height
    print(f"noise called a proxy: {alarms} of {tests}")


if __name__ == "__main__":
    main()
