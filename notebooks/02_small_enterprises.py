# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Small enterprises (小微企业信用等级): do the decreed points tell who repays?
#
# > **SYNTHETIC DATA (合成数据)**, except in one section near the end that says **real**.
# > Every firm of the main part is made up from a seed. The numbers say nothing about any firm of
# > Lishui. One hidden quality moves all figures of a firm, and its defaults: written in by hand.
#
# **Question.** A bank's table gives a firm points for ratios, for its record and for what an analyst
# thinks of it. Do the grades order the defaults? Which rows get more points, or fewer, than the
# outcomes ask for? And what does a card reach on real firms?

# %%
import os
import sys
import warnings
from datetime import date
from pathlib import Path

import polars as pl

import lishui_credit as lc
from lishui_credit.figures import binning as bins
from lishui_credit.figures import validation as figures
from lishui_credit.samples import enterprises
from lishui_credit.samples.registers import SEED
from lishui_credit.scorecards import (
    BinningProcess,
    LeakWarning,
    Scorecard,
    reason_codes,
    verify,
)
from lishui_credit.validation import Appraisal, grade_order

# %% [markdown]
# ## Data
#
# Firms of one year with their statements, an analyst's points and the loan class (贷款五级分类),
# graded on one day; whether they defaulted within twelve months (`default_12m`).

# %%
pl.Config(tbl_rows=40, tbl_cols=20, tbl_hide_dataframe_shape=True, fmt_str_lengths=60)

DAY = date(2016, 6, 30)
raw = enterprises.small_enterprises(10_000, seed=SEED)
rubric = lc.rubric("small-enterprise", on=DAY)
taken = lc.intake(rubric, raw, as_of=DAY)
graded = lc.evaluate(taken.subjects, rubric, as_of=DAY)

study = Appraisal(
    graded=graded,
    outcomes=raw,
    title="Small enterprises, SYNTHETIC",
    title_zh="小微企业评分卡(合成数据)",
    synthetic=True,
)
print(f"SYNTHETIC, seed {SEED}: {raw.height:,} firms, {study.data.height:,} graded,")
print(
    f"{int(study.y.sum())} defaults ({study.y.mean():.2%}). Edition: {rubric.name} {rubric.edition}."
)

# %% [markdown]
# ## Does the published order hold?
#
# Best grade first. Intervals are Jeffreys'. `p` tests each grade against the better one beside it.

# %%
study.order.table.with_columns(pl.col("bad_rate", "low", "high", "p").round(4))

# %%
print(f"Neighbours in the wrong order: {study.order.inversions}.")
auc = study.order.auc
print(f"AUC of the grades: {auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f}).")
print(f"Cochran-Armitage trend: z {study.order.trend:.1f}, p {study.order.trend_p:.1g}.")

# %% [markdown]
# ## The same rows, points learned
#
# A scorecard on what the rows of the table read: eight ratios, the record's points, the analyst's.
# No protected attribute is among them. No row is dropped by steps: rows that repeat one another share
# their points. Left out is only what tells nothing alone (information value below 0.05) and what
# would turn its sign. The loan class sets a grade outright (直接判级); it is no row, so not in the card.

# %%
study.card.table()

# %%
for name, why in study.left_out.items():
    print(f"left out: {name}: {why}")
print("identities of the card hold:", verify(study.card, rows=300).passed)

# %%
bins.points_plot(study.card)

# %%
strongest = study.card[study.card.coefficients().sort("iv", descending=True)["feature"][0]]
bins.bin_plot(strongest.binning, label=strongest.label_zh, synthetic=True)

# %% [markdown]
# ## Decreed and learned, side by side
#
# Two tables of points on two scales. Each is set in proportion to its own whole: a row's part of the
# spread (standard deviation of its points over the firms), and its part of the range. Thirty
# refits to resampled firms give the interval of the learned part. A row is *over*weighted where
# the decreed part lies above the interval, *under*weighted where below.

# %%
study.beside.with_columns(pl.col(pl.Float64).round(3))

# %%
bins.side_by_side_plot(study.beside, synthetic=True)

# %% [markdown]
# Many rows are compared at once, and one interval in twenty misses by chance. In this population every
# judged row follows the same hidden quality with the same noise.
# How an analyst of flesh and blood does is for real data to say.

# %% [markdown]
# ## What the card gives up
#
# The challenger (挑战者模型) is boosted trees, held to the card's directions. Both score firms
# that they were not fitted to, in the same five folds. The interval draws firms and keeps both
# scores of each together.

# %%
learned = study.against_points
print(study.given_up)
print(f"Decreed points: AUC {learned.card:.4f}. The same rows with learned points:")
print(f"{learned.difference:+.4f} ({learned.low:+.4f} to {learned.high:+.4f}).")

# %% [markdown]
# ## Calibration and validation by county
#
# Probabilities come from out-of-fold scores through Platt's line. The report is the package's own.

# %%
print(study.report)

