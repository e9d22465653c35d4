"""Indicators from raw records: codes, publicity, lists, collection, queries, openings, revenue."""

import re
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from stdnum.cn import uscc as oracle

from lishui_credit.errors import RubricError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.divisions import CITY, areas, counties
from lishui_credit.plan.observed.city import with_city
from lishui_credit.plan.observed.store import Store
from lishui_credit.plan.observed.table import SCHEMA
from lishui_credit.plan.records.codes import (
    REGISTER,
    code_coverage,
    judged_codes,
    organisation_code_valid,
)
from lishui_credit.plan.records.collection import BATCHES, CATALOGUE, completeness
from lishui_credit.plan.records.computed import Computed, period_of, period_start
from lishui_credit.plan.records.lists import (
    CRITERIA,
    KEY_SECTORS,
    NAMED_LISTS,
    RELEASES,
    list_coverage,
)
from lishui_credit.plan.records.openings import CLIENT_UNITS, SITE_EVENTS, client_rate, website_rate
from lishui_credit.plan.records.publication_fields import (
    compliance,
    judged_records,
    read_standards,
    standards,
)
from lishui_credit.plan.records.publicity import (
    DECISIONS,
    PUBLICATIONS,
    double_publicity,
    judged_decisions,
)
from lishui_credit.plan.records.raw_tables import AREA, RawTable, raw_column, take
from lishui_credit.plan.records.revenue import FIRMS, service_revenue
from lishui_credit.plan.records.sampled_files import concealment, drawn_files
from lishui_credit.plan.records.survey_answers import answers_table
from lishui_credit.plan.records.usage import QUERIES, judged_queries, query_volume
from lishui_credit.samples import plan_records as made

YEAR_END = date(2018, 12, 31)


# ---- raw tables ------------------------------------------------------------------------------

VISITS = RawTable(
    id="visits",
    title_zh="访问",
    columns=(
        AREA,
        raw_column("at", "时间", "moment"),
        raw_column("count", "次数", "integer"),
    ),
    optional=("count",),
    gaps=("at",),
)


@pytest.mark.parametrize("word", ["331127", "景宁畲族自治县", "景宁", "332529", " 景宁 "])
def test_an_area_is_known_by_code_old_code_and_name(word):
    assert take(pl.DataFrame({"adcode": [word], "at": [None]}), VISITS)["adcode"][0] == "331127"


def test_an_area_code_that_came_as_a_number_is_known():
    assert take(pl.DataFrame({"adcode": [331102], "at": [None]}), VISITS)["adcode"][0] == "331102"


@pytest.mark.parametrize(
    "text",
    ["2018-03-01 09:30:00", "2018/3/1 9:30", "2018-03-01T09:30:00", "20180301093000"],
)
def test_moments_are_read_in_the_forms_logs_write(text):
    frame = take(pl.DataFrame({"adcode": ["331102"], "at": [text]}), VISITS)
    assert frame["at"][0] == datetime(2018, 3, 1, 9, 30)


def test_a_moment_with_a_time_zone_becomes_beijing_time():
    seen = pl.DataFrame({"adcode": ["331102"], "at": [datetime(2017, 12, 31, 17, 0)]})
    seen = seen.with_columns(pl.col("at").dt.replace_time_zone("UTC"))
    assert take(seen, VISITS)["at"][0] == datetime(2018, 1, 1, 1, 0)


def test_every_problem_of_a_table_is_told_at_once_with_the_row():
    frame = pl.DataFrame(
        {"区划代码": ["331102", "杭州", None], "次数": ["-1", "x", "2"], "血型": ["A", "B", "O"]}
    )
    with pytest.raises(SubjectError) as caught:
        take(frame, VISITS)
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == 6
    for words in (
        "no credit file may hold", "no column 'at'", "first row 2: 杭州", "the cell is empty",
        "not a number", "outside 0",
    ):  # fmt: skip
        assert any(words in line for line in said), words


def test_a_gb18030_csv_with_chinese_headers_is_read(tmp_path):
    path = tmp_path / "访问.csv"
    path.write_bytes("区划代码,时间,次数\n龙泉市,2018-03-01 09:30:00,3\n".encode("gb18030"))
    assert take(path, VISITS).row(0) == ("331181", datetime(2018, 3, 1, 9, 30), 3, False)


def test_two_headers_for_one_column_are_refused():
    frame = pl.DataFrame({"adcode": ["331102"], "区划代码": ["331102"], "at": [None]})
    with pytest.raises(SubjectError, match="two headers"):
        take(frame, VISITS)


TABLES = (REGISTER, DECISIONS, PUBLICATIONS, CRITERIA, RELEASES, CATALOGUE, BATCHES, QUERIES)
TABLES += (
    SITE_EVENTS,
    CLIENT_UNITS,
    FIRMS,
    answers_table("satisfaction_social", ("sex", "residence")),
)


COLUMNS = [
    pytest.param(table, column, id=f"{table.id}-{column.id}")
    for table in TABLES
    for column in table.columns
    if table.wanted[column.id] or len(column.label_zh) > 3  # a letter of three may be another word
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_slip_of_the_pen_in_any_header_of_any_raw_table_stops_the_run(table, column):
    slip = "X" + column.label_zh[1:]
    headers = [slip if other is column else other.label_zh for other in table.columns]
    with pytest.raises(SubjectError) as caught:
        take(pl.DataFrame({header: ["x"] for header in headers}), table)
    told = [
        row for row in caught.value.problems if f"'{column.id}' ({column.label_zh})" in row.what
    ]
    assert len(told) == 1
    assert slip in told[0].found
    assert "did you mean" in told[0].hint


def test_a_needed_column_under_another_word_is_told_with_that_header():
    frame = made.publications(made.decisions(20)).rename({"published_on": "公示时问"})
    with pytest.raises(SubjectError, match=r"no column 'published_on'.*did you mean '公示时问'"):
        take(frame, PUBLICATIONS)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("错误记录数(条)", None),
        ("记录数(万条)", "unit this column cannot have"),
        ("错误记录数(元)", "unit"),
    ],
)
def test_a_count_in_another_unit_than_its_own_is_not_left_out_in_silence(header, said):
    frame = made.batches(made.catalogue(4)).rename(
        {
            header[: header.index("(")]
            .replace("错误记录数", "wrong_records")
            .replace("记录数", "records"): header
        }
    )
    if said is None:
        assert take(frame, BATCHES)["wrong_records"].count() == frame[header].count() > 0
    else:
        with pytest.raises(SubjectError, match=said):
            take(frame, BATCHES)


