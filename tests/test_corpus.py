"""Broken and odd cells, each with its outcome, in every kind of file: one sheet, one answer.

`CORPUS` holds one oddity a row: the column, what stands in the cell, and what becomes of the row:
rejected, empty, or a value. One file of all rows is written in every format; none may differ from
another, and no subject may get a better grade than it has with the clean cell.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.errors import SubjectError
from lishui_credit.policies.policy_file import parse
from lishui_credit.policies.score_files import read_scores
from lishui_credit.policies.sift import AMOUNT, OUTCOME, sift
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake import Intake, intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.scorecards import Scorecard
from lishui_credit.scorecards.bins.unseen import UnseenWarning
from lishui_credit.scorecards.sample_files import score_file
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.identifiers import uscc_check_digit
from tests.models import mixed, mixed_process
from tests.workbooks import ods, xls, xlsb, xlsx

pytestmark = pytest.mark.xdist_group("corpus")

REJECTED, EMPTY = "rejected", None
RUBRIC: Final = catalog.rubric("environment-credit@2014-03-01")
ORDER: Final = [grade.id for grade in RUBRIC.grades]  # best first
DATA: Final = Path(__file__).resolve().parents[1] / "data_samples"

ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NUM!", "#VALUE!", "#NULL!", "#SPILL!", "####",
          "Err:502", "#值!")  # fmt: skip
UNREADABLE = (*ERRORS, "待查", "?", "？", "未知", "见附件", "N.A.", "tbd", "12,5", "1,2,3", "一", "1/0",
              "0x1", "1e", "--1", "1 2a", "无数据", "\\", "*", "NaN", "inf", "-inf")  # fmt: skip
NOTHING = (
    "",
    " ",
    "-",
    "--",
    "—",
    "——",
    "/",
    "null",
    "NULL",
    "None",
    "NA",
    "N/A",
    "n/a",
    "　",
    "\u00a0",
)

FLAG, COUNT, RATE, LEVEL, CODE = (
    "veto_hidden_pipe", "voluntary_items", "min_outlet_compliance_rate", "band_siting", "uscc",
)  # fmt: skip


def _corpus() -> list[tuple[str, str, object]]:
    rows: list[tuple[str, str, object]] = []
    rows += [(FLAG, cell, REJECTED) for cell in (*UNREADABLE, "2", "-1", "0.5", "是否", "x", "on")]
    rows += [(FLAG, cell, EMPTY) for cell in NOTHING]
    rows += [
        (FLAG, cell, True)
        for cell in ("是", "有", "TRUE", "true", "Yes", "y", "1", "1.0", "√", "✓", "Ｙ")
    ]
    rows += [
        (FLAG, cell, False)
        for cell in ("否", "无", "没有", "FALSE", "No", "n", "0", "0.0", "×", "✗", "f")
    ]
    rows += [
        (COUNT, cell, REJECTED)
        for cell in (
            *UNREADABLE,
            "1.5",
            "-1",
            "3元",
            "3%",
            "3人",
            "3万元",
            "1000000",
            "3项半",
            "约3",
            "(3)",
        )
    ]
    rows += [(COUNT, cell, EMPTY) for cell in NOTHING]
    rows += [(COUNT, cell, 2) for cell in ("2", "2.0", " 2 ", "２", "2项", "2个", "+2", "2.", "02")]
    rows += [
        (RATE, cell, REJECTED)
        for cell in (
            *UNREADABLE,
            "101%",
            "-1%",
            "0.9元",
            "9成",
            "0.900001",
            "1.2",
            "95％%",
            "95 pct",
        )
    ]
    rows += [(RATE, cell, EMPTY) for cell in NOTHING]
    rows += [
        (RATE, cell, 9_500) for cell in ("0.95", "95%", "９５％", "95.00%", " 0.95", "950‰", ".95")
    ]
    rows += [(LEVEL, cell, REJECTED) for cell in (*ERRORS, "待查", "?", "第9档", "甲", "5", "一档")]
    rows += [(LEVEL, cell, EMPTY) for cell in NOTHING]
    return rows


CORPUS: Final = _corpus()


def firm(place: int) -> str:
    head = f"91331100MA3F{place:05d}"
    return head + uscc_check_digit(head)


def table(clean: bool) -> tuple[list[str], list[list[str]]]:
    """One row for each oddity: a firm of the sample with one odd cell, or none."""
    with (DATA / "environment.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *firms = csv.reader(file)
    columns = {
        name: next(
            place
            for place, head in enumerate(header)
            if head.partition("(")[0] in (column.id, column.label_zh, *column.aliases)
        )
        for name in (FLAG, COUNT, RATE, LEVEL, CODE)
        for column in [dictionary()[name]]
    }
    header[columns[RATE]] = dictionary()[RATE].label_zh  # 0.95 or 95%
    sound = next(row for row in firms if row[columns[RATE]] and row[columns[LEVEL]])
    rows = []
    for place, (column, cell, _) in enumerate(CORPUS):
        row = list(sound)
        row[columns[CODE]] = firm(place)
        row[columns[COUNT]], row[columns[RATE]] = "2", "0.95"
        if not clean:
            row[columns[column]] = cell
        rows.append(row)
    return header, rows


def as_csv(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def as_parquet(path: Path, rows: list[list[str]]) -> Path:
    pl.DataFrame(rows[1:], schema=rows[0], orient="row").write_parquet(path)
    return path


def cells(write: Callable[..., Path]) -> Callable[[Path, list[list[str]]], Path]:
    return lambda path, rows: write(path, [[cell or None for cell in row] for row in rows])


FORMATS: Final[dict[str, Callable[[Path, list[list[str]]], Path]]] = {
    "csv": as_csv,
    "parquet": as_parquet,
    "xlsx": cells(xlsx),
    "ods": cells(ods),
    "xlsb": cells(xlsb),
}


def read_in(kind: str, folder: Path, *, clean: bool = False) -> Intake:
    header, rows = table(clean)
    path = FORMATS[kind](folder / f"{'clean' if clean else 'odd'}.{kind}", [header, *rows])
    return intake(RUBRIC, path, as_of=date(2018, 6, 30))


def grades(found: Intake) -> dict[str, str | None]:
    rated = evaluate(found.subjects, RUBRIC, as_of=date(2018, 6, 30)).collect()
    return dict(rated.select("uscc", "grade").iter_rows())


def test_the_corpus_is_large_enough_to_say_something() -> None:
    assert len(CORPUS) >= 200
    assert len({(column, cell) for column, cell, _ in CORPUS}) == len(CORPUS)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Intake]:
    """Reads the corpus in a format, once."""
    return cache(partial(read_in, folder=tmp_path_factory.mktemp("corpus")))


@pytest.mark.parametrize("kind", FORMATS)
def test_every_odd_cell_has_its_outcome_in_every_format(
    kind: str, taken: Callable[..., Intake]
) -> None:
    found = taken(kind)
    accepted = {row["uscc"]: row for row in found.subjects.collect().iter_rows(named=True)}
    wrong = []
    for place, (column, cell, outcome) in enumerate(CORPUS):
        row = accepted.get(firm(place))
        became = REJECTED if row is None else row[column]
        if became != outcome:
            wrong.append((column, cell, became, outcome))
    assert not wrong
    lost = found.rejected
    assert lost.height == sum(outcome == REJECTED for *_, outcome in CORPUS)
    assert lost["row"].is_sorted()
    first = 1 if kind == "parquet" else 2
    expected = [n for n, (*_, outcome) in enumerate(CORPUS, 2) if outcome == REJECTED]
    assert lost["row"].to_list() == [n + first - 2 for n in expected] or kind == "parquet"


@pytest.mark.parametrize("part", range(8))
def test_every_odd_cell_has_its_outcome_in_an_old_workbook_too(part: int, tmp_path: Path) -> None:
    header, rows = table(clean=False)
    odd = list(range(part, len(CORPUS), 8))
    used = {column for column, *_ in CORPUS} | {CODE}
    names = {dictionary()[name].label_zh for name in used}
    places = [place for place, head in enumerate(header) if head.partition("(")[0] in names]
    lines = [[line[place] for place in places] for line in (header, *(rows[n] for n in odd))]
    cells_of = {
        (row, column): cell
        for row, line in enumerate(lines)
        for column, cell in enumerate(line)
        if cell
    }
    found = intake(RUBRIC, xls(tmp_path / "odd.xls", cells_of), as_of=date(2018, 6, 30))
    accepted = {row["uscc"]: row for row in found.subjects.collect().iter_rows(named=True)}
    for n in odd:
        column, cell, outcome = CORPUS[n]
        row = accepted.get(firm(n))
        assert (REJECTED if row is None else row[column]) == outcome, (column, cell)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_no_odd_cell_gives_a_better_grade_than_the_clean_one(
    kind: str, taken: Callable[..., Intake]
) -> None:
    clean, odd = grades(taken("csv", clean=True)), grades(taken(kind))
    assert len(clean) == len(CORPUS)
    for place, (column, cell, outcome) in enumerate(CORPUS):
        grade, sound = odd.get(firm(place)), clean[firm(place)]
        if grade is not None and sound is not None and outcome is EMPTY:
            assert ORDER.index(grade) >= ORDER.index(sound), (column, cell)


# ---- the property --------------------------------------------------------------------------------

CLEAN: Final = pl.read_csv(DATA / "environment.csv", infer_schema=False).head(8)
ANYTHING = st.one_of(st.sampled_from(UNREADABLE), st.text("#?!查未知xyz/", min_size=2, max_size=6))


def grades_of(frame: pl.DataFrame) -> dict[str, str | None]:
    try:
        found = intake(RUBRIC, frame, as_of=date(2018, 6, 30))
    except SubjectError:
        return {}
    return grades(found)


SOUND: Final = grades_of(CLEAN)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, CLEAN.height - 1), st.sampled_from(CLEAN.columns), ANYTHING)
def test_an_unreadable_cell_never_improves_a_grade(row: int, column: str, cell: str) -> None:
    texts = CLEAN[column].to_list()
    texts[row] = cell
    found = grades_of(CLEAN.with_columns(pl.Series(column, texts)))
    for subject, grade in found.items():
        sound = SOUND.get(subject)
        assert sound is not None or grade is None
        assert grade is None or ORDER.index(grade) >= ORDER.index(str(sound))


POLICY = parse(
    'id = "p"\nversion = "1"\ntitle_zh = "某政策"\nauthor = "某部"\nkind = "single"\ncut_off = 600\n'
    'score = { column = "score" }\n'
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.sampled_from(["id", "score", "amount_fen", "bad"]), ANYTHING)
def test_an_unreadable_cell_never_improves_a_decision(
    tmp_path_factory: pytest.TempPathFactory, row: int, column: str, cell: str
) -> None:
    from lishui_credit.policies.deciding import decide

    rows: dict[str, list[Any]] = {
        "id": ["a", "b", "c", "d"], "score": ["500", "599", "600", "700"],
        "amount_fen": ["100"] * 4, "bad": ["1", "0", "0", "0"],
    }  # fmt: skip
    rows[column][row] = cell
    path = tmp_path_factory.mktemp("scores") / "s.csv"
    pl.DataFrame(rows).write_csv(path)
    try:
        read = read_scores(path, POLICY, AMOUNT, OUTCOME)
        sound, _ = sift(read, "id")
        found = decide(sound.frame, POLICY, on=date(2026, 1, 1), trial=True, id="id")
    except SubjectError:
        return
    told = dict(found.select("id", "decision").iter_rows())
    assert {name for name, said in told.items() if said == "approve"} <= {"c", "d", cell.strip()}


PEOPLE, BAD = mixed()
CARDS: Final = {
    unseen: Scorecard(mixed_process().set_params(unseen=unseen)).fit(PEOPLE, BAD).card_
    for unseen in ("raise", "warn", "neutral", "worst")
}
APPLICANTS: Final = {
    size: PEOPLE.sample(size, seed=size).select(pl.all().cast(pl.String)).with_row_index("id")
    for size in (1, 3, 8, 60)
}


def scores_of(folder: Path, frame: pl.DataFrame, unseen: str) -> dict[int, int | None]:
    frame.write_csv(folder / "a.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnseenWarning)
        try:
            score_file(CARDS[unseen], folder / "a.csv", folder / "s.csv")
        except SubjectError:
            return {}
    return dict(pl.read_csv(folder / "s.csv").select("id", "score").iter_rows())


# The size of a file decides how its cells are read, the word of a card what categories earn: each of
# both twice, and half the cells of numbers in each.
@pytest.mark.parametrize(
    ("size", "unseen", "half"),
    [
        (1, "raise", 0), (1, "neutral", 1), (3, "warn", 0), (3, "worst", 1),
        (8, "raise", 1), (8, "worst", 0), (60, "warn", 1), (60, "neutral", 0),
    ],
)  # fmt: skip
def test_an_unreadable_cell_never_improves_a_score(
    tmp_path: Path, unseen: str, size: int, half: int
) -> None:
    frame = APPLICANTS[size]
    sound = scores_of(tmp_path, frame, unseen)
    assert len(sound) == size
    # A word that the sample does not have is a category of its own in a column of categories: the
    # card says whether it counts as average. A NaN is how frames write an empty number.
    words = ERRORS if unseen in ("warn", "neutral") else (*UNREADABLE, "xyz", "查")
    for column in CARDS[unseen].columns:
        numbers = (*UNREADABLE, "xyz", "查")[half::2]
        for cell in words if column in ("trade", "kind") else numbers:
            if cell == "NaN":
                continue
            texts = frame[column].to_list()
            texts[len(texts) // 2] = cell
            found = scores_of(tmp_path, frame.with_columns(pl.Series(column, texts)), unseen)
            for subject, score in found.items():
                assert score is None or score <= sound[subject], (column, cell)
