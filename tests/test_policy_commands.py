"""decide, policy and verify as typed: what they write, what they refuse."""

import json
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from tests.models import DATA

POLICY = """\
id = "small-loan"
version = "1"
title_zh = "小额贷款政策"
title_en = "Small loans"
author = "甲"
approved_by = "乙"
approved_on = 2026-01-05
valid = { from = 2026-02-01 }
kind = "refer"
approve_at_least = 600
refer_at_least = 580
score = { column = "score" }
constraints = { approval_at_least_bp = 5000, budget_fen = 1000000 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A policy, its successor, and a file of scores that are said to be synthetic."""
    (tmp_path / "old.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "new.toml").write_text(
        POLICY.replace('version = "1"', 'version = "2"').replace("= 600", "= 590"),
        encoding="utf-8",
    )
    pl.DataFrame(
        {
            "申请编号": ["A1", "A2", "A3", "A4"],
            "score": [600, 590, 570, None],
            "amount_fen": [600_000, 1, 1, 1],
            "bad": [0, None, None, None],
            "county": ["莲都", "莲都", "龙泉", "龙泉"],
            "synthetic": [True] * 4,
        }
    ).write_csv(tmp_path / "scores.csv")
    return tmp_path


def words(folder: Path, *more: str, policy: str = "old.toml", output: str = "d.csv") -> list[str]:
    day = [] if "--on" in more else ["--on", "2026-03-01"]
    files = [str(folder / policy), str(folder / "scores.csv"), "-o", str(folder / output)]
    return ["decide", *files, "--id", "申请编号", *day, *more]