# %%
figures.roc(study.report)

# %%
figures.reliability(study.report)

# %%
figures.grade_rates(study.report)

# %%
figures.groups(study.report, "county", "auc")

# %%
figures.groups(study.report, "county", "gap")

# %% [markdown]
# ## One firm: why, and what would it take
#
# The first firm in the lowest grade (synthetic, like all). First the regulation's own explanation,
# then the card's reasons, then the cheapest way to the score that three in four firms reach. Only
# ratios are proposed. The record is past, and an analyst's opinion is not the firm's to change.

# %%
subject = study.data.filter(pl.col("grade") == rubric.grades[-1].id)[rubric.subject_id][0]
print(graded.explain(subject))

# %%
reason_codes(study.card, study.row(subject), top=4)

# %%
can_change = [
    "debt_ratio",
    "current_ratio",
    "cash_ratio",
    "sales_margin",
    "return_on_capital",
    "sales_cash_content",
    "receivables_turnover",
    "inventory_turnover",
]
cutoff = study.cut_off(0.25)
way = study.way(subject, can_change, cutoff)
print(f"score {way.score}, wanted {cutoff}: {'within reach' if way.possible else 'out of reach'},")
print(f"{way.reached} at most by what it can change." if not way.possible else f"to {way.reached}.")
for change in way.changes:
    print(f"  {study.names[change.feature]}: {change.now} -> {change.then} (+{change.gain} points)")

# %% [markdown]
# ## Real firms: the contest data of 2020
#
# **Real data**, 123 Chinese small firms with a bank's grade, a default flag and figures from VAT
# invoices (全国大学生数学建模竞赛 2020 C题). No licence is stated, so the file is not in this
# repository. It is read from the folder in `LISHUI_SHARED`, or from `../shared` beside the checkout.
# Where it is absent, the cells below say so and do nothing.
#
# The trap: **the bank's grade knows the outcome.** It is shown, and never a characteristic. The
# figures from invoices are used as their makers built them; they were not cut off at a date before
# the outcome, so they may know a little as well. There are 27 defaults: every interval is wide.

# %%
ROOT = next(at for at in (Path.cwd(), *Path.cwd().parents) if (at / "benchmarks").is_dir())
sys.path.insert(0, str(ROOT))
from benchmarks.models import DATA, REFERENCE, folded

shared = Path(os.environ.get("LISHUI_SHARED") or ROOT.parent / "shared")
contest = DATA["cumcm2020c_sme"]
firms = contest.read(shared)
if firms is None:
    print("Skipped: the contest data are not here (LISHUI_SHARED, or ../shared).")
else:
    rated = pl.read_parquet(shared / "data" / contest.path)
    known = grade_order(rated["bad"].to_numpy(), rated["bank_rating"], order=list("ABCD"))
    print(f"REAL: {rated.height} firms, {int(rated['bad'].sum())} defaults.")
    print(known.table.select("grade", "subjects", "bads", "bad_rate"))
    print(f"AUC of the bank's grade {known.auc.value:.3f}: too good to have been given before.")

# %% [markdown]
# Four repeats of five folds, seed 0. The reference: 0.836 for logistic regression and for
# optbinning's scorecard alike, ten repeats of the same folds (`benchmarks/reference.toml`).

# %%
if firms is None:
    print("Skipped: the contest data are not here.")
else:
    warnings.simplefilter("ignore", LeakWarning)  # 27 defaults in 123 firms: large by chance
    found = folded("cumcm2020c_sme", contest, firms, "card", 4)
    peers = REFERENCE["fold"]["cumcm2020c_sme"]
    print(f"our card, {found['folds']} folds: AUC {found['auc']:.3f} (sd {found['auc_sd']:.3f})")
    for peer in ("logit", "optbinning", "lightgbm-grid"):
        gap = found["auc"] - peers[peer]["auc"]
        print(f"  {peer}: {peers[peer]['auc']:.3f}, ours {gap:+.3f}")

# %%
if firms is None:
    print("Skipped: the contest data are not here.")
else:
    small = Scorecard(BinningProcess(max_bins=3, min_share=0.1), selection="forward")
    small.fit(firms.drop("bad"), firms["bad"].to_numpy())
    print(small.card.table().select("feature", "bin", "points", "rows", "bad_rate"))
    first = small.card.columns[0]
    bins.bin_plot(small.card[first].binning, label=f"real: {first}").show()

# %% [markdown]
# ## What to change
#
# Measured above, put in words by the code. **Findings about a generator, not about Lishui.** With
# real outcomes the same cells give the real answer.

# %%
print(*study.findings(), sep="\n")
if firms is not None:
    gap = found["auc"] - peers["optbinning"]["auc"]
    far = "within" if abs(gap) < found["auc_sd"] else "beyond"
    print(f"6. REAL contest firms: AUC {found['auc']:.3f}, {gap:+.3f} against the reference,")
    print(f"   {far} one standard deviation over folds.")
