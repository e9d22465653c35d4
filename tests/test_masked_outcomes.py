"""The masked benchmark: what is hidden stays hidden, intervals are those of the formula, verdicts true.

Everything here is simulated; figures are compared in direction only.
"""

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.scorecards import fuzzy_augmentation, masked_benchmark
from lishui_credit.scorecards.masked_outcomes import METHODS

MODEL = LogisticRegression(C=1e6, max_iter=500)


def applicants(n=3000, seed=0):
    """`h` is what an old lender may see and the file lack."""
    rng = np.random.default_rng(seed)
    x, z, h = rng.normal(size=(3, n))
    bad = rng.random(n) < 1 / (1 + np.exp(1 - x - 0.5 * z - 1.2 * h))
    return pl.DataFrame({"x": x, "z": z, "h": h}), bad.astype(int)


@pytest.fixture(scope="module")
def knew_more():
    return masked_benchmark(MODEL, *applicants(), unseen=["h"], repeats=2)


@pytest.fixture(scope="module")
def file_tells_all():
    return masked_benchmark(MODEL, *applicants(), repeats=2)


def value(found, method, measure, column="value"):
    return found.table.filter(method=method, measure=measure)[column][0]


def test_every_method_and_measure_has_a_row_and_a_run(knew_more):
    names = ["accepted only", *METHODS, "told the bad rate", "all outcomes"]
    assert knew_more.table["method"].unique(maintain_order=True).to_list() == names
    assert knew_more.table.height == 4 * len(names)
    assert knew_more.runs.height == 2 * 5 * len(names)
    assert (knew_more.rows, knew_more.bads) == (3000, int(applicants()[1].sum()))


def test_where_the_lender_knew_more_only_outside_knowledge_corrects(knew_more):
    assert knew_more.bad_rate_rejected > knew_more.bad_rate_accepted + 0.2
    assert value(knew_more, "accepted only", "bias") < -0.05
    assert abs(value(knew_more, "told the bad rate", "bias")) < 0.03
    verdicts = knew_more.verdicts()
    assert verdicts["told the bad rate"] == verdicts["all outcomes"] == "helps"
    assert verdicts["fuzzy"] == "not shown"  # it repeats what the accepted say
    assert value(knew_more, "told the bad rate", "brier", "recovered") > 0.5
    assert abs(value(knew_more, "fuzzy", "brier", "recovered")) < 0.05
    assert value(knew_more, "all outcomes", "brier", "recovered") == 1


def test_where_the_file_tells_all_hard_labels_and_needless_caution_hurt(file_tells_all):
    assert abs(value(file_tells_all, "accepted only", "bias")) < 0.02
    verdicts = file_tells_all.verdicts()
    for method in ("fuzzy, odds doubled", "parcelling", "extrapolation", "hard cut-off"):
        assert verdicts[method] == "hurts", method
        assert value(file_tells_all, method, "brier", "change_high") < 0


def test_intervals_are_students_widened_for_shared_rows(knew_more):
    runs = knew_more.runs
    own, base = (
        runs.filter(method=name)["brier"].to_numpy() for name in ("parcelling", "accepted only")
    )
    change = base - own  # less is better
    error = change.std(ddof=1) * np.sqrt(1 / 10 + 1 / 4)
    low, high = stats.t.interval(0.95, 9, change.mean(), error)
    assert value(knew_more, "parcelling", "brier", "change") == pytest.approx(change.mean())
    assert value(knew_more, "parcelling", "brier", "change_low") == pytest.approx(low)
    assert value(knew_more, "parcelling", "brier", "change_high") == pytest.approx(high)


