"""A folder graded by an engine holds what `grade` and `evaluate` give, or nothing at all."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit.backends import recorder
from lishui_credit.backends.dialects import dialect_of
from lishui_credit.backends.statement import printed
from lishui_credit.commands.cli import main
from lishui_credit.commands.verification import verify
from lishui_credit.errors import CreditError, ModelError, SubjectError
from lishui_credit.rubrics import conformed_tables, grade_files
from lishui_credit.rubrics.engine import engine_sessions
from lishui_credit.rubrics.engine.engine_sessions import _DuckDB
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.grade_folders import grade_folder
from lishui_credit.rubrics.grounds import grounds
from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.stored_grades import LIST, read, scan
from lishui_credit.tables import conform as conforming
from lishui_credit.tables.columns import Column, dictionary
from lishui_credit.tables.identifiers import (
    RESIDENT_CHECKS,
    USCC_ALPHABET,
    resident_id_is_valid,
    uscc_check_digit,
    uscc_is_valid,
)
from tests.populations import POPULATIONS, Population

pytestmark = pytest.mark.xdist_group("grade folders")

DAY = date(2021, 4, 30)
TAX = catalog.rubric("tax-credit@2020-11-01")
SMALL = catalog.rubric("small-enterprise@2009-12-01")
GRADING = [
    f"{entry.name}@{entry.start}"
    for entry in catalog.entries()
    if catalog.load(entry.path).lacking is None
]


UNIT = Column(id="a", label_zh="a", type="uscc")
PERSON = Column(id="a", label_zh="a", type="resident_id")


def codes(count: int, seed: int = 3) -> list[str]:
    """Valid unified codes, each once."""
    rng = random.Random(seed)
    heads = {"91" + "".join(rng.choices(USCC_ALPHABET, k=15)) for _ in range(count + 5)}
    return [head + uscc_check_digit(head) for head in sorted(heads)[:count]]


def hostile(rubric: Rubric, rows: int) -> dict[str, pl.DataFrame]:
    """Hostile subjects and events with readable ids, and words as the dictionary has them."""
    made = Hostile(rubric, DAY, seed=5)
    key = rubric.subject_id
    ids = codes(rows) if dictionary()[key].type == "uscc" else [f"S{n:05}" for n in range(rows)]
    frames = {"subjects": made.subjects(rows).with_columns(pl.Series(key, ids))}
    if rubric.uses_events:
        events = made.events(3 * rows, ids)
        frames["events"] = events.with_columns(
            pl.Series("event_id", [f"E{n}" for n in range(events.height)])
        )
    return {role: with_own_words(frame) for role, frame in frames.items()}


def with_own_words(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame without texts that only intake reads as a word of their column."""
    told = []
    for name in frame.columns:
        known = dictionary()[name]
        if known.type == "level":
            cell = pl.col(name)
            told.append(pl.when(cell.is_in(list(known.values))).then(cell).alias(name))
        elif known.type == "text" and name != "event_id" and not known.is_key:
            told.append(pl.col(name).str.strip_chars().replace("", None).alias(name))
    return frame.with_columns(told)


def as_written(frame: pl.DataFrame) -> pl.DataFrame:
    """Conformed rows as a file has them: numbers in the printed unit."""
    cells = []
    for name in frame.columns:
        known = dictionary()[name]
        values = frame[name].to_list()
        if known.numeric:
            values = [None if v is None else str(Decimal(v) / known.per_unit) for v in values]
        cells.append(pl.Series(name, values, dtype=pl.String if known.numeric else None))
    return pl.DataFrame(cells)


def saved(folder: Path, frames: dict[str, pl.DataFrame]) -> dict[str, Path]:
    for role, frame in frames.items():
        frame.write_parquet(folder / f"{role}.parquet")
    return {role: folder / f"{role}.parquet" for role in frames}


def graded(rubric: Rubric, files: dict[str, Path], output: Path, **options: Any) -> Any:
    options = {"engine": "duckdb", "as_of": DAY, "period": 2020, **options}
    return grade_folder(rubric, files["subjects"], output, events=files.get("events"), **options)


@cache
def frames_of(population: Population) -> dict[str, pl.DataFrame]:
    taken = population.taken(400)
    frames = {"subjects": taken.subjects.collect()}
    if taken.events is not None:
        frames["events"] = taken.events.collect()
    return frames


