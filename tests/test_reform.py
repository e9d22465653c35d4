"""What a change of the rules does: regrading by what changed, cliffs, groups, money, days, the command."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import EditionError, RubricError, SubjectError
from lishui_credit.figures.movers import cliff_marks, movers
from lishui_credit.language import set_language
from lishui_credit.pricing import Markups
from lishui_credit.rubrics.cliff_comparison import beside
from lishui_credit.rubrics.cliffs import Cliffs, cliffs
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake_rules import subject_rules
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.reform import changes
from lishui_credit.rubrics.reform_overlay import reform_overlay, write_overlay
from lishui_credit.rubrics.reform_words import side_by_side
from lishui_credit.rubrics.regrading import Register, hold
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.toml_documents import parse_document
from lishui_credit.validation.reform_effects import reform
from tests.populations import POPULATIONS, Population

FARMERS, TAXPAYERS = POPULATIONS[0], POPULATIONS[4]
each = pytest.mark.parametrize("population", POPULATIONS, ids=lambda row: f"{row.name}-{row.on}")


@pytest.fixture(autouse=True)
def _spoken() -> Iterator[None]:
    yield
    set_language(None)


def held(population: Population, rows: int = 800) -> Register:
    taken = population.taken(rows)
    day = None if population.period else date.fromisoformat(population.on)
    return hold(
        taken.subjects, population.rubric, events=taken.events, period=population.period, as_of=day
    )


def under(text: str) -> Rubric:
    return catalog.check_document(parse_document(text, "changed.toml"))


@pytest.fixture(scope="module")
def farmers() -> Register:
    return held(FARMERS)


@pytest.fixture(scope="module")
def taxed() -> tuple[Register, Cliffs]:
    """Few taxpayers, and who of them stands near a line."""
    register = held(TAXPAYERS, 150)
    return register, cliffs(register)


@pytest.fixture(scope="module")
def easier(farmers: Register) -> Rubric:
    """The best grade from 85 points, and two points more for shares."""
    return under(
        reform_overlay(
            farmers.rubric,
            title="easier",
            cut_offs={"tier1": 85},
            points={"shares": {0: 6}},
            dimensions={"solvency": 37},
        )
    )


# ---- regrading --------------------------------------------------------------------------------


def again(register: Register, rubric: Rubric) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What regrading and grading in full give, by subject."""
    found = register.under(rubric).graded()
    whole = evaluate(
        register.frame.select(sorted(register.available)),
        rubric,
        events=register.events,
        period=register.period,
        as_of=register.as_of,
    ).collect()
    names = [name for name in whole.columns if name in found.columns]
    assert {"grade", "outcome", "decided_by"} <= set(names)
    assert {name for name in whole.columns if name.startswith("points__")} <= set(names)
    key = rubric.subject_id
    return found.select(names).sort(key), whole.select(names).sort(key)


@each
def test_regrading_what_changed_gives_what_grading_in_full_gives(population):
    register = held(population)
    compared = 0
    for entry in catalog.entries():
        rubric = catalog.load(entry.path)
        if entry.name != population.name or rubric.lacking is not None:
            continue
        try:
            found, whole = again(register, rubric)
        except SubjectError:
            # asks for columns that the others do not: of totals, or from 2025 on
            assert entry.start.year in {2003, 2025}, entry
            continue
        assert found.equals(whole)
        compared += 1
    assert compared


def test_a_changed_event_and_a_changed_repair_are_added_up_again():
    register = held(TAXPAYERS)
    counted = [row for row in register.rubric.scoring if row.event and row.event.repair]
    points = {row.id: 1 for row in counted[:3]}
    repair = counted[0].event.repair
    text = reform_overlay(
        register.rubric, title="other", points=points, repairs={repair: {0: {"restore": 1}}}
    )
    found, whole = again(register, under(text))
    assert found.equals(whole)
    names = [f"points__{row}" for row in points]
    assert not found.select(names).equals(register.graded().sort("uscc").select(names))


# ---- cliffs -----------------------------------------------------------------------------------


STEP = "|"
"""Between a subject and the number of its step, where all steps are graded side by side."""


