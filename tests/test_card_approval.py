"""Who approved a card: what a file may say, what binds it to the card, where a card says it."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import ModelError
from lishui_credit.scorecards import Scorecard, load, save, to_python, to_sql
from lishui_credit.scorecards.cards.card_approval import APPROVAL, standing_of, write_form
from lishui_credit.scorecards.cards.model_card import model_card

FRAME = pl.DataFrame({"late": [0] * 50 + [1] * 50})
CARD = Scorecard().fit(FRAME, [0] * 45 + [1] * 15 + [0] * 40).card_
FINDING = """
[[findings]]
id = "F1"
what = "no sample of 2015"
owner = "李四"
found_on = 2026-01-10
due = 2026-03-31
blocks = false
"""
SIGNED = """
[signature]
approver = "王五"
on = 2026-02-01
until = 2099-12-31
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return save(CARD, tmp_path / "late" / "1")


def put(
    file: Path, *parts: str, owner: str = "张三", author: str = "赵六", digest: str = ""
) -> None:
    """Write an approval beside a card."""
    head = f'owner = "{owner}"\nauthor = "{author}"\n'
    bound = digest or hashlib.sha256(file.read_bytes()).hexdigest()
    text = f'card_sha256 = "{bound}"\n{head}' + "".join(parts)
    file.with_name(APPROVAL).write_text(text, encoding="utf-8")


def test_a_card_is_approved_from_the_day_of_the_signature_to_its_last_day(file: Path) -> None:
    put(file, SIGNED)
    days = {date(2026, 1, 31): "pending", date(2026, 2, 1): "approved"}
    days |= {date(2099, 12, 31): "approved", date(2100, 1, 1): "expired"}
    assert {day: standing_of(file, day).state for day in days} == days


def test_a_card_that_changes_loses_its_approval(file: Path) -> None:
    put(file, SIGNED)
    assert load(file).standing.approved
    file.write_bytes(file.read_bytes() + b"\n")
    assert load(file).standing.state == "void"


def test_a_card_made_from_an_approved_one_is_not_approved(file: Path) -> None:
    put(file, SIGNED)
    card = load(file)
    assert not replace(card, base_points=3).standing.approved
    assert card == CARD  # the approval is no part of what a card computes


def test_without_a_signature_a_card_is_not_yet_approved(file: Path) -> None:
    assert load(file).standing.state == "unapproved"
    write_form(file)
    assert load(file).standing.state == "pending"
    with pytest.raises(ModelError, match="already"):
        write_form(file)


@pytest.mark.parametrize(
    ("owner", "author", "parts", "said"),
    [
        ("王五", "赵六", SIGNED, "'approver' is also 'owner'"),
        ("张三", "王 五", SIGNED, "'approver' is also 'author'"),
        ("", "赵六", SIGNED, "'owner' is empty"),
        ("张三", "赵六", SIGNED.replace("2099-12-31", "2026-01-31"), "ends before it begins"),
        ("张三", "赵六", SIGNED.replace("王五", ""), "'approver' is empty"),
        ("张三", "赵六", FINDING.replace("false", "true") + SIGNED, "was open"),
        ("张三", "赵六", FINDING + "closed_on = 2026-02-05\n", "'closed_by' is empty"),
        (
            "张三",
            "赵六",
            FINDING + 'closed_on = 2026-02-05\nclosed_by = "李四"\nclosure = "done"\n',
            "'closed_by' is also 'owner'",
        ),
        (
            "张三",
            "赵六",
            FINDING + 'closed_on = 2026-01-05\nclosed_by = "王五"\nclosure = "done"\n',
            "closed before it was found",
        ),
        ("张三", "赵六", FINDING.replace("2026-03-31", "2026-01-09"), "due before"),
        ("张三", "赵六", FINDING + FINDING, "two findings of one id"),
        ("张三", "赵六", SIGNED + "by = 1\n", "unknown key"),
        ("张三", "赵六", SIGNED.replace("2026-02-01", '"soon"'), "must be a day"),
    ],
)
def test_an_approval_that_does_not_fit_together_is_refused(
    file: Path, owner: str, author: str, parts: str, said: str
) -> None:
    put(file, parts, owner=owner, author=author)
    with pytest.raises(ModelError, match=said):
        load(file)


