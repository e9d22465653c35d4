"""Faults of a sample: what fit, validate and the command line say of copies and of gaps that decide."""

import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from lishui_credit.commands.cli import main
from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.models import fit_file, validate_file
from lishui_credit.scorecards import (
    ArtefactWarning,
    Calibrated,
    Challenger,
    CopiesWarning,
    JointPoints,
    Scorecard,
    fuzzy_augmentation,
    near_copies,
    recording_artefacts,
)
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.cards.card_tables import faults_found, measures
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.scorecards.folds import out_of_fold, takes_groups
from lishui_credit.validation import Records, auc
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validate import validate

DATA = Path(__file__).parent.parent / "data_samples"
SHARED = Path(__file__).parents[2] / "shared" / "data"


def sample(copies=300, gap=False, rows=900, seed=0):
    """Synthetic rows, of some a copy with moved amounts; with a gap, `debt` is missing mostly for bads."""
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            name: rng.lognormal(8, 0.8, rows)
            for name in ("debt", "value", "loan", "sales", "stock", "wages")
        }
    )
    bad = rng.random(rows) < 1 / (1 + np.exp(9.5 - np.log(frame["value"].to_numpy())))
    if gap:
        lost = np.where(bad, rng.random(rows) < 0.7, rng.random(rows) < 0.05)
        frame = frame.with_columns(debt=pl.when(pl.Series(~lost)).then("debt"))
    origin = rng.integers(0, rows, copies)
    moved = frame[origin].with_columns(pl.all() * pl.Series(rng.uniform(0.99, 1.01, copies)))
    return pl.concat([frame, moved]).with_columns(
        bad=pl.Series(np.concatenate([bad, bad[origin]]).astype(np.int8))
    )


def parted(frame):
    return frame.drop("bad"), frame["bad"]


# artefacts


def test_a_gap_of_mostly_bads_is_an_artefact_and_one_at_random_is_none():
    X, y = parted(sample(0, gap=True))
    rng = np.random.default_rng(5)
    X = X.with_columns(loan=pl.when(pl.Series(rng.random(X.height) < 0.8)).then("loan"))
    found = {row["feature"]: row for row in recording_artefacts(X, y).iter_rows(named=True)}
    assert found["debt"]["note"] == "artefact"
    assert found["loan"]["note"] is None
    gap, bad = X["debt"].is_null(), y == 1
    assert found["debt"]["rows"] == gap.sum()
    assert found["debt"]["bad_rate"] == (gap & bad).sum() / gap.sum()
    assert found["debt"]["share_of_bads"] == (gap & bad).sum() / bad.sum()
    assert set(found) == {"debt", "loan"}


def test_the_odds_ratio_and_its_interval_are_those_of_the_four_cells():
    frame = pl.DataFrame({"a": [None] * 50 + [1.0] * 150, "b": [None] * 40 + [2.0] * 160})
    bad = [1] * 30 + [0] * 20 + [1] * 30 + [0] * 120
    row = recording_artefacts(frame, bad).filter(feature="a").row(0, named=True)
    ratio = (30.5 * 120.5) / (20.5 * 30.5)
    error = (1 / 30.5 + 1 / 20.5 + 1 / 30.5 + 1 / 120.5) ** 0.5
    z = 2.241402727604947  # two columns: 1 - 0.05 / 4
    assert row["odds_ratio"] == pytest.approx(ratio)
    assert row["low"] == pytest.approx(ratio * np.exp(-z * error))
    assert row["high"] == pytest.approx(ratio * np.exp(z * error))


def test_the_near_end_of_the_interval_decides_not_the_middle():
    few = pl.DataFrame({"a": [None] * 30 + [1.0] * 400})
    bad = [1] * 12 + [0] * 18 + [1] * 40 + [0] * 360
    row = recording_artefacts(few, bad).row(0, named=True)
    assert row["odds_ratio"] > 3 > row["low"]
    assert row["note"] is None
    many = pl.concat([few] * 10)
    assert recording_artefacts(many, bad * 10)["note"].item() == "artefact"
    assert recording_artefacts(many, [1 - one for one in bad] * 10)["note"].item() == "artefact"


def test_gaps_of_29_rows_are_not_looked_at_and_codes_are():
    gap = pl.DataFrame({"a": [None] * 29 + [1.0] * 200})
    bad = [1] * 29 + [0] * 100 + [1] * 100
    assert recording_artefacts(gap, bad).is_empty()
    coded = pl.DataFrame({"a": [-9] * 60 + [1] * 300, "b": [1] * 360})
    outcome = [1] * 55 + [0] * 5 + [1, 0, 0, 0, 0] * 60
    row = recording_artefacts(coded, outcome, codes={"a": {-9: "none"}}).row(0, named=True)
    assert (row["feature"], row["value"], row["note"]) == ("a", "-9", "artefact")
    with pytest.raises(SubjectError, match="zip"):
        recording_artefacts(coded, outcome, codes={"zip": [1]})


