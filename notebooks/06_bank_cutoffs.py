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
# # What a bank does with a score (银行如何用分数)
#
# **Real published data**, none of it from Lishui: 30,000 card accounts of Taiwan, 2005 (Yeh 2009,
# **CC BY 4.0**; attribution, changes and traps in `data_samples/REAL_DATA.md`). One section near the
# end takes made-up households and says so; the last takes the contest data of 2020, real as well,
# where they are at hand.
#
# **Question.** A score is given. Where should a bank draw the line, what does it earn there, who
# enters and leaves if the line moves, when does it lose money, and who is affected?
#
# **What is ours and not the data's:** the loan terms. No rate, cost or loss was published with these
# accounts. The terms below are assumptions of a one-year loan of the whole limit; every figure of money
# rests on them. Money is in New Taiwan dollars, held in hundredths as the package holds fen.

# %%
import os
import sys
import tempfile
import warnings
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

import lishui_credit as lc
from lishui_credit.cutoffs.affected_groups import affected, frontier
from lishui_credit.cutoffs.books import book
from lishui_credit.cutoffs.breaking_points import breaking_point
from lishui_credit.cutoffs.candidates import Review
from lishui_credit.cutoffs.optimise import best_policy, two_cut_offs
from lishui_credit.cutoffs.power import assign, months_needed, split_size
from lishui_credit.cutoffs.profit_measure import emp_difference, expected_maximum_profit
from lishui_credit.cutoffs.shocks import Shock
from lishui_credit.cutoffs.stress import jointly, one_at_a_time
from lishui_credit.cutoffs.swap_sets import swap
from lishui_credit.cutoffs.sweeps import best, sweep
from lishui_credit.errors import PolicyError
from lishui_credit.figures import affected as drawn
from lishui_credit.figures import cutoffs as figures
from lishui_credit.figures import pricing as prices
from lishui_credit.figures import stress as figures_of_stress
from lishui_credit.language import Bilingual
from lishui_credit.policies.decision_files import decide_file, verify
from lishui_credit.policies.explanations import explain
from lishui_credit.policies.policy import Policy, Score
from lishui_credit.policies.policy_file import to_toml
from lishui_credit.pricing.churn import default_rates, rate_table
from lishui_credit.pricing.credit_lines import (
    DRAWN_BP,
    Markups,
    exposure,
    exposure_change,
    rates,
    wholesale,
)
from lishui_credit.pricing.flat_price import against_flat, realised
from lishui_credit.pricing.offers import Conditions
from lishui_credit.pricing.prices import curve, flat, price
from lishui_credit.pricing.terms import Terms
from lishui_credit.samples import households
from lishui_credit.scorecards import (
    BinningProcess,
    Calibrated,
    Challenger,
    LeakWarning,
    Scorecard,
    save,
)
from lishui_credit.scorecards.folds import out_of_fold
from lishui_credit.validation import auc

ROOT = next(at for at in (Path.cwd(), *Path.cwd().parents) if (at / "benchmarks").is_dir())
sys.path.insert(0, str(ROOT))
from benchmarks.models import DATA

pl.Config.set_tbl_rows(40)
pl.Config.set_tbl_cols(20)
pl.Config.set_tbl_hide_dataframe_shape(True)
pl.Config.set_fmt_str_lengths(70)
NT = Bilingual("New Taiwan dollars", "新台币元")
DAY = date(2026, 1, 5)
BANDS = np.array(["to 50,000", "to 200,000", "above"])
AGES = np.array(["to 29", "30-39", "40-49", "50 on"])
GRADES = np.array(list("ABCD"))

# %% [markdown]
# ## Scores that did not see the outcome
#
# A scorecard and boosted trees, each scoring accounts that it was not fitted to (three folds, seed 0).
# Sex, age and marital status are never inputs; education is left out as well, so that it can be
# measured.

# %%
raw = pl.read_parquet(ROOT / "data_samples" / "taiwan_default.parquet")
features = raw.drop("bad", "sex", "age", "marriage", "education")
y = raw["bad"].to_numpy()
template = Scorecard(BinningProcess(max_bins=5, unseen="neutral"), min_iv=0.02)
calibrated = Calibrated(template, folds=3).fit(features, y)
card = calibrated.estimator_.card
trees = out_of_fold(Challenger(settings="four leaves", max_rounds=200), features, y, folds=3)