def test_a_header_that_stands_twice_in_a_file_is_refused(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text("区划代码,时间,时间\n331102,2018-03-01 09:30:00,\n")
    with pytest.raises(SubjectError, match="two headers for 'at'"):
        take(path, VISITS)


@pytest.mark.parametrize("nothing", ["-", "——", "N/A", " ", "null"])
def test_what_counts_as_nothing_elsewhere_is_an_empty_moment(nothing):
    rows = {"adcode": ["331102"], "at": [nothing], "count": [nothing]}
    assert take(pl.DataFrame(rows), VISITS).row(0) == ("331102", None, None, False)


def test_a_moment_of_an_unlikely_year_is_refused():
    for at in ("0018-03-01 09:30:00", datetime(2918, 3, 1)):
        with pytest.raises(SubjectError, match=r"unlikely year.*1 rows, first row 1"):
            take(pl.DataFrame({"adcode": ["331102"], "at": [at]}), VISITS)


def test_an_area_code_that_became_a_float_is_known():
    frame = pl.DataFrame({"adcode": [331102.0], "at": [None]})
    assert take(frame, VISITS)["adcode"][0] == "331102"


def test_periods_end_where_they_end():
    days = pl.Series([date(2020, 2, 1), date(2020, 2, 29), date(2020, 12, 31)])
    for frequency, ends in {
        "month": [date(2020, 2, 29), date(2020, 2, 29), date(2020, 12, 31)],
        "quarter": [date(2020, 3, 31), date(2020, 3, 31), date(2020, 12, 31)],
        "year": [date(2020, 12, 31)] * 3,
    }.items():
        found = pl.select(period_of(pl.lit(days), frequency)).to_series().to_list()
        assert found == ends
        assert all(period_start(end, frequency) <= day for end, day in zip(ends, days, strict=True))


# ---- 1 codes ---------------------------------------------------------------------------------


def registered(codes, **more):
    rows = {
        "register": ["市场监管"] * len(codes),
        "name": [f"合成{n}" for n in range(len(codes))],
        "uscc": codes,
        "adcode": ["331102"] * len(codes),
        "type": ["法人"] * len(codes),
        "status": ["存续"] * len(codes),
    }
    return pl.DataFrame(rows | more, schema_overrides={"uscc": pl.String})


def verdict(code, **more):
    return judged_codes(registered([code], **more), YEAR_END)[0].row(0, named=True)


@pytest.mark.parametrize(
    ("code", "found", "old"),
    [
        ("11332500002645486F", "valid", True),  # Lishui Statistics Bureau, region before 2000
        ("1233110252601815X0", "valid", False),
        ("12331102398259791Y", "valid", False),
        ("91331102303311025F", "valid", False),
        ("9133112130331121XL", "valid", False),
        ("91331181303311818J", "valid", False),
        ("91110000600037341L", "region", False),  # a sound code of Beijing
        ("91350100M000100Y43", "region", False),
        ("91350100M000100Y4Z", "malformed", False),
        ("91310115MA1H8R7C6D", "check_digit", False),
        ("A1110000600037341L", "check_digit", False),
        ("91331102303311025", "malformed", False),
        ("913311O2303311025F", "malformed", False),  # the letter O
        (None, "missing", False),
    ],
)
def test_identifier_traps(code, found, old):
    judged = verdict(code)
    assert (judged["verdict"], judged["old_region"]) == (found, old)


@pytest.mark.parametrize("first", ["N2", "A1", "Y1", "N1"])
def test_codes_of_rural_collectives_and_others_with_a_letter_first_are_valid(first):
    code = made.code(7, first)
    judged = judged_codes(registered([code]), YEAR_END, extra_regions=(made.REGION,))[0]
    assert judged["verdict"].to_list() == ["valid"]
    assert not oracle.is_valid(code)  # the trap: eight digits are taken for granted there


def test_made_up_codes_agree_with_the_oracle():
    assert all(oracle.is_valid(made.code(number)) for number in range(200))


def test_organisation_codes_of_the_standard_vectors():
    good = [
        "600037341",
        "M000100Y4",
        "002645486",
        "001755309",
        "MA1B3N1N2",
        "100000040",
        "10000018X",
    ]
    assert organisation_code_valid(pl.Series(good)).all()
    bad = ["600037340", "M000100YX", "10000018x", "1000001", None]
    assert not organisation_code_valid(pl.Series(bad)).any()


def test_small_letters_spaces_and_full_width_are_mended_and_told():
    for written in ("91331102303311025f", " 9133 1102303311025F", "９1331102303311025F"):
        judged, notes = judged_codes(registered([written]), YEAR_END)
        assert judged["verdict"][0] == "valid"
        assert any("normalised" in note for note in notes)


def test_one_code_with_two_names_counts_for_neither():
    code = "91331102303311025F"
    found = code_coverage(registered([code, code, None]), YEAR_END)
    assert found.of("uscc_coverage")["numerator"] == 0
    assert found.of("uscc_coverage.dup_error_rate")["value"] == 100


def test_one_organisation_in_two_registers_counts_once():
    code = "91331102303311025F"
    twice = registered([code, code], name=["合成", "合成"], register=["市场监管", "农业农村"])
    found = code_coverage(twice, YEAR_END)
    assert (found.of("uscc_coverage")["numerator"], found.of("uscc_coverage")["denominator"]) == (
        1,
        1,
    )
    assert any("counted once" in note for note in found.notes)


def test_a_deregistered_twin_is_no_duplicate():
    code = "91331102303311025F"
    found = code_coverage(registered([code, code], status=["存续", "注销"]), YEAR_END)
    assert found.of("uscc_coverage")["value"] == 100


def test_an_organisation_exists_from_its_first_to_before_its_last_day():
    rows = registered(
        [None] * 4,
        registered_on=[date(2018, 12, 31), date(2019, 1, 1), None, None],
        status=["存续", "存续", "注销", "注销"],
        ended_on=[None, None, date(2018, 12, 31), date(2019, 1, 1)],
    )
    assert judged_codes(rows, YEAR_END)[0]["name"].to_list() == ["合成0", "合成3"]


def test_individual_businesses_stand_apart():
    rows = registered(["91331102303311025F", None], type=["法人", "个体工商户"])
    found = code_coverage(rows, YEAR_END)
    assert found.of("uscc_coverage")["value"] == 100
    assert found.of("uscc_coverage.individual_business_coverage")["value"] == 0


def test_what_the_city_registers_counts_for_the_city_only():
    rows = registered(["91331102303311025F", None], adcode=["331102", "331100"])
    found = code_coverage(rows, YEAR_END)
    assert found.of("uscc_coverage", "331102")["value"] == 100
    assert found.of("uscc_coverage")["value"] == 50
    assert found.observations.height == 2


def test_certificates_are_only_counted_where_the_register_tells():
    rows = registered([None] * 3, certificate_replaced=["是", "否", None])
    assert code_coverage(rows, YEAR_END).of("uscc_coverage.cert_replacement_rate")["value"] == 50
    bare = code_coverage(registered([None]), YEAR_END).companions["indicator"].to_list()
    assert bare == []


# ---- 2 double publicity ----------------------------------------------------------------------


def decided(days, **more):
    count = len(days)
    rows = {
        "kind": ["许可"] * count,
        "body": ["甲局"] * count,
        "adcode": ["331102"] * count,
        "number": [f"甲〔2018〕{n}号" for n in range(count)],
        "decided_on": days,
        "subject_type": ["法人"] * count,
    }
    return pl.DataFrame(rows | more)


def published(days, channel="信用丽水", **more):
    count = len(days)
    rows = {
        "kind": ["许可"] * count,
        "body": ["甲局"] * count,
        "number": [f"甲〔2018〕{n}号" for n in range(count)],
        "channel": [channel] * count,
        "published_on": days,
    }
    return pl.DataFrame(rows | more)


def states(decisions, publications, at=YEAR_END, **more):
    return judged_decisions(decisions, publications, at=at, **more)[0]["state"].to_list()


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        (date(2018, 2, 13), "timely"),
        (date(2018, 2, 24), "timely"),  # a Saturday that is worked
        (date(2018, 2, 28), "timely"),  # the seventh working day
        (date(2018, 3, 1), "late"),
        (date(2018, 2, 12), "predated"),
    ],
)
def test_timeliness_over_spring_festival(shown, state):
    found = states(decided([date(2018, 2, 13)]), published([shown]), channels="any")
    assert found == [state]


