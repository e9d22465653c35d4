"""The command line as users meet it: results, and one clear message for every kind of bad input."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from lishui_credit.commands import cli
from lishui_credit.commands.cli import main
from lishui_credit.language import set_language
from lishui_credit.reports.layout import width
from lishui_credit.rubrics.law import catalog
from tests.populations import POPULATIONS, Population

FARMERS, _, _, TAX = POPULATIONS[:4]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


raw_of = cache(Population.raw)


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    raw = raw_of(FARMERS, 60)
    assert raw["subjects"] is not None
    assert raw["bases"] is not None
    raw["subjects"].write_csv(tmp_path / "households.csv")
    raw["bases"].write_csv(tmp_path / "bases.csv")
    return tmp_path


@pytest.fixture
def firms(tmp_path: Path) -> Path:
    raw = raw_of(TAX, 80)
    assert raw["subjects"] is not None
    assert raw["events"] is not None
    raw["subjects"].write_csv(tmp_path / "enterprises.csv")
    raw["events"].write_csv(tmp_path / "events.csv")
    return tmp_path


def farm_job(
    folder: Path, households: str = "households.csv", output: str = "g.parquet"
) -> list[object]:
    return [
        "grade", "farmer-household", folder / households,
        "--bases", folder / "bases.csv", "--on", "2016-06-30", "-o", folder / output,
    ]  # fmt: skip


def tax_job(folder: Path, output: str = "g.csv") -> list[object]:
    return [
        "grade", "tax-credit", folder / "enterprises.csv",
        "--events", folder / "events.csv", "--period", "2018", "-o", folder / output,
    ]  # fmt: skip


def refused(run: Run, words: list[object], output: Path) -> str:
    """Run a job that must fail: exit 2, one message, an existing output untouched."""
    output.write_bytes(b"as it was")
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert output.read_bytes() == b"as it was"
    assert not output.with_name(output.name + ".manifest.json").exists()
    return err


# ---- what it does -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["parquet", "csv", "xlsx"])
def test_a_graded_file_explains_and_verifies_itself(run: Run, firms: Path, suffix: str) -> None:
    output = firms / f"g.{suffix}"
    code, out, _ = run(*tax_job(firms, output.name))
    assert code == 0
    assert "SYNTHETIC" in out
    firm = pl.read_csv(firms / "enterprises.csv", infer_schema=False)["uscc"][3]
    code, out, _ = run("explain", output, firm)
    assert code == 0
    assert firm in out
    assert "start score" in out
    code, out, _ = run("explain", output, firm, "--json")
    told = {row["id"]: row for row in json.loads(out)["rows"]}
    assert "公告2014年第48号" in told["r010103"]["document"]
    assert told["r010103"]["url"].startswith("http")
    assert told["r010201"]["url"] is None
    assert told["start"]["read_on"] == "2026-11-22"
    code, out, _ = run("verify", output)
    assert code == 0
    assert out.startswith("verified: 80")


def test_a_changed_input_fails_verification(run: Run, firms: Path) -> None:
    run(*tax_job(firms))
    register = firms / "enterprises.csv"
    register.write_text(register.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    code, out, _ = run("verify", firms / "g.csv")
    assert code == 1
    assert "input subjects: DIFFERENT" in out


def test_a_changed_grade_fails_verification(run: Run, farm: Path) -> None:
    run(*farm_job(farm))
    path = farm / "g.parquet"
    frame = pl.read_parquet(path)
    worse = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("tier9")).otherwise("grade")
    frame.with_columns(worse.alias("grade")).write_parquet(path)
    code, out, _ = run("verify", path)
    assert code == 1
    assert "grades: DIFFERENT" in out
    assert "output: DIFFERENT" in out


def test_words_about_a_rule_can_be_mended_and_earlier_grades_are_read_on(
    run: Run, farm: Path
) -> None:
    overlay, rule = farm / "own.toml", 'format = 1\noverlay_of = "farmer-household@2009-01-01"\n'
    rule += '[[grades]]\nid = "tier1"\nat_least = {}\n'
    overlay.write_text(rule.format(91), encoding="utf-8")
    code, _, _ = run(*farm_job(farm), "--overlay", overlay)
    assert code == 0
    household = pl.read_parquet(farm / "g.parquet")["household_id"][0]
    overlay.write_text(
        'notes = ["checked against the annex"]\n'
        + rule.format(91)
        + 'label_en = "best"\nclause = "第1条"\nevidence = "copy"\n'
        + 'url = "https://zj.gov.cn/annex"\nread_on = 2026-11-30\n',
        encoding="utf-8",
    )
    code, out, _ = run("explain", farm / "g.parquet", household)
    assert code == 0
    assert household in out
    overlay.write_text(rule.format(92), encoding="utf-8")
    code, _, err = run("explain", farm / "g.parquet", household)
    assert code == 2
    assert "the edition is not the one that graded this file" in err


def test_the_manifest_says_what_the_result_rests_on(run: Run, farm: Path) -> None:
    run(*farm_job(farm))
    manifest = json.loads((farm / "g.parquet.manifest.json").read_text(encoding="utf-8"))
    assert manifest["rubric"] == "farmer-household"
    assert len(manifest["edition_sha256"]) == 64
    assert set(manifest["inputs"]) == {"subjects", "bases"}
    assert manifest["synthetic"] is True
    counts = manifest["counts"]
    assert counts["graded"] + counts["withheld"] + counts["not_graded"] == counts["accepted"] == 60


def test_json_is_json(run: Run, farm: Path) -> None:
    code, out, _ = run(*farm_job(farm), "--json")
    assert code == 0
    assert json.loads(out)["counts"]["rows"] == 60
    code, out, _ = run("rubrics", "--json")
    assert {"tax-credit", "environment-credit"} <= {row["name"] for row in json.loads(out)}


def test_chinese_messages_on_request(run: Run, farm: Path) -> None:
    code, _, err = run("explain", farm / "none.parquet", "1", "--lang", "zh")
    assert code == 2
    assert "没有这个文件" in err


def test_an_edition_in_chinese_names_columns_levels_and_evidence_in_chinese(run: Run) -> None:
    code, out, _ = run("rubrics", "show", "farmer-household", "--on", "2016-06-30", "--lang", "zh")
    assert code == 0
    assert "施行：2009年1月1日起   状态：已转录" in out
    assert "劳动力人口 / 家庭人口  >2/3: 10" in out
    assert "优秀：20；较好：15；一般：10；差：0" in out
    assert "原文副本" in out
    assert " copy" not in out


def test_every_line_of_a_table_keeps_its_columns(run: Run) -> None:
    _, out, _ = run("rubrics", "show", "tax-credit", "--on", "2018-06-30", "--lang", "zh")
    lines = out.splitlines()
    rule = lines.index(next(line for line in lines if line.startswith("指标"))) + 2
    starts = [0, *(at + 2 for at in range(len(lines[rule])) if lines[rule].startswith("  ", at))]
    assert len(starts) == 5
    for line in lines[rule + 1 : rule + 60]:
        cells = "".join(character * width(character) for character in line)
        assert all(cells[at - 2 : at] == "  " != cells[at : at + 2] for at in starts[1:])


def test_compare_says_who_moves_and_why(run: Run, firms: Path) -> None:
    code, out, _ = run(
        "compare", "tax-credit", "2018-04-01", "2020-11-01", firms / "enterprises.csv",
        "--events", firms / "events.csv", "--period", "2018", "-o", firms / "moved.csv",
    )  # fmt: skip
    assert code == 0
    assert "2018-04-01 -> 2020-11-01" in out
    moved = pl.read_csv(firms / "moved.csv")
    assert moved["because"].null_count() == 0


def test_show_prints_the_edition_in_force(run: Run) -> None:
    code, out, _ = run("rubrics", "show", "tax-credit", "--on", "2019-04-01")
    assert code == 0
    assert "tax-credit@2018-04-01" in out
    assert "国家税务总局" in out


def test_links_that_nobody_read_for_a_year_are_listed(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("rubrics", "check", "--links", "--on", "2026-11-30")
    assert code == 0
    assert "as of 2026-11-30: 0 rows to look at again" in out
    code, out, _ = run("rubrics", "check", "--links", "--on", "2027-11-25", "--json")
    rows = json.loads(out)
    assert code == 1
    assert {row["kind"] for row in rows} == {"old", "unlinked", "unseen"}
    assert {row["read_on"] for row in rows if row["kind"] == "old"} == {"2026-11-22"}
    own = tmp_path / "own.toml"
    shipped = Path(catalog.entries()[0].path).read_text(encoding="utf-8")
    own.write_text(re.sub(r', unlinked(_zh)? = ".*?"', "", shipped), encoding="utf-8")
    code, out, _ = run("rubrics", "check", own, "--links", "--on", "2026-11-30")
    assert code == 1
    assert "NO ADDRESS AND NO REASON" in out
    code, _, err = run("rubrics", "check")
    assert code == 2
    assert "--links" in err
    _, out, _ = run("rubrics", "--json", "--on", "2028-01-01")
    assert {row["read_percent"] for row in json.loads(out)} == {0}


def test_an_outline_refuses_and_says_what_it_lacks(run: Run, farm: Path) -> None:
    err = refused(
        run,
        ["grade", "farmer-household/db3311-t85.3", farm / "households.csv", "-o", farm / "g.csv"],
        farm / "g.csv",
    )
    assert "outline" in err
    assert "overlay" in err


def test_csv_keeps_codes_as_text_for_excel(run: Run, firms: Path) -> None:
    run(*tax_job(firms))
    raw = (firms / "g.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    digits = [
        code
        for code in pl.read_csv(firms / "enterprises.csv", infer_schema=False)["uscc"]
        if code.isdigit()
    ]
    for code in digits[:3]:
        assert b"\t" + code.encode() in raw


# ---- bad input --------------------------------------------------------------------------------


def test_missing_columns_are_named_with_the_nearest_header(run: Run, farm: Path) -> None:
    frame = pl.read_csv(farm / "households.csv", infer_schema=False)
    frame.rename({"total_assets": "total_asets", "peer_review": "peer"}).write_csv(
        farm / "households.csv"
    )
    err = refused(run, farm_job(farm), farm / "g.parquet")
    assert "total_assets" in err
    assert "total_asets" in err
    assert "peer_review" in err


def test_a_wrong_unit_is_suspected_and_said(run: Run, farm: Path) -> None:
    frame = pl.read_csv(farm / "households.csv")
    wan = pl.col("total_assets") / 10_000
    frame.with_columns(wan.round(2).alias("total_assets")).write_csv(farm / "households.csv")
    err = refused(run, farm_job(farm), farm / "g.parquet")
    assert "万元" in err


def test_duplicate_subjects_are_rejected_with_reasons(run: Run, farm: Path) -> None:
    frame = pl.read_csv(farm / "households.csv", infer_schema=False)
    pl.concat([frame, frame.head(1)]).write_csv(farm / "households.csv")
    err = refused(run, farm_job(farm), farm / "g.parquet")
    assert "2 rows" in err
    rejected = pl.read_csv(farm / "g.parquet.rejected.csv")
    assert rejected["_row"].to_list() == [2, 62]
    assert rejected["_reasons"].str.contains("2 times").all()


def test_the_other_rows_are_graded_on_request(run: Run, farm: Path) -> None:
    frame = pl.read_csv(farm / "households.csv", infer_schema=False)
    bad = frame.head(1).with_columns(
        pl.lit("many").alias("family_members"), pl.lit("x1").alias("household_id")
    )
    pl.concat([frame, bad]).write_csv(farm / "households.csv")
    code, out, _ = run(*farm_job(farm), "--skip-rejected")
    assert code == 0
    assert "1 rejected" in out
    assert pl.read_parquet(farm / "g.parquet").height == 60
    assert pl.read_csv(farm / "g.parquet.rejected.csv").height == 1


def test_a_total_row_in_a_sheet_is_rejected(run: Run, farm: Path) -> None:
    frame = pl.read_csv(farm / "households.csv", infer_schema=False)
    total = frame.head(1).with_columns(pl.lit("合计").alias(frame.columns[0]))
    pl.concat([frame, total]).write_excel(farm / "households.xlsx")
    err = refused(run, farm_job(farm, "households.xlsx"), farm / "g.parquet")
    assert "total row" in err


def test_an_event_for_an_unknown_subject_is_rejected(run: Run, firms: Path) -> None:
    frame = pl.read_csv(firms / "events.csv", infer_schema=False)
    stranger = frame.head(1).with_columns(pl.lit("91350100M000100Y43").alias("uscc"))
    pl.concat([frame, stranger]).write_csv(firms / "events.csv")
    err = refused(run, tax_job(firms), firms / "g.csv")
    assert "unknown subject 91350100M000100Y43" in err


def test_an_event_code_no_edition_knows_is_rejected(run: Run, firms: Path) -> None:
    frame = pl.read_csv(firms / "events.csv", infer_schema=False)
    pl.concat([frame, frame.head(1).with_columns(pl.lit("999999").alias("code"))]).write_csv(
        firms / "events.csv"
    )
    assert "no such code" in refused(run, tax_job(firms), firms / "g.csv")


def test_a_date_outside_every_edition_is_told(run: Run, firms: Path) -> None:
    words = [*tax_job(firms)]
    words[words.index("2018")] = "2000"
    err = refused(run, words, firms / "g.csv")
    assert "no edition of tax-credit in force on 2001-04-30" in err
    assert "2003-07-17" in err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("header.csv", b"household_id,county\n"),
        ("cut.parquet", b"PAR1\x00\x01\x02"),
        ("garbage.csv", bytes([0xFF, 0xFE, 0x81, 0x00, 0xD8, 0xFF, 0x9D, 0x80] * 4)[:30]),
        ("garbage.xlsx", bytes(range(200, 230))),
        ("notes.docx", b"text"),
    ],
)
def test_files_that_cannot_be_read_get_one_message(
    run: Run, farm: Path, name: str, content: bytes
) -> None:
    (farm / name).write_bytes(content)
    err = refused(run, farm_job(farm, name), farm / "g.parquet")
    assert name in err


def test_a_truncated_parquet_is_told(run: Run, farm: Path) -> None:
    frame = pl.read_csv(farm / "households.csv")
    frame.write_parquet(farm / "h.parquet")
    whole = (farm / "h.parquet").read_bytes()
    (farm / "h.parquet").write_bytes(whole[: len(whole) // 2])
    assert "cut short" in refused(run, farm_job(farm, "h.parquet"), farm / "g.parquet")


def test_a_county_without_bases_is_rejected_not_graded_by_zero(run: Run, farm: Path) -> None:
    bases = pl.read_csv(farm / "bases.csv", infer_schema=False)
    bases.filter(pl.col("county") != "莲都区").write_csv(farm / "bases.csv")
    err = refused(run, farm_job(farm), farm / "g.parquet")
    assert "no bases for county" in err
    rows = pl.read_csv(farm / "households.csv", infer_schema=False).with_row_index("_row", offset=2)
    lost = rows.filter(pl.col("county").str.strip_chars() == "莲都区")
    kept = pl.read_csv(farm / "g.parquet.rejected.csv", infer_schema=False)
    assert kept["_row"].to_list() == lost["_row"].cast(pl.String).to_list()
    assert set(kept["_reasons"]) == {"no bases for county '莲都区'"}
    for name in ("county", "village", "total_assets"):
        assert kept[name].to_list() == lost[name].to_list()


def test_every_rejected_subject_has_its_line_and_cells_also_where_it_has_no_county(
    run: Run, farm: Path
) -> None:
    rows = pl.read_csv(farm / "households.csv", infer_schema=False)
    place = pl.int_range(pl.len())
    county = (
        pl.when(place == 3).then(None).when(place == 5).then(pl.lit("某县")).otherwise("county")
    )
    rows = rows.with_columns(county.alias("county"))
    rows.write_csv(farm / "households.csv")
    refused(run, farm_job(farm), farm / "g.parquet")
    kept = pl.read_csv(farm / "g.parquet.rejected.csv", infer_schema=False)
    assert kept.select("_row", "_reasons").rows() == [
        ("5", "no bases for county ''"),
        ("7", "no bases for county '某县'"),
    ]
    assert kept["total_assets"].to_list() == [rows["total_assets"][n] for n in (3, 5)]


def test_an_unknown_subject_to_explain_is_told(run: Run, firms: Path) -> None:
    run(*tax_job(firms))
    code, _, err = run("explain", firms / "g.csv", "nobody")
    assert code == 2
    assert "no such subject" in err


def test_a_plain_file_is_not_a_graded_one(run: Run, firms: Path) -> None:
    code, _, err = run("verify", firms / "enterprises.csv")
    assert code == 2
    assert "manifest" in err


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys; from lishui_credit.commands.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'polars', 'pydantic', 'narwhals', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines()[-1] == "[]"


# ---- what must not be lost --------------------------------------------------------------------


@pytest.mark.parametrize("role", ["households.csv", "bases.csv"])
def test_an_output_never_takes_the_place_of_an_input(run: Run, farm: Path, role: str) -> None:
    before = (farm / role).read_bytes()
    code, _, err = run(*farm_job(farm, output=role))
    assert code == 2
    assert "overwrite an input" in err
    assert (farm / role).read_bytes() == before


def test_rejected_rows_never_take_the_place_of_an_input(run: Run, farm: Path) -> None:
    source = farm / "g.csv.rejected.csv"
    (farm / "households.csv").rename(source)
    before = source.read_bytes()
    code, _, err = run(*farm_job(farm, source.name, "g.csv"))
    assert code == 2
    assert "overwrite an input" in err
    assert source.read_bytes() == before


def test_a_link_to_an_input_is_that_input(run: Run, farm: Path) -> None:
    (farm / "link.csv").symlink_to(farm / "households.csv")
    code, _, err = run(*farm_job(farm, output="link.csv"))
    assert code == 2
    assert "overwrite an input" in err
    assert (farm / "link.csv").is_symlink()


def test_compare_keeps_its_inputs_and_writes_rejected_rows(run: Run, firms: Path) -> None:
    words = [
        "compare", "tax-credit", "2018-04-01", "2020-11-01", firms / "enterprises.csv",
        "--events", firms / "events.csv", "-o",
    ]  # fmt: skip
    code, _, err = run(*words, firms / "events.csv")
    assert code == 2
    assert "overwrite an input" in err
    frame = pl.read_csv(firms / "events.csv", infer_schema=False)
    odd = frame.head(1).with_columns(pl.lit("soon").alias("occurred_on"))
    pl.concat([frame, odd]).write_csv(firms / "events.csv")
    err = refused(run, [*words, firms / "moved.csv"], firms / "moved.csv")
    assert "moved.csv.rejected.events.csv" in err
    assert pl.read_csv(firms / "moved.csv.rejected.events.csv").height == 1


def test_areas_keeps_its_inputs(run: Run, farm: Path) -> None:
    assert run(*farm_job(farm))[0] == 0
    loans = Path("data_samples/village_loans.csv").read_bytes()
    (farm / "loans.csv").write_bytes(loans)
    code, _, err = run(
        "areas", farm / "g.parquet", "--loans", farm / "loans.csv", "-o", farm / "loans.csv"
    )
    assert code == 2
    assert "overwrite an input" in err
    assert (farm / "loans.csv").read_bytes() == loans


def test_areas_refuses_grades_the_edition_does_not_have(run: Run, farm: Path) -> None:
    assert run(*farm_job(farm))[0] == 0
    words = ["areas", farm / "g.parquet", "--loans", "data_samples/village_loans.csv"]
    words += ["--credit-grades", "AAA,tier1", "-o", farm / "a.csv"]
    err = refused(run, words, farm / "a.csv")
    assert "found: AAA" in err


def test_an_unknown_label_set_is_refused(run: Run, farm: Path) -> None:
    err = refused(run, [*farm_job(farm), "--labels", "oslo"], farm / "g.parquet")
    assert "lishui" in err


def test_a_folder_is_no_output(run: Run, farm: Path) -> None:
    (farm / "g.parquet").mkdir()
    code, _, err = run(*farm_job(farm))
    assert code == 2
    assert f"{farm / 'g.parquet'}: a folder" in err


def test_an_output_that_cannot_be_written_is_told_as_json_too(run: Run, farm: Path) -> None:
    code, out, err = run(*farm_job(farm, output="households.csv/g.csv"), "--json")
    assert code == 2
    assert out == ""
    told = json.loads(err[err.index("{") :])
    assert len(told["problems"]) == 1


def test_a_sheet_that_cannot_hold_the_rows_is_not_begun(
    run: Run, farm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lishui_credit.tables.write._SHEET_ROWS", 59)
    assert "60 > 59" in refused(run, farm_job(farm, output="g.xlsx"), farm / "g.xlsx")


@pytest.mark.parametrize("option", [("--rows", "0"), ("--rows", "-1"), ("--seed", "-4")])
def test_samples_of_no_size_are_refused(run: Run, tmp_path: Path, option: tuple[str, str]) -> None:
    code, _, err = run("samples", tmp_path / "made", *option)
    assert code == 2
    assert option[0] in err
    assert not (tmp_path / "made").exists()


def test_a_reader_who_leaves_a_pipe_ends_the_run_quietly() -> None:
    code = "import sys; from lishui_credit.commands.cli import main; sys.exit(main(['rubrics', '--json']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as job:
        assert job.stdout is not None
        assert job.stderr is not None
        job.stdout.close()
        assert job.wait() == 0
        assert job.stderr.read() == b""


def test_what_the_reader_remarks_is_printed_and_kept(run: Run, farm: Path) -> None:
    text = (farm / "households.csv").read_text(encoding="utf-8")
    (farm / "households.csv").write_bytes(text.encode("gb18030"))
    code, out, _ = run(*farm_job(farm))
    assert code == 0
    assert "note: households.csv: read as gb18030" in out
    manifest = json.loads((farm / "g.parquet.manifest.json").read_text(encoding="utf-8"))
    assert any("gb18030" in note for note in manifest["notes"])


@pytest.mark.parametrize("kind", [pl.exceptions.ComputeError, pl.exceptions.PanicException])
@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "the data cannot be processed"), ("zh", "数据无法处理")],
)
def test_whatever_polars_raises_ends_in_one_message_and_other_errors_are_raised(
    kind: type[BaseException], language: str, said: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked_to_raise(error: BaseException) -> None:
        def fails(options: object) -> int:
            raise error

        options = argparse.Namespace(run=fails)
        monkeypatch.setattr(cli, "parser", lambda: SimpleNamespace(parse_args=lambda _: options))

    asked_to_raise(kind("called `Result::unwrap()`"))
    code, out, err = run("grade", "--lang", language)
    assert (code, out) == (2, "")
    assert said in err
    assert "unwrap" not in err
    for other in (KeyError("a fault of ours"), SystemExit(3)):
        asked_to_raise(other)
        with pytest.raises(type(other)):
            run("grade")
