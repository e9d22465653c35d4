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
# # Environmental credit (企业环境信用): do the colours tell who repays a loan?
#
# > **SYNTHETIC DATA (合成数据).** Every firm below is made up from a seed. The spread of the colours
# > was tuned to results that places publish; the link between environmental records and loan
# > defaults was written in by hand. The numbers say nothing about any firm of Lishui.
#
# **Question.** The national measure gives weighted points and four colours. Banks are asked to lend
# by them (绿色信贷). Do the colours order loan defaults? Which rows weigh more, or less, than the
# outcomes ask for? The measure protects the environment: a row that is overweighted for loans may be
# right for its own purpose.

# %%
from datetime import date

import polars as pl

import lishui_credit as lc
from lishui_credit.figures import binning as bins
from lishui_credit.figures import validation as figures
from lishui_credit.samples import environment
from lishui_credit.samples.registers import SEED
from lishui_credit.scorecards import reason_codes, verify
from lishui_credit.validation import Appraisal

# %% [markdown]
# ## Data
#
# Firms of one year with rates, bands and sanctions, graded on one day; whether they defaulted on a
# loan within twelve months (`default_12m`). Firms that stood still half the year are not graded.

# %%
pl.Config(tbl_rows=40, tbl_cols=20, tbl_hide_dataframe_shape=True, fmt_str_lengths=60)

DAY = date(2016, 6, 30)
raw = environment.environmental_records(10_000, seed=SEED)
rubric = lc.rubric("environment-credit", on=DAY)
taken = lc.intake(rubric, raw, as_of=DAY)
graded = lc.evaluate(taken.subjects, rubric, as_of=DAY)

study = Appraisal(
    graded=graded,
    outcomes=raw,
    title="Environmental credit, SYNTHETIC",
    title_zh="环境信用评分卡(合成数据)",
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
# A scorecard on what the 21 rows read: rates, bands (first to third), sanctions. No protected
# attribute is among them. Vetoes (一票否决) set a colour outright; they are no rows and not in the
# card. Left out is only what tells nothing alone (information value below 0.05) and what would turn
# its sign.

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
# Many rows are compared at once, and one interval in twenty misses by chance. Sixteen band rows follow
# the same hidden quality with the same noise in this population, so differences between their learned
# parts are chance. The generator makes the two rates from that quality with little noise: where the card
# reads them finely, sanctions have little left to say. Real rates are measured by the firm itself.

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
# The firm of the lowest score among those whose colour the points decided (synthetic, like all).
# First the regulation's own explanation, then the card's reasons, then the cheapest way to the score
# that three in four firms reach. All rows are the firm's to improve, but where it stands (选址).

# %%
by_points = study.data.filter(pl.col("decided_by") == "score").sort("earned", rubric.subject_id)
subject = by_points[rubric.subject_id][0]
print(graded.explain(subject))

# %%
reason_codes(study.card, study.row(subject), top=4)

# %%
can_change = [name for name in study.card.columns if name != "siting"]
cutoff = study.cut_off(0.25)
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