def test_publishing_on_the_weekend_after_the_deadline_is_late():
    # Wednesday 14 March 2018 to Friday 23 March is seven working days; Saturday the 24th is none
    rows = decided([date(2018, 3, 14)])
    assert states(rows, published([date(2018, 3, 23)]), channels="any") == ["timely"]
    assert states(rows, published([date(2018, 3, 24)]), channels="any") == ["late"]


def test_published_means_on_the_bodys_site_and_on_the_credit_site():
    rows = decided([date(2018, 3, 1)])
    credit = published([date(2018, 3, 5)])
    own = published([date(2018, 3, 20)], "部门网站")
    assert states(rows, credit) == ["unpublished"]
    assert states(rows, pl.concat([credit, own])) == ["late"]
    assert states(rows, pl.concat([credit, own]), channels="any") == ["timely"]


def test_what_is_published_after_the_day_is_not_known_yet():
    rows, shown = decided([date(2018, 3, 1)]), published([date(2018, 5, 1)])
    assert states(rows, shown, at=date(2018, 4, 30), channels="any") == ["unpublished"]
    assert states(rows, shown, at=date(2018, 5, 1), channels="any") == ["late"]


def test_a_decision_is_open_until_its_deadline_is_over():
    rows, nothing = decided([date(2018, 3, 5)]), published([])
    nothing = nothing.cast({"published_on": pl.Date})
    assert states(rows, nothing, at=date(2018, 3, 14)) == ["open"]
    assert states(rows, nothing, at=date(2018, 3, 15)) == ["unpublished"]


def test_exclusions_of_the_definition():
    rows = decided(
        [date(2018, 3, 1)] * 6,
        kind=["许可", "处罚", "许可", "许可", "许可", "处罚"],
        secrecy=["国家秘密", None, None, None, None, None],
        simple_procedure=[None, "是", "是", None, None, None],
        subject_type=["法人", "法人", "法人", "自然人", "自然人", "自然人"],
        law_says_publish=[None, None, None, None, "是", None],
    )
    judged, _ = judged_decisions(rows, published([date(2018, 3, 2)]), at=YEAR_END)
    assert judged["excluded"].to_list() == [
        "state_secret", "simple_procedure", None, "natural_person", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "number", ["甲〔2018〕0号", "甲[2018]0号", "甲(2018)0号", "甲【2018】 0号", "甲［2018］０号"]
)
def test_document_numbers_match_whatever_their_brackets(number):
    rows = decided([date(2018, 3, 1)])
    shown = published([date(2018, 3, 2)], number=[number])
    assert states(rows, shown, channels="any") == ["timely"]


def test_coverage_timeliness_and_late_rate():
    rows = decided([date(2018, 3, 1)] * 4)
    shown = published([date(2018, 3, 2), date(2018, 3, 5), date(2018, 4, 20)])
    found = double_publicity(rows, shown, at=YEAR_END, channels="any")
    assert found.of("double_publicity_coverage")["value"] == 75
    assert found.of("double_publicity_coverage.timeliness")["value"] == pytest.approx(200 / 3)
    assert found.of("double_publicity_coverage.late_rate")["value"] == pytest.approx(100 / 3)
    assert found.of("double_publicity_coverage.body_coverage")["value"] == 100
    assert found.of("double_publicity_coverage")["period"] == date(2018, 3, 31)


def test_repeated_rows_count_once_and_contradicting_ones_are_refused():
    rows = decided([date(2018, 3, 1)])
    _, notes = judged_decisions(pl.concat([rows, rows]), published([date(2018, 3, 2)]), at=YEAR_END)
    assert any("counted once" in note for note in notes)
    other = rows.with_columns(decided_on=pl.lit(date(2018, 3, 2)))
    with pytest.raises(SubjectError, match="under one document number"):
        judged_decisions(pl.concat([rows, other]), published([date(2018, 3, 2)]), at=YEAR_END)


