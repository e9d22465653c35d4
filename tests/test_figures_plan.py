"""Figures of the plan draw what is in their frames, say synthetic first, and fetch nothing."""

from __future__ import annotations

import itertools
from datetime import date
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

import polars as pl
import pytest

from lishui_credit.figures.areas import league_plot, map_plot, place_words
from lishui_credit.figures.county_table import county_html, headline
from lishui_credit.figures.plan import (
    companions_plot,
    course_plot,
    multiples_plot,
)
from lishui_credit.figures.style import STATUS_WORDS, titled
from lishui_credit.language import set_language
from lishui_credit.plan.companion_series import companion_names
from lishui_credit.plan.course import course
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import CITY, areas, counties
from lishui_credit.plan.evaluation.drawings import scale
from lishui_credit.plan.league import league
from lishui_credit.plan.standings import progress
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports.palette import (
    EDGE,
    PAPER,
    QUIET,
    STATUS_FILLS,
    SURFACE,
    TONES,
    contrast,
    luminance,
)
from lishui_credit.samples.plan_observations import plan_observations

AT = date(2018, 12, 31)


@pytest.fixture(scope="module")
def made():
    return plan_observations()


@pytest.fixture(scope="module")
def table(made):
    return progress(made, AT)


@pytest.fixture(scope="module")
def drawn(made, table):
    return course(made, table, AT)


@pytest.mark.parametrize("key", list(indicators()))
def test_the_observed_line_is_the_frame(drawn, key):
    part = drawn.filter(indicator=key, adcode=CITY)
    figure = course_plot(part, synthetic=True)
    (line,) = [trace for trace in figure.data if trace.mode == "lines+markers"]
    by = scale(indicators()[key])[0]
    seen = part.filter(series="observed").sort("day")
    assert list(line.x) == seen["day"].to_list()
    assert list(line.y) == pytest.approx((seen["value"] / by).to_list())
    assert figure.layout.title.text.startswith("<b>SYNTHETIC DATA</b>")
    assert list(figure.layout.xaxis.ticktext) == ["2015", "2016", "2017", "2018", "2019", "2020"]


def test_surveys_have_intervals_and_a_band_for_the_projection(drawn):
    figure = course_plot(drawn.filter(indicator="satisfaction_government", adcode=CITY))
    (line,) = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert all(reach > 0 for reach in line.error_y.array)
    assert sum(trace.fill == "tonexty" for trace in figure.data) == 1
    assert not figure.layout.title.text.startswith("<b>")


def test_every_county_has_its_small_chart_with_its_status_above(drawn, table):
    key = "double_publicity_coverage"
    inside = drawn.filter((pl.col("indicator") == key) & (pl.col("adcode") != CITY))
    figure = multiples_plot(inside, table.filter(indicator=key))
    assert len(figure.data) == 18
    heads = [note.text for note in figure.layout.annotations]
    assert len(heads) == 9
    for county, head in zip(counties(), heads, strict=True):
        state = STATUSES[table.filter(indicator=key, adcode=county.adcode)["status"].item()]
        assert county.name_en in head
        assert state.word in head
        assert state.icon in head


def test_counts_of_counties_are_drawn_as_multiples_of_their_base(drawn, table):
    inside = drawn.filter((pl.col("indicator") == "query_volume") & (pl.col("adcode") != CITY))
    figure = multiples_plot(inside, table.filter(indicator="query_volume"))
    assert figure.data[0].y[0] == 1.0
    assert figure.data[0].y[-1] == pytest.approx(2.0)


def test_the_map_is_nine_polygons_that_say_schematic_and_carry_values(table):
    figure = map_plot(table, "website_rate", synthetic=True)
    shapes = [trace for trace in figure.data if trace.fill == "toself"]
    assert len(shapes) == 9
    assert all(trace.type == "scatter" for trace in figure.data)  # nothing that fetches a base map
    assert "schematic" in figure.layout.title.text
    notes = " ".join(note.text for note in figure.layout.annotations)
    assert "Jingning" in notes
    assert "not an approved map" in notes
    colours = {trace.fillcolor for trace in shapes}
    assert colours == {
        STATUS_FILLS[s][0]
        for s in table.filter(indicator="website_rate").filter(pl.col("adcode") != CITY)["status"]
    }


def test_the_table_of_counties_says_each_status_by_icon_value_and_colour(table):
    drawn = county_html(table, 'a "<b>"', lambda page, **query: f"{page}?{urlencode(query)}")
    root = ElementTree.fromstring(f"<div>{drawn[drawn.index('</style>') + 8 :]}</div>")
    rows = [list(row.iter("td")) for row in next(root.iter("tbody")).iter("tr")]
    assert (len(rows), len(rows[0])) == (12, 10)
    for key, cells in zip(indicators(), rows, strict=True):
        here = table.filter(indicator=key)
        for found, cell in zip(here.iter_rows(named=True), cells, strict=True):
            link = next(cell.iter("a"))
            assert parse_qs(link.get("href").split("?")[1]) == {
                "indicator": [key], "area": [found["adcode"]]
            }  # fmt: skip
            assert link.text.split()[0] == STATUSES[found["status"]].icon
            assert STATUSES[found["status"]].word in link.get("title")
            assert STATUS_FILLS[found["status"]][0] in cell.get("style")
    foot = [cell.text for cell in next(root.iter("tfoot")).iter("td")]
    off = [STATUSES[s].off for s in table["status"]]
    codes = table["adcode"].to_list()
    assert foot == [
        str(sum(o for o, code in zip(off, codes, strict=True) if code == area.adcode))
        for area in areas()
    ]