def test_gaps_at_random_are_called_artefacts_by_no_chance():
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(60):
        frame = pl.DataFrame(
            {f"x{k}": np.where(rng.random(400) < 0.2, np.nan, rng.random(400)) for k in range(20)}
        )
        alarms += recording_artefacts(frame, rng.integers(0, 2, 400))["note"].count()
    assert alarms == 0


def test_attr_27_of_the_polish_firms_is_flagged_and_german_has_no_gap():
    frame = pl.read_parquet(DATA / "polish_year1.parquet")
    found = recording_artefacts(*parted(frame)).filter(note="artefact")
    assert set(found["feature"]) == {"attr_11", "attr_27"}
    row = found.filter(feature="attr_27").row(0, named=True)
    assert (row["rows"], row["bads"]) == (311, 120)
    german = pl.read_parquet(DATA / "german_credit.parquet")
    assert recording_artefacts(*parted(german)).is_empty()


@pytest.mark.skipif(not SHARED.exists(), reason="the published set is not beside the checkout")
def test_debtinc_of_hmeq_is_flagged_and_heloc_is_not_drowned():
    hmeq = pl.read_parquet(SHARED / "hmeq" / "hmeq.parquet")
    found = recording_artefacts(*parted(hmeq)).filter(note="artefact")
    assert set(found["feature"]) == {"debtinc", "value"}
    assert found.filter(feature="debtinc")["bad_rate"].item() == pytest.approx(0.62, abs=0.001)
    heloc = pl.read_parquet(SHARED / "heloc" / "heloc.parquet")
    X, y = parted(heloc)
    told = recording_artefacts(X, y, codes=dict.fromkeys(X.columns, (-9, -8, -7)))
    flagged = told.filter(note="artefact").select("feature", "value").rows()
    assert flagged == [("m_since_most_recent_inqexcl7days", "-8")]


# fit


def test_a_fit_warns_of_copies_and_gaps_and_the_card_keeps_the_figures():
    X, y = parted(sample(gap=True))
    with pytest.warns() as told:
        model = Scorecard().fit(X, y)
    assert [row.category for row in told] == [CopiesWarning, ArtefactWarning]
    assert all(row.filename == __file__ for row in told)
    assert "groups=near_copies(X, y).groups" in str(told[0].message)
    assert "for a person to judge" in str(told[1].message)
    found = near_copies(X, y)
    kept = model.card_.metrics
    assert kept["near_copies"] == found.told()
    assert model.copies_.groups.tolist() == found.groups.tolist()
    assert [row["feature"] for row in kept["recording_artefacts"]] == ["debt"]
    again = from_json(to_json(model.card_))
    assert dict(again.metrics) == dict(kept)
    page = model_card(again)
    assert "Faults of the sample" in page
    assert "where 'debt' is missing" in page
    assert len(faults_found(again)) == 2
    assert not any("copies" in what for what in measures(again)["what"])