def test_published_numbers_without_a_decision_are_told():
    found = double_publicity(
        decided([date(2018, 3, 1)]), published([date(2018, 3, 2)] * 3), at=YEAR_END
    )
    assert any(note.startswith("2 published") for note in found.notes)


def test_a_decision_year_the_calendar_does_not_know_is_refused():
    with pytest.raises(SubjectError, match="outside the calendar"):
        states(decided([date(1999, 3, 1)]), published([date(2018, 3, 2)]))


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda f: f.drop("number"), "no column 'number'"),
        (lambda f: f.with_columns(kind=pl.lit("确认")), "not one of"),
        (lambda f: f.with_columns(decided_on=pl.lit("三月一日")), "not a date"),
        (lambda f: f.with_columns(body=pl.lit(None, pl.String)), "the cell is empty"),
    ],
)
def test_broken_decisions_are_refused_in_words(broken, words):
    with pytest.raises(SubjectError, match=words):
        states(broken(decided([date(2018, 3, 1)])), published([date(2018, 3, 2)]))


def test_concealment_is_the_share_of_examined_files_with_wilsons_interval():
    files = decided([date(2018, 3, 1)] * 50)
    found = concealment(files, published([date(2018, 3, 2)] * 48), YEAR_END)
    row = found.of("double_publicity_coverage.concealment")
    assert (row["numerator"], row["denominator"]) == (2, 50)
    assert (row["low"], row["high"]) == pytest.approx((1.104, 13.46), abs=0.01)
    assert found.observations.is_empty()


def test_no_concealed_file_still_leaves_an_upper_bound():
    files = decided([date(2018, 3, 1)] * 50)
    row = concealment(files, published([date(2018, 3, 2)] * 50), YEAR_END).of(
        "double_publicity_coverage.concealment"
    )
    assert row["low"] == pytest.approx(0, abs=1e-9)
    assert 5 < row["high"] < 9


def test_files_that_need_not_be_published_cannot_be_concealed():
    files = decided([date(2018, 3, 1)], secrecy=["商业秘密"])
    with pytest.raises(SubjectError, match="no examined file"):
        concealment(files, published([date(2018, 3, 2)]), YEAR_END)


def test_drawn_files_are_so_many_a_body_whatever_the_order_of_rows():
    files = made.decisions(400)
    drawn = drawn_files(files, 3, seed=4)
    counts = drawn.group_by("adcode", "body").len()["len"]
    assert counts.max() == 3
    again = drawn_files(files.sample(fraction=1, shuffle=True, seed=9), 3, seed=4)
    assert set(drawn["number"]) == set(again["number"])
    assert set(drawn["number"]) != set(drawn_files(files, 3, seed=5)["number"])
    with pytest.raises(SubjectError, match="1 or more"):
        drawn_files(files, 0, seed=4)


# ---- 2 compliance ----------------------------------------------------------------------------

PENALTY = {
    "adcode": "331102",
    "行政相对人类别": "法人",
    "CF_XDR_MC": "合成企业",
    "CF_XDR_SHXYM": "91331102303311025F",
    "CF_FRDB": "合成",
    "CF_WSH": "甲罚〔2018〕1号",
    "CF_WFXW": "…",
    "CF_SY": "…",
    "CF_YJ": "…",
    "CF_CFLB": "罚款",
    "CF_NR": "罚款",
    "CF_NR_FK": "0.2",
    "CF_JDRQ": "2018-03-01",
    "CF_GSJZQ": "2019-03-01",
    "CF_CFJG": "甲局",
    "CF_CFJGDM": "11332500002645486F",
    "CF_SJLY": "甲局",
    "CF_SJLYDM": "11332500002645486F",
}


def faults(**changes):
    frame = pl.DataFrame([{**PENALTY, **changes}])
    judged, found = judged_records(frame, "penalty")
    assert judged["passes"][0] == found.is_empty()
    return [(field, fault) for field, fault, _ in found.iter_rows()]


def test_a_full_record_passes():
    assert faults() == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"CF_WSH": " "}, [("document_number", "empty")]),
        ({"CF_XDR_SHXYM": "91331102303311025G"}, [("subject_uscc", "check_digit")]),
        ({"CF_XDR_SHXYM": None}, [("subject_uscc", "empty")]),
        ({"CF_JDRQ": "2018-02-30"}, [("decided_on", "not_a_date")]),
        ({"CF_GSJZQ": "2018-02-28"}, [("publish_until", "ends_before_start")]),
        ({"CF_NR_FK": "两千元"}, [("fine", "not_an_amount")]),
        ({"CF_NR_FK": "-1"}, [("fine", "not_an_amount")]),
        ({"CF_NR_FK": None}, []),
    ],
)
def test_each_fault_of_a_record_is_named(change, found):
    assert faults(**change) == found


def test_natural_persons_need_a_document_and_no_credit_code():
    person = {"行政相对人类别": "自然人", "CF_XDR_SHXYM": None, "CF_FRDB": None}
    assert faults(**person) == [("document_type", "absent")]
    assert faults(**person, CF_XDR_ZJLX="身份证") == []
    assert faults(**person, CF_XDR_ZJLX="学生证") == [("document_type", "not_a_choice")]


def test_a_column_that_is_absent_is_told_apart_from_an_empty_cell():
    frame = pl.DataFrame([PENALTY]).drop("CF_WSH")
    assert judged_records(frame, "penalty")[1].rows() == [("document_number", "absent", 1)]


def test_compliance_counts_both_kinds_by_area():
    good, bad = PENALTY, {**PENALTY, "CF_WSH": None, "adcode": "331100"}
    found = compliance(None, pl.DataFrame([good, good, bad]), date(2018, 3, 31))
    name = "double_publicity_coverage.compliance"
    assert found.of(name)["value"] == pytest.approx(200 / 3)
    assert found.of(name, "331102")["value"] == 100
    with pytest.raises(SubjectError, match="no records"):
        compliance(None, None, date(2018, 3, 31))


def test_unknown_editions_and_kinds_are_refused_together():
    with pytest.raises(SubjectError) as caught:
        judged_records(pl.DataFrame([PENALTY]), "permit", "2021")
    assert len(caught.value.problems) == 2


def test_a_published_record_is_told_by_its_file_and_line(tmp_path):
    path = tmp_path / "公示.csv"
    path.write_text("区划代码,行政处罚决定书文号\n331102,甲\n\n杭州,乙\n")
    with pytest.raises(SubjectError, match=r"公示\.csv 区划代码: not one of .*first row 4: 杭州"):
        judged_records(path, "penalty", "2015")


