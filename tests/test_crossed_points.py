"""Crossed tables are shown wherever a card is: page, workbook, heat map, frames, reasons, changes."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.figures.binning import points_plot
from lishui_credit.figures.crossed_table import crossed_plot
from lishui_credit.language import set_language
from lishui_credit.models import validate_file
from lishui_credit.models.card_changes import changed_points
from lishui_credit.models.judging import bins_before_and_now
from lishui_credit.reports.palette import FEWER_TO_MORE, INK, contrast, luminance
from lishui_credit.scorecards import (
    Card,
    CrossedTable,
    load,
    read_workbook,
    reason_codes,
    save,
    verify,
    what_would_it_take,
    write_workbook,
)
from lishui_credit.scorecards.cards import card_tables
from lishui_credit.scorecards.cards.card_file import from_json, to_json
from lishui_credit.scorecards.cards.model_card import model_card
from lishui_credit.scorecards.cards.reasons import Baseline, baseline_points
from tests.models import crossed_card, german_model, mixed

FRAME = mixed(300, seed=9)[0]


@pytest.fixture(autouse=True)
def _language_back() -> Iterator[None]:
    yield
    set_language(None)


# ---- frames -------------------------------------------------------------------------------------


def test_the_frame_of_crossed_cells_holds_the_points_and_rows_of_every_cell() -> None:
    card = crossed_card()
    first = card.crossed[0]
    found = card.crossed_table().filter(pl.col("second") == "trade")
    assert (found["points"] * 10).round().to_list() == first.matrix.ravel().tolist()
    assert found["rows"].sum() == 1500
    seen = found.filter(pl.col("rows") > 0)
    assert seen["bad_rate"].null_count() == 0
    assert (seen["bad_rate"] * seen["rows"]).sum() == pytest.approx(np.sum(first.bads))
    assert found.filter(pl.col("rows") == 0)["bad_rate"].null_count() == found.height - seen.height


def test_rows_that_were_not_counted_are_unknown_and_not_one() -> None:
    first = crossed_card().crossed[0]
    bare = replace(crossed_card(), crossed=(replace(first, goods=(), bads=()),)).crossed_table()
    assert bare["rows"].null_count() == bare["bad_rate"].null_count() == bare.height


def test_a_card_without_crossed_tables_has_an_empty_frame_of_them() -> None:
    assert german_model().card_.crossed_table().is_empty()
    assert german_model().card_.cells == len(
        [row for item in german_model().card_.characteristics for row, _ in item.held]
    )


def test_cells_to_check_are_those_with_rows_and_no_bins_of_zeros() -> None:
    card = crossed_card()
    held = sum(int((np.array(row.goods) + np.array(row.bads) > 0).sum()) for row in card.crossed)
    alone = sum(len(card[name].held) for name in card.columns if name != "trade")
    assert card.only_crossed("trade")
    assert card.cells == held + alone


def test_the_whole_points_table_holds_bins_and_crossed_cells_with_their_means() -> None:
    card = crossed_card()
    found = card_tables.points(card)
    assert found.height == card.table().height + card.crossed_table().height
    crossed = found.filter(pl.col("feature") == card.crossed[0].name)
    assert crossed["label"].unique().to_list() == ["income × trade"]
    assert crossed["mean"][0] == pytest.approx((crossed["points"] * crossed["rows"]).sum() / 1500)


# ---- page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "heads"), [("en", ("Crossed points", "Joint fit")), ("zh", ("交叉分值", "联合拟合"))]
)
def test_the_model_card_prints_every_crossed_cell_and_no_coefficients(
    lang: str, heads: tuple[str, str]
) -> None:
    set_language("en" if lang == "en" else "zh")
    card = crossed_card()
    page = model_card(card)
    lines = page.splitlines()
    assert all(f"## {head}" in lines for head in heads)
    assert f"## {'Regression' if lang == 'en' else '回归'}" not in lines
    for table in card.crossed:
        at = lines.index(f"### {card.label_of(table)}")
        rows = [line.strip("| ").split(" | ") for line in lines[at + 4 :][: len(table.points)]]
        shown = [[float(cell.strip("()")) * 10 for cell in row[1:]] for row in rows]
        assert np.round(shown).astype(int).tolist() == table.matrix.tolist()
        bracketed = [[cell.startswith("(") for cell in row[1:]] for row in rows]
        assert (np.array(bracketed) == ~table.held).all()
    assert str(card.cells) in page
    assert "0.675" in page  # what the cap on tables costs
    assert "| nan" not in page


# ---- files --------------------------------------------------------------------------------------


def test_a_crossed_card_reads_back_from_its_file_and_its_workbook(tmp_path: Path) -> None:
    card = crossed_card()
    assert to_json(load(save(card, tmp_path / "crossed" / "1"))) == to_json(card)
    assert to_json(read_workbook(write_workbook(card, tmp_path / "card.xlsx"))) == to_json(card)


def test_the_workbook_has_a_sheet_per_crossed_table_with_signs_and_papers(tmp_path: Path) -> None:
    set_language("en")
    card = crossed_card()
    book = openpyxl.load_workbook(write_workbook(card, tmp_path / "card.xlsx"))
    for number, table in enumerate(card.crossed, 1):
        sheet = book[f"Crossed {number}"]
        rows = list(sheet.iter_rows(min_row=4))
        found = [[round(cell.value * 10) for cell in row[1:]] for row in rows]
        assert found == table.matrix.tolist()
        signs = {
            (cell.number_format, bool(table.held[place, column]))
            for place, row in enumerate(rows)
            for column, cell in enumerate(row[1:])
        }
        assert signs == {("+General;-General;0", True), ("(+General);(-General);(0)", False)}
        (rules,) = sheet.conditional_formatting
        scale = rules.rules[0].colorScale
        assert [colour.rgb[2:] for colour in scale.color] == [one[1:] for one in FEWER_TO_MORE]
    told = [row[0].value for row in book["Joint fit"].iter_rows(min_row=4)]
    assert "one-way tables" in told
    assert "Regression" not in book.sheetnames


def test_a_crossed_cell_that_was_edited_is_refused_with_its_sheet(tmp_path: Path) -> None:
    set_language("en")
    path = write_workbook(crossed_card(), tmp_path / "card.xlsx")
    book = openpyxl.load_workbook(path)
    book["Crossed 2"]["C5"].value += 0.1
    book.save(path)
    with pytest.raises(ModelError, match="Crossed 2"):
        read_workbook(path)


@pytest.mark.parametrize("name", ["points", "log_odds", "goods", "bads"])
def test_cells_that_do_not_fit_the_bins_are_refused(name: str) -> None:
    data = json.loads(to_json(crossed_card()))
    for spoil in (lambda rows: rows.pop(), lambda rows: rows[0].pop()):
        broken = json.loads(json.dumps(data))
        spoil(broken["crossed"][0][name])
        with pytest.raises(ModelError, match="cells do not fit the bins"):
            from_json(json.dumps(broken), sealed=False)


def test_a_crossed_cell_that_is_no_whole_number_is_refused() -> None:
    data = json.loads(to_json(crossed_card()))
    data["crossed"][0]["points"][0][0] = 1.5
    with pytest.raises(ModelError, match="whole numbers"):
        from_json(json.dumps(data), sealed=False)


# ---- heat map -----------------------------------------------------------------------------------


def test_the_heat_map_is_the_table_with_signs_and_brackets() -> None:
    card = crossed_card()
    table = card.crossed[0]
    (cells,) = crossed_plot(card, table).data
    assert (np.array(cells.z) * 10).round().astype(int).tolist() == table.matrix.tolist()
    for line, marks, held in zip(cells.text, table.points, table.held, strict=True):
        for text, mark, seen in zip(line, marks, held, strict=True):
            assert text.startswith("(") != seen
            assert round(float(text.strip("()")) * 10) == mark
            assert text.strip("()")[0] in "+-0"
    assert -cells.zmin == cells.zmax == max(abs(row.matrix).max() for row in card.crossed) / 10


def test_lines_of_nobody_without_points_are_not_drawn() -> None:
    card = crossed_card()
    table = card.crossed[0]
    marks = table.matrix
    marks[:, ~table.held.any(axis=0)] = 0
    drawn = crossed_plot(card, replace(table, points=tuple(map(tuple, marks.tolist()))))
    assert list(drawn.layout.xaxis.ticktext) == ["养殖", "茶叶", "农家乐", "其他"]
    assert len(drawn.layout.shapes) == 1  # the rule above missing incomes


@pytest.mark.parametrize(("lang", "words"), [("en", ("missing", "rows")), ("zh", ("缺失", "行数"))])
def test_the_heat_map_speaks_the_language_in_use_and_says_synthetic(
    lang: str, words: tuple[str, str]
) -> None:
    set_language("en" if lang == "en" else "zh")
    card = replace(crossed_card(), synthetic=True)
    figure = crossed_plot(card, card.crossed[0])
    assert words[0] in figure.layout.yaxis.ticktext
    assert words[1] in figure.data[0].hovertext[0][0]
    assert ("SYNTHETIC" if lang == "en" else "合成数据") in figure.layout.title.text


def test_papers_of_points_keep_their_order_in_grey_and_the_text_is_read_on_each() -> None:
    greys = [luminance(colour) for colour in FEWER_TO_MORE]
    assert greys == sorted(greys)
    assert all(contrast(INK, colour) >= 4.5 for colour in FEWER_TO_MORE)


def test_the_plot_of_points_reaches_from_the_lowest_score_to_the_highest() -> None:
    card = crossed_card()
    ranges, ticks, means = points_plot(card).data
    widths = [high - low for low, high in zip(ranges.x[::3], ranges.x[1::3], strict=True)]
    assert sum(widths) * 10 == pytest.approx(card.range[1] - card.range[0])
    assert len(ticks.x) == card.cells
    assert "trade" not in means.y
    assert {"income × trade", "months × income"} <= set(means.y)
    average = card.scored(mixed(1500)[0]).mean() - card.base_points
    assert sum(means.x) * 10 == pytest.approx(average, abs=1e-6)


# ---- commands -----------------------------------------------------------------------------------


def test_a_joint_fit_by_the_command_tells_its_crossed_tables_and_is_fitted_again_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = np.random.default_rng(3)
    one, other = draw.normal(size=(2, 800)).round(1)
    bad = (draw.random(800) < 1 / (1 + np.exp(1 - 2.5 * np.sign(one * other)))).astype(int)
    sample = tmp_path / "sample.parquet"
    pl.DataFrame({"one": one, "other": other, "bad": bad}).write_parquet(sample)
    words = ["fit", str(sample), "--lang", "en", "--folds", "2", "--grades", "0"]
    folder = str(tmp_path / "joint" / "1")
    told = ["--points", "joint", "--tables", "2", "--crossed", "1"]
    assert main([*words, "-o", folder, *told, "--excel"]) == 0
    said = capsys.readouterr().out
    card = load(folder)
    assert card.settings["points"]["tables"] == 2
    assert len(card.crossed) == 1
    assert card.label_of(card.crossed[0]) in said
    assert f"{card.cells} cells" in said
    assert "nan" not in said
    assert "## Crossed points" in (tmp_path / "joint" / "1" / "card.md").read_text("utf-8")
    assert to_json(read_workbook(tmp_path / "joint" / "1" / "card.xlsx")) == to_json(card)
    assert main(["verify", folder, "--lang", "en"]) == 0
    assert main([*words, "-o", str(tmp_path / "woe" / "1"), "--crossed", "3"]) != 0
    assert "--points joint" in capsys.readouterr().err


# ---- two cards ----------------------------------------------------------------------------------


def turned(table: CrossedTable) -> CrossedTable:
    """The same table, its rows as columns."""
    cells = {
        name: tuple(zip(*getattr(table, name), strict=True))
        for name in ("points", "log_odds", "goods", "bads")
    }
    return replace(table, first=table.second, second=table.first, **cells)


def test_a_crossed_cell_that_differs_between_two_cards_is_told_and_no_other() -> None:
    set_language("en")
    card = crossed_card()
    table = card.crossed[0]
    marks = table.matrix
    marks[2, 1] += 7
    other = replace(table, points=tuple(map(tuple, marks.tolist())))
    for changed in (other, turned(other)):
        found = changed_points(card, replace(card, crossed=(changed, card.crossed[1])))
        assert found.height == 1
        assert found["beyond"].to_list() == [0.7]
        assert set(found["bin"][0].split(" × ")) == {"[1.26, 3.679)", "茶叶"}


def test_a_crossed_table_that_one_card_lacks_is_told_cell_by_cell() -> None:
    card = crossed_card()
    found = changed_points(replace(card, crossed=card.crossed[:1]), card)
    assert found["before"].null_count() == found.height == card.crossed[1].matrix.size
    assert (found["after"] * 10).round().to_list() == card.crossed[1].matrix.ravel().tolist()


# ---- reasons ------------------------------------------------------------------------------------


def test_contributions_of_a_crossed_card_add_up_to_its_score() -> None:
    card = crossed_card()
    parts = card.contributions(FRAME)
    whole = parts.select(pl.sum_horizontal(pl.col("^points__.*$"))).to_series()
    assert (whole + card.base_points).to_list() == parts["score"].to_list()


@pytest.mark.parametrize("baseline", ["best", "mean", "neutral", "best_of_all"])
def test_reasons_of_a_crossed_card_are_the_largest_losses(baseline: Baseline) -> None:
    card = crossed_card()
    found = reason_codes(card, FRAME, top=2, baseline=baseline)
    parts = card.contributions(FRAME)
    against = {item.feature: baseline_points(card, item, baseline) for item in card.characteristics}
    for row in range(FRAME.height):
        lost = [most - parts[f"points__{name}"][row] for name, most in against.items()]
        expected = sorted((mark / 10 for mark in lost if mark > 1e-8), reverse=True)[:2]
        shown = [found[f"lost_{n}"][row] for n in (1, 2) if found[f"reason_{n}"][row]]
        assert shown == pytest.approx(expected)


def values_of(card: Card, feature: str) -> dict[str, object]:
    """A value inside every bin of known values, by the bin's words."""
    bins = [row for row, _ in card[feature].held if row.kind in ("range", "levels")]
    return {
        row.said: row.values[0]
        if row.values
        else row.lower
        if row.lower is not None
        else float(row.upper or 0.0) - 1e-3
        for row in bins
    }


