"""A watch over months: what is added, what is refused, what is judged."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.grades import Grade, GradeScale
from lishui_credit.language import set_language
from lishui_credit.models import fit_file, score_file
from lishui_credit.monitoring import Roles, Rules, by_period, read_ledger, since_last_quarter, watch
from lishui_credit.monitoring.card_cells import bin_cells, bin_places
from lishui_credit.monitoring.months import period_in, period_of, quarter_before
from lishui_credit.monitoring.watch_tables import vintage_table
from lishui_credit.scorecards import load, save
from tests.models import crossed_card, mixed

FILES = ["history.jsonl", "verdict.json", "watch.html"]


def rows(number: int, count: int = 300) -> pl.DataFrame:
    """Synthetic: a month of subjects with ids, groups, days of opening and outcomes."""
    frame, bad = mixed(count, seed=100 + number)
    return frame.drop("kind").with_columns(
        pl.Series("bad", bad),
        pl.Series("id", [f"s{place}" for place in range(count)]),
        pl.Series("county", ["莲都", "庆元", "青田"] * (count // 3)),
        pl.Series("opened", [date(2025, 1 + place % 12, 5) for place in range(count)]),
    )


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card with two grades, as fitted from a file of synthetic rows."""
    home = tmp_path_factory.mktemp("models")
    frame, bad = mixed(2000)
    frame.drop("kind").with_columns(pl.Series("bad", bad)).write_parquet(home / "sample.parquet")
    fitted = fit_file(home / "sample.parquet", home / "fitted" / "1", folds=2).card
    middle = int(pl.Series([int(s) for s in fitted.provenance["scores"]]).median())
    grades = GradeScale(
        (Grade(id="A", label_zh="A级", at_least=middle), Grade(id="B", label_zh="B级"))
    )
    return save(replace(fitted, grades=grades), home / "card" / "1").parent


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months with outcomes, the last one also without."""
    home = tmp_path_factory.mktemp("months")
    for number in (1, 2, 4):
        rows(number).write_parquet(home / f"rows_2026-0{number}.parquet")
    rows(4).drop("bad").write_parquet(home / "early_2026-04.parquet")
    return home


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def refused(error: type[Exception], *words: object, **rest: object) -> str:
    with pytest.raises(error) as caught:
        watch(*words, **rest)
    return str(caught.value)


def test_a_run_leaves_a_history_a_verdict_and_a_page(card, months, tmp_path) -> None:
    found = watch(card, [months / "rows_2026-01.parquet"], tmp_path / "w")
    assert sorted(held(tmp_path / "w")) == FILES
    assert found.written == ("2026-01",)
    assert found.passes
    assert [(row["check"], row["passes"]) for row in found.verdict["checks"]] == [
        ("population", True),
        ("outcomes", True),
    ]
    assert json.loads((tmp_path / "w" / "verdict.json").read_text("utf-8")) == found.verdict


def test_the_card_may_be_named_by_its_file(card, months, tmp_path) -> None:
    for number, model in enumerate((card, card / "scorecard.json")):
        watch(model, [months / "rows_2026-01.parquet"], tmp_path / str(number))
    assert held(tmp_path / "0") == held(tmp_path / "1")


def test_the_same_period_again_is_proved_equal_and_adds_nothing(card, months, tmp_path) -> None:
    watch(card, [months / "rows_2026-01.parquet"], tmp_path / "w")
    before = held(tmp_path / "w")
    turned = tmp_path / "turned_2026-01.csv"
    pl.read_parquet(months / "rows_2026-01.parquet").reverse().write_csv(turned)
    found = watch(card, [turned], tmp_path / "w")  # rows in another order, another kind of file
    assert found.equal == ("2026-01",)
    assert held(tmp_path / "w")["history.jsonl"] == before["history.jsonl"]


def test_a_period_that_says_otherwise_is_refused_and_nothing_is_written(
    card, months, tmp_path
) -> None:
    watch(card, [months / "rows_2026-01.parquet"], tmp_path / "w")
    before = held(tmp_path / "w")
    other = tmp_path / "rows_2026-01.parquet"
    rows(7).write_parquet(other)
    told = refused(SubjectError, card, [other, months / "rows_2026-02.parquet"], tmp_path / "w")
    assert "never rewritten" in told
    assert "rows_sha256" in told
    assert held(tmp_path / "w") == before


def test_later_outcomes_are_added_below_what_was_written(card, months, tmp_path) -> None:
    found = watch(card, [months / "early_2026-04.parquet"], tmp_path / "w")
    assert found.verdict["not_judged"] == ["2026-04 outcomes"]
    before = held(tmp_path / "w")["history.jsonl"]
    found = watch(card, [months / "rows_2026-04.parquet"], tmp_path / "w")
    after = held(tmp_path / "w")["history.jsonl"]
    assert after.startswith(before)
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    assert found.verdict["not_judged"] == []
    again = watch(card, [months / "early_2026-04.parquet"], tmp_path / "w")
    assert again.equal == ("2026-04",)
    assert again.verdict["not_judged"] == []


def test_outcomes_told_anew_count_and_fewer_of_them_are_refused(card, months, tmp_path) -> None:
    whole = pl.read_parquet(months / "rows_2026-01.parquet")
    half = whole.with_columns(pl.when(pl.int_range(pl.len()) < 150).then("bad").alias("bad"))
    part = tmp_path / "part_2026-01.parquet"
    half.write_parquet(part)
    watch(card, [part], tmp_path / "w")
    watch(card, [months / "rows_2026-01.parquet"], tmp_path / "w")
    table = by_period(read_ledger(tmp_path / "w"), Rules())
    assert table.select("known", "restated").row(0) == (300, 1)
    third = tmp_path / "third_2026-01.parquet"
    whole.with_columns(
        pl.when(pl.int_range(pl.len()) < 100).then("bad").alias("bad")
    ).write_parquet(third)
    assert "fewer outcomes" in refused(SubjectError, card, [third], tmp_path / "w")


def test_a_history_that_was_changed_or_cut_short_is_refused(card, months, tmp_path) -> None:
    files = [months / "rows_2026-01.parquet", months / "rows_2026-02.parquet"]
    watch(card, files, tmp_path / "w")
    path = tmp_path / "w" / "history.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), "utf-8")
    assert "changed" in refused(ModelError, card, files, tmp_path / "w")
    lines[1] = lines[1].replace('"rows": 300', '"rows": 301')
    path.write_text("".join(lines), "utf-8")
    assert "line 3" in refused(ModelError, card, files, tmp_path / "w")


def test_settings_are_those_of_the_first_line(card, months, tmp_path) -> None:
    january, february = (months / f"rows_2026-0{number}.parquet" for number in (1, 2))
    watch(card, [january], tmp_path / "w", rules=Rules(level=0.01, cut_off=500))
    found = watch(card, [february], tmp_path / "w")
    assert found.verdict["thresholds"]["level"] == 0.01
    told = refused(ModelError, card, [february], tmp_path / "w", rules=Rules(level=0.2))
    assert "other rules" in told
    other = save(replace(load(card), title_zh="另一卡"), tmp_path / "other" / "2")
    assert "other card_sha256" in refused(ModelError, other, [february], tmp_path / "w")
    told = refused(ModelError, card, [january], tmp_path / "v", rules=Rules(level=2, least_psi=-1))
    assert "level" in told
    assert "least_psi" in told


def test_a_planted_shift_alarms_unless_the_index_is_too_small_to_tell(
    card, months, tmp_path
) -> None:
    moved = tmp_path / "rows_2026-05.parquet"
    rows(5).with_columns(pl.col("income") * 1.6).write_parquet(moved)
    found = watch(card, [moved], tmp_path / "w")
    population = found.verdict["checks"][0]
    assert not found.passes
    assert population["passes"] is False
    assert "income" in population["beyond"]
    assert "trade" not in population["beyond"]
    lenient = watch(card, [moved], tmp_path / "v", rules=Rules(least_psi=5))
    assert lenient.verdict["checks"][0]["passes"] is True


def test_outcomes_against_the_score_alarm(card, tmp_path) -> None:
    moved = tmp_path / "rows_2026-05.parquet"
    rows(5).with_columns((1 - pl.col("bad")).alias("bad")).write_parquet(moved)
    found = watch(card, [moved], tmp_path / "w")
    population, outcomes = found.verdict["checks"]
    assert (population["passes"], outcomes["passes"]) == (True, False)
    assert outcomes["beyond"] == ["bad_rate", "auc"]


def test_every_file_that_is_wrong_is_told_at_once(card, months, tmp_path) -> None:
    for name in ("rows.parquet", "a_2026-01.parquet", "b_2026-01.parquet", "c_2026Q2.parquet"):
        rows(1).write_parquet(tmp_path / name)
    rows(1).with_columns(pl.lit(3).alias("bad")).write_parquet(tmp_path / "d_2026-03.parquet")
    rows(1).with_columns(pl.lit(1).alias("score")).write_parquet(tmp_path / "e_2026-06.parquet")
    rows(1).drop("income").write_parquet(tmp_path / "f_2026-07.parquet")
    told = refused(SubjectError, card, sorted(tmp_path.glob("*.parquet")), tmp_path / "w")
    for words in (
        "does not say one period",
        "stands in two files",
        "are mixed",
        "neither 0 nor 1",
        "not those of the card",
        "income",
    ):
        assert words in told
    assert not (tmp_path / "w").exists()


def test_a_scored_file_is_held_to_its_card_and_shows_what_it_kept(card, months, tmp_path) -> None:
    source = months / "rows_2026-01.parquet"
    scored = tmp_path / "scores_2026-01.parquet"
    score_file(card, source, scored, keep=["bad", "income"])
    watch(card, [scored], tmp_path / "w")
    entry = read_ledger(tmp_path / "w").of("2026-01", "scores")[0]
    assert [row["feature"] for row in entry["stability"]] == ["score", "income"]
    assert set(entry["lacking"]) == set(load(card).columns) - {"income"}
    watch(card, [source], tmp_path / "v")
    whole = read_ledger(tmp_path / "v").of("2026-01", "scores")[0]
    assert whole["stability"][0]["psi"] == entry["stability"][0]["psi"]
    assert whole["expected"] == entry["expected"]
    other = save(replace(load(card), title_zh="另一卡"), tmp_path / "other" / "2")
    assert "another card" in refused(SubjectError, other, [scored], tmp_path / "u")
    own = tmp_path / "own_2026-02.csv"
    pl.DataFrame({"score": [600, 999_999, None]}).write_csv(own)
    assert "2 rows" in refused(SubjectError, card, [own], tmp_path / "u")


def test_the_first_unsaid_thing_of_a_score_file_is_which_card_made_it(card, tmp_path) -> None:
    middle = load(card).grades.grades[0].at_least
    own = tmp_path / "own_2026-02.csv"
    pl.DataFrame({"score": [middle, middle - 1] * 50}).write_csv(own)
    watch(card, [own], tmp_path / "w")
    entry = read_ledger(tmp_path / "w").of("2026-02", "scores")[0]
    assert entry["unbound"] is True
    assert entry["grades"] == {"A": 50, "B": 50}
    assert "does not say which card" in (tmp_path / "w" / "watch.html").read_text("utf-8")


def test_periods_come_from_a_column_where_one_is_named(card, months, tmp_path) -> None:
    both = pl.concat(
        rows(number).with_columns(pl.lit(f"2026年{number}月").alias("when")) for number in (1, 2)
    )
    both.write_parquet(tmp_path / "both.parquet")
    found = watch(card, [tmp_path / "both.parquet"], tmp_path / "w", roles=Roles(period="when"))
    assert found.written == ("2026-01", "2026-02")
    both.with_columns(pl.lit("soon").alias("when")).write_parquet(tmp_path / "none.parquet")
    told = refused(
        SubjectError, card, [tmp_path / "none.parquet"], tmp_path / "v", roles=Roles(period="when")
    )
    assert "600 rows, first: soon" in told


def test_vintages_count_months_on_book_to_the_end_of_the_period(card, months, tmp_path) -> None:
    files = [months / f"rows_2026-0{number}.parquet" for number in (1, 2)]
    watch(card, files, tmp_path / "w", roles=Roles(opened="opened"))
    table = vintage_table(read_ledger(tmp_path / "w"))
    first = table.filter(pl.col("cohort") == "2025Q1")
    assert first.select("period", "youngest", "oldest", "known").rows() == [
        ("2026-01", 10, 12, 75),
        ("2026-02", 11, 13, 75),
    ]
    quarter = rows(1).filter(pl.col("opened") < date(2025, 4, 1))
    assert first["bads"][0] == quarter["bad"].sum()


def test_an_account_opened_after_its_period_or_on_no_day_is_refused(card, tmp_path) -> None:
    late = tmp_path / "rows_2025-06.parquet"
    rows(1).write_parquet(late)
    roles = Roles(opened="opened")
    told = refused(SubjectError, card, [late], tmp_path / "w", roles=roles)
    assert "opened after the period" in told
    assert "150 rows" in told
    odd = tmp_path / "rows_2026-06.csv"
    rows(1).with_columns(pl.lit("last spring").alias("opened")).write_csv(odd)
    assert "not a date" in refused(SubjectError, card, [odd], tmp_path / "w", roles=roles)


def test_grades_migrate_between_the_periods_of_a_run(card, months, tmp_path) -> None:
    files = [months / f"rows_2026-0{number}.parquet" for number in (1, 2)]
    watch(card, files, tmp_path / "w", roles=Roles(subject="id"))
    first, second = (read_ledger(tmp_path / "w").of(f"2026-0{n}", "scores")[0] for n in (1, 2))
    assert first["migration"] is None
    assert second["migration"]["both"] == 300
    assert [sum(row) for row in second["migration"]["counts"]] == list(first["grades"].values())
    again = watch(card, files[1:], tmp_path / "w")  # without the month before: still the same
    assert again.equal == ("2026-02",)
    twice = tmp_path / "rows_2026-03.parquet"
    rows(3).with_columns(pl.lit("s1").alias("id")).write_parquet(twice)
    assert "stands twice" in refused(SubjectError, card, [twice], tmp_path / "w")


def test_groups_and_approvals_add_up(card, months, tmp_path) -> None:
    own = load(card)
    middle = own.printed(own.grades.grades[0].at_least)
    files = [months / "rows_2026-01.parquet"]
    watch(card, files, tmp_path / "w", roles=Roles(by=("county",)), rules=Rules(cut_off=middle))
    ledger = read_ledger(tmp_path / "w")
    scores, outcomes = (ledger.of("2026-01", kind)[0] for kind in ("scores", "outcomes"))
    assert [row["group"] for row in scores["groups"]] == sorted(["莲都", "庆元", "青田"])
    assert sum(row["approved"] for row in scores["groups"]) == scores["approved"]
    assert scores["approved"] == scores["grades"]["A"]
    assert sum(row["bads"] for row in outcomes["groups"]) == outcomes["bads"]
    assert outcomes["approved_bads"] == outcomes["grades_bads"]["A"]


def test_the_quarter_before_is_beside_the_latest_period(card, months, tmp_path) -> None:
    files = sorted(months.glob("rows_*.parquet"))
    watch(card, files, tmp_path / "w")
    ledger = read_ledger(tmp_path / "w")
    table = since_last_quarter(ledger, Rules())
    periods = by_period(ledger, Rules())
    then, now = (
        periods.filter(pl.col("period") == p)["bad_rate"][0] for p in ("2026-01", "2026-04")
    )
    row = table.filter(pl.col("what") == "bad rate").row(0, named=True)
    assert row["then"], row["now"] == (then, now)
    assert row["change"] == pytest.approx(now - then)
    watch(card, files[1:], tmp_path / "v")
    alone = since_last_quarter(read_ledger(tmp_path / "v"), Rules())
    assert alone["then"].null_count() == alone.height


def test_the_page_is_in_one_language(card, months, tmp_path) -> None:
    files = sorted(months.glob("rows_*.parquet"))
    watch(card, files, tmp_path / "w", roles=Roles(opened="opened", by=("county",)))
    page = (tmp_path / "w" / "watch.html").read_text("utf-8")
    assert "Since last quarter" in page
    own = r"莲都|庆元|青田"
    assert not re.search(
        r"[\u3400-\u9fff]", re.sub(own, "", re.sub("<style.*?</style>", "", page, flags=re.S))
    )
    set_language("zh")
    watch(card, files, tmp_path / "w")
    page = (tmp_path / "w" / "watch.html").read_text("utf-8")
    assert "较上季度" in page
    assert "Since last" not in page


def test_a_synthetic_month_says_so_everywhere(card, tmp_path, capsys) -> None:
    path = tmp_path / "rows_2026-01.parquet"
    rows(1).with_columns(pl.lit(True).alias("synthetic")).write_parquet(path)
    assert main(["watch", str(card), str(path), "-o", str(tmp_path / "w"), "--lang", "en"]) == 0
    assert capsys.readouterr().out.startswith("SYNTHETIC DATA")
    assert json.loads((tmp_path / "w" / "verdict.json").read_text("utf-8"))["synthetic"]
    assert "SYNTHETIC DATA" in (tmp_path / "w" / "watch.html").read_text("utf-8")


def test_the_command_leaves_with_1_on_an_alarm_and_2_on_bad_input(
    card, months, tmp_path, capsys
) -> None:
    moved = tmp_path / "rows_2026-05.parquet"
    rows(5).with_columns(pl.col("income") * 1.6).write_parquet(moved)
    words = ["watch", str(card), str(moved), "-o", str(tmp_path / "w"), "--lang", "en"]
    assert main([*words, "--target", "bad", "--by", "county", "--cut-off", "500"]) == 1
    assert "2026-05 population ALARM" in capsys.readouterr().out
    assert main(["watch", str(card), str(tmp_path / "none.csv"), "-o", str(tmp_path / "w")]) == 2
    assert main([*words, "--level", "0.2"]) == 2
    assert main([*words, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["exit_code"] == 1


def test_an_outcome_that_is_named_must_be_somewhere(card, months, tmp_path) -> None:
    told = refused(
        SubjectError,
        card,
        [months / "early_2026-04.parquet"],
        tmp_path / "w",
        roles=Roles(target="bad"),
    )
    assert "no file has the outcome" in told


def test_a_card_that_keeps_no_counts_of_its_sample_cannot_be_watched(
    card, months, tmp_path
) -> None:
    bare = save(replace(load(card), provenance={}), tmp_path / "bare" / "1")
    told = refused(ModelError, bare, [months / "rows_2026-01.parquet"], tmp_path / "w")
    assert "how its sample scored" in told


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("202603", "2026-03"),
        ("2026/3", "2026-03"),
        ("2026年12月", "2026-12"),
        ("2026-13", None),
        ("2026q4", "2026Q4"),
        ("2026年第三季度", "2026Q3"),
        ("2026", "2026"),
        ("2026_03", "2026-03"),
        ("二〇二六年六月", "2026-06"),
        ("2026.1", None),  # January, or October that a spreadsheet took for a number
        ("2026年上半年", None),
        ("截至2026年6月", None),
        ("20260301", None),
        ("x2026", None),
    ],
)
def test_a_period_is_written_in_many_ways_and_kept_in_one(text, kept) -> None:
    assert period_of(text) == kept


def test_a_name_with_two_periods_or_a_day_says_none() -> None:
    assert period_in("scores_202603_v2.parquet") == "2026-03"
    for name in ("2026-03_to_2026-04.csv", "scores.csv", "scores_20260301.csv"):
        with pytest.raises(SubjectError, match="one period"):
            period_in(name)


def test_a_quarter_before_january_is_in_october() -> None:
    assert quarter_before("2026-01") == "2025-10"
    assert quarter_before("2026Q2") == "2026Q1"


@pytest.fixture(scope="module")
def crossed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card with crossed tables of income and trade, and of months and income."""
    made, sample = crossed_card(), mixed(1500)[0]
    counts = made.score(sample).value_counts().iter_rows()
    told = {"target": "bad", "scores": {str(score): rows for score, rows in counts}}
    return save(replace(made, provenance=told), tmp_path_factory.mktemp("models") / "crossed" / "1")


