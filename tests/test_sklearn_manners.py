"""The estimators keep scikit-learn's manners: its own checks, names, outputs, searches, weights."""

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.scorecards import BinningProcess, Calibrated, Challenger, Scorecard, load, save
from lishui_credit.scorecards.cards.card_file import from_json
from tests.models import german, mixed, mixed_process

LABELS = "outcomes are 1 bad and 0 good: which of other labels is bad cannot be guessed"
WEIGHTS = "weights have no unit, so a weight of two is not a row twice; the effective number of rows counts"
ONE_COLUMN = "an outcome of shape (n, 1) is refused; whoever has one says which column it is"
ODDS = "a default of odds is Odds, which cannot be changed and says which way they run"
HEADERS = "the frame of this check has numbers for column names, which a card could not keep"
OF_WEIGHTS = {
    "check_sample_weight_equivalence_on_dense_data": WEIGHTS,
    "check_sample_weights_pandas_series": HEADERS,
}
OF_LABELS = dict.fromkeys(
    [
        "check_classifier_data_not_an_array",
        "check_classifiers_classes",
        "check_estimators_dtypes",
        "check_sample_weights_not_an_array",
        "check_sample_weights_not_overwritten",
        "check_sample_weights_shape",
    ],
    LABELS,
)
PLAIN = {**OF_WEIGHTS, **OF_LABELS, "check_supervised_y_2d": ONE_COLUMN}
LOOSE = BinningProcess(min_bads=0, min_goods=0, min_share=0)
"""Bins that the dozens of rows of scikit-learn's checks can fill."""


def zero_one(y: Any) -> Any:
    """The labels of a check as outcomes, where they are labels; anything else as it came."""
    given = np.asarray(y)
    if y is None or given.ndim != 1 or given.dtype.kind not in "iuUSO":
        return y
    found = np.unique(given.astype(str))
    return y if len(found) < 2 else (given.astype(str) == found[0]).astype(int)