accounts = raw.with_row_index("account").with_columns(
    pl.format("A{}", pl.col("account")).alias("account_id"),
    pl.Series("score", card.scale.score(-calibrated.out_of_fold_)).round().cast(pl.Int64),
    pl.Series("new_score", card.scale.score(-trees)).round().cast(pl.Int64),
    pl.Series("pd", calibrated.calibrator_.probability(calibrated.out_of_fold_)),
    (pl.col("limit_bal").cast(pl.Int64) * 100).alias("amount_fen"),
    pl.Series("band", BANDS[np.searchsorted([50_000, 200_000], raw["limit_bal"])]),
    pl.Series("ages", AGES[np.searchsorted([29, 39, 49], raw["age"])]),
    pl.col("sex").replace_strict({1: "male", 2: "female"}),
)
half = np.random.default_rng(0).permutation(accounts.height) < accounts.height // 2
choose, confirm = accounts.filter(pl.Series(half)), accounts.filter(pl.Series(~half))
print(f"REAL: {accounts.height:,} accounts, {y.mean():.2%} defaulted.")
print(f"AUC out of fold: card {auc(y, calibrated.out_of_fold_).value:.4f},")
print(f"trees {auc(y, trees).value:.4f}. Characteristics of the card: {len(card.columns)}.")
print(f"Lines are chosen on {choose.height:,} accounts and confirmed on the other half.")

# %% [markdown]
# ## Terms, and the odds that pay
#
# Our assumption: 18% a year, funded at 3%, 300 dollars of work a loan, 60% of the exposure lost, what
# is recovered comes a year later; a bad loan pays for half the term and then stops.

# %%
terms = Terms(rate_bp=1800, funding_bp=300, operating_fen=30_000, lgd_bp=6000, recovery_months=12)
middle = int(accounts["amount_fen"].median())
odds = terms.break_even_odds(middle)
print(f"A loan of {middle / 100:,.0f} earns {terms.gain(middle) / 100:,.0f} if good,")
print(
    f"loses {terms.loss(middle) / 100:,.0f} if bad: {float(odds):.2f} good loans pay for one bad,"
)
print(f"so a loan pays below a PD of {float(terms.break_even_pd(middle)):.1%}.")

# %% [markdown]
# ## Every cut-off at once
#
# One sort, sums by cell, intervals by bootstrap of loans. The best cut-off is chosen on the same
# loans, so its profit is flattered; the plateau says how far from it one could go unnoticed.

# %%
loans = book(choose, pd="pd", id="account_id", segments=["band"], groups=["sex", "ages"])
swept = sweep(loans, terms, cut_offs=150, repeats=200)
top = best(swept)
swept.gather_every(15).select(
    "cut_off",
    "approval_rate",
    "bad_rate_approved",
    "bad_rate_declined",
    "captured_bads",
    expected_loss=pl.col("expected_loss_fen") // 100,
    realised_loss=pl.col("realised_loss_fen") // 100,
    profit=pl.col("profit_fen") // 100,
).with_columns(pl.col(pl.Float64).round(4))

# %%
print(f"Best: approve from {top.cut_off} up, {top.approval_rate:.1%} approved, profit")
print(f"{top.profit_fen / 1e8:,.1f} million ({top.profit_low / 1e8:,.1f} to")
print(f"{top.profit_high / 1e8:,.1f}); not told from it: {top.loosest} to {top.strictest}.")

# %%
figures.profit_curve(swept, currency=NT)

# %%
figures.trade_off(swept)

# %%
figures.rates_by_cut_off(swept)

# %%
again = sweep(book(confirm), terms, cut_offs=[top.cut_off], repeats=200)
row = again.filter(pl.col("cut_off") == top.cut_off).row(0, named=True)
everyone = again.row(-1, named=True)
print(f"On the other half the same line earns {row['profit_fen'] / 1e8:,.1f} million")
print(f"({row['profit_fen_low'] / 1e8:,.1f} to {row['profit_fen_high'] / 1e8:,.1f});")
print(f"approving everybody earns {everyone['profit_fen'] / 1e8:,.1f} million.")

