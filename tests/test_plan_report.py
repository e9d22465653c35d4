"""The mid-term evaluation: its facts, its page, its workbook, its PDF, and what they never do."""

from __future__ import annotations

import base64
import errno
import re
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.definitions import BASE, END, indicator, indicators
from lishui_credit.plan.divisions import CITY, areas, counties
from lishui_credit.plan.evaluation.annex import definition
from lishui_credit.plan.evaluation.drawings import course, runs, scale
from lishui_credit.plan.evaluation.evaluation_page import page
from lishui_credit.plan.evaluation.files import write_report
from lishui_credit.plan.evaluation.grids import Measured, counted, twelve
from lishui_credit.plan.evaluation.mid_term import MidTerm, mid_term, year_before
from lishui_credit.plan.evaluation.remarks import both_methods
from lishui_credit.plan.methods import path_value
from lishui_credit.plan.observed.store import Store
from lishui_credit.plan.observed.table import SCHEMA, empty, latest, observations
from lishui_credit.plan.sentences import printed
from lishui_credit.plan.standings import expected, progress
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports import pdf as report_pdf
from lishui_credit.reports.palette import BLUE
from lishui_credit.reports.svg import WIDE
from lishui_credit.samples.plan_observations import plan_observations

AT = date(2018, 6, 30)
CHROMIUM = next((name for name in report_pdf.BROWSERS if shutil.which(name)), None)
VOID = {"meta", "wbr", "br", "path", "circle", "rect"}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(scope="module")
def sample() -> pl.DataFrame:
    return plan_observations()


@pytest.fixture(scope="module")
def facts(sample: pl.DataFrame) -> MidTerm:
    set_language("en")
    return mid_term(sample, AT)


