"""How well the scorecard and the challenger tell good from bad, on every data set at hand.

Repeated stratified 5-fold, shuffled, seed 0, mean over the test folds: AUC (with the standard
deviation over folds), KS, Brier score, expected calibration error over ten parts of equal size. Beside
them stand the figures of `reference.toml`: the same folds with optbinning's scorecard and a tuned
LightGBM. Then three published splits that are known to the row.

Three data sets are in `data_samples`; the others are read from the folder given by --shared (by
default `../shared` beside the checkout) and skipped with a word when absent. Columns that know the
outcome are left out, as listed here. Protected attributes are in, because they are in every figure
these are compared with; no card of ours takes them otherwise.

    python benchmarks/models.py                                everything, an hour
    python benchmarks/models.py --quick                        shipped data, one repeat
    python benchmarks/models.py --data german heloc --models card
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = tomllib.loads((ROOT / "benchmarks/reference.toml").read_text(encoding="utf-8"))
REASON = "the figures it is compared with use it"
MEASURES = ("auc", "ks", "brier", "ece")
CLOSE = 0.0005  # what the rounding of a reference hides


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Where a set lies and how it is to be read."""

    path: str
    shipped: bool = False
    left_out: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    special: dict[str, list[float]] = field(default_factory=dict)

    def place(self, shared: Path) -> Path:
        return (ROOT / "data_samples" if self.shipped else shared / "data") / self.path

    def read(self, shared: Path) -> pl.DataFrame | None:
        path = self.place(shared)
        return pl.read_parquet(path).drop(self.left_out) if path.exists() else None


DATA = {
    "german": DataSet(path="german_credit.parquet", shipped=True),
    "south_german": DataSet(
        path="south_german/south_german.parquet",
        categorical=(
            "status",
            "credit_history",
            "purpose",
            "savings",
            "personal_status_sex",
            "other_debtors",
            "property",
            "other_installment_plans",
            "housing",
            "job",
        ),
    ),
    "taiwan_default": DataSet(
        path="taiwan_default.parquet", shipped=True, categorical=("sex", "education", "marriage")
    ),
    "heloc": DataSet(path="heloc/heloc.parquet", special={"*": [-9, -8, -7]}),
    "hmeq": DataSet(path="hmeq/hmeq.parquet"),
    "gmsc": DataSet(
        path="gmsc/gmsc.parquet",
        left_out=("id",),
        special={name: [96, 98] for name in ("times_30_59_dpd", "times_60_89_dpd", "times_90_dpd")},
    ),
    "polish_year1": DataSet(path="polish_year1.parquet", shipped=True),
    "sba_case": DataSet(
        path="sba_case/sba_case.parquet",
        categorical=("naics", "new_exist", "urban_rural"),
        left_out=(
            "selected",
            "loan_nr_chk_dgt",
            "name",
            "city",
            "state",
            "zip",
            "bank",
            "bank_state",
            "approval_date",
            "approval_fy",
            "disbursement_date",
            "franchise_code",
            # these know the outcome
            "term",
            "chg_off_date",
            "chg_off_prin_gr",
            "balance_gross",
            "mis_status",
            "recession",
            "daysterm",
            "disbursement_plus_daysterm",
        ),
    ),
    "cumcm2020c_sme": DataSet(
        path="cumcm2020c_sme/cumcm2020c_sme.parquet",
        left_out=("firm_id", "firm_name_masked", "bank_rating"),
    ),
    "chile_env_programs": DataSet(
        path="chile_env_sanctions/chile_env_programs.parquet",
        left_out=(
            "id",
            # decided with or after the outcome
            "pdc",
            "cump_pdc",
            "cost_pdc",
            "multa_utm",
            "fine_1000_usd",
            "fine_paid",
            "clausura",
            "year_end_process",
            "num_instr_dummy",
        ),
    ),
    "corporate_rating": DataSet(
        path="corporate_rating/corporate_rating.parquet",
        left_out=("rating", "rating_ordinal", "name", "symbol", "date"),
    ),
}


def reasons(frame: pl.DataFrame) -> dict[str, str]:
    """Why each protected attribute is in."""
    from lishui_credit.scorecards.protected import protected_as

    return {name: REASON for name in frame.columns if protected_as(name)}


