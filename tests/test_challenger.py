"""The challenger obeys directions, adds up, stores whole, and never takes the process down."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.scorecards.boosting import SETTINGS
from lishui_credit.scorecards.calibrate import Calibrated
from lishui_credit.scorecards.challenger import Challenger
from lishui_credit.scorecards.scorecard import Scorecard

ROOT = Path(__file__).resolve().parents[1]
QUICK = {"settings": "four leaves", "max_rounds": 60, "patience": 20}


def people(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    X = pl.DataFrame(
        {
            "债务": rng.random(n),
            "years": rng.integers(18, 80, n),
            "use": rng.choice(["茶", "车", "房"], n, p=[0.5, 0.3, 0.2]),
            "flat": np.ones(n),
            "own": rng.random(n) < 0.5,
        }
    ).with_columns(
        pl.when(pl.Series(rng.random(n) < 0.1)).then(None).otherwise(pl.col("债务")).alias("债务")
    )
    z = 3 * (X["债务"].fill_null(0.9).to_numpy() - 0.5) + (X["use"] == "车").to_numpy() - 1
    return X, (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)


@pytest.fixture(autouse=True)
def _language_back():
    yield
    set_language(None)


@pytest.fixture(scope="module")
def fitted():
    return Challenger(monotonic={"债务": "up", "years": "none"}, **QUICK).fit(*people())


def test_it_ranks_people_it_has_not_seen(fitted):
    X, y = people(4000, seed=1)
    z = 3 * (X["债务"].fill_null(0.9).to_numpy() - 0.5) + (X["use"] == "车").to_numpy()
    best = roc_auc_score(y, z)
    assert best - 0.02 < roc_auc_score(y, fitted.predict_proba(X)[:, 1]) < best + 0.01


def sweep(model, X, name, values):
    grid = X.join(pl.DataFrame({"value": values}), how="cross").with_columns(
        pl.col("value").cast(X.schema[name]).alias(name)
    )
    return model.decision_function(grid.drop("value")).reshape(X.height, len(values))


@pytest.mark.parametrize(("word", "sign"), [("up", 1), ("down", -1)])
def test_a_direction_holds_for_everyone_whatever_else_they_are(word, sign):
    rng = np.random.default_rng(0)
    X = pl.DataFrame({"a": rng.random(800), "b": rng.random(800)})
    y = rng.integers(0, 2, 800)  # noise, which a free model follows up and down
    own = {"num_leaves": 15, "learning_rate": 0.2}
    free, bound = (
        Challenger(settings=own, monotonic=directions, max_rounds=30, patience=30).fit(X, y)
        for directions in (None, {"a": word})
    )
    grid = np.linspace(0, 1, 200)
    assert (sign * np.diff(sweep(bound, X[:100], "a", grid)) >= 0).all()
    assert (sign * np.diff(sweep(free, X[:100], "a", grid)) < 0).any()
    assert bound.directions_ == {"a": word, "b": "none"}


def test_directions_come_from_a_fitted_binning_process():
    process = SimpleNamespace(
        directions_={"债务": "up", "use": "down", "years": "peak", "elsewhere": "up"}
    )
    model = Challenger(monotonic=process, **QUICK).fit(*people())
    assert model.directions_ == {
        "债务": "up",
        "years": "none",
        "use": "none",
        "flat": "none",
        "own": "none",
    }


def test_all_that_is_wrong_with_directions_is_named_at_once():
    model = Challenger(
        monotonic={"债": "up", "years": "sideways", "use": "down"}, categorical=["own_"]
    )
    with pytest.raises(CreditError) as caught:
        model.fit(*people(100))
    assert len(caught.value.problems) == 4
    assert "did you mean 'own'?" in str(caught.value)


def test_contributions_add_up_to_the_log_odds(fitted):
    X, _ = people(300, seed=2)
    parts = fitted.contributions(X)
    assert parts.columns == [*X.columns, "baseline"]
    total = parts.to_numpy().sum(axis=1)
    np.testing.assert_allclose(total, fitted.decision_function(X), atol=1e-9, rtol=0)
    assert (parts["flat"] == 0).all()
    assert parts["baseline"].n_unique() == 1
    assert np.corrcoef(parts["债务"].to_numpy(), X["债务"].fill_null(0.9).to_numpy())[0, 1] > 0.8


def test_probabilities_are_the_logistic_of_the_log_odds(fitted):
    X, _ = people(50)
    bad = fitted.predict_proba(X)[:, 1]
    np.testing.assert_allclose(np.log(bad / (1 - bad)), fitted.decision_function(X), atol=1e-9)


def test_saved_equals_loaded_to_the_last_bit(fitted, tmp_path):
    X, _ = people(500, seed=3)
    path = tmp_path / "challenger.json"
    text = fitted.to_json(path)
    for again in (Challenger.from_json(path), Challenger.from_json(text)):
        assert (again.decision_function(X) == fitted.decision_function(X)).all()
        assert again.contributions(X).equals(fitted.contributions(X))
        assert again.directions_ == fitted.directions_
        assert again.trials_.equals(fitted.trials_)
    with pytest.raises(ModelError, match="never overwritten"):
        fitted.to_json(path)
    with pytest.raises(ModelError, match="sealed"):
        Challenger.from_json(text.replace("茶", "酒"))
    with pytest.raises(ModelError, match="not JSON"):
        Challenger.from_json(text[:-10])


def test_a_loaded_model_stores_and_fits_again(fitted):
    again = Challenger.from_json(fitted.to_json())
    assert Challenger.from_json(again.to_json()).to_json() == again.to_json()
    refitted = clone(again).fit(*people())
    assert (refitted.decision_function(people()[0]) == fitted.decision_function(people()[0])).all()


def test_one_seed_gives_one_model_and_another_seed_another():
    one, two, other = (Challenger(seed=s, **QUICK).fit(*people()).to_json() for s in (0, 0, 1))
    assert one == two
    assert one != other


def test_order_of_columns_extra_columns_and_kind_of_frame_do_not_matter(fitted):
    X, _ = people(200, seed=4)
    expected = fitted.decision_function(X)
    for same in (
        X.select(X.columns[::-1]).with_columns(more=pl.lit("x")),
        X.lazy(),
        X.to_pandas(),
        X.to_pandas().astype({"use": "category"}),
        X.to_arrow(),
        X.with_columns(pl.col("use").cast(pl.Categorical)),
    ):
        assert (fitted.decision_function(same) == expected).all()
    one_by_one = [fitted.decision_function(X[[row]])[0] for row in range(10)]
    assert one_by_one == expected[:10].tolist()


def test_a_missing_column_is_named(fitted):
    with pytest.raises(SubjectError, match="no column 'years'"):
        fitted.predict_proba(people(5)[0].drop("years"))


def test_unseen_levels_score_as_missing_and_are_counted(fitted):
    X, _ = people(20)
    strange, gone = (X.with_columns(use=pl.lit(v, pl.String)) for v in ("船", None))
    with pytest.warns(UserWarning, match="20 of 20 rows: 船"):
        found = fitted.decision_function(strange)
    np.testing.assert_array_equal(found, fitted.decision_function(gone))
    assert np.isfinite(found).all()
    strict = clone(fitted).set_params(unseen="raise").fit(*people())
    with pytest.raises(SubjectError, match="船"):
        strict.predict_proba(strange)


def test_a_number_named_categorical_is_read_alike_as_float_and_integer():
    X, y = people()
    coded = X.with_columns(pl.col("use").replace_strict({"茶": 1, "车": 2, "房": 3}).alias("use"))
    model = Challenger(categorical=["use"], **QUICK).fit(coded, y)
    held = coded.to_pandas().astype({"use": float})
    assert (model.decision_function(held) == model.decision_function(coded)).all()
    codes = model.codes_
    assert [name for name, levels in zip(codes.names, codes.levels, strict=True) if levels] == [
        "use"
    ]


def test_settings_are_chosen_by_the_number_of_rows_and_held_out_auc():
    few = Challenger(max_rounds=20).fit(*people(800))
    assert set(few.trials_["setting"]) == {
        "four leaves",
        "seven leaves",
        "seven leaves, random cuts",
    }
    many = Challenger(max_rounds=5).fit(*people(3000))
    assert "sixty-three leaves" in many.trials_["setting"]
    assert many.setting_ == many.trials_["setting"][0]
    finalists = many.trials_.filter(pl.col("parts") == 3)
    assert finalists.height == 3
    assert finalists["auc"].to_list() == sorted(finalists["auc"], reverse=True)
    assert many.trials_.filter(pl.col("parts") == 1).height == 3
    with pytest.raises(CreditError, match="no such setting · found: five leaves"):
        Challenger(settings=["five leaves"]).fit(*people(100))


def test_early_stopping_stops_where_nothing_is_to_be_learned():
    rng = np.random.default_rng(0)
    X = pl.DataFrame({"a": rng.random(1000), "b": rng.random(1000)})
    model = Challenger(settings="seven leaves", patience=30).fit(X, rng.integers(0, 2, 1000))
    assert model.rounds_ < 300
    assert model.booster_.num_trees() == model.rounds_


@pytest.mark.parametrize(("refit", "rows"), [(True, 900), (False, 600)])
def test_the_found_rounds_are_fitted_to_all_rows_or_to_those_of_the_first_split(refit, rows):
    own = {"num_leaves": 4, "learning_rate": 0.1}
    model = Challenger(settings=own, max_rounds=20, refit=refit).fit(*people(900))
    tree = model.booster_.trees_to_dataframe().query("tree_index == 0 and left_child.isnull()")
    assert tree["count"].sum() == rows


def test_rows_of_one_group_are_never_on_both_sides():
    rng = np.random.default_rng(0)
    firm = np.repeat(np.arange(60), 10)
    y = np.repeat(rng.integers(0, 2, 60), 10)  # a firm's outcome is known from its other rows
    X = pl.DataFrame({"firm": rng.permutation(60)[firm]})
    own = {"num_leaves": 31, "min_data_in_leaf": 1, "learning_rate": 0.3}
    model = Challenger(settings=own, max_rounds=50, patience=50)
    assert model.fit(X, y).trials_["auc"][0] > 0.95
    assert model.fit(X, y, groups=firm).trials_["auc"][0] < 0.8


def test_weights_move_the_level():
    X, y = people()
    heavy = Challenger(**QUICK).fit(X, y, sample_weight=np.where(y == 1, 4.0, 1.0))
    plain = Challenger(**QUICK).fit(X, y)
    gap = heavy.decision_function(X).mean() - plain.decision_function(X).mean()
    assert gap == pytest.approx(np.log(4), abs=0.4)


def test_thousands_of_villages_of_noise_cost_no_auc():
    X, y = people(4000)
    rng = np.random.default_rng(5)
    noisy = X.with_columns(village=pl.Series(rng.integers(0, 3000, 4000).astype(str)))
    later, outcome = people(4000, seed=6)
    later_noisy = later.with_columns(village=pl.Series(rng.integers(0, 3000, 4000).astype(str)))
    quick = {**QUICK, "unseen": "ignore"}
    plain = roc_auc_score(outcome, Challenger(**quick).fit(X, y).predict_proba(later)[:, 1])
    with_noise = Challenger(**quick).fit(noisy, y).predict_proba(later_noisy)[:, 1]
    assert roc_auc_score(outcome, with_noise) > plain - 0.01


def test_scikit_learn_cross_validates_searches_and_pipes_it():
    X, y = people(600)
    model = Challenger(**QUICK)
    scores = cross_val_score(model, X, y, scoring="roc_auc", cv=3, error_score="raise")
    assert scores.min() > 0.6
    as_pandas = cross_val_score(
        model, X.to_pandas(), y, scoring="roc_auc", cv=3, error_score="raise"
    )
    np.testing.assert_array_equal(scores, as_pandas)
    pipe = Pipeline([("same", FunctionTransformer()), ("trees", model)])
    grid = GridSearchCV(pipe, {"trees__settings": ["four leaves"]}, scoring="roc_auc", cv=3)
    assert grid.fit(X, y).predict_proba(X).shape == (600, 2)
    assert grid.best_estimator_[-1].feature_names_in_.tolist() == X.columns


def test_what_a_card_gives_up_has_an_interval(fitted):
    X, y = people(3000, seed=7)
    card = SimpleNamespace(
        predict_proba=lambda frame: np.column_stack([1 - frame["years"] / 99, frame["years"] / 99])
    )
    found = fitted.gives_up(card, X, y, resamples=200)
    assert found.low > 0.05
    assert found.challenger == roc_auc_score(y, fitted.predict_proba(X)[:, 1])


def test_it_is_calibrated_out_of_fold_text_columns_and_lazy_frames_included():
    X, y = people()
    model = Calibrated(Challenger(unseen="ignore", **QUICK), folds=3).fit(X.lazy(), y)
    later, outcome = people(4000, seed=11)
    bad = model.predict_proba(later.lazy())[:, 1]
    assert bad.mean() == pytest.approx(outcome.mean(), abs=0.04)
    assert roc_auc_score(y, model.out_of_fold_) < roc_auc_score(y, model.predict_proba(X)[:, 1])


def test_bad_input_is_refused():
    X, y = people(100)
    with pytest.raises(SubjectError, match="one class"):
        Challenger().fit(X, np.zeros(100))
    with pytest.raises(SubjectError, match="infinite"):
        Challenger().fit(X.with_columns(age=float("inf")), y)
    with pytest.raises(SubjectError, match="length"):
        Challenger().fit(X, y[:-1])
    with pytest.raises(CreditError, match="baseline"):
        Challenger().fit(X.rename({"flat": "baseline"}), y)
    with pytest.raises(ModelError, match="not fitted"):
        Challenger().predict_proba(X)
    with pytest.raises(SubjectError, match="3 folds, 2 rows"):
        Challenger().fit(X, np.arange(100) < 2)


def test_columns_that_say_nothing_are_taken():
    X, y = people(300)
    empty = X.with_columns(empty=pl.lit(None), gap=pl.lit(None, pl.String))
    model = Challenger(**QUICK).fit(empty, y)
    assert (model.contributions(empty)[["empty", "gap"]].to_numpy() == 0).all()
    lonely = Challenger(**QUICK).fit(X.select("flat"), y)
    np.testing.assert_allclose(lonely.predict_proba(X)[:, 1], y.mean(), atol=1e-6)


GUARD = """
import datetime as dt
import numpy as np, polars as pl
from lishui_credit.errors import CreditError
from lishui_credit.scorecards.challenger import Challenger