def test_cells_of_a_crossed_table_are_watched_as_bins_are(crossed, tmp_path) -> None:
    still, moved = (tmp_path / f"rows_2026-0{number}.parquet" for number in (1, 2))
    frame = mixed(800, seed=101)[0]
    frame.write_parquet(still)
    # The same incomes and the same trades as before, only that they meet otherwise.
    frame.with_columns(pl.col("income").sort(), pl.col("trade").sort()).write_parquet(moved)
    found = watch(crossed, [still, moved], tmp_path / "w")
    first, _, second, _ = found.verdict["checks"]
    assert first["passes"]
    assert (
        {"income x trade"} <= {*second["beyond"]} <= {"score", "income x trade", "months x income"}
    )
    card = load(crossed)
    entries = read_ledger(tmp_path / "w").of("2026-01", "scores")[0]["stability"]
    assert [row["feature"] for row in entries] == [
        *("score", *card.columns, "income x trade", "months x income")
    ]
    table = card.crossed[0]
    first, second = (side.places(frame) for side in (table.first, table.second))
    now = np.zeros(table.matrix.shape)
    np.add.at(now, (first, second), 1)
    cells = bin_cells(card, bin_places(card, frame))["income x trade"]
    assert np.bincount(cells.places, minlength=now.size).tolist() == now.ravel().tolist()
    assert cells.before.tolist() == table.rows.ravel().tolist()
    assert cells.names[:2] == tuple(
        f"{table.first.bins[0].said} × {other.said}" for other in table.second.bins[:2]
    )


