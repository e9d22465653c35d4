"""``lishui-credit rubrics site``: a page for each edition, and the calculator that grades in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import polars as pl
import pytest

from lishui_credit.backends.javascript_shrunk import bare, shrunk
from lishui_credit.commands.cli import main
from lishui_credit.commands.verification import verify
from lishui_credit.language import dated, set_language, spoken
from lishui_credit.reports.site_folder import LIST
from lishui_credit.reports.site_pages import LANGUAGES
from lishui_credit.rubrics import cases, intake_rules
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.grade_measures import measures_of
from lishui_credit.rubrics.law.links import link_of
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.next_grade import next_grade
from lishui_credit.rubrics.pages.calculator_questions import (
    Question,
    case_address,
    event_questions,
    questions,
    written,
)
from lishui_credit.rubrics.pages.calculator_script import LARGEST
from lishui_credit.rubrics.pages.page_parts import page_of
from lishui_credit.rubrics.pages.proof_section import proved
from lishui_credit.rubrics.reform import changes
from lishui_credit.tables.columns import called, dictionary
from tests import calculators
from tests.calculators import (
    DAYS,
    GRADING,
    as_fields,
    differences,
    drawn,
    expected,
    script,
)
from tests.dashboard import needs_browser, started_browser
from tests.javascript import run
from tests.static_pages import page

pytestmark = pytest.mark.xdist_group("rubric pages")

TAX, GREEN = "tax-credit@2020-01-01", "environment-credit@2014-03-01"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site; no test changes it."""
    out = tmp_path_factory.mktemp("rubrics") / "site"
    assert main(["rubrics", "site", "-o", str(out)]) == 0
    return out


def editions() -> list[Any]:
    return [catalog.load(entry.path) for entry in catalog.entries()]


# ---- pages --------------------------------------------------------------------------------------


def test_every_edition_has_a_page_in_both_languages_that_is_whole(made: Path) -> None:
    wanted = {f"{lang}/{page_of(row)}" for lang in LANGUAGES for row in editions()}
    wanted |= {f"{lang}/index.html" for lang in LANGUAGES} | {"index.html"}
    assert {p.relative_to(made).as_posix() for p in made.rglob("*.html")} == wanted
    for name in sorted(wanted):
        found = page(made / name)
        ids = found.all("id")
        assert not found.faults, (name, found.faults[:3])
        assert len(ids) == len(set(ids)), name
        for link in found.all("href"):
            if link.startswith(("#?", "http://", "https://")):
                continue
            target, _, anchor = link.partition("#")
            there = (made / name).parent / target if target else made / name
            assert there.is_file(), (name, link)
            assert not anchor or anchor in page(there).all("id"), (name, link)


