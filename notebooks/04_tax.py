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
from dataclasses import replace

import polars as pl

import lishui_credit as lc
from lishui_credit.figures import binning as bins
from lishui_credit.figures import validation as figures
from lishui_credit.samples import tax
from lishui_credit.samples.registers import SEED
from lishui_credit.scorecards import (
    BinningProcess,
    Calibrated,
    Challenger,
    Scorecard,
    compare,
    reason_codes,
    verify,
    what_would_it_take,
)
from lishui_credit.scorecards.folds import out_of_fold
from lishui_credit.validation import ValidationSettings, grade_order, validate
from lishui_credit.validation.decreed import in_words, points_side_by_side, readings, refitted

# %% [markdown]
# ## Data
#
# A register of taxpayers, the year's events, and whether a firm defaulted on a loan within twelve
# months (`default_12m`). The edition in force for the year assessed decides.

# %%
pl.Config.set_tbl_rows(40)
pl.Config.set_tbl_cols(20)
pl.Config.set_tbl_hide_dataframe_shape(True)
pl.Config.set_fmt_str_lengths(60)

YEAR = 2018
raw = tax.enterprises(10_000, seed=SEED, year=YEAR)
rubric = lc.rubric("tax-credit", on="2019-04-30")
taken = lc.intake(rubric, raw, events=tax.tax_events(raw, seed=SEED, year=YEAR), period=YEAR)
graded = lc.evaluate(taken.subjects, rubric, events=taken.events, period=YEAR)

outcomes = raw.select("uscc", "default_12m").drop_nulls()
data = (
    graded.grades()
    .collect()
    .join(readings(graded), on="uscc", maintain_order="left")
    .join(outcomes, on="uscc", maintain_order="left")
    .filter(pl.col("outcome") == "graded", pl.col("earned").is_not_null())
)
y = data["default_12m"].cast(pl.Int8).to_numpy()
features = data.select(readings(graded).columns[1:])
print(f"SYNTHETIC, seed {SEED}: {raw.height:,} firms, {data.height:,} graded,")
print(f"{int(y.sum())} defaults ({y.mean():.2%}). Edition: {rubric.name} {rubric.edition}.")

# %% [markdown]
# ## Does the published order hold?
#
# Best grade first. Intervals are Jeffreys'. `p` tests each grade against the better one beside it.

# %%
order = grade_order(y, data["grade"], order=[grade.id for grade in rubric.grades])
order.table.with_columns(pl.col("bad_rate", "low", "high", "p").round(4))

# %%
print(f"Neighbours in the wrong order: {order.inversions}.")
print(f"AUC of the grades: {order.auc.value:.3f} ({order.auc.low:.3f} to {order.auc.high:.3f}).")
print(f"Cochran-Armitage trend: z {order.trend:.1f}, p {order.trend_p:.1g}.")

# %% [markdown]
# ## The same rows, points learned
#
# A scorecard on the points each row took away, and on the start score. Rows without an event in the
# sample have nothing to learn from, and drop out. No protected attribute is among them.

# %%
labels = {row.id: row.label_zh for row in rubric.scoring} | {"start": "起评分"}
template = Scorecard(BinningProcess(max_bins=4, unseen="neutral"), min_iv=0.05, labels=labels)
model = Scorecard(**template.get_params(deep=False)).fit(features, y)
card = replace(model.card, synthetic=True, title_zh="纳税信用评分卡(合成数据)")
card.table()

# %%
constant = [name for name in features.columns if features[name].n_unique() == 1]
for name, why in card.dropped.items():
    if name not in constant:
        print(f"left out: {labels[name]}: {why}")
print(f"rows in which nobody differs: {len(constant)}")
print("identities of the card hold:", verify(card, rows=300).passed)

# %%
bins.points_plot(card)

# %%
strongest = card[card.coefficients().sort("iv", descending=True)["feature"][0]]
bins.bin_plot(strongest.binning, label=strongest.label_zh, synthetic=True)

# %% [markdown]
# ## Decreed and learned, side by side
#
# Two tables of points on two scales. Each is set in proportion to its own whole: a row's part of the
# spread (standard deviation of its points over the firms), and its part of the range. Thirty
# refits to resampled firms give the interval of the learned part. A row is *over*weighted where
# the decreed part lies above the interval, *under*weighted where below.

