"""The fitted card: points, signs, selection, scaling, identities, protected attributes."""

import json
import math
import subprocess
import sys
import warnings

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score

from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.grades import Grade, GradeScale
from lishui_credit.scorecards import BinningProcess, Odds, Scorecard, SignWarning
from lishui_credit.scorecards import features as features_module
from lishui_credit.scorecards.cards.identities import Verification, verify
from tests.models import german, german_model, mixed, mixed_process

FRAME, BAD = mixed()


def fitted(**settings: object) -> Scorecard:
    return Scorecard(mixed_process()).set_params(**settings).fit(FRAME, BAD)


def test_the_line_from_log_odds_to_score_passes_through_the_base() -> None:
    card = fitted(pdo=20, base_score=600, base_odds=Odds(good=50, bad=1)).card_
    assert card.pd([600])[0] == pytest.approx(1 / 51)
    odds = (1 - card.pd([620, 600])) / card.pd([620, 600])
    assert odds[0] / odds[1] == pytest.approx(2.0)


def test_the_score_is_the_regression_on_the_scale_up_to_rounding() -> None:
    model = fitted(point_unit=1000)
    woes = model.process_.woes(model.process_.bin_numbers(FRAME, model.features_))
    coefficients = model.card_.coefficients()["coefficient"].to_numpy()
    exact = 600 + 20 / math.log(2) * (woes @ coefficients + model.card_.intercept - math.log(50))
    assert model.score(FRAME).to_numpy() / 1000 == pytest.approx(exact, abs=0.005)


def not_run(found: Verification) -> set[str]:
    """Engines that did not run; `tests/test_engines_here.py` says which must."""
    return {row.name.split(" = ")[0] for row in found.identities if row.holds is None}


@pytest.mark.parametrize("settings", [{}, {"intercept": "kept"}, {"point_unit": 10}])
def test_every_identity_holds_on_hostile_rows(settings: dict[str, object]) -> None:
    for card in (fitted(**settings).card_, german_model().card_):
        found = verify(card)
        assert found.passed, found.table().filter(~pl.col("holds"))
        assert not_run(found) <= {"Spark", "JavaScript"}


def test_identities_hold_of_whole_numbers_that_stand_for_categories() -> None:
    frame, bad = mixed()
    often = np.random.default_rng(1).random(len(bad)) < 0.4
    told = np.where(frame["kind"].to_numpy() == 2, often, bad).astype(int)
    process = BinningProcess(categorical=["kind"])
    card = Scorecard(process).fit(frame.select("income", "kind"), told).card_
    assert card["kind"].binning.type == "coded"
    found = verify(card, rows=300)
    assert found.passed, found.table().filter(~pl.col("holds"))
    assert not_run(found) <= {"Spark", "JavaScript"}


def test_a_broken_card_does_not_pass() -> None:
    from dataclasses import replace

    card = german_model().card_
    first = card.characteristics[0]
    turned = replace(first, points=tuple(reversed(first.points)))
    broken = replace(card, characteristics=(turned, *card.characteristics[1:]))
    assert not verify(broken).passed


def test_points_add_up_to_the_score_and_base_points_can_be_kept() -> None:
    kept, folded = fitted(intercept="kept"), fitted(intercept="folded")
    parts = kept.card_.contributions(FRAME)
    total = parts.select(pl.sum_horizontal(pl.col("^points__.*$")))[:, 0] + kept.card_.base_points
    assert total.equals(parts["score"], check_names=False) or (total == parts["score"]).all()
    assert kept.card_.base_points != 0
    assert folded.card_.base_points == 0
    assert (kept.score(FRAME) == folded.score(FRAME)).all()


def test_a_better_subject_has_more_points_and_a_lower_pd() -> None:
    model = fitted()
    scores, bad = model.score(FRAME), model.predict_proba(FRAME)[:, 1]
    order = np.argsort(scores.to_numpy())
    assert (np.diff(bad[order]) <= 0).all()
    assert roc_auc_score(BAD, -scores.to_numpy()) > 0.65


