"""An id that somebody types is read as ids in files are, in every command that takes one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.policies.decision_files import decide_file
from lishui_credit.policies.explanations import explain
from lishui_credit.rubrics import area_files, grade_files
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.grounds import grounds
from lishui_credit.rubrics.histories import subject_history
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.tables.asked_ids import alike, did_you_mean

DATA: Final = Path(__file__).resolve().parents[1] / "data_samples"
ENVIRONMENT: Final = catalog.rubric("environment-credit@2014-03-01")
DAY: Final = date(2018, 6, 30)
FARMER: Final = catalog.rubric("farmer-household", on=date(2016, 6, 30))
FIRM: Final = "91331199000000003C"
POLICY: Final = (
    'id = "p"\nversion = "1"\ntitle_zh = "某政策"\nauthor = "某部"\nkind = "single"\ncut_off = 600\n'
    'score = { column = "score" }\n'
)
Ask = Callable[[str], str]  # the id that was answered for


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    firms = pl.read_csv(DATA / "environment.csv", infer_schema=False).head(20)
    own = pl.when(pl.int_range(pl.len()) == 3).then(pl.lit(FIRM)).otherwise(pl.first())
    firms = firms.with_columns(own.alias(firms.columns[0]))
    firms.write_csv(folder / "firms.csv")
    grade_files.grade(ENVIRONMENT, folder / "firms.csv", folder / "g.csv", as_of=DAY)
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    (folder / "scores.csv").write_text(f"id,score\nF-0001,700\n{FIRM},500\n", encoding="utf-8")
    decide_file(folder / "policy.toml", folder / "scores.csv", folder / "d.csv", on=DAY, trial=True)
    grade_files.grade(
        FARMER, DATA / "households.csv", folder / "h.csv", bases=DATA / "county_bases.csv",
        as_of=date(2016, 6, 30), period=2015,
    )  # fmt: skip
    return folder


def area_of(folder: Path) -> str:
    graded = area_files.grade_areas(
        folder / "h.csv", DATA / "village_loans.csv", credit_grades=["tier1", "tier2", "tier3"]
    )
    return str(graded.rows["area"].max())


def asks(folder: Path, name: str) -> Ask:
    def area(asked: str) -> str:
        graded = area_files.grade_areas(
            folder / "h.csv", DATA / "village_loans.csv", credit_grades=["tier1", "tier2", "tier3"]
        )
        return area_files.explained(graded, asked).area

    ways: dict[str, Ask] = {
        "explain": lambda asked: grounds(folder / "g.csv", asked).explanation.subject,
        "history": lambda asked: subject_history(asked, [folder / "g.csv"]).subject,
        "policy explain": lambda asked: explain(folder / "d.csv", asked).id,
        "areas": area,
    }
    return ways[name]


NAMES: Final = ["explain", "history", "policy explain", "areas"]


@pytest.mark.parametrize("name", NAMES)
def test_a_typed_id_is_read_as_ids_in_files_are_and_that_is_told(folder: Path, name: str) -> None:
    ask = asks(folder, name)
    own = area_of(folder) if name == "areas" else FIRM
    assert ask(own) == own
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in own)
    for typed in (f" {own}\t", f"'{own}", own.lower(), wide, f"{own[:6]} {own[6:]}"):
        if typed == own:
            continue
        with pytest.warns(UserWarning, match=f"was read as '{own}'"):
            assert ask(typed) == own


@pytest.mark.parametrize("name", NAMES)
def test_a_slip_is_answered_with_the_nearest_id_and_never_with_another_subject(
    folder: Path, name: str
) -> None:
    ask = asks(folder, name)
    own = area_of(folder) if name == "areas" else FIRM
    swapped = own[:-2] + own[-1] + own[-2]
    for typed in (own[:-1], own[1:], swapped, own[:7] + own[8:]):
        with pytest.raises(SubjectError, match="did you mean"):
            ask(typed)
    with pytest.raises(SubjectError) as caught:
        ask("nobody")
    assert "did you mean" not in str(caught.value)


def test_the_commands_tell_it_on_the_error_stream(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = FIRM.lower()
    for words in (
        ["explain", str(folder / "g.csv"), typed, "--json"],
        ["history", typed, str(folder / "g.csv")],
        ["policy", "explain", str(folder / "d.csv"), typed],
    ):
        assert main([*words, "--lang", "en"]) == 0
        said = capsys.readouterr()
        assert f"'{FIRM.lower()}' was read as '{FIRM}'" in said.err
        assert FIRM in said.out
    assert main(["explain", str(folder / "g.csv"), FIRM[1:], "--lang", "zh"]) == 2
    assert f"是否应为“{FIRM}”" in capsys.readouterr().err


def test_ids_that_are_written_alike_are_not_chosen_between() -> None:
    ids = pl.LazyFrame({"id": ["ab1", "AB1", "c"]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert alike("ab1", ids) == "ab1"
    with pytest.raises(SubjectError, match="ab1"):
        alike("Ab1", ids)
    assert alike("x", ids) is None
    assert did_you_mean("x", ids) == ""


def test_a_result_in_memory_reads_an_id_in_the_form_of_files_too(folder: Path) -> None:
    taken = intake(ENVIRONMENT, folder / "firms.csv", as_of=DAY)
    result = evaluate(taken.subjects, ENVIRONMENT, as_of=DAY)
    with pytest.warns(UserWarning, match="was read as"):
        assert result.explain(f" {FIRM.lower()}").subject == FIRM
    with pytest.raises(SubjectError, match="no such subject"):
        result.explain(FIRM[1:].lower())
