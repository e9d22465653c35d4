"""Figures of grades, drift and lending show the frame they are given, loudly where it is made up."""

import re

import polars as pl
import pytest

from lishui_credit.citation import EVIDENCE
from lishui_credit.figures import drift, grades, lending
from lishui_credit.figures.narrow import headed, lines, narrow
from lishui_credit.figures.style import blank
from lishui_credit.language import set_language
from lishui_credit.reports import palette
from lishui_credit.rubrics.engine.explanation import ExplainedRow, Explanation


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language(None)


SPREAD = pl.DataFrame(
    {
        "group": ["a"] * 3 + ["b"] * 3,
        "place": [0, 1, 2] * 2,
        "grade": ["A", "B", None] * 2,
        "label": ["A级", "B级", "withheld"] * 2,
        "outcome": ["graded", "graded", "withheld"] * 2,
        "subjects": [6, 3, 1, 0, 10, 0],
        "share": [0.6, 0.3, 0.1, 0.0, 1.0, 0.0],
    }
)


def test_bars_are_the_shares_and_the_ungraded_are_hatched():
    figure = grades.distribution_bars(SPREAD, label="all", synthetic=True)
    assert [bar.name for bar in figure.data] == ["A级", "B级", "withheld"]
    assert [list(bar.x) for bar in figure.data] == [[0.6, 0.0], [0.3, 1.0], [0.1, 0.0]]
    assert [bar.marker.pattern.shape for bar in figure.data] == ["", "", "/"]
    assert "6 (60.0%)" in figure.data[0].hovertext[0]
    assert figure.layout.title.text.startswith("<b>SYNTHETIC DATA</b>")
    assert "SYNTHETIC" not in grades.distribution_bars(SPREAD).layout.title.text


def test_editions_with_other_grades_share_one_legend():
    later = pl.DataFrame(
        {
            "year": [2016, 2016, 2018, 2018, 2018],
            "place": [0, 1, 0, 1, 2],
            "grade": ["A", "B", "A", "M", "B"],
            "label": ["A", "B", "A", "M", "B"],
            "outcome": ["graded"] * 5,
            "subjects": [1, 1, 1, 1, 2],
            "share": [0.5, 0.5, 0.25, 0.25, 0.5],
        }
    )
    figure = grades.distribution_bars(later, group="year")
    assert [bar.name for bar in figure.data] == ["A", "M", "B"]
    assert [list(bar.y) for bar in figure.data] == [["2016", "2018"], ["2018"], ["2016", "2018"]]
    colours = [bar.marker.color for bar in figure.data]
    assert len(set(colours)) == 3


def test_a_ladder_has_as_many_colours_as_grades():
    for count in range(1, 10):
        assert len(set(grades.ladder(count))) == count


@pytest.mark.parametrize("count", range(2, 10))
def test_each_grade_is_darker_than_the_better_one_and_its_share_can_be_read(count):
    colours = grades.ladder(count)
    light = [palette.luminance(colour) for colour in colours]
    assert light == sorted(light, reverse=True)
    assert light[-1] < 0.1 < 0.8 < light[0]
    assert min(palette.contrast(palette.ink_on(colour), colour) for colour in colours) >= 4.5


def test_the_matrix_shows_counts_and_frames_the_diagonal():
    cells = pl.DataFrame(
        {
            "from": ["A", "A", "B", "B"],
            "to": ["A", "B", "A", "B"],
            "subjects": [3, 1, 0, 0],
            "share": [0.75, 0.25, None, None],
            "move": ["same", "worse", "better", "same"],
        }
    )
    figure = grades.migration_matrix(
        cells, names={"A": "甲", "B": "乙"}, years=("2015", "2016"), synthetic=True
    )
    heat = figure.data[0]
    assert list(heat.x) == ["甲", "乙"]
    assert [list(row) for row in heat.text] == [["3<br>75%", "1<br>25%"], ["", ""]]
    assert len(figure.layout.shapes) == 2
    assert "2015" in figure.layout.yaxis.title.text
    assert figure.layout.title.text.startswith("<b>SYNTHETIC DATA</b>")


def test_unverified_levels_are_hatched_and_named():
    frame = pl.DataFrame(
        {"group": ["a", "a"], "evidence": ["copy", "memory"], "share": [0.8, None]}
    )
    figure = grades.evidence_bars(frame)
    assert [bar.marker.pattern.shape for bar in figure.data] == ["", "/"]
    assert "unverified" in figure.data[1].name
    assert "—" in figure.data[1].hovertext[0]


