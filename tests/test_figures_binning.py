"""Figures of bins and cards show the tables as they are."""

from dataclasses import replace

import polars as pl
import pytest

from lishui_credit.figures.binning import bin_plot, points_plot, short, side_by_side_plot
from lishui_credit.language import set_language
from lishui_credit.scorecards import BinningProcess
from lishui_credit.scorecards.bins.binning import WOE
from tests.models import german, german_model


def test_bars_and_line_are_the_binning_table() -> None:
    frame, y = german()
    binning = BinningProcess().fit(frame, y).binnings_["duration_in_month"]
    table = binning.table()
    figure = bin_plot(binning)
    goods, bads, line = figure.data
    assert list(goods.y) == pytest.approx((table["goods"] / 1000).to_list())
    assert sum(goods.y) + sum(bads.y) == pytest.approx(1.0)
    assert list(line.y) == table["bad_rate"].to_list()
    tops = [rate + up for rate, up in zip(line.y, line.error_y.array, strict=True)]
    assert tops == pytest.approx(table["bad_rate_high"].to_list())
    assert f"{binning.iv:.3f}" in figure.layout.title.text
    assert "rises" in figure.layout.title.text
    assert WOE in goods.hovertext[0]


def test_long_words_are_cut_on_the_axis_and_whole_in_the_hover() -> None:
    frame, y = german()
    binning = BinningProcess().fit(frame, y).binnings_["purpose"]
    said = binning.table()["bin"].to_list()
    figure = bin_plot(binning)
    assert max(len(words) for words in figure.layout.xaxis.ticktext) <= 18
    assert max(len(words) for words in said) > 18
    for words, hover in zip(said, figure.data[0].hovertext, strict=True):
        assert hover.startswith(words)


def test_two_bins_whose_words_are_cut_alike_stay_two_bars() -> None:
    levels = ["a very long level that ends in one", "a very long level that ends in two"]
    frame = pl.DataFrame({"kind": [levels[0]] * 200 + [levels[1]] * 200})
    y = [0] * 190 + [1] * 10 + [0] * 100 + [1] * 100
    figure = bin_plot(BinningProcess().fit(frame, y).binnings_["kind"])
    assert len(set(figure.data[0].x)) == 2


def test_titles_and_axes_speak_the_language_in_use_and_say_synthetic() -> None:
    frame, y = german()
    binning = BinningProcess().fit(frame, y).binnings_["duration_in_month"]
    assert "SYNTHETIC" in bin_plot(binning, synthetic=True).layout.title.text
    assert "SYNTHETIC" not in bin_plot(binning).layout.title.text
    set_language("zh")
    try:
        figure = bin_plot(binning, synthetic=True)
        assert "合成数据" in figure.layout.title.text
        assert figure.layout.yaxis2.title.text == "坏账率"
    finally:
        set_language(None)


def test_points_stand_from_worst_to_best_the_widest_first() -> None:
    card = german_model().card
    figure = points_plot(card)
    ranges, ticks, means = figure.data
    widths = [high - low for low, high in zip(ranges.x[::3], ranges.x[1::3], strict=True)]
    assert widths == sorted(widths, reverse=True)
    assert sum(widths) == card.range[1] - card.range[0]
    assert len(ticks.x) == card.table().filter(pl.col("rows") > 0).height
    assert sorted(means.x) == pytest.approx(sorted(item.mean for item in card.characteristics))
    assert "SYNTHETIC" in points_plot(replace(card, synthetic=True)).layout.title.text


def test_side_by_side_draws_both_parts_and_the_interval() -> None:
    frame = pl.DataFrame(
        {
            "row": ["family", "peers"],
            "label": ["家庭人口", "评议"],
            "decreed": [0.4, 0.6],
            "learned": [0.1, 0.9],
            "low": [0.0, 0.8],
            "high": [0.2, 1.0],
            "weighs": ["over", "under"],
        }
    )
    decreed, learned = side_by_side_plot(frame).data
    assert list(decreed.x) == [0.4, 0.6]
    assert list(learned.x) == [0.1, 0.9]
    assert list(learned.error_x.array) == pytest.approx([0.1, 0.1])
    assert decreed.error_x.array is None
    bare = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias("low"))
    assert side_by_side_plot(bare).data[1].error_x.array is None


def test_short_keeps_what_fits() -> None:
    assert short("x" * 18) == "x" * 18
    assert short("x" * 19) == "x" * 17 + "…"


def test_a_name_is_cut_between_words_where_that_leaves_half_of_it() -> None:
    assert short("members of the family") == "members of the…"
    assert short("members of a family 12") == "members of a…"
    assert short("a" + "b" * 30) == "a" + "b" * 16 + "…"
    assert short("an incomprehensibility") == "an incomprehensib…"


def test_labels_that_the_cut_makes_alike_keep_their_rows_apart() -> None:
    labels = [
        "补税金额不满1万元且占当年应纳税额不满1%,已补缴",
        "补税金额不满1万元且占当年应纳税额1%以上",
    ]
    frame = pl.DataFrame(
        {
            "row": ["r050101", "r050102"],
            "label": labels,
            "decreed": [0.4, 0.6],
            "learned": [0.1, 0.9],
            "low": [None, None],
            "high": [None, None],
        },
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    )
    assert len(set(side_by_side_plot(frame).data[0].y)) == 2