def test_two_headers_for_one_published_field_are_refused():
    frame = pl.DataFrame([{**PENALTY, "CF_WSH": "甲", "行政处罚决定书文号": "乙"}])
    with pytest.raises(SubjectError, match="two headers for 'document_number'"):
        judged_records(frame, "penalty")


@pytest.mark.parametrize(
    ("act", "standard"), [(a, s) for a in ("licence", "penalty") for s in standards()]
)
def test_fields_of_any_edition_are_no_slips_of_the_pen_for_the_context(act, standard):
    every = [row for one in standards().values() for row in (*one.licence, *one.penalty)]
    frame = pl.DataFrame({"adcode": ["331102"], **{row.code: ["x"] for row in every}})
    judged, _ = judged_records(frame, act, standard)
    assert judged["passes"].to_list() == [False]


def test_a_standard_file_with_mistakes_is_refused_with_all_of_them():
    text = """
    [[standards]]
    id = "x"
    title_zh = "x"
    evidence = "local"
    licence = [{ id = "a", code = "A", zh = "甲", kind = "number" }, { id = "b", zh = "乙" }]
    penalty = []
    [[standards]]
    id = "y"
    colour = "red"
    """
    with pytest.raises(RubricError) as caught:
        read_standards(text)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    for word in ("'kind' must be one of text", "'code' is missing", "'penalty' is missing"):
        assert word in told, word
    assert "standards.toml:10 standards[2] 'y': unknown key · found: 'colour'" in told
    assert len(caught.value.problems) == 7


def test_no_field_of_an_edition_stands_twice():
    for edition in standards().values():
        for fields in (edition.licence, edition.penalty):
            for name in ("id", "code", "zh"):
                values = [getattr(field, name) for field in fields]
                assert len(set(values)) == len(values), (edition.id, name)


# ---- 3 lists ---------------------------------------------------------------------------------


def rules(sectors, **more):
    rows = {
        "sector": list(sectors),
        "adcode": ["331100"] * len(sectors),
        "document": ["甲办法"] * len(sectors),
        "valid_from": [date(2016, 1, 1)] * len(sectors),
    }
    return pl.DataFrame(rows | more)


def out(sectors, day=date(2018, 6, 1), **more):
    rows = {
        "sector": list(sectors),
        "adcode": ["331100"] * len(sectors),
        "released_on": [day] * len(sectors),
        "kind": ["名单"] * len(sectors),
        "sent_on": [day] * len(sectors),
    }
    return pl.DataFrame(rows | more)


def test_seven_key_sectors_and_twelve_named_ones():
    assert (len(KEY_SECTORS), len(NAMED_LISTS)) == (7, 12)


def test_a_sector_is_covered_by_criteria_a_release_and_data_sent():
    every = list_coverage(rules(KEY_SECTORS), out(KEY_SECTORS), YEAR_END)
    assert every.of("blacklist_coverage")["value"] == 100
    one = KEY_SECTORS[:1]
    for criteria, releases in (
        (rules(KEY_SECTORS[1:2]), out(one)),
        (rules(one, document=[None]).cast({"document": pl.String}), out(one)),
        (rules(one, valid_from=[date(2019, 1, 1)]), out(one)),
        (rules(one, valid_until=[date(2018, 12, 31)]), out(one)),
        (rules(one), out(one, sent_on=[None])),
        (rules(one), out(one, sent_on=[date(2019, 1, 1)])),
    ):
        found = list_coverage(criteria, releases, YEAR_END)
        assert found.of("blacklist_coverage")["numerator"] == 0
    assert list_coverage(rules(one), out(one), YEAR_END).of("blacklist_coverage")["numerator"] == 1


@pytest.mark.parametrize(
    ("day", "covered"),
    [(date(2017, 12, 31), 0), (date(2018, 1, 1), 1), (YEAR_END, 1), (date(2019, 1, 1), 0)],
)
def test_a_release_counts_for_twelve_months(day, covered):
    one = KEY_SECTORS[:1]
    releases = out(one, day, sent_on=[min(day, YEAR_END)])
    found = list_coverage(rules(one), releases, YEAR_END)
    assert found.of("blacklist_coverage")["numerator"] == covered


def test_forbidden_sectors_leave_the_denominator():
    found = list_coverage(rules(KEY_SECTORS), out(KEY_SECTORS), YEAR_END, forbidden={"金融"})
    assert found.of("blacklist_coverage")["denominator"] == 6


def test_lists_of_counties_are_pairs_of_the_citys_figure():
    criteria = rules(["金融", "金融"], adcode=["331100", "331102"])
    found = list_coverage(criteria, out(["金融"]), YEAR_END)
    city, county = found.of("blacklist_coverage"), found.of("blacklist_coverage", "331102")
    assert (city["numerator"], city["denominator"]) == (1, 14)
    assert (county["numerator"], county["denominator"]) == (0, 7)


def test_broken_lists_are_refused_with_every_problem():
    releases = out(["金融", "美容"], entries=[0, 3], kind=["名单", "零报告"])
    with pytest.raises(SubjectError) as caught:
        list_coverage(rules(["摄影"]), releases, YEAR_END)
    assert len(caught.value.problems) == 3


# ---- 4 collection ----------------------------------------------------------------------------


def items(titles, **more):
    count = len(titles)
    rows = {
        "item": [f"A{n}" for n in range(count)],
        "title": titles,
        "unit": ["甲局"] * count,
        "adcode": ["331102"] * count,
        "frequency": ["每月"] * count,
    }
    return pl.DataFrame(rows | more)


def came(names, **more):
    count = len(names)
    rows = {
        "item": names,
        "unit": ["甲局"] * count,
        "adcode": ["331102"] * count,
        "period": [date(2018, 3, 31)] * count,
        "received_on": [date(2018, 4, 4)] * count,
        "status": ["已接收"] * count,
    }
    return pl.DataFrame(rows | more)


MARCH = date(2018, 3, 31)


def test_rejected_batches_do_not_count_and_zero_reports_do():
    found = completeness(
        items(["登记"] * 4), came(["A0", "A1", "A2"], status=["已接收", "零报告", "退回"]), MARCH
    )
    assert found.of("collection_completeness")["value"] == 50


