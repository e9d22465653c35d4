"""Files of observations, and the store that keeps every revision of them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan import SCHEMA, areas, indicators
from lishui_credit.plan.divisions import counties
from lishui_credit.plan.observed.period_words import period_said
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.store import Store
from lishui_credit.plan.observed.store_lock import alone
from lishui_credit.plan.observed.table import computed, observations

HEAD = "指标,地区,时期,频率,分子,分母,数值,备注\n"
GOOD = (
    "“双公示”覆盖率,景宁,2018年6月,,95,100,,\n"
    "年查询量,莲都区,2018-06,月,1200,,,\n"
    "8,全市,2017年度,,,,1234.56,现价\n"
    "政务诚信满意度,331121,2017-12-31,年,360,400,90,\n"
)


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(params=["plan.duckdb", "plan.parquet"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store.open(tmp_path / request.param, wait=0.3)


def csv(path: Path, body: str, head: str = HEAD, encoding: str = "utf-8") -> Path:
    path.write_bytes((head + body).encode(encoding))
    return path


def rows(**changed: object) -> pl.DataFrame:
    row = {
        "indicator": "website_rate",
        "adcode": "331102",
        "period": date(2018, 6, 30),
        "frequency": "quarter",
        "numerator": 1,
        "denominator": 1,
    }
    return pl.DataFrame([row | changed])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_chinese_file_is_read_in_every_encoding_offices_use(tmp_path, encoding):
    found = read_observations(csv(tmp_path / "a.csv", GOOD, encoding=encoding))
    assert found.rejected.is_empty()
    assert found.frame.schema == SCHEMA
    got = found.frame.sort("indicator").select(
        "indicator", "adcode", "period", "frequency", "numerator", "value"
    )
    assert got.rows() == [
        ("double_publicity_coverage", "331127", date(2018, 6, 30), "month", 95, 95.0),
        ("query_volume", "331102", date(2018, 6, 30), "month", 1200, 1200.0),
        ("satisfaction_government", "331121", date(2017, 12, 31), "year", 360, 90.0),
        ("service_revenue", "331100", date(2017, 12, 31), "year", 123456, 1234.56),
    ]  # fmt: skip


def test_english_headers_excel_and_parquet_say_the_same(tmp_path):
    table = pl.DataFrame(
        {
            "indicator": ["client_rate", "query_volume"],
            "adcode": ["331100", "331181"],
            "period": [date(2016, 12, 31)] * 2,
            "frequency": ["quarter", "month"],
            "numerator": [20, 7],
            "denominator": [45, None],
            "synthetic": [True, True],
        }
    )
    table.write_csv(tmp_path / "a.csv")
    table.write_parquet(tmp_path / "a.parquet")
    table.write_excel(tmp_path / "a.xlsx")
    frames = [
        read_observations(tmp_path / f"a.{kind}").frame for kind in ("csv", "parquet", "xlsx")
    ]
    assert_frame_equal(frames[0], frames[1])
    assert_frame_equal(frames[0], frames[2])
    assert frames[0]["value"].to_list() == [100 * 20 / 45, 7]
    assert frames[0]["synthetic"].all()


def test_every_wrong_row_is_rejected_with_every_reason(tmp_path):
    bad = (
        "不存在,景宁,2018年6月,,95,100,,\n"  # 2
        "2,杭州,2018年6月,,95,100,,\n"  # 3
        "2,景宁,六月,,95,100,,\n"  # 4
        "2,景宁,2018-06-29,月,95,100,,\n"  # 5
        "2,景宁,2018-05-31,季,95,100,,\n"  # 6
        "2,景宁,2018年6月,,105,100,,\n"  # 7
        "2,景宁,2018年7月,,95,,,\n"  # 8
        "2,景宁,2018年8月,,95,0,,\n"  # 9
        "2,景宁,2018年9月,,95,100,90,\n"  # 10
        "2,景宁,2018年10月,,,,100.5,\n"  # 11
        "2,景宁,2018年11月,,,,,\n"  # 12
        "7,景宁,2018年11月,,5,10,,\n"  # 13
        "2,景宁,2018年12月,,九十,100,,\n"  # 14
        "2,景宁,2030年12月,,9,10,,\n"  # 15
        "2,龙泉,2018年12月,,9,10,,\n"  # 16, 17: twice
        "“双公示”覆盖率,331181,201812,month,9,10,,\n"
        "2,景宁,2018年3月,,-9,10,,\n"  # 18
        "合计,,2018年3月,,9,10,,\n"  # 19
        "2,景宁,2018年3月,,9.5,10,,\n"  # 20
    )
    found = read_observations(csv(tmp_path / "a.csv", bad), today=date(2021, 1, 1))
    assert found.frame.is_empty()
    said = dict(found.rejected.select("row", "reasons").iter_rows())
    assert sorted(said) == list(range(2, 21))
    for row, words in {
        2: "not one of", 3: "not one of", 4: "not a date", 5: "not the last day", 6: "not the last day",
        7: "numerator above denominator", 8: "both be filled", 9: "denominator is zero",
        10: "value is not numerator / denominator", 11: "above 100%", 12: "neither value nor numerator",
        13: "no denominator", 14: "not a number", 15: "not over", 16: "2 times", 17: "2 times",
        18: "outside", 19: "total row", 20: "more decimals",
    }.items():  # fmt: skip
        assert words in said[row], (row, said[row])
    assert found.rejected["指标"][0] == "不存在"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        ("甲,乙\n1,2\n".encode(), "no header is known"),
        ("指标,地区,时期\n".encode(), "no rows"),
        ("指标,地区,分子,分子数\n2,景宁,1,2\n".encode(), "period"),
        ("指标,地区,时期,分子\n2,景宁,2018,1,9,9,9\n".encode(), "cells"),
        (b"\x00\xff\xfe\x01\x02" * 40, "neither UTF-8"),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path, body, said):
    path = tmp_path / "a.csv"
    path.write_bytes(body)
    with pytest.raises(SubjectError, match=said):
        read_observations(path)


@pytest.mark.parametrize("name", ["a.docx", "gone.csv", "cut.parquet", "cut.xlsx"])
def test_files_of_another_kind_are_refused(tmp_path, name):
    if "gone" not in name:
        (tmp_path / name).write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(SubjectError):
        read_observations(tmp_path / name)


def test_threads_that_write_at_once_lose_nothing_and_see_one_message(store):
    said: list[str] = []

    def write(number: int) -> None:
        for _ in range(200):
            try:
                store.add(rows(numerator=number % 2), by=f"u{number}", reason="b")
                return
            except SubjectError as error:
                said.append(str(error))
                time.sleep(0.02)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = store.revisions()
    assert known["revision"].to_list() == list(range(1, known.height + 1))
    assert known["numerator"].diff().drop_nulls().abs().eq(1).all()  # each revision changes it
    told = ("writing the store", "has the store open", "in the meantime")
    assert {text for text in said if not any(words in text for words in told)} == set()


def test_a_killed_writer_of_a_parquet_store_locks_nobody_out(tmp_path):
    store = Store.open(tmp_path / "plan.parquet", wait=0.3)
    store.add(rows(), by="a", reason="b")
    code = (
        "import sys, pathlib; from lishui_credit.plan.observed.store import alone\n"
        f"with alone(pathlib.Path({str(store.path)!r})): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(SubjectError, match="writing the store"):
        store.add(rows(numerator=0), by="a", reason="b")
    holder.kill()
    holder.communicate()
    assert store.path.with_name(".plan.parquet.lock").exists()  # what it left behind
    assert store.add(rows(numerator=0), by="a", reason="b").revised == 1
    assert not store.path.with_name(".plan.parquet.lock").exists()


def test_a_clean_load_takes_the_rejects_of_an_earlier_one_away(store, tmp_path):
    path = csv(tmp_path / "a.csv", "5,全市,2018Q2,,7,10,,\n5,杭州,2018Q2,,7,10,,\n")
    first = store.load(path, by="a", reason="b")
    assert first.rejected_path is not None
    assert first.rejected_path.exists()
    csv(tmp_path / "a.csv", "5,全市,2018Q2,,7,10,,\n")
    second = store.load(path, by="a", reason="b")
    assert second.rejected_path is None
    assert not first.rejected_path.exists()


def test_a_row_without_indicator_area_or_period_is_rejected_and_the_file_goes_on(tmp_path):
    body = "5,全市,2018Q2,,7,10,,\n,全市,2018Q1,,7,10,,\n5,,2018Q1,,7,10,,\n5,全市,,,7,10,,\n填表人:张三,,,,,,,\n"
    found = read_observations(csv(tmp_path / "a.csv", body), today=date(2019, 1, 1))
    assert found.frame.height == 1
    told = dict(found.rejected.select("row", "reasons").iter_rows())
    assert sorted(told) == [3, 4, 5, 6]
    assert all("is empty" in reason for reason in told.values())


@pytest.mark.parametrize(
    ("header", "key", "cell", "value"),
    [
        ("数值", "8", "120.5万元", 1_205_000.0),
        ("数值", "8", "1205000元", 1_205_000.0),
        ("数值", "8", "1.2亿元", 120_000_000.0),
        ("数值(万元)", "8", "120.5", 1_205_000.0),
        ("数值（万元）", "8", "120.5", 1_205_000.0),
        ("数值(万元)", "8", "1205000元", 1_205_000.0),
        ("数值", "7", "12.5万次", 125_000.0),
        ("数值", "9", "88.1%", 88.1),
        ("数值", "9", "88.1％", 88.1),
        ("数值(%)", "9", "88.1", 88.1),
        ("数值", "9", "0.9%", 0.9),
        ("数值", "9", "0", 0.0),
        ("数值", "9", "88.1万元", "unit"),
        ("数值", "8", "88.1%", "unit"),
        ("数值(%)", "8", "88.1", "unit"),
        ("数值(万元)", "9", "88.1", "unit"),
        ("数值", "7", "5元", "unit"),
        ("数值", "9", "0.881", "a share or a percentage"),
        ("数值(%)", "9", "1", "a share or a percentage"),
        ("数值", "9", "12万", "above 100%"),
        ("分子", "8", "120.5万元", "unit"),
        ("分子", "9", "88%", "unit"),
    ],
)
def test_a_unit_is_taken_into_account_or_refused_never_dropped(tmp_path, header, key, cell, value):
    path = csv(tmp_path / "a.csv", f"{key},莲都区,2018年度,{cell}\n", f"指标,地区,时期,{header}\n")
    found = read_observations(path, today=date(2019, 12, 31))
    if isinstance(value, str):
        assert value in found.rejected["reasons"].item()
    else:
        assert found.frame["value"].item() == value
        assert found.rejected.is_empty()


def test_a_decimal_is_held_as_it_was_written(tmp_path):
    cells = [f"{n / 10:.1f}" for n in range(11, 1001)]
    places = [(area.adcode, year) for area in counties() for year in range(2000, 2012)]
    for start in range(0, len(cells), len(places)):
        part = dict(zip(places, cells[start : start + len(places)], strict=False))
        body = "".join(f"9,{code},{year}年度,{cell}\n" for (code, year), cell in part.items())
        found = read_observations(csv(tmp_path / "a.csv", body, "指标,地区,时期,数值\n"))
        held = found.frame.select("adcode", pl.col("period").dt.year(), "value").rows()
        assert {(code, year): value for code, year, value in held} == {
            place: float(cell) for place, cell in part.items()
        }


def test_codes_that_were_floats_on_the_way_are_read(tmp_path):
    floats = {"指标": [5.0, 5.0], "地区": [331100.0, 331102.0], "时期": [201806.0, 2018.0]}
    pl.DataFrame(floats | {"分子": [7.0, 1.0], "分母": [10.0, 1.0]}).write_csv(tmp_path / "a.csv")
    found = read_observations(tmp_path / "a.csv")
    assert found.rejected.is_empty()
    assert found.frame.select("adcode", "period", "frequency").sort("adcode").rows() == [
        ("331100", date(2018, 6, 30), "month"),
        ("331102", date(2018, 12, 31), "year"),
    ]


def test_a_month_that_may_be_january_or_october_is_not_guessed(tmp_path):
    body = "".join(f"5,全市,{period},,7,10,,\n" for period in ("2018.1", "2018.01", "2018.2"))
    found = read_observations(csv(tmp_path / "a.csv", body))
    assert found.rejected["row"].to_list() == [2]
    assert found.frame["period"].to_list() == [date(2018, 1, 31), date(2018, 2, 28)]


def test_yuan_for_ten_thousand_yuan_is_told_in_a_file_and_against_the_store(store, tmp_path):
    head = "指标,地区,时期,数值\n"
    both = "8,莲都区,2016年度,1205000\n8,莲都区,2017年度,130.5\n7,莲都区,2016年度,9900\n7,莲都区,2017年度,100\n"
    found = read_observations(csv(tmp_path / "a.csv", both, head))
    assert [note for note in found.notes if "sudden change" in note] == [
        "a.csv: sudden change, check the unit: Service revenue Liandu 31 December 2017: 1,205,000 -> 130"
    ]
    store.load(csv(tmp_path / "b.csv", "8,莲都区,2016年度,1205000\n", head), by="a", reason="b")
    later = csv(tmp_path / "c.csv", "8,莲都区,2017年度,130.5\n", head)
    assert any("sudden change" in note for note in store.load(later, by="a", reason="b").notes)
    mended = csv(tmp_path / "c.csv", "8,莲都区,2017年度,130.5万元\n", head)
    assert not store.load(mended, by="a", reason="更正单位").notes


@given(
    st.dates(date(2010, 1, 1), date(2022, 12, 31)), st.sampled_from(["month", "quarter", "year"])
)
def test_a_period_reads_the_same_however_it_is_written(day, kind):
    size = {"month": 1, "quarter": 3, "year": 12}[kind]
    month = -(-day.month // size) * size
    end = (date(day.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).isoformat()
    quarter = month // 3
    texts = {
        "month": [f"{day.year}-{month}", f"{day.year}年{month}月", f"{day.year}{month:02}", f"{day.year}/{month:02}"],
        "quarter": [f"{day.year}Q{quarter}", f"{day.year}年第{'一二三四'[quarter - 1]}季度", f"{day.year}-q{quarter}", f"{day.year}年{quarter}季度"],
        "year": [f"{day.year}", f"{day.year}年", f"{day.year}年度", f" {day.year} "],
    }[kind]  # fmt: skip
    said = [period_said(text) for text in texts]
    assert {(one.end, one.frequency, one.as_of, one.several) for one in said} == {
        (end, kind, False, False)
    }


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 10**12)), min_size=1, max_size=5))
def test_numerator_and_denominator_decide_the_value(pairs):
    low = [(min(a, b), b) for a, b in pairs]
    frame = pl.DataFrame(
        {
            "indicator": ["website_rate"] * len(low),
            "numerator": [a for a, _ in low],
            "denominator": [b for _, b in low],
            "value": [None] * len(low),
        },
        schema_overrides={"value": pl.Float64},
    )
    got = computed(frame)["value"].to_list()
    assert got == pytest.approx([100 * a / b for a, b in low])
    assert all(0 <= value <= 100 for value in got)


def test_a_frame_that_is_no_observations_tells_all_that_is_wrong():
    with pytest.raises(SubjectError) as caught:
        observations(pl.DataFrame({"adcode": ["1"]}))
    assert len(caught.value.problems) == 4
    with pytest.raises(SubjectError) as caught:
        observations(rows(indicator="x", adcode="330100", frequency="week"))
    assert {p.where for p in caught.value.problems} == {"indicator", "adcode", "frequency"}
    with pytest.raises(SubjectError, match="numerator"):
        observations(rows(numerator="many"))
    with pytest.raises(SubjectError, match="finite"):
        observations(rows(value=float("nan")))
    with pytest.raises(SubjectError, match="not a dataframe"):
        observations([1, 2])
    assert observations(pd.DataFrame(rows().to_dicts()))["value"].to_list() == [100.0]


# ---- the store --------------------------------------------------------------------------------


def test_loading_twice_records_once(store, tmp_path):
    path = csv(tmp_path / "a.csv", GOOD)
    first = store.load(path, by="张三", reason="2018年中期评估")
    again = store.load(path, by="李四", reason="again")
    assert (first.added, first.revised, first.unchanged) == (4, 0, 0)
    assert (again.added, again.revised, again.unchanged) == (0, 0, 4)
    assert store.revisions().height == 4
    assert set(store.revisions()["recorded_by"]) == {"张三"}
    assert store.revisions().schema == SCHEMA


def test_a_changed_value_is_a_revision_with_who_when_and_why(store):
    morning = datetime(2018, 7, 2, 8, tzinfo=UTC)
    store.add(rows(numerator=0), by="张三", reason="季报", now=morning)
    done = store.add(rows(), by="李四", reason="漏报更正", now=morning + timedelta(days=3))
    assert (done.added, done.revised) == (0, 1)
    assert store.revisions().select("value", "revision", "recorded_by", "reason").rows() == [
        (0.0, 1, "张三", "季报"),
        (100.0, 2, "李四", "漏报更正"),
    ]
    assert store.latest()["value"].to_list() == [100.0]
    assert store.at(date(2018, 7, 1)).is_empty()
    assert store.at(date(2018, 7, 4))["value"].to_list() == [0.0]
    assert store.at(date(2018, 7, 5))["value"].to_list() == [100.0]


def test_a_value_that_goes_back_is_a_third_revision(store):
    for numerator in (0, 1, 0):
        store.add(rows(numerator=numerator), by="a", reason="b")
    assert store.revisions()["numerator"].to_list() == [0, 1, 0]
    assert store.latest()["revision"].to_list() == [3]


def test_rejected_rows_are_written_beside_the_file_and_run_no_formula(store, tmp_path):
    path = csv(tmp_path / "a.csv", GOOD + "=cmd(),景宁,2018年6月,,1,2,,\n")
    done = store.load(path, by="a", reason="b")
    assert done.added == 4
    assert done.rejected_path == tmp_path / "a.csv.rejected.csv"
    back = pl.read_csv(done.rejected_path)
    assert back["_row"].to_list() == [6]
    assert back["指标"].to_list() == ["\t=cmd()"]


def test_a_frame_with_one_wrong_row_is_not_recorded_at_all(store):
    wrong = pl.concat([rows(), rows(adcode="331121", numerator=2), rows()])
    with pytest.raises(SubjectError) as caught:
        store.add(wrong, by="a", reason="b")
    said = str(caught.value)
    assert "numerator above denominator" in said
    assert "duplicate" in said
    assert store.revisions().is_empty()


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"numerator": -1}, "below zero"), ({"period": date(2018, 6, 29)}, "last day"), ({"period": date(2099, 6, 30)}, "not over")],
)  # fmt: skip
def test_a_frame_is_held_to_the_rules_of_a_file(store, changed, said):
    with pytest.raises(SubjectError, match=said):
        store.add(rows(**changed), by="a", reason="b")


def test_nobody_records_without_a_name_and_a_reason(store):
    with pytest.raises(SubjectError) as caught:
        store.add(rows(), by=" ", reason="")
    assert [p.where for p in caught.value.problems] == ["by", "reason"]


def test_a_store_for_reading_takes_nothing(store):
    with pytest.raises(SubjectError, match="no such file"):
        Store.open(store.path, read_only=True)
    store.add(rows(), by="a", reason="b")
    reader = Store.open(store.path, read_only=True)
    assert reader.latest().height == 1
    with pytest.raises(SubjectError, match="reading only"):
        reader.add(rows(numerator=0), by="a", reason="b")


def test_an_export_restores_every_revision_in_either_kind(store, tmp_path):
    for numerator in (0, 1):
        store.add(rows(numerator=numerator), by="a", reason=f"r{numerator}")
    out = store.export(tmp_path / "out.parquet")
    for name in ("other.duckdb", "other.parquet"):
        other = Store.open(tmp_path / name)
        assert (other.restore(out), other.restore(out)) == (2, 0)
        assert_frame_equal(other.revisions(), store.revisions())
    clash = Store.open(tmp_path / "clash.duckdb")
    clash.add(rows(numerator=1), by="a", reason="b")
    with pytest.raises(SubjectError, match="with this number and other content"):
        clash.restore(out)


@pytest.mark.parametrize("name", ["a.duckdb", "a.parquet", "a.sqlite"])
def test_a_file_that_is_no_store_is_said_to_be_none(tmp_path, name):
    (tmp_path / name).write_bytes(b"neither of the two" * 400)
    with pytest.raises(SubjectError):
        Store.open(tmp_path / name)


def test_a_foreign_table_is_no_store(tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE sales (x INT)")
    with pytest.raises(SubjectError, match="sales"):
        Store.open(tmp_path / "a.duckdb")
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(SubjectError, match="not a store"):
        Store.open(tmp_path / "a.parquet")


def test_a_second_writer_is_told_to_wait(store):
    store.add(rows(), by="a", reason="b")
    if store.path.suffix == ".parquet":
        with (
            alone(store.path, 0.3),
            pytest.raises(SubjectError, match="writing the store"),
        ):
            store.add(rows(numerator=0), by="a", reason="b")
    else:
        code = f"import duckdb,sys; c=duckdb.connect({str(store.path)!r}); print('held', flush=True); sys.stdin.read()"
        holder = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            with pytest.raises(SubjectError, match="writing the store"):
                store.latest()
        finally:
            holder.communicate("")
    assert store.latest()["numerator"].to_list() == [1]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(sorted(indicators())[:3]), st.sampled_from([a.adcode for a in areas()]), st.integers(0, 3)), max_size=12))  # fmt: skip
def test_the_last_word_wins_and_every_word_is_kept(tmp_path_factory, told):
    store = Store.open(tmp_path_factory.mktemp("s") / "a.parquet")
    known: dict[tuple[str, str], list[int]] = {}
    for key, code, numerator in told:
        period = {"period": date(2018, 12, 31), "frequency": "year"}
        store.add(rows(indicator=key, adcode=code, numerator=numerator, denominator=3, **period), by="a", reason="b")  # fmt: skip
        said = known.setdefault((key, code), [])
        if said[-1:] != [numerator]:
            said.append(numerator)
    kept = store.revisions()
    got = {k: g["numerator"].to_list() for k, g in kept.group_by("indicator", "adcode")}
    assert got == known
    for _, group in kept.group_by("indicator", "adcode"):
        assert group["revision"].to_list() == list(range(1, group.height + 1))


def test_a_broken_store_is_named_without_the_folder_it_lies_in(tmp_path: Path) -> None:
    path = tmp_path / "broken.duckdb"
    path.write_bytes(b"not a database at all " * 400)
    with pytest.raises(SubjectError) as caught:
        Store(path).revisions()
    assert "broken.duckdb" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