n = 200
rng = np.random.default_rng(0)
y = rng.integers(0, 2, n)
kinds = {
    "String": pl.Series(rng.choice(["a", "b"], n)),
    "Categorical": pl.Series(rng.choice(["a", "b"], n), dtype=pl.Categorical),
    "Enum": pl.Series(rng.choice(["a", "b"], n), dtype=pl.Enum(["a", "b"])),
    "Boolean": pl.Series(rng.random(n) < 0.5),
    "Null": pl.Series([None] * n),
    "Date": pl.Series([dt.date(2026, 1, 1)] * n),
    "Datetime": pl.Series([dt.datetime(2026, 1, 1)] * n),
}
plain = Challenger(settings="four leaves", max_rounds=5).fit(pl.DataFrame({"x": rng.random(n)}), y)
for kind, column in kinds.items():
    for where in ("fit", "score"):
        X = pl.DataFrame({"x": column, "number": rng.random(n)})
        try:
            model = Challenger(settings="four leaves", max_rounds=5).fit(X, y) if where == "fit" else plain
            ok = np.isfinite(model.predict_proba(X)).all()
            ok = ok and np.isfinite(model.contributions(X).to_numpy()).all()
            print(kind, where, "scored" if ok else "wrong")
        except CreditError:
            print(kind, where, "refused")