# %% [markdown]
# ## Card or trees: which earns more?
#
# The expected maximum profit (Verbraken et al. 2014) asks for money in place of AUC. Its own parameters
# are a consumer lender's; `roi` here is the margin of the terms above.

# %%
margin = float(terms.margin)
card_emp = expected_maximum_profit(y, accounts["score"], roi=margin, repeats=100)
tree_emp = expected_maximum_profit(y, accounts["new_score"], roi=margin, repeats=100)
apart = emp_difference(y, accounts["new_score"], accounts["score"], roi=margin, repeats=100)
for name, found in (("card", card_emp), ("trees", tree_emp)):
    print(f"{name}: {found.emp.value:.4%} of the amount applied for,")
    print(f"  {found.emp.low:.4%} to {found.emp.high:.4%}; declines {found.fraction:.1%}.")
print(
    f"Trees less card: {apart.value:+.4%} ({apart.low:+.4%} to {apart.high:+.4%}), p {apart.p:.2g}."
)

# %% [markdown]
# ## Accept, refer, decline
#
# A person looks at some applications: 1,000 dollars each, and finds six in ten of the bads (assumptions;
# a bank measures its own). At most one in ten may be referred. Solved exactly over the candidates.

# %%
review = Review(cost_fen=100_000, catch_bp=6000)
referred = two_cut_offs(loans, terms, referral_at_most_bp=1000, review=review, currency=NT)
referred.table.select(
    "approve_at_least", "refer_at_least", "approved", "referred", "bads"
).with_columns(profit=referred.table["profit_fen"] // 100)

# %%
print(f"Against one cut-off: {(referred.profit_fen - top.profit_fen) / 1e8:+,.1f} million.")
for price_of in referred.shadow_prices:
    print(price_of)

# %% [markdown]
# ## One cut-off per band of limits, under constraints on the whole
#
# Approve at least 45%, keep the bad rate at 10% or below. The band is a property of the loan; sex and
# age could not be named here: they are refused.

# %%
optimum = best_policy(
    loans,
    terms,
    by=("band",),
    approval_at_least_bp=4500,
    bad_rate_at_most_bp=1000,
    currency=NT,
)
optimum.table.select("band", "approve_at_least", "applicants", "approved", "bads").with_columns(
    profit=optimum.table["profit_fen"] // 100
)

# %%
print(
    f"Profit {optimum.profit_fen / 1e8:,.1f} million, approval {float(optimum.approval_rate):.1%},"
)
print(
    f"bad rate {float(optimum.bad_rate):.2%}; no choice of {optimum.candidates} cut-offs earns more."
)
for price_of in optimum.shadow_prices:
    print(price_of)

# %%
try:
    best_policy(loans, terms, by=("band",), approval_at_least_bp=9000, bad_rate_at_most_bp=800)
except PolicyError as clash:
    print(clash)

# %% [markdown]
# ## A policy is a file
#
# Written as TOML, applied to a file, proved again from its manifest, and explained for one applicant.
# It is not approved by anybody, so it may only be tried (试算), and every row says so.

# %%
chosen = optimum.policy(
    id="card-limit",
    version="2026.1",
    title_zh="信用卡额度审批政策(示例)",
    title_en="Card limits, an example",
    author="notebook",
    score=Score(column="score", source="card of this notebook"),
    why="Most profit on half of the accounts under the terms of this notebook.",
)
print(to_toml(chosen))

# %%
folder = Path(tempfile.mkdtemp())
(folder / "policy.toml").write_text(to_toml(chosen), encoding="utf-8")
confirm.drop("account").write_parquet(folder / "scores.parquet")
save(card, folder / "card")
decided = folder / "decisions.parquet"
manifest = decide_file(
    folder / "policy.toml",
    folder / "scores.parquet",
    decided,
    on=DAY,
    trial=True,
    id="account_id",
    card=folder / "card",
)
print("decisions:", manifest.facts.counts)
for limit in manifest.facts.constraints:
    print("  constraint:", limit)
print("proved again:", verify(decided).holds)

# %%
declined = pl.read_parquet(decided).filter(pl.col("decision") == "decline")["id"][0]
print(explain(decided, declined))

# %%
for found in sorted(folder.rglob("*"), reverse=True):
    found.unlink() if found.is_file() else found.rmdir()
folder.rmdir()

# %% [markdown]
# ## Swap sets: what changes if the trees take over
#
# The same share approved by the new score. Outcomes are known for everybody here because the accounts
# were all open: a bank would not know them for those it declined, and the table would say so.

# %%
share = float((confirm["score"] >= top.cut_off).mean())
new_cut = int(confirm["new_score"].quantile(1 - share, "nearest"))
old_policy = Policy(
    id="card",
    version="1",
    title_zh="旧政策",
    author="notebook",
    kind="single",
    score=Score(column="score"),
    cut_off=int(top.cut_off),
)
new_policy = Policy(
    id="trees",
    version="1",
    title_zh="新政策",
    author="notebook",
    kind="single",
    score=Score(column="new_score"),
    cut_off=new_cut,
)
moved = swap(
    confirm, old_policy, new_policy, by=("band", "sex"), outcome="bad", amount="amount_fen"
)
moved.table.select("set", "applicants", "share", "known", "bad_rate", "low", "high").with_columns(
    pl.col(pl.Float64).round(4)
)

# %%
figures.swap_waterfall(moved.table)

# %%
figures.swap_rates(moved.by.filter(pl.col("column") == "band"), label="band of the limit")

# %% [markdown]
# ## Would a test in the market see the difference?
#
# Champion and challenger by a hash of the id: the same applicant always lands in the same arm. One in
# five to the challenger, 2,000 applications a month (an example), a year until outcomes are known.

# %%
rates_of = dict(moved.table.select("set", "bad_rate").iter_rows())
before_rate, after_rate = rates_of["approved_old"], rates_of["approved_new"]
needed = split_size(before_rate, after_rate, share=0.2)
arms = assign(confirm["account_id"], salt="trees-2026", share_bp=2000)
print(f"Bad rate {before_rate:.2%} against {after_rate:.2%}: {needed.champion:,} and")
print(f"{needed.challenger:,} loans tell them apart four times in five;")
months = months_needed(needed, 2_000, approval=share, window_months=12)
print(f"{months} months from the first application.")
print("arms of the other half:", dict(arms.value_counts(sort=True).iter_rows()))

# %% [markdown]
# ## When does it lose money?
#
# Shocks one at a time, then together (10,000 draws, seed 0), then the smallest single one that takes all
# profit. Sizes are examples. An income shock is a fall of everybody's score.

# %%
kept = top.cut_off
shocks = {
    "odds of default x 1.5": Shock(bad_odds=1.5),
    "bad rate x 2": Shock(bad_rate=2),
    "LGD + 20 points": Shock(lgd_bp=2000),
    "funding + 2 points": Shock(funding_bp=200),
    "rate - 2 points": Shock(rate_bp=-200),
    "incomes: scores - 30": Shock(score_points=30),
}
alone = one_at_a_time(loans, kept, terms, shocks)
figures_of_stress.tornado(alone, currency=NT)

# %%
together = jointly(
    loans, kept, terms, Shock(bad_odds=1.5, lgd_bp=1000, funding_bp=100), correlation=0.3
)
print(f"Mean {together.mean_fen / 1e8:,.1f} million, {together.low_fen / 1e8:,.1f} to")
print(f"{together.high_fen / 1e8:,.1f}; {together.loss.value:.1%} of draws lose money, and the")
print(f"worst hundredth loses {-together.shortfall_fen / 1e8:,.1f} million on average.")
figures_of_stress.profit_distribution(together, currency=NT)

# %%
for factor in ("bad_odds", "bad_rate", "lgd_bp", "funding_bp", "rate_bp", "score_points"):
    print(breaking_point(loans, kept, terms, factor).sentence)

# %% [markdown]
# ## Who is affected?
#
# Sex and age are measured and decide nothing; the policy could not name them. Approval among those who
# turned out good is the rate that a good applicant asks about. The three gaps cannot all vanish where bad
# rates differ.

# %%
touched = affected(loans, top.cut_off)
touched.select(
    "column",
    "group",
    "loans",
    "approval",
    "approval_gap",
    "opportunity_gap",
    "bad_rate_gap",
    "note",
).with_columns(pl.col(pl.Float64).round(4))

# %%
drawn.group_rates(touched, "ages", gaps=True)

# %%
ages = touched.filter(pl.col("column") == "ages")["approval"]
width = float(ages.max() - ages.min())
edge = frontier(loans, terms, "ages", by="band")
near = edge.filter(pl.col("profit_fen") >= 0.99 * edge["profit_fen"].max()).row(0, named=True)
print(f"The one line leaves {width:.1%} between the ages most and least approved. With a line per")
print(f"band, {near['largest_gap']:.1%} is left for at least 99% of the most profit:")
print({name: near[name] for name in BANDS.tolist()})
drawn.frontier(edge, "ages", chosen=(width, top.profit_fen), currency=NT)

# %% [markdown]
# ## Lines, rates and exposure by county: made-up households
#
# > **MADE UP (合成).** These households come from a seed. The lines are the farmer rubric's own formulas;
# > no mark-up by grade was published for Lishui, so both columns of mark-ups are examples.

# %%
rubric = lc.rubric("farmer-household", on=date(2016, 6, 30))
made_up = households.households(3_000, seed=1)
taken = lc.intake(rubric, made_up, bases=households.county_bases(2015), as_of=date(2016, 6, 30))
graded = lc.evaluate(taken.subjects, rubric, as_of=date(2016, 6, 30)).grades().collect()
before = Markups(percent={"tier1": 0, "tier2": 20, "tier3": 40})
after = Markups(percent={"tier1": -10, "tier2": 20, "tier3": 60})
old_exposure, new_exposure = (
    exposure(rates(graded, steps, base_bp=435), line="max_line_fen", rate="rate_bp")
    for steps in (before, after)
)
credit = ["tier1", "tier2", "tier3"]
villages = wholesale(graded, credit_grades=credit)
print(
    f"MADE UP: {graded.height:,} households, lines of {old_exposure['line_fen'].sum() / 1e10:,.2f}"
)
print(f"hundred million yuan; {DRAWN_BP / 100:.1f}% drawn, as the plan's two sums say.")
print(f"Granted as a whole (整体批发): {villages['granted'].sum()} of {villages.height} villages.")
exposure_change(old_exposure, new_exposure).select(
    "county", "line_fen_before", "line_fen_change", "interest_fen_before", "interest_fen_change"
)

# %%
prices.exposure_bars(old_exposure, synthetic=True)

# %%
prices.exposure_change_bars(
    exposure_change(old_exposure, new_exposure), figure_of="interest_fen", synthetic=True
)

# %% [markdown]
# ## Price and churn: the contest of 2020
#
# **Real**, 123 firms with a bank's grade and a default flag, 302 without, and a table of customers
# lost by rate and grade (全国大学生数学建模竞赛 2020 C题). No licence is stated, so the files are not in
# this repository; they are read from `LISHUI_SHARED`, or from `../shared` beside the checkout. Where
# they are absent, the cells below say so and do nothing.
#
# The contest's usual reading: no cost of funds, a default loses all of the loan. Default rates by grade
# are smoothed (half an imaginary default and half an imaginary payer in each grade), because none of 27
# firms defaulting does not make the 28th safe.

# %%
shared = Path(os.environ.get("LISHUI_SHARED") or ROOT.parent / "shared")
contest = DATA["cumcm2020c_sme"]
firms = contest.read(shared)
where = shared / "data" / "cumcm2020c_sme"
if firms is None:
    print("Skipped: the contest data are not here (LISHUI_SHARED, or ../shared).")
else:
    rated = pl.read_parquet(shared / "data" / contest.path).rename({"bank_rating": "grade"})
    churn = pl.read_parquet(where / "cumcm2020c_rate_churn.parquet")
    table = rate_table(churn, {grade: f"churn_rating_{grade.lower()}" for grade in "ABC"})
    whole_loss = Terms(rate_bp=400, funding_bp=0, lgd_bp=10_000, default_month=0)
    known = default_rates(rated["grade"], rated["bad"])
    chances = dict(known.select("grade", "pd_ppm").iter_rows())
    print(known.with_columns(pl.col(pl.Float64).round(4)))
    lent = {grade: chances[grade] for grade in "ABC"}
    prices.price_curves(curve(table, whole_loss, lent)).update_layout(
        title="Real firms: expected profit of a line of 1 million yuan by rate"
    ).show()

# %% [markdown]
# **The published shape of the answer.** Solutions that could be found agree that D gets nothing, A pays
# least and gets most. One gives A 5.93%, B 8.18%, C 8.01% and 0.93, 0.52 and 0.10 million yuan a firm out
# of 50 million; others 6.5, 7.5 and 8.5%, or 4.65, 5.85 and 15%. They differ in levels because they
# differ in what a default costs and in which goals they mix. Ours is one goal, solved exactly.
#
# The level rests on what is believed of 27 firms without a default, so the counts as they are stand
# beside. With 100 million yuan nothing has to be rationed: 99 firms of 1 million need 99. The amounts take
# their shape only under a tighter budget, so both are shown.

# %%
if firms is None:
    print("Skipped: the contest data are not here.")
else:
    counted = default_rates(rated["grade"], rated["bad"], prior=0)
    plain = price(rated, table, whole_loss, pd=dict(counted.select("grade", "pd_ppm").iter_rows()))
    print("Counts as they are:", dict(plain.by_grade().select("grade", "rate_bp").iter_rows()))
    print(f"  expected profit {plain.profit_fen / 100:,.0f} yuan")
    for budget in (10_000_000_000, 5_000_000_000):
        rules = Conditions(budget_fen=budget)
        found = price(rated, table, whole_loss, pd=chances, conditions=rules)
        program = price(rated, table, whole_loss, pd=chances, conditions=rules, method="program")
        print(f"Budget {budget / 1e10:.1f} hundred million yuan:")
        print(
            found.by_grade().select(
                "grade",
                (pl.col("rate_bp") / 100).alias("rate_percent"),
                "firms",
                (pl.col("amount_fen") / 100).round().alias("line_yuan"),
                (pl.col("expected_profit_fen") / 100).round().alias("profit_yuan"),
            )
        )
        print(f"  expected profit {found.profit_fen / 100:,.0f} yuan; by HiGHS")
        print(f"  {program.profit_fen / 100:,.0f}. {found.in_words()}")
        prices.price_by_grade(found.by_grade()).update_layout(
            title=f"Real firms: lines and rates, {budget // 10**8} million yuan"
        ).show()

# %% [markdown]
# ### Does it beat one price for everyone?
#
# On the figures that set the prices it must: the flat price is one of its choices. The honest rows are
# the last of each block, where every firm's price came from the other firms' outcomes. Intervals draw
# firms; three defaults among the firms lent to decide everything.

# %%
if firms is None:
    print("Skipped: the contest data are not here.")
else:
    carried = Terms(rate_bp=400, funding_bp=250, lgd_bp=4500)
    for name, asked in (
        ("all lost, no funding cost", whole_loss),
        ("LGD 45%, funded at 2.5%", carried),
    ):
        compared = against_flat(rated, table, asked, rated["bad"])
        print(name)
        print(
            compared.select(
                "profit",
                by_grade=pl.col("by_grade_fen") // 100,
                flat=pl.col("flat_fen") // 100,
                difference=pl.col("difference_fen") // 100,
                low=pl.col("low_fen") // 100,
                high=pl.col("high_fen") // 100,
                share_better=pl.col("share_better").round(3),
            )
        )
        print("yuan")

# %% [markdown]
# ### What the grade's knowledge of the outcome is worth
#
# All 24 firms of grade D defaulted: the grade was given with the outcome in view. A card on the invoice
# figures, scoring firms it has not seen, does not know it. Its ranks are cut
# at the grades' own shares (27, 38, 34, 24; equal PDs stay together), so the churn table still applies.

# %%
if firms is None:
    print("Skipped: the contest data are not here.")
else:
    warnings.simplefilter("ignore", LeakWarning)  # 27 defaults in 123 firms: large by chance
    invoices = firms.drop("bad")
    small = Calibrated(
        Scorecard(BinningProcess(max_bins=3, min_share=0.1), min_iv=0.0), folds=5
    ).fit(invoices, firms["bad"].to_numpy())
    unseen = small.calibrator_.probability(small.out_of_fold_)
    places = pl.Series(unseen).rank("average")
    by_card = rated.select("firm_id", "bad").with_columns(
        pl.Series("grade", GRADES[np.searchsorted([27, 65, 99], places)]),
        pl.Series("pd_ppm", np.rint(unseen * 1_000_000)).cast(pl.Int64),
    )
    in_sight = price(rated, table, whole_loss, pd=chances)
    blind = price(by_card, table, whole_loss, id="firm_id")
    for name, priced, outcome in (
        ("bank's grade", in_sight, rated["bad"]),
        ("card out of fold", blind, by_card["bad"]),
    ):
        earned = int(realised(priced, outcome, whole_loss).sum())
        print(
            f"{name}: expected {priced.profit_fen / 100:,.0f}, realised {earned / 100:,.0f} yuan."
        )
    honest = against_flat(by_card, table, whole_loss, by_card["bad"], pd="pd_ppm").row(
        -1, named=True
    )
    print(f"By the card against one price: {honest['difference_fen'] / 100:+,.0f} yuan realised")
    print(f"({honest['low_fen'] / 100:,.0f} to {honest['high_fen'] / 100:,.0f}).")

# %% [markdown]
# ### 302 firms without a grade, 100 million yuan
#
# The contest's second task, where the budget does bind. The card scores firms that have no outcome at
# all, so nothing here can be checked: it is what the method says, no more.

# %%
if firms is None:
    print("Skipped: the contest data are not here.")
else:
    ungraded = pl.read_parquet(where / "cumcm2020c_sme_no_credit.parquet")
    guessed = small.predict_proba(ungraded.select(invoices.columns))[:, 1]
    shares = np.cumsum([27, 38, 34]) / 123 * ungraded.height
    asking = ungraded.select("firm_id").with_columns(
        pl.Series("grade", GRADES[np.searchsorted(shares, pl.Series(guessed).rank("average"))]),
        pl.Series("pd_ppm", np.rint(guessed * 1_000_000)).cast(pl.Int64),
    )
    answer = price(asking, table, whole_loss, id="firm_id")
    same = flat(asking, table, whole_loss, id="firm_id")
    told = answer.frame.group_by("grade", "decision").agg(
        firms=pl.len(),
        mean_pd_percent=(pl.col("pd_ppm").mean() / 10_000).round(2),
        rate_from=pl.col("rate_bp").min() / 100,
        rate_to=pl.col("rate_bp").max() / 100,
    )
    print(told.sort("grade", "decision"))
    print(f"Expected {answer.profit_fen / 100:,.0f} yuan, flat {same.profit_fen / 100:,.0f}.")
    print(answer.in_words())

# %% [markdown]
# ## In words
#
# Measured above, put in words by the code. Figures of money rest on the assumed terms.

# %%
gain = (row["profit_fen"] - everyone["profit_fen"]) / 1e8
print(
    f"1. A line at {top.cut_off} earns {gain:+,.1f} million against approving everybody, on accounts"
)
print(f"   it was not chosen on; {top.loosest} to {top.strictest} cannot be told from it.")
print(
    f"2. Trees in place of the card: {apart.value:+.3%} of the amount applied for, p {apart.p:.1g}."
)
print(f"3. Referring one in ten: {(referred.profit_fen - top.profit_fen) / 1e8:+,.1f} million,")
print("   if a review finds what was assumed.")
print(f"4. Shocks together: {together.loss.value:.1%} of draws lose money.")
print(f"5. Ages: {width:.1%} between the most and the least approved; a line per band leaves")
print(f"   {near['largest_gap']:.1%} for at least 99% of the most profit, on the same accounts.")
if firms is not None:
    last = against_flat(rated, table, whole_loss, rated["bad"]).row(-1, named=True)
    shown = "shown" if last["low_fen"] > 0 else "not shown"
    print(
        f"6. Contest: prices by grade against one price, {last['difference_fen'] / 100:+,.0f} yuan"
    )
    print(f"   ({last['low_fen'] / 100:,.0f} to {last['high_fen'] / 100:,.0f}): {shown}.")