class AnyBins(BinningProcess):
    """Bins of a check that calls outcomes by other labels."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return super().fit(X, zero_one(y), sample_weight)


@pytest.fixture(autouse=True)
def _english() -> Any:
    set_language("en")
    yield
    set_language(None)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (
            Scorecard(LOOSE, min_iv=0, sign="flag"),
            {**PLAIN, "check_parameters_default_constructible": ODDS},
        ),
        (Challenger(folds=2, max_rounds=20), PLAIN),
        (AnyBins(**LOOSE.get_params()), OF_WEIGHTS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_check_of_scikit_learn_passes_or_cannot_for_a_reason(
    estimator: Any, expected: dict[str, str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(
            estimator, expected_failed_checks=expected, on_fail=None, on_skip=None
        )
    failed = {row["check_name"]: row["exception"] for row in found if row["status"] == "failed"}
    assert not failed
    assert {row["check_name"] for row in found if row["status"] == "xfail"} == set(expected)
    assert len(found) > 45


@pytest.mark.parametrize("estimator", [Scorecard(), BinningProcess(), Challenger()], ids=repr)
def test_what_is_not_fitted_says_so_as_scikit_learn_does(estimator: Any) -> None:
    verbs = [
        verb
        for verb in ("predict_proba", "decision_function", "score", "transform")
        if hasattr(estimator, verb)
    ]
    assert verbs
    for verb in verbs:
        with pytest.raises(NotFittedError) as caught:
            getattr(estimator, verb)(german()[0], *([german()[1]] if verb == "score" else []))
        assert isinstance(caught.value, ModelError)
        again = pickle.loads(pickle.dumps(caught.value))
        assert isinstance(again, NotFittedError)
        assert str(again) == str(caught.value)


@pytest.mark.parametrize(
    "estimator", [Scorecard(), BinningProcess(), Challenger(max_rounds=20)], ids=repr
)
def test_columns_are_named_as_scikit_learn_names_them(estimator: Any) -> None:
    frame, bad = german()
    few = frame.select("credit_amount", "duration_in_month", "purpose")
    estimator.fit(few, bad)
    assert estimator.feature_names_in_.dtype == object
    assert estimator.feature_names_in_.tolist() == few.columns
    assert estimator.n_features_in_ == 3
    estimator.fit(few.drop("purpose").to_numpy(), bad)
    assert estimator.n_features_in_ == 2
    assert not hasattr(estimator, "feature_names_in_")


def test_an_array_is_read_by_place_and_one_of_another_width_is_refused() -> None:
    frame, bad = german()
    few = frame.select("credit_amount", "duration_in_month").cast(pl.Float64)
    named, placed = Scorecard().fit(few, bad), Scorecard().fit(few.to_numpy(), bad)
    assert placed.card_.columns == ["x0", "x1"]
    assert named.score(few).equals(placed.score(few.to_numpy()))
    assert named.score(few).equals(placed.score(few.to_numpy().tolist()))
    for wrong in (few.to_numpy()[:, :1], np.ones((3, 3))):
        with pytest.raises(SubjectError, match="expecting 2 features"):
            placed.score(wrong)
    with pytest.raises(SubjectError, match="no column"):
        named.predict_proba(few.to_numpy())
    for shape in ((3,), (3, 2, 1)):
        with pytest.raises(SubjectError, match="2D"):
            Scorecard().fit(np.ones(shape), [0, 1, 1])


def test_the_output_of_bins_is_the_frame_asked_for() -> None:
    frame, bad = mixed(1500)
    people = frame.to_pandas().set_index(pd.Index(range(5, 1505)))
    process = mixed_process().fit(people, bad)
    assert isinstance(process.transform(people), pd.DataFrame)
    assert isinstance(process.transform(frame), pl.DataFrame)
    with sklearn.config_context(transform_output="polars"):
        assert isinstance(process.transform(people), pl.DataFrame)
    asked = process.set_output(transform="pandas").transform(people)
    assert asked.index.equals(people.index)
    assert isinstance(process.transform(frame), pd.DataFrame)
    assert (
        process.set_output().set_output(transform="polars").transform(people).columns
        == frame.columns
    )
    with sklearn.config_context(transform_output="pandas"):
        assert isinstance(process.transform(people), pl.DataFrame)
    assert isinstance(process.set_output(transform="default").transform(people), pd.DataFrame)
    with pytest.raises(ModelError, match="no such output"):
        process.set_output(transform="arrow")
    pipe = make_pipeline(mixed_process(), "passthrough").set_output(transform="pandas")
    assert isinstance(pipe.fit_transform(frame, bad), pd.DataFrame)
    both = ColumnTransformer([("woe", BinningProcess(), ["income", "months"])])
    assert both.set_output(transform="polars").fit_transform(people, bad).width == 2


@pytest.mark.parametrize("model", [Scorecard(), Challenger(max_rounds=30)], ids=repr)
def test_a_score_with_outcomes_is_one_number(model: Any) -> None:
    frame, bad = german()
    model.fit(frame, bad)
    weight = np.where(bad == 1, 3.0, 0.5)
    risk = model.predict_proba(frame)[:, 1]
    assert model.score(frame, bad) == pytest.approx(roc_auc_score(bad, risk))
    weighed = model.score(frame, bad, sample_weight=weight)
    assert weighed == pytest.approx(roc_auc_score(bad, risk, sample_weight=weight))
    with pytest.raises(SubjectError, match="both outcomes"):
        model.score(frame, np.zeros(len(bad)))
    with pytest.raises(SubjectError, match="lengths"):
        model.score(frame, bad[:-1])


def test_a_search_without_a_named_measure_goes_by_the_area_under_the_curve() -> None:
    frame, bad = german()
    people = frame.to_pandas()
    found = cross_val_score(Scorecard(), people, bad, cv=3, error_score="raise")
    named = cross_val_score(Scorecard(), people, bad, cv=3, scoring="roc_auc", error_score="raise")
    np.testing.assert_allclose(found, named)


def test_the_parameters_of_a_process_that_is_not_named_can_be_searched() -> None:
    frame, bad = german()
    model = Scorecard()
    assert model.get_params()["process__max_bins"] == BinningProcess().max_bins
    assert "process__max_bins" not in model.get_params(deep=False)
    grid = {"process__max_bins": [1, 5], "process__missing": ["own"]}
    search = GridSearchCV(model, grid, cv=2, error_score=0.0).fit(frame.to_pandas(), bad)
    assert search.best_params_["process__max_bins"] == 5
    assert search.best_estimator_.process.max_bins == 5
    assert model.process is None
    with pytest.raises(CreditError, match=r"max_binz.*did you mean"):
        model.set_params(process__max_binz=3)
    assert model.process is None
    with pytest.raises(CreditError, match="has no parameters"):
        model.set_params(pdo__unit=3)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: BinningProcess(missing="wrost"), "missing: no such missing.*did you mean 'worst'"),
        (lambda: BinningProcess(unseen="nuetral"), "did you mean 'neutral'"),
        (lambda: BinningProcess(direction="vally"), "did you mean 'valley'"),
        (lambda: BinningProcess(monotonic={"late": "dwon"}), "down"),
        (lambda: BinningProcess(max_bins=3.5), "max_bins is not a whole number >= 1"),
        (lambda: BinningProcess(max_bins=True), "max_bins"),
        (lambda: BinningProcess(min_share=1.2), "min_share is not a number >= 0, <= 1"),
        (lambda: BinningProcess(max_p_value=5), "max_p_value"),
        (lambda: BinningProcess(n_jobs=0), "n_jobs"),
        (lambda: Scorecard(selection="foward"), "did you mean 'forward'"),
        (lambda: Scorecard(sign=None), "sign"),
        (lambda: Scorecard(pdo=0), "pdo is not a number > 0"),
        (lambda: Scorecard(pdo="20"), "pdo"),
        (lambda: Scorecard(base_score=float("nan")), "base_score"),
        (lambda: Scorecard(base_odds=50), "base_odds"),
        (lambda: Scorecard(point_unit=1.5), "point_unit"),
        (lambda: Scorecard(min_iv=-1), "min_iv"),
        (lambda: Scorecard(max_correlation=2), "max_correlation"),
        (lambda: Scorecard(max_vif=0.5), "max_vif"),
        (lambda: Scorecard(stop_p=-0.1), "stop_p"),
        (lambda: Scorecard(ridge=-1), "ridge"),
        (lambda: Scorecard(scaling="min_max", low=5, high=5), "low is not below high"),
        (lambda: Scorecard(process="fine"), "process must be"),
        (lambda: Scorecard(grades=["A"]), "grades must be"),
        (lambda: Scorecard(protected=["age"]), "protected maps"),
        (lambda: Challenger(folds=1), "folds"),
        (lambda: Challenger(max_rounds=0), "max_rounds"),
        (lambda: Challenger(seed=-1), "seed"),
        (lambda: Challenger(unseen="ignroe"), "did you mean 'ignore'"),
    ],
)
def test_a_parameter_of_another_name_or_range_is_refused_at_the_fit(made: Any, said: str) -> None:
    model = made()
    frame = pl.DataFrame({"late": [0, 1, 2, 3] * 50})
    with pytest.raises(CreditError, match=said):
        model.fit(frame, [0, 0, 1, 1] * 50)


def test_everything_wrong_with_the_parameters_is_said_at_once() -> None:
    with pytest.raises(CreditError) as caught:
        Scorecard(pdo=0, sign="x", ridge=-1).fit(*german())
    assert len(caught.value.problems) == 3


def test_numbers_of_numpy_fit_and_are_stored_as_numbers(tmp_path: Any) -> None:
    process = BinningProcess(
        max_bins=np.int64(4),
        min_share=np.float32(0.05),
        smoothing=np.float64(1),
        rare_levels=np.int8(30),
    )
    model = Scorecard(
        process,
        pdo=np.int32(20),
        base_score=np.float64(600),
        ridge=np.float32(1),
        point_unit=np.int16(10),
    ).fit(*german())
    assert from_json(model.to_json()).score(german()[0]).equals(model.score(german()[0]))
    assert load(save(model.card_, tmp_path / "a" / "1")).settings["max_bins"] == 4


# ---- weights ------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1e-9, 1 / 3, 7, 1e6, 1e200])
def test_weights_may_have_any_unit(unit: float) -> None:
    frame, bad = german()
    weight = np.random.default_rng(0).uniform(0.2, 3, len(bad))
    plain, other = (Scorecard().fit(frame, bad, w) for w in (weight, weight * unit))
    assert other.card_.table().equals(plain.card_.table())
    assert other.score(frame).equals(plain.score(frame))
    trees = [Challenger(max_rounds=20).fit(frame, bad, w) for w in (weight, weight * unit)]
    np.testing.assert_allclose(*(model.predict_proba(frame) for model in trees), atol=1e-6)


@pytest.mark.parametrize("unit", [1 / 1000, 1, 50])
def test_equal_weights_are_none(unit: float) -> None:
    frame, bad = german()
    found = Scorecard().fit(frame, bad, np.full(len(bad), unit))
    assert found.card_.table().equals(Scorecard().fit(frame, bad).card_.table())


def test_weights_count_for_the_effective_number_of_rows() -> None:
    frame, bad = german()
    weight = np.where(np.arange(len(bad)) % 2 == 0, 3.0, 1.0)
    binning = (
        BinningProcess().fit(frame.select("credit_amount"), bad, weight).binnings_["credit_amount"]
    )
    effective = weight.sum() ** 2 / (weight**2).sum()
    assert binning.total_goods + binning.total_bads == pytest.approx(effective)
    assert effective == pytest.approx(800)


def test_weights_that_leave_one_class_or_one_row_are_refused() -> None:
    frame, bad = german()
    for model in (Scorecard(), BinningProcess(), Challenger()):
        with pytest.raises(SubjectError, match="only one class has any weight"):
            model.fit(frame, bad, (bad == 0).astype(float))
    lone = np.full(len(bad), 1e-9)
    lone[:3] = 1.0
    with pytest.raises(SubjectError, match="a few rows carry nearly all the weight"):
        Scorecard().fit(frame, bad, lone)


def test_a_calibrated_model_has_a_score_too() -> None:
    frame, bad = german()
    model = Calibrated(Scorecard(), folds=2).fit(frame, bad)
    assert 0.7 < model.score(frame, bad) < 0.9