def test_the_counties_with_most_indicators_off_are_the_headline(table):
    assert headline(table) == "Most indicators off the path: Jingning (5 of 12)"
    none = table.with_columns(pl.lit("on_track").alias("status"))
    assert headline(none) == "No county has an indicator off its path"
    same = table.with_columns(pl.lit("behind").alias("status"))
    assert headline(same) == "All nine counties have 12 indicators off the path"
    two = table.with_columns(
        pl.when(pl.col("adcode").is_in(["331102", "331121"])).then(pl.lit("behind"))
        .otherwise(pl.lit("near")).alias("status")
    )  # fmt: skip
    assert headline(two) == "Most indicators off the path: Liandu, Qingtian (12 of 12 each)"


def test_every_status_has_a_colour_of_its_own_and_a_word_for_text():
    assert STATUS_FILLS.keys() == STATUS_WORDS.keys() == STATUSES.keys()
    assert len({paper for paper, _ in STATUS_FILLS.values()}) == len(STATUS_FILLS)


def test_a_grey_print_keeps_the_order_of_statuses():
    judged = [
        name for name in STATUS_FILLS if name not in ("cannot_tell", "no_baseline", "no_data")
    ]
    assert judged == [name for name in STATUSES if name in judged]
    light = [luminance(STATUS_FILLS[name][0]) for name in judged]
    assert light == sorted(light)
    assert luminance(STATUS_FILLS["near"][0]) > 2 * luminance(STATUS_FILLS["behind"][0])


def test_the_steps_off_the_path_are_told_apart_in_grey_and_by_every_kind_of_eye():
    steps = [
        STATUS_FILLS[name][0] for name in ("missed", "reversed", "far_behind", "behind", "near")
    ]
    for one, other in itertools.pairwise(steps):
        assert contrast(one, other) >= 1.4
        for eye in DICHROMATS.values():
            assert abs(_light(one, eye) - _light(other, eye)) >= 10  # of 100, CIE L*


# What people without one kind of cone see, in linear RGB (Machado, Oliveira, Fernandes 2009, severity 1).
DICHROMATS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def _light(colour, eye):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    seen = [sum(w * c for w, c in zip(row, linear, strict=True)) for row in eye]
    y = sum(w * min(max(c, 0), 1) for w, c in zip((0.2126, 0.7152, 0.0722), seen, strict=True))
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_words_can_be_read_on_every_colour():
    pairs = [*STATUS_FILLS.values(), *TONES.values(), (SURFACE, QUIET), (PAPER, QUIET)]
    assert min(contrast(*pair) for pair in pairs) >= 4.5
    assert contrast(EDGE, PAPER) >= 3  # around fills that are pale themselves


def test_the_league_shows_intervals_and_places_as_ranges(made):
    ranked = league(made, "double_publicity_coverage", AT)
    figure = league_plot(ranked, "double_publicity_coverage")
    assert list(figure.data[0].x) == ranked["value"].to_list()
    assert list(figure.data[0].error_x.array) == pytest.approx(
        (ranked["high"] - ranked["value"]).to_list()
    )
    assert [note.text for note in figure.layout.annotations] == [
        place_words(row) for row in ranked.iter_rows(named=True)
    ]


def test_companions_are_named_in_both_languages():
    row = indicators()["uscc_coverage"]
    frame = pl.DataFrame(
        {
            "companion": ["dup_error_rate"],
            "day": [AT],
            "value": [1.0],
            "low": [None],
            "high": [None],
        }
    )
    assert companions_plot(frame, row, "x").data[0].name == "Duplicate or wrong codes"
    set_language("zh")
    try:
        assert companion_names(row)["cert_replacement_rate"] == "存量证照换发率"
        assert titled("a", True) == "<b>合成数据</b> · a"
    finally:
        set_language(None)


def test_a_projection_without_an_honest_interval_is_drawn_without_a_band(drawn):
    lines = drawn.filter(indicator="uscc_coverage", adcode=CITY)  # its path is a step
    ahead = lines.filter(series="projection").sort("day")
    assert ahead.height == 2
    assert ahead["low"].to_list()[-1] is None
    figure = course_plot(lines)
    assert not [trace for trace in figure.data if trace.fill == "tonexty"]
    assert [trace for trace in figure.data if trace.line.dash == "dot"]