def in_full(
    register: Register, steps: list[pl.DataFrame], events: list[pl.DataFrame] | None
) -> list[pl.DataFrame]:
    """Grade other facts in full, a frame of subjects for each step; return what becomes of them.

    The steps stand in one frame, each subject of each as one of its own.
    """
    rubric = register.rubric
    key = rubric.subject_id

    def beside(frames: list[pl.DataFrame]) -> pl.DataFrame:
        ids = (pl.concat_str(key, pl.lit(f"{STEP}{place}")) for place in range(len(frames)))
        parts = (frame.with_columns(one) for frame, one in zip(frames, ids, strict=True))
        return pl.concat(parts, how="diagonal")

    grades = evaluate(
        beside(steps),
        rubric,
        events=None if events is None else beside(events),
        period=register.period,
        as_of=register.as_of,
    ).collect()
    assert grades.height == sum(step.height for step in steps)
    told = grades.select(key, "grade", "decided_by", "outcome").with_columns(
        pl.col(key).str.split_exact(STEP, 1).struct.rename_fields([key, "_step"]).struct.unnest()
    )
    parts = told.partition_by("_step", as_dict=True, include_key=False)
    return [parts.get((str(place),), told.clear().drop("_step")) for place in range(len(steps))]


def moves(
    register: Register, grades: pl.DataFrame, *, at_once: frozenset[str] = frozenset()
) -> dict[str, str]:
    """The direction in which each subject goes by other grades, but by these rules."""
    rubric = register.rubric
    ranks = {row.id: place for place, row in enumerate(rubric.grades)}
    names = (rubric.subject_id, "grade", "decided_by", "outcome")
    was = {key: cells for key, *cells in register.frame.select(names).iter_rows()}
    told = {}
    for subject, grade, by, outcome in grades.select(names).iter_rows():
        before, by_then, outcome_then = was[subject]
        rules = (
            {one.removeprefix("not graded: ") for one in (by, by_then)} if by != by_then else set()
        )
        if (grade, outcome) != (before, outcome_then) and not rules & at_once:
            known = grade is not None and before is not None
            up = known and ranks[grade] < ranks[before]
            told[subject] = "other" if not known else "up" if up else "down"
    return told


def counted(found: pl.DataFrame) -> dict[tuple[str, int | str, str], int]:
    step = pl.when(pl.col("to") == "").then(pl.col("step").cast(pl.String)).otherwise("to")
    rows = found.group_by("what", step.alias("step"), "direction").agg(pl.col("subjects").sum())
    return {
        (what, int(step) if step in ("1", "-1") else step, way): count
        for what, step, way, count in rows.iter_rows()
    }


def stepped(name: str) -> list[tuple[int | str, pl.Expr]]:
    """A column after each of its steps, by the step or the level."""
    column, cell = dictionary()[name], pl.col(name)
    if column.type == "flag":
        return [(1, pl.when(~cell).then(True).otherwise(cell)),
                (-1, pl.when(cell).then(False).otherwise(cell))]  # fmt: skip
    if column.type == "level":
        return [
            (level, pl.when(cell != level).then(pl.lit(level)).otherwise(cell))
            for level in column.values
        ]
    if column.type == "date":
        return [(step, cell + timedelta(days=step)) for step in (1, -1)]
    size = 100 if column.type == "money" else 1
    ends = [int(end * column.per_unit) for end in (column.minimum, column.maximum)]
    return [(step, (cell + step * size).clip(*ends)) for step in (1, -1)]