def test_scores_are_decided_explained_and_proved(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(folder, "--lang", "en")) == 0
    said = capsys.readouterr().out
    for part in (
        "SYNTHETIC DATA",
        "small-loan@1  Small loans",
        "approve  1  25.0%",
        "refer to a person  1  25.0%",
        "not decided  1  25.0%",
        "score at least 580 and below 600: refer to a person  1",
        "approval rate at least 50.00%: 33.33%  BROKEN",
        "budget 10,000.00 yuan: 6,000.00 yuan  kept",
        "d.csv.manifest.json",
    ):
        assert part in said, part
    assert "TRIAL" not in said
    output = str(folder / "d.csv")
    assert main(["policy", "explain", output, "A3", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    for part in (
        "合成数据",
        "A3",
        "拒绝",
        "小额贷款政策",
        "评分低于580：拒绝",
        "score < 580",
        "距通过线差 30",
    ):
        assert part in said, part
    assert main(["policy", "explain", output, "A2", "--lang", "en"]) == 0
    assert "score below the cut-off: 10 short of approval" in capsys.readouterr().out
    assert main(["verify", output, "--lang", "en"]) == 0
    assert "verified: 4 rows" in capsys.readouterr().out
    assert main(["policy", "verify", output, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True
    text = Path(output).read_text("utf-8-sig")
    Path(output).write_text(text.replace("decline", "approve", 1), "utf-8")
    assert main(["verify", output, "--lang", "en"]) == 1
    assert "NOT the same" in capsys.readouterr().out


def test_policy_verify_is_another_name_of_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "g.parquet")
    files = [str(DATA / "households.csv"), "--bases", str(DATA / "county_bases.csv")]
    assert main(["grade", "farmer-household", *files, "--on", "2016-06-30", "-o", out]) == 0
    capsys.readouterr()
    assert main(["verify", out, "--lang", "en"]) == 0
    assert "verified: 300" in capsys.readouterr().out
    assert main(["policy", "verify", out, "--lang", "en"]) == 0
    assert "verified: 300" in capsys.readouterr().out


def test_a_policy_not_in_force_is_tried_only_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(folder, "--on", "2026-01-31", "--lang", "en")) == 2
    said = capsys.readouterr().err
    assert "valid from 1 February 2026" in said
    assert "--trial" in said
    assert not (folder / "d.csv").exists()
    assert main(words(folder, "--on", "2026-01-31", "--trial", "--lang", "en")) == 0
    assert "TRIAL: the policy is not in force" in capsys.readouterr().out
    table = pl.read_csv(folder / "d.csv")
    assert table["trial"].to_list() == [True] * 4
    assert table.columns[-5:] == ["synthetic", "reason_1", "lost_1", "reason_1_zh", "reason_1_en"]
    assert main(["policy", "explain", str(folder / "d.csv"), "A1", "--lang", "en"]) == 0
    assert "TRIAL: not a decision in force" in capsys.readouterr().out
    assert main(["verify", str(folder / "d.csv")]) == 0


def test_a_policy_is_checked_by_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(folder / "old.toml"), "--lang", "en"]) == 0
    assert "no mistakes: small-loan@1" in capsys.readouterr().out
    assert main(["policy", "check", str(folder / "old.toml"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["sha256"]) == 64
    wrong = POLICY.replace("budget_fen", "budget").replace("author", "auther")
    (folder / "bad.toml").write_text(wrong, encoding="utf-8")
    assert main(["policy", "check", str(folder / "bad.toml"), "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert "3 problems" in said
    assert "bad.toml:5 auther: unknown key" in said
    assert main(["policy", "check", str(folder / "bad.toml"), "--lang", "zh"]) == 2
    assert "未知的键" in capsys.readouterr().err


def test_two_policies_are_compared_by_county(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(folder / name) for name in ("old.toml", "new.toml", "scores.csv")]
    more = ["--by", "county", "--outcome", "bad", "--amount", "amount_fen"]
    output = folder / "swap.csv"
    assert main(["policy", "compare", *files, *more, "-o", str(output), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    for part in ("SYNTHETIC", "small-loan@1 -> small-loan@2", "enters (swap-in)", "county=莲都"):
        assert part in said, part
    assert "1 / 1 without an outcome" in said
    assert pl.read_csv(output).height == 14
    assert main(["policy", "compare", *files, *more, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    counts = {row["set"]: row["applicants"] for row in found["sets"]}
    assert counts["swap_in"] == counts["both"] == counts["neither"] == counts["open"] == 1
    assert [row["amount_fen"] for row in found["sets"]][:2] == [600_000, 1]
    assert main(["policy", "compare", *files, "--by", "town", "--lang", "en"]) == 2
    assert "no column 'town'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--on", "soon"], "not a date"),
        (["--reasons", "-1"], "--reasons must be 0 or more"),
        (["--id", "county"], "is repeated"),
        (["--id", "who"], "no column 'who'"),
        (["--card", "nowhere"], "nowhere"),
    ],
)
def test_bad_words_leave_one_clear_message_and_nothing_written(
    more: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words(folder), "--lang", "en", *more]) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "d.csv").exists()


def test_no_reasons_are_written_where_none_are_asked_for(folder: Path) -> None:
    assert main(words(folder, "--reasons", "0", output="d.parquet")) == 0
    assert "reason_1" not in pl.read_parquet(folder / "d.parquet").columns
    assert main(["verify", str(folder / "d.parquet")]) == 0


MESSY = """\
申请编号 , score,amount_fen,bad
A1,600,60000,0
A2,abc,100.5,
A3,590,-5,1
A3,590,5,1
,610,x,2
A6,,7,
"""


def test_rows_that_cannot_be_decided_go_to_a_file_with_every_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "scores.csv").write_bytes(MESSY.encode("gb18030"))
    plain = [*words(folder)[:5], "--on", "2026-03-01", "--lang", "en"]
    assert main(plain) == 2
    said = capsys.readouterr().err
    assert "4 rows rejected; nothing was decided" in said
    assert "d.csv.rejected.csv" in said
    assert not (folder / "d.csv").exists()
    rejected = pl.read_csv(folder / "d.csv.rejected.csv", infer_schema=False)
    assert dict(rejected.select("_row", "_reasons").iter_rows()) == {
        "3": "score: not a number (abc); amount_fen: not whole fen (is it in yuan?)",
        "4": "申请编号: the id is repeated; amount_fen: a negative amount",
        "5": "申请编号: the id is repeated",
        "6": "amount_fen: not a number (x); 申请编号: the id is missing;"
        " bad: an outcome other than 0 and 1",
    }
    assert rejected["score"].to_list() == ["abc", "590", "590", "610"]
    assert main([*plain, "--skip-rejected"]) == 0
    assert "4 rows rejected and left out" in capsys.readouterr().out
    assert pl.read_csv(folder / "d.csv").select("id", "decision").rows() == [
        ("A1", "approve"),
        ("A6", "not decided"),
    ]
    assert json.loads((folder / "d.csv.manifest.json").read_text("utf-8"))["rejected"] == 4
    assert main(["verify", str(folder / "d.csv")]) == 0
    before = (folder / "d.csv").read_bytes()
    text = MESSY.replace("A1,600", "A1,x").replace("A6,,7", "A6,,-7")
    (folder / "scores.csv").write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert main([*plain, "--skip-rejected"]) == 2
    assert "6 rows rejected" in capsys.readouterr().err
    assert (folder / "d.csv").read_bytes() == before
    (folder / "scores.csv").write_text("申请编号,score\nA1,600\n", encoding="utf-8")
    assert main(plain) == 0
    assert "the budget is not checked" in capsys.readouterr().out
    assert not (folder / "d.csv.rejected.csv").exists()


def test_typed_cells_of_a_parquet_file_are_held_to_the_same_rules(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pl.DataFrame(
        {"id": [1, 2, 3], "score": [600, 500, 700], "amount_fen": ["5", "x", "-3"],
         "bad": ["好", None, "1"]}
    ).write_parquet(folder / "s.parquet")  # fmt: skip
    call = [str(folder / name) for name in ("old.toml", "s.parquet")]
    more = ["-o", str(folder / "d.parquet"), "--on", "2026-03-01", "--lang", "en"]
    assert main(["decide", *call, *more]) == 2
    rejected = pl.read_csv(folder / "d.parquet.rejected.csv")
    assert sorted(rejected["_reasons"]) == [
        "amount_fen: a negative amount",
        "amount_fen: not a number (x)",
        "bad: not a number (好)",
    ]


def test_grades_where_numbers_are_asked_for_are_told_as_such(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "scores.csv").write_text("id,score\n1,AAA\n2,BB\n", encoding="utf-8")
    assert main([*words(folder)[:5], "--on", "2026-03-01", "--lang", "en"]) == 2
    assert "score.order" in capsys.readouterr().err
    assert not (folder / "d.csv.rejected.csv").exists()


def test_a_broken_constraint_fails_a_strict_run_after_everything_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(folder, "--strict", "--lang", "en")) == 1
    said = capsys.readouterr()
    assert "constraints of the policy do not hold" in said.err
    assert "approval rate at least 50.00%: 33.33%  BROKEN" in said.err
    assert "budget" not in said.err
    assert (folder / "d.csv").exists()
    assert main(["verify", str(folder / "d.csv"), "--lang", "en"]) == 0
    kept = POLICY.replace("approval_at_least_bp = 5000", "approval_at_least_bp = 3000")
    (folder / "kept.toml").write_text(kept, encoding="utf-8")
    assert main(words(folder, "--strict", policy="kept.toml")) == 0
    free = POLICY[: POLICY.index("constraints")]
    (folder / "free.toml").write_text(free, encoding="utf-8")
    assert main(words(folder, "--strict", policy="free.toml")) == 0


def test_a_constraint_that_cannot_be_told_fails_a_strict_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limit = "bad_rate_at_most_bp = 500"
    text = POLICY.replace("approval_at_least_bp = 5000, budget_fen = 1000000", limit)
    (folder / "bads.toml").write_text(text, encoding="utf-8")
    table = pl.read_csv(folder / "scores.csv").drop("bad")
    table.write_csv(folder / "scores.csv")
    assert main(words(folder, "--strict", "--lang", "zh", policy="bads.toml")) == 1
    assert "本文件无法判断" in capsys.readouterr().err


def test_chinese_reasons_use_labels_and_never_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    amounts = list(range(400))
    table = pl.DataFrame(
        {
            "applicant_id": [f"A{place}" for place in amounts],
            "pay_amt1": amounts,
            "late_months": [place % 7 for place in amounts],
            "bad": [int(place % 400 < 150 and place % 3 > 0) for place in amounts],
        }
    )
    sample, model = tmp_path / "sample.csv", tmp_path / "late" / "1"
    table.write_csv(sample)
    labels = tmp_path / "labels.csv"
    labels.write_text("列名,中文名称\npay_amt1,上月还款额\nlate_months,逾期月数\n", "utf-8")
    fit = ["fit", str(sample), "-o", str(model), "--leave-out", "applicant_id", "--folds", "2"]
    assert main([*fit, "--labels", str(labels), "--min-iv", "0"]) == 0
    scores = tmp_path / "scores.parquet"
    score = ["score", str(model), str(sample), "-o", str(scores)]
    assert main([*score, "--keep", "applicant_id,pay_amt1,late_months", "--reasons", "2"]) == 0
    cut = int(pl.read_parquet(scores)["score"].max())
    text = POLICY[: POLICY.index("constraints")]
    text = text.replace("600", str(cut)).replace("580", str(cut - 1))
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    for card in ([], ["--card", str(model)]):
        output = tmp_path / f"d{len(card)}.csv"
        run = ["decide", str(tmp_path / "p.toml"), str(scores), "--id", "applicant_id"]
        assert main([*run, "--on", "2026-03-01", "-o", str(output), *card]) == 0
        decided = pl.read_csv(output, infer_schema=False)
        told = decided["reason_1_zh"].drop_nulls()
        assert len(told)
        assert told.str.starts_with("上月还款额:").any()
        assert not told.str.contains("pay").any()
        capsys.readouterr()
        assert main(["verify", str(output), "--lang", "en"]) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("column,label\npay_amt2,还款额\n", "pay_amt1"),
        ("column,label\npay_amt1,\n", "label is empty"),
        ("column,label\npay_amt1,甲\npay_amt1,乙\n", "two labels"),
        ("a,b\npay_amt1,甲\n", "'column' and 'label'"),
    ],
)
def test_a_file_of_labels_that_is_wrong_stops_the_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    table = pl.DataFrame({"pay_amt1": [0, 1] * 50, "bad": [0, 1, 0, 0] * 25})
    table.write_csv(tmp_path / "s.csv")
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")
    files = [str(tmp_path / "s.csv"), "-o", str(tmp_path / "m" / "1")]
    assert main(["fit", *files, "--labels", str(tmp_path / "labels.csv"), "--lang", "en"]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "m" / "1" / "scorecard.json").exists()