def test_items_are_due_when_their_period_ends():
    rows = items(["登记"] * 3, frequency=["每月", "每季度", "每年"])
    for period, frequency, due in (
        (date(2018, 2, 28), "month", 1),
        (MARCH, "month", 2),
        (MARCH, "quarter", 2),
        (YEAR_END, "month", 3),
        (YEAR_END, "year", 3),
    ):
        found = completeness(rows, came(["A0"]), period, frequency=frequency)
        assert found.of("collection_completeness")["denominator"] == due


def test_forbidden_and_absent_items_leave_the_denominator():
    rows = items(["登记", "宗教信仰", "疾病史", "许可"], not_held=["否", "否", "否", "是"])
    found = completeness(rows, came(["A0"]), MARCH)
    assert found.of("collection_completeness")["denominator"] == 1
    assert sum("left out" in note for note in found.notes) == 2


def test_the_first_good_batch_decides_whether_an_item_is_on_time():
    rows = items(["登记"] * 3, working_days=[3, 3, 3])  # 2, 3, 4 April 2018
    days = [date(2018, 4, 4), date(2018, 4, 8), date(2018, 4, 2)]
    found = completeness(
        rows, came(["A0", "A1", "A1"], received_on=days, status=["已接收", "已接收", "退回"]), MARCH
    )
    assert found.of("collection_completeness")["numerator"] == 2
    assert found.of("collection_completeness.timeliness")["numerator"] == 1
    assert found.of("collection_completeness.timeliness")["denominator"] == 3


def test_accuracy_is_over_the_records_of_good_batches():
    batches = came(
        ["A0", "A0"], records=[100, 100], wrong_records=[2, 90], status=["已接收", "退回"]
    )
    found = completeness(items(["登记"]), batches, MARCH)
    assert found.of("collection_completeness.accuracy")["value"] == 98


def test_batches_of_other_periods_and_unassigned_items_do_not_count():
    batches = came(["A0", "B9"], period=[date(2018, 2, 28), MARCH])
    found = completeness(items(["登记"]), batches, MARCH)
    assert found.of("collection_completeness")["value"] == 0
    assert any("does not assign" in note for note in found.notes)


def test_broken_collection_records_are_refused_with_every_problem():
    rows = pl.concat([items(["登记"]), items(["登记"])])
    batches = came(["A0"], received_on=[date(2018, 1, 4)], records=[1], wrong_records=[2])
    with pytest.raises(SubjectError) as caught:
        completeness(rows, batches, MARCH)
    assert len(caught.value.problems) == 3


# ---- 7 queries -------------------------------------------------------------------------------


def log(minutes, **more):
    count = len(minutes)
    start = datetime(2018, 3, 1, 9)
    rows = {
        "at": [start + timedelta(minutes=m) for m in minutes],
        "user": ["u"] * count,
        "subject": ["s"] * count,
        "adcode": ["331102"] * count,
        "channel": ["网站"] * count,
        "success": [True] * count,
    }
    return pl.DataFrame(rows | more)


def test_repeats_are_measured_from_the_last_counted_query():
    assert judged_queries(log([0, 9, 18, 27]))["state"].to_list() == [
        "counted", "repeat", "counted", "repeat",
    ]  # fmt: skip


def test_ten_minutes_exactly_is_a_new_query():
    assert judged_queries(log([0, 10]))["state"].to_list() == ["counted", "counted"]


def test_other_users_and_subjects_are_no_repeats():
    assert judged_queries(log([0, 1], user=["u", "v"]))["state"].to_list() == ["counted"] * 2
    assert judged_queries(log([0, 1], subject=["s", "t"]))["state"].to_list() == ["counted"] * 2


def test_repeats_agree_with_a_loop_over_an_unsorted_log():
    rng = np.random.default_rng(3)
    size = 600
    frame = log(
        rng.integers(0, 300, size).tolist(),
        user=[f"u{n}" for n in rng.integers(0, 4, size)],
        subject=[f"s{n}" for n in rng.integers(0, 5, size)],
    )
    found = judged_queries(frame)["state"].to_list()
    opened, expected = {}, [""] * size
    for place in sorted(range(size), key=lambda p: (frame["at"][p], p)):
        pair, at = (frame["user"][place], frame["subject"][place]), frame["at"][place]
        if pair in opened and at - opened[pair] < timedelta(minutes=10):
            expected[place] = "repeat"
        else:
            expected[place], opened[pair] = "counted", at
    assert found == expected


def test_robots_tests_failures_retries_and_bulk_are_left_out():
    frame = log(
        [0, 20, 40, 60, 80, 100],
        purpose=["爬虫", "自检", "重试", "查询", "查询", None],
        success=[True, True, True, False, True, True],
        channel=["网站"] * 4 + ["批量", "银行"],
    )
    assert judged_queries(frame)["state"].to_list() == [
        "robot", "test", "retry", "failed", "bulk", "counted",
    ]  # fmt: skip
    found = query_volume(frame, at=date(2018, 3, 31))
    assert found.of("query_volume")["numerator"] == 1
    assert found.of("query_volume.bulk")["numerator"] == 1
    assert judged_queries(log([0, 20], user=["bot", "us"]), robots=["bot"], tests=["us"])[
        "state"
    ].to_list() == ["robot", "test"]


def test_a_county_of_the_log_that_asked_nothing_in_a_month_counts_zero_and_the_city_adds_up():
    codes = [county.adcode for county in counties()]
    asked = [("2018-03-01 09:00:00", code) for code in codes]
    asked += [("2018-04-02 09:00:00", code) for code in codes[:8]] + [
        ("2018-04-30 23:00:00", codes[0])
    ]
    log = pl.DataFrame(asked, schema=["at", "adcode"], orient="row").with_columns(
        user=pl.int_range(pl.len()).cast(pl.String),
        subject=pl.lit("s"),
        channel=pl.lit("网站"),
        success=pl.lit(True),
    )
    found = query_volume(log, at=date(2018, 4, 30))
    april = found.observations.filter(period=date(2018, 4, 30))
    assert dict(april.select("adcode", "numerator").iter_rows())[codes[8]] == 0
    whole = with_city(found.observations)
    assert whole.missing.is_empty()
    assert whole.reconciliation.is_empty()
    assert not found.notes
    late = query_volume(log.filter(pl.col("at") > "2018-04"), at=date(2018, 4, 30))
    assert late.notes == ("the log begins on 2018-04-02: the first period may be incomplete",)