def test_a_finding_that_blocks_allows_a_signature_once_it_is_closed(file: Path) -> None:
    closed = 'closed_on = {}\nclosed_by = "王五"\nclosure = "sampled"\n'
    blocking = FINDING.replace("false", "true")
    put(file, blocking, closed.format("2026-02-01"), SIGNED)
    assert load(file).standing.approved
    put(file, blocking, closed.format("2026-02-02"), SIGNED)
    with pytest.raises(ModelError, match="was open"):
        load(file)


def test_a_finding_is_overdue_from_the_day_after_its_last(file: Path) -> None:
    put(file, FINDING, SIGNED)
    assert not standing_of(file, date(2026, 3, 31)).overdue
    late = standing_of(file, date(2026, 4, 1))
    assert [row.id for row in late.overdue] == ["F1"]
    assert late.approved
    assert "overdue: F1" in late.said


def test_everything_that_scores_says_whether_the_card_is_approved(file: Path) -> None:
    card = load(file)
    for text in (to_sql(card).splitlines()[0], repr(to_python(card)), model_card(card)):
        assert "NOT APPROVED" in text
    put(file, SIGNED)
    card = load(file)
    for text in (to_sql(card).splitlines()[0], repr(to_python(card)), model_card(card)):
        assert "approved, by 王五 on 1 February 2026, until 31 December 2099" in text
        assert "NOT" not in text.split("\n\n")[0]


def test_no_word_of_an_approval_ends_the_comment_above_a_query(file: Path) -> None:
    put(file, SIGNED, 'conditions = "up to\\n1; DROP TABLE subjects --"\n')
    query = to_sql(load(file), "sqlite")
    comments = query[: query.index("\nWITH")].splitlines()
    assert all(row.startswith("-- ") for row in comments)
    assert "DROP TABLE" in comments[0]
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE subjects (late REAL)")
        base.execute("INSERT INTO subjects VALUES (1)")
        assert len(base.execute(query).fetchall()) == 1


def test_a_scored_file_says_who_had_approved_its_card(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FRAME.write_csv(tmp_path / "people.csv")
    words = ["score", str(file.parent), str(tmp_path / "people.csv"), "--lang", "en"]
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    assert main([*words, "-o", str(before)]) == 0
    assert "NOT APPROVED" in capsys.readouterr().out
    put(file, SIGNED)
    assert main([*words, "-o", str(after)]) == 0
    assert "approved, by 王五" in capsys.readouterr().out
    told = [
        json.loads(Path(f"{path}.manifest.json").read_text("utf-8")) for path in (before, after)
    ]
    assert [row["approval"] for row in told] == [
        "unapproved",
        "approved: 王五, 2026-02-01/2099-12-31",
    ]
    assert main(["verify", str(before)]) == 0  # approved since: what it says was true
    assert main(["verify", str(after)]) == 0
    put(file, SIGNED.replace("王五", "孙七"))
    assert main(["verify", str(after)]) == 1
    assert main(["verify", str(before)]) == 0


def test_the_command_writes_a_form_and_says_what_is_open(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["models", "approval", "late/1", "--folder", str(file.parents[2]), "--lang", "en"]
    assert main(words) == 1
    assert "--form" in capsys.readouterr().out
    assert main([*words, "--form"]) == 0
    assert main(words) == 1
    assert "NOT YET APPROVED" in capsys.readouterr().out
    assert main([*words, "--form"]) == 2  # never overwritten
    put(file, FINDING, SIGNED)
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "owner 张三, author 赵六" in said
    assert "F1 open 2026-03-31 李四: no sample of 2015" in said
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["overdue"] == ["F1"]
    assert told["findings"][0]["closed_on"] is None
    put(file, SIGNED, owner="王五")
    assert main(words) == 2
    assert "four eyes" in capsys.readouterr().err


def test_a_form_that_is_filled_in_is_an_approval(file: Path) -> None:
    text = write_form(file).read_text("utf-8")
    text = re.sub(r"^# (\[|\w+ = )", r"\1", text, flags=re.MULTILINE)  # every table of it
    for key in ("owner", "author", "what", "closed_by", "closure", "approver"):
        text = text.replace(f'\n{key} = ""', f'\n{key} = "{key}"', 1)
    text = text.replace('\nowner = ""', '\nowner = "李四"')  # of the finding
    file.with_name(APPROVAL).write_text(text, encoding="utf-8")
    found = standing_of(file, date(2026, 6, 1))
    assert found.approved
    assert found.approval is not None
    assert [row.owner for row in found.approval.findings] == ["李四"]
