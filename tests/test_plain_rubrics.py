"""A rubric as plain Python and JavaScript: what is refused and explained, and that a wrong printer shows.

`tests/test_parity.py` compares every edition with `evaluate`, cell by cell.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lishui_credit.backends import javascript_code, plain_numbers, python_code
from lishui_credit.backends.nulls_and_sizes import Facts
from lishui_credit.backends.plain_inputs import Input, python_checks
from lishui_credit.backends.plain_syntax import COMPARE, SUM, Said
from lishui_credit.backends.python_code import loaded
from lishui_credit.errors import EditionError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.rubrics import rubric_code
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.plain_function import PlainFunction
from lishui_credit.tables.column_cells import EMPTY
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.unreadable import PATTERN
from tests.javascript import NODE, run
from tests.test_rubric_sql import DAY, EDGED, GRADING, hostile

Row = dict[str, Any]
Case = tuple[Row, list[Row]]
TAX = "tax-credit@2020-11-01"
LONGEST_SCRIPT = 60_000


@cache
def cases(name: str) -> list[tuple[Case, str]]:
    """Subjects with their events, and what `evaluate` makes of each, as text."""
    frames, expected = hostile(name)
    key = catalog.rubric(name).subject_id
    happened: dict[str, list[Row]] = defaultdict(list)
    if "events" in frames:
        for row in frames["events"].iter_rows(named=True):
            happened[row[key]].append(row)
    graded = {row[key]: as_text(row) for row in expected.iter_rows(named=True)}
    subjects = frames["subjects"].iter_rows(named=True)
    return [((row, happened[row[key]]), graded[row[key]]) for row in subjects]


def as_text(row: Mapping[str, Any]) -> str:
    """A row as JSON, which tells a flag from a number; a day as its text."""
    return json.dumps(row, ensure_ascii=False, default=date.isoformat)


def printed(name: str, language: Any, *, checked: bool = False) -> str:
    record = rubric_code.recorded(catalog.rubric(name), 2020, DAY, None, ())
    return rubric_code.printed(record, language, checked=checked)


@cache
def checked(name: str) -> PlainFunction:
    return catalog.rubric(name).to_python(period=2020, as_of=DAY, without=())


def of_python(source: str, name: str) -> list[str]:
    """What a printed function gives for every subject of an edition; the error where it stops."""
    grade = loaded(source)["grade"]
    found = []
    for (subject, events), _ in cases(name):
        try:
            row = grade(subject, events)
        except Exception as stopped:
            found.append(repr(stopped))
            continue
        assert not any(isinstance(cell, datetime) for cell in row.values())
        found.append(as_text(row))
    return found


def of_javascript(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """The same of several editions in JavaScript, in one process."""
    plain = json.loads(
        json.dumps({n: [case for case, _ in cases(n)] for n in sources}, default=date.isoformat)
    )
    functions = ",".join(
        f"{json.dumps(name)}: (() => {{ {text} return grade; }})()"
        for name, text in sources.items()
    )
    script = f"""(given) => {{
      const editions = {{{functions}}};
      const attempt = (grade, [subject, events]) => {{
        try {{ return grade(subject, events); }} catch (stopped) {{ return String(stopped); }}
      }};
      return Object.fromEntries(Object.entries(given).map(
        ([name, cases]) => [name, cases.map((one) => attempt(editions[name], one))]));
    }}"""
    return {name: [as_text(row) for row in rows] for name, rows in run(script, plain).items()}


def differing(found: Sequence[str], name: str) -> list[tuple[str, str]]:
    """The first rows that differ: what was found, what `evaluate` gives."""
    pairs = zip(found, (expected for _, expected in cases(name)), strict=True)
    return [(one, other) for one, other in pairs if one != other][:2]


# ---- what is refused --------------------------------------------------------------------------


def unreadable(name: str, subject: Row, events: Sequence[Row]) -> bool:
    """Whether a cell holds a word that its column does not have, or a code that nobody knows."""
    codes = event_rules.codes(catalog.rubric(name))
    known = dictionary()

    def odd(row: Row) -> bool:
        return any(
            cell is not None and known[column].type == "level" and cell not in known[column].values
            for column, cell in row.items()
        )

    return odd(subject) or any(odd(row) or row["code"] not in codes for row in events)


@pytest.mark.parametrize("name", GRADING)
def test_whole_rows_are_graded_and_unknown_words_and_codes_are_refused(name: str) -> None:
    grade = checked(name)
    done = {True: 0, False: 0}
    for (subject, events), expected in cases(name)[:150]:
        refused = unreadable(name, subject, events)
        done[refused] += 1
        if refused:
            with pytest.raises(SubjectError):
                grade(subject, events=events)
        else:
            assert as_text(grade(subject, events=events)) == expected
    assert done[False]


def whole(name: str = TAX) -> Case:
    """A subject of an edition with two events, all of it readable."""
    return next(
        case for case, _ in cases(name) if not unreadable(name, *case) and len(case[1]) >= 2
    )


def changed(row: Row, **cells: Any) -> Row:
    return {**row, **cells}


def wrong_cases() -> dict[str, tuple[Any, Any, set[tuple[str, str, str]]]]:
    """What cannot be read, and what must be said of it: where, key, fault."""
    subject, events = whole()
    first, *others = events
    few = {key: cell for key, cell in subject.items() if key != "books_not_in_order"}
    without_day = {key: cell for key, cell in first.items() if key != "occurred_on"}
    return {
        "no mapping": (5, [], {("subject", "", "row")}),
        "no list": (subject, first, {("events", "", "rows")}),
        "a text for a list": (subject, "no", {("events", "", "rows")}),
        "an event that is no mapping": (subject, [5], {("event 1", "", "row")}),
        "a missing key": (few, events, {("subject", "books_not_in_order", "missing")}),
        "a missing day": (subject, [without_day], {("event 1", "occurred_on", "missing")}),
        "an empty id": (changed(subject, uscc=None), [], {("subject", "uscc", "empty")}),
        "a blank id": (changed(subject, uscc="  "), [], {("subject", "uscc", "empty")}),
        "an error of a spreadsheet": (
            changed(subject, county="#N/A"),
            [changed(first, event_id=" #引用! "), changed(first, event_id="Err:502")],
            {
                ("subject", "county", "unreadable"),
                ("event 1", "event_id", "unreadable"),
                ("event 2", "event_id", "unreadable"),
            },
        ),
        "a number for a text": (changed(subject, uscc=5), [], {("subject", "uscc", "text")}),
        "a number for a flag": (
            changed(subject, books_not_in_order=1),
            [],
            {("subject", "books_not_in_order", "flag")},
        ),
        "a double": (
            subject,
            [changed(first, tax_amount=1.5)],
            {("event 1", "tax_amount", "whole")},
        ),
        "a flag for a number": (
            subject,
            [changed(first, tax_amount=True)],
            {("event 1", "tax_amount", "whole")},
        ),
        "a number below": (
            subject,
            [changed(first, tax_amount=-1)],
            {("event 1", "tax_amount", "beyond")},
        ),
        "a number above": (
            subject,
            [*others, changed(first, tax_amount=10**13 + 1)],
            {(f"event {len(events)}", "tax_amount", "beyond")},
        ),
        "a day that is none": (
            subject,
            [changed(first, occurred_on="2020-02-30")],
            {("event 1", "occurred_on", "day")},
        ),
        "a day without dashes": (
            subject,
            [changed(first, due_on="20200301")],
            {("event 1", "due_on", "day")},
        ),
        "a code nobody knows": (
            subject,
            [changed(first, code="010101 ")],
            {("event 1", "code", "word")},
        ),
        "an unknown level": (
            changed(subject, prior_grade="a"),
            [],
            {("subject", "prior_grade", "word")},
        ),
        "a slip of a key": (
            changed(subject, book_not_in_order=True),
            [],
            {("subject", "book_not_in_order", "unknown")},
        ),
        "another case of a key": (
            subject,
            [changed(first, Tax_Amount=5)],
            {("event 1", "Tax_Amount", "unknown")},
        ),
        "an event of somebody else": (
            subject,
            [changed(first, uscc="12331102398259791Y")],
            {("event 1", "uscc", "other")},
        ),
        "everything at once": (
            changed(few, uscc=1.5, new_enterprise="no"),
            [changed(first, code=None), changed(first, exempt=0)],
            {
                ("subject", "books_not_in_order", "missing"),
                ("subject", "uscc", "text"),
                ("subject", "new_enterprise", "flag"),
                ("event 1", "code", "empty"),
                ("event 1", "uscc", "other"),
                ("event 2", "exempt", "flag"),
                ("event 2", "uscc", "other"),
            },
        ),
    }


class Shouted(str):
    """A text of another type."""


ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 10, 11, 2**53, 2**53 + 1, 10**30, 1.0, -0.0, 1e300),
    *(
        float("nan"),
        float("inf"),
        [],
        {},
        b"a",
        Decimal(1),
        date(2020, 2, 29),
        datetime(2020, 1, 1),
    ),
    *(
        "",
        " ",
        "$",
        "#N/A",
        " #N/A",
        "\t#值!",
        "Err:502",
        "Err:5",
        "a",
        "A",
        "a ",
        "b",
        "é",
        "1",
        "#",
    ),
    *("2020-02-29", "2021-02-29", "20200229", "2020-1-01", Shouted("a"), Shouted("2020-02-29")),
]
ASKED = [
    Input(name=f"{kind}_{needed}_{filled}_{place}", kind=kind, needed=needed, filled=filled, **more)
    for kind, limited in (
        ("Boolean", [{}]),
        ("Date", [{}]),
        ("Float64", [{}]),
        ("Int64", [{"limits": (-1, 10)}, {"limits": (0, 2**63)}]),
        ("String", [{}, {"words": ("a",)}, {"words": ("a", "b")}]),
    )
    for place, more in enumerate(limited)
    for needed in (False, True)
    for filled in (False, True)
]


@pytest.mark.parametrize("table", ["subject", "events"])
@pytest.mark.parametrize("column", ASKED, ids=lambda column: column.name)
def test_no_cell_passes_quickly_that_the_checks_refuse(column: Input, table: str) -> None:
    inputs = {"subject": ASKED[:1], table: [column]}
    source = "import re\nfrom datetime import date\n" + python_checks(
        inputs, (), "id", PATTERN, EMPTY
    )
    space = loaded(source)
    passed = refused = slowly = 0
    for row in [{}, *({column.name: cell} for cell in ODD)]:
        faults: list[Any] = []
        space["_check_cells"]("row", row, space[table.upper()], faults)
        quick = space[f"readable_{table}"](row)
        assert not (quick and faults)
        passed, refused = passed + quick, refused + bool(faults)
        slowly += not quick and not faults
    assert passed
    assert refused
    # Whole numbers for doubles are looked at twice.
    assert slowly <= {"Float64": 9}.get(column.kind, 0)


@pytest.mark.parametrize("name", GRADING)
def test_a_whole_row_passes_quickly(name: str) -> None:
    space = loaded(checked(name).source)
    readable = [case for case, _ in cases(name) if not unreadable(name, *case)]
    quick = [space["readable_subject"](subject) for subject, _ in readable]
    assert sum(quick) * 2 > len(quick)
    of_events = [space["readable_events"](row) for _, events in readable for row in events]
    assert sum(of_events) * 2 >= len(of_events)


@cache
def refused_by_javascript() -> dict[str, Any]:
    """The faults that JavaScript finds in every wrong case, and its messages."""
    script = f"""(given) => {{
      {catalog.rubric(TAX).to_javascript(period=2020, as_of=DAY, without=())}
      return Object.fromEntries(Object.entries(given).map(([name, [subject, events]]) => {{
        try {{ return [name, [[], grade(subject, events)]]; }}
        catch (stopped) {{ return [name, [stopped.faults, stopped.message]]; }}
      }}));
    }}"""
    given = {name: [subject, events] for name, (subject, events, _) in wrong_cases().items()}
    found: dict[str, Any] = run(script, json.loads(json.dumps(given, default=date.isoformat)))
    return found


@pytest.mark.parametrize("case", sorted(wrong_cases()))
def test_what_cannot_be_read_is_refused_with_everything_wrong_in_both_languages(case: str) -> None:
    subject, events, said = wrong_cases()[case]
    grade = checked(TAX)
    space = loaded(grade.source)
    with pytest.raises(ValueError, match=next(iter(said))[1] or ".") as stopped:
        space["grade"](subject, events)
    faults = stopped.value.faults  # type: ignore[attr-defined]
    assert {tuple(fault[:3]) for fault in faults} == said
    with pytest.raises(SubjectError) as refused:
        grade(subject, events=events)
    assert len(refused.value.problems) == len(said)
    found, message = refused_by_javascript()[case]
    assert {tuple(fault[:3]) for fault in found} == said
    assert len(message.splitlines()) == len(said)


def test_the_words_of_a_refusal_are_those_of_the_language_in_use() -> None:
    subject, events = whole()
    grade = checked(TAX)
    wrong = changed(subject, uscc=5, book_not_in_order=True)
    with pytest.raises(SubjectError, match="not a text") as refused:
        grade(wrong, events=events)
    assert "books_not_in_order" in str(refused.value)
    set_language("zh")
    with pytest.raises(SubjectError, match="不是文本"):
        grade(wrong, events=events)
    assert "评级日" in catalog.rubric(TAX).to_javascript(period=2020, as_of=DAY)
    set_language(None)


def test_a_column_of_the_dictionary_that_is_not_asked_is_no_slip() -> None:
    for name in EDGED:
        grade = checked(name)
        subject, events = next(case for case, _ in cases(name) if not unreadable(name, *case))
        others = {column: "no matter" for column in dictionary() if column not in subject}
        assert grade({**others, **subject}, events=events) == grade(subject, events=events)


def test_days_may_be_dates_or_texts_and_the_id_may_be_left_out_of_events() -> None:
    subject, events = whole()
    grade = checked(TAX)
    plain = [
        {
            key: cell.isoformat() if isinstance(cell, date) else cell
            for key, cell in row.items()
            if key != "uscc"
        }
        for row in events
    ]
    assert grade(subject, events=plain) == grade(subject, events=events)


# ---- what it gives besides --------------------------------------------------------------------


@pytest.mark.parametrize("name", EDGED)
def test_an_explanation_is_the_one_that_evaluate_gives(name: str) -> None:
    rubric = catalog.rubric(name)
    frames, _ = hostile(name)
    graded = evaluate(
        frames["subjects"], rubric, events=frames.get("events"), period=2020, as_of=DAY
    )
    grade = checked(name)
    readable = [case for case, _ in cases(name) if not unreadable(name, *case)]
    for subject, events in readable[:5]:
        told = grade.explain(subject, events=events)
        assert told == graded.explain(subject[rubric.subject_id])
        assert all(row.clause for row in told.rows)


def test_the_source_names_the_edition_and_runs_without_the_package(tmp_path: Path) -> None:
    rubric = catalog.rubric(TAX)
    grade = checked(TAX)
    subject, events = whole()
    for said in (
        rubric.sha256,
        "30 April 2022",
        "Year assessed: 2020",
        "1/100 point",
        "tax_amount",
    ):
        assert said in grade.source
    assert "# tax return late (each tax, each time), 2014年第48号附件 010101" in grade.source
    file = tmp_path / "tax.py"
    file.write_text(
        f"{grade.source}\nimport sys, json\nsubject, events = json.load(sys.stdin)\n"
        "print(json.dumps(grade(subject, events), default=date.isoformat, ensure_ascii=False))\n"
        "assert not any(name.startswith(('lishui_credit', 'polars')) for name in sys.modules)\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", file],
        input=json.dumps([subject, events], default=date.isoformat),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.strip() == as_text(grade(subject, events=events)), done.stderr


def test_no_text_of_an_edition_ends_the_script_that_it_is_printed_into() -> None:
    rubric = replace(catalog.rubric("credit-county@2009-01-01"), title_zh="</script>")
    set_language("zh")
    text = rubric.to_javascript(as_of=DAY)
    set_language(None)
    assert "// < /script>" in text
    assert "</script>" not in text


@pytest.mark.skipif(NODE is None, reason="a module is loaded by Node, which is not here")
def test_the_script_is_an_es_module_too(tmp_path: Path) -> None:
    assert NODE is not None
    rubric = catalog.rubric("credit-county@2009-01-01")
    (tmp_path / "grade.mjs").write_text(rubric.to_javascript(as_of=DAY, module=True), "utf-8")
    main = tmp_path / "main.mjs"
    main.write_text("import { grade } from './grade.mjs'; console.log(grade.length);", "utf-8")
    done = subprocess.run([NODE, main], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "1", done.stderr


@pytest.mark.parametrize("name", [name for name in GRADING if not name.startswith("tax-credit")])
def test_a_script_without_events_is_small(name: str) -> None:
    text = catalog.rubric(name).to_javascript(as_of=DAY)
    assert len(text.encode()) < LONGEST_SCRIPT


def test_keys_that_are_left_out_are_named_and_a_needed_one_cannot_be() -> None:
    rubric = catalog.rubric(TAX)
    grade = rubric.to_python(period=2020, as_of=DAY, without=("books_not_in_order", "synthetic"))
    assert "NOT CHECKED, its columns are left out: bar_books" in grade.source
    with pytest.raises(SubjectError, match="uscc"):
        rubric.to_python(without=("uscc",))
    with pytest.raises(SubjectError, match="no such label set"):
        rubric.to_javascript(labels="nowhere")
    outline = next(
        found for entry in catalog.entries() if (found := catalog.load(entry.path)).lacking
    )
    with pytest.raises(EditionError):
        outline.to_python()


# ---- sharpness --------------------------------------------------------------------------------


def python_differs(names: Sequence[str] = EDGED) -> bool:
    """Whether Python gives another cell anywhere in a few editions."""
    return any(differing(of_python(printed(name, "python"), name), name) for name in names)


def javascript_differs(names: Sequence[str] = EDGED) -> bool:
    found = of_javascript({name: printed(name, "javascript") for name in names})
    return any(differing(rows, name) for name, rows in found.items())


def test_printers_as_they_are_give_every_cell_in_its_own_type() -> None:
    assert not python_differs()
    assert not javascript_differs()


SWAPPED = [("lt", "<=", ">"), ("le", "<", ">="), ("gt", ">=", "<"), ("ge", ">", "<=")]


@pytest.mark.parametrize(("verb", "sign", "contrary"), SWAPPED)
def test_a_swapped_comparison_is_noticed(
    verb: str, sign: str, contrary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(plain_numbers.SIGNS, verb, sign)
    monkeypatch.setitem(plain_numbers.CONTRARY, verb, contrary)
    assert python_differs()


def folded(text: str) -> str:
    return f"str({text}).lower()"


@pytest.mark.parametrize(
    ("verb", "made"),
    [
        ("of_date", lambda self, verb, text: Said(f"{text}.toordinal() - 719162", SUM)
         if verb == "days" else Said(f"{text}.{verb}")),
        ("compared", lambda self, left, sign, right: Said(
            f"{folded(left)} {sign} {folded(right)}" if right[:1] == "'" else f"{left} {sign} {right}",
            COMPARE)),
        ("is_flag", lambda self, text, outcome: Said(f"{text} is not {not outcome}")),
        ("is_null", lambda self, text, outcome: Said(f"(not {text}) is {outcome}")),
    ],
)  # fmt: skip
def test_another_way_to_write_a_verb_in_python_is_noticed(
    verb: str, made: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_code.PythonCode, verb, made)
    assert python_differs()


def told_too_much(self: Facts, test: Any, known: Any) -> Any:
    return self.where(test, False)


@pytest.mark.parametrize(
    ("rule", "made"),
    [
        ("nullable", lambda self, node, known: False),
        ("passed", told_too_much),
        ("_can_be_null", lambda self, column, known: False),
    ],
)
def test_a_null_rule_that_tells_too_much_is_noticed(
    rule: str, made: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Facts, rule, made)
    assert python_differs(GRADING)


def nines() -> list[Row]:
    """Households whose net assets are nine tenths of the mark exactly: products pass 2^53."""
    household = next(case[0] for case, _ in cases(EDGED[0]) if not unreadable(EDGED[0], *case))
    return [
        changed(household, total_assets=mark, base_total_assets=mark, net_assets=mark * 9 // 10)
        for mark in range(999_999_910, 999_990_000, -970)
    ]


def net_assets_in_javascript() -> list[int]:
    script = f"(rows) => {{ {printed(EDGED[0], 'javascript')}"
    script += "return rows.map((row) => grade(row).points__net_assets); }"
    found: list[int] = run(script, json.loads(json.dumps(nines(), default=date.isoformat)))
    return found


def test_a_bigint_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = [checked(EDGED[0])(row)["points__net_assets"] for row in nines()]
    assert set(exact) == {130}
    assert net_assets_in_javascript() == exact
    monkeypatch.setattr(javascript_code.JavaScriptCode, "big", lambda self, size: False)
    assert net_assets_in_javascript() != exact


def test_a_day_counted_too_many_is_noticed_in_javascript(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(self: Any, verb: str, text: str) -> Said:
        return (
            Said(f"(Date.parse({text}) / 86400000 + 1)")
            if verb == "days"
            else right(self, verb, text)
        )

    right = javascript_code.JavaScriptCode.of_date
    monkeypatch.setattr(javascript_code.JavaScriptCode, "of_date", late)
    assert javascript_differs(EDGED[:1])