def test_a_level_says_once_that_it_is_unverified():
    set_language("zh")
    frame = pl.DataFrame(
        {"group": ["a", "a"], "evidence": ["memory", "local"], "share": [0.5, 0.5]}
    )
    names = {bar.name for bar in grades.evidence_bars(frame).data}
    assert names == {"凭记忆,未核实", "他地规则,未核实"}


def test_lines_of_what_is_unverified_have_a_tick_a_year():
    frame = pl.DataFrame(
        {
            "year": [2015, 2016],
            "points_share": [0.1, 0.2],
            "decided_share": [0.0, 0.1],
            "movable_share": [0.5, 0.5],
        }
    )
    figure = grades.unverified_lines(frame)
    assert [list(line.y) for line in figure.data] == [[0.1, 0.2], [0.0, 0.1], [0.5, 0.5]]
    assert figure.layout.xaxis.dtick == 1


def test_every_level_has_a_chinese_name():
    set_language("zh")
    frame = grades.with_evidence_names(pl.DataFrame({"evidence": [*EVIDENCE, None]}))
    said = frame["evidence"].to_list()
    assert said[-1] is None
    assert not set(said) & set(EVIDENCE)


def _row(id: str, points: str, out_of: str, evidence: str = "copy", state: str = "scored"):
    return ExplainedRow(
        id=id, label="a row", dimension="", value="1", points=points, out_of=out_of,
        state=state, clause="c", evidence=evidence,
    )  # fmt: skip


def test_an_explanation_shows_rows_that_count_and_marks_the_unverified():
    made = Explanation(
        subject="SYN1", edition="e", source="s", grade="A", grade_label="甲", outcome="graded",
        decided_by="score", decided="the score", score="8",
        rows=(
            _row("one", "8", "10"),
            _row("two", "-3", "", "memory"),
            _row("nothing", "0", ""),
            _row("off", "", "", state="not_scored"),
        ),
        applied=(), weak_share=0,
    )  # fmt: skip
    figure = grades.explanation_bars(made, synthetic=True)
    most, points, unverified = figure.data
    assert list(most.x) == [10.0, 0.0]
    assert (list(points.x), list(unverified.x)) == ([8.0], [-3.0])
    assert unverified.marker.pattern.shape == "/"
    assert len(set(most.y)) == 2  # two rows of one name stay apart
    assert figure.layout.title.text.startswith("<b>SYNTHETIC DATA</b>")


def test_drift_shows_the_index_beside_chance_and_the_convention():
    table = pl.DataFrame(
        {
            "period": ["2016", "2017"],
            "subjects": [100, 90],
            "psi": [0.02, 0.3],
            "critical": [0.01, 0.01],
            "p": [0.1, 0.0],
            "moved": ["stable", "shifted"],
        }
    )
    figure = drift.psi_by_period(table, synthetic=True)
    assert list(figure.data[0].y) == [0.02, 0.3]
    assert list(figure.data[0].text) == ["stable", "shifted"]
    assert list(figure.data[1].y) == [0.01, 0.01]
    assert [shape.y0 for shape in figure.layout.shapes] == [0.10, 0.25]
    named = drift.csi_bars(
        pl.DataFrame(
            {
                "feature": ["x", "y"],
                "psi": [0.2, 0.0],
                "critical": [0.1] * 2,
                "moved": ["watch", "stable"],
            }
        ),
        names={"x": "收入"},
    )
    assert list(named.data[0].y) == ["收入", "y"]
    assert "watch" in named.data[0].text[0]


def test_a_metric_leaves_out_periods_without_a_figure():
    table = pl.DataFrame(
        {
            "metric": ["auc", "auc", "ks"],
            "period": ["2016", "2017", "2016"],
            "subjects": [100, 3, 100],
            "bads": [9, 0, 9],
            "value": [0.7, None, 0.4],
            "low": [0.6, None, 0.3],
            "high": [0.8, None, 0.5],
        }
    )
    figure = drift.metric_by_period(table, development=0.75)
    assert list(figure.data[0].y) == [0.7]
    assert figure.data[0].error_y.array[0] == pytest.approx(0.1)
    assert list(figure.data[1].y) == [0.75]


def _compared() -> pl.DataFrame:
    row = {
        "cut_off": 520, "approved": 180, "bads": 8, "approval_rate": 0.9,
        "approval_rate_low": 0.85, "approval_rate_high": 0.95, "bad_rate_approved": 0.044,
        "bad_rate_approved_low": 0.02, "bad_rate_approved_high": 0.07,
        "realised_loss_fen": 3_600_000, "realised_loss_fen_low": 1_000_000,
        "realised_loss_fen_high": 6_000_000, "profit_fen": 5_000_000_00,
        "profit_fen_low": 4_000_000_00, "profit_fen_high": 6_000_000_00,
    }  # fmt: skip
    tried = row | {"cut_off": 560, "approved": 140, "profit_fen": 4_500_000_00}
    return pl.DataFrame([{"what": "in force", **row}, {"what": "tried", **tried}])


