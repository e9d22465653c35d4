"""A row of a text table with fewer cells than its header is told by its line, whoever reads it."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.models.label_files import read_labels
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.records.raw_tables import AREA, RawTable, raw_column, take
from lishui_credit.plan.targets import read_targets
from lishui_credit.policies.policy_file import parse
from lishui_credit.policies.score_files import read_scores
from lishui_credit.policies.sift import sift
from lishui_credit.rubrics.areas import read_loans
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.scorecards.sample_files import scan_sample
from lishui_credit.tables.read import read

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT / "data_samples"
ENVIRONMENT: Final = catalog.rubric("environment-credit@2014-03-01")
FARMER: Final = catalog.rubric("farmer-household", on=date(2016, 6, 30))
TAX: Final = catalog.rubric("tax-credit", on=date(2019, 4, 30))
POLICY: Final = parse(
    'id = "p"\nversion = "1"\ntitle_zh = "某政策"\nauthor = "某部"\nkind = "single"\ncut_off = 600\n'
    'score = { column = "score" }\n'
)
VISITS: Final = RawTable(
    id="visits",
    title_zh="访问",
    columns=(AREA, raw_column("visits", "次数", "integer")),
    optional=("visits",),
)

LINE: Final = re.compile(r"\.csv:(\d+)|row (\d+) is rejected|line (\d+) has")
Told = list[tuple[int, str]]  # of rejected rows; of refused files, read off the message


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def sample(name: str) -> list[list[str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return [*csv.reader(file)][:9]


def rejected(rows: pl.DataFrame) -> Told:
    return [*rows.select("row", "reasons").iter_rows()]


def of_subjects(path: Path) -> Told:
    return rejected(intake(ENVIRONMENT, path, as_of=date(2018, 6, 30)).rejected_rows["subjects"])


def of_bases(path: Path) -> Told:
    found = intake(
        FARMER, DATA / "households.csv", bases=path, as_of=date(2016, 6, 30), period=2015
    )
    return rejected(found.rejected_rows["bases"])


def of_events(path: Path) -> Told:
    found = intake(
        TAX, DATA / "enterprises.xlsx", events=path, as_of=date(2019, 4, 30), period=2018
    )
    return rejected(found.rejected_rows["events"])


def of_scores(path: Path) -> Told:
    return rejected(sift(read_scores(path, POLICY), "id")[1])


def of_observations(path: Path) -> Told:
    return rejected(read_observations(path).rejected)


def refused(job: Callable[[Path], object]) -> Callable[[Path], Told]:
    def told(path: Path) -> Told:
        try:
            job(path)
        except SubjectError as error:
            return [
                (int(found[found.lastindex or 1]), str(problem))
                for problem in error.problems
                if (found := LINE.search(str(problem)))
            ]
        return []

    return told


SCORES = [["id", "score", "segment", "note"], *([f"f{n}", "700", "a", "x"] for n in range(8))]
TARGETS = [
    ["指标", "地区", "年度", "目标值(%)"],
    *(["2", "景宁", f"201{n}", "90"] for n in range(6, 9)),
]
READERS: Final[dict[str, tuple[list[list[str]], Callable[[Path], Told]]]] = {
    "subjects": (sample("environment.csv"), of_subjects),
    "bases": (sample("county_bases.csv"), of_bases),
    "events": (sample("events.csv"), of_events),
    "lenders' figures": (sample("village_loans.csv"), refused(read_loans)),
    "observations": (sample("plan_observations.csv"), of_observations),
    "targets": (TARGETS, refused(read_targets)),
    "scores to decide": (SCORES, of_scores),
    "scores to measure": (SCORES, refused(lambda path: read_scores(path, POLICY).whole(path.name))),
    "sample": (SCORES, refused(lambda path: scan_sample(path, lambda name: name == "score"))),
    "labels": (
        [["column", "label", "x"], *([c, f"标签{c}", "x"] for c in "abcd")],
        refused(lambda path: read_labels(path, "abcd")),
    ),
    "raw records": (
        [["adcode", "visits", "x"], *(["331127", str(n), "x"] for n in range(5))],
        refused(lambda path: take(path, VISITS)),
    ),
}  # fmt: skip


def written(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("name", READERS)
def test_a_short_row_is_told_by_its_line_whichever_cells_it_lacks(
    tmp_path: Path, name: str
) -> None:
    rows, told = READERS[name]
    width = len(rows[0])
    sound = told(written(tmp_path / "t.csv", rows))
    for line in (2, 3):  # of the file
        for cells in {1, 2, width // 2, width - 1} - {width}:
            cut = [*rows]
            cut[line - 1] = rows[line - 1][:cells]
            if not any(cell.strip() for cell in cut[line - 1]):
                continue
            found = told(written(tmp_path / "t.csv", cut))
            said = f"the row has {cells} cells, the header {width}"
            assert any(row == line and said in why for row, why in found), (line, cells, found)
            # the others are as they were, but for what counts rows of the same key
            assert len(found) <= len(sound) + 1


@pytest.mark.parametrize("name", READERS)
def test_a_long_row_is_told_by_its_line(tmp_path: Path, name: str) -> None:
    rows, told = READERS[name]
    path = written(tmp_path / "t.csv", [*rows[:2], [*rows[2], "x"], *rows[3:]])
    try:
        said = str(told(path))
    except SubjectError as error:
        said = str(error)
    assert f"line 3 has {len(rows[0]) + 1} cells, the header {len(rows[0])}" in said


def test_no_reader_collects_a_raw_frame_past_the_door() -> None:
    for path in (ROOT / "lishui_credit").rglob("*.py"):
        if path.parent.name != "tables":
            assert not re.search(r"\bnumbered\(\)|raw\.frame\.collect\(", path.read_text()), path


def test_a_short_row_is_kept_as_it_came_and_is_no_sound_row_when_given_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = sample("environment.csv")
    rows[2] = rows[2][:20]
    path, out = written(tmp_path / "t.csv", rows), tmp_path / "o.csv"
    command = ["grade", "environment-credit", "--on", "2018-06-30", "--lang", "en"]
    assert main([*command, str(path), "-o", str(out)]) == 2
    assert f"the row has 20 cells, the header {len(rows[0])}" in capsys.readouterr().err
    beside = tmp_path / "o.csv.rejected.csv"
    kept = pl.read_csv(beside, infer_schema=False)
    assert kept["_row"].to_list() == ["3"]
    assert [(kept[name][0] or "").lstrip("\t") for name in rows[0][:20]] == rows[2]
    assert set(kept.select(rows[0][20:]).row(0)) == {"#MISSING!"}
    again = tmp_path / "again.csv"
    assert main([*command, str(beside), "-o", str(again)]) == 2
    assert not again.exists()


def test_a_row_is_short_in_chinese_too(tmp_path: Path) -> None:
    set_language("zh")
    path = written(tmp_path / "t.csv", [*SCORES[:2], ["f9", "700"], *SCORES[3:]])
    with pytest.raises(SubjectError, match=r"该行有 2 列.表头有 4 列"):
        read_scores(path, POLICY).whole("t.csv")


@pytest.mark.parametrize("seed", range(40))
def test_short_rows_are_those_that_a_parser_of_csv_finds(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    sign = draw.choice(",;\t|")
    cells = ["", " ", "a", "甲", f"x{sign}y", 'say "hi"', f'"{sign}', '""']
    if seed % 2:
        cells.append("two\nlines")
    if seed % 5 == 0:
        cells = ["a", ""]
    width = draw.randint(2, 5)
    file = io.StringIO(newline="")
    end = draw.choice(["\n", "\r\n"])
    writer = csv.writer(file, delimiter=sign, lineterminator=end)
    writer.writerow([f"c{n}" for n in range(width)])
    expected = []
    for _ in range(30):
        count = width if draw.random() < 0.8 else draw.randint(1, width)
        row = ["k", *(draw.choice(cells) for _ in range(count - 1))]
        if draw.random() < 0.1:
            file.write(draw.choice([end, sign * (width - 1) + end, sign * (width - 2) + end]))
            expected.append(None)
        writer.writerow(row)
        expected.append(count)
    writer.writerow(["k"] * width)
    path = tmp_path / "t.csv"
    path.write_bytes(file.getvalue().encode())
    table, short = read(path).table()
    wanted = [(n, count) for n, count in enumerate(expected, 2) if count and count < width]
    assert [*short.select("_row", "_cells").iter_rows()] == wanted
    assert table.filter(pl.col(f"c{width - 1}") == "#MISSING!")["_row"].to_list() == [
        row for row, _ in wanted
    ]


def test_a_file_of_rejected_rows_is_read_whatever_is_rejected_of_it_again(tmp_path: Path) -> None:
    rows = sample("environment.csv")
    given = [
        ["_row", "_reasons", *rows[0]],
        *([str(n), "x", *row] for n, row in enumerate(rows[1:])),
    ]
    given[2][2] = "?"
    path = written(tmp_path / "t.csv", given)
    found = intake(ENVIRONMENT, path, as_of=date(2018, 6, 30)).rejected_rows["subjects"]
    assert found["row"].to_list() == [3]