@pytest.mark.parametrize(
    ("language", "kept", "counted"),
    [
        (
            "en",
            "income × trade: the scored file did not keep them",
            "No CSI of income × trade, months × income: the card does not say how many rows",
        ),
        (
            "zh",
            "income × trade 无 CSI：评分文件未保留这些列",
            "income × trade, months × income 无 CSI：评分卡未记录建模样本",
        ),
    ],
)
def test_the_page_names_crossed_tables_and_those_without_an_index(
    crossed, tmp_path, language, kept, counted
) -> None:
    set_language(language)
    source, scored = tmp_path / "rows_2026-01.parquet", tmp_path / "scores_2026-01.parquet"
    mixed(400, seed=7)[0].write_parquet(source)
    watch(crossed, [source], tmp_path / "w")
    page = (tmp_path / "w" / "watch.html").read_text("utf-8")
    assert "income × trade" in page
    assert kept not in page
    assert counted not in page
    score_file(crossed, source, scored, keep=["income", "months"])
    watch(crossed, [scored], tmp_path / "v")
    page = (tmp_path / "v" / "watch.html").read_text("utf-8")
    assert kept in page
    entry = read_ledger(tmp_path / "v").of("2026-01", "scores")[0]["stability"]
    assert [row["feature"] for row in entry] == ["score", "income", "months", "months x income"]
    card = load(crossed)
    bare = tuple(replace(row, goods=(), bads=()) for row in card.crossed)
    other = save(replace(card, crossed=bare), tmp_path / "bare" / "1")
    watch(other, [source], tmp_path / "u")
    page = (tmp_path / "u" / "watch.html").read_text("utf-8")
    assert counted in page
    entry = read_ledger(tmp_path / "u").of("2026-01", "scores")[0]["stability"]
    assert [row["feature"] for row in entry] == ["score", *card.columns]
