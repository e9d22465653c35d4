"""Features that tell a protected attribute: measured on rows not seen, warned of, never inputs."""

import warnings

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import lishui_credit as lc
from lishui_credit.commands.cli import main
from lishui_credit.errors import CreditError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.models import fit_file, validate_file
from lishui_credit.scorecards import ProxyWarning, Scorecard, proxies
from lishui_credit.scorecards.cards.card_file import from_json, load, to_json
from lishui_credit.scorecards.cards.card_tables import measures, proxies_found
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.scorecards.proxy_features import PROXY_FROM, TOGETHER
from lishui_credit.validation.report.settings import ValidationSettings
from lishui_credit.validation.report.validate import validate


def people(n=1500, seed=0):
    """Synthetic subjects: `job` tells the sex mostly, `income` nothing, `bad` hangs on both."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    same = rng.random(n) < 0.85
    job = np.where((sex == "f") == same, "nurse", "smith")
    income = rng.normal(size=n)
    bad = rng.random(n) < 1 / (1 + np.exp(1 + income - (job == "smith")))
    frame = pl.DataFrame({"job": job, "income": income, "sex": sex, "bad": bad.astype(int)})
    return frame


def test_a_feature_that_tells_the_attribute_is_a_proxy_and_noise_is_none():
    frame = people()
    found = proxies(frame.select("job", "income"), {"sex": frame["sex"]})
    rows = {row["feature"]: row for row in found.iter_rows(named=True)}
    assert rows["job"]["note"] == rows[TOGETHER]["note"] == "proxy"
    assert rows["job"]["auc"] == pytest.approx(0.85, abs=0.03)
    assert rows["job"]["low"] < rows["job"]["auc"] < rows["job"]["high"]
    assert rows["income"]["note"] is None
    assert rows["income"]["low"] < 0.5 + 0.02
    assert rows["job"]["rows"] == 1500
    assert found["auc"].to_list() == sorted(found["auc"], reverse=True)


def test_the_auc_is_that_of_shares_learned_on_the_other_folds():
    from sklearn.model_selection import StratifiedKFold

    frame = people(600, 3)
    inside = (frame["sex"] == "m").to_numpy()
    job = (frame["job"] == "smith").to_numpy().astype(int)
    risk = np.empty(len(job))
    for fit, held in StratifiedKFold(5, shuffle=True, random_state=0).split(inside, inside):
        share = inside[fit].mean()
        rate = [
            (inside[fit][job[fit] == k].sum() + 10 * share) / ((job[fit] == k).sum() + 10)
            for k in (0, 1)
        ]
        risk[held] = np.array(rate)[job[held]]
    found = proxies(frame.select("job"), {"sex": frame["sex"]})
    assert found["feature"].to_list() == ["job"]  # of one feature there is no "all together"
    assert found["auc"][0] == pytest.approx(roc_auc_score(inside, risk))


def test_a_column_of_one_value_each_tells_nothing_out_of_fold():
    frame = people(800, 1)
    ids = pl.DataFrame({"id": [f"a{place}" for place in range(800)]})
    found = proxies(ids, {"sex": frame["sex"]})
    assert found["low"][0] < 0.5 < PROXY_FROM
    assert found["note"].to_list() == [None]


def test_two_features_that_tell_only_together_are_found_together():
    rng = np.random.default_rng(5)
    one, two = rng.normal(size=(2, 4000))
    old = one + two > 0
    noise = rng.normal(size=(2, 4000)) * 1.0
    X = pl.DataFrame({"a": one + noise[0], "b": two + noise[1]})
    found = proxies(X, {"old": old}, threshold=0.76)
    assert found.filter(note="proxy")["feature"].to_list() == [TOGETHER]


def test_noise_is_hardly_ever_called_a_proxy():
    rng = np.random.default_rng(7)
    called = 0
    for seed in range(5):
        X = pl.DataFrame({f"x{place}": rng.normal(size=300) for place in range(10)})
        found = proxies(X, {"sex": rng.choice(["f", "m"], 300)}, seed=seed, repeats=50)
        called += (found["note"] == "proxy").sum()
    assert called == 0


def test_numbers_are_told_by_quarters_and_gaps_are_left_out():
    rng = np.random.default_rng(2)
    age = rng.integers(18, 80, 2000).astype(float)
    age[:100] = np.nan
    X = pl.DataFrame({"years_at_work": np.where(np.isnan(age), 0, age) + rng.normal(0, 5, 2000)})
    row = proxies(X, {"age": age}).row(0, named=True)
    assert row["rows"] == 1900
    assert row["note"] == "proxy"
    low, high = map(float, row["group"].split(".."))
    inside = (age >= low) & (age <= high)
    assert 0.2 < inside.sum() / 1900 < 0.3


def test_an_attribute_without_two_groups_of_enough_rows_is_named_and_not_measured():
    frame = people(300)
    few = np.where(np.arange(300) < 49, "畲", "汉")
    found = proxies(frame.select("job"), {"group": few})
    assert found.select("attribute", "note", "auc").rows() == [("group", "too few", None)]
    assert proxies(frame.select("job"), {"group": few}, min_rows=49)["auc"][0] is not None


def test_more_rows_than_the_most_are_drawn_from_and_the_seed_decides(monkeypatch):
    monkeypatch.setattr("lishui_credit.scorecards.proxy_features.MOST_ROWS", 400)
    frame = people()
    made = [proxies(frame.select("job"), {"sex": frame["sex"]}, seed=seed) for seed in (1, 1, 2)]
    assert made[0]["rows"].to_list() == [400]
    assert made[0].equals(made[1])
    assert not made[0].equals(made[2])


def test_wrong_input_is_refused_all_at_once():
    frame = people(200)
    with pytest.raises(SubjectError) as error:
        proxies(frame, {"sex": frame["sex"], "age": [1, 2]}, threshold=0.2)
    said = str(error.value)
    assert "lengths differ" in said
    assert "feature too" in said
    assert "threshold" in said


def card(frame=None, **more):
    frame = people() if frame is None else frame
    return Scorecard(proxies_of=["sex"], **more).fit(frame.drop("bad"), frame["bad"])


def test_a_fit_warns_in_both_languages_and_the_attribute_is_never_an_input():
    for lang, said in (("en", "features tell 'sex'"), ("zh", "特征可推断“sex”")):
        set_language(lang)
        try:
            with pytest.warns(ProxyWarning, match=said) as caught:
                model = card()
            assert "job (0.8" in str(caught[0].message)
            assert "income" not in str(caught[0].message)
            page = model_card(model.card_)
            assert ("■ proxy" if lang == "en" else "■ 代理特征") in page
        finally:
            set_language(None)
    assert "sex" not in model.features_
    assert "sex" in model.dropped_
    # by any name and code: here numbers that the sieve does not know
    frame = people().with_columns(f1=(pl.col("sex") == "m").cast(pl.Int8)).drop("sex")
    with pytest.warns(ProxyWarning, match="'f1'"):
        model = Scorecard(proxies_of=["f1"]).fit(frame.drop("bad"), frame["bad"])
    assert "never an input" in model.dropped_["f1"]


def test_without_a_proxy_a_fit_is_quiet_and_the_card_says_what_was_measured():
    frame = people().with_columns(sex=pl.col("sex").shuffle(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = card(frame)
        plain = Scorecard().fit(frame.drop("bad"), frame["bad"])
    assert proxies_found(model.card_)["note"].to_list() == [None] * 3
    assert proxies_found(plain.card_).is_empty()
    assert "Proxies" in model_card(model.card_)
    assert "Proxies" not in model_card(plain.card_)
    assert model.card_.characteristics == plain.card_.characteristics  # it moves no points


def test_what_was_measured_stays_in_the_card():
    with pytest.warns(ProxyWarning):
        made = card().card_
    again = from_json(to_json(made))
    assert proxies_found(again).equals(proxies_found(made))
    assert not proxies_found(made).is_empty()
    assert not measures(made)["what"].str.contains("proxies").any()


def test_an_attribute_that_is_absent_or_used_is_refused():
    frame = people(300)
    with pytest.raises(SubjectError, match="no column 'gender'"):
        Scorecard(proxies_of=["gender"]).fit(frame.drop("bad"), frame["bad"])
    with pytest.raises(SubjectError, match="never an input"):
        card(frame, protected={"sex": "a study"})
    with pytest.raises(CreditError, match="proxies_of needs features"):
        validate(frame["bad"], pd=np.full(300, 0.3), proxies_of={"sex": frame["sex"]})


def test_a_report_shows_the_proxies_of_the_features_given():
    frame = people()
    found = validate(
        frame["bad"],
        pd=np.linspace(0.1, 0.9, frame.height),
        features=frame.select("job", "income"),
        proxies_of={"sex": frame["sex"], "village": ["a"] * frame.height},
        settings=ValidationSettings(repeats=20),
        synthetic=True,
    )
    line = found.line("proxies_sex")
    assert (line.standing, line.verdict.en) == (
        "watch",
        "told by all together, job (lower end from 0.6 on)",
    )
    assert line.value == pytest.approx(found.table("proxies_sex")["auc"].max())
    missing = found.line("proxies_village")
    assert missing.value is None
    assert "no two groups of 50 rows" in missing.verdict.en


def test_the_commands_measure_proxies_and_cross_groups(tmp_path, capsys):
    frame = people(800).with_columns(
        county=pl.when(pl.int_range(pl.len()) < 60).then(pl.lit("a")).otherwise(pl.lit("b"))
    )
    frame.write_parquet(tmp_path / "s.parquet")
    sample, folder = str(tmp_path / "s.parquet"), tmp_path / "m" / "1"
    words = ["--proxies-of", "sex", "--by", "sex*county", "--lang", "en"]
    made = ["fit", sample, "-o", str(folder), "--folds", "2", "--leave-out", "county", *words]
    assert main(made) == 0
    assert "features tell 'sex'" in capsys.readouterr().err
    of_groups = load(folder).metrics["out_of_fold_by_group"]["sex*county"]
    assert of_groups["f × a"]["note"] == "too few"
    assert of_groups["f × a"]["needed"] == 50
    assert of_groups["f × a"]["rows"] + of_groups["m × a"]["rows"] == 60
    page = (folder / "validation.html").read_text("utf-8")
    assert "How well each feature tells sex, out of fold" in page
    assert "■ proxy" in (folder / "card.md").read_text("utf-8")
    found = validate_file(folder, sample, by=["sex*county"], proxies_of=["sex"])
    assert found.line("proxies_sex").standing == "watch"
    assert set(found.table("group_sex*county")["group"]) == {"f × a", "f × b", "m × a", "m × b"}
    with pytest.warns(ProxyWarning, match="sex"):
        assert lc.verify(folder).holds  # fitted again, proxies and all
    with pytest.raises(SubjectError, match="no column 'town'"):
        validate_file(folder, sample, by=["sex*town"])


def test_a_fit_of_a_file_keeps_the_attribute_out_of_every_fold(tmp_path):
    frame = people(400).with_columns(f1=pl.col("bad"), bad=pl.col("bad")).drop("sex")
    frame.write_parquet(tmp_path / "s.parquet")
    with pytest.warns(ProxyWarning, match="f1"):
        done = fit_file(
            tmp_path / "s.parquet",
            tmp_path / "m" / "1",
            model=Scorecard(proxies_of=["f1"]),
            folds=2,
        )
    assert done.validation.line("auc").value < 0.9  # f1 is the outcome itself