def scorecard(data: DataSet, train: pl.DataFrame, bad: np.ndarray, **settings: Any) -> Any:
    """A card of every column, if no settings say otherwise; protected ones with the reason why."""
    from lishui_credit.scorecards import BinningProcess, Scorecard

    process = BinningProcess(
        categorical=[*data.categorical] or None, special_codes=data.special or None
    )
    settings = {"protected": reasons(train), "faults": "off"} | (settings or {"min_iv": 0.0})
    return Scorecard(process, **settings).fit(train, bad)


def joint(data: DataSet, train: pl.DataFrame, bad: np.ndarray, **settings: Any) -> Any:
    """A card whose points are fitted jointly, crossed tables among them."""
    from lishui_credit.scorecards import JointPoints

    return scorecard(data, train, bad, points=JointPoints(**settings))


def challenger(data: DataSet, train: pl.DataFrame, bad: np.ndarray, *, free: bool = False) -> Any:
    """Trees that obey the directions of the binning; a column with codes obeys none."""
    from lishui_credit.scorecards import BinningProcess, Challenger

    directions: dict[str, str] = {}
    if not free and "*" not in data.special:
        process = BinningProcess(categorical=[*data.categorical] or None).fit(train, bad)
        coded = {*data.special, *data.categorical}
        directions = {n: way for n, way in process.directions_.items() if n not in coded}
    model = Challenger(monotonic=directions, categorical=data.categorical, protected=reasons(train))
    return model.fit(train, bad)


MODELS = {
    "card": scorecard,
    "joint": joint,
    "joint-additive": lambda data, train, bad: joint(data, train, bad, crossed=0),
    "challenger": challenger,
    "free": lambda data, train, bad: challenger(data, train, bad, free=True),
}


def judged(bad: np.ndarray, chance: np.ndarray) -> dict[str, float]:
    """AUC, KS, Brier score and calibration error, by independent implementations."""
    from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

    false, true, _ = roc_curve(bad, chance)
    parts = np.array_split(np.argsort(chance, kind="stable"), 10)
    gaps = [len(part) * abs(bad[part].mean() - chance[part].mean()) for part in parts]
    return {
        "auc": float(roc_auc_score(bad, chance)),
        "ks": float((true - false).max()),
        "brier": float(brier_score_loss(bad, chance)),
        "ece": float(sum(gaps) / len(bad)),
    }


def folded(
    name: str, data: DataSet, frame: pl.DataFrame, model: str, repeats: int
) -> dict[str, Any]:
    """Mean measures of a model over repeated folds."""
    from sklearn.model_selection import RepeatedStratifiedKFold

    bad = frame["bad"].to_numpy()
    columns = frame.drop("bad")
    cut = RepeatedStratifiedKFold(n_splits=5, n_repeats=repeats, random_state=0)
    rows = []
    began = time.perf_counter()
    for train, test in cut.split(bad, bad):
        fitted = MODELS[model](data, columns[train], bad[train])
        rows.append(judged(bad[test], fitted.predict_proba(columns[test])[:, 1]))
    found: dict[str, Any] = {m: float(np.mean([row[m] for row in rows])) for m in MEASURES}
    found["auc_sd"] = float(np.std([row["auc"] for row in rows], ddof=1))
    found["folds"] = len(rows)
    found["seconds"] = (time.perf_counter() - began) / len(rows)
    return found


def line(name: str, model: str, row: dict[str, Any], note: str = "") -> str:
    spread = f"({row['auc_sd']:.4f})" if "auc_sd" in row else " " * 8
    cost = f"{row['seconds']:8.2f}" if "seconds" in row else " " * 8
    return (
        f"{name:<20}{model:<18}{row['auc']:8.4f} {spread}{row['ks']:8.4f}{row['brier']:8.4f}"
        f"{row['ece']:8.4f}{cost}  {note}"
    ).rstrip()