# %%
refits = refitted(template, features, y, repeats=30, seed=0)
beside = points_side_by_side(graded, card, refits=refits)
beside.with_columns(pl.col(pl.Float64).round(3))

# %%
bins.side_by_side_plot(beside, synthetic=True)

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
calibrated = Calibrated(template).fit(features, y)
challenger = Challenger(
    monotonic=model.process_.directions_, settings="four leaves", max_rounds=300, patience=40
)
trees = out_of_fold(challenger, features, y)
given_up = compare(calibrated.out_of_fold_, trees, y, resamples=1000)
against_points = compare(-data["earned"].to_numpy(), calibrated.out_of_fold_, y, resamples=1000)
print(given_up)
print(f"Decreed points: AUC {against_points.card:.4f}. The same rows with learned points:")
print(
    f"{against_points.difference:+.4f} ({against_points.low:+.4f} to {against_points.high:+.4f})."
)

# %% [markdown]
# ## Calibration and validation by county
#
# Probabilities come from out-of-fold scores through Platt's line. The report is the package's own.

# %%
report = validate(
    y,
    score=card.scale.score(-calibrated.out_of_fold_),
    pd=calibrated.calibrator_.probability(calibrated.out_of_fold_),
    grades=data["grade"],
    grade_order=[grade.id for grade in rubric.grades],
    groups={"county": data["county"]},
    settings=ValidationSettings(repeats=100),
    title="Tax credit, SYNTHETIC",
    synthetic=True,
)
print(report)

# %%
figures.roc(report)

# %%
figures.reliability(report)

# %%
figures.grade_rates(report)

# %%
figures.groups(report, "county", "auc")

# %%
figures.groups(report, "county", "gap")

# %% [markdown]
# ## One firm: why, and what would it take
#
# The first firm with grade C (synthetic, like all). First the regulation's own explanation, then the
# card's reasons, then the cheapest way to the score that half the firms reach. Only events that the
# firm can avoid next year are proposed, so values move up only.

# %%
subject = data.filter(pl.col("grade") == "C")[rubric.subject_id][0]
print(graded.explain(subject))

# %%
one = data.filter(pl.col(rubric.subject_id) == subject).select(features.columns)
reason_codes(card, one, top=4)

# %%
can_change = [name for name in card.columns if name != "start"]
cutoff = int(card.score(features).median())
way = what_would_it_take(card, one.row(0, named=True), cutoff, can_change)
print(f"score {way.score}, wanted {cutoff}: {'within reach' if way.possible else 'out of reach'},")
print(f"{way.reached} at most by what it can change." if not way.possible else f"to {way.reached}.")
for change in way.changes:
    print(f"  {labels[change.feature]}: {change.now} -> {change.then} (+{change.gain} points)")

# %% [markdown]
# ## What to change
#
# Measured above, put in words by the code. **Findings about a generator, not about Lishui.** With
# real outcomes the same cells give the real answer.

# %%
rates = order.table["bad_rate"]
counties = report.table("group_county").filter(
    (pl.col("metric") == "auc") & pl.col("value").is_not_null()
)
worst = counties.sort("value").row(0, named=True)
apart = counties.filter((pl.col("low") > given_up.card) | (pl.col("high") < given_up.card))[
    "group"
].to_list()
gain = "beyond chance" if against_points.low > 0 or against_points.high < 0 else "within chance"
trees_gain = "beyond chance" if given_up.low > 0 else "not shown"
slope = report.line("slope")
print("SYNTHETIC DATA (合成数据)")
print(f"1. Order: default runs from {rates[0]:.1%} in {order.table['grade'][0]} to {rates[-1]:.1%}")
print(f"   in {order.table['grade'][-1]}; neighbours out of order: {order.inversions}.")
print(f"2. Points: learning them changes AUC by {against_points.difference:+.3f}, {gain}.")
for line in in_words(beside):
    print(f"   - {line}")
print(f"3. Form: trees in place of points change AUC by {given_up.difference:+.3f};")
print(f"   a gain from them is {trees_gain}.")
print(f"4. Calibration: slope {slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f}).")
print(f"5. Counties: lowest AUC {worst['value']:.3f} in {worst['group']};")
print(f"   interval apart from the whole: {'、'.join(apart) or 'none'}.")