def test_figures_are_said_with_their_interval_beside_those_in_force():
    said = {row.id: row for row in lending.said_of(_compared())}
    assert (said["approved"].value, said["approved"].lines) == ("140", ("in force: 180",))
    assert said["approval_rate"].lines == ("95 %: 85.0% – 95.0%", "in force: 90.0%")
    assert said["profit_fen"].value == "4.50 million yuan"
    assert said["profit_fen"].lines == ("95 %: 4.00 – 6.00", "in force: 5.00 million yuan")
    alone = lending.said_of(_compared().filter(pl.col("what") == "tried"))
    assert not any("in force" in line for row in alone for line in row.lines)


def test_who_is_affected_is_said_by_decisions_that_change_and_the_group_moved_most():
    swap = pl.DataFrame({"set": ["swap_out", "swap_in"], "applicants": [1500, 20]})
    groups = pl.DataFrame({"group": ["a", "b"], "change": [-0.02, 0.031]})
    said = lending.affected_said(swap, groups)
    assert said.value == "1,520"
    assert said.lines == ("1,500 leave, 20 enter", "moved most: b +3.1 points")
    nobody = lending.affected_said(swap.with_columns(applicants=pl.lit(0)), None)
    assert (nobody.value, nobody.lines) == ("0", ("0 leave, 0 enter",))


def test_marks_stand_in_the_unit_of_their_curve():
    figure = lending.marked(
        blank("x", False, 600, 400), _compared(), "cut_off", "profit_fen", of=[5_000_000_00]
    )
    assert [(mark.x[0], mark.y[0]) for mark in figure.data] == [(520, 5.0), (560, 4.5)]


def test_groups_below_four_fifths_say_so_and_the_few_are_left_out():
    frame = pl.DataFrame(
        {
            "group": ["a", "b", "few"],
            "subjects": [100, 100, 3],
            "old": [0.9, 0.8, None],
            "old_low": [0.8, 0.7, None],
            "old_high": [0.95, 0.9, None],
            "new": [0.9, 0.5, None],
            "new_low": [0.8, 0.4, None],
            "new_high": [0.95, 0.6, None],
            "below_four_fifths": [False, True, None],
        }
    )
    figure = lending.approvals_by_group(frame, label="sex", synthetic=True)
    old, new = figure.data[1:]
    assert (list(old.x), list(new.x)) == ([0.9, 0.8], [0.9, 0.5])
    assert "4/5" in new.y[1]
    assert "4/5" not in new.y[0]
    assert figure.layout.title.text.startswith("<b>SYNTHETIC DATA</b>")


def test_a_long_title_is_broken_between_words_characters_and_before_no_mark():
    assert lines("a · b") == ["a · b"]
    assert lines("一" * 25) == ["一" * 20, "一" * 5]
    assert lines("一" * 25, taken=10) == ["一" * 15, "一" * 10]
    assert lines("一" * 20 + "，" + "二") == ["一" * 19, "一，二"]  # no mark begins a line
    assert lines("一" * 18 + "2018年底") == ["一" * 18, "2018年底"]
    assert lines("word " * 9) == [("word " * 8).rstrip(), "word "]
    assert lines("") == [""]


@pytest.mark.parametrize("finding", ["", "it rose " * 12])
def test_what_a_figure_shows_is_its_title_after_the_loud_word_and_above_its_name(finding):
    set_language("en")
    plain = blank("Grades", True, 600, 400, "2019")
    figure = headed(blank("Grades", True, 600, 400, "2019"), finding)
    told = re.sub("<[^>]*>", "", figure.layout.title.text.replace("<br>", " "))
    assert told.split() == f"SYNTHETIC DATA · {finding} Grades · 2019".split()
    rows = figure.layout.title.text.split("<br>")
    assert all(len(re.sub("<[^>]*>", "", row)) <= 50 for row in rows)
    assert figure.layout.height - plain.layout.height == 22 * (len(rows) - 1)
    assert len(rows) == (4 if finding else 1)
    set_language(None)


def test_a_narrow_figure_is_as_wide_as_its_frame_with_the_legend_below():
    figure = narrow(grades.distribution_bars(SPREAD))
    assert figure.layout.width is None
    assert figure.layout.legend.yref == "container"
