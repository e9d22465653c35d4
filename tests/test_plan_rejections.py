"""Rejected rows are kept with the store; a store is waited for; an export is read back."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.observed.opened import open_observations
from lishui_credit.plan.observed.rejections import REJECTED, said
from lishui_credit.plan.observed.store import Store
from lishui_credit.plan.observed.store_lock import alone
from lishui_credit.tables.beside import sha256
from tests.dashboard import CHINESE

HEAD = "指标,地区,时期,分子,分母\n"
GOOD = "5,莲都,2018Q2,1,1\n"
BAD = "5,青田,2018Q2,缺,1\n5,庆元县,2018Q3,1,0\n"
DAY = datetime(2019, 1, 20, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(params=["plan.duckdb", "plan.parquet"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store.open(tmp_path / "office" / request.param, wait=0.2)


def sent(folder: Path, body: str, name: str = "a.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(HEAD + body)
    return path


def test_rejected_rows_are_kept_with_the_store_and_seen_by_whoever_opens_it(
    store: Store, tmp_path: Path
) -> None:
    path = sent(tmp_path / "inbox", GOOD + BAD)
    assert store.load(path, by=" 张三 ", reason="年报", now=DAY).added == 1
    found = open_observations(store.path).rejected
    assert found.schema == REJECTED
    assert found.select("file", "row", "loaded_on", "loaded_by").rows() == [
        ("a.csv", 3, DAY, "张三"),
        ("a.csv", 4, DAY, "张三"),
    ]
    assert found["sha256"].unique().to_list() == [sha256(path)]
    assert found["reasons"][0].startswith("分子: 不是数字")
    assert found["reasons_en"][0].startswith("numerator: not a number")
    assert found["cells"][0] == "指标 5 · 地区 青田 · 时期 2018Q2 · 分子 缺 · 分母 1"


def test_reasons_are_said_in_the_language_of_the_reader_whoever_loaded_the_file(
    store: Store, tmp_path: Path
) -> None:
    path = sent(tmp_path / "inbox", BAD + "5,丽阳县,2018Q2,1,2\n")
    for loading in ("zh", "en"):
        set_language(loading)
        store.load(path, by="a", reason="b", now=DAY)
    kept = store.rejected()
    assert kept.height == 3  # one load, however often
    set_language("en")
    assert not any(CHINESE.search(why) for why in said(kept)["reasons"])
    assert "not one of Lishui, Liandu, Qingtian" in said(kept)["reasons"][2]
    set_language("zh")
    assert all(CHINESE.search(why) for why in said(kept)["reasons"])
    assert "reasons_en" not in said(kept).columns


def test_a_store_that_keeps_reasons_in_one_language_is_read_and_added_to(
    store: Store, tmp_path: Path
) -> None:
    store.load(sent(tmp_path / "inbox", BAD), by="a", reason="b", now=DAY)
    if store.path.suffix == ".duckdb":
        with duckdb.connect(str(store.path)) as made:
            made.execute("ALTER TABLE rejected DROP COLUMN reasons_en")
    else:
        beside = store.path.with_name(f"{store.path.name}.rejected.parquet")
        pl.read_parquet(beside).drop("reasons_en").write_parquet(beside)
    earlier = store.rejected()
    assert earlier["reasons_en"].to_list() == [None, None]
    assert said(earlier)["reasons"].to_list() == earlier["reasons"].to_list()
    store.load(sent(tmp_path / "inbox", BAD, "b.csv"), by="a", reason="b", now=DAY)
    assert store.rejected()["reasons_en"].null_count() == 2
    assert store.rejected().height == 4


def test_a_file_without_a_good_row_leaves_its_rejected_rows(store: Store, tmp_path: Path) -> None:
    assert store.load(sent(tmp_path / "inbox", BAD), by="a", reason="b").added == 0
    assert store.rejected().height == 2
    assert store.revisions().is_empty()


def test_the_same_file_loaded_again_keeps_its_rejected_rows_once(
    store: Store, tmp_path: Path
) -> None:
    path = sent(tmp_path / "inbox", GOOD + BAD)
    for _ in range(2):
        store.load(path, by="a", reason="b")
    assert store.rejected().height == 2


def test_a_mended_file_settles_its_rejected_rows_and_no_others(
    store: Store, tmp_path: Path
) -> None:
    one, two = (sent(tmp_path / name, GOOD + BAD) for name in ("qingtian", "qingyuan"))
    for path in (one, two):
        store.load(path, by="a", reason="b")
    assert store.rejected().height == 4  # two counties, one name of the file
    sent(tmp_path / "qingtian", GOOD)
    store.load(one, by="a", reason="b")
    assert store.rejected().height == 2
    beside = two.with_name("a.csv.rejected.csv")
    mended = (
        beside.read_text(encoding="utf-8-sig")
        .replace("缺", "1")
        .replace("2018Q3,1,,0", "2018Q3,1,,1")
    )
    beside.write_text(mended)
    done = store.load(beside, by="a", reason="b")
    assert (done.added, done.rejected.height) == (2, 0)
    assert not [note for note in done.notes if "not used" in note]
    assert store.rejected().is_empty()


def test_rejected_rows_stand_beside_their_file_with_each_reason_beside_its_cell(
    store: Store, tmp_path: Path
) -> None:
    done = store.load(sent(tmp_path / "inbox", GOOD + BAD), by="a", reason="b")
    assert done.rejected_path is not None
    back = pl.read_csv(done.rejected_path, infer_schema=False)
    assert back.columns == ["_row", "_reasons", "指标", "地区", "时期", "分子", "分子 ✗", "分母"]
    assert back["分子 ✗"].to_list() == ["not a number", None]


def test_a_store_from_before_rejected_rows_were_kept_opens(tmp_path: Path) -> None:
    import duckdb

    store = Store.open(tmp_path / "plan.duckdb")
    store.load(sent(tmp_path, GOOD + BAD), by="a", reason="b")
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("DROP TABLE rejected")
    old = Store.open(store.path, read_only=True)
    assert old.latest().height == 1
    assert old.rejected().select("file", "row").rows() == [("a.csv", 3), ("a.csv", 4)]
    store.load(sent(tmp_path, GOOD + BAD, "b.csv"), by="a", reason="b")
    assert set(store.rejected()["file"]) == {"b.csv"}


def test_rows_rejected_by_an_earlier_version_are_read_beside_an_old_store(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "plan.parquet")
    row = {"indicator": ["website_rate"], "adcode": ["331102"], "frequency": ["quarter"]}
    made = pl.DataFrame(row | {"period": [date(2018, 6, 30)], "numerator": [1], "denominator": [1]})
    store.add(made, by="a", reason="b")
    (tmp_path / "x.csv.rejected.csv").write_text("row,reasons,指标\n3,why,5\n")
    assert store.rejected().select("file", "row", "reasons", "cells").rows() == [
        ("x.csv", 3, "why", "指标 5")
    ]


# ---- waiting ----------------------------------------------------------------------------------


def held_by_another(path: Path, *, read_only: bool) -> subprocess.Popen[str]:
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(path)!r}, read_only={read_only});"
        " print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize("read_only", [True, False])
def test_a_load_waits_for_a_store_and_a_reader_is_no_writer(
    tmp_path: Path, read_only: bool
) -> None:
    path = sent(tmp_path, GOOD)
    store = Store.open(tmp_path / "plan.duckdb", wait=0.3)
    store.load(path, by="a", reason="b")
    sent(tmp_path, GOOD.replace("1,1", "0,1"))
    holder = held_by_another(store.path, read_only=read_only)
    try:
        with pytest.raises(SubjectError) as caught:
            store.load(path, by="a", reason="b")
        if read_only:
            assert "to read or to write" in str(caught.value)
            assert "is writing" not in str(caught.value)
        assert "waited 0.3 s" in str(caught.value)
        assert not path.with_name("a.csv.rejected.csv").exists()
        threading.Timer(0.5, holder.communicate, [""]).start()
        store.wait = 20
        assert store.load(path, by="a", reason="b").revised == 1
    finally:
        holder.kill()
        holder.wait()


def test_a_load_waits_for_the_writer_of_a_parquet_store(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "plan.parquet", wait=20)
    path = sent(tmp_path, GOOD)
    free = threading.Event()

    def hold() -> None:
        with alone(store.path):
            free.set()
            time.sleep(0.4)

    holder = threading.Thread(target=hold)
    holder.start()
    free.wait()
    assert store.load(path, by="a", reason="b").added == 1
    holder.join()


# ---- export -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "csv", "parquet"])
def test_an_export_is_read_back_with_the_time_of_every_revision(
    store: Store, tmp_path: Path, kind: str
) -> None:
    from lishui_credit.plan.observed.reading import read_observations

    store.load(sent(tmp_path, GOOD), by="张三", reason="季报", now=DAY)
    out = store.export(tmp_path / f"out.{kind}")
    again = read_observations(out)
    assert again.rejected.is_empty()
    assert again.frame.select("indicator", "adcode", "period", "value").rows() == [
        ("website_rate", "331102", date(2018, 6, 30), 100.0)
    ]
    if kind == "xlsx":
        table = pl.read_excel(out)
        assert table["recorded_at (UTC)"].to_list() == [DAY.replace(tzinfo=None)]
    elif kind == "csv":
        table = pl.read_csv(out, try_parse_dates=True)
        assert table["recorded_at"].to_list() == [DAY]
    else:
        table = pl.read_parquet(out)
        assert table["recorded_at"].to_list() == [DAY]
    assert table["reason"].to_list() == ["季报"]