"""


def test_no_type_of_column_takes_the_process_down():
    done = subprocess.run(
        [sys.executable, "-c", GUARD], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "String fit scored",
        "String score refused",
        "Categorical fit scored",
        "Categorical score refused",
        "Enum fit scored",
        "Enum score refused",
        "Boolean fit scored",
        "Boolean score scored",
        "Null fit scored",
        "Null score scored",
        "Date fit refused",
        "Date score refused",
        "Datetime fit refused",
        "Datetime score refused",
    ]


def test_the_settings_name_what_lightgbm_knows():
    import lightgbm

    known = lightgbm.basic._ConfigAliases._get_all_param_aliases()
    assert not {key for setting in SETTINGS.values() for key in setting} - set(known)


def test_german_credit_is_ranked_as_well_as_by_the_tuned_reference():
    frame = pl.read_parquet(ROOT / "data_samples/german_credit.parquet")
    X, y = frame.drop("bad"), frame["bad"].to_numpy()
    cut = StratifiedKFold(5, shuffle=True, random_state=0)
    model = Challenger(settings=["seven leaves, random cuts"], unseen="ignore")
    assert cross_val_score(model, X, y, cv=cut, scoring="roc_auc").mean() > 0.775


def test_pandas_rows_keep_their_order_whatever_the_index(fitted):
    X, _ = people(50)
    shuffled = X.to_pandas().set_index(pd.Index(range(50, 0, -1)))
    assert (fitted.decision_function(shuffled) == fitted.decision_function(X)).all()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "protected attribute (sex); name it with a reason to take it"),
        ("zh", "受保护属性(sex);如需使用请注明理由"),
    ],
)
def test_protected_attributes_are_left_out_as_by_the_card_unless_named_with_a_reason(
    language, said
):
    X, y = people(600)
    set_language(language)
    sex = pl.Series("sex", np.where(y == 1, "m", "f"))
    model = Challenger(**QUICK).fit(X.with_columns(sex), y)
    assert list(model.codes_.names) == X.columns
    assert model.dropped_ == {"sex": said}
    assert Scorecard().fit(X.with_columns(sex), y).dropped_["sex"] == said
    alone = Challenger(**QUICK).fit(X, y).predict_proba(X)
    for one in (model, Challenger.from_json(model.to_json())):
        assert one.dropped_ == {"sex": said}
        assert (one.predict_proba(X.with_columns(sex)) == alone).all()
    assert list(model.feature_names_in_) == [*X.columns, "sex"]
    asked = Challenger(protected={"sex": "asked by the regulator"}, **QUICK)
    taken = Challenger.from_json(asked.fit(X.with_columns(sex), y).to_json())
    assert list(taken.codes_.names) == [*X.columns, "sex"]
    assert taken.protected == asked.protected
    with pytest.raises(SubjectError, match="sex"):
        Challenger(**QUICK).fit(sex.to_frame(), y)