def test_min_max_scaling_gives_the_worst_row_low_and_the_best_row_high() -> None:
    low, high = fitted(scaling="min_max", low=300, high=850, point_unit=10).card_.range
    assert low / 10 == pytest.approx(300, abs=1)
    assert high / 10 == pytest.approx(850, abs=1)


def test_the_loss_of_rounding_is_said() -> None:
    coarse, fine = fitted(point_unit=1), fitted(point_unit=100)
    assert coarse.rounding_["max_points"] > fine.rounding_["max_points"]
    assert coarse.rounding_["max_points"] <= (len(coarse.features_) + 1) / 2
    assert fine.rounding_["log_loss_after"] == pytest.approx(
        fine.rounding_["log_loss_before"], abs=1e-5
    )


def test_a_frame_is_read_once_on_its_way_to_a_card_and_once_to_its_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = features_module._read
    passed: list[list[str]] = []

    def counted(frame, wanted):
        passed.append(wanted)
        return read(frame, wanted)

    monkeypatch.setattr(features_module, "_read", counted)
    model = Scorecard(mixed_process()).fit(FRAME.to_pandas(), BAD)
    assert passed == [FRAME.columns]
    model.score(FRAME)
    assert passed[1:] == [model.card_.columns]
    BinningProcess().fit(FRAME, BAD)
    assert len(passed) == 3


def flipping(rows: int = 4000) -> tuple[pl.DataFrame, np.ndarray]:
    """A column that alone looks good, and bad beside the one whose noise it measures."""
    draw = np.random.default_rng(4)
    true = draw.normal(size=rows)
    noise = draw.normal(size=rows)
    bad = (draw.random(rows) < 1 / (1 + np.exp(1 + 1.5 * true))).astype(int)
    return pl.DataFrame({"measured": true + noise, "noise": noise + 0.5 * true}), bad


def test_no_coefficient_of_a_card_is_negative_unless_flagged() -> None:
    frame, bad = flipping()
    process = BinningProcess(direction="down")
    with pytest.warns(SignWarning, match="noise"):
        flagged = Scorecard(process, sign="flag", min_iv=0).fit(frame, bad)
    assert flagged.card_.coefficients()["coefficient"].min() < 0
    for sign in ("constrain", "drop"):
        model = Scorecard(process, sign=sign, min_iv=0).fit(frame, bad)
        assert model.card_.coefficients()["coefficient"].min() > 0
        assert any("negative" in why or "系数为负" in why for why in model.dropped_.values())


def test_weak_and_correlated_columns_are_left_out_with_a_reason() -> None:
    draw = np.random.default_rng(6)
    frame = FRAME.with_columns(
        copy=pl.col("income") * 2 + 0.001, luck=pl.Series(draw.normal(size=FRAME.height))
    )
    model = Scorecard(mixed_process(), max_correlation=0.9).fit(frame, BAD)
    assert set(model.dropped_) >= {"luck"}
    assert len({"income", "copy"} & set(model.features_)) == 1
    inflated = Scorecard(mixed_process(), max_vif=5).fit(frame, BAD)
    assert len({"income", "copy"} & set(inflated.features_)) == 1


@pytest.mark.parametrize("selection", ["forward", "l1"])
def test_selection_keeps_what_tells_and_leaves_noise(selection: str) -> None:
    draw = np.random.default_rng(8)
    noise = {f"noise{n}": draw.normal(size=FRAME.height) for n in range(6)}
    frame = FRAME.with_columns(**{name: pl.Series(column) for name, column in noise.items()})
    process = mixed_process().set_params(min_share=0.1)
    model = Scorecard(process, selection=selection, min_iv=0).fit(frame, BAD)
    assert {"income", "months", "owns"} <= set(model.features_)
    assert sum(name.startswith("noise") for name in model.features_) <= 1