@each
def test_a_cliff_of_a_value_is_what_grading_the_stepped_value_in_full_gives(population):
    register = held(population, 300)
    rubric, known = register.rubric, dictionary()
    subjects = register.frame.select(sorted(register.available))
    found = cliffs(register)
    expected: dict[tuple[str, int | str, str], int] = {}
    rules = frozenset(row.id for row in rubric.active_overrides)
    near: dict[str, set[str]] = {"up": set(), "down": set(), "other": set()}
    apart = set(rubric.bases.columns) if rubric.bases is not None else set()
    steps, frames = [], []
    for name in sorted(register.available - apart - set(rubric.carries)):
        column = known[name]
        if name == "synthetic" or not (column.numeric or column.type in ("date", "flag", "level")):
            continue
        for step, cell in stepped(name):
            frame = subjects.with_columns(cell.alias(name))
            for rule in subject_rules(rubric, register.as_of, pl):
                if name in rule.columns and set(rule.columns) <= set(frame.columns):
                    broken = rule.test(*map(pl.col, rule.columns)).fill_null(False)
                    frame = frame.filter(~broken)
            steps.append((name, step))
            frames.append(frame)
    events = None if register.events is None else [register.events] * len(frames)
    for (name, step), grades in zip(steps, in_full(register, frames, events), strict=True):
        column = known[name]
        for way in moves(register, grades).values():
            expected[name, step, way] = expected.get((name, step, way), 0) + 1
        sets = rules if column.type in ("flag", "level") else frozenset()
        if column.type == "level":
            order = list(column.values)
            beside_it = order[max(order.index(step) - 1, 0) : order.index(step) + 2]
            grades = grades.join(
                subjects.filter(pl.col(name).is_in(beside_it)), on=rubric.subject_id, how="semi"
            )
        for subject, way in moves(register, grades, at_once=sets).items():
            near[way].add(subject)
    assert counted(found.frame.filter(pl.col("kind").is_in(["value", "flag", "level"]))) == expected
    assert expected
    if found.frame.filter(pl.col("kind").is_in(["day", "event"])).is_empty():
        assert found.near == {way: len(who) for way, who in near.items()}
        assert found.near_any == len(set().union(*near.values()))


def test_a_cliff_of_an_event_is_what_grading_one_event_more_or_less_in_full_gives(taxed):
    register, near = taxed
    key, events = register.rubric.subject_id, register.events
    assert events is not None
    subjects = register.frame.select(sorted(register.available))
    found = counted(near.frame.filter(pl.col("kind") == "event"))
    day = date(register.period, 12, 31)
    codes = [*sorted(set(events["code"]))[:6], "0301-HARM", "060201"]
    new = [
        subjects.select(
            key,
            code=pl.lit(code),
            occurred_on=pl.lit(day),
            recorded_on=pl.lit(day),
            event_id=pl.lit("new"),
        )
        for code in codes
    ]
    more = [pl.concat([events, one], how="diagonal") for one in new]
    for code, grades in zip(codes, in_full(register, [subjects] * len(codes), more), strict=True):
        ways = list(moves(register, grades).values())
        for way in ("up", "down", "other"):
            assert found.get((code, 1, way), 0) == ways.count(way), (code, way)
    gone: dict[tuple[str, str], set[str]] = {}
    theirs = {subject: rows for (subject,), rows in events.group_by(key, maintain_order=True)}
    numbered = [(rows, place) for rows in theirs.values() for place in range(rows.height)]
    ones = [subjects.filter(pl.col(key) == rows[key][0]) for rows, _ in numbered]
    left = [rows[[*range(place), *range(place + 1, rows.height)]] for rows, place in numbered]
    for (rows, place), grades in zip(numbered, in_full(register, ones, left), strict=True):
        for way in moves(register, grades).values():
            gone.setdefault((rows["code"][place], way), set()).add(rows[key][0])
    assert {k: n for k, n in found.items() if k[1] == -1} == {
        (code, -1, way): len(who) for (code, way), who in gone.items()
    }
    assert gone


def test_a_step_names_the_row_or_the_rule_that_makes_it(farmers, taxed):
    found = cliffs(farmers)
    rows = {row.id for row in farmers.rubric.scoring}
    told = found.frame.filter(pl.col("what") == "coop_shares")
    assert set(told["rule"]) == {"shares"}
    assert set(found.frame["rule"].str.split("+").explode()) <= rows
    assert found.said().filter(pl.col("clause") == "").is_empty()
    _, near = taxed
    crime = near.frame.filter(what="060101", step=1, direction="down")
    assert crime["rule"].to_list() == ["d_r060101"]
    # A rule that sets the grade at once moves nearly everybody, and makes nobody stand near a line.
    assert near.near["down"] < int(crime["subjects"].sum())


def test_cliffs_of_two_editions_stand_side_by_side(farmers, easier):
    before, after = cliffs(farmers), cliffs(farmers.under(easier))
    both = beside(before, after)
    assert both["old"].sum() == before.frame["subjects"].sum()
    assert both["new"].sum() == after.frame["subjects"].sum()
    assert (both["change"] == both["new"] - both["old"]).all()
    assert (both["change"] != 0).any()
    drawn = cliff_marks(both, synthetic=True)
    assert list(drawn.data[1].x) == both["new"].head(12).to_list()