class _Reader(HTMLParser):
    """Tags, attributes and visible words of a page; refuses tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self.open:
            self.words.append((self.open[-1] if self.open else "", data))

    def under(self, *tags: str) -> list[str]:
        return [data for tag, data in self.words if tag in tags]


def _real(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(False).alias("synthetic"),
        pl.lit("信用办").alias("source"),
        pl.lit("张三").alias("recorded_by"),
    )


# ---- facts --------------------------------------------------------------------------------------


def test_the_facts_are_those_of_progress_on_that_day(sample: pl.DataFrame, facts: MidTerm):
    assert facts.table.equals(progress(sample, AT))
    assert facts.observations["period"].max() <= AT
    assert facts.lines["period"].max() <= AT
    assert facts.before_at == date(2017, 6, 30)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2018, 6, 30), date(2017, 6, 30)),
        (date(2018, 6, 15), date(2017, 6, 15)),
        (date(2021, 2, 28), date(2020, 2, 29)),
        (date(2020, 2, 29), date(2019, 2, 28)),
        (date(2020, 2, 28), date(2019, 2, 28)),
    ],
)
def test_a_year_before_the_end_of_a_month_is_the_end_of_that_month(day, before):
    assert year_before(day) == before


def test_the_digest_tells_data_apart_and_not_their_order(sample: pl.DataFrame, facts: MidTerm):
    assert mid_term(sample.sample(fraction=1, shuffle=True, seed=1), AT).digest == facts.digest
    touched = sample.with_columns(
        pl.when(pl.int_range(pl.len()) == 0)
        .then(pl.col("numerator") + 1)
        .otherwise(pl.col("numerator"))
        .alias("numerator")
    )
    assert mid_term(touched, AT).digest != facts.digest
    later = touched.with_columns(pl.col("note") + pl.when(pl.col("period") > AT).then(pl.lit("x")).otherwise(pl.lit("")))  # fmt: skip
    assert mid_term(later, AT).digest == mid_term(touched, AT).digest


def test_a_revision_stands_beside_what_it_replaced(facts: MidTerm):
    row = facts.revisions.row(0, named=True)
    assert facts.revisions.height == 1
    assert row["value_before"] == 10 * row["value"]
    assert row["reason"] == "原报数多写一位"
    alone = mid_term(latest(plan_observations()), AT)
    assert alone.revisions["value_before"].to_list() == [None]


@pytest.mark.parametrize("key", ["uscc_coverage", "website_rate", "query_volume"])
def test_what_is_expected_is_the_path_of_the_methods(sample: pl.DataFrame, key: str):
    table = progress(sample, AT)
    days = [date(2016, 2, 29), date(2017, 12, 30), date(2017, 12, 31), date(2019, 6, 30), END]
    found = expected(table, days).filter(indicator=key, adcode=CITY)
    now = table.row(by_predicate=(pl.col("indicator") == key) & (pl.col("adcode") == CITY), named=True)  # fmt: skip
    for day, level in found.select("period", "path").iter_rows():
        assert level == pytest.approx(
            path_value(indicator(key).path, now["base"], now["target"], day)
        )
    assert found["period"].to_list() == days


def test_a_way_without_a_base_has_no_path_and_loaded_targets_are_walked_straight(
    sample: pl.DataFrame,
):
    loaded = pl.DataFrame(
        {"indicator": ["website_rate"], "adcode": [CITY], "year": [2018], "target": [90.0],
         "basis": ["loaded"], "source": [""]},
        schema_overrides={"year": pl.Int32},
    )  # fmt: skip
    table = progress(sample, AT, targets=loaded)
    days = [BASE, date(2016, 12, 31), date(2018, 12, 31), date(2019, 12, 31), END]
    found = expected(table, days, targets=loaded)
    assert found.filter(indicator="satisfaction_judicial").is_empty()
    walked = found.filter(indicator="website_rate", adcode=CITY)["path"].to_list()
    assert walked == pytest.approx([0, 30, 90, 95, 100])


# ---- tables and words ---------------------------------------------------------------------------


def test_the_table_of_twelve_says_what_progress_says(facts: MidTerm):
    rows = twelve(facts).rows
    assert [cells[0] for cells in rows] == list(range(1, 13))
    for cells, (key, row) in zip(rows, indicators().items(), strict=True):
        now = facts.row(key)
        assert str(cells[4]) == printed(row, now["value"])
        assert str(cells[8]) == f"{STATUSES[now['status']].icon} {STATUSES[now['status']].word}"
        assert cells[9] == now["off_path_since"]
    assert str(rows[11][3]) == "—"  # no baseline is an answer, not a number
    assert sum(cells[4] for cells in counted(facts).rows) == 12


def test_both_methods_stand_where_they_disagree(facts: MidTerm):
    grid = both_methods(facts, indicator("service_revenue"))
    assert "disagree" in grid.note
    said = {str(cells[0]): (cells[2], cells[3]) for cells in grid.rows}
    assert said["schedule"] == ("S = 0.51", "far behind")
    assert said["growth ratio (decides)"] == ("R = 0.65", "acceleration needed")
    none = both_methods(facts, indicator("satisfaction_judicial"))
    assert "growth is undefined" in str(none.rows[1][1])


def test_the_numbers_in_a_formula_give_its_result(facts: MidTerm):
    cells = both_methods(facts, indicator("blacklist_coverage")).rows[0]
    y, b, t, b2, p, tau = map(float, re.findall(r"\d+\.\d+", str(cells[1])))
    assert b == b2
    assert (y - b) / (t - b) == pytest.approx(p, abs=0.006)
    assert float(str(cells[2]).removeprefix("S = ")) == pytest.approx(p / tau, abs=0.02)


# ---- drawings -----------------------------------------------------------------------------------


def test_a_point_is_drawn_where_its_day_and_value_are(facts: MidTerm):
    figure = course(facts, indicator("website_rate")).text()
    value = facts.row("website_rate")["value"]
    across = 50 + (2.5 / 5) * (WIDE - 24 - 50)  # half-way from end-2015 to end-2020
    down = 300 - 44 - value / 100 * (300 - 44 - 30)
    assert f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{BLUE}"/>' in figure


def test_no_line_is_drawn_over_months_that_are_missing(sample: pl.DataFrame):
    whole = mid_term(sample, date(2019, 6, 30))
    lines = re.compile(rf'<path fill="none" stroke="{BLUE}" stroke-width="2" d=')
    assert len(lines.findall(course(whole, indicator("collection_completeness")).text())) == 2
    assert len(lines.findall(course(whole, indicator("double_publicity_coverage")).text())) == 1
    yearly = [date(year, 12, 31) for year in range(2015, 2021)]
    assert runs(yearly, 12) == [(0, 6)]
    assert runs(yearly[:1], 12) == [(0, 1)]
    assert runs([], 12) == []


def test_a_chart_counts_in_units_that_can_be_read():
    assert scale(indicator("query_volume"), 657_647) == (1_000.0, "thousand queries a year")
    assert scale(indicator("query_volume"), 99_999) == (1.0, "queries a year")
    assert scale(indicator("website_rate"), 100) == (1.0, "%")


def test_a_definition_quotes_the_plan():
    assert definition(indicator("website_rate")).rows[2] == ("2020 as printed", "全覆盖")


# ---- the page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_whole_and_asks_nothing_of_anybody(sample: pl.DataFrame, lang):
    set_language(lang)
    text = page(mid_term(sample, AT))
    found = _Reader(text)
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert set(indicators()) <= set(ids)
    links = [attrs["href"] or "" for tag, attrs in found.tags if tag == "a"]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert sum(not link.startswith("#") for link in links) == 1  # the data travelling inside
    assert not [tag for tag, _ in found.tags if tag in ("script", "img", "link", "iframe")]
    assert not re.search(r"https?://|@import|url\(", text)
    assert sum(tag == "figure" for tag, _ in found.tags) == 24
    assert all(attrs.get("aria-label") for tag, attrs in found.tags if attrs.get("role") == "img")
    assert found.tags[0] == ("html", {"lang": {"en": "en", "zh": "zh-CN"}[lang]})
    assert "None" not in found.under("td", "th", "dd", "dt", "p", "li", "figcaption")
    assert not re.search(r"\bnan\b", " ".join(data for _, data in found.words))


def test_each_language_is_complete(sample: pl.DataFrame):
    set_language("zh")
    found = _Reader(page(mid_term(sample, AT)))
    heads = " ".join(found.under("h1", "h2", "h3", "h4", "th", "caption", "figcaption", "dt", "li"))
    words = set(re.findall(r"[A-Za-z]{2,}", heads))
    assert words <= {"SYNTHETIC", "DATA"}
    cells = re.sub("[0-9a-f]{64}|3325xx", "", " ".join(found.under("td", "dd")))
    assert set(re.findall(r"[A-Za-z]{2,}", cells)) <= {"SHA"}
    set_language("en")
    found = _Reader(page(mid_term(sample, AT)))
    heads = " ".join(found.under("h1", "h2", "h3", "h4", "th", "caption", "figcaption", "dt", "li"))
    assert not re.search(r"[\u4e00-\u9fff]", heads)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_sentence_of_the_report_stands_twice(sample: pl.DataFrame, lang):
    set_language(lang)
    text = re.sub(
        "<(table|nav|dl|figure|style|h[1-4])[ >].*?</\\1>",
        "",
        page(mid_term(sample, AT)),
        flags=re.DOTALL,
    )
    lines = re.sub("<[^>]+>", "", re.sub("</(p|li|div|figcaption)>", "\n", text)).splitlines()
    said = [part.strip() for line in lines for part in re.split(r"(?<=[。！？])|(?<=[.!?]) ", line)]
    twice = {part for part in said if len(part) > 12 and said.count(part) > 1}
    assert twice == set()
    assert len(said) > 40


def test_every_county_off_its_path_is_named_where_an_indicator_is_told(facts: MidTerm):
    told = page(facts)
    for row, now in facts.mine():
        found = re.search(f'id="{row.key}"><h3>.*?</h3><p>(.*?)</p>', told)
        assert found is not None
        names = {a.name for a in counties() if STATUSES[facts.row(row.key, a.adcode)["status"]].off}
        if len(names) == 9 and len(set(now["behind_places"])) == 1:
            assert "all nine counties equally" in found[1]
        else:
            assert {name for name in (a.name for a in counties()) if name in found[1]} == names


def test_made_up_data_say_so_first_and_everywhere(facts: MidTerm):
    found = _Reader(page(facts))
    assert facts.title.startswith("SYNTHETIC DATA")
    assert found.under("h1")[0].startswith("SYNTHETIC DATA")
    assert all(name.startswith("SYNTHETIC") for name in found.under("figcaption"))
    assert [tag for tag, text in found.words if "not for filing" in text] == ["p"]
    assert "SYNTHETIC DATA 合成数据" in found.under("p")
    set_language("zh")
    assert facts.title.startswith("【合成数据】")
    assert '@top-center{content:"合成数据 SYNTHETIC DATA"' in page(facts)


def test_real_data_raise_no_alarm_and_a_mixture_is_counted(sample: pl.DataFrame):
    real = mid_term(_real(sample), AT)
    assert "SYNTHETIC" not in page(real)
    assert "合成" not in page(real)
    mixed = sample.with_columns((pl.col("adcode") == "331127").alias("synthetic"))
    n = latest(observations(mixed)).filter(pl.col("period") <= AT, pl.col("synthetic")).height
    assert f"SYNTHETIC DATA 合成数据 ({n:,} / {real.total:,})" in page(mid_term(mixed, AT))


def test_what_the_data_say_is_never_run(sample: pl.DataFrame, tmp_path: Path):
    bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    hostile = sample.with_columns(
        pl.lit(bad).alias("source"), pl.lit('=HYPERLINK("http://x")').alias("note"),
        pl.lit(bad).alias("reason"), pl.lit("@SUM(A1)").alias("recorded_by"),
    )  # fmt: skip
    found = mid_term(hostile, AT)
    text = page(found)
    assert not [tag for tag, _ in _Reader(text).tags if tag in ("script", "img")]
    data = re.search(r"base64,([A-Za-z0-9+/=]+)", text)
    assert data
    csv = base64.b64decode(data[1]).decode("utf-8-sig")
    frame = pl.read_csv(csv.encode())
    assert set(frame["note"]) == {'\t=HYPERLINK("http://x")'}
    assert "recorded_by" not in frame.columns
    made = write_report(hostile, tmp_path / "r.xlsx", at=AT)
    with zipfile.ZipFile(made) as book:
        sheets = [book.read(n).decode() for n in book.namelist() if "worksheets/sheet" in n]
    assert len(sheets) == 23
    assert not [sheet for sheet in sheets if re.search(r"<f>|<hyperlink", sheet)]


def test_the_data_inside_the_page_are_the_data_used(facts: MidTerm):
    data = re.search(r"base64,([A-Za-z0-9+/=]+)", page(facts))
    assert data
    frame = pl.read_csv(base64.b64decode(data[1]), schema_overrides={"adcode": pl.String})
    assert frame.height == facts.total
    assert frame["numerator"].sum() == facts.observations["numerator"].sum()


def test_a_county_has_its_own_report(sample: pl.DataFrame):
    found = mid_term(sample, AT, area="景宁")
    assert found.area.adcode == "331127"
    text = page(found)
    assert "The twelve indicators, Jingning" in text
    cell = next(cells for cells in twelve(found).rows if cells[0] == 2)[4]
    assert isinstance(cell, Measured)
    assert cell.value == found.row("double_publicity_coverage", "331127")["value"]
    with pytest.raises(SubjectError, match="331127"):
        mid_term(sample, AT, area="杭州")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("at", [date(2015, 6, 30), BASE, date(2016, 1, 31), END, date(2023, 2, 28)])
def test_any_day_makes_a_report(sample: pl.DataFrame, at, lang):
    set_language(lang)
    _Reader(page(mid_term(sample, at)))


def test_no_data_is_an_answer(tmp_path: Path):
    found = mid_term(empty(), AT)
    text = page(found)
    assert text.count("no observation</text>") == 12
    assert "Without any observation" in text
    assert write_report(empty(), tmp_path / "r.xlsx", at=AT).is_file()


def test_one_observation_is_enough(tmp_path: Path):
    rows = {"indicator": ["service_revenue"], "adcode": [CITY], "period": [date(2017, 12, 31)],
            "frequency": ["year"], "numerator": [0]}  # fmt: skip
    for kind in ("html", "xlsx"):
        assert write_report(pl.DataFrame(rows), tmp_path / f"r.{kind}", at=AT).is_file()


# ---- the workbook -------------------------------------------------------------------------------


def test_the_workbook_holds_the_data_as_they_are(
    sample: pl.DataFrame, facts: MidTerm, tmp_path: Path
):
    made = write_report(sample, tmp_path / "r.xlsx", at=AT)
    back = pl.read_excel(made, sheet_name="synthetic observations")
    kept = facts.observations.drop("recorded_by", "reason")
    assert back.columns == kept.columns
    for name in ("adcode", "numerator", "denominator", "period"):
        assert back[name].cast(SCHEMA[name]).equals(kept[name], null_equal=True)
    assert back["value"].to_list() == pytest.approx(kept["value"].to_list(), rel=1e-12)
    series = pl.read_excel(made, sheet_name="synthetic series")
    assert series.height == facts.lines.height
    now = facts.row("website_rate")
    last = series.filter(
        (pl.col("indicator") == "website_rate")
        & (pl.col("adcode").cast(pl.String) == CITY)
        & (pl.col("period").cast(pl.Date) == AT)
    )
    assert last["path"].item() == pytest.approx(now["path"])


def test_the_workbook_says_synthetic_on_every_sheet_and_is_made_the_same_again(
    sample: pl.DataFrame, tmp_path: Path
):
    first = write_report(sample, tmp_path / "a.xlsx", at=AT).read_bytes()
    assert write_report(sample, tmp_path / "b.xlsx", at=AT).read_bytes() == first
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheets = [book.read(n).decode() for n in book.namelist() if "worksheets/sheet" in n]
        charts = [book.read(n).decode() for n in book.namelist() if "charts/chart" in n]
    assert all("SYNTHETIC DATA" in sheet for sheet in sheets)
    assert len(charts) == 12
    assert all("SYNTHETIC" in chart for chart in charts)
    write_report(_real(sample), tmp_path / "c.xlsx", at=AT)
    with zipfile.ZipFile(tmp_path / "c.xlsx") as book:
        assert not [n for n in book.namelist() if b"SYNTHETIC" in book.read(n)]


# ---- the PDF ------------------------------------------------------------------------------------


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to print a PDF with")
def test_the_pdf_is_printed_with_a_page_for_each_indicator(sample: pl.DataFrame, tmp_path: Path):
    set_language("zh")
    data = write_report(sample, tmp_path / "r.pdf", at=AT).read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    pages = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", data)
    sizes = [tuple(round(float(x)) for x in box.split()[2:]) for box in pages]
    tall = [size for size in sizes if size[0] < size[1]]
    assert len(tall) >= 12 + 3
    assert len(sizes) > len(tall)  # the wide tables lie on their side
    assert {tuple(sorted(size)) for size in sizes} <= {(595, 842), (594, 841), (595, 841), (594, 842)}  # fmt: skip
    assert b"/FontFile" in data  # glyphs are inside
    assert [path.name for path in tmp_path.iterdir()] == ["r.pdf"]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to print a PDF with")
def test_the_contents_say_on_which_page_each_part_begins(sample: pl.DataFrame, tmp_path: Path):
    data = write_report(sample, tmp_path / "r.pdf", at=AT).read_bytes()
    pages = report_pdf.page_numbers(data)
    assert pages["summary"] == 3  # after cover and contents
    each = [pages[key] for key in indicators()]
    assert each == list(range(pages["indicators"], pages["indicators"] + 12))
    assert len(re.findall(rb"/MediaBox", data)) >= pages["annex2"] > pages["annex1"] > each[-1]
    if shutil.which("pdftotext"):
        words = ["pdftotext", "-layout", "-f", "2", "-l", "2", str(tmp_path / "r.pdf"), "-"]
        told = subprocess.run(words, capture_output=True, check=True, text=True).stdout
        assert re.search(rf"Annex 2 Data +{pages['annex2']}\n", told)
        assert re.search(rf"12\. Judicial credibility +{each[-1]}\n", told)


def test_a_print_whose_anchors_cannot_be_read_has_no_numbers_and_a_page_is_left_as_it_is():
    assert report_pdf.page_numbers(b"%PDF-1.7 packed otherwise") == {}


@pytest.mark.parametrize("kind", ["html", "xlsx", "pdf"])
def test_a_full_disk_is_told_and_the_old_report_stays(
    sample: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(report_pdf, "browser", lambda: "/bin/true")
    old = tmp_path / f"r.{kind}"
    old.write_text("old")
    with monkeypatch.context() as filled:
        filled.setattr(Path, "write_text", full)
        filled.setattr(zipfile.ZipFile, "writestr", full)
        filled.setattr(zipfile.ZipFile, "write", full)
        with pytest.raises(SubjectError, match="the disk is full"):
            write_report(sample, old, at=AT)
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == [old.name]


def test_a_browser_without_room_to_print_into_is_told_as_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(report_pdf.shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    with pytest.raises(SubjectError, match="the disk is full"):
        report_pdf.print_pdf("<p>x", tmp_path / "r.pdf", program="/bin/true")


def test_without_chromium_the_pdf_is_refused_and_the_old_one_stays(
    sample: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(report_pdf.shutil, "which", lambda name: None)
    old = tmp_path / "r.pdf"
    old.write_text("old")
    with pytest.raises(SubjectError, match=r"write \.html and print it"):
        write_report(sample, old, at=AT)
    assert old.read_text() == "old"


@pytest.mark.parametrize("script", ["echo no display >&2; exit 1", "exit 0", "sleep 30"])
def test_a_browser_that_prints_nothing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
):
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(report_pdf, "PATIENCE", 1)
    old = tmp_path / "r.pdf"
    old.write_text("old")
    with pytest.raises(SubjectError, match="printed no PDF"):
        report_pdf.print_pdf("<p>x", old, program=str(program))
    assert old.read_text() == "old"
    with pytest.raises(SubjectError, match="printed no PDF"):
        report_pdf.print_pdf("<p>x", old, program=str(tmp_path / "gone"))


# ---- the command --------------------------------------------------------------------------------


def _run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["plan", "report", *map(str, words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_the_command_writes_a_report_of_a_store_as_known_on_a_day(
    sample: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    store = Store.open(tmp_path / "plan.duckdb")
    rows = _real(sample).filter(pl.col("period") <= AT)
    first = rows.filter(pl.col("revision") == 1)
    store.add(first, by="甲", reason="季报")
    store.add(latest(rows), by="乙", reason="更正原报数")
    out = tmp_path / "r.html"
    code, said, _ = _run(capsys, "--data", store.path, "--at", AT, "-o", out, "--lang", "zh")
    assert (code, "合成" in said) == (0, False)
    assert "更正原报数" in out.read_text(encoding="utf-8")
    code, _, _ = _run(capsys, "--data", store.path, "--at", AT, "--known-on", "2016-01-01", "-o", out, "--lang", "en")  # fmt: skip
    text = out.read_text(encoding="utf-8")
    assert code == 0
    assert "更正原报数" not in text
    assert "<dt>Data as known on</dt><dd>1 January 2016</dd>" in text
    assert "Without any observation" in text


def test_the_command_takes_a_county_and_targets_and_says_synthetic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    targets = tmp_path / "t.csv"
    targets.write_text("指标,地区,年度,目标值\n5,景宁,2018,95\n", encoding="utf-8")
    out = tmp_path / "r.html"
    words = ("--county", "景宁", "--targets", targets, "--at", AT, "-o", out)
    code, said, _ = _run(capsys, *words)
    assert code == 0
    assert said.startswith("*** SYNTHETIC DATA")
    text = out.read_text(encoding="utf-8")
    assert "The twelve indicators, Jingning" in text
    code, said, _ = _run(capsys, *words, "--json")
    assert (code, '"synthetic": true' in said) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "r.docx"), "name it .html, .xlsx or .pdf"),
        (("-o", "."), "a folder"),
        (("-o", "r.html", "--at", "mid-2018"), "not a date"),
        (("-o", "r.html", "--county", "杭州"), "331127"),
        (("-o", "r.html", "--data", "gone.csv"), "no such file"),
        (("-o", "d.xlsx", "--data", "d.xlsx"), "overwrite an input"),
    ],
)
def test_bad_words_are_one_message_and_two(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = _run(capsys, *words)
    assert code == 2
    assert said in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_every_county_and_area_is_in_the_tables(facts: MidTerm):
    text = page(facts)
    for area in areas():
        assert area.name in text
    assert len(counties()) == 9
