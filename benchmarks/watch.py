"""Whether a watch keeps its promises: false alarms, power, and what CBPE expects against what came.

Every part draws months at random and counts. Without a planted change the share of alarms is the
rate of false alarms, promised as 5 %; with one it is the power.

`population`: a card's sample and a month are drawn anew from all rows, without overlap, and compared
in the bins of the card. `outcomes`: cards are fitted on fresh samples, months are drawn from rows the
card has not seen. `cbpe`: expected AUC and bad rate against those of all unseen rows, also where the
months are tilted towards some rows (covariate shift), and where the odds behind the features are
changed (concept drift), which CBPE cannot see. The simulated rows are synthetic: six columns and a
known probability.

    python benchmarks/watch.py                         everything
    python benchmarks/watch.py --parts population --data taiwan --months 400
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.models.fitting import fit_file
from lishui_credit.monitoring.card_cells import (
    SCORE,
    bin_cells,
    bin_places,
    sample_counts,
    score_cells,
)
from lishui_credit.monitoring.expected_performance import Calibration, Prospect
from lishui_credit.monitoring.joint_chance import Cells, chance_lines
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.features import features
from lishui_credit.scorecards.joint.joint_points import JointPoints
from lishui_credit.scorecards.scorecard import Scorecard
from lishui_credit.validation.discrimination import auc

ROOT = Path(__file__).resolve().parents[1]
LEVEL = 0.05
DRAWS = 3000
TILTS = (0.0, 0.25, 0.5, 1.0)
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Rows with outcomes, and how large samples and months are drawn from them."""

    frame: pl.DataFrame
    sample: int
    months: tuple[int, ...]
    tilted: str  # column whose high values come more often where a month is tilted


def taiwan(shared: Path) -> World:
    """Taiwan: 30,000 rows, protected attributes left out."""
    found = pl.read_parquet(shared / "data/taiwan_default/taiwan_default.parquet")
    frame = found.drop("id", "sex", "marriage", "age")
    return World(frame=frame, sample=15_000, months=(300, 1000), tilted="limit_bal")


SBA_LEAKS = [
    "selected",
    "loan_nr_chk_dgt",
    "name",
    "city",
    "zip",
    "bank",
    "approval_date",
    "term",
    "chg_off_date",
    "disbursement_date",
    "balance_gross",
    "mis_status",
    "chg_off_prin_gr",
    "recession",
    "daysterm",
    "disbursement_plus_daysterm",
    "state",
]


def sba(shared: Path) -> World:
    """SBA: 2,101 loans, what knows the outcome left out, as docs of the set tell."""
    found = pl.read_parquet(shared / "data/sba_case/sba_case.parquet")
    frame = found.drop(*SBA_LEAKS, *[n for n in found.columns if n.startswith("xx")], strict=False)
    return World(frame=frame, sample=1_300, months=(300,), tilted="gr_appv")


def simulated(rows: int = 60_000, seed: int = 0) -> World:
    """Synthetic: six columns, two of them related, ten bads in a hundred."""
    draw = np.random.default_rng(seed)
    income = draw.gamma(2.0, 3.0, rows)
    debt = 0.6 * income + draw.gamma(1.5, 1.5, rows)
    late = draw.poisson(0.4, rows)
    months = draw.integers(1, 121, rows)
    trade = draw.choice(["tea", "inn", "livestock", "other"], rows, p=[0.4, 0.3, 0.2, 0.1])
    owns = draw.random(rows) < 0.5
    line = (
        -2.2 - 0.15 * income + 0.12 * debt + 0.8 * late - 0.006 * months
        + 0.5 * (trade == "livestock") - 0.4 * owns
    )  # fmt: skip
    bad = (draw.random(rows) < 1 / (1 + np.exp(-line))).astype(np.int8)
    frame = pl.DataFrame(
        {
            "bad": bad,
            "income": income.round(2),
            "debt": debt.round(2),
            "late": late,
            "months": months,
            "trade": trade,
            "owns": owns,
        }
    )
    return World(frame=frame, sample=5_000, months=(500,), tilted="debt")