# ---- a change as an overlay -------------------------------------------------------------------


def test_an_overlay_changes_what_is_asked_and_nothing_else(farmers, easier):
    told = {(c.part, c.id) for c in changes(farmers.rubric, easier)}
    assert told == {("grades", "tier1"), ("indicators", "shares"), ("dimensions", "solvency")}
    assert easier.indicator("shares").bands[0].points == 6
    assert easier.indicator("shares").bands[1:] == farmers.rubric.indicator("shares").bands[1:]
    # What is proposed is no law, and its evidence is the weakest.
    row = easier.indicator("shares")
    assert (row.evidence, "easier" in row.clause) == ("placeholder", True)


def test_weights_bounds_and_windows_are_changed(tmp_path):
    rubric = catalog.rubric("environment-credit", on="2016-06-30")
    rows = [row for row in rubric.scoring if row.bands and row.dimension == "pollution"]
    first, second = rows[:2]
    assert first.bands[0].at_least is not None
    bound = Decimal(str(first.bands[0].at_least)) - Decimal("0.01")
    text = reform_overlay(
        rubric,
        title="weights",
        weights={first.id: first.weight - 1, second.id: second.weight + 1},
        bounds={first.id: {0: {"at_least": bound}, 1: {"below": bound}}},
    )
    changed = write_overlay(text, tmp_path / "w.toml")
    assert changed.indicator(first.id).weight == first.weight - 1
    assert Decimal(str(changed.indicator(first.id).bands[0].at_least)) == bound
    taxed = catalog.rubric("tax-credit@2020-11-01")
    found = under(
        reform_overlay(taxed, title="r", repairs={"late_tax": {0: {"restore_percent": 50}}})
    )
    window = next(row for row in found.repairs if row.id == "late_tax").windows[0]
    assert (window.restore, window.restore_percent) == (None, 50)


def test_every_mistake_of_a_change_is_told_at_once():
    rubric = catalog.rubric("tax-credit@2020-11-01")
    with pytest.raises(EditionError) as told:
        reform_overlay(
            rubric,
            title="wrong",
            points={"r0101011": 3, "r010101": {4: 1}},
            bounds={"r010101": {0: {"from": 3}}},
            weights={"r010101": 5},
            cut_offs={"AA": 95},
            dimensions={"none": 3},
            repairs={"late_tax": {9: {"restore": 1}, 0: {"back": 1}}},
        )
    assert [problem.where for problem in told.value.problems] == [
        *("points", "points", "bounds", "weights", "cut_offs", "dimensions", "repairs", "repairs")
    ]
    weighted = catalog.rubric("environment-credit", on="2016-06-30")
    with pytest.raises(RubricError, match="100"):
        reform_overlay(weighted, title="w", weights={"permit": 30})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_old_and_new_stand_side_by_side_in_words(lang):
    set_language(lang)
    old, new = (catalog.rubric(f"tax-credit@{day}") for day in ("2018-04-01", "2020-11-01"))
    told = side_by_side(old, new)
    assert told.height == len(changes(old, new))
    assert told.filter(pl.col("old") == pl.col("new")).is_empty()
    assert told.filter((pl.col("old") == "") | (pl.col("new") == "")).is_empty()
    words = "".join(told["old"].to_list() + told["new"].to_list() + told["part"].to_list())
    assert ("each time" in words) is (lang == "en")
    assert ("按次" in words) is (lang == "zh")


# ---- who moves, and the money -----------------------------------------------------------------