def test_a_page_runs_one_script_below_the_limit_that_its_policy_names_and_loads_nothing(
    made: Path,
) -> None:
    grading = {page_of(catalog.rubric(name)) for name in GRADING}
    for path in sorted(made.rglob("*.html")):
        text = path.read_text("utf-8")
        scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
        assert len(scripts) == (path.name in grading), path.name
        assert not re.search(
            r'<(?:img|iframe|object)|<link rel="(?!alternate)|\son\w+="|src="', text
        )
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy is not None
        assert policy[1].startswith("default-src 'none'")
        assert "connect-src" not in policy[1]
        for one in scripts:
            assert len(one.encode()) < LARGEST, (path.name, len(one.encode()))
            digest = base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()
            assert f"script-src 'sha256-{digest}'" in policy[1]
            assert not re.search(
                r"\bfetch\(|XMLHttpRequest|sendBeacon|WebSocket|localStorage|eval\(", one
            )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_says_every_row_with_its_clause_and_evidence_and_every_change(
    made: Path, lang: Any
) -> None:
    set_language(lang)
    line = [row for row in editions() if row.name == "tax-credit"]
    for before, rubric in pairwise(line):
        told = page(made / lang / page_of(rubric))
        said, whole = set(told.lines), " ".join(told.lines)
        for row in (*rubric.indicators, *rubric.overrides, *rubric.grades):
            assert spoken(row_label(row)) in whole
            assert spoken(row.clause) in whole
            copy = link_of(rubric, row)
            assert copy.url is None or {copy.url} <= {*told.all("href", "a")}
            assert copy.read_on is None or dated(copy.read_on, short=True) in whole
        count = len(changes(before, rubric))
        assert any(re.search(rf"\b{count} change|修改 {count} 处", text) for text in said)
    assert "from memory, unverified !" in said or "凭记忆，未核实 !" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_tells_notes_and_readings_in_its_own_language_alone(made: Path, lang: Any) -> None:
    set_language(lang)
    for rubric in editions():
        whole = "\n".join(page(made / lang / page_of(rubric)).lines)
        told = [(rubric.notes, rubric.notes_zh), ((rubric.source.note,), (rubric.source.note_zh,))]
        told += [((row.note,), (row.note_zh,)) for row in rubric.indicators if row.enabled]
        noted = [*rubric.overrides, *rubric.repairs, *rubric.amounts, *rubric.documents]
        told += [((row.note,), (row.note_zh,)) for row in noted]
        told += [((row.why_disabled,), (row.why_disabled_zh,)) for row in rubric.overrides]
        told += [((row.why,), (row.why_zh,)) for row in rubric.choices]
        mine = [
            case for case in cases.all_cases() if case.rubric == f"{rubric.name}@{rubric.edition}"
        ]
        told += [((case.title,), (case.title_zh,)) for case in mine]
        assert [pair for pair in told if any(pair[0]) != any(pair[1])] == []
        for pair in told:
            own, other = reversed(pair) if lang == "zh" else pair
            assert [text for text in own if " ".join(spoken(text).split()) not in whole] == []
            assert [text for text in other if len(text) > 40 and spoken(text) in whole] == []


def test_a_page_says_what_each_grade_brings_and_on_what_ground(made: Path) -> None:
    rubric = catalog.rubric(GREEN)
    whole = " ".join(page(made / "en" / page_of(rubric)).lines)
    found = [one for grade in rubric.grades for one in measures_of(rubric, grade.id)]
    assert found
    for one in found:
        assert one.measure.label_en in whole
        assert f"{one.source} {one.measure.clause}" in whole


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_tells_the_proof_of_its_edition_and_what_is_no_part_of_it(
    made: Path, lang: Any
) -> None:
    for entry in catalog.entries():
        rubric = catalog.load(entry.path)
        text = (made / lang / page_of(rubric)).read_text("utf-8")
        assert ('id="proof"' in text) == (rubric.lacking is None), entry
    set_language(lang)
    firm = catalog.rubric("small-enterprise@2009-12-01")
    told = json.loads(Path(catalog.__file__).with_name("editions").joinpath(
        "small-enterprise", "2009-12-01.proof.json").read_text("utf-8"))  # fmt: skip
    section = spoken(proved(firm))
    assert f"{told['outcomes']['combinations']:,}" in section
    for row in told["exceptions"]:
        assert dictionary()[row["column"]].label_zh in section or lang == "en"
        assert all(spoken(clause) in section for clause in row["clauses"])
    assert told["requirements"]
    assert all(spoken(called(name)) in section for name in told["requirements"])
    assert ("no direction declared" if lang == "en" else "未声明优劣") in section
    assert proved(replace(firm, sha256="0" * 64)) == ""