WORLDS: dict[str, Callable[[Path], World]] = {
    "taiwan": taiwan,
    "sba": sba,
    "simulated": lambda shared: simulated(),
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A card, and all rows of its world as it sees them."""

    card: Card
    scores: Whole
    cells: dict[str, Cells]
    bad: NDArray[np.float64]

    @classmethod
    def of(cls, card: Card, frame: pl.DataFrame) -> Scored:
        rows = features(frame, card.columns)
        scores = card.scored(rows).to_numpy().astype(np.int64)
        cells = bin_cells(card, bin_places(card, rows))
        return cls(card, scores, cells, frame["bad"].to_numpy().astype(float))


def fitted(frame: pl.DataFrame, folds: int = 3, points: JointPoints | None = None) -> Card:
    """A card as ``lishui-credit fit`` makes it."""
    with tempfile.TemporaryDirectory() as home:
        frame.write_parquet(f"{home}/sample.parquet")
        quiet = Scorecard(points=points)
        return fit_file(f"{home}/sample.parquet", f"{home}/m/1", folds=folds, model=quiet).card


def share(hits: int, all_: int) -> str:
    """A share with its standard error."""
    rate = hits / all_
    return f"{100 * rate:5.2f} % (± {100 * math.sqrt(rate * (1 - rate) / all_):.2f})"


def tilt(world: World, strength: float) -> NDArray[np.float64]:
    """Weights that draw high values of a column more often: exp(strength x rank from 0 to 1)."""
    rank = world.frame[world.tilted].rank("average").to_numpy() / world.frame.height
    weight = np.exp(strength * rank)
    return weight / weight.sum()


# ---- population -------------------------------------------------------------------------------


def compared(seen: Scored, sample: Whole, month: Whole) -> pl.DataFrame:
    """Chance lines of a month against a sample, both rows of the world."""
    values, counts = np.unique(seen.scores[sample], return_counts=True)
    told = {str(value): int(count) for value, count in zip(values, counts, strict=True)}
    card = replace(seen.card, provenance={"scores": told})
    columns = {SCORE: score_cells(card, seen.scores[month])}
    for name, cells in seen.cells.items():
        before = np.bincount(cells.places[sample], minlength=len(cells.names))
        columns[name] = Cells(cells.names, before.astype(np.float64), cells.places[month])
    return chance_lines(columns, level=LEVEL, draws=DRAWS)


def population(
    name: str,
    world: World,
    months: int,
    tilts: Sequence[float],
    points: JointPoints | None,
) -> Iterator[str]:
    """False alarms of the population check by size of the month, then its power."""
    seen = Scored.of(fitted(world.frame.head(world.sample), points=points), world.frame)
    everyone = np.arange(world.frame.height)
    for size in world.months:
        for strength in tilts:
            weight = tilt(world, strength) if strength else None
            rounds = months if not strength else max(100, months // 10)
            family = naive = loose = 0
            index = []
            for number in range(rounds):
                rng = np.random.default_rng([number, size, int(100 * strength)])
                order = rng.permutation(everyone)
                sample, rest = order[: world.sample], order[world.sample :]
                if weight is None:
                    month = rest[:size]
                else:
                    chance = weight[rest] / weight[rest].sum()
                    month = rng.choice(rest, size, replace=False, p=chance)
                table = compared(seen, sample, month)
                family += bool((table["p_family"] <= LEVEL).any())
                naive += bool((table["p"] <= LEVEL).any())
                loose += bool((table["psi"] >= 0.10).any())
                index.append(float(table["psi"].max()))
            yield (
                f"population {name:9} month {size:5} tilt {strength:4} columns"
                f" {len(seen.cells) + 1:2} largest PSI {np.median(index):.3f}: alarms"
                f" {share(family, rounds)}; each column by itself {share(naive, rounds)};"
                f" any index at 0.10 {share(loose, rounds)}; {rounds} months"
            )


# ---- outcomes ---------------------------------------------------------------------------------


def drifted(
    seen: Scored, rows: Whole, drift: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Outcomes of rows where a share of goods has gone bad, whatever the score says."""
    bad = seen.bad[rows].copy()
    bad[(bad == 0) & (rng.random(len(rows)) < drift)] = 1.0
    return bad


def cards(world: World, fits: int) -> Iterator[tuple[Scored, Whole]]:
    """Cards fitted on fresh samples, with the rows each has not seen."""
    for number in range(fits):
        order = np.random.default_rng([7, number]).permutation(world.frame.height)
        card = fitted(world.frame[order[: world.sample]])
        yield Scored.of(card, world.frame), order[world.sample :]


def outcomes(name: str, world: World, months: int, fits: int) -> Iterator[str]:
    """False alarms and power of the outcomes check, and how near CBPE comes."""
    drifts = (0.0, 0.02, 0.05)
    size = max(world.months)
    hits = {drift: [] for drift in drifts}
    gaps: dict[str, list[tuple[float, float, float, float]]] = {}
    each = max(1, months // fits)
    for number, (seen, rest) in enumerate(cards(world, fits)):
        sure = Calibration.of_card(seen.card, sample_counts(seen.card))
        weight = tilt(world, 2.0)[rest]
        for drift in drifts:
            found = 0
            for month in range(each if not drift else max(5, each // 4)):
                rng = np.random.default_rng([11, number, month, int(1000 * drift)])
                rows = rng.choice(rest, size, replace=False)
                held = Prospect.of(seen.card, sure, seen.scores[rows], draws=999, seed=month)
                bad = drifted(seen, rows, drift, rng)
                found += held.against(seen.scores[rows], bad).p_family <= LEVEL
            hits[drift].append((found, month + 1))
        rng = np.random.default_rng([13, number])
        tilted = rng.choice(rest, len(rest) // 2, replace=False, p=weight / weight.sum())
        plain = np.ones(len(rest), dtype=bool)
        for what, rows, drift in (
            ("no change", rest[plain], 0.0),
            ("covariate shift", tilted, 0.0),
            ("concept drift", rest[plain], 0.05),
        ):
            expected = Prospect.of(seen.card, sure, seen.scores[rows], draws=99).expected
            bad = drifted(seen, rows, drift, rng)
            area = auc(bad, -seen.scores[rows].astype(float)).value
            gaps.setdefault(what, []).append(
                (float(expected.auc or 0), area, expected.bad_rate, float(bad.mean()))
            )
    for drift, told in hits.items():
        found, all_ = (sum(part) for part in zip(*told, strict=True))
        rates = [one / of for one, of in told]
        error = np.std(rates, ddof=1) / math.sqrt(len(rates)) if len(rates) > 1 else float("nan")
        yield (
            f"outcomes   {name:9} month {size:5} goods gone bad {drift:4.0%}: alarms"
            f" {100 * found / all_:5.2f} % (± {100 * error:.2f} over {len(rates)} cards); {all_} months"
        )
    for what, rows in gaps.items():
        table = np.array(rows)
        off = table[:, 0] - table[:, 1]
        rate = table[:, 2] - table[:, 3]
        yield (
            f"cbpe       {name:9} {what:15}: AUC expected {table[:, 0].mean():.4f}, seen"
            f" {table[:, 1].mean():.4f}, mean gap {off.mean():+.4f}, mean |gap| {np.abs(off).mean():.4f},"
            f" largest {np.abs(off).max():.4f}; bad rate gap {rate.mean():+.4f}; {len(rows)} cards"
        )


# ---- command ----------------------------------------------------------------------------------


def main() -> None:
    """Print one line per measurement."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    words.add_argument("--data", nargs="+", default=list(WORLDS), choices=list(WORLDS))
    words.add_argument("--parts", nargs="+", default=["population", "outcomes"])
    words.add_argument("--months", type=int, default=1500)
    words.add_argument("--fits", type=int, default=20)
    words.add_argument(
        "--sample", type=int, help="rows of the card's sample, if not the world's own"
    )
    words.add_argument("--tilts", nargs="+", type=float, default=list(TILTS))
    words.add_argument("--joint", action="store_true", help="cards with crossed tables: population")
    words.add_argument("--size", type=int, help="rows of a month, if not the world's own")
    asked = words.parse_args()
    for name in asked.data:
        try:
            world = WORLDS[name](asked.shared)
        except FileNotFoundError:
            print(f"{name}: not at hand")
            continue
        months = (asked.size,) if asked.size else world.months
        world = replace(world, sample=asked.sample or world.sample, months=months)
        if "population" in asked.parts:
            points = JointPoints() if asked.joint else None
            for line in population(name, world, asked.months, asked.tilts, points):
                print(line, flush=True)
        if "outcomes" in asked.parts:
            for line in outcomes(name, world, asked.months, asked.fits):
                print(line, flush=True)


if __name__ == "__main__":
    main()