def test_what_would_be_better_is_the_bin_of_the_highest_score_beside_the_other_values() -> None:
    card = crossed_card()
    found = reason_codes(card, FRAME.head(40), top=1)
    for place, row in enumerate(FRAME.head(40).iter_rows(named=True)):
        reason = found["reason_1"][place]
        tried = values_of(card, reason)
        frame = pl.DataFrame([{**row, reason: value} for value in tried.values()], FRAME.schema)
        scores = card.score(frame).to_list()
        best = {said for said, mark in zip(tried, scores, strict=True) if mark == max(scores)}
        assert found["better_1"][place] in best


@pytest.mark.parametrize("place", range(0, 40, 4))
def test_the_way_to_a_cutoff_of_a_crossed_card_is_the_cheapest_of_all_combinations(
    place: int,
) -> None:
    card, row = crossed_card(), FRAME.row(place, named=True)
    costs = {"income": 1.0, "trade": 2.5, "months": 0.7}
    score = int(card.score(FRAME[place])[0])
    options = []
    for name, weight in costs.items():
        item = card[name]
        here = int(item.binning.places(FRAME[place]).item())
        choices = [(row[name], 0.0)]
        for then, (said, value) in itertools.product(
            range(len(item.binning.bins)), values_of(card, name).items()
        ):
            bins = item.binning.bins
            if bins[then].said == said and then != here:
                ranges = bins[then].kind == bins[here].kind == "range"
                choices.append((value, weight * (abs(then - here) if ranges else 1)))
        options.append(choices)
    chosen = list(itertools.product(*options))
    tried = pl.DataFrame(
        [{**row, **dict(zip(costs, (value for value, _ in one), strict=True))} for one in chosen],
        FRAME.schema,
    )
    reached = card.score(tried).to_list()
    prices = [sum(cost for _, cost in one) for one in chosen]
    for more in (10, 60, 150, 400):
        found = what_would_it_take(card, row, score + more, costs)
        cheapest = min(
            (price for price, mark in zip(prices, reached, strict=True) if mark >= score + more),
            default=None,
        )
        assert found.possible == (cheapest is not None)
        if cheapest is None:
            assert found.reached == max(reached)
        else:
            assert sum(change.cost for change in found.changes) == pytest.approx(cheapest)
            assert score + more <= found.reached <= max(reached)


