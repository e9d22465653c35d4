"""A card from rows counted by their bins, in any engine, is the card of a fit on the rows."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.scorecards import BinningProcess, CountsWarning, Scorecard, SignWarning
from lishui_credit.statistics.logistic import fit_logistic
from tests.models import mixed, mixed_process

HOSTILE = "a \"b\" 'c' 收入"
NUMBERS, CATEGORIES = ["income", "again", "months", "kind"], ["trade", "owns"]
ORDER = ["months", "trade", "again", "income", "owns", "kind"]
"""Not that of the alphabet, in which characteristics stand after `BinningProcess.from_counts`."""


@cache
def sample() -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    """`mixed`, and a column that says nearly what the income says."""
    frame, bad = mixed()
    noise = np.random.default_rng(3).normal(size=frame.height)
    return frame.with_columns(again=pl.col("income") + pl.Series(noise)).select(ORDER), bad


def process() -> BinningProcess:
    return mixed_process().set_params(max_bins=3)


def run(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    """What DuckDB answers to a statement over a frame."""
    with duckdb.connect() as engine:
        engine.register("subjects", frame.to_arrow())
        return engine.sql(text).pl()


def table() -> pl.DataFrame:
    frame, bad = sample()
    return frame.with_columns(bad=pl.Series(bad))


@cache
def learned() -> BinningProcess:
    """Bins from counts that DuckDB made."""
    text = process().counts_sql(NUMBERS, CATEGORIES, outcome="bad")
    return process().from_counts(run(table(), text))


def strong(order: list[str] = ORDER) -> list[str]:
    return [name for name in order if learned().ivs[name] >= 0.02]


@cache
def grouped() -> pl.DataFrame:
    """The rows of the table by their bins, counted in DuckDB."""
    return run(table(), Scorecard(learned()).grouped_sql("bad", characteristics=strong()))


def same(one: Scorecard, other: Scorecard, tolerance: float = 1e-9) -> None:
    """The same card: characteristics, reasons, points and all figures."""
    assert one.features_ == other.features_
    assert one.dropped_ == other.dropped_
    assert one.card_.base_points == other.card_.base_points
    assert one.card_.settings == other.card_.settings
    assert one.card_.intercept == pytest.approx(other.card_.intercept, abs=tolerance)
    for mine, its in zip(one.card_.characteristics, other.card_.characteristics, strict=True):
        assert mine.points == its.points
        assert mine.coefficient == pytest.approx(its.coefficient, abs=tolerance)
        assert mine.error == pytest.approx(its.error, abs=tolerance)
        assert mine.p_value == pytest.approx(its.p_value, abs=tolerance)
    assert one.rounding_ == pytest.approx(other.rounding_, abs=2e-4)
    told, its_own = one.card_.provenance, other.card_.provenance
    assert all(told[name] == its_own[name] for name in ("sample_rows", "sample_bads", "weighted"))


SETTINGS: list[dict[str, Any]] = [
    {},
    {"selection": "forward"},
    {"selection": "l1"},
    {"max_correlation": 0.6},
    {"max_vif": 1.5},
    {"sign": "flag", "ridge": 0.0, "intercept": "kept"},
    {"sign": "drop", "scaling": "min_max", "point_unit": 10},
    {"min_iv": 0.1},
]


@pytest.mark.parametrize("asked", SETTINGS, ids=lambda one: ",".join(one) or "defaults")
@pytest.mark.filterwarnings("ignore::lishui_credit.scorecards.SignWarning")
def test_counts_by_bins_give_the_card_of_the_rows(asked: dict[str, Any]) -> None:
    local = Scorecard(process(), **asked).fit(*sample())
    again = Scorecard(learned(), **asked)
    same(again.from_counts(grouped().sample(fraction=1, shuffle=True, seed=5)), local)
    frame, bad = sample()
    assert again.score(frame).equals(local.score(frame))
    assert not again.saw(frame, bad)  # counts know no row
    assert "kind" in again.dropped_
    if asked.keys() & {"max_correlation", "max_vif"}:
        assert len({"again", "income"} & set(again.features_)) == 1
    stored = Scorecard.from_json(again.to_json())
    assert stored.card_.provenance["groups"] == grouped().height


def test_weights_count_as_in_a_sample() -> None:
    frame, bad = sample()
    weight = np.random.default_rng(1).integers(0, 4, len(bad)) / 4
    held = table().with_columns(w=pl.Series(weight))
    text = process().counts_sql(NUMBERS, CATEGORIES, outcome="bad", weight="w")
    model = Scorecard(process().from_counts(run(held, text)), max_correlation=0.6)
    text = model.grouped_sql("bad", characteristics=strong(), weight="w")
    local = Scorecard(process(), max_correlation=0.6).fit(frame, bad, weight)
    same(model.from_counts(run(held, text)), local, 1e-7)
    assert model.card_.provenance["weighted"]
    with pytest.raises(SubjectError, match="not of the rows"):
        Scorecard(model.process).from_counts(grouped())


def test_counts_of_two_databases_are_those_of_one() -> None:
    parts = [table()[:1500], table()[1500:]]
    text = process().counts_sql(NUMBERS, CATEGORIES, outcome="bad")
    model = Scorecard(process().from_counts(pl.concat(run(part, text) for part in parts)))
    text = model.grouped_sql("bad", characteristics=strong())
    model.from_counts(pl.concat(run(part, text) for part in parts))
    same(model, Scorecard(process()).fit(*sample()))
    assert model.card_.provenance["groups"] == grouped().height


def test_candidates_of_a_sketch_give_the_card_of_rows_that_are_cut_there() -> None:
    frame, bad = mixed(seed=4)
    frame = frame.select("income", "months")
    held = frame.with_columns(bad=pl.Series(bad))
    codes = {"months": {-9: "no record"}}
    bins = BinningProcess(special_codes=codes)
    marks = run(held, bins.cuts_sql(["income", "months"], pieces=40))
    cuts = {name: part["cut"].to_list() for (name,), part in marks.group_by("characteristic")}
    bins.from_counts(run(held, bins.counts_sql(["income", "months"], outcome="bad", cuts=cuts)))
    model = Scorecard(bins)
    model.from_counts(run(held, model.grouped_sql("bad")))
    splits = {name: found.cuts for name, found in bins.binnings_.items()}
    assert all(splits.values())
    local = Scorecard(BinningProcess(special_codes=codes, splits=splits)).fit(frame, bad)
    assert model.card_.columns == local.card_.columns == ["income", "months"]
    for mine, its in zip(model.card_.characteristics, local.card_.characteristics, strict=True):
        assert [row.woe for row in mine.binning.bins] == [row.woe for row in its.binning.bins]
        assert mine.points == its.points


def test_rows_of_small_groups_are_told_and_left_out() -> None:
    model = Scorecard(learned())
    text = model.grouped_sql("bad", characteristics=strong(), least_rows=5)
    counts = run(table(), text)
    bins = [f"bin__{name}" for name in strong()]
    common = grouped().filter(pl.col("rows") >= 5)
    left = grouped().filter(pl.col("rows") < 5)
    assert left.height > 5
    sums = ["rows", "goods", "bads", "bad_rows", "others"]
    (pooled,) = counts.filter(pl.col(bins[0]) == -1).select(sums).rows()
    assert pooled == left.select(sums).sum().row(0)
    assert counts.filter(pl.col(bins[0]) >= 0).select(sums).sum().equals(common.select(sums).sum())
    rate = f"{pooled[3] / pooled[0]:.2%}"
    with pytest.warns(CountsWarning, match=f"{pooled[0]} rows of small groups.*{rate}"):
        model.from_counts(counts)
    assert model.card_.provenance["rows_left_out"] == pooled[0]
    # The regression is that of the rows whose group is common; bins and WoE are of all rows.
    frame, bad = sample()
    numbers = learned().bin_numbers(frame, model.features_)
    shown = learned().bin_numbers(frame, strong())
    sizes = shown.with_columns(size=pl.len().over(strong()))["size"].to_numpy()
    kept = sizes >= 5
    woes = learned().woes(numbers.filter(kept))
    fit = fit_logistic(woes, bad[kept] == 1, ridge=1.0, positive=True)
    found = [row.coefficient for row in model.card_.characteristics]
    np.testing.assert_allclose(found, fit.coefficients, rtol=0, atol=1e-9)
    assert model.card_.intercept == pytest.approx(fit.intercept, abs=1e-9)
    with pytest.raises(ModelError, match="least_rows"):
        model.grouped_sql("bad", least_rows=0)
    with pytest.raises(SubjectError, match="one class"):
        Scorecard(learned()).from_counts(
            run(table(), model.grouped_sql("bad", characteristics=strong(), least_rows=10**6))
        )


def test_nearly_as_many_groups_as_rows_are_told() -> None:
    held = table()[:300]
    text = process().counts_sql(NUMBERS, CATEGORIES, outcome="bad")
    free = {"max_bins": 8, "min_share": 0, "min_bads": 1, "min_goods": 1, "direction": "none"}
    model = Scorecard(process().set_params(**free).from_counts(run(held, text)), min_iv=0)
    counts = run(held, model.grouped_sql("bad"))
    assert 150 < counts.height < 300
    with pytest.warns(CountsWarning, match=f"{counts.height} groups for 300 rows"):
        model.from_counts(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CountsWarning)
        warnings.simplefilter("ignore", SignWarning)
        Scorecard(learned()).from_counts(grouped())


@pytest.mark.xdist_group("spark")
def test_counts_that_spark_made_give_the_same_card(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "subjects.parquet"
    called = {"income": HOSTILE}
    held = table().rename(called).with_columns(bad=pl.col("bad") == 1)
    held.write_parquet(path)
    spark.read.parquet(str(path)).createOrReplaceTempView("subjects")

    def made(text: str) -> pl.DataFrame:
        rows = [row.asDict() for row in spark.sql(text).collect()]
        return pl.DataFrame(rows, infer_schema_length=None)

    numbers = [called.get(name, name) for name in NUMBERS]
    text = process().counts_sql(numbers, CATEGORIES, outcome="bad", dialect="spark")
    model = Scorecard(process().from_counts(made(text)))
    order = [called.get(name, name) for name in strong()]
    text = model.grouped_sql("bad", characteristics=order, least_rows=2, dialect="spark")
    counts = made(text)
    text = Scorecard(model.process).grouped_sql("bad", characteristics=order, least_rows=2)
    sums = [f"bin__{name}" for name in order] + ["rows", "goods", "bads", "bad_rows", "others"]
    assert (
        counts.select(sums)
        .sort(sums)
        .equals(run(held, text).cast(counts.schema).select(sums).sort(sums))
    )
    text = model.grouped_sql("bad", characteristics=order, dialect="spark")
    local = Scorecard(process()).fit(sample()[0].rename(called), sample()[1])
    same(model.from_counts(made(text)), local)


# ---- what is refused ---------------------------------------------------------------------------


def test_counts_of_other_rows_are_refused() -> None:
    one = pl.int_range(pl.len()) == 3
    more = pl.when(one).then(1).otherwise(0)
    changes: list[tuple[dict[str, Any], str]] = [
        ({"rows": pl.col("rows") + more, "goods": pl.col("goods") + more}, "not of the rows"),
        ({"bad_rows": -pl.col("bad_rows")}, "negative"),
        ({"bad_rows": pl.col("bad_rows") + more}, "bad rows are"),
        ({"others": more}, "no readable outcome"),
        ({"goods": pl.col("goods") + more}, "not all rows"),
        ({"bin__months": pl.col("bin__months") + 40 * more}, "without a bin"),
        ({"bin__months": pl.when(one).then(None).otherwise("bin__months")}, "without a bin"),
        ({"bin__months": pl.when(one).then(-1).otherwise("bin__months")}, "without a bin"),
        (
            {"goods": pl.col("bads"), "bads": pl.col("goods"), "bad_rows": pl.col("goods")},
            "not of the rows",
        ),
    ]
    for changed, said in changes:
        with pytest.raises(SubjectError, match=said):
            Scorecard(learned()).from_counts(grouped().with_columns(**changed))
    with pytest.raises(SubjectError, match="not of the rows"):
        Scorecard(learned()).from_counts(grouped()[1:])
    with pytest.raises(SubjectError, match="bad_rows"):
        Scorecard(learned()).from_counts(grouped().drop("bad_rows"))
    with pytest.raises(SubjectError, match="height"):
        Scorecard(learned()).from_counts(grouped().with_columns(bin__height=0))
    with pytest.raises(SubjectError, match="no column of bin numbers"):
        Scorecard(learned()).from_counts(grouped().select("rows", *grouped().columns[-5:]))


def test_a_value_that_is_infinite_since_is_refused() -> None:
    held = table().with_columns(
        months=pl.when(pl.int_range(pl.len()) == 9).then(float("inf")).otherwise("months")
    )
    for least in (1, 5):
        text = Scorecard(learned()).grouped_sql(
            "bad", characteristics=["trade", "months"], least_rows=least
        )
        with pytest.raises(SubjectError, match="without a bin"):
            Scorecard(learned()).from_counts(run(held, text))


def test_what_needs_rows_or_bins_is_refused() -> None:
    for model in (Scorecard(), Scorecard(process())):
        with pytest.raises(ModelError, match="no bins"):
            model.from_counts(grouped())
        with pytest.raises(ModelError, match="no bins"):
            model.grouped_sql("bad")
    with pytest.raises(ModelError, match="proxies"):
        Scorecard(learned(), proxies_of=["trade"]).from_counts(grouped())
    with pytest.raises(CreditError, match="oracle"):
        Scorecard(learned()).grouped_sql("bad", dialect="oracle")
    with pytest.raises(SubjectError, match="height"):
        Scorecard(learned()).grouped_sql("bad", characteristics=["height"])
    with pytest.raises(ModelError, match="pdo"):
        Scorecard(learned(), pdo=-1).from_counts(grouped())


def test_protected_attributes_are_no_inputs_unless_named_with_a_reason() -> None:
    frame, bad = sample()
    draw = np.random.default_rng(2)
    sex = np.where(draw.random(len(bad)) < 0.3 + 0.4 * bad, "男", "女")
    frame = frame.select("months", "trade").with_columns(f1=pl.Series(sex))
    held = frame.with_columns(bad=pl.Series(bad))
    bins = BinningProcess().from_counts(
        run(held, BinningProcess().counts_sql(["months"], ["trade", "f1"], outcome="bad"))
    )
    order = ["months", "trade", "f1"]
    for protected in (None, {"f1": "a study"}):
        model = Scorecard(bins, protected=protected)
        names = [name for name in order if bins.ivs[name] >= 0.02 and (protected or name != "f1")]
        model.from_counts(run(held, model.grouped_sql("bad", characteristics=names)))
        same(model, Scorecard(protected=protected).fit(frame, bad))
        assert ("f1" in model.features_) == bool(protected)
    with pytest.raises(SubjectError, match=r"f1.*protected"):
        Scorecard(bins).grouped_sql("bad", characteristics=["f1"])


def test_characteristics_that_were_not_grouped_by_are_left_out_with_this_reason() -> None:
    model = Scorecard(learned())
    assert "again" in strong()
    names = [name for name in strong() if name != "again"]
    model.from_counts(run(table(), model.grouped_sql("bad", characteristics=names)))
    assert model.features_ == names
    assert "grouped" in model.dropped_["again"]
    assert "information value" in model.dropped_["kind"]
