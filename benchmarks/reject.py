"""What reject inference recovers where outcomes were hidden by a known rule, on every data set at hand.

An old lender's card accepts the best 60 % out of fold; the outcomes of the others are hidden. Twice:
the file tells all that the lender knew; or the lender also saw the column of the highest information
value, which the file then lacks. Two times 5 folds, seed 0; of sets above 6,000 rows so many are
drawn. The model is a scorecard at its defaults, without protected attributes.

    python benchmarks/reject.py                     every set, a quarter of an hour on two busy cores
    python benchmarks/reject.py --data german       some sets
    python benchmarks/reject.py --json out.json     the tables as well
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.models import DATA  # noqa: E402
from lishui_credit.scorecards import BinningProcess, Scorecard, masked_benchmark  # noqa: E402
from lishui_credit.scorecards.protected import protected_as  # noqa: E402

SETS = ("german", "taiwan_default", "hmeq", "gmsc", "heloc")
MOST_ROWS = 6_000


def told_apart(name: str, shared: Path, repeats: int) -> list[dict[str, object]]:
    """Both benchmarks of one set, a row per method and measure."""
    data = DATA[name]
    table = data.read(shared)
    if table is None:
        print(f"{name}: not there, skipped")
        return []
    if table.height > MOST_ROWS:
        table = table.sample(MOST_ROWS, seed=0)
    bad = table["bad"].cast(pl.Int8)
    frame = table.drop("bad", *(one for one in table.columns if protected_as(one)))
    process = BinningProcess(
        categorical=[one for one in data.categorical if one in frame.columns] or None,
        special_codes=data.special or None,
        unseen="neutral",
    )
    model = Scorecard(process)
    binned = BinningProcess(**process.get_params(deep=False)).fit(frame, bad)
    best = max(binned.binnings_, key=lambda one: binned.binnings_[one].iv)
    rows: list[dict[str, object]] = []
    for rule, unseen in (("the file tells all", ()), (f"the lender saw {best}", (best,))):
        begun = time.perf_counter()
        found = masked_benchmark(model, frame, bad, unseen=unseen, repeats=repeats)
        print(f"\n{name}, {rule} ({time.perf_counter() - begun:.0f} s)\n{found}", flush=True)
        for row in found.table.iter_rows(named=True):
            rows.append({"set": name, "rule": rule, **row})
            if row["measure"] in ("auc", "brier", "bias"):
                change = "" if row["change"] is None else (
                    f"{row['change']:+.4f} ({row['change_low']:+.4f}..{row['change_high']:+.4f})"
                    f" {row['verdict']}"
                )  # fmt: skip
                print(f"  {row['measure']:14}{row['method']:22}{row['value']:+.4f}  {change}")
    return rows


def main() -> None:
    """Run the sets asked for."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    made.add_argument("--data", nargs="+", choices=SETS, default=SETS)
    made.add_argument("--repeats", type=int, default=2)
    made.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    made.add_argument("--json", type=Path)
    options = made.parse_args()
    warnings.simplefilter("ignore")
    rows = [
        row for name in options.data for row in told_apart(name, options.shared, options.repeats)
    ]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