def test_protected_attributes_are_no_inputs_unless_named_with_a_reason() -> None:
    features, bad = german()
    assert {"personal_status_and_sex", "age_in_years"} <= set(german_model().dropped_)
    named = Scorecard(protected={"age_in_years": "a study of age"}, min_iv=0).fit(features, bad)
    assert named.card_.protected == {"age_in_years": "a study of age"}
    assert "age_in_years" in named.features_
    with pytest.raises(SubjectError, match=r"reason|理由"):
        Scorecard(protected={"age_in_years": " "}).fit(features, bad)


def test_banned_fields_are_refused_by_name() -> None:
    with pytest.raises(SubjectError, match="宗教"):
        Scorecard().fit(FRAME.with_columns(宗教=pl.lit("x")), BAD)


def test_nothing_to_learn_is_an_error() -> None:
    draw = np.random.default_rng(9)
    frame = pl.DataFrame({"luck": draw.normal(size=20_000)})
    with pytest.raises(SubjectError, match=r"information value|信息值"):
        Scorecard().fit(frame, draw.integers(0, 2, 20_000))


def test_odds_must_say_which_way_they_run() -> None:
    with pytest.raises(ModelError, match="Odds"):
        Scorecard(base_odds=50).fit(FRAME, BAD)
    with pytest.raises(ModelError, match=r"above 0|大于 0"):
        Odds(good=0)


def test_missing_columns_at_scoring_are_named_with_the_nearest() -> None:
    with pytest.raises(SubjectError, match="incom3"):
        fitted().score(FRAME.rename({"income": "incom3"}))


def test_a_lazy_plan_scores_without_loading(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "many.parquet"
    table = FRAME.with_row_index("id")
    table.write_parquet(path, row_group_size=100)
    model = fitted()
    expected = table.select("id").with_columns(model.score(FRAME))
    for _ in range(5):
        found = pl.scan_parquet(path).select("id", model.expr()).collect(engine="streaming")
        assert found.sort("id").equals(expected.with_columns(pl.col("score")))


def test_grades_follow_the_scores() -> None:
    scale = GradeScale(
        (
            Grade(id="A", label_zh="优", at_least=620),
            Grade(id="B", label_zh="中", at_least=560),
            Grade(id="C", label_zh="差"),
        )
    )
    card = fitted(grades=scale).card_
    assert card.grade(pl.Series([700, 620, 619, 560, 559])).to_list() == list("AABBC")
    with pytest.raises(ModelError, match=r"grades|等级"):
        fitted().card_.grade(pl.Series([600]))


def test_the_same_fit_twice_is_the_same_card() -> None:
    from lishui_credit.scorecards.cards.card_file import to_json

    assert to_json(fitted().card_) == to_json(fitted().card_)


def test_it_is_a_scikit_learn_classifier() -> None:
    features, bad = german()
    found = cross_val_score(Scorecard(), features, bad, scoring="roc_auc", cv=3)
    assert found.mean() > 0.74
    search = GridSearchCV(
        Scorecard(BinningProcess()), {"process__max_bins": [3, 6]}, scoring="roc_auc", cv=2
    ).fit(features, bad)
    assert set(search.best_params_) == {"process__max_bins"}
    model = clone(german_model())
    assert not hasattr(model, "card_")
    proba = german_model().predict_proba(features)
    assert proba.sum(axis=1) == pytest.approx(1.0)
    assert (german_model().predict(features) == (proba[:, 1] >= 0.5)).all()
    risk = german_model().decision_function(features)
    assert roc_auc_score(bad, risk) == roc_auc_score(bad, proba[:, 1])


def test_real_data_is_scored_as_well_as_the_peers_do() -> None:
    """German credit, 5-fold, all columns: the best peer's card reaches 0.789 over 25 folds."""
    features, bad = german()
    from sklearn.model_selection import StratifiedKFold

    from tests.models import REASONS

    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = cross_val_score(
            Scorecard(protected=REASONS), features, bad, scoring="roc_auc", cv=folds
        )
    assert found.mean() > 0.775


def test_importing_loads_no_heavy_library() -> None:
    code = (
        "import sys, json; import lishui_credit.scorecards as s; s.Scorecard; s.BinningProcess;"
        "print(json.dumps([m for m in ('sklearn','lightgbm','plotly','scipy','sqlglot')"
        " if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