def test_groups_add_up_and_hold_their_intervals(farmers, easier):
    found = reform(farmers, easier)
    table = found.by_group(["county", "county*township"])
    everybody = table.row(0, named=True)
    assert (everybody["column"], everybody["subjects"]) == ("", 800)
    assert everybody["up"] > 0
    counties = table.filter(pl.col("column") == "county", pl.col("note") == "")
    small = table.filter(pl.col("column") == "county*township")
    assert set(small["note"]) == {"too few"}
    assert small["up"].is_null().all()
    assert small["subjects"].sum() == 800
    ways = counties.select(pl.sum_horizontal("up", "down", "other", "same"))
    assert ways.to_series().equals(counties["subjects"], check_names=False)
    for side in ("up", "down"):
        share, low, high = (counties[f"{side}_{name}"] for name in ("share", "low", "high"))
        assert ((low <= share + 1e-9) & (share <= high) & (low < high)).all()
    matrix = found.matrix()
    assert matrix.filter(pl.col("grade_old") != pl.col("grade_new"))["subjects"].sum() == (
        everybody["up"] + everybody["down"] + everybody["other"]
    )
    drawn = movers(table, synthetic=True)
    shown = table.filter(pl.col("note") == "")
    assert list(drawn.data[0].x) == shown["up_share"].to_list()
    with pytest.raises(SubjectError) as told:
        found.by_group(["contry", "trade*size"])
    assert len(told.value.problems) == 3


def test_a_grade_of_one_edition_only_keeps_its_place_in_the_matrix_and_in_who_moves():
    firms = held(next(one for one in POPULATIONS if one.on == "2021-04-30"))
    old, new = firms.rubric, catalog.rubric("tax-credit@2014-10-01")
    assert "M" in {row.id for row in old.grades} - {row.id for row in new.grades}
    # Who has an M now is given one of the grades that the earlier edition knows.
    direct = under(
        f'format = 1\noverlay_of = "{new.name}@{new.edition}"\noverlay_title = "new firms are C"\n'
        '[[overrides]]\nid = "not_evaluated_new"\neffect = { set = "C" }\n'
    )
    found = reform(firms, direct, as_if_in_force=True)
    cells = found.cells()
    assert list(dict.fromkeys(cells["from"])) == ["A", "B", "M", "C", "D"]
    assert cells.filter(pl.col("from") == "M", pl.col("to") == "C")["subjects"].item() > 0
    counted = cells.group_by("move").agg(pl.col("subjects").sum())
    sums = dict(counted.iter_rows())
    twice = found.frame.drop_nulls(["grade_old", "grade_new"])["direction"].value_counts()
    told = dict(twice.iter_rows())
    assert (sums["better"], sums["worse"]) == (told.get("up", 0), told.get("down", 0))


def test_who_moves_is_told_why(farmers, easier):
    moved = reform(farmers, easier).moved()
    assert moved.height == (moved["direction"] != "same").sum() > 0
    because = moved["because"].str
    assert because.contains(r"shares .* 4 -> 6 \[").sum() > 0
    assert because.len_chars().min() > 0


def test_lines_and_prices_follow_the_grades(farmers, easier):
    found = reform(farmers, easier)
    prices = Markups(percent={"tier1": -10, "tier2": 0, "tier3": 30})
    money = found.money(["county"], markups=prices, base_bp=435)
    whole = money.filter(pl.col("amount") == "max_line_fen", pl.col("column") == "")
    for side, register in (("before", farmers), ("after", farmers.under(easier))):
        assert whole[f"line_fen_{side}"][0] == register.frame["max_line_fen"].sum()
    assert whole["line_fen_change"][0] > 0
    parts = money.filter(pl.col("amount") == "max_line_fen", pl.col("column") == "county")
    assert parts["line_fen_change"].sum() == whole["line_fen_change"][0]
    assert parts["interest_fen_change"].sum() == whole["interest_fen_change"][0] != 0


def test_a_change_dated_later_leaves_earlier_days_untouched():
    taken = FARMERS.taken(800)
    rubric = FARMERS.rubric
    text = reform_overlay(rubric, title="late", start=date(2017, 1, 1), cut_offs={"tier1": 85})
    late = under(text)
    before, on = (
        hold(taken.subjects, rubric, as_of=day) for day in (date(2016, 12, 31), date(2017, 1, 1))
    )
    untouched = reform(before, late)
    assert not untouched.applies
    assert set(untouched.frame["direction"]) == {"same"}
    assert untouched.moved().is_empty()
    assert untouched.money()["line_fen_change"].to_list() == [0, 0]
    changed = reform(on, late)
    assert changed.applies
    assert changed.moved().height > 0
    assert reform(before, late, as_if_in_force=True).moved().height > 0
    # The days of the edition that it changes are its own: it is not in force on them.
    assert date(2016, 12, 31) not in late.period
    assert date(2016, 12, 31) in rubric.period