def test_a_crossed_card_that_refuses_the_unseen_refuses_them_in_crossed_tables_too() -> None:
    card = crossed_card()
    strict = replace(card, policies=replace(card.policies, unseen="raise"))
    known = FRAME.drop_nulls()
    assert strict.score(known).to_list() == card.score(known).to_list()
    with pytest.raises(SubjectError, match="trade"):
        strict.score(known.with_columns(trade=pl.lit("航天")))


def test_every_engine_gives_the_scores_of_a_crossed_card() -> None:
    found = verify(crossed_card())
    assert [row.name for row in found.identities if row.holds is False] == []


# ---- later rows ---------------------------------------------------------------------------------


def test_a_validation_has_the_stability_of_crossed_tables_beside_that_of_columns(
    tmp_path: Path,
) -> None:
    frame, bad = mixed(1500)
    counts = crossed_card().score(frame).value_counts().iter_rows()
    told = {"scores": {str(score): rows for score, rows in counts}}
    model = save(replace(crossed_card(), provenance=told), tmp_path / "crossed" / "1")
    same, apart = tmp_path / "same.parquet", tmp_path / "apart.parquet"
    frame.with_columns(bad=pl.Series(bad)).write_parquet(same)
    paired = frame.with_columns(pl.col("income").sort(), pl.col("trade").sort())
    paired.with_columns(bad=pl.Series(bad)).write_parquet(apart)
    found = validate_file(model, same).table("csi")
    assert dict(found.select("feature", "psi").iter_rows()) == dict.fromkeys(
        [*crossed_card().columns, *(row.name for row in crossed_card().crossed)], 0.0
    )
    found = validate_file(model, apart).table("csi")
    assert found["feature"][0] == "income x trade"
    assert found["moved"][0] == "shifted"
    assert dict(found.select("feature", "psi").iter_rows())["income"] == 0


def test_weights_of_crossed_cells_stand_for_as_many_rows_as_the_sample_has() -> None:
    card, frame = crossed_card(), mixed(1500)[0]
    first = card.crossed[0]
    third = replace(first, **{
        name: tuple(tuple(value / 3 for value in row) for row in getattr(first, name))
        for name in ("goods", "bads")
    })  # fmt: skip
    before, _ = bins_before_and_now(replace(card, crossed=(third,)), frame)
    whole, now = bins_before_and_now(card, frame)
    assert before[first.name].to_list() == whole[first.name].to_list()
    assert sorted(now[first.name]) == sorted(whole[first.name])