def test_a_site_is_proved_and_a_changed_figure_in_it_is_found(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    for path in made.rglob("*"):
        if path.is_file():
            (copy / path.relative_to(made)).parent.mkdir(parents=True, exist_ok=True)
            (copy / path.relative_to(made)).write_bytes(path.read_bytes())
    assert verify(copy).holds
    changed = copy / "en" / page_of(catalog.rubric(TAX))
    changed.write_text(
        changed.read_text("utf-8").replace("from 90 points", "from 80 points"), "utf-8"
    )
    verdict = verify(copy)
    assert not verdict.holds
    assert changed.name in str(verdict.different.rows())


def test_a_folder_with_other_files_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    assert main(["rubrics", "site", "-o", str(tmp_path)]) == 2
    assert "mine.txt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert not (tmp_path / LIST).exists()


# ---- the calculator -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRADING)
def test_the_script_of_a_page_grades_as_polars_does(name: str) -> None:
    assert differences(name, 100) == []


def test_a_wrong_number_in_the_script_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = script(TAX)
    assert whole.count(">=9000") == 1
    monkeypatch.setattr(calculators, "script", lambda name: whole.replace(">=9000", ">=9100"))
    assert differences(TAX, 400)


def fields(
    name: str, fragment: str
) -> tuple[dict[str, Any], list[dict[str, Any]], str, int | None]:
    """What a link holds, as typed into the fields of the form: subject, events, day and year."""
    told = dict(parse_qsl(fragment.removeprefix("#?")))
    day, year = told.pop("as_of"), told.pop("period", None)
    rubric = catalog.rubric(name)
    known = {row.key for row in questions(rubric)} | {
        f"{place}.{row.key}" for row in event_questions(rubric) for place in range(1, 60)
    }
    assert told.keys() <= known
    count = max((int(key.split(".")[0]) for key in told if key[0].isdigit()), default=0)

    def row(listed: tuple[Question, ...], place: str) -> dict[str, Any]:
        return {one.key: [told.get(f"{place}{one.key}", ""), None] for one in listed}

    events = [row(event_questions(rubric), f"{n}.") for n in range(1, count + 1)]
    return row(questions(rubric), ""), events, day, None if year is None else int(year)


def test_every_worked_case_comes_out_of_its_link_as_polars_grades_it() -> None:
    listed = [case for case in cases.all_cases() if case.rubric in GRADING]
    assert len(listed) > 60
    alike = defaultdict(list)  # those that one run of the script can grade
    for case in listed:
        subject, events, day, year = fields(case.rubric, case_address(case))
        alike[case.rubric, day, year].append((case, [subject, events]))
    for (name, day, year), given in alike.items():
        rubric = catalog.rubric(name)
        apart = {rubric.subject_id, "name", "county", "township", "village", "grade_label"}
        apart |= set() if rubric.bases is None else {rubric.bases.key}
        whole = [one for _, one in given], date.fromisoformat(day), year
        found = calculators.graded(name, *whole, told=True)
        wanted = {
            case.id: row
            for some in cases._together([case for case, _ in given])
            for case, row in zip(
                some, cases._graded(some, rubric, cases._frames(some, rubric)), strict=True
            )
        }
        for (case, _), answer in zip(given, found, strict=True):
            assert answer[2] == [], (name, case.id)
            for column, value in wanted[case.id].items():
                if column not in apart:
                    cell = value.isoformat() if isinstance(value, date) else value
                    assert answer[0].get(column) == cell, (name, case.id, column)


READS = [
    ("total_assets", "", None), ("total_assets", "1,200.5", 120_050), ("total_assets", "45万", 45_000_000),
    ("total_assets", "１２.３４元", 1_234), ("total_assets", "12.345", "more decimals"),
    ("total_assets", "12a", "cannot be read"), ("total_assets", "#N/A", "cannot be read"),
    ("total_assets", "1,20", "cannot be read"), ("total_assets", "5%", "cannot be read"),
    ("total_assets", "0.1e3", "cannot be read"), ("total_assets", "待查", "cannot be read"),
    ("min_outlet_compliance_rate", "90%", 9_000), ("min_outlet_compliance_rate", "0.905", 9_050),
    ("min_outlet_compliance_rate", "90", "outside 0% to 100%"), ("min_outlet_compliance_rate", "-1%", "outside"),
    ("prior_grade", "A", "A"), ("prior_grade", "a", "not one of"), ("repaid_on", "2021-02-30", "not a day"),
    ("repaid_on", "2020-02-29", "2020-02-29"), ("has_non_recurring_info", "true", True),
    ("has_non_recurring_info", "yes", "not one of"),
]  # fmt: skip


def test_a_cell_that_cannot_be_read_is_refused_and_an_empty_one_is_not_known() -> None:
    known = dictionary()

    def told(name: str) -> dict[str, Any]:
        words = tuple((word, word) for word in known[name].values) or (
            (("true", ""), ("false", "")) if known[name].type == "flag" else ()
        )
        return Question(column=known[name], key=name, words=words).data()

    given = [[told(name), text] for name, text, _ in READS]
    found = run(
        f"(given) => {{ {script(TAX)} return given.map(([question, text]) => calculator.read(question, text)); }}",
        given,
    )
    for (name, text, wanted), one in zip(READS, found, strict=True):
        if "fault" in one:
            assert isinstance(wanted, str), (name, text, one)
            assert wanted in one["fault"], (name, text, one)
        else:
            assert one["value"] == wanted, (name, text, one)


@cache
def sample(name: str, count: int) -> tuple[pl.DataFrame, Any, date, int | None]:
    day, year = DAYS[0]
    return *drawn(catalog.rubric(name), count, 5, day, year), day, year


@pytest.mark.parametrize(
    "name", [TAX, GREEN, "small-enterprise@2009-12-01", "farmer-household@2009-01-01"]
)
def test_the_distance_to_the_next_grade_is_that_of_python(name: str) -> None:
    rubric = catalog.rubric(name)
    *frames, day, year = sample(name, 400)
    graded = expected(rubric, (frames[0], frames[1]), day, year)
    found = calculators.graded(name, as_fields(rubric, (frames[0], frames[1])), day, year)
    told = dict(zip(frames[0][rubric.subject_id], found, strict=True))
    lacking = 0
    for place, name_of in enumerate(graded[rubric.subject_id]):
        aim = next_grade(graded.slice(place, 1), rubric, as_of=day, period=year)
        wanted = None if aim is None else aim.lacking
        assert told[name_of][1] == wanted
        lacking += bool(wanted)
    assert lacking


def ways(name: str, given: list[Any], day: date, year: int | None) -> list[Any]:
    """The way to the next grade of the page's script, as far as Python tells it too."""
    rubric = catalog.rubric(name)
    clauses = {f"repair-{row.id}": row.clause for row in rubric.repairs}
    clauses |= {f"o-{row.id}": row.clause for row in rubric.overrides}
    told = []
    for graded, lacking, _, way in calculators.graded(name, given, day, year, ways=True):
        steps = way["corrections"] if way else []
        listed = [(row["event"], row["code"], clauses[row["id"]], row["by"]) for row in steps]
        told.append(
            (
                graded["grade"],
                lacking,
                listed,
                *((way["gives"], way["reaches"]) if way else (0, "")),
            )
        )
    return told


def wanted_way(row: pl.DataFrame, rubric: Any, events: Any, day: date, year: int | None) -> Any:
    """The same by `next_grade`."""
    aim = next_grade(row, rubric, as_of=day, period=year, events=events)
    if aim is None:
        return row["grade"][0], None, [], 0, ""
    steps = [
        (one.event_id, one.code, one.clause, one.by and one.by.isoformat())
        for one in aim.corrections
    ]
    return row["grade"][0], aim.lacking, steps, aim.gives, aim.reaches


def test_the_repairs_that_lead_to_the_next_grade_are_those_of_python_on_every_worked_case() -> None:
    alike = defaultdict(list)
    for case in cases.all_cases():
        if case.events and case.rubric in GRADING:
            _, _, day, year = fields(case.rubric, case_address(case))
            alike[case.rubric, day, year].append(case)
    reached = 0
    for (name, day, year), listed in alike.items():
        rubric, on = catalog.rubric(name), date.fromisoformat(day)
        found = ways(name, [fields(name, case_address(one))[:2] for one in listed], on, year)
        subjects, events = cases._frames(listed, rubric)
        rows = evaluate(subjects, rubric, events=events, period=year, as_of=on).collect()
        for place, (case, told) in enumerate(zip(listed, found, strict=True)):
            mine = pl.col(rubric.subject_id) == str(place)
            row, own = rows.filter(mine), events.filter(mine)
            assert told == wanted_way(row, rubric, own, on, year), (name, case.id)
            reached += bool(told[-1])
    assert reached >= 5


@pytest.mark.parametrize("name", [name for name in GRADING if catalog.rubric(name).repairs])
def test_the_repairs_that_lead_to_the_next_grade_are_those_of_python(name: str) -> None:
    rubric, (day, year) = catalog.rubric(name), DAYS[0]
    firms, events = repaired(rubric, 40, day, year)
    rows = expected(rubric, (firms, events), day, year)
    found = ways(name, as_fields(rubric, (firms, events)), day, year)
    told = dict(zip(firms["uscc"], found, strict=True))
    for row in rows.iter_slices(1):
        own = events.filter(pl.col("uscc") == row["uscc"][0])
        assert told[row["uscc"][0]] == wanted_way(row, rubric, own, day, year)
    assert sum(bool(one[-1]) for one in found) >= 5


def repaired(
    rubric: Any, count: int, day: date, year: int | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Firms with a few hostile events each that cost points or decide, most of which can be repaired."""
    rules = [row for row in rubric.active_overrides if row.event is not None and row.repair]
    codes = [row.event.code for row in rubric.scoring if row.event is not None and row.event.repair]
    codes += [row.event for row in rules][: len(codes) // 3]
    firms, events = drawn(rubric, count, 29, day, year)
    flags = [pl.lit(False).alias(n) for n, kind in firms.schema.items() if kind == pl.Boolean]
    facts = firms.with_columns(*flags, pl.lit("B").alias("prior_grade")).with_columns(
        pl.lit(True).alias("has_non_recurring_info")
    )
    place = pl.int_range(pl.len())
    past = pl.date(day.year - 1, 1, 1) + pl.duration(days=(place * 37) % 365)
    lists = events.with_columns(
        pl.lit(firms["uscc"].gather([n // 3 for n in range(events.height)])).alias("uscc"),
        pl.lit(pl.Series([codes[n * n % len(codes)] for n in range(events.height)])).alias("code"),
        pl.when(place % 7 > 0).then(past).otherwise("occurred_on").alias("occurred_on"),
        pl.when(place % 5 > 0).then(past).otherwise("recorded_on").alias("recorded_on"),
        pl.when(place % 4 == 0).then("corrected_on").alias("corrected_on"),
    )
    return facts, lists


@pytest.mark.parametrize("name", [TAX, GREEN, "tax-credit@2022-01-01"])
def test_what_contradicts_itself_is_told_by_the_checks_of_intake(name: str) -> None:
    rubric = catalog.rubric(name)
    subjects, events, day, year = sample(name, 300)
    frames = [(intake_rules.subject_rules(rubric, day, pl), subjects, "subject")]
    if events is not None:
        frames.append((intake_rules.event_rules_of([rubric], day, year), events, "event"))
    for rules, frame, kind in frames:
        wanted = frame.select(
            rule.test(*map(pl.col, rule.columns)).fill_null(False).alias(str(place))
            for place, rule in enumerate(rules)
        )
        rows = json.loads(json.dumps(frame.to_dicts(), default=date.isoformat))
        calls = "row, []" if kind == "subject" else "{}, [row]"
        found = run(
            f"(given) => {{ {script(name)} return given.rows.map((row) => calculator.contradictions({calls}, given.day, given.year)); }}",
            {"rows": rows, "day": day.isoformat(), "year": year},
        )
        broken = 0
        for row, told in zip(wanted.iter_rows(), found, strict=True):
            reasons = [rule.reason for rule, wrong in zip(rules, row, strict=True) if wrong]
            said = [text.removeprefix("event 1: ") for text in told]
            assert sorted(said) == sorted(reasons)
            broken += bool(reasons)
        assert broken


def test_only_what_the_back_ends_print_is_made_small() -> None:
    with pytest.raises(ValueError, match="no token of a printed function"):
        shrunk("const text = `${a}`;")


def test_a_script_by_hand_loses_blanks_and_remarks_but_no_text_template_or_pattern() -> None:
    text = '  // said\n const a = `${b("{ }", `x ${c} y`)} / z`.replace(/z +/g, "  ") / 2 ;\n'
    assert bare(text) == 'const a=`${b("{ }", `x ${c} y`)} / z`.replace(/z +/g,"  ")/2;'
    for open_one in ('const a = "b;', "const a = `${b};"):
        with pytest.raises(ValueError, match="does not end"):
            bare(open_one)


def test_what_is_written_is_read_back() -> None:
    assert written(dictionary()["min_outlet_compliance_rate"], 9_050) == "90.5%"
    assert written(dictionary()["total_assets"], 10**15) == "10000000000000"


# ---- in a browser -------------------------------------------------------------------------------


def axe() -> str:
    """The rules of accessibility, as a script."""
    module = pytest.importorskip("axe_playwright_python")
    return (Path(module.__file__).parent / "axe.min.js").read_text("utf-8")


FAULTS = """async () => (await axe.run({resultTypes: ['violations']})).violations
  .map(one => `${one.id}: ${one.nodes[0].html}`)"""


@needs_browser
def test_a_reader_grades_in_the_page_on_a_phone_and_the_link_does_it_again(made: Path) -> None:
    pytest.importorskip("playwright.sync_api")
    rules = axe()
    tax, green = (page_of(catalog.rubric(name)) for name in (TAX, GREEN))
    with started_browser("--no-sandbox", "--disable-dev-shm-usage") as browser:
        shown = browser.new_page(viewport={"width": 390, "height": 844})
        asked: list[str] = []
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: asked.append(message.text))
        shown.on("pageerror", lambda error: asked.append(str(error)))
        result = shown.locator("#result")

        shown.goto((made / "en" / tax).as_uri())
        assert "No grade: withheld" in result.inner_text()
        shown.select_option("#q-has_non_recurring_info", "true")
        assert "Grade: A" in result.inner_text()
        shown.click("#add")
        assert "must be filled in" in result.inner_text()
        shown.select_option("[name='1.code']", "020301")
        shown.fill("[name='1.occurred_on']", "2019-06-01")
        said = result.inner_text()
        assert "Grade: B" in said
        assert "Score: 89" in said
        assert "points lacking: 1." in said
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        again = shown.locator("#link").get_attribute("href")
        shown.fill("#q-period", "2019a")
        assert "cannot be read as a number" in result.inner_text()
        assert "Grade:" not in result.inner_text()
        shown.evaluate(rules)
        assert shown.evaluate(FAULTS) == []

        other = browser.new_page(viewport={"width": 390, "height": 844})
        other.goto((made / "en" / tax).as_uri() + str(again))
        assert other.locator("#result").inner_text() == said
        other.close()

        shown.goto((made / "zh" / green).as_uri())
        shown.set_viewport_size({"width": 1280, "height": 900})
        shown.locator("a.try").first.click()
        result.get_by_text("等级：").wait_for()  # the address changes first, the answer after it
        assert "暂不评级" not in result.inner_text()
        shown.evaluate(rules)
        assert shown.evaluate(FAULTS) == []
        shown.goto((made / "zh" / "index.html").as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") <= 1280
        shown.evaluate(rules)
        assert shown.evaluate(FAULTS) == []
        assert [one for one in asked if not one.startswith("file:")] == []