def test_a_clean_sample_says_nothing_and_its_card_is_that_of_a_fit_that_does_not_look():
    X, y = parted(sample(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        looked = Scorecard().fit(X, y)
        blind = Scorecard(faults="off").fit(X, y)
    assert looked.copies_ is None
    assert dict(looked.card_.metrics) == dict(blind.card_.metrics)
    assert "faults" not in looked.card_.settings
    assert blind.card_.settings["faults"] == "off"
    assert "Faults" not in model_card(looked.card_)
    assert looked.card_.table().equals(blind.card_.table())


def test_points_are_those_of_a_fit_that_does_not_look_and_nothing_is_left_out():
    X, y = parted(sample(gap=True))
    with pytest.warns():
        looked = Scorecard().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        blind = Scorecard(faults="off").fit(X, y)
    assert looked.card_.table().equals(blind.card_.table())
    assert "debt" in looked.card_.columns


def test_another_word_for_faults_is_refused():
    with pytest.raises(ModelError, match="faults"):
        Scorecard(faults="maybe").fit(*parted(sample(0)))


def test_rows_that_reject_inference_writes_twice_are_no_copies():
    X, y = parted(sample(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        more = fuzzy_augmentation(Scorecard(), X[:600], y[:600], X[600:])
        Scorecard().fit(more.X, more.y, more.weight)
    assert near_copies(more.X, more.y).equal_pairs == 300


# folds


def test_groups_reach_an_estimator_whose_own_fit_splits_rows():
    seen = []

    class Noting(Challenger):
        def fit(self, X, y, sample_weight=None, groups=None):
            seen.append(groups)
            return super().fit(X, y, sample_weight, groups)

    X, y = parted(sample())
    groups = near_copies(X, y).groups
    assert takes_groups(Noting())
    assert not takes_groups(LogisticRegression())
    model = Calibrated(Noting(settings="four leaves", max_rounds=20), folds=2).fit(
        X, y, groups=groups
    )
    assert [len(part) for part in seen][-1] == X.height
    assert set(seen[0]) | set(seen[1]) == set(groups)
    assert not set(seen[0]) & set(seen[1])
    assert np.isfinite(model.out_of_fold_).all()


@pytest.mark.filterwarnings("ignore::lishui_credit.scorecards.CopiesWarning")
def test_a_file_is_judged_with_copies_parted_and_kept_together(tmp_path):
    frame = sample()
    frame.write_parquet(tmp_path / "rows.parquet")
    X, y = parted(frame)
    made = fit_file(tmp_path / "rows.parquet", tmp_path / "plain" / "1", grades=0)
    kept = made.card.metrics["near_copies"]
    whole = Scorecard()
    apart = auc(y, out_of_fold(whole, X, y)).value
    together = auc(y, out_of_fold(whole, X, y, groups=near_copies(X, y).groups)).value
    assert kept["auc_apart"] == pytest.approx(apart, abs=0.003)  # `unseen` differs
    assert kept["auc_together"] == pytest.approx(together, abs=0.003)
    assert made.card.metrics["out_of_fold"]["auc"] == kept["auc_apart"]
    assert f"{kept['auc_together']:.4f}" in made.validation.remarks[-1].en
    assert f"{kept['auc_together']:.4f}" in (made.folder / "card.md").read_text(encoding="utf-8")
    assert made.validation.line("near_copies").standing == "watch"

    other = fit_file(
        tmp_path / "rows.parquet",
        tmp_path / "held" / "1",
        grades=0,
        model=Scorecard(faults="together"),
    )
    assert other.card.metrics["near_copies"]["auc_together"] == kept["auc_together"]
    assert other.card.metrics["out_of_fold"]["auc"] == kept["auc_together"]
    assert main(["verify", str(other.folder)]) == 0
    assert "keep them together" in other.validation.remarks[-1].en


@pytest.mark.filterwarnings("ignore::lishui_credit.scorecards.CopiesWarning")
def test_copies_kept_together_share_an_inner_fold_of_points_fitted_jointly():
    X, y = parted(sample())
    points = JointPoints(crossed=0, smoothing=(2.0, 2.0))
    told, given, apart = (
        Scorecard(points=points, faults=asked).fit(X, y, groups=groups).card_.metrics["joint"]
        for asked, groups in (
            ("together", None),
            ("told", near_copies(X, y).groups),
            ("told", None),
        )
    )
    assert told == given
    assert told["one_way"]["loss"] > apart["one_way"]["loss"]


# validate


def test_a_validation_tells_copies_in_the_sample_and_gaps_that_decide():
    frame = sample(gap=True)
    X, y = parted(frame)
    score = -X["value"].to_numpy()
    found = validate(y, score=score, features=X, settings=ValidationSettings(repeats=20))
    copies = near_copies(X, y)
    assert found.line("near_copies").value == copies.share
    assert found.line("near_copies").standing == "watch"
    assert found.line("artefacts").value == 1
    assert "debt" in found.line("artefacts").verdict.en
    assert found.table("artefacts")["feature"].to_list() == ["debt"]
    off = ValidationSettings(repeats=20, faults=False)
    assert "records" not in {
        part.id for part in validate(y, score=score, features=X, settings=off).sections
    }


def test_rows_that_stand_in_the_training_sample_too_are_counted(tmp_path):
    frame = sample(0, rows=1200)
    now = pl.concat([frame[800:], frame[:200].with_columns(pl.col("debt", "loan") * 1.01)])
    frame[:800].write_parquet(tmp_path / "then.parquet")
    now.write_parquet(tmp_path / "now.parquet")
    made = fit_file(
        tmp_path / "then.parquet", tmp_path / "card" / "1", grades=0, model=Scorecard(min_iv=0)
    )
    assert len(made.card.columns) >= 3
    without = validate_file(made.folder, tmp_path / "now.parquet")
    assert without.line("near_copies").standing == "note"
    assert "copies_between" not in {one.id for part in without.sections for one in part.lines}
    found = validate_file(made.folder, tmp_path / "now.parquet", training=tmp_path / "then.parquet")
    assert found.line("copies_between").value == pytest.approx(200 / 600, abs=0.01)
    assert found.line("copies_between").standing == "watch"
    X, y = parted(now)
    records = Records(inputs=X, training=frame[:800].drop("bad"))
    alone = validate(y, score=-X["value"].to_numpy(), records=records)
    assert alone.line("copies_between").standing == "watch"


def test_the_command_line_tells_copies_at_the_fit_and_at_the_validation(tmp_path, capsys):
    set_language("en")
    sample(gap=True).write_parquet(tmp_path / "rows.parquet")
    folder = tmp_path / "card" / "1"
    assert main(["fit", str(tmp_path / "rows.parquet"), "-o", str(folder), "--grades", "0"]) == 0
    out, err = capsys.readouterr()
    assert "near copies kept in one fold: AUC" in out
    assert err.count("agree with another") == 1
    assert "where 'debt' is missing" in err
    assert main(["validate", str(folder), str(tmp_path / "rows.parquet"), "--training", str(tmp_path / "rows.parquet")]) == 0  # fmt: skip
    out, _ = capsys.readouterr()
    assert "Rows with a near copy in the training sample" in out
    quiet = [
        "fit",
        str(tmp_path / "rows.parquet"),
        "-o",
        str(tmp_path / "card" / "2"),
        "--grades",
        "0",
    ]
    assert main([*quiet, "--faults", "off"]) == 0
    assert "near copies" not in "".join(capsys.readouterr())
    set_language(None)
