"""The command line as users meet it: results, and one clear message for every kind of bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.cli import main
from lishui_credit.language import set_language
from lishui_credit.layout import width
from tests.populations import POPULATIONS

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


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    raw = FARMERS.raw(60)
    assert raw["subjects"] is not None
    assert raw["bases"] is not None
    raw["subjects"].write_csv(tmp_path / "households.csv")
    raw["bases"].write_csv(tmp_path / "bases.csv")
    return tmp_path


@pytest.fixture
def firms(tmp_path: Path) -> Path:
    raw = TAX.raw(80)
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
    assert "施行: 2009-01-01 起   状态: 已转录" in out
    assert "劳动力人口 / 家庭人口  >2/3: 10" in out
    assert "优秀: 20; 较好: 15; 一般: 10; 差: 0" in out
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
    assert rejected["row"].to_list() == [2, 62]
    assert rejected["reasons"].str.contains("2 times").all()


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
    words[words.index("2018")] = "2010"
    err = refused(run, words, firms / "g.csv")
    assert "no edition of tax-credit in force on 2011-04-30" in err
    assert "2014-10-01" in err


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
        "import sys; from lishui_credit.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'polars', 'pydantic', 'narwhals', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines()[-1] == "[]"
