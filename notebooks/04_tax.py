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
# # Tax credit (纳税信用): do the deductions tell who repays a loan?
#
# > **SYNTHETIC DATA (合成数据).** Every taxpayer and every event below is made up from a seed.
# > The numbers say nothing about any firm of Lishui. Seven kinds of events occur in this population,
# > at rates that follow a firm's hidden quality, which also drives its loan defaults: written in by
# > hand.
#
# **Question.** The tax office starts at 100 or 90 points and deducts for dated events (扣分指标).
# Banks lend on the grade (银税互动). Do its grades order loan defaults? Which events cost a firm
# more, or less, than the outcomes ask for? The measure was made to keep tax law, not to forecast
# loans: a row that is overweighted here may be right for its own purpose.

# %%

import polars as pl

import lishui_credit as lc
from lishui_credit.figures import binning as bins
from lishui_credit.figures import validation as figures
from lishui_credit.samples import tax
from lishui_credit.samples.registers import SEED
from lishui_credit.scorecards import reason_codes, verify
from lishui_credit.validation import Appraisal

# %% [markdown]
# ## Data
#
# A register of taxpayers, the year's events, and whether a firm defaulted on a loan within twelve
# months (`default_12m`). The edition in force for the year assessed decides.

# %%
pl.Config(tbl_rows=40, tbl_cols=20, tbl_hide_dataframe_shape=True, fmt_str_lengths=60)

YEAR = 2018
raw = tax.enterprises(10_000, seed=SEED, year=YEAR)
rubric = lc.rubric("tax-credit", on="2019-04-30")
taken = lc.intake(rubric, raw, events=tax.tax_events(raw, seed=SEED, year=YEAR), period=YEAR)
graded = lc.evaluate(taken.subjects, rubric, events=taken.events, period=YEAR)

study = Appraisal(
    graded=graded,
    outcomes=raw,
    title="Tax credit, SYNTHETIC",
    title_zh="纳税信用评分卡(合成数据)",
    labels=(("start", "起评分"),),
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
# A scorecard on the points each row took away, and on the start score. Rows without an event in the
# sample have nothing to learn from, and drop out. No protected attribute is among them.

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
# Deductions are per occurrence (按次计算), so a row's range grows with its worst offender. The spread
# says what moves the typical firm. A learned part of zero does not mean that a row says nothing: with
# few firms concerned, it may not have been heard.

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
# The first firm with grade C (synthetic, like all). First the regulation's own explanation, then the
# card's reasons, then the cheapest way to the score that half the firms reach. Only events that the
# firm can avoid next year are proposed, so values move up only.

# %%
subject = study.data.filter(pl.col("grade") == "C")[rubric.subject_id][0]
print(graded.explain(subject))

# %%
reason_codes(study.card, study.row(subject), top=4)

# %%
can_change = [name for name in study.card.columns if name != "start"]
cutoff = study.cut_off(0.5)
way = study.way(subject, can_change, cutoff)
print(f"score {way.score}, wanted {cutoff}: {'within reach' if way.possible else 'out of reach'},")
print(f"{way.reached} at most by what it can change." if not way.possible else f"to {way.reached}.")
for change in way.changes:
    print(f"  {study.names[change.feature]}: {change.now} -> {change.then} (+{change.gain} points)")

# %% [markdown]
# ## What to change
#
# Measured above, put in words by the code. **Findings about a generator, not about Lishui.** With
# real outcomes the same cells give the real answer.

# %%
print(*study.findings(), sep="\n")