def sample(population: Population, folder: Path) -> dict[str, Path]:
    return saved(folder, frames_of(population))


def small(folder: Path) -> dict[str, Path]:
    return sample(next(p for p in POPULATIONS if p.name == "small-enterprise"), folder)


def firms(folder: Path) -> dict[str, Path]:
    return sample(next(p for p in POPULATIONS if p.on == "2021-04-30"), folder)


# ---- what comes out ---------------------------------------------------------------------------


@pytest.mark.parametrize("population", POPULATIONS[:5], ids=lambda p: f"{p.name}@{p.on}")
def test_a_folder_holds_every_cell_of_evaluate(population: Population, tmp_path: Path) -> None:
    files = sample(population, tmp_path)
    rubric, key = population.rubric, population.rubric.subject_id
    made = graded(rubric, files, tmp_path / "grades", period=population.period)
    events = pl.read_parquet(files["events"]) if "events" in files else None
    subjects = pl.read_parquet(files["subjects"])
    expected = evaluate(subjects, rubric, events=events, period=population.period, as_of=DAY)
    table = expected.collect()
    found = scan(tmp_path / "grades").select(table.columns).collect()
    assert_frame_equal(found.sort(key), table.sort(key), check_dtypes=False)
    assert made.facts.counts["graded"] == (table["outcome"] == "graded").sum()
    assert made.facts.grades == {row.id: (table["grade"] == row.id).sum() for row in rubric.grades}
    assert (made.facts.engine, made.facts.engine_version) == ("duckdb", duckdb.__version__)