def stands(name: str, model: str, found: dict[str, Any]) -> str:
    """How a figure of ours stands to the reference it aims at."""
    peers = REFERENCE["fold"].get(name, {})
    aims = ("optbinning",) if model == "card" else ("lightgbm-grid", "lightgbm-default")
    best = max((peers[aim]["auc"] for aim in aims if aim in peers), default=None)
    if best is None:
        return ""
    gap = found["auc"] - best
    if found["folds"] != 5 * peers["repeats"]:
        return f"{gap:+.4f} against the best, which had {5 * peers['repeats']} folds"
    return f"{gap:+.4f} against the best" + (" BELOW" if gap < -CLOSE else "")


def by_folds(options: argparse.Namespace, results: dict[str, Any]) -> None:
    head = (
        f"{'repeated 5-fold':<20}{'model':<18}{'AUC':>8} {'(sd)':<8}{'KS':>8}{'Brier':>8}{'ECE':>8}"
    )
    print(f"{head}{'fit s':>8}")
    for name in options.data:
        data = DATA[name]
        frame = data.read(options.shared)
        if frame is None:
            print(f"{name}: skipped, not found under {options.shared.name}")
            continue
        reference = REFERENCE["fold"].get(name, {})
        repeats = min(reference.get("repeats", 1), options.repeats)
        for model in options.models:
            found = folded(name, data, frame, model, repeats)
            results.setdefault(name, {})[model] = found
            print(line(name, model, found, stands(name, model, found)), flush=True)
            save(results)
        for peer, row in reference.items():
            if isinstance(row, dict):
                print(line(name, f"  {peer}", row))


def parted(protocol: dict[str, Any], frame: pl.DataFrame, shared: Path) -> list[np.ndarray]:
    """Training and test rows of a published split: drawn as there, or the test rows that a file names."""
    from sklearn.model_selection import train_test_split

    if "test_of" not in protocol:
        share = protocol["test_share"]
        return train_test_split(np.arange(frame.height), test_size=share, random_state=42)
    test = pl.read_csv(shared / "data" / protocol["test_of"]).to_series().to_numpy()
    told = frame.drop("bad").select(pl.any_horizontal(pl.all() > -9)).to_series().to_numpy()
    return [np.setdiff1d(np.flatnonzero(told), test), test]


def by_protocol(options: argparse.Namespace, results: dict[str, Any]) -> None:
    for protocol in REFERENCE["protocol"]:
        name = protocol["set"]
        frame = DATA[name].read(options.shared) if name in options.data else None
        if frame is None:
            print(f"{name}, {protocol['split']}: skipped")
            continue
        train, test = parted(protocol, frame, options.shared)
        assert len(test) == protocol["test_rows"]
        bad, columns = frame["bad"].to_numpy(), frame.drop("bad")
        print(f"{name}, {protocol['split']}; published by {protocol['source']}")
        for peer in dict.fromkeys([*protocol["published"], *protocol["rebuilt"]]):
            value, again = (protocol[kind].get(peer) for kind in ("published", "rebuilt"))
            said = f"{value:8.4f}" if value else " " * 8
            print(f"    {peer:<18}{said}" + (f"  rebuilt {again:.4f}" if again else ""))
        for model in options.models:
            fitted = MODELS[model](DATA[name], columns[train], bad[train])
            found = judged(bad[test], fitted.predict_proba(columns[test])[:, 1])
            key = f"{name}, {protocol['split']}"
            results.setdefault("protocols", {}).setdefault(key, {})[model] = found
            print(f"    {'ours: ' + model:<18}{found['auc']:8.4f}", flush=True)
            save(results)


def save(results: dict[str, Any]) -> None:
    path = ROOT / "out/benchmarks/models.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--models", nargs="+", choices=MODELS, default=["card", "challenger"])
    parser.add_argument(
        "--repeats", type=int, default=10, help="at most; the reference says how many"
    )
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--quick", action="store_true", help="the shipped sets, one repeat")
    options = parser.parse_args()
    if options.quick:
        options.repeats = 1
        options.data = [name for name in options.data if DATA[name].shipped]
    warnings.filterwarnings("ignore", module="lishui_credit")
    results: dict[str, Any] = {}
    by_folds(options, results)
    by_protocol(options, results)


if __name__ == "__main__":
    main()