def test_a_method_sees_outcomes_of_the_accepted_only_and_never_the_fold_held_out():
    X, y = applicants(600)
    X = X.with_columns(row=pl.int_range(600).cast(pl.Float64))
    accepted = X["x"].to_numpy() < 0.3
    given = []

    def spy(model, X, y, rejects, seed):
        given.append((X["row"].to_list(), list(y), rejects["row"].to_list()))
        return fuzzy_augmentation(model, X, y, rejects)

    found = masked_benchmark(
        MODEL, X, y, accepted=accepted, methods={"spy": spy}, folds=3, repeats=1
    )
    assert found.share == pytest.approx(accepted.mean())
    assert len(given) == 3
    for rows, outcomes, rejects in given:
        taken = [int(row) for row in rows]
        assert accepted[taken].all()
        assert not accepted[[int(row) for row in rejects]].any()
        assert outcomes == y[taken].tolist()
        assert len(rows) + len(rejects) == 400
    held = [set(range(600)) - {int(row) for row in (*rows, *rejects)} for rows, _, rejects in given]
    assert set.union(*held) == set(range(600))


def test_the_measures_of_the_accepted_alone_are_what_scikit_learn_counts():
    from sklearn.model_selection import StratifiedKFold

    X, y = applicants(600, 4)
    accepted = X["x"].to_numpy() < 0.2
    found = masked_benchmark(MODEL, X, y, accepted=accepted, methods={}, folds=3, repeats=1, seed=5)
    cut = StratifiedKFold(3, shuffle=True, random_state=5).split(X, y)
    for fold, (fit, held) in enumerate(cut):
        known = fit[accepted[fit]]
        pd = MODEL.fit(X[known], y[known]).predict_proba(X[held])[:, 1]
        row = found.runs.filter(fold=fold, method="accepted only").row(0, named=True)
        refused = ~accepted[held]
        assert row["auc"] == pytest.approx(roc_auc_score(y[held], pd))
        assert row["auc_rejected"] == pytest.approx(roc_auc_score(y[held][refused], pd[refused]))
        assert row["brier"] == pytest.approx(np.mean((pd - y[held]) ** 2))
        assert row["bias"] == pytest.approx((pd - y[held]).mean())


def test_the_lender_accepts_the_share_asked_for_and_the_better_part():
    X, y = applicants(800, 2)
    found = masked_benchmark(MODEL, X, y, share=0.3, methods={}, folds=2, repeats=1)
    assert found.share == 0.3
    whole = 0.3 * found.bad_rate_accepted + 0.7 * found.bad_rate_rejected
    assert whole == pytest.approx(y.mean())
    assert found.bad_rate_accepted < found.bad_rate_rejected


def test_the_same_seed_gives_the_same_figures_and_another_other_ones():
    X, y = applicants(600, 3)
    made = [masked_benchmark(MODEL, X, y, folds=2, repeats=1, seed=seed).runs for seed in (0, 0, 1)]
    assert made[0].equals(made[1])
    assert not made[0].equals(made[2])


def test_a_fit_function_is_a_model_too():
    X, y = applicants(600, 3)

    def fit(frame, outcome, weight):
        return LogisticRegression(C=1e6, max_iter=500).fit(frame, outcome, sample_weight=weight)

    one, two = (masked_benchmark(model, X, y, folds=2, repeats=1).table for model in (fit, MODEL))
    assert one["value"].to_list() == pytest.approx(two["value"].to_list())


def test_it_is_told_in_both_languages(knew_more):
    try:
        set_language("en")
        assert "the lender also saw h" in str(knew_more)
        assert "fuzzy augmentation: no difference shown" in str(knew_more)
        set_language("zh")
        assert "放贷方另掌握 h" in str(knew_more)
        assert "全部真实结果: 有益" in str(knew_more)
    finally:
        set_language(None)


def test_wrong_settings_are_refused_all_at_once():
    X, y = applicants(100)
    with pytest.raises(SubjectError) as error:
        masked_benchmark(
            MODEL, X, y, share=1.0, unseen=["nothing"], accepted=[1] * 99, folds=1, level=0.0
        )
    said = str(error.value)
    for part in ("share", "level", "no column 'nothing'", "folds is under 2", "one true or false"):
        assert part in said
    with pytest.raises(SubjectError, match="no column is left"):
        masked_benchmark(MODEL, X, y, unseen=["x", "z", "h"])
    with pytest.raises(SubjectError, match="one class only"):
        masked_benchmark(MODEL, X, y, accepted=y == 0, folds=2)