def test_a_change_may_begin_after_the_edition_it_changes_has_ended():
    base = catalog.rubric("tax-credit@2018-04-01")
    late = under(reform_overlay(base, title="late", start=date(2026, 1, 1), cut_offs={"A": 95}))
    assert (late.in_force.start, late.in_force.until) == (date(2026, 1, 1), None)
    within = reform_overlay(base, title="within", start=date(2019, 6, 1), cut_offs={"A": 95})
    assert under(within).in_force.until == base.in_force.until
    own_end = reform_overlay(base, title="x", start=date(2026, 1, 1), cut_offs={"A": 95})
    with pytest.raises(RubricError, match="until must be later"):
        under(own_end.replace("2026-01-01 }", "2026-01-01, until = 2025-01-01 }"))


# ---- the command ------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, farmers):
    raw = FARMERS.raw(800)
    subjects = raw["subjects"].with_columns(
        pl.Series("industry", ["tea", "inn"] * 400), pl.Series("size", ["small", "large"] * 400)
    )
    subjects.write_csv(tmp_path / "subjects.csv")
    raw["bases"].write_csv(tmp_path / "bases.csv")
    text = reform_overlay(farmers.rubric, title="easier", cut_offs={"tier1": 85})
    write_overlay(text, tmp_path / "changed.toml")
    return tmp_path


def command(files: Path, *more: str) -> list[str]:
    base = "farmer-household@2009-01-01"
    given = ["reform", base, str(files / "changed.toml"), str(files / "subjects.csv")]
    return [*given, "--bases", str(files / "bases.csv"), "--as-of", "2016-06-30", *more]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_the_list_of_who_moves_is_proved_again(files, capsys, suffix):
    output = files / f"moved{suffix}"
    by = "county,industry,size"
    assert main(["--json", *command(files, "--by", by, "-o", str(output), "--no-cliffs")]) == 0
    told = json.loads(capsys.readouterr().out)
    columns = {row["column"] for row in told["groups"]}
    assert columns == {"", "county", "industry", "size"}
    assert {row["group"] for row in told["groups"] if row["column"] == "industry"} == {"tea", "inn"}
    assert told["groups"][0]["up"] > 0
    assert main(["verify", str(output)]) == 0
    assert main(["--lang", "zh", "verify", str(output)]) == 0
    text = (files / "changed.toml").read_text(encoding="utf-8")
    (files / "changed.toml").write_text(text.replace("85", "86"), encoding="utf-8")
    assert main(["verify", str(output)]) == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_says_it_in_words(files, capsys, lang):
    by = "county,performance_record*size"
    options = ("--by", by, "--markups", "tier1=-10,tier2=0,tier3=30", "--base-rate", "435")
    assert main(["--lang", lang, *command(files, *options)]) == 0
    said = capsys.readouterr().out
    for en, zh in (
        ("What changes", "改动内容"),
        ("Who moves", "等级变动"),
        ("Credit lines and prices", "额度与价格"),
        ("Cliffs", "等级断崖"),
        ("from 85", "85 分起"),
        ("County: Liandu", "县（市、区）：莲都区"),
        ("Record of performance: as agreed × size", "履约情况：正常 × size"),
        ("SYNTHETIC", "合成数据"),
    ):
        assert (en in said) is (lang == "en"), en
        assert (zh in said) is (lang == "zh"), zh


def test_bad_input_of_the_command_is_told_whole(files, capsys):
    wrong = ["reform", "farmer-houshold", "gone.toml", str(files / "subjects.csv")]
    assert main(wrong) == 2
    said = capsys.readouterr().err
    assert "2 problems" in said
    assert "gone.toml" in said
    options = ("--lines", "tier9=3,x", "--markups", "tier1=4")
    assert main(command(files, *options)) == 2
    assert "3 problems" in capsys.readouterr().err
    assert main(command(files, "--by", "indstry,sise")) == 2
    assert "2 problems" in capsys.readouterr().err
    assert main([*command(files)[:2], "tax-credit@2020-11-01", str(files / "subjects.csv")]) == 2
    assert "different subjects" in capsys.readouterr().err