@pytest.mark.parametrize("period", [2020, None])
def test_what_is_graded_in_pieces_is_what_is_graded_at_once(
    period: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = firms(tmp_path)
    whole = graded(TAX, files, tmp_path / "whole", period=period)
    monkeypatch.setattr(engine_sessions, "_PIECE", 150)  # of 400: three
    made = graded(TAX, files, tmp_path / "pieces", period=period)
    expected, found = (scan(tmp_path / n).collect().sort("uscc") for n in ("whole", "pieces"))
    assert_frame_equal(found, expected)
    assert made.facts == whole.facts
    some, few = (len(list((tmp_path / n).rglob("*.parquet"))) for n in ("pieces", "whole"))
    assert some > 2 * few
    assert verify(tmp_path / "pieces").holds


def test_rows_lie_by_county_and_year_and_verify_makes_them_again(tmp_path: Path) -> None:
    files = small(tmp_path)
    output = tmp_path / "grades"
    graded(SMALL, files, output)
    first = next(path for path in sorted(output.rglob("*.parquet")))
    county, year, _ = first.relative_to(output).parts
    assert county.startswith("county=")
    assert year == "period=2020"
    assert verify(output).holds
    lost = first.read_bytes()
    pl.read_parquet(first, hive_partitioning=False).with_columns(
        earned=pl.col("earned") + 1
    ).write_parquet(first)
    verdict = verify(output)
    assert {name for name, same in verdict.checks.items() if not same} == {"files", "grades"}
    assert verdict.different.height > 0
    first.write_bytes(lost)
    assert verify(output).holds
    (output / LIST).unlink()
    with pytest.raises(ModelError):
        verify(output)


def saved_as_written(folder: Path, frames: dict[str, pl.DataFrame]) -> dict[str, Path]:
    folder.mkdir()
    return saved(folder, {role: as_written(frame) for role, frame in frames.items()})


@dataclass(frozen=True)
class Graded:
    """Hostile taxpayers, of whom rejected ones are skipped, graded into a folder and into a file."""

    folder: Path
    table: Path
    made: Any
    asked: Any


def graded_both_ways(room: Path, *, strict: bool) -> Graded:
    frames = hostile(TAX, 120)
    files = saved(room, frames)
    written = saved_as_written(room / "raw", frames)
    folder, table = room / "grades", room / "grades.parquet"
    options: dict[str, Any] = {"skip_rejected": True, "strict": strict}
    made = graded(TAX, files, folder, **options)
    asked = grade_files.grade(
        TAX,
        written["subjects"],
        table,
        events=written["events"],
        period=2020,
        as_of=DAY,
        **options,
    )
    return Graded(folder, table, made, asked)


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """As they are graded where an empty cell counts as no."""
    return graded_both_ways(tmp_path_factory.mktemp("lenient"), strict=False)


@pytest.mark.parametrize("strict", [False, True])
def test_without_rejected_rows_it_counts_and_withholds_what_grade_does(
    strict: bool, lenient: Graded, tmp_path: Path
) -> None:
    both = graded_both_ways(tmp_path, strict=True) if strict else lenient
    made, expected = both.made.facts, both.asked.facts
    assert expected.counts["rejected"] > 0
    assert expected.counts["rejected_events"] > 0
    assert expected.withheld["rejected_event"] > 0
    for name in ("counts", "grades", "withheld", "empty_overrides", "unchecked", "strict"):
        assert getattr(made, name) == getattr(expected, name), name
    table = pl.read_parquet(both.table).sort("uscc")
    found = scan(both.folder).select(table.columns).collect().sort("uscc")
    assert_frame_equal(found, table, check_dtypes=False)
    assert not strict or verify(both.folder).holds


# ---- what is refused --------------------------------------------------------------------------


def columns(name: str) -> tuple[tuple[str, ...], ...]:
    """The columns that an edition reads."""
    return tuple(tuple(frame.columns) for frame in hostile(catalog.rubric(name), 1).values())


# Rows are rejected for their columns: of editions that read the same, one stands for all.
@pytest.mark.parametrize("name", {columns(name): name for name in GRADING}.values())
def test_the_engine_rejects_the_rows_that_intake_rejects(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubric = catalog.rubric(name)
    frames = hostile(rubric, 150)
    frames["subjects"] = with_strange_cells(frames["subjects"], rubric.subject_id)
    monkeypatch.setattr(conforming, "refuse_suspected_units", lambda *_: None)
    raw = {role: as_written(frame) for role, frame in frames.items()}
    taken = intake(rubric, raw["subjects"], events=raw.get("events"), period=2020, as_of=DAY)
    assert taken.rejected_rows["subjects"].height > 1
    with pytest.raises(SubjectError, match="rejected"):
        graded(rubric, saved(tmp_path, frames), tmp_path / "grades")
    assert not (tmp_path / "grades").exists()
    for role, key in (("subjects", rubric.subject_id), ("events", "event_id")):
        if role in frames:
            found = scan_rejected(tmp_path, role)
            assert sorted(found[key]) == sorted(taken.rejected_rows[role][key]), role
            assert (found["_reasons"].str.len_chars() > 3).all()


def scan_rejected(folder: Path, role: str) -> pl.DataFrame:
    files = folder / "grades.rejected" / role / "*.parquet"
    return pl.read_parquet(files) if files.parent.exists() else pl.DataFrame({"event_id": []})


def with_strange_cells(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """A cell beyond its column in every fourth row, and two subjects of one id."""
    rng = random.Random(8)
    for name in frame.columns:
        known = dictionary()[name]
        cells = frame[name].to_list()
        place = 4 * rng.randrange(len(cells) // 4)
        if known.numeric and known.minimum is not None and known.maximum is not None:
            cells[place] = int(known.maximum * known.per_unit) + 1
            cells[place + 1] = int(known.minimum * known.per_unit) - 1
        elif known.type == "date":
            cells[place] = date(1899, 12, 31)
        elif known.type == "level":
            cells[place] = "no such word"
        elif name == key:
            cells[place] = cells[place + 1]
        frame = frame.with_columns(pl.Series(name, cells, dtype=frame.schema[name]))
    return frame


def test_all_that_is_wrong_with_the_columns_is_said_at_once(tmp_path: Path) -> None:
    frames = {role: pl.read_parquet(path) for role, path in firms(tmp_path).items()}
    frames["subjects"] = frames["subjects"].with_columns(
        pl.col("has_non_recurring_info").cast(pl.Int8)
    )
    frames["events"] = (
        frames["events"]
        .with_columns(
            pl.col("tax_amount").cast(pl.Float64), pl.col("occurred_on").cast(pl.Datetime("us"))
        )
        .drop("event_id")
    )
    with pytest.raises(SubjectError) as refused:
        graded(TAX, saved(tmp_path, frames), tmp_path / "grades")
    told = str(refused.value)
    for said in ("has_non_recurring_info", "tinyint", "tax_amount", "double", "timestamp"):
        assert said in told
    assert "event_id" in told
    assert len(refused.value.problems) == 4


def test_reasons_are_counted_with_an_example(tmp_path: Path) -> None:
    files = firms(tmp_path)
    table = pl.read_parquet(files["subjects"])
    ids = table["uscc"].to_list()
    ids[0], ids[3], ids[4] = ids[1], "x", None
    table.with_columns(pl.Series("uscc", ids)).write_parquet(files["subjects"])
    with pytest.raises(SubjectError) as refused:
        graded(TAX, files, tmp_path / "grades")
    told = str(refused.value)
    assert f"uscc occurs more than once · found: 2 rows, such as {ids[1]}" in told
    assert "no valid code of GB 32100 · found: 1 row, such as x" in told
    assert "no uscc · found: 1 row" in told


def test_a_rejected_event_that_names_nobody_stops_the_run(tmp_path: Path) -> None:
    files = firms(tmp_path)
    table = pl.read_parquet(files["events"])
    table.with_columns(uscc=pl.lit("x")).write_parquet(files["events"])
    with pytest.raises(SubjectError, match="name no readable subject"):
        graded(TAX, files, tmp_path / "grades", skip_rejected=True)
    assert not (tmp_path / "grades").exists()


def test_a_run_that_ends_badly_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = small(tmp_path)
    output = tmp_path / "grades"
    graded(SMALL, files, output)
    before = (output / LIST).read_bytes()

    def fails(self: _DuckDB, frame: object, folder: Path, parts: object = ()) -> None:
        (folder / "half.parquet").write_bytes(b"PAR1")
        raise RuntimeError("power cut")

    monkeypatch.setattr(_DuckDB, "write", fails)
    with pytest.raises(RuntimeError):
        graded(SMALL, files, output)
    assert (output / LIST).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["grades"]


def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    files = small(tmp_path)
    (tmp_path / "grades").mkdir()
    (tmp_path / "grades" / "letter.txt").write_text("mine")
    with pytest.raises(SubjectError, match=r"letter\.txt"):
        graded(SMALL, files, tmp_path / "grades")


def test_a_folder_of_parquet_is_an_input_too(tmp_path: Path) -> None:
    files = small(tmp_path)
    table = pl.read_parquet(files["subjects"])
    (tmp_path / "parts").mkdir()
    for place, part in enumerate(table.iter_slices(150)):
        part.write_parquet(tmp_path / "parts" / f"{place}.parquet")
    whole = graded(SMALL, files, tmp_path / "whole").facts
    parts = graded(SMALL, {**files, "subjects": tmp_path / "parts"}, tmp_path / "grades").facts
    assert parts == whole
    assert verify(tmp_path / "grades").holds
    (tmp_path / "parts" / "0.parquet").write_bytes((tmp_path / "parts" / "1.parquet").read_bytes())
    with pytest.raises(SubjectError, match="occurs more than once"):
        verify(tmp_path / "grades")


def test_check_digits_are_those_of_the_standards() -> None:
    rng = random.Random(1)
    people = []
    for day in ("19960229", "19970229", "20000229", "19000229", "20011301", "20010431"):
        for _ in range(25):
            head = f"{rng.randrange(10**6):06}{day}{rng.randrange(1000):03}"
            people.append(head + rng.choice(RESIDENT_CHECKS))
    units = [code[:-1] + rng.choice((code[-1], "0", "I", "w", "")) for code in codes(300)]
    units += [rng.choice("589ANYB0") + code[1:] for code in codes(300, seed=4)]
    units += [code + "\n" for code in codes(3)]
    for held, cells, test in (
        (UNIT, units, uscc_is_valid),
        (PERSON, people, resident_id_is_valid),
    ):
        _, (_, wrong) = conformed_tables._faults(held, recorder.col("a"))  # readable, then valid
        table = recorder.source("t", {"a": "String"}).select("a", wrong.alias("wrong"))
        frame = pl.DataFrame({"a": cells})
        with duckdb.connect() as connection:
            connection.register("t", frame.to_arrow())
            text = printed(table, dialect_of("duckdb"))
            found = dict(connection.sql(text).fetchall())
        assert {cell: not test(cell) for cell in cells} == found
        assert 0 < sum(found.values()) < len(found)


# ---- the command ------------------------------------------------------------------------------


def test_the_command_prints_what_came_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = small(tmp_path)
    words = ["grade", "small-enterprise", str(files["subjects"]), "--on", "2016-06-30"]
    words += ["--engine", "duckdb", "-o", f"{tmp_path}/grades/"]
    assert main([*words, "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "400 rows:" in out
    assert f"grades/ (duckdb {duckdb.__version__})" in out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["engine"] == "duckdb"
    assert main(["verify", f"{tmp_path}/grades"]) == 0


def test_what_only_polars_reads_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["grade", "farmer-household", "h.parquet", "--bases", "b.csv", "--sheet", "1"]
    words += ["--since", "earlier.parquet", "--fingerprints"]
    assert main([*words, "--engine", "duckdb", "-o", str(tmp_path / "g"), "--lang", "en"]) == 2
    err = capsys.readouterr().err
    for option in ("--bases", "sheet", "--since", "--fingerprints"):
        assert option in err
    with pytest.raises(CreditError, match="cannot be read"):
        graded(TAX, {"subjects": Path(__file__), "events": Path(__file__)}, tmp_path / "grades")


# ---- a folder where a graded file is asked for --------------------------------------------------


def test_a_subject_of_a_folder_is_explained_with_its_events_as_one_of_a_file(
    lenient: Graded,
) -> None:
    folder, table, made = lenient.folder, lenient.table, lenient.made
    stored = read(folder)
    assert stored.manifest == made
    assert_frame_equal(
        stored.frame.collect().sort("uscc"),
        read(table).frame.collect().sort("uscc"),
        check_column_order=False,
    )
    ids = stored.frame.select("uscc", "withheld_by").collect().sort("uscc")
    lost = pl.col("withheld_by").eq_missing("rejected_event")
    chosen = ids.filter(~lost)["uscc"].head(8).to_list()
    told = [(grounds(folder, one), grounds(table, one)) for one in chosen]
    assert any(event.cost for one, _ in told for event in one.events or ())
    for one, other in told:
        assert one.as_dict() == other.as_dict()
    doubtful = grounds(folder, ids.filter(lost)["uscc"][0])
    assert doubtful.events is None
    assert "rejected" in doubtful.events_note


def test_areas_and_decisions_are_made_of_a_folder_as_of_a_file_and_verify(tmp_path: Path) -> None:
    homes = next(p for p in POPULATIONS if p.name == "farmer-household")
    folder, table = tmp_path / "grades", tmp_path / "grades.parquet"
    graded(homes.rubric, sample(homes, tmp_path), folder, period=None)
    raw = {role: frame for role, frame in homes.raw(400).items() if frame is not None}
    files = saved(tmp_path, raw)
    grade_files.grade(homes.rubric, files["subjects"], table, bases=files["bases"], as_of=DAY)
    policy = tmp_path / "policy.toml"
    text = Path("tests/oracles/written_57c994c/policy_by_grade.toml").read_text("utf-8")
    order = [row.id for row in homes.rubric.grades]
    text = text.replace('cut_off = "A"', f'cut_off = "{order[0]}"')
    policy.write_text(re.sub(r"order = \[.*\]", f"order = {json.dumps(order)}", text), "utf-8")
    found = {}
    for grades in (folder, table):
        out = {name: tmp_path / f"{grades.name}-{name}.csv" for name in ("areas", "decided")}
        loans = ["--loans", "data_samples/village_loans.csv"]
        assert main(["areas", str(grades), *loans, "-o", str(out["areas"])]) == 0
        asked = ["decide", str(policy), str(grades), "--on", "2026-03-01"]
        assert main([*asked, "-o", str(out["decided"])]) == 0
        assert all(verify(path).holds for path in out.values())
        found[grades] = [sorted(path.read_text("utf-8").splitlines()) for path in out.values()]
    assert len(found[table][1]) == 401
    assert found[folder] == found[table]


def test_a_folder_that_was_changed_is_not_read(tmp_path: Path) -> None:
    output = tmp_path / "grades"
    graded(SMALL, small(tmp_path), output)
    assert read(output).frame.collect().height == 400
    first = next(path for path in sorted(output.rglob("*.parquet")))
    rows = pl.read_parquet(first, hive_partitioning=False)
    rows.with_columns(earned=pl.col("earned") + 1).write_parquet(first)
    with pytest.raises(ModelError, match="SHA-256"):
        read(output)
    first.unlink()
    with pytest.raises(ModelError, match="SHA-256"):
        read(output)
    with pytest.raises(ModelError):
        read(tmp_path)