def test_a_failed_query_opens_no_window():
    frame = log([0, 5], success=[False, True])
    assert judged_queries(frame)["state"].to_list() == ["failed", "counted"]


def test_a_month_that_is_not_over_is_left_out():
    frame = log([0, 60 * 24 * 40])
    found = query_volume(frame)
    assert found.observations["period"].unique().to_list() == [date(2018, 3, 31)]
    assert any("not over" in note for note in found.notes)
    whole = query_volume(frame, at=date(2018, 4, 30))
    assert whole.observations["period"].n_unique() == 2


def test_counts_of_months_add_up_to_the_year():
    frame = made.queries(2_000)
    months = query_volume(frame, at=YEAR_END).observations.filter(adcode=CITY)
    year = query_volume(frame, at=YEAR_END, frequency="year").of("query_volume")
    assert months["numerator"].sum() == year["numerator"]
    assert year["value"] == year["numerator"]


def test_an_unreadable_moment_and_a_negative_window_are_refused():
    with pytest.raises(SubjectError, match="day and time"):
        judged_queries(log([0]).with_columns(at=pl.lit("noon")))
    with pytest.raises(SubjectError, match="0 or more"):
        judged_queries(log([0]), repeat_minutes=-1)


# ---- 5 and 6 openings ------------------------------------------------------------------------


def site(*events):
    return pl.DataFrame(events, schema=["adcode", "day", "event"], orient="row")


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([(date(2018, 12, 1), "开通")], "live"),
        ([(date(2018, 1, 1), "开通")], "idle"),
        ([(date(2018, 1, 1), "开通"), (date(2018, 10, 2), "更新")], "live"),  # 90 days before
        ([(date(2018, 1, 1), "开通"), (date(2018, 10, 1), "更新")], "idle"),
        ([(date(2018, 12, 1), "开通"), (date(2018, 12, 5), "关停")], "closed"),
        ([(date(2018, 12, 5), "关停"), (date(2018, 12, 9), "开通")], "live"),
        ([(date(2018, 12, 5), "关停"), (date(2018, 12, 9), "更新")], "closed"),
        ([(date(2018, 12, 9), "更新")], "none"),
        ([(date(2019, 1, 1), "开通")], "none"),
        ([(date(2018, 12, 5), "关停"), (date(2018, 12, 5), "开通")], "closed"),
    ],
)
def test_a_site_is_live_while_it_is_open_and_fresh(events, state):
    found = website_rate(site(*(("331102", *event) for event in events)), YEAR_END)
    assert found.detail.filter(adcode="331102")["state"].to_list() == [state]
    assert found.of("website_rate")["denominator"] == 10
    assert found.of("website_rate")["numerator"] == (state == "live")


def test_counties_and_the_citys_own_site_make_ten():
    every = site(*((row.adcode, date(2018, 12, 1), "开通") for row in areas()))
    found = website_rate(every, YEAR_END)
    assert found.of("website_rate")["value"] == 100
    assert found.of("website_rate", "331102")["denominator"] == 1


def clients(users, **more):
    rows = {
        "unit": [f"合成{n}" for n in range(len(users))],
        "adcode": ["331100"] * len(users),
        "user": users,
    }
    return pl.DataFrame(rows | more, schema_overrides={"user": pl.String})


def test_a_client_is_active_after_a_successful_query_of_it_lately():
    frame = log(
        [0] * 5,
        at=[date(2018, 12, 31), date(2018, 10, 3), date(2018, 10, 2), YEAR_END, YEAR_END],
        user=["a", "b", "c", "d", "e"],
        channel=["客户端"] * 4 + ["网站"],
        success=[True, True, True, False, True],
    )
    found = client_rate(clients(["a", "b", "c", "d", "e", None]), frame, YEAR_END)
    assert found.detail.sort("unit")["state"].to_list() == [
        "active", "active", "idle", "never", "never", "no_account",
    ]  # fmt: skip
    assert found.of("client_rate")["numerator"] == 2
    assert any("6 units are listed" in note for note in found.notes)


def test_a_unit_with_several_users_counts_once():
    units = clients(["a", "b"], unit=["甲", "甲"])
    found = client_rate(units, log([0], user=["b"], channel=["客户端"]), MARCH)
    assert (found.of("client_rate")["numerator"], found.of("client_rate")["denominator"]) == (1, 1)


def test_the_synthetic_units_are_45_and_forty_have_an_account():
    found = client_rate(made.client_units(), made.queries(), YEAR_END)
    assert found.of("client_rate")["denominator"] == 45
    assert found.detail.filter(state="no_account").height == 5
    assert not found.notes


def test_broken_units_are_refused_with_every_problem():
    units = clients(["a", "a", "b"], unit=["甲", "乙", "甲"], adcode=["331100", "331100", "331102"])
    with pytest.raises(SubjectError) as caught:
        client_rate(units, log([0]), MARCH)
    assert len(caught.value.problems) == 2


# ---- 8 revenue -------------------------------------------------------------------------------


def firms(counts, **more):
    rows = [code for code, count in counts.items() for _ in range(count)]
    frame = {
        "firm": [f"f{n}" for n in range(len(rows))],
        "adcode": rows,
        "year": [2018] * len(rows),
        "industry_class": ["7295"] * len(rows),
        "revenue": ["1000.50"] * len(rows),
    }
    return pl.DataFrame(frame | more)


def shown(frame):
    return set(service_revenue(frame).observations["adcode"])


def test_revenue_adds_up_in_fen():
    found = service_revenue(firms({"331102": 3}))
    assert found.of("service_revenue")["numerator"] == 300_150
    assert found.of("service_revenue")["value"] == 3001.5


def test_units_in_the_header_are_minded():
    frame = firms({"331102": 3}).rename({"revenue": "营业收入(万元)"})
    assert service_revenue(frame).of("service_revenue")["numerator"] == 300_150 * 10_000


def test_other_classes_financial_income_and_branches_are_left_out():
    frame = firms(
        {"331102": 5},
        industry_class=["7295", "7295", "7295", "7295", "6600"],
        financial_income=["0.50", None, None, None, None],
        reported_elsewhere=[None, None, None, "是", None],
    )
    assert service_revenue(frame).of("service_revenue")["numerator"] == 300_100


def test_small_cells_are_hidden_with_a_second_one_that_would_tell_them():
    assert shown(firms({"331102": 5, "331121": 4, "331122": 1})) == {CITY, "331102"}
    assert shown(firms({"331102": 5, "331121": 4, "331122": 3})) == {
        CITY,
        "331102",
        "331121",
        "331122",
    }


def test_two_hidden_counties_of_two_firms_each_need_no_third():
    assert shown(firms({"331102": 5, "331121": 2, "331122": 2})) == {CITY, "331102"}


def test_few_firms_of_the_city_itself_are_not_told_by_subtraction():
    assert shown(firms({CITY: 1, "331102": 5, "331121": 4})) == {CITY, "331102"}


def test_a_city_of_two_firms_is_hidden_altogether():
    found = service_revenue(firms({"331102": 2}))
    assert found.observations.is_empty()
    assert found.detail["revenue"].null_count() == found.detail.height == 2
    assert any("hidden" in note for note in found.notes)


def test_what_is_shown_never_tells_of_fewer_firms_than_the_least():
    rng = np.random.default_rng(8)
    codes = [row.adcode for row in areas()]
    for _ in range(60):
        counts = {code: int(n) for code, n in zip(codes, rng.integers(0, 6, 10), strict=True) if n}
        if sum(counts.values()) < 3:
            continue
        seen = shown(firms(counts))
        assert CITY in seen
        rest = sum(counts.values()) - sum(counts[code] for code in seen - {CITY})
        assert all(counts[code] >= 3 for code in seen - {CITY})
        assert rest == 0 or rest >= 3


def test_deflated_revenue_is_rounded_in_integers():
    found = service_revenue(firms({"331102": 3}), price_index={2018: 10_250})
    assert found.of("service_revenue.deflated")["numerator"] == round(300_150 / 1.025)


def test_broken_revenue_is_refused_with_every_problem():
    frame = firms({"331102": 2}, firm=["a", "a"], financial_income=["9999", None])
    with pytest.raises(SubjectError) as caught:
        service_revenue(frame, price_index={2017: 10_000}, fewest=0)
    assert len(caught.value.problems) == 4
    with pytest.raises(SubjectError, match="more decimals than"):
        service_revenue(firms({"331102": 1}, revenue=["0.001"]))


# ---- everything together ---------------------------------------------------------------------


def everything(records=None):
    got = records or made.frames()
    return {
        "codes": code_coverage(got["register"], YEAR_END, extra_regions=(made.REGION,)),
        "publicity": double_publicity(got["decisions"], got["publications"], at=YEAR_END),
        "lists": list_coverage(got["criteria"], got["releases"], YEAR_END),
        "collection": completeness(got["catalogue"], got["batches"], date(2018, 6, 30)),
        "usage": query_volume(got["queries"], at=YEAR_END),
        "websites": website_rate(got["site_events"], YEAR_END),
        "clients": client_rate(got["client_units"], got["queries"], YEAR_END),
        "revenue": service_revenue(got["credit_services"]),
    }


def test_every_computation_of_synthetic_records_says_synthetic_and_keeps_the_columns():
    for name, found in everything().items():
        assert isinstance(found, Computed), name
        for frame in (found.observations, found.companions):
            assert frame.schema == SCHEMA, name
            assert frame["synthetic"].all(), name
        assert found.observations.height, name
        assert not found.observations["indicator"].str.contains(".", literal=True).any()


def test_records_without_a_row_give_no_figure_and_no_traceback():
    empty = {name: frame.clear() for name, frame in made.frames().items()}
    empty["client_units"] = made.client_units()
    for name, found in everything(empty).items():
        rates = found.observations.filter(pl.col("numerator") > 0)
        assert rates.is_empty(), name
    bare = pl.DataFrame({"adcode": ["331102"] * 3})
    assert compliance(bare, None, YEAR_END, frequency="year").companions["value"].to_list() == [
        0,
        0,
    ]


def test_remarks_are_chinese_where_chinese_is_set():
    set_language("zh")
    try:
        notes = [note for found in everything().values() for note in found.notes]
    finally:
        set_language(None)
    assert len(notes) > 8
    for note in notes:
        assert not re.search(r"[A-Za-z]{3,}", note), note


def test_percentages_lie_between_0_and_100_and_are_their_ratio():
    for found in everything().values():
        rates = pl.concat([found.observations, found.companions]).filter(
            pl.col("denominator").is_not_null()
        )
        ratio = 100 * rates["numerator"] / rates["denominator"]
        assert ((rates["value"] - ratio).abs() < 1e-9).all()
        assert rates["value"].is_between(0, 100).all()


def test_the_lagging_county_lags():
    found = everything()
    for name, indicator in (("codes", "uscc_coverage"), ("collection", "collection_completeness")):
        county = found[name].of(indicator, made.LAGGING)["value"]
        assert county < found[name].of(indicator)["value"] - 5


def test_everything_computed_can_be_stored(tmp_path):
    store = Store.open(tmp_path / "plan.parquet")
    for name, found in everything().items():
        kept = store.add(found.observations, by="合成", reason=name)
        assert kept.added == found.observations.height
        assert kept.rejected.is_empty()
        again = store.add(found.observations, by="合成", reason=name)
        assert (again.added, again.revised) == (0, 0)


@pytest.mark.parametrize(
    ("table", "frame"),
    [
        (REGISTER, made.register(60)),
        (DECISIONS, made.decisions(60)),
        (PUBLICATIONS, made.publications(made.decisions(60))),
        (CRITERIA, made.criteria()),
        (RELEASES, made.releases()),
        (CATALOGUE, made.catalogue(4)),
        (BATCHES, made.batches(made.catalogue(4))),
        (QUERIES, made.queries(60)),
    ],
)
def test_a_chinese_csv_and_pandas_give_what_polars_gives(table, frame, tmp_path):
    direct = take(frame, table)
    path = tmp_path / "记录.csv"
    path.write_bytes(made.headed(frame, table).write_csv().encode("gb18030"))
    assert take(path, table).equals(direct)
    native = pd.DataFrame(frame.to_dict(as_series=False))
    assert take(native, table).equals(direct)


def test_the_same_seed_makes_the_same_records():
    assert made.register(80).equals(made.register(80))
    assert not made.register(80).equals(made.register(80, seed=1))
    assert made.queries(80).equals(made.queries(80))
